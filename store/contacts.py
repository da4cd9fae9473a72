"""Where a post is reached: its addresses by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from store.schema.organisation import ContactRow, PostRow, UnitRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


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
