"""What a history would have been by other rules: every act of people is decided again, and time acts anew. Pure.

People's acts are taken as they were, each on its day and entered when it was entered. What time does (reminders,
lights, escalations, deadlines counted again by a new calendar) is worked out by the functions that the sweep and the
desk use. An act that those rules refuse is left out, with the sentence of the refusal.

Source: ADR 0047.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cases.unit_of_work import SYSTEM
from programme.stretches import OF_TIME, RulesOfHistory, Stretch, stretches
from states.command import NO_FACTS, Command, Facts
from states.decision import decide
from states.errors import BadData, Refused, Sentence
from states.evolve import evolve
from states.fields import FIELDS
from states.firing import fired
from states.recount import How, extended_from, migrated, redated, redating_data
from states.timers import timers
from states.vocabulary import SILENT_ACTS, Act

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from states.case import Case, Event
    from states.command import Rules
    from states.policy import Policy
    from states.recount import Moved
    from states.working_days import Calendar

_NOT_HAPPENED: Final = Sentence(
    "所指的事项在这套规则下没有发生。", "What this act speaks of would not have happened by these rules."
)


MOST_STEPS: Final = 10_000
"""So many events of one case are worked out; the longest histories have a tenth."""
_ENDLESS: Final = Sentence(
    "在这套规则下，案件{number}有超过{n}个事项，没有试算完；请检查草案中的天数。",
    "By these rules the case {number} comes to more than {n} events; check the numbers of days in the draft.",
)


class CourseStep(NamedTuple):
    """One event, and the case after it."""

    event: Event
    case: Case


@dataclass(frozen=True, slots=True)
class RefusedAct:
    """An act of a person that would not have been allowed, with the sentence why."""

    act: Act
    on: date
    reason: Sentence


@dataclass(frozen=True, slots=True)
class DecidedCourse:
    """What became of a case: its events, each with the case after it, and the acts that were left out."""

    steps: tuple[CourseStep, ...]
    refused: tuple[RefusedAct, ...] = ()


def recorded_course(history: Iterable[Event]) -> DecidedCourse:
    """Return the course of a case as its history has it."""
    steps: list[CourseStep] = []
    case: Case | None = None
    for event in history:
        case = evolve(case, event)
        steps.append(CourseStep(event, case))
    return DecidedCourse(tuple(steps))


def decided_again(
    history: Sequence[Event], rules: RulesOfHistory, until: datetime, draft: Policy | None = None
) -> DecidedCourse:
    """Return the course that a case would have taken up to `until`, inclusive, had it gone by `draft` all its life.

    Without a draft it goes by the policies that its history names: the course is then the history itself, unless
    something in it was decided by rules that the product no longer has. `history` are the events of the case that
    were recorded up to `until`, at least one.

    Raises:
        NotFound: a policy that the history names was never kept.
        BadData: by these rules time goes on and on in the case (`MOST_STEPS`).
    """
    course = _Course(rules, draft)
    for stretch in stretches(history, rules, until):
        course.pass_through(stretch)
    return DecidedCourse(tuple(course.steps), tuple(course.refused))


@dataclass(slots=True)
class _Course:
    """A course while it is worked out."""

    history_rules: RulesOfHistory
    draft: Policy | None
    case: Case | None = None
    steps: list[CourseStep] = field(default_factory=list)
    refused: list[RefusedAct] = field(default_factory=list)
    seq_of: dict[tuple[str, str, int], int] = field(default_factory=dict)
    named: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    times: Counter[tuple[bool, str, str]] = field(default_factory=Counter)

    def pass_through(self, stretch: Stretch) -> None:
        """Let time act during the stretch, and then decide again what was recorded at its end."""
        self._let_time_act(stretch)
        if stretch.calendar_comes is not None and stretch.none_moved:
            self._count_again_unrecorded(stretch, stretch.calendar_comes)
        event = stretch.then
        if event is None:
            return
        name = self._name(event, recorded=True)
        self.named[event.case_seq] = name
        if event.act in OF_TIME:
            return
        if event.act in SILENT_ACTS:
            if self.case is not None:
                self._take(event._replace(case_seq=self.case.version + 1, to_state=self.case.state), name)
        elif event.act is Act.DEADLINE_REDATED:
            self._count_again(event, name)
        else:
            self._decide_again(event, name)

    def _policy(self) -> Policy:
        if self.draft is not None:
            return self.draft
        if self.case is None:
            raise AssertionError("a case goes by a policy from its first event on")
        return self.history_rules.policy_of(self.case.policy_hash)

    # --- time ----------------------------------------------------------------------------------------------------

    def _let_time_act(self, stretch: Stretch) -> None:
        """Fire what is due when somebody looks: at once, unless the history shows that nobody looked until the end."""
        while self.case is not None:
            rules = self.history_rules.rules(self._policy(), stretch.calendar)
            waiting = timers(self.case, rules)
            if not waiting:
                return
            at = max(waiting[0].due_at, stretch.begins)
            if at > stretch.ends or (stretch.silent_from is not None and at >= stretch.silent_from):
                break
            if stretch.as_of is not None and at >= stretch.ends:
                break
            if not self._sweep(at, at, NO_FACTS, rules):
                return
        if self.case is not None and stretch.as_of is not None:
            rules = self.history_rules.rules(self._policy(), stretch.calendar)
            self._sweep(stretch.as_of, stretch.ends, replace(NO_FACTS, clock_gap=stretch.clock_gap), rules)

    def _sweep(self, as_of: datetime, now: datetime, facts: Facts, rules: Rules) -> bool:
        """Fire everything that is due at `as_of`, as a sweep does it that records it at `now`.

        Return whether it could: a sweep for a day before the case's present stage sets the case aside.
        """
        while self.case is not None:
            ready = [timer for timer in timers(self.case, rules) if timer.due_at <= as_of]
            if not ready:
                break
            try:
                event = fired(self.case, ready, SYSTEM, as_of, facts, rules, now)
            except Refused:
                return False
            self._take(event, self._name(event, recorded=False))
        return True

    # --- what is given from outside --------------------------------------------------------------------------------

    def _decide_again(self, event: Event, name: tuple[str, str, int]) -> None:
        """Decide an act of a person again, with the data as they were entered; or note why it would be refused."""
        fields = FIELDS[event.act]
        data: dict[str, Any] = {key: value for key, value in event.data.items() if key in fields}
        if self.case is None and event.case_seq > 1:
            return  # the case itself would not have been opened
        if "of" in data:
            seq = self.seq_of.get(self.named.get(data["of"], name))
            if seq is None:
                self.refused.append(RefusedAct(event.act, event.occurred_on, _NOT_HAPPENED))
                return
            data["of"] = seq
        calendar = self.history_rules.calendar_of(event.calendar_hash)
        policy = self.draft or self.history_rules.policy_of(
            self.case.policy_hash if self.case is not None else event.policy_hash
        )
        command = Command(act=event.act, actor=event.actor, on=event.occurred_on, data=data, case_id=event.case_id)
        rules = self.history_rules.rules(policy, calendar)
        try:
            again = decide(self.case, command, _facts(event, self.case), rules, event.recorded_at)
        except Refused as refused:
            self.refused.append(RefusedAct(event.act, event.occurred_on, refused.sentence))
            return
        self._take(again, name)

    def _count_again(self, event: Event, name: tuple[str, str, int]) -> None:
        """Count the deadlines again where the history did, by the calendar of then, or by the policy that came."""
        calendar = self.history_rules.calendar_of(event.calendar_hash)
        if self.case is None:
            return
        if "new_policy" not in event.data:
            self._redate(self._moves(calendar, event.occurred_on), calendar, event.occurred_on, event.recorded_at, name)
            return
        if self.draft is not None:
            return  # the draft was in force all the time: no case had to be brought under another policy
        old, new = (self.history_rules.policy_of(event.data[key]) for key in ("old_policy", "new_policy"))
        moves = migrated(self.case, old, new, calendar, event.occurred_on, How(event.data["how"]))
        more = {key: event.data[key] for key in _OF_A_MIGRATION if key in event.data}
        rules = self.history_rules.rules(new, calendar)
        data = more | redating_data(self.case, moves, calendar, event.occurred_on)
        self._record(data, event.occurred_on, event.recorded_at, rules, name)

    def _count_again_unrecorded(self, stretch: Stretch, calendar: Calendar) -> None:
        """Count again by a calendar that moved no day in the history, if it would have moved one here."""
        on = stretch.ends.astimezone(self.history_rules.zone).date()
        name = ("calendar", calendar.hash, len(self.steps))
        self._redate(self._moves(calendar, on), calendar, on, stretch.ends, name)

    def _moves(self, calendar: Calendar, on: date) -> tuple[Moved, ...]:
        if self.case is None:
            return ()
        starts = extended_from((step.event for step in self.steps), self.case, calendar)
        return redated(self.case, calendar, on, starts=starts)

    def _redate(  # what moves, by which calendar, when
        self, moves: tuple[Moved, ...], calendar: Calendar, on: date, now: datetime, name: tuple[str, str, int]
    ) -> None:
        if self.case is not None and moves:
            rules = self.history_rules.rules(self._policy(), calendar)
            self._record(redating_data(self.case, moves, calendar, on), on, now, rules, name)

    def _record(  # what, when, by what
        self, data: dict[str, Any], on: date, now: datetime, rules: Rules, name: tuple[str, str, int]
    ) -> None:
        if self.case is None:
            return
        command = Command(act=Act.DEADLINE_REDATED, actor=SYSTEM, on=on, data=data, case_id=self.case.id)
        self._take(decide(self.case, command, NO_FACTS, rules, now), name)

    # --- the course -------------------------------------------------------------------------------------------------

    def _take(self, event: Event, name: tuple[str, str, int]) -> None:
        if len(self.steps) >= MOST_STEPS:
            raise BadData(_ENDLESS.fill(number=self.case.number if self.case is not None else "", n=MOST_STEPS))
        self.case = evolve(self.case, event)
        self.steps.append(CourseStep(event, self.case))
        self.seq_of[name] = event.case_seq

    def _name(self, event: Event, *, recorded: bool) -> tuple[str, str, int]:
        """Return what stands for an event in the history and in this course alike, however they are numbered.

        An act that speaks of an earlier one gives its number in the history; here that one may have another.
        """
        if event.act not in OF_TIME:
            return ("recorded", "", event.case_seq)
        key = str(event.data.get("key", ""))
        self.times[recorded, event.act.value, key] += 1
        return (event.act.value, key, self.times[recorded, event.act.value, key])


_OF_A_MIGRATION: Final = ("old_policy", "new_policy", "how", "proposed_by", "approved_by")


def _facts(event: Event, case: Case | None) -> Facts:
    """Return the facts beside the case as they must have been: what was entered had been allowed."""
    if event.act is not Act.MERGE_INTO or case is None:
        return Facts(entered_at=event.recorded_at)
    target = str(event.data["target"])
    return Facts(target_number=target, target_unit=case.unit, target_is_open=True, entered_at=event.recorded_at)
