"""Timers: rows that wait, found by when they are due and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Integer, bindparam, delete, func, select, true, tuple_, update

from store import bulk
from store.schema.base import table_of
from store.schema.cases import CaseRow
from store.schema.organisation import UnitRow
from store.schema.timers import TimerRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from states.timers import Timer

_TIMERS: Final = table_of(TimerRow)
_ONE: Final = {"case_id": "b_case", "key": "b_key"}


class DueTimer(NamedTuple):
    """A timer that is due: of which case, which one, since when, and how often it failed before."""

    id: int
    case_id: int
    key: str
    kind: str
    due_at: datetime
    failures: int
    unit_id: int | None


_NAMES: Final = DueTimer._fields
_CASES: Final = table_of(CaseRow)
_DUE: Final = (
    select(*(_TIMERS.c[name] for name in _NAMES))
    .join(_CASES, _CASES.c.id == _TIMERS.c.case_id)
    .where(_TIMERS.c.held_until.is_(None), _TIMERS.c.due_at <= bindparam("as_of", type_=_TIMERS.c.due_at.type))
    .order_by(_TIMERS.c.due_at, _TIMERS.c.id)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(of=_CASES, skip_locked=True)
)


def due(session: Session, as_of: datetime, limit: int, *, skip: Iterable[int] = ()) -> list[DueTimer]:
    """Return up to `limit` timers due at `as_of` that are not set aside, the oldest first, then by id.

    On PostgreSQL their *cases* are locked, and those that another sweep or an act holds are passed over: several
    sweeps share the work without ever waiting for one another. Locking the timers instead would let two sweeps each
    hold one timer of the same case, and wait for the other's for ever. Those set aside until `as_of` or before take
    part again after `release`.
    """
    skipped = list(skip)
    ready = _DUE.where(_TIMERS.c.case_id.not_in(skipped)) if skipped else _DUE
    return [DueTimer(*row) for row in session.connection().execute(ready, {"as_of": as_of, "most": limit})]


_UNITS: Final = table_of(UnitRow)
_WAITING: Final = _TIMERS.alias("waiting")
# The unit stands in this comparison although it is the same on both sides: without it the planner, which cannot know
# that thousands of timers share one moment, walks through all of them once for each unit.
_BEHIND: Final = tuple_(_WAITING.c.unit_id, _WAITING.c.due_at, _WAITING.c.id) > tuple_(
    _UNITS.c.id, bindparam("after", type_=_TIMERS.c.due_at.type), bindparam("after_id", type_=Integer())
)
_OLDEST: Final = (
    select(
        *(_WAITING.c[name] for name in _NAMES),
        func.row_number().over(order_by=(_WAITING.c.due_at, _WAITING.c.id)).label("place"),
    )
    .where(
        _WAITING.c.unit_id == _UNITS.c.id,
        _WAITING.c.held_until.is_(None),
        _WAITING.c.due_at <= bindparam("as_of", type_=_TIMERS.c.due_at.type),
        _BEHIND,
    )
    .order_by(_WAITING.c.due_at, _WAITING.c.id)
    .limit(bindparam("each", type_=Integer()))
)


def _by_turns(oldest: Select[Any]) -> Select[Any]:
    turns = oldest.correlate(_UNITS).lateral("turns")
    return (
        select(*(turns.c[name] for name in _NAMES))
        .select_from(_UNITS)
        .join(turns, true())
        .join(_CASES, _CASES.c.id == turns.c.case_id)
        .order_by(turns.c.place, turns.c.due_at, turns.c.id)
        .limit(bindparam("most", type_=Integer()))
        .with_for_update(of=_CASES, skip_locked=True)
    )


_BY_TURNS: Final = _by_turns(_OLDEST)


def due_by_turns(  # of what, and how many of it, and from where on
    session: Session, as_of: datetime, limit: int, each: int, behind: DueTimer, *, skip: Iterable[int] = ()
) -> list[DueTimer]:
    """Return up to `limit` due timers, taking one timer of every unit in turn.

    Used when more timers are due than one batch holds: a unit with few due timers must not wait until a unit with
    thousands is done. Of each unit at most its `each` oldest timers are considered, and only those after `behind`,
    the last timer that the sweep has already taken in order of age. Rows are locked, and quarantined timers and the
    cases in `skip` are left out, as in `due`. For PostgreSQL only, where many units share one database.
    """
    skipped = list(skip)
    asked = _by_turns(_OLDEST.where(_WAITING.c.case_id.not_in(skipped))) if skipped else _BY_TURNS
    values = {"as_of": as_of, "most": limit, "each": each, "after": behind.due_at, "after_id": behind.id}
    return [DueTimer(*row) for row in session.connection().execute(asked, values)]


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
    gone: list[bulk.Row] = []
    new: list[bulk.Row] = []
    moved: list[bulk.Row] = []
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
    bulk.delete(session, _TIMERS, _ONE, gone)
    bulk.update(session, _TIMERS, _ONE, moved)
    bulk.insert(session, _TIMERS, new)


def clear(session: Session, case_ids: Sequence[int]) -> None:
    """Take all timers of these cases away; whoever calls this writes others in the same transaction."""
    if case_ids:
        session.connection().execute(delete(_TIMERS).where(_TIMERS.c.case_id.in_(case_ids)))


def rewrite(session: Session, case_id: int, unit_id: int, must: Sequence[Timer]) -> None:
    """Let the case of this unit have exactly these timers."""
    clear(session, [case_id])
    replace(session, [(case_id, unit_id, (), must)])


def set_aside(session: Session, timer: DueTimer, reason: str, as_of: datetime, until: datetime) -> None:
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


_READY: Final = select(func.count()).where(TimerRow.held_until.is_(None), TimerRow.due_at < bindparam("before"))
_ASIDE: Final = select(func.count()).where(TimerRow.held_until.is_not(None), TimerRow.due_at < bindparam("before"))
_OVERDUE: Final = select(_READY.scalar_subquery() + _ASIDE.scalar_subquery())


def overdue(session: Session, before: datetime) -> int:
    """Return how many timers should have fired before this moment and still wait, set aside or not."""
    return int(session.scalar(_OVERDUE, {"before": before}) or 0)


def held(session: Session) -> int:
    """Return how many timers are set aside."""
    return int(session.scalar(select(func.count()).where(TimerRow.held_until.is_not(None))) or 0)


def waiting(session: Session, until: datetime) -> int:
    """Return how many timers wait for a moment up to `until`; to count all that ever wait would read them all."""
    return int(session.scalar(select(func.count()).where(TimerRow.held_until.is_(None), TimerRow.due_at <= until)) or 0)
