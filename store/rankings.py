"""Rankings and the objections to them: reading and writing them, and whom an approved one lets the leader interview."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import func, select

from states.errors import NotFound, Sentence
from states.ranking import RankedUnit, RankingState, ScoredPart
from states.sealing import canonical
from states.vocabulary import Act
from store.events import CASE_EVENTS
from store.schema.cases import CaseRow
from store.schema.organisation import UnitRow
from store.schema.rankings import RankingObjectionRow, RankingRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

_NONE: Final = Sentence("没有{which}的排序，请先计算。", "There is no ranking {which}; compute one first.")
_MOVING: Final = 0x44_55_42_52
"""The key of PostgreSQL's advisory lock that lets one transaction move rankings at a time."""
NO_OBJECTION: Final = Sentence("没有编号为{id}的异议。", "There is no objection {id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A ranking as it was computed. `is_whole` says that its rows are those that were computed, by their hash."""

    id: int
    year: int
    as_of: date
    state: RankingState
    formula: str
    formula_hash: str
    rows: tuple[RankedUnit, ...]
    result_hash: str
    is_whole: bool
    computed_by: str
    computed_at: datetime
    announced_on: date | None
    objections_until: date | None
    decided_on: date | None
    decided_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingObjection:
    """What a unit says against its score, and the answer; `accepted` is None until it is answered."""

    id: int
    ranking_id: int
    unit: str
    text: str
    raised_on: date
    raised_by: str
    answered_on: date | None
    answered_by: str
    answer: str
    accepted: bool | None


def result_text(rows: Sequence[RankedUnit]) -> str:
    """Return the units of a ranking as they are stored and hashed."""
    return canonical(
        [
            {
                "unit": row.unit,
                "group": row.group,
                "place": row.place,
                "score": str(row.score),
                "cases": row.cases,
                "is_last": row.is_last,
                "parts": [
                    {"rule": part.rule, "points": str(part.points), "about": part.about, "events": list(part.events)}
                    for part in row.parts
                ],
            }
            for row in rows
        ]
    )


def add(
    session: Session,
    year: int,
    as_of: date,
    rows: Sequence[RankedUnit],
    formula: tuple[str, str],
    who: str,
    now: datetime,
) -> Ranking:
    """Write down a computed ranking with the text and the hash of its formula."""
    result = result_text(rows)
    row = RankingRow(
        year=year,
        as_of=as_of,
        state=RankingState.COMPUTED.value,
        formula=formula[0],
        formula_hash=formula[1],
        result=result,
        result_hash=_hash(result),
        computed_at=now,
        computed_by=who,
    )
    session.add(row)
    session.flush()
    return _ranking(row)


def latest(session: Session, year: int, *, to_change: bool = False) -> Ranking | None:
    """Return the newest ranking of the year that was not withdrawn; nothing if there is none.

    `to_change`: whoever else moves a ranking, or computes one, waits until this transaction is over.
    """
    if to_change and session.connection().dialect.name == "postgresql":
        # The year may have no row yet that could be locked. SQLite lets one transaction write at a time anyway.
        session.execute(select(func.pg_advisory_xact_lock(_MOVING)))
    row = session.scalar(
        select(RankingRow)
        .where(RankingRow.year == year, RankingRow.state != RankingState.WITHDRAWN.value)
        .order_by(RankingRow.id.desc())
        .limit(1)
    )
    return _ranking(row) if row is not None else None


def get(session: Session, year: int, *, to_change: bool = False) -> Ranking:
    """Return the newest ranking of the year that was not withdrawn; `to_change` as in `latest`.

    Raises:
        NotFound: there is none.
    """
    found = latest(session, year, to_change=to_change)
    if found is None:
        raise NotFound(_NONE.fill(which=year))
    return found


def years(session: Session) -> list[int]:
    """Return the years that have a ranking, the latest first."""
    return list(session.scalars(select(RankingRow.year).distinct().order_by(RankingRow.year.desc())))


def announced(session: Session) -> list[Ranking]:
    """Return the rankings that were sent to the units and wait for their approval, the latest year first."""
    statement = (
        select(RankingRow)
        .where(RankingRow.state == RankingState.ANNOUNCED.value)
        .order_by(RankingRow.year.desc(), RankingRow.id.desc())
    )
    return [_ranking(row) for row in session.scalars(statement)]


def move(session: Session, ranking_id: int, state: RankingState, **changed: Any) -> Ranking:  # noqa: ANN401  # columns
    """Bring a ranking into a state, and set the given columns."""
    row = session.scalars(select(RankingRow).where(RankingRow.id == ranking_id).with_for_update()).one()
    row.state = state.value
    for column, value in changed.items():
        setattr(row, column, value)
    session.flush()
    return _ranking(row)


def object_to(session: Session, ranking_id: int, unit: str, text: str, on: date, who: str) -> RankingObjection:
    """Write down what a unit says against its score."""
    row = RankingObjectionRow(ranking_id=ranking_id, unit=unit, text=text, raised_on=on, raised_by=who)
    session.add(row)
    session.flush()
    return _objection(row)


def objections(session: Session, ranking_id: int, unit: str = "") -> list[RankingObjection]:
    """Return the objections to a ranking, or those of one unit, by their numbers."""
    statement = (
        select(RankingObjectionRow).where(RankingObjectionRow.ranking_id == ranking_id).order_by(RankingObjectionRow.id)
    )
    if unit:
        statement = statement.where(RankingObjectionRow.unit == unit)
    return [_objection(row) for row in session.scalars(statement)]


def answer(
    session: Session, ranking_id: int, objection_id: int, text: str, on: date, who: str, *, accepted: bool
) -> RankingObjection:
    """Write down the answer to an objection.

    Raises:
        NotFound: this ranking has no such objection.
    """
    row = session.get(RankingObjectionRow, objection_id, with_for_update=True)
    if row is None or row.ranking_id != ranking_id:
        raise NotFound(NO_OBJECTION.fill(id=objection_id))
    row.answer, row.answered_on, row.answered_by, row.accepted = text, on, who, accepted
    session.flush()
    return _objection(row)


def of_year_of(session: Session, on: date) -> Ranking | None:
    """Return the ranking by which the last are interviewed on a day: that of its year, else of the year before."""
    return latest(session, on.year) or latest(session, on.year - 1)


def first_announced(session: Session, year: int) -> date | None:
    """Return the day on which a ranking of this year was first sent to the units, withdrawn ones too."""
    return session.scalar(select(func.min(RankingRow.announced_on)).where(RankingRow.year == year))


def interviewed_by_ranking(session: Session, units: Sequence[str], since: date) -> list[str]:
    """Return those of these units for which an interview of the last was started on this day or later."""
    statement = (
        select(UnitRow.name)
        .join(CaseRow, CaseRow.unit_id == UnitRow.id)
        .join(CASE_EVENTS, CASE_EVENTS.c.case_id == CaseRow.id)
        .where(
            CASE_EVENTS.c.act == Act.START_RANKING_INTERVIEW.value,
            CASE_EVENTS.c.case_seq == 1,
            CASE_EVENTS.c.occurred_on >= since,
            UnitRow.name.in_(units),
        )
    )
    return list(session.scalars(statement))


def count(session: Session) -> int:
    """Return how many rankings there are, withdrawn ones too."""
    return int(session.scalar(select(func.count()).select_from(RankingRow)) or 0)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _ranking(row: RankingRow) -> Ranking:
    return Ranking(
        id=row.id,
        year=row.year,
        as_of=row.as_of,
        state=RankingState(row.state),
        formula=row.formula,
        formula_hash=row.formula_hash,
        rows=_rows(row.result),
        result_hash=row.result_hash,
        is_whole=_hash(row.result) == row.result_hash,
        computed_by=row.computed_by,
        computed_at=row.computed_at,
        announced_on=row.announced_on,
        objections_until=row.objections_until,
        decided_on=row.decided_on,
        decided_by=row.decided_by or "",
        reason=row.reason or "",
    )


@lru_cache(maxsize=8)
def _rows(result: str) -> tuple[RankedUnit, ...]:
    """Return the units of a result. Its text never changes, and reading a thousand units takes a tenth of a second."""
    return tuple(map(_ranked_unit, orjson.loads(result)))


def _ranked_unit(found: dict[str, Any]) -> RankedUnit:
    parts = tuple(
        ScoredPart(rule=part["rule"], points=Decimal(part["points"]), about=part["about"], events=tuple(part["events"]))
        for part in found["parts"]
    )
    return RankedUnit(
        unit=found["unit"],
        group=found["group"],
        place=found["place"],
        score=Decimal(found["score"]),
        parts=parts,
        cases=found["cases"],
        is_last=found["is_last"],
    )


def _objection(row: RankingObjectionRow) -> RankingObjection:
    return RankingObjection(
        id=row.id,
        ranking_id=row.ranking_id,
        unit=row.unit,
        text=row.text,
        raised_on=row.raised_on,
        raised_by=row.raised_by,
        answered_on=row.answered_on,
        answered_by=row.answered_by or "",
        answer=row.answer or "",
        accepted=row.accepted,
    )
