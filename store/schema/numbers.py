"""Series of numbers, and the numbers of documents that were given, voids among them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class SeriesRow(Base):
    """The last number given in a series, such as case numbers of one organ in one year."""

    __tablename__ = "series"

    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class DocumentRow(Base):
    """A document number of the office, given once: to the event that names it, or void, with the reason."""

    __tablename__ = "documents"

    number: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    case_seq: Mapped[int | None]
    act: Mapped[str]
    noted_at: Mapped[datetime]
    void_by: Mapped[str | None]
    void_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]
