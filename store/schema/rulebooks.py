"""Policies and calendars as they were read, under their hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class PolicyRow(Base):
    """A policy as it was read, kept for ever under its hash: each case goes by the one it was opened under."""

    __tablename__ = "policies"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    text: Mapped[str]
    first_used_at: Mapped[datetime]


class CalendarRow(Base):
    """A calendar as it was known, kept under its hash: a trace of years ago can be computed again."""

    __tablename__ = "calendars"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    content: Mapped[str]
    first_used_at: Mapped[datetime]
