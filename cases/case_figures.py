"""The figures of the page of statistics, read in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from store import case_counts, case_filters, statistics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from states.vocabulary import State
    from store.database import Database
    from store.statistics import Punctual
    from store.visibility import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFigures:
    """How the cases that a person may see stand: now, over time, by age, and by when something is due.

    `moves` say by month what came in and left; `ages` how many open cases lie between the edges that were asked for;
    `coming` how much is due on which day, `overdue` how many cases have a due day before today.
    """

    present: dict[State, int]
    moves: list[tuple[date, str, int]]
    punctual: list[Punctual]
    ages: list[int]
    coming: dict[date, int]
    overdue: int


def case_figures(
    database: Database, reader: Reader, today: date, since: date, ages: Sequence[int], *, ahead: int
) -> CaseFigures:
    """Return the figures of today: moves since a day, ages by these edges in days, what is due in so many days."""
    with database.reading() as session:
        return CaseFigures(
            present=case_counts.by_state(session, reader),
            moves=statistics.moves(session, reader, since),
            punctual=statistics.punctuality(session, reader, since.replace(day=1)),
            ages=statistics.ages(session, reader, [today - timedelta(days=days) for days in ages]),
            coming=statistics.due_counts(session, reader, today, today + timedelta(days=ahead - 1)),
            overdue=case_counts.counted(session, reader, case_filters.Filter(due_before=today)),
        )
