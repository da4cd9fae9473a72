"""Obligations (年度职责): what the regulation asks of a unit in a year, and what became of it.

Pure: which clause binds which unit, until when, towards whom, and the small table of an obligation's life, which
stands beside that of the case. A missed obligation is a clue, never a case by itself.

Source: 川委办〔2017〕15号 articles 5 to 7, 9 and 10; docs/domain.md §1, §2.3 and "Counting time" 6 and 8; ADR 0044.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from transitions import Machine, MachineError

from states.errors import BadData, NoSuchAct, NotPermitted, Sentence
from states.terms import date_text
from states.vocabulary import Role, name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIRST_YEAR: Final = 2017
"""The Measures have been in force since 24 March 2017."""


class ObligationState(StrEnum):
    """What became of an obligation."""

    OPEN = "open"
    SUBMITTED = "submitted"
    FULFILLED = "fulfilled"
    MISSED = "missed"
    EXCUSED = "excused"


class ObligationStep(StrEnum):
    """What moves an obligation on."""

    SUBMIT = "submit"
    RECEIVE = "receive"
    EXCUSE = "excuse"
    MISS = "miss"
    CLAIM = "claim"
    CORRECT = "correct"


class Bearer(StrEnum):
    """Whose duty it is, as the catalogue names them (`config/duties.yaml`)."""

    PARTY_HEAD = "party_head"
    GOVERNMENT_HEAD = "government_head"
    DEPARTMENT_HEAD = "department_head"
    SUPERIOR_PARTY_COMMITTEE = "superior_party_committee"


OBLIGATION_STATES: Final[Mapping[ObligationState, tuple[str, str]]] = {
    ObligationState.OPEN: ("未报送", "open"),
    ObligationState.SUBMITTED: ("已报送，未齐", "submitted, not complete"),
    ObligationState.FULFILLED: ("已完成", "fulfilled"),
    ObligationState.MISSED: ("没有按期完成", "missed"),
    ObligationState.EXCUSED: ("同意不办", "excused"),
}
OBLIGATION_STEPS: Final[Mapping[ObligationStep, tuple[str, str]]] = {
    ObligationStep.SUBMIT: ("登记报送", "enter what was done"),
    ObligationStep.RECEIVE: ("登记签收回执", "enter a receipt"),
    ObligationStep.EXCUSE: ("同意不办", "excuse"),
    ObligationStep.MISS: ("到期未完成", "miss"),
    ObligationStep.CLAIM: ("提请更正到期未完成", "ask to correct the miss"),
    ObligationStep.CORRECT: ("确认更正到期未完成", "correct the miss"),
}
WAITING: Final = frozenset({ObligationState.OPEN, ObligationState.SUBMITTED})
"""The states in which the day still matters."""


@dataclass(frozen=True, slots=True)
class FixedDay:
    """A day of the year that never moves. `before`: the day itself is too late, so the last day is the one before it.

    Source: docs/domain.md §3, "Counting time" 6 (“之前” excludes the day) and 8 (fixed dates do not move).
    """

    month: int
    day: int
    before: bool = False

    def __post_init__(self) -> None:
        """Refuse a day that no year has.

        Raises:
            ValueError: there is no such day in every year.
        """
        date(2023, self.month, self.day)

    def last_day(self, year: int) -> date:
        """Return the last day, inclusive, whatever kind of day it is; a term before 1 March ends on 28 or 29 February.

        An obligation's day ends at 24:00.
        """
        named = date(year, self.month, self.day)
        return named - timedelta(days=1) if self.before else named


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringClause:
    """A clause that recurs each year.

    `duty` is the entry of the catalogue that a finding names; `id` tells several obligations of one entry apart.
    `day_in_rule`, `times_in_rule`: whether the rule itself fixes the day and the number, or the office has set them.
    """

    id: str
    duty: str
    bearers: frozenset[Bearer]
    title: Sentence
    due: FixedDay
    times: int
    receivers: tuple[str, ...]
    government_only: bool
    day_in_rule: bool
    times_in_rule: bool
    evidence: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """A unit as the rules see it: its kind and name, those of the unit above, and whether others stand below it."""

    kind: str
    name: str
    above_kind: str = ""
    above_name: str = ""
    has_below: bool = False


_TOWN: Final = re.compile(r"(?:镇|乡|街道)(?:中?共?党?工?委(?:员会)?|人民政府|政府|办事处)?$")
_PARTY_DEPARTMENT: Final = re.compile(r"[省州市县区]委(?!员会$)(?:[^员]|员会.)")


def is_township(kind: str, unit: str) -> bool:
    """Say whether the unit is a township, a street office, or its Party committee or government."""
    return kind == "township" or (kind in ("party_committee", "government") and _TOWN.search(unit) is not None)


def is_by_reference(place: UnitPlace) -> bool:
    """Say whether the Measures apply to the unit only by reference (article 10), never as a strict duty."""
    return place.kind == "village" or is_township(place.kind, place.name)


def bearers_of(place: UnitPlace) -> frozenset[Bearer]:
    """Return as what the unit's head bears duties; nothing for whom the Measures do not name.

    Townships and villages bear those of Party committees and governments by reference (article 10). A department
    counts if a Party committee or a government of county level or above has it (article 2): one below another
    department, or of a township, is none of those. A Party committee is a superior one (article 9) if somebody stands
    below it.
    """
    match place.kind:
        case "village" | "township":
            return frozenset({Bearer.PARTY_HEAD, Bearer.GOVERNMENT_HEAD})
        case "party_committee" if is_by_reference(place) or not place.has_below:
            return frozenset({Bearer.PARTY_HEAD})
        case "party_committee":
            return frozenset({Bearer.PARTY_HEAD, Bearer.SUPERIOR_PARTY_COMMITTEE})
        case "government":
            return frozenset({Bearer.GOVERNMENT_HEAD})
        case "department" if place.above_kind in ("", "party_committee", "government", "office"):
            below_a_town = is_township(place.above_kind, place.above_name)
            return frozenset() if below_a_town else frozenset({Bearer.DEPARTMENT_HEAD})
        case _:
            return frozenset()


def is_party_department(place: UnitPlace) -> bool:
    """Say whether a department is one of a Party committee: the yearly report of article 7(4) is not asked of it."""
    if place.kind != "department":
        return False
    return place.above_kind == "party_committee" or _PARTY_DEPARTMENT.search(place.name) is not None


def binds(clause: RecurringClause, place: UnitPlace) -> bool:
    """Say whether the clause binds the unit, strictly or by reference."""
    return bool(clause.bearers & bearers_of(place)) and not (clause.government_only and is_party_department(place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What has been entered of an obligation: the days of what was done, and the day of each receiver's receipt."""

    due_on: date
    times: int = 1
    receivers: tuple[str, ...] = ()
    done_on: tuple[date, ...] = ()
    received: Mapping[str, date]

    @property
    def in_time(self) -> int:
        """Return how often it was done until the day; a receipt proves that it was done at least once."""
        done = sum(day <= self.due_on for day in self.done_on)
        return max(done, 1) if any(day <= self.due_on for day in self.received.values()) else done

    @property
    def lacking(self) -> tuple[str, ...]:
        """Return the receivers who had not signed by the day."""
        return tuple(one for one in self.receivers if self.received.get(one, date.max) > self.due_on)

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is missing."""
        return self.in_time >= self.times and not self.lacking


_FIGURES: Final = "零一两三四五六七八九十"
_NOTHING: Final = Sentence("没有报送", "nothing was submitted")
_FEWER: Final = Sentence("应当{times}次，完成{done}次，差{short}次", "{done} of {times} times")
_LACKING: Final = Sentence("{all}家回执缺{short}家：{who}", "{short} of {total} receipts are missing: {who}")


def missing(standing: Standing) -> Sentence:
    """Say in words what was not there on the day, for example 三家回执缺一家：同级人大常委会."""
    if standing.in_time < standing.times:
        if not standing.in_time and standing.times == 1:
            return _NOTHING
        short = standing.times - standing.in_time
        return _FEWER.fill(times=standing.times, done=standing.in_time, short=short)
    lacking = standing.lacking
    return Sentence(
        _LACKING.zh.format(
            all=_figure(len(standing.receivers)), short=_figure(len(lacking), one="一"), who="、".join(lacking)
        ),
        _LACKING.en.format(short=len(lacking), total=len(standing.receivers), who=", ".join(lacking)),
    )


def _figure(number: int, one: str = "一") -> str:
    return one if number == 1 else _FIGURES[number] if number < len(_FIGURES) else str(number)


@dataclass(frozen=True, slots=True)
class ObligationMove:
    """One line of the table: from here, by this step of these roles, to there; `whole`: if nothing is missing then."""

    step: ObligationStep
    source: ObligationState
    dest: ObligationState
    roles: tuple[Role, ...]
    whole: bool = False


ENTER: Final = (Role.LIAISON, Role.HEAD, Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR)
"""Who enters what was done: the unit itself, and the office where paper came in."""
CONFIRM: Final = (Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR)
"""Who enters a receipt: nobody signs for another on his own word."""
EXCUSE: Final = (Role.DIRECTOR, Role.LEADER)
GENERATE: Final = (Role.HANDLER, Role.DIRECTOR)
_S: Final = ObligationState
_ENTERED: Final = ((ObligationStep.SUBMIT, ENTER), (ObligationStep.RECEIVE, CONFIRM))
OBLIGATION_TABLE: Final = (
    *(
        ObligationMove(step, source, _S.FULFILLED, roles, whole=True)
        for step, roles in _ENTERED
        for source in (_S.OPEN, _S.SUBMITTED)
    ),
    *(
        ObligationMove(step, source, _S.SUBMITTED, roles)
        for step, roles in _ENTERED
        for source in (_S.OPEN, _S.SUBMITTED)
    ),
    # What comes in late is kept with its day; that the day was missed stays true until a second person takes it back.
    *(ObligationMove(step, _S.MISSED, _S.MISSED, roles) for step, roles in _ENTERED),
    ObligationMove(ObligationStep.CLAIM, _S.MISSED, _S.MISSED, CONFIRM, whole=True),
    ObligationMove(ObligationStep.CORRECT, _S.MISSED, _S.FULFILLED, (Role.DIRECTOR,), whole=True),
    ObligationMove(ObligationStep.SUBMIT, _S.FULFILLED, _S.FULFILLED, ENTER),
    *(ObligationMove(ObligationStep.EXCUSE, source, _S.EXCUSED, EXCUSE) for source in (_S.OPEN, _S.SUBMITTED)),
    *(ObligationMove(ObligationStep.MISS, source, _S.MISSED, (Role.SYSTEM,)) for source in (_S.OPEN, _S.SUBMITTED)),
)
"""The whole life of an obligation. Only time misses one, only the office excuses one, and only until the day.

