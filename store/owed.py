"""Messages as they come to be owed: written in the transaction of the event, unique per event, recipient and notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from store import rows
from store.tables import OutboxRow, PostRow, UnitRow, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

WAITING: Final = "waiting"


class Owed(NamedTuple):
    """A message that the event `case_seq` of a case owes to a post.

    It holds no content: what it says is the case number, the kind of notice and the day that it speaks of (ADR 0006).
    `trace` is where the act was traced, as W3C's traceparent; nothing if it was not.
    """

    case_id: int
    case_seq: int
    notice: str
    post_id: int
    number: str
    due_on: date | None
    urgent: bool
    created_at: datetime
    trace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message as an auditor sees it: to whom it was owed because of which event, and what became of it."""

    case_seq: int
    notice: str
    unit: str
    post: str
    due_on: date | None
    state: str
    created_at: datetime
    sent_at: datetime | None
    attempts: int
    reason: str | None


def owe(session: Session, owed: Sequence[Owed]) -> None:
    """Write the messages down; they leave later, from the outbox, outside any transaction."""
    new = [
        {
            "case_id": item.case_id,
            "case_seq": item.case_seq,
            "notice": item.notice,
            "post_id": item.post_id,
            "number": item.number,
            "due_on": item.due_on,
            "urgent": item.urgent,
            "created_at": item.created_at,
            "not_before": item.created_at,
            "state": WAITING,
            "trace": item.trace,
        }
        for item in owed
    ]
    rows.insert(session, table_of(OutboxRow), new)


def told(session: Session, case_id: int) -> list[Told]:
    """Return every message that this case has ever owed, in the order of the events."""
    statement = (
        select(OutboxRow, UnitRow.name.label("unit"), PostRow.name.label("post"))
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(OutboxRow.case_id == case_id)
        .order_by(OutboxRow.case_seq, OutboxRow.id)
    )
    return [
        Told(
            case_seq=row.case_seq,
            notice=row.notice,
            unit=unit,
            post=post,
            due_on=row.due_on,
            state=row.state,
            created_at=row.created_at,
            sent_at=row.sent_at,
            attempts=row.attempts,
            reason=row.reason,
        )
        for row, unit, post in session.execute(statement)
    ]
