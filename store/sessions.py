"""People at a page: sessions end when idle and after a day's work; wrong codes of a second factor are counted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select, update

from store.accounts import Person, held_by, holder_in
from store.schema.accounts import PersonRow, SessionRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
MOST_FAILURES: Final = 5
LOCKED: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class AtPage:
    """Somebody at a page, and the secret that stands in his or her forms."""

    person: Person
    csrf: str
    awaits: str = ""
    """What is still owed before the session counts: a `code` of the second factor, its `enrolment`, or nothing."""
    unnoted: bool = False
    """Whether it is more than a minute since the session was noted as used."""


@dataclass(frozen=True, slots=True)
class Open:
    """A session as its owner sees it. `key` names it and opens nothing."""

    key: str
    began_at: datetime
    seen_at: datetime
    address: str


def stored_password(session: Session, username: str) -> str | None:
    """Return the hash of the person's password; nothing if nobody may act under this name, or without a password.

    Who may not act (yet, or any more) is told no more than who does not exist.
    """
    return session.scalar(
        select(PersonRow.password_hash).where(
            PersonRow.username == username, PersonRow.disabled_at.is_(None), PersonRow.confirmed
        )
    )


def wrong_code(session: Session, username: str, at: datetime) -> None:
    """Count a wrong code of the second factor; after the fifth in a row none is taken for a while.

    Codes are counted for the account alone: who tries them knows the password already.
    """
    row = session.scalars(select(PersonRow).where(PersonRow.username == username)).one()
    row.failures += 1
    if row.failures >= MOST_FAILURES:
        row.failures, row.locked_until = 0, at + LOCKED


def takes_codes(session: Session, username: str, at: datetime) -> bool:
    """Say whether a code of this person is looked at now; the row is locked, so that guesses come one by one."""
    row = session.scalars(select(PersonRow).where(PersonRow.username == username).with_for_update()).one()
    return row.locked_until is None or row.locked_until <= at


def begin(session: Session, username: str, at: datetime, *, awaits: str = "", address: str = "") -> str:
    """Begin a session; return its secret, of which only the hash is kept.

    A session that still awaits the second factor does not clear wrong codes: whoever knows the password could otherwise
    try codes without end.
    """
    row = session.scalars(select(PersonRow).where(PersonRow.username == username)).one()
    if not awaits:
        row.failures, row.locked_until = 0, None
    token = secrets.token_urlsafe(32)
    session.add(
        SessionRow(
            token_hash=_hash(token),
            person_id=row.id,
            began_at=at,
            seen_at=at,
            csrf=secrets.token_urlsafe(24),
            awaits=awaits,
            address=address,
        )
    )
    session.execute(delete(SessionRow).where(SessionRow.began_at < at - LONGEST))
    return token


def opened_by(session: Session, username: str, at: datetime) -> list[Open]:
    """Return the sessions of a person that have not ended, the latest first."""
    statement = (
        select(SessionRow)
        .join(PersonRow, PersonRow.id == SessionRow.person_id)
        .where(
            PersonRow.username == username,
            SessionRow.awaits == "",
            SessionRow.seen_at >= at - IDLE,
            SessionRow.began_at >= at - LONGEST,
        )
        .order_by(SessionRow.began_at.desc())
    )
    return [Open(row.token_hash, row.began_at, row.seen_at, row.address) for row in session.scalars(statement)]


def end_pending(session: Session, username: str) -> None:
    """End the sessions of a person that still owe a second factor."""
    mine = select(PersonRow.id).where(PersonRow.username == username).scalar_subquery()
    session.execute(delete(SessionRow).where(SessionRow.person_id == mine, SessionRow.awaits != ""))


def end_others(session: Session, username: str, key: str) -> None:
    """End every session of this person but the one with this key."""
    mine = select(PersonRow.id).where(PersonRow.username == username).scalar_subquery()
    session.execute(delete(SessionRow).where(SessionRow.person_id == mine, SessionRow.token_hash != key))


def end_own(session: Session, username: str, key: str) -> None:
    """End one session of this person; nothing happens if it is not his or hers, or has ended."""
    mine = select(PersonRow.id).where(PersonRow.username == username).scalar_subquery()
    session.execute(delete(SessionRow).where(SessionRow.token_hash == key, SessionRow.person_id == mine))


def key_of(token: str) -> str:
    """Return the key that names the session with this secret."""
    return _hash(token)


_AT_PAGE: Final = held_by(
    SessionRow.person_id, SessionRow.seen_at, SessionRow.began_at, SessionRow.csrf, SessionRow.awaits
).where(SessionRow.token_hash == bindparam("token_hash"))


def at_page(session: Session, token: str, at: datetime) -> AtPage | None:
    """Return who holds this session, if it has not ended. Nothing is written: a page that is read waits for nobody."""
    row = session.connection().execute(_AT_PAGE, {"token_hash": _hash(token)}).first()
    if row is None or row.seen_at < at - IDLE or row.began_at < at - LONGEST:
        return None
    return AtPage(holder_in(row), row.csrf, row.awaits, row.seen_at < at - timedelta(minutes=1))


def seen(session: Session, token: str, at: datetime) -> None:
    """Note that a session was used; once a minute is often enough for one that ends after half an hour of rest."""
    mine = update(SessionRow).where(SessionRow.token_hash == _hash(token), SessionRow.seen_at < at)
    session.execute(mine.values(seen_at=at).execution_options(synchronize_session=False))


def end(session: Session, token: str) -> bool:
    """End a session; say whether it was there to be ended."""
    ended = session.execute(delete(SessionRow).where(SessionRow.token_hash == _hash(token)))
    return bool(ended.rowcount)  # type: ignore[attr-defined]  # the result of a DELETE has it


def end_all(session: Session, username: str) -> None:
    """End every session of a person, such as when the password changes."""
    mine = select(PersonRow.id).where(PersonRow.username == username).scalar_subquery()
    session.execute(delete(SessionRow).where(SessionRow.person_id == mine))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
