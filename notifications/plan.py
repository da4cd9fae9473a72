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
    Act.DEADLINE_REDATED: "deadline_redated",
    Act.CLUE_RAISED: "office_task",
}


def notices(event: Event, case: Case, policy: Policy) -> tuple[Notice, ...]:
    """Return what is owed because of the event; `case` is the case after it.

    A step that was overtaken while nobody looked (`skipped`) is in the history, but is not sent: after an outage,
    people hear once where the case stands.
    """
    if event.data.get("skipped"):
        return ()
    kind = _reminder_kind(event) if event.act is Act.REMINDER_DUE else _KINDS.get(event.act)
    if event.data.get("deadline") == "proposal":
        kind = "proposal_waiting"
    if kind is None or (event.act is Act.DEADLINE_REDATED and not event.data["moved"]):
        return ()
    parties = policy.audience[kind]
    if "approvers" in parties:
        parties = (*(party for party in parties if party != "approvers"), *case.approvers)
    if case.state is State.TRANSFERRED:
        # A clue that was handed over is not told to the unit, whatever the policy says (docs/domain.md §4.2 row 6).
        parties = tuple(party for party in parties if party not in ("liaison", "head", "superior"))
    return (Notice(kind, parties, _speaks_of(event, case)),)


def _reminder_kind(event: Event) -> str:
    before = event.data["days_before"]
    if before == 0:
        return "due_today"
    return "reminder_near" if event.data.get("light") else "reminder"


def _speaks_of(event: Event, case: Case) -> date | None:
    """Return the day that people must know: of the deadline that the event is about, else of the unit's term."""
    line = case.deadline(str(event.data.get("deadline", "rectification")))
    return line.due_on if line is not None else None
