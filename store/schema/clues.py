"""Clues: possible problems that wait until a person makes a case of them or puts them aside."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base, partial_index


class ClueRow(Base):
    """One clue, as it stands now.

    `unit` is the name as it was given: a clue may be about a unit that the office does not know yet.
    """

    __tablename__ = "clues"
    __table_args__ = (
        partial_index("ix_clues_open", "id", where="state = 'open'"),
        Index("ix_clues_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    source: Mapped[str]
    unit: Mapped[str]
    duty: Mapped[str]
    text: Mapped[str]
    raised_on: Mapped[date]
    raised_by: Mapped[str]
    raised_at: Mapped[datetime]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
