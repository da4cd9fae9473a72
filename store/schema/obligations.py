"""Obligations of the year, and the steps that each has gone."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base, partial_index


class ObligationRow(Base):
    """What one clause asks of one unit in one year, as it stands now.

    The day, the number, the receivers and the profile are those of the day on which it was generated: what rules say
    later does not change them. `receivers` are separated by line ends. `told_until` is the last moment at which time
    has looked, `next_at` the next one; nothing where it looks no more.
    """

    __tablename__ = "obligations"
    __table_args__ = (
        UniqueConstraint("unit_id", "clause", "year"),
        partial_index("ix_obligations_next", "next_at", "id", where="next_at IS NOT NULL"),
        Index("ix_obligations_year", "year", "unit_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    clause: Mapped[str]
    duty: Mapped[str]
    year: Mapped[int]
    profile: Mapped[str]
    due_on: Mapped[date]
    day_in_rule: Mapped[bool]
    times: Mapped[int]
    receivers: Mapped[str]
    by_reference: Mapped[bool]
    state: Mapped[str]
    generated_at: Mapped[datetime]
    told_until: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    clue_id: Mapped[int | None] = mapped_column(ForeignKey("clues.id"))


class ObligationStepRow(Base):
    """One step of an obligation: what was handed in, who signed, why it was excused, what was missing on the day.

    `day` is the day on which it happened, `noted_at` when it was entered. `file` is the hash of kept evidence.
    """

    __tablename__ = "obligation_steps"
    __table_args__ = (Index("ix_obligation_steps_of", "obligation_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    obligation_id: Mapped[int] = mapped_column(ForeignKey("obligations.id"))
    step: Mapped[str]
    day: Mapped[date]
    receiver: Mapped[str]
    note: Mapped[str]
    file: Mapped[str | None]
    who: Mapped[str]
    role: Mapped[str]
    noted_at: Mapped[datetime]
