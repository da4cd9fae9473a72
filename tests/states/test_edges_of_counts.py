"""Terms that are written oddly, numbers in words, and late entries that are counted anew: at their edges."""

from __future__ import annotations

from typing import Any

import pytest

from states.case import Actor
from states.command import Command, Facts
from states.duty import article_and_item, citation, numeral
from states.errors import BadTerm
from states.evolve import evolve
from states.lifecycle import decide
from states.terms import Term, due
from states.vocabulary import Act, Role, State
from states.written_terms import read_term
from tests.support.days import at, day
from tests.support.lives import CALENDAR, NOW, after, done, found, missed, ordered, rules

RULES = rules()


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "〇"), (1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一"), (99, "九十九")],
)
def test_a_number_is_written_in_chinese_numerals(number: int, words: str) -> None:
    assert numeral(number) in {words, words.replace("〇", "零")}


def test_the_key_of_a_duty_stands_for_its_article_and_item_and_another_key_for_none() -> None:
    assert [article_and_item(key) for key in ("art7-4d", "art12", "art9-2", "other")] == [
        (7, 4),
        (12, 0),
        (9, 2),
        (0, 0),
    ]
    whole, item = citation("art12"), citation("art7-4d")
    assert whole is not None
    assert item is not None
    assert "十二" in str(whole)
    assert "七" in str(item)
    assert "四" in str(item)
    assert citation("other") is None


def _read(text: str, days: str | None = None) -> str:
    return read_term(text, days=days, bare=None, after=None, year=None).term


@pytest.mark.parametrize(
    ("text", "term"),
    [("半年", "6m"), ("1年", "12m"), ("2年", "24m"), ("3个月", "3m"), ("15个工作日", "15wd"), ("十五个工作日", "15wd")],
)
def test_years_are_months_and_half_a_year_is_six(text: str, term: str) -> None:
    assert _read(text) == term


@pytest.mark.parametrize("text", ["半天", "半个工作日", "", "尽快", "3月", "三月前"])
def test_half_a_day_and_a_month_without_a_day_are_no_term(text: str) -> None:
    with pytest.raises(BadTerm):
        _read(text, "d")


@pytest.mark.parametrize(("days", "term"), [("d", "10d"), ("wd", "10wd")])
def test_what_days_are_is_settled_by_the_heading_or_asked(days: str, term: str) -> None:
    assert _read("10天", days) == term
    with pytest.raises(BadTerm, match="10"):
        _read("10天")


@pytest.mark.parametrize("text", ["0wd", "0d", "0m", "", "  ", "wd", "-1wd", "1.5d"])
def test_a_term_lasts_one_at_least(text: str) -> None:
    with pytest.raises(BadTerm):
        Term.parse(text)
    assert str(Term.parse("1wd")) == "1wd"


# --- late entries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("term", "counted"), [("15wd", "15wd"), ("2026-03-05", "")])
def test_a_late_order_that_runs_on_is_counted_from_today_and_a_fixed_day_by_the_rung_s_own_term(
    term: str, counted: str
) -> None:
    def entered(case: Any, act: Act, on: str, role: Role, **data: Any) -> Any:
        command = Command(act=act, actor=Actor(user="甲", role=role), on=day(on), data=data, case_id=1)
        return evolve(case, decide(case, command, Facts(entered_at=at("03-12")), RULES, NOW))

    late = entered(found(RULES), Act.SERVE_ORDER, "02-06", Role.DIRECTOR, term=term)
    assert late.late_entry == "pending"
    case = entered(late, Act.DECIDE_LATE_ENTRY, "03-12", Role.DIRECTOR, choice="run", reason="补录")
    line = case.deadline("rectification")
    whole = Term.parse(counted) if counted else RULES.policy.rungs[State.ORDERED].term
    assert (case.late_entry, line.started_on) == ("", day("03-12"))
    assert line.due_on == due(day("03-12"), whole, CALENDAR).due_on


def test_a_rung_that_is_reached_by_accountability_forgets_nothing_of_the_interview() -> None:
    case = ordered(RULES)
    event = done(case, Act.ESCALATED, "03-12", RULES, **missed("publicly_criticized"))
    held = evolve(case, event._replace(to_state=State.HELD))
    assert (held.state, held.criticized_on, held.helps) == (State.HELD, case.criticized_on, case.helps)
    assert after(case, Act.ACKNOWLEDGE, "03-13", RULES).state is State.ORDERED
