"""Which cases lived in a period, within sight, and their whole histories: read in batches, in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, func, or_, select

from states.vocabulary import OUTCOMES
from store import bulk
from store.events import CASE_EVENTS, HISTORY_COLUMNS, Recorded, recorded_from
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from store.visibility import scope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from store.visibility import Reader

_OVER = [state.value for state in OUTCOMES]
_HISTORIES = bulk.Among(HISTORY_COLUMNS.order_by(CASE_EVENTS.c.case_id, CASE_EVENTS.c.case_seq), CASE_EVENTS.c.case_id)


def _lived(first: datetime, last: date, reader: Reader | None) -> list[ColumnElement[bool]]:
    happened = exists().where(CaseEventRow.case_id == CaseRow.id, CaseEventRow.recorded_at >= first)
    conditions = [CaseRow.opened_on <= last, or_(CaseRow.state.not_in(_OVER), happened)]
    return conditions if reader is None else [*conditions, scope(reader)]


def ids_of_period(  # from when to when, whose sight, from where on
    session: Session, first: datetime, last: date, reader: Reader | None, *, after: int, limit: int
) -> list[int]:
    """Return the first ids above `after` of the cases that lived in the period; without a reader, of all.

    A case lived in it that was opened up to the day `last`, inclusive, and that is open still or of which something
    was recorded from the moment `first` on.
    """
    statement = select(CaseRow.id).where(CaseRow.id > after, *_lived(first, last, reader))
    return list(session.scalars(statement.order_by(CaseRow.id).limit(limit)))


def number_of_period(session: Session, first: datetime, last: date, reader: Reader | None) -> int:
    """Return how many cases lived in the period, as `ids_of_period` finds them."""
    return int(session.scalar(select(func.count()).select_from(CaseRow).where(*_lived(first, last, reader))) or 0)


def histories(session: Session, case_ids: Iterable[int]) -> dict[int, list[Recorded]]:
    """Return the events of these cases, each case's in their order; the events hold commitments, no personal texts."""
    found: dict[int, list[Recorded]] = {}
    for row in _HISTORIES.execute(session, case_ids):
        recorded = recorded_from(row)
        found.setdefault(recorded.event.case_id, []).append(recorded)
    return found
