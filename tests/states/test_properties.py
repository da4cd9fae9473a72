"""What holds for every term, suspension, extension and calendar, whatever the days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from config.calendars import HolidayNotice, library_calendar, overlaid
from states.case import Actor, Case
from states.command import NO_FACTS, Command, Rules
from states.decision import decide
from states.errors import Refused
from states.evolve import evolve
from states.recount import redated, redating_data
from states.terms import Term, due
from states.timers import timers, why_no_timer
from states.vocabulary import Act, Role
from states.working_days import DayRule
from tests.support.lives import CALENDAR, FINDING, NOW, after, found, rules

if TYPE_CHECKING:
    from states.working_days import Calendar

RULES = rules()
starts = st.dates(date(2019, 1, 2), date(2026, 10, 31))
terms = st.one_of(
    st.integers(1, 60).map(lambda n: f"{n}wd"),
    st.integers(1, 90).map(lambda n: f"{n}d"),
    st.integers(1, 6).map(lambda n: f"{n}m"),
)
working_terms = st.integers(5, 60).map(lambda n: f"{n}wd")


def _working(day: date) -> date:
    return CALENDAR.roll(day)


def _ordered(served: date, term: str, by: Rules = RULES) -> Case:
    found_on = (served - timedelta(days=1)).isoformat()
    case = after(None, Act.REGISTER_FINDING, found_on, by, **FINDING)
    return after(case, Act.SERVE_ORDER, served.isoformat(), by, term=term)


def _due(case: Case) -> date:
    line = case.deadline("rectification")
    assert line is not None
    return line.due_on


@given(served=starts, term=working_terms, used=st.integers(0, 40), stopped=st.integers(1, 60))
def test_a_suspension_of_k_working_days_moves_the_due_day_by_exactly_k(
    served: date, term: str, used: int, stopped: int
) -> None:
    served = _working(served)
    case = _ordered(served, term)
    promised = _due(case)
    suspended_on = CALENDAR.forward(served, used + 1)
    assume(suspended_on <= promised)
    # The clock stands from the day of the suspension; on the working day after the notice of resumption it goes on.
    resumed_on = CALENDAR.forward(suspended_on, stopped - 1)
    stood = after(case, Act.SUSPEND, suspended_on.isoformat(), RULES, reason="防汛")
    going = after(stood, Act.RESUME, resumed_on.isoformat(), RULES)
    assert _due(going) == CALENDAR.forward(promised, stopped)


@given(
    served=starts,
    term=st.integers(15, 40).map(lambda n: f"{n}wd"),
    extra=st.integers(1, 15),  # not longer than the first period
    used=st.integers(2, 8),
    stopped=st.integers(1, 30),
)
def test_extension_and_suspension_commute(served: date, term: str, extra: int, used: int, stopped: int) -> None:
    served = _working(served)
    first = CALENDAR.forward(served, used - 1).isoformat()
    stop = CALENDAR.forward(served, used)
    go = CALENDAR.forward(stop, stopped - 1)
    late = CALENDAR.forward(go, 1).isoformat()

    def extended(case: Case, on: str) -> Case:
        asked = after(case, Act.REQUEST_EXTENSION, on, RULES, reason="汛期", term=f"{extra}wd")
        return after(asked, Act.APPROVE_EXTENSION, on, RULES)

    def stood(case: Case) -> Case:
        standing = after(case, Act.SUSPEND, stop.isoformat(), RULES, reason="防汛")
        return after(standing, Act.RESUME, go.isoformat(), RULES)

    case = _ordered(served, term)
    assert _due(stood(extended(case, first))) == _due(extended(stood(case), late))


@given(start=starts, later=st.integers(0, 30), term=terms)
def test_a_later_start_never_ends_earlier(start: date, later: int, term: str) -> None:
    length = Term.parse(term)
    assert due(start, length, CALENDAR).due_on <= due(start + timedelta(days=later), length, CALENDAR).due_on


@given(start=starts, n=st.integers(1, 60), more=st.integers(0, 30), unit=st.sampled_from(["wd", "d", "m"]))
def test_a_longer_term_never_ends_earlier(start: date, n: int, more: int, unit: str) -> None:
    shorter, longer = Term.parse(f"{n}{unit}"), Term.parse(f"{n + more}{unit}")
    assert due(start, shorter, CALENDAR).due_on <= due(start, longer, CALENDAR).due_on


@st.composite
def _notices(draw: st.DrawFn) -> Calendar:
    """Return the library's calendar with an invented notice for 2027 over it."""
    changed = draw(st.dictionaries(st.dates(date(2027, 1, 1), date(2027, 6, 30)), st.booleans(), max_size=25))
    days = {day: DayRule(works=works, name="") for day, works in changed.items()}
    return overlaid(library_calendar(), [HolidayNotice(2027, days)])


