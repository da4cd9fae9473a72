"""The figures of a ranking: what the history says of each unit in the year, as of a day, and as was known by then."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from config.ranking import OWN, parse_formula
from states.commendation import CommendationState
from states.evolve import UNSIGNED
from states.ranking import Measure, RankedFact, facts_of, ranked
from states.vocabulary import Act
from store import commendations, events, organisation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, tzinfo

    from sqlalchemy.orm import Session

    from states.case import Event
    from states.ranking import RankedUnit, RankingFormula
    from store.rankings import Ranking

    MoreFacts = Callable[[Session, date, date, datetime], Iterable[RankedFact]]

_MEASURED: Final = frozenset(
    {
        Act.REGISTER_FINDING,
        Act.MARKED_YELLOW,
        Act.MARKED_RED,
        Act.VERIFY_FAIL,
        Act.REOPEN,
        Act.LIST_CASE,
        Act.CORRECT_EVENT,
        Act.COUNTERSIGN,
    }
)
_KEPT: Final = frozenset({"party", "of", "becomes", "cycle", "source", UNSIGNED})
"""What the measures look at in the data of an event; the rest of a long history is let go."""
OWN_FORMULA: Final = Path(OWN)


def is_reproduced(session: Session, found: Ranking, tz: tzinfo, more: Sequence[MoreFacts]) -> bool:
    """Say whether computing once more, by the formula of then, gives the same ranking."""
    formula = parse_formula(found.formula, OWN_FORMULA)
    rows = compute_rows(session, formula, found.year, found.as_of, tz, more)
    return found.is_whole and formula.hash == found.formula_hash and tuple(rows) == found.rows


def compute_rows(  # by which formula, which year, as of which day, in which zone, and what else counts
    session: Session, formula: RankingFormula, year: int, as_of: date, tz: tzinfo, more: Sequence[MoreFacts]
) -> list[RankedUnit]:
    """Return the ranking of the units: what occurred in the year until the end of a day, and was entered by then.

    `more` gives further facts to be counted, such as yearly duties.
    """
    first, last = formula.period(year)
    last = min(last, as_of)
    units = {unit.name: unit.kind for unit in organisation.unit_tree(session)}
    known_by = datetime.combine(as_of + timedelta(days=1), time(), tz).astimezone(UTC)
    cases, facts = _of_cases(session, first, last, as_of, known_by)
    for source in (_commended, *more):
        facts += source(session, first, last, known_by)
    return ranked(formula, units, cases, facts)


def _of_cases(
    session: Session, first: date, last: date, as_of: date, known_by: datetime
) -> tuple[dict[str, int], list[RankedFact]]:
    """Return how many cases of each unit began in the period and count, and what is to be counted of all cases."""
    whose: dict[int, tuple[str, str]] = {}
    histories: dict[int, list[tuple[int, Event]]] = {}
    for batch in events.everything(session):
        for recorded in batch:
            event = recorded.event
            if event.recorded_at >= known_by or event.occurred_on > as_of:
                continue
            if event.case_seq == 1:
                whose[event.case_id] = event.data["unit"], event.data["number"]
            if event.act in _MEASURED or event.to_state is not event.from_state or "becomes" in event.data:
                kept = {key: value for key, value in event.data.items() if key in _KEPT}
                histories.setdefault(event.case_id, []).append((recorded.seq, event._replace(data=kept)))
    cases: dict[str, int] = {}
    facts: list[RankedFact] = []
    for case_id, history in histories.items():
        unit, number = whose[case_id]
        counted = facts_of(unit, number, history, first, last)
        facts += counted
        if any(fact.measure is Measure.FINDING for fact in counted):
            cases[unit] = cases.get(unit, 0) + 1
    return cases, facts


def _commended(session: Session, first: date, last: date, known_by: datetime) -> list[RankedFact]:
    """Return what was commended in the period, as far as it was entered before this moment."""
    return [
        RankedFact(
            unit=one.unit,
            measure=Measure.COMMENDED,
            on=one.decided_on,
            about=one.document_number or f"表扬{one.id}",
            events=(),
        )
        for one in commendations.listed(session, state=CommendationState.COMMENDED)
        if one.decided_on is not None
        and first <= one.decided_on <= last
        and one.decided_at is not None
        and one.decided_at < known_by
    ]
