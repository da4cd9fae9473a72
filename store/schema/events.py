"""The history of the whole office, written once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base, partial_index

LETTERS: Final = "act IN ('propose_accountability', 'record_accountability')"
"""Which events hand a case to the discipline organ, beside a transfer (`store.visibility`)."""


PART: Final = "actor_role IN ('inspector', 'handler')"
"""Whose events keep a case in their own sight (`store.visibility`)."""


class CaseEventRow(Base):
    """One thing that happened to one case, written once; a trigger refuses change and removal (migration 0002).

    `seq` is the place in the history of the whole office, without gaps and in the order of commits; `case_seq` the
    place in the history of the case, from 1, which is also the version of the case that the event made.
    """

    __tablename__ = "case_events"
    __table_args__ = (
        UniqueConstraint("case_id", "case_seq"),
        Index("ix_case_events_walk", "seq", "case_id"),
        partial_index("ix_case_events_letters", "case_id", where=LETTERS),
        partial_index("ix_case_events_part", "actor_user", "case_id", where=PART),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    case_seq: Mapped[int]
    act: Mapped[str]
    occurred_on: Mapped[date]
    recorded_at: Mapped[datetime]
    actor_user: Mapped[str]
    actor_role: Mapped[str]
    actor_unit: Mapped[str]
    data: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    policy_hash: Mapped[str] = mapped_column(String(64))
    calendar_hash: Mapped[str] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class LogHeadRow(Base):
    """The one row that says how long the history is.

    Writers take it last, just before they commit, so that `seq` has no gap and follows the order of commits on
    PostgreSQL too, while nobody waits for longer than the append itself.
    """

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    algorithm: Mapped[str] = mapped_column(server_default="sha256")
    # By which calendar and policy acts go: here, because every act takes this row, and so learns it for nothing.
    calendar_hash: Mapped[str | None] = mapped_column(String(64))
    policy_hash: Mapped[str | None] = mapped_column(String(64))
