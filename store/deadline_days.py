"""Every day on which somebody owes something, for calendars: all running deadlines of all cases, and not only the next.

The days change in the transaction of the act, and only when a deadline of the case does. Rights of the unit, which
nobody owes, are not among them, as they are not in `Case.next_due_on`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, union_all

from store import bulk, case_counts, case_lists
from store.cases import stored_of
from store.schema.base import table_of
from store.schema.cases import CaseDeadlineRow, CaseRow
from store.schema.events import LogHeadRow
from store.visibility import hidden_from, is_everything, scope, sees_all_of_office

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from states.case import Case
    from store.cases import Stored
    from store.visibility import Reader

_DAYS: Final = table_of(CaseDeadlineRow)


class CalendarLine(NamedTuple):
    """One deadline on its day, with its case."""

    on: date
    kind: str
    stored: Stored


def _owed(case: Case | None) -> set[tuple[date, str]]:
    return {(line.due_on, line.kind) for line in case.running if line.party != "right"} if case is not None else set()


def keep(session: Session, cases: Iterable[tuple[Case | None, Case]]) -> None:
    """Write the days of these cases, each given as it was, or None if it is new, and as it is."""
    lost: list[bulk.Row] = []
    won: list[bulk.Row] = []
    for before, now in cases:
        if before is not None and before.deadlines is now.deadlines and before.phase is now.phase:
            continue
        old, new = _owed(before), _owed(now)
        lost += [{"b_on": on, "b_case": now.id, "b_kind": kind} for on, kind in sorted(old - new)]
        won += [{"due_on": on, "case_id": now.id, "kind": kind} for on, kind in sorted(new - old)]
    bulk.delete(session, _DAYS, {"due_on": "b_on", "case_id": "b_case", "kind": "b_kind"}, lost)
    bulk.insert(session, _DAYS, won)


def _seen(reader: Reader) -> list[ColumnElement[bool]]:
    """Return the conditions on days of cases that the reader may see."""
    if sees_all_of_office(reader):
        return []
    if is_everything(reader):
        return [CaseDeadlineRow.case_id.not_in(hidden_from(reader))]
    return [CaseDeadlineRow.case_id.in_(select(CaseRow.id).where(scope(reader)))]


def counts(session: Session, reader: Reader, first: date, last: date) -> dict[date, int]:
    """Return how many deadlines of cases in sight end on each day from `first` to `last`, both inclusive."""
    between = CaseDeadlineRow.due_on.between(first, last)
    statement = select(CaseDeadlineRow.due_on, func.count()).where(between, *_seen(reader))
    return {on: int(n) for on, n in session.execute(statement.group_by(CaseDeadlineRow.due_on))}


def between(session: Session, reader: Reader, first: date, last: date, limit: int) -> list[CalendarLine]:
    """Return the first `limit` deadlines in sight from `first` to `last`, both inclusive, by their days."""
    statement = (
        select(CaseDeadlineRow.due_on, CaseDeadlineRow.kind, CaseDeadlineRow.case_id)
        .where(CaseDeadlineRow.due_on.between(first, last), *_seen(reader))
        .order_by(CaseDeadlineRow.due_on, CaseDeadlineRow.case_id, CaseDeadlineRow.kind)
        .limit(limit)
    )
    rows = session.execute(statement).all()
    ids = list(dict.fromkeys(row.case_id for row in rows))
    read = {item.case.id: item for item in case_lists.whole(session, ids)}
    return [CalendarLine(row.due_on, row.kind, read[row.case_id]) for row in rows]


def first_of_days(session: Session, reader: Reader, first: date, last: date, limit: int) -> list[CalendarLine]:
    """Return the first `limit` deadlines in sight of each day from `first` to `last`, both inclusive, by their days."""
    columns = (_DAYS.c.due_on, _DAYS.c.kind, _DAYS.c.case_id)
    order = (_DAYS.c.case_id, _DAYS.c.kind)
    if case_counts.is_few(session, reader):
        mine = select(CaseRow.id).where(scope(reader)).cte("mine").prefix_with("MATERIALIZED")
        place = func.row_number().over(partition_by=_DAYS.c.due_on, order_by=order).label("place")
        own = (
            select(*columns, place).join(mine, mine.c.id == _DAYS.c.case_id).where(_DAYS.c.due_on.between(first, last))
        )
        each = own.subquery()
        statement: Any = select(each.c.due_on, each.c.kind, each.c.case_id).where(each.c.place <= limit)
    else:
        # Day by day, so that no more are read than are shown; a month of a large office has very many.
        days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
        seen = _seen(reader)
        ways = [select(*columns).where(_DAYS.c.due_on == on, *seen).order_by(*order).limit(limit) for on in days]
        statement = union_all(*(select(way.subquery()) for way in ways))
    rows = sorted(tuple(row) for row in session.execute(statement))
    read = case_lists.whole_by_id(session, {case_id for _on, _kind, case_id in rows})
    lines = [CalendarLine(on, kind, read[case_id]) for on, kind, case_id in rows]
    return sorted(lines, key=lambda line: (line.on, line.stored.case.id, line.kind))


def wrong(session: Session) -> int:
    """Return how many days are missing, or there and not owed; it reads every case once."""
    astray = n = 0
    for cases in _batches(session):
        must = {(on, case.id, kind) for case in cases for on, kind in _owed(case)}
        among = bulk.Among(select(_DAYS.c.due_on, _DAYS.c.case_id, _DAYS.c.kind), _DAYS.c.case_id)
        kept = {tuple(row) for row in among.execute(session, [case.id for case in cases])}
        astray += len(must ^ kept)
        n += len(kept)
    there = int(session.scalar(select(func.count()).select_from(_DAYS)) or 0)
    return astray + abs(there - n)


def refill(session: Session) -> None:
    """Write all days anew from the cases; nobody writes meanwhile."""
    session.execute(select(LogHeadRow.size).where(LogHeadRow.id == 1).with_for_update())
    session.execute(delete(_DAYS))
    for cases in _batches(session):
        keep(session, [(None, case) for case in cases])


def _batches(session: Session, batch: int = 1_000) -> Iterator[Sequence[Case]]:
    after = 0
    columns = (CaseRow.id, CaseRow.unit_id, CaseRow.post_id, CaseRow.head_hash, CaseRow.body)
    statement = select(*columns).order_by(CaseRow.id).limit(batch)
    while rows := session.execute(statement.where(CaseRow.id > after)).all():
        yield [stored_of(row).case for row in rows]
        after = rows[-1].id
