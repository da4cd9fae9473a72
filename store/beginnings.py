"""What a new installation has of what it needs before it can work: units, people, addresses, a first case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import exists, func, select

from states.vocabulary import Role
from store.schema.accounts import PersonRow
from store.schema.cases import CaseRow
from store.schema.organisation import UnitRow
from store.schema.posts import ContactRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Label
    from sqlalchemy.orm import Session


COUNTED: Final = (Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER)
"""Without these roles no case goes its way."""
MOST: Final = 2
"""So far people are counted: nobody asks for more, and in a large office there are thousands."""


def _counted(role: Role) -> Label[int]:
    may_act = (PersonRow.disabled_at.is_(None), PersonRow.confirmed.is_(True))
    some = select(PersonRow.id).where(PersonRow.role == role.value, *may_act).limit(MOST).subquery()
    return select(func.count()).select_from(some).scalar_subquery().label(role.value)


_BEGINNINGS: Final = select(
    exists(select(UnitRow.id).where(UnitRow.kind != "office")).label("has_unit"),
    exists(select(ContactRow.id)).label("has_address"),
    exists(select(CaseRow.id)).label("has_case"),
    *(_counted(role) for role in COUNTED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginnings:
    """`people` says of each of the roles in `COUNTED` how many may act, up to `MOST`."""

    has_unit: bool
    people: Mapping[Role, int]
    has_address: bool
    has_case: bool


def beginnings(session: Session) -> Beginnings:
    """Return what there is; the office's own unit is no unit that is looked after."""
    row = session.execute(_BEGINNINGS).mappings().one()
    return Beginnings(
        has_unit=row["has_unit"],
        people={role: row[role.value] for role in COUNTED},
        has_address=row["has_address"],
        has_case=row["has_case"],
    )
