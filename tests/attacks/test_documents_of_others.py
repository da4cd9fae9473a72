"""Official documents, by those for whom a step is not meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.vocabulary import Act, Role
from store import accounts, sessions
from tests.support.callers import Door
from tests.support.offices import UNIT
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

ON = {"on": "2026-02-05"}


@pytest.fixture
def door(sqlite_bench: Bench) -> Iterator[Door]:
    found = Door(sqlite_bench)
    for name, role, unit in (
        ("liu", Role.HANDLER, ""),
        ("zhou", Role.DIRECTOR, ""),
        ("auditor", Role.AUDITOR, ""),
        ("lin", Role.LEADER, ""),
        ("head", Role.HEAD, UNIT),
        ("liaison", Role.LIAISON, UNIT),
    ):
        found.person(name, role, unit)
    yield found
    found.client.close()


def stepped(door: Door, who: str, path: str, step: str, **more: str) -> int:
    return int(door.ask(who, "POST", f"{path}/steps", json={"step": step, **ON, **more}).status_code)


@pytest.fixture
def issued(door: Door) -> str:
    """Return the address of an order that was issued to the unit and is not served yet."""
    case = door.bench.open("01-28", criteria="列入年度计划")
    made = door.ask("liu", "POST", "/documents", json={"case": case, "kind": "order", **ON})
    path = str(made.headers["Location"]).removeprefix("/api/v1")
    door.ask("liu", "PATCH", path, json={**ON, "data": {"help_contact": "督查科"}})
    assert [
        stepped(door, who, path, step) for who, step in (("liu", "submit"), ("zhou", "sign"), ("liu", "issue"))
    ] == [200] * 3
    return path


@pytest.mark.parametrize("who", ["head", "liaison", "auditor"])
def test_who_is_served_or_only_reads_does_not_write_down_that_it_was_served(door: Door, issued: str, who: str) -> None:
    refused = door.ask(
        who, "POST", f"{issued}/steps", json={"step": "serve", **ON, "way": "courier", "signed_by": "别人"}
    )
    assert refused.status_code == 409, refused.text
    assert door.ask("zhou", "GET", issued).json()["status"] == "issued"
    assert stepped(door, "liu", issued, "serve", way="courier", signed_by="办公室") == 200


@pytest.mark.parametrize("file", ["download.docx", "download/scan"])
def test_a_file_of_a_case_that_was_handed_over_is_not_read_unseen(door: Door, issued: str, file: str) -> None:
    case = door.ask("zhou", "GET", issued).json()["case_id"]
    scan = {"file": ("扫描件.pdf", b"%PDF-1.4\n%%EOF")}
    kept = door.ask("liu", "POST", f"{issued}/scan", files=scan, data=ON)
    assert kept.status_code == 200, kept.text
    door.bench.act(case, Act.TRANSFER, "02-10", role=Role.LEADER, receiver="市纪委监委")
    with door.bench.office.database.transaction() as session:
        accounts.set_password(session, "lin", "unused", must_change=False)
        cookie = sessions.begin(session, "lin", now())
    before = len(door.bench.history(case))
    door.client.cookies.set(COOKIE, cookie)
    answer = door.client.get(f"{issued}/{file}")
    assert answer.status_code == 200, answer.text
    looked = door.bench.history(case)[before:]
    assert [(one.event.act, one.event.data["who"]) for one in looked] == [(Act.CASE_VIEWED, "lin")]


def test_what_changed_since_it_was_read_is_not_signed_through_the_door_either(door: Door) -> None:
    case = door.bench.open("01-28", criteria="列入年度计划")
    made = door.ask("liu", "POST", "/documents", json={"case": case, "kind": "order", **ON})
    path = made.headers["Location"].removeprefix("/api/v1")
    door.ask("liu", "PATCH", path, json={**ON, "data": {"help_contact": "督查科"}})
    assert stepped(door, "liu", path, "submit") == 200
    seen = len(door.ask("zhou", "GET", path).json()["steps"])
    assert stepped(door, "zhou", path, "return", note="请改") == 200
    door.ask("liu", "PATCH", path, json={**ON, "data": {"help_contact": "另一个人"}})
    assert stepped(door, "liu", path, "submit") == 200
    sign = {"step": "sign", **ON}
    refused = door.ask("zhou", "POST", f"{path}/steps", json={**sign, "seen": seen})
    assert refused.status_code == 409, refused.text
    again = len(door.ask("zhou", "GET", path).json()["steps"])
    assert door.ask("zhou", "POST", f"{path}/steps", json={**sign, "seen": again}).status_code == 200
