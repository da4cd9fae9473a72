"""Clues (问题线索): possible problems that are no case until a person adopts them.

Their table is small and stands beside that of the lifecycle.

Source: docs/domain.md §4.2 row 1 (a clue is never a case by itself), §4.7 (clue).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from transitions import Machine, MachineError

from states.errors import NoSuchAct, NotPermitted, Sentence
from states.vocabulary import Act, Role, name


class ClueState(StrEnum):
    """What became of a clue."""

    OPEN = "open"
    ADOPTED = "adopted"
    DISMISSED = "dismissed"


class ClueSource(StrEnum):
    """Where a clue comes from."""

    INSPECTION = "inspection"
    TIP_OFF = "tip_off"
    MISSED_DUTY = "missed_duty"
    LOOK_BACK = "look_back"


CLUE_STATES: Final = {
    ClueState.OPEN: ("待研判", "open"),
    ClueState.ADOPTED: ("已立案", "adopted"),
    ClueState.DISMISSED: ("不予立案", "dismissed"),
}
CLUE_SOURCES: Final = {
    ClueSource.INSPECTION: ("检查发现", "an inspection"),
    ClueSource.TIP_OFF: ("反映举报", "a tip-off"),
    ClueSource.MISSED_DUTY: ("未按期履职", "a missed duty"),
    ClueSource.LOOK_BACK: ("回头看", "a look-back"),
}
"""What people call the states and the sources."""


@dataclass(frozen=True, slots=True)
class ClueMove:
    """One line of the table: from here, by this act of these roles, to there."""

    act: Act
    source: ClueState | None
    dest: ClueState
    roles: tuple[Role, ...]


CLUE_TABLE: Final = (
    ClueMove(Act.RAISE_CLUE, None, ClueState.OPEN, (Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.SYSTEM)),
    ClueMove(Act.ADOPT_CLUE, ClueState.OPEN, ClueState.ADOPTED, (Role.HANDLER, Role.DIRECTOR)),
    ClueMove(Act.DISMISS_CLUE, ClueState.OPEN, ClueState.DISMISSED, (Role.DIRECTOR,)),
)
"""The whole life of a clue. The system may raise one; only a person makes a case of it, or puts it aside."""

_NEW: Final = "new"
_NO_ROW: Final = Sentence("线索处于“{state}”，不能办理“{act}”。", "A clue that is “{state}” does not allow “{act}”.")
_NOT_YOURS: Final = Sentence("“{act}”须由{roles}办理。", "“{act}” is for {roles}.")


class _ClueCursor:
    """What the machine moves: a state, and the role that acts."""

    __slots__ = ("role", "state")

    def __init__(self, state: str, role: Role) -> None:
        self.state = state
        self.role = role


def _permitted(row: ClueMove) -> Any:  # noqa: ANN401  # a callback of the machine
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        if event.model.role not in row.roles:
            roles = Sentence("、".join(name(r).zh for r in row.roles), " or ".join(name(r).en for r in row.roles))
            raise NotPermitted(_NOT_YOURS.fill(act=name(row.act), roles=roles))
        return True

    return condition


_MACHINE: Final = Machine(
    model=None,
    states=[_NEW, *(state.value for state in ClueState)],
    transitions=[
        {
            "trigger": row.act.value,
            "source": row.source.value if row.source else _NEW,
            "dest": row.dest.value,
            "conditions": [_permitted(row)],
        }
        for row in CLUE_TABLE
    ],
    initial=_NEW,
    auto_transitions=False,
    send_event=True,
)


def moved(state: ClueState | None, act: Act, role: Role) -> ClueState:
    """Return the state of a clue after the act; None is a clue that does not exist yet.

    Raises:
        NoSuchAct: the table has no row for this state and act.
        NotPermitted: the row is not open to this role.
    """
    cursor = _ClueCursor(state.value if state else _NEW, role)
    try:
        _MACHINE.events[act.value].trigger(cursor)
    except (MachineError, KeyError) as error:
        label = Sentence(*CLUE_STATES[state]) if state else Sentence("尚未登记", "not raised")
        raise NoSuchAct(_NO_ROW.fill(state=label, act=name(act))) from error
    return ClueState(cursor.state)
