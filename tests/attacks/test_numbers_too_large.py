"""Numbers that no database holds, in every form and address: a sentence, and never a failure of ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from states.inspection import InspectionState
from states.vocabulary import Role
from store import accounts, sessions
from tests.support.callers import Door
from tests.support.inspections import draft, planned, units
from tests.support.offices import at
from tests.support.routes import routes_of
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.support.offices import Bench

FIELDS: Final = (
    "id",
    "layout",
    "year",
    "case",
    "place",
    "post",
    "person",
    "of",
    "page",
    "proposal",
    "seen",
    "limit",
    "term",
)


@pytest.fixture
def leader(sqlite_bench: Bench) -> TestClient:
    door = Door(sqlite_bench)
    door.person("lin", Role.LEADER)
    with sqlite_bench.office.database.transaction() as session:
        accounts.set_password(session, "lin", "unused", must_change=False)
        cookie = sessions.begin(session, "lin", now())
    door.client.cookies.set(COOKIE, cookie)
    return door.client


def secret(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', client.get("/password").text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("value", ["9" * 25, "9" * 5000])
def test_no_number_in_a_form_or_its_address_is_too_large(leader: TestClient, value: str) -> None:
    csrf = secret(leader)
    given = dict.fromkeys(FIELDS, value) | {"csrf": csrf, "on": "2026-02-05", "text": "x", "reason": "x"}
    for method, path in sorted(set(routes_of(leader.app.routes))):  # type: ignore[attr-defined]  # the application's
        if method != "POST" or path.startswith("/api/") or path == "/logout":
            continue
        for act in ("answer", "forget", "withdraw_ranking"):
            sent = given | {"act": act, "do": act, "step": act}
            address = re.sub(r"\{[^}]*\}", value[:40], path)
            answer = leader.post(address, data=sent, follow_redirects=False)
            assert answer.status_code < 500, (address, act)


def test_what_was_planned_after_the_look_is_not_approved_with_the_rest(leader: TestClient, sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    plans, today = sqlite_bench.office.inspection_plans, sqlite_bench.office.today()
    first = planned(sqlite_bench, from_on=today, until_on=today)
    page = leader.get(f"/plan?year={today.year}").text
    shown = re.search(r'name="seen" value="([^"]*)"', page)
    assert shown is not None
    assert shown[1] == str(first.id)
    again = draft(title="专项检查", from_on=today, until_on=today, kept_because="另有举报")
    later = plans.plan(again, sqlite_bench.actor(Role.HANDLER), at("01-11"))
    form = {"csrf": secret(leader), "year": str(today.year), "seen": shown[1]}
    assert leader.post("/plan", data=form, follow_redirects=False).status_code == 409
    assert {one.state for one in plans.listed(today.year)} == {InspectionState.DRAFT}
    form["seen"] = f"{first.id},{later.id}"
    answer = leader.post("/plan", data=form, follow_redirects=False)
    assert answer.status_code == 303, re.findall(r'role="alert"[^§]{0,400}', answer.text)
    assert {one.state for one in plans.listed(today.year)} == {InspectionState.APPROVED}
