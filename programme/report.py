"""A report as a value: every figure with the cases and the events of the history that it counts.

A figure counts cases, or acts; its name is part of an address, so that the list behind it can be asked for again. What
an act counts for is decided by the day on which it took effect. What was handed over as a clue counts as a case, and
under no duty.

Source: docs/domain.md §3 (督查专报, 督查通报); ADR 0048.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Final

from states.duty import article_and_item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from programme.periods import Period
    from programme.rooms import Ranked
    from states.vocabulary import Phase, State

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
    """How many; the cases behind it, each of `parts` in order of their ids; and the events counted, if acts were.

    A figure of a large office has very many cases, so they are put into one order only where somebody asks for them.
    """

    count: int = 0
    parts: tuple[Sequence[int], ...] = ()
    events: tuple[int, ...] = ()

    @property
    def case_ids(self) -> tuple[int, ...]:
        """Return the cases behind it, in the order of the list."""
        return tuple(merge(*self.parts))

    def first(self, most: int | None) -> list[int]:
        """Return the first cases behind it, `most` at most; all if nothing is given."""
        return list(islice(merge(*self.parts), most))


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


def share(entered: int, missed: int) -> int:
    """Return the percentage of terms that were kept, rounded down: of those that began or were missed in the period.

    A term that was missed may have begun before the period; so no more than all can have been missed.
    """
    whole = max(entered, missed)
    return 100 * (whole - missed) // whole if whole else 100
