"""How an installation is, in figures: what `/metrics` shows and `duban doctor` explains. Nothing names a case."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from operations.health import Health, health_of
from store import checkpoints, contacts, health, installation, leaves

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings
    from states.working_days import Calendar
    from store.database import Database

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
    recounted: bool = True
    differing: int = 0


def known_until(calendar: Calendar, today: date) -> date:
    """Return the last day of the years, from this one on, whose notices are in."""
    year = today.year
    while year in calendar.known_years:
        year += 1
    return date(year - 1, 12, 31)


def vitals(database: Database, settings: Settings, calendar: Calendar, at: datetime) -> Vitals:
    """Return the figures at a moment; never raises for a database that does not answer."""
    place = settings.home.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    today = at.astimezone(settings.tz).date()
    days = max(0, (known_until(calendar, today) - today).days)
    found = health_of(database, settings, at)
    if not found.ready:
        return Vitals(health=found, free_bytes=free, calendar_days=days)
    with database.reading() as session:
        latest = checkpoints.latest(session)
        clock = health.server_time(session)
        in_force = installation.in_force(session)
        return Vitals(
            health=found,
            free_bytes=free,
            calendar_days=days,
            beats=health.beats(session),
            events=leaves.size(session),
            checkpointed=latest.size if latest else 0,
            checkpoint_sent=bool(latest and latest.sent_to),
            unreached=len(contacts.posts_without_contact(session)),
            skew_seconds=(at - clock).total_seconds() if clock else 0,
            recounted=health.detail(session, "redating") in {"", in_force.calendar},
            differing=_differing(health.detail(session, "rebuild")),
        )


def _differing(said: str) -> int:
    """Return how many cases the nightly comparison found to differ, as it has written it down."""
    found = re.search(r"(\d+) differ$", said)
    return int(found[1]) if found else 0