What was there in time and was only entered after the day is no miss: two persons take it back, one with the reason.
"""

_NO_ROW: Final = Sentence("这项职责“{state}”，不能再{step}。", "The obligation is “{state}”; it is too late to {step}.")
_NOT_YOURS: Final = Sentence("{step}须由{roles}办理。", "To {step} is for {roles}.")


class _ObligationCursor:
    """What the machine moves: a state, with the role that acts and whether nothing is missing."""

    __slots__ = ("role", "state", "whole")

    def __init__(self, state: str, role: Role, *, whole: bool) -> None:
        self.state = state
        self.role = role
        self.whole = whole


def _allowed(row: ObligationMove) -> Any:  # noqa: ANN401  # a callback of the machine
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        if event.model.role not in row.roles:
            roles = Sentence("、".join(name(r).zh for r in row.roles), " or ".join(name(r).en for r in row.roles))
            raise NotPermitted(_NOT_YOURS.fill(step=Sentence(*OBLIGATION_STEPS[row.step]), roles=roles))
        return bool(event.model.whole) or not row.whole

    return condition


_MACHINE: Final = Machine(
    model=None,
    states=[state.value for state in ObligationState],
    transitions=[
        {"trigger": row.step.value, "source": row.source.value, "dest": row.dest.value, "conditions": [_allowed(row)]}
        for row in OBLIGATION_TABLE
    ],
    initial=ObligationState.OPEN.value,
    auto_transitions=False,
    send_event=True,
)


def moved(state: ObligationState, step: ObligationStep, role: Role, *, whole: bool = False) -> ObligationState:
    """Return the state after the step; `whole` says whether nothing is missing any more once it is taken.

    Raises:
        NoSuchAct: the table has no row for this state and step, or only one for when nothing is missing.
        NotPermitted: the row is not open to this role.
    """
    cursor = _ObligationCursor(state.value, role, whole=whole)
    refused = NoSuchAct(_NO_ROW.fill(state=Sentence(*OBLIGATION_STATES[state]), step=Sentence(*OBLIGATION_STEPS[step])))
    try:
        taken = _MACHINE.events[step.value].trigger(cursor)
    except MachineError as error:
        raise refused from error
    if not taken:
        raise refused
    return ObligationState(cursor.state)


def may(state: ObligationState, step: ObligationStep, role: Role) -> bool:
    """Say whether the table lets this role take the step from this state."""
    return any(row.step is step and row.source is state and role in row.roles for row in OBLIGATION_TABLE)


_FUTURE: Final = Sentence("{day}还没有到，不能登记。", "{day} has not come yet.")
_BEFORE_YEAR: Final = Sentence(
    "{day}在{year}年度之前，不能算作这一年度的职责。", "{day} is before {year}, whose obligation this is."
)
_NO_RECEIVER: Final = Sentence(
    "“{who}”不是这项职责的收文单位；应当签收的是：{all}。", "“{who}” is no receiver here; they are: {all}."
)
_NO_RECEIVERS: Final = Sentence("这项职责不需要收文回执。", "Nobody has to sign for this obligation.")
_SIGNED: Final = Sentence("“{who}”已在{day}签收，不能重复登记。", "“{who}” has signed on {day} already.")


def require_day(on: date, year: int, today: date) -> None:
    """Do nothing if what belongs to a year can have happened on this day.

    Raises:
        BadData: the day is before the year or has not come yet.
    """
    day = Sentence(date_text(on), date_text(on, "en"))
    if on > today:
        raise BadData(_FUTURE.fill(day=day))
    if on.year < year:
        raise BadData(_BEFORE_YEAR.fill(day=day, year=year))


def require_receiver(who: str, receivers: Sequence[str], received: Mapping[str, date]) -> None:
    """Do nothing if this receiver must sign, and has not.

    Raises:
        BadData: nobody must, this one need not, or has signed already.
    """
    if not receivers:
        raise BadData(_NO_RECEIVERS)
    if who not in receivers:
        raise BadData(_NO_RECEIVER.fill(who=who, all=Sentence("、".join(receivers), ", ".join(receivers))))
    if who in received:
        day = Sentence(date_text(received[who]), date_text(received[who], "en"))
        raise BadData(_SIGNED.fill(who=who, day=day))
