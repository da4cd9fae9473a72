"""What an act brings about beside the state: above all the deadlines that it starts and stops.

Every effect returns what is added to the data of the event. `starts` holds whole deadlines, computed once and frozen
with the hash of the calendar; `stops` names kinds that end (`*` for all). `cycle` says that the rung begins anew.
`becomes` names fields of the case and the values that they have from now on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from states.case import Deadline, deadline_data
from states.evolve import ABSENCES_THAT_REFUSE, UNSIGNED
from states.guards import asked_extension, is_held_by_clock
from states.owed_acts import phase_owed
from states.policy import Limit, TermStart
from states.terms import Term, Unit, due, extend, unused
from states.timers import LADDER_KINDS, timers
from states.vocabulary import Act, Phase, Role, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from states.case import Case
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
        has_lights=party != "right",
    )


def _limit(s: Situation, kind: str, party: str = "office", *, limit: str = "", start: date | None = None) -> Data:
    """Return a deadline outside the ladder, with the term that the policy gives it."""
    rule = s.rules.policy.limits.get(limit or kind) or LATER_LIMITS[limit or kind]
    return deadline_data(_line(s, kind, party, start or s.command.on, rule.term, rule.basis))


LATER_LIMITS: Final[Mapping[str, Limit]] = {
    "service": Limit(term=Term.parse("5wd"), basis="惯例：批准后送达责令整改通知"),
    "transfer_letter": Limit(term=Term.parse("5wd"), basis="惯例：批准后送出移送函"),
    "transfer_answer": Limit(term=Term.parse("3m"), basis="《中国共产党党内监督条例》第四十二条"),
    "countersignature": Limit(term=Term.parse("3wd"), basis="惯例：第二人会签"),
}
"""What holds where a policy of a release before this one says nothing of a limit that came later."""


def _office_term(s: Situation, kind: str) -> list[Data]:
    """Return the office's deadline for an act that it owes, unless that is running already."""
    return [] if s.case.deadline(kind) is not None else [_limit(s, kind)]


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
        # The ranking puts the case on this rung; the interview itself is still to be held.
        return {"starts": [_limit(s, "interview")], "becomes": {"phase": Phase.TO_BE_HELD, "interviewed_on": None}}
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
    return {"stops": ["decision", "service"], "starts": [plan, rectification, _limit(s, "objection", "right")]}


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
    return {"in_time": in_time, "stops": ["plan"], "starts": [_limit(s, "verification")], "becomes": kept, **named}


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
    starts = [_limit(s, "accountability_proposal")] if over and s.case.state is State.INTERVIEWED else []
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
    return {"starts": [deadline_data(_line(s, "listing", "office", s.command.on, Term.parse(term), LISTING_BASIS))]}


LISTING_BASIS: Final = "挂牌督办通知载明的期限"


def closed(s: Situation) -> Data:
    """End everything, start the time until somebody looks again (回头看), and state what the file lacks."""
    return {"stops": ["*"], "starts": [_limit(s, "look_back")], "absent": _absent_papers(s)}


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


_LADDER_KINDS: Final = tuple(sorted(LADDER_KINDS))


