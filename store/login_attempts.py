"""How often which address was wrong about which account: what slows guessing down without shutting anybody out.

Five wrong passwords of one address hold up that address, for that user name, for a quarter of an hour; the owner comes
in from elsewhere. Fifty from many addresses hold up every address from which nobody has logged in to the account
before. User names that nobody has are counted alike, so that nobody learns from it who exists (NIST SP 800-63B §3.2.2).
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, delete, func, or_, select

from store.schema.accounts import LoginAttemptRow
from store.schema.base import table_of
from store.upsert import insertion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST_FAILURES: Final = 5
"""So many wrong passwords in a row one address has for one account."""
MOST_FROM_ANYWHERE: Final = 50
"""So many wrong passwords all addresses together have for one account, before only known addresses are heard."""
HELD: Final = timedelta(minutes=15)
_KNOWN_FOR: Final = timedelta(days=90)
"""So long an address stays known after somebody logged in from it."""
_KEPT_FOR: Final = timedelta(days=1)
_TABLE: Final = table_of(LoginAttemptRow)


def count(session: Session, username: str, address: str, at: datetime) -> bool:
    """Count an attempt before its password is looked at; say whether it may be looked at.

    Counting first keeps many attempts at the same moment from being more than five. What is held up is not counted,
    so a quarter of an hour after the fifth wrong password the address is heard again.
    """
    account, over = _key(username), at - HELD
    if _is_besieged(session, account, address, at):
        return False
    row = insertion(session, _TABLE).values(account=account, address=address, failures=1, last_at=at, good_at=None)
    counted = session.scalar(
        row.on_conflict_do_update(
            index_elements=["account", "address"],
            set_={"failures": case((_TABLE.c.last_at <= over, 1), else_=_TABLE.c.failures + 1), "last_at": at},
            where=or_(_TABLE.c.last_at <= over, _TABLE.c.failures < MOST_FAILURES),
        ).returning(_TABLE.c.failures)  # not the number of rows: of an INSERT not every driver says it
    )
    session.execute(delete(_TABLE).where(_TABLE.c.last_at < at - _KEPT_FOR, _TABLE.c.good_at.is_(None)))
    session.execute(delete(_TABLE).where(_TABLE.c.last_at < at - _KNOWN_FOR))
    return counted is not None


def _is_besieged(session: Session, account: str, address: str, at: datetime) -> bool:
    """Say whether so many addresses are wrong about this account that only those known to it are heard."""
    known = session.scalar(
        select(LoginAttemptRow.good_at).where(LoginAttemptRow.account == account, LoginAttemptRow.address == address)
    )
    if known is not None and known > at - _KNOWN_FOR:
        return False
    wrong = session.scalar(
        select(func.sum(LoginAttemptRow.failures)).where(
            LoginAttemptRow.account == account, LoginAttemptRow.last_at > at - HELD
        )
    )
    return (wrong or 0) >= MOST_FROM_ANYWHERE


def succeeded(session: Session, username: str, address: str, at: datetime) -> None:
    """Note that the right password came from this address: what it had wrong is forgotten, and it is known."""
    row = session.get(LoginAttemptRow, (_key(username), address))
    if row is not None:
        row.failures, row.last_at, row.good_at = 0, at, at


def forget(session: Session, username: str) -> None:
    """Let every address be heard again about this account."""
    session.execute(delete(_TABLE).where(_TABLE.c.account == _key(username)))


def held_until(session: Session, usernames: Iterable[str], at: datetime) -> dict[str, datetime]:
    """Return which of these accounts some address may not try at this moment, and until when."""
    keys = {_key(username): username for username in usernames}
    rows = session.execute(
        select(LoginAttemptRow.account, func.max(LoginAttemptRow.last_at).label("last_at"))
        .where(LoginAttemptRow.failures >= MOST_FAILURES, LoginAttemptRow.last_at > at - HELD)
        .group_by(LoginAttemptRow.account)
    )
    return {keys[row.account]: row.last_at + HELD for row in rows if row.account in keys}


def _key(username: str) -> str:
    return sha256(username.encode("utf-8", "surrogatepass")).hexdigest()
