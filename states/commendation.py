"""Commendations (表扬): proposed by the office, and given by the leader alone. A commendation is no state of a case.

Source: regulation, article 9(5); docs/domain.md §4.2 row 33.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from transitions import Machine, MachineError

from states.errors import NoSuchAct, NotPermitted, Sentence
from states.vocabulary import Role, name

if TYPE_CHECKING:
    from collections.abc import Callable


class CommendationState(StrEnum):
    """What became of a proposal to commend."""

    PROPOSED = "proposed"
    COMMENDED = "commended"
    REFUSED = "refused"


COMMENDATION_STATES: Final = {
    CommendationState.PROPOSED: ("待批准", "waits for approval"),
    CommendationState.COMMENDED: ("已表扬", "commended"),
    CommendationState.REFUSED: ("未批准", "refused"),
}


class CommendationAct(StrEnum):
    """What is done to a commendation."""

    PROPOSE = "propose_commendation"
    COMMEND = "commend"
    REFUSE = "refuse_commendation"


COMMENDATION_ACTS: Final = {
    CommendationAct.PROPOSE: ("提请表扬", "propose a commendation"),
    CommendationAct.COMMEND: ("批准表扬", "commend"),
    CommendationAct.REFUSE: ("不予表扬", "refuse a commendation"),
}


@dataclass(frozen=True, slots=True)
class CommendationMove:
    """One line of the table: from here, by this act of these roles, to there."""

    act: CommendationAct
    source: CommendationState | None
    dest: CommendationState
    roles: tuple[Role, ...]


COMMENDATION_TABLE: Final = (
    CommendationMove(CommendationAct.PROPOSE, None, CommendationState.PROPOSED, (Role.HANDLER, Role.DIRECTOR)),
    CommendationMove(CommendationAct.COMMEND, CommendationState.PROPOSED, CommendationState.COMMENDED, (Role.LEADER,)),
    CommendationMove(CommendationAct.REFUSE, CommendationState.PROPOSED, CommendationState.REFUSED, (Role.LEADER,)),
)
"""The whole life of a commendation."""

_NEW: Final = "new"
_NO_ROW: Final = Sentence("表扬处于“{state}”，不能“{act}”。", "A commendation that is “{state}” does not allow: {act}.")
_NOT_YOURS: Final = Sentence("“{act}”须由{roles}办理。", "“{act}” is for {roles}.")


@dataclass(slots=True)
class _CommendationCursor:
    """What the machine moves: a state, and the role that acts."""

    state: str
    role: Role


def _permitted(row: CommendationMove) -> Callable[[Any], bool]:
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        if event.model.role not in row.roles:
            roles = Sentence("、".join(name(r).zh for r in row.roles), " or ".join(name(r).en for r in row.roles))
            raise NotPermitted(_NOT_YOURS.fill(act=Sentence(*COMMENDATION_ACTS[row.act]), roles=roles))
        return True

    return condition


_MACHINE: Final = Machine(
    model=None,
    states=[_NEW, *(state.value for state in CommendationState)],
    transitions=[
        {
            "trigger": row.act.value,
            "source": row.source.value if row.source else _NEW,
            "dest": row.dest.value,
            "conditions": [_permitted(row)],
        }
        for row in COMMENDATION_TABLE
    ],
    initial=_NEW,
    auto_transitions=False,
    send_event=True,
)


def commendation_moved(state: CommendationState | None, act: CommendationAct, role: Role) -> CommendationState:
    """Return the state of a commendation after the act; None is one that does not exist yet.

    Raises:
        NoSuchAct: the table has no row for this state and act.
        NotPermitted: the row is not open to this role.
    """
    cursor = _CommendationCursor(state.value if state else _NEW, role)
    try:
        _MACHINE.events[act.value].trigger(cursor)
    except (MachineError, KeyError) as error:
        label = Sentence(*COMMENDATION_STATES[state]) if state else Sentence("尚未提请", "not proposed")
        raise NoSuchAct(_NO_ROW.fill(state=label, act=Sentence(*COMMENDATION_ACTS[act]))) from error
    return CommendationState(cursor.state)
