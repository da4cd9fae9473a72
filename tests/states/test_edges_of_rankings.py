"""What a ranking counts, on which days, and who is among the last: at the edges of a period, a group and a bound."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from states.case import Actor, Event
from states.errors import Sentence
from states.ranking import (
    Measure,
    MeasureRule,
    RankedFact,
    RankedGroup,
    RankingFormula,
    ScorePart,
    facts_of,
    ranked,
    taken_acts,
)
from states.terms import Term
from states.vocabulary import Act, Role, State
from tests.support.days import UNIT, day
from tests.support.lives import NOW

if TYPE_CHECKING:
    from datetime import date

ORDERED = State.ORDERED


class RankedLife:
    """The events of one case, by their places in the history of the office, which begin at 11."""

    def __init__(self) -> None:
        self.history: list[tuple[int, Event]] = []
        self.state: State | None = None

    def then(self, act: Act, on: str, to: State | None = None, **data: Any) -> RankedLife:
        before, self.state = self.state, to or self.state
        n = len(self.history) + 1
        actor = Actor(user="甲", role=Role.HANDLER)
        states: dict[str, Any] = {"from_state": before, "to_state": self.state}
        event = Event(1, n, act, day(on), NOW, actor, data, **states, policy_hash="", calendar_hash="")
        self.history.append((10 + n, event))
        return self

    def facts(self, first: str = "01-01", last: str = "12-31") -> list[tuple[str, str, tuple[int, ...], int]]:
        """Return what is counted: what, on which day, by which events, how often."""
        found = facts_of(UNIT, "7号", self.history, day(first), day(last))
        assert all((fact.unit, fact.about) == (UNIT, "7号") for fact in found)
        return [(fact.measure.value, fact.on.isoformat()[5:], fact.events, fact.times) for fact in found]


def served(**data: Any) -> RankedLife:
    return RankedLife().then(Act.REGISTER_FINDING, "01-28", State.FOUND, **data).then(Act.SERVE_ORDER, "02-06", ORDERED)


FOUND = ("finding", "01-28", (11,), 1)


@pytest.mark.parametrize(
    ("first", "last", "counted"),
    [
        ("01-28", "01-28", True),
        ("01-29", "12-31", False),
        ("01-01", "01-27", False),
        ("01-01", "01-28", True),
    ],
)
def test_the_first_and_the_last_day_of_the_period_count(first: str, last: str, counted: bool) -> None:
    assert served().facts(first, last) == ([FOUND] if counted else [])


def test_a_case_that_blames_nobody_in_the_end_counts_nothing() -> None:
    for outcome in State:
        case = served().then(Act.APPROVE_CLOSURE, "03-01", outcome)
        nothing = {State.EXEMPTED, State.UNFOUNDED, State.WITHDRAWN, State.MERGED, State.TRANSFERRED}
        assert bool(case.facts()) is (outcome not in nothing)
    assert facts_of(UNIT, "7号", [], day("01-01"), day("12-31")) == []


def test_what_the_unit_itself_found_is_told_from_what_others_found() -> None:
    own = ("self_reported", "01-28", (11,), 1)
    assert served(source="自查报告").facts() == [FOUND, own]
    assert served(source="市里自查").facts() == [FOUND]


def test_a_rung_counts_once_when_it_is_reached_and_not_when_it_was_begun_for_the_last_place() -> None:
    criticized = served().then(Act.ESCALATED, "03-12", State.CRITICIZED).then(Act.PUBLISH_CRITICISM, "03-13")
    assert criticized.facts() == [FOUND, ("criticized", "03-12", (13,), 1)]
    up = criticized.then(Act.HOLD_INTERVIEW, "04-10", State.INTERVIEWED)
    up = up.then(Act.RECORD_ACCOUNTABILITY, "05-25", State.HELD)
    assert [fact[0] for fact in up.facts()] == ["finding", "criticized", "interviewed", "held_accountable"]
    again = served().then(Act.APPROVE_CLOSURE, "03-01", State.CLOSED).then(Act.REOPEN, "04-01", State.CRITICIZED)
    assert [fact[0] for fact in again.facts()] == ["finding", "closed_in_time", "reopened"]
    last = RankedLife().then(Act.START_RANKING_INTERVIEW, "02-01", State.INTERVIEWED)
    assert last.facts() == []


def test_a_case_is_closed_in_time_when_no_light_of_the_unit_ever_came_on() -> None:
    closed = ("closed_in_time", "03-01", (13,), 1)
    assert served().then(Act.APPROVE_CLOSURE, "03-01", State.CLOSED).facts() == [FOUND, closed]
    yellow = served().then(Act.MARKED_YELLOW, "02-28").then(Act.APPROVE_CLOSURE, "03-01", State.CLOSED)
    assert yellow.facts() == [FOUND, ("marked_yellow", "02-28", (13,), 1)]
    office = served().then(Act.MARKED_YELLOW, "02-28", party="office")
    office = office.then(Act.MARKED_RED, "02-28", party="office").then(Act.APPROVE_CLOSURE, "03-01", State.CLOSED)
    assert [fact[0] for fact in office.facts()] == ["finding", "closed_in_time"]
    unit = served().then(Act.MARKED_RED, "02-28", party="unit").then(Act.APPROVE_CLOSURE, "03-01", State.CLOSED)
    assert [fact[0] for fact in unit.facts()] == ["finding", "marked_red", "red_days"]


def _red_days(case: RankedLife, first: str = "01-01", last: str = "12-31") -> list[tuple[str, tuple[int, ...], int]]:
    return [fact[1:] for fact in case.facts(first, last) if fact[0] == "red_days"]


def test_a_red_light_counts_each_day_from_the_one_on_which_it_came_on_to_the_one_before_it_went_out() -> None:
    red = served().then(Act.MARKED_RED, "03-06").then(Act.ESCALATED, "03-12", State.CRITICIZED)
    assert _red_days(red) == [("03-06", (13, 14), 6)]
    assert _red_days(red, last="03-06") == [("03-06", (13, 14), 1)]
    assert _red_days(red, last="03-05") == []
    assert _red_days(red, first="03-11") == [("03-11", (13, 14), 1)]
    assert _red_days(red, first="03-12") == []
    assert _red_days(served().then(Act.MARKED_RED, "03-06"), last="03-07") == [("03-06", (13,), 2)]
    same_day = served().then(Act.MARKED_RED, "03-06").then(Act.ESCALATED, "03-06", State.CRITICIZED)
    assert _red_days(same_day) == []


def test_a_red_light_burns_until_another_light_or_another_cycle_and_a_second_mark_lights_nothing() -> None:
    red = served().then(Act.MARKED_RED, "03-06").then(Act.ACKNOWLEDGE, "03-07").then(Act.MARKED_RED, "03-08")
    assert _red_days(red, last="03-10") == [("03-06", (13,), 5)]
    still = red.then(Act.SUBMIT_REPORT, "03-09", becomes={"light": "red"})
    assert _red_days(still, last="03-10") == [("03-06", (13,), 5)]
    out = still.then(Act.APPROVE_EXTENSION, "03-10", becomes={"light": "green"}).then(Act.MARKED_RED, "03-12")
    assert _red_days(out, last="03-12") == [("03-06", (13, 17), 4), ("03-12", (18,), 1)]
    cycle = served().then(Act.MARKED_RED, "03-06").then(Act.SERVE_ORDER, "03-09", cycle=2)
    assert _red_days(cycle) == [("03-06", (13, 14), 3)]


def test_an_act_that_two_must_sign_counts_on_its_own_day_by_the_event_of_the_second_signature() -> None:
    waits = served().then(Act.VERIFY_FAIL, "03-01", to_be_countersigned=True)
    assert [fact[0] for fact in waits.facts()] == ["finding"]
    signed = waits.then(Act.ACKNOWLEDGE, "03-02").then(Act.COUNTERSIGN, "03-03", of=3, signed_act="verify_fail")
    assert signed.facts() == [FOUND, ("verify_failed", "03-01", (15,), 1)]
    refused = served().then(Act.VERIFY_FAIL, "03-01", to_be_countersigned=True)
    refused = refused.then(Act.REFUSE_COUNTERSIGN, "03-03", of=3)
    assert [fact[0] for fact in refused.facts()] == ["finding"]


def test_what_was_corrected_is_left_out_and_what_stands_beside_it_is_not() -> None:
    case = served().then(Act.VERIFY_FAIL, "03-01").then(Act.VERIFY_FAIL, "03-05").then(Act.CORRECT_EVENT, "03-06", of=3)
    assert case.facts() == [FOUND, ("verify_failed", "03-05", (14,), 1)]
    assert [one.seq for one in taken_acts(case.history)] == [11, 12, 14, 15]
    signed = served().then(Act.VERIFY_FAIL, "03-01", to_be_countersigned=True)
    signed = signed.then(Act.COUNTERSIGN, "03-03", of=3).then(Act.CORRECT_EVENT, "03-06", of=4)
    assert signed.facts() == [FOUND]


# --- scores ------------------------------------------------------------------------------------------------------


def _formula(bottom: int = 1, minimum: int = 2, most: str = "12") -> RankingFormula:
    def words(text: str) -> Sentence:
        return Sentence(text, text)

    taken = (MeasureRule(Measure.MARKED_RED, Decimal("-2.5")), MeasureRule(Measure.COMMENDED, Decimal(2)))
    return RankingFormula(
        title=words("排序"),
        period_ends=(12, 31),
        bottom=bottom,
        minimum_cases=minimum,
        objection=Term.parse("5wd"),
        groups=(
            RankedGroup("departments", words("部门"), frozenset({"department"})),
            RankedGroup("townships", words("乡镇"), frozenset({"township"})),
        ),
        parts=(
            ScorePart("case", words("整改"), Decimal(10), Decimal(3), Decimal(most), taken),
            ScorePart("help", words("帮扶"), Decimal(1), Decimal(0), Decimal(5), ()),
        ),
        hash="",
    )


def _fact(unit: str, measure: Measure, on: date | None = None, about: str = "1号", times: int = 1) -> RankedFact:
    return RankedFact(unit=unit, measure=measure, on=on or day("03-01"), about=about, events=(1,), times=times)


def _reds(**times: int) -> list[RankedFact]:
    return [_fact(unit, Measure.MARKED_RED, times=n) for unit, n in times.items() if n]


def _last(
    reds: dict[str, int], cases: dict[str, int], bottom: int = 1, minimum: int = 2
) -> list[tuple[str, int, bool]]:
    units = dict.fromkeys(reds, "department")
    found = ranked(_formula(bottom, minimum), units, cases, _reds(**reds))
    return [(row.unit, row.place, row.is_last) for row in found]


def test_a_score_is_the_sum_of_its_parts_and_each_occurrence_counts_as_often_as_it_happened() -> None:
    first, second = _fact("甲", Measure.MARKED_RED, about="2号", times=2), _fact("甲", Measure.COMMENDED)
    earlier = _fact("甲", Measure.MARKED_RED, on=day("03-01") - timedelta(days=1), about="9号")
    unheard = _fact("甲", Measure.FINDING)
    (row,) = ranked(_formula(), {"甲": "department"}, {"甲": 3}, [first, second, earlier, unheard])
    assert [(part.rule, part.points, part.about) for part in row.parts] == [
        ("case", Decimal(10), ""),
        ("case.marked_red", Decimal("-2.5"), "9号"),
        ("case.marked_red", Decimal(-5), "2号"),
        ("case.commended", Decimal(2), "1号"),
        ("help", Decimal(1), ""),
    ]
    assert (row.score, row.cases, row.group) == (Decimal("5.50"), 3, "departments")
    assert str(row.score) == "5.50"


@pytest.mark.parametrize(
    ("commended", "reds", "score", "bound"),
    [(0, 0, "11.00", None), (1, 0, "13.00", None), (2, 0, "13.00", "-2"), (0, 3, "4.00", "0.5"), (1, 3, "5.50", None)],
)
def test_a_part_rises_and_falls_to_its_bounds_and_says_what_they_took(
    commended: int, reds: int, score: str, bound: str | None
) -> None:
    facts = [_fact("甲", Measure.COMMENDED, times=commended), _fact("甲", Measure.MARKED_RED, times=reds)]
    (row,) = ranked(_formula(), {"甲": "department"}, {}, facts)
    assert row.score == Decimal(score)
    bounds = [part.points for part in row.parts if part.rule == "case.bound"]
    assert bounds == ([Decimal(bound)] if bound else [])


def test_equal_scores_share_a_place_and_the_next_one_is_counted_on() -> None:
    rows = _last({"丁": 2, "丙": 1, "乙": 1, "甲": 0}, dict.fromkeys("甲乙丙丁", 2))
    assert [(unit, place) for unit, place, _ in rows] == [("甲", 1), ("丙", 2), ("乙", 2), ("丁", 4)]


def test_units_of_one_group_are_compared_with_each_other_and_those_of_none_are_not_ranked() -> None:
    units = {"甲": "department", "乙": "township", "丙": "village"}
    found = ranked(_formula(), units, dict.fromkeys(units, 2), _reds(甲=1))
    assert [(row.unit, row.group, row.place, row.is_last) for row in found] == [
        ("甲", "departments", 1, False),
        ("乙", "townships", 1, False),
    ]
    assert ranked(_formula(), {}, {}, []) == []


def test_the_last_of_a_group_is_the_lowest_of_those_with_cases_enough() -> None:
    enough = {"甲": 2, "乙": 2, "丙": 2}
    reds = {"甲": 0, "乙": 1, "丙": 2}
    assert [last for _, _, last in _last(reds, enough)] == [False, False, True]
    assert [last for _, _, last in _last(reds, enough | {"丙": 1})] == [False, True, False]
    assert [last for _, _, last in _last(reds, {"甲": 2, "乙": 2})] == [False, True, False]
    assert [last for _, _, last in _last(reds, enough, bottom=2)] == [False, True, True]
    assert [last for _, _, last in _last(reds, enough, bottom=0)] == [False, False, False]
    assert [last for _, _, last in _last({"甲": 0, "乙": 1, "丙": 1}, enough)] == [False, True, True]
    assert [last for _, _, last in _last(reds, {}, minimum=1)] == [False, False, False]
    assert [last for _, _, last in _last(reds, {"甲": 1, "乙": 1}, minimum=1)] == [False, True, False]
    assert [last for _, _, last in _last(reds, dict.fromkeys(reds, 9))] == [False, False, True]
    assert [last for _, _, last in _last(reds, {}, minimum=0)] == [False, False, True]


def test_a_unit_without_a_case_has_none_and_leaves_the_others_their_number() -> None:
    units = dict.fromkeys("甲乙丙", "department")
    found = ranked(_formula(), units, {"乙": 3, "丁": 9}, _reds(丙=1))
    assert {row.unit: row.cases for row in found} == {"甲": 0, "乙": 3, "丙": 0}


def test_where_all_are_equal_nobody_is_last() -> None:
    assert [last for _, _, last in _last({"甲": 1, "乙": 1}, {"甲": 2, "乙": 2}, bottom=2)] == [False, False]


def test_a_period_begins_on_the_day_after_the_one_before_has_ended() -> None:
    first, last = _formula().period(2026)
    assert (first.isoformat(), last.isoformat()) == ("2026-01-01", "2026-12-31")
