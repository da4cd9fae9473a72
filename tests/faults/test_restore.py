"""Restore drills: back up under load, destroy, restore; the history verifies and nothing acknowledged is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from states.errors import Problem
from store import events
from tests.support.faults.servers import Postgres
from tests.support.offices import Bench, at
from tests.support.processes import ROOT
from tests.support.runs import KINDS
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEFORE, AFTER = 25, 10


class Clerks:
    """Two people who enter acts without a pause; `done` is what the office has acknowledged, in its order."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.done: list[tuple[int, int, str]] = []
        self.defects: list[str] = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(n,)) for n in range(2)]

    def _work(self, number: int) -> None:
        while not self.over.is_set():
            try:
                case_id = self.bench.ordered(unit=f"临溪市第{number}局")
                with self.bench.office.database.reading() as session:
                    last = events.history(session, case_id)[-1]
            except Problem:
                continue  # the office is being destroyed; nothing was acknowledged
            except Exception:  # noqa: BLE001  # whatever it is, it is no sentence, and the test shows it
                self.defects.append(traceback.format_exc())
                continue
            self.done.append((case_id, last.event.case_seq, last.hash))

    def wait_for(self, more: int) -> None:
        """Return when so many more acts have been acknowledged."""
        goal = len(self.done) + more
        until = time.monotonic() + 300
        while len(self.done) < goal:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.done)} of {goal}")
            self.over.wait(0.01)


@contextmanager
def clerks(bench: Bench) -> Iterator[Clerks]:
    found = Clerks(bench)
    for thread in found.threads:
        thread.start()
    try:
        yield found
    finally:
        found.over.set()
        for thread in found.threads:
            thread.join()
    assert not found.defects, found.defects[0]


def duban(home: Path, url: str, *arguments: str, path: str = "") -> dict[str, object]:
    """Run the command itself; return what it said."""
    environment = dict(os.environ) | {"DUBAN_HOME": str(home), "DUBAN_DATABASE_URL": url}  # noqa: TID251  # for a child
    if path:
        environment["PATH"] = f"{path}:{environment['PATH']}"
    command = [sys.executable, "-m", "cli.main", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def is_whole(home: Path, url: str, marked: list[tuple[int, int, str]]) -> int:
    """Check what was restored: it verifies, and holds all that was acknowledged before the mark."""
    assert duban(home, url, "verify")["ok"] is True
    with Bench(url, home) as bench:
        with bench.office.database.reading() as session:
            there = {
                (recorded.event.case_id, recorded.event.case_seq, recorded.hash)
                for batch in events.everything(session)
                for recorded in batch
            }
        assert bench.office.rounds.rebuild(at("03-02", 12)).differing == ()
    assert set(marked) <= there
    return len(there)


@pytest.mark.skipif("sqlite" not in KINDS, reason="DUBAN_TEST_DATABASES leaves SQLite out")
def test_a_sqlite_office_that_was_destroyed_comes_back_from_its_hot_backup(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'office.db'}"
    copy = tmp_path / "copy.db"
    with Bench(url, tmp_path) as bench:
        bench.office.installation.prepare(now())
        with clerks(bench) as found:
            found.wait_for(BEFORE)
            marked = list(found.done)
            duban(tmp_path, url, "backup", str(copy))
            found.wait_for(AFTER)
    for path in tmp_path.glob("office.db*"):
        path.write_bytes(os.urandom(5000))
        path.unlink()
    duban(tmp_path, url, "restore", str(copy))
    assert 2 * len(marked) <= is_whole(tmp_path, url, marked) < 2 * len(found.done)


@pytest.fixture
def server() -> Iterator[Postgres]:
    """Give a PostgreSQL that archives its log, as one does that is to be restored to a moment."""
    if "postgresql" not in KINDS:
        pytest.skip("DUBAN_TEST_DATABASES leaves PostgreSQL out")
    found = Postgres()
    archive = found.place / "archive"
    archive.mkdir()
    archive.chmod(0o777)
    with (found.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(f"archive_mode = on\narchive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'\n")
    found.start()
    yield found
    found.close()


def test_a_postgresql_office_that_was_destroyed_is_restored_to_its_mark(server: Postgres, tmp_path: Path) -> None:
    base = server.place / "base"
    with Bench(server.url, tmp_path) as bench:
        bench.office.installation.prepare(now())
        with clerks(bench) as found:
            found.wait_for(BEFORE)
            server.tool("pg_basebackup", "-h", str(server.place), "-U", "postgres", "-D", str(base), "-c", "fast")
            found.wait_for(BEFORE)
            marked = list(found.done)
            _mark_and_archive(server)
            found.wait_for(AFTER)
            server.crash()
    shutil.rmtree(server.data)
    base.rename(server.data)
    with (server.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(
            f"restore_command = 'cp {server.place}/archive/%f %p'\n"
            "recovery_target_name = 'mark'\nrecovery_target_action = 'promote'\narchive_mode = off\n"
        )
    (server.data / "recovery.signal").touch()
    server.start()
    _wait_for_the_end_of_recovery(server)
    assert 2 * len(marked) <= is_whole(tmp_path, server.url, marked) < 2 * len(found.done)


def _address(server: Postgres) -> str:
    return server.url.replace("+psycopg", "")


def _mark_and_archive(server: Postgres) -> None:
    """Set the mark, and see the log up to it into the archive."""
    with psycopg.connect(_address(server), autocommit=True) as connection:
        wanted = connection.execute("SELECT pg_walfile_name(pg_create_restore_point('mark'))").fetchone()
        connection.execute("SELECT pg_switch_wal()")
        assert wanted is not None
        until = time.monotonic() + 300
        while not (server.place / "archive" / str(wanted[0])).exists():
            assert time.monotonic() < until, "the log was not archived"
            time.sleep(0.05)


def _wait_for_the_end_of_recovery(server: Postgres) -> None:
    until = time.monotonic() + 300
    with psycopg.connect(_address(server), autocommit=True) as connection:
        while connection.execute("SELECT pg_is_in_recovery()").fetchone() != (False,):
            assert time.monotonic() < until, "recovery does not end"
            time.sleep(0.05)


def test_a_postgresql_office_comes_back_from_duban_backup_which_is_a_pg_dump(server: Postgres, tmp_path: Path) -> None:
    copy = tmp_path / "copy.dump"
    with Bench(server.url, tmp_path) as bench:
        bench.office.installation.prepare(now())
        with clerks(bench) as found:
            found.wait_for(BEFORE)
            marked = list(found.done)
            duban(tmp_path, server.url, "backup", str(copy), path=str(server.bin))
            found.wait_for(AFTER)
    with psycopg.connect(_address(server), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    duban(tmp_path, server.url, "restore", str(copy), path=str(server.bin))
    assert 2 * len(marked) <= is_whole(tmp_path, server.url, marked) < 2 * len(found.done)
