"""Terms that are written oddly, numbers in words, and late entries that are counted anew: at their edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from states.case import Actor, changed
from states.command import Command, Facts
from states.decision import decide
from states.duty import article_and_item, citation, numeral
from states.errors import BadMoment, BadTerm
from states.evolve import evolve, fold
from states.recount import extended_from, redated
from states.terms import Term, days_late, due, parse_moment, unused
from states.vocabulary import Act, Role, State
from states.written_terms import read_term
from tests.support.days import ZONE, at, day
from tests.support.lives import CALENDAR, FINDING, NOW, after, done, found, missed, ordered, rules

if TYPE_CHECKING:
    from states.case import Case, Event

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


# --- terms that stop and go on -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "stopped", "left"),
    [
        ("10d", "03-01", "10d"),
        ("10d", "03-02", "10d"),
        ("10d", "03-03", "9d"),
        ("10d", "03-11", "1d"),
        ("10d", "03-12", "1d"),
        ("1m", "03-01", "31d"),
        ("1m", "03-11", "22d"),
    ],
)
def test_what_is_left_of_days_and_months_is_days_and_the_day_of_the_stop_is_not_used(
    term: str, stopped: str, left: str
) -> None:
    started = day("03-01")
    whole = Term.parse(term)
    assert str(unused(started, day("03-31"), whole, day(stopped), CALENDAR)) == left


def test_what_is_left_of_working_days_stays_working_days_and_is_one_at_least() -> None:
    for stopped, left in (("02-06", "15wd"), ("02-09", "15wd"), ("02-10", "14wd"), ("03-05", "1wd"), ("03-20", "1wd")):
        assert str(unused(day("02-06"), day("03-05"), Term.parse("15wd"), day(stopped), CALENDAR)) == left


def test_nothing_is_late_on_the_due_day_and_a_working_day_on_the_next() -> None:
    found_late = [days_late(day("03-05"), day(on), CALENDAR) for on in ("03-04", "03-05", "03-06", "03-07", "03-09")]
    assert found_late == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-05", "2026-03-05T23:59:59.999999+08:00"),
        (" 2026-03-05 ", "2026-03-05T23:59:59.999999+08:00"),
        ("2026-03-05T08:30", "2026-03-05T08:30:00+08:00"),
        ("2026-03-05T08:30:00+00:00", "2026-03-05T08:30:00+00:00"),
        ("2026-03-05T08:30:00 08:00", "2026-03-05T08:30:00+08:00"),
    ],
)
def test_a_moment_without_a_time_is_the_end_of_its_day_and_without_a_zone_the_office_s(text: str, moment: str) -> None:
    assert parse_moment(text, ZONE).isoformat() == moment


@pytest.mark.parametrize("text", ["gestern", "2026-13-01", "", "1500-01-01", "9999-12-31"])
def test_a_moment_that_nobody_can_count_with_is_refused(text: str) -> None:
    with pytest.raises(BadMoment):
        parse_moment(text, ZONE)


def _extended() -> tuple[list[Event], Case]:
    """Return the events of a case whose term was made longer, and the case."""
    events: list[Event] = []
    case: Case | None = None
    for act, on, data in (
        (Act.REGISTER_FINDING, "01-28", FINDING),
        (Act.SERVE_ORDER, "02-06", {"term": "15wd"}),
        (Act.REQUEST_EXTENSION, "02-28", {"reason": "汛期", "term": "10wd"}),
        (Act.APPROVE_EXTENSION, "03-03", {}),
    ):
        event = done(case, act, on, RULES, **data)
        events.append(event._replace(case_seq=len(events) + 1))
        case = evolve(case, events[-1])
    assert case is not None
    return events, case


def test_an_extension_counts_from_the_day_on_which_the_term_would_have_ended() -> None:
    events, case = _extended()
    assert extended_from(events, case, CALENDAR) == {"rectification": day("03-05")}
    assert extended_from(events, changed(case, {"extensions": 0}), CALENDAR) == {}
    assert extended_from([], case, CALENDAR) == {}
    assert extended_from(events[:-1], case, CALENDAR) == {}
    line = case.deadline("rectification")
    assert line is not None
    resumed = changed(case, {"deadlines": (line.__class__(**_fields(line) | {"started_on": day("03-06")}),)})
    assert extended_from(events, resumed, CALENDAR) == {}
    assert redated(case, CALENDAR, day("03-06"), starts={"rectification": day("03-05")}) == ()
    assert fold(events) == case


def _fields(line: Any) -> dict[str, Any]:
    return {name: getattr(line, name) for name in line.__dataclass_fields__}
