"""What the weekly digest of the leader counts: cases that need more than their handler, a few of them by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson
from sqlalchemy import ColumnElement, func, select

from states.case_codec import restored
from states.vocabulary import SPINE, Confidentiality, Light, State
from store.cases import needs
from store.schema.cases import CaseRow

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

MOST_NAMED: Final = 20
"""How many cases of a kind a digest names; of the others it says how many they are."""


@dataclass(frozen=True, slots=True)
class Named:
    """How many cases there are of a kind, and the first of them: their ids and numbers, the oldest first."""

    count: int
    first: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Week:
    """What stands open at one moment. Work secrets are counted and never named: the digest goes out."""

    red: Named
    proposals: Named
    blocked: Named
    office_overdue: Named


def week(session: Session, today: date) -> Week:
    """Return what stands open today; what was handed over as a clue is not among it."""
    red = (CaseRow.light == Light.RED.value, CaseRow.state.in_([state.value for state in SPINE]))
    return Week(
        red=_named(session, *red),
        proposals=_named(session, CaseRow.waiting_for.is_not(None)),
        blocked=_named(session, needs("blocked")),
        office_overdue=_overdue_with_office(session, today),
    )


def _named(session: Session, *conditions: ColumnElement[bool]) -> Named:
    count = session.scalar(select(func.count()).select_from(CaseRow).where(*conditions)) or 0
    first = (
        select(CaseRow.id, CaseRow.number)
        .where(*conditions, CaseRow.confidentiality != Confidentiality.WORK_SECRET.value)
        .order_by(CaseRow.id)
        .limit(MOST_NAMED)
    )
    return Named(int(count), tuple((row.id, row.number) for row in session.execute(first)))


def _overdue_with_office(session: Session, today: date) -> Named:
    """Return the cases in which a term of the office's own has passed; only the case itself says whose a term is."""
    statement = (
        select(CaseRow.id, CaseRow.number, CaseRow.confidentiality, CaseRow.body)
        .where(CaseRow.next_due_on < today)
        .where(CaseRow.state != State.TRANSFERRED.value)
        .order_by(CaseRow.id)
        .execution_options(yield_per=500)
    )
    count = 0
    first: list[tuple[int, str]] = []
    for row in session.execute(statement):
        case = restored(orjson.loads(row.body))
        if not any(line.party == "office" and line.due_on < today for line in case.running):
            continue
        count += 1
        if row.confidentiality != Confidentiality.WORK_SECRET.value and len(first) < MOST_NAMED:
            first.append((row.id, row.number))
    return Named(count, tuple(first))
