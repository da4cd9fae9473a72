"""A case as a value, the events that make it, and `evolve`, the only way from one to the next.

`evolve` needs neither a calendar nor a policy nor a clock: whatever had to be computed when the act was entered (due
days above all) was written into the event. So a history can be folded on any machine, years later.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from states.acts import OUTCOMES, SILENT_ACTS, Act, Confidentiality, Light, Phase, Role, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acted: the account, in which role, for which unit."""

    user: str
    role: Role
    unit: str = ""


# A named tuple, because a replay builds as many of them as there are events, and a frozen dataclass takes four times
# as long to build.
class Event(NamedTuple):
    """Something that happened to a case, as it will be kept for ever.

    `occurred_on` is the day in the office's zone on which it took effect; `recorded_at` the instant at which it was
    entered. `case_seq` counts from 1 within the case and is the version that the event makes.
    """

    case_id: int
    case_seq: int
    act: Act
    occurred_on: date
    recorded_at: datetime
    actor: Actor
    data: Mapping[str, Any]
    from_state: State | None
    to_state: State
    policy_hash: str
    calendar_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A term that runs: who owes what by the end of which day, why, and from when it was counted.

    `party` is `unit` (its lateness brings lights), `office` (its lateness is the office's own) or `right` (somebody
    may act until then, and nobody is late). `started_on` itself is not counted.
    """

    kind: str
    party: str
    due_on: date
    started_on: date
    term: str
    basis: str
    provisional: bool
    calendar_hash: str


# Without slots: a history of thousands of events is folded by copying one dictionary per event (`_changed`), which is
# six times as fast as calling the constructor with sixty fields.
@dataclass(frozen=True, kw_only=True)
class Case:
    """One case at one version. Every field is made by `evolve` from the events and nothing else."""

    id: int
    version: int
    number: str
    origin: str
    state: State
    phase: Phase
    light: Light
    cycle: int  # how many times the case has entered a rung; part of every timer's key
    policy_hash: str
    unit: str
    unit_kind: str
    post: str
    duty: str
    inspection: str
    finding: str
    severity: str
    criteria: str
    by_reference: bool
    proposed_term: str  # the term that the ledger asks for; the order takes it unless it says otherwise
    opened_on: date
    entered_on: date  # the day on which the present state began
    last_on: date  # the day of the latest event
    deadlines: tuple[Deadline, ...]
    fired: tuple[str, ...]  # keys of timers that have fired in this cycle
    plan: str  # "", submitted, accepted, returned
    report_on: date | None  # a report that waits for verification, or was verified
    verified_on: date | None
    failed_on: date | None  # the latest failed verification of this cycle; on or after the due day the term is missed
    false_report: bool
    criticized_on: date | None  # the circular was published and served
    interviewed_on: date | None  # the interview was really held
    minutes_on: date | None
    helps: int  # records of help since the criticism
    helpers: tuple[str, ...]
    took_part: tuple[str, ...]  # people whose decisions a review would judge; they may not decide it
    proposal: str  # the state that the system proposes, while nobody has decided
    approvers: tuple[str, ...]
    proposed_on: date | None
    approved: str  # the state that a named person has approved, until it is entered
    blocked: str  # the guard that kept an escalation back, until the facts change
    retry_on: date | None  # the day from which a blocked escalation is tried again
    suspended_on: date | None
    paused: tuple[tuple[str, int], ...]  # per deadline, the working days that were left when the clock stopped
    extension: str  # the term that was asked for, while nobody has answered
    extensions: int
    extended_on: date | None  # the day on which the extension was granted, in this cycle
    review: str  # upheld, amended, while open: pending
    review_of: str
    appeal: str
    tolerance: str  # "", requested, accepted, refused
    listed: bool
    partly_transferred: bool
    accountability: str  # the number of the decision, never its content
    reopened: int
    target: str  # the case it was merged into, or the organ it was transferred to
    acknowledged: tuple[int, ...]  # versions whose message somebody of the unit has signed for
    confidentiality: Confidentiality  # for whom the case is meant; internal where no event says otherwise

    @property
    def is_open(self) -> bool:
        """Say whether the case is still on the ladder."""
        return self.state not in OUTCOMES

    @property
    def overlays(self) -> tuple[str, ...]:
        """Return what stands over the state (DOMAIN §4.1), in a fixed order."""
        standing = (
            ("suspended", self.suspended_on is not None),
            ("extension_pending", bool(self.extension)),
            ("under_review", self.review == "pending"),
            ("under_appeal", self.appeal == "pending"),
            ("listed", self.listed),
            ("partly_transferred", self.partly_transferred),
            ("tolerance_review", self.tolerance in ("requested", "accepted")),
            ("provisional_deadline", any(line.provisional for line in self.deadlines)),
        )
        return tuple(word for word, holds in standing if holds)

    def deadline(self, kind: str) -> Deadline | None:
        """Return the running deadline of this kind, if there is one."""
        for line in self.deadlines:
            if line.kind == kind:
                return line
        return None

    @property
    def next_due_on(self) -> date | None:
        """Return the nearest day by which the unit or the office owes something; rights do not count."""
        return min((line.due_on for line in self.deadlines if line.party != "right"), default=None)


SEES_TRANSFERRED: Final = frozenset({Role.LEADER, Role.DISCIPLINE})
"""Who reads on in a case that was handed over as a clue; everybody else of the office sees a sealed stub."""


def is_restricted_for(case: Case, role: Role | None) -> bool:
    """Say whether reading the case in this role is written down: it was handed over, and the role sees its content."""
    return case.state is State.TRANSFERRED and role in SEES_TRANSFERRED


def sealed_for(case: Case, role: Role | None, *, today: Case | None = None) -> Case:
    """Return the case as this role may read it: of a transferred one only that it exists, where, and where it went.

    What is sealed now is sealed in every replay of earlier days: `today` is the case as it stands now, if not itself.

    Source: DOMAIN §2 (who may see what), §4.2 row 6.
    """
    if (today or case).state is not State.TRANSFERRED or role in SEES_TRANSFERRED:
        return case
    return _changed(case, {"finding": "", "duty": "", "criteria": "", "severity": "", "post": ""})


def evolve(case: Case | None, event: Event) -> Case:
    """Return the case after the event. The first event of a case, and only that, takes `None`.

    Deterministic and free of effects. The events must be those that `decide` has made.
    """
    data = event.data
    on = event.occurred_on
    if case is None:
        return _changed(_born(event), _timed(data, ()))
    if event.act in SILENT_ACTS:
        return _changed(case, {"version": event.case_seq})
    changes: dict[str, Any] = {"version": event.case_seq, "last_on": on}
    if event.to_state is not case.state or "cycle" in data:
        changes |= {
            "state": event.to_state,
            "cycle": case.cycle + 1,
            "entered_on": on,
            "fired": (),
            "proposal": "",
            "approvers": (),
            "proposed_on": None,
            "approved": "",
            "blocked": "",
            "retry_on": None,
            "failed_on": None,
            "report_on": None,
            "verified_on": None,
            "extension": "",
            "extended_on": None,
            "light": Light.GREEN,
        }
        if event.to_state in OUTCOMES:
            changes |= {"phase": Phase.DONE, "suspended_on": None, "paused": ()}
        else:
            changes["phase"] = Phase.RECTIFYING
    if "starts" in data or "stops" in data:
        changes |= _timed(data, case.deadlines)
    change = _EVOLVE.get(event.act)
    if change is not None:
        changes |= change(case, event)
    return _changed(case, changes)


def _changed(case: Case, changes: dict[str, Any]) -> Case:
    """Return a copy of the case with other values in some fields; `dataclasses.replace`, but fast."""
    copy = object.__new__(Case)
    fields_of = copy.__dict__
    fields_of.update(case.__dict__)
    fields_of.update(changes)
    return copy


def fold(events: Iterable[Event]) -> Case | None:
    """Return the case that these events make, in their order; None for no events."""
    case: Case | None = None
    for event in events:
        case = evolve(case, event)
    return case


def _timed(data: Mapping[str, Any], running: tuple[Deadline, ...]) -> dict[str, Any]:
    """Take the stopped deadlines away and put the started ones in the place of others of their kind."""
    starts = tuple(_deadline(line) for line in data.get("starts", ()))
    gone = {line.kind for line in starts} | set(data.get("stops", ()))
    if "*" in gone:
        return {"deadlines": starts}
    return {"deadlines": (*(line for line in running if line.kind not in gone), *starts)}


def _deadline(line: Mapping[str, Any]) -> Deadline:
    return _deadline_of(
        line["kind"],
        line["party"],
        line["due_on"],
        line["started_on"],
        line["term"],
        line["basis"],
        line["provisional"],
        line["calendar_hash"],
    )


@lru_cache(maxsize=10_000)
def _deadline_of(  # the fields in their order; many cases of one day share their deadlines, and a deadline is a value
    kind: str,
    party: str,
    due_on: str,
    started_on: str,
    term: str,
    basis: str,
    provisional: bool,  # noqa: FBT001  # by position, which the cache is fastest with
    calendar_hash: str,
) -> Deadline:
    return Deadline(
        kind=kind,
        party=party,
        due_on=date.fromisoformat(due_on),
        started_on=date.fromisoformat(started_on),
        term=term,
        basis=basis,
        provisional=provisional,
        calendar_hash=calendar_hash,
    )


def deadline_data(line: Deadline) -> dict[str, Any]:
    """Return the deadline as it stands in an event."""
    return {
        "kind": line.kind,
        "party": line.party,
        "due_on": line.due_on.isoformat(),
        "started_on": line.started_on.isoformat(),
        "term": line.term,
        "basis": line.basis,
        "provisional": line.provisional,
        "calendar_hash": line.calendar_hash,
    }


def _born(event: Event) -> Case:
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
    )


def _fired(case: Case, event: Event) -> dict[str, Any]:
    return {"fired": (*case.fired, event.data["key"])}


def _reminded(case: Case, event: Event) -> dict[str, Any]:
    light = event.data.get("light")
    raised = {"light": Light(light)} if light and case.light is Light.GREEN else {}
    return _fired(case, event) | raised


def _decided(case: Case, event: Event) -> dict[str, Any]:
    """Remember who decided: a review of the decision is not theirs."""
    return {"took_part": tuple(dict.fromkeys((*case.took_part, event.actor.user)))}


def _served(case: Case, event: Event) -> dict[str, Any]:
    return _decided(case, event) | {"phase": Phase.PLANNING, "plan": ""}


def _reported(case: Case, event: Event) -> dict[str, Any]:
    # A report that was handed in in time but entered late takes the light back that the sweep had put on meanwhile.
    calmed = {"light": Light.GREEN} if case.light is Light.BLUE or event.data["in_time"] else {}
    return calmed | {
        "phase": Phase.VERIFYING,
        "report_on": event.occurred_on,
        "verified_on": None,
        "proposal": "",
        "approvers": (),
        "proposed_on": None,
        "blocked": "",
    }


def _passed(_case: Case, event: Event) -> dict[str, Any]:
    return {
        "phase": Phase.VERIFIED,
        "verified_on": event.occurred_on,
        "light": Light.GREEN,
        "failed_on": None,
        "proposal": "",
        "approvers": (),
        "proposed_on": None,
        "approved": "",
        "blocked": "",
    }


def _failed(case: Case, event: Event) -> dict[str, Any]:
    return {
        "phase": Phase.RECTIFYING,
        "failed_on": event.occurred_on,
        "report_on": None,
        "verified_on": None,
        "false_report": case.false_report or event.data.get("false_report", False),
        "blocked": "",
        "retry_on": event.occurred_on,
    }


def _criticized(case: Case, event: Event) -> dict[str, Any]:
    # Help that was given after time had moved the case, but before the circular was out, stays given.
    fresh = {} if case.state is State.CRITICIZED else {"helps": 0, "helpers": ()}
    return _decided(case, event) | fresh | {"criticized_on": event.occurred_on, "phase": Phase.RECTIFYING}


def _helped(case: Case, event: Event) -> dict[str, Any]:
    names = event.data.get("helpers", [])
    return {
        "helps": case.helps + 1,
        "helpers": tuple(dict.fromkeys((*case.helpers, *names))),
        "blocked": "",
        "retry_on": event.occurred_on if case.blocked else case.retry_on,
    }


def _interviewed(case: Case, event: Event) -> dict[str, Any]:
    return _decided(case, event) | {"interviewed_on": event.occurred_on, "minutes_on": None, "phase": Phase.MINUTES}


def _escalated(_case: Case, event: Event) -> dict[str, Any]:
    # Time moves the state; the circular and the interview themselves are still to come, and are recorded by people.
    if event.to_state is State.CRITICIZED:
        return {"criticized_on": None, "helps": 0, "helpers": ()}
    if event.to_state is State.INTERVIEWED:
        return {"interviewed_on": None, "minutes_on": None}
    return {}


def _proposed(case: Case, event: Event) -> dict[str, Any]:
    return _fired(case, event) | {
        "proposal": event.data["move"],
        "approvers": tuple(event.data["approvers"]),
        "proposed_on": event.occurred_on,
    }


def _approved(case: Case, event: Event) -> dict[str, Any]:
    return _decided(case, event) | {
        "approved": event.data["move"],
        "proposal": "",
        "approvers": (),
        "proposed_on": None,
    }


def _resumed(_case: Case, _event: Event) -> dict[str, Any]:
    return {"suspended_on": None, "paused": ()}


def _reviewed(_case: Case, event: Event) -> dict[str, Any]:
    return {"review": event.data["outcome"], "retry_on": event.occurred_on}


def _appeal_decided(_case: Case, event: Event) -> dict[str, Any]:
    return {"appeal": event.data["outcome"]}


def _reopened(case: Case, event: Event) -> dict[str, Any]:
    criticized = event.to_state is State.CRITICIZED
    return {
        "reopened": case.reopened + 1,
        "phase": Phase.RECTIFYING if criticized else Phase.PLANNING,
        "criticized_on": event.occurred_on if criticized else None,
        "interviewed_on": None,
        "minutes_on": None,
        "plan": "",
        "helps": 0,
        "helpers": (),
        "false_report": criticized,
        "extensions": 0,
    }


def _redated(case: Case, event: Event) -> dict[str, Any]:
    # A reminder that was sent for the old day, and whose new day has come as well, is not sent again.
    renamed = dict(event.data.get("renamed", ()))
    changed = {"fired": tuple(renamed.get(key, key) for key in case.fired)}
    return changed | ({"policy_hash": event.data["new_policy"]} if "new_policy" in event.data else {})


_EVOLVE: Final[Mapping[Act, Callable[[Case, Event], dict[str, Any]]]] = {
    Act.SERVE_ORDER: _served,
    Act.SUBMIT_PLAN: lambda _case, _event: {"plan": "submitted"},
    Act.ACCEPT_PLAN: lambda case, event: (
        _decided(case, event)
        | {"plan": "accepted", "phase": Phase.RECTIFYING if case.phase is Phase.PLANNING else case.phase}
    ),
    Act.RETURN_PLAN: lambda case, event: _decided(case, event) | {"plan": "returned"},
    Act.SUBMIT_REPORT: _reported,
    Act.VERIFY_PASS: _passed,
    Act.VERIFY_FAIL: _failed,
    Act.PUBLISH_CRITICISM: _criticized,
    Act.RECORD_HELP: _helped,
    Act.HOLD_INTERVIEW: _interviewed,
    Act.ISSUE_MINUTES: lambda case, event: (
        _decided(case, event) | {"minutes_on": event.occurred_on, "phase": Phase.RECTIFYING}
    ),
    Act.PROPOSE_ACCOUNTABILITY: lambda case, event: (
        _decided(case, event) | {"phase": Phase.PROPOSED, "approved": "", "proposal": "", "approvers": ()}
    ),
    Act.RECORD_ACCOUNTABILITY: lambda _case, event: {"accountability": event.data["document_number"]},
    Act.REQUEST_EXTENSION: lambda _case, event: {"extension": event.data["term"]},
    Act.APPROVE_EXTENSION: lambda case, event: {
        "extension": "",
        "extended_on": event.occurred_on,
        "extensions": case.extensions + 1,
        "light": Light.GREEN if case.light is Light.BLUE else case.light,
    },
    Act.REFUSE_EXTENSION: lambda _case, event: {"extension": "", "retry_on": event.occurred_on},
    Act.SUSPEND: lambda _case, event: {
        "suspended_on": event.occurred_on,
        "paused": tuple((kind, left) for kind, left in event.data["paused"]),
    },
    Act.RESUME: _resumed,
    Act.FILE_OBJECTION: lambda case, _event: {"review": "pending", "review_of": case.state.value},
    Act.DECIDE_REVIEW: _reviewed,
    Act.REQUEST_TOLERANCE: lambda _case, _event: {"tolerance": "requested"},
    Act.ACCEPT_TOLERANCE: lambda _case, _event: {"tolerance": "accepted"},
    Act.DECIDE_TOLERANCE: lambda _case, event: {"tolerance": event.data["outcome"]},
    Act.FILE_APPEAL: lambda _case, _event: {"appeal": "pending"},
    Act.DECIDE_APPEAL: _appeal_decided,
    Act.LIST_CASE: lambda _case, _event: {"listed": True},
    Act.DELIST_CASE: lambda _case, _event: {"listed": False},
    Act.MERGE_INTO: lambda _case, event: {"target": event.data["target"]},
    Act.TRANSFER: lambda _case, event: (
        {"partly_transferred": True} if event.data.get("partial") else {"target": event.data["receiver"]}
    ),
    Act.APPROVE_ESCALATION: _approved,
    Act.REJECT_ESCALATION: lambda _case, _event: {"proposal": "", "approvers": (), "proposed_on": None},
    Act.ACKNOWLEDGE: lambda case, event: {"acknowledged": (*case.acknowledged, event.data["of"])},
    Act.MARK_CONFIDENTIALITY: lambda _case, event: {"confidentiality": Confidentiality(event.data["confidentiality"])},
    Act.REOPEN: _reopened,
    Act.REMINDER_DUE: _reminded,
    Act.MARKED_YELLOW: lambda case, event: _fired(case, event) | {"light": Light.YELLOW},
    Act.MARKED_RED: lambda case, event: _fired(case, event) | {"light": Light.RED},
    Act.ESCALATED: _escalated,
    Act.ESCALATION_PROPOSED: _proposed,
    Act.ESCALATION_BLOCKED: lambda _case, event: {"blocked": event.data["guard"]},
    Act.DEADLINE_REDATED: _redated,
    Act.CLUE_RAISED: _fired,
}


_FIELDS: Final = frozenset(field.name for field in fields(Case))
_DATES: Final = frozenset(
    {
        "opened_on",
        "entered_on",
        "last_on",
        "report_on",
        "verified_on",
        "failed_on",
        "criticized_on",
        "interviewed_on",
        "minutes_on",
        "proposed_on",
        "retry_on",
        "suspended_on",
        "extended_on",
    }
)
_LISTS: Final = frozenset({"fired", "helpers", "took_part", "approvers", "acknowledged"})
_ENUMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "state": {word.value: word for word in State},
    "phase": {word.value: word for word in Phase},
    "light": {word.value: word for word in Light},
    "confidentiality": {word.value: word for word in Confidentiality},
}


def dump(case: Case) -> str:
    """Return the case as one line of JSON, for the row. `load` is its inverse.

    The mark stands in it only where it is not `internal`: rows from before there were marks are what they would be now,
    and the release before this one reads those it knows.
    """
    body = case.__dict__
    if case.confidentiality is Confidentiality.INTERNAL:
        body = body.copy()
        del body["confidentiality"]
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


def load(text: str) -> Case:
    """Return the case that `dump` wrote."""
    return restored(orjson.loads(text))


def restored(body: dict[str, Any]) -> Case:
    """Return the case whose decoded row this is; `body` is used up."""
    body.setdefault("confidentiality", Confidentiality.INTERNAL.value)
    for key in _DATES:
        if body[key] is not None:
            body[key] = date.fromisoformat(body[key])
    for key in _LISTS:
        body[key] = tuple(body[key])
    for key, enum in _ENUMS.items():
        body[key] = enum[body[key]]
    body["deadlines"] = tuple(_deadline(line) for line in body["deadlines"])
    body["paused"] = tuple((kind, left) for kind, left in body["paused"])
    if body.keys() != _FIELDS:
        raise ValueError(f"the row of case {body.get('id')} has other fields than a case: rebuild it from its events")
    case = object.__new__(Case)
    case.__dict__.update(body)
    return case