@given(
    served=st.dates(date(2026, 11, 2), date(2026, 12, 31)),
    term=terms,
    calendar=_notices(),
    looked=st.integers(0, 120),
)
def test_counting_again_by_a_new_calendar_twice_is_counting_once_and_makes_nobody_late(
    served: date, term: str, calendar: Calendar, looked: int
) -> None:
    case = _ordered(served, term)
    today = served + timedelta(days=looked)
    new = Rules(policy=RULES.policy, calendar=calendar, zone=RULES.zone)
    before = {line.kind: line for line in case.deadlines}
    once = _redated(case, new, today)
    for line in once.deadlines:
        assert line.due_on >= today or line == before[line.kind]
        assert not (before[line.kind].due_on >= today > line.due_on)
    for day in (today, today + timedelta(days=1)):
        assert redated(once, calendar, day) == ()


def _redated(case: Case, new: Rules, today: date) -> Case:
    moves = redated(case, new.calendar, today)
    if not moves:
        return case
    data = redating_data(case, moves, new.calendar, today)
    command = Command(
        act=Act.DEADLINE_REDATED, actor=Actor(user="system", role=Role.SYSTEM), on=today, data=data, case_id=1
    )
    return evolve(case, decide(case, command, NO_FACTS, new, NOW))


@given(served=st.dates(date(2026, 11, 2), date(2026, 12, 31)), term=terms, calendar=_notices())
def test_a_day_that_a_notice_covers_is_no_longer_provisional(served: date, term: str, calendar: Calendar) -> None:
    case = _redated(_ordered(served, term), Rules(policy=RULES.policy, calendar=calendar, zone=RULES.zone), served)
    assert all(line.provisional is (line.due_on.year > 2027) for line in case.deadlines)


HOLDS: dict[Act, dict[str, Any]] = {
    Act.SUSPEND: {"reason": "防汛"},
    Act.REQUEST_EXTENSION: {"reason": "汛期", "term": "5wd"},
    Act.FILE_OBJECTION: {"reason": "事实有误"},
}


@given(
    served=starts,
    term=working_terms,
    wait=st.integers(0, 5),
    hold=st.sampled_from(sorted(HOLDS)),
    later=st.integers(0, 200),
)
def test_nothing_escalates_while_a_hold_stands(served: date, term: str, wait: int, hold: Act, later: int) -> None:
    case = _ordered(_working(served), term)
    on = CALENDAR.forward(_working(served), wait + 1)
    try:
        held = after(case, hold, on.isoformat(), RULES, **HOLDS[hold])
    except Refused:
        assume(False)  # hypothesis's own way
    assert not [timer for timer in timers(held, RULES) if timer.kind == "missed"]
    data = {"key": "x", "deadline": "rectification", "due_on": "", "move": "publicly_criticized"}
    command = Command(
        act=Act.ESCALATED, actor=Actor(user="system", role=Role.SYSTEM), on=on + timedelta(days=later), data=data
    )
    try:
        decide(held, command, NO_FACTS, RULES, NOW)
    except Refused as refused:
        assert refused.sentence.text("zh-CN")
    else:
        raise AssertionError(f"{hold} did not hold the escalation back")


@given(served=starts, term=terms)
def test_a_case_that_is_open_has_a_next_timer_or_says_why_not(served: date, term: str) -> None:
    case = _ordered(served, term)
    assert timers(case, RULES)
    assert why_no_timer(case, RULES) == ""
    assert why_no_timer(found(RULES), RULES) == ""
