"""The leaves of the history's tree: the events of cases and those outside cases, in the order in which they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from store.schema.base import table_of
from store.schema.events import CaseEventRow, LogHeadRow, OfficeEventRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_CASES: Final = table_of(CaseEventRow)
_OTHERS: Final = table_of(OfficeEventRow)


def size(session: Session) -> int:
    """Return how many leaves the log's head counts."""
    row = session.execute(select(LogHeadRow.size, LogHeadRow.others).where(LogHeadRow.id == 1)).one_or_none()
    return row.size + row.others if row is not None else 0


def told_until(session: Session, *, without: str) -> tuple[int, int]:
    """Return how many events of cases there are, and the last event outside cases that is of no row of this table.

    As long as both are the same, so is whatever is read from the rows of which the log speaks.
    """
    size_ = session.scalar(select(LogHeadRow.size).where(LogHeadRow.id == 1)) or 0
    others = select(_OTHERS.c.id).where(~_OTHERS.c.subject.startswith(f"{without}/", autoescape=True))
    return size_, session.scalar(others.order_by(_OTHERS.c.id.desc()).limit(1)) or 0


def place_of(session: Session, seq: int) -> int:
    """Return the place among all leaves, from 1, of the event of a case with this place among those of cases."""
    before = select(func.max(_OTHERS.c.id)).where(_OTHERS.c.after_seq < seq)
    return seq + int(session.scalar(before) or 0)


def hashes(session: Session, first: int, count: int) -> list[bytes]:
    """Return the hashes of `count` leaves from place `first` (counted from 0) on, in their order."""
    connection = session.connection()
    before = connection.scalar(select(func.max(_OTHERS.c.id)).where(_OTHERS.c.place <= first)) or 0
    others = connection.execute(
        select(_OTHERS.c.place, _OTHERS.c.hash)
        .where(_OTHERS.c.place > first, _OTHERS.c.place <= first + count)
        .order_by(_OTHERS.c.place)
    ).all()
    own = first - before
    cases = connection.scalars(
        select(_CASES.c.hash)
        .where(_CASES.c.seq > own, _CASES.c.seq <= own + count - len(others))
        .order_by(_CASES.c.seq)
    ).all()
    found = [bytes.fromhex(hash_) for hash_ in cases]
    for place, hash_ in others:
        found.insert(place - first - 1, bytes.fromhex(hash_))
    return found
