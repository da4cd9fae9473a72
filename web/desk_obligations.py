"""Obligations on the desk and on the unit's own page: those whose day is near, and those that were missed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence
from states.obligation import OBLIGATION_STATES, WAITING, ObligationState
from store.obligations import Asked
from web.dependencies import reader_of
from web.obligation_words import cell_words, left_words
from wiring import now

if TYPE_CHECKING:
    from store.obligations import Obligation
    from web.page import Visit

SOON: Final = 20
"""Working days: from the first reminder before the day on."""
SHOWN: Final = 8


def obligations_due(visit: Visit, *, own: bool = False) -> list[dict[str, Any]]:
    """Return this year's obligations that are due soon or were missed, the earliest day first; `own`: all that wait."""
    here, today = visit.here, visit.here.today(now())
    asked = Asked(
        year=today.year,
        unit_id=visit.person.unit_id if own else 0,
        states=frozenset({*WAITING, ObligationState.MISSED}),
        due_until=date(today.year, 12, 31) if own else here.rulebook.calendar.forward(today, SOON),
        first=0 if own else SHOWN,
        undecided=not own,
    )
    found = here.obligations.listed(asked, reader_of(visit.person))
    return [_row(visit, one, today) for one in found]


def _row(visit: Visit, one: Obligation, today: date) -> dict[str, Any]:
    clause = visit.here.obligations.rules.clause(one.clause)
    return {
        "one": one,
        "title": clause.title.text(visit.lang) if clause is not None else "",
        "cell": cell_words(one, today, visit.lang),
        "state": Sentence(*OBLIGATION_STATES[one.state]).text(visit.lang),
        "left": left_words(one, today, visit.here.rulebook.calendar, visit.lang),
    }
