"""What holds an escalation back, and why no ranking lets somebody be interviewed: each of the reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config import policy
from states.case import Actor, changed
from states.command import Command, Facts
from states.decision import allowed, decide
from states.effects import deadlines
from states.errors import GuardRefused
from states.evolve import evolve
from states.guards.ladder import holding
from states.policy import Practice, TermStart
from states.vocabulary import Act, Role, State
from tests.support.days import day
from tests.support.lives import FINDING, NOW, after, criticized, done, found, interviewed, ordered, rules

RULES = rules()


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({}, ("", "")),
        ({"suspended_on": day("02-10")}, ("suspended", "suspended")),
        ({"late_entry": "pending"}, ("late_entry", "late_entry")),
        ({"late_entry": "ladder"}, ("", "")),
        ({"extension": "5wd"}, ("extension_pending", "extension_pending")),
        ({"review": "pending"}, ("under_review", "")),
        ({"review": "uphold"}, ("", "")),
        ({"listed": True}, ("", "")),
    ],
    ids=str,
)
def test_an_escalation_is_held_by_what_is_undecided_and_a_review_holds_the_criticism_alone(
    change: dict[str, Any], holds: tuple[str, str]
) -> None:
    case = changed(ordered(RULES), change)
    found = tuple(holding(case, RULES.policy, move) for move in (State.CRITICIZED, State.INTERVIEWED))
    assert found == holds
    lax = replace(RULES.policy, extension_holds_escalation=False, review_holds_criticism=False)
    if set(change) & {"extension", "review"}:
        assert holding(case, lax, State.CRITICIZED) == ""


@pytest.mark.parametrize(
    ("reason", "said"),
    [("unapproved", "批准"), ("changed", "改动"), ("not_last", "末位"), ("twice", "约谈"), ("enough", "启动完毕")],
)
def test_nobody_is_interviewed_as_the_last_without_a_ranking_that_says_so(reason: str, said: str) -> None:
    data = {key: FINDING[key] for key in ("unit", "unit_kind", "number", "post", "finding")} | {"ranking": "1"}
    actor = Actor(user="甲", role=Role.LEADER)
    command = Command(act=Act.START_RANKING_INTERVIEW, actor=actor, on=day("01-28"), data=data, case_id=1)
    with pytest.raises(GuardRefused, match=said):
        decide(None, command, Facts(ranking=reason), RULES, NOW)
    assert decide(None, command, Facts(), RULES, NOW).act is Act.START_RANKING_INTERVIEW


def test_the_approval_of_a_criticism_is_none_of_an_interview_and_each_is_given_once() -> None:
    approving = replace(RULES.policy, criticism_needs_approval=True, interview_needs_approval=True)
    by = replace(RULES, policy=approving)
    failed = after(after(criticized(by), Act.SUBMIT_REPORT, "03-16", by), Act.VERIFY_FAIL, "03-17", by)
    helped = after(failed, Act.RECORD_HELP, "03-18", by, helpers=["帮扶组甲"])
    once = changed(helped, {"approved": "publicly_criticized"})
    approved = after(once, Act.APPROVE_INTERVIEW, "03-19", by)
    assert approved.approved == "interviewed"
    with pytest.raises(GuardRefused, match="已经批准"):
        done(approved, Act.APPROVE_INTERVIEW, "03-20", by)


def test_a_listed_case_is_taken_off_the_list_before_it_is_closed() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "02-26", RULES)
    passed = after(reported, Act.VERIFY_PASS, "02-27", RULES, verifiers=["甲", "乙"])
    assert done(passed, Act.APPROVE_CLOSURE, "03-02", RULES).to_state is State.CLOSED
    with pytest.raises(GuardRefused, match="挂牌"):
        done(changed(passed, {"listed": True}), Act.APPROVE_CLOSURE, "03-02", RULES)


# --- limits that a policy of before does not have ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "act", "on"),
    [
        ("service", Act.REOPEN, "04-02"),
        ("transfer_letter", Act.TRANSFER, "02-02"),
        ("transfer_answer", Act.TRANSFER, "02-02"),
        ("countersignature", Act.VERIFY_FAIL, "03-04"),
    ],
)
def test_where_a_policy_of_before_says_nothing_of_a_limit_that_of_today_holds(kind: str, act: Act, on: str) -> None:
    assert set(deadlines.LATER_LIMITS) == set(policy.LATER_LIMITS)
    before = {name: limit for name, limit in RULES.policy.limits.items() if name not in policy.LATER_LIMITS}
    old = replace(RULES, policy=replace(RULES.policy, limits=before))
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "03-02", RULES)
    verified = after(reported, Act.VERIFY_PASS, "03-03", RULES, verifiers=["甲", "乙"])
    closed = after(verified, Act.APPROVE_CLOSURE, "03-04", RULES)
    case = {Act.TRANSFER: found(RULES), Act.VERIFY_FAIL: reported, Act.REOPEN: closed}[act]
    given: dict[Act, dict[str, Any]] = {Act.TRANSFER: {"receiver": "市纪委监委"}, Act.REOPEN: {"reason": "反弹"}}
    data = given.get(act, {})
    entered = [
        evolve(case, done(case, act, on, by, **data))
        if kind == "countersignature"
        else after(case, act, on, by, **data)
        for by in (old, RULES)
    ]
    old_line, line = (one.deadline(kind) for one in entered)
    assert line is not None
    assert old_line == line


# --- what a criticism rests on -----------------------------------------------------------------------------------


def test_a_failed_verification_or_a_false_report_is_ground_for_a_criticism_within_the_term() -> None:
    case = ordered(RULES)
    failed = after(after(case, Act.SUBMIT_REPORT, "02-12", RULES), Act.VERIFY_FAIL, "02-13", RULES)
    assert (failed.failed_on, failed.false_report) == (day("02-13"), False)
    with pytest.raises(GuardRefused, match="没有通报批评的事由"):
        done(case, Act.PUBLISH_CRITICISM, "02-14", RULES, role=Role.LEADER)
    for ground in (failed, changed(case, {"false_report": True})):
        criticism = done(ground, Act.PUBLISH_CRITICISM, "02-14", RULES, role=Role.LEADER)
        assert criticism.to_state is State.CRITICIZED


def test_what_held_before_policies_said_how_acts_and_lights_go_together_holds_where_one_says_nothing() -> None:
    assert Practice() == Practice(
        term_starts=TermStart.ENTRY,
        countersigned=(),
        order_needs_approval=False,
        notice_required=False,
        objection_to_minutes=False,
        marks_during_review=True,
        office_yellow=1,
        office_red=5,
        repeat_overdue=5,
        urge_cool_down=5,
    )


def test_accountability_is_proposed_on_what_the_leader_approved_although_a_report_came_meanwhile() -> None:
    reported = after(interviewed(RULES), Act.SUBMIT_REPORT, "05-11", RULES)
    with pytest.raises(GuardRefused, match="没有问责建议的事由"):
        done(reported, Act.PROPOSE_ACCOUNTABILITY, "05-12", RULES)
    for ground in ({"approved": "held_accountable"}, {"proposal": "held_accountable"}, {"refused_interview": True}):
        proposed = done(changed(reported, ground), Act.PROPOSE_ACCOUNTABILITY, "05-12", RULES)
        assert proposed.act is Act.PROPOSE_ACCOUNTABILITY


# --- what an order needs -----------------------------------------------------------------------------------------


def test_a_handler_serves_an_order_that_was_approved_by_a_login_or_on_paper() -> None:
    practice = replace(RULES.policy.practice, order_needs_approval=True)
    by = replace(RULES, policy=replace(RULES.policy, practice=practice))
    case = found(by)
    with pytest.raises(GuardRefused, match="approve_order"):
        done(case, Act.SERVE_ORDER, "02-06", by, role=Role.HANDLER)
    on_paper = done(case, Act.SERVE_ORDER, "02-06", by, role=Role.HANDLER, authorization_note="经主任同意")
    approved = after(case, Act.APPROVE_ORDER, "02-05", by)
    by_login = done(approved, Act.SERVE_ORDER, "02-06", by, role=Role.HANDLER)
    itself = done(case, Act.SERVE_ORDER, "02-06", by, role=Role.DIRECTOR)
    assert {event.to_state for event in (on_paper, by_login, itself)} == {State.ORDERED}


def test_what_an_act_must_say_is_asked_for_when_it_is_done_and_does_not_hide_it_before() -> None:
    items = [{"fact": "未列入年度计划", "criterion": "第七条"}, {"fact": "未报告", "criterion": "第八条"}]
    case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, term="15wd", items=items, criteria="计划下发")
    asker = Command(act=Act.ACKNOWLEDGE, actor=Actor(user="乙", role=Role.LIAISON), on=day("02-09"), data={})
    answers = (Act.SUBMIT_PLAN, Act.SUBMIT_REPORT, Act.REQUEST_EXTENSION, Act.FILE_OBJECTION)
    assert allowed(case, asker, RULES, answers) == (dict.fromkeys(answers, Role.LIAISON), {})


# --- who signs beside whoever enters it --------------------------------------------------------------------------


def test_where_no_second_login_signs_an_act_is_offered_and_only_then_asks_who_confirms_it() -> None:
    practice = replace(RULES.policy.practice, countersigned=())
    by = replace(RULES, policy=replace(RULES.policy, practice=practice))
    asker = Command(act=Act.ACKNOWLEDGE, actor=Actor(user="甲", role=Role.DIRECTOR), on=day("02-09"), data={})
    case = ordered(by)
    assert allowed(case, asker, by, (Act.CORRECT_EVENT,)) == ({Act.CORRECT_EVENT: Role.DIRECTOR}, {})
    said: dict[str, Any] = {"of": 1, "correction": "应为3月", "reason": "笔误"}
    for confirmed_by in ("", "甲"):
        with pytest.raises(GuardRefused, match="第二人"):
            done(case, Act.CORRECT_EVENT, "02-09", by, role=Role.DIRECTOR, user="甲", **said, confirmed_by=confirmed_by)
    confirmed = done(case, Act.CORRECT_EVENT, "02-09", by, role=Role.DIRECTOR, user="甲", **said, confirmed_by="乙")
    assert confirmed.act is Act.CORRECT_EVENT


def test_who_signs_for_an_event_that_is_not_there_hears_which_there_are() -> None:
    with pytest.raises(GuardRefused) as refused:
        done(ordered(RULES), Act.ACKNOWLEDGE, "02-09", RULES, of=3)
    assert str(refused.value) == "本案没有第3号事项，现有第1至2号。"
    assert refused.value.sentence.text("en") == "The case has no event 3; there are 1 to 2."
