"""What waits for whom, clues, the console, pages and what each role reads of an event: at the edges of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cases.case_listing import unit_overview
from cases.clues import LONGEST
from cases.deadline_dates import deadlines_of_year
from cases.event_visibility import MASKED, visible_event
from cases.waiting import Waits, decides, waiting_for
from states.case import Actor
from states.clue import ClueSource, ClueState
from states.command import Command
from states.errors import BadData, NotFound
from states.vocabulary import Act, Role, State
from store import accounts, organisation
from store.visibility import Reader
from tests.support.days import UNIT, at, day

if TYPE_CHECKING:
    from tests.support.offices import Bench

TEXT = "未按期报送法治政府建设年度报告"


# --- what waits --------------------------------------------------------------------------------------------------

DECIDED: dict[Waits, set[Role]] = {
    Waits.ESCALATION: {Role.LEADER, Role.DIRECTOR},
    Waits.EXTENSION: {Role.LEADER, Role.DIRECTOR},
}


@pytest.mark.parametrize("kind", DECIDED, ids=str)
def test_what_the_office_decides_waits_for_those_who_may_decide_it(kind: Waits) -> None:
    assert {role for role in Role if decides(kind, role)} == DECIDED[kind]


def _waits(bench: Bench, role: Role, user: str = "某人") -> dict[Waits, list[tuple[int, object]]]:
    actor = Actor(user=user, role=role)
    found = waiting_for(bench.office.database, Reader(user, role, 0), actor)
    kinds: dict[Waits, list[tuple[int, object]]] = {}
    for item in found.items:
        kinds.setdefault(item.kind, []).append((item.case.id, item.since))
    assert {kind: n for kind, n in found.counts.items() if n} == {kind: len(part) for kind, part in kinds.items()}
    assert found.total == len(found.items) + len(found.for_office)
    return kinds


def test_an_extension_and_a_request_for_tolerance_wait_from_the_day_of_their_answer_s_term(sqlite_bench: Bench) -> None:
    asked = sqlite_bench.ordered()
    sqlite_bench.act(asked, Act.REQUEST_EXTENSION, "02-24", reason="汛期", term="10wd")
    tolerated = sqlite_bench.ordered(unit="临溪市水利局", unit_kind="department")
    sqlite_bench.act(tolerated, Act.REQUEST_TOLERANCE, "02-25", reason="改革试点")
    assert _waits(sqlite_bench, Role.DIRECTOR)[Waits.EXTENSION] == [(asked, day("02-24"))]
    requests = _waits(sqlite_bench, Role.DIRECTOR).get(Waits.TOLERANCE_REQUEST) or _waits(
        sqlite_bench, Role.HANDLER
    ).get(Waits.TOLERANCE_REQUEST)
    assert requests is not None
    assert [id_ for id_, _ in requests] == [tolerated]
    assert _waits(sqlite_bench, Role.LIAISON) == {}
    sqlite_bench.act(asked, Act.APPROVE_EXTENSION, "02-26")
    assert Waits.EXTENSION not in _waits(sqlite_bench, Role.DIRECTOR)


def test_a_second_signature_waits_for_every_other_account_of_the_role_and_not_for_who_entered_the_act(
    sqlite_bench: Bench,
) -> None:
    case = sqlite_bench.reported()
    first = sqlite_bench.act(
        case, Act.VERIFY_PASS, "02-12", user="liu", signed=False, verifiers=["甲", "乙"]
    ).event.actor.role
    assert _waits(sqlite_bench, first, "wang")[Waits.COUNTERSIGNATURE] == [(case, day("02-12"))]
    assert Waits.COUNTERSIGNATURE not in _waits(sqlite_bench, first, "liu")
    assert Waits.COUNTERSIGNATURE not in _waits(sqlite_bench, Role.LIAISON, "wang")


def test_what_waits_beside_an_unsigned_act_still_waits_for_whoever_entered_that(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    sqlite_bench.act(case, Act.REQUEST_EXTENSION, "02-24", reason="汛期", term="10wd")
    correction: dict[str, Any] = {
        "role": Role.DIRECTOR,
        "user": "liu",
        "signed": False,
        "of": 1,
        "correction": "更正",
        "reason": "笔误",
    }
    sqlite_bench.act(case, Act.CORRECT_EVENT, "02-24", **correction)
    waits = _waits(sqlite_bench, Role.DIRECTOR, "liu")
    assert waits[Waits.EXTENSION] == [(case, day("02-24"))]
    assert Waits.COUNTERSIGNATURE not in waits


def test_what_was_entered_late_waits_for_the_director_from_the_day_of_the_finding(sqlite_bench: Bench) -> None:
    case = sqlite_bench.open("01-28")
    actor = sqlite_bench.actor(Role.DIRECTOR)
    late = Command(act=Act.SERVE_ORDER, actor=actor, on=day("02-06"), data={"term": "15wd"}, case_id=case)
    sqlite_bench.desk.do(late, at("03-12"))
    assert sqlite_bench.case(case).late_entry == "pending"
    (found,) = _waits(sqlite_bench, Role.DIRECTOR)[Waits.LATE_ENTRY]
    assert found == (case, sqlite_bench.case(case).opened_on)


# --- clues -------------------------------------------------------------------------------------------------------


def _raise(bench: Bench, text: str = TEXT, duty: str = "art7-4d") -> int:
    actor = bench.actor(Role.INSPECTOR)
    return bench.office.clues.raise_clue(ClueSource.TIP_OFF, UNIT, text, day("04-01"), actor, at("04-01"), duty=duty).id


@pytest.mark.parametrize(
    ("text", "taken"),
    [("", False), (" \n", False), ("甲", True), ("甲" * LONGEST, True), ("甲" * (LONGEST + 1), False)],
)
def test_a_clue_says_something_and_not_too_much(sqlite_bench: Bench, text: str, taken: bool) -> None:
    if taken:
        assert _raise(sqlite_bench, text) == 1
    else:
        with pytest.raises(BadData, match=str(LONGEST)):
            _raise(sqlite_bench, text)
        assert sqlite_bench.office.clues.listed() == []


def test_a_clue_names_a_known_duty_or_none_and_no_secret(sqlite_bench: Bench) -> None:
    assert _raise(sqlite_bench, duty="") == 1
    with pytest.raises(BadData, match="art99"):
        _raise(sqlite_bench, duty="art99")
    with pytest.raises(BadData, match="第三十一条"):
        _raise(sqlite_bench, "机密★")


def test_an_adopted_clue_is_a_special_inspection_s_finding_unless_more_is_said(sqlite_bench: Bench) -> None:
    handler = sqlite_bench.actor(Role.HANDLER)
    first, second = _raise(sqlite_bench), _raise(sqlite_bench)
    adopt = sqlite_bench.office.clues.adopt
    plain = adopt(first, {"post": "局长"}, day("04-02"), handler, at("04-02")).case
    assert (plain.inspection, plain.unit, plain.duty) == ("special", UNIT, "art7-4d")
    more = {"post": "局长", "inspection": "regular", "finding": "未报送", "duty": "art7-1a"}
    other = adopt(second, more, day("04-02"), handler, at("04-02")).case
    assert (other.inspection, other.duty, other.state) == ("regular", "art7-1a", State.FOUND)


def test_a_clue_is_put_aside_with_a_reason(sqlite_bench: Bench) -> None:
    clue, director = _raise(sqlite_bench), sqlite_bench.actor(Role.DIRECTOR)
    for reason in ("", "  "):
        with pytest.raises(BadData):
            sqlite_bench.office.clues.dismiss(clue, reason, day("04-02"), director)
    found = sqlite_bench.office.clues.dismiss(clue, " 查无实据 ", day("04-02"), director)
    assert (found.state, found.reason) == (ClueState.DISMISSED, "查无实据")


# --- the console -------------------------------------------------------------------------------------------------


def test_at_the_console_a_role_acts_under_its_name_a_person_under_his_and_time_under_none(sqlite_bench: Bench) -> None:
    console = sqlite_bench.office.console
    with sqlite_bench.office.database.transaction() as session:
        unit = organisation.ensure_unit(session, UNIT, "department").id
        accounts.add_person(session, "wang", "王某", Role.HEAD, unit)
    assert (console.actor("", Role.HANDLER).user, console.actor("", Role.HANDLER).role) == (
        "console/handler",
        Role.HANDLER,
    )
    named = console.actor("director", Role.HANDLER)
    assert (named.user, named.role) == ("console/director", Role.DIRECTOR)
    person = console.actor("wang", Role.HANDLER)
    assert (person.user, person.role) == ("wang", Role.HEAD)
    for nobody in ("system", "zhao"):
        with pytest.raises(NotFound):
            console.actor(nobody, Role.HANDLER)


# --- pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "further", "rows"), [(1, True, 1), (2, True, 2), (3, False, 3), (4, False, 3)])
def test_a_page_says_whether_another_follows(sqlite_bench: Bench, limit: int, further: bool, rows: int) -> None:
    ids = [sqlite_bench.ordered(finding=f"问题{n}") for n in range(3)]
    with sqlite_bench.office.database.reading() as session:
        unit = organisation.ensure_unit(session, UNIT).id
    reader = Reader("某", Role.HEAD, unit)
    asker = Command(act=Act.SUBMIT_PLAN, actor=sqlite_bench.actor(Role.HEAD), on=day("02-10"), data={})
    page = unit_overview(sqlite_bench.desk, reader, asker, [Act.SUBMIT_PLAN], skip=0, limit=limit)
    assert (page.further, len(page.rows), page.total, len(page.allowed)) == (further, rows, 3, rows)
    last = unit_overview(sqlite_bench.desk, reader, asker, [Act.SUBMIT_PLAN], skip=2, limit=limit, also=ids[0])
    assert [item.case.id for item in last.rows] == [ids[0], ids[2]]
    same = unit_overview(sqlite_bench.desk, reader, asker, [Act.SUBMIT_PLAN], skip=0, limit=limit, also=ids[0])
    assert [item.case.id for item in same.rows] == [item.case.id for item in page.rows]


def test_the_deadlines_of_a_year_are_those_from_its_first_to_its_last_day(sqlite_bench: Bench) -> None:
    sqlite_bench.ordered()
    reader = Reader("某", Role.DIRECTOR, 0)
    counts = deadlines_of_year(sqlite_bench.office.database, reader, 2026)
    assert counts[day("03-05")] == 1
    assert all(on.year == 2026 for on in counts)
    assert deadlines_of_year(sqlite_bench.office.database, reader, 2025) == {}
    assert deadlines_of_year(sqlite_bench.office.database, reader, 2027) == {}


# --- what each role reads of an event ----------------------------------------------------------------------------

INTERNAL = ("source", "verifiers", "helpers", "inspection_plan", "note", "views", "recorders")


def test_the_unit_reads_no_internal_opinion_and_nobody_s_name_and_the_office_all(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.ordered()
    case = sqlite_bench.case(case_id)
    event = sqlite_bench.history(case_id)[1].event
    said: dict[str, Any] = dict.fromkeys(INTERNAL, "内部") | {"term": "15wd", "document_number": "1号"}
    event = event._replace(data=said)
    for role in (Role.HEAD, Role.LIAISON):
        read = visible_event(event, case, role)
        assert dict(read.data) == {"term": "15wd", "document_number": "1号"}
        assert (read.actor.user, read.actor.role) == ("", event.actor.role)
    assert dict(visible_event(event, case, Role.HANDLER).data) == said
    assert visible_event(event, case, Role.HANDLER).actor == event.actor
    assert dict(visible_event(event, case, Role.AUDITOR).data) == said | {"source": MASKED}
    by_unit = event._replace(actor=Actor(user="unit-wang", role=Role.LIAISON))
    assert visible_event(by_unit, case, Role.HEAD).actor.user == "unit-wang"


def test_of_a_part_that_was_handed_over_no_prose_of_before_is_read_and_its_papers_are(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.ordered()
    event = sqlite_bench.history(case_id)[1].event
    handed: dict[str, Any] = {"receiver": "市纪委监委", "partial": True, "part": "收受礼金", "rest": "制度不健全"}
    sqlite_bench.act(case_id, Act.TRANSFER, "02-11", **handed)
    case = sqlite_bench.case(case_id)
    records = {name: ["收受礼金"] for name in ("items", "criteria", "measures", "answers", "verdicts", "progress")}
    event = event._replace(data={**records, "document_number": "1号", "note": "收受礼金", "finding": "收受礼金"})
    read = visible_event(event, case, Role.HANDLER)
    assert dict(read.data) == {"document_number": "1号", "finding": case.finding}
    assert dict(visible_event(event, case, Role.LEADER).data) == dict(event.data)
