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
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from store import organisation

sys.path.insert(0, str(Path(__file__).parent.parent))

import httpx2
from sqlalchemy import func, select, text

from config.settings import Settings
from states.case import Actor
from states.command import Command
from states.vocabulary import Act, Role
from store import accounts, counters, number_search, sessions, text_search
from store.case_orders import ListColumn
from store.schema.base import table_of
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from store.schema.timers import TimerRow
from tests.support.databases import postgres_server
from web.app import application
from web.dependencies import COOKIE
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session
    from starlette.routing import BaseRoute

ZONE = ZoneInfo("Asia/Shanghai")
ENVIRON: Final = os.environ  # noqa: TID251  # for the server's process, which reads its own settings from it
RATE: Final = 20
"""Requests a second."""
LATEST: Final = 100
"""Milliseconds within which 95 of 100 answers must be there."""
SLOWER: Final = 1.5
"""How many times as long as over 1,000 cases it may take."""
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


WHAT: Final = (
    *("行政复议决定", "消防通道", "年度工作计划", "学校食堂", "河道排污口"),
    *("执法案卷", "公文公开", "信访事项", "危险房屋", "采购合同"),
)
HOW: Final = (
    "没有按期履行",
    "被占用未整改",
    "未列入法治建设内容",
    "没有台账",
    "检查流于形式",
    "答复超过期限",
    "缺少签字",
)
WHERE: Final = ("城东", "城西", "开发区", "老街", "新区", "镇政府", "机关", "窗口", "工地", "仓库", "医院")


def finding(n: int) -> str:
    """Return a finding of some forty characters; some words are in many, some in few, one number in one model only."""
    parts = (WHERE[n % len(WHERE)], WHAT[n % len(WHAT)], HOW[n % len(HOW)])
    return f"{'，'.join(parts)}；经第{n}次抽查，责任人未作说明，问题仍然存在，要求限期改正并报告结果。"


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
            "finding": finding(n),
        }
        data["number"] = f"基准〔2026〕{n}号"
        case = office.desk.open(
            Command(act=Act.REGISTER_FINDING, actor=who, on=FOUND, data=data), moment(FOUND)
        ).case.id
        if n % 5:
            on = FOUND + timedelta(days=9)
            command = Command(act=Act.SERVE_ORDER, actor=boss, on=on, data={"term": "15wd"}, case_id=case)
            office.desk.do(command, moment(on))
        if n % 5 == 4:  # noqa: PLR2004  # one in five is handed over
            on = FOUND + timedelta(days=10)
            command = Command(act=Act.TRANSFER, actor=boss, on=on, data={"receiver": "纪委"}, case_id=case)
            office.desk.do(command, moment(on))


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
    counters.refill(session)
    number_search.refill(session)
    text_search.refill(session)


def filled(folder: Path, url: str, total: int) -> None:
    """Make an office with so many cases."""
    office = Office(Settings(home=folder, database_url=url))
    office.installation.prepare(now())
    with office.database.transaction() as session:
        office_id = organisation.ensure_office(session, office.settings.office)
        own = organisation.ensure_unit(session, "第1局").id
        for name, role in WHO.items():
            accounts.add_person(session, name, name, role, own if role is Role.HEAD else office_id)
            accounts.give_token(session, name, sha256(secrets.token_bytes()).hexdigest())
            accounts.set_password(session, name, "none", must_change=False)
    small_office(office, MODELS)
    with office.database.transaction() as session:
        if total > MODELS:
            copied(session, total, is_sqlite=office.database.is_sqlite)
    office.close()


def entered(folder: Path, url: str, total: int) -> tuple[dict[str, str], dict[str, str]]:
    """Make the office, unless an earlier run has left it in this folder; let everybody log in.

    Return the settings of a server, and a cookie for each of the people.
    """
    note = folder / "office.txt"
    if note.exists():
        url = note.read_text("utf-8")
    else:
        filled(folder, url, total)
        note.write_text(url, "utf-8")
    office = Office(Settings(home=folder, database_url=url))
    office.installation.prepare(now())
    with office.database.transaction() as session:
        cookies = {name: sessions.begin(session, name, now()) for name in WHO}
    with office.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if office.database.is_sqlite else "VACUUM ANALYZE"))
    office.close()
    return {"DUBAN_HOME": str(folder), "DUBAN_DATABASE_URL": url, "DUBAN_RATE_API": "0"}, cookies


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

    found = {path.replace("{case_id:int}", str(some)) for path in paths(application(None).routes)}
    pages = sorted(path for path in found if "{" not in path and path not in NOT_ASKED)
    # A list from its beginning, from its middle, with each filter, and with words that stand nowhere.
    # Words: in all cases, in one of ten, of one and of two characters, two words, common ones that seldom meet.
    words = ("问题仍然存在", "复议", "河", "消防 超过", "老街 合同 签字", "第150次", "通道 口")
    filters = ("state=closed", "light=green", "due_before=2026-04-01", "q=第1局", f"q={some}号", "q=没有这个")
    asked = [*filters, *(f"q={word}" for word in words)]
    lists = [f"{path}?{query}" for path in ("/cases", "/api/v1/cases") for query in asked]
    lists += [f"/cases?sort={sign}{column}" for column in ListColumn for sign in ("", "-")]
    lists += [f"/cases?sort={column}&light=green" for column in ListColumn]
    more = [
        "/units/2",
        f"/units/{UNITS // 2}",
        f"/cases?sort=number&after=0..{some}",
        f"/api/v1/cases?cursor={some}",
        f"/api/v1/events?after={some}&limit=100",
    ]
    return [*pages, *lists, "/api/v1/cases?unit=第1局", *more]


