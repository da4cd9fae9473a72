"""The set-up itself: databases for tests are real and separate, locks are complete and name no registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from config.settings import read_settings
from states.errors import Unavailable
from store.database import Database

if TYPE_CHECKING:
    from tests.support.databases import Databases

ROOT = Path(__file__).parent.parent
LOCKS = ("runtime", "dev")


def _pins(lock: str) -> dict[str, str]:
    """Return each locked package with its version, marker and hashes."""
    lines = (ROOT / f"requirements/{lock}.txt").read_text("utf-8").splitlines()
    told = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return {pin.split("==")[0]: pin.strip() for pin in re.split(r"^(?=[a-z0-9])", told, flags=re.MULTILINE) if pin}


def test_a_fresh_database_has_the_newest_schema_and_no_case(database: Database) -> None:
    database.require_current()
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM cases")).scalar_one() == 0


def test_what_one_test_writes_another_never_sees(databases: Databases, database_kind: str) -> None:
    ours, theirs = Database(databases.fresh(database_kind)), Database(databases.fresh(database_kind))
    with ours.transaction() as session:
        session.execute(text("CREATE TABLE seen (id INTEGER)"))
    with theirs.reading() as session, pytest.raises(Exception, match="seen"):
        session.execute(text("SELECT * FROM seen"))
    for database in (ours, theirs):
        database.close()
        databases.drop(database.url.render_as_string(hide_password=False))


def test_an_empty_database_says_that_it_wants_migrating_and_is_current_afterwards(empty_url: str) -> None:
    database = Database(empty_url)
    with pytest.raises(Unavailable, match="duban migrate"):
        database.require_current()
    database.migrate()
    database.migrate()
    assert database.is_current()
    database.close()


def test_no_test_writes_into_the_home_of_the_checkout() -> None:
    assert ROOT not in read_settings().home.resolve().parents


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_exact_version_and_its_hashes(lock: str) -> None:
    pins = _pins(lock)
    assert len(pins) > 50
    assert not [name for name, pin in pins.items() if not re.search(r"==\S+[\s\S]*--hash=sha256:[0-9a-f]{64}", pin)]


def test_tests_run_on_the_versions_that_offices_get() -> None:
    runtime, dev = _pins("runtime"), _pins("dev")
    assert {name: dev.get(name) for name in runtime} == runtime


def test_no_requirements_file_names_a_package_registry() -> None:
    files = sorted((ROOT / "requirements").iterdir())
    assert not [path.name for path in files if re.search(r"://|index-url|find-links", path.read_text("utf-8"))]


def test_make_alone_lists_every_promised_command() -> None:
    shown = subprocess.run(["make", "-C", ROOT], check=True, capture_output=True, text=True, encoding="utf-8").stdout
    listed = set(re.findall(r"^  make (\S+)", shown, flags=re.MULTILINE))
    assert {"install", "run", "sample", "test", "demo", "check", "bench"} <= listed
