"""The inspections of the year's plan: reading and writing them, with their check lists and their units."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case as case_when
from sqlalchemy import func, select

from states.errors import NotFound, Sentence
from states.inspection import Answer, InspectionState, number_of
from store.schema.inspections import (
    InspectionAnswerRow,
    InspectionItemRow,
    InspectionRow,
    InspectionVisitRow,
)
from store.schema.organisation import UnitRow
from store.schema.posts import PostRow
from store.visibility import seen_visits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.visibility import Reader

_NONE: Final = Sentence("没有编号为{id}的检查。", "There is no inspection {id}.")
_NO_VISIT: Final = Sentence("没有编号为{id}的现场检查清单。", "There is no on-site list {id}.")


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One point of a check list, in its place from 1."""

    id: int
    place: int
    duty: str
    question: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVisit:
    """One unit of an inspection, and how far its on-site list is. `answered`, `noes` and `cases` count points of it."""

    id: int
    inspection_id: int
    unit_id: int
    unit: str
    unit_kind: str
    opened_on: date | None
    opened_by: str
    submitted_on: date | None
    submitted_by: str
    answered: int = 0
    noes: int = 0
    cases: int = 0
    signed_on: date | None = None
    signed_by: str = ""
    returned_by: str = ""
    returned_because: str = ""

    @property
    def awaits_signature(self) -> bool:
        """Say whether it was handed in with a “no” that nobody has signed as the second."""
        return self.submitted_on is not None and self.noes > 0 and self.signed_on is None


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefInspection:
    """What forms and counts need of an inspection."""

    id: int
    number: str
    title: str
    state: InspectionState


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedInspection:
    """One inspection with its check list and those of its units that the reader may see."""

    id: int
    number: str
    year: int
    kind: str
    title: str
    basis: str
    state: InspectionState
    from_on: date
    until_on: date
    team: tuple[str, ...]
    kept_because: str
    planned_by: str
    approved_by: str
    approved_on: date | None
    announced_on: date | None
    ended_on: date | None
    reason: str
    items: tuple[CheckItem, ...]
    visits: tuple[UnitVisit, ...]


# --- writing -------------------------------------------------------------------------------------------------------


def next_place(session: Session, year: int) -> int:
    """Return the place of the next inspection of the year, from 1. Inspections of a year queue up at its rows."""
    session.scalars(select(InspectionRow.id).where(InspectionRow.year == year).with_for_update()).all()
    return (session.scalar(select(func.max(InspectionRow.place)).where(InspectionRow.year == year)) or 0) + 1


def add(
    session: Session,
    fields: Mapping[str, Any],
    items: Sequence[tuple[str, str, str]],
    unit_ids: Sequence[int],
    team: Sequence[str],
) -> int:
    """Write a new inspection with its check list (duty, question, hint) and its units; return its id."""
    row = InspectionRow(**fields, team=json.dumps(list(team), ensure_ascii=False))
    session.add(row)
    session.flush()
    for place, (duty, question, hint) in enumerate(items, 1):
        session.add(InspectionItemRow(inspection_id=row.id, place=place, duty=duty, question=question, hint=hint))
    for unit_id in unit_ids:
        session.add(InspectionVisitRow(inspection_id=row.id, unit_id=unit_id))
    session.flush()
    return row.id


def change(session: Session, id_: int, **values: Any) -> None:  # noqa: ANN401  # whatever the columns hold
    """Write these columns of the inspection. The row is locked by the caller's transaction."""
    row = session.get_one(InspectionRow, id_)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def open_visit(session: Session, visit_id: int, on: date, who: str) -> None:
    """Note that the on-site list was opened; opening it again changes nothing."""
    row = session.get_one(InspectionVisitRow, visit_id)
    if row.opened_on is None:
        row.opened_on, row.opened_by = on, who
        session.flush()


def submit_visit(session: Session, visit_id: int, on: date, who: str) -> None:
    """Note that the on-site list was handed in."""
    row = session.get_one(InspectionVisitRow, visit_id)
    row.submitted_on, row.submitted_by = on, who
    row.returned_by = row.returned_because = None
    session.flush()


def sign_visit(session: Session, visit_id: int, on: date, who: str) -> None:
    """Note that a second person has signed the on-site list."""
    row = session.get_one(InspectionVisitRow, visit_id)
    row.signed_on, row.signed_by = on, who
    session.flush()


def return_visit(session: Session, visit_id: int, who: str, reason: str) -> None:
    """Open the on-site list again, with the reason for which the second person did not sign it."""
    row = session.get_one(InspectionVisitRow, visit_id)
    row.submitted_on = row.submitted_by = None
    row.returned_by, row.returned_because = who, reason
    session.flush()


