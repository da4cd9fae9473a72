"""What the acts of the way from registered to closed bring about, and of reopening and late entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.case import Deadline, deadline_data
from states.effects.deadlines import counted_deadline, limit_deadline, rectification_deadline
from states.effects.ladder import OWED_ACT
from states.owed_acts import phase_owed
from states.terms import Term, Unit
from states.vocabulary import Act, Phase, State

if TYPE_CHECKING:
    from states.case import Case
    from states.command import Situation
    from states.effects.deadlines import Data


def opened(s: Situation) -> Data:
    """Start the office's time to decide what becomes of the finding; a ranking interview waits for its minutes."""
    if s.command.act is Act.START_RANKING_INTERVIEW:
        # The ranking puts the case on this rung; the interview itself is still to be held.
        return {
            "starts": [limit_deadline(s, "interview")],
            "becomes": {"phase": Phase.TO_BE_HELD, "interviewed_on": None},
        }
    return {"starts": [limit_deadline(s, "decision")]}


def ordered(s: Situation) -> Data:
    """Start the unit's term and its plan, which is never due after the term, and the time to object."""
    rectification = rectification_deadline(s, State.ORDERED, s.command.data.get("term") or s.case.proposed_term)
    plan_term = s.command.data.get("plan_term")
    rule = s.rules.policy.limits["plan"]
    plan = deadline_data(
        counted_deadline(s, "plan", "unit", s.command.on, Term.parse(plan_term) if plan_term else rule.term, rule.basis)
    )
    if plan["due_on"] > rectification["due_on"]:
        plan = {**rectification, "kind": "plan", "basis": rule.basis}
    return {"stops": ["decision", "service"], "starts": [plan, rectification, limit_deadline(s, "objection", "right")]}


def plan_submitted(_s: Situation) -> Data:
    """End the time for the plan."""
    return {"stops": ["plan"]}


def plan_returned(s: Situation) -> Data:
    """Start the time for the next plan, never due after the term itself."""
    rule = s.rules.policy.limits["plan_return"]
    term = Term.parse(s.command.data["term"]) if "term" in s.command.data else rule.term
    plan = deadline_data(counted_deadline(s, "plan", "unit", s.command.on, term, rule.basis))
    rectification = s.case.deadline("rectification")
    if rectification is not None and plan["due_on"] > rectification.due_on.isoformat():
        plan = {**deadline_data(rectification), "kind": "plan", "basis": rule.basis}
    return {"starts": [plan]}


def reported(s: Situation) -> Data:
    """Start the office's time to verify; say whether the report was in time, and which files it names in all.

    The answers are sealed apart, because they may hold what is personal; which files the report rests on stands in
    the event itself, where verification, bundles and pages find it.
    """
    answers = s.command.data.get("answers", ())
    files = [
        *s.command.data.get("evidence", ()),
        *(hash_ for answer in answers for hash_ in answer.get("evidence", ())),
    ]
    named = {"evidence": list(dict.fromkeys(files))} if files else {}
    line = s.case.deadline("rectification")
    in_time = line is not None and s.command.on <= line.due_on
    # A proposal that waits is decided by a person: the report is shown to him, and does not remove it.
    kept = _proposal(s.case) if s.case.proposal else {}
    return {
        "in_time": in_time,
        "stops": ["plan"],
        "starts": [limit_deadline(s, "verification")],
        "becomes": kept,
        **named,
    }


def _proposal(case: Case) -> Data:
    return {
        "proposal": case.proposal,
        "approvers": list(case.approvers),
        "proposed_on": case.proposed_on.isoformat() if case.proposed_on else None,
    }


def passed(s: Situation) -> Data:
    """End what the unit owed. A proposal that waits is still decided by a person."""
    kept = _proposal(s.case) if s.case.proposal else {}
    stops = ["verification", "rectification", "plan", *([] if kept else ["accountability_proposal"])]
    return {"stops": stops, "becomes": kept}


