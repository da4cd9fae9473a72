"""Policies and calendars as they were in force, each kept once under its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from store.schema.rulebooks import CalendarRow, PolicyRow
from store.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


def keep_policy(session: Session, hash_: str, name: str, content: str, now: datetime) -> None:
    """Keep the text of a policy under its hash, once."""
    if session.get(PolicyRow, hash_) is None:
        insert_once(session, PolicyRow, {"hash": hash_, "name": name, "text": content, "first_used_at": now})


def policy_text(session: Session, hash_: str) -> tuple[str, str] | None:
    """Return the name and the text of the policy with this hash."""
    row = session.get(PolicyRow, hash_)
    return (row.name, row.text) if row is not None else None


def policy_names(session: Session, hashes: Collection[str]) -> dict[str, str]:
    """Return the names of the policies with these hashes, as far as they are kept."""
    statement = select(PolicyRow.hash, PolicyRow.name).where(PolicyRow.hash.in_(hashes))
    return {row.hash: row.name for row in session.execute(statement)}


def keep_calendar(session: Session, hash_: str, name: str, content: str, now: datetime) -> None:
    """Keep the content of a calendar under its hash, once."""
    if session.get(CalendarRow, hash_) is None:
        insert_once(session, CalendarRow, {"hash": hash_, "name": name, "content": content, "first_used_at": now})


def calendar_text(session: Session, hash_: str) -> str | None:
    """Return the content of the calendar with this hash."""
    row = session.get(CalendarRow, hash_)
    return row.content if row is not None else None


def policies(session: Session) -> list[tuple[str, str, str]]:
    """Return the hash, the name and the text of every policy that is kept."""
    return [(row.hash, row.name, row.text) for row in session.scalars(select(PolicyRow).order_by(PolicyRow.hash))]


def calendars(session: Session) -> list[tuple[str, str]]:
    """Return the hash and the content of every calendar that is kept."""
    return [(row.hash, row.content) for row in session.scalars(select(CalendarRow).order_by(CalendarRow.hash))]


def calendars_in_order(session: Session) -> list[tuple[datetime, str]]:
    """Return from when each calendar that is kept has been in force, and its hash, the oldest first."""
    statement = select(CalendarRow.first_used_at, CalendarRow.hash).order_by(CalendarRow.first_used_at)
    return [(row.first_used_at, row.hash) for row in session.execute(statement)]
