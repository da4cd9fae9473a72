"""When people are reminded, when lights come on, when what was missed has its consequence: to the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from states.case import Case, changed
from states.errors import GuardRefused
from states.policy import Practice
from states.timers import moment, timers, why_no_timer
from states.vocabulary import Act, Phase, Role
from tests.support.days import day
from tests.support.lives import CALENDAR, after, criticized, found, held_accountable, interviewed, ordered, rules

if TYPE_CHECKING:
    from states.command import Rules

RULES = rules()
DECREE = rules("decree-733")


def steps(case: Case, by: Rules = RULES) -> dict[str, str]:
    """Return what waits, by its step, with the day in the office's zone."""
    return {
        timer.key.partition(".")[2].removeprefix("rectification."): f"{timer.due_at.astimezone(by.zone):%m-%d}"
        for timer in timers(case, by)
        if ".rectification." in timer.key
    }


def _ordered(term: str, served: str = "02-06", by: Rules = RULES) -> Case:
    return after(found(by), Act.SERVE_ORDER, served, by, term=term)


@pytest.mark.parametrize(
    ("term", "reminders"),
    [
        ("3wd", ["T-0"]),  # three working days before the due day is the day of service itself
        ("4wd", ["T-3", "T-0"]),
        ("10wd", ["T-3", "T-0"]),  # ten working days before the due day is the day of service itself
        ("11wd", ["T-10", "T-3", "T-0"]),
    ],
)
def test_nobody_is_reminded_on_the_day_of_service(term: str, reminders: list[str]) -> None:
    waiting = [key.rpartition(".")[2] for key in steps(_ordered(term)) if ".T-" in key]
    assert waiting == reminders


def test_under_a_policy_of_before_the_office_is_reminded_as_it_is_today_and_interviews_without_a_notice() -> None:
    old = replace(RULES, policy=replace(RULES.policy, practice=Practice()))
    for by in (old, RULES):
        waiting = {timer.key.rpartition(".")[2]: f"{timer.due_at:%m-%d}" for timer in timers(found(by), by)}
        # One, five and ten working days after the last day, 11 February; from 15 to 23 February nobody works.
        assert waiting == {"T-0": "02-11", "yellow": "02-12", "red": "02-25", "R1": "03-03"}
    failed = after(after(criticized(old), Act.RECORD_HELP, "03-16", old, helpers=["丙"]), Act.VERIFY_FAIL, "04-07", old)
    assert after(failed, Act.HOLD_INTERVIEW, "04-10", old, role=Role.LEADER).phase is Phase.MINUTES
    with pytest.raises(GuardRefused, match="通知"):
        after(failed, Act.HOLD_INTERVIEW, "04-10", RULES, role=Role.LEADER)


def test_the_days_of_a_term_of_fifteen_working_days() -> None:
    assert steps(_ordered("15wd")) == {
        "20260305.T-10": "02-13",
        "20260305.T-3": "03-02",
        "20260305.T-0": "03-05",
        "20260305.yellow": "03-06",
        "20260305.red": "03-12",
        "20260305.missed.20260305": "03-12",
    }


def test_a_fixed_day_that_is_a_rest_day_is_reminded_of_on_the_working_day_before_and_lights_come_after_it() -> None:
    waiting = steps(_ordered("2026-03-08"))  # a Sunday
    assert waiting["20260308.T-0"] == "03-06"
    assert waiting["20260308.yellow"] == "03-09"
    on_a_working_day = steps(_ordered("2026-03-09"))
    assert on_a_working_day["20260309.T-0"] == "03-09"


def test_everything_fires_at_nine_in_the_office_s_zone() -> None:
    assert {timer.due_at.astimezone(RULES.zone).time().isoformat() for timer in timers(_ordered("15wd"), RULES)} == {
        "09:00:00"
    }
    assert timers(_ordered("15wd"), RULES)[0].due_at == datetime(2026, 2, 13, 1, tzinfo=UTC)


def test_what_fires_at_one_moment_fires_reminder_first_and_consequence_last() -> None:
    grace = replace(RULES, policy=replace(RULES.policy, hash="g", grace=0))
    order = [timer.kind for timer in timers(_ordered("15wd"), grace) if timer.due_at.day == 12]
    assert order == ["red", "missed"]


