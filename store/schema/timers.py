"""What must happen at a moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base, partial_index


class TimerRow(Base):
    """Something that must happen at a moment. Rows exist only while they wait; what fired is in the history.

    `key` is unique within the case and names the cycle, so that a repeated firing finds nothing. `held_until` and
    `reason` set a timer aside that could not be fired, so that it never blocks the others. `unit_id` repeats the
    case's, so that the burst of one unit can be told from what waits for the others.
    """

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("case_id", "key"),
        partial_index("ix_timers_due", "due_at", "id", where="held_until IS NULL"),
        partial_index("ix_timers_held", "held_until", where="held_until IS NOT NULL"),
        partial_index("ix_timers_unit", "unit_id", "due_at", "id", where="held_until IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    key: Mapped[str]
    kind: Mapped[str]
    due_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str | None]
    unit_id: Mapped[int | None]
