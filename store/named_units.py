"""Which unit a typed name means: its own name, another writing of it, an alias, an earlier one; or none that is known.

A name that nobody knows makes a unit only where a person says that it is new; near names are shown first (ADR 0050).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, true

from states.errors import BadData, NotPermitted, Sentence
from states.names import is_another_writing, name_key, nearest_names, tidy_name
from store import usual_statements, visibility
from store.schema.organisation import UnitNameRow, UnitRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from store.visibility import Reader

_LIKE_KNOWN: Final = Sentence(
    "没有名为“{name}”的单位，但有相近的{near}：是同一单位的，请写已有的名称；确是新单位的，请先确认为新单位。",
    "There is no unit “{name}”, but {near}: if it is that one, use its name; if not, confirm that it is a new unit.",
)
_OUT_OF_SIGHT: Final = Sentence(
    "您可以查看的单位中没有“{name}”，不能选用：请核对名称；属于其他地方的单位或者新单位的，请由可以查看全部单位的人员办理。",
    "“{name}” is none of the units that you may see and cannot be chosen: check the name; a unit elsewhere, or a new "
    "one, is for somebody who sees all units.",
)
_NAMED: Final = Sentence("单位名称“{name}”已在使用，属于“{unit}”。", "The name “{name}” belongs to the unit “{unit}”.")


class NameKind(StrEnum):
    """What another name of a unit is. The value is how it is kept."""

    ALIAS = "alias"
    EARLIER = "earlier"
    MERGED = "merged"
    CODE = "code"
    REGISTERED = "registered"


class UnknownUnit(BadData):
    """A typed name is no unit's, and looks like another writing of one that is known."""


@dataclass(frozen=True, slots=True)
class MeantUnit:
    """What a typed name means. `known` is the unit's own name, empty where none is known; `near` what resembles it."""

    typed: str
    known: str
    near: tuple[str, ...] = ()

    @property
    def is_another_writing(self) -> bool:
        """Whether the nearest known name looks like another writing of what was typed."""
        return not self.known and any(is_another_writing(self.typed, name) for name in self.near)


@dataclass(slots=True)
class UnitDirectory:
    """All names by which units are known, read once for many questions."""

    names: list[str]
    by_key: dict[str, str] = field(default_factory=dict)

    def meant(self, typed: str, *, compares: bool = True) -> MeantUnit:
        """Return which unit the name means, or, with `compares`, which names are near it."""
        known = self.by_key.get(name_key(typed))
        if known is not None:
            return MeantUnit(typed, known)
        return MeantUnit(tidy_name(typed), "", tuple(nearest_names(typed, self.names)) if compares else ())

    def add(self, name: str) -> None:
        """Know a name that a unit was just made with."""
        self.names.append(name)
        self.by_key.setdefault(name_key(name), name)


def directory(session: Session, reader: Reader | None = None) -> UnitDirectory:
    """Return all names of all units; a unit that was merged into another is known by the other's name.

    With a `reader`, the names of those units only of which this person may see what belongs to them.
    """
    own_names = select(UnitRow.id, UnitRow.name).where(_seen(reader)).order_by(UnitRow.id)
    own = {row.id: row.name for row in session.execute(own_names)}
    by_key = {name_key(name): name for name in reversed(own.values())}
    merged = set()
    for row in session.scalars(select(UnitNameRow).where(UnitNameRow.kind != NameKind.REGISTERED)):
        if row.unit_id not in own:
            continue
        by_key[name_key(row.name)] = own[row.unit_id]
        if row.kind == NameKind.MERGED:
            merged.add(row.name)
    return UnitDirectory([name for name in own.values() if name not in merged], by_key)


def _seen(reader: Reader | None) -> ColumnElement[bool]:
    return true() if reader is None else visibility.of_units(reader, UnitRow.id)


def is_bounded(reader: Reader | None) -> bool:
    """Say whether there may be units that this person does not see; nobody at all is the console, which sees all."""
    return reader is not None and not visibility.is_everything(reader)


def out_of_sight(name: str) -> Sentence:
    """Return what is said of a unit that the reader does not see, and of one that does not exist, in the same words."""
    return _OUT_OF_SIGHT.fill(name=tidy_name(name))


def settled(session: Session, typed: str, *, is_new: bool, reader: Reader | None = None) -> str:
    """Return the name of the unit that is meant; `is_new`: a person has said that it is none of the known ones.

    Whoever sees only some units chooses one of those: what would be entered for another would be out of his or her own
    sight, and so would be a unit that is made new. Both are refused alike, so that nobody learns which units exist.

    Raises:
        UnknownUnit: no unit is called so, and it looks like another writing of one that is known.
        NotPermitted: it is none of the units that the `reader` may see.
    """
    exact = session.scalar(_exactly(reader), {"typed": typed})
    if exact is not None:
        return str(exact)
    found = directory(session, reader).meant(typed)
    if found.known:
        return found.known
    if found.is_another_writing and not is_new:
        raise UnknownUnit(_LIKE_KNOWN.fill(name=found.typed, near="、".join(f"“{name}”" for name in found.near)))
    if is_bounded(reader):
        raise NotPermitted(out_of_sight(typed))
    return typed.strip()


@lru_cache(usual_statements.MOST)
def _exactly(reader: Reader | None) -> Select[Any]:
    merged = (UnitNameRow.name == UnitRow.name) & (UnitNameRow.kind == NameKind.MERGED)
    wanted = (UnitRow.name == bindparam("typed"), UnitNameRow.id.is_(None), _seen(reader))
    return select(UnitRow.name).outerjoin(UnitNameRow, merged).where(*wanted)


def is_kept(session: Session) -> bool:
    """Say whether the office keeps a register of units: whether a person has entered one."""
    statement = select(UnitNameRow.id).where(UnitNameRow.kind == NameKind.REGISTERED).limit(1)
    return session.scalar(statement) is not None


def is_any_inspected(session: Session) -> bool:
    """Say whether there is any unit but the supervisory office's own."""
    return session.scalar(select(UnitRow.id).where(UnitRow.kind != "office").limit(1)) is not None


def register(session: Session, unit_id: int, name: str) -> None:
    """Note that a person entered the unit in the register; a second time nothing happens."""
    note(session, unit_id, NameKind.REGISTERED, name)


def note(session: Session, unit_id: int, kind: NameKind, name: str) -> bool:
    """Let a unit be known by another name too; return whether that is new.

    Raises:
        BadData: the name is another unit's.
    """
    row = session.scalar(select(UnitNameRow).where(UnitNameRow.kind == kind, UnitNameRow.name == name))
    if row is not None and row.unit_id == unit_id:
        return False
    owner = row.unit_id if row is not None else None
    if kind in {NameKind.ALIAS, NameKind.EARLIER}:
        owner = session.scalar(select(UnitRow.id).where(UnitRow.name == name)) or owner
    if owner is not None:
        unit = session.scalar(select(UnitRow.name).where(UnitRow.id == owner))
        raise BadData(_NAMED.fill(name=name, unit=unit))
    session.add(UnitNameRow(unit_id=unit_id, kind=kind, name=name))
    session.flush()
    return True


def others_of(session: Session) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return the other names of all units, each with its kind, by the ids of the units."""
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    statement = select(UnitNameRow).where(UnitNameRow.kind != NameKind.REGISTERED).order_by(UnitNameRow.id)
    for row in session.scalars(statement):
        found[row.unit_id] = (*found.get(row.unit_id, ()), (row.kind, row.name))
    return found
