"""Commendations (表扬): proposed by the office, and given by the leader alone. A commendation is no state of a case.

Source: regulation, article 9(5); docs/domain.md §4.2 row 33.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from states.errors import Sentence
from states.small_life import Move, SmallLife
from states.vocabulary import Role


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


COMMENDATION_TABLE: Final = (
    Move(CommendationAct.PROPOSE, None, CommendationState.PROPOSED, (Role.HANDLER, Role.DIRECTOR)),
    Move(CommendationAct.COMMEND, CommendationState.PROPOSED, CommendationState.COMMENDED, (Role.LEADER,)),
    Move(CommendationAct.REFUSE, CommendationState.PROPOSED, CommendationState.REFUSED, (Role.LEADER,)),
)
"""The whole life of a commendation."""

COMMENDATION_LIFE: Final = SmallLife(
    Sentence("表扬", "commendation"), COMMENDATION_TABLE, COMMENDATION_STATES, COMMENDATION_ACTS
)


def commendation_moved(state: CommendationState | None, act: CommendationAct, role: Role) -> CommendationState:
    """Return the state of a commendation after the act; None is one that does not exist yet.

    Raises:
        NoSuchAct: the table has no row for this state and act.
        NotPermitted: the row is not open to this role.
    """
    return CommendationState(COMMENDATION_LIFE.moved(state, act, role))
