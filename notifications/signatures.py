"""Who is told when nobody of a unit has signed for what was sent to it: the next in line, then the telephone.

No event of the case: a missing signature is no reminder of a term, and says nothing of what the unit has done.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from notifications.delivery import is_open
from store import acknowledgements, cases, health, outbox_messages, unit_posts

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session

    from notifications.delivery import Manner
    from states.case import Case
    from states.working_days import Calendar
    from store.acknowledgements import Letter
    from store.database import Database
    from store.unit_posts import Posts

TO_BE_SIGNED: Final = ("order_served", "criticism", "interview_notice", "minutes")
"""Of which messages the unit has to acknowledge the receipt."""
PATIENCE: Final = 2
"""Working days after the sending until the next in line is told, and as many again until somebody telephones."""
LOOKED_BACK: Final = timedelta(days=60)
"""How far back is looked for what was sent; longer than two steps of patience over any holidays."""
NAME: Final = "signatures"
UNSIGNED: Final = "unsigned"
CALL: Final = "unsigned_call"


def owe_unsigned(session: Session, now: datetime, calendar: Calendar, zone: tzinfo) -> int:
    """Owe what follows from signatures that are missing at this moment; return how many messages were added.

    Two working days after the sending (the day of sending not counted, that day itself included) the next in line is
    told, two further on the handler has the task to telephone. Asked again, it adds nothing: what is owed stands in
    the outbox. One who has signed for a later event of the case has signed for the earlier ones.
    """
    letters = acknowledgements.sent_to_unit(session, TO_BE_SIGNED, first=now - LOOKED_BACK, before=now, without=CALL)
    today = now.astimezone(zone).date()
    waiting: list[tuple[Letter, int]] = []
    for letter in letters:
        passed = calendar.working_days_between(letter.sent_at.astimezone(zone).date(), today)
        if passed >= PATIENCE:
            waiting.append((letter, passed))
    found = cases.many(session, {letter.case_id for letter, _passed in waiting})
    posts = unit_posts.posts_of(session, {letter.unit_id for letter, _passed in waiting}, unit_posts.office_id(session))
    new: list[outbox_messages.OutboxMessage] = []
    for letter, passed in waiting:
        if not wants_signature(found[letter.case_id].case, letter.case_seq):
            continue
        steps = [(UNSIGNED, next_in_line(letter, posts))]
        if passed >= 2 * PATIENCE:
            steps.append((CALL, posts.of("handler", letter.unit_id, letter.head_id)))
        new += [
            _message(letter, notice, post_id, now)
            for notice, told in steps
            for post_id in told
            if not outbox_messages.is_owed(session, letter.case_id, letter.case_seq, post_id, notice)
        ]
    outbox_messages.owe(session, new)
    return len(new)


def watch_signatures(database: Database, now: datetime, manner: Manner) -> int:
    """Owe what follows from missing signatures, once on each working day, when its window is open."""
    today = now.astimezone(manner.zone).date().isoformat()
    if not is_open(now, manner):
        return 0
    with database.reading() as session:
        if health.detail(session, NAME) == today:
            return 0
    with database.transaction() as session:
        if not health.take_turn(session, NAME, now, timedelta(0), today):
            return 0
        owed = owe_unsigned(session, now, manner.calendar, manner.zone)
        health.beat(session, NAME, now, today)
    return owed


def wants_signature(case: Case, case_seq: int) -> bool:
    """Say whether the receipt of this event is still to be signed for: the case goes on, and nobody has."""
    return case.is_open and all(signed < case_seq for signed in case.acknowledged)


def next_in_line(letter: Letter, posts: Posts) -> tuple[int, ...]:
    """Return the posts that are told next: the head, if he was not told; else the unit's superior; else he again."""
    head = (letter.head_id,)
    if "head" not in letter.roles:
        return head
    return posts.of("superior", letter.unit_id, letter.head_id) or head


def _message(letter: Letter, notice: str, post_id: int, now: datetime) -> outbox_messages.OutboxMessage:
    return outbox_messages.OutboxMessage(
        case_id=letter.case_id,
        case_seq=letter.case_seq,
        notice=notice,
        post_id=post_id,
        number=letter.number,
        due_on=letter.due_on,
        urgent=False,
        created_at=now,
    )
