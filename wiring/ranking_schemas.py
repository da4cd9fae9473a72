"""The JSON of rankings and commendations, once for the HTTP interface and for `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired

from typing_extensions import TypedDict

from states.ranking import RankingState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from states.ranking import RankedUnit
    from store.commendations import Commendation
    from store.rankings import Ranking, RankingObjection


class ScoredPartDocument(TypedDict):
    """One summand of a score. `events` are the places in the history of what it counts, `about` what people call it."""

    rule: str
    points: float
    about: str
    events: list[int]


class RankedUnitDocument(TypedDict):
    """A unit's place and score; `last` says that it may be interviewed as one of the last once this is approved."""

    unit: str
    group: str
    place: int
    score: float
    last: bool
    parts: list[ScoredPartDocument]


class RankingDocument(TypedDict):
    """The ranking of a year as of the end of a day."""

    id: int
    year: int
    as_of: str
    state: str
    approved: bool
    formula_hash: str
    objections_until: str | None
    rows: list[RankedUnitDocument]
    more: NotRequired[bool]


class ObjectionDocument(TypedDict):
    """What a unit says against its score, and the answer; `accepted` is empty until it is answered."""

    id: int
    unit: str
    text: str
    raised_on: str
    raised_by: str
    answer: str
    answered_on: str | None
    accepted: bool | None


class ObjectionsDocument(TypedDict):
    """Objections to the ranking of a year, by their numbers."""

    objections: list[ObjectionDocument]


class InterviewDocument(TypedDict):
    """The case that the interview of one of the last opened."""

    case_id: int
    number: str


class CommendationDocument(TypedDict):
    """A praise of a unit, or of a post in it."""

    id: int
    state: str
    unit: str
    post: str
    text: str
    document_number: str
    proposed_on: str
    decided_on: str | None


class CommendationsDocument(TypedDict):
    """Commendations by their numbers."""

    commendations: list[CommendationDocument]


def ranking_json(found: Ranking, rows: Sequence[RankedUnit]) -> RankingDocument:
    """Return the ranking with those of its rows that somebody may see. Points have two decimals at most."""
    return {
        "id": found.id,
        "year": found.year,
        "as_of": found.as_of.isoformat(),
        "state": found.state.value,
        "approved": found.state is RankingState.APPROVED,
        "formula_hash": found.formula_hash,
        "objections_until": found.objections_until.isoformat() if found.objections_until else None,
        "rows": [_row_json(row) for row in rows],
    }


def objection_json(one: RankingObjection) -> ObjectionDocument:
    """Return an objection with its answer."""
    return {
        "id": one.id,
        "unit": one.unit,
        "text": one.text,
        "raised_on": one.raised_on.isoformat(),
        "raised_by": one.raised_by,
        "answer": one.answer,
        "answered_on": one.answered_on.isoformat() if one.answered_on else None,
        "accepted": one.accepted,
    }


def _row_json(row: RankedUnit) -> RankedUnitDocument:
    parts: list[Any] = [
        {"rule": part.rule, "points": float(part.points), "about": part.about, "events": list(part.events)}
        for part in row.parts
    ]
    return {
        "unit": row.unit,
        "group": row.group,
        "place": row.place,
        "score": float(row.score),
        "last": row.is_last,
        "parts": parts,
    }


def commendation_json(one: Commendation) -> CommendationDocument:
    """Return the commendation."""
    return {
        "id": one.id,
        "state": one.state.value,
        "unit": one.unit,
        "post": one.post,
        "text": one.text,
        "document_number": one.document_number,
        "proposed_on": one.proposed_on.isoformat(),
        "decided_on": one.decided_on.isoformat() if one.decided_on else None,
    }
