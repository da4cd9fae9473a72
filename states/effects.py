"""What an act brings about beside the state: above all the deadlines that it starts and stops.

Every effect returns what is added to the data of the event. `starts` holds whole deadlines, computed once and frozen
with the hash of the calendar; `stops` names kinds that end (`*` for all). `cycle` says that the rung begins anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from states.case import Deadline, deadline_data
from states.guards import asked_extension
from states.terms import Term, due, extend, remaining
from states.vocabulary import Act, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from states.command import Situation

Data = dict[str, Any]


def _line(s: Situation, kind: str, party: str, start: date, term: Term, basis: str) -> Deadline:
    reckoned = due(start, term, s.rules.calendar, basis)
    return Deadline(
        kind=kind,
        party=party,
        due_on=reckoned.due_on,
        started_on=start,
        term=str(term),
        basis=basis,
        provisional=reckoned.provisional,
        calendar_hash=reckoned.calendar_hash,
    )


def _limit(s: Situation, kind: str, party: str = "office", *, limit: str = "", start: date | None = None) -> Data:
    """Return a deadline outside the ladder, with the term that the policy gives it."""
    rule = s.rules.policy.limits[limit or kind]
    return deadline_data(_line(s, kind, party, start or s.command.on, rule.term, rule.basis))


def _rectify(s: Situation, rung: State, term: str = "") -> Data:
    """Return the unit's term on this rung: as the act says, else as the policy says."""
    rule = s.rules.policy.rungs[rung]
    chosen = Term.parse(term) if term else rule.term
    return deadline_data(_line(s, "rectification", "unit", s.command.on, chosen, rule.basis))


def nothing(_s: Situation) -> Data:
    """Bring nothing about."""
    return {}


def stop(*kinds: str) -> Callable[[Situation], Data]:
    """End these deadlines."""
    return lambda _s: {"stops": list(kinds)}


def stop_all(_s: Situation) -> Data:
    """End all deadlines: the case is over."""
    return {"stops": ["*"]}


def opened(s: Situation) -> Data:
    """Start the office's time to decide what becomes of the finding; a ranking interview waits for its minutes."""
    if s.command.act is Act.START_RANKING_INTERVIEW:
        return {"starts": [_limit(s, "minutes")]}
    return {"starts": [_limit(s, "decision")]}


def ordered(s: Situation) -> Data:
    """Start the unit's term and its plan, which is never due after the term, and the time to object."""
    rectification = _rectify(s, State.ORDERED, s.command.data.get("term") or s.case.proposed_term)
    plan_term = s.command.data.get("plan_term")
    rule = s.rules.policy.limits["plan"]
    plan = deadline_data(
        _line(s, "plan", "unit", s.command.on, Term.parse(plan_term) if plan_term else rule.term, rule.basis)
    )
    if plan["due_on"] > rectification["due_on"]:
        plan = {**rectification, "kind": "plan", "basis": rule.basis}
    return {"stops": ["decision"], "starts": [plan, rectification, _limit(s, "objection", "right")]}


def plan_submitted(_s: Situation) -> Data:
    """End the time for the plan."""
    return {"stops": ["plan"]}


def plan_returned(s: Situation) -> Data:
    """Start the time for the next plan, never due after the term itself."""
    rule = s.rules.policy.limits["plan_return"]
    term = Term.parse(s.command.data["term"]) if "term" in s.command.data else rule.term
    plan = deadline_data(_line(s, "plan", "unit", s.command.on, term, rule.basis))
    rectification = s.case.deadline("rectification")
    if rectification is not None and plan["due_on"] > rectification.due_on.isoformat():
        plan = {**deadline_data(rectification), "kind": "plan", "basis": rule.basis}
    return {"starts": [plan]}


def reported(s: Situation) -> Data:
    """Start the office's time to verify; say whether the report was in time."""
    line = s.case.deadline("rectification")
    in_time = line is not None and s.command.on <= line.due_on
    return {"in_time": in_time, "stops": ["plan"], "starts": [_limit(s, "verification")]}


def passed(_s: Situation) -> Data:
    """End what the unit owed."""
    return {"stops": ["verification", "rectification", "plan", "accountability_proposal"]}


def verification_failed(s: Situation) -> Data:
    """End the verification; after the interview, start the time to propose accountability."""
    line = s.case.deadline("rectification")
    over = line is not None and s.command.on >= line.due_on
    starts = [_limit(s, "accountability_proposal")] if over and s.case.state is State.INTERVIEWED else []
    return {"stops": ["verification"], "starts": starts}


def closed(s: Situation) -> Data:
    """End everything, and start the time until somebody looks again (回头看)."""
    return {"stops": ["*"], "starts": [_limit(s, "look_back")]}


_LADDER_KINDS = (
    "decision",
    "plan",
    "rectification",
    "verification",
    "publication",
    "interview",
    "extension_answer",
    "accountability_proposal",
)


def criticized(s: Situation) -> Data:
    """Start the second term and the time to object, counted from the service of the circular."""
    return {
        "cycle": True,
        "stops": list(_LADDER_KINDS),
        "starts": [
            _rectify(s, State.CRITICIZED, s.command.data.get("term", "")),
            _limit(s, "objection", "right"),
        ],
    }


def interview_held(s: Situation) -> Data:
    """Start the office's time for the minutes; the unit's third term is counted from their service."""
    return {"cycle": True, "stops": list(_LADDER_KINDS), "starts": [_limit(s, "minutes")]}


