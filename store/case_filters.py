"""What is looked for in a list of cases, and the conditions that it makes within sight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from states.vocabulary import SPINE, Phase, Role, State
from store import text_search
from store.cases import needs
from store.schema.cases import CaseRow
from store.schema.organisation import UnitRow
from store.visibility import Reader, scope

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is looked for; nothing given finds all that may be seen.

    `due_before` excludes the day itself, `due_from` includes it; of `states`, `phases` and `ids` any one suffices.
    `waiting`: a proposal waits for a decision; `approver`: for that of this role. `running`: not over, or something is
    still due. `attention`: what waits for a person of the office, a word of `Case.attention`. `words`, `among`
    `met` and `rarest` are what `looked_up` makes of `text`: all cases that hold the words, or some where they are very
    many; and the pairs to find them by, where a list would not meet them soon.
    """

    state: State | None = None
    states: tuple[State, ...] = ()
    phases: tuple[Phase, ...] = ()
    light: str | None = None
    unit: str | None = None
    due_before: date | None = None
    due_from: date | None = None
    ids: tuple[int, ...] = ()
    text: str | None = None
    waiting: bool = False
    approver: Role | None = None
    running: bool = False
    attention: str = ""
    words: tuple[str, ...] = ()
    among: tuple[int, ...] | None = None
    met: tuple[int, ...] = ()
    rarest: tuple[text_search.PairRange, ...] = ()

    @property
    def is_usual(self) -> bool:
        """Say whether the same is looked for again and again, which what somebody typed or picked is not."""
        return not (self.words or self.ids or self.unit)

    @property
    def is_waiting(self) -> bool:
        """Say whether only cases are looked for in which something waits for a decision or a signature."""
        return bool(self.attention) or self.waiting or self.approver is not None


def as_column(column: Any, *, leads: bool) -> Any:  # noqa: ANN401  # a column, or what is equal to it
    """Return the column, or an expression of the same value by which no database would go through an index."""
    return column if leads else func.coalesce(column, column)


def _any_of(wanted: Filter, *, leads: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    state, phase = as_column(CaseRow.state, leads=leads), as_column(CaseRow.phase, leads=leads)
    if wanted.ids:
        found.append(CaseRow.id.in_(wanted.ids))
    if wanted.states:
        found.append(state.in_([one.value for one in wanted.states]))
    if wanted.phases:
        found.append(phase.in_([one.value for one in wanted.phases]))
    return found


def filter_conditions(wanted: Filter, *, leads: bool = True) -> list[ColumnElement[bool]]:
    """Return the conditions of the filter; where something else `leads`, no index of theirs can be taken instead."""
    found: list[ColumnElement[bool]] = _any_of(wanted, leads=leads)
    state, light, due = (
        as_column(column, leads=leads) for column in (CaseRow.state, CaseRow.light, CaseRow.next_due_on)
    )
    if wanted.state is not None:
        found.append(state == wanted.state.value)
    if wanted.due_from is not None:
        found.append(due >= wanted.due_from)
    if wanted.light is not None:
        found.append(light == wanted.light)
    if wanted.unit is not None:
        found.append(CaseRow.unit_id.in_(ids_of_unit(wanted.unit)))
    if wanted.due_before is not None:
        found.append(due < wanted.due_before)
    if wanted.waiting or wanted.approver is not None:
        found += _waiting(wanted.approver)
    if wanted.attention:
        found.append(needs(wanted.attention))
    if wanted.running:
        found.append(or_(CaseRow.state.in_([state.value for state in SPINE]), CaseRow.next_due_on.is_not(None)))
    return found


def looked_up(session: Session, wanted: Filter) -> Filter:
    """Return the filter with its text looked up: the ids of the cases that hold every word, if they are few.

    So many may hold the words that a list of them is no help: then they are met soon enough on the way.
    """
    if not wanted.text:
        return wanted
    words = text_search.words_of(wanted.text)
    found = text_search.found(session, words)
    if not found.are_all:
        return replace(wanted, text=None, words=words, met=found.ids, rarest=found.rarest)
    return replace(wanted, text=None, words=words, among=found.ids)


def fits(reader: Reader, wanted: Filter, *, leads: bool = True) -> list[ColumnElement[bool]]:
    """Return the conditions on the cases that the reader may see and that fit; the text must be looked up.

    Not `leads`: the database is to go by the reader's sight, or by an order, and not by an index of the filter.
    """
    found = [scope(reader), *filter_conditions(wanted, leads=leads)]
    if wanted.among is not None:
        found.append(CaseRow.id.in_(wanted.among))
    elif wanted.rarest:
        found.append(CaseRow.id.in_(text_search.holding(wanted.words, wanted.rarest)))
    elif wanted.words:
        found.append(text_search.holds(wanted.words))
    return found


@lru_cache
def _waiting(approver: Role | None) -> list[ColumnElement[bool]]:
    """Return the conditions that a proposal waits, for this role if one is given; by an index of those that wait."""
    waiting: list[ColumnElement[bool]] = [CaseRow.waiting_for.is_not(None)]
    if approver is None:
        return waiting
    mine = CaseRow.approvers.contains(f'"{approver.value}"', autoescape=True)
    return [*waiting, or_(CaseRow.approvers.is_(None), mine)]


def ids_of_unit(unit: str) -> Select[Any]:
    """Return the statement for the id of the unit of this name."""
    return select(UnitRow.id).where(UnitRow.name == unit)
