"""Timers: rows that wait, found by when they are due and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select, true, update

from store import rows
from store.tables import CaseRow, TimerRow, UnitRow, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from states.timers import Timer

_TIMERS: Final = table_of(TimerRow)
_ONE: Final = {"case_id": "b_case", "key": "b_key"}


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that is due: of which case, which one, since when, and how often it failed before."""

    id: int
    case_id: int
    key: str
    kind: str
    due_at: datetime
    failures: int
    unit_id: int | None


_DUE: Final = tuple(_TIMERS.c[name] for name in Due.__slots__)


def due(session: Session, as_of: datetime, limit: int, *, skip: Iterable[int] = ()) -> list[Due]:
    """Return up to `limit` timers due at `as_of` that are not set aside, the oldest first, then by id.

    On PostgreSQL their *cases* are locked, and those that another sweep or an act holds are passed over: several
    sweeps share the work without ever waiting for one another. Locking the timers instead would let two sweeps each
    hold one timer of the same case, and wait for the other's for ever. Those set aside until `as_of` or before take
    part again after `release`.
    """
    ready = select(*_DUE).join(CaseRow, CaseRow.id == TimerRow.case_id)
    ready = ready.where(TimerRow.held_until.is_(None), TimerRow.due_at <= as_of)
    skipped = list(skip)
    if skipped:
        ready = ready.where(TimerRow.case_id.not_in(skipped))
    ready = ready.order_by(TimerRow.due_at, TimerRow.id).limit(limit).with_for_update(of=CaseRow, skip_locked=True)
    return [Due(*row) for row in session.execute(ready)]


def due_by_turns(session: Session, as_of: datetime, limit: int, each: int, *, skip: Iterable[int] = ()) -> list[Due]:
    """Return up to `limit` due timers, of each unit its oldest `each`, taking one of every unit in turn.

    The work of a sweep that has more than it can do at once: whoever has little due need not wait for a unit that has
    much. Only PostgreSQL is asked, where many units share one database; locks and what is set aside are as in `due`.
    """
    waiting = _TIMERS.alias("waiting")
    place = func.row_number().over(order_by=(waiting.c.due_at, waiting.c.id)).label("place")
    oldest = (
        select(*(waiting.c[name] for name in Due.__slots__), place)
        .where(waiting.c.unit_id == UnitRow.id, waiting.c.held_until.is_(None), waiting.c.due_at <= as_of)
        .order_by(waiting.c.due_at, waiting.c.id)
        .limit(each)
    )
    skipped = list(skip)
    if skipped:
        oldest = oldest.where(waiting.c.case_id.not_in(skipped))
    turns = oldest.lateral("turns")
    found = (
        select(*(turns.c[name] for name in Due.__slots__))
        .select_from(UnitRow)
        .join(turns, true())
        .join(CaseRow, CaseRow.id == turns.c.case_id)
        .order_by(turns.c.place, turns.c.due_at, turns.c.id)
        .limit(limit)
        .with_for_update(of=CaseRow, skip_locked=True)
    )
    return [Due(*row) for row in session.execute(found)]


def release(session: Session, as_of: datetime) -> int:
    """Let the timers that were set aside until now take part again; return how many.

    Those that another transaction holds are left for the next sweep, so that nobody waits for anybody.
    """
    free = select(_TIMERS.c.id).where(_TIMERS.c.held_until <= as_of).with_for_update(skip_locked=True)
    ids = list(session.scalars(free))
    if ids:
        session.connection().execute(update(_TIMERS).where(_TIMERS.c.id.in_(ids)).values(held_until=None))
    return len(ids)


def replace(session: Session, changes: Sequence[tuple[int, int, Sequence[Timer], Sequence[Timer]]]) -> None:
    """Write, for each case of a unit, the difference between the timers it had and those it must have now."""
    gone: list[rows.Row] = []
    new: list[rows.Row] = []
    moved: list[rows.Row] = []
    for case_id, unit_id, before, after in changes:
        had = {timer.key: timer for timer in before}
        must = {timer.key: timer for timer in after}
        gone += [{"b_case": case_id, "b_key": key} for key in had if key not in must]
        for key, timer in must.items():
            old = had.get(key)
            if old is None:
                row = {"case_id": case_id, "key": key, "kind": timer.kind, "due_at": timer.due_at, "unit_id": unit_id}
                new.append(row)
            elif old.due_at != timer.due_at:
                moved.append({"b_case": case_id, "b_key": key, "due_at": timer.due_at})
    rows.delete(session, _TIMERS, _ONE, gone)
    rows.update(session, _TIMERS, _ONE, moved)
    rows.insert(session, _TIMERS, new)


def clear(session: Session, case_ids: Sequence[int]) -> None:
    """Take all timers of these cases away; whoever calls this writes others in the same transaction."""
    if case_ids:
        session.connection().execute(delete(_TIMERS).where(_TIMERS.c.case_id.in_(case_ids)))


def rewrite(session: Session, case_id: int, unit_id: int, must: Sequence[Timer]) -> None:
    """Let the case of this unit have exactly these timers."""
    clear(session, [case_id])
    replace(session, [(case_id, unit_id, (), must)])


def set_aside(session: Session, timer: Due, reason: str, as_of: datetime, until: datetime) -> None:
    """Put all due timers of a case that could not be moved aside, with the reason, so that it blocks no other."""
    session.execute(select(CaseRow.id).where(CaseRow.id == timer.case_id).with_for_update())
    statement = (
        update(_TIMERS)
        .where(_TIMERS.c.case_id == timer.case_id, _TIMERS.c.due_at <= as_of)
        .values(held_until=until, failures=_TIMERS.c.failures + 1, reason=reason[:500])
    )
    session.connection().execute(statement)


def of_case(session: Session, case_id: int) -> set[tuple[str, str, datetime]]:
    """Return the timers that wait for this case, as (key, kind, moment)."""
    found = session.execute(select(TimerRow.key, TimerRow.kind, TimerRow.due_at).where(TimerRow.case_id == case_id))
    return {(row.key, row.kind, row.due_at) for row in found}


def of_cases(session: Session, first: int, last: int) -> dict[int, set[tuple[str, str, datetime]]]:
    """Return the timers of all cases with ids from `first` to `last`, both inclusive."""
    statement = select(TimerRow.case_id, TimerRow.key, TimerRow.kind, TimerRow.due_at).where(
        TimerRow.case_id.between(first, last)
    )
    found: dict[int, set[tuple[str, str, datetime]]] = {}
    for row in session.execute(statement):
        found.setdefault(row.case_id, set()).add((row.key, row.kind, row.due_at))
    return found


def overdue(session: Session, before: datetime) -> int:
    """Return how many timers should have fired before this moment and still wait."""
    return int(session.scalar(select(func.count()).where(TimerRow.due_at < before)) or 0)


def held(session: Session) -> int:
    """Return how many timers are set aside."""
    return int(session.scalar(select(func.count()).where(TimerRow.held_until.is_not(None))) or 0)


def waiting(session: Session) -> int:
    """Return how many timers wait."""
    return int(session.scalar(select(func.count()).select_from(TimerRow)) or 0)
