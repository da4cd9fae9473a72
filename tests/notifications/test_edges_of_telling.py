"""Who hears of what, and who does not: the rules alone, without a mail server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
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
    Act.CLUE_RAISED: "office_task",
    Act.SERVE_INTERVIEW_NOTICE: "interview_notice",
    Act.RECORD_ABSENCE: "office_task",
    Act.APPROVE_ORDER: "office_task",
    Act.APPROVE_CRITICISM: "office_task",
    Act.APPROVE_INTERVIEW: "office_task",
    Act.REPORT_PROGRESS: "office_task",
    Act.URGE: "urged",
    Act.ASSIGN: "assigned",
    Act.REFUSE_COUNTERSIGN: "office_task",
    Act.RELEASE_ESCALATION: "office_task",
}


@pytest.mark.parametrize("act", KINDS, ids=str)
def test_an_act_owes_the_notice_that_the_policy_addresses(act: Act) -> None:
    (notice,) = owed(act)
    assert notice.kind == KINDS[act]
    expected = tuple(party for party in RULES.policy.audience[KINDS[act]] if party != "approvers")
    assert notice.parties == expected


@pytest.mark.parametrize(
    ("act", "kind", "parties"),
    [
        (Act.REGISTER_FINDING, "registered", "handler director"),
        (Act.DISMISS, "dismissed", "handler"),
        (Act.WITHDRAW, "withdrawn", "handler"),
        (Act.MERGE_INTO, "merged", "liaison"),
        (Act.ACCEPT_PLAN, "plan_accepted", "liaison"),
        (Act.DECIDE_REVIEW, "review_decided", "liaison head director"),
        (Act.DECIDE_TOLERANCE, "tolerance_decided", "liaison head"),
        (Act.RECORD_NO_ACCOUNTABILITY, "no_accountability", "liaison director"),
        (Act.FILE_APPEAL, "office_task", "handler director"),
        (Act.DECIDE_APPEAL, "office_task", "handler director"),
        (Act.LIST_CASE, "listed", "liaison head"),
        (Act.DELIST_CASE, "delisted", "liaison head"),
    ],
    ids=str,
)
def test_an_act_is_told_to_whom_the_table_of_acts_names(act: Act, kind: str, parties: str) -> None:
    """docs/domain.md §4.2, "notified"; a policy may name others."""
    assert _told(act) == (kind, set(parties.split()))
    other = replace(RULES.policy, audience={**RULES.policy.audience, kind: ("leader",)})
    assert _told(act, None, other) == (kind, {"leader"})


def test_a_finding_that_is_merged_before_its_order_was_served_is_told_to_nobody() -> None:
    assert _told(Act.MERGE_INTO, found(RULES)) is None


@pytest.mark.parametrize(
    "act",
    [Act.ACKNOWLEDGE, Act.CORRECT_EVENT, Act.CASE_VIEWED, Act.MARK_CONFIDENTIALITY, Act.LOOK_BACK_PASS],
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


# --- what the office owes, and what waits for somebody -----------------------------------------------------------


def _told(
    act: Act, case: Case | None = None, policy: Policy = RULES.policy, **data: Any
) -> tuple[str, set[str]] | None:
    """Return the kind of the notice and who hears it, or nothing where nothing is owed."""
    found = owed(act, case, policy, **data)
    return (found[0].kind, set(found[0].parties)) if found else None


def test_the_office_is_reminded_like_of_a_task_and_told_of_its_own_delay_louder_each_time() -> None:
    office: dict[str, Any] = {"deadline": "verification", "party": "office"}
    assert _told(Act.REMINDER_DUE, days_before=3, **office) == ("office_task", {"handler", "director"})
    assert _told(Act.MARKED_YELLOW, **office) == ("office_overdue", {"handler", "director"})
    assert _told(Act.MARKED_RED, **office) == ("office_overdue", {"handler", "director"})
    assert _told(Act.OFFICE_OVERDUE, **office) == ("office_task", {"handler", "director"})
    assert _told(Act.OFFICE_OVERDUE, **office, times=1) == ("office_overdue_again", {"director"})
    assert _told(Act.OFFICE_OVERDUE, **office, times=2) == ("office_overdue_again", {"director", "leader"})
    of_unit: dict[str, Any] = {"deadline": "verification", "party": "unit"}
    assert _told(Act.MARKED_RED, **of_unit) == ("red", set(RULES.policy.audience["red"]))


def test_only_the_leader_waits_for_the_second_delay() -> None:
    loud = replace(RULES.policy, audience={**RULES.policy.audience, "office_task": ("leader", "handler")})
    assert _told(Act.OFFICE_OVERDUE, None, loud, times=0) == ("office_overdue_again", {"director", "leader"})
    assert _told(Act.SUBMIT_PLAN, None, loud, times=1) == ("office_task", {"leader", "handler"})


def test_what_was_kept_back_and_stands_still_is_told_further_up() -> None:
    assert _told(Act.REMINDER_DUE, deadline="blocked", days_before=0) == ("blocked_again", {"director", "leader"})
    assert _told(Act.CLUE_RAISED, deadline="blocked") == ("blocked_again", {"director", "leader"})


def test_an_entry_that_came_late_is_a_task_of_the_director_until_he_decides_and_nothing_else_is_told() -> None:
    pending = changed(ordered(RULES), {"late_entry": "pending"})
    makes: dict[str, Any] = {"becomes": {"late_entry": "pending"}}
    assert _told(Act.SERVE_ORDER, pending, **makes) == ("late_entry", {"director"})
    assert _told(Act.SERVE_ORDER, pending) is None
    assert _told(Act.SERVE_ORDER, pending, becomes={"late_entry": ""}) is None
    assert _told(Act.MARKED_RED, pending) is None
    assert _told(Act.SERVE_ORDER, ordered(RULES), **makes) == (
        "order_served",
        set(RULES.policy.audience["order_served"]),
    )


def test_the_order_is_told_when_the_late_entry_runs_on_from_it_or_time_acts_and_never_otherwise() -> None:
    served = ("order_served", set(RULES.policy.audience["order_served"]))
    assert _told(Act.DECIDE_LATE_ENTRY, choice="run") == served
    assert _told(Act.DECIDE_LATE_ENTRY, choice="ladder") == served
    assert _told(Act.DECIDE_LATE_ENTRY, choice="taken_over") is None
    assert _told(Act.DECIDE_LATE_ENTRY, found(RULES), choice="run") is None
    assert _told(Act.DECIDE_LATE_ENTRY, found(RULES), choice="ladder") is None


def test_an_act_is_told_when_it_is_signed_and_before_that_only_those_hear_who_may_sign() -> None:
    waits: dict[str, Any] = {"to_be_countersigned": True}
    assert _told(Act.VERIFY_PASS, **waits) == ("countersign_waiting", {"handler", "director"})
    assert _told(Act.VERIFY_PASS, to_be_countersigned=False) == ("verified", {"director"})
    assert _told(Act.COUNTERSIGN, signed_act="verify_pass") == ("verified", {"director"})
    assert _told(Act.COUNTERSIGN, signed_act="correct_event") is None


OLD_AUDIENCE = {
    kind: parties
    for kind, parties in RULES.policy.audience.items()
    if kind
    not in {
        "assigned",
        "blocked_again",
        "countersign_waiting",
        "interview_notice",
        "late_entry",
        "office_overdue",
        "office_overdue_again",
        "urged",
    }
}


@pytest.mark.parametrize(
    ("act", "data", "parties"),
    [
        (Act.ASSIGN, {}, "handler"),
        (Act.CLUE_RAISED, {"deadline": "blocked"}, "director leader"),
        (Act.VERIFY_PASS, {"to_be_countersigned": True}, "handler director"),
        (
            Act.SERVE_INTERVIEW_NOTICE,
            {},
            "liaison head office leader superior discipline organization",
        ),
        (Act.MARKED_RED, {"party": "office"}, "handler director"),
        (Act.OFFICE_OVERDUE, {"times": 2}, "director leader"),
        (Act.OFFICE_OVERDUE, {"times": 1}, "director"),
        (Act.URGE, {}, "liaison head"),
    ],
    ids=str,
)
def test_a_policy_of_an_older_release_leaves_nobody_untold(act: Act, data: dict[str, Any], parties: str) -> None:
    old = replace(RULES.policy, audience=OLD_AUDIENCE)
    told = _told(act, None, old, **data)
    assert told is not None
    assert told[1] == set(parties.split())
    late = changed(ordered(RULES), {"late_entry": "pending"})
    assert _told(Act.SERVE_ORDER, late, old, becomes={"late_entry": "pending"}) == ("late_entry", {"director"})


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (Act.REGISTER_FINDING, "decision"),
        (Act.FILE_APPEAL, "appeal_decision"),
        (Act.SUBMIT_REPORT, "verification"),
        (Act.REQUEST_EXTENSION, "extension_answer"),
        (Act.FILE_OBJECTION, "review_decision"),
        (Act.REQUEST_TOLERANCE, "tolerance_acceptance"),
        (Act.RETURN_PLAN, "plan"),
        (Act.APPROVE_CRITICISM, "publication"),
        (Act.APPROVE_INTERVIEW, "interview"),
        (Act.HOLD_INTERVIEW, "minutes"),
        (Act.VERIFY_FAIL, "rectification"),
    ],
    ids=str,
)
def test_a_task_of_the_office_speaks_of_the_day_by_which_it_is_to_be_done(act: Act, kind: str) -> None:
    case = ordered(RULES)
    (line,) = (line for line in case.deadlines if line.kind == "rectification")
    kinds = ("verification", "extension_answer", "review_decision", "tolerance_acceptance", "plan", "publication")
    kinds_of_the_ladder = ("decision", "interview", "minutes", "rectification", "appeal_decision")
    days = {name: day("03-01") + timedelta(days=n) for n, name in enumerate((*kinds, *kinds_of_the_ladder))}
    lines = tuple(replace(line, kind=name, due_on=on) for name, on in days.items())
    assert owed(act, changed(case, {"deadlines": lines}))[0].due_on == days[kind]
