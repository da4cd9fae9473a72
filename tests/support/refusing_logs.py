"""A log of administration that takes no more entries: whatever is not written down must not happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from store.database import Database


def refuse_entries(database: Database) -> None:
    """Let the database take no entry of the log of administration any more."""
    with database.transaction() as session:
        if database.is_sqlite:
            abort = "BEFORE INSERT ON administration BEGIN SELECT RAISE(ABORT, 'no entry'); END"
            session.execute(text(f"CREATE TRIGGER refuse_entries {abort}"))
        else:
            session.execute(text("ALTER TABLE administration ADD CONSTRAINT no_entry CHECK (false) NOT VALID"))
