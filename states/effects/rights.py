"""What extension, suspension, objection, tolerance, acknowledgement, and a second signature bring about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from states.case import Deadline, deadline_data
from states.effects.deadlines import counted_deadline, limit_deadline, rectification_deadline
from states.evolve import UNSIGNED
from states.guards.rights import asked_extension
from states.terms import Term, extend, unused
from states.vocabulary import Role, State

if TYPE_CHECKING:
    from states.command import Situation
    from states.effects.deadlines import Data


def refused_extension(s: Situation) -> Data:
    """End the office's time to answer; marks go by the old day, from the next working day on."""
    first = s.rules.calendar.forward(s.command.on, 1)
    return {"stops": ["extension_answer"], "becomes": {"marks_from": first.isoformat()}}


def extension_asked(s: Situation) -> Data:
    """Write down how long is asked for, and start the office's time to answer."""
    return {"term": asked_extension(s), "starts": [limit_deadline(s, "extension_answer")]}


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
        has_lights=True,
    )
    return {"term": str(term), "stops": ["extension_answer"], "starts": [deadline_data(longer)]}


def suspended(s: Situation) -> Data:
    """Stop the unit's clock, and keep what is left of each term in its own unit, one at least."""
    stopped = [line for line in s.case.deadlines if line.party == "unit"]
    return {
        "paused": [[line.kind, _left(s, line)] for line in stopped],
        "stops": [line.kind for line in stopped],
        "starts": [limit_deadline(s, "suspension_review")],
    }


def _left(s: Situation, line: Deadline) -> str:
    return str(unused(line.started_on, line.due_on, Term.parse(line.term), s.command.on, s.rules.calendar))


def resumed(s: Situation) -> Data:
    """Give back exactly what was left of each term, from the day after the notice.

    Suspensions of releases before this one kept a number of working days.
    """
    rule = s.rules.policy.limits["suspension_review"]
    starts = [
        deadline_data(
            counted_deadline(
                s,
                kind,
                "unit",
                s.command.on,
                Term.parse(left if isinstance(left, str) else f"{left}wd"),
                rule.basis,
            )
        )
        for kind, left in s.case.paused
    ]
    return {"stops": ["suspension_review"], "starts": starts}


def objected(s: Situation) -> Data:
    """Start the time to decide the objection."""
    return {"stops": ["objection"], "starts": [limit_deadline(s, "review_decision")]}


def reviewed(s: Situation) -> Data:
    """End the review; a decision that amends may set a new term."""
    again = [rectification_deadline(s, s.case.state, s.command.data["term"])] if "term" in s.command.data else []
    return {"stops": ["review_decision"], "starts": again}


def tolerance_asked(s: Situation) -> Data:
    """Start the times to accept and to decide."""
    return {"starts": [limit_deadline(s, "tolerance_acceptance"), limit_deadline(s, "tolerance_decision")]}


def tolerance_accepted(_s: Situation) -> Data:
    """End the time to accept."""
    return {"stops": ["tolerance_acceptance"]}


def signed_for(s: Situation) -> Data:
    """Say which event was signed for: the one named, else the latest; the receiver of a transfer has its letter."""
    signed = {"of": s.command.data.get("of", s.case.version)}
    if s.case.state is State.TRANSFERRED and s.command.actor.role is Role.DISCIPLINE:
        return signed | {"stops": ["transfer_letter"]}
    return signed


def awaiting_signature(s: Situation) -> Data:
    """Mark the act as one that takes effect with its second signature, and start the time for that."""
    return {UNSIGNED: True, "starts": [limit_deadline(s, "countersignature")]}


def signature_refused(s: Situation) -> Data:
    """Say which act was refused its second signature; it never takes effect."""
    unsigned = s.case.unsigned
    return {"of": unsigned.seq if unsigned else 0, "stops": ["countersignature"]}
