"""Bodies that are too large or too slow, of every kind, by who is known and by who is not."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
import uvicorn
from sqlalchemy import event

from states.vocabulary import Role
from store import accounts, sessions, tokens
from tests.support.offices import UNIT, Bench
from tests.support.visitors import Arrivals
from web import bodies
from web.app import application
from web.bodies import ANONYMOUS, EVIDENCE, TEXT
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import ASGIApp

PATHS: Final = (
    ("/login", "application/x-www-form-urlencoded"),
    ("/login", "multipart/form-data; boundary=x"),
    ("/api/v1/cases", "application/json"),
    ("/api/v1/cases/1/acts", "application/json"),
    ("/cases/1/acts", "multipart/form-data; boundary=x"),
    ("/new", "application/x-www-form-urlencoded"),
    ("/nowhere", "text/plain"),
    ("/health/live", "application/json"),
)


class Answer:
    """What came back, and how many bytes were taken for it."""

    def __init__(self) -> None:
        self.status, self.body, self.headers, self.taken = 0, b"", dict[str, str](), 0


async def ask(
    app: ASGIApp, path: str, kind: str, pieces: AsyncIterator[bytes], said: int | None, **more: str
) -> Answer:
    """Send a request piece by piece, and count what is taken of it."""
    answer = Answer()
    headers = [(b"host", b"testserver"), (b"content-type", kind.encode())]
    headers += [(key.replace("_", "-").encode(), value.encode()) for key, value in more.items()]
    headers += [(b"content-length", str(said).encode())] if said is not None else []

    async def receive() -> dict[str, Any]:
        try:
            piece = await anext(pieces)
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}
        answer.taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {key.decode(): value.decode() for key, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": headers,
        "client": ("192.0.2.1", 5000),
        "server": ("testserver", 80),
        "state": {},
    }
    await app(scope, receive, send)
    return answer


FILE: Final = b'--x\r\nContent-Disposition: form-data; name="f.evidence"; filename="a.pdf"\r\n\r\n'


async def much(size: int, piece: int = 1 << 14, *, first: bytes = b"", last: bytes = b"") -> AsyncIterator[bytes]:
    """Yield about so many bytes, in pieces."""
    yield first
    for _ in range(size // piece):
        yield b"a" * piece
    yield last


@pytest.fixture
def app(sqlite_bench: Bench) -> ASGIApp:
    return application(sqlite_bench.office)


@pytest.mark.parametrize(("path", "kind"), PATHS)
def test_nobody_who_is_not_logged_in_sends_much_whatever_it_is_called(app: ASGIApp, path: str, kind: str) -> None:
    declared = asyncio.run(ask(app, path, kind, much(10 << 20), 10 << 20))
    assert (declared.status, declared.taken) == (413, 0)
    assert declared.headers["connection"] == "close"
    assert declared.headers["x-frame-options"] == "DENY"
    first = FILE if kind.startswith("multipart") else b""
    lied = asyncio.run(ask(app, path, kind, much(10 << 20, first=first), 10))
    chunked = asyncio.run(ask(app, path, kind, much(10 << 20, first=first), None))
    for answer in (lied, chunked):
        assert answer.taken <= ANONYMOUS + (1 << 14) + len(first)
        assert answer.status in ({413} if path not in ("/nowhere", "/health/live") else {404, 405, 413}), answer.body
    if path.startswith("/api/"):
        assert declared.headers["content-type"] == "application/problem+json"
        assert "请先登录" in declared.body.decode()


@pytest.mark.parametrize("forged", [{"cookie": f"{COOKIE}=forged"}, {"authorization": "Bearer forged"}])
def test_a_forged_login_sends_no_more_than_none(app: ASGIApp, forged: dict[str, str]) -> None:
    answer = asyncio.run(ask(app, "/api/v1/cases", "application/json", much(10 << 20), None, **forged))
    assert (answer.status, answer.taken <= ANONYMOUS + (1 << 14)) == (413, True)


def _logged_in(bench: Bench, *, must_change: bool = False) -> dict[str, str]:
    with Arrivals(bench) as arrivals:
        arrivals.account("officer", Role.HANDLER, UNIT)
    with bench.office.database.transaction() as session:
        accounts.set_password(session, "officer", "none", must_change=must_change)
        return {"cookie": f"{COOKIE}={sessions.begin(session, 'officer', now())}"}


def test_who_is_logged_in_sends_text_and_evidence_up_to_their_limits(sqlite_bench: Bench, app: ASGIApp) -> None:
    cookie = _logged_in(sqlite_bench)
    large = asyncio.run(ask(app, "/api/v1/cases", "application/json", much(TEXT + (1 << 16)), None, **cookie))
    assert (large.status, TEXT <= large.taken <= TEXT + (1 << 14)) == (413, True)
    form = "multipart/form-data; boundary=x"
    refused = asyncio.run(ask(app, "/new", form, much(EVIDENCE + (1 << 20)), EVIDENCE + 1, **cookie))
    assert (refused.status, refused.taken) == (413, 0)
    fits = asyncio.run(ask(app, "/new", form, much(8 << 20, first=FILE, last=b"\r\n--x--\r\n"), None, **cookie))
    assert fits.taken > 8 << 20
    assert fits.status not in (413, 408)


def test_who_has_a_one_time_password_sends_no_more_than_a_stranger(sqlite_bench: Bench, app: ASGIApp) -> None:
    cookie = _logged_in(sqlite_bench, must_change=True)
    form = "multipart/form-data; boundary=x"
    answer = asyncio.run(ask(app, "/new", form, much(10 << 20, first=FILE), None, **cookie))
    assert (answer.status, answer.taken <= ANONYMOUS + (1 << 15)) == (413, True)


def test_what_anybody_may_send_asks_the_database_nothing(sqlite_bench: Bench, app: ASGIApp) -> None:
    cookie, asked = _logged_in(sqlite_bench), list[object]()
    event.listen(sqlite_bench.office.database.engine, "checkout", lambda *_: asked.append(1))
    answer = asyncio.run(ask(app, "/health/live", "text/plain", much(1 << 14), 1 << 14, **cookie))
    assert (answer.status, asked) == (405, [])
    asyncio.run(ask(app, "/health/live", "text/plain", much(1 << 18), 1 << 18, **cookie))
    assert asked != []


@contextmanager
def serving(bench: Bench) -> Iterator[int]:
    """Run the pages behind the real server on a port of this machine."""
    config = uvicorn.Config(application(bench.office), host="127.0.0.1", port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("token", ["", "yes"])
def test_a_body_that_does_not_arrive_is_given_up_over_a_real_connection(
    sqlite_bench: Bench, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SLOWEST", 0.3)
    header = ""
    if token:
        with Arrivals(sqlite_bench) as arrivals:
            arrivals.account("officer", Role.HANDLER, UNIT)
        with sqlite_bench.office.database.transaction() as session:
            header = f"Authorization: Bearer {tokens.give(session, 'officer', now())}\r\n"
    with serving(sqlite_bench) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        began = time.monotonic()
        line.sendall(
            f"POST /api/v1/cases HTTP/1.1\r\nHost: x\r\n{header}Content-Type: application/json\r\n"
            f"Content-Length: 5000\r\n\r\n{secrets.token_hex(4)}".encode()
        )
        said = b""
        while piece := line.recv(65536):
            said += piece
        assert said.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < 10


def test_a_body_that_drips_is_given_up_though_each_drop_comes_in_time(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "LONGEST_ANONYMOUS", 0.5)

    async def dripping() -> AsyncIterator[bytes]:
        for _ in range(1000):
            await asyncio.sleep(0.05)
            yield b"a"

    answer = asyncio.run(ask(app, "/login", "application/x-www-form-urlencoded", dripping(), None))
    assert (answer.status, answer.taken < 30) == (408, True)


def test_a_body_within_a_body_within_a_body_is_a_problem_and_no_crash(sqlite_bench: Bench, app: ASGIApp) -> None:
    cookie = _logged_in(sqlite_bench)
    deep = b'{"data":' * 6000

    async def nested() -> AsyncIterator[bytes]:
        yield deep

    answer = asyncio.run(ask(app, "/api/v1/cases", "application/json", nested(), len(deep), **cookie))
    assert 400 <= answer.status < 500
