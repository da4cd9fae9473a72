"""Delivery: what is owed leaves the building, outside any transaction.

Lease, send, record each answer on its own, by the thread that sent it. A crash in between sends the letters in flight
(at most `THREADS`) again under the same ids, never zero times (ADR 0002).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from notifications.addresses import masked
from notifications.servers import Message, Outcome
from notifications.wording import DigestItem, render
from store import message_holders, outbox, outbox_messages, unit_posts
from store.outbox import Digest
from store.recipients import Contact

if TYPE_CHECKING:
    from datetime import tzinfo

    from sqlalchemy.orm import Session

    from notifications.channels import Channels
    from states.policy import Policy
    from states.working_days import Calendar
    from store.database import Database
    from store.outbox import Leased, Matter

THREADS: Final = 8
BATCH: Final = 200
LONGEST_REST_DAYS: Final = 31
LONGEST_BACKOFF: Final = timedelta(minutes=60)


@dataclass(slots=True)
class DeliveryResult:
    """What one delivery round did, counted in messages owed: sent, not delivered this time, or not due to leave."""

    sent: int = 0
    failed: int = 0
    held: int = 0
    letters: int = 0


Attempts = list[tuple[Contact, Outcome]]
Watched = Callable[[Digest, Callable[[], Attempts]], Attempts]
"""Sends one letter by calling what it is given, and may watch how that goes."""


def unwatched(_letter: Digest, send: Callable[[], Attempts]) -> Attempts:
    """Send a letter while nobody watches."""
    return send()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an office delivers: its policy's window, its calendar and zone, where readers are sent, and who watches."""

    policy: Policy
    calendar: Calendar
    zone: tzinfo
    link: str
    watched: Watched = unwatched


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 1, 2, 4 … at most 60 minutes."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_BACKOFF)


def is_open(now: datetime, manner: Manner) -> bool:
    """Say whether messages may leave now: a working day, from the beginning of the window, before its end."""
    local = now.astimezone(manner.zone)
    return (
        manner.calendar.works(local.date()) and manner.policy.window_from <= local.time() < manner.policy.window_until
    )


def should_have_left(now: datetime, manner: Manner, patience: timedelta) -> datetime:
    """Return the moment before which nothing that was due may still wait: `patience` ago, counted in open windows.

    Over nights and days of rest messages wait as they should, so what was due when the last window closed counts.
    """
    local = now.astimezone(manner.zone)
    on = local.date()
    for _ in range(LONGEST_REST_DAYS):
        if manner.calendar.works(on):
            opened = datetime.combine(on, manner.policy.window_from, manner.zone)
            closed = datetime.combine(on, manner.policy.window_until, manner.zone)
            latest = min(local, closed) - patience
            if latest >= opened:
                return latest
        on -= timedelta(days=1)
    return now - timedelta(days=LONGEST_REST_DAYS)


def next_window(now: datetime, manner: Manner) -> datetime:
    """Return when the window of the next working day begins."""
    local = now.astimezone(manner.zone)
    return datetime.combine(manner.calendar.forward(local.date(), 1), manner.policy.window_from, manner.zone)


def given_up_at(first_tried: datetime, manner: Manner) -> datetime:
    """Return when a letter is tried no more; every full day of the policy's hours is a working day.

    Counted from the first attempt and not over days of rest, or whatever is owed on the eve of a holiday would be
    given up before anybody could mend the mail server.
    """
    days, hours = divmod(manner.policy.give_up_after_hours, 24)
    local = first_tried.astimezone(manner.zone)
    on = manner.calendar.forward(local.date(), days) if days else local.date()
    return datetime.combine(on, local.time(), manner.zone) + timedelta(hours=hours)


def deliver(database: Database, channels: Channels, now: datetime, manner: Manner) -> DeliveryResult:
    """Send everything that is due at `now`, the oldest first; nothing outside the window.

    Raises:
        Unavailable: the database failed; what was sent meanwhile and is not recorded goes again under the same id.
        ExceptionGroup: some letters failed for a reason nobody foresaw. They are put back like the others; all the
            rest has been sent.
    """
    if not is_open(now, manner):
        with database.reading() as session:
            return DeliveryResult(held=outbox.due(session, now))
    return _Round(database, channels, now, manner).run()


