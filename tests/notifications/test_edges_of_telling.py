"""Who hears of what, and who does not: the rules alone, without a mail server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from notifications.plan import URGENT, Notice, notices
from states.case import Actor, Case, Event, changed
from states.vocabulary import Act, Role, State
from tests.support.days import day
from tests.support.lives import NOW, found, ordered, rules

if TYPE_CHECKING:
    from states.policy import Policy

RULES = rules()
DECREE = rules("decree-733")
UNIT_SIDE = {"liaison", "head", "superior"}


def owed(act: Act, case: Case | None = None, policy: Policy = RULES.policy, **data: Any) -> tuple[Notice, ...]:
    """Return what is owed because of such an event; the case is the one after it."""
    after = case or ordered(RULES)
    event = Event(
        case_id=1,
        case_seq=3,
        act=act,
        occurred_on=date(2026, 3, 6),
        recorded_at=NOW,
        actor=Actor(user="甲", role=Role.HANDLER),
        data=data,
        from_state=after.state,
        to_state=after.state,
        policy_hash="",
        calendar_hash="",
    )
    return notices(event, after, policy)


KINDS: dict[Act, str] = {
    Act.SERVE_ORDER: "order_served",
    Act.SUBMIT_PLAN: "office_task",
    Act.RETURN_PLAN: "plan_returned",
    Act.SUBMIT_REPORT: "report_received",
    Act.VERIFY_PASS: "verified",
    Act.VERIFY_FAIL: "verify_failed",
    Act.APPROVE_CLOSURE: "closed",
    Act.PUBLISH_CRITICISM: "criticism",
    Act.RECORD_HELP: "help_recorded",
    Act.HOLD_INTERVIEW: "interview_held",
    Act.START_RANKING_INTERVIEW: "interview_held",
    Act.ISSUE_MINUTES: "minutes",
    Act.PROPOSE_ACCOUNTABILITY: "accountability_proposed",
    Act.RECORD_ACCOUNTABILITY: "accountability_recorded",
    Act.TRANSFER: "transferred",
    Act.REQUEST_EXTENSION: "office_task",
    Act.APPROVE_EXTENSION: "extension",
    Act.REFUSE_EXTENSION: "extension",
    Act.SUSPEND: "suspension",
    Act.RESUME: "resumed",
    Act.FILE_OBJECTION: "office_task",
    Act.REQUEST_TOLERANCE: "office_task",
    Act.REOPEN: "reopened",
    Act.MARKED_YELLOW: "overdue",
    Act.MARKED_RED: "red",
    Act.ESCALATED: "escalated",
    Act.ESCALATION_PROPOSED: "proposal_waiting",
    Act.ESCALATION_BLOCKED: "escalation_blocked",
    Act.APPROVE_ESCALATION: "office_task",
    Act.REJECT_ESCALATION: "office_task",
}


@pytest.mark.parametrize("act", KINDS, ids=str)
def test_an_act_owes_the_notice_that_the_policy_addresses(act: Act) -> None:
    (notice,) = owed(act)
    assert notice.kind == KINDS[act]
    expected = tuple(party for party in RULES.policy.audience[KINDS[act]] if party != "approvers")
    assert notice.parties == expected


@pytest.mark.parametrize(
    "act",
    [
        *(Act.REGISTER_FINDING, Act.DISMISS, Act.WITHDRAW, Act.MERGE_INTO, Act.ACCEPT_PLAN, Act.ACKNOWLEDGE),
        *(Act.CORRECT_EVENT, Act.CASE_VIEWED, Act.MARK_CONFIDENTIALITY, Act.LIST_CASE, Act.LOOK_BACK_PASS),
    ],
    ids=str,
)
def test_an_act_that_concerns_nobody_else_owes_nothing(act: Act) -> None:
    assert owed(act) == ()


def test_a_step_that_was_overtaken_is_told_to_nobody() -> None:
    assert owed(Act.MARKED_YELLOW, skipped=True) == ()
    assert len(owed(Act.MARKED_YELLOW, skipped=False)) == 1


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"days_before": 10}, "reminder"),
        ({"days_before": 3, "light": "blue"}, "reminder_near"),
        ({"days_before": 1}, "reminder"),
        ({"days_before": 0}, "due_today"),
        ({"days_before": 0, "light": "blue"}, "due_today"),
    ],
)
def test_a_reminder_is_far_near_or_of_today(data: dict[str, Any], kind: str) -> None:
    (notice,) = owed(Act.REMINDER_DUE, deadline="rectification", **data)
    assert (notice.kind, notice.parties) == (kind, RULES.policy.audience[kind])


def test_only_the_liaison_hears_of_a_far_reminder_and_the_head_of_a_near_one() -> None:
    assert owed(Act.REMINDER_DUE, days_before=10)[0].parties == ("liaison",)
    assert "head" in owed(Act.REMINDER_DUE, days_before=3, light="blue")[0].parties


def test_only_what_is_due_today_and_what_is_overdue_waits_for_no_digest() -> None:
    assert frozenset({"due_today", "overdue"}) == URGENT


def test_a_recount_that_moved_nothing_is_told_to_nobody() -> None:
    assert owed(Act.DEADLINE_REDATED, moved=[]) == ()
    (notice,) = owed(Act.DEADLINE_REDATED, moved=[{"kind": "rectification"}])
    assert (notice.kind, notice.parties) == ("deadline_redated", RULES.policy.audience["deadline_redated"])


def test_whoever_may_decide_a_proposal_hears_of_it_in_the_place_of_the_word_approvers() -> None:
    waiting = changed(ordered(RULES), {"approvers": ("director", "leader")})
    (notice,) = owed(Act.ESCALATION_PROPOSED, waiting)
    assert notice.parties == ("director", "leader")
    louder = replace(RULES.policy, audience={**RULES.policy.audience, "proposal_waiting": ("approvers", "handler")})
    assert owed(Act.ESCALATION_PROPOSED, waiting, louder)[0].parties == ("handler", "director", "leader")


def test_a_reminder_of_a_proposal_is_for_those_who_decide_it() -> None:
    waiting = changed(ordered(RULES), {"approvers": ("leader",)})
    (notice,) = owed(Act.CLUE_RAISED, waiting, deadline="proposal")
    assert (notice.kind, notice.parties) == ("proposal_waiting", ("leader",))
    (other,) = owed(Act.CLUE_RAISED, waiting, deadline="verification")
    assert (other.kind, other.parties) == ("office_task", ("handler", "director"))


@pytest.mark.parametrize("kind", ["transferred", "order_served"])
def test_nobody_of_the_unit_is_told_that_a_clue_was_handed_over_whatever_the_policy_says(kind: str) -> None:
    gone = changed(found(RULES), {"state": State.TRANSFERRED})
    loud = replace(
        RULES.policy, audience=dict.fromkeys(RULES.policy.audience, ("head", "director", "liaison", "superior"))
    )
    act = Act.TRANSFER if kind == "transferred" else Act.SERVE_ORDER
    (notice,) = owed(act, gone, loud)
    assert notice.parties == ("director",)
    assert not set(owed(Act.TRANSFER, gone)[0].parties) & UNIT_SIDE
    # Of what is no clue the same policy tells the unit; a part that is handed over is one.
    told = owed(act, found(RULES), loud)[0].parties
    assert told == (("director",) if kind == "transferred" else ("head", "director", "liaison", "superior"))


def test_a_notice_speaks_of_the_deadline_that_the_event_is_about() -> None:
    case = ordered(RULES)
    assert owed(Act.MARKED_YELLOW, case)[0].due_on == day("03-05")
    assert owed(Act.MARKED_YELLOW, case, deadline="plan")[0].due_on == day("02-27")
    assert owed(Act.MARKED_YELLOW, case, deadline="objection")[0].due_on == day("03-09")
    assert owed(Act.MARKED_YELLOW, case, deadline="minutes")[0].due_on is None
    assert owed(Act.APPROVE_CLOSURE, changed(case, {"deadlines": ()}))[0].due_on is None


@pytest.mark.parametrize("policy", [RULES.policy, DECREE.policy], ids=lambda policy: policy.name)
def test_every_notice_that_can_be_owed_has_an_audience(policy: Policy) -> None:
    kinds = {*KINDS.values(), "reminder", "reminder_near", "due_today", "deadline_redated"}
    assert kinds <= set(policy.audience)
    assert all(policy.audience[kind] for kind in kinds)
