"""Who held a post when a message to it was sent, and so who knew of a case by which day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select

from store.health import NEVER
from store.schema.accounts import PersonRow
from store.schema.organisation import UnitRow
from store.schema.outbox import DeliveryRow, MessageHolderRow, OutboxRow
from store.schema.posts import AppointmentRow, PostRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from store.outbox import Digest

MOST_AT_ONCE: Final = 500
"""How many values are looked for in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNotice:
    """One message that was sent to a post, and who held the post then; nobody if it was vacant.

    `is_frozen`: noted when it was sent. Messages of earlier releases are answered from the appointments instead.
    """

    notice: str
    case_seq: int
    unit: str
    post: str
    post_id: int
    sent_at: datetime
    holders: tuple[tuple[str, str], ...]
    is_frozen: bool


def freeze(session: Session, letter: Digest, today: date) -> None:
    """Note who holds the posts of a letter's messages on the day on which it is sent; repeating it changes nothing."""
    ids = [matter.id for matter in letter.matters]
    posts = {
        row.id: row.post_id
        for row in session.execute(select(OutboxRow.id, OutboxRow.post_id).where(OutboxRow.id.in_(ids)))
    }
    held = holders_on(session, posts.values(), today)
    there = set(session.scalars(select(MessageHolderRow.outbox_id).where(MessageHolderRow.outbox_id.in_(ids))))
    session.add_all(
        MessageHolderRow(outbox_id=id_, person_id=person_id)
        for id_, post_id in posts.items()
        if id_ not in there
        for person_id in held.get(post_id, ())
    )


def holders_on(session: Session, post_ids: Iterable[int], on: date) -> dict[int, tuple[int, ...]]:
    """Return who holds each of these posts on a day, by the ids of posts; a post that is vacant is not there."""
    statement = (
        select(AppointmentRow.post_id, AppointmentRow.person_id)
        .where(
            AppointmentRow.post_id.in_(set(post_ids)),
            AppointmentRow.from_on <= on,
            or_(AppointmentRow.until_on.is_(None), AppointmentRow.until_on >= on),
        )
        .order_by(AppointmentRow.from_on, AppointmentRow.id)
    )
    found: dict[int, tuple[int, ...]] = {}
    for post_id, person_id in session.execute(statement):
        if person_id not in found.get(post_id, ()):
            found[post_id] = (*found.get(post_id, ()), person_id)
    return found


def sent_of_case(session: Session, case_id: int) -> list[tuple[OutboxRow, str, str]]:
    """Return the messages of a case that were sent, oldest first, each with its unit and its post."""
    statement = (
        select(OutboxRow, UnitRow.name.label("unit"), PostRow.name.label("post"))
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(OutboxRow.case_id == case_id, OutboxRow.sent_at.is_not(None))
        .order_by(OutboxRow.sent_at, OutboxRow.id)
    )
    return [(row, unit, post) for row, unit, post in session.execute(statement)]


def sent_to_post_of(session: Session, post_id: int, case_ids: Iterable[int]) -> list[OutboxRow]:
    """Return the messages of these cases that were sent to a post, the latest first."""
    wanted, found = sorted(set(case_ids)), list[OutboxRow]()
    # By the cases, of which a post has few that are open, and not by the post, to which very much was sent in years.
    of_post = func.coalesce(OutboxRow.post_id, OutboxRow.post_id) == post_id
    for first in range(0, len(wanted), MOST_AT_ONCE):
        some = OutboxRow.case_id.in_(wanted[first : first + MOST_AT_ONCE])
        found += session.scalars(select(OutboxRow).where(some, of_post, OutboxRow.sent_at.is_not(None)))
    return sorted(found, key=lambda row: (row.sent_at or NEVER, row.id), reverse=True)


def frozen(session: Session, outbox_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Return who was noted for each of these messages when it was sent."""
    statement = select(MessageHolderRow).where(MessageHolderRow.outbox_id.in_(set(outbox_ids)))
    found: dict[int, tuple[int, ...]] = {}
    for row in session.scalars(statement.order_by(MessageHolderRow.id)):
        found[row.outbox_id] = (*found.get(row.outbox_id, ()), row.person_id)
    return found


def people_of(session: Session, person_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return the user name and the name of these people."""
    statement = select(PersonRow.id, PersonRow.username, PersonRow.name).where(PersonRow.id.in_(set(person_ids)))
    return {row.id: (row.username, row.name) for row in session.execute(statement)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """One attempt to reach a post: when, by which channel, at which masked address, and whether a server took it."""

    at: datetime
    kind: str
    address: str
    ok: bool


def attempts_of_post(session: Session, post_id: int, *, limit: int = 20) -> list[DeliveryAttempt]:
    """Return the latest attempts to reach a post, the newest first; one message in a digest is one of them."""
    statement = (
        select(DeliveryRow.at, DeliveryRow.kind, DeliveryRow.address, DeliveryRow.ok)
        .join(OutboxRow, OutboxRow.id == DeliveryRow.outbox_id)
        .where(OutboxRow.post_id == post_id)
        .order_by(DeliveryRow.at.desc(), DeliveryRow.kind)
        .distinct()
        .limit(limit)
    )
    return [
        DeliveryAttempt(at=row.at, kind=row.kind, address=row.address, ok=row.ok) for row in session.execute(statement)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPost:
    """Who held a post from when until when, both days inclusive; `until_on` is empty while it lasts."""

    username: str
    name: str
    from_on: date
    until_on: date | None


def history_of_post(session: Session, post_id: int) -> list[HeldPost]:
    """Return everybody who ever held the post, the first one first."""
    statement = (
        select(PersonRow.username, PersonRow.name, AppointmentRow.from_on, AppointmentRow.until_on)
        .join(PersonRow, PersonRow.id == AppointmentRow.person_id)
        .where(AppointmentRow.post_id == post_id)
        .order_by(AppointmentRow.from_on, AppointmentRow.id)
    )
    return [
        HeldPost(username=row.username, name=row.name, from_on=row.from_on, until_on=row.until_on)
        for row in session.execute(statement)
    ]
