"""What a new installation has of what it needs before it can work: units, people, addresses, a first case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store.schema.accounts import PersonRow
from store.schema.cases import CaseRow
from store.schema.organisation import UnitRow
from store.schema.posts import ContactRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginnings:
    """`people` counts who may act, by role."""

    has_unit: bool
    people: Mapping[str, int]
    has_address: bool
    has_case: bool


def beginnings(session: Session) -> Beginnings:
    """Return what there is; the office's own unit is no unit that is looked after."""
    counted = select(PersonRow.role, func.count().label("n")).where(
        PersonRow.disabled_at.is_(None), PersonRow.confirmed.is_(True)
    )
    return Beginnings(
        has_unit=session.scalar(select(UnitRow.id).where(UnitRow.kind != "office").limit(1)) is not None,
        people={row.role: row.n for row in session.execute(counted.group_by(PersonRow.role))},
        has_address=session.scalar(select(ContactRow.id).limit(1)) is not None,
        has_case=session.scalar(select(CaseRow.id).limit(1)) is not None,
    )