def test_days_of_grace_move_lights_and_consequence_and_no_reminder() -> None:
    graceful = replace(RULES, policy=replace(RULES.policy, hash="with grace", grace=2))
    strict, lenient = steps(_ordered("15wd")), steps(_ordered("15wd"), graceful)
    assert {key for key in strict if strict[key] != lenient[key]} == {
        "20260305.yellow",
        "20260305.red",
        "20260305.missed.20260305",
    }
    assert (lenient["20260305.yellow"], lenient["20260305.red"]) == ("03-10", "03-16")


def test_what_has_fired_does_not_wait_again() -> None:
    case = _ordered("15wd")
    first = timers(case, RULES)[0]
    fired = after(
        case, Act.REMINDER_DUE, "02-13", RULES, key=first.key, deadline="rectification", days_before=10, due_on=""
    )
    assert first not in timers(fired, RULES)
    assert len(timers(fired, RULES)) == len(timers(case, RULES)) - 1


def test_a_red_light_makes_a_yellow_one_pointless() -> None:
    red = changed(_ordered("15wd"), {"fired": ("2.rectification.20260305.red",)})
    assert not [key for key in steps(red) if key.endswith(("yellow", "red"))]
    another = changed(red, {"fired": ("2.rectification.20260304.red",)})
    assert [key for key in steps(another) if key.endswith("yellow")]


@pytest.mark.parametrize("phase", [Phase.VERIFYING, Phase.VERIFIED])
def test_the_unit_s_clock_has_no_timers_while_its_report_is_verified_or_has_passed(phase: Phase) -> None:
    assert steps(changed(_ordered("15wd"), {"phase": phase})) == {}


def test_a_suspended_case_waits_for_the_review_of_its_suspension_alone() -> None:
    stood = after(_ordered("15wd"), Act.SUSPEND, "02-13", RULES, reason="防汛")
    assert {timer.key.split(".")[1] for timer in timers(stood, RULES)} == {"suspension_review"}


@pytest.mark.parametrize(("failed", "base"), [("03-04", "03-05"), ("03-05", "03-05"), ("03-09", "03-09")])
def test_the_consequence_counts_from_the_due_day_or_from_a_later_failure(failed: str, base: str) -> None:
    case = after(after(_ordered("15wd"), Act.SUBMIT_REPORT, "03-03", RULES), Act.VERIFY_FAIL, failed, RULES)
    missed = {key: on for key, on in steps(case).items() if "missed" in key}
    expected = CALENDAR.forward(day(base), 5)
    assert missed == {f"20260305.missed.{day(base):%Y%m%d}": f"{expected:%m-%d}"}


@pytest.mark.parametrize(("failed", "reminded"), [("03-04", True), ("03-05", False)])
def test_a_failure_from_the_due_day_on_ends_reminders_and_lights(failed: str, reminded: bool) -> None:
    case = after(after(_ordered("15wd"), Act.SUBMIT_REPORT, "03-03", RULES), Act.VERIFY_FAIL, failed, RULES)
    assert bool([key for key in steps(case) if "missed" not in key]) is reminded


def test_a_consequence_that_was_held_back_is_tried_again_on_the_next_working_day_after_the_hold_ended() -> None:
    case = changed(_ordered("15wd"), {"retry_on": day("03-21")})  # a Saturday, after the day of the consequence
    assert steps(case)["20260305.missed.20260305"] == "03-23"
    before = changed(case, {"retry_on": day("03-12")})  # the very day: nothing moves
    assert steps(before)["20260305.missed.20260305"] == "03-12"


