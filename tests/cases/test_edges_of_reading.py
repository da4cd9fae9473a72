"""What may be read: of events by each role, of kept files by who brought them, of alike cases and waiting acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from cases.duplicates import questions_of
from cases.event_visibility import MASKED, visible_event
from cases.evidence import names_of_own, was_brought_by
from cases.waiting import Waits, waiting_for
from config.policy import find_policy, read_policy
from states.case import Actor
from states.errors import BadData
from states.recount import How
from states.vocabulary import Act, Role
from store import accounts, organisation
from store.schema.evidence import EvidenceRow
from store.visibility import Reader
from tests.support.days import UNIT, at, day

if TYPE_CHECKING:
    from states.case import Event
    from tests.support.offices import Bench

OTHER: Final = "临溪市水利局"
POST: Final = f"{UNIT}局长"
TOLD: Final = ("items", "criteria", "measures", "answers", "verdicts", "progress")
"""Beside the finding, the fields in which the text of a part may stand, whatever act wrote them."""
HANDED: Final[dict[str, Any]] = {"receiver": "市纪委监委", "partial": True, "part": "收受礼金", "rest": "制度不健全"}


# --- events ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [Act.MARKED_YELLOW, Act.SERVE_ORDER, Act.SUBMIT_PLAN, Act.VERIFY_PASS], ids=str)
def test_no_act_of_before_shows_a_field_in_which_the_handed_part_may_stand(sqlite_bench: Bench, act: Act) -> None:
    case_id = sqlite_bench.ordered()
    event = sqlite_bench.history(case_id)[-1].event._replace(act=act)
    sqlite_bench.act(case_id, Act.TRANSFER, "02-11", **HANDED)
    case = sqlite_bench.case(case_id)
    for field in TOLD:
        before = event._replace(data={field: "收受礼金", "term": "15wd"})
        assert dict(visible_event(before, case, Role.HANDLER).data) == {"term": "15wd"}
        assert field in visible_event(before, case, Role.DISCIPLINE).data
        after = before._replace(case_seq=case.version + 1)
        assert field in visible_event(after, case, Role.HANDLER).data, "what is entered afterwards is read again"


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (Act.REGISTER_FINDING, {"source": "举报", "inspection_plan": "年度计划", "liaison": "联络科", "post": "局长"}),
        (Act.SERVE_ORDER, {"document_number": "1号", "receiver": "传达室"}),
        (Act.SUBMIT_REPORT, {"signed_by": "局长", "evidence": ["a" * 64]}),
        (Act.VERIFY_PASS, {"verifiers": ["甲", "乙"]}),
        (Act.HOLD_INTERVIEW, {"interviewee": "局长", "convenor": "主任", "recorders": ["丙"]}),
    ],
    ids=str,
)
def test_whom_papers_and_people_concern_is_read_on_beside_a_part_that_was_handed_over(
    sqlite_bench: Bench, act: Act, said: dict[str, Any]
) -> None:
    case_id = sqlite_bench.ordered()
    event = sqlite_bench.history(case_id)[1].event._replace(act=act, data=said | {"note": "收受礼金"})
    sqlite_bench.act(case_id, Act.TRANSFER, "02-11", **HANDED)
    assert dict(visible_event(event, sqlite_bench.case(case_id), Role.HANDLER).data) == said


def test_a_unit_does_not_read_who_handles_its_case(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.ordered()
    said = {"handler": "liufang", "deputy": "chenli", "until": "2026-03-31"}
    event = sqlite_bench.history(case_id)[1].event._replace(act=Act.ASSIGN, data=said)
    case = sqlite_bench.case(case_id)
    assert visible_event(event, case, Role.DIRECTOR).data == said
    for role in (Role.LIAISON, Role.HEAD):
        assert visible_event(event, case, role).data == {"until": "2026-03-31"}


def test_in_bulk_a_transferred_case_is_a_stub_also_for_those_who_read_it_alone(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.ordered()
    event = sqlite_bench.history(case_id)[0].event
    sqlite_bench.act(case_id, Act.TRANSFER, "02-11", role=Role.LEADER, receiver="市纪委监委")
    case = sqlite_bench.case(case_id)
    for role in (Role.LEADER, Role.DISCIPLINE):
        assert visible_event(event, case, role).data == event.data
        stub = visible_event(event, case, role, in_bulk=True)
        assert (dict(stub.data), stub.actor.user) == ({}, "")
    assert dict(visible_event(event, case, Role.DIRECTOR).data) == {}


def test_in_bulk_nobody_reads_the_part_that_was_handed_over_and_everybody_what_is_no_part_of_it(
    sqlite_bench: Bench,
) -> None:
    case_id = sqlite_bench.ordered(finding="制度不健全；收受礼金")
    event = sqlite_bench.history(case_id)[0].event
    sqlite_bench.act(case_id, Act.TRANSFER, "02-11", **HANDED)
    case = sqlite_bench.case(case_id)
    assert "收受礼金" in visible_event(event, case, Role.LEADER).data["finding"]
    for role in (Role.LEADER, Role.HANDLER):
        assert visible_event(event, case, role, in_bulk=True).data["finding"] == case.finding
    open_case = sqlite_bench.case(sqlite_bench.ordered(unit=OTHER))
    told = event._replace(case_id=open_case.id)
    assert visible_event(told, open_case, Role.HANDLER, in_bulk=True).data == told.data


@pytest.mark.parametrize("role", Role, ids=str)
def test_an_accountability_decision_is_read_whole_by_few_and_by_the_liaison_not_at_all(
    sqlite_bench: Bench, role: Role
) -> None:
    case_id = sqlite_bench.ordered()
    said = {"document_number": "县纪〔2026〕3号", "organ": "县纪委监委", "measure": "诫勉", "source": "纪检"}
    event = sqlite_bench.history(case_id)[1].event._replace(act=Act.RECORD_ACCOUNTABILITY, data=said)
    read = dict(visible_event(event, sqlite_bench.case(case_id), role).data)
    if role in (Role.LEADER, Role.DISCIPLINE, Role.ARCHIVIST):
        assert read == said
    elif role is Role.HEAD:
        assert read == {key: value for key, value in said.items() if key != "source"}
    elif role is Role.LIAISON:
        assert read == {}
    else:
        assert read == {"document_number": "县纪〔2026〕3号"}
    assert MASKED not in read.values()


@pytest.mark.parametrize("role", [Role.HEAD, Role.LIAISON], ids=str)
def test_to_whom_a_part_went_and_as_which_case_is_not_told_to_the_unit(sqlite_bench: Bench, role: Role) -> None:
    case_id = sqlite_bench.ordered()
    event: Event = sqlite_bench.act(case_id, Act.TRANSFER, "02-11", **HANDED).event
    case = sqlite_bench.case(case_id)
    assert dict(visible_event(event, case, role).data) == {}
    assert visible_event(event, case, Role.HANDLER).data["child"].endswith("-移1")


# --- kept files --------------------------------------------------------------------------------------------------


def _brought(bench: Bench, name: str, by: str) -> str:
    path = bench.settings.home / name
    path.write_text(name, "utf-8")
    return bench.keep_evidence(path, at("02-10"), by)


def test_what_a_file_is_called_is_told_to_who_brought_it_alone(sqlite_bench: Bench) -> None:
    photo, minutes = _brought(sqlite_bench, "现场照片.txt", "wang"), _brought(sqlite_bench, "会议纪要.txt", "li")
    database = sqlite_bench.office.database
    asked = [photo, minutes, "0" * 64, "没有的材料"]
    assert names_of_own(database, "wang", asked) == {photo: "现场照片.txt"}
    assert names_of_own(database, "li", asked) == {minutes: "会议纪要.txt"}
    assert names_of_own(database, "zhao", asked) == {}
    assert names_of_own(database, "wang", ["没有的材料"]) == {}
    assert [was_brought_by(database, user, photo) for user in ("wang", "li")] == [True, False]
    assert not was_brought_by(database, "wang", "没有的材料")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("报告.pdf", "application/pdf"), ("照片.jpg", "image/jpeg"), ("材料", "application/octet-stream")],
)
def test_the_kind_of_a_file_is_known_by_its_name_or_not_at_all(sqlite_bench: Bench, name: str, kind: str) -> None:
    hash_ = _brought(sqlite_bench, name, "wang")
    with sqlite_bench.office.database.reading() as session:
        row = session.get(EvidenceRow, hash_)
        assert row is not None
        assert row.media_type == kind


def test_a_file_is_cited_by_who_sees_the_case_that_holds_it_and_by_nobody_else(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    mine, theirs = bench.ordered(), bench.ordered(unit=OTHER)
    with bench.office.database.transaction() as session:
        for username, role, unit in (
            ("wang", Role.LIAISON, UNIT),
            ("chen", Role.LIAISON, UNIT),
            ("shui", Role.LIAISON, OTHER),
        ):
            accounts.add_person(session, username, username, role, organisation.unit_by_name(session, unit).id)
    hash_ = _brought(bench, "整改照片.txt", "wang")
    with pytest.raises(BadData):
        bench.act(mine, Act.SUBMIT_PLAN, "02-11", user="chen", evidence=[hash_])
    bench.act(mine, Act.SUBMIT_PLAN, "02-11", user="wang", evidence=[hash_])
    bench.act(mine, Act.SUBMIT_REPORT, "02-12", user="chen", evidence=[hash_])
    with pytest.raises(BadData):
        bench.act(theirs, Act.SUBMIT_PLAN, "02-12", user="shui", evidence=[hash_])


# --- alike cases -------------------------------------------------------------------------------------------------


def test_a_new_finding_is_compared_with_the_cases_that_the_asker_may_see(sqlite_bench: Bench) -> None:
    finding = "法治建设年度工作计划未经常委会会议研究"
    open_, secret, handed = (
        sqlite_bench.open(finding=finding),
        sqlite_bench.open(finding=finding, confidentiality="work_secret"),
        sqlite_bench.open(finding=finding),
    )
    sqlite_bench.act(handed, Act.TRANSFER, "01-29", role=Role.LEADER, receiver="市纪委监委")

    def alike(reader: Reader | None, unit: str = UNIT) -> set[int]:
        found = questions_of(sqlite_bench.office.database, reader, unit, finding, "art7-1a", day("02-02"))
        return {one.case.id for one in found.alike}

    assert alike(None) == {open_, secret}
    assert alike(sqlite_bench.reader(Role.DIRECTOR)) == {open_, secret}
    assert alike(sqlite_bench.reader(Role.HEAD, UNIT)) == {open_, secret}
    assert alike(sqlite_bench.reader(Role.HANDLER)) == {open_}, "a work secret is for those who had a part in it"
    assert alike(None, "临溪市没有的局") == set()


# --- what waits --------------------------------------------------------------------------------------------------


def test_what_the_clock_holds_waits_from_the_day_on_which_it_was_held(sqlite_bench: Bench) -> None:
    held = sqlite_bench.ordered("02-06")
    sqlite_bench.sweeps.sweep(at("03-20", 11), at("03-20", 11), clock_gap="2026-02-13 → 2026-03-20")
    found = waiting_for(
        sqlite_bench.office.database, Reader("某", Role.DIRECTOR, 0), sqlite_bench.actor(Role.DIRECTOR), (Waits.HELD,)
    )
    assert [(one.kind, one.case.id, one.since) for one in found.items] == [(Waits.HELD, held, day("03-20"))]
    assert (dict(found.counts), found.total) == ({Waits.HELD: 1}, 1)


def test_an_accepted_request_for_tolerance_waits_for_the_decision_from_the_day_of_its_term(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    sqlite_bench.act(case, Act.REQUEST_TOLERANCE, "02-24", reason="改革试点")
    sqlite_bench.act(case, Act.ACCEPT_TOLERANCE, "02-25")
    reader = Reader("某", Role.LEADER, 0)
    found = waiting_for(sqlite_bench.office.database, reader, sqlite_bench.actor(Role.LEADER), (Waits.TOLERANCE,))
    deadline = sqlite_bench.case(case).deadline("tolerance_decision")
    assert deadline is not None
    assert [(one.case.id, one.since) for one in found.items] == [(case, deadline.started_on)]


def test_of_each_kind_as_many_come_as_were_asked_for_and_all_are_counted(sqlite_bench: Bench) -> None:
    for n, unit in enumerate((UNIT, OTHER, "临溪市财政局")):
        case = sqlite_bench.ordered(unit=unit)
        sqlite_bench.act(case, Act.REQUEST_EXTENSION, f"02-2{4 + n}", reason="汛期", term="10wd")
    for most, shown in ((1, 1), (2, 2), (3, 3), (4, 3)):
        actor = sqlite_bench.actor(Role.DIRECTOR)
        reader = Reader("某", Role.DIRECTOR, 0)
        found = waiting_for(sqlite_bench.office.database, reader, actor, (Waits.EXTENSION,), most=most)
        assert (len(found.items), found.total) == (shown, 3)


def test_what_one_has_entered_oneself_hides_no_other_act_that_waits_for_a_second_signature(
    sqlite_bench: Bench,
) -> None:
    own, other = (sqlite_bench.ordered("02-06", finding=f"问题{n}") for n in range(2))
    for case, user, on in ((own, "liu", "02-10"), (other, "wang", "02-11")):
        sqlite_bench.act(case, Act.SUBMIT_REPORT, on)
        sqlite_bench.act(case, Act.VERIFY_PASS, on, user=user, role=Role.HANDLER, signed=False, verifiers=["甲", "乙"])
    for user, waits in (("liu", other), ("wang", own)):
        actor, reader = Actor(user=user, role=Role.HANDLER), Reader(user, Role.HANDLER, 0)
        found = waiting_for(sqlite_bench.office.database, reader, actor, (Waits.COUNTERSIGNATURE,), most=1)
        assert ([one.case.id for one in found.items], found.total) == ([waits], 1)


def test_another_policy_for_all_waits_for_the_leader_among_everything_else_and_for_nobody_else(
    sqlite_bench: Bench,
) -> None:
    decree = find_policy("decree-733")
    change = sqlite_bench.office.policy_change
    id_ = change.propose(read_policy(decree), decree.read_text("utf-8"), How.KEEP, "主任", at("02-10"))

    def for_office(role: Role, *kinds: Waits) -> list[int]:
        actor, reader = sqlite_bench.actor(role), Reader("某", role, 0)
        found = waiting_for(sqlite_bench.office.database, reader, actor, kinds)
        assert found.total == len(found.items) + len(found.for_office)
        return [one.id for one in found.for_office]

    assert for_office(Role.LEADER) == [id_]
    assert for_office(Role.LEADER, Waits.ESCALATION) == []
    assert for_office(Role.DIRECTOR) == for_office(Role.HANDLER) == []
