"""Inspections of the year's plan (年度督查计划): their small life, and how often a unit is called on.

An inspection is planned, approved by the leader, goes on at the units, and is done; or it is withdrawn. What is
answered at a unit is one list per unit: yes, no, or not checked.

Source: article 9(2) of the Measures (three kinds of inspection); Government Supervision Regulations art. 11 (approval),
art. 14, art. 15 (a plan, no repeated or overlapping inspections, how often), ADR 0045.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from transitions import Machine, MachineError

from states.errors import NoSuchAct, NotPermitted, Sentence
from states.vocabulary import Role, name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date


class InspectionState(StrEnum):
    """Where an inspection stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    RUNNING = "running"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class InspectionStep(StrEnum):
    """What moves an inspection on."""

    PLAN = "plan"
    APPROVE = "approve"
    ANNOUNCE = "announce"
    BEGIN = "begin"
    FINISH = "finish"
    WITHDRAW = "withdraw"


class Answer(StrEnum):
    """What was found on one point of a check list."""

    YES = "yes"
    NO = "no"
    NOT_CHECKED = "not_checked"


UNANNOUNCED: Final = "unannounced"
INSPECTION_STATES: Final[Mapping[InspectionState, tuple[str, str]]] = {
    InspectionState.DRAFT: ("待批准", "to be approved"),
    InspectionState.APPROVED: ("待开始", "to begin"),
    InspectionState.RUNNING: ("进行中", "going on"),
    InspectionState.DONE: ("已完成", "done"),
    InspectionState.WITHDRAWN: ("已撤销", "withdrawn"),
}
INSPECTION_STEPS: Final[Mapping[InspectionStep, tuple[str, str]]] = {
    InspectionStep.PLAN: ("拟定检查", "plan an inspection"),
    InspectionStep.APPROVE: ("批准检查", "approve the inspection"),
    InspectionStep.ANNOUNCE: ("通知被检查单位", "announce it to the units"),
    InspectionStep.BEGIN: ("开展检查", "begin the inspection"),
    InspectionStep.FINISH: ("结束检查", "end the inspection"),
    InspectionStep.WITHDRAW: ("撤销检查", "withdraw the inspection"),
}
ANSWERS: Final[Mapping[Answer, tuple[str, str]]] = {
    Answer.YES: ("是", "yes"),
    Answer.NO: ("否", "no"),
    Answer.NOT_CHECKED: ("未查", "not checked"),
}
"""What people call the states, the steps and the answers."""
KIND_LETTERS: Final[Mapping[str, str]] = {"regular": "定", "special": "专", UNANNOUNCED: "暗"}
"""What the number of an inspection says of its kind."""

_OFFICE: Final = (Role.HANDLER, Role.DIRECTOR)
_TEAM: Final = (Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR)


@dataclass(frozen=True, slots=True)
class InspectionMove:
    """One line of the table: from here, by this step of these roles, to there."""

    step: InspectionStep
    source: InspectionState | None
    dest: InspectionState
    roles: tuple[Role, ...]


INSPECTION_TABLE: Final = (
    InspectionMove(InspectionStep.PLAN, None, InspectionState.DRAFT, _OFFICE),
    InspectionMove(InspectionStep.APPROVE, InspectionState.DRAFT, InspectionState.APPROVED, (Role.LEADER,)),
    InspectionMove(InspectionStep.ANNOUNCE, InspectionState.APPROVED, InspectionState.APPROVED, _OFFICE),
    InspectionMove(InspectionStep.ANNOUNCE, InspectionState.RUNNING, InspectionState.RUNNING, _OFFICE),
    InspectionMove(InspectionStep.BEGIN, InspectionState.APPROVED, InspectionState.RUNNING, _TEAM),
    InspectionMove(InspectionStep.BEGIN, InspectionState.RUNNING, InspectionState.RUNNING, _TEAM),
    InspectionMove(InspectionStep.FINISH, InspectionState.RUNNING, InspectionState.DONE, _OFFICE),
    InspectionMove(InspectionStep.WITHDRAW, InspectionState.DRAFT, InspectionState.WITHDRAWN, (*_OFFICE, Role.LEADER)),
    InspectionMove(
        InspectionStep.WITHDRAW, InspectionState.APPROVED, InspectionState.WITHDRAWN, (Role.DIRECTOR, Role.LEADER)
    ),
)
"""The whole life of an inspection. Only the leader approves; what has begun is ended, not withdrawn."""

