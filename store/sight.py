"""Sight: the one query that decides what a person may see. List, search, feed, export and page all go through it.

Source: DOMAIN §2 (who may see what). What is not seen does not exist: there is no difference between a case that is
hidden and one that was never there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import ColumnElement, True_, and_, false, func, or_, select, true

from states.acts import Role, State
from states.case import restored
from states.errors import NotFound
from store import personal
from store.cases import NO_CASE, Recorded, Stored, history, history_where
from store.tables import CaseEventRow, CaseRow, UnitRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

OFFICE_ROLES: Final = frozenset(
    {Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.AUDITOR}
)
"""Who of the supervising side sees all cases of the units below; a transferred one is a sealed stub to most of them."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: in which role, of which unit."""

    username: str
    role: Role
    unit_id: int


def scope(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on cases that this person may see."""
    if reader.role in OFFICE_ROLES:
        return true()
    if reader.role is Role.DISCIPLINE:
        # The discipline organ sees what was handed to it: clues, and accountability proposed or decided.
        return or_(
            CaseRow.state.in_([State.TRANSFERRED.value, State.HELD.value]), CaseRow.phase == "accountability_proposed"
        )
    if reader.role in (Role.LIAISON, Role.HEAD) and reader.unit_id:
        below = select(UnitRow.id).where(UnitRow.id == reader.unit_id).cte("below", recursive=True)
        below = below.union(select(UnitRow.id).join(below, UnitRow.parent_id == below.c.id))
        # A clue that was handed over is not told to the unit (DOMAIN §4.2 row 6).
        return and_(CaseRow.unit_id.in_(select(below.c.id)), CaseRow.state != State.TRANSFERRED.value)
    return false()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is looked for; nothing given finds all that may be seen. `due_before` excludes the day itself."""

    state: State | None = None
    light: str | None = None
    unit: str | None = None
    due_before: date | None = None
    text: str | None = None
    waiting: bool = False


def _where(reader: Reader, wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [scope(reader)]
    if wanted.state is not None:
        found.append(CaseRow.state == wanted.state.value)
    if wanted.light is not None:
        found.append(CaseRow.light == wanted.light)
    if wanted.unit is not None:
        found.append(CaseRow.unit_id.in_(select(UnitRow.id).where(UnitRow.name == wanted.unit)))
    if wanted.due_before is not None:
        found.append(CaseRow.next_due_on < wanted.due_before)
    if wanted.waiting:
        found.append(CaseRow.waiting_for.is_not(None))
    if wanted.text:
        units = select(UnitRow.id).where(UnitRow.name.contains(wanted.text, autoescape=True))
        found.append(or_(CaseRow.number.contains(wanted.text, autoescape=True), CaseRow.unit_id.in_(units)))
    return found


_LOADED: Final = (CaseRow.id, CaseRow.unit_id, CaseRow.post_id, CaseRow.head_hash, CaseRow.body)


def _stored(row: Any) -> Stored:  # noqa: ANN401  # a result row
    return Stored(
        case=restored(orjson.loads(row.body)), unit_id=row.unit_id, post_id=row.post_id, head_hash=row.head_hash
    )


def listed(
    session: Session, reader: Reader, wanted: Filter, *, after: int = 0, limit: int = 50, by_due: bool = False
) -> list[Stored]:
    """Return the cases above id `after` that the reader may see and that fit, by id, or by their next due day."""
    statement = select(*_LOADED).where(*_where(reader, wanted), CaseRow.id > after)
    order = (CaseRow.next_due_on.is_(None), CaseRow.next_due_on, CaseRow.id) if by_due else (CaseRow.id,)
    found = [_stored(row) for row in session.execute(statement.order_by(*order).limit(limit))]
    return personal.shown_all(session, found)


def counted(session: Session, reader: Reader, wanted: Filter) -> int:
    """Return how many cases the reader may see that fit."""
    return int(session.scalar(select(func.count()).select_from(CaseRow).where(*_where(reader, wanted))) or 0)


def by_state(session: Session, reader: Reader) -> dict[State, int]:
    """Return how many of the cases that the reader may see are in each state."""
    statement = select(CaseRow.state, func.count()).where(scope(reader)).group_by(CaseRow.state)
    found = dict(session.execute(statement).all())
    return {state: found.get(state.value, 0) for state in State}


def case(session: Session, reader: Reader, case_id: int) -> Stored:
    """Return the case, if the reader may see it.

    Raises:
        NotFound: there is none, as far as the reader is concerned.
    """
    row = session.execute(select(*_LOADED).where(CaseRow.id == case_id, scope(reader))).first()
    if row is None:
        raise NotFound(NO_CASE.fill(which=case_id))
    return personal.shown_all(session, [_stored(row)])[0]


def history_of(session: Session, case_id: int) -> list[Recorded]:
    """Return the events of a case that the reader was found to see, as a person reads them."""
    return personal.shown_history(session, history(session, case_id))


def events(session: Session, reader: Reader, *, after: int = 0, limit: int = 500) -> Sequence[Recorded]:
    """Return the events behind place `after` of the cases that the reader may see, in the order of the history."""
    mine = select(CaseRow.id).where(scope(reader))
    found = history_where(session, CaseEventRow.seq > after, CaseEventRow.case_id.in_(mine), limit=limit)
    return personal.shown_history(session, found)


def due_between(session: Session, reader: Reader, first: date, last: date, limit: int) -> list[Stored]:
    """Return the cases that the reader may see with their next due day from `first` to `last`, both inclusive."""
    statement = select(*_LOADED).where(scope(reader), CaseRow.next_due_on.between(first, last))
    found = [_stored(row) for row in session.execute(statement.order_by(CaseRow.next_due_on, CaseRow.id).limit(limit))]
    return personal.shown_all(session, found)


def some(session: Session, reader: Reader, case_ids: Collection[int]) -> list[Stored]:
    """Return those of these cases that the reader may see."""
    if not case_ids:
        return []
    found = [_stored(row) for row in session.execute(select(*_LOADED).where(CaseRow.id.in_(case_ids), scope(reader)))]
    return personal.shown_all(session, found)


def seen_events(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on events of cases that the reader may see; none at all for who sees every case.

    A database that is asked for the events of all cases would otherwise list all cases first.
    """
    condition = scope(reader)
    return condition if isinstance(condition, True_) else CaseEventRow.case_id.in_(select(CaseRow.id).where(condition))
