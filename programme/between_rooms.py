"""What the rooms of the year give to each other: yearly duties and praise to rankings and files, rankings to reports.

Everything is told as it stood: by what had happened until a day, and had been entered by then.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from programme.rooms import Commended, DutyOfYear, Ranked, YearRooms
from states.obligation import ObligationStep, Standing, missing
from states.ranking import Measure, RankedFact, RankingState
from states.terms import date_text
from store import commendations, obligations, rankings, unit_posts
from store.obligations import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, tzinfo

    from sqlalchemy.orm import Session

    from store.obligations import Obligation


def year_rooms(zone: tzinfo) -> YearRooms:
    """Return what files of heads and reports ask of the other rooms; days end by this zone."""

    def duties(session: Session, unit_id: int, first: date, last: date) -> list[DutyOfYear]:
        asked, known_by = Asked(unit_id=unit_id), end_of(last, zone)
        return [
            _duty(one, last, known_by)
            for one in obligations.listed(session, asked)
            if first <= one.due_on and one.year <= last.year and not _is_excused(one, known_by)
        ]

    return YearRooms(duties=duties, commendations=_commended, ranking=_ranked)


def end_of(day: date, zone: tzinfo) -> datetime:
    """Return the moment at which a day ends: the first of the next."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def obligation_facts(session: Session, first: date, last: date, known_by: datetime) -> Iterator[RankedFact]:
    """Yield what became of the duties whose day lies from `first` to `last`, both inclusive, for a ranking.

    Counted is what had been entered before `known_by`. A duty that somebody was excused from counts nothing.
    """
    for one in obligations.listed(session, Asked(due_until=last)):
        if one.due_on < first or _is_excused(one, known_by):
            continue
        standing = _standing(one, known_by)
        if standing.is_whole:
            measure = Measure.OBLIGATION_FULFILLED
        else:
            was_late = _standing(one, known_by, day=last)
            measure = Measure.OBLIGATION_LATE if was_late.is_whole else Measure.OBLIGATION_MISSED
        yield RankedFact(unit=one.unit, measure=measure, on=one.due_on, about=f"{one.year}年度职责{one.id}", events=())


def _standing(one: Obligation, known_by: datetime, day: date | None = None) -> Standing:
    """Return what had been entered by then, as the rules look at it; with `day`, as if that were its day."""
    steps = [step for step in one.steps if step.noted_at < known_by]
    return Standing(
        due_on=day or one.due_on,
        times=one.times,
        receivers=one.receivers,
        done_on=tuple(step.day for step in steps if step.step is ObligationStep.SUBMIT),
        received={step.receiver: step.day for step in reversed(steps) if step.step is ObligationStep.RECEIVE},
    )


def _is_excused(one: Obligation, known_by: datetime) -> bool:
    return any(step.step is ObligationStep.EXCUSE and step.noted_at < known_by for step in one.steps)


def _duty(one: Obligation, last: date, known_by: datetime) -> DutyOfYear:
    standing = _standing(one, known_by)
    if standing.is_whole:
        met: bool | None = True
        said = f"{date_text(one.due_on)}前完成。"
    elif one.due_on > last:
        met, said = None, f"{date_text(one.due_on)}到期。"
    else:
        met, said = False, f"到{date_text(one.due_on)}，{missing(standing).text()}。"
    return DutyOfYear(duty=one.duty, due_on=one.due_on, met=met, said=said)


def _commended(session: Session, post_id: int, first: date, last: date) -> list[Commended]:
    unit, post = unit_posts.post_names(session, [post_id])[post_id]
    return [
        Commended(on=one.decided_on, document_number=one.document_number, said=one.text)
        for one in commendations.given(session, unit, last, since=first)
        if one.decided_on is not None and one.post in ("", post)
    ]


def _ranked(session: Session, year: int, day: date) -> list[Ranked] | None:
    found = rankings.latest(session, year)
    if found is None or found.state is not RankingState.APPROVED or found.decided_on is None or found.decided_on > day:
        return None
    return [Ranked(place=row.place, unit=row.unit, group=row.group, score=f"{row.score:.2f}") for row in found.rows]
