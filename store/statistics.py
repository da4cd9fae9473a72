"""Numbers for pictures: counted by the database, only over what the reader may see, over ranges that have an end.

What needs the history reads at most the last `WINDOW` events, so that its cost does not grow with the years.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Select, case, exists, func, or_, select

from states.acts import RUNGS, SPINE, Act
from store.sight import scope, seen_events
from store.tables import CaseEventRow, CaseRow, UnitRow

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.sight import Reader

WINDOW: Final = 50_000
MOST_UNITS: Final = 30
_RUNGS: Final = tuple(state.value for state in RUNGS)
_SPINE: Final = tuple(state.value for state in SPINE)


@dataclass(frozen=True, slots=True)
class Punctual:
    """How many rungs of a unit's cases were entered, and how many of them went past their day (yellow light)."""

    unit_id: int
    unit: str
    entered: int
    missed: int

    @property
    def share(self) -> int:
        """Return the percentage of rungs that did not go past their day, rounded down."""
        return max(0, 100 * (self.entered - self.missed) // self.entered) if self.entered else 100


def due_counts(session: Session, reader: Reader, first: date, last: date) -> dict[date, int]:
    """Return how many cases have their next due day on each day from `first` to `last`, both inclusive."""
    statement = (
        select(CaseRow.next_due_on, func.count())
        .where(scope(reader), CaseRow.next_due_on.between(first, last))
        .group_by(CaseRow.next_due_on)
    )
    return {on: count for on, count in session.execute(statement).all() if on is not None}


def ages(session: Session, reader: Reader, edges: list[date]) -> list[int]:
    """Return how many open cases were opened after each of these days, in falling order, and last how many before."""
    open_ = (scope(reader), CaseRow.state.in_(_SPINE))
    sums = [func.coalesce(func.sum(case((CaseRow.opened_on > edge, 1), else_=0)), 0) for edge in edges]
    row = session.execute(select(*sums, func.count()).select_from(CaseRow).where(*open_)).one()
    upto = [int(count) for count in row]
    return [count - before for count, before in zip(upto, [0, *upto], strict=False)]


def window_of(session: Session) -> tuple[int, datetime | None]:
    """Return behind which place of the history the pictures look, and when the last event before that was recorded.

    Nothing is recorded before it occurs, so all that occurred after the day of that moment lies within the window. The
    moment is None if the window holds the whole history.
    """
    last = int(session.scalar(select(func.max(CaseEventRow.seq))) or 0)
    if last <= WINDOW:
        return 0, None
    return last - WINDOW, session.scalar(select(CaseEventRow.recorded_at).where(CaseEventRow.seq == last - WINDOW))


def moves(session: Session, reader: Reader, after: int, since: date) -> list[tuple[date, str | None, str, int]]:
    """Return (day, from, to, how often) of the changes of state that occurred after `since`, behind place `after`."""
    moved = or_(CaseEventRow.from_state.is_(None), CaseEventRow.from_state != CaseEventRow.to_state)
    columns = (CaseEventRow.occurred_on, CaseEventRow.from_state, CaseEventRow.to_state)
    statement = (
        select(*columns, func.count())
        .where(CaseEventRow.seq > after, CaseEventRow.occurred_on > since, moved, seen_events(reader))
        .group_by(*columns)
    )
    return [(on, source, dest, count) for on, source, dest, count in session.execute(statement).all()]


def _rungs(reader: Reader, *which: ColumnElement[bool]) -> Select[int, str, int, int]:
    into = (CaseEventRow.to_state.in_(_RUNGS)) & or_(
        CaseEventRow.from_state.is_(None), CaseEventRow.from_state != CaseEventRow.to_state
    )
    yellow = CaseEventRow.act == Act.MARKED_YELLOW.value
    # Summed a case first, so that the database reads the events that are asked for and not those of every case.
    summed = (
        select(
            CaseEventRow.case_id,
            func.sum(case((into, 1), else_=0)).label("entered"),
            func.sum(case((yellow, 1), else_=0)).label("missed"),
        )
        .where(or_(into, yellow), *which)
        .group_by(CaseEventRow.case_id)
        .subquery()
    )
    return (
        select(
            UnitRow.id,
            UnitRow.name,
            func.sum(summed.c.entered).label("entered"),
            func.sum(summed.c.missed).label("missed"),
        )
        .select_from(summed)
        .join(CaseRow, CaseRow.id == summed.c.case_id)
        .join(UnitRow, UnitRow.id == CaseRow.unit_id)
        .where(scope(reader))
        .group_by(UnitRow.id, UnitRow.name)
    )


def punctuality(session: Session, reader: Reader, after: int) -> list[Punctual]:
    """Return the units with the most rungs missed behind place `after` of the history, at most `MOST_UNITS`."""
    found = _rungs(reader, CaseEventRow.seq > after).subquery()
    statement = select(found).where(found.c.entered > 0).order_by(found.c.missed.desc(), found.c.name).limit(MOST_UNITS)
    return [Punctual(row[0], row[1], int(row[2]), int(row[3])) for row in session.execute(statement).all()]


def punctuality_of(session: Session, reader: Reader, unit_id: int) -> Punctual | None:
    """Return how punctual one unit was over the whole life of the cases that the reader may see."""
    of_unit = select(CaseRow.id).where(CaseRow.unit_id == unit_id)
    row = session.execute(_rungs(reader, CaseEventRow.case_id.in_(of_unit))).first()
    return Punctual(row[0], row[1], int(row[2] or 0), int(row[3] or 0)) if row is not None else None


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with what the reader may see of it."""

    unit_id: int
    unit: str
    cases: int
    open: int
    late: int


def _units(reader: Reader) -> Select[int, str, int, int, int]:
    open_ = CaseRow.state.in_(_SPINE)
    return (
        select(
            UnitRow.id,
            UnitRow.name,
            func.count(),
            func.sum(case((open_, 1), else_=0)),
            func.sum(case((open_ & CaseRow.light.in_(("yellow", "red")), 1), else_=0)),
        )
        .select_from(CaseRow)
        .join(UnitRow, UnitRow.id == CaseRow.unit_id)
        .where(scope(reader))
        .group_by(UnitRow.id, UnitRow.name)
    )


def units(session: Session, reader: Reader, *, after: str = "", text: str = "", limit: int = 100) -> list[UnitLine]:
    """Return the units of which the reader may see a case, by name, from behind the name `after`."""
    seen = exists().where(CaseRow.unit_id == UnitRow.id, scope(reader))
    page = select(UnitRow.id).where(UnitRow.name > after, seen)
    if text:
        page = page.where(UnitRow.name.contains(text, autoescape=True))
    # The page is chosen first, so that only its own cases are counted.
    ids = list(session.scalars(page.order_by(UnitRow.name).limit(limit)))
    statement = _units(reader).where(CaseRow.unit_id.in_(ids)).order_by(UnitRow.name)
    return [UnitLine(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in session.execute(statement).all()]


def unit(session: Session, reader: Reader, unit_id: int) -> UnitLine | None:
    """Return one unit, if the reader may see a case of it."""
    row = session.execute(_units(reader).where(CaseRow.unit_id == unit_id)).first()
    return UnitLine(row[0], row[1], row[2], int(row[3]), int(row[4])) if row is not None else None


def acts_of_unit(session: Session, reader: Reader, unit_id: int, act: Act) -> int:
    """Return how often this act was done in the cases of the unit that the reader may see."""
    mine = select(CaseRow.id).where(scope(reader), CaseRow.unit_id == unit_id)
    statement = select(func.count()).where(CaseEventRow.case_id.in_(mine), CaseEventRow.act == act.value)
    return int(session.scalar(statement) or 0)
