"""Ranking (排序): each unit's score as a sum whose every part links to what happened; and the small life of a ranking.

The formula is data. What may be measured is a closed set: log-ins and the speed of answers are no measures, and no
formula can make them one. All points are decimal numbers exact to the cent.

Source: regulation, article 9(4) (ranking, interview of the last); docs/domain.md §3 (ranking), §4.2 row 31.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from states.errors import Sentence
from states.evolve import UNSIGNED
from states.small_life import Move, SmallLife
from states.vocabulary import Act, Light, Role, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from states.case import Event
    from states.terms import Term

CENT: Final = Decimal("0.01")
OWN_CHECK: Final = "自查"
"""How the source of a finding begins that the unit itself has found and reported."""


class Measure(StrEnum):
    """What a formula may give or take points for: each time that it happened in the period."""

    FINDING = "finding"
    MARKED_YELLOW = "marked_yellow"
    MARKED_RED = "marked_red"
    VERIFY_FAILED = "verify_failed"
    REOPENED = "reopened"
    LISTED = "listed"
    CRITICIZED = "criticized"
    INTERVIEWED = "interviewed"
    HELD_ACCOUNTABLE = "held_accountable"
    CLOSED_IN_TIME = "closed_in_time"
    RED_DAYS = "red_days"
    SELF_REPORTED = "self_reported"
    COMMENDED = "commended"
    OBLIGATION_MISSED = "obligation_missed"
    OBLIGATION_LATE = "obligation_late"
    OBLIGATION_FULFILLED = "obligation_fulfilled"


MEASURES: Final = {
    Measure.FINDING: ("检查发现问题", "a finding of an inspection"),
    Measure.MARKED_YELLOW: ("亮黄灯", "a yellow light"),
    Measure.MARKED_RED: ("亮红灯", "a red light"),
    Measure.VERIFY_FAILED: ("核查不通过", "a failed verification"),
    Measure.REOPENED: ("销号后重新整改", "a reopened case"),
    Measure.LISTED: ("挂牌督办", "a listed case"),
    Measure.CRITICIZED: ("通报批评", "a public criticism"),
    Measure.INTERVIEWED: ("约谈", "an interview"),
    Measure.HELD_ACCOUNTABLE: ("问责", "an accountability decision"),
    Measure.CLOSED_IN_TIME: ("按期整改销号", "a case closed without a light"),
    Measure.RED_DAYS: ("红灯一日", "a day on red"),
    Measure.SELF_REPORTED: ("自查发现", "a finding of its own check"),
    Measure.COMMENDED: ("通报表扬", "a commendation"),
    Measure.OBLIGATION_MISSED: ("年度职责没有按期完成", "a missed yearly duty"),
    Measure.OBLIGATION_LATE: ("年度职责迟报", "a yearly duty done late"),
    Measure.OBLIGATION_FULFILLED: ("年度职责按期完成", "a yearly duty done in time"),
}
"""What people call the measures."""

UNCOUNTED: Final = frozenset({State.EXEMPTED, State.UNFOUNDED, State.WITHDRAWN, State.MERGED, State.TRANSFERRED})
"""Cases that count nothing: tolerance frees from blame, what was unfounded was none, and a clue is not spoken of."""
_BY_ACT: Final = {
    Act.REGISTER_FINDING: Measure.FINDING,
    Act.MARKED_YELLOW: Measure.MARKED_YELLOW,
    Act.MARKED_RED: Measure.MARKED_RED,
    Act.VERIFY_FAIL: Measure.VERIFY_FAILED,
    Act.REOPEN: Measure.REOPENED,
    Act.LIST_CASE: Measure.LISTED,
}
_BY_RUNG: Final = {
    State.CRITICIZED: Measure.CRITICIZED,
    State.INTERVIEWED: Measure.INTERVIEWED,
    State.HELD: Measure.HELD_ACCOUNTABLE,
}


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """How many points one occurrence gives, or takes when negative."""

    measure: Measure
    points: Decimal


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of a score: what a unit begins with, what is added, and the bounds of the sum, both inclusive."""

    key: str
    title: Sentence
    full: Decimal
    least: Decimal
    most: Decimal
    rules: tuple[MeasureRule, ...]


