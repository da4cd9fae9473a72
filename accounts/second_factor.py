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
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from config.settings import Settings
    from wiring.container import Office

CODE: Final = "code"
ENROLMENT: Final = "enrolment"
RECOVERY_CODES: Final = 10
_STEP: Final = 30
_DRIFT: Final = (0, -1, 1)
"""Clocks may differ by one step either way (RFC 6238 §5.2)."""
_SECRET: Final = re.compile(r"[A-Z2-7]{32}")
_CODE: Final = re.compile(r"\d{6}")
_WRONG: Final = Sentence(
    "动态口令不对或已经用过，请等下一个再试。", "The code is wrong or was used already; wait for the next one."
)
_BAD_SECRET: Final = Sentence("请重新打开绑定页面。", "Open the enrolment page again.")


def awaited(session: Session, settings: Settings, username: str) -> str:
    """Return what a person who gave the right password still owes: a code, the enrolment, or nothing."""
    if second_factors.secret_of(session, username):
        return CODE
    # Who chooses a first password does that first; the next login asks for the enrolment.
    return ENROLMENT if accounts.role_of(session, username) in settings.second_factor_for else ""


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
        out, kind="svg", scale=5, xmldecl=False, svgns=True, nl=False, title="QR", omitsize=False
    )
    return out.getvalue().decode()


def enrol(here: Office, username: str, secret: str, code: str, at: datetime) -> tuple[str, ...]:
    """Keep the secret once a code has proved that the telephone has it; return the recovery codes, seen only now.

    Raises:
        BadData: the secret is none.
        Refused: the code is not of this secret.
    """
    if not _SECRET.fullmatch(secret):
        raise BadData(_BAD_SECRET)
    step = _step_of(secret, code, at)
    if step is None:
        raise Refused(_WRONG)
    codes = tuple(f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES))
    kept = _lock(here.settings.home).encrypt(secret.encode()).decode()
    with here.database.transaction() as session:
        second_factors.enrol(session, username, kept, step, codes)
    return codes


def check(here: Office, username: str, code: str, at: datetime) -> None:
    """Take a code or a recovery code; neither is taken twice. A wrong one counts like a wrong password.

    Raises:
        Refused: it is wrong, was used before, or the account is locked.
    """
    given = code.strip().replace(" ", "")
    with here.database.transaction() as session:
        sessions.require_unlocked(session, username, at)
        kept = second_factors.secret_of(session, username)
        with suppress(InvalidToken):  # the key of this home is another; recovery codes still do
            secret = _lock(here.settings.home).decrypt(kept.encode()).decode() if kept else ""
            step = _step_of(secret, given, at) if secret else None
            if step is not None and second_factors.take_step(session, username, step):
                return
        if kept and second_factors.take_recovery_code(session, username, given.lower(), at):
            return
        sessions.failed(session, username, at)
    raise Refused(_WRONG)


def complete(here: Office, username: str, pending: str, at: datetime, address: str = "") -> str:
    """Begin the session that counts, in the place of the one that waited for the second factor."""
    with here.database.transaction() as session:
        sessions.end(session, pending)
        return sessions.begin(session, username, at, address=address)


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