def minutes_issued(s: Situation) -> Data:
    """Start the third term."""
    return {
        "cycle": True,
        "stops": ["minutes", *_LADDER_KINDS],
        "starts": [_rectify(s, State.INTERVIEWED, s.command.data.get("term", ""))],
    }


def escalated(s: Situation) -> Data:
    """Start the next rung's term from the day on which time moved the case."""
    move = State(s.command.data["move"])
    return {"stops": list(_LADDER_KINDS), "starts": [_rectify(s, move)]}


def proposed(s: Situation) -> Data:
    """Start the time to propose accountability, if that is what is proposed."""
    if s.command.data["move"] != State.HELD or s.case.deadline("accountability_proposal") is not None:
        return {}
    return {"starts": [_limit(s, "accountability_proposal")]}


def promised(s: Situation) -> Data:
    """Say what was approved, and start the office's time to carry it out."""
    move = State(s.case.proposal)
    kind = {State.CRITICIZED: "publication", State.INTERVIEWED: "interview"}.get(move)
    return {"move": move.value, "starts": [_limit(s, kind)] if kind else []}


def put_forward(_s: Situation) -> Data:
    """End the time to propose."""
    return {"stops": ["accountability_proposal"]}


def recorded(s: Situation) -> Data:
    """Start the term that goes on after the decision, and the person's time to appeal, from its service."""
    return {
        "stops": ["minutes", *_LADDER_KINDS],
        "starts": [_rectify(s, State.HELD), _limit(s, "appeal", "right")],
    }


def extension_asked(s: Situation) -> Data:
    """Write down how long is asked for, and start the office's time to answer."""
    return {"term": asked_extension(s), "starts": [_limit(s, "extension_answer")]}


def extended(s: Situation) -> Data:
    """Count the extension from the old due day."""
    line = s.case.deadline("rectification")
    if line is None:
        return {"stops": ["extension_answer"]}
    term = Term.parse(asked_extension(s))
    rule = s.rules.policy.limits["extension_answer"]
    until = extend(line.due_on, term, s.rules.calendar)
    longer = Deadline(
        kind="rectification",
        party="unit",
        due_on=until.due_on,
        started_on=line.due_on,
        term=str(term),
        basis=rule.basis,
        provisional=until.provisional,
        calendar_hash=s.rules.calendar.hash,
    )
    return {"term": str(term), "stops": ["extension_answer"], "starts": [deadline_data(longer)]}


def suspended(s: Situation) -> Data:
    """Stop the unit's clock, and keep the working days that were left."""
    running = [line for line in s.case.deadlines if line.party == "unit" and line.due_on >= s.command.on]
    return {
        "paused": [
            [line.kind, max(1, remaining(line.started_on, line.due_on, s.command.on, s.rules.calendar))]
            for line in running
        ],
        "stops": [line.kind for line in running],
        "starts": [_limit(s, "suspension_review")],
    }


def resumed(s: Situation) -> Data:
    """Give back exactly the working days that were left, from the working day after the notice."""
    rule = s.rules.policy.limits["suspension_review"]
    starts = [
        deadline_data(_line(s, kind, "unit", s.command.on, Term.parse(f"{left}wd"), rule.basis))
        for kind, left in s.case.paused
    ]
    return {"stops": ["suspension_review"], "starts": starts}


def objected(s: Situation) -> Data:
    """Start the time to decide the objection."""
    return {"stops": ["objection"], "starts": [_limit(s, "review_decision")]}


def reviewed(s: Situation) -> Data:
    """End the review; a decision that amends may set a new term."""
    again = [_rectify(s, s.case.state, s.command.data["term"])] if "term" in s.command.data else []
    return {"stops": ["review_decision"], "starts": again}


def tolerance_asked(s: Situation) -> Data:
    """Start the times to accept and to decide."""
    return {"starts": [_limit(s, "tolerance_acceptance"), _limit(s, "tolerance_decision")]}


def tolerance_accepted(_s: Situation) -> Data:
    """End the time to accept."""
    return {"stops": ["tolerance_acceptance"]}


def appeal_filed(s: Situation) -> Data:
    """Start the time to decide the appeal; the decision is carried out meanwhile."""
    return {"stops": ["appeal"], "starts": [_limit(s, "appeal_decision")]}


def appeal_decided(s: Situation) -> Data:
    """End the appeal; if the decision is revoked, the case stands at the interview again."""
    if s.command.data.get("outcome") == "revoke":
        return {"stops": ["appeal_decision", *_LADDER_KINDS], "starts": [_rectify(s, State.INTERVIEWED)]}
    return {"stops": ["appeal_decision"]}


def reopened(s: Situation) -> Data:
    """Begin the ladder again, at once at the second rung if the rectification was false."""
    rung = State.CRITICIZED if s.command.data.get("false_rectification") else State.ORDERED
    starts = [_rectify(s, rung, s.command.data.get("term", "")), _limit(s, "objection", "right")]
    return {"stops": ["look_back"], "starts": starts}


def signed_for(s: Situation) -> Data:
    """Say which event was signed for: the one named, else the latest."""
    return {"of": s.command.data.get("of", s.case.version)}


def redated(_s: Situation) -> Data:
    """Bring nothing about: the new deadlines are in the data already."""
    return {}
