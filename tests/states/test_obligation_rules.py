"""What recurs each year: which clause binds whom, until which day, and what time does about it. No database."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

import pytest

from config.calendars import load_calendar
from config.obligations import BadObligations, read_rules
from states.errors import BadData, NoSuchAct, NotPermitted
from states.obligation import (
    OBLIGATION_STATES,
    OBLIGATION_STEPS,
    OBLIGATION_TABLE,
    WAITING,
    Bearer,
    FixedDay,
    ObligationState,
    ObligationStep,
    Standing,
    UnitPlace,
    bearers_of,
    binds,
    is_party_department,
    may,
    missing,
    moved,
    require_day,
    require_receiver,
)
from states.obligation_times import due_look, looks, next_look
from states.vocabulary import Role
from tests.support.days import ZONE
from tests.support.obligated_units import BOUND, NUMBERS, UNITS, ObligatedUnit

if TYPE_CHECKING:
    from pathlib import Path

NINE: Final = time(9)
THREE: Final = ("同级党委", "同级人大常委会", "上一级政府")
CALENDAR: Final = load_calendar([])


def place_of(name: str) -> UnitPlace:
    by_name = {unit.name: unit for unit in UNITS}
    unit = by_name[name]
    above = by_name.get(unit.above)
    below = any(other.above == name for other in UNITS)
    return UnitPlace(unit.kind, name, above.kind if above else "", above.name if above else "", below)


# --- whom a clause binds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_bears_the_clauses_that_the_text_lays_on_its_kind(unit: ObligatedUnit) -> None:
    assert [clause.id for clause in read_rules("2017").of(place_of(unit.name))] == list(BOUND[unit.group])


def test_the_rules_of_2019_ask_governments_to_publish_and_nobody_else() -> None:
    rules = read_rules("2019")
    published = [unit.name for unit in UNITS if "art6-4b-publication" in {c.id for c in rules.of(place_of(unit.name))}]
    assert len(published) == NUMBERS["art6-4b"]
    assert {place_of(name).kind for name in published} <= {"government", "township"}


def test_a_clause_for_heads_of_departments_never_binds_a_government() -> None:
    (clause,) = [one for one in read_rules("2017").clauses if one.id == "art7-4d"]
    assert not binds(clause, UnitPlace("government", "东岭县人民政府"))
    assert not binds(clause, UnitPlace("department", "东岭县委宣传部"))
    assert binds(clause, UnitPlace("department", "清江市发展和改革委员会"))


@pytest.mark.parametrize(
    ("place", "is_one"),
    [
        (UnitPlace("department", "东岭县委宣传部"), True),
        (UnitPlace("department", "机要室", "party_committee", "东岭县委"), True),
        (UnitPlace("department", "东岭县教育局", "government", "东岭县人民政府"), False),
        (UnitPlace("government", "东岭县委大院街道办事处", "party_committee", "东岭县委"), False),
        (UnitPlace("party_committee", "东岭县委员会", "party_committee", "清江市委"), False),
    ],
    ids=lambda value: value.name if isinstance(value, UnitPlace) else "",
)
def test_a_department_of_the_party_is_known_by_its_name_or_by_what_it_stands_below(
    place: UnitPlace, is_one: bool
) -> None:
    assert is_party_department(place) is is_one


def test_a_committee_above_nobody_is_no_superior_one_and_an_obligation_is_met_once_unless_more_is_said() -> None:
    assert bearers_of(UnitPlace("party_committee", "东岭县委")) == {Bearer.PARTY_HEAD}
    assert Bearer.SUPERIOR_PARTY_COMMITTEE in bearers_of(UnitPlace("party_committee", "东岭县委", has_below=True))
    once = Standing(due_on=date(2026, 3, 31), done_on=(date(2026, 3, 31),), received={})
    assert (once.times, once.is_whole) == (1, True)


def test_a_county_reports_to_three_a_department_to_two_and_a_town_to_those_that_it_has() -> None:
    rules = read_rules("2017")
    receivers = {
        name: next(c.receivers for c in rules.of(place_of(name)) if c.receivers)
        for name in ("东岭县人民政府", "东岭县教育局", "柏木镇人民政府")
    }
    assert receivers["东岭县人民政府"] == THREE
    assert receivers["东岭县教育局"] == ("本级政府", "上一级政府有关部门")
    assert receivers["柏木镇人民政府"] == ("同级党委", "乡镇人大主席团（街道人大工委）", "上一级政府")


def test_hearings_are_twice_a_year_and_study_four_times_and_the_office_has_set_so() -> None:
    rules = read_rules("2017")
    times = {one.id: one.times for one in rules.clauses if one.times > 1}
    assert times == {"art5-1d": 2, "art5-6b": 4, "art6-1c": 2, "art9-3a": 4}
    assert not any(one.times_in_rule for one in rules.clauses if one.times > 1)
    in_rule = {one.id for one in rules.clauses if one.day_in_rule}
    assert in_rule == {"art6-4b", "art7-4d"}, "every other day is the office's practice"


def test_every_recurring_clause_has_a_column_in_the_grid() -> None:
    rules = read_rules("2019")
    assert {one.id for one in rules.clauses} == {clause for topic in rules.topics for clause in topic.clauses}


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("year", "last"), [(2026, "2026-02-28"), (2027, "2027-02-28"), (2028, "2028-02-29")])
def test_before_1_march_is_the_last_of_february(year: int, last: str) -> None:
    assert FixedDay(3, 1, before=True).last_day(year) == date.fromisoformat(last)


def test_before_1_april_is_31_march_and_a_sunday_is_not_moved() -> None:
    assert FixedDay(4, 1, before=True).last_day(2026) == date(2026, 3, 31)
    sunday = FixedDay(2, 28).last_day(2027)
    assert sunday.weekday() == 6
    assert sunday == date(2027, 2, 28)


def test_a_day_that_no_year_has_is_refused() -> None:
    with pytest.raises(ValueError, match="day"):
        FixedDay(2, 30)


def at_nine(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), NINE, ZONE)


def test_time_looks_at_the_years_begin_then_before_the_day_and_on_the_first_working_day_after() -> None:
    known = looks(date(2026, 3, 31), 2026, CALENDAR, NINE, ZONE)
    assert [(one.kind, one.at) for one in known] == [
        ("begun", at_nine("2026-01-04")),  # a Sunday that is worked
        ("reminder", at_nine("2026-03-03")),
        ("reminder", at_nine("2026-03-17")),
        ("reminder", at_nine("2026-03-26")),
        ("due_today", at_nine("2026-03-31")),
        ("missed", at_nine("2026-04-01")),
    ]
    assert [one.place for one in known] == [0, 1, 2, 3, 4, 5]


def test_under_the_rules_of_2019_the_miss_waits_for_the_first_working_day_after_february() -> None:
    known = looks(date(2026, 2, 28), 2026, CALENDAR, NINE, ZONE)
    assert known[-1].at == at_nine("2026-03-02")  # 1 March 2026 is a Sunday
    assert known[-2].at == at_nine("2026-02-28")  # a Saturday that is worked


def test_the_last_reminder_of_a_day_of_rest_goes_out_on_the_working_day_before() -> None:
    known = looks(date(2027, 2, 28), 2027, CALENDAR, NINE, ZONE)
    assert (known[-2].kind, known[-2].at) == ("due_today", at_nine("2027-02-26"))
    assert known[-1].at == at_nine("2027-03-01")


def test_the_year_ends_at_midnight_and_the_miss_is_in_the_next() -> None:
    known = looks(date(2026, 12, 31), 2026, CALENDAR, NINE, ZONE)
    assert (known[-2].at.date(), known[-1].at.date()) == (date(2026, 12, 31), date(2027, 1, 4))


def test_of_looks_that_nobody_took_only_the_latest_is_taken() -> None:
    known = looks(date(2026, 3, 31), 2026, CALENDAR, NINE, ZONE)
    after = known[0].at
    look = due_look(known, after, at_nine("2026-03-27"))
    assert look is not None
    assert look.at == at_nine("2026-03-26")
    assert next_look(known, look.at) == at_nine("2026-03-31")
    assert due_look(known, look.at, at_nine("2026-03-30")) is None
    assert next_look(known, known[-1].at) is None


# --- what is missing -------------------------------------------------------------------------------------------------


def standing(*received: tuple[str, str], done: tuple[str, ...] = (), times: int = 1) -> Standing:
    return Standing(
        due_on=date(2026, 3, 31),
        times=times,
        receivers=THREE if times == 1 else (),
        done_on=tuple(date.fromisoformat(day) for day in done),
        received={who: date.fromisoformat(day) for who, day in received},
    )


@pytest.mark.parametrize(("signed_on", "whole"), [("2026-03-30", True), ("2026-03-31", True), ("2026-04-01", False)])
def test_the_third_receipt_counts_until_the_day_itself(signed_on: str, whole: bool) -> None:  # a case
    found = standing((THREE[0], "2026-03-25"), (THREE[2], "2026-03-26"), (THREE[1], signed_on), done=("2026-03-24",))
    assert found.is_whole is whole


def test_what_is_missing_is_said_in_words() -> None:
    two = standing((THREE[0], "2026-03-25"), (THREE[2], "2026-03-26"), done=("2026-03-24",))
    assert missing(two).text() == "三家回执缺一家：同级人大常委会"
    assert missing(standing(done=("2026-03-24",))).text() == "三家回执缺三家：同级党委、同级人大常委会、上一级政府"
    assert missing(standing()).text() == "没有报送"
    assert missing(standing(done=("2026-02-01", "2026-04-02"), times=4)).text() == "应当4次，完成1次，差3次"


def test_a_receipt_proves_that_something_was_handed_in() -> None:
    assert standing(*((who, "2026-03-25") for who in THREE)).is_whole


# --- the life of one -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["open", "submitted"])
def test_the_last_thing_that_was_missing_fulfils_it(state: str) -> None:
    source = ObligationState(state)
    assert moved(source, ObligationStep.SUBMIT, Role.LIAISON) is ObligationState.SUBMITTED
    assert moved(source, ObligationStep.SUBMIT, Role.HEAD, whole=True) is ObligationState.FULFILLED
    assert moved(source, ObligationStep.RECEIVE, Role.HANDLER, whole=True) is ObligationState.FULFILLED
    assert moved(source, ObligationStep.MISS, Role.SYSTEM) is ObligationState.MISSED
    assert moved(source, ObligationStep.EXCUSE, Role.DIRECTOR) is ObligationState.EXCUSED


def test_what_comes_after_the_miss_is_kept_and_changes_nothing() -> None:
    assert moved(ObligationState.MISSED, ObligationStep.RECEIVE, Role.HANDLER, whole=True) is ObligationState.MISSED
    with pytest.raises(NoSuchAct, match="没有按期完成"):
        moved(ObligationState.MISSED, ObligationStep.EXCUSE, Role.DIRECTOR)


def test_nobody_signs_for_another_and_only_time_misses_anything() -> None:
    for role in (Role.LIAISON, Role.HEAD, Role.LEADER):
        with pytest.raises(NotPermitted, match="承办人"):
            moved(ObligationState.OPEN, ObligationStep.RECEIVE, role)
    with pytest.raises(NotPermitted):
        moved(ObligationState.OPEN, ObligationStep.MISS, Role.DIRECTOR)
    with pytest.raises(NotPermitted):
        moved(ObligationState.OPEN, ObligationStep.EXCUSE, Role.HANDLER)


def test_every_state_and_every_step_of_an_obligation_has_its_words() -> None:
    for words, things in ((OBLIGATION_STATES, ObligationState), (OBLIGATION_STEPS, ObligationStep)):
        assert set(words) == set(things)
        assert all(zh and en for zh, en in words.values())


def test_the_day_matters_as_long_as_time_can_still_miss_it() -> None:
    assert {state for state in ObligationState if may(state, ObligationStep.MISS, Role.SYSTEM)} == WAITING


def test_no_line_leads_out_of_excused() -> None:
    assert [row for row in OBLIGATION_TABLE if row.source is ObligationState.EXCUSED] == []


def test_days_and_receivers_that_cannot_be_are_refused_in_a_sentence() -> None:
    today = date(2026, 3, 24)
    with pytest.raises(BadData, match="还没有到"):
        require_day(date(2026, 3, 25), 2026, today)
    with pytest.raises(BadData, match="2026年度之前"):
        require_day(date(2025, 12, 31), 2026, today)
    require_day(date(2026, 1, 1), 2026, today)
    with pytest.raises(BadData, match="应当签收的是：同级党委、"):
        require_receiver("县政协", THREE, {})
    with pytest.raises(BadData, match="不能重复登记"):
        require_receiver(THREE[0], THREE, {THREE[0]: today})
    with pytest.raises(BadData, match="不需要"):
        require_receiver(THREE[0], (), {})


# --- the office's own file -------------------------------------------------------------------------------------------


def test_an_office_sets_what_the_regulation_leaves_open_and_nothing_that_is_not_there(tmp_path: Path) -> None:

    home = tmp_path
    (home / "obligations.toml").write_text('[open]\ndue = "11-30"\ntimes = 1\n[clauses.art5-6b]\ntimes = 6\n', "utf-8")
    rules = read_rules("2017", home)
    study = rules.clause("art5-6b")
    report = rules.clause("art6-4b")
    assert study is not None
    assert report is not None
    assert (study.times, study.due.last_day(2026)) == (6, date(2026, 11, 30))
    assert report.due.last_day(2026) == date(2026, 3, 31), "the regulation's own day"
    for wrong in ('[open]\ndue = "13-01"\ntimes = 1\n', '[open]\ndue = "12-31"\n[clauses.art99]\n', "open = 1\n", "["):
        (home / "obligations.toml").write_text(wrong, "utf-8")
        with pytest.raises(BadObligations, match="不可用"):
            read_rules("2017", home)
