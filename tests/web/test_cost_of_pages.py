"""What a page costs does not grow with what is stored: every address, over 200 cases and over 2,000 (ADR 0055)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import text

from benchmarks.addresses import addresses, pages
from benchmarks.copies import Copying
from benchmarks.model_office import AT_ONCE, finding
from states.vocabulary import Act, Role
from store import accounts, organisation, outbox, sessions, unit_posts
from tests.support.costs import Cost, costs
from tests.support.offices import Bench, at
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FEW, MANY = 200, 2_000
MORE_STATEMENTS: Final = 3
"""A list that is full asks once less or more, and what is shown of it is read in batches."""
MORE_WORK: Final = 4
SMALL_WORK: Final = 600
"""Hundreds of instructions that do not matter: a list of fifty cases costs more."""
GROWING: Final[Mapping[str, str]] = {
    "q=": "a search looks through those that have the rarest pair, up to 20,000",
    "/metrics": "messages since the last night are counted",
    "/health/deadlines": "as above",
}
"""Which addresses may cost more, and why."""


def _office(bench: Bench) -> None:
    """Let twenty cases be there, each in a unit of its own, some closed and some on their way."""
    for n in range(AT_ONCE):
        unit = f"第{n}局"
        case = bench.ordered(unit=unit, finding=finding(n), number=f"基准〔2026〕{n}号")
        if n % 2:
            bench.act(case, Act.SUBMIT_REPORT, "02-11")
        if n % 4 == 1:
            bench.act(case, Act.VERIFY_PASS, "02-13", verifiers=["陈立", "何静"])
            bench.act(case, Act.APPROVE_CLOSURE, "02-16")
    with bench.office.database.transaction() as session:
        office = unit_posts.ensure_office(session, bench.settings.office)
        own = organisation.ensure_unit(session, "第1局").id
        for role in (Role.DIRECTOR, Role.HEAD, Role.HANDLER):
            accounts.add_person(session, role.value, role.value, role, own if role is Role.HEAD else office)
            accounts.set_password(session, role.value, "none", must_change=False)


def _copied(bench: Bench, total: int) -> None:
    with bench.office.database.transaction() as session:
        for table in ("copied", "model_pairs"):
            session.execute(text(f"DROP TABLE IF EXISTS temp.{table}"))
        Copying(session, total, is_sqlite=True).run()
        outbox.count_all(session, at("11-28"))
    with bench.office.database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def _asked(bench: Bench, role: Role, paths: Sequence[str]) -> dict[tuple[str, str], Cost]:
    from starlette.testclient import TestClient  # noqa: PLC0415  # only here

    with bench.office.database.transaction() as session:
        cookie = sessions.begin(session, role.value, now())
    found = dict[tuple[str, str], Cost]()
    with TestClient(bench.application, cookies={COOKIE: cookie}) as client:
        for path in paths:
            client.get(path, follow_redirects=False)  # whatever is remembered from now on is asked for once
            with costs(bench) as cost:
                answer = client.get(path, follow_redirects=False)
            if answer.status_code == 200:
                found[role.value, path] = cost[0]
    return found


def _grown(bench: Bench, asked: Mapping[Role, Sequence[str]]) -> dict[tuple[str, str], tuple[Cost, Cost]]:
    """Return what costs more over many cases than over few: for each role and address both costs."""
    _office(bench)
    found = []
    for total in (FEW, MANY):
        _copied(bench, total)
        found.append({key: cost for role, paths in asked.items() for key, cost in _asked(bench, role, paths).items()})
    few, many = found
    assert few.keys() == many.keys()
    return {
        key: (few[key], cost)
        for key, cost in many.items()
        if not any(part in key[1] for part in GROWING)
        and (
            cost.statements > few[key].statements + MORE_STATEMENTS
            or cost.ticks > MORE_WORK * few[key].ticks + SMALL_WORK
        )
    }


def test_no_page_costs_more_over_ten_times_as_many_cases(sqlite_bench: Bench) -> None:
    every = pages(FEW)
    few = ("/mine", "/cases", "/documents", "/obligations", "/deadlines", "/units")
    assert _grown(sqlite_bench, {Role.DIRECTOR: every, Role.HEAD: few, Role.HANDLER: ("/", "/cases", "/clues")}) == {}


def test_after_an_act_a_report_costs_what_happened(sqlite_bench: Bench) -> None:
    from starlette.testclient import TestClient  # noqa: PLC0415  # only here

    bench, found = sqlite_bench, list[Cost]()
    _office(bench)
    with bench.office.database.transaction() as session:
        cookie = sessions.begin(session, Role.DIRECTOR.value, now())
    with TestClient(bench.application, cookies={COOKIE: cookie}) as client:
        for total in (FEW, MANY):
            _copied(bench, total)
            client.get("/report/2026Q1")
            bench.open("03-02", unit="第3局", finding=finding(total), number=f"基准〔2026〕9{total}号")
            with costs(bench) as cost:
                assert client.get("/report/2026Q1").status_code == 200
            found.append(cost[0])
    few, many = found
    assert many.statements <= few.statements + MORE_STATEMENTS
    assert many.ticks <= MORE_WORK * few.ticks + SMALL_WORK


@pytest.mark.slow
def test_no_list_costs_more_over_ten_times_as_many_cases(sqlite_bench: Bench) -> None:
    every = addresses(FEW)
    assert _grown(sqlite_bench, dict.fromkeys((Role.DIRECTOR, Role.HEAD, Role.HANDLER), every)) == {}
