"""When time looks at an obligation: its reminders, and the moment at which it is missed. Pure.

The day itself never moves (docs/domain.md §3, "Counting time" 8); reminders and the miss are on working days, at the
hour at which the office's timers fire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import time, tzinfo

    from states.working_days import Calendar

DAYS_BEFORE: Final = (20, 10, 3, 0)
"""So many working days before the day, reminders go out; one more goes out when the year begins."""


@dataclass(frozen=True, slots=True)
class Look:
    """A moment at which time looks: `kind` is `begun`, `reminder`, `due_today` or `missed`; `place` counts from 0."""

    at: datetime
    kind: str
    place: int


def last_working_day(due_on: date, calendar: Calendar) -> date:
    """Return the last working day on which it can still be done."""
    return due_on if calendar.works(due_on) else calendar.back(due_on, 1)


def looks(  # which day, of which year, by which calendar, at which hour where
    due_on: date, year: int, calendar: Calendar, fire_at: time, zone: tzinfo
) -> tuple[Look, ...]:
    """Return all moments at which time looks, in their order.

    The first is the first working day of the year. A reminder that would lie before it is left out. T-0 is the day
    itself, or the last working day before it. The miss is the first working day after the day.
    """
    begins = calendar.roll(date(year, 1, 1))
    last = last_working_day(due_on, calendar)
    found = [(begins, "begun", 0)]
    for place, before in enumerate(DAYS_BEFORE, 1):
        on = calendar.back(last, before)
        if on > begins:
            found.append((on, "reminder" if before else "due_today", place))
    found.append((calendar.forward(due_on, 1), "missed", len(DAYS_BEFORE) + 1))
    return tuple(Look(datetime.combine(on, fire_at, zone), kind, place) for on, kind, place in found)


def due_look(known: tuple[Look, ...], after: datetime | None, as_of: datetime) -> Look | None:
    """Return the latest look that is due at `as_of` and later than `after`; those that it overtakes are not taken."""
    ready = [one for one in known if one.at <= as_of and (after is None or one.at > after)]
    return ready[-1] if ready else None


def next_look(known: tuple[Look, ...], after: datetime | None) -> datetime | None:
    """Return when time looks next, if it has looked for the last time at `after`."""
    return next((one.at for one in known if after is None or one.at > after), None)
