"""Numbers for pictures: summed from the tallies of the units that the reader watches.

The discipline organ watches no unit: what it sees by letter is counted case by case. What inspectors and handlers see
elsewhere because they took part in it stands in their lists, and not in pictures of units.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import Select, case, func, or_, select

from states.vocabulary import RUNGS, SPINE, Act
from store import counters
from store.case_lists import seen_events
from store.schema.cases import CaseRow
from store.schema.counters import CounterRow
from store.schema.events import CaseEventRow
from store.schema.organisation import UnitRow
from store.visibility import scope, tallied

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from store.visibility import Reader

MOST_UNITS: Final = 30
LATE: Final = ("yellow", "red")
_AT_ONCE: Final = 500
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
    def share(self) -> int | None:
        """Return the percentage of rungs that did not go past their day, rounded down; None where none was entered."""
        return max(0, 100 * (self.entered - self.missed) // self.entered) if self.entered else None


def due_counts(session: Session, reader: Reader, first: date, last: date) -> dict[date, int]:
    """Return how many cases have their next due day on each day from `first` to `last`, both inclusive."""
    kept = tallied(reader)
    if kept is None:
        statement = (
            select(CaseRow.next_due_on, func.count())
            .where(scope(reader), CaseRow.next_due_on.between(first, last))
            .group_by(CaseRow.next_due_on)
        )
    else:
        statement = (
            select(CounterRow.day, func.sum(CounterRow.n))
            .where(CounterRow.kind == counters.DUE, kept, CounterRow.day.between(first, last))
            .group_by(CounterRow.day)
        )
    return {on: int(n) for on, n in session.execute(statement).all() if on is not None and n}


def ages(session: Session, reader: Reader, edges: list[date]) -> list[int]:
    """Return how many open cases were opened after each of these days, in falling order, and last how many before."""
    kept = tallied(reader)
    if kept is None:
        sums = [func.coalesce(func.sum(case((CaseRow.opened_on > edge, 1), else_=0)), 0) for edge in edges]
        statement = select(*sums, func.count()).select_from(CaseRow).where(scope(reader), CaseRow.state.in_(_SPINE))
    else:
        n = CounterRow.n
        sums = [func.coalesce(func.sum(case((CounterRow.day > edge, n), else_=0)), 0) for edge in edges]
        whole = func.coalesce(func.sum(n), 0)
        statement = select(*sums, whole).where(CounterRow.kind == counters.AGE, kept)
    upto = [int(count) for count in session.execute(statement).one()]
    return [count - before for count, before in zip(upto, [0, *upto], strict=False)]


def moves(session: Session, reader: Reader, since: date) -> list[tuple[date, str, int]]:
    """Return (month, state, how many more cases came in than left) for the months that begin after `since`."""
    kept = tallied(reader)
    if kept is not None:
        columns = (CounterRow.day, CounterRow.state)
        statement = (
            select(*columns, func.sum(CounterRow.n))
            .where(CounterRow.kind == counters.MOVED, kept, CounterRow.day > since)
            .group_by(*columns)
        )
        return [(on, state, int(n)) for on, state, n in session.execute(statement).all()]
    happened = (CaseEventRow.occurred_on, CaseEventRow.from_state, CaseEventRow.to_state)
    moved = or_(CaseEventRow.from_state.is_(None), CaseEventRow.from_state != CaseEventRow.to_state)
    events = select(*happened, func.count()).where(CaseEventRow.occurred_on > since, moved, seen_events(reader))
    found: Counter[tuple[date, str]] = Counter()
    for on, source, dest, n in session.execute(events.group_by(*happened)).all():
        found[on.replace(day=1), dest] += n
        if source is not None:
            found[on.replace(day=1), source] -= n
    return [(on, state, n) for (on, state), n in found.items()]


def punctuality(session: Session, reader: Reader, since: date, unit_id: int | None = None) -> list[Punctual]:
    """Return the units with the most rungs missed in the months from `since` on, at most `MOST_UNITS`; or one unit."""
    found = _rungs(reader, since)
    if unit_id is not None:
        found = found.where(UnitRow.id == unit_id)
    lines = found.subquery()
    statement = select(lines).where(lines.c.entered > 0).order_by(lines.c.missed.desc(), lines.c.name)
    return [
        Punctual(row[0], row[1], int(row[2]), int(row[3])) for row in session.execute(statement.limit(MOST_UNITS)).all()
    ]


def punctuality_of(session: Session, reader: Reader, unit_ids: Collection[int]) -> dict[int, Punctual]:
    """Return the rungs of these units by their ids, as far as the reader sees them; units without any are left out."""
    wanted, found = sorted(unit_ids), {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = UnitRow.id.in_(wanted[first : first + _AT_ONCE])
        lines = _rungs(reader, date.min).where(some).subquery()
        for row in session.execute(select(lines).where(lines.c.entered > 0)):
            found[row[0]] = Punctual(row[0], row[1], int(row[2]), int(row[3]))
    return found


def _rungs(reader: Reader, since: date) -> Select[int, str, int, int]:
    """Return each unit with its rungs entered and missed in the months from `since` on."""
    kept = tallied(reader, by_unit=True)
    if kept is None:
        return _rungs_by_letter(reader, since)
    n = {
        word: func.sum(case((CounterRow.state == word, CounterRow.n), else_=0))
        for word in (counters.ENTERED, counters.MISSED)
    }
    return (
        select(UnitRow.id, UnitRow.name, n[counters.ENTERED].label("entered"), n[counters.MISSED].label("missed"))
        .select_from(CounterRow)
        .join(UnitRow, UnitRow.id == CounterRow.unit_id)
        .where(CounterRow.kind == counters.DONE, CounterRow.day >= since, kept)
        .group_by(UnitRow.id, UnitRow.name)
    )


def _rungs_by_letter(reader: Reader, since: date) -> Select[int, str, int, int]:
    into = (CaseEventRow.to_state.in_(_RUNGS)) & or_(
        CaseEventRow.from_state.is_(None), CaseEventRow.from_state != CaseEventRow.to_state
    )
    of_office = CaseEventRow.data.contains('"party":"office"', autoescape=True)
    yellow = (CaseEventRow.act == Act.MARKED_YELLOW.value) & ~of_office
    return (
        select(
            UnitRow.id,
            UnitRow.name,
            func.sum(case((into, 1), else_=0)).label("entered"),
            func.sum(case((yellow, 1), else_=0)).label("missed"),
        )
        .select_from(CaseRow)
        .join(UnitRow, UnitRow.id == CaseRow.unit_id)
        .join(CaseEventRow, CaseEventRow.case_id == CaseRow.id)
        .where(scope(reader), CaseEventRow.occurred_on >= since, or_(into, yellow))
        .group_by(UnitRow.id, UnitRow.name)
    )


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with what the reader may see of it."""

    unit_id: int
    unit: str
    cases: int
    open: int
    late: int


