"""How a case becomes the next one: `evolve`, the only way from one version to the next, and `fold`, which replays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.case import Actor, Case, Deadline, Event, Unsigned, changed, deadline_of_data
from states.changes_by_act import CHANGES, day_or_none, items_of
from states.vocabulary import OUTCOMES, SILENT_ACTS, Act, Confidentiality, Light, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def evolve(case: Case | None, event: Event) -> Case:
    """Return the case after the event. The first event of a case, and only that, takes `None`.

    Deterministic and free of effects. The events must be those that `decide` has made. What had to be computed by the
    rules of the day (lights that lost their ground, phases, blocked escalations) stands in the event's `becomes`, so
    that events of releases before this one, which have none, still make the case that they always made.
    """
    data = event.data
    if case is None:
        return changed(_first_case(event), _timed(data, ()) | _becomes(data))
    if event.act in SILENT_ACTS:
        return changed(case, {"version": event.case_seq})
    if data.get(UNSIGNED):
        return changed(case, _entered_unsigned(case, event))
    if event.act is Act.COUNTERSIGN and case.unsigned is not None:
        signed = evolve(case, taken_act(case.unsigned, event))
        return changed(signed, {"unsigned": None, "last_on": event.occurred_on})
    changes: dict[str, Any] = {"version": event.case_seq, "last_on": event.occurred_on}
    if event.to_state is not case.state or "cycle" in data:
        changes |= _new_rung(case, event)
    if "starts" in data or "stops" in data:
        changes |= _timed(data, case.deadlines)
    change = CHANGES.get(event.act)
    if change is not None:
        changes |= change(case, event)
    return changed(case, changes | _becomes(data))


UNSIGNED: Final = "to_be_countersigned"
"""Marks an event that takes effect only once another account has signed it."""


def _entered_unsigned(case: Case, event: Event) -> dict[str, Any]:
    """Remember the act that waits for its second signature, and nothing else of it."""
    actor = event.actor
    waiting = Unsigned(
        seq=event.case_seq,
        act=event.act,
        user=actor.user,
        role=actor.role,
        unit=actor.unit,
        taken_on=event.occurred_on,
        data={key: value for key, value in event.data.items() if key not in (UNSIGNED, "starts", "stops", "becomes")},
    )
    return {
        "version": event.case_seq,
        "last_on": event.occurred_on,
        "unsigned": waiting,
        **_timed(event.data, case.deadlines),
        **_becomes(event.data),
    }


def taken_act(unsigned: Unsigned, signature: Event) -> Event:
    """Return the act that this signature makes effective: by whom it was entered, on the day on which it was taken."""
    return signature._replace(
        act=unsigned.act,
        occurred_on=unsigned.taken_on,
        actor=Actor(user=unsigned.user, role=unsigned.role, unit=unsigned.unit),
    )


def _new_rung(case: Case, event: Event) -> dict[str, Any]:
    """Return what a new rung, or the same one begun again, forgets of the one before."""
    found: dict[str, Any] = {
        "state": event.to_state,
        "cycle": case.cycle + 1,
        "entered_on": event.occurred_on,
        "fired": (),
        "proposal": "",
        "approvers": (),
        "proposed_on": None,
        "approved": "",
        "blocked": "",
        "blocked_on": None,
        "retry_on": None,
        "failed_on": None,
        "report_on": None,
        "verified_on": None,
        "extension": "",
        "extended_on": None,
        "marks_from": None,
        "light": Light.GREEN,
    }
    if event.to_state in OUTCOMES:
        return found | {"phase": Phase.DONE, "suspended_on": None, "paused": (), "late_entry": "", "unsigned": None}
    return found | {"phase": Phase.RECTIFYING}


def _becomes(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the event itself says the case now has, as values of a case."""
    said: Mapping[str, Any] | None = data.get("becomes")
    return {field: _READ[field](value) for field, value in said.items()} if said else {}


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "phase": Phase,
    "light": Light,
    "proposal": str,
    "approvers": tuple,
    "proposed_on": day_or_none,
    "blocked": str,
    "blocked_on": day_or_none,
    "retry_on": day_or_none,
    "marks_from": day_or_none,
    "late_entry": str,
    "report_on": day_or_none,
    "verified_on": day_or_none,
    "appeal": str,
    "accountability_phase": str,
    "fired": tuple,
    "helps": int,
    "paused": lambda pairs: tuple((kind, left) for kind, left in pairs),
    "interviewed_on": day_or_none,
    "criticized_on": day_or_none,
    "minutes_on": day_or_none,
}
"""The fields that an event may set by itself, and how they are read from its data."""


def fold(events: Iterable[Event]) -> Case | None:
    """Return the case that these events make, in their order; None for no events."""
    case: Case | None = None
    for event in events:
        case = evolve(case, event)
    return case


def _first_case(event: Event) -> Case:
    data = event.data
    ranking = event.act is Act.START_RANKING_INTERVIEW
    return Case(
        id=event.case_id,
        version=event.case_seq,
        number=data["number"],
        origin="ranking" if ranking else "finding",
        state=event.to_state,
        phase=Phase.MINUTES if ranking else Phase.DECIDING,
        light=Light.GREEN,
        cycle=1,
        policy_hash=event.policy_hash,
        unit=data["unit"],
        unit_kind=data["unit_kind"],
        post=data["post"],
        duty=data.get("duty", ""),
        inspection=data.get("inspection", ""),
        finding=data.get("finding", ""),
        severity=data.get("severity", ""),
        criteria=data.get("criteria", ""),
        by_reference=data.get("by_reference", False),
        proposed_term=data.get("term", ""),
        opened_on=event.occurred_on,
        entered_on=event.occurred_on,
        last_on=event.occurred_on,
        deadlines=(),
        fired=(),
        plan="",
        report_on=None,
        verified_on=None,
        failed_on=None,
        false_report=False,
        criticized_on=None,
        interviewed_on=event.occurred_on if ranking else None,
        minutes_on=None,
        helps=0,
        helpers=(),
        took_part=(),
        proposal="",
        approvers=(),
        proposed_on=None,
        approved="",
        blocked="",
        retry_on=None,
        suspended_on=None,
        paused=(),
        extension="",
        extensions=0,
        extended_on=None,
        review="",
        review_of="",
        appeal="",
        tolerance="",
        listed=False,
        partly_transferred=False,
        accountability="",
        reopened=0,
        target=data.get("target", ""),
        acknowledged=(),
        confidentiality=Confidentiality(data.get("confidentiality", Confidentiality.INTERNAL)),
        items=items_of(data),
    )


def _timed(data: Mapping[str, Any], running: tuple[Deadline, ...]) -> dict[str, Any]:
    """Take the stopped deadlines away and put the started ones in the place of others of their kind."""
    starts = tuple(deadline_of_data(line) for line in data.get("starts", ()))
    gone = {line.kind for line in starts} | set(data.get("stops", ()))
    if "*" in gone:
        return {"deadlines": starts}
    return {"deadlines": (*(line for line in running if line.kind not in gone), *starts)}
