"""The calendar of deadlines, as one reader sees it: how many fall due on each day, and which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from store import deadline_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from store.database import Database
    from store.deadline_days import CalendarLine
    from store.visibility import Reader


@dataclass(frozen=True, slots=True)
class DeadlineMonth:
    """The days of a period with how many deadlines each has, the first of them, and those of one day."""

    counts: Mapping[date, int]
    found: Sequence[CalendarLine]
    of_day: Sequence[CalendarLine]


def deadlines_between(
    database: Database, reader: Reader, days: tuple[date, date], in_a_day: int, chosen: date | None, most: int
) -> DeadlineMonth:
    """Return what falls due in `days`, both inclusive, the first of each, and `most` of the chosen day."""
    first, last = days
    with database.reading() as session:
        of_day = deadline_days.between(session, reader, chosen, chosen, most) if chosen else []
        found = deadline_days.first_of_days(session, reader, first, last, in_a_day)
        return DeadlineMonth(deadline_days.counts(session, reader, first, last), found, of_day)


def deadlines_of_year(database: Database, reader: Reader, year: int) -> Mapping[date, int]:
    """Return how many deadlines fall due on each day of the year."""
    with database.reading() as session:
        return deadline_days.counts(session, reader, date(year, 1, 1), date(year, 12, 31))
