"""Logins that were sent to the identity provider: each comes back once, to the browser that it left, and soon."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete

from store.schema.accounts import OidcLoginRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

LONGEST: Final = timedelta(minutes=10)


def begin(session: Session, state: str, nonce: str, verifier: str, at: datetime) -> None:
    """Keep what the answer must fit; what never came back is thrown away."""
    session.execute(delete(OidcLoginRow).where(OidcLoginRow.began_at < at - LONGEST))
    session.add(OidcLoginRow(state_hash=_hash(state), nonce=nonce, verifier=verifier, began_at=at))


def take(session: Session, state: str, at: datetime) -> tuple[str, str] | None:
    """Return nonce and verifier of the login with this state, once; nothing if there is none or it took too long."""
    row = session.get(OidcLoginRow, _hash(state))
    if row is None:
        return None
    session.delete(row)
    return (row.nonce, row.verifier) if row.began_at >= at - LONGEST else None


def _hash(state: str) -> str:
    return sha256(state.encode()).hexdigest()
