"""How an installation is, in figures: what `/metrics` shows and `duban doctor` explains. Nothing names a case."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from store import checkpoints, contacts, health
from store import events as event_rows

if TYPE_CHECKING:
    from datetime import datetime

    from wiring.container import Health, Office

TASKS: Final = ("sweep", "delivery", "checkpoint", "rebuild", "calendar")
"""The recurring tasks, by the names under which they note that they came to their end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """The figures of one moment. Without a database that answers, only those of this machine are known."""

    health: Health
    free_bytes: int
    calendar_days: int
    beats: dict[str, datetime] = field(default_factory=dict)
    events: int = 0
    checkpointed: int = 0
    checkpoint_sent: bool = False
    unreached: int = 0
    skew_seconds: float = 0


def vitals(here: Office, at: datetime) -> Vitals:
    """Return the figures at a moment; never raises for a database that does not answer."""
    place = here.settings.home.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    known = here.calendar_known_until(at)
    days = max(0, (known - here.today(at)).days)
    found = here.health(at)
    if not found.ready:
        return Vitals(health=found, free_bytes=free, calendar_days=days)
    with here.database.reading() as session:
        latest = checkpoints.latest(session)
        clock = health.server_time(session)
        return Vitals(
            health=found,
            free_bytes=free,
            calendar_days=days,
            beats=health.beats(session),
            events=event_rows.size(session),
            checkpointed=latest.size if latest else 0,
            checkpoint_sent=bool(latest and latest.sent_to),
            unreached=len(contacts.posts_without_contact(session)),
            skew_seconds=(at - clock).total_seconds() if clock else 0,
        )
