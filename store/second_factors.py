"""The second factor: the secret that a person's telephone shares, the last code that was taken, and recovery codes."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from store.accounts import person_id
from store.schema.accounts import PersonRow, RecoveryCodeRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


def secret_of(session: Session, username: str) -> str:
    """Return the secret as it is kept; nothing if the person has no second factor."""
    return session.scalar(select(PersonRow.totp_secret).where(PersonRow.username == username)) or ""


def enrol(session: Session, username: str, secret: str, step: int, codes: Iterable[str]) -> bool:
    """Keep a secret, the step of the code that proved it, and the hashes of new recovery codes.

    Say no, and change nothing, if the person has a secret already: of two who enrol at the same moment one does.
    """
    id_ = person_id(session, username)
    kept = session.execute(
        update(PersonRow)
        .where(PersonRow.id == id_, PersonRow.totp_secret.is_(None))
        .values(totp_secret=secret, totp_step=step)
    )
    if not kept.rowcount:  # type: ignore[attr-defined]  # the result of an UPDATE has it
        return False
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person_id == id_))
    session.add_all(RecoveryCodeRow(code_hash=_hash(code), person_id=id_, used_at=None) for code in codes)
    return True


def forget(session: Session, username: str) -> None:
    """Take the second factor away, with its recovery codes."""
    id_ = person_id(session, username)
    session.execute(update(PersonRow).where(PersonRow.id == id_).values(totp_secret=None, totp_step=0))
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person_id == id_))


def take_step(session: Session, username: str, step: int) -> bool:
    """Take the code of this step; say no if it, or a later one, was taken before, also at the same moment."""
    taken = session.execute(
        update(PersonRow).where(PersonRow.username == username, PersonRow.totp_step < step).values(totp_step=step)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]  # the result of an UPDATE has it


def take_recovery_code(session: Session, username: str, code: str, at: datetime) -> bool:
    """Take a recovery code; say no if the person has no such code, or used it before."""
    taken = session.execute(
        update(RecoveryCodeRow)
        .where(
            RecoveryCodeRow.code_hash == _hash(code),
            RecoveryCodeRow.person_id == person_id(session, username),
            RecoveryCodeRow.used_at.is_(None),
        )
        .values(used_at=at)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]  # the result of an UPDATE has it


def codes_left(session: Session, username: str) -> int:
    """Return how many recovery codes are still good."""
    statement = select(func.count()).where(
        RecoveryCodeRow.person_id == person_id(session, username), RecoveryCodeRow.used_at.is_(None)
    )
    return int(session.scalar(statement) or 0)


def _hash(code: str) -> str:
    return sha256(code.encode()).hexdigest()
