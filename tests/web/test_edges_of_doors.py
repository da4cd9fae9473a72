"""The doors at their edges: a post by cookie without its secret, and days that end at midnight."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import compile_path

from states.errors import Problem
from states.terms import parse_moment
from states.vocabulary import Act, Role
from tests.support.callers import Door
from tests.support.days import UNIT, ZONE
from tests.support.routes import compiled, filled
from tests.support.visitors import Arrivals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench
    from tests.support.visitors import Visitor


@pytest.fixture
def handler(sqlite_bench: Bench) -> Iterator[Visitor]:
    """Give a handler at a page."""
    with Arrivals(sqlite_bench) as arrivals:
        yield arrivals.come("officer", Role.HANDLER)


def _secret(visitor: Visitor) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', visitor.read("/password").text)
    assert found is not None
    return found[1]


def _post(visitor: Visitor, case: int, headers: dict[str, str]) -> Any:
    act = {"act": "record_help", "on": "2026-02-10", "data": {}}
    return visitor.client.post(f"/api/v1/cases/{case}/acts", json=act, headers=headers)


@pytest.mark.parametrize("sent", ["nothing", "empty", "wrong", "almost"])
def test_an_act_by_the_cookie_of_a_page_needs_the_secret_of_the_page(
    sqlite_bench: Bench, handler: Visitor, sent: str
) -> None:
    case = sqlite_bench.ordered()
    secret = _secret(handler)
    headers = {
        "nothing": {},
        "empty": {"X-CSRF-Token": ""},
        "wrong": {"X-CSRF-Token": "x" * len(secret)},
        "almost": {"X-CSRF-Token": secret[:-1]},
    }[sent]
    answer = _post(handler, case, headers)
    assert answer.status_code == 401
    assert len(sqlite_bench.history(case)) == 2


def test_the_same_act_with_the_secret_is_judged_by_the_rules_and_reading_needs_none(
    sqlite_bench: Bench, handler: Visitor
) -> None:
    case = sqlite_bench.ordered()
    answer = _post(handler, case, {"X-CSRF-Token": _secret(handler)})
    assert answer.status_code == 409  # help is recorded after the criticism: the rules, not the door, refuse it
    assert handler.client.get(f"/api/v1/cases/{case}").status_code == 200


def test_a_cookie_that_is_nobody_s_is_no_login(sqlite_bench: Bench, handler: Visitor) -> None:
    case = sqlite_bench.ordered()
    secret = _secret(handler)
    handler.client.cookies.clear()
    assert _post(handler, case, {"X-CSRF-Token": secret}).status_code == 401


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-05", "2026-03-05T23:59:59.999999+08:00"),
        ("2026-03-05T10:00", "2026-03-05T10:00:00+08:00"),
        ("2026-03-05T00:00", "2026-03-05T00:00:00+08:00"),
        ("2026-03-05T10:00:00+00:00", "2026-03-05T10:00:00+00:00"),
    ],
)
def test_a_day_means_its_end_and_a_time_without_an_offset_is_the_office_s(text: str, moment: str) -> None:
    assert parse_moment(text, ZONE).isoformat() == moment


def test_a_time_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Problem, match="2026-3-5"):
        parse_moment("2026-3-5", ZONE)


def test_a_replay_through_the_interface_shows_the_whole_day_that_it_names(sqlite_bench: Bench) -> None:
    door = Door(sqlite_bench)
    door.person("officer", Role.HANDLER)
    case = sqlite_bench.ordered()
    sqlite_bench.act(case, Act.SUBMIT_PLAN, "02-13", hour=23)
    seen = {
        at: [event["act"] for event in door.ask("officer", "GET", f"/cases/{case}/replay?at={at}").json()["events"]]
        for at in ("2026-02-12", "2026-02-13", "2026-02-13T22:59", "2026-02-13T23:00")
    }
    assert [len(acts) for acts in seen.values()] == [2, 3, 2, 3]
    door.client.close()


def test_a_unit_sees_its_own_case_and_not_its_neighbour_s(sqlite_bench: Bench) -> None:
    door = Door(sqlite_bench)
    door.person("head", Role.HEAD, UNIT)
    own, other = sqlite_bench.ordered(), sqlite_bench.ordered(unit="临溪市教育局")
    assert door.ask("head", "GET", f"/cases/{own}").status_code == 200
    assert door.ask("head", "GET", f"/cases/{other}").status_code == 404
    door.client.close()


def test_no_address_of_the_interface_is_taken_for_another_one(sqlite_bench: Bench) -> None:
    """What is written out, such as `/rankings/interviews`, is not the year `interviews` of `/rankings/{year}`."""
    known = {path for _, path in compiled(sqlite_bench.application.routes) if path.startswith("/api/v1/")}
    assert len(known) > 30  # all of them, not those of one router
    for path in known:
        example = filled(path, 7)
        assert {other for other in known if compile_path(other)[0].match(example)} == {path}


@pytest.mark.parametrize(
    "address", ["/cases/abc", "/cases/0", "/cases/99999999999999999999", "/units/-1", "/cases/bulk"]
)
def test_an_address_that_was_copied_wrongly_is_a_page_with_a_way_on(handler: Visitor, address: str) -> None:
    answer = handler.client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code in {404, 405}
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有找到这一页" in answer.text
    assert "case_id" not in answer.text
