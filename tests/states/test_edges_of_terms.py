"""The day before, the day itself, the day after: of every term that decides what may be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from states.case import Actor, Case, changed
from states.command import Command, Facts
from states.decision import decide
from states.errors import GuardRefused, NotPermitted, Refused, Sentence
from states.guards.condition import GuardFailed
from states.guards.ladder import term_is_over
from states.lifecycle import default_role
from states.vocabulary import Act, Phase, Role, State
from tests.support.days import day
from tests.support.lives import FINDING, NOW, after, criticized, done, held_accountable, interviewed, ordered, rules

RULES = rules()
DUE = day("03-05")


def refusal(case: Case | None, act: Act, on: str, role: Role | None = None, **data: Any) -> str:
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


@pytest.mark.parametrize(("on", "code"), [("04-02", "no_ground"), ("04-03", "")])
def test_an_interview_has_its_ground_on_the_day_after_the_second_due_day(on: str, code: str) -> None:
    case = after(criticized(RULES), Act.RECORD_HELP, "03-16", RULES)
    line = case.deadline("rectification")
    assert line is not None
    assert line.due_on == day("04-02")
    assert refusal(case, Act.HOLD_INTERVIEW, on, Role.LEADER, notice_on="2026-03-25") == code


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


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ("30wd", ""),
        ("31wd", "extension_cap"),
        ("43d", ""),  # from 12 May to 24 June, as 30 working days
        ("44d", "extension_cap"),
        ("1m", ""),
        ("2m", "extension_cap"),
        ("2026-06-24", ""),
        ("2026-06-25", "extension_cap"),
        ("2026-05-12", "extension_cap"),  # no later day than before
    ],
)
def test_an_extension_is_thirty_working_days_at_most_in_whatever_unit_it_is_asked_for(term: str, code: str) -> None:
    long = ordered(RULES, term="60wd")
    assert long.deadline("rectification").due_on == day("05-12")  # type: ignore[union-attr]
    assert refusal(long, Act.REQUEST_EXTENSION, "02-24", reason="汛期", term=term) == code


@pytest.mark.parametrize(
    ("first", "term", "code"),
    [
        ("15wd", "15wd", ""),
        ("15wd", "16wd", "extension_cap"),
        ("30d", "30d", ""),
        ("30d", "1m", "extension_cap"),  # from 9 March to 9 April, a day more than thirty days
        ("2026-03-05", "30wd", ""),  # a fixed day is no period, so that only the cap of the policy binds
    ],
)
def test_an_extension_is_not_longer_than_the_first_period(first: str, term: str, code: str) -> None:
    assert refusal(ordered(RULES, term=first), Act.REQUEST_EXTENSION, "02-24", reason="汛期", term=term) == code


def test_what_a_suspension_has_left_of_a_period_does_not_bind_the_extension() -> None:
    stopped = after(ordered(RULES), Act.SUSPEND, "02-24", RULES, reason="汛期")
    again = after(stopped, Act.RESUME, "02-27", RULES)
    assert again.deadline("rectification").term == "9wd"  # type: ignore[union-attr]
    assert refusal(again, Act.REQUEST_EXTENSION, "03-02", reason="汛期", term="15wd") == ""


def test_an_extension_that_names_no_length_is_the_longest_that_is_allowed() -> None:
    asked = after(ordered(RULES), Act.REQUEST_EXTENSION, "02-24", RULES, reason="汛期")
    assert asked.extension == "15wd"
    asked = after(ordered(RULES, term="60wd"), Act.REQUEST_EXTENSION, "02-24", RULES, reason="汛期")
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
        # Sixty working days from 24 February end on 21 May, whatever the term is counted in.
        ("2026-05-21", Role.DIRECTOR, ""),
        ("2026-05-22", Role.DIRECTOR, "suspension_long"),
        ("2m", Role.DIRECTOR, ""),
        ("3m", Role.DIRECTOR, "suspension_long"),
        ("12m", Role.DIRECTOR, "suspension_long"),
        ("12m", Role.LEADER, ""),
        ("80d", Role.DIRECTOR, ""),
        ("90d", Role.DIRECTOR, "suspension_long"),
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
    data: dict[str, Any] = {"of": 1}
    if act is Act.CORRECT_EVENT:
        data |= {"correction": "应为3月", "reason": "笔误", "confirmed_by": "乙"}
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
    failed = after(reported, Act.VERIFY_FAIL, verified, RULES)
    assert [line.kind for line in failed.deadlines if line.kind == "accountability_proposal"] == starts


def test_a_failure_on_an_earlier_rung_starts_no_time_to_propose_accountability() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "03-05", RULES)
    failed = after(reported, Act.VERIFY_FAIL, "03-06", RULES)
    assert failed.deadline("accountability_proposal") is None


@pytest.mark.parametrize(("of", "code"), [(0, "no_event"), (1, ""), (2, ""), (3, "no_event")])
def test_only_events_that_are_there_are_signed_for(of: int, code: str) -> None:
    assert refusal(ordered(RULES), Act.ACKNOWLEDGE, "02-06", of=of) == code


def test_what_is_signed_for_without_a_number_is_the_latest_event() -> None:
    assert done(ordered(RULES), Act.ACKNOWLEDGE, "02-06", RULES).data["of"] == 2


def test_a_suspension_keeps_what_is_left_counted_from_the_day_itself_and_at_least_one_day() -> None:
    left = [
        dict(done(ordered(RULES), Act.SUSPEND, on, RULES, reason="防汛").data["paused"]) for on in ("03-04", "03-05")
    ]
    assert [paused["rectification"] for paused in left] == ["2wd", "1wd"]


def test_a_lower_government_is_ordered_only_with_the_consent_of_the_own_one() -> None:
    for kind, code in (("party_committee", "authorization"), ("government", "authorization"), ("department", "")):
        case = _found(unit_kind=kind)
        assert refusal(case, Act.SERVE_ORDER, "02-06") == code
        assert refusal(case, Act.SERVE_ORDER, "02-06", authorization_note="经市委同意") == ""


def _found(**data: Any) -> Case:
    return after(None, Act.REGISTER_FINDING, "01-28", RULES, **(FINDING | data))


def _refused(case: Case | None, act: Act, on: str, role: Role | None = None, **data: Any) -> Sentence:
    with pytest.raises(Refused) as problem:
        done(case, act, on, RULES, role=role, **data)
    return problem.value.sentence


def test_a_refusal_names_what_was_asked_for_and_what_would_do() -> None:
    told = _refused(ordered(RULES), Act.REQUEST_EXTENSION, "02-24", reason="汛期", term="31wd")
    assert told.text() == (
        "延期不超过原定期限，且最多30个工作日，最迟延至2026年3月26日（周四）；申请或批准的是31个工作日。"
    )
    assert told.text("en") == (
        "An extension moves the day to a later one, by 30 working days and the first period at most, so to "
        "2026-03-26 (Thu) at the latest; this one is 31 working days."
    )
    late = _refused(ordered(RULES), Act.REQUEST_EXTENSION, "03-03", reason="汛期")
    assert late.text() == "延期申请应当在期限届满3个工作日前提出，最迟为2026年3月2日（周一）。"
    over = _refused(ordered(RULES), Act.FILE_OBJECTION, "03-10", reason="事实有误")
    assert over.text("en") == "An objection could be filed until 2026-03-09 (Mon)."


def test_a_case_that_does_not_exist_yet_and_one_that_does_are_told_apart() -> None:
    assert _refused(None, Act.DISMISS, "02-02", Role.DIRECTOR, reason="x").text().startswith("案件处于“尚未登记”")
    assert (
        _refused(ordered(RULES), Act.DISMISS, "02-24", Role.DIRECTOR, reason="x")
        .text()
        .startswith("案件处于“责令整改”")
    )


def test_who_does_what_by_default_is_known_even_where_it_cannot_be_done() -> None:
    assert default_role(Act.DISMISS, State.CLOSED) is Role.DIRECTOR
    assert default_role(Act.SUBMIT_PLAN, State.ORDERED) is Role.LIAISON


def test_a_person_enters_nothing_that_time_does_and_time_nothing_that_a_person_does() -> None:
    with pytest.raises(NotPermitted, match="不能人工录入"):
        done(ordered(RULES), Act.MARKED_YELLOW, "03-06", RULES, role=Role.DIRECTOR, key="x")
    with pytest.raises(NotPermitted, match="系统不能办理"):
        done(ordered(RULES), Act.SUBMIT_PLAN, "02-24", RULES, role=Role.SYSTEM)


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({"suspended_on": day("03-01")}, "suspended"),
        ({"extension": "5wd"}, "extension_pending"),
        ({"review": "pending"}, "under_review"),
        ({"appeal": "pending"}, "under_appeal"),
        ({"tolerance": "requested"}, "tolerance_review"),
        ({"tolerance": "accepted"}, "tolerance_review"),
    ],
)
def test_nothing_closes_while_something_is_undecided(change: dict[str, object], held: str) -> None:
    verified = after(after(ordered(RULES), Act.SUBMIT_REPORT, "03-04", RULES), Act.VERIFY_PASS, "03-11", RULES)
    assert refusal(verified, Act.APPROVE_CLOSURE, "03-13") == ""
    open_still = changed(verified, change)
    assert held in open_still.overlays
    assert refusal(open_still, Act.APPROVE_CLOSURE, "03-13") == "overlay"
    assert "还有未了结的事项" in _refused(open_still, Act.APPROVE_CLOSURE, "03-13").text()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (Facts(target_number="8", target_unit=FINDING["unit"], target_is_open=True), ""),
        (Facts(target_number="8", target_unit=FINDING["unit"], target_is_open=False), "merge_target"),
        (Facts(target_number="8", target_unit="别的单位", target_is_open=True), "merge_target"),
        (Facts(target_number=FINDING["number"], target_unit=FINDING["unit"], target_is_open=True), "merge_target"),
        (Facts(), "merge_target"),
    ],
)
def test_a_case_is_merged_only_into_another_open_one_of_the_same_unit(facts: Facts, code: str) -> None:
    actor = Actor(user="甲", role=Role.DIRECTOR)
    command = Command(act=Act.MERGE_INTO, actor=actor, on=day("02-24"), data={"target": "8"}, case_id=1)
    try:
        decide(ordered(RULES), command, facts, RULES, NOW)
    except GuardFailed as refused:
        assert (refused.code, code) == ("merge_target", "merge_target")
    else:
        assert code == ""


def test_who_helped_does_not_verify_and_one_verifier_is_too_few() -> None:
    helped = after(criticized(RULES), Act.RECORD_HELP, "03-16", RULES, helpers=["甲"])
    reported = after(helped, Act.SUBMIT_REPORT, "03-30", RULES)
    assert refusal(reported, Act.VERIFY_PASS, "04-01", verifiers=["甲", "乙"]) == "verifier_helped"
    assert refusal(reported, Act.VERIFY_PASS, "04-01", verifiers=["乙"]) == "verifiers"
    assert refusal(reported, Act.VERIFY_PASS, "04-01", verifiers=["乙", "乙"]) == "verifiers"
    assert refusal(reported, Act.VERIFY_PASS, "04-01", verifiers=["乙", "丙"]) == ""
    named = replace(RULES, policy=replace(RULES.policy, verifiers_named=True))
    with pytest.raises(GuardFailed, match="2名不同的核查人员"):
        done(reported, Act.VERIFY_PASS, "04-01", named)


def test_whoever_took_part_does_not_review() -> None:
    objected = after(ordered(RULES), Act.FILE_OBJECTION, "02-24", RULES, reason="事实有误")
    for user, code in (("director", "recusal"), ("复核人", "")):
        try:
            done(objected, Act.DECIDE_REVIEW, "03-04", RULES, user=user, outcome="uphold")
        except GuardFailed as refused:
            assert (refused.code, code) == ("recusal", "recusal")
        else:
            assert code == ""
