"""The units of the territory: their tree, their names and their kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from states.errors import BadData, NotFound, Sentence
from states.names import is_plain_name, plain_name
from store import named_units
from store.schema.base import table_of
from store.schema.organisation import UnitRow
from store.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


UNIT_TABLE: Final = table_of(UnitRow)


_NO_UNIT: Final = Sentence("没有编号为{id}的单位。", "There is no unit with the id {id}.")


_NO_UNIT_NAME: Final = Sentence("没有名为“{name}”的单位，请先添加。", "There is no unit “{name}”; add it first.")


_NOT_PLAIN: Final = Sentence(
    "名称“{name}”含有控制、零宽、改变文字方向等看不见的字符，请重新输入。",
    "The name “{name}” has characters that nobody sees (control, zero width, bidirectional); type it again.",
)


_UNIT_TAKEN: Final = Sentence("单位“{name}”已存在。", "There is a unit “{name}” already.")


_ROUND: Final = Sentence("上级单位不能是本单位或其下级。", "A unit cannot be placed below itself.")


_PARTY: Final = re.compile(r"(?:县|区|市|镇|乡|街道|州)(?:党)?委(?:员会)?$")


def kind_of(name: str) -> str:
    """Return the kind of a unit as its name tells it; the office may say otherwise.

    A lower Party committee or government must be known as such: an order to it needs the consent of the Party
    committee or government above (docs/domain.md §0.7).
    """
    if name.endswith(("人民政府", "县政府", "区政府", "市政府", "镇政府", "乡政府")):
        return "government"
    if _PARTY.search(name):
        return "party_committee"
    if name.endswith(("村", "社区", "村民委员会", "居民委员会")):
        return "village"
    if name.endswith(("街道办事处",)):
        return "township"
    return "department"


_TOLD: Final = re.compile(
    r"(?:局|委|委员会|办|办公室|部|厅|院|处|科|所|站|署|会|中心|[大支总]队|分局|街道办事处|村|社区|政府|管理所)$"
)


_CALLED: Final = select(UnitRow).where(UnitRow.name == bindparam("called"))
_KIND_OF: Final = select(UnitRow.kind).where(UnitRow.name == bindparam("called"))


def known_kind(session: Session, name: str) -> str:
    """Return the kind of the unit as the office or its name says it; "" where neither does.

    A name that tells nothing is kept as a department; only where the office has made it something else is that known.
    """
    stored = session.scalar(_KIND_OF, {"called": name})
    guessed = kind_of(name)
    if stored is not None and stored != guessed:
        return stored
    return guessed if guessed != "department" or _TOLD.search(name) else ""


def require_plain(name: str) -> None:
    """Do nothing if every character of a name can be seen; a name that is there already is left as it is.

    Raises:
        BadData: one cannot.
    """
    if not is_plain_name(name):
        raise BadData(_NOT_PLAIN.fill(name=plain_name(name)))


def ensure_unit(session: Session, name: str, kind: str = "", parent_id: int | None = None) -> UnitRow:
    """Return the unit of this name, made if it is new."""
    row = session.scalar(_CALLED, {"called": name})
    if row is None:
        require_plain(name)
        insert_once(session, UnitRow, {"name": name, "kind": kind or kind_of(name), "parent_id": parent_id})
        row = session.scalars(_CALLED, {"called": name}).one()
    return row


def rename_office(session: Session, name: str) -> None:
    """Give the supervisory office's unit another name, before anything was entered under the old one.

    Raises:
        BadData: another unit has the name, or it has characters that nobody sees.
    """
    row = session.scalars(select(UnitRow).where(UnitRow.kind == "office").order_by(UnitRow.id).limit(1)).one()
    if row.name != name:
        require_plain(name)
        require_new(session, name)
        row.name = name


def unit_by_name(session: Session, name: str) -> OrganisationUnit:
    """Return the unit of this name, without its depth.

    Raises:
        NotFound: there is none.
    """
    found = unit_named(session, name)
    if found is None:
        raise NotFound(_NO_UNIT_NAME.fill(name=name))
    return found


def unit_named(session: Session, name: str) -> OrganisationUnit | None:
    """Return the unit that has this name now, without its depth; None if none has."""
    row = session.scalar(_CALLED, {"called": name})
    return OrganisationUnit(row.id, row.name, row.kind, row.parent_id, 0) if row is not None else None


def superior_of(session: Session, unit_id: int) -> str:
    """Return the name of the unit above this one; empty if none is, or if there is no such unit."""
    below = select(UnitRow.parent_id).where(UnitRow.id == unit_id).scalar_subquery()
    return session.scalar(select(UnitRow.name).where(UnitRow.id == below)) or ""


def unit_by_id(session: Session, unit_id: int) -> OrganisationUnit:
    """Return the unit with this id, without its depth.

    Raises:
        NotFound: there is none.
    """
    row = session.get(UnitRow, unit_id)
    if row is None:
        raise NotFound(_NO_UNIT.fill(id=unit_id))
    return OrganisationUnit(row.id, row.name, row.kind, row.parent_id, 0)


def add_unit(session: Session, name: str, kind: str, parent_id: int | None) -> int:
    """Make a unit that is not there yet; return its id.

    Raises:
        BadData: the name is taken. Whoever “adds” a unit must not move one that is there.
        NotFound: there is no such unit above.
    """
    require_new(session, name)
    row = ensure_unit(session, name, kind)
    place_unit(session, row.id, parent_id)
    return row.id


def require_new(session: Session, name: str) -> None:
    """Do nothing if no unit has this name.

    Raises:
        BadData: one has.
    """
    if session.scalar(select(UnitRow.id).where(UnitRow.name == name)) is not None:
        raise BadData(_UNIT_TAKEN.fill(name=name))


def unit_names(session: Session, unit_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of these units."""
    statement = select(UnitRow.id, UnitRow.name).where(UnitRow.id.in_(set(unit_ids)))
    return {row.id: row.name for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class OrganisationUnit:
    """A unit in the tree, with how deep it stands."""

    id: int
    name: str
    kind: str
    parent_id: int | None
    depth: int


def unit_tree(session: Session) -> list[OrganisationUnit]:
    """Return all units, each below the one that it belongs to."""
    rows = list(session.scalars(select(UnitRow).order_by(UnitRow.name)))
    below: dict[int | None, list[UnitRow]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    found: list[OrganisationUnit] = []
    left = [(row, 0) for row in reversed(below.get(None, []))]
    while left:
        row, depth = left.pop()
        found.append(OrganisationUnit(row.id, row.name, row.kind, row.parent_id, depth))
        left += [(child, depth + 1) for child in reversed(below.get(row.id, []))]
    return found


def require_place(session: Session, unit_id: int, parent_id: int | None) -> None:
    """Do nothing if the unit can stand below the other, or at the top.

    Raises:
        NotFound: there is no such unit.
        BadData: the unit would stand below itself.
    """
    above = parent_id
    while above is not None:
        parent = session.get(UnitRow, above)
        if parent is None:
            raise NotFound(_NO_UNIT.fill(id=above))
        if parent.id == unit_id:
            raise BadData(_ROUND)
        above = parent.parent_id


def place_unit(session: Session, unit_id: int, parent_id: int | None) -> str:
    """Put a unit below another, or at the top; return its name.

    Raises:
        NotFound: there is no such unit.
        BadData: the unit would stand below itself.
    """
    # One at a time: of two units that are each put below the other, the second is refused.
    session.scalars(select(UnitRow.id).order_by(UnitRow.id).with_for_update()).all()
    row = session.get(UnitRow, unit_id, populate_existing=True)
    if row is None:
        raise NotFound(_NO_UNIT.fill(id=unit_id))
    require_place(session, unit_id, parent_id)
    row.parent_id = parent_id
    return row.name


def merge_unit(session: Session, unit_id: int, into_id: int) -> None:
    """Let a unit be one with another: its name means the other from now on, and it stands below it.

    Its cases keep their record and the name under which they were opened; who sees the other unit's sees them too.

    Raises:
        NotFound: there is no such unit.
        BadData: the other stands below it.
    """
    name = place_unit(session, unit_id, into_id)
    named_units.note(session, into_id, named_units.NameKind.MERGED, name)
