"""Somebody holds the write lock, or every connection: whoever reads goes on, and whoever asks if it lives is told."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import text
from starlette.testclient import TestClient

from states.vocabulary import Role
from store import sessions, tokens
from store.database import Database
from tests.support.applications import over
from tests.support.offices import UNIT, Bench
from tests.support.visitors import Arrivals
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON: Final = 5.0
"""Seconds within which whoever reads has an answer; a writer waits for half a minute."""


@contextmanager
def write_lock(url: str) -> Iterator[None]:
    """Hold what every writer of this database waits for."""
    other = Database(url)
    try:
        with other.transaction() as session:
            if other.is_sqlite:
                session.execute(text("UPDATE log_head SET size = size"))
            else:
                for table in ("people", "sessions", "api_tokens", "log_head"):
                    session.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
            yield
    finally:
        other.close()


def test_a_held_write_lock_does_not_stop_who_reads_by_a_token_or_at_a_page(bench: Bench) -> None:
    bench.ordered()
    with Arrivals(bench) as arrivals:
        arrivals.account("head", Role.HEAD, UNIT)
        arrivals.account("sys", Role.ADMINISTRATOR)
    with bench.office.database.transaction() as session:
        token = tokens.give(session, "head", now(), name="从未用过")
        cookie, keeper = (sessions.begin(session, who, now() - timedelta(minutes=20)) for who in ("head", "sys"))
    app = over(bench.office)
    client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
    page, administration = (TestClient(app, cookies={COOKIE: secret}) for secret in (cookie, keeper))
    with write_lock(bench.settings.database_url):
        began = time.monotonic()
        answers = [client.get("/api/v1/cases"), client.get("/api/v1/events"), page.get("/cases"), page.get("/")]
        answers += [administration.get(f"/admin/{what}") for what in ("users", "units", "calendar", "policies")]
        taken = time.monotonic() - began
    assert [answer.status_code for answer in answers] == [200] * 8
    assert taken < SOON
    bench.office.last_use.settle()
    with bench.office.database.reading() as session:
        (kept,) = tokens.of(session, "head")
        found = sessions.at_page(session, cookie, now())
    assert kept.used_at is not None
    assert found is not None
    assert not found.unnoted
    client.close()
    page.close()
    administration.close()


def test_while_every_connection_is_held_life_is_told_and_the_rest_is_asked_to_come_again(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    pool: Any = bench.office.database.engine.pool
    pool._timeout = 0.3
    client = TestClient(over(bench.office), raise_server_exceptions=False)
    with ExitStack() as held:
        for _ in range(pool.size() + pool._max_overflow):
            held.enter_context(bench.office.database.engine.connect())
        assert client.get("/health/live").json() == {"live": True}
        assert client.get("/health/ready").status_code == 503
        answers = [
            client.get("/api/v1/cases", headers={"Authorization": "Bearer x"}),
            client.get("/cases", headers={"Cookie": f"{COOKIE}=x"}),
            client.post("/login", data={"username": "x", "password": "y"}),
        ]
    for answer in answers[:2]:
        assert (answer.status_code, int(answer.headers["Retry-After"]) >= 1) == (503, True), answer.text
    assert answers[2].status_code < 504
    assert client.get("/api/v1/cases", headers={"Authorization": "Bearer x"}).status_code == 401
    client.close()


def test_life_is_told_while_every_thread_waits_for_a_connection(sqlite_bench: Bench) -> None:
    engine = sqlite_bench.office.database.engine
    pool: Any = engine.pool
    pool._timeout = 30
    app = over(sqlite_bench.office)

    async def ask(held: ExitStack) -> int:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2
        async with (
            AsyncClient(transport=ASGITransport(app=app), base_url="http://testserver") as client,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(4):
                tasks.start_soon(client.get, "/health/ready")
            await anyio.sleep(0.2)
            with anyio.fail_after(SOON):
                found = (await client.get("/health/live")).status_code
            held.close()
        return found

    with ExitStack() as held:
        for _ in range(pool.size() + pool._max_overflow):
            held.enter_context(engine.connect())
        assert anyio.run(ask, held) == 200
