"""Filling an empty home with the sample office, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from config import home as private
from states.errors import Sentence, Unavailable
from store import accounts
from wiring.sample.life import SWEPT, Life
from wiring.sample.people import Login, employ, leave_a_request
from wiring.sample.script import Script

if TYPE_CHECKING:
    from pathlib import Path

    from wiring.container import Office

FILE: Final = "sample"
"""The file in the home that says that it holds the sample, and whether it was filled to the end."""
_FILLED, _UNFINISHED = "filled", "unfinished"
BEFORE: Final = timedelta(days=7)
"""How long before the first matter the people came."""

_FULL: Final = Sentence(
    "{home} 已有样例；再次填充请先删除该目录，或另设 DUBAN_HOME。忘记口令的，用 duban user password 重新发放。",
    "{home} holds the sample already; to fill it again, remove the folder or set another DUBAN_HOME. For a password "
    "that was lost, use `duban user password`.",
)
_BROKEN: Final = Sentence(
    "{home} 的样例上次没有填完：请删除该目录后重试。",
    "The sample in {home} was not filled to its end: remove the folder, and try again.",
)
_NOT_EMPTY: Final = Sentence(
    "{home} 不是空目录，也不是样例，没有改动：样例只填入空目录，请另设 DUBAN_HOME。",
    "{home} is neither empty nor a sample; nothing was changed. The sample goes into an empty folder only: set another "
    "DUBAN_HOME.",
)
_DATABASE_NOT_EMPTY: Final = Sentence(
    "数据库中已有账号，没有改动：样例只填入空数据库，请另设 DUBAN_DATABASE_URL。",
    "The database has accounts already; nothing was changed. The sample goes into an empty one only: set another "
    "DUBAN_DATABASE_URL.",
)


class AlreadyFilled(Unavailable):
    """The home holds the sample already."""


def require_fillable(home: Path) -> None:
    """Do nothing if the home is empty, or is not there yet.

    Raises:
        AlreadyFilled: it holds the sample.
        Unavailable: it holds something else, or a sample that was not filled to its end.
    """
    shown = home.resolve()
    if not home.exists():
        return
    file = home / FILE
    if file.is_file():
        if file.read_text("utf-8").strip() == _FILLED:
            raise AlreadyFilled(_FULL.fill(home=shown))
        raise Unavailable(_BROKEN.fill(home=shown))
    if not home.is_dir() or any(home.iterdir()):
        raise Unavailable(_NOT_EMPTY.fill(home=shown))


def fill(office: Office, now: datetime) -> list[Login]:
    """Fill the home of this office, and its database, with the sample as it stands at `now`; return the logins.

    Raises:
        AlreadyFilled: it holds the sample.
        Unavailable: the home or the database is not empty, or cannot be used.
    """
    home = office.settings.home
    require_fillable(home)
    private.made(home)
    marker = home / FILE
    private.keep(marker, _UNFINISHED)
    office.installation.prepare(now)
    with office.database.reading() as session:
        if accounts.has_anybody(session):
            marker.unlink()
            raise Unavailable(_DATABASE_NOT_EMPTY)
    script = Script(office.today(now), office.rulebook.calendar)
    life = Life(office, script, now)
    began = datetime.combine(life.prepare() - BEFORE, SWEPT, office.settings.tz)
    logins = employ(office, script, began)
    life.yearly.begin(office.today(began), script.today, began)
    life.live()
    leave_a_request(office, script, now)
    office.signing.checkpoint(now)
    marker.unlink()
    private.keep(marker, _FILLED)
    return logins


__all__ = ["AlreadyFilled", "Login", "fill", "require_fillable"]
