"""Ledgers that offices send: what a person said of a layout, so that it is said once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class LedgerMappingRow(Base):
    """Where the columns of one layout go. `mapping` is canonical JSON, as the command line's `--map` reads it."""

    __tablename__ = "ledger_mappings"

    id: Mapped[int] = mapped_column(primary_key=True)
    layout: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    mapping: Mapped[str]
    kept_by: Mapped[str]
    kept_at: Mapped[datetime]