class _Round:
    """One delivery round, by several threads, because a mail server takes its time for every message."""

    def __init__(self, database: Database, channels: Channels, now: datetime, manner: Manner) -> None:
        self.database, self.channels, self.now, self.manner = database, channels, now, manner
        self.began = monotonic()
        self.tally = DeliveryResult()
        self.defects: list[Exception] = []
        self.over = Event()
        self.recording = Lock()  # SQLite lets one writer in anyway, and lets those who wait sleep too long

    def run(self) -> DeliveryResult:
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                while self._is_open():
                    leased = self._lease()
                    self.tally.held += leased.held
                    if not leased.letters and not leased.held:
                        break
                    until = monotonic() + outbox.LEASE.total_seconds() / 2
                    for done in as_completed([pool.submit(self._carry, letter, until) for letter in leased.letters]):
                        done.result()
            except BaseException:
                self.over.set()  # what has not begun stays leased, and goes when the lease is over
                raise
        if self.defects:
            raise ExceptionGroup("some letters could not be written", self.defects)
        return self.tally

    def _is_open(self) -> bool:
        """Say whether the window is still open: a round that began just before its end must not outlast it."""
        return is_open(self.now + timedelta(seconds=monotonic() - self.began), self.manner)

    def _lease(self) -> Leased:
        local = self.now.astimezone(self.manner.zone)
        with self.database.transaction() as session:
            return outbox.lease(
                session,
                self.now,
                limit=BATCH,
                today=local.date(),
                day_began=datetime.combine(local.date(), time.min, self.manner.zone),
                tomorrow=next_window(self.now, self.manner),
            )

    def _carry(self, letter: Digest, until: float) -> None:
        """Send one letter and record how it went; give it back if its time has run out while it queued."""
        if self.over.is_set():
            return
        if monotonic() > until or not self._is_open():
            with self.recording, self.database.transaction() as session:
                outbox.release(session, letter)
            return
        attempts = self.manner.watched(letter, lambda: self._try(letter))
        with self.recording:
            with self.database.transaction() as session:
                self._record(session, letter, attempts)
            if attempts[-1][1].ok:
                self.tally.sent += len(letter.matters)
                self.tally.letters += 1
            else:
                self.tally.failed += len(letter.matters)

    def _try(self, letter: Digest) -> Attempts:
        """Try the contacts in their order until one takes the letter; return every attempt."""
        attempts: Attempts = []
        items = [self._item(matter) for matter in letter.matters]
        for contact in letter.contacts:
            try:
                subject, body = render(items, contact.lang, self.manner.link)
                message = Message(message_id=letter.message_id, subject=subject, body=body, created_at=self.now)
                outcome = self.channels.send(contact.kind, contact.address, message)
            except Exception as error:  # noqa: BLE001  # one bad message must not hold up the rest; it is put back
                error.add_note(f"while sending letter {letter.message_id} by {contact.kind}")
                self.defects.append(error)
                outcome = Outcome(ok=False, reason=f"defect: {type(error).__name__}")
            attempts.append((contact, outcome))
            if outcome.ok:
                break
        return attempts

    def _item(self, matter: Matter) -> DigestItem:
        """Return what the message says of this matter at this moment."""
        left = None
        if matter.due_on is not None:
            today, calendar = self.now.astimezone(self.manner.zone).date(), self.manner.calendar
            passed = matter.due_on < today
            days = calendar.working_days_between(*sorted((today, matter.due_on)))
            left = -days if passed else days
        page = matter.about or (f"cases/{matter.case_id}" if matter.case_id else "")
        return DigestItem(matter.notice, matter.number, matter.due_on, matter.unit, page, left)

    def _record(self, session: Session, letter: Digest, attempts: Attempts) -> None:
        for contact, outcome in attempts:
            shown = masked(contact.address)
            outbox.note_attempt(session, letter, contact, self.now, ok=outcome.ok, reason=outcome.reason, shown=shown)
        last = attempts[-1][1]
        if last.ok:
            outbox.sent(session, letter, self.now)
            message_holders.freeze(session, letter, self.now.astimezone(self.manner.zone).date())
        elif self._is_hopeless(session, letter, attempts):
            outbox.give_up(session, letter, last.reason)
            _tell_office(session, letter, self.now)
        else:
            outbox.put_back(session, letter, last.reason, self.now + backoff(letter.attempts))

    def _is_hopeless(self, session: Session, letter: Digest, attempts: Attempts) -> bool:
        if all(outcome.permanent for _contact, outcome in attempts):
            return True
        first = outbox.first_tried_at(session, letter) or self.now
        return self.now >= given_up_at(first, self.manner)


def _tell_office(session: Session, letter: Digest, now: datetime) -> None:
    """Owe the office the news that somebody was not reached; never about such news itself, without end."""
    office_id = unit_posts.office_id(session)
    handlers = unit_posts.posts_of(session, [], office_id).of("handler", office_id, 0)
    news = [
        outbox_messages.OutboxMessage(
            case_id=matter.case_id,
            case_seq=matter.case_seq,
            notice="delivery_failed",
            post_id=post_id,
            number=matter.number,
            due_on=matter.due_on,
            urgent=False,
            created_at=now,
            about=matter.about,
        )
        for matter in letter.matters
        if matter.notice != "delivery_failed"
        for post_id in handlers
        if not outbox_messages.is_owed(
            session, matter.case_id, matter.case_seq, post_id, "delivery_failed", matter.about
        )
    ]
    # A letter may hold two notices of one event; the office hears of the event once.
    outbox_messages.owe(
        session, list({(item.case_id, item.about, item.case_seq, item.post_id): item for item in news}.values())
    )
