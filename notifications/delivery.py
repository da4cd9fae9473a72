"""Delivery: what is owed leaves the building, outside any transaction.

Lease, send, record each answer on its own. A crash in between sends the letter in flight again under the same id,
never zero times (ADR 0002).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from notifications.channels import Message, Outcome, masked
from notifications.render import Item, render
from store import outbox, owed, people

if TYPE_CHECKING:
    from datetime import tzinfo

    from sqlalchemy.orm import Session

    from notifications.channels import Channels
    from states.policy import Policy
    from states.terms import Calendar
    from store.database import Database
    from store.outbox import Contact, Letter

THREADS: Final = 8
BATCH: Final = 100
LONGEST_BACKOFF: Final = timedelta(minutes=60)


@dataclass(slots=True)
class Tally:
    """What one delivery round did, counted in messages owed: sent, not delivered this time, or not due to leave."""

    sent: int = 0
    failed: int = 0
    held: int = 0
    letters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an office delivers: its policy's window, its calendar and zone, and where readers are sent."""

    policy: Policy
    calendar: Calendar
    zone: tzinfo
    link: str


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 1, 2, 4 … at most 60 minutes."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_BACKOFF)


def is_open(now: datetime, manner: Manner) -> bool:
    """Say whether messages may leave now: a working day, from the beginning of the window, before its end."""
    local = now.astimezone(manner.zone)
    return (
        manner.calendar.works(local.date()) and manner.policy.window_from <= local.time() < manner.policy.window_until
    )


def next_window(now: datetime, manner: Manner) -> datetime:
    """Return when the window of the next working day begins."""
    local = now.astimezone(manner.zone)
    return datetime.combine(manner.calendar.forward(local.date(), 1), manner.policy.window_from, manner.zone)


def deliver(database: Database, channels: Channels, now: datetime, manner: Manner) -> Tally:
    """Send everything that is due at `now`, the oldest first; nothing outside the window."""
    tally = Tally()
    if not is_open(now, manner):
        with database.reading() as session:
            tally.held = outbox.due(session, now)
        return tally
    local = now.astimezone(manner.zone)
    day_began = datetime.combine(local.date(), time.min, manner.zone)
    tomorrow = next_window(now, manner)
    with ThreadPoolExecutor(THREADS) as pool:
        while True:
            with database.transaction() as session:
                leased = outbox.lease(
                    session, now, limit=BATCH, today=local.date(), day_began=day_began, tomorrow=tomorrow
                )
            tally.held += leased.held
            if not leased.letters and not leased.held:
                return tally
            sending = {pool.submit(_send, channels, letter, manner, now): letter for letter in leased.letters}
            for done in as_completed(sending):
                _record(database, sending[done], done.result(), now, manner, tally)


def _send(channels: Channels, letter: Letter, manner: Manner, now: datetime) -> list[tuple[Contact, Outcome]]:
    """Try the contacts in their order until one takes the letter; return every attempt."""
    attempts: list[tuple[Contact, Outcome]] = []
    items = [Item(matter.notice, matter.number, matter.due_on) for matter in letter.matters]
    for contact in letter.contacts:
        try:
            subject, body = render(items, contact.lang, manner.link)
            message = Message(message_id=letter.message_id, subject=subject, body=body, created_at=now)
            outcome = channels.send(contact.kind, contact.address, message)
        except Exception as error:  # noqa: BLE001  # one bad message must not hold up the rest; it is put back
            outcome = Outcome(ok=False, reason=f"defect: {type(error).__name__}")
        attempts.append((contact, outcome))
        if outcome.ok:
            break
    return attempts


def _record(  # one answer, with everything it touches
    database: Database,
    letter: Letter,
    attempts: list[tuple[Contact, Outcome]],
    now: datetime,
    manner: Manner,
    tally: Tally,
) -> None:
    last = attempts[-1][1]
    with database.transaction() as session:
        for contact, outcome in attempts:
            shown = masked(contact.address)
            outbox.note_attempt(session, letter, contact, now, ok=outcome.ok, reason=outcome.reason, shown=shown)
        if last.ok:
            outbox.sent(session, letter, now)
        elif _is_hopeless(letter, attempts, now, manner):
            outbox.give_up(session, letter, last.reason)
            office_id = people.office_id(session)
            posts = people.posts_of(session, [], office_id)
            for matter in letter.matters:
                _tell_office(session, matter, posts.of("handler", office_id, 0), now)
        else:
            outbox.put_back(session, letter, last.reason, now + backoff(letter.attempts))
    if last.ok:
        tally.sent += len(letter.matters)
        tally.letters += 1
    else:
        tally.failed += len(letter.matters)


def _is_hopeless(letter: Letter, attempts: list[tuple[Contact, Outcome]], now: datetime, manner: Manner) -> bool:
    if all(outcome.permanent for _contact, outcome in attempts):
        return True
    oldest = min(matter.created_at for matter in letter.matters)
    return now - oldest > timedelta(hours=manner.policy.give_up_after_hours)


def _tell_office(session: Session, matter: outbox.Matter, handlers: tuple[int, ...], now: datetime) -> None:
    """Owe the office the news that somebody was not reached; never about such news itself, without end."""
    if matter.notice == "delivery_failed":
        return
    news = [
        owed.Owed(
            case_id=matter.case_id,
            case_seq=matter.case_seq,
            notice="delivery_failed",
            post_id=post_id,
            number=matter.number,
            due_on=matter.due_on,
            urgent=False,
            created_at=now,
        )
        for post_id in handlers
        if not outbox.is_owed(session, matter.case_id, matter.case_seq, post_id, "delivery_failed")
    ]
    owed.owe(session, news)
