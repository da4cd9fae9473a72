"""How many cases within sight fit: from the tallies where they can tell, else counted to a bound."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, func, literal, select, union_all

from states.vocabulary import State
from store import counters, usual_statements
from store.case_filters import Filter, as_column, filter_conditions, fits, ids_of_unit, looked_up
from store.schema.cases import CaseRow
from store.schema.counters import CounterRow
from store.visibility import Reader, is_everything, scope, seen_among, seen_by_part, sees_all_of_office, tallied

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Executable, Select
    from sqlalchemy.orm import Session


COUNTED_TO: Final = 1_000
"""How far cases are counted that no tally has counted; nobody reads more of them one by one."""

FEW: Final = 20_000
"""Whose sight holds no more cases than these has them looked through by unit; in a wider one, the filter leads."""


class AtLeast(int):
    """A count that was not carried to its end; people read it as `10,000+`."""

    def __str__(self) -> str:
        """Return the count as people read it."""
        return f"{int(self):,}+"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        """Return the count as people read it, whatever the format."""
        return format(str(self), "")


def cases_in_sight(session: Session, reader: Reader, unit: str | None = None) -> int | None:
    """Return how many cases are in sight, all or those of a unit, by the tallies; nothing if they cannot tell."""
    condition = tallied(reader, by_unit=unit is not None)
    if condition is None:
        return None
    statement = select(func.sum(CounterRow.n)).where(CounterRow.kind == counters.NOW, condition)
    if unit is not None:
        statement = statement.where(CounterRow.unit_id.in_(ids_of_unit(unit)))
    return int(session.scalar(statement) or 0)


def is_few(session: Session, reader: Reader, unit: str | None = None) -> bool:
    """Say whether so few cases, all or those of a unit, are in sight that they may be looked through one by one."""
    n = None if is_everything(reader) and unit is None else cases_in_sight(session, reader, unit)
    return n is not None and n <= FEW


def _bounded(n: int, most: int) -> int:
    return AtLeast(most) if n > most else n


def total(counts: Iterable[int]) -> int:
    """Return the sum, which is one of `AtLeast` if one of the counts is."""
    known = list(counts)
    return AtLeast(sum(known)) if any(isinstance(n, AtLeast) for n in known) else sum(known)


def counted(session: Session, reader: Reader, wanted: Filter) -> int:
    """Return how many cases the reader may see that fit: from the tallies where they can tell.

    Where they cannot, cases are counted up to `COUNTED_TO`, and beyond it is only said that there are more (`AtLeast`).
    """
    wanted = looked_up(session, wanted)
    if (
        wanted.met
        and wanted == Filter(words=wanted.words, met=wanted.met, rarest=wanted.rarest)
        and (sees_all_of_office(reader) or len(seen_among(session, reader, wanted.met)) > COUNTED_TO)
    ):
        return AtLeast(COUNTED_TO)  # that there are more is why they were not listed
    n = tally(session, reader, wanted)
    if n is not None:
        return n
    made = _count if wanted.is_usual else _count.__wrapped__
    return _bounded(int(session.scalar(made(reader, wanted)) or 0), COUNTED_TO)


@lru_cache(usual_statements.MOST)
def _count(reader: Reader, wanted: Filter) -> Select[Any]:
    found = select(literal(1)).select_from(CaseRow).where(*fits(reader, wanted))
    some = found.limit(COUNTED_TO + 1).subquery()
    return select(func.count()).select_from(some)


def tally(session: Session, reader: Reader, wanted: Filter) -> int | None:
    """Return how many cases in sight fit, by the tallies; nothing if they cannot tell."""
    if wanted.words or wanted.ids:
        return None
    statement = _tally(reader, wanted)
    return int(session.scalar(statement) or 0) if statement is not None else None


@lru_cache(usual_statements.MOST)
def _tally(reader: Reader, wanted: Filter) -> Select[Any] | None:
    kept = _kept(reader, wanted)
    if kept is None:
        return None
    found = select(func.coalesce(func.sum(CounterRow.n), 0)).where(*kept).scalar_subquery()
    beside = seen_by_part(reader)
    if beside is not None:
        # By those few, and not by what is looked for, of which there may be very many.
        few = select(func.count()).where(beside, *filter_conditions(wanted, leads=False)).scalar_subquery()
        return select(found + few)
    return select(found)


def _kept(reader: Reader, wanted: Filter) -> list[ColumnElement[bool]] | None:
    """Return the conditions on tallies that count what fits, or nothing if no kind of them can tell."""
    seen, by_day = (
        tallied(reader, by_unit=wanted.unit is not None),
        wanted.due_before is not None or wanted.due_from is not None,
    )
    asks_more = replace(
        wanted, met=(), state=None, states=(), light=None, unit=None, due_before=None, due_from=None
    ) != Filter() or (by_day and wanted.light is not None)
    if seen is None or asks_more:
        return None
    found = [CounterRow.kind == (counters.DUE if by_day else counters.NOW), seen]
    if wanted.unit is not None:
        found.append(CounterRow.unit_id.in_(ids_of_unit(wanted.unit)))
    if wanted.states:
        found.append(CounterRow.state.in_([state.value for state in wanted.states]))
    if wanted.state is not None:
        found.append(CounterRow.state == wanted.state.value)
    if wanted.light is not None:
        found.append(CounterRow.light == wanted.light)
    if wanted.due_before is not None:
        found.append(CounterRow.day < wanted.due_before)
    if wanted.due_from is not None:
        found.append(CounterRow.day >= wanted.due_from)
    return found


def by_state(session: Session, reader: Reader, *, due_before: date | None = None) -> dict[State, int]:
    """Return how many of the cases that the reader may see are in each state; or of those due before a day."""
    found = dict.fromkeys((state.value for state in State), 0)
    for state, n in session.execute(_by_state(reader, due_before)):
        found[state] += int(n)
    if tallied(reader) is None:
        return {state: _bounded(found[state.value], COUNTED_TO) for state in State}
    return {state: found[state.value] for state in State}


@lru_cache(usual_statements.MOST)
def _by_state(reader: Reader, due_before: date | None) -> Executable:
    """Return the statement for how many cases stand in each state; one state can come in two rows."""
    condition = tallied(reader)
    late = () if due_before is None else (CaseRow.next_due_on < due_before,)
    if condition is None:
        mine = select(CaseRow.state).where(scope(reader), *late).limit(COUNTED_TO * len(State)).subquery()
        return select(mine.c.state, func.count()).group_by(mine.c.state)
    kept = select(CounterRow.state, func.sum(CounterRow.n)).where(condition).group_by(CounterRow.state)
    if due_before is None:
        kept = kept.where(CounterRow.kind == counters.NOW)
    else:
        kept = kept.where(CounterRow.kind == counters.DUE, CounterRow.day < due_before)
    beside = seen_by_part(reader)
    if beside is None:
        return kept
    state_ = as_column(CaseRow.state, leads=False)  # or all cases would be walked in the order of their states
    return union_all(kept, select(state_, func.count()).where(beside, *late).group_by(state_))
