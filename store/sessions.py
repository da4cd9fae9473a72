"""People at a page: passwords that fail too often lock, sessions end when idle and after a day's work."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from states.errors import Refused, Sentence
from store.accounts import Person, person
from store.tables import PersonRow, SessionRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
MOST_FAILURES: Final = 5
LOCKED: Final = timedelta(minutes=15)
WRONG: Final = Sentence("用户名或口令不对。", "The user name or the password is wrong.")
_IS_LOCKED: Final = Sentence(
    "口令连续错误{n}次，账号已锁定，请于{minutes}分钟后再试。",
    "The password was wrong {n} times; the account is locked for {minutes} minutes.",
)


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


def stored_password(session: Session, username: str, at: datetime) -> str | None:
    """Return the hash of the person's password; nothing if there is no such person or no password.

    Raises:
        Refused: the account is locked.
    """
    row = session.scalar(select(PersonRow).where(PersonRow.username == username))
    if row is None or row.disabled_at is not None:
        return None
    if not row.confirmed:
        return None  # who may not act yet is told no more than who does not exist
    if row.locked_until is not None and row.locked_until > at:
        raise Refused(_IS_LOCKED.fill(n=MOST_FAILURES, minutes=int(LOCKED.total_seconds() // 60)))
    return row.password_hash


def failed(session: Session, username: str, at: datetime) -> None:
    """Count a wrong password; the fifth in a row locks the account for a while."""
    row = session.scalar(select(PersonRow).where(PersonRow.username == username))
    if row is None:
        return
    row.failures += 1
    if row.failures >= MOST_FAILURES:
        row.failures, row.locked_until = 0, at + LOCKED


def require_unlocked(session: Session, username: str, at: datetime) -> None:
    """Do nothing if the account is not locked.

    Raises:
        Refused: it is.
    """
    stored_password(session, username, at)


def begin(session: Session, username: str, at: datetime, *, awaits: str = "", address: str = "") -> str:
    """Begin a session; return its secret, of which only the hash is kept.

    A session that still awaits the second factor does not clear wrong attempts: whoever knows the password could
    otherwise try codes without end.
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


def end_own(session: Session, username: str, key: str) -> None:
    """End one session of this person; nothing happens if it is not his or hers, or has ended."""
    mine = select(PersonRow.id).where(PersonRow.username == username).scalar_subquery()
    session.execute(delete(SessionRow).where(SessionRow.token_hash == key, SessionRow.person_id == mine))


def key_of(token: str) -> str:
    """Return the key that names the session with this secret."""
    return _hash(token)


def at_page(session: Session, token: str, at: datetime) -> AtPage | None:
    """Return who holds this session, if it has not ended. Nothing is written: a page that is read waits for nobody."""
    row = session.get(SessionRow, _hash(token))
    if row is None or row.seen_at < at - IDLE or row.began_at < at - LONGEST:
        return None
    username = session.scalar(
        select(PersonRow.username).where(
            PersonRow.id == row.person_id, PersonRow.disabled_at.is_(None), PersonRow.confirmed
        )
    )
    if username is None:
        return None
    return AtPage(person(session, username), row.csrf, row.awaits, row.seen_at < at - timedelta(minutes=1))


def seen(session: Session, token: str, at: datetime) -> None:
    """Note that a session was used; once a minute is often enough for one that ends after half an hour of rest."""
    mine = update(SessionRow).where(SessionRow.token_hash == _hash(token), SessionRow.seen_at < at)
    session.execute(mine.values(seen_at=at).execution_options(synchronize_session=False))


def end(session: Session, token: str) -> None:
    """End a session."""
    session.execute(delete(SessionRow).where(SessionRow.token_hash == _hash(token)))


def end_all(session: Session, username: str) -> None:
    """End every session of a person, such as when the password changes."""
    mine = select(PersonRow.id).where(PersonRow.username == username).scalar_subquery()
    session.execute(delete(SessionRow).where(SessionRow.person_id == mine))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
