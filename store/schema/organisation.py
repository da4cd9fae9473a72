"""Units, and the names by which they are known."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class UnitRow(Base):
    """A body that is inspected, or an office that inspects. Units form a tree."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))


class UnitNameRow(Base):
    """Another name of a unit: an alias, an earlier name, the name of a unit that was merged into it, its code.

    With the kind `registered` it is the unit's own name, and says that a person entered the unit in the register of
    units. The first such line ends the time in which a ledger brings its units by itself (ADR 0050).
    """

    __tablename__ = "unit_names"
    __table_args__ = (UniqueConstraint("kind", "name"), Index("ix_unit_names_unit", "unit_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[str]
    name: Mapped[str]