def criticized(s: Situation) -> Data:
    """Start the time to object, counted from the service of the circular, and the second term if it does not run yet.

    Where time entered the rung and the policy counts from the entry, the second term goes on.
    """
    objection = _limit(s, "objection", "right")
    if s.case.state is State.CRITICIZED and s.case.deadline("rectification") is not None and _goes_on(s):
        verifying = s.case.phase in (Phase.VERIFYING, Phase.VERIFIED)
        phase = s.case.phase if verifying else Phase.HELPING
        return {"stops": ["publication"], "starts": [objection], "becomes": {"phase": phase, **_help_anew(s.case)}}
    return {
        "cycle": True,
        "stops": list(_LADDER_KINDS),
        "starts": [_rectify(s, State.CRITICIZED, s.command.data.get("term", "")), objection],
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
    return {"starts": _office_term(s, "publication")}


def interview_approved(s: Situation) -> Data:
    """Start the office's time to hold the interview."""
    return {"starts": _office_term(s, "interview")}


def interview_held(s: Situation) -> Data:
    """Start the office's time for the minutes; the unit's third term is counted from their service, or goes on."""
    if s.case.state is State.INTERVIEWED and s.case.deadline("rectification") is not None and _goes_on(s):
        verifying = s.case.phase in (Phase.VERIFYING, Phase.VERIFIED)
        phase = s.case.phase if verifying else Phase.MINUTES
        return {"stops": ["interview"], "starts": [_limit(s, "minutes")], "becomes": {"phase": phase}}
    return {"cycle": True, "stops": list(_LADDER_KINDS), "starts": [_limit(s, "minutes")]}


def minutes_issued(s: Situation) -> Data:
    """Start the third term, unless it runs since time entered the rung; and, by policy, the time to object."""
    objection = [_limit(s, "objection", "right")] if s.rules.policy.practice.objection_to_minutes else []
    if s.case.deadline("rectification") is not None and _goes_on(s):
        verifying = s.case.phase in (Phase.VERIFYING, Phase.VERIFIED)
        phase = s.case.phase if verifying else Phase.RECTIFYING
        return {"stops": ["minutes"], "starts": objection, "becomes": {"phase": phase}}
    return {
        "cycle": True,
        "stops": list(_LADDER_KINDS),
        "starts": [_rectify(s, State.INTERVIEWED, s.command.data.get("term", "")), *objection],
    }


def absent_from_interview(s: Situation) -> Data:
    """Give the office its time again for a second notice; after the second absence nothing more is owed."""
    again = s.case.absences + (not s.command.data.get("excused")) < ABSENCES_THAT_REFUSE
    if again:
        return {"starts": [_limit(s, "interview")]}
    return {"stops": ["interview"]}


def escalated(s: Situation) -> Data:
    """Start the act that the rung owes, and the unit's term where the policy counts it from the entry.

    A right to object to what the rung before concluded ends with it only if its days are over; the right to object to
    the circular begins with the service of the circular.

    Source: docs/domain.md §4.7 (a rung entered by time).
    """
    move = State(s.command.data["move"])
    kind, phase = _OWED_ACT[move]
    entry = s.rules.policy.practice.term_starts is TermStart.ENTRY
    term = [_rectify(s, move)] if entry else []
    stops = [*_LADDER_KINDS, *_lapsed_objection(s)]
    return {"stops": stops, "starts": [_limit(s, kind), *term], "becomes": {"phase": phase}}


def _lapsed_objection(s: Situation) -> list[str]:
    """Return the right to object if its last day lies before the day of the event: what lapsed runs no more."""
    line = s.case.deadline("objection")
    return [line.kind] if line is not None and line.due_on < s.command.on else []


_OWED_ACT: Final[Mapping[State, tuple[str, Phase]]] = {
    State.CRITICIZED: ("publication", Phase.TO_BE_PUBLISHED),
    State.INTERVIEWED: ("interview", Phase.TO_BE_HELD),
}
"""What a rung owes that time has entered: the office's deadline, and what the case is called until it is done."""


def proposed(s: Situation) -> Data:
    """Start the time to propose accountability, if that is what is proposed."""
    if s.command.data["move"] != State.HELD or s.case.deadline("accountability_proposal") is not None:
        return {}
    return {"starts": [_limit(s, "accountability_proposal")]}


def blocked(s: Situation) -> Data:
    """Remember since when the escalation has been kept back."""
    since = s.case.blocked_on or s.command.on
    return {"becomes": {"blocked_on": since.isoformat()}}


def promised(s: Situation) -> Data:
    """Say what was approved, and start the office's time to carry it out."""
    move = State(s.case.proposal)
    kind = {State.CRITICIZED: "publication", State.INTERVIEWED: "interview"}.get(move)
    return {"move": move.value, "starts": _office_term(s, kind) if kind else []}


def refused_extension(s: Situation) -> Data:
    """End the office's time to answer; marks go by the old day, from the next working day on."""
    first = s.rules.calendar.forward(s.command.on, 1)
    return {"stops": ["extension_answer"], "becomes": {"marks_from": first.isoformat()}}


def handed_over(s: Situation) -> Data:
    """End all deadlines of the case; start the office's time for the letter, and the receiver's for its answer."""
    letter = [] if "document_number" in s.command.data else [_limit(s, "transfer_letter")]
    return {"stops": ["*"], "starts": [*letter, _limit(s, "transfer_answer")]}


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
            verification = [_limit(s, "verification")] if s.case.state is not State.FOUND else []
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
    return deadline_data(_line(s, line.kind, line.party, s.command.on, chosen, line.basis))


def late_closed(s: Situation) -> Data:
    """Close the case as the ledger of the past says; the look-back counts from today."""
    return closed(s)


def put_forward(_s: Situation) -> Data:
    """End the time to propose. A report of the unit does not take the proposal back (article 9(4))."""
    return {"stops": ["accountability_proposal"], "becomes": {"accountability_phase": Phase.PROPOSED}}


def recorded(s: Situation) -> Data:
    """Start the term that goes on after the decision, and the person's time to appeal, from its service.

    A report that is being verified, or was found good, stays so: the decision replaces no rectification, and undoes
    none. Each decision has an appeal of its own.
    """
    appeal = _limit(s, "appeal", "right")
    answered = {"accountability_phase": ""} if s.case.accountability_phase else {}
    becomes = answered | ({"appeal": ""} if s.case.appeal else {}) | _report_that_stays(s.case)
    said = {"becomes": becomes} if becomes else {}
    if s.case.is_verified:
        return {"stops": list(_LADDER_KINDS), "starts": [appeal], **said}
    stops = [kind for kind in _LADDER_KINDS if kind != "verification" or not s.case.report_is_in]
    return {"stops": stops, "starts": [_rectify(s, State.HELD), appeal], **said}


def _report_that_stays(case: Case) -> Data:
    """Return what a new rung keeps of a report that is being verified or was found good; nothing without one."""
    if not case.report_is_in:
        return {}
    phase = Phase.VERIFIED if case.is_verified else Phase.VERIFYING
    days = {"report_on": case.report_on, "verified_on": case.verified_on}
    return {"phase": phase, **{field: on.isoformat() for field, on in days.items() if on is not None}}


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
        has_lights=True,
    )
    return {"term": str(term), "stops": ["extension_answer"], "starts": [deadline_data(longer)]}


