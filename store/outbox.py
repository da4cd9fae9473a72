"""The outbox: messages that wait, leased in letters, so that a crash repeats at most the letter in flight.

A letter is what one person gets at once. It is put together when it is leased, and keeps its `message_id` from then
on: whoever sends it again sends the same letter under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, func, or_, select, update

from store import health
from store.outbox_messages import FAILED, OUTBOX, SENT, WAITING
from store.recipients import contacts_of, posts_reached_at
from store.schema.cases import CaseRow
from store.schema.organisation import UnitRow
from store.schema.outbox import DeliveryRow, OutboxRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.recipients import Contact

LEASE: Final = timedelta(minutes=10)
"""How long a letter belongs to the process that took it; longer than a batch of letters can take to send."""
NO_CONTACT_RETRY: Final = timedelta(hours=1)
LONGEST_DIGEST: Final = 5000
_COUNTED: Final = "messages"
_SETTLED: Final = timedelta(hours=1)
_LEASING: Final = 0x4475_6261
"""The key of PostgreSQL's advisory lock that lets one process at a time put letters together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One owed message inside a letter. `case_id` is 0 where it is about something else, whose page is `about`."""

    id: int
    case_id: int
    case_seq: int
    notice: str
    number: str
    due_on: date | None
    created_at: datetime
    trace: str | None
    unit: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one person gets at once."""

    message_id: str
    post_id: int
    matters: tuple[Matter, ...]
    contacts: tuple[Contact, ...]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """What was taken to be sent, and how many messages were put off: no contact yet, or one digest a day."""

    letters: tuple[Digest, ...]
    held: int


def due(session: Session, now: datetime) -> int:
    """Return how many messages wait to be sent at this moment."""
    statement = select(func.count()).where(OutboxRow.state == WAITING, OutboxRow.not_before <= now)
    return int(session.scalar(statement) or 0)


_LEFT_BEHIND: Final = select(func.count()).where(OutboxRow.state == WAITING, OutboxRow.not_before < bindparam("before"))


def left_behind(session: Session, before: datetime) -> int:
    """Return how many messages could have left before this moment and still wait."""
    return int(session.scalar(_LEFT_BEHIND, {"before": before}) or 0)


def lease(
    session: Session, now: datetime, *, limit: int, today: date, day_began: datetime, tomorrow: datetime
) -> Leased:
    """Take messages that are due, as letters, for `LEASE`: the oldest `limit`, and what goes with them.

    Urgent messages are letters of their own. All others of one person that are due become one letter, however many
    they are; whoever has had one since `day_began`, or has one that could not be delivered yet, gets the next one
    `tomorrow` (the beginning of the next sending window). A letter that was put together before goes again as it was.

    Letters are put together by one process at a time, or two could each make a digest for the same person: SQLite
    lets one writer in, PostgreSQL has a lock for it. Messages whose outcome is being written at this moment are
    skipped. A process that dies loses its lease, and the letter is taken again under its id.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LEASING)))
    rows = _oldest(session, now, limit)
    contacts = contacts_of(session, {row.post_id for row in rows}, today)
    same = posts_reached_at(session, {_first(ways) for ways in contacts.values()}, today)
    contacts |= contacts_of(session, same - contacts.keys(), today)
    rows = _with_companions(session, rows, contacts, now)
    served = {_first(contacts[post_id]) for post_id in _served_since(session, contacts, day_began)}
    _split_what_parted(rows, contacts)
    bundles: dict[str, list[OutboxRow]] = {}
    held = 0
    for row in rows:
        if row.post_id not in contacts:
            row.not_before, row.reason, row.message_id = now + NO_CONTACT_RETRY, "no contact", None
            held += 1
        elif row.message_id is not None:
            bundles.setdefault(row.message_id, []).append(row)  # was tried before: the same letter again
        elif row.urgent:
            bundles[f"urgent {row.id}"] = [row]
        elif _first(contacts[row.post_id]) in served:
            row.not_before = tomorrow
            held += 1
        else:
            bundles.setdefault("to {} {}".format(*_first(contacts[row.post_id])), []).append(row)
    units = _units_of(session, {row.case_id for bundle in bundles.values() for row in bundle if row.case_id})
    letters = tuple(_letter(bundle, contacts, units, now) for bundle in bundles.values())
    session.flush()  # the letters must be fixed before anything is sent
    return Leased(letters=letters, held=held)


