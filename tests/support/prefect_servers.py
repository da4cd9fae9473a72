"""Prefect's servers of tests: the first begins on nothing, those after it with the empty database that it has made.

To make it, some hundred migrations of Prefect's, takes longer than all else that a server does until it answers.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.processes import ROOT, ask, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MADE: Final[list[bytes]] = []


def started(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a Prefect server in a session of its own; return it when it answers."""
    database = Path(environment["PREFECT_HOME"]) / "prefect.db"
    begins = not database.exists()
    if begins and _MADE:
        database.parent.mkdir(parents=True, exist_ok=True)
        database.write_bytes(_MADE[0])
    with log.open("ab") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=out, stderr=out, start_new_session=True
        )
    try:
        until(lambda: ask(f"{environment['PREFECT_API_URL']}/health"))
    except BaseException:
        killed(server)
        raise
    if begins and not _MADE:
        with closing(sqlite3.connect(database)) as made:
            _MADE.append(made.serialize())
    return server


def killed(server: subprocess.Popen[bytes]) -> None:
    """End a server and all that it has started, without a word; a test may have ended it before."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


@contextmanager
def served(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """Run a Prefect server until the end of the block."""
    server = started(command, environment, log)
    try:
        yield
    finally:
        killed(server)
