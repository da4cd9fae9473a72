"""The year's inspections: planned with their burden in sight, approved, carried out at the units."""

from __future__ import annotations

from typing import Any

import pytest

from programme.on_site import Given, SentPhoto
from states.errors import BadData, GuardRefused, NoSuchAct, NotFound, NotPermitted
from states.inspection import Answer, InspectionState, InspectionStep
from states.vocabulary import Act, Role, State
from store import events
from store.visibility import Reader
from tests.support.inspections import BUREAU, COUNTY, approved, draft, list_of, planned, units
from tests.support.offices import UNIT, Bench, at, day
from tests.support.photos import jpeg

# --- the plan ------------------------------------------------------------------------------------------------------


def test_an_inspection_waits_for_the_leader_and_is_numbered_within_its_year(bench: Bench) -> None:
    units(bench)
    first = planned(bench)
    second = planned(bench, kind="special", units=(UNIT,), duties=("art7-2",))
    assert (first.number, second.number) == ("2026-定-01", "2026-专-02")
    assert first.state is InspectionState.DRAFT
    plans = bench.office.inspection_plans
    with pytest.raises(NotPermitted, match="上级主要负责人"):
        plans.approve([first.id], day("01-16"), bench.actor(Role.DIRECTOR), at("01-16"))
    with pytest.raises(NoSuchAct):
        bench.office.on_site.open(list_of(first, COUNTY), day("04-01"), bench.actor(Role.INSPECTOR))
    both = plans.approve_year(2026, day("01-16"), bench.actor(Role.LEADER), at("01-16"))
    assert [(one.state, one.approved_on) for one in both] == [(InspectionState.APPROVED, day("01-16"))] * 2
    with pytest.raises(BadData, match="没有待批准"):
        plans.approve_year(2026, day("01-16"), bench.actor(Role.LEADER), at("01-16"))
    assert [one.number for one in plans.in_force(2026)] == ["2026-定-01", "2026-专-02"]
    assert plans.in_force(2027) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"title": " "}, "名称"),
        ({"kind": "surprise"}, "检查方式"),
        ({"units": ()}, "被检查单位"),
        ({"team": ()}, "检查组"),
        ({"duties": ()}, "至少选一项"),
        ({"duties": ("art99",)}, "art99"),
        ({"duties": ("art5-1",)}, "不由任何一个被检查单位承担"),
        ({"duties": ("art9-2",)}, "不由任何一个被检查单位承担"),
        ({"until_on": day("03-31")}, "不能早于"),
        ({"until_on": day("2027-01-01")}, "同一年内"),
        ({"title": "绝密检查"}, "国家秘密"),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused(sqlite_bench: Bench, more: dict[str, Any], words: str) -> None:
    units(sqlite_bench)
    with pytest.raises(BadData, match=words):
        planned(sqlite_bench, **more)
    assert sqlite_bench.office.inspection_plans.listed() == []


def test_a_unit_that_nobody_knows_is_not_inspected(sqlite_bench: Bench) -> None:
    with pytest.raises(NotFound, match="没有名为"):
        planned(sqlite_bench)


