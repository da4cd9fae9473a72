"""The log of administration: who did what to accounts, posts, channels and calendars. Written once, read by few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from store.schema.accounts import AdminLogRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class AdminLogEntry:
    """One entry of the log. `whom` is a user name or a post; addresses stand in it masked."""

    id: int
    at: datetime
    who: str
    role: str
    what: str
    whom: str
    detail: str


TABLE: Final = "administration"
"""What the log calls the table of these entries."""


def note(session: Session, who: str, role: str, what: str, whom: str, at: datetime, detail: str = "") -> None:
    """Write one entry, in the transaction of what it tells."""
    session.add(AdminLogRow(at=at, who=who, role=role, what=what, whom=whom, detail=detail))


def read(session: Session, *, before: int = 0, who: str = "", limit: int = 100) -> list[AdminLogEntry]:
    """Return the latest entries below id `before` (0: the very latest), newest first, of one person or of all."""
    statement = select(AdminLogRow).order_by(AdminLogRow.id.desc()).limit(limit)
    if before:
        statement = statement.where(AdminLogRow.id < before)
    if who:
        statement = statement.where(AdminLogRow.who == who)
    return [
        AdminLogEntry(row.id, row.at, row.who, row.role, row.what, row.whom, row.detail)
        for row in session.scalars(statement)
    ]