def suspended(s: Situation) -> Data:
    """Stop the unit's clock, and keep what is left of each term in its own unit, one at least."""
    stopped = [line for line in s.case.deadlines if line.party == "unit"]
    return {
        "paused": [[line.kind, _left(s, line)] for line in stopped],
        "stops": [line.kind for line in stopped],
        "starts": [_limit(s, "suspension_review")],
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
            _line(
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
    """End the appeal; if the decision is revoked, the case stands at the interview again.

    A report that is being verified, or was found good, stays so; what is put right can be closed.
    """
    if s.command.data.get("outcome") != "revoke":
        return {"stops": ["appeal_decision"]}
    kept = _report_that_stays(s.case)
    said = {"becomes": kept} if kept else {}
    if s.case.is_verified:
        return {"stops": ["appeal_decision", *_LADDER_KINDS], **said}
    stops = [kind for kind in _LADDER_KINDS if kind != "verification" or not s.case.report_is_in]
    return {"stops": ["appeal_decision", *stops], "starts": [_rectify(s, State.INTERVIEWED)], **said}


def reopened(s: Situation) -> Data:
    """Owe the order, or after false rectification the circular, again; the unit's term starts with its service.

    Source: docs/domain.md §4.7 (reopening).
    """
    kind, phase = ("service", Phase.TO_BE_SERVED)
    if s.command.data.get("false_rectification"):
        kind, phase = _OWED_ACT[State.CRITICIZED]
    # `cycle` is not needed: the state changes. The circular of before says nothing of this time.
    return {
        "stops": ["look_back"],
        "starts": [_limit(s, kind)],
        "becomes": {"phase": phase, "criticized_on": None},
    }


def signed_for(s: Situation) -> Data:
    """Say which event was signed for: the one named, else the latest; the receiver of a transfer has its letter."""
    signed = {"of": s.command.data.get("of", s.case.version)}
    if s.case.state is State.TRANSFERRED and s.command.actor.role is Role.DISCIPLINE:
        return signed | {"stops": ["transfer_letter"]}
    return signed


def redated(_s: Situation) -> Data:
    """Bring nothing about: the new deadlines are in the data already."""
    return {}


def awaiting_signature(s: Situation) -> Data:
    """Mark the act as one that takes effect with its second signature, and start the time for that."""
    return {UNSIGNED: True, "starts": [_limit(s, "countersignature")]}


def signature_refused(s: Situation) -> Data:
    """Say which act was refused its second signature; it never takes effect."""
    unsigned = s.case.unsigned
    return {"of": unsigned.seq if unsigned else 0, "stops": ["countersignature"]}


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
