"""What keeps an installation going: proposals, idempotency keys, heartbeats."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base, partial_index


class ProposalRow(Base):
    """Something proposed for the whole office, such as another policy, until a second person has decided it."""

    __tablename__ = "proposals"
    __table_args__ = (partial_index("ix_proposals_waiting", "id", where="outcome IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    content: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    approver: Mapped[str]
    outcome: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class IdempotencyKeyRow(Base):
    """A request that was carried out under a key of its sender's, so that repeating it does nothing again."""

    __tablename__ = "requests"

    who: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[int]
    case_seq: Mapped[int]
    at: Mapped[datetime]


class HeartbeatRow(Base):
    """When a recurring task last came to its end, and what it said; the health pages read it."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[str]
