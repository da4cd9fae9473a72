"""An upgrade while people work: the release before goes on beside the new one, unless a migration shuts it out."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from states.errors import Unavailable
from states.vocabulary import Role
from store import accounts, unit_posts
from store.database import Database, _alembic
from store.schema.outbox import OutboxRow
from tests.support.applications import over
from tests.support.offices import Bench
from tests.support.processes import ROOT, ask, free_port, until
from tests.support.runs import ENVIRON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTS: Final = (
    "accounts",
    "audit",
    "cases",
    "cli",
    "config",
    "docs/handbook",
    "documents",
    "files",
    "flows",
    "notifications",
    "operations",
    "programme",
    "states",
    "store",
    "web",
    "wiring",
)
NEXT: Final = "9999"


def with_one_more(folder: Path, says: str = "") -> Path:
    """Make the next release out of this one: the same code with one migration more. Return where it stands."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    (folder / "store" / "migrations" / "versions" / f"{NEXT}_the_next.py").write_text(
        f'"""The next release.\n\nRevision: {NEXT}\n"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f'revision = "{NEXT}"\ndown_revision = "{head}"\n{says}\n\n\ndef upgrade() -> None:\n'
        '    """Add a column and a table that the release before does not know."""\n'
        '    op.add_column("cases", sa.Column("novelty", sa.Text(), nullable=True))\n'
        '    op.create_table("novelties", sa.Column("id", sa.Integer(), primary_key=True))\n',
        "utf-8",
    )
    return folder


def upgraded_by(release: Path, url: str) -> None:
    """Bring a database to the newest schema of a release that stands elsewhere, here in this process."""
    database = Database(url)
    try:
        with database.engine.begin() as connection:
            configuration = _alembic()
            configuration.set_main_option("script_location", str(release / "store" / "migrations"))
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")
    finally:
        database.close()


def test_a_newer_schema_that_has_room_for_this_release_is_as_good_as_ours(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path / "home") as bench:
        upgraded_by(with_one_more(tmp_path / "next"), database_url)
        database = bench.office.database
        assert database.is_current()
        database.require_current()
        database.migrate()  # an older release that is started again must not fail, nor change anything
        with TestClient(over(bench.office)) as client:
            assert client.get("/health/ready").json() == {"ready": True, "database": True, "migrated": True}
        bench.ordered()
        assert bench.office.proofs.verify().ok


@pytest.mark.parametrize("since", ["this release", "the next release"])
def test_a_migration_that_takes_away_shuts_out_the_releases_that_need_it(
    database_url: str, tmp_path: Path, since: str
) -> None:
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    oldest = head if since == "this release" else NEXT
    with Bench(database_url, tmp_path / "home") as bench:
        upgraded_by(with_one_more(tmp_path / "next", f'compatible_since = "{oldest}"'), database_url)
        with TestClient(over(bench.office)) as client:
            answer = client.get("/health/ready")
        if since == "this release":
            assert bench.office.database.is_current()
            assert answer.status_code == 200
        else:
            assert answer.status_code == 503
            assert NEXT in answer.json()["reason"]
            for refused in (bench.office.database.require_current, bench.office.database.migrate):
                with pytest.raises(Unavailable, match=NEXT):
                    refused()


@contextmanager
def serving(release: Path, url: str, home: Path, token: str) -> Iterator[Web]:
    """Run the web process of a release, which stands in a folder, until the end of the block."""
    port = free_port()
    command_ = [sys.executable, "-m", "uvicorn", "web.app:make_app", "--factory", "--port", str(port)]
    settings = {"DUBAN_HOME": str(home), "DUBAN_DATABASE_URL": url, "PYTHONPATH": str(release)}
    process = subprocess.Popen([*command_, "--log-level", "error"], env={**ENVIRON, **settings}, cwd=release)
    try:
        found = Web(f"http://127.0.0.1:{port}", token)
        until(found.ready, 60)
        yield found
    finally:
        process.terminate()
        process.wait()


class Web:
    """One web process as its clients know it."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token

    def ready(self) -> bool:
        return bool(ask(f"{self.address}/health/ready")["ready"])

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(8),
        }
        request = urllib.request.Request(f"{self.address}/api/v1{path}", json.dumps(body).encode(), headers)  # noqa: S310  # our own
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from error

    def opened(self, unit: str) -> int:
        finding = {"unit": unit, "post": f"{unit}局长", "duty": "art7-1a", "inspection": "regular", "finding": "始"}
        return int(self.post("/cases", finding)["id"])

    def ordered(self, case: int) -> None:
        self.post(f"/cases/{case}/acts", {"act": "serve_order", "data": {"term": "15wd"}})

    def suspended_and_resumed(self, case: int) -> None:
        self.post(f"/cases/{case}/acts", {"act": "suspend", "data": {"reason": "防汛"}})
        self.post(f"/cases/{case}/acts", {"act": "resume", "data": {}})


def test_the_old_and_the_new_release_work_side_by_side_on_one_database(database_url: str, tmp_path: Path) -> None:
    home, token = tmp_path / "home", secrets.token_urlsafe(12)
    new_release = with_one_more(tmp_path / "next")
    environment = {**ENVIRON, "DUBAN_HOME": str(home), "DUBAN_DATABASE_URL": database_url}
    with Bench(database_url, home) as bench, bench.office.database.transaction() as session:
        office = unit_posts.ensure_office(session, bench.settings.office)
        accounts.add_person(session, "officer", "officer", Role.DIRECTOR, office)
        accounts.give_token(session, "officer", sha256(token.encode()).hexdigest())
    with ExitStack() as running:
        old = running.enter_context(serving(ROOT, database_url, home, token))
        before = old.opened("前一局")
        migrate = [sys.executable, "-m", "cli.main", "migrate"]
        subprocess.run(migrate, env={**environment, "PYTHONPATH": str(new_release)}, cwd=new_release, check=True)
        assert old.ready()
        new = running.enter_context(serving(new_release, database_url, home, token))
        # Each goes on with what the other has begun.
        new.ordered(before)
        cases = [web.opened(f"第{n}局") for n, web in enumerate((old, new) * 3)]
        for case, web in zip(cases, (new, old) * 3, strict=True):
            web.ordered(case)
        for web in (old, new):
            for case in cases:
                web.suspended_and_resumed(case)
        assert old.ready()
        assert new.ready()
        for release in (ROOT, new_release):
            work = {**environment, "PYTHONPATH": str(release)}
            for words in (["sweep"], ["deliver"], ["verify"]):
                subprocess.run([sys.executable, "-m", "cli.main", *words], env=work, cwd=release, check=True)
    database = Database(database_url)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow))
    database.close()
