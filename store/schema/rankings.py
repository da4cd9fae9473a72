"""Rankings of a year, objections to them, and commendations."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class RankingRow(Base):
    """One computed ranking. `result` holds its units with all parts, `formula` the text that it was computed by."""

    __tablename__ = "rankings"
    __table_args__ = (Index("ix_rankings_year", "year", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    as_of: Mapped[date]
    state: Mapped[str]
    formula: Mapped[str]
    formula_hash: Mapped[str]
    result: Mapped[str]
    result_hash: Mapped[str]
    computed_at: Mapped[datetime]
    computed_by: Mapped[str]
    announced_on: Mapped[date | None]
    objections_until: Mapped[date | None]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]


class RankingObjectionRow(Base):
    """What a unit says against its score, and the answer."""

    __tablename__ = "ranking_objections"
    __table_args__ = (Index("ix_ranking_objections_ranking", "ranking_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ranking_id: Mapped[int] = mapped_column(ForeignKey("rankings.id"))
    unit: Mapped[str]
    text: Mapped[str]
    raised_on: Mapped[date]
    raised_by: Mapped[str]
    answered_on: Mapped[date | None]
    answered_by: Mapped[str | None]
    answer: Mapped[str | None]
    accepted: Mapped[bool | None]


class CommendationRow(Base):
    """A praise of a unit, or of a post in it, as it stands now."""

    __tablename__ = "commendations"
    __table_args__ = (Index("ix_commendations_unit", "unit", "decided_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    unit: Mapped[str]
    post: Mapped[str]
    text: Mapped[str]
    document_number: Mapped[str]
    proposed_on: Mapped[date]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_on: Mapped[date | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
