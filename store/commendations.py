"""Commendations: reading and writing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from states.commendation import CommendationState
from states.errors import NotFound, Sentence
from store.schema.rankings import CommendationRow
from store.visibility import OFFICE_ROLES, of_named_units

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from store.visibility import Reader

_NONE: Final = Sentence("没有编号为{id}的表扬。", "There is no commendation {id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commendation:
    """A praise of a unit, or of a post in it."""

    id: int
    state: CommendationState
    unit: str
    post: str
    text: str
    document_number: str
    proposed_on: date
    proposed_by: str
    decided_on: date | None
    decided_at: datetime | None
    decided_by: str
    reason: str


def add(session: Session, unit: str, post: str, text: str, on: date, who: str, now: datetime) -> Commendation:
    """Write down a proposal to commend."""
    row = CommendationRow(
        state=CommendationState.PROPOSED.value,
        unit=unit,
        post=post,
        text=text,
        document_number="",
        proposed_on=on,
        proposed_by=who,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    return _commendation(row)


def get(session: Session, commendation_id: int) -> Commendation:
    """Return the commendation with this number, locked for the transaction.

    Raises:
        NotFound: there is none.
    """
    return _commendation(_row(session, commendation_id))


def find(session: Session, commendation_id: int) -> Commendation:
    """Return the commendation with this number, to be read only.

    Raises:
        NotFound: there is none.
    """
    row = session.get(CommendationRow, commendation_id)
    if row is None:
        raise NotFound(_NONE.fill(id=commendation_id))
    return _commendation(row)


def seen(session: Session, reader: Reader, commendation_id: int = 0) -> list[Commendation]:
    """Return the commendations, or this one, that the reader may see, by their numbers.

    The office sees those of its territory. A unit's people see what they and the units below were commended for, and
    nothing of a proposal that was not decided, or was refused. Nobody else sees any.
    """
    statement = select(CommendationRow).where(of_named_units(reader, CommendationRow.unit)).order_by(CommendationRow.id)
    if reader.role not in OFFICE_ROLES:
        statement = statement.where(CommendationRow.state == CommendationState.COMMENDED.value)
    if commendation_id:
        statement = statement.where(CommendationRow.id == commendation_id)
    return [_commendation(row) for row in session.scalars(statement)]


def decide(
    session: Session,
    commendation_id: int,
    state: CommendationState,
    on: date,
    who: str,
    now: datetime,
    *,
    number: str,
    reason: str,
) -> Commendation:
    """Write down what the leader decided, under which document number or for which reason."""
    row = _row(session, commendation_id)
    row.state, row.decided_on, row.decided_at, row.decided_by = state.value, on, now, who
    row.document_number, row.reason = number, reason or None
    session.flush()
    return _commendation(row)


def listed(session: Session, *, unit: str = "", state: CommendationState | None = None) -> list[Commendation]:
    """Return the commendations, of one unit or in one state, by their numbers."""
    statement = select(CommendationRow).order_by(CommendationRow.id)
    if unit:
        statement = statement.where(CommendationRow.unit == unit)
    if state is not None:
        statement = statement.where(CommendationRow.state == state.value)
    return [_commendation(row) for row in session.scalars(statement)]


def given(session: Session, unit: str, until: date, *, post: str = "", since: date | None = None) -> list[Commendation]:
    """Return what the unit, or one post of it, was commended for from `since` until `until`, both inclusive."""
    found = listed(session, unit=unit, state=CommendationState.COMMENDED)
    return [
        one
        for one in found
        if one.decided_on is not None
        and one.decided_on <= until
        and (since is None or one.decided_on >= since)
        and (not post or one.post == post)
    ]


def _row(session: Session, commendation_id: int) -> CommendationRow:
    row = session.scalar(select(CommendationRow).where(CommendationRow.id == commendation_id).with_for_update())
    if row is None:
        raise NotFound(_NONE.fill(id=commendation_id))
    return row


def _commendation(row: CommendationRow) -> Commendation:
    return Commendation(
        id=row.id,
        state=CommendationState(row.state),
        unit=row.unit,
        post=row.post,
        text=row.text,
        document_number=row.document_number,
        proposed_on=row.proposed_on,
        proposed_by=row.proposed_by,
        decided_on=row.decided_on,
        decided_at=row.decided_at,
        decided_by=row.decided_by or "",
        reason=row.reason or "",
    )
