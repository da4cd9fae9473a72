"""What a unit was told last in each of its cases: what its people have to sign for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from states.vocabulary import Act
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from store.schema.organisation import PostRow
from store.schema.outbox import OutboxRow
from store.visibility import scope

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy.orm import Session

    from store.visibility import Reader


@dataclass(frozen=True, slots=True)
class ToSign:
    """The latest event of a case that the unit itself was told of."""

    case_seq: int
    act: Act
    on: date


def latest_told(session: Session, case_ids: Collection[int]) -> dict[int, ToSign]:
    """Return, for each of these cases, the latest event of which a message is owed to a post of the case's unit."""
    if not case_ids:
        return {}
    last = (
        select(OutboxRow.case_id, func.max(OutboxRow.case_seq).label("case_seq"))
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .join(CaseRow, and_(CaseRow.id == OutboxRow.case_id, CaseRow.unit_id == PostRow.unit_id))
        .where(OutboxRow.case_id.in_(case_ids))
        .group_by(OutboxRow.case_id)
        .subquery()
    )
    statement = select(CaseEventRow.case_id, CaseEventRow.case_seq, CaseEventRow.act, CaseEventRow.occurred_on).join(
        last, and_(CaseEventRow.case_id == last.c.case_id, CaseEventRow.case_seq == last.c.case_seq)
    )
    return {
        row.case_id: ToSign(row.case_seq, Act(row.act), row.occurred_on) for row in session.execute(statement).all()
    }


@dataclass(frozen=True, slots=True)
class Told:
    """A message that is or was owed to a post of a unit, and the event of which it tells."""

    case_id: int
    number: str
    case_seq: int
    act: Act
    on: date
    post: str
    state: str


def told_to_unit(session: Session, reader: Reader, unit_id: int, *, limit: int) -> list[Told]:
    """Return the latest messages to posts of the unit, newest first, about its cases that the reader may see."""
    statement = (
        select(
            OutboxRow.case_id,
            CaseRow.number,
            OutboxRow.case_seq,
            CaseEventRow.act,
            CaseEventRow.occurred_on,
            PostRow.name,
            OutboxRow.state,
        )
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .join(CaseRow, CaseRow.id == OutboxRow.case_id)
        .join(
            CaseEventRow,
            and_(CaseEventRow.case_id == OutboxRow.case_id, CaseEventRow.case_seq == OutboxRow.case_seq),
        )
        .where(scope(reader), PostRow.unit_id == unit_id, CaseRow.unit_id == unit_id)
        .order_by(OutboxRow.id.desc())
        .limit(limit)
    )
    return [Told(row[0], row[1], row[2], Act(row[3]), *row[4:]) for row in session.execute(statement).all()]
