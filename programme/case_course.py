"""The course of a case (办理经过) until the end of a day: the case as it stood, and each act that had taken effect.

Files of heads and reports are counted from here, so that both can be drawn up for any day that has passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from audit.replay import until
from states.case import Case, is_sealed_for, sealed_for
from states.evolve import UNSIGNED, evolve, taken_act
from states.vocabulary import RUNGS, SILENT_ACTS, Act, Light, Role, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, tzinfo

    from states.case import Deadline, Event
    from store.events import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveAct:
    """An act that took effect: its event, the day on which it was done, and the state before and after it.

    An act that two had to sign has the event of the second signature: it was done `on` the day on which it was taken,
    and `effective_on` that of the signature, by which reports count it.
    """

    seq: int
    case_seq: int
    act: Act
    on: date
    effective_on: date
    role: Role
    source: State | None
    state: State
    data: Mapping[str, Any]

    @property
    def marks_office(self) -> bool:
        """Say whether time has marked the office by it, and not the unit."""
        return self.data.get("party") == "office"

    @property
    def misses_term(self) -> bool:
        """Say whether by it a term of the unit was first marked as missed."""
        return self.act is Act.MARKED_YELLOW and not self.marks_office

    @property
    def enters_rung(self) -> bool:
        """Say whether the case came to another rung of the ladder by it, or began one again."""
        return self.state in RUNGS and (self.source is not self.state or "cycle" in self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A case at the end of a day, with all that had taken effect by then; `case` is sealed as every list seals it.

    `is_sealed` says that the case was handed over since, and that only its number, unit and end may be told.
    """

    case: Case
    taken: tuple[EffectiveAct, ...]
    is_sealed: bool

    def first(self, *acts: Act) -> EffectiveAct | None:
        """Return the first of these acts, if there was any."""
        return next((one for one in self.taken if one.act in acts), None)

    def last(self, *acts: Act) -> EffectiveAct | None:
        """Return the latest of these acts, if there was any."""
        return next((one for one in reversed(self.taken) if one.act in acts), None)

    def light(self) -> Light:
        """Return the light of what the unit owes: one that stands for a term of the office is none of the unit's."""
        mark = self.last(Act.MARKED_YELLOW, Act.MARKED_RED)
        return Light.GREEN if mark is not None and mark.marks_office else self.case.light

    def next_deadline(self) -> Deadline | None:
        """Return the deadline that ended next, of what the unit owed on the day."""
        owed = [line for line in self.case.running if line.party == "unit"]
        return min(owed, key=lambda line: line.due_on, default=None)


def course_until(history: Sequence[Recorded], last: date, zone: tzinfo) -> Course | None:
    """Return the course of a case until the end of a day, inclusive; nothing if the case was not there yet.

    `history` are all of its events, as people read them. What is sealed today is sealed on every day before.
    """
    seen = {recorded.seq for recorded in until(history, datetime.combine(last, time.max, zone), zone)}
    case: Case | None = None
    then: Case | None = None
    taken: list[EffectiveAct] = []
    for recorded in history:
        before, case = case, evolve(case, recorded.event)
        if recorded.seq in seen:
            then = case
            if (one := _taken(recorded, before, case)) is not None:
                taken.append(one)
    if case is None or then is None:
        return None
    sealed = is_sealed_for(case, None)
    return Course(case=sealed_for(then, None, today=case), taken=tuple(taken), is_sealed=sealed)


def _taken(recorded: Recorded, before: Case | None, after: Case) -> EffectiveAct | None:
    event: Event = recorded.event
    if event.act in SILENT_ACTS or event.data.get(UNSIGNED) or event.act is Act.REFUSE_COUNTERSIGN:
        return None
    if event.act is Act.COUNTERSIGN and before is not None and before.unsigned is not None:
        event = taken_act(before.unsigned, event)
    return EffectiveAct(
        seq=recorded.seq,
        case_seq=event.case_seq,
        act=event.act,
        on=event.occurred_on,
        effective_on=recorded.event.occurred_on,
        role=event.actor.role,
        source=before.state if before is not None else None,
        state=after.state,
        data=event.data,
    )
