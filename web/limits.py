"""How often may be asked: a moving window of a minute for each token, person and address, kept in this process."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from states.errors import Sentence
from web.dependencies import COOKIE, MustChange, NotLoggedIn, TooMany, office_of, person_of
from wiring import now

if TYPE_CHECKING:
    from config.settings import Settings

_TOO_MANY: Final = Sentence(
    "请求过于频繁（每分钟最多{most}次），请于{seconds}秒后再试。",
    "You ask too often (at most {most} a minute); ask again in {seconds} seconds.",
)


class RateLimits:
    """The windows of one application. Nothing is written to disk: a restart forgets them, and that is soon enough."""

    def __init__(self, settings: Settings) -> None:
        """Allow what the settings say; nought allows everything."""
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._most = {"api": settings.rate_api, "login": settings.rate_login}

    def require(self, door: str, kind: str, who: str) -> None:
        """Count one request.

        Raises:
            TooMany: there were too many within the last minute.
        """
        most = self._most[door]
        if not most:
            return
        item = RateLimitItemPerMinute(most)
        if not self._limiter.hit(item, door, kind, who):
            until = self._limiter.get_window_stats(item, door, kind, who).reset_time
            seconds = max(1, ceil(until - now().timestamp()))
            raise TooMany(_TOO_MANY.fill(most=most, seconds=seconds), seconds)


def address_of(request: Request) -> str:
    """Return the address that asks, as the server knows it (behind a proxy: as uvicorn was told to believe it)."""
    return request.client.host if request.client is not None else ""


def _pace(request: Request) -> RateLimits:
    found = getattr(request.app.state, "pace", None)
    if not isinstance(found, RateLimits):
        found = request.app.state.pace = RateLimits(office_of(request).settings)
    return found


def api_pace(request: Request) -> None:
    """Count a request of the interface: for the token, else the person at the page, else the address.

    Who is not known counts for the address, so that guessing tokens is slow however many are guessed.

    Raises:
        TooMany: there were too many within the last minute.
    """
    pace = _pace(request)
    try:
        username = person_of(request).username
    except (NotLoggedIn, MustChange):
        pace.require("api", "address", address_of(request))
        return
    token = request.headers.get("authorization", "")
    if token and not (request.cookies.get(COOKIE) and not token.partition(" ")[2]):
        pace.require("api", "token", f"{username} {hash(token)}")
    else:
        pace.require("api", "user", username)


def login_pace(request: Request) -> None:
    """Count an attempt to log in, for the address that it comes from.

    Raises:
        TooMany: there were too many within the last minute.
    """
    _pace(request).require("login", "address", address_of(request))
