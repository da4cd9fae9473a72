"""Timers as a function of the case: what must happen at which moment from now on.

Nothing here remembers anything. Whatever changes a case (an extension, a suspension, a report, a new calendar)
changes what this function returns, and the desk stores the difference. So no act needs timer code of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from states.guards import holding
from states.vocabulary import Light, Phase, State

if TYPE_CHECKING:
    from datetime import date, time, tzinfo

    from states.case import Case, Deadline
    from states.command import Rules
    from states.policy import Rung


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that must happen at `due_at` (UTC).

    `key` is unique within the case: it names the cycle, the deadline with its due day, and the step. `kind` is
    `reminder`, `yellow`, `red`, `missed` or `office`.
    """

    key: str
    kind: str
    due_at: datetime


_ORDER: Final = {"reminder": 0, "yellow": 1, "red": 2, "missed": 3, "office": 4}


def timers(case: Case, rules: Rules) -> tuple[Timer, ...]:
    """Return the timers that the case must have, in the order in which they fire.

    A timer that has fired (`case.fired`) is not returned again. While a report is being verified, the unit's clock
    has no timers; while the case is suspended, neither.
    """
    found: list[Timer] = []
    for line in case.deadlines:
        if line.party == "office":
            found.append(_timer(case, line, "office", "T0", line.due_on, rules))
        elif line.kind == "rectification" and case.phase not in (Phase.VERIFYING, Phase.VERIFIED):
            found.extend(_of_the_term(case, line, rules))
    if case.proposal and case.proposed_on is not None and case.suspended_on is None:
        found.append(_reminder_of_the_approvers(case, case.proposed_on, rules))
    waiting = [timer for timer in found if timer.key not in case.fired]
    waiting.sort(key=lambda timer: (timer.due_at, _ORDER[timer.kind], timer.key))
    return tuple(waiting)


def _of_the_term(case: Case, line: Deadline, rules: Rules) -> list[Timer]:
    """Return the timers of the unit's term: reminders and lights unless the term is spent, and what follows."""
    spent = case.failed_on is not None and case.failed_on >= line.due_on
    found: list[Timer] = []
    if not spent:
        found += _schedule(case, line, _told_on(case, line), rules)
        if case.light is Light.RED:
            found = [timer for timer in found if timer.kind != "yellow"]
    follow = _what_follows(case, line, rules.policy.rungs[case.state], rules)
    if follow is not None:
        found.append(follow)
    return found


_SCHEDULES: Final[dict[tuple[object, ...], tuple[Timer, ...]]] = {}
_MOST_SCHEDULES: Final = 10_000


def _told_on(case: Case, line: Deadline) -> date:
    """Return the day on which the unit learned of this due day; an extension is granted before it begins to count."""
    return min(line.started_on, case.extended_on) if case.extended_on is not None else line.started_on


def _schedule(case: Case, line: Deadline, told_on: date, rules: Rules) -> tuple[Timer, ...]:
    """Return the timers of the reminders and lights of a term.

    Remembered, because the cases of one sweep mostly share their days: what it depends on is all in the key.
    """
    policy, calendar = rules.policy, rules.calendar
    key = (policy.hash, calendar.hash, rules.zone, case.state, case.cycle, line.kind, line.due_on, told_on)
    known = _SCHEDULES.get(key)
    if known is not None:
        return known
    rung = policy.rungs[case.state]
    found: list[Timer] = []
    for reminder in rung.reminders:
        on = _reminder_day(line, reminder.days_before, rules)
        # A reminder on or before the first day would only repeat the order (docs/domain.md §4.2 row 9).
        if on > told_on:
            found.append(_timer(case, line, "reminder", f"T-{reminder.days_before}", on, rules))
    for kind, days in (("yellow", rung.yellow), ("red", rung.red)):
        found.append(_timer(case, line, kind, kind, calendar.forward(line.due_on, days + policy.grace), rules))
    if len(_SCHEDULES) >= _MOST_SCHEDULES:
        _SCHEDULES.clear()
    _SCHEDULES[key] = tuple(found)
    return _SCHEDULES[key]


def _reminder_day(line: Deadline, days_before: int, rules: Rules) -> date:
    if days_before:
        return rules.calendar.back(line.due_on, days_before)
    # Fixed dates may end on a rest day; who is reminded then would read it too late.
    return line.due_on if rules.calendar.works(line.due_on) else rules.calendar.back(line.due_on, 1)


def _what_follows(case: Case, line: Deadline, rung: Rung, rules: Rules) -> Timer | None:
    """Return the timer of what the policy makes of a missed term, unless something holds it back."""
    rule = rung.on_missed
    if rule is None or case.blocked or case.proposal or case.phase is Phase.PROPOSED:
        return None
    if case.approved == rule.move or holding(case, rules.policy, rule.move):
        return None
    base = max(line.due_on, case.failed_on) if case.failed_on else line.due_on
    on = rules.calendar.forward(base, rule.after + rules.policy.grace)
    if case.retry_on is not None and case.retry_on > on:
        on = rules.calendar.roll(case.retry_on)
    return _timer(case, line, "missed", f"missed.{_digits(base)}", on, rules)


def _reminder_of_the_approvers(case: Case, since: date, rules: Rules) -> Timer:
    """Return the next reminder of those who have to decide. It never ends by itself: silence is not consent."""
    prefix = f"{case.cycle}.proposal.{since:%Y%m%d}.R"
    times = 1 + sum(key.startswith(prefix) for key in case.fired)
    on = rules.calendar.forward(since, times * rules.policy.remind_approvers_after)
    return Timer(f"{prefix}{times}", "office", moment(on, rules))


def _timer(case: Case, line: Deadline, kind: str, step: str, on: date, rules: Rules) -> Timer:
    return Timer(f"{case.cycle}.{line.kind}.{_digits(line.due_on)}.{step}", kind, moment(on, rules))


_digits = lru_cache(maxsize=10_000)("{:%Y%m%d}".format)


def moment(on: date, rules: Rules) -> datetime:
    """Return the instant at which timers of this day fire, in UTC."""
    return _moment(on, rules.policy.fire_at, rules.zone)


@lru_cache(maxsize=10_000)
def _moment(on: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(on, at, zone).astimezone(UTC)


def why_no_timer(case: Case, rules: Rules) -> str:
    """Return why an open case has no next timer, as a code; nothing if it has one or is over.

    An open case with neither is a defect: nobody would ever look at it again.
    """
    if not case.is_open or timers(case, rules):
        return ""
    for code, holds in (
        ("verified_awaits_closure", case.phase is Phase.VERIFIED),
        ("accountability_awaits_decision", case.phase is Phase.PROPOSED),
        ("proposal_awaits_decision", bool(case.proposal)),
        ("approved_awaits_execution", bool(case.approved)),
        ("blocked_awaits_" + case.blocked, bool(case.blocked)),
        ("office_overdue", any(line.party == "office" for line in case.deadlines)),
        ("overdue_" + case.state, case.deadline("rectification") is not None),
        ("found", case.state is State.FOUND),
    ):
        if holds:
            return code
    return "unexplained"
