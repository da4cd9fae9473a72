"""Which cases a report looks at: those that were there by its day, each with its unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from store.schema.cases import CaseRow

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def opened_until(session: Session, last: date, *conditions: ColumnElement[bool]) -> dict[int, int]:
    """Return the unit of each case that was opened by the end of a day and fits, by the id of the case."""
    statement = select(CaseRow.id, CaseRow.unit_id).where(CaseRow.opened_on <= last, *conditions).order_by(CaseRow.id)
    return {row.id: row.unit_id for row in session.execute(statement)}