def _is_free(now: datetime) -> ColumnElement[bool]:
    lapsed = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now)
    return and_(OutboxRow.state == WAITING, OutboxRow.not_before <= now, lapsed)


def _oldest(session: Session, now: datetime, limit: int) -> list[OutboxRow]:
    statement = select(OutboxRow).where(_is_free(now)).order_by(OutboxRow.not_before, OutboxRow.id).limit(limit)
    return list(session.scalars(statement.with_for_update(skip_locked=True)))


def _with_companions(
    session: Session, rows: Sequence[OutboxRow], contacts: Iterable[int], now: datetime
) -> list[OutboxRow]:
    """Return the rows, the rest of the letters that they began, and all else that is due to the same people."""
    begun = {row.message_id for row in rows if row.message_id is not None}
    fresh = and_(
        _is_free(now), OutboxRow.post_id.in_(set(contacts)), OutboxRow.urgent.is_(False), OutboxRow.message_id.is_(None)
    )
    found = list(rows)
    for statement in (
        select(OutboxRow).where(OutboxRow.message_id.in_(begun), OutboxRow.state == WAITING),
        select(OutboxRow).where(fresh, OutboxRow.sent_at.is_(None)).limit(LONGEST_DIGEST),
    ):
        found += session.scalars(statement.order_by(OutboxRow.id).with_for_update(skip_locked=True))
    return sorted({row.id: row for row in found}.values(), key=lambda row: row.id)


def _split_what_parted(rows: Sequence[OutboxRow], contacts: Mapping[int, tuple[Contact, ...]]) -> None:
    """Take out of a letter that was tried before what is not for its reader any more, because a post changed hands."""
    reader: dict[str, tuple[str, str]] = {}
    for row in rows:
        if row.message_id is None or row.post_id not in contacts:
            continue
        first = _first(contacts[row.post_id])
        if reader.setdefault(row.message_id, first) != first:
            row.message_id = None


def _first(ways: Sequence[Contact]) -> tuple[str, str]:
    """Return what tells people apart: the first way to reach them. Who holds two posts is one person."""
    return ways[0].kind, ways[0].address.partition("\n")[0]  # of a group its name


def _units_of(session: Session, case_ids: set[int]) -> dict[int, str]:
    """Return the names of the units of these cases, by the ids of the cases."""
    statement = select(CaseRow.id, UnitRow.name).join(UnitRow, UnitRow.id == CaseRow.unit_id)
    return {row.id: row.name for row in session.execute(statement.where(CaseRow.id.in_(case_ids)))}


def _letter(
    rows: Sequence[OutboxRow], contacts: Mapping[int, tuple[Contact, ...]], units: Mapping[int, str], now: datetime
) -> Digest:
    first = rows[0]
    if first.message_id is None:
        # Ids alone would be the same in another office, and mail servers drop what they believe to have seen.
        parts = (f"{row.id} {row.number} {row.case_seq} {row.notice} {row.created_at.isoformat()}" for row in rows)
        first.message_id = f"{first.id}.{sha256('|'.join(parts).encode()).hexdigest()[:20]}"
    for row in rows:
        row.message_id = first.message_id
        row.leased_until = now + LEASE
        row.attempts += 1
    return Digest(
        message_id=first.message_id,
        post_id=first.post_id,
        matters=tuple(
            Matter(
                id=row.id,
                case_id=row.case_id or 0,
                case_seq=row.case_seq,
                notice=row.notice,
                number=row.number,
                due_on=row.due_on,
                created_at=row.created_at,
                trace=row.trace,
                unit=units.get(row.case_id or 0, ""),
                about=row.about or "",
            )
            for row in rows
        ),
        contacts=contacts[first.post_id],
        attempts=max(row.attempts for row in rows),
    )


