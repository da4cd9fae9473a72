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

from states.vocabulary import OUTCOMES, Act, Confidentiality, Light, Phase, Role, State

if TYPE_CHECKING:
    from collections.abc import Mapping


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


# Without slots: a history of thousands of events is folded by copying one dictionary per event (`changed`), which is
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
        """Return what stands over the state (docs/domain.md §4.1), in a fixed order."""
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

    Source: docs/domain.md §2 (who may see what), §4.2 row 6.
    """
    if (today or case).state is not State.TRANSFERRED or role in SEES_TRANSFERRED:
        return case
    return changed(case, {"finding": "", "duty": "", "criteria": "", "severity": "", "post": ""})


def changed(case: Case, changes: dict[str, Any]) -> Case:
    """Return a copy of the case with other values in some fields; `dataclasses.replace`, but fast."""
    copy = object.__new__(Case)
    fields_of = copy.__dict__
    fields_of.update(case.__dict__)
    fields_of.update(changes)
    return copy


def deadline_of_data(line: Mapping[str, Any]) -> Deadline:
    """Return the deadline that stands in an event; `deadline_data` is the way back."""
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
    body["deadlines"] = tuple(deadline_of_data(line) for line in body["deadlines"])
    body["paused"] = tuple((kind, left) for kind, left in body["paused"])
    if body.keys() != _FIELDS:
        raise ValueError(f"the row of case {body.get('id')} has other fields than a case: rebuild it from its events")
    case = object.__new__(Case)
    case.__dict__.update(body)
    return case
