"""How fast pages and lists answer over many cases, beside the same over 1,000: p50 and p95 at 20 requests a second.

    .venv/bin/python benchmarks/pages.py            1,000 and 200,000 cases on SQLite
    .venv/bin/python benchmarks/pages.py --large    and 1,000 and 1,000,000 cases on PostgreSQL

The requests come over HTTP to the real server in a process of its own, on a plan: one every 50 ms, whether or not the
one before has been answered, so that a slow answer makes those behind it wait, as it would in an office.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

import httpx2
from sqlalchemy import func, select, text
from starlette.testclient import TestClient

from config.settings import Settings
from states.acts import Act, Role
from states.case import Actor
from states.guards import Ask
from store import people, sessions, tallies, words
from store.tables import CaseEventRow, CaseRow, TimerRow, table_of
from tests.databases import postgres_server
from web.app import application
from web.asking import COOKIE
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session
    from starlette.routing import BaseRoute

ZONE = ZoneInfo("Asia/Shanghai")
ENVIRON: Final = os.environ  # noqa: TID251  # for the server's process, which reads its own settings from it
RATE: Final = 20
"""Requests a second."""
SECONDS: Final = 4
"""How long each address is asked."""
UNITS: Final = 200
MODELS: Final = 200
"""How many cases are worked on for real; the rest are copies of these."""
EVENTS: Final = 10
"""Events of each copied case."""
FOUND: Final = date(2026, 1, 28)
WHO: Final = {"director": Role.DIRECTOR, "head": Role.HEAD}


def moment(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 9, tzinfo=ZONE)


def small_office(office: Office, count: int) -> None:
    """Work on real cases in some states: these are copied afterwards."""
    who = Actor(user="officer", role=Role.HANDLER)
    boss = Actor(user="director", role=Role.DIRECTOR)
    for n in range(count):
        unit = f"第{n % UNITS}局"
        data = {
            "unit": unit,
            "post": f"{unit}局长",
            "duty": "art7-1a",
            "inspection": "regular",
            "finding": "未列入计划",
        }
        data["number"] = f"基准〔2026〕{n}号"
        case = office.desk.open(Ask(act=Act.REGISTER_FINDING, actor=who, on=FOUND, data=data), moment(FOUND)).case.id
        if n % 5:
            on = FOUND + timedelta(days=9)
            ask = Ask(act=Act.SERVE_ORDER, actor=who, on=on, data={"term": "15wd"}, case_id=case)
            office.desk.do(ask, moment(on))
        if n % 5 == 4:  # noqa: PLR2004  # one in five is handed over
            on = FOUND + timedelta(days=10)
            ask = Ask(act=Act.TRANSFER, actor=boss, on=on, data={"receiver": "纪委"}, case_id=case)
            office.desk.do(ask, moment(on))


def copied(session: Session, total: int, *, is_sqlite: bool) -> None:
    """Copy the real cases, their events and their timers until there are `total`, each copy with `EVENTS` events.

    The copies are for reading alone: their hashes are those of their models, and the proof would not hold.
    """
    models = int(session.scalar(select(func.max(table_of(CaseRow).c.id))) or 0)
    size = int(session.scalar(select(func.max(table_of(CaseEventRow).c.seq))) or 0)

    def columns(model: type[CaseRow | CaseEventRow | TimerRow], **other: str) -> tuple[str, str]:
        names = [column.name for column in table_of(model).columns if other.get(column.name) != ""]
        return ", ".join(names), ", ".join(other.get(name, f"m.{name}") for name in names)

    # CROSS JOIN, because SQLite keeps the order of the tables then, and the copies must be counted outermost.
    series = (
        "(WITH RECURSIVE s(v) AS (SELECT {0} UNION ALL SELECT v + 1 FROM s WHERE v < {1}) SELECT v FROM s)"
        if is_sqlite
        else "(SELECT generate_series({0}, {1}) AS v)"
    )
    copies, steps = series.format(models + 1, total), series.format(1, EVENTS)
    number = "'基准〔2026〕' || n.v || '号'"
    later = "date(m.next_due_on, '+' || (n.v % 600) || ' days')" if is_sqlite else "m.next_due_on + (n.v % 600)::int"
    own = f"(n.v % {models}) + 1"
    body = f"replace(replace(m.body, '\"id\":' || m.id || ',', '\"id\":' || n.v || ','), m.number, {number})"
    into, taken = columns(CaseRow, id="n.v", number=number, next_due_on=later, fingerprint="NULL", body=body)
    session.execute(
        text(f"INSERT INTO cases ({into}) SELECT {taken} FROM {copies} n CROSS JOIN cases m WHERE m.id = {own}")  # noqa: S608  # of our own names and numbers
    )
    seq = f"{size} + (n.v - {models + 1}) * {EVENTS} + j.v"
    into, taken = columns(CaseEventRow, seq=seq, case_id="n.v", case_seq="j.v")
    step = "CASE WHEN j.v < c.version THEN j.v ELSE c.version END"
    session.execute(
        text(
            f"INSERT INTO case_events ({into}) SELECT {taken} FROM {copies} n CROSS JOIN {steps} j "  # noqa: S608  # as above
            f"CROSS JOIN cases c CROSS JOIN case_events m WHERE c.id = {own} AND m.case_id = c.id AND m.case_seq = {step}"
        )
    )
    into, taken = columns(TimerRow, id="", case_id="n.v")
    session.execute(
        text(f"INSERT INTO timers ({into}) SELECT {taken} FROM {copies} n CROSS JOIN timers m WHERE m.case_id = {own}")  # noqa: S608  # as above
    )
    session.execute(text("UPDATE timers SET due_at = :at"), {"at": "2099-01-01 00:00:00.000000"})
    session.execute(text("UPDATE log_head SET size = :n"), {"n": size + (total - models) * EVENTS})
    tallies.refill(session)
    words.refill(session)


def filled(folder: Path, url: str, total: int) -> tuple[dict[str, str], dict[str, str]]:
    """Make an office with so many cases; return its settings for a server, and a cookie for each of the people."""
    office = Office(Settings(home=folder, database_url=url))
    office.prepare()
    cookies = {}
    with office.database.transaction() as session:
        office_id = people.ensure_office(session, office.settings.office)
        own = people.ensure_unit(session, "第1局").id
        for name, role in WHO.items():
            people.add_person(session, name, name, role, own if role is Role.HEAD else office_id)
            people.give_token(session, name, sha256(secrets.token_bytes()).hexdigest())
            people.set_password(session, name, "none", must_change=False)
            cookies[name] = sessions.begin(session, name, now())
    small_office(office, MODELS)
    with office.database.transaction() as session:
        if total > MODELS:
            copied(session, total, is_sqlite=office.database.is_sqlite)
    with office.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if office.database.is_sqlite else "VACUUM ANALYZE"))
    office.close()
    return {"DUBAN_HOME": str(folder), "DUBAN_DATABASE_URL": url}, cookies


@contextmanager
def server(environment: dict[str, str]) -> Iterator[str]:
    """Run the real server in a process of its own; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "web.app:make_app", "--factory", "--port", str(port)]
    command += ["--log-level", "error", "--no-access-log"]
    process = subprocess.Popen(command, env={**ENVIRON, **environment}, cwd=Path(__file__).parent.parent)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                if httpx2.get(f"{address}/health/live").is_success:
                    break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def addresses(total: int) -> list[str]:
    """Return what is asked: every page and list that the application has, and the lists with their filters."""
    some = total // 2

    def paths(routes: list[BaseRoute], prefix: str = "") -> Iterator[str]:
        for route in routes:
            if "GET" in (getattr(route, "methods", None) or ()):
                yield prefix + str(getattr(route, "path", ""))
            inner = getattr(route, "original_router", None)
            if inner is not None:
                yield from paths(inner.routes, getattr(getattr(route, "include_context", None), "prefix", "") or "")

    found = {path.replace("{case_id}", str(some)) for path in paths(application(None).routes)}
    pages = sorted(path for path in found if "{" not in path and path not in NOT_ASKED)
    # A list from its beginning, from its middle, with each filter, and with words that stand nowhere.
    filters = ("state=closed", "light=green", "due_before=2026-04-01", "q=第1局", f"q={some}号", "q=没有这个")
    lists = [f"{path}?{query}" for path in ("/cases", "/api/v1/cases") for query in filters]
    more = [f"/cases?after={some}", f"/api/v1/cases?cursor={some}", f"/api/v1/events?after={some}&limit=100"]
    return [*pages, *lists, "/api/v1/cases?unit=第1局", *more]