def test_what_overlaps_is_shown_and_needs_a_reason_to_stay(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    planned(sqlite_bench)
    again = {"title": "教育执法专项督查", "kind": "special", "units": (BUREAU,), "duties": ("art7-2",)}
    meets = draft(**again, from_on=day("04-10"), until_on=day("04-12"))
    seen = sqlite_bench.office.inspection_plans.look(meets, sqlite_bench.actor(Role.HANDLER))
    assert [(one.other.number, one.units) for one in seen.overlaps] == [("2026-定-01", (BUREAU,))]
    with pytest.raises(GuardRefused, match="与2026-定-01“法治建设年度报告核查”"):
        planned(sqlite_bench, **again, from_on=day("04-10"), until_on=day("04-12"))
    day_after = sqlite_bench.office.inspection_plans.look(
        draft(**again, from_on=day("04-11"), until_on=day("04-12")), sqlite_bench.actor(Role.HANDLER)
    )
    assert not day_after.weighs
    kept = planned(sqlite_bench, **again, from_on=day("04-10"), until_on=day("04-12"), kept_because="市委交办")
    assert kept.kept_because == "市委交办"


def test_what_was_withdrawn_overlaps_with_nothing(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    first = planned(sqlite_bench)
    plans = sqlite_bench.office.inspection_plans
    with pytest.raises(BadData, match="理由"):
        plans.withdraw(first.id, " ", day("01-11"), sqlite_bench.actor(Role.DIRECTOR), at("01-11"))
    plans.withdraw(first.id, "与省级督察合并", day("01-11"), sqlite_bench.actor(Role.DIRECTOR), at("01-11"))
    assert plans.look(draft(), sqlite_bench.actor(Role.HANDLER)).overlaps == ()
    assert plans.burden(2026) == []


def test_the_fifth_time_in_a_month_is_above_the_ceiling_and_needs_a_reason(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    for n in range(3):
        planned(sqlite_bench, title=f"第{n}次", units=(UNIT,), duties=("art7-2",), kept_because="分批")
    served = {"unit": UNIT, "term": "15wd"}
    sqlite_bench.ordered("04-08", found="04-02", **served)
    sqlite_bench.ordered("04-08", found="04-02", **served)
    plans = sqlite_bench.office.inspection_plans
    (one,) = plans.burden(2026)
    april = one.months[3]
    assert (one.unit, april.visits, april.requests) == (UNIT, 3, 1), "two orders of one day are one time"
    more = {"units": (UNIT,), "duties": ("art7-1",), "until_on": day("04-30")}
    fifth = draft(**more, from_on=day("04-20"))
    assert plans.look(fifth, sqlite_bench.actor(Role.HANDLER)).over[0][1].contacts == 5
    with pytest.raises(GuardRefused, match=f"{UNIT}4月将达5次，超过每月4次的上限"):
        plans.plan(fifth, sqlite_bench.actor(Role.HANDLER), at("01-10"))
    may = draft(**more | {"until_on": day("05-08")}, from_on=day("05-01"))
    assert plans.look(may, sqlite_bench.actor(Role.HANDLER)).over == ()


# --- on the spot ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on", "may_begin"), [("03-31", False), ("04-01", True), ("04-10", True), ("04-11", False)])
def test_a_list_is_opened_on_the_days_of_the_inspection(sqlite_bench: Bench, on: str, *, may_begin: bool) -> None:
    units(sqlite_bench)
    list_id = list_of(approved(sqlite_bench), COUNTY)
    inspector = sqlite_bench.actor(Role.INSPECTOR)
    if not may_begin:
        with pytest.raises(GuardRefused, match="不在其中"):
            sqlite_bench.office.on_site.open(list_id, day(on), inspector)
        return
    found = sqlite_bench.office.on_site.open(list_id, day(on), inspector)
    assert (found.visit.opened_on, found.inspection.state) == (day(on), InspectionState.RUNNING)
    assert sqlite_bench.office.on_site.open(list_id, day("04-10"), inspector).visit.opened_on == day(on)


def test_each_unit_is_asked_what_it_bears(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    inspection = approved(sqlite_bench)
    of_county, of_bureau = (
        [point.item.duty for point in sqlite_bench.office.on_site.read(list_of(inspection, unit)).points]
        for unit in (COUNTY, BUREAU)
    )
    assert (of_county, of_bureau) == (["art6-4b"], ["art7-1a", "art7-4d"])


def test_a_no_becomes_one_finding_with_its_photos_however_often_it_is_sent(bench: Bench) -> None:
    units(bench)
    on_site, list_id = bench.office.on_site, list_of(approved(bench), BUREAU)
    chen, he = bench.actor(Role.INSPECTOR, "chenli"), bench.actor(Role.INSPECTOR, "hejing")
    no = Given(3, Answer.NO, "没有签收回执")
    photo = SentPhoto(3, "回执.jpg", jpeg("2026:04:02 09:36:10"))
    found = on_site.answer(list_id, [Given(2, Answer.YES, ""), no], day("04-02"), chen, at("04-02"))
    hash_ = on_site.photo(list_id, photo, day("04-02"), chen, at("04-02", 11))
    on_site.answer(list_id, [Given(2, Answer.YES, ""), no], day("04-02"), chen, at("04-02", 12))
    assert on_site.photo(list_id, photo, day("04-02"), chen, at("04-02", 12)) == hash_
    assert [(point.item.place, len(point.photos)) for point in on_site.read(list_id).points] == [(2, 0), (3, 1)]
    kept = on_site.read(list_id).points[1].photos[0]
    assert (kept.taken_at, kept.received_at, kept.sha256) == (
        at("04-02", 9).replace(minute=36, second=10),
        at("04-02", 11),
        hash_,
    )
    first = on_site.register(list_id, 3, {"severity": "一般"}, day("04-02"), he, at("04-02"))
    second = on_site.register(list_id, 3, {"post": "别的职务"}, day("04-02"), chen, at("04-02"))
    assert first.id == second.id
    event = bench.history(first.id)[0].event
    assert (first.state, first.unit, first.post, first.duty) == (State.FOUND, BUREAU, "局长", "art7-4d")
    assert event.data["evidence"] == [hash_]
    assert (event.data["inspection_plan"], event.data["finding"]) == ("2026-定-01", "没有签收回执")
    assert found.inspection.number == "2026-定-01"
    with bench.office.database.reading() as session:
        assert [recorded.event.act for recorded in events.history(session, first.id)] == [Act.REGISTER_FINDING]
        assert bench.verified(session).ok


def test_what_is_a_case_does_not_become_a_yes_and_only_a_no_becomes_a_case(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    on_site, list_id = sqlite_bench.office.on_site, list_of(approved(sqlite_bench), COUNTY)
    inspector = sqlite_bench.actor(Role.INSPECTOR)
    how = (day("04-02"), inspector, at("04-02"))
    with pytest.raises(GuardRefused, match="不是“否”"):
        on_site.register(list_id, 1, {}, *how)
    on_site.answer(list_id, [Given(1, Answer.NO, "")], *how)
    with pytest.raises(BadData, match="看到了什么"):
        on_site.register(list_id, 1, {}, *how)
    case = on_site.register(list_id, 1, {"finding": "未向县人大常委会报告"}, *how)
    with pytest.raises(GuardRefused, match=f"已登记为{case.number}"):
        on_site.answer(list_id, [Given(1, Answer.YES, None)], *how)
    on_site.answer(list_id, [Given(1, Answer.NO, "补记：文号缺失")], *how)
    with pytest.raises(BadData, match="没有第2项"):
        on_site.answer(list_id, [Given(2, Answer.YES, None)], *how)


def test_a_list_is_handed_in_whole_and_then_stays(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    on_site, list_id = sqlite_bench.office.on_site, list_of(approved(sqlite_bench), BUREAU)
    inspector = sqlite_bench.actor(Role.INSPECTOR)
    how = (day("04-02"), inspector, at("04-02"))
    on_site.answer(list_id, [Given(2, Answer.YES, None)], *how)
    with pytest.raises(GuardRefused, match="还差1项没有查：3"):
        on_site.submit(list_id, day("04-02"), inspector)
    on_site.answer(list_id, [Given(3, Answer.NOT_CHECKED, None)], *how)
    with pytest.raises(GuardRefused, match="第3项回答"):
        on_site.submit(list_id, day("04-02"), inspector)
    on_site.answer(list_id, [Given(3, None, "档案室已下班")], *how)
    assert on_site.submit(list_id, day("04-02"), inspector).visit.submitted_on == day("04-02")
    assert on_site.submit(list_id, day("04-03"), inspector).visit.submitted_on == day("04-02")
    on_site.answer(list_id, [Given(2, Answer.YES, None)], *how)  # the same again, from a phone that was offline
    with pytest.raises(GuardRefused, match="已经报送"):
        on_site.answer(list_id, [Given(2, Answer.NO, "x")], *how)
    with pytest.raises(GuardRefused, match="已经报送"):
        on_site.photo(list_id, SentPhoto(2, "a.jpg", jpeg()), *how)


def test_an_inspection_ends_when_every_list_is_in(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    inspection = approved(sqlite_bench)
    plans, on_site = sqlite_bench.office.inspection_plans, sqlite_bench.office.on_site
    inspector, handler = sqlite_bench.actor(Role.INSPECTOR), sqlite_bench.actor(Role.HANDLER)
    for unit in (COUNTY, BUREAU):
        if unit == BUREAU:
            with pytest.raises(GuardRefused, match=f"还有1个单位的现场检查清单没有报送：{BUREAU}"):
                plans.finish(inspection.id, day("04-11"), handler, at("04-11"))
        found = on_site.open(list_of(inspection, unit), day("04-03"), inspector)
        given_ = [Given(point.item.place, Answer.YES, None) for point in found.points]
        on_site.answer(found.visit.id, given_, day("04-03"), inspector, at("04-03"))
        on_site.submit(found.visit.id, day("04-03"), inspector)
    assert plans.finish(inspection.id, day("04-11"), handler, at("04-11")).state is InspectionState.DONE
    with pytest.raises(NoSuchAct):
        on_site.open(list_of(inspection, COUNTY), day("04-03"), inspector)


def test_a_list_with_a_no_is_signed_by_a_second_login_before_the_inspection_ends(bench: Bench) -> None:
    units(bench)
    inspection = approved(bench, units=(COUNTY,), duties=("art6-4b",))
    plans, on_site, list_id = bench.office.inspection_plans, bench.office.on_site, list_of(inspection, COUNTY)
    first, second = bench.actor(Role.INSPECTOR, "liu"), bench.actor(Role.HANDLER, "chen")
    on_site.answer(list_id, [Given(1, Answer.NO, "没有文号")], day("04-02"), first, at("04-02"))
    with pytest.raises(GuardRefused, match="还没有报送"):
        on_site.sign(list_id, day("04-02"), second)
    on_site.submit(list_id, day("04-02"), first)
    with pytest.raises(GuardRefused, match="由您报送"):
        on_site.sign(list_id, day("04-02"), first)
    with pytest.raises(GuardRefused, match="没有第二人会签"):
        plans.finish(inspection.id, day("04-11"), second, at("04-11"))
    with pytest.raises(BadData, match="写明理由"):
        on_site.send_back(list_id, " ", day("04-02"), second)
    with pytest.raises(NotPermitted):
        on_site.sign(list_id, day("04-02"), bench.actor(Role.LEADER, "zhao"))
    back = on_site.send_back(list_id, "写明看的是哪一份文件", day("04-02"), second).visit
    assert (back.submitted_on, back.returned_because) == (None, "写明看的是哪一份文件")
    on_site.answer(list_id, [Given(1, Answer.NO, "2025年报告没有文号")], day("04-02"), first, at("04-02"))
    on_site.submit(list_id, day("04-03"), first)
    with pytest.raises(BadData, match="不能早于"):
        on_site.sign(list_id, day("04-02"), second)
    signed = on_site.sign(list_id, day("04-03"), second).visit
    assert (signed.signed_on, signed.signed_by, signed.returned_because) == (day("04-03"), "chen", "")
    assert on_site.sign(list_id, day("04-07"), second).visit.signed_on == day("04-03"), "again changes nothing"
    with pytest.raises(GuardRefused, match="已经会签"):
        on_site.send_back(list_id, "晚了", day("04-07"), second)
    assert plans.finish(inspection.id, day("04-11"), second, at("04-11")).state is InspectionState.DONE
    assert bench.office.proofs.verify().ok


def test_a_list_without_a_no_needs_no_second_signature(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    inspection = approved(sqlite_bench, units=(COUNTY,), duties=("art6-4b",))
    on_site, list_id = sqlite_bench.office.on_site, list_of(inspection, COUNTY)
    first, second = sqlite_bench.actor(Role.INSPECTOR, "liu"), sqlite_bench.actor(Role.HANDLER, "chen")
    on_site.answer(list_id, [Given(1, Answer.YES, None)], day("04-02"), first, at("04-02"))
    assert not on_site.submit(list_id, day("04-02"), first).visit.awaits_signature
    with pytest.raises(GuardRefused, match="不须会签"):
        on_site.sign(list_id, day("04-02"), second)


def test_what_is_no_photo_is_not_kept(sqlite_bench: Bench) -> None:
    units(sqlite_bench)
    on_site, list_id = sqlite_bench.office.on_site, list_of(approved(sqlite_bench), COUNTY)
    how = (day("04-02"), sqlite_bench.actor(Role.INSPECTOR), at("04-02"))
    with pytest.raises(BadData, match="不是照片"):
        on_site.photo(list_id, SentPhoto(1, "a.jpg", b"%PDF-1.7"), *how)
    with pytest.raises(NotFound, match="没有第9项"):
        on_site.photo(list_id, SentPhoto(9, "a.jpg", jpeg()), *how)
    with pytest.raises(NotPermitted):
        on_site.photo(list_id, SentPhoto(1, "a.jpg", jpeg()), day("04-02"), sqlite_bench.actor(Role.HEAD), at("04-02"))


# --- sight ---------------------------------------------------------------------------------------------------------


def test_a_unit_sees_what_was_announced_to_it_and_nothing_of_other_units(bench: Bench) -> None:
    ids, plans = units(bench), bench.office.inspection_plans
    inspection = approved(bench)
    head, bureau = Reader("head", Role.HEAD, ids[COUNTY]), Reader("liaison", Role.LIAISON, ids[BUREAU])
    other = Reader("other", Role.HEAD, ids[UNIT])
    assert plans.listed(2026, head) == []
    plans.announce(inspection.id, day("03-20"), bench.actor(Role.HANDLER), at("03-20"))
    assert [visit.unit for visit in plans.one(inspection.id, head).visits] == [COUNTY, BUREAU], "what is below it too"
    assert [visit.unit for visit in plans.one(inspection.id, bureau).visits] == [BUREAU]
    assert plans.listed(2026, other) == []
    with pytest.raises(NotFound):
        bench.office.on_site.read(list_of(inspection, COUNTY), bureau)
    for role in (Role.DISCIPLINE, Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR):
        assert plans.listed(2026, Reader("x", role, 0)) == []


def test_an_unannounced_visit_is_never_announced_and_is_seen_only_when_it_is_over(bench: Bench) -> None:
    ids, plans, on_site = units(bench), bench.office.inspection_plans, bench.office.on_site
    inspection = approved(bench, kind="unannounced", units=(COUNTY,), duties=("art6-4b",))
    head = Reader("head", Role.HEAD, ids[COUNTY])
    with pytest.raises(GuardRefused, match="不打招呼"):
        plans.announce(inspection.id, day("03-20"), bench.actor(Role.HANDLER), at("03-20"))
    list_id, inspector = list_of(inspection, COUNTY), bench.actor(Role.INSPECTOR)
    on_site.answer(list_id, [Given(1, Answer.YES, None)], day("04-02"), inspector, at("04-02"))
    on_site.submit(list_id, day("04-02"), inspector)
    assert plans.listed(2026, head) == []
    plans.finish(inspection.id, day("04-11"), bench.actor(Role.HANDLER), at("04-11"))
    assert [one.number for one in plans.listed(2026, head)] == ["2026-暗-01"]


def test_an_inspector_of_one_county_sees_the_visits_of_his_territory(bench: Bench) -> None:
    ids = units(bench)
    inspection = approved(bench, units=(COUNTY, UNIT))
    county = Reader("li", Role.INSPECTOR, ids[COUNTY], ids[COUNTY])
    assert [visit.unit for visit in bench.office.inspection_plans.one(inspection.id, county).visits] == [COUNTY]
    assert bench.office.inspection_plans.years(county) == [2026]


def test_a_county_plans_within_its_territory_and_is_not_told_of_inspections_elsewhere(bench: Bench) -> None:
    ids, plans = units(bench), bench.office.inspection_plans
    planned(bench, units=(UNIT,), duties=("art7-1",), kind="unannounced")
    county = Reader("wang", Role.HANDLER, ids[COUNTY], ids[COUNTY])
    handler = bench.actor(Role.HANDLER)
    assert plans.look(draft(), handler, county).sentences() == []
    assert len(plans.look(draft(), handler).overlaps) == 1
    with pytest.raises(NotPermitted, match="您可以查看的单位中没有"):
        plans.plan(draft(units=(COUNTY, UNIT), kept_because="x"), handler, at("01-10"), county)
    assert [visit.unit for visit in plans.plan(draft(), handler, at("01-10"), county).visits] == [COUNTY, BUREAU]
    assert len(plans.listed(2026)) == 2


def test_nobody_of_a_county_moves_an_inspection_that_goes_elsewhere(bench: Bench) -> None:
    ids, plans = units(bench), bench.office.inspection_plans
    leader, handler = bench.actor(Role.LEADER), bench.actor(Role.HANDLER)
    county = Reader("wang", Role.LEADER, ids[COUNTY], ids[COUNTY])
    elsewhere = planned(bench, units=(UNIT,), duties=("art7-1",))
    both = planned(bench, units=(COUNTY, UNIT), duties=("art6-4b",), kept_because="x")
    own = planned(bench, units=(COUNTY,), duties=("art6-4b",), kept_because="x")
    assert [one.id for one in plans.listed(2026, county)] == [both.id, own.id]
    with pytest.raises(NotFound):
        plans.approve([elsewhere.id], day("01-16"), leader, at("01-16"), county)
    with pytest.raises(NotPermitted, match="以外的单位"):
        plans.approve([own.id, both.id], day("01-16"), leader, at("01-16"), county)
    assert {one.state for one in plans.listed(2026)} == {InspectionState.DRAFT}  # all or none
    assert [one.id for one in plans.approve_year(2026, day("01-16"), leader, at("01-16"), county)] == [own.id]
    plans.approve([elsewhere.id], day("01-16"), leader, at("01-16"))
    with pytest.raises(NotFound):
        plans.step(elsewhere.id, InspectionStep.WITHDRAW, "x", day("01-17"), handler, at("01-17"), county)
    assert plans.one(elsewhere.id).state is InspectionState.APPROVED
