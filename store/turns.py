"""Requests of one person wait for each other, so that the second click sees what the first one made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from store.schema.accounts import PersonRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def wait_for_own(session: Session, username: str) -> None:
    """Wait until no other transaction of this person that asked for the same is under way; hold others until the end.

    Whoever is no account (the console) waits for nobody. Rows that refer to the person are not held up by this.
    """
    row = select(PersonRow.id).where(PersonRow.username == username)
    session.execute(row.with_for_update(key_share=True))
