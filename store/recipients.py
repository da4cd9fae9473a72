"""Who is reached at a post today: the holder, a deputy, the post itself, each with the ways to reach them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from store.contacts import spread
from store.schema.accounts import PersonRow
from store.schema.posts import AppointmentRow, ContactRow, DeputyRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One way to reach the holder of a post."""

    kind: str
    address: str
    lang: str


def _holding(post_ids: Iterable[int] | None, person_ids: Iterable[int] | None, today: date) -> Select[int, int]:
    """Return the statement for who holds which post on a day: person and post, for these posts or these people.

    Whoever may not act any more is not written to either: it is another's business now.
    """
    statement = (
        select(AppointmentRow.person_id, AppointmentRow.post_id)
        .join(PersonRow, PersonRow.id == AppointmentRow.person_id)
        .where(
            AppointmentRow.from_on <= today,
            or_(AppointmentRow.until_on.is_(None), AppointmentRow.until_on >= today),
            PersonRow.disabled_at.is_(None),
        )
        .order_by(AppointmentRow.from_on.desc(), AppointmentRow.id.desc())
    )
    if post_ids is not None:
        statement = statement.where(AppointmentRow.post_id.in_(set(post_ids)))
    if person_ids is not None:
        statement = statement.where(AppointmentRow.person_id.in_(set(person_ids)))
    return statement


def contacts_of(session: Session, post_ids: Iterable[int], today: date) -> dict[int, tuple[Contact, ...]]:
    """Return how to reach each post: who holds it today first, then who stands in for them, then the post itself.

    A post that cannot be reached is not among them.
    """
    wanted = set(post_ids)
    if not wanted:
        return {}
    held: dict[int, list[int]] = {}
    for person_id, post_id in session.execute(_holding(wanted, None, today)):
        held.setdefault(person_id, []).append(post_id)
    behind = _standing_in(session, held, today)
    reached = {*held, *behind}
    statement = select(ContactRow).where(or_(ContactRow.post_id.in_(wanted), ContactRow.person_id.in_(reached)))
    found: dict[int, list[tuple[int, int, int, Contact]]] = {}
    for row in session.scalars(statement):
        contact = Contact(kind=row.kind, address=spread(session, row.kind, row.address), lang=row.lang)
        if row.post_id is not None:
            found.setdefault(row.post_id, []).append((2, row.position, row.id, contact))
        for rank, posts in enumerate((held, behind)):
            for post_id in posts.get(row.person_id or 0, ()):
                found.setdefault(post_id, []).append((rank, row.position, row.id, contact))
    return {
        post_id: tuple(line[3] for line in sorted(lines, key=lambda line: line[:3])) for post_id, lines in found.items()
    }


def _standing_in(session: Session, held: Mapping[int, list[int]], today: date) -> dict[int, list[int]]:
    """Return the posts by who stands in today for those who hold them."""
    if not held:
        return {}
    statement = (
        select(DeputyRow.person_id, DeputyRow.deputy_id)
        .join(PersonRow, PersonRow.id == DeputyRow.deputy_id)
        .where(
            DeputyRow.person_id.in_(set(held)),
            DeputyRow.from_on <= today,
            or_(DeputyRow.until_on.is_(None), DeputyRow.until_on >= today),
            PersonRow.disabled_at.is_(None),
        )
    )
    found: dict[int, list[int]] = {}
    for person_id, deputy_id in session.execute(statement):
        found.setdefault(deputy_id, []).extend(held[person_id])
    return found


def posts_reached_at(session: Session, addresses: set[tuple[str, str]], today: date) -> set[int]:
    """Return the posts that have one of these addresses, by themselves or through who holds them."""
    if not addresses:
        return set()
    statement = select(ContactRow).where(ContactRow.address.in_({address for _kind, address in addresses}))
    rows = [row for row in session.scalars(statement) if (row.kind, row.address) in addresses]
    people = {row.person_id for row in rows if row.person_id is not None}
    through = session.execute(_holding(None, people, today)) if people else ()
    return {row.post_id for row in rows if row.post_id is not None} | {post_id for _person, post_id in through}
