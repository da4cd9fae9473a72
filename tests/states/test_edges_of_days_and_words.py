"""Edges that planted changes crossed unnoticed: the day before, the other unit, the second decision."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from states.case import Actor, changed
from states.command import Command, Facts
from states.decision import decide
from states.errors import BadTerm, GuardRefused
from states.evolve import evolve
from states.guards.condition import GuardFailed
from states.obligation import Standing
from states.standing import deciding_deadline
from states.vocabulary import Act, Light, Role
from states.written_terms import read_term
from tests.support.days import at, day
from tests.support.lives import NOW, after, done, found, ordered, rules

if TYPE_CHECKING:
    from states.case import Case

RULES = rules()
AFTER = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("written", "term"),
    [("10日历日", "10d"), ("10个日历日", "10d"), ("2星期", "14d"), ("2个星期", "14d"), ("2周", "14d"), ("5d", "5d")],
)
def test_each_word_for_days_and_weeks_is_counted_as_what_it_means(written: str, term: str) -> None:
    assert read_term(written, after=AFTER).term == term


def test_a_day_without_a_year_is_believed_up_to_three_hundred_days_away() -> None:
    assert read_term("1月3日止", after=AFTER).term == "2027-01-03"
    with pytest.raises(BadTerm, match="年份"):
        read_term("1月4日止", after=AFTER)


@pytest.mark.parametrize(("term", "is_refused"), [("2026-02-05", True), ("2026-02-06", False), ("2026-02-09", False)])
def test_the_day_that_an_order_names_may_be_that_of_its_service_and_none_before(term: str, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(GuardFailed, match="早于送达日"):
            after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, term=term)
    else:
        case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, term=term)
        line = case.deadline("rectification")
        assert line is not None
        assert line.due_on.isoformat() == term


def test_what_is_open_is_named_in_english_too() -> None:
    verified = after(after(ordered(RULES), Act.SUBMIT_REPORT, "03-04", RULES), Act.VERIFY_PASS, "03-11", RULES)
    with pytest.raises(GuardFailed) as refused:
        done(changed(verified, {"appeal": "pending"}), Act.APPROVE_CLOSURE, "03-13", RULES)
    assert "(under appeal)" in refused.value.sentence.text("en")
    assert "（申诉中）" in refused.value.sentence.text()


def test_a_receipt_in_time_proves_that_it_was_done_once_and_not_twice() -> None:
    signed = Standing(due_on=date(2026, 3, 31), times=2, received={"本级政府": date(2026, 3, 31)})
    assert signed.in_time == 1
    assert not signed.is_whole


def test_of_what_the_unit_owes_the_marked_one_decides_before_the_nearest() -> None:
    marked: dict[str, Any] = {"deadline": "rectification", "due_on": "2026-03-05"}
    yellow = after(ordered(RULES), Act.MARKED_YELLOW, "02-20", RULES, key="2.rectification.20260305.yellow", **marked)
    assert yellow.light is Light.YELLOW
    assert min(line.due_on for line in yellow.running if line.party == "unit") == day("02-27")
    deciding = deciding_deadline(yellow, RULES)
    assert deciding is not None
    assert deciding.kind == "rectification"


def _entered(case: Case, act: Act, on: str, role: Role, entered_on: str, **data: Any) -> Case:
    command = Command(act=act, actor=Actor(user="甲", role=role), on=day(on), data=data, case_id=1)
    return evolve(case, decide(case, command, Facts(entered_at=at(entered_on)), RULES, NOW))


def test_what_was_given_to_the_ladder_once_is_not_asked_about_again() -> None:
    late = _entered(found(RULES), Act.SERVE_ORDER, "02-06", Role.DIRECTOR, "03-12", term="15wd")
    assert late.late_entry == "pending"
    given = _entered(late, Act.DECIDE_LATE_ENTRY, "03-12", Role.DIRECTOR, "03-12", choice="ladder", reason="按期办理")
    assert given.late_entry == "ladder"
    again = _entered(given, Act.SUBMIT_REPORT, "02-10", Role.HEAD, "03-12", note="已整改", signed_by="局长")
    assert again.late_entry == "ladder"


@pytest.mark.parametrize(("act", "data"), [(Act.APPROVE_ESCALATION, {}), (Act.REJECT_ESCALATION, {"reason": "在整改"})])
@pytest.mark.parametrize(("on", "is_refused"), [("03-11", True), ("03-12", False), ("03-13", False)])
def test_a_proposal_is_not_decided_before_the_day_on_which_it_was_made(
    act: Act, data: dict[str, Any], on: str, is_refused: bool
) -> None:
    decree = rules("decree-733")
    missed: dict[str, Any] = {
        "key": "m",
        "deadline": "rectification",
        "due_on": "2026-03-05",
        "move": "publicly_criticized",
    }
    proposed = after(ordered(decree), Act.ESCALATION_PROPOSED, "03-12", decree, **missed, approvers=["leader"])
    if is_refused:
        with pytest.raises(GuardRefused, match="早于升级建议"):
            done(proposed, act, on, decree, role=Role.LEADER, **data)
    else:
        assert done(proposed, act, on, decree, role=Role.LEADER, **data).act is act
