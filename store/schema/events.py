"""The history of the whole office, written once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import WORD, Base, partial_index

LETTERS: Final = "act IN ('propose_accountability', 'record_accountability')"
"""Which events hand a case to the discipline organ, beside a transfer (`store.visibility`)."""


PART: Final = "actor_role IN ('inspector', 'handler')"
"""Whose events keep a case in their own sight (`store.visibility`)."""


REQUESTED: Final = "act IN ('serve_order', 'return_plan', 'verify_fail', 'urge', 'hold_interview', 'reopen')"
"""By which events the office asks something of a unit: a paper, or its head (`store.burden`)."""


class CaseEventRow(Base):
    """One thing that happened to one case, written once; a trigger refuses change and removal (migration 0002).

    `seq` is the place in the history of the whole office, without gaps and in the order of commits; `case_seq` the
    place in the history of the case, from 1, which is also the version of the case that the event made.
    """

    __tablename__ = "case_events"
    __table_args__ = (
        UniqueConstraint("case_id", "case_seq"),
        Index("ix_case_events_walk", "seq", "case_id"),
        Index("ix_case_events_day", "occurred_on", "case_id"),
        partial_index("ix_case_events_letters", "case_id", where=LETTERS),
        partial_index("ix_case_events_requests", "case_id", "occurred_on", where=REQUESTED),
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


class OfficeEventRow(Base):
    """One thing that happened outside cases, written once: a leaf of the same tree as the events of cases.

    `id` counts these events alone, without gaps; `place` is where the event stands among all leaves, from 1, and
    `after_seq` how many events of cases stand before it, so that `place` is their sum. `kind` says what it is: for
    `row`, `subject` names a row as `table/key` and `data` is what stands in it from then on (`store.sealed_rows`).
    """

    __tablename__ = "office_events"
    __table_args__ = (
        Index("ix_office_events_after", "after_seq", "id"),
        Index("ix_office_events_subject", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(BigInteger, unique=True)
    after_seq: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(WORD)
    data: Mapped[str]
    hash: Mapped[str] = mapped_column(String(64))


class RowSaltRow(Base):
    """The salt with which a row's personal columns stand in its latest event; written anew with each, gone with it."""

    __tablename__ = "row_salts"

    subject: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[str]


class LogHeadRow(Base):
    """The one row that says how long the history is: `size` events of cases, and `others` beside them.

    Writers take it last, just before they commit, so that `seq` has no gap and follows the order of commits on
    PostgreSQL too, while nobody waits for longer than the append itself.
    """

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    algorithm: Mapped[str] = mapped_column(server_default="sha256")
    others: Mapped[int] = mapped_column(BigInteger, server_default="0")
    # By which calendar and policy acts go: here, because every act takes this row, and so learns it for nothing.
    calendar_hash: Mapped[str | None] = mapped_column(String(64))
    policy_hash: Mapped[str | None] = mapped_column(String(64))
