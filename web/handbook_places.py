"""Which task of the handbook tells how an act is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.vocabulary import Act

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES: Final[Mapping[Act, str]] = {
    Act.REGISTER_FINDING: "officers#register",
    Act.DISMISS: "officers#drop",
    Act.WITHDRAW: "officers#drop",
    Act.MERGE_INTO: "officers#drop",
    Act.TRANSFER: "officers#transfer",
    Act.APPROVE_ORDER: "leaders#approvals",
    Act.SERVE_ORDER: "officers#order",
    Act.SUBMIT_PLAN: "heads#plan",
    Act.ACCEPT_PLAN: "officers#plan",
    Act.RETURN_PLAN: "officers#plan",
    Act.SUBMIT_REPORT: "heads#report",
    Act.REPORT_PROGRESS: "heads#report",
    Act.VERIFY_PASS: "officers#verification",
    Act.VERIFY_FAIL: "officers#verification",
    Act.APPROVE_CLOSURE: "officers#closure",
    Act.LOOK_BACK_PASS: "officers#closure",
    Act.REOPEN: "officers#closure",
    Act.APPROVE_CRITICISM: "leaders#approvals",
    Act.PUBLISH_CRITICISM: "officers#criticism",
    Act.RECORD_HELP: "officers#criticism",
    Act.APPROVE_INTERVIEW: "leaders#approvals",
    Act.SERVE_INTERVIEW_NOTICE: "officers#interview",
    Act.RECORD_ABSENCE: "officers#interview",
    Act.HOLD_INTERVIEW: "officers#interview",
    Act.ISSUE_MINUTES: "officers#interview",
    Act.START_RANKING_INTERVIEW: "leaders#decisions",
    Act.LIST_CASE: "leaders#decisions",
    Act.DELIST_CASE: "leaders#decisions",
    Act.PROPOSE_ACCOUNTABILITY: "officers#accountability",
    Act.RECORD_INQUIRY: "officers#accountability",
    Act.RECORD_ACCOUNTABILITY: "officers#accountability",
    Act.RECORD_NO_ACCOUNTABILITY: "officers#accountability",
    Act.FILE_APPEAL: "officers#accountability",
    Act.DECIDE_APPEAL: "officers#accountability",
    Act.REQUEST_EXTENSION: "heads#extension",
    Act.APPROVE_EXTENSION: "officers#extension",
    Act.REFUSE_EXTENSION: "officers#extension",
    Act.SUSPEND: "officers#extension",
    Act.RESUME: "officers#extension",
    Act.FILE_OBJECTION: "heads#objection",
    Act.DECIDE_REVIEW: "officers#objection",
    Act.REQUEST_TOLERANCE: "heads#objection",
    Act.ACCEPT_TOLERANCE: "officers#objection",
    Act.DECIDE_TOLERANCE: "officers#objection",
    Act.APPROVE_ESCALATION: "leaders#escalation",
    Act.REJECT_ESCALATION: "leaders#escalation",
    Act.RELEASE_ESCALATION: "leaders#held",
    Act.DECIDE_LATE_ENTRY: "leaders#late",
    Act.ACKNOWLEDGE: "heads#sign",
    Act.COUNTERSIGN: "officers#countersign",
    Act.REFUSE_COUNTERSIGN: "officers#countersign",
    Act.CORRECT_EVENT: "officers#correct",
    Act.MARK_CONFIDENTIALITY: "officers#correct",
    Act.URGE: "officers#assign",
    Act.ASSIGN: "officers#assign",
}
"""Chapter and task, for every act of persons; tests keep it complete."""


def task_of(act: Act) -> str:
    """Return the address of the task that tells how the act is done."""
    return f"/help/{PLACES[act]}"
