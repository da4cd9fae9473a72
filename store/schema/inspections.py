"""The inspections of the year's plan: what is planned, the check lists, and what was found at each unit."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class InspectionRow(Base):
    """One inspection, as it stands now. `place` counts the inspections of a year; `team` is JSON, user names."""

    __tablename__ = "inspections"
    __table_args__ = (UniqueConstraint("year", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    place: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    basis: Mapped[str]
    state: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    team: Mapped[str]
    kept_because: Mapped[str]
    planned_by: Mapped[str]
    planned_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    announced_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    ended_on: Mapped[date | None]
    reason: Mapped[str | None]


class InspectionItemRow(Base):
    """One point of an inspection's check list."""

    __tablename__ = "inspection_items"
    __table_args__ = (UniqueConstraint("inspection_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspections.id"))
    place: Mapped[int]
    duty: Mapped[str]
    question: Mapped[str]
    hint: Mapped[str]


class InspectionVisitRow(Base):
    """One unit of an inspection, and its on-site list: opened, and handed in when all of it is answered.

    A list with a “no” is signed by a second person; one that was sent back says by whom and why, and is open again.
    """

    __tablename__ = "inspection_visits"
    __table_args__ = (UniqueConstraint("inspection_id", "unit_id"), Index("ix_inspection_visits_unit", "unit_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspections.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    opened_on: Mapped[date | None]
    opened_by: Mapped[str | None]
    submitted_on: Mapped[date | None]
    submitted_by: Mapped[str | None]
    signed_on: Mapped[date | None]
    signed_by: Mapped[str | None]
    returned_by: Mapped[str | None]
    returned_because: Mapped[str | None]


class InspectionAnswerRow(Base):
    """What was found at one unit on one point; `case_id` is the case that was made of a “no”."""

    __tablename__ = "inspection_answers"
    __table_args__ = (UniqueConstraint("visit_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("inspection_visits.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("inspection_items.id"))
    answer: Mapped[str | None]
    note: Mapped[str]
    answered_by: Mapped[str]
    answered_at: Mapped[datetime]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))


class InspectionPhotoRow(Base):
    """A photo to one point: the file by its hash, when it was taken as the file or its sender says, when it came."""

    __tablename__ = "inspection_photos"
    __table_args__ = (UniqueConstraint("visit_id", "item_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("inspection_visits.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("inspection_items.id"))
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("evidence.sha256"))
    name: Mapped[str]
    taken_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    brought_by: Mapped[str]
