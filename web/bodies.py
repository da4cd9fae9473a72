"""How much a request may send, and how long it may take: decided before anything of it is read or routed.

Who is not known may send what a login takes and no more. Who is logged in may send evidence. Whether somebody is logged
in is asked only when a body grows beyond what anybody may send, so that small requests cost nothing (CWE-400, CWE-770).
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from accounts import first_day
from states.errors import Problem, Sentence
from web.dependencies import (
    SETUP_COOKIE,
    NotLoggedIn,
    office_of,
    page_or_problem,
    page_session,
    token_holder,
)
from wiring import now

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANONYMOUS: Final = 64 << 10
"""Bytes that anybody may send: a login, an answer of the identity provider, a form without a file."""
TEXT: Final = 4 << 20
"""Bytes of JSON, or of a form without files, that who is logged in may send: many times what all fields can hold."""
EVIDENCE: Final = (50 << 20) + (1 << 20)
"""Bytes of a form with files: one file of the largest size, and the fields around it."""
SLOWEST: Final = 10.0
"""Seconds within which the next piece of a body must arrive."""
LONGEST_ANONYMOUS: Final = 20.0
"""Seconds within which the whole body of somebody unknown must have arrived."""
LONGEST: Final = 600.0
"""Seconds within which the whole body of who is logged in must have arrived: evidence over a village's line."""
_TOO_LARGE: Final = Sentence(
    "提交的内容过大（最多 {most} KiB），没有办理。请先登录，或压缩、拆分后再提交。",
    "The request is too large (at most {most} KiB); nothing was done. Log in first, or send less at once.",
)
_TOO_SLOW: Final = Sentence(
    "提交的内容没有在规定时间内送达，没有办理。请检查网络后重试。",
    "The request did not arrive in time; nothing was done. Check the line and try again.",
)


class TooLarge(Problem):
    """A request sends more than it may."""


class TooSlow(Problem):
    """A request does not arrive in time."""


class BodyLimit:
    """Stands before the application and reads bodies for it, as far as they may go."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer in its stead if its body is too large or too slow."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(scope, receive)
        begun = False

        async def answering(message: Message) -> None:
            nonlocal begun
            if body.problem is None or begun:
                begun = begun or message["type"] == "http.response.start"
                await send(message)

        try:
            await body.admit()
            if body.problem is None:
                await self.app(scope, body.receive, answering)
        except Exception:
            # What the application makes of a body that breaks off is no news; anything else is.
            if body.problem is None:
                raise
        if body.problem is not None and not begun:
            status = 413 if isinstance(body.problem, TooLarge) else 408
            answer = page_or_problem(Request(scope), body.problem, status)
            # What is still on its way is not read: the connection ends with the answer.
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)


class _Body:
    """The body of one request, as far as it has come."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope, self._receive = scope, receive
        self._headers = Headers(scope=scope)
        self._came, self._began, self._known = 0, monotonic(), False
        self.problem: Problem | None = None
        self._is_whole = False  # all has come: from then on nothing is awaited but that the client leaves

    async def admit(self) -> None:
        """Judge what the request says of its own length, before a byte of it is read."""
        said = self._headers.get("content-length", "")
        if said.isascii() and said.isdigit():
            await self._require(int(said) if len(said) < len(str(1 << 62)) else 1 << 62)

    async def receive(self) -> Message:
        """Return the next piece; a body that goes on too long breaks off as if the client had left."""
        if self.problem is not None:
            return self._broken()
        longest = LONGEST if self._known else LONGEST_ANONYMOUS
        left = min(SLOWEST, self._began + longest - monotonic()) if not self._is_whole else None
        try:
            message = await asyncio.wait_for(self._receive(), max(left, 0) if left is not None else None)
        except TimeoutError:
            self.problem = TooSlow(_TOO_SLOW)
            return self._broken()
        if message["type"] == "http.request":
            self._came += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            await self._require(self._came)
            if self.problem is not None:
                return self._broken()
        return message

    def _has_files(self) -> bool:
        return self._headers.get("content-type", "").lower().startswith("multipart/form-data")

    def _broken(self) -> Message:
        """Return what ends the reading of a body that is not wanted further: as if the client had left.

        Raises:
            MultiPartException: the body has files; at this, and at nothing else, Starlette closes what it has of them.
        """
        if self._has_files():
            raise MultiPartException("the body is not read further")
        return {"type": "http.disconnect"}

    async def _require(self, size: int) -> None:
        most = ANONYMOUS
        if size > ANONYMOUS:
            if not self._known:
                self._known = await run_in_threadpool(_is_known, Request(self._scope))
            if self._known:
                most = EVIDENCE if self._has_files() else TEXT
        if size > most:
            self.problem = TooLarge(_TOO_LARGE.fill(most=most >> 10))


def _is_known(request: Request) -> bool:
    """Say whether somebody who may act asks, by the session of a page or by a token."""
    try:
        if request.headers.get("authorization"):
            return not token_holder(request).person.must_change
        if first_day.is_open(office_of(request).database, request.cookies.get(SETUP_COOKIE, ""), now()):
            return True
        found = page_session(request)
    except NotLoggedIn:
        return False
    return not found.awaits and not found.person.must_change
