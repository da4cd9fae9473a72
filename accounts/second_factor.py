"""The second factor of a login: time-based codes (RFC 6238), each taken once, and recovery codes.

The secrets must be readable to be checked, so they are encrypted with a key that lies in the home, not in the database:
a copy of the database alone makes no codes.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from hmac import compare_digest
from io import BytesIO
from typing import TYPE_CHECKING, Final

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

from states.errors import BadData, Refused, Sentence
from store import accounts, second_factors, sessions

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from states.vocabulary import Role
    from store.database import Database

CODE: Final = "code"
ENROLMENT: Final = "enrolment"
RECOVERY_CODES: Final = 10
_STEP: Final = 30
_DRIFT: Final = (0, -1, 1)
"""Clocks may differ by one step either way (RFC 6238 §5.2)."""
_SECRET: Final = re.compile(r"[A-Z2-7]{32}")
_CODE: Final = re.compile(r"\d{6}")
_WRONG: Final = Sentence(
    "动态口令不对、已经用过，或错误次数过多。请等下一个再试；连续错误{n}次后，须等{minutes}分钟。",
    "The code is wrong, was used already, or there were too many wrong ones. Wait for the next one; after {n} wrong "
    "ones, wait {minutes} minutes.",
).fill(n=sessions.MOST_FAILURES, minutes=int(sessions.LOCKED.total_seconds() // 60))
_HAS_ONE: Final = Sentence(
    "已绑定动态口令；更换须先解除。", "You have a second factor; remove it before you set up another."
)
_OVER: Final = Sentence("本次登录已经结束，请重新登录。", "This login has ended; log in again.")
_BAD_SECRET: Final = Sentence("请重新打开绑定页面。", "Open the enrolment page again.")


def awaited(session: Session, needs_factor: Collection[Role], username: str) -> str:
    """Return what a person who gave the right password still owes: a code, the enrolment, or nothing.

    `needs_factor` are the roles that must have a second factor.
    """
    if second_factors.secret_of(session, username):
        return CODE
    # Who chooses a first password does that first; the next login asks for the enrolment.
    return ENROLMENT if accounts.role_of(session, username) in needs_factor else ""


def new_secret() -> str:
    """Return a secret of 160 bits."""
    return pyotp.random_base32(32)


def address_of(secret: str, username: str) -> str:
    """Return the secret as an authenticator application reads it."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Duban")


def picture(address: str) -> str:
    """Return the QR code as SVG, without style attributes."""
    out = BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", scale=5, xmldecl=False, svgns=True, nl=False, title="QR", omitsize=True
    )
    return out.getvalue().decode()


def has_one(database: Database, username: str) -> bool:
    """Say whether the person has a second factor."""
    with database.reading() as session:
        return bool(second_factors.secret_of(session, username))


def enrol(  # whose, which secret, by which proof, when
    database: Database, home: Path, username: str, secret: str, code: str, at: datetime
) -> tuple[str, ...]:
    """Keep the secret once a code has proved that the telephone has it; return the recovery codes, seen only now.

    Only who has no second factor can set one up; every other session that still waits for one ends.

    Raises:
        BadData: the secret is none.
        Refused: the code is not of this secret, or the person has a second factor already.
    """
    kept, step, codes = _proved(home, secret, code, at)
    with database.transaction() as session:
        if not second_factors.enrol(session, username, kept, step, codes):
            raise Refused(_HAS_ONE)
        sessions.end_pending(session, username)
    return codes


def enrol_and_enter(  # whose, which secret, by which proof, in the place of which session, when, where from
    database: Database, home: Path, username: str, secret: str, code: str, pending: str, at: datetime, address: str = ""
) -> tuple[str, tuple[str, ...]]:
    """Enrol during a login; return the secret of the session that counts from now on, and the recovery codes.

    Raises:
        BadData: the secret is none.
        Refused: the code is not of this secret, the person has a second factor already, or the login has ended.
    """
    kept, step, codes = _proved(home, secret, code, at)
    with database.transaction() as session:
        token = _entered(session, username, pending, at, address)
        if not second_factors.enrol(session, username, kept, step, codes):
            raise Refused(_HAS_ONE)
        sessions.end_pending(session, username)
    return token, codes


def _proved(home: Path, secret: str, code: str, at: datetime) -> tuple[str, int, tuple[str, ...]]:
    """Return the secret as it is kept, the step of the code that proved it, and new recovery codes."""
    if not _SECRET.fullmatch(secret):
        raise BadData(_BAD_SECRET)
    step = _step_of(secret, code, at)
    if step is None:
        raise Refused(_WRONG)
    codes = tuple(f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES))
    return _lock(home).encrypt(secret.encode()).decode(), step, codes


def check(database: Database, home: Path, username: str, code: str, at: datetime) -> None:
    """Take a code or a recovery code; neither is taken twice. Five wrong ones hold codes up for a while.

    Raises:
        Refused: it is wrong, was used before, or there were too many wrong ones.
    """
    with database.transaction() as session:
        if _taken(session, home, username, code, at):
            return
    raise Refused(_WRONG)


def enter(  # whose, which code, in the place of which session, when, where from
    database: Database, home: Path, username: str, code: str, pending: str, at: datetime, address: str = ""
) -> str:
    """Take a code during a login; return the secret of the session that counts, in the place of the one that waited.

    Raises:
        Refused: the code is wrong, was used before, there were too many wrong ones, or the login has ended.
    """
    with database.transaction() as session:
        if _taken(session, home, username, code, at):
            return _entered(session, username, pending, at, address)
    raise Refused(_WRONG)


def drop(database: Database, home: Path, username: str, code: str, at: datetime) -> None:
    """Take one's own second factor away, with a code of it.

    Raises:
        Refused: the code is wrong, was used before, or there were too many wrong ones.
    """
    with database.transaction() as session:
        if _taken(session, home, username, code, at):
            second_factors.forget(session, username)
            return
    raise Refused(_WRONG)


def _entered(session: Session, username: str, pending: str, at: datetime, address: str) -> str:
    if not sessions.end(session, pending):
        raise Refused(_OVER)
    return sessions.begin(session, username, at, address=address)


def _taken(session: Session, home: Path, username: str, code: str, at: datetime) -> bool:
    """Take a code, or count a wrong one, in the caller's transaction."""
    given = code.strip().replace(" ", "")
    if not sessions.takes_codes(session, username, at):
        return False
    kept = second_factors.secret_of(session, username)
    with suppress(InvalidToken):  # the key of this home is another; recovery codes still do
        secret = _lock(home).decrypt(kept.encode()).decode() if kept else ""
        step = _step_of(secret, given, at) if secret else None
        if step is not None and second_factors.take_step(session, username, step):
            return True
    if kept and second_factors.take_recovery_code(session, username, given.lower(), at):
        return True
    sessions.wrong_code(session, username, at)
    return False


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the time step of which this is the code."""
    if not _CODE.fullmatch(code):
        return None
    otp, step = pyotp.TOTP(secret, interval=_STEP), int(at.timestamp()) // _STEP
    return next((step + by for by in _DRIFT if compare_digest(otp.generate_otp(step + by), code)), None)


def _lock(home: Path) -> Fernet:
    """Return what encrypts the secrets; its key is made when it is first needed."""
    path = home / "keys" / "second-factor.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            suppress(FileExistsError),
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        ):
            file.write(Fernet.generate_key())
    return Fernet(path.read_bytes())
