"""Runs of flows whose process is gone: Prefect does not notice, so they are ended here and their places freed.

A run is a process. It holds a lock on a file of its own below the home from its first line to its last, and the kernel
lets go of that lock when the process ends, however it ends. Whoever gets the lock of a run that Prefect believes to be
at work knows that nobody works on it: no clock, no waiting, and no heartbeat that a long statement could hold up. A run
that was to begin and never did has no lock; it is given `PATIENCE`.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from operations.prefect_server import environment
from store import health

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from config.settings import Settings
    from store.database import Database

PATIENCE: Final = timedelta(seconds=40)
"""How long a run may be about to begin: a process takes two seconds, ten at once about six each."""
LATE: Final = timedelta(seconds=15)
"""After how long a run that has not begun is told of."""
LOOK_EVERY: Final = 10.0
"""Seconds between two looks; with `PATIENCE`, a place is free again within a minute."""
ANSWER_WITHIN: Final = 3.0
"""How long Prefect may take for one answer, in seconds; whoever waits for it has other processes to look after."""
MOST: Final = 200
TAG: Final = "duban"
STUCK: Final = "stuck runs"


@dataclass(frozen=True, slots=True)
class Stuck:
    """A run that holds a place and does not work: its name, since when, and whether it was ended."""

    name: str
    since: datetime
    ended: bool


def hold(home: Path, run_id: str) -> None:
    """Let this process be known as the one that works on the run, until it ends."""
    folder = home / "runs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A bare descriptor: nothing closes it, with a warning or without one, before the process ends.
    descriptor = os.open(folder / run_id, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_held(home: Path, run_id: str) -> bool | None:
    """Say whether a living process works on the run; nothing if none ever began to."""
    try:
        with (home / "runs" / run_id).open("r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return True
    return False


def note_stuck(database: Database, stuck: Sequence[Stuck], at: datetime) -> None:
    """Write down which runs hold places without working, for whoever asks about deadlines."""
    with database.transaction() as session:
        health.beat(session, STUCK, at, "; ".join(f"{run.name} {run.since.isoformat()}" for run in stuck[:10]))


class Keeper:
    """Looks after the runs of one installation, by Prefect's HTTP interface."""

    def __init__(self, settings: Settings, inherited: Mapping[str, str], answer_within: float = ANSWER_WITHIN) -> None:
        """Prepare to ask the Prefect server of these settings, or the one that the environment names.

        `answer_within` is in seconds.
        """
        self._answer_within = answer_within
        found = environment(settings, inherited)
        self._home = settings.home
        self._api = found["PREFECT_API_URL"]
        self._login = base64.b64encode(found["PREFECT_API_AUTH_STRING"].encode()).decode()

    def look(self, at: datetime) -> list[Stuck]:
        """End every run whose process is gone; return those, and those that should have begun.

        Raises:
            OSError: Prefect does not answer.
        """
        wanted = {
            "flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}, "tags": {"all_": [TAG]}},
            "limit": MOST,
        }
        runs = self._ask("/flow_runs/filter", wanted)
        stuck = list(self._stuck(runs, at))
        if len(runs) < MOST:
            self._forget({str(run["id"]) for run in runs})
        return stuck

    def _stuck(self, runs: list[dict[str, Any]], at: datetime) -> Iterator[Stuck]:
        for run in runs:
            since = datetime.fromisoformat(run["state"]["timestamp"])
            held = is_held(self._home, run["id"])
            dead = held is False or (held is None and at - since > PATIENCE)
            if dead:
                message = "its process is gone; ended by Duban so that its place is free"
                ended = {"type": "CRASHED", "name": "Crashed", "message": message}
                self._ask(f"/flow_runs/{run['id']}/set_state", {"state": ended, "force": True})
            if dead or (held is None and at - since > LATE):
                yield Stuck(run["name"], since, dead)

    def _forget(self, at_work: set[str]) -> None:
        """Remove the lock files of runs that came to their end."""
        folder = self._home / "runs"
        if folder.is_dir():
            for path in folder.iterdir():
                if path.name not in at_work and is_held(self._home, path.name) is False:
                    path.unlink(missing_ok=True)

    def _ask(self, path: str, content: dict[str, Any]) -> Any:  # noqa: ANN401  # whatever Prefect answers
        request = urllib.request.Request(  # noqa: S310  # the address is the installation's own setting
            f"{self._api}{path}",
            json.dumps(content).encode(),
            {"Content-Type": "application/json", "Authorization": f"Basic {self._login}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self._answer_within) as answer:  # noqa: S310  # the same
                return json.loads(answer.read())
        except ValueError as error:
            raise OSError(f"half an answer from {path}") from error