def _by_letter(reader: Reader) -> Select[int, str, int, int, int]:
    open_ = CaseRow.state.in_(_SPINE)
    return (
        select(
            UnitRow.id,
            UnitRow.name,
            func.count(),
            func.sum(case((open_, 1), else_=0)),
            func.sum(case((open_ & CaseRow.light.in_(LATE), 1), else_=0)),
        )
        .select_from(CaseRow)
        .join(UnitRow, UnitRow.id == CaseRow.unit_id)
        .where(scope(reader))
        .group_by(UnitRow.id, UnitRow.name)
        .having(func.count() > 0)
    )


def _units(reader: Reader) -> Select[int, str, int, int, int]:
    kept, n, open_ = tallied(reader, by_unit=True), CounterRow.n, CounterRow.state.in_(_SPINE)
    if kept is None:
        return _by_letter(reader)
    return (
        select(
            UnitRow.id,
            UnitRow.name,
            func.sum(n),
            func.sum(case((open_, n), else_=0)),
            func.sum(case((open_ & CounterRow.light.in_(LATE), n), else_=0)),
        )
        .select_from(CounterRow)
        .join(UnitRow, UnitRow.id == CounterRow.unit_id)
        .where(CounterRow.kind == counters.NOW, kept)
        .group_by(UnitRow.id, UnitRow.name)
        .having(func.sum(n) > 0)
    )


def units(session: Session, reader: Reader, *, after: str = "", text: str = "", limit: int = 100) -> list[UnitLine]:
    """Return the units that the reader watches and that have a case, by name, from behind the name `after`."""
    page = _units(reader).where(UnitRow.name > after)
    if text:
        page = page.where(UnitRow.name.contains(text, autoescape=True))
    found = session.execute(page.order_by(UnitRow.name).limit(limit)).all()
    return [UnitLine(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) for row in found]


def unit(session: Session, reader: Reader, unit_id: int) -> UnitLine | None:
    """Return one unit, if the reader watches it and it has a case; else if he or she takes part in a case of it."""
    row = session.execute(_units(reader).where(UnitRow.id == unit_id)).first()
    if row is None:
        row = session.execute(_by_letter(reader).where(UnitRow.id == unit_id)).first()
    return UnitLine(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) if row is not None else None


def acts_of_unit(session: Session, reader: Reader, unit_id: int, act: Act) -> int:
    """Return how often this act, help or a receipt, was done in the cases of a unit that the reader watches."""
    kept = tallied(reader, by_unit=True)
    if kept is None:
        mine = select(CaseRow.id).where(scope(reader), CaseRow.unit_id == unit_id)
        statement = select(func.count()).where(CaseEventRow.case_id.in_(mine), CaseEventRow.act == act.value)
    else:
        statement = select(func.sum(CounterRow.n)).where(
            CounterRow.kind == counters.DONE,
            CounterRow.unit_id == unit_id,
            kept,
            CounterRow.state == act.value,
        )
    return int(session.scalar(statement) or 0)
