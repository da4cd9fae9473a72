"""Counts that are kept with every act, so that no page counts rows."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base

EVERYWHERE: Final = 0
"""The unit of the tallies of the whole office."""


NO_DAY: Final = date(1, 1, 1)
"""The day of tallies that have none."""


class CounterRow(Base):
    """How many cases or events count in one line (`store.counters`); a key has no empty column, so that lines merge."""

    __tablename__ = "tallies"

    kind: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hidden: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(primary_key=True)
    light: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    n: Mapped[int]