NOT_ASKED: Final = {"/api/v1/openapi.json", "/login", "/logout", "/api/v1/terms"}


async def asked(address: str, path: str, cookie: str, seconds: float) -> list[float]:
    """Ask for one address steadily; return how long each answer took, in milliseconds, from when it was due."""
    async with httpx2.AsyncClient(base_url=address, cookies={COOKIE: cookie}, timeout=60) as client:
        await client.get(path)
        answer = await client.get(path)
        if answer.status_code >= 400:  # noqa: PLR2004  # refused: nothing to measure
            return []
        began = asyncio.get_running_loop().time()

        async def one(n: int) -> float:
            wanted = began + n / RATE
            await asyncio.sleep(max(0, wanted - asyncio.get_running_loop().time()))
            await client.get(path)
            return (asyncio.get_running_loop().time() - wanted) * 1000

        return list(await asyncio.gather(*(one(n) for n in range(int(seconds * RATE)))))


def measured(folder: Path, url: str, total: int, seconds: float) -> dict[str, tuple[float, float]]:
    """Return p50 and p95 of every address for everybody, over so many cases."""
    began = time.perf_counter()
    environment, cookies = filled(folder, url, total)
    print(f"{total:,} cases filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    found = {}
    with server(environment) as address:
        for who, cookie in cookies.items():
            for path in addresses(total):
                took = asyncio.run(asked(address, path, cookie, seconds))
                if took:
                    named = path.replace(str(total // 2), "N")
                    cuts = statistics.quantiles(took, n=20)
                    found[f"{who} {named}"] = (statistics.median(took), cuts[18])
    return found


def best(folder: Path, url: str, total: int) -> dict[str, tuple[float, float]]:
    """Return the best and the worst of five answers of every address, in this process: for a machine that is busy."""
    environment, cookies = filled(folder, url, total)
    office = Office(Settings(home=Path(environment["DUBAN_HOME"]), database_url=url))
    found = {}
    for who, cookie in cookies.items():
        client = TestClient(application(office), cookies={COOKIE: cookie})
        for path in addresses(total):
            took = []
            for _ in range(6):
                began = time.perf_counter()
                client.get(path)
                took.append((time.perf_counter() - began) * 1000)
            found[f"{who} {path.replace(str(total // 2), 'N')}"] = (min(took[1:]), max(took[1:]))
    office.close()
    return found


def table(small: dict[str, tuple[float, float]], large: dict[str, tuple[float, float]], title: str) -> None:
    """Print both offices side by side, the slowest first."""
    print(f"\n{title}\n{'':58} {'p50':>7} {'p95':>7} {'p95 of 1,000':>13} {'ratio':>6}")
    for key, (middle, late) in sorted(large.items(), key=lambda item: -item[1][1]):
        if key in small:
            print(f"{key:58} {middle:7.1f} {late:7.1f} {small[key][1]:13.1f} {late / small[key][1]:6.2f}")


def main() -> None:
    """Measure, and print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--quick", action="store_true", help="SQLite in this process, best and worst of five")
    parser.add_argument("--large", action="store_true", help="also 1,000,000 cases on PostgreSQL")
    asked_for = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = []
        for total in (1_000, asked_for.cases):
            home = folder / f"sqlite-{total}"
            home.mkdir()
            url = f"sqlite:///{home / 'duban.db'}"
            quick = asked_for.quick
            found.append(best(home, url, total) if quick else measured(home, url, total, asked_for.seconds))
        table(found[0], found[1], f"SQLite, {asked_for.cases:,} cases, ms")
        if asked_for.large:
            found = []
            for total in (1_000, 1_000_000):
                home = folder / f"postgresql-{total}"
                home.mkdir()
                with postgres_server(home) as url:
                    found.append(measured(home / "home", url, total, asked_for.seconds))
            table(found[0], found[1], "PostgreSQL, 1,000,000 cases, ms")


if __name__ == "__main__":
    main()
