"""What criticism, interview, escalation and accountability with its appeal bring about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from states.changes_by_act import ABSENCES_THAT_REFUSE
from states.effects.deadlines import limit_deadline, office_term, rectification_deadline
from states.guards.ladder import is_held_by_clock
from states.owed_acts import phase_owed
from states.policy import TermStart
from states.timers import LADDER_KINDS, timers
from states.vocabulary import Phase, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from states.case import Case
    from states.command import Situation
    from states.effects.deadlines import Data


_LADDER_KINDS: Final = tuple(sorted(LADDER_KINDS))


def criticized(s: Situation) -> Data:
    """Start the time to object, counted from the service of the circular, and the second term if it does not run yet.

    Where time entered the rung and the policy counts from the entry, the second term goes on.
    """
    objection = limit_deadline(s, "objection", "right")
    if s.case.state is State.CRITICIZED and s.case.deadline("rectification") is not None and _goes_on(s):
        verifying = s.case.phase in (Phase.VERIFYING, Phase.VERIFIED)
        phase = s.case.phase if verifying else Phase.HELPING
        return {"stops": ["publication"], "starts": [objection], "becomes": {"phase": phase, **_help_anew(s.case)}}
    return {
        "cycle": True,
        "stops": list(_LADDER_KINDS),
        "starts": [rectification_deadline(s, State.CRITICIZED, s.command.data.get("term", "")), objection],
        "becomes": {"phase": Phase.HELPING, **_help_anew(s.case)},
    }


def _help_anew(case: Case) -> Data:
    """Return that help counts from the circular on; what was done before it is written down, and counts for nothing.

    Source: docs/domain.md §4.2 rows 17 and 19 (help is dated after the circular; the interview needs help after it).
    """
    return {"helps": 0} if case.helps else {}


def _goes_on(s: Situation) -> bool:
    """Say whether the term that runs since time entered the rung goes on, whatever its act says."""
    return s.rules.policy.practice.term_starts is TermStart.ENTRY and "term" not in s.command.data


def criticism_approved(s: Situation) -> Data:
    """Start the office's time to publish the circular."""
    return {"starts": office_term(s, "publication")}


def interview_approved(s: Situation) -> Data:
    """Start the office's time to hold the interview."""
    return {"starts": office_term(s, "interview")}


def interview_held(s: Situation) -> Data:
    """Start the office's time for the minutes; the unit's third term is counted from their service, or goes on."""
    if s.case.state is State.INTERVIEWED and s.case.deadline("rectification") is not None and _goes_on(s):
        verifying = s.case.phase in (Phase.VERIFYING, Phase.VERIFIED)
        phase = s.case.phase if verifying else Phase.MINUTES
        return {"stops": ["interview"], "starts": [limit_deadline(s, "minutes")], "becomes": {"phase": phase}}
    return {"cycle": True, "stops": list(_LADDER_KINDS), "starts": [limit_deadline(s, "minutes")]}


def minutes_issued(s: Situation) -> Data:
    """Start the third term, unless it runs since time entered the rung; and, by policy, the time to object."""
    objection = [limit_deadline(s, "objection", "right")] if s.rules.policy.practice.objection_to_minutes else []
    if s.case.deadline("rectification") is not None and _goes_on(s):
        verifying = s.case.phase in (Phase.VERIFYING, Phase.VERIFIED)
        phase = s.case.phase if verifying else Phase.RECTIFYING
        return {"stops": ["minutes"], "starts": objection, "becomes": {"phase": phase}}
    return {
        "cycle": True,
        "stops": list(_LADDER_KINDS),
        "starts": [rectification_deadline(s, State.INTERVIEWED, s.command.data.get("term", "")), *objection],
    }


def absent_from_interview(s: Situation) -> Data:
    """Give the office its time again for a second notice; after the second absence nothing more is owed."""
    again = s.case.absences + (not s.command.data.get("excused")) < ABSENCES_THAT_REFUSE
    if again:
        return {"starts": [limit_deadline(s, "interview")]}
    return {"stops": ["interview"]}


def escalated(s: Situation) -> Data:
    """Start the act that the rung owes, and the unit's term where the policy counts it from the entry.

    A right to object to what the rung before concluded ends with it only if its days are over; the right to object to
    the circular begins with the service of the circular.

    Source: docs/domain.md §4.7 (a rung entered by time).
    """
    move = State(s.command.data["move"])
    kind, phase = OWED_ACT[move]
    entry = s.rules.policy.practice.term_starts is TermStart.ENTRY
    term = [rectification_deadline(s, move)] if entry else []
    stops = [*_LADDER_KINDS, *_lapsed_objection(s)]
    return {"stops": stops, "starts": [limit_deadline(s, kind), *term], "becomes": {"phase": phase}}


def _lapsed_objection(s: Situation) -> list[str]:
    """Return the right to object if its last day lies before the day of the event: what lapsed runs no more."""
    line = s.case.deadline("objection")
    return [line.kind] if line is not None and line.due_on < s.command.on else []


