"""The day before, the day itself, the day after: of every term that decides what may be done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from states.case import Case
from states.errors import GuardRefused
from states.guards import GuardFailed, term_is_over
from states.vocabulary import Act, Phase, Role
from tests.support.days import day
from tests.support.lives import FINDING, after, criticized, done, held_accountable, interviewed, ordered, rules

RULES = rules()
DUE = day("03-05")


def refusal(case: Case | None, act: Act, on: str, role: Role | None = None, **data: object) -> str:
    """Return the code of the guard that refuses the act; nothing if it is done."""
    try:
        done(case, act, on, RULES, role=role, **data)
    except GuardFailed as refused:
        return refused.code
    return ""


def test_a_term_is_not_over_on_its_due_day_and_is_on_the_next() -> None:
    case = ordered(RULES)
    assert [term_is_over(case, DUE + timedelta(days=days)) for days in (-1, 0, 1)] == [False, False, True]


@pytest.mark.parametrize(("failed", "over"), [("03-04", False), ("03-05", True), ("03-06", True)])
def test_a_failed_verification_ends_the_term_only_from_its_due_day_on(failed: str, over: bool) -> None:
    case = after(after(ordered(RULES), Act.SUBMIT_REPORT, "03-02", RULES), Act.VERIFY_FAIL, failed, RULES)
    assert term_is_over(case, DUE) is over


def test_a_term_is_never_over_while_a_report_is_verified_or_has_passed() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "03-05", RULES)
    assert (reported.phase, term_is_over(reported, day("04-30"))) == (Phase.VERIFYING, False)
    passed = after(reported, Act.VERIFY_PASS, "03-11", RULES)
    assert not term_is_over(passed, day("04-30"))


@pytest.mark.parametrize(("on", "code"), [("03-05", "no_ground"), ("03-06", "")])
def test_a_criticism_has_its_ground_on_the_day_after_the_due_day(on: str, code: str) -> None:
    assert refusal(ordered(RULES), Act.PUBLISH_CRITICISM, on, Role.LEADER) == code


@pytest.mark.parametrize(("on", "code"), [("04-07", "no_ground"), ("04-08", "")])
def test_an_interview_has_its_ground_on_the_day_after_the_second_due_day(on: str, code: str) -> None:
    case = after(criticized(RULES), Act.RECORD_HELP, "03-16", RULES)
    line = case.deadline("rectification")
    assert line is not None
    assert line.due_on == day("04-03")
    late = on if code == "" else "04-03"
    assert refusal(case, Act.HOLD_INTERVIEW, late, Role.LEADER) == code


@pytest.mark.parametrize(("days", "code"), [(0, "no_ground"), (1, "")])
def test_accountability_has_its_ground_on_the_day_after_the_third_due_day(days: int, code: str) -> None:
    case = interviewed(RULES)
    line = case.deadline("rectification")
    assert line is not None
    on = (line.due_on + timedelta(days=days)).isoformat()
    assert refusal(case, Act.PROPOSE_ACCOUNTABILITY, on) == code
    assert refusal(case, Act.PROPOSE_ACCOUNTABILITY, on, grave=True) == ""


@pytest.mark.parametrize(("on", "code"), [("02-28", ""), ("03-02", ""), ("03-03", "extension_late")])
def test_an_extension_is_asked_for_three_working_days_before_the_due_day_at_the_latest(on: str, code: str) -> None:
    assert refusal(ordered(RULES), Act.REQUEST_EXTENSION, on, reason="汛期") == code


@pytest.mark.parametrize(("term", "code"), [("30wd", ""), ("31wd", "extension_cap"), ("30d", "extension_cap")])
def test_an_extension_is_thirty_working_days_at_most(term: str, code: str) -> None:
    assert refusal(ordered(RULES), Act.REQUEST_EXTENSION, "02-24", reason="汛期", term=term) == code


def test_an_extension_that_names_no_length_is_the_longest_that_the_policy_allows() -> None:
    asked = after(ordered(RULES), Act.REQUEST_EXTENSION, "02-24", RULES, reason="汛期")
    assert asked.extension == "30wd"


def test_what_is_granted_goes_before_what_was_asked_for() -> None:
    asked = after(ordered(RULES), Act.REQUEST_EXTENSION, "02-24", RULES, reason="汛期", term="10wd")
    as_asked = after(asked, Act.APPROVE_EXTENSION, "02-25", RULES).deadline("rectification")
    shorter = after(asked, Act.APPROVE_EXTENSION, "02-25", RULES, term="5wd").deadline("rectification")
    assert as_asked is not None
    assert shorter is not None
    assert (as_asked.due_on, shorter.due_on) == (day("03-19"), day("03-12"))
    assert (as_asked.started_on, as_asked.term, shorter.term) == (DUE, "10wd", "5wd")


def test_a_second_extension_is_refused_while_the_first_waits_and_after_it() -> None:
    asked = after(ordered(RULES), Act.REQUEST_EXTENSION, "02-24", RULES, reason="汛期", term="10wd")
    assert refusal(asked, Act.REQUEST_EXTENSION, "02-25", reason="汛期") == "extension_again"
    granted = after(asked, Act.APPROVE_EXTENSION, "02-25", RULES)
    assert refusal(granted, Act.REQUEST_EXTENSION, "02-26", reason="汛期") == "extension_again"
    denied = after(asked, Act.REFUSE_EXTENSION, "02-25", RULES, reason="理由不足")
    assert refusal(denied, Act.REQUEST_EXTENSION, "02-26", reason="汛期") == ""


@pytest.mark.parametrize(("on", "code"), [("03-09", ""), ("03-10", "objection_late")])
def test_an_objection_is_filed_on_its_last_day_and_not_after(on: str, code: str) -> None:
    line = ordered(RULES).deadline("objection")
    assert line is not None
    assert line.due_on == day("03-09")  # thirty days from 6 February end on a Sunday
    assert refusal(ordered(RULES), Act.FILE_OBJECTION, on, reason="事实有误") == code


@pytest.mark.parametrize(("on", "code"), [("06-25", ""), ("06-26", "appeal_late")])
def test_an_appeal_is_filed_on_its_last_day_and_not_after(on: str, code: str) -> None:
    assert refusal(held_accountable(RULES), Act.FILE_APPEAL, on) == code


@pytest.mark.parametrize(("on", "code"), [("06-25", "appeal_open"), ("06-26", "")])
def test_a_case_that_was_held_accountable_closes_on_the_day_after_the_last_day_of_appeal(on: str, code: str) -> None:
    reported = after(held_accountable(RULES), Act.SUBMIT_REPORT, "06-01", RULES)
    verified = after(reported, Act.VERIFY_PASS, "06-02", RULES)
    assert refusal(verified, Act.APPROVE_CLOSURE, on) == code


def test_a_decided_appeal_opens_the_way_to_closing_and_a_waiting_one_does_not() -> None:
    reported = after(held_accountable(RULES), Act.SUBMIT_REPORT, "06-01", RULES)
    appealed = after(after(reported, Act.VERIFY_PASS, "06-02", RULES), Act.FILE_APPEAL, "06-03", RULES)
    assert refusal(appealed, Act.APPROVE_CLOSURE, "07-30") in {"overlay", "appeal_open"}
    decided = after(appealed, Act.DECIDE_APPEAL, "06-10", RULES, outcome="uphold")
    assert refusal(decided, Act.APPROVE_CLOSURE, "06-10") == ""


@pytest.mark.parametrize(("held", "code"), [("04-09", "notice"), ("04-10", "")])
def test_the_notice_of_an_interview_is_served_three_working_days_ahead(held: str, code: str) -> None:
    helped = after(criticized(RULES), Act.RECORD_HELP, "03-16", RULES)
    failed = after(helped, Act.VERIFY_FAIL, "04-03", RULES)
    assert refusal(failed, Act.HOLD_INTERVIEW, held, Role.LEADER, notice_on="2026-04-07") == code


@pytest.mark.parametrize(
    ("term", "role", "code"),
    [
        ("59wd", Role.DIRECTOR, ""),
        ("60wd", Role.DIRECTOR, ""),
        ("61wd", Role.DIRECTOR, "suspension_long"),
        ("61wd", Role.LEADER, ""),
    ],
)
def test_a_director_suspends_for_sixty_working_days_at_most(term: str, role: Role, code: str) -> None:
    assert refusal(ordered(RULES), Act.SUSPEND, "02-24", role, reason="防汛", term=term) == code


@pytest.mark.parametrize(("on", "refused"), [("02-05", True), ("02-06", False)])
def test_nothing_is_done_before_the_day_on_which_the_stage_began(on: str, refused: bool) -> None:
    if refused:
        with pytest.raises(GuardRefused, match="2026年2月6日"):
            done(ordered(RULES), Act.SUBMIT_PLAN, on, RULES)
    else:
        assert done(ordered(RULES), Act.SUBMIT_PLAN, on, RULES).occurred_on == day(on)


@pytest.mark.parametrize("act", [Act.ACKNOWLEDGE, Act.CORRECT_EVENT])
def test_what_came_before_the_stage_is_still_signed_for_and_corrected(act: Act) -> None:
    data = (
        {"of": 1, "correction": "应为3月", "reason": "笔误", "confirmed_by": "乙"} if act is Act.CORRECT_EVENT else {}
    )
    assert done(ordered(RULES), act, "02-02", RULES, **data).occurred_on == day("02-02")


@pytest.mark.parametrize(("reported", "in_time"), [("03-04", True), ("03-05", True), ("03-06", False)])
def test_a_report_is_in_time_on_the_due_day_itself(reported: str, in_time: bool) -> None:
    assert done(ordered(RULES), Act.SUBMIT_REPORT, reported, RULES).data["in_time"] is in_time


@pytest.mark.parametrize(("plan_term", "due_on"), [("14wd", "03-04"), ("15wd", "03-05"), ("16wd", "03-05")])
def test_a_plan_is_never_due_after_the_term_itself(plan_term: str, due_on: str) -> None:
    event = done(_found(), Act.SERVE_ORDER, "02-06", RULES, term="15wd", plan_term=plan_term)
    (plan,) = [line for line in event.data["starts"] if line["kind"] == "plan"]
    assert plan["due_on"] == f"2026-{due_on}"
    assert plan["basis"] == RULES.policy.limits["plan"].basis


@pytest.mark.parametrize(("term", "due_on"), [("6wd", "03-04"), ("7wd", "03-05"), ("8wd", "03-05")])
def test_a_returned_plan_is_never_due_after_the_term_itself(term: str, due_on: str) -> None:
    case = after(ordered(RULES), Act.SUBMIT_PLAN, "02-13", RULES)
    back = after(case, Act.RETURN_PLAN, "02-25", RULES, reason="缺时限", term=term)
    plan = back.deadline("plan")
    assert plan is not None
    assert (plan.due_on, plan.basis) == (day(due_on), RULES.policy.limits["plan_return"].basis)


@pytest.mark.parametrize(("verified", "starts"), [("05-12", []), ("05-13", ["accountability_proposal"])])
def test_after_the_interview_a_failure_from_the_due_day_on_starts_the_time_to_propose(
    verified: str, starts: list[str]
) -> None:
    case = interviewed(RULES)
    line = case.deadline("rectification")
    assert line is not None
    assert line.due_on == day("05-13")
    reported = after(case, Act.SUBMIT_REPORT, "05-08", RULES)
    event = done(reported, Act.VERIFY_FAIL, verified, RULES)
    assert [line["kind"] for line in event.data["starts"]] == starts


def test_a_failure_on_an_earlier_rung_starts_no_time_to_propose_accountability() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "03-05", RULES)
    assert done(reported, Act.VERIFY_FAIL, "03-06", RULES).data["starts"] == []


@pytest.mark.parametrize(("of", "code"), [(0, "no_event"), (1, ""), (2, ""), (3, "no_event")])
def test_only_events_that_are_there_are_signed_for(of: int, code: str) -> None:
    assert refusal(ordered(RULES), Act.ACKNOWLEDGE, "02-06", of=of) == code


def test_what_is_signed_for_without_a_number_is_the_latest_event() -> None:
    assert done(ordered(RULES), Act.ACKNOWLEDGE, "02-06", RULES).data["of"] == 2


def test_a_suspension_keeps_what_is_left_counted_from_the_day_itself_and_at_least_one_day() -> None:
    left = [
        dict(done(ordered(RULES), Act.SUSPEND, on, RULES, reason="防汛").data["paused"]) for on in ("03-04", "03-05")
    ]
    assert [paused["rectification"] for paused in left] == [2, 1]
    overdue = done(ordered(RULES), Act.SUSPEND, "03-06", RULES, reason="防汛").data["paused"]
    assert "rectification" not in dict(overdue)


def test_a_lower_government_is_ordered_only_with_the_consent_of_the_own_one() -> None:
    for kind, code in (("party_committee", "authorization"), ("government", "authorization"), ("department", "")):
        case = _found(unit_kind=kind)
        assert refusal(case, Act.SERVE_ORDER, "02-06") == code
        assert refusal(case, Act.SERVE_ORDER, "02-06", authorization_note="经市委同意") == ""


def _found(**data: object) -> Case:
    return after(None, Act.REGISTER_FINDING, "01-28", RULES, **(FINDING | data))