@dataclass(frozen=True, slots=True)
class RankedGroup:
    """Units that are compared with each other, by their kinds."""

    key: str
    title: Sentence
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingFormula:
    """How a year is scored. `period_ends` is month and day of the last day of the period, inclusive."""

    title: Sentence
    period_ends: tuple[int, int]
    bottom: int
    minimum_cases: int
    objection: Term
    groups: tuple[RankedGroup, ...]
    parts: tuple[ScorePart, ...]
    hash: str

    def period(self, year: int) -> tuple[date, date]:
        """Return the first and the last day that the ranking of this year assesses, both inclusive."""
        month, day = self.period_ends
        return date(year - 1, month, day) + timedelta(days=1), date(year, month, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedFact:
    """Something that happened to a unit and that a formula may count: on a day, in events of the history.

    `about` is what people call it: the number of a case, the article of a duty. `times` is how often it counts: a
    red light as many times as it has days, everything else once.
    """

    unit: str
    measure: Measure
    on: date
    about: str
    events: tuple[int, ...]
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPart:
    """One summand of a score. `rule` is the part's key, or the part's key and the measure."""

    rule: str
    points: Decimal
    about: str = ""
    events: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedUnit:
    """A unit's score and place. `is_last` says that it may be interviewed as one of the last of its group."""

    unit: str
    group: str
    place: int
    score: Decimal
    parts: tuple[ScoredPart, ...]
    cases: int
    is_last: bool = False


class TakenAct(NamedTuple):
    """An act that took effect: the place of its event, what was done on which day, and where it led."""

    seq: int
    act: Act
    on: date
    event: Event

    @property
    def moves(self) -> bool:
        """Say whether it led to another state."""
        return self.event.to_state is not self.event.from_state


def taken_acts(history: Sequence[tuple[int, Event]]) -> list[TakenAct]:
    """Return what took effect of the events of a case, by their places in the history.

    An act that waits for its second signature is none yet, and one whose signature was refused never was; once it is
    signed, it counts on the day on which it was taken, and stands on the event of the signature. What was corrected
    later is left out.
    """
    entered = {event.case_seq: event for _, event in history if event.data.get(UNSIGNED)}
    found: dict[int, TakenAct] = {}
    corrected: set[int] = set()
    for seq, event in history:
        if event.case_seq in entered:
            continue
        signed = entered.get(int(event.data.get("of", 0))) if event.act is Act.COUNTERSIGN else None
        what = signed or event
        if what.act is Act.CORRECT_EVENT:
            corrected.add(int(what.data["of"]))
        found[what.case_seq] = TakenAct(seq, what.act, what.occurred_on, event)
    return [
        one
        for case_seq, one in found.items()
        if case_seq not in corrected and one.event.case_seq not in corrected and not _marks_office(one)
    ]


def _marks_office(one: TakenAct) -> bool:
    """Say whether it is a light over a term of the office, which is no delay of the unit."""
    return one.act in (Act.MARKED_YELLOW, Act.MARKED_RED) and one.event.data.get("party") == "office"


def facts_of(unit: str, number: str, history: Sequence[tuple[int, Event]], first: date, last: date) -> list[RankedFact]:
    """Return what a formula may count of a case from `first` to `last`, both inclusive.

    `history` are its events by their places in the history. Nothing is counted of a case that counts nothing at the end
    of it. The rung on which an interview of the last begins is not counted: nobody loses points for having lost points.
    """
    if not history or history[-1][1].to_state in UNCOUNTED:
        return []
    taken = taken_acts(history)

    def fact(measure: Measure, on: date, *events: int, times: int = 1) -> RankedFact:
        return RankedFact(unit=unit, measure=measure, on=on, about=number, events=events, times=times)

    found = [fact(measure, one.on, one.seq) for one, measure in _counted(taken) if first <= one.on <= last]
    for lit, out in _red_stretches(taken):
        days = (min(out.on if out else date.max, last + timedelta(days=1)) - max(lit.on, first)).days
        if days > 0:
            seqs = (lit.seq, out.seq) if out else (lit.seq,)
            found.append(fact(Measure.RED_DAYS, max(lit.on, first), *seqs, times=days))
    return found


def _counted(taken: Sequence[TakenAct]) -> Iterator[tuple[TakenAct, Measure]]:
    was_lit = False
    for one in taken:
        if one.act in _BY_ACT:
            yield one, _BY_ACT[one.act]
        if one.act is Act.REGISTER_FINDING and str(one.event.data.get("source", "")).startswith(OWN_CHECK):
            yield one, Measure.SELF_REPORTED
        to_state = one.event.to_state
        if one.moves and one.act not in (Act.REOPEN, Act.START_RANKING_INTERVIEW) and to_state in _BY_RUNG:
            yield one, _BY_RUNG[to_state]
        was_lit = was_lit or one.act in (Act.MARKED_YELLOW, Act.MARKED_RED)
        if one.moves and to_state is State.CLOSED and not was_lit:
            yield one, Measure.CLOSED_IN_TIME


def _red_stretches(taken: Sequence[TakenAct]) -> Iterator[tuple[TakenAct, TakenAct | None]]:
    """Yield the mark of each red light, and what put it out: a new rung, or an event that sets another light."""
    lit: TakenAct | None = None
    for one in taken:
        light = (one.event.data.get("becomes") or {}).get("light", Light.RED)
        if lit is not None and (one.moves or "cycle" in one.event.data or light != Light.RED):
            yield lit, one
            lit = None
        if one.act is Act.MARKED_RED and lit is None:
            lit = one
    if lit is not None:
        yield lit, None


def ranked(
    formula: RankingFormula, units: Mapping[str, str], cases: Mapping[str, int], facts: Iterable[RankedFact]
) -> list[RankedUnit]:
    """Return the units of all groups, best first; equal scores share a place.

    `units` gives the kind of each unit by its name, `cases` how many cases count for it. A unit whose kind is in no
    group is not ranked.
    """
    by_unit: dict[str, list[RankedFact]] = {}
    for fact in facts:
        by_unit.setdefault(fact.unit, []).append(fact)
    found: list[RankedUnit] = []
    for group in formula.groups:
        scored = [(unit, _parts(formula, by_unit.get(unit, ()))) for unit, kind in units.items() if kind in group.kinds]
        found += _placed(formula, group, {unit: tuple(parts) for unit, parts in scored}, cases)
    return found


def _parts(formula: RankingFormula, facts: Iterable[RankedFact]) -> list[ScoredPart]:
    known = sorted(facts, key=lambda fact: (fact.on, fact.about, fact.events))
    found: list[ScoredPart] = []
    for part in formula.parts:
        counted = [
            ScoredPart(
                rule=f"{part.key}.{rule.measure.value}",
                points=rule.points * fact.times,
                about=fact.about,
                events=fact.events,
            )
            for rule in part.rules
            for fact in known
            if fact.measure is rule.measure
        ]
        found += [ScoredPart(rule=part.key, points=part.full), *counted]
        whole = part.full + sum((one.points for one in counted), Decimal(0))
        bounded = min(max(whole, part.least), part.most)
        if bounded != whole:
            found.append(ScoredPart(rule=f"{part.key}.bound", points=bounded - whole))
    return found


def _placed(
    formula: RankingFormula,
    group: RankedGroup,
    scored: Mapping[str, tuple[ScoredPart, ...]],
    cases: Mapping[str, int],
) -> list[RankedUnit]:
    scores = {unit: sum((part.points for part in parts), Decimal(0)) for unit, parts in scored.items()}
    best = max(scores.values(), default=Decimal(0))
    compared = [score for unit, score in scores.items() if cases.get(unit, 0) >= formula.minimum_cases]
    return [
        RankedUnit(
            unit=unit,
            group=group.key,
            place=1 + sum(other > scores[unit] for other in scores.values()),
            score=scores[unit].quantize(CENT),
            parts=scored[unit],
            cases=cases.get(unit, 0),
            is_last=(
                cases.get(unit, 0) >= formula.minimum_cases
                and scores[unit] < best
                and sum(other < scores[unit] for other in compared) < formula.bottom
            ),
        )
        for unit in sorted(scores, key=lambda unit: (-scores[unit], unit))
    ]


# --- the life of a ranking ---------------------------------------------------------------------------------------


class RankingState(StrEnum):
    """How far a ranking is."""

    COMPUTED = "computed"
    ANNOUNCED = "announced"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


RANKING_STATES: Final = {
    RankingState.COMPUTED: ("已计算", "computed"),
    RankingState.ANNOUNCED: ("征求异议", "open to objections"),
    RankingState.APPROVED: ("已批准", "approved"),
    RankingState.WITHDRAWN: ("已撤回", "withdrawn"),
}


class RankingAct(StrEnum):
    """What is done to a ranking."""

    COMPUTE = "compute_ranking"
    ANNOUNCE = "announce_ranking"
    APPROVE = "approve_ranking"
    WITHDRAW = "withdraw_ranking"


RANKING_ACTS: Final = {
    RankingAct.COMPUTE: ("计算排序", "compute a ranking"),
    RankingAct.ANNOUNCE: ("发单位核对", "send the ranking to the units"),
    RankingAct.APPROVE: ("批准排序", "approve the ranking"),
    RankingAct.WITHDRAW: ("退回重新计算", "return the ranking"),
}


_OFFICE: Final = (Role.HANDLER, Role.DIRECTOR)
RANKING_TABLE: Final = (
    Move(RankingAct.COMPUTE, None, RankingState.COMPUTED, (*_OFFICE, Role.LEADER)),
    Move(RankingAct.ANNOUNCE, RankingState.COMPUTED, RankingState.ANNOUNCED, (Role.DIRECTOR, Role.LEADER)),
    Move(RankingAct.APPROVE, RankingState.ANNOUNCED, RankingState.APPROVED, (Role.LEADER,)),
    Move(RankingAct.WITHDRAW, RankingState.COMPUTED, RankingState.WITHDRAWN, (Role.DIRECTOR, Role.LEADER)),
    Move(RankingAct.WITHDRAW, RankingState.ANNOUNCED, RankingState.WITHDRAWN, (Role.DIRECTOR, Role.LEADER)),
    Move(RankingAct.WITHDRAW, RankingState.APPROVED, RankingState.WITHDRAWN, (Role.LEADER,)),
)
"""The whole life of a ranking: it exists for others only when the leader has approved it."""

RANKING_LIFE: Final = SmallLife(Sentence("排序", "ranking"), RANKING_TABLE, RANKING_STATES, RANKING_ACTS)


def ranking_moved(state: RankingState | None, act: RankingAct, role: Role) -> RankingState:
    """Return the state of a ranking after the act; None is a ranking that does not exist yet.

    Raises:
        NoSuchAct: the table has no row for this state and act.
        NotPermitted: the row is not open to this role.
    """
    return RankingState(RANKING_LIFE.moved(state, act, role))
