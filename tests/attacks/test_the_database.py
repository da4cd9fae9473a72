"""A database that speaks Chinese, a host that is cut off in the middle of an act, what errors and tools give away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from operations.clock import require_one_clock
from states.errors import Conflict, Problem, Unavailable
from states.vocabulary import Act
from store.database import Database
from store.limits import Limits
from store.schema.accounts import PersonRow
from store.schema.events import CaseEventRow, LogHeadRow
from tests.support.faults.servers import Postgres, Proxy
from tests.support.offices import Bench, at
from tests.support.processes import ROOT, free_port
from tests.support.runs import KINDS
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_postgresql = pytest.mark.skipif("postgresql" not in KINDS, reason="PostgreSQL was not asked for")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    found = Postgres()
    found.start()
    yield found
    found.close()


@pytest.fixture
def own_url(server: Postgres) -> str:
    """Give the address of a fresh database of this module's own server, which may be held up."""
    name = f"d{time.monotonic_ns()}"
    admin = Database(server.url)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    admin.close()
    return make_url(server.url).set(database=name).render_as_string(hide_password=False)


# --- errors are told apart by their codes -----------------------------------------------------------------------------


@needs_postgresql
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("55P03", Unavailable, "busy"),
        ("40001", Conflict, "busy"),
        ("40P01", Conflict, "busy"),
        ("57014", Unavailable, "one statement"),
        ("25006", Unavailable, "read-only"),
        ("53100", Unavailable, "disk is full"),
        ("58030", Unavailable, "disk is full"),
        ("42P01", Unavailable, "duban migrate"),
        ("42703", Unavailable, "duban migrate"),
        ("3D000", Unavailable, "does not answer"),
        ("57P01", Unavailable, "does not answer"),
        ("57P03", Unavailable, "does not answer"),
        ("53300", Unavailable, "does not answer"),
        ("28P01", Unavailable, "does not answer"),
        ("08006", Unavailable, "does not answer"),
        ("25P03", Unavailable, "does not answer"),
    ],
)
def test_a_database_that_speaks_chinese_is_understood(
    server: Postgres, code: str, kind: type[Problem], words: str
) -> None:
    """The words are those of a server in another language, and mislead whoever reads them; the code is the truth."""
    database = Database(server.url)
    try:
        words_ = "错误：磁盘空间不足 read-only does not exist"
        said = f"DO $$ BEGIN RAISE EXCEPTION '{words_}' USING ERRCODE = '{code}'; END $$"
        with pytest.raises(kind) as caught, database.transaction() as session:
            session.execute(text(said))
        assert words in caught.value.sentence.text("en")
    finally:
        database.close()


