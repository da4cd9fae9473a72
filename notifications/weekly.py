"""The weekly digest for the leader: what is red, what waits, what is blocked, what the office itself is late with.

Counts, and case numbers with their pages; never what was found. It is no message of a case, so it does not go through
the outbox: a week is done when a server has taken the letter, and until then it is tried again under the same id.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from notifications.delivery import is_open
from notifications.servers import Message
from notifications.wording import render_week
from store import health, recipients, unit_posts, weekly

if TYPE_CHECKING:
    from notifications.channels import Channels
    from notifications.delivery import Manner
    from store.database import Database
    from store.recipients import Contact
    from store.weekly import Week

NAME: Final = "weekly"
REST: Final = timedelta(hours=1)
"""How long is waited after an attempt, whether somebody else makes it or it failed."""


def week_of(on: date) -> str:
    """Return the name of the week (ISO 8601) in which the day lies."""
    year, week, _day = on.isocalendar()
    return f"{year}-W{week:02}"


def send_weekly(database: Database, channels: Channels, now: datetime, manner: Manner) -> int:
    """Send the week's digest to whoever holds the leader's post, if nobody has yet; return to how many it went.

    It leaves in the first open window of the week, which is on its first working day; on a later one if no server
    took it, or nobody was there. A week in which nothing stands open has none.
    """
    today = now.astimezone(manner.zone).date()
    done = week_of(today)
    if not is_open(now, manner):
        return 0
    with database.reading() as session:
        if health.detail(session, NAME) == done:
            return 0
    with database.transaction() as session:
        if not health.take_turn(session, NAME, now, REST, done):
            return 0
    with database.reading(unhurried=True) as session:
        found = weekly.week(session, today)
        office_id = unit_posts.office_id(session)
        leaders = unit_posts.posts_of(session, [], office_id).of("leader", office_id, 0)
        ways = recipients.contacts_of(session, leaders, today)
    told = 0
    if any(part.count for part in (found.red, found.proposals, found.blocked, found.office_overdue)):
        if not ways:
            return 0
        told = sum(_sent(channels, ways[post_id], f"{NAME}.{done}.{post_id}", found, now, manner) for post_id in ways)
        if told < len(ways):
            return told  # tried again after a rest, under the same ids
    with database.transaction() as session:
        health.beat(session, NAME, now, done)
    return told


def _sent(  # what goes out, to whom, when and how
    channels: Channels, contacts: tuple[Contact, ...], key: str, found: Week, now: datetime, manner: Manner
) -> bool:
    """Try the contacts in their order until one takes the letter; say whether one did."""
    for contact in contacts:
        subject, body = render_week(found, contact.lang, manner.link)
        message = Message(message_id=key, subject=subject, body=body, created_at=now)
        if channels.send(contact.kind, contact.address, message).ok:
            return True
    return False
