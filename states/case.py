"""A case as a value, the events that make it, and `evolve`, the only way from one to the next.

`evolve` needs neither a calendar nor a policy nor a clock: whatever had to be computed when the act was entered (due
days above all) was written into the event. So a history can be folded on any machine, years later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
    has_lights: bool = False
    """Whether it is reminded of and marked by itself. Deadlines of releases before this one were not."""

    @property
    def key(self) -> str:
        """Return what stands for the deadline in the keys of its timers, behind the cycle."""
        return f"{self.kind}.{self.due_on:%Y%m%d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One problem of the list (问题清单): the fact, its criterion, who leads, and what became of it.

    `plan_day` is the day that the plan gives it, `verdict` is empty, `passed` or `failed`.
    """

    fact: str
    criterion: str = ""
    lead: str = ""
    co: tuple[str, ...] = ()
    term: str = ""
    measure: str = ""
    person: str = ""
    plan_day: str = ""
    progress: str = ""
    answer: str = ""
    evidence: tuple[str, ...] = ()
    no_evidence: str = ""
    verdict: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """An act that one account has entered and another must sign before it takes effect.

    `seq` is the number of its event in the case, `taken_on` the day on which it takes effect once it is signed.
    """

    seq: int
    act: Act
    user: str
    role: Role
    unit: str
    taken_on: date
    data: Mapping[str, Any]


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
    paused: tuple[
        tuple[str, int | str], ...
    ]  # per deadline, what was left when the clock stopped; a number is working days
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
    # What releases before this one did not know stands below, each with the value that their histories mean.
    items: tuple[Item, ...] = ()
    handler: str = ""  # the account that handles the case, if one was assigned
    deputy: str = ""  # the account that stands in for it, until `deputy_until`, inclusive
    deputy_until: date | None = None
    order_approved: bool = False
    notices: int = 0  # interview notices that were served on this rung
    notice_on: date | None = None  # the service of the latest notice that no absence has used up
    absences: int = 0  # unexcused absences from an interview of which notice was served
    refused_interview: bool = False  # absent a second time after a second notice
    urged_on: date | None = None
    blocked_on: date | None = None  # since when an escalation has been kept back
    marks_from: date | None = None  # no light comes on before this day
    late_entry: str = ""  # "", pending, ladder: entered so late that something would have been due already
    unsigned: Unsigned | None = None
    accountability_phase: str = ""  # how far a proposal of accountability is that nobody has answered yet
    handed_over: int = 0  # the version that the latest transfer of a part made, if it said what stays

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
            ("late_entry", self.late_entry == "pending"),
            ("to_be_countersigned", self.unsigned is not None),
        )
        return tuple(word for word, holds in standing if holds)

    @property
    def attention(self) -> tuple[str, ...]:
        """Return what of the case waits for a person of the office, beside a proposal: it is looked for by this."""
        waiting = (
            ("late_entry", self.late_entry == "pending"),
            ("clock_gap", "clock_gap" in self.blocked.split(",")),
            ("blocked", bool(self.blocked)),
            ("unsigned", self.unsigned is not None),
            ("extension_pending", bool(self.extension)),
            ("tolerance_requested", self.tolerance == "requested"),
            ("tolerance_accepted", self.tolerance == "accepted"),
        )
        return tuple(word for word, holds in waiting if holds)

    def deadline(self, kind: str) -> Deadline | None:
        """Return the running deadline of this kind, if there is one."""
        for line in self.deadlines:
            if line.kind == kind:
                return line
        return None

    @property
    def next_due_on(self) -> date | None:
        """Return the nearest day by which the unit or the office owes something; rights do not count."""
        return min((line.due_on for line in self.running if line.party != "right"), default=None)

    @property
    def report_is_in(self) -> bool:
        """Say whether a report of the unit is being verified or was found good, so that its clock stands still.

        A report may come, and wait, while a proposal of accountability does.
        """
        reported = bool(self.accountability_phase) and self.report_on is not None
        return self.phase in (Phase.VERIFYING, Phase.VERIFIED) or reported

    @property
    def is_verified(self) -> bool:
        """Say whether the latest report was found good, on this rung."""
        return self.phase is Phase.VERIFIED or (bool(self.accountability_phase) and self.verified_on is not None)

    @property
    def running(self) -> tuple[Deadline, ...]:
        """Return the deadlines that run: the unit's term does not while its report is being verified.

        Deadlines of releases before this one (`has_lights` is false) are shown as they were.
        """
        if not self.report_is_in:
            return self.deadlines
        return tuple(line for line in self.deadlines if line.kind != "rectification" or not line.has_lights)


SEES_TRANSFERRED: Final = frozenset({Role.LEADER, Role.DISCIPLINE})
"""Who reads on in a case that was handed over as a clue; everybody else of the office sees a sealed stub."""


def is_restricted_for(case: Case, role: Role | None) -> bool:
    """Say whether reading the case in this role is written down: it was handed over, and the role sees its content."""
    return case.state is State.TRANSFERRED and role in SEES_TRANSFERRED


def is_sealed_for(case: Case, role: Role | None) -> bool:
    """Say whether the case stands before this role as a stub: it was handed over, and the role does not read on."""
    return case.state is State.TRANSFERRED and role not in SEES_TRANSFERRED


def held_the_part(version: int, now: Case) -> bool:
    """Say whether what stood in this version of the case may speak of a part that was handed over since.

    Releases before this one did not say what stays, so nothing tells their versions apart: all may.
    """
    return now.partly_transferred and (not now.handed_over or version <= now.handed_over)


def sealed_for(case: Case, role: Role | None, *, today: Case | None = None) -> Case:
    """Return the case as this role may read it: of a transferred one only that it exists, where, and where it went.

    What is sealed now is sealed in every replay of earlier days: `today` is the case as it stands now, if not itself.

    Source: docs/domain.md §2 (who may see what), §4.2 row 6.
    """
    now = today or case
    if role in SEES_TRANSFERRED:
        return case
    if now.state is State.TRANSFERRED:
        return changed(case, {"finding": "", "duty": "", "criteria": "", "severity": "", "post": "", "items": ()})
    if now.partly_transferred and case.version < (now.handed_over or now.version):
        # Before the part was handed over, its text stood in the finding: no moment of a replay shows it any more.
        if case.partly_transferred and not now.handed_over:
            return case
        return changed(case, {"finding": now.finding, "items": (), "criteria": "", "unsigned": None})
    return case


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
        line.get("has_lights", False),
    )


@lru_cache(maxsize=10_000)
def _deadline_of(  # noqa: PLR0913  # the fields in their order; many cases of one day share their deadlines, and a deadline is a value
    kind: str,
    party: str,
    due_on: str,
    started_on: str,
    term: str,
    basis: str,
    provisional: bool,  # noqa: FBT001  # by position, which the cache is fastest with
    calendar_hash: str,
    has_lights: bool,  # noqa: FBT001  # as above
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
        has_lights=has_lights,
    )


def deadline_data(line: Deadline) -> dict[str, Any]:
    """Return the deadline as it stands in an event."""
    lights = {"has_lights": True} if line.has_lights else {}
    return lights | {
        "kind": line.kind,
        "party": line.party,
        "due_on": line.due_on.isoformat(),
        "started_on": line.started_on.isoformat(),
        "term": line.term,
        "basis": line.basis,
        "provisional": line.provisional,
        "calendar_hash": line.calendar_hash,
    }
