"""A report as a value: every figure with the cases and the events of the history that it counts.

A figure counts cases, or acts; its name is part of an address, so that the list behind it can be asked for again. What
an act counts for is decided by the day on which it took effect. What was handed over as a clue counts as a case, and
under no duty.

Source: docs/domain.md §3 (督查专报, 督查通报); ADR 0048.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from states.duty import article_and_item
from states.vocabulary import OUTCOMES, Act, Light, Phase, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from programme.case_course import Course, EffectiveAct
    from programme.periods import Period
    from programme.rooms import Ranked
    from store.report_cases import StandingCase

MOST_UNITS: Final = 7
"""So many units have a column of their own in the heat map; all others share one."""
OTHERS: Final = 0
"""The column of all other units."""
REPEATED: Final = 2
"""So many cases under one item in a year are a problem that recurs."""

OPENED, OPENED_YEAR, CLOSED, ENDED, OPEN = "opened", "opened_year", "closed", "ended", "open"
RED, YELLOW, ENTERED, MISSED = "red", "yellow", "entered", "missed"
CRITICIZED, HELPED, INTERVIEWED, HELD, TOLERATED = "criticized", "helped", "interviewed", "held", "tolerated"
OFFICE_TERMS, OFFICE_LATE = "office_terms", "office_late"
FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    OPENED: ("本期立案", "opened in the period"),
    OPENED_YEAR: ("本年立案", "opened in the year"),
    CLOSED: ("本期销号", "closed in the period"),
    ENDED: ("本期其他办结", "ended otherwise in the period"),
    OPEN: ("在办", "open"),
    RED: ("红灯", "red"),
    YELLOW: ("黄灯", "yellow"),
    ENTERED: ("进入整改环节", "rungs entered"),
    MISSED: ("逾期环节", "rungs missed"),
    CRITICIZED: ("通报批评", "criticised"),
    HELPED: ("帮助指导", "help"),
    INTERVIEWED: ("约谈", "interviewed"),
    HELD: ("问责", "held accountable"),
    TOLERATED: ("容错认定", "tolerated"),
    OFFICE_TERMS: ("本办期限", "terms of the office"),
    OFFICE_LATE: ("本办逾期", "missed by the office"),
}
"""What people call the figures of the whole; those of an item or a unit have their names behind a colon."""
ITEM, ITEM_BEFORE, CELL, MISSED_OF, ENTERED_OF = "item", "item_before", "cell", "missed_of", "entered_of"


@dataclass(frozen=True, slots=True)
class Figure:
    """How many; the cases behind it in the order of the list; and the events that were counted, if acts were."""

    count: int = 0
    case_ids: tuple[int, ...] = ()
    events: tuple[int, ...] = ()


@dataclass(slots=True)
class _Running:
    """A figure while it is counted."""

    count: int = 0
    case_ids: dict[int, None] = field(default_factory=dict)
    events: list[int] = field(default_factory=list)

    def figure(self) -> Figure:
        """Return what was counted."""
        return Figure(self.count, tuple(self.case_ids), tuple(self.events))

    def add_case(self, case_id: int) -> None:
        """Count a case once."""
        self.case_ids[case_id] = None
        self.count = len(self.case_ids)

    def add_act(self, case_id: int, seq: int) -> None:
        """Count an act."""
        self.count += 1
        self.events.append(seq)
        self.case_ids[case_id] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Items of the regulation by units: cases opened in the year; `items` are rows, `units` columns."""

    items: tuple[str, ...]
    units: tuple[int, ...]
    names: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateOffice:
    """A term of the office that was missed in the period: whose case, which term, and its day."""

    case_id: int
    number: str
    kind: str
    due_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedCase:
    """A case with a red light at the end of the period; `by_office`: it stands for a term of the office."""

    case_id: int
    number: str
    unit: str
    duty: str
    state: State
    phase: Phase
    due_on: date | None
    by_office: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report of a period, counted until the end of `until`: its last day, or the day before it is over.

    `figures` are by name; one that is not there is nought. `recurring` are the items under which cases were opened
    again and again in the year, `units_late` the units that missed terms in the period, the least punctual first.
    """

    period: Period
    until: date
    figures: Mapping[str, Figure]
    heat: Heat
    red: tuple[RedCase, ...]
    late: tuple[LateOffice, ...]
    recurring: tuple[str, ...]
    units_late: tuple[int, ...]
    unit_names: Mapping[int, str]
    ranking: tuple[Ranked, ...] | None

    def figure(self, key: str) -> Figure:
        """Return the figure of this name."""
        return self.figures.get(key) or Figure()

    def count(self, key: str) -> int:
        """Return how many it counts."""
        return self.figure(key).count


def key_of(duty: str) -> str:
    """Return the item of the catalogue to which a duty belongs: `art6-4a` to `art6-4`."""
    article, item = article_and_item(duty)
    return f"art{article}-{item}" if item else f"art{article}"


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
        self.red: list[RedCase] = []
        self.late: list[LateOffice] = []
        self.by_unit: Counter[int] = Counter()
        self.cells: list[tuple[str, int, int]] = []

    def count(self, course: Course, unit_id: int) -> None:
        """Count one case as it stood at the end of the day."""
        case = course.case
        self._opened(course, unit_id)
        if case.is_open:
            self._case(OPEN, case.id)
            if case.light is Light.RED:
                self._case(RED, case.id)
                due = course.next_deadline()
                self.red.append(
                    RedCase(
                        case_id=case.id,
                        number=case.number,
                        unit=case.unit,
                        duty=case.duty,
                        state=case.state,
                        phase=case.phase,
                        due_on=due.due_on if due is not None else None,
                        by_office=course.light() is not Light.RED,
                    )
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
            self.cells.append((item, unit_id, case_id))
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
            self.late.append(late)

    def _case(self, key: str, case_id: int) -> None:
        self.figures.setdefault(key, _Running()).add_case(case_id)

    def _act(self, key: str, case_id: int, seq: int) -> None:
        self.figures.setdefault(key, _Running()).add_act(case_id, seq)

    def named(self) -> set[int]:
        """Return the units that have a figure of their own: those with a column, and those that had terms."""
        of_terms = (f"{MISSED_OF}:", f"{ENTERED_OF}:")
        columns = {unit_id for unit_id in self._columns() if unit_id != OTHERS}
        return columns | {int(key.split(":")[1]) for key in self.figures if key.startswith(of_terms)}

    def _columns(self) -> tuple[int, ...]:
        leading = [unit_id for unit_id, _n in sorted(self.by_unit.items(), key=lambda one: (-one[1], one[0]))]
        return tuple(sorted(leading[:MOST_UNITS])) + ((OTHERS,) if len(leading) > MOST_UNITS else ())

    def _late(self) -> list[int]:
        return [int(key.split(":")[1]) for key in self.figures if key.startswith(f"{MISSED_OF}:")]

    def report(self, ranking: Iterable[Ranked] | None, names: Mapping[int, str]) -> Report:
        """Return what was counted; `names` are what the units of `named` are called."""
        columns = self._columns()
        for item, unit_id, case_id in self.cells:
            self._case(f"{CELL}:{item}:{unit_id if unit_id in columns else OTHERS}", case_id)
        items = sorted({item for item, _unit, _case in self.cells}, key=article_and_item)
        late = self._late()
        return Report(
            period=self.period,
            until=self.until,
            figures={key: one.figure() for key, one in self.figures.items()},
            heat=Heat(items=tuple(items), units=columns, names=names),
            red=tuple(self.red),
            late=tuple(self.late),
            recurring=tuple(item for item in items if self.figures[f"{ITEM}:{item}"].count >= REPEATED),
            units_late=tuple(sorted(late, key=lambda unit_id: (self._share(unit_id), unit_id))),
            unit_names=names,
            ranking=tuple(ranking) if ranking is not None else None,
        )

    def _share(self, unit_id: int) -> float:
        missed = self.figures[f"{MISSED_OF}:{unit_id}"].count
        entered = self.figures.get(f"{ENTERED_OF}:{unit_id}", _Running()).count
        return share(entered, missed)


def share(entered: int, missed: int) -> int:
    """Return the percentage of terms that were kept, rounded down: of those that began or were missed in the period.

    A term that was missed may have begun before the period; so no more than all can have been missed.
    """
    whole = max(entered, missed)
    return 100 * (whole - missed) // whole if whole else 100
