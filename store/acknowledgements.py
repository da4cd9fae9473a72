"""What a unit was told last in each of its cases: what its people have to sign for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from states.vocabulary import Act
from store.outbox_messages import SENT
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from store.schema.outbox import OutboxRow
from store.schema.posts import PostRow
from store.visibility import scope

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

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
            CaseRow.id,
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


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was sent to posts of a case's unit and wants a signature: its event, and when it was first sent.

    `roles` are those of the unit's posts to which it was sent; `due_on` is the day of which it speaks.
    """

    case_id: int
    case_seq: int
    notice: str
    number: str
    due_on: date | None
    sent_at: datetime
    unit_id: int
    head_id: int
    roles: frozenset[str]


def sent_to_unit(
    session: Session, notices: Collection[str], *, first: datetime, before: datetime, without: str
) -> list[Letter]:
    """Return what was sent to posts of the units of its cases from `first`, inclusive, until `before`, exclusive.

    Each event once, by its case and its place there; without those of which the notice `without` is owed already.
    Whether somebody has signed stands in the case.
    """
    last = aliased(OutboxRow)
    owed = select(last.id).where(
        last.case_id == OutboxRow.case_id, last.case_seq == OutboxRow.case_seq, last.notice == without
    )
    statement = (
        select(OutboxRow, CaseRow.unit_id, CaseRow.post_id, PostRow.role)
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .join(CaseRow, and_(CaseRow.id == OutboxRow.case_id, CaseRow.unit_id == PostRow.unit_id))
        .where(
            OutboxRow.state == SENT,
            OutboxRow.notice.in_(notices),
            OutboxRow.sent_at >= first,
            OutboxRow.sent_at < before,
            ~owed.exists(),
        )
        .order_by(OutboxRow.case_id, OutboxRow.case_seq, OutboxRow.sent_at, OutboxRow.id)
    )
    found: dict[tuple[int, int], Letter] = {}
    for row, unit_id, head_id, role in session.execute(statement):
        if row.sent_at is None or row.case_id is None:
            continue  # the conditions leave none
        key = row.case_id, row.case_seq
        known = found.get(key)
        found[key] = Letter(
            case_id=row.case_id,
            case_seq=row.case_seq,
            notice=row.notice,
            number=row.number,
            due_on=row.due_on,
            sent_at=known.sent_at if known is not None and known.sent_at <= row.sent_at else row.sent_at,
            unit_id=unit_id,
            head_id=head_id,
            roles=(known.roles if known is not None else frozenset()) | {role},
        )
    return list(found.values())
