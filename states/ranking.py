"""Ranking (排序): each unit's score as a sum whose every part links to what happened; and the small life of a ranking.

The formula is data. What may be measured is a closed set: log-ins and the speed of answers are no measures, and no
formula can make them one. All points are decimal numbers exact to the cent.

Source: regulation, article 9(4) (ranking, interview of the last); docs/domain.md §3 (ranking), §4.2 row 31.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from transitions import Machine, MachineError

from states.errors import NoSuchAct, NotPermitted, Sentence
from states.vocabulary import Act, Role, State, name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from states.case import Event
    from states.terms import Term

CENT: Final = Decimal("0.01")


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
        from datetime import date, timedelta  # noqa: PLC0415  # a value, not a clock

        month, day = self.period_ends
        return date(year - 1, month, day) + timedelta(days=1), date(year, month, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedFact:
    """Something that happened to a unit and that a formula may count: once, on a day, in events of the history.

    `about` is what people call it: the number of a case, the article of a duty.
    """

    unit: str
    measure: Measure
    on: date
    about: str
    events: tuple[int, ...]


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


def facts_of(unit: str, number: str, history: Sequence[tuple[int, Event]], first: date, last: date) -> list[RankedFact]:
    """Return what a formula may count of a case from `first` to `last`, both inclusive.

    `history` are its events by their places in the history. Nothing is counted of a case that counts nothing at the end
    of it, nor of an event that was corrected later.
    """
    if not history or history[-1][1].to_state in UNCOUNTED:
        return []
    corrected = {int(event.data["of"]) for _, event in history if event.act is Act.CORRECT_EVENT}
    found: list[RankedFact] = []
    was_lit = False
    for seq, event in history:
        measures = [measure for act, measure in _BY_ACT.items() if act is event.act]
        if event.to_state is not event.from_state and event.act is not Act.REOPEN:
            measures += [measure for state, measure in _BY_RUNG.items() if state is event.to_state]
        was_lit = was_lit or event.act in (Act.MARKED_YELLOW, Act.MARKED_RED)
        if event.to_state is State.CLOSED and event.from_state is not State.CLOSED and not was_lit:
            measures.append(Measure.CLOSED_IN_TIME)
        if first <= event.occurred_on <= last and event.case_seq not in corrected:
            found += [
                RankedFact(unit=unit, measure=measure, on=event.occurred_on, about=number, events=(seq,))
                for measure in measures
            ]
    return found


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
                rule=f"{part.key}.{rule.measure.value}", points=rule.points, about=fact.about, events=fact.events
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


@dataclass(frozen=True, slots=True)
class RankingMove:
    """One line of the table: from here, by this act of these roles, to there."""

    act: RankingAct
    source: RankingState | None
    dest: RankingState
    roles: tuple[Role, ...]


_OFFICE: Final = (Role.HANDLER, Role.DIRECTOR)
RANKING_TABLE: Final = (
    RankingMove(RankingAct.COMPUTE, None, RankingState.COMPUTED, (*_OFFICE, Role.LEADER)),
    RankingMove(RankingAct.ANNOUNCE, RankingState.COMPUTED, RankingState.ANNOUNCED, (Role.DIRECTOR, Role.LEADER)),
    RankingMove(RankingAct.APPROVE, RankingState.ANNOUNCED, RankingState.APPROVED, (Role.LEADER,)),
    RankingMove(RankingAct.WITHDRAW, RankingState.COMPUTED, RankingState.WITHDRAWN, (Role.DIRECTOR, Role.LEADER)),
    RankingMove(RankingAct.WITHDRAW, RankingState.ANNOUNCED, RankingState.WITHDRAWN, (Role.DIRECTOR, Role.LEADER)),
    RankingMove(RankingAct.WITHDRAW, RankingState.APPROVED, RankingState.WITHDRAWN, (Role.LEADER,)),
)
"""The whole life of a ranking: it exists for others only when the leader has approved it."""

_NEW: Final = "new"
_NO_ROW: Final = Sentence("排序处于“{state}”，不能“{act}”。", "A ranking that is “{state}” does not allow: {act}.")
_NOT_YOURS: Final = Sentence("“{act}”须由{roles}办理。", "“{act}” is for {roles}.")


@dataclass(slots=True)
class _RankingCursor:
    """What the machine moves: a state, and the role that acts."""

    state: str
    role: Role


def _permitted(row: RankingMove) -> Callable[[Any], bool]:
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        if event.model.role not in row.roles:
            roles = Sentence("、".join(name(r).zh for r in row.roles), " or ".join(name(r).en for r in row.roles))
            raise NotPermitted(_NOT_YOURS.fill(act=Sentence(*RANKING_ACTS[row.act]), roles=roles))
        return True

    return condition


_MACHINE: Final = Machine(
    model=None,
    states=[_NEW, *(state.value for state in RankingState)],
    transitions=[
        {
            "trigger": row.act.value,
            "source": row.source.value if row.source else _NEW,
            "dest": row.dest.value,
            "conditions": [_permitted(row)],
        }
        for row in RANKING_TABLE
    ],
    initial=_NEW,
    auto_transitions=False,
    send_event=True,
)


def ranking_moved(state: RankingState | None, act: RankingAct, role: Role) -> RankingState:
    """Return the state of a ranking after the act; None is a ranking that does not exist yet.

    Raises:
        NoSuchAct: the table has no row for this state and act.
        NotPermitted: the row is not open to this role.
    """
    cursor = _RankingCursor(state.value if state else _NEW, role)
    try:
        _MACHINE.events[act.value].trigger(cursor)
    except (MachineError, KeyError) as error:
        label = Sentence(*RANKING_STATES[state]) if state else Sentence("尚未计算", "not computed")
        raise NoSuchAct(_NO_ROW.fill(state=label, act=Sentence(*RANKING_ACTS[act]))) from error
    return RankingState(cursor.state)