@needs_postgresql
@pytest.mark.parametrize("language", ["zh_CN.UTF-8", "de_DE.UTF-8"])
def test_a_real_server_in_another_language_is_understood(language: str, request: pytest.FixtureRequest) -> None:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    known = (
        subprocess.run(["locale", "-a"], check=False, capture_output=True, text=True).stdout.lower().replace("-", "")
    )
    if not programs or language.lower().replace("-", "") not in known or os.geteuid():
        pytest.skip(f"no PostgreSQL with {language} is installed here")
    # Not in pytest's folder, which every other run of pytest closes to all but its user.
    place = tempfile.mkdtemp(prefix="duban-language-")
    request.addfinalizer(lambda: shutil.rmtree(place))  # the server is gone by then
    Path(place).chmod(0o755)
    data = Path(place) / "data"
    subprocess.run(["install", "-d", "-o", "postgres", "-m", "700", str(data)], check=True)
    shell = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    tool = str(programs[-1])
    subprocess.run([*shell, f"{tool}/initdb", "-D", str(data), "-A", "trust"], check=True, capture_output=True)
    options = f"-h '' -k {data} -c lc_messages={language}"
    log = str(data / "log")
    start = [*shell, f"{tool}/pg_ctl", "-w", "-D", str(data), "-l", log, "-o", options, "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        base = f"postgresql+psycopg://postgres@/postgres?host={data}"
        database = Database(base, limits=Limits(lock=1, statement=4))
        with pytest.raises(Unavailable, match="duban migrate") as caught, database.reading() as session:
            session.execute(select(PersonRow))
        assert not str(caught.value.__cause__.__cause__).isascii() or language.startswith("de")  # type: ignore[union-attr]
        database.migrate()
        with pytest.raises(Unavailable, match="一条语句"), database.reading() as session:
            session.execute(text("SELECT pg_sleep(60)"))
        with database.engine.begin() as holder:
            holder.execute(update(LogHeadRow).values(size=LogHeadRow.size))
            with pytest.raises(Unavailable, match="正忙"), database.transaction() as session:
                session.execute(update(LogHeadRow).values(size=LogHeadRow.size))
        with database.engine.connect() as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = on; COMMIT")
        with pytest.raises(Unavailable, match="只读"), database.transaction() as session:  # noqa: PT012  # one act
            session.execute(text("SET TRANSACTION READ ONLY"))
            session.execute(update(LogHeadRow).values(size=1))
        database.close()
        gone = Database(base.replace("/postgres?", "/nothing?"))
        with pytest.raises(Unavailable, match="数据库不可用"), gone.reading() as session:
            session.execute(text("SELECT 1"))
    finally:
        subprocess.run(
            [*shell, f"{tool}/pg_ctl", "-m", "immediate", "-D", str(data), "stop"], check=True, capture_output=True
        )


# --- what an error tells ----------------------------------------------------------------------------------------------


def test_an_error_of_the_database_carries_nothing_that_a_person_entered(database: Database) -> None:
    secret = "张三挪用专项资金"  # noqa: S105  # a finding, and no password
    caught: list[BaseException] = []
    for statement in (
        # A constraint that is broken: PostgreSQL quotes the whole row.
        insert(CaseEventRow).values(seq=1, case_id=99, data=secret, act=secret),
        text("SELECT CAST(:said AS INTEGER) / 0").bindparams(said=secret),
        text("INSERT INTO people (id, username) VALUES (1, :said), (1, :said)").bindparams(said=secret),
    ):
        try:
            with database.transaction() as session:
                session.execute(statement)
        except (DBAPIError, Problem) as error:
            caught.append(error)
    assert caught
    for one in caught:
        told: BaseException | None = one
        while told is not None:
            assert secret not in str(told), type(told)
            assert secret not in repr(told.args), type(told)
            told = told.__cause__ or told.__context__


# --- a host that is cut off -------------------------------------------------------------------------------------------


class Cut(Proxy):
    """A line on which, from a moment on, nothing gets through in either direction, and neither end is told."""

    silent = False

    def _pump(self, source: Any, sink: Any, pair: Any) -> None:
        class Muted:
            @staticmethod
            def sendall(data: bytes) -> None:
                if not self.silent:
                    sink.sendall(data)

        super()._pump(source, Muted(), pair)  # type: ignore[arg-type]


@needs_postgresql
def test_a_host_that_is_cut_off_before_its_commit_holds_others_up_for_no_longer_than_is_set(
    server: Postgres, own_url: str, tmp_path: Path
) -> None:
    line = Cut(server.socket)
    name = make_url(own_url).database
    limits: dict[str, Any] = {"db_idle_seconds": 2, "db_lock_seconds": 25, "db_peer_seconds": 3}
    far = f"postgresql://postgres@127.0.0.1:{line.port}/{name}"
    with Bench(own_url, tmp_path, **limits) as near, Bench(far, tmp_path, **limits) as cut_off:
        near.office.installation.prepare(now())
        case = near.ordered()
        before = near.case(case).version
        locked, done = threading.Event(), threading.Event()
        outcome: list[BaseException | None] = []

        def act() -> None:
            try:
                with cut_off.office.database.transaction() as session:
                    session.execute(update(LogHeadRow).values(size=LogHeadRow.size + 0))
                    line.silent = True
                    locked.set()
            except BaseException as error:  # noqa: BLE001  # looked at below
                outcome.append(error)
            else:
                outcome.append(None)
            done.set()

        threading.Thread(target=act, daemon=True).start()
        assert locked.wait(20)
        began = time.monotonic()
        near.act(case, Act.SUBMIT_PLAN, "02-09", document_number="临文旅〔2026〕1号")
        waited = time.monotonic() - began
        assert waited < 20, waited  # without a limit: until TCP gives up, a quarter of an hour
        with near.office.database.reading() as session:  # and readers were never held up
            assert session.scalar(select(LogHeadRow.size)) is not None
        assert near.case(case).version == before + 1
        # When the line is mended, what the cut-off host had sent is not committed after all.
        line.silent = False
        line.close()
        assert done.wait(30)
        assert isinstance(outcome[0], Unavailable)
        assert near.case(case).version == before + 1


@needs_postgresql
def test_a_statement_that_never_ends_is_stopped_and_proofs_may_take_their_time(own_url: str) -> None:
    database = Database(own_url, limits=Limits(statement=1))
    try:
        with pytest.raises(Unavailable, match="一条语句"), database.reading() as session:
            session.execute(text("SELECT pg_sleep(60)"))
        with database.reading(unhurried=True) as session:
            session.execute(text("SELECT pg_sleep(1.5)"))
        with pytest.raises(Unavailable, match="一条语句"), database.reading() as session:
            session.execute(text("SELECT pg_sleep(60)"))  # the leave was for one transaction
    finally:
        database.close()


@needs_postgresql
def test_the_limits_reach_the_server_and_the_line(server: Postgres, own_url: str) -> None:
    line = Proxy(server.socket)
    found = Settings(
        database_url=f"postgresql://postgres@127.0.0.1:{line.port}/{make_url(own_url).database}",
        db_idle_seconds=7,
        db_lock_seconds=11,
        db_statement_seconds=13,
        db_peer_seconds=24,
    )
    database = Database(found.database, limits=found.database_limits)
    try:
        with database.reading() as session:
            shown = {
                name: session.scalar(text(f"SHOW {name}"))
                for name in ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
            }
            driver: Any = session.connection().connection.driver_connection
            options = {item.keyword.decode(): (item.val or b"").decode() for item in driver.pgconn.info}
        assert shown == {
            "idle_in_transaction_session_timeout": "7s",
            "lock_timeout": "11s",
            "statement_timeout": "13s",
        }
        assert (options["keepalives"], options["tcp_user_timeout"]) == ("1", "24000")
        assert options["keepalives_idle"] == "12"
        # A host gives up only after the server has: what it believes lost is not committed later.
        standard = Settings().database_limits
        assert standard.idle < standard.lock
        assert standard.idle < standard.peer
        assert standard.lock < standard.statement
    finally:
        database.close()
        line.close()


@needs_postgresql
def test_a_pool_that_is_used_up_is_a_sentence(own_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.database.POOL_WAIT_SECONDS", 1)
    database = Database(own_url, pool_size=1)
    try:
        with database.reading() as one, database.reading() as two:
            one.execute(text("SELECT 1"))
            two.execute(text("SELECT 1"))
            with pytest.raises(Unavailable, match="都在使用中"), database.reading() as three:
                three.execute(text("SELECT 1"))
    finally:
        database.close()


# --- copies, with a password in the address ---------------------------------------------------------------------------


@contextmanager
def with_password(folder: Path) -> Iterator[tuple[str, Path]]:
    """Run a server that wants a password, on a port; give its address and where its tools are."""
    found = Postgres()
    port = free_port()
    try:
        found.tool(
            "pg_ctl",
            "-w",
            "-o",
            f"-h 127.0.0.1 -p {port} -k {found.place}",
            "-l",
            str(found.data / "log"),
            "-D",
            str(found.data),
            "start",
        )
        admin = Database(f"postgresql+psycopg://postgres@/postgres?host={found.place}&port={port}")
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CREATE ROLE duban LOGIN PASSWORD 'p:a\\ss %%@/word'")
            connection.exec_driver_sql("CREATE DATABASE duban OWNER duban")
        admin.close()
        hba = found.data / "pg_hba.conf"
        hba.write_text("local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n", "utf-8")
        found.tool("pg_ctl", "reload", "-D", str(found.data))
        url = make_url("postgresql://127.0.0.1").set(
            username="duban",
            password="p:a\\ss %@/word",  # noqa: S106  # of this test
            port=port,
            database="duban",
        )
        assert folder.is_dir()
        yield url.render_as_string(hide_password=False), found.bin
    finally:
        found.close()


@needs_postgresql
def test_copies_are_made_and_put_back_with_a_password_that_no_command_line_shows(tmp_path: Path) -> None:
    with with_password(tmp_path) as (url, programs):
        tools = tmp_path / "tools"
        tools.mkdir()
        for name in ("pg_dump", "pg_restore"):
            shown = tmp_path / f"{name}.seen"
            (tools / name).write_text(
                f'#!/bin/sh\nprintf "%s\\n" "$@" >> {shown}\nenv >> {shown}\nexec {programs / name} "$@"\n', "utf-8"
            )
            (tools / name).chmod(0o755)
        inherited = {name: value for name, value in os.environ.items()}  # noqa: TID251, C416  # for a child
        seen = inherited | {"DUBAN_HOME": str(tmp_path / "home"), "DUBAN_DATABASE_URL": url}
        seen["PATH"] = f"{tools}:{seen['PATH']}"

        def duban(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, "-m", "cli.main", *arguments],
                cwd=ROOT,
                env=seen,
                check=False,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        duban("migrate")
        finding = ("open", "--unit", "临溪市司法局", "--post", "局长", "--duty", "art7-1a", "--inspection", "regular")
        duban(*finding, "--finding", "没有计划")
        copy = tmp_path / "copy.dump"
        duban("backup", str(copy))
        assert copy.stat().st_mode & 0o777 == 0o600
        duban(*finding, "--finding", "恢复之后没有的")
        duban("restore", str(copy))
        assert '"events": 1' in duban("verify", "--json")
        for name in ("pg_dump", "pg_restore"):
            words = (tmp_path / f"{name}.seen").read_text("utf-8")
            assert "p:a" not in words
            assert "word" not in words.replace("--no-password", "")
            assert "PGPASSFILE" in words


def test_the_image_holds_the_tools_of_the_database() -> None:
    assert "postgresql-client" in (ROOT / "deploy" / "Containerfile").read_text("utf-8")


# --- one clock --------------------------------------------------------------------------------------------------------


def test_a_sweep_on_a_host_whose_clock_is_wrong_refuses(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    database = bench.office.database
    true = now()
    require_one_clock(database, true)
    for wrong in (timedelta(seconds=25), timedelta(seconds=-25)):
        require_one_clock(database, true + wrong)
    for wrong in (timedelta(seconds=45), timedelta(seconds=-45), timedelta(days=400)):
        if database.is_sqlite:  # it has no clock of its own
            require_one_clock(database, true + wrong)
            continue
        with pytest.raises(Unavailable, match="chrony"):
            require_one_clock(database, true + wrong)
        with pytest.raises(Unavailable, match="chrony"), monkeypatch.context() as turned:  # noqa: PT012  # one sweep
            turned.setattr("wiring.rounds.now", lambda off=wrong: now() + off)
            bench.office.rounds.sweep(true, true)
    assert at("03-02") < true