_LARGE_SERVER: Final = """
shared_buffers = '2GB'
effective_cache_size = '8GB'
max_wal_size = '8GB'
random_page_cost = 1.1
"""
"""As docs/operations.md has it for a machine with 16 GiB."""
NOT_ASKED: Final = {
    "/api/v1/openapi.json",
    "/login",
    "/logout",
    "/api/v1/terms",
    "/cases/export.csv",  # a file of all cases takes as long as they are many
    "/cases/export.xlsx",
}


class Told(NamedTuple):
    """How fast one address answered, in milliseconds, and how heavy the answer is, in bytes as they travel."""

    middle: float
    late: float
    weight: int


async def asked(address: str, path: str, cookie: str, seconds: float) -> Told | None:
    """Ask for one address steadily; return how long the answers took, each from when it was due; nothing if refused."""
    async with httpx2.AsyncClient(base_url=address, cookies={COOKIE: cookie}, timeout=60) as client:
        await client.get(path)
        answer = await client.get(path)
        if answer.status_code >= 300 and not path.startswith("/health"):  # noqa: PLR2004  # elsewhere, or refused
            return None
        began = asyncio.get_running_loop().time()

        async def one(n: int) -> float:
            wanted = began + n / RATE
            await asyncio.sleep(max(0, wanted - asyncio.get_running_loop().time()))
            await client.get(path)
            return (asyncio.get_running_loop().time() - wanted) * 1000

        took = list(await asyncio.gather(*(one(n) for n in range(int(seconds * RATE)))))
    return Told(statistics.median(took), statistics.quantiles(took, n=20)[18], len(answer.content))


def measured(folder: Path, url: str, total: int, seconds: float, only: str = "") -> dict[str, Told]:
    """Return how every address in which `only` stands answers everybody, over so many cases."""
    began = time.perf_counter()
    environment, cookies = entered(folder, url, total)
    print(f"{total:,} cases after {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    found = {}
    with server(environment) as address:
        for who, cookie in cookies.items():
            for path in (path for path in addresses(total) if only in path):
                told = asyncio.run(asked(address, path, cookie, seconds))
                if told is not None:
                    found[f"{who} {path.replace(str(total // 2), 'N')}"] = told
    return found


def table(small: dict[str, Told], large: dict[str, Told], title: str) -> None:
    """Print both offices side by side, the slowest first, and a line of the worst."""
    print(f"\n{title}\n{'':58} {'p50':>7} {'p95':>7} {'p95 of 1,000':>13} {'ratio':>6} {'bytes':>8}")
    both = {key: (told, small[key]) for key, told in large.items() if key in small}
    for key, (told, of_small) in sorted(both.items(), key=lambda item: -item[1][0].late):
        ratio = told.late / of_small.late
        print(f"{key:58} {told.middle:7.1f} {told.late:7.1f} {of_small.late:13.1f} {ratio:6.2f} {told.weight:8,}")
    late = sum(told.late > LATEST for told, _ in both.values())
    slower = sum(told.late > SLOWER * of_small.late for told, of_small in both.values())
    pages = [told.weight for key, (told, _) in both.items() if " /api/" not in key]
    print(f"{len(both)} addresses; p95 over {LATEST} ms: {late}; over {SLOWER} x the small office: {slower}", end="; ")
    print(f"heaviest page {max(pages):,} bytes", flush=True)


def main() -> None:
    """Measure, and print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--keep", type=Path, help="keep the offices in this folder, and take those that are there")
    parser.add_argument("--only", default="", help="ask only for addresses in which this stands")
    parser.add_argument("--large", action="store_true", help="also 1,000,000 cases on PostgreSQL")
    asked_for = parser.parse_args()
    sizes = {"sqlite": (1_000, asked_for.cases), "postgresql": (1_000, 1_000_000)}
    with tempfile.TemporaryDirectory() as name, ExitStack() as closing:
        folder = asked_for.keep or Path(name)
        for kind in ("sqlite", "postgresql") if asked_for.large else ("sqlite",):
            found = []
            for total in sizes[kind]:
                home = folder / f"{kind}-{total}"
                home.mkdir(parents=True, exist_ok=True)
                url = f"sqlite:///{home / 'duban.db'}"
                if kind == "postgresql" and not (home / "office.txt").exists():
                    url = closing.enter_context(postgres_server(home, _LARGE_SERVER))
                found.append(measured(home, url, total, asked_for.seconds, asked_for.only))
            table(found[0], found[1], f"{kind}, {sizes[kind][1]:,} cases, ms")


if __name__ == "__main__":
    main()
