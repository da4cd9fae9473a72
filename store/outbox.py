"""The outbox: messages that wait, leased in letters, so that a crash repeats at most the letter in flight.

A letter is what one person gets at once. It is put together when it is leased, and keeps its `message_id` from then
on: whoever sends it again sends the same letter under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, insert, or_, select, update

from store.owed import WAITING
from store.tables import AppointmentRow, ContactRow, DeliveryRow, OutboxRow, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

LEASE: Final = timedelta(minutes=10)
"""How long a letter belongs to the process that took it; longer than a batch of letters can take to send."""
NO_CONTACT_RETRY: Final = timedelta(hours=1)
SENT: Final = "sent"
FAILED: Final = "failed"
OUTBOX: Final = table_of(OutboxRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One owed message inside a letter."""

    id: int
    case_id: int
    case_seq: int
    notice: str
    number: str
    due_on: date | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One way to reach the holder of a post."""

    kind: str
    address: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one person gets at once."""

    message_id: str
    post_id: int
    matters: tuple[Matter, ...]
    contacts: tuple[Contact, ...]
    attempts: int


def due(session: Session, now: datetime) -> int:
    """Return how many messages wait to be sent at this moment."""
    statement = select(func.count()).where(OutboxRow.state == WAITING, OutboxRow.not_before <= now)
    return int(session.scalar(statement) or 0)


