"""The messages of the outbox: owed in the transaction of an act, and read by whoever asks what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select, tuple_

from states.sealing import instant
from store import bulk
from store.schema.base import table_of
from store.schema.organisation import UnitRow
from store.schema.outbox import DeliveryRow, OutboxRow
from store.schema.posts import PostRow
from store.touched import OWED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

SENT: Final = "sent"
FAILED: Final = "failed"
OUTBOX: Final = table_of(OutboxRow)


def is_owed(session: Session, case_id: int, case_seq: int, post_id: int, notice: str, about: str = "") -> bool:
    """Say whether this notice of this event is owed to this post already."""
    statement = select(OutboxRow.id).where(
        OutboxRow.about == about if about else OutboxRow.case_id == case_id,
        OutboxRow.case_seq == case_seq,
        OutboxRow.post_id == post_id,
        OutboxRow.notice == notice,
    )
    return session.scalar(statement) is not None


WAITING: Final = "waiting"
STATES: Final = frozenset({WAITING, SENT, FAILED})


class OutboxMessage(NamedTuple):
    """A message that the event `case_seq` of a case owes to a post.

    It holds no content: what it says is the case number, the kind of notice and the day that it speaks of (ADR 0006).
    `trace` is where the act was traced, as W3C's traceparent; nothing if it was not. What is about no case has the
    `case_id` 0, in `about` the address of its page without the first slash, and in `case_seq` which of its notices it
    is (ADR 0044).
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
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatus:
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


def owe(session: Session, owed: Sequence[OutboxMessage]) -> None:
    """Write the messages down; they leave later, from the outbox, outside any transaction."""
    new = [
        {
            "case_id": item.case_id or None,
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
            "about": item.about or None,
        }
        for item in owed
    ]
    bulk.insert(session, table_of(OutboxRow), new)
    if new:
        session.info.setdefault(OWED, []).extend(map(as_owed, owed))


def as_owed(item: Any) -> list[Any]:  # noqa: ANN401  # an `Owed`, or the row that it became
    """Return how the log names a message that is owed: all that was fixed when it came to be."""
    return [
        item.about or item.case_id,
        item.case_seq,
        item.notice,
        item.post_id,
        item.number,
        item.due_on.isoformat() if item.due_on is not None else None,
        item.urgent,
        instant(item.created_at),
    ]


_FIXED: Final = (
    OUTBOX.c.id,
    OUTBOX.c.case_id,
    OUTBOX.c.about,
    OUTBOX.c.case_seq,
    OUTBOX.c.notice,
    OUTBOX.c.post_id,
    OUTBOX.c.number,
    OUTBOX.c.due_on,
    OUTBOX.c.urgent,
    OUTBOX.c.created_at,
    OUTBOX.c.state,
    OUTBOX.c.sent_at,
)


def messages_of(session: Session, events_: Iterable[tuple[int | str, int]]) -> Sequence[Any]:
    """Return the messages that these events have owed, each given by its case, or what it is about, and its place."""
    wanted = set(events_)
    found: list[Any] = []
    for column, kind in ((OUTBOX.c.case_id, int), (OUTBOX.c.about, str)):
        some = sorted(one for one in wanted if isinstance(one[0], kind))
        if some:
            # By the first of the two as well: SQLite takes no index for pairs, and went through all messages for each
            # few, which made the verification of 10,000 cases ninety times as long.
            whose = column.in_({one[0] for one in some})
            statement = select(*_FIXED).where(whose, tuple_(column, OUTBOX.c.case_seq).in_(some))
            found += session.connection().execute(statement).all()
    return found


def told_about(session: Session, about: str) -> list[tuple[str, str, str, datetime, datetime | None]]:
    """Return the notices about what is no case: the kind, the unit and post, when it was owed, when it was sent."""
    statement = (
        select(OutboxRow.notice, UnitRow.name, PostRow.name, OutboxRow.created_at, OutboxRow.sent_at)
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(OutboxRow.about == about)
        .order_by(OutboxRow.id)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(statement)]


def messages(session: Session, *, batch: int = 1000) -> Iterator[Sequence[Any]]:
    """Yield all messages in batches, by id."""
    after = 0
    while (
        rows := session.connection()
        .execute(select(*_FIXED).where(OUTBOX.c.id > after).order_by(OUTBOX.c.id).limit(batch))
        .all()
    ):
        yield rows
        after = rows[-1].id


def taken(session: Session, ids: Iterable[int]) -> dict[int, set[datetime]]:
    """Return when a server took each of these messages; those that none took are left out."""
    statement = select(DeliveryRow.outbox_id, DeliveryRow.at).where(
        DeliveryRow.outbox_id.in_(list(ids)), DeliveryRow.ok.is_(True)
    )
    found: dict[int, set[datetime]] = {}
    for row in session.execute(statement):
        found.setdefault(row.outbox_id, set()).add(row.at)
    return found


def told(session: Session, case_id: int) -> list[MessageStatus]:
    """Return every message that this case has ever owed, in the order of the events."""
    statement = (
        select(OutboxRow, UnitRow.name.label("unit"), PostRow.name.label("post"))
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(OutboxRow.case_id == case_id)
        .order_by(OutboxRow.case_seq, OutboxRow.id)
    )
    return [
        MessageStatus(
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
