"""Logging in with a password, and everything that a password begins or ends: sessions, tokens, the one-time password.

A wrong name, a wrong password, an account that may not act and too many attempts are refused with one sentence, after
the same work: whoever guesses learns nothing, not even who exists.
"""

from __future__ import annotations

import secrets
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accounts.second_factor import awaited
from states.errors import BadData, Refused, Sentence
from states.vocabulary import Role
from store import accounts, admin_log, login_attempts, sessions, tokens, unit_posts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.database import Database

FIRST_USER: Final = "admin"
CONSOLE: Final = "console"
"""As whom the log names what was done at the machine itself: whoever sits there has the whole database."""
SHORTEST_PASSWORD: Final = 10
KINDS_OF_LETTERS: Final = 3
WRONG: Final = Sentence(
    "用户名或口令不对，或错误次数过多。请核对后重试；连续错误{n}次后，须等{minutes}分钟。",
    "The user name or the password is wrong, or there were too many attempts. Check both and try again; after {n} "
    "wrong ones, wait {minutes} minutes.",
).fill(n=login_attempts.MOST_FAILURES, minutes=int(login_attempts.HELD.total_seconds() // 60))
_PLAIN: Final = Sentence(
    "新口令至少{length}位，须含大写、小写、数字、符号中的{kinds}种，不得与原口令相同或包含用户名。",
    "The new password needs {length} characters and {kinds} of upper case, lower case, digits and signs; it may not be "
    "the old one or contain the user name.",
)
HASHER: PasswordHasher = PasswordHasher()
"""Hashes passwords with the parameters of RFC 9106 for little memory, as its library gives them (ADR 0014)."""


@cache
def _nobody() -> str:
    """Return the hash of a password that nobody knows, for names without one: they take as long to refuse."""
    return HASHER.hash(secrets.token_urlsafe(12))


def _fits(kept: str | None, password: str) -> bool:
    try:
        HASHER.verify(kept or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def one_time_password() -> tuple[str, str]:
    """Return a new password and its hash. Hashing takes a twentieth of a second, so it is done before a transaction."""
    password = secrets.token_urlsafe(12)
    return password, HASHER.hash(password)


def hashed(password: str) -> str:
    """Return what is kept of a password (argon2id, ADR 0014). It takes a twentieth of a second."""
    return HASHER.hash(password)


def replace_password(session: Session, username: str, password_hash: str, at: datetime, *, must_change: bool) -> None:
    """Let another password count; what the old one opened ends: every session and every token.

    Raises:
        NotFound: there is no such user, or he or she is disabled.
    """
    accounts.set_password(session, username, password_hash, must_change=must_change)
    sessions.end_all(session, username)
    accounts.revoke_tokens(session, username, at)


def first_administrator(database: Database, office: str, at: datetime) -> tuple[str, str] | None:
    """Make the administrator of a new installation; return the name and the one-time password, only then.

    The password is kept as an argon2id hash and must be changed when it is first used (ADR 0014).
    """
    password, password_hash = one_time_password()
    with database.transaction() as session:
        if accounts.has_anybody(session):
            return None
        office_id = unit_posts.ensure_office(session, office)
        accounts.add_person(session, FIRST_USER, FIRST_USER, Role.ADMINISTRATOR, office_id)
        replace_password(session, FIRST_USER, password_hash, at, must_change=True)
        admin_log.note(session, CONSOLE, "", "add", FIRST_USER, at, Role.ADMINISTRATOR.value)
    return FIRST_USER, password


def log_in(  # who, with what, where from, when
    database: Database, needs_factor: Collection[Role], username: str, password: str, at: datetime, address: str = ""
) -> str:
    """Begin a session at a page; return its secret. It counts for nothing while a second factor is owed.

    `needs_factor` are the roles that must have a second factor.

    Raises:
        Refused: the name or the password is wrong, or there were too many attempts; which of them is not said.
    """
    with database.transaction() as session:
        heard = login_attempts.count(session, username, address, at)
        kept = sessions.stored_password(session, username)
    if not _fits(kept, password) or not heard:
        raise Refused(WRONG)
    with database.transaction() as session:
        if sessions.stored_password(session, username) != kept:
            raise Refused(WRONG)  # it was changed, or the account disabled, while this one was looked at
        login_attempts.succeeded(session, username, address, at)
        awaits = awaited(session, needs_factor, username)
        return sessions.begin(session, username, at, awaits=awaits, address=address)


def log_out(database: Database, token: str) -> None:
    """End a session."""
    with database.transaction() as session:
        sessions.end(session, token)


def change_password(  # whose, from what to what, where from, when
    database: Database, username: str, old: str, new: str, at: datetime, address: str = ""
) -> None:
    """Choose another password; every session and token of the person ends. Wrong old ones count like wrong logins.

    Raises:
        BadData: the new one is too short, too plain, or the old one.
        Refused: the old one is wrong, or there were too many attempts.
    """
    kinds = sum(any(test(letter) for letter in new) for test in (str.isdigit, str.islower, str.isupper)) + (
        not new.isalnum()
    )
    if len(new) < SHORTEST_PASSWORD or kinds < KINDS_OF_LETTERS or new == old or username in new:
        raise BadData(_PLAIN.fill(length=SHORTEST_PASSWORD, kinds=KINDS_OF_LETTERS))
    with database.transaction() as session:
        heard = login_attempts.count(session, username, address, at)
        kept = sessions.stored_password(session, username)
    if not _fits(kept, old) or not heard:
        raise Refused(WRONG)
    password_hash = HASHER.hash(new)
    with database.transaction() as session:
        if sessions.stored_password(session, username) != kept:
            raise Refused(WRONG)
        login_attempts.succeeded(session, username, address, at)
        replace_password(session, username, password_hash, at, must_change=False)


def at_page(
    database: Database, token: str, at: datetime, *, looked: Callable[[Session], None] = lambda _: None
) -> sessions.AtPage | None:
    """Return who holds this session of a page, if it has not ended; `looked` may look at the database meanwhile."""
    with database.reading() as session:
        looked(session)
        return sessions.at_page(session, token, at)


def holder(
    database: Database, token: str, at: datetime, *, looked: Callable[[Session], None] = lambda _: None
) -> tokens.Holder | None:
    """Return who holds this token of the interface; nobody if it is void, has ended, or its holder may not act.

    `looked` may look at the database meanwhile.
    """
    with database.reading() as session:
        looked(session)
        return tokens.holder(session, sha256(token.strip().encode("utf-8", "surrogatepass")).hexdigest(), at)
