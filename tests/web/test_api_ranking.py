"""The ranking, the interview of the last and commendations through the HTTP interface, refused as at every door."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from states.vocabulary import Role
from store import organisation
from tests.support.callers import Door
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

WORST, BETTER, QUIET = "临溪市甲局", "临溪市乙局", "临溪市丙局"


@pytest.fixture
def ranked(sqlite_bench: Bench) -> Iterator[Door]:
    """Give an office with a case that was found this year, long enough ago for objections to be over."""
    door = Door(sqlite_bench)
    for name, role, unit in (
        ("officer", Role.HANDLER, ""),
        ("director", Role.DIRECTOR, ""),
        ("leader", Role.LEADER, ""),
        ("head", Role.HEAD, WORST),
        ("other", Role.HEAD, BETTER),
        ("root", Role.ADMINISTRATOR, ""),
    ):
        door.person(name, role, unit)
    with sqlite_bench.office.database.transaction() as session:
        for unit in (WORST, BETTER, QUIET):
            organisation.ensure_unit(session, unit, "department")
    sqlite_bench.open("01-28", unit=WORST, unit_kind="department")
    yield door
    door.client.close()


def acted(door: Door, who: str, act: str, on: str, **more: Any) -> Any:
    return door.ask(who, "POST", "/rankings/2026/acts", json={"act": act, "on": on, **more})


def called(door: Door, who: str, unit: str) -> Any:
    body = {"unit": unit, "post": f"{unit}局长", "ranking": "临法治督〔2026〕30号"}
    return door.ask(who, "POST", "/rankings/interviews", json=body)


def test_a_ranking_goes_from_computing_to_exactly_one_interview(ranked: Door) -> None:
    assert ranked.ask("director", "GET", "/rankings/2026").status_code == 404
    computed = acted(ranked, "director", "compute_ranking", "2026-02-10").json()
    worst = next(row for row in computed["rows"] if row["unit"] == WORST)
    assert (worst["score"], worst["last"], computed["approved"]) == (99.0, True, False)
    assert round(sum(part["points"] for part in worst["parts"]), 2) == worst["score"]
    assert called(ranked, "leader", WORST).status_code == 409
    assert acted(ranked, "leader", "approve_ranking", "2026-02-10").status_code == 409
    assert ranked.ask("head", "GET", "/rankings/2026").status_code == 404  # not sent to the units yet
    assert acted(ranked, "director", "announce_ranking", "2026-02-11").status_code == 200
    own = ranked.ask("head", "GET", "/rankings/2026").json()["rows"]
    assert [row["unit"] for row in own] == [WORST]
    assert acted(ranked, "director", "approve_ranking", "2026-03-10").status_code == 409
    assert acted(ranked, "leader", "approve_ranking", "2026-03-10").json()["approved"]
    assert called(ranked, "director", WORST).status_code == 409
    assert "不在经批准排序的末位" in called(ranked, "leader", BETTER).json()["detail"]
    opened = called(ranked, "leader", WORST)
    assert opened.status_code == 201
    assert ranked.ask("leader", "GET", f"/cases/{opened.json()['case_id']}").json()["state"] == "interviewed"
    assert called(ranked, "leader", WORST).status_code == 409
    seen = ranked.ask("other", "GET", "/rankings/2026").json()["rows"]
    assert [row["parts"] for row in seen if row["unit"] == WORST] == [[]]  # places are for all, parts are not
    assert acted(ranked, "leader", "withdraw_ranking", "2026-03-11", reason="").status_code == 422
    assert acted(ranked, "leader", "withdraw_ranking", "2026-03-11", reason="公式有误").json()["state"] == "withdrawn"


def test_who_ranks_nothing_and_days_ahead_are_refused_and_nothing_is_kept(ranked: Door) -> None:
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    assert acted(ranked, "director", "compute_ranking", tomorrow).status_code == 422
    assert acted(ranked, "head", "compute_ranking", "2026-02-10").status_code == 409
    assert acted(ranked, "director", "dance", "2026-02-10").status_code == 422
    assert ranked.ask("root", "GET", "/rankings/1999").status_code == 422
    assert ranked.ask("director", "GET", "/rankings/2026").status_code == 404


def test_a_commendation_is_proposed_given_once_and_read_by_the_office_alone(ranked: Door) -> None:
    body = {"unit": QUIET, "text": "整改举一反三", "on": "2026-03-02"}
    assert ranked.ask("head", "POST", "/commendations", json=body).status_code == 409
    made = ranked.ask("officer", "POST", "/commendations", json=body)
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    path = f"/commendations/{made.json()['id']}/acts"
    given = {"act": "commend", "document_number": "临法治督〔2026〕5号"}
    assert ranked.ask("officer", "POST", path, json=given).status_code == 409
    assert ranked.ask("leader", "POST", path, json={"act": "commend"}).status_code == 422
    assert ranked.ask("leader", "POST", path, json=given).json()["state"] == "commended"
    assert ranked.ask("leader", "POST", path, json=given).status_code == 409
    (found,) = ranked.ask("officer", "GET", f"/commendations?unit={QUIET}").json()["commendations"]
    assert found["document_number"] == "临法治督〔2026〕5号"
    assert ranked.ask("head", "GET", "/commendations").status_code == 409
    assert ranked.ask("leader", "POST", "/commendations/9/acts", json=given).status_code == 404


def test_the_circular_of_a_commendation_goes_its_way_and_the_praised_unit_alone_reads_it(ranked: Door) -> None:
    body = {"unit": WORST, "text": "整改举一反三", "on": "2026-03-02"}
    which = ranked.ask("officer", "POST", "/commendations", json=body).json()["id"]
    path = f"/commendations/{which}/document"
    assert ranked.ask("head", "POST", path, json={}).status_code == 404  # not decided yet, so not for the unit
    made = ranked.ask("officer", "POST", path, json={"data": {"circulated_to": ["各县区党委、政府"]}})
    assert (made.status_code, made.json()["missing"], made.json()["case_id"]) == (201, [], None)
    assert made.json()["commendation_id"] == which
    steps = f"{made.headers['Location'].removeprefix('/api/v1')}/steps"
    assert ranked.ask("officer", "POST", steps, json={"step": "submit"}).status_code == 200
    assert ranked.ask("director", "POST", steps, json={"step": "sign"}).status_code == 409
    signed = ranked.ask("leader", "POST", steps, json={"step": "sign"}).json()
    assert signed["number"]
    assert ranked.ask("head", "GET", steps.removesuffix("/steps")).status_code == 404
    assert ranked.ask("officer", "POST", steps, json={"step": "issue"}).json()["status"] == "issued"
    (found,) = ranked.ask("officer", "GET", "/commendations").json()["commendations"]
    assert (found["state"], found["document_number"]) == ("commended", signed["number"])
    assert ranked.ask("head", "GET", steps.removesuffix("/steps")).json()["number"] == signed["number"]
    assert ranked.ask("other", "GET", steps.removesuffix("/steps")).status_code == 404
    assert ranked.ask("head", "GET", f"{steps.removesuffix('/steps')}/file").content.startswith(b"PK")


def test_a_unit_objects_to_its_own_score_alone_and_the_director_answers_with_the_reason(ranked: Door) -> None:
    acted(ranked, "director", "compute_ranking", "2026-02-10")
    body = {"text": "检查发现的问题已经整改", "on": "2026-02-12"}
    path = "/rankings/2026/objections"
    assert ranked.ask("head", "POST", path, json=body).status_code == 404  # not sent to the units yet
    acted(ranked, "director", "announce_ranking", "2026-02-11")
    made = ranked.ask("head", "POST", path, json=body)
    assert (made.status_code, made.json()["unit"], made.json()["accepted"]) == (201, WORST, None)
    late = {"text": "逾期提出", "on": "2026-03-10"}
    assert ranked.ask("head", "POST", path, json=late).status_code == 409
    assert ranked.ask("officer", "POST", path, json=body).status_code == 409
    assert ranked.ask("root", "GET", path).status_code == 409
    assert ranked.ask("other", "GET", path).json() == {"objections": []}
    answer = f"{path}/{made.json()['id']}/answer"
    said = {"text": "整改在考核期以后", "accepted": False, "on": "2026-02-24"}
    assert ranked.ask("head", "POST", answer, json=said).status_code == 409
    assert ranked.ask("director", "POST", answer, json={**said, "text": ""}).status_code == 422
    assert ranked.ask("director", "POST", answer, json=said).json()["accepted"] is False
    assert ranked.ask("director", "POST", answer, json=said).status_code == 409
    assert ranked.ask("director", "POST", f"{path}/99/answer", json=said).status_code == 404
    (heard,) = ranked.ask("head", "GET", path).json()["objections"]
    assert heard["answer"] == "整改在考核期以后"
