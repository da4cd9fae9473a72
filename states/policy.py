"""The shape of a policy: what an office may vary. Reading one from its file is `config.policy`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import time

    from states.terms import Term
    from states.vocabulary import Act, Light, Role, State


class TermStart(StrEnum):
    """From when the unit's term on a rung counts that time has entered: the entry, or the service of its act."""

    ENTRY = "entry"
    SERVICE = "service"


class Mode(StrEnum):
    """How a missed term has its consequence: by time alone, or by a proposal that a named person decides."""

    AUTOMATIC = "automatic"
    PROPOSE = "propose"


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder, so many working days before the due day; 0 is the due day itself."""

    days_before: int
    light: Light | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnMissed:
    """What follows when the term of a rung is missed, `after` working days counted from the day after the due day."""

    after: int
    move: State
    mode: Mode
    approvers: tuple[Role, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rung of the ladder: how long the unit has, when it is reminded, when lights come on, what follows."""

    term: Term
    basis: str
    reminders: tuple[Reminder, ...]
    yellow: int
    red: int
    on_missed: OnMissed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A term outside the ladder, such as for the office's own decision, with its legal basis."""

    term: Term
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRule:
    """When an extension may be asked and how far it may go (docs/domain.md §4.2 row 11)."""

    ask_before: int
    cap: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """How acts, lights and signatures go together. The defaults are what held before policies said it.

    `countersigned` names the acts that a second account must sign before they take effect. The other numbers are
    working days: `office_yellow` and `office_red` after the due day of the office's own deadlines, `repeat_overdue`
    between two reminders of what stays overdue, blocked or unsigned, `urge_cool_down` between two urgings.
    """

    term_starts: TermStart = TermStart.ENTRY
    countersigned: tuple[Act, ...] = ()
    order_needs_approval: bool = False
    notice_required: bool = False
    objection_to_minutes: bool = False
    marks_during_review: bool = True
    office_yellow: int = 1
    office_red: int = 5
    repeat_overdue: int = 5
    urge_cool_down: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One office's rules, as data. `hash` is the SHA-256 of the canonical form of all the rest."""

    name: str
    title_zh: str
    title_en: str
    hash: str
    rungs: Mapping[State, Rung]
    limits: Mapping[str, Limit]
    audience: Mapping[str, tuple[str, ...]]
    window_from: time
    window_until: time
    fire_at: time
    grace: int
    helps: int
    verifiers: int
    verifiers_named: bool
    criticism_needs_approval: bool
    interview_needs_approval: bool
    interview_notice: int
    remind_approvers_after: int
    extension: ExtensionRule
    review_holds_criticism: bool
    extension_holds_escalation: bool
    suspension_by_director: int
    give_up_after_hours: int
    personal: frozenset[str] = frozenset()
    retention: Term | None = None
    practice: Practice = Practice()
    confirm_after_gap: int = 3
    """Working days between two sweeps, or a clock that runs backwards: more, and escalations wait for a person."""
    contacts_per_month: int = 4
    """So often may one unit be called on in a month, by visits and written requests (decree 733 art. 15)."""
