"""What proves the history: checkpoints, their keys, the tree, and logs imported from other systems."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class CheckpointRow(Base):
    """A signed statement of how long the history is and what its root is; `sent_to` says where copies went."""

    __tablename__ = "checkpoints"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    note: Mapped[str]
    signed_at: Mapped[datetime]
    sent_to: Mapped[str]
    timestamp: Mapped[str | None]
    """The answer of a timestamp authority for the checkpoint's text (RFC 3161), in base64."""


class CheckpointKeyRow(Base):
    """A public key that signs checkpoints, and since when; old ones stay, for old checkpoints."""

    __tablename__ = "checkpoint_keys"

    vkey: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class LogNodeRow(Base):
    """The root of a complete subtree of the history's tree, by its height and place, so that proofs are quick."""

    __tablename__ = "log_nodes"

    height: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))


class ImportedLogRow(Base):
    """A history of another system, as it was imported once, with what its import had to say."""

    __tablename__ = "foreign_logs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    imported_at: Mapped[datetime]
    traces: Mapped[int]
    events: Mapped[int]
    report: Mapped[str]


class ImportedEventRow(Base):
    """An event of another system. `at` is the moment as it was written there, with its own offset."""

    __tablename__ = "foreign_events"
    __table_args__ = (Index("ix_foreign_events_case", "log_id", "case_name"),)

    log_id: Mapped[int] = mapped_column(ForeignKey("foreign_logs.id"), primary_key=True)
    trace: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    case_name: Mapped[str]
    activity: Mapped[str]
    at: Mapped[str]
    resource: Mapped[str]
    data: Mapped[str]