def lease(
    session: Session, now: datetime, *, limit: int, today: date, day_began: datetime, tomorrow: datetime
) -> list[Letter]:
    """Take messages that are due, as letters, for `LEASE`.

    Two workers never take the same message: PostgreSQL skips rows that another has locked; SQLite lets one writer in
    at a time. Urgent messages are letters of their own. The others of one person become one letter; whoever has had
    one since `day_began` gets the next one `tomorrow` (the beginning of the next sending window).
    """
    free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now)
    rows = list(
        session.scalars(
            select(OutboxRow)
            .where(OutboxRow.state == WAITING, OutboxRow.not_before <= now, free)
            .order_by(OutboxRow.not_before, OutboxRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if not rows:
        return []
    begun = {row.message_id for row in rows if row.message_id is not None}
    if begun:
        # A letter that was put together before goes again whole, even if the limit would cut it.
        whole = select(OutboxRow).where(OutboxRow.message_id.in_(begun), OutboxRow.state == WAITING)
        rows = list(dict.fromkeys((*rows, *session.scalars(whole.order_by(OutboxRow.id)))))
    contacts = contacts_of(session, {row.post_id for row in rows}, today)
    served = _served_since(session, {row.post_id for row in rows}, day_began)
    bundles: dict[str, list[OutboxRow]] = {}
    for row in rows:
        if not contacts.get(row.post_id):
            row.not_before, row.reason = now + NO_CONTACT_RETRY, "no contact"
        elif row.message_id is not None:
            bundles.setdefault(row.message_id, []).append(row)  # was tried before: the same letter again
        elif row.urgent:
            bundles[f"urgent {row.id}"] = [row]
        elif row.post_id in served:
            row.not_before = tomorrow
        else:
            first = contacts[row.post_id][0]  # who holds two posts is one person
            bundles.setdefault(f"{first.kind} {first.address}", []).append(row)
    letters = [_letter(bundle, contacts, now) for bundle in bundles.values()]
    session.flush()  # the letters must be fixed before anything is sent
    return letters


def _letter(rows: Sequence[OutboxRow], contacts: dict[int, tuple[Contact, ...]], now: datetime) -> Letter:
    first = rows[0]
    if first.message_id is None:
        ids = ",".join(str(row.id) for row in rows)
        first.message_id = f"{first.id}.{sha256(ids.encode()).hexdigest()[:20]}"
    for row in rows:
        row.message_id = first.message_id
        row.leased_until = now + LEASE
        row.attempts += 1
    return Letter(
        message_id=first.message_id,
        post_id=first.post_id,
        matters=tuple(
            Matter(
                id=row.id,
                case_id=row.case_id,
                case_seq=row.case_seq,
                notice=row.notice,
                number=row.number,
                due_on=row.due_on,
                created_at=row.created_at,
            )
            for row in rows
        ),
        contacts=contacts[first.post_id],
        attempts=max(row.attempts for row in rows),
    )


def _served_since(session: Session, post_ids: Iterable[int], began: datetime) -> set[int]:
    """Return the posts that have had a letter that was not urgent since a moment."""
    statement = select(OutboxRow.post_id).where(
        OutboxRow.post_id.in_(set(post_ids)),
        OutboxRow.state == SENT,
        OutboxRow.sent_at >= began,
        OutboxRow.urgent.is_(False),
    )
    return set(session.scalars(statement))


def contacts_of(session: Session, post_ids: Iterable[int], today: date) -> dict[int, tuple[Contact, ...]]:
    """Return how to reach each post: the person who holds it today first, then the post itself, in their order."""
    wanted = set(post_ids)
    holders = {
        row.person_id: row.post_id
        for row in session.scalars(
            select(AppointmentRow).where(
                AppointmentRow.post_id.in_(wanted),
                AppointmentRow.from_on <= today,
                or_(AppointmentRow.until_on.is_(None), AppointmentRow.until_on >= today),
            )
        )
    }
    statement = select(ContactRow).where(
        or_(ContactRow.post_id.in_(wanted), and_(ContactRow.person_id.is_not(None), ContactRow.person_id.in_(holders)))
    )
    found: dict[int, list[tuple[bool, int, int, Contact]]] = {}
    for row in session.scalars(statement):
        post_id = row.post_id if row.post_id is not None else holders[row.person_id or 0]
        contact = Contact(kind=row.kind, address=row.address, lang=row.lang)
        found.setdefault(post_id, []).append((row.person_id is None, row.position, row.id, contact))
    return {
        post_id: tuple(line[3] for line in sorted(lines, key=lambda line: line[:3])) for post_id, lines in found.items()
    }


def sent(session: Session, letter: Letter, now: datetime) -> None:
    """Record that the letter was taken by a server."""
    _settle(session, letter, {"state": SENT, "sent_at": now, "leased_until": None, "reason": None})


def put_back(session: Session, letter: Letter, reason: str, again: datetime) -> None:
    """Record that the letter could not be delivered, and when it is tried again."""
    _settle(session, letter, {"not_before": again, "leased_until": None, "reason": reason[:500]})


def give_up(session: Session, letter: Letter, reason: str) -> None:
    """Record that the letter is not tried any more; the office hears of it."""
    _settle(session, letter, {"state": FAILED, "leased_until": None, "reason": reason[:500]})


def _settle(session: Session, letter: Letter, values: dict[str, object]) -> None:
    ids = [matter.id for matter in letter.matters]
    session.connection().execute(update(OUTBOX).where(OUTBOX.c.id.in_(ids), OUTBOX.c.state == WAITING).values(values))


def note_attempt(
    session: Session, letter: Letter, contact: Contact, now: datetime, *, ok: bool, reason: str, shown: str
) -> None:
    """Keep one attempt for the auditor; `shown` is the masked address."""
    session.connection().execute(
        insert(table_of(DeliveryRow)),
        [
            {
                "outbox_id": matter.id,
                "at": now,
                "kind": contact.kind,
                "address": shown,
                "ok": ok,
                "reason": reason[:500],
            }
            for matter in letter.matters
        ],
    )


def is_owed(session: Session, case_id: int, case_seq: int, post_id: int, notice: str) -> bool:
    """Say whether this notice of this event is owed to this post already."""
    statement = select(OutboxRow.id).where(
        OutboxRow.case_id == case_id,
        OutboxRow.case_seq == case_seq,
        OutboxRow.post_id == post_id,
        OutboxRow.notice == notice,
    )
    return session.scalar(statement) is not None


def summary(session: Session) -> dict[str, int]:
    """Return how many messages are in each state."""
    return dict(session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).tuples().all())


def kinds_sent(session: Session) -> dict[str, int]:
    """Return how many messages of each kind were sent."""
    statement = select(OutboxRow.notice, func.count()).where(OutboxRow.state == SENT).group_by(OutboxRow.notice)
    return dict(session.execute(statement).tuples().all())
