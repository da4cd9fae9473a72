"""Texts that people wrote beside cases, and their erasure: clues, answers on site, objections, commendations, notes.

In the log they stand as commitments (`store.sealed_rows`), so that the row is all that says them: once another word
stands there, its salt is another, and nothing of the old text is left but a hash that nobody can open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from sqlalchemy import delete, or_, select, update

from store.schema.clues import ClueRow
from store.schema.inspections import InspectionAnswerRow, InspectionPhotoRow
from store.schema.obligations import ObligationStepRow
from store.schema.rankings import CommendationRow, RankingObjectionRow, RankingRow
from store.schema.views import SavedViewRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import InstrumentedAttribute, Session

TEXTS: Final[tuple[tuple[Any, str], ...]] = (
    (ClueRow, "text"),
    (ClueRow, "reason"),
    (InspectionAnswerRow, "note"),
    (InspectionPhotoRow, "name"),
    (ObligationStepRow, "note"),
    (RankingRow, "reason"),
    (RankingObjectionRow, "text"),
    (RankingObjectionRow, "answer"),
    (CommendationRow, "text"),
    (CommendationRow, "reason"),
)
"""Where people write freely beside cases: every column that the log commits to, but what belongs to accounts."""


def erase_words(session: Session, words: Sequence[str], mark: str) -> int:
    """Put `mark` in the place of every such text in which one of these words stands; return how many those were.

    Lists of cases that somebody keeps under a name are taken away where the name or a condition holds one.
    """
    if not words:
        return 0
    erased = 0
    for row, name in TEXTS:
        column: InstrumentedAttribute[Any] = getattr(row, name)
        hit = or_(*(column.contains(word, autoescape=True) for word in words))
        erased += _erase(session, row, name, list(session.scalars(select(row.id).where(hit))), mark)
    kept = session.execute(select(SavedViewRow.id, SavedViewRow.name, SavedViewRow.query)).all()
    views = [id_ for id_, name, query in kept if any(word in f"{name}\n{unquote_plus(query)}" for word in words)]
    if views:
        session.execute(delete(SavedViewRow).where(SavedViewRow.id.in_(views)))
    return erased


def erase_of_cases(session: Session, case_ids: Iterable[int], mark: str) -> int:
    """Put `mark` in the place of the texts from which these cases were made; return how many those were."""
    ids, erased = list(case_ids), 0
    for row, names in ((ClueRow, ("text", "reason")), (InspectionAnswerRow, ("note",))):
        for name in names:
            column = getattr(row, name)
            own = select(row.id).where(row.case_id.in_(ids), column.is_not(None), column != "")
            erased += _erase(session, row, name, list(session.scalars(own)), mark)
    return erased


def _erase(session: Session, row: Any, name: str, ids: Sequence[int], mark: str) -> int:  # noqa: ANN401  # a mapped class
    column = getattr(row, name)
    left = [id_ for id_ in ids if session.scalar(select(column).where(row.id == id_)) != mark]
    for id_ in left:
        session.execute(update(row).where(row.id == id_).values({name: mark}))
    return len(left)
