"""What an installation has agreed about, and which schema its database has."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class SchemaMarkRow(Base):
    """What the migrations say about the schema to releases that do not know the newest of them (ADR 0030)."""

    __tablename__ = "schema_marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class InstallationRow(Base):
    """What all processes of an installation have to share: its id, and the settings that acts depend on."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
