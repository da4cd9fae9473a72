"""Files that prove something: each once by its hash, who brought it, and which cases cite it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class EvidenceRow(Base):
    """A file kept under its SHA-256 below the home; the event that brings it names the same hash."""

    __tablename__ = "evidence"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    added_at: Mapped[datetime]


class EvidenceUploadRow(Base):
    """Who brought which file of evidence, under which name: whoever did not, may cite it only out of a case in view."""

    __tablename__ = "evidence_uploads"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    at: Mapped[datetime]


class EvidenceCaseRow(Base):
    """Which case holds which file, by which act: whoever sees the one may cite the other elsewhere."""

    __tablename__ = "evidence_cases"
    __table_args__ = (Index("ix_evidence_cases_case", "case_id"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    act: Mapped[str] = mapped_column(primary_key=True)
