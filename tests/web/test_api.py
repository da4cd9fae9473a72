"""The HTTP interface: the same desk, and nobody sees what is not his or hers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from states.vocabulary import Act, Role, State
from tests.support.callers import FINDING, Door
from tests.support.offices import UNIT, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER = "临溪市教育局"


@pytest.fixture
def door(bench: Bench) -> Iterator[Door]:
    found = Door(bench)
    for name, role, unit in (
        ("officer", Role.HANDLER, ""),
        ("colleague", Role.HANDLER, ""),
        ("director", Role.DIRECTOR, ""),
        ("leader", Role.LEADER, ""),
        ("auditor", Role.AUDITOR, ""),
        ("discipline", Role.DISCIPLINE, ""),
        ("liaison", Role.LIAISON, UNIT),
        ("head", Role.HEAD, UNIT),
        ("stranger", Role.HEAD, OTHER),
        ("root", Role.ADMINISTRATOR, ""),
    ):
        found.person(name, role, unit)
    yield found
    found.client.close()


def test_a_case_is_opened_ordered_reported_and_closed_through_the_door(door: Door) -> None:
    made = door.ask("officer", "POST", "/cases", json=FINDING)
    assert made.status_code == 201
    case = made.json()
    assert made.headers["Location"] == f"/api/v1/cases/{case['id']}"
    path = f"/cases/{case['id']}/acts"
    answer: Any = None
    for who, act, on, data in (
        ("officer", "serve_order", "2026-02-06", {"term": "15wd", "authorization_note": "经市委同意"}),
        ("liaison", "submit_plan", "2026-02-13", {}),
        ("liaison", "submit_report", "2026-03-04", {"note": "已整改", "signed_by": "局长"}),
        ("officer", "verify_pass", "2026-03-11", {"verifiers": ["甲", "乙"]}),
        ("colleague", "countersign", "2026-03-11", {}),
        ("director", "approve_closure", "2026-03-13", {}),
    ):
        answer = door.ask(who, "POST", path, json={"act": act, "on": on, "data": data})
        assert answer.status_code == 200, answer.text
    assert answer.json()["case"]["state"] == State.CLOSED
    read = door.ask("head", "GET", f"/cases/{case['id']}")
    assert read.headers["ETag"] == '"7"'
    due = door.ask("head", "GET", f"/cases/{case['id']}/deadlines").json()["deadlines"]
    assert [(line["kind"], line["due_on"]) for line in due] == [("look_back", "2026-06-10")]
    then = door.ask("auditor", "GET", f"/cases/{case['id']}/replay?at=2026-02-10").json()
    assert (then["case"]["state"], len(then["events"])) == ("ordered_to_rectify", 2)


def test_refusals_are_problems_with_the_sentence(door: Door) -> None:
    case = door.ask("officer", "POST", "/cases", json=FINDING).json()["id"]
    path = f"/cases/{case}/acts"
    for who, body, status, words in (
        ("officer", {"act": "verify_pass"}, 409, "不能办理"),
        ("liaison", {"act": "serve_order"}, 409, "须由"),
        ("officer", {"act": "dance"}, 422, "dance"),
        ("officer", {"act": "escalated"}, 422, "escalated"),
        ("officer", {"act": "serve_order", "data": {"term": "soon"}}, 422, "期限"),
        ("officer", {"act": "serve_order", "on": "2026-02-30"}, 422, "日期"),
        ("officer", {"act": "serve_order", "on": "2099-01-01"}, 409, "将来"),
        ("officer", {"do": "serve_order"}, 422, "act"),
    ):
        answer = door.ask(who, "POST", path, json=body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert words in answer.json()["detail"]
    english = door.ask("liaison", "POST", path, json={"act": "serve_order"}, headers={"Accept-Language": "en"})
    assert "is for" in english.json()["detail"]
    assert door.client.get("/api/v1/cases").status_code == 401
    assert door.client.get("/api/v1/cases", headers={"Authorization": "Bearer no"}).status_code == 401
    assert door.ask("officer", "GET", "/nowhere").json()["status"] == 404
    assert len(door.ask("officer", "GET", f"/cases/{case}/events").json()["events"]) == 1


def test_a_request_that_is_repeated_is_carried_out_once(door: Door) -> None:
    first = door.ask("officer", "POST", "/cases", json=FINDING, headers={"Idempotency-Key": "a"})
    again = door.ask("officer", "POST", "/cases", json=FINDING, headers={"Idempotency-Key": "a"})
    assert first.json() == again.json()
    other = door.ask("officer", "POST", "/cases", json=FINDING | {"finding": "x"}, headers={"Idempotency-Key": "a"})
    assert other.status_code == 409
    path = f"/cases/{first.json()['id']}/acts"
    body = {"act": "serve_order", "on": "2026-02-06", "data": {"authorization_note": "经市委同意"}}
    answers = [door.ask("officer", "POST", path, json=body, headers={"Idempotency-Key": "b"}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json() for answer in answers] == [answers[0].json()] * 3
    assert len(door.ask("officer", "GET", "/events").json()["events"]) == 2


def test_who_comes_second_is_told_that_the_case_has_changed(door: Door) -> None:
    case = door.ask("officer", "POST", "/cases", json=FINDING).json()["id"]
    path = f"/cases/{case}/acts"
    body = {"act": "serve_order", "on": "2026-02-06", "data": {"authorization_note": "经市委同意"}}
    assert door.ask("officer", "POST", path, json=body, headers={"If-Match": '"1"'}).status_code == 200
    plan = {"act": "submit_plan", "on": "2026-02-13"}
    late = door.ask("liaison", "POST", path, json=plan, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert door.ask("liaison", "POST", path, json=plan, headers={"If-Match": '"2"'}).status_code == 200


def test_nobody_sees_what_is_not_his_or_hers(door: Door) -> None:
    case = door.ask("officer", "POST", "/cases", json=FINDING).json()["id"]
    paths = ["", "/acts", "/events", "/deadlines", "/replay"]
    for who in ("officer", "director", "leader", "auditor", "liaison", "head"):
        assert [door.ask(who, "GET", f"/cases/{case}{path}").status_code for path in paths] == [200] * 5, who
    for who in ("stranger", "root", "discipline"):
        answers = [door.ask(who, "GET", f"/cases/{case}{path}") for path in paths]
        nothing = door.ask(who, "GET", "/cases/999999")
        assert {answer.status_code for answer in answers} == {404}, who
        assert answers[0].json()["detail"].replace(str(case), "999999") == nothing.json()["detail"]
        assert door.ask(who, "POST", f"/cases/{case}/acts", json={"act": "acknowledge"}).status_code == 404
        assert door.ask(who, "GET", "/cases").json() == {"cases": [], "next": None}
        assert door.ask(who, "GET", "/events").json()["events"] == []
    assert door.ask("head", "POST", "/audit/verify").status_code == 409
    assert door.ask("auditor", "POST", "/audit/verify").json()["ok"] is True


def test_a_transferred_case_is_gone_for_the_unit_and_a_stub_for_the_office(door: Door) -> None:
    case = door.ask("officer", "POST", "/cases", json=FINDING).json()["id"]
    moved = {"act": "transfer", "on": "2026-02-02", "data": {"receiver": "市纪委监委"}}
    assert door.ask("director", "POST", f"/cases/{case}/acts", json=moved).status_code == 200
    assert door.ask("head", "GET", f"/cases/{case}").status_code == 404
    assert door.ask("officer", "GET", f"/cases/{case}").json()["finding"] == ""
    assert door.ask("discipline", "GET", f"/cases/{case}").json()["finding"] == FINDING["finding"]
    events = door.ask("officer", "GET", f"/cases/{case}/events").json()["events"]
    assert [(event["act"], event["data"]) for event in events] == [
        ("register_finding", {}),
        ("transfer", {}),
        ("case_viewed", {}),
    ]
    looked = door.ask("discipline", "GET", f"/cases/{case}/events").json()["events"][2]["data"]
    assert looked == {"who": "discipline", "role": "discipline", "how": "api/case"}
    assert FINDING["finding"] not in door.ask("auditor", "GET", f"/cases/{case}/replay").text


def test_lists_come_in_pages_and_the_feed_without_gaps(door: Door) -> None:
    for n in range(5):
        door.ask("officer", "POST", "/cases", json=FINDING | {"unit": UNIT if n % 2 else OTHER})
    seen, path = [], "/cases?limit=2"
    while path:
        answer = door.ask("auditor", "GET", path)
        seen += [case["id"] for case in answer.json()["cases"]]
        path = answer.headers.get("Link", "").partition(";")[0].strip("<>").removeprefix("/api/v1")
    assert len(seen) == len(set(seen)) == 5
    lines = door.ask("auditor", "GET", "/events?after=2", headers={"Accept": "application/x-ndjson"})
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line)["seq"] for line in lines.text.splitlines()] == [3, 4, 5]
    assert {case["unit"] for case in door.ask("head", "GET", "/cases").json()["cases"]} == {UNIT}
    assert door.ask("auditor", "GET", "/cases?state=closed").json()["cases"] == []
    assert len(door.ask("auditor", "GET", f"/cases?unit={OTHER}&due_before=2026-12-01").json()["cases"]) == 3
    assert door.ask("auditor", "GET", "/cases?cursor=x").status_code == 422


def test_the_calculator_and_what_may_be_done(door: Door) -> None:
    reckoned = door.ask("head", "GET", "/terms?start=2026-02-06&term=15wd").json()
    assert (reckoned["due_on"], reckoned["provisional"]) == ("2026-03-05", False)
    case = door.ask("officer", "POST", "/cases", json=FINDING).json()["id"]
    found = door.ask("officer", "GET", f"/cases/{case}/acts").json()
    assert "serve_order" in found["allowed"]
    assert {line["act"] for line in found["refused"]} | set(found["allowed"]) >= {Act.DISMISS, Act.TRANSFER}
    assert {field["name"] for field in found["fields"]["serve_order"]} >= {"term", "authorization_note"}
    assert door.ask("head", "GET", "/audit/checkpoints").json()["checkpoints"] == []
    schema = door.client.get("/api/v1/openapi.json").json()
    assert "/api/v1/cases/{case_id}/acts" in schema["paths"]


def test_a_number_that_no_database_holds_is_refused_with_a_sentence(door: Door) -> None:
    body = FINDING | {"data": {"severity": 2**70}}
    assert door.ask("officer", "POST", "/cases", json=body, headers={"Idempotency-Key": "n"}).status_code == 422


def test_an_address_names_every_method_that_it_knows(door: Door) -> None:
    answer = door.ask("officer", "DELETE", "/cases")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")


def test_only_the_head_of_the_unit_reads_the_decision_and_the_liaison_not_even_its_number(door: Door) -> None:
    case = door.bench.ordered()
    door.bench.act(case, Act.PROPOSE_ACCOUNTABILITY, "02-24", grave=True)
    decision: dict[str, Any] = {"organ": "县委", "document_number": "问责〔2026〕1号", "confirmed_by": "乙"}
    door.bench.act(case, Act.RECORD_ACCOUNTABILITY, "02-25", **decision)

    def read(who: str) -> set[str]:
        events = door.ask(who, "GET", f"/cases/{case}/events").json()["events"]
        return set(next(event for event in events if event["act"] == "record_accountability")["data"])

    assert read("head") > {"organ", "document_number"}
    assert read("officer") == {"document_number"}
    assert read("liaison") == set()


def test_a_part_that_was_handed_over_is_not_told_to_the_unit(door: Door) -> None:
    case = door.bench.ordered(source="群众举报")
    door.bench.act(case, Act.TRANSFER, "02-09", receiver="市纪委监委", partial=True, part="线索", rest="制度不健全")
    for who in ("head", "liaison"):
        told = door.ask(who, "GET", f"/cases/{case}/events").text
        assert "市纪委监委" not in told
        assert "移1" not in told
        assert "群众举报" not in told
    assert "＊＊＊" in door.ask("auditor", "GET", f"/cases/{case}/events").text
    assert "群众举报" in door.ask("officer", "GET", f"/cases/{case}/events").text