def _served_since(session: Session, post_ids: Iterable[int], began: datetime) -> set[int]:
    """Return the posts that have had a letter that was not urgent since a moment, or wait for one that was tried."""
    had = and_(OutboxRow.state == SENT, OutboxRow.sent_at >= began)
    tried = and_(OutboxRow.state == WAITING, OutboxRow.message_id.is_not(None))
    statement = select(OutboxRow.post_id).where(
        OutboxRow.post_id.in_(set(post_ids)), OutboxRow.urgent.is_(False), or_(had, tried)
    )
    return set(session.scalars(statement.distinct()))


def sent(session: Session, letter: Digest, now: datetime) -> None:
    """Record that the letter was taken by a server."""
    _settle(session, letter, {"state": SENT, "sent_at": now, "leased_until": None, "reason": None})


def put_back(session: Session, letter: Digest, reason: str, again: datetime) -> None:
    """Record that the letter could not be delivered, and when it is tried again."""
    _settle(session, letter, {"not_before": again, "leased_until": None, "reason": reason[:500]})


def give_up(session: Session, letter: Digest, reason: str) -> None:
    """Record that the letter is not tried any more; the office hears of it."""
    _settle(session, letter, {"state": FAILED, "leased_until": None, "reason": reason[:500]})


def release(session: Session, letter: Digest) -> None:
    """Give a letter back that was leased and not tried."""
    _settle(session, letter, {"leased_until": None, "attempts": OUTBOX.c.attempts - 1})


def first_tried_at(session: Session, letter: Digest) -> datetime | None:
    """Return when the letter was tried for the first time; nothing if it was not tried yet."""
    ids = [matter.id for matter in letter.matters]
    return session.scalar(select(func.min(DeliveryRow.at)).where(DeliveryRow.outbox_id.in_(ids)))


def _settle(session: Session, letter: Digest, values: dict[str, object]) -> None:
    ids = [matter.id for matter in letter.matters]
    session.connection().execute(update(OUTBOX).where(OUTBOX.c.id.in_(ids), OUTBOX.c.state == WAITING).values(values))


def note_attempt(
    session: Session, letter: Digest, contact: Contact, now: datetime, *, ok: bool, reason: str, shown: str
) -> None:
    """Keep one attempt for the auditor; `shown` is the masked address."""
    session.add_all(
        DeliveryRow(outbox_id=matter.id, at=now, kind=contact.kind, address=shown, ok=ok, reason=reason[:500])
        for matter in letter.matters
    )


def summary(session: Session) -> dict[str, int]:
    """Return how many messages are in each state; those that were counted in the night are not counted again."""
    last, before = _counted(session)
    newer = select(func.count()).where(OutboxRow.id > last)
    few = [select(func.count()).where(OutboxRow.state == state) for state in (WAITING, FAILED)]
    row = session.execute(select(*(one.scalar_subquery() for one in (newer, *few)))).one()
    waiting, failed = int(row[1] or 0), int(row[2] or 0)
    found = {WAITING: waiting, FAILED: failed, SENT: before + int(row[0] or 0) - waiting - failed}
    return {state: n for state, n in found.items() if n}


def count_all(session: Session, at: datetime) -> None:
    """Count all messages but the newest, so that `summary` need not. Messages are never deleted.

    What may not be committed yet is younger than `_SETTLED`, and is not counted.
    """
    last = session.scalar(select(func.max(OutboxRow.id)).where(OutboxRow.created_at < at - _SETTLED)) or 0
    n = session.scalar(select(func.count()).where(OutboxRow.id <= last)) or 0
    health.beat(session, _COUNTED, at, f"{last} {n}")


def _counted(session: Session) -> tuple[int, int]:
    """Return up to which message all were counted, and how many they are."""
    said = health.detail(session, _COUNTED)
    last, _, n = said.partition(" ")
    return (int(last), int(n)) if said else (0, 0)


def kinds_sent(session: Session) -> dict[str, int]:
    """Return how many messages of each kind were sent."""
    statement = select(OutboxRow.notice, func.count()).where(OutboxRow.state == SENT).group_by(OutboxRow.notice)
    return dict(session.execute(statement).all())
