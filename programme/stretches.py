"""The history of a case as stretches of time, each with what was recorded at its end: pure.

From a history it can be read off when the sweep ran: something of time stands in it, or something was due and does
not. Whoever asks what time would have done by other rules (`programme.redeciding`) lets it act at those moments only,
so that an outage of the office is an outage by any rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from states.command import Rules
from states.evolve import evolve
from states.guards.ladder import CLOCK_IS_SURE
from states.recount import extended_from, redated
from states.standing import CLOCK_GAP
from states.timers import timers
from states.vocabulary import SILENT_ACTS, SYSTEM_ACTS, Act

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from states.case import Case, Event
    from states.policy import Policy
    from states.working_days import Calendar

OF_TIME: Final = SYSTEM_ACTS - SILENT_ACTS - {Act.DEADLINE_REDATED}
"""What time does to a case by itself; a new calendar and a reading are given from outside, like the acts of people."""


@dataclass(frozen=True, slots=True)
class RulesOfHistory:
    """The policies and calendars that a history names by their hashes.

    `calendars` are all that were ever in force, each with the moment from which it was, in that order.
    """

    policy_of: Callable[[str], Policy]
    calendar_of: Callable[[str], Calendar]
    calendars: Sequence[tuple[datetime, Calendar]]
    zone: tzinfo

    def rules(self, policy: Policy, calendar: Calendar) -> Rules:
        """Return the rules that these two make in this office."""
        return Rules(policy=policy, calendar=calendar, zone=self.zone)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one moment of a case's history to the next: until `ends`, inclusive, deadlines count by `calendar`.

    From `silent_from` on nobody looked at what was due: something was due then, and the history does not have it.
    `then` is what was recorded at the end. Where that is an act of time, a sweep ran then, which fired what was due at
    `as_of`, and `clock_gap` is what it said of an implausible clock. `calendar_comes`: another calendar came into
    force then, without a word in the history of the case; `none_moved`: because it moved none of its days.
    """

    begins: datetime
    ends: datetime
    calendar: Calendar
    silent_from: datetime | None = None
    then: Event | None = None
    as_of: datetime | None = None
    clock_gap: str = ""
    calendar_comes: Calendar | None = None
    none_moved: bool = False


def stretches(history: Sequence[Event], rules: RulesOfHistory, until: datetime) -> Iterator[Stretch]:
    """Yield the stretches of a case's history up to `until`, inclusive; the last one ends there with nothing.

    `history` are all events of the case up to then, in their order.
    """
    case: Case | None = None
    at = history[0].recorded_at
    calendar = rules.calendar_of(history[0].calendar_hash)
    for place, event in enumerate(history):
        ends = max(at, event.recorded_at)
        for stretch in _by_calendar(history[:place], case, at, ends, calendar, rules, event):
            at, calendar = stretch.ends, stretch.calendar_comes or stretch.calendar
            yield stretch
        yield _until(case, at, ends, calendar, rules, history[place:])
        at, calendar = ends, rules.calendar_of(event.calendar_hash)
        case = evolve(case, event)
    for stretch in _by_calendar(history, case, at, max(at, until), calendar, rules, None):
        at, calendar = stretch.ends, stretch.calendar_comes or stretch.calendar
        yield stretch
    yield _until(case, at, max(at, until), calendar, rules, ())


def _by_calendar(  # the history so far and its case, from when to when, by which calendar, what comes at the end
    past: Sequence[Event],
    case: Case | None,
    begins: datetime,
    ends: datetime,
    calendar: Calendar,
    rules: RulesOfHistory,
    then: Event | None,
) -> Iterator[Stretch]:
    """Yield a stretch for each calendar that came into force in between, up to that moment."""
    for since, other in rules.calendars:
        if not begins < since <= ends or other.hash == calendar.hash:
            continue
        if then is not None and then.act is Act.DEADLINE_REDATED and then.calendar_hash == other.hash:
            continue  # the case was counted again by it, at the end of the stretch
        on = since.astimezone(rules.zone).date()
        moved = case is not None and redated(case, other, on, starts=extended_from(past, case, other))
        found = _until(case, begins, since, calendar, rules, ())
        yield replace(found, calendar_comes=other, none_moved=not moved)
        begins, calendar = since, other


def _until(  # the case, from when to when, by which calendar, what is recorded from then on
    case: Case | None,
    begins: datetime,
    ends: datetime,
    calendar: Calendar,
    rules: RulesOfHistory,
    following: Sequence[Event],
) -> Stretch:
    """Return the stretch up to the first of the events that follow, with what it says of when the sweep ran."""
    then = following[0] if following else None
    if case is None:
        return Stretch(begins, ends, calendar, then=then)
    by_time = then is not None and then.act in OF_TIME
    counted_by = rules.calendar_of(then.calendar_hash) if then is not None and by_time else calendar
    waiting = timers(case, rules.rules(rules.policy_of(case.policy_hash), counted_by))
    first = waiting[0].due_at if waiting else None
    silent_from = max(first, begins) if first is not None and first <= ends else None
    if then is None or not by_time:
        return Stretch(begins, ends, calendar, silent_from, then)
    due_at = next((timer.due_at for timer in waiting if timer.key == then.data.get("key")), then.recorded_at)
    as_of = due_at + timedelta(seconds=int(then.data.get("late_seconds", 0)))
    gap = _clock_gap(following)
    return Stretch(begins, ends, counted_by, silent_from, then, as_of, gap)


_GAP: Final = re.compile(re.escape(CLOCK_IS_SURE.zh).replace(re.escape("{gap}"), "(?P<gap>.*?)"))


def _clock_gap(following: Sequence[Event]) -> str:
    """Return what the sweep that recorded the first of these events said of an implausible clock; mostly nothing."""
    for event in following:
        if event.act not in OF_TIME or event.recorded_at != following[0].recorded_at:
            return ""
        if event.act is Act.ESCALATION_BLOCKED and CLOCK_GAP in str(event.data.get("guard", "")).split(","):
            found = _GAP.search(str(event.data.get("reason", "")))
            return found["gap"] if found else CLOCK_GAP
    return ""