# --- reading -------------------------------------------------------------------------------------------------------


def get(session: Session, id_: int, reader: Reader | None = None, *, to_change: bool = False) -> PlannedInspection:
    """Return the inspection; with `to_change`, nobody else changes it until the transaction is over.

    Raises:
        NotFound: there is none, or none that this reader may see.
    """
    if to_change:
        session.scalar(select(InspectionRow.id).where(InspectionRow.id == id_).with_for_update())
    found = _read(session, reader, InspectionRow.id == id_)
    if not found:
        raise NotFound(_NONE.fill(id=id_))
    return found[0]


def of_visit(
    session: Session, visit_id: int, reader: Reader | None = None, *, to_change: bool = False
) -> tuple[PlannedInspection, UnitVisit]:
    """Return the inspection of an on-site list, and the list's unit; locked as `get` does.

    Raises:
        NotFound: there is none, or none that this reader may see.
    """
    id_ = session.scalar(select(InspectionVisitRow.inspection_id).where(InspectionVisitRow.id == visit_id))
    try:
        inspection = get(session, id_ or 0, reader, to_change=to_change)
    except NotFound as error:
        raise NotFound(_NO_VISIT.fill(id=visit_id)) from error
    visit = next((one for one in inspection.visits if one.id == visit_id), None)
    if visit is None:
        raise NotFound(_NO_VISIT.fill(id=visit_id))
    return inspection, visit


def listed(session: Session, year: int | None, reader: Reader | None = None) -> list[PlannedInspection]:
    """Return the inspections of the year, or all, that this reader may see, by year and place."""
    return _read(session, reader, InspectionRow.year == year if year is not None else None)


def page(session: Session, year: int, reader: Reader | None, *, skip: int, limit: int) -> list[PlannedInspection]:
    """Return `limit` of the inspections of the year behind the first `skip`; as `listed`."""
    ids = [one.id for one in brief(session, year, reader)[skip:][:limit]]
    return _read(session, reader, InspectionRow.id.in_(ids)) if ids else []


def brief(session: Session, year: int, reader: Reader | None = None) -> list[BriefInspection]:
    """Return the inspections of the year by what forms and counts need of them; as `listed`."""
    seen = select(InspectionVisitRow.id).where(InspectionVisitRow.inspection_id == InspectionRow.id)
    if reader is not None:
        seen = seen.where(seen_visits(reader))
    columns = (InspectionRow.id, InspectionRow.kind, InspectionRow.place, InspectionRow.title, InspectionRow.state)
    statement = select(*columns).where(InspectionRow.year == year, seen.correlate(InspectionRow).exists())
    return [
        BriefInspection(id=id_, number=number_of(year, kind, place), title=title, state=InspectionState(state))
        for id_, kind, place, title, state in session.execute(statement.order_by(InspectionRow.place))
    ]


def units_of_year(
    session: Session, year: int, reader: Reader | None, *, skip: int = 0, limit: int | None = None
) -> dict[int, str]:
    """Return the units of the year's inspections, without those that were withdrawn, by name: `limit` behind `skip`."""
    statement = (
        select(UnitRow.id, UnitRow.name)
        .join(InspectionVisitRow, InspectionVisitRow.unit_id == UnitRow.id)
        .join(InspectionRow, InspectionRow.id == InspectionVisitRow.inspection_id)
        .where(InspectionRow.year == year, InspectionRow.state != InspectionState.WITHDRAWN.value)
        .distinct()
    )
    if reader is not None:
        statement = statement.where(seen_visits(reader))
    # Put in order here, so that names stand in the same order on both databases.
    names = sorted(session.execute(statement), key=lambda unit: (unit.name, unit.id))
    return {unit.id: unit.name for unit in names[skip:][:limit]}


def visit_months(
    session: Session, year: int, unit_ids: Collection[int], reader: Reader | None = None
) -> dict[int, list[int]]:
    """Return for each of these units the months of the year in which it was or is to be inspected."""
    statement = (
        select(InspectionVisitRow.unit_id, InspectionVisitRow.opened_on, InspectionRow.from_on)
        .join(InspectionRow, InspectionRow.id == InspectionVisitRow.inspection_id)
        .where(
            InspectionRow.year == year,
            InspectionRow.state != InspectionState.WITHDRAWN.value,
            InspectionVisitRow.unit_id.in_(unit_ids),
        )
    )
    if reader is not None:
        statement = statement.where(seen_visits(reader))
    found: dict[int, list[int]] = {}
    for unit_id, opened_on, from_on in session.execute(statement):
        found.setdefault(unit_id, []).append((opened_on or from_on).month)
    return found


