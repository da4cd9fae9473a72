"""Which cases a report looks at: those whose histories it reads, and those whose rows say all that it counts.

A case in which nothing has happened since the first day of the period stands today as it stood then: of such a case a
report needs no more than its row (ADR 0055).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, and_, case, cast, func, literal, select

from states.vocabulary import SPINE, Light, State
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from store.schema.organisation import UnitRow
from store.upsert import is_postgresql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_SPINE: Final = tuple(state.value for state in SPINE)
_AT_ONCE: Final = 500
_EVENTS_LOOKED_AT: Final = 20_000


@dataclass(frozen=True, slots=True)
class StandingCase:
    """A case that stands as it stood on the day of the report.

    `duty` is empty where a report counts the case under none: it was handed over, or opened before the years counted.
    """

    id: int
    unit_id: int
    opened_on: date
    duty: str
    is_open: bool
    light: Light


def moved(session: Session, first: date, last: date, *conditions: ColumnElement[bool]) -> dict[int, int]:
    """Return the unit of each case that fits, was opened by the end of `last`, and whose history must be read, by id.

    These are the cases in which something happened on `first` or later, and those with a red light, whose term a
    report names.
    """
    since = select(CaseEventRow.case_id.label("id")).where(CaseEventRow.occurred_on >= first)
    red = select(CaseRow.id.label("id")).where(CaseRow.state.in_(_SPINE), CaseRow.light == Light.RED.value)
    wanted = since.union(red).cte("wanted").prefix_with("MATERIALIZED")
    statement = (
        select(CaseRow.id, CaseRow.unit_id)
        .join(wanted, wanted.c.id == CaseRow.id)
        .where(CaseRow.opened_on <= last, *conditions)
        .order_by(CaseRow.id)
    )
    return {row.id: row.unit_id for row in session.execute(statement)}


def moved_since(session: Session, seq: int, until: date, last: date, most: int) -> list[int] | None:
    """Return the cases with events behind this place in the history, or of the days after `until` up to `last`.

    None are returned if they are more than `most`.
    """
    wanted = select(CaseEventRow.case_id).where(CaseEventRow.seq > seq).limit(_EVENTS_LOOKED_AT + 1)
    found = list(session.scalars(wanted))
    if until < last:
        later = (CaseEventRow.occurred_on > until, CaseEventRow.occurred_on <= last)
        found += session.scalars(select(CaseEventRow.case_id).where(*later).limit(_EVENTS_LOOKED_AT + 1))
    ids = sorted(set(found))
    return ids if len(found) <= _EVENTS_LOOKED_AT and len(ids) <= most else None


def units_of(
    session: Session, case_ids: Collection[int], last: date, *conditions: ColumnElement[bool]
) -> dict[int, int]:
    """Return the unit of each of these cases that fits and was opened by the end of `last`."""
    wanted, found = sorted(case_ids), dict[int, int]()
    for first in range(0, len(wanted), _AT_ONCE):
        some = CaseRow.id.in_(wanted[first : first + _AT_ONCE])
        statement = select(CaseRow.id, CaseRow.unit_id).where(some, CaseRow.opened_on <= last, *conditions)
        found.update((id_, unit_id) for id_, unit_id in session.execute(statement))
    return found


def unit_of(session: Session, case_id: int) -> int:
    """Return the unit of a case, whoever sees it."""
    return int(session.scalar(select(CaseRow.unit_id).where(CaseRow.id == case_id)) or 0)


def standing(  # from which case and until when, from which day on with their duties, and which fit
    session: Session, last: date, since: date, *conditions: ColumnElement[bool]
) -> Iterator[StandingCase]:
    """Yield, by id, the cases that were opened from `since` until the end of `last`, and all older ones that are open.

    What they are told to be is what they are today: it holds for `last` only of those that `moved` does not return.
    """
    young = select(CaseRow.id.label("id")).where(CaseRow.opened_on.between(since, last))
    open_ = select(CaseRow.id.label("id")).where(CaseRow.state.in_(_SPINE), CaseRow.opened_on < since)
    wanted = young.union_all(open_).cte("wanted").prefix_with("MATERIALIZED")
    counted = and_(CaseRow.opened_on >= since, CaseRow.state != State.TRANSFERRED.value)
    duty = case((counted, _of_body(session, "duty")), else_=literal(""))
    columns = (CaseRow.id, CaseRow.unit_id, CaseRow.opened_on, duty, CaseRow.state, CaseRow.light)
    statement = select(*columns).join(wanted, wanted.c.id == CaseRow.id).where(*conditions).order_by(CaseRow.id)
    for id_, unit_id, opened_on, said, state, light in session.execute(statement):
        yield StandingCase(id_, unit_id, opened_on, said or "", state in _SPINE, Light(light))


def _of_body(session: Session, name: str) -> Any:  # noqa: ANN401  # an expression of either dialect
    if is_postgresql(session):
        return func.json_extract_path_text(cast(CaseRow.body, JSON), name)
    return func.json_extract(CaseRow.body, f"$.{name}")


def names(session: Session, unit_ids: Collection[int], last: date, *conditions: ColumnElement[bool]) -> dict[int, str]:
    """Return what each unit was called in the latest of its cases that fits and was opened by the end of `last`."""
    wanted = sorted(unit_ids)
    found: dict[int, str] = {}
    latest = (
        select(CaseRow.id)
        .where(CaseRow.unit_id == UnitRow.id, CaseRow.opened_on <= last, *conditions)
        .order_by(CaseRow.id.desc())
        .limit(1)
        .correlate(UnitRow)
        .scalar_subquery()
    )
    for first in range(0, len(wanted), _AT_ONCE):
        ids = select(latest).where(UnitRow.id.in_(wanted[first : first + _AT_ONCE]))
        called = select(CaseRow.unit_id, _of_body(session, "unit")).where(CaseRow.id.in_(ids))
        found |= dict(session.execute(called).all())
    return found
