"""Official documents on their way, and the steps that each has gone."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class OfficialDocumentRow(Base):
    """An official document on its way: drafted, signed, issued, served, or void.

    What became of it is in the history; what a draft says is only here. `content` and `typed` are JSON. `edited` is the
    Word file that somebody changed outside, `scan` the signed and stamped paper, both as SHA-256 of kept files;
    `replaces` is the document of which this is the corrected version. It belongs to a case, or to the commendation that
    it gives; then `case_id` is empty, and the log of rows alone tells what became of it.
    """

    __tablename__ = "official_documents"
    __table_args__ = (
        Index("ix_official_documents_case", "case_id"),
        Index("ix_official_documents_changed", "changed_at", "id"),
        Index("ix_official_documents_status_changed", "status", "changed_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str]
    status: Mapped[str]
    number: Mapped[str | None]
    template: Mapped[str]
    template_version: Mapped[str] = mapped_column(String(64))
    typed: Mapped[str]
    content: Mapped[str]
    file: Mapped[str | None] = mapped_column(String(64))
    drafted_by: Mapped[str]
    signed_on: Mapped[date | None]
    edited: Mapped[str | None] = mapped_column(String(64))
    scan: Mapped[str | None] = mapped_column(String(64))
    replaces: Mapped[int | None]
    commendation_id: Mapped[int | None]
    changed_at: Mapped[datetime]


class OfficialDocumentStepRow(Base):
    """One step of an official document: who did what, when, and what was said about it.

    `typed` is what stood in the form of the draft after the step, as JSON; empty where the step changed nothing of it.
    """

    __tablename__ = "official_document_steps"

    document_id: Mapped[int] = mapped_column(ForeignKey("official_documents.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[str]
    who: Mapped[str]
    role: Mapped[str]
    day: Mapped[date]
    noted_at: Mapped[datetime]
    note: Mapped[str]
    file: Mapped[str | None] = mapped_column(String(64))
    typed: Mapped[str | None]
