"""Whom an approved ranking lets the leader interview as one of the last (末位约谈), at every door that opens a case.

Where no ranking was ever kept here, the office ranks outside of this program, and the act itself names the approved
document (ADR 0046).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from config.ranking import OWN, parse_formula
from states.ranking import RankingState
from states.vocabulary import Act
from store import rankings

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from states.command import Command
    from store.rankings import Ranking

_FILE: Final = Path(OWN)


def hindrance(session: Session, command: Command) -> str:
    """Return why no ranking lets this act open a case: a word of `states.guards.ladder.RANKING_REASONS`, or nothing."""
    unit = command.data.get("unit")
    if command.act is not Act.START_RANKING_INTERVIEW or not isinstance(unit, str) or not rankings.count(session):
        return ""
    found = rankings.of_year_of(session, command.on)
    if found is None or found.state is not RankingState.APPROVED or not _approved_by(found, command.on):
        return "unapproved"
    formula = parse_formula(found.formula, _FILE)
    if not found.is_whole or formula.hash != found.formula_hash:
        return "changed"
    row = next((row for row in found.rows if row.unit == unit), None)
    if row is None or not row.is_last:
        return "not_last"
    last = [other.unit for other in found.rows if other.group == row.group and other.is_last]
    # Also by a ranking of the same year that was withdrawn since: nobody is called twice for one year.
    since = rankings.first_announced(session, found.year) or command.on
    called = rankings.interviewed_by_ranking(session, last, since)
    if unit in called:
        return "twice"
    return "enough" if len(called) >= formula.bottom else ""


def _approved_by(found: Ranking, on: date) -> bool:
    return found.decided_on is not None and found.decided_on <= on