OWED_ACT: Final[Mapping[State, tuple[str, Phase]]] = {
    State.CRITICIZED: ("publication", Phase.TO_BE_PUBLISHED),
    State.INTERVIEWED: ("interview", Phase.TO_BE_HELD),
}
"""What a rung owes that time has entered: the office's deadline, and what the case is called until it is done."""


def proposed(s: Situation) -> Data:
    """Start the time to propose accountability, if that is what is proposed."""
    if s.command.data["move"] != State.HELD or s.case.deadline("accountability_proposal") is not None:
        return {}
    return {"starts": [limit_deadline(s, "accountability_proposal")]}


def blocked(s: Situation) -> Data:
    """Remember since when the escalation has been kept back."""
    since = s.case.blocked_on or s.command.on
    return {"becomes": {"blocked_on": since.isoformat()}}


def promised(s: Situation) -> Data:
    """Say what was approved, and start the office's time to carry it out."""
    move = State(s.case.proposal)
    kind = {State.CRITICIZED: "publication", State.INTERVIEWED: "interview"}.get(move)
    return {"move": move.value, "starts": office_term(s, kind) if kind else []}


def inquired(s: Situation) -> Data:
    """The receiver has answered: nothing more is awaited of a case that was handed over."""
    if not s.case.is_open:
        return {"stops": ["transfer_letter", "transfer_answer"]}
    verifying = s.case.phase in (Phase.VERIFYING, Phase.VERIFIED)
    phase = {"phase": s.case.phase} if verifying else {}
    return {"becomes": {"accountability_phase": Phase.INQUIRY, **phase}}


def not_accountable(s: Situation) -> Data:
    """Go on where the case stood before the proposal."""
    answered = {"accountability_phase": ""} if s.case.accountability_phase else {}
    phase = phase_owed(s.case, proposed=False)
    if s.case.report_on is not None:
        phase = Phase.VERIFYING if s.case.verified_on is None else Phase.VERIFIED
    changed = answered if phase is Phase.RECTIFYING else {"phase": phase, **answered}
    return {"becomes": changed} if changed else {}


def put_forward(_s: Situation) -> Data:
    """End the time to propose. A report of the unit does not take the proposal back (article 9(4))."""
    return {"stops": ["accountability_proposal"], "becomes": {"accountability_phase": Phase.PROPOSED}}


def recorded(s: Situation) -> Data:
    """Start the term that goes on after the decision, and the person's time to appeal, from its service.

    A report that is being verified, or was found good, stays so: the decision replaces no rectification, and undoes
    none. Each decision has an appeal of its own.
    """
    appeal = limit_deadline(s, "appeal", "right")
    answered = {"accountability_phase": ""} if s.case.accountability_phase else {}
    becomes = answered | ({"appeal": ""} if s.case.appeal else {}) | _report_that_stays(s.case)
    said = {"becomes": becomes} if becomes else {}
    if s.case.is_verified:
        return {"stops": list(_LADDER_KINDS), "starts": [appeal], **said}
    return {"stops": _but_the_verification(s.case), "starts": [rectification_deadline(s, State.HELD), appeal], **said}


def _but_the_verification(case: Case) -> list[str]:
    """Return the deadlines that end with a rung, without the verification of a report that is in."""
    return [kind for kind in _LADDER_KINDS if kind != "verification" or not case.report_is_in]


def _report_that_stays(case: Case) -> Data:
    """Return what a new rung keeps of a report that is being verified or was found good; nothing without one."""
    if not case.report_is_in:
        return {}
    phase = Phase.VERIFIED if case.is_verified else Phase.VERIFYING
    days = {"report_on": case.report_on, "verified_on": case.verified_on}
    return {"phase": phase, **{field: on.isoformat() for field, on in days.items() if on is not None}}


def appeal_filed(s: Situation) -> Data:
    """Start the time to decide the appeal; the decision is carried out meanwhile."""
    return {"stops": ["appeal"], "starts": [limit_deadline(s, "appeal_decision")]}


def appeal_decided(s: Situation) -> Data:
    """End the appeal; if the decision is revoked, the case stands at the interview again.

    A report that is being verified, or was found good, stays so; what is put right can be closed.
    """
    if s.command.data.get("outcome") != "revoke":
        return {"stops": ["appeal_decision"]}
    kept = _report_that_stays(s.case)
    said = {"becomes": kept} if kept else {}
    if s.case.is_verified:
        return {"stops": ["appeal_decision", *_LADDER_KINDS], **said}
    term = rectification_deadline(s, State.INTERVIEWED)
    return {"stops": ["appeal_decision", *_but_the_verification(s.case)], "starts": [term], **said}


def escalation_refused(s: Situation) -> Data:
    """Say what a held escalation came of, so that the same missed term does not raise it again (ADR 0056)."""
    if not is_held_by_clock(s.case):
        return {}
    free = replace(s.case, blocked="", blocked_on=None)
    key = next((timer.key for timer in timers(free, s.rules) if timer.kind == "missed"), "")
    return {**clock_released(s), **({"key": key} if key else {})}


def clock_released(s: Situation) -> Data:
    """Say since when the escalation was held."""
    return {"held_since": s.case.blocked_on.isoformat() if s.case.blocked_on else ""}
