"""Messages that wait to be sent, and each attempt to send one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base, partial_index


class OutboxRow(Base):
    """A message that is owed to a post, written in the transaction of the event that owes it.

    It is about a case, or about what is none: then `case_id` is empty and `about` is the address of its page, without
    the first slash, for example `obligations/12`; `case_seq` counts its notices.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("case_id", "case_seq", "post_id", "notice"),
        partial_index("ix_outbox_waiting", "not_before", "id", where="state = 'waiting'"),
        partial_index(
            "ix_outbox_about", "about", "case_seq", "post_id", "notice", where="about IS NOT NULL", unique=True
        ),
        partial_index("ix_outbox_failed", "id", where="state = 'failed'"),
        Index("ix_outbox_post", "post_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    case_seq: Mapped[int]
    notice: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    number: Mapped[str]
    due_on: Mapped[date | None]
    urgent: Mapped[bool]
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    leased_until: Mapped[datetime | None]
    message_id: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    trace: Mapped[str | None] = mapped_column(String(55))
    about: Mapped[str | None]


class DeliveryRow(Base):
    """One attempt to deliver one message: where it went (masked), how it ended, and why."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_outbox", "outbox_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    address: Mapped[str]
    ok: Mapped[bool]
    reason: Mapped[str]


class MessageHolderRow(Base):
    """Who held the post of a message when it was sent: what “who knew” is answered from, whoever holds the post later.

    A message to a post that nobody held has no such row.
    """

    __tablename__ = "message_holders"
    __table_args__ = (UniqueConstraint("outbox_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
