"""What one reader sees of a ranking: all rows, those of a territory, or those of the own unit alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from config.ranking import parse_formula
from programme.ranking_figures import OWN_FORMULA
from programme.ranking_notices import own_page
from states.errors import NotPermitted, Sentence
from states.ranking import RankingState
from states.vocabulary import Role
from store import organisation, outbox_messages, rankings

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from states.ranking import RankedUnit, RankingFormula
    from store.rankings import Ranking, RankingObjection
    from store.visibility import Reader

UNIT_ROLES: Final = (Role.HEAD, Role.LIAISON)
READERS: Final = frozenset(
    {*UNIT_ROLES, Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.AUDITOR}
)
_NOT_READER: Final = Sentence("您的角色不能查看排序。", "Your role does not see rankings.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRanking:
    """A ranking as one reader sees it, with its formula and the objections that he or she may read.

    `own` is the reader's unit, where he or she is of one. `told` are the notices of the year to the units in sight:
    the kind, the unit and post, when it was owed and when it was sent.
    """

    ranking: Ranking
    formula: RankingFormula
    rows: tuple[RankedUnit, ...]
    objections: tuple[RankingObjection, ...]
    own: str = ""
    told: tuple[tuple[str, str, str, datetime, datetime | None], ...] = ()


def shown_to(session: Session, year: int, reader: Reader | None) -> ShownRanking:
    """Return the ranking of a year as `Rankings.show` says it."""
    found = rankings.get(session, year)
    formula = parse_formula(found.formula, OWN_FORMULA)
    if reader is None:
        return ShownRanking(
            ranking=found,
            formula=formula,
            rows=found.rows,
            objections=tuple(rankings.objections(session, found.id)),
            told=tuple(outbox_messages.told_about(session, own_page(year))),
        )
    if reader.role not in READERS:
        raise NotPermitted(_NOT_READER)
    rows, own = _rows_for(session, found, reader)
    # A unit reads its own objections and notices, the office those of the units that it watches over.
    of_sight = {own} if own else {row.unit for row in rows}
    return ShownRanking(
        ranking=found,
        formula=formula,
        rows=rows,
        objections=tuple(one for one in rankings.objections(session, found.id, own) if one.unit in of_sight),
        own=own,
        told=tuple(one for one in outbox_messages.told_about(session, own_page(year)) if one[1] in of_sight),
    )


def _rows_for(session: Session, found: Ranking, reader: Reader) -> tuple[tuple[RankedUnit, ...], str]:
    """Return the rows that somebody may see, and the name of the unit whose objections alone he or she may read."""
    if reader.role not in UNIT_ROLES:
        within = names_within(session, reader.territory)
        return tuple(row for row in found.rows if within is None or row.unit in within), ""
    own = organisation.unit_by_id(session, reader.unit_id).name
    if found.state is RankingState.APPROVED:
        return tuple(row if row.unit == own else replace(row, parts=()) for row in found.rows), own
    if found.state is RankingState.ANNOUNCED:
        return tuple(row for row in found.rows if row.unit == own), own
    rankings.get(session, 0)  # refuses: for the unit there is none yet
    return (), own


def names_within(session: Session, territory: int) -> frozenset[str] | None:
    """Return the names of a unit and of all below it; nothing for the whole office."""
    if not territory:
        return None
    found, depth = set(), -1
    for unit in organisation.unit_tree(session):
        if unit.id == territory:
            depth = unit.depth
        elif depth >= 0 and unit.depth <= depth:
            break
        if depth >= 0:
            found.add(unit.name)
    return frozenset(found)
