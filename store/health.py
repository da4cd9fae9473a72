"""How the installation is: when its recurring tasks last came to an end, and what waits too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from states.acts import SPINE
from store.tables import CaseRow, HeartbeatRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def beat(session: Session, name: str, at: datetime, detail: str) -> None:
    """Note that a recurring task has come to its end."""
    row = session.get(HeartbeatRow, name)
    if row is None:
        session.add(HeartbeatRow(name=name, at=at, detail=detail))
    else:
        row.at, row.detail = at, detail


def last_beat(session: Session, name: str) -> datetime | None:
    """Return when the task last came to its end."""
    row = session.get(HeartbeatRow, name)
    return row.at if row is not None else None


def beats(session: Session) -> dict[str, datetime]:
    """Return when each recurring task last came to its end."""
    return {row.name: row.at for row in session.scalars(select(HeartbeatRow))}


def server_time(session: Session) -> datetime | None:
    """Return what the database's clock says; nothing for SQLite, which has no clock of its own."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    found: datetime | None = session.scalar(select(func.clock_timestamp()))
    return found


def detail(session: Session, name: str) -> str:
    """Return what the task said when it last came to its end; nothing if it never did."""
    row = session.get(HeartbeatRow, name)
    return row.detail if row is not None else ""


def open_with_deadline(session: Session) -> int:
    """Return how many open cases have a deadline."""
    statement = select(func.count()).where(
        CaseRow.next_due_on.is_not(None), CaseRow.state.in_([state.value for state in SPINE])
    )
    return int(session.scalar(statement) or 0)