def years(session: Session, reader: Reader | None = None) -> list[int]:
    """Return the years for which something is planned that this reader may see, the newest first."""
    statement = (
        select(InspectionRow.year)
        .join(InspectionVisitRow, InspectionVisitRow.inspection_id == InspectionRow.id)
        .distinct()
        .order_by(InspectionRow.year.desc())
    )
    if reader is not None:
        statement = statement.where(seen_visits(reader))
    return list(session.scalars(statement))


def head_of(session: Session, unit_id: int) -> str:
    """Return the name of the unit's head post; "" if it has none, or several."""
    statement = select(PostRow.name).where(PostRow.unit_id == unit_id, PostRow.role == "head").limit(2)
    found = list(session.scalars(statement))
    return found[0] if len(found) == 1 else ""


def _read(session: Session, reader: Reader | None, wanted: ColumnElement[bool] | None) -> list[PlannedInspection]:
    statement = (
        select(InspectionRow, InspectionVisitRow, UnitRow.name, UnitRow.kind)
        .join(InspectionVisitRow, InspectionVisitRow.inspection_id == InspectionRow.id)
        .join(UnitRow, UnitRow.id == InspectionVisitRow.unit_id)
        .order_by(InspectionRow.year, InspectionRow.place, InspectionVisitRow.id)
        .execution_options(populate_existing=True)
    )
    if wanted is not None:
        statement = statement.where(wanted)
    if reader is not None:
        statement = statement.where(seen_visits(reader))
    rows: dict[int, InspectionRow] = {}
    visits: dict[int, list[UnitVisit]] = {}
    found = session.execute(statement).all()
    counted = _counts(session, {row.id for row, *_rest in found})
    for row, visit, unit, kind in found:
        rows[row.id] = row
        visits.setdefault(row.id, []).append(_visit(visit, unit, kind, counted.get(visit.id, (0, 0, 0))))
    items = _items(session, list(rows))
    return [_inspection(row, items.get(row.id, []), visits[row.id]) for row in rows.values()]


def _counts(session: Session, ids: Collection[int]) -> dict[int, tuple[int, int, int]]:
    statement = (
        select(
            InspectionAnswerRow.visit_id,
            func.count(InspectionAnswerRow.answer),
            func.sum(case_when((InspectionAnswerRow.answer == Answer.NO.value, 1), else_=0)),
            func.count(InspectionAnswerRow.case_id),
        )
        .join(InspectionVisitRow, InspectionVisitRow.id == InspectionAnswerRow.visit_id)
        .where(InspectionVisitRow.inspection_id.in_(ids))
        .group_by(InspectionAnswerRow.visit_id)
    )
    return {visit: (answered, noes, cases) for visit, answered, noes, cases in session.execute(statement)}


def _items(session: Session, ids: Sequence[int]) -> dict[int, list[CheckItem]]:
    found: dict[int, list[CheckItem]] = {}
    statement = select(InspectionItemRow).where(InspectionItemRow.inspection_id.in_(ids))
    for row in session.scalars(statement.order_by(InspectionItemRow.inspection_id, InspectionItemRow.place)):
        found.setdefault(row.inspection_id, []).append(CheckItem(row.id, row.place, row.duty, row.question, row.hint))
    return found


def _visit(row: InspectionVisitRow, unit: str, kind: str, counted: tuple[int, int, int]) -> UnitVisit:
    return UnitVisit(
        id=row.id,
        inspection_id=row.inspection_id,
        unit_id=row.unit_id,
        unit=unit,
        unit_kind=kind,
        opened_on=row.opened_on,
        opened_by=row.opened_by or "",
        submitted_on=row.submitted_on,
        submitted_by=row.submitted_by or "",
        answered=counted[0],
        noes=counted[1],
        cases=counted[2],
        signed_on=row.signed_on,
        signed_by=row.signed_by or "",
        returned_by=row.returned_by or "",
        returned_because=row.returned_because or "",
    )


def _inspection(row: InspectionRow, items: Sequence[CheckItem], visits: Sequence[UnitVisit]) -> PlannedInspection:
    return PlannedInspection(
        id=row.id,
        number=number_of(row.year, row.kind, row.place),
        year=row.year,
        kind=row.kind,
        title=row.title,
        basis=row.basis,
        state=InspectionState(row.state),
        from_on=row.from_on,
        until_on=row.until_on,
        team=tuple(json.loads(row.team)),
        kept_because=row.kept_because,
        planned_by=row.planned_by,
        approved_by=row.approved_by or "",
        approved_on=row.approved_on,
        announced_on=row.announced_on,
        ended_on=row.ended_on,
        reason=row.reason or "",
        items=tuple(items),
        visits=tuple(visits),
    )
