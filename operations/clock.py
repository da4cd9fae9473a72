"""One clock for all hosts: the database's. A host whose clock is wrong must not decide what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.errors import Sentence, Unavailable
from store import health

if TYPE_CHECKING:
    from datetime import datetime

    from store.database import Database

SAID_FROM: Final = 5.0
"""Seconds between this machine's clock and the database's from which on `duban doctor` says so."""
MOST: Final = 30.0
"""Seconds between them from which on nothing is swept here."""

SKEW: Final = Sentence(
    "本机时钟与数据库相差 {seconds} 秒：请在各主机启用时间同步（chrony 或 systemd-timesyncd）。",
    "This machine's clock is {seconds} s off the database's: let every host keep time (chrony, systemd-timesyncd).",
)
_WRONG: Final = Sentence(
    "本机时钟与数据库相差{seconds}秒（最多{most}秒），没有扫描：请在各主机启用时间同步（chrony、systemd-timesyncd）。",
    "This machine's clock is {seconds} s off the database's (at most {most} s); nothing was swept. Let every host keep "
    "time (chrony, systemd-timesyncd).",
)


def require_one_clock(database: Database, at: datetime) -> None:
    """Refuse to go on if this moment, as this machine tells it, is not nearly the database's.

    SQLite has no clock but this machine's.

    Raises:
        Unavailable: they differ by more than `MOST`, or the database does not answer.
    """
    with database.reading() as session:
        theirs = health.server_time(session)
    off = (at - theirs).total_seconds() if theirs is not None else 0.0
    if abs(off) > MOST:
        raise Unavailable(_WRONG.fill(seconds=f"{off:+.0f}", most=f"{MOST:.0f}"))
