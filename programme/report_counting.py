"""Counting the courses of cases into the figures of a report, and counting single cases again when something happens.

What each case adds to the figures follows from its own history alone, so that it can be taken out of them again
(ADR 0057).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from programme.report import (
    CELL,
    CLOSED,
    CRITICIZED,
    ENDED,
    ENTERED,
    ENTERED_OF,
    FIGURES,
    HELD,
    HELPED,
    INTERVIEWED,
    ITEM,
    ITEM_BEFORE,
    MISSED,
    MISSED_OF,
    MOST_UNITS,
    OFFICE_LATE,
    OFFICE_TERMS,
    OPEN,
    OPENED,
    OPENED_YEAR,
    OTHERS,
    RED,
    REPEATED,
    TOLERATED,
    YELLOW,
    Figure,
    Heat,
    LateOffice,
    RedCase,
    Report,
    key_of,
    share,
)
from states.duty import article_and_item
from states.vocabulary import OUTCOMES, Act, Light, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from programme.case_course import Course, EffectiveAct
    from programme.periods import Period
    from programme.rooms import Ranked
    from store.report_cases import StandingCase


def _ids(*case_ids: int) -> array[int]:
    return array("q", case_ids)


@dataclass(slots=True)
class _Running:
    """A figure while it is counted: its cases by their ids, and for acts each with its case.

    What a report was given is never changed: whoever adds or takes out later makes it anew.
    """

    cases: array[int] = field(default_factory=_ids)
    acts: list[tuple[int, int]] = field(default_factory=list)

    def figure(self) -> Figure:
        """Return what was counted."""
        return Figure(self.count, (self.cases,), tuple(seq for _case, seq in self.acts))

    @property
    def count(self) -> int:
        """Return how many cases, or how many acts."""
        return len(self.acts) or len(self.cases)

    def add_case(self, case_id: int) -> None:
        """Count a case once; they come in the order of their ids."""
        if not self.cases or self.cases[-1] != case_id:
            self.cases.append(case_id)

    def add_act(self, case_id: int, seq: int) -> None:
        """Count an act."""
        self.acts.append((case_id, seq))
        self.add_case(case_id)

    def has(self, case_id: int) -> bool:
        """Say whether the case was counted."""
        place = bisect_left(self.cases, case_id)
        return place < len(self.cases) and self.cases[place] == case_id

    def take_out(self, case_id: int) -> None:
        """Count the case no more."""
        if self.has(case_id):
            place = bisect_left(self.cases, case_id)
            self.cases = self.cases[:place] + self.cases[place + 1 :]
            self.acts = [one for one in self.acts if one[0] != case_id]

    def put_in(self, case_id: int, acts: Sequence[tuple[int, int]]) -> None:
        """Count a case, with its acts, at its place among the others."""
        place = bisect_left(self.cases, case_id)
        self.cases = self.cases[:place] + _ids(case_id) + self.cases[place:]
        if acts:
            place = bisect_left(self.acts, (case_id, 0))
            self.acts = [*self.acts[:place], *acts, *self.acts[place:]]


def _entering(*states: State) -> Callable[[EffectiveAct], bool]:
    return lambda one: one.source is not one.state and one.state in states


def _doing(*acts: Act) -> Callable[[EffectiveAct], bool]:
    return lambda one: one.act in acts


def is_late_office(one: EffectiveAct) -> bool:
    """Say whether by this act a term of the office was first said to be missed; it is said again later."""
    if one.act is Act.MARKED_YELLOW:
        return one.marks_office
    return one.act in (Act.OFFICE_OVERDUE, Act.CLUE_RAISED) and "times" not in one.data


_CASES: Final[Mapping[str, Callable[[EffectiveAct], bool]]] = {
    CLOSED: _entering(State.CLOSED),
    ENDED: _entering(*(state for state in OUTCOMES if state is not State.CLOSED)),
    TOLERATED: _entering(State.EXEMPTED),
}
"""Which acts within the period make a case count, once."""
_ACTS: Final[Mapping[str, Callable[[EffectiveAct], bool]]] = {
    ENTERED: lambda one: one.enters_rung,
    MISSED: lambda one: one.misses_term,
    CRITICIZED: _doing(Act.PUBLISH_CRITICISM),
    HELPED: _doing(Act.RECORD_HELP),
    INTERVIEWED: _doing(Act.HOLD_INTERVIEW),
    HELD: _doing(Act.RECORD_ACCOUNTABILITY),
    OFFICE_LATE: is_late_office,
}
"""Which acts within the period are counted one by one."""


class Counting:
    """Counts the courses of cases, one after the other, into the figures of a period until a day."""

    def __init__(self, period: Period, until: date) -> None:
        """Begin with nothing."""
        self.period, self.until = period, until
        self.figures: dict[str, _Running] = {}
        self.red: dict[int, RedCase] = {}
        self.late: dict[int, tuple[LateOffice, ...]] = {}
        self.by_unit: Counter[int] = Counter()
        self.cells: dict[tuple[str, int], _Running] = {}

    def count(self, course: Course, unit_id: int) -> None:
        """Count one case as it stood at the end of the day."""
        case = course.case
        self._opened(course, unit_id)
        if case.is_open:
            self._case(OPEN, case.id)
            if case.light is Light.RED:
                self._case(RED, case.id)
                due = course.next_deadline()
                self.red[case.id] = RedCase(
                    case_id=case.id,
                    number=case.number,
                    unit=case.unit,
                    duty=case.duty,
                    state=case.state,
                    phase=case.phase,
                    due_on=due.due_on if due is not None else None,
                    by_office=course.light() is not Light.RED,
                )
            elif case.light is Light.YELLOW:
                self._case(YELLOW, case.id)
        for one in course.taken:
            if self.period.first <= one.effective_on <= self.until:
                self._taken(course, one, unit_id)

    def count_standing(self, one: StandingCase) -> None:
        """Count a case in which nothing has happened since the period began, and which has no red light."""
        self._opened_on(one.id, one.opened_on, one.duty, one.unit_id)
        if one.is_open:
            self._case(OPEN, one.id)
            if one.light is Light.YELLOW:
                self._case(YELLOW, one.id)

    def _opened(self, course: Course, unit_id: int) -> None:
        duty = "" if course.is_sealed else course.case.duty
        self._opened_on(course.case.id, course.case.opened_on, duty, unit_id)

    def _opened_on(self, case_id: int, opened_on: date, duty: str, unit_id: int) -> None:
        if opened_on >= self.period.first:
            self._case(OPENED, case_id)
        year = self.period.year
        if opened_on.year == year:
            self._case(OPENED_YEAR, case_id)
        if not duty:
            return
        item = key_of(duty)
        if opened_on.year == year:
            self._case(f"{ITEM}:{item}", case_id)
            self.by_unit[unit_id] += 1
            self.cells.setdefault((item, unit_id), _Running()).add_case(case_id)
        elif opened_on.year == year - 1:
            self._case(f"{ITEM_BEFORE}:{item}", case_id)

    def _taken(self, course: Course, one: EffectiveAct, unit_id: int) -> None:
        case_id = course.case.id
        for key, counts in _CASES.items():
            if counts(one):
                self._case(key, case_id)
        for key, counts in _ACTS.items():
            if counts(one):
                self._act(key, case_id, one.seq)
        for key, of_unit in ((MISSED, MISSED_OF), (ENTERED, ENTERED_OF)):
            if _ACTS[key](one):
                self._act(f"{of_unit}:{unit_id}", case_id, one.seq)
        for line in one.data.get("starts", ()):
            if line["party"] == "office":
                self._act(OFFICE_TERMS, case_id, one.seq)
        if is_late_office(one) and not course.is_sealed:  # of what was handed over, no term is told
            said = one.data
            late = LateOffice(
                case_id=case_id,
                number=course.case.number,
                kind=str(said.get("deadline", "")),
                due_on=str(said.get("due_on", "")),
            )
            self.late[case_id] = (*self.late.get(case_id, ()), late)

    def _case(self, key: str, case_id: int) -> None:
        self.figures.setdefault(key, _Running()).add_case(case_id)

    def _act(self, key: str, case_id: int, seq: int) -> None:
        self.figures.setdefault(key, _Running()).add_act(case_id, seq)

    def recount(self, case_id: int, before: Counting, after: Counting) -> None:
        """Count one case by what it adds now, in the place of what it added; each is a count of that case alone.

        What it added is not there where the case was not counted because the reader did not see it.
        """
        known = any(key in self.figures and self.figures[key].has(case_id) for key in before.figures)
        if known:
            for key in before.figures:
                if not before._is_same(after, key):
                    self.figures[key].take_out(case_id)
            for cell in before.cells:
                if cell not in after.cells:
                    self.cells[cell].take_out(case_id)
            self.by_unit -= before.by_unit
        for key, one in after.figures.items():
            if not known or not after._is_same(before, key):
                self.figures.setdefault(key, _Running()).put_in(case_id, one.acts)
        for cell in after.cells:
            if not known or cell not in before.cells:
                self.cells.setdefault(cell, _Running()).put_in(case_id, ())
        self.by_unit += after.by_unit
        self.red.pop(case_id, None)
        self.late.pop(case_id, None)
        self.red |= after.red
        self.late |= after.late

    def _is_same(self, other: Counting, key: str) -> bool:
        mine, theirs = self.figures.get(key), other.figures.get(key)
        return mine is not None and theirs is not None and mine.acts == theirs.acts

    def _counted(self) -> dict[str, _Running]:
        return {key: one for key, one in self.figures.items() if one.cases}

    def named(self) -> set[int]:
        """Return the units that have a figure of their own: those with a column, and those that had terms."""
        of_terms = (f"{MISSED_OF}:", f"{ENTERED_OF}:")
        columns = {unit_id for unit_id in self._columns() if unit_id != OTHERS}
        return columns | {int(key.split(":")[1]) for key in self._counted() if key.startswith(of_terms)}

    def _columns(self) -> tuple[int, ...]:
        leading = [unit_id for unit_id, _n in sorted(self.by_unit.items(), key=lambda one: (-one[1], one[0]))]
        return tuple(sorted(leading[:MOST_UNITS])) + ((OTHERS,) if len(leading) > MOST_UNITS else ())

    def report(self, ranking: Sequence[Ranked] | None, names: Mapping[int, str]) -> Report:
        """Return what was counted; `names` are what the units of `named` are called."""
        columns, cells = self._columns(), dict[str, list[_Running]]()
        for (item, unit_id), one in self.cells.items():
            if one.cases:
                cells.setdefault(f"{CELL}:{item}:{unit_id if unit_id in columns else OTHERS}", []).append(one)
        figures = {key: one.figure() for key, one in self._counted().items()}
        for key, found in cells.items():
            figures[key] = Figure(sum(one.count for one in found), tuple(one.cases for one in found))
        items = sorted({key.split(":")[1] for key in cells}, key=article_and_item)
        late = [int(key.split(":")[1]) for key in figures if key.startswith(f"{MISSED_OF}:")]
        return Report(
            period=self.period,
            until=self.until,
            figures={key: figures[key] for key in (*FIGURES, *sorted(set(figures) - set(FIGURES))) if key in figures},
            heat=Heat(items=tuple(items), units=columns, names=names),
            red=tuple(one for _case, one in sorted(self.red.items())),
            late=tuple(one for _case, some in sorted(self.late.items()) for one in some),
            recurring=tuple(item for item in items if figures[f"{ITEM}:{item}"].count >= REPEATED),
            units_late=tuple(sorted(late, key=lambda unit_id: (_kept(figures, unit_id), unit_id))),
            unit_names=names,
            ranking=tuple(ranking) if ranking is not None else None,
        )


def _kept(figures: Mapping[str, Figure], unit_id: int) -> int:
    missed, entered = (figures.get(f"{key}:{unit_id}", Figure()).count for key in (MISSED_OF, ENTERED_OF))
    return share(entered, missed)
