"""Who hears what: pure. One event in, the notices that it owes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from states.vocabulary import Act, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from states.case import Case, Event
    from states.policy import Policy

URGENT: Final = frozenset({"due_today", "overdue"})
"""Notices that wait for no digest (docs/domain.md §4.6)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is owed to some parties, with the day that it speaks of."""

    kind: str
    parties: tuple[str, ...]
    due_on: date | None


_KINDS: Final[Mapping[Act, str]] = {
    Act.REGISTER_FINDING: "registered",
    Act.DISMISS: "dismissed",
    Act.WITHDRAW: "withdrawn",
    Act.SERVE_ORDER: "order_served",
    Act.SUBMIT_PLAN: "office_task",
    Act.ACCEPT_PLAN: "plan_accepted",
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
    Act.DECIDE_REVIEW: "review_decided",
    Act.REQUEST_TOLERANCE: "office_task",
    Act.DECIDE_TOLERANCE: "tolerance_decided",
    Act.RECORD_NO_ACCOUNTABILITY: "no_accountability",
    Act.FILE_APPEAL: "office_task",
    Act.DECIDE_APPEAL: "office_task",
    Act.LIST_CASE: "listed",
    Act.DELIST_CASE: "delisted",
    Act.MERGE_INTO: "merged",
    Act.REOPEN: "reopened",
    Act.MARKED_YELLOW: "overdue",
    Act.MARKED_RED: "red",
    Act.ESCALATED: "escalated",
    Act.ESCALATION_PROPOSED: "proposal_waiting",
    Act.ESCALATION_BLOCKED: "escalation_blocked",
    Act.APPROVE_ESCALATION: "office_task",
    Act.REJECT_ESCALATION: "office_task",
    Act.DEADLINE_REDATED: "deadline_redated",
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
_LATER_PARTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "assigned": ("handler",),
    "blocked_again": ("director", "leader"),
    "countersign_waiting": ("handler", "director"),
    "delisted": ("liaison", "head"),
    "dismissed": ("handler",),
    "interview_notice": ("liaison", "head", "office", "leader", "superior", "discipline", "organization"),
    "late_entry": ("director",),
    "late_entry_stands": ("liaison", "head"),
    "listed": ("liaison", "head"),
    "merged": ("liaison",),
    "no_accountability": ("liaison", "director"),
    "office_overdue": ("handler", "director"),
    "office_overdue_again": ("director", "leader"),
    "plan_accepted": ("liaison",),
    "registered": ("handler", "director"),
    "review_decided": ("liaison", "head", "director"),
    "tolerance_decided": ("liaison", "head"),
    "urged": ("liaison", "head"),
    "withdrawn": ("handler",),
}
"""Who hears the notices that policies of releases before this one say nothing of (docs/domain.md §4.2, "notified")."""
_UNIT_SIDE: Final = frozenset({"liaison", "head", "superior"})


_SPEAKS_OF: Final[Mapping[Act, str]] = {
    Act.REGISTER_FINDING: "decision",
    Act.SUBMIT_REPORT: "verification",
    Act.REQUEST_EXTENSION: "extension_answer",
    Act.FILE_OBJECTION: "review_decision",
    Act.FILE_APPEAL: "appeal_decision",
    Act.REQUEST_TOLERANCE: "tolerance_acceptance",
    Act.RETURN_PLAN: "plan",
    Act.APPROVE_CRITICISM: "publication",
    Act.APPROVE_INTERVIEW: "interview",
    Act.HOLD_INTERVIEW: "minutes",
}
"""The deadline that a notice of this act speaks of, where it is not the unit's term."""


def notices(event: Event, case: Case, policy: Policy) -> tuple[Notice, ...]:
    """Return what is owed because of the event; `case` is the case after it.

    A step that was overtaken while nobody looked (`skipped`) is in the history, but is not sent: after an outage,
    people hear once where the case stands.
    """
    if event.data.get("skipped"):
        return ()
    kind = _kind(event, case)
    if kind is None or (event.act is Act.DEADLINE_REDATED and not event.data["moved"]):
        return ()
    parties = policy.audience.get(kind) or _LATER_PARTIES[kind]
    if kind == "office_overdue_again" and event.data.get("times") == 1:
        parties = tuple(party for party in parties if party != "leader")  # first the director, then the leader as well
    if "approvers" in parties:
        parties = (*(party for party in parties if party != "approvers"), *case.approvers)
    if case.state is State.TRANSFERRED or event.act is Act.TRANSFER:
        # A clue that was handed over, whole or in part, is not told to the unit, whatever the policy says
        # (docs/domain.md §4.2 row 6).
        parties = tuple(party for party in parties if party not in _UNIT_SIDE)
    return (Notice(kind, parties, _speaks_of(event, case)),)


def _kind(event: Event, case: Case) -> str | None:  # noqa: PLR0911  # one line a kind of event
    """Return what kind of notice the event owes; none while a late entry waits, but the task to decide on it."""
    becomes = event.data.get("becomes", {})
    if case.late_entry == "pending":
        return "late_entry" if becomes.get("late_entry") == "pending" else None
    if event.data.get("to_be_countersigned"):
        return "countersign_waiting"
    act = event.act
    if act is Act.COUNTERSIGN:
        act = Act(event.data["signed_act"])
    if act is Act.DECIDE_LATE_ENTRY:
        return _of_late_entry(event.data["choice"], case)
    match event.data.get("deadline"):
        case "proposal":
            return "proposal_waiting"
        case "blocked":
            return "blocked_again"
        case _:
            pass
    if act is Act.OFFICE_OVERDUE:
        return "office_overdue_again" if "times" in event.data else "office_task"
    if act is Act.MERGE_INTO and event.from_state is State.FOUND:
        return None  # the unit has never heard of it
    if event.data.get("party") == "office":
        return "office_task" if act is Act.REMINDER_DUE else "office_overdue"
    return _reminder_kind(event) if act is Act.REMINDER_DUE else _KINDS.get(act)


def _of_late_entry(choice: str, case: Case) -> str | None:
    """Return what the unit, which has heard nothing yet, is told of a case that runs on: its order, or that it stands.

    Source: docs/domain.md §4.7, "entered late": nobody is told until a named person decides.
    """
    if choice == "taken_over" or case.state is State.FOUND:
        return None
    if case.state is State.ORDERED:
        return _KINDS[Act.SERVE_ORDER]
    return "late_entry_stands" if choice == "ladder" else None


def _reminder_kind(event: Event) -> str:
    before = event.data["days_before"]
    if before == 0:
        return "due_today"
    return "reminder_near" if event.data.get("light") else "reminder"


def _speaks_of(event: Event, case: Case) -> date | None:
    """Return the day that people must know: of the deadline that the event is about, else of the unit's term."""
    kind = str(event.data.get("deadline", _SPEAKS_OF.get(event.act, "rectification")))
    line = case.deadline(kind)
    return line.due_on if line is not None else None