_NEW: Final = "new"
_NO_ROW: Final = Sentence("检查处于“{state}”，不能{act}。", "An inspection that is “{state}” does not allow to {act}.")
_NOT_YOURS: Final = Sentence("“{act}”须由{roles}办理。", "To {act} is for {roles}.")


class _InspectionCursor:
    """What the machine moves: a state, and the role that acts."""

    __slots__ = ("role", "state")

    def __init__(self, state: str, role: Role) -> None:
        self.state = state
        self.role = role


def _permitted(row: InspectionMove) -> Any:  # noqa: ANN401  # a callback of the machine
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        if event.model.role not in row.roles:
            roles = Sentence("、".join(name(r).zh for r in row.roles), " or ".join(name(r).en for r in row.roles))
            raise NotPermitted(_NOT_YOURS.fill(act=Sentence(*INSPECTION_STEPS[row.step]), roles=roles))
        return True

    return condition


_MACHINE: Final = Machine(
    model=None,
    states=[_NEW, *(state.value for state in InspectionState)],
    transitions=[
        {
            "trigger": row.step.value,
            "source": row.source.value if row.source else _NEW,
            "dest": row.dest.value,
            "conditions": [_permitted(row)],
        }
        for row in INSPECTION_TABLE
    ],
    initial=_NEW,
    auto_transitions=False,
    send_event=True,
)


def moved(state: InspectionState | None, step: InspectionStep, role: Role) -> InspectionState:
    """Return the state of an inspection after the step; None is an inspection that does not exist yet.

    Raises:
        NoSuchAct: the table has no row for this state and step.
        NotPermitted: the row is not open to this role.
    """
    cursor = _InspectionCursor(state.value if state else _NEW, role)
    try:
        _MACHINE.events[step.value].trigger(cursor)
    except MachineError as error:
        label = Sentence(*INSPECTION_STATES[state]) if state else Sentence("尚未拟定", "not planned")
        raise NoSuchAct(_NO_ROW.fill(state=label, act=Sentence(*INSPECTION_STEPS[step]))) from error
    return InspectionState(cursor.state)


def may(state: InspectionState | None, step: InspectionStep, role: Role) -> bool:
    """Say whether the table has a row for this state, step and role."""
    return any(row.step is step and row.source == state and role in row.roles for row in INSPECTION_TABLE)


def number_of(year: int, kind: str, place: int) -> str:
    """Return the number of an inspection as people cite it: 2026-专-02."""
    return f"{year}-{KIND_LETTERS[kind]}-{place:02d}"


# --- the burden on units -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionScope:
    """What of an inspection matters to others: its units and the items that it checks, from day to day inclusive."""

    number: str
    title: str
    units: frozenset[str]
    items: frozenset[str]
    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another inspection at the same time: at these units too, or of these items too."""

    other: InspectionScope
    units: tuple[str, ...]
    items: tuple[str, ...]


def overlaps(one: InspectionScope, others: Iterable[InspectionScope]) -> list[Overlap]:
    """Return the inspections whose days meet those of `one` and that go to a unit of it or check an item of it.

    Days that only touch meet: the last day of one is the first of the other. What is at other times does not overlap,
    whatever it checks.
    """
    found = []
    for other in others:
        if other.from_on > one.until_on or other.until_on < one.from_on:
            continue
        units, items = one.units & other.units, one.items & other.items
        if units or items:
            found.append(Overlap(other, tuple(sorted(units)), tuple(sorted(items))))
    return found


def item_of(duty: str) -> str:
    """Return the item of the catalogue that a clause belongs to: art6-4 of art6-4b; a whole article is its own."""
    return duty.rstrip("abcdefgh") if "-" in duty else duty


@dataclass(frozen=True, slots=True)
class Burden:
    """How often one unit was called on in one month (1 to 12), or is going to be.

    `visits` are inspections on the spot, `requests` days on which something was asked of the unit in writing; both
    count against the ceiling. `messages` are what the system sent, which does not count.
    """

    month: int
    visits: int
    requests: int
    messages: int

    @property
    def contacts(self) -> int:
        """How often the unit was called on: what counts against the ceiling."""
        return self.visits + self.requests


def burden_of(visits: Sequence[int], requests: Sequence[int], messages: Mapping[int, int]) -> tuple[Burden, ...]:
    """Return the twelve months of a unit: `visits` and `requests` name a month for each time."""
    return tuple(
        Burden(month, visits.count(month), requests.count(month), messages.get(month, 0)) for month in range(1, 13)
    )