@pytest.mark.parametrize(
    "change",
    [
        {"blocked": "help"},
        {"phase": Phase.PROPOSED},
        {"approved": "publicly_criticized"},
        {"extension": "10wd"},
        {"review": "pending"},
        {"suspended_on": date(2026, 2, 13)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_follows_a_missed_term_while_something_stands_in_the_way(change: dict[str, object]) -> None:
    assert not [key for key in steps(changed(_ordered("15wd"), change)) if "missed" in key]


def test_what_was_approved_for_another_rung_stands_in_nobody_s_way() -> None:
    assert [key for key in steps(changed(_ordered("15wd"), {"approved": "interviewed"})) if "missed" in key]


def test_an_undecided_review_holds_back_a_criticism_and_nothing_else() -> None:
    reviewed = changed(criticized(RULES), {"review": "pending"})
    assert [key for key in steps(reviewed) if "missed" in key]


def test_nothing_follows_the_last_rung() -> None:
    assert not [key for key in steps(held_accountable(RULES)) if "missed" in key]
    assert [key for key in steps(interviewed(RULES)) if "missed" in key]


def _proposed() -> Case:
    missed: dict[str, Any] = {
        "key": "m",
        "deadline": "rectification",
        "due_on": "2026-03-05",
        "move": "publicly_criticized",
    }
    return after(ordered(DECREE), Act.ESCALATION_PROPOSED, "03-12", DECREE, **missed, approvers=["leader"])


def test_whoever_has_to_decide_is_reminded_every_ten_working_days_without_end() -> None:
    case = _proposed()
    days = []
    for _ in range(3):
        (reminder,) = [timer for timer in timers(case, DECREE) if ".proposal." in timer.key]
        on = reminder.due_at.astimezone(DECREE.zone).date()
        days.append(on)
        case = after(
            case, Act.CLUE_RAISED, on.isoformat(), DECREE, role=Role.SYSTEM, key=reminder.key, deadline="proposal"
        )
    assert days == [CALENDAR.forward(day("03-12"), 10 * times) for times in (1, 2, 3)]


def test_nobody_is_reminded_of_a_proposal_in_a_suspended_case_or_when_there_is_none() -> None:
    for change in ({"suspended_on": day("03-13")}, {"proposal": ""}, {"proposed_on": None}):
        assert not [timer for timer in timers(changed(_proposed(), change), DECREE) if ".proposal." in timer.key]


def test_a_case_that_is_over_or_has_a_timer_needs_no_reason_for_having_none() -> None:
    assert why_no_timer(_ordered("15wd"), RULES) == ""
    over = after(found(RULES), Act.DISMISS, "02-02", RULES, reason="查否")
    assert (timers(over, RULES), why_no_timer(over, RULES)) == ((), "")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phase": Phase.VERIFIED}, "verified_awaits_closure"),
        ({"phase": Phase.PROPOSED}, "accountability_awaits_decision"),
        ({"proposal": "interviewed"}, "proposal_awaits_decision"),
        ({"approved": "interviewed"}, "approved_awaits_execution"),
        ({"blocked": "help"}, "blocked_awaits_help"),
        ({}, "found"),
    ],
)
def test_an_open_case_without_a_timer_says_why(change: dict[str, object], code: str) -> None:
    assert why_no_timer(changed(found(RULES), {"deadlines": ()} | change), RULES) == code


def test_an_open_case_whose_timers_have_all_fired_says_that_it_is_overdue() -> None:
    case = ordered(RULES)
    fired = changed(case, {"fired": tuple(timer.key for timer in timers(case, RULES))})
    assert why_no_timer(fired, RULES) == "overdue_ordered_to_rectify"
    waiting = changed(
        found(RULES), {"deadlines": tuple(replace(line, has_lights=False) for line in found(RULES).deadlines)}
    )
    late = changed(waiting, {"fired": tuple(timer.key for timer in timers(waiting, RULES))})
    assert why_no_timer(late, RULES) == "office_overdue"
    assert why_no_timer(changed(case, {"deadlines": ()}), RULES) == "unexplained"


@pytest.mark.parametrize("extra", ["5wd", "10wd"])
def test_an_extended_term_has_reminders_from_the_day_it_was_granted_on(extra: str) -> None:
    asked = after(ordered(RULES), Act.REQUEST_EXTENSION, "02-28", RULES, reason="汛期", term=extra)
    granted = after(asked, Act.APPROVE_EXTENSION, "03-03", RULES)
    line = granted.deadline("rectification")
    assert line is not None
    for key, on in steps(granted).items():
        assert day(on) > day("03-03"), key
    latest = CALENDAR.back(line.due_on, 3)
    assert steps(granted)[f"{line.due_on:%Y%m%d}.T-3"] == f"{latest:%m-%d}"
    assert line.due_on > day("03-05") + timedelta(days=5)


def test_marks_that_were_held_and_come_on_one_day_come_in_their_order() -> None:
    held = changed(ordered(RULES), {"marks_from": day("03-20")})
    known = [timer for timer in timers(held, RULES) if ".rectification." in timer.key]
    late = [timer.kind for timer in known if timer.due_at == moment(day("03-20"), RULES)]
    assert late == ["yellow", "red", "missed"]
    assert [timer.kind for timer in known][: -len(late)] == ["reminder"] * 3