def verification_failed(s: Situation) -> Data:
    """End the verification; after the interview, start the time to propose accountability.

    What the rung owes beside the rectification, such as a circular, it still owes.
    """
    line = s.case.deadline("rectification")
    over = line is not None and s.command.on >= line.due_on
    starts = [limit_deadline(s, "accountability_proposal")] if over and s.case.state is State.INTERVIEWED else []
    owed = phase_owed(s.case)
    becomes = {"becomes": {"phase": owed}} if owed is not Phase.RECTIFYING else {}
    return {"stops": ["verification"], "starts": starts, **becomes}


def listed(s: Situation) -> Data:
    """Start the listing's own limit, where the act names one: the office owes the delisting by then.

    Source: docs/domain.md §4.2 row 32 (own limit).
    """
    term = s.command.data.get("term")
    if not term:
        return {}
    line = counted_deadline(s, "listing", "office", s.command.on, Term.parse(term), LISTING_BASIS)
    return {"starts": [deadline_data(line)]}


LISTING_BASIS: Final = "挂牌督办通知载明的期限"


def closed(s: Situation) -> Data:
    """End everything, start the time until somebody looks again (回头看), and state what the file lacks."""
    return {"stops": ["*"], "starts": [limit_deadline(s, "look_back")], "absent": _absent_papers(s)}


def _absent_papers(s: Situation) -> list[str]:
    """Return the kinds of papers that a closed case should hold and this one does not."""
    case = s.case
    return [
        kind
        for kind, there in (
            ("plan", case.plan in ("submitted", "accepted")),
            ("criteria", bool(case.criteria) or bool(case.items)),
            ("minutes", case.state is not State.INTERVIEWED or case.minutes_on is not None),
        )
        if not there
    ]


def handed_over(s: Situation) -> Data:
    """End all deadlines of the case; start the office's time for the letter, and the receiver's for its answer."""
    letter = [] if "document_number" in s.command.data else [limit_deadline(s, "transfer_letter")]
    return {"stops": ["*"], "starts": [*letter, limit_deadline(s, "transfer_answer")]}


def late_decided(s: Situation) -> Data:
    """Let what was entered late go on as the director chose.

    `run`: everything that runs begins today, the unit's term with the one that is given. `taken_over`: the report of
    that day is taken over, and the office verifies from today. `ladder`: the days stay as they are, and time acts.
    """
    match s.command.data["choice"]:
        case "run":
            term = s.command.data.get("term")
            again = [_again(s, line, term) for line in s.case.deadlines if line.party != "right"]
            return {"starts": again, "becomes": {"late_entry": ""}}
        case "taken_over":
            verification = [limit_deadline(s, "verification")] if s.case.state is not State.FOUND else []
            phase = {"phase": Phase.VERIFYING} if verification else {}
            stops = ["plan", "rectification"] if verification else []
            return {"stops": stops, "starts": verification, "becomes": {"late_entry": "", **phase}}
        case _:
            return {"becomes": {"late_entry": "ladder"}}


def _again(s: Situation, line: Deadline, term: str | None) -> Data:
    """Return the deadline counted from today; a fixed day cannot be counted again, so the rung's own term is taken."""
    chosen = Term.parse(term) if term and line.kind == "rectification" else Term.parse(line.term)
    if chosen.unit is Unit.FIXED:
        chosen = s.rules.policy.rungs[s.case.state].term
    return deadline_data(counted_deadline(s, line.kind, line.party, s.command.on, chosen, line.basis))


def late_closed(s: Situation) -> Data:
    """Close the case as the ledger of the past says; the look-back counts from today."""
    return closed(s)


def reopened(s: Situation) -> Data:
    """Owe the order, or after false rectification the circular, again; the unit's term starts with its service.

    Source: docs/domain.md §4.7 (reopening).
    """
    kind, phase = ("service", Phase.TO_BE_SERVED)
    if s.command.data.get("false_rectification"):
        kind, phase = OWED_ACT[State.CRITICIZED]
    # `cycle` is not needed: the state changes. The circular of before says nothing of this time.
    return {
        "stops": ["look_back"],
        "starts": [limit_deadline(s, kind)],
        "becomes": {"phase": phase, "criticized_on": None},
    }


def redated(_s: Situation) -> Data:
    """Bring nothing about: the new deadlines are in the data already."""
    return {}
