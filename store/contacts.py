"""Where a post is reached: its addresses by channel, and the groups that addresses of Apprise's form by their tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from states.address_groups import group_of, tags_of
from store.schema.organisation import UnitRow
from store.schema.posts import ContactRow, PostRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_APPRISE: Final = "apprise"


def tags(session: Session) -> set[str]:
    """Return all tags that an address of a post or a person carries."""
    statement = select(ContactRow.address).where(ContactRow.kind == _APPRISE, ContactRow.address.contains("="))
    return {tag for address in session.scalars(statement) for tag in tags_of(address)}


def spread(session: Session, kind: str, address: str) -> str:
    """Return an address as it is sent to: of a group (`tag:值班`) all addresses that carry its tag, one a line."""
    tag = group_of(address) if kind == _APPRISE else ""
    if not tag:
        return address
    statement = (
        select(ContactRow.address)
        .where(ContactRow.kind == _APPRISE, ContactRow.address.contains("="))
        .order_by(ContactRow.id)
    )
    members = dict.fromkeys(one for one in session.scalars(statement) if tag in tags_of(one))
    return "\n".join((address, *members))


def set_contacts(session: Session, post_id: int, contacts: list[tuple[str, str]], lang: str = "zh-CN") -> None:
    """Replace the ways to reach a post, in the order in which they are to be tried."""
    session.execute(delete(ContactRow).where(ContactRow.post_id == post_id))
    session.add_all(
        ContactRow(post_id=post_id, person_id=None, kind=kind, address=address, position=position, lang=lang)
        for position, (kind, address) in enumerate(contacts)
    )


def posts_without_contact(session: Session) -> list[dict[str, Any]]:
    """Return the posts that no message can reach, by unit and name."""
    reached = select(ContactRow.post_id).where(ContactRow.post_id.is_not(None))
    statement = (
        select(UnitRow.name.label("unit"), PostRow.name.label("post"))
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(PostRow.id.not_in(reached))
        .order_by(UnitRow.name, PostRow.name)
    )
    return [{"unit": row.unit, "post": row.post} for row in session.execute(statement)]
