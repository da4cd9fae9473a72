"""How the installation is at a moment: whether requests can be served, and whether time is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from operations.installation import require_same
from operations.runs import STUCK
from states.errors import Problem
from store import health, outbox
from store import timers as stored_timers

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings
    from store.database import Database

MISSED_AFTER: Final = timedelta(minutes=15)
"""A timer that still waits so long after its moment was missed by the sweep."""
SWEEP_LATE: Final = timedelta(minutes=3)
"""A sweep is planned each minute and works for at most one: when none came to its end for so long, something is wrong
though nothing may be missed yet."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the installation is at a moment."""

    ready: bool
    database: bool
    migrated: bool
    reason: str
    last_sweep_at: datetime | None
    open_deadlines: int
    waiting: int
    missed: int
    held: int
    messages: dict[str, int]
    stuck_runs: str = ""

    def sweep_stopped(self, at: datetime) -> bool:
        """Say whether no sweep comes to its end though there are deadlines to keep."""
        if self.last_sweep_at is None:
            return self.ready and self.missed > 0
        return self.ready and self.open_deadlines > 0 and at - self.last_sweep_at > SWEEP_LATE


def health_of(database: Database, settings: Settings, at: datetime) -> Health:
    """Say how the installation is; never raises for a database that does not answer."""
    try:
        migrated = database.is_current()
    except Problem as problem:
        return _unwell(str(problem), database=False, migrated=False)
    if not migrated:
        return _unwell("the schema is not current", database=True, migrated=False)
    try:
        with database.reading() as session:
            require_same(session, settings)
            return Health(
                ready=True,
                database=True,
                migrated=True,
                reason="",
                last_sweep_at=health.last_beat(session, "sweep"),
                open_deadlines=health.open_with_deadline(session),
                waiting=stored_timers.waiting(session, at + timedelta(days=1)),
                missed=stored_timers.overdue(session, at - MISSED_AFTER),
                held=stored_timers.held(session),
                messages=outbox.summary(session),
                stuck_runs=health.detail(session, STUCK),
            )
    except Problem as problem:
        return _unwell(str(problem), database=False, migrated=True)


def _unwell(reason: str, *, database: bool, migrated: bool) -> Health:
    return Health(
        ready=False,
        database=database,
        migrated=migrated,
        reason=reason,
        last_sweep_at=None,
        open_deadlines=0,
        waiting=0,
        missed=0,
        held=0,
        messages={},
    )
