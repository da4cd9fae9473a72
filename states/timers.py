"""Timers as a function of the case: what must happen at which moment from now on.

Nothing here remembers anything. Whatever changes a case (an extension, a suspension, a report, a new calendar)
changes what this function returns, and the desk stores the difference. So no act needs timer code of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from states.guards.ladder import holding
from states.vocabulary import Phase, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, time, tzinfo

    from states.case import Case, Deadline
    from states.command import Rules
    from states.policy import Rung


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that must happen at `due_at` (UTC).

    `key` is unique within the case: it names the cycle, the deadline with its due day, and the step. `kind` is
    `reminder`, `yellow`, `red`, `missed`, `office` or `again`.
    """

    key: str
    kind: str
    due_at: datetime


_ORDER: Final = {"reminder": 0, "yellow": 1, "red": 2, "missed": 3, "office": 4, "again": 5}
MARKS: Final = frozenset({"yellow", "red", "missed"})
"""The timers that mark somebody as late, or move the case because of it."""
LADDER_KINDS: Final = frozenset(
    {
        "decision",
        "service",
        "plan",
        "rectification",
        "verification",
        "publication",
        "interview",
        "minutes",
        "extension_answer",
        "accountability_proposal",
    }
)
"""The deadlines that belong to one rung and end with it; the others run on whatever becomes of the rung."""


def prefix(case: Case, line: Deadline) -> str:
    """Return how the keys of a deadline's timers begin: its cycle, or 0 for what runs on from rung to rung."""
    runs_on = line.has_lights and line.kind not in LADDER_KINDS
    return "0" if runs_on else str(case.cycle)


def timers(case: Case, rules: Rules, *, entered_late: bool | None = None) -> tuple[Timer, ...]:
    """Return the timers that the case must have, in the order in which they fire.

    A timer that has fired (`case.fired`) is not returned again. While a report is being verified, the unit's clock
    has no timers; while the case is suspended, neither. What was entered late (`entered_late`, by default as the case
    says) has none at all until a person has decided.
    """
    if case.late_entry == "pending" if entered_late is None else entered_late:
        return ()
    found: list[Timer] = []
    for line in case.deadlines:
        if line.party == "office":
            found.extend(_of_the_office(case, line, rules))
        elif line.kind == "rectification" and not case.report_is_in:
            found.extend(_of_the_term(case, line, rules))
    if case.proposal and case.proposed_on is not None and case.suspended_on is None:
        found.append(_again(case, "proposal", case.proposed_on, rules.policy.remind_approvers_after, rules, "office"))
    if case.blocked and case.blocked_on is not None:
        found.append(_again(case, "blocked", case.blocked_on, rules.policy.practice.repeat_overdue, rules))
    waiting = [timer for timer in found if timer.key not in case.fired]
    waiting.sort(key=lambda timer: (timer.due_at, _ORDER[timer.kind], timer.key))
    return tuple(waiting)


def _of_the_office(case: Case, line: Deadline, rules: Rules) -> list[Timer]:
    """Return the timers of what the office owes: a reminder on its day, lights, and reminders for as long as it lasts.

    Deadlines of releases before this one have the one reminder that they always had.
    """
    if not line.has_lights:
        return [_timer(case, line, "office", "T0", line.due_on, rules)]
    practice, calendar = rules.policy.practice, rules.calendar
    red_on = calendar.forward(line.due_on, practice.office_red)
    start = f"{prefix(case, line)}.{line.key}"
    times = 1 + sum(key.startswith(f"{start}.R") for key in case.fired)
    return [
        _timer(case, line, "reminder", "T-0", _reminder_day(line, 0, rules), rules),
        _timer(case, line, "yellow", "yellow", calendar.forward(line.due_on, practice.office_yellow), rules),
        _timer(case, line, "red", "red", red_on, rules),
        _timer(case, line, "again", f"R{times}", calendar.forward(red_on, times * practice.repeat_overdue), rules),
    ]


def _of_the_term(case: Case, line: Deadline, rules: Rules) -> list[Timer]:
    """Return the timers of the unit's term: reminders and lights unless the term is spent, and what follows."""
    spent = case.failed_on is not None and case.failed_on >= line.due_on
    found: list[Timer] = []
    if not spent:
        found += _unless_held(case, _schedule(case, line, _told_on(case, line), rules), rules)
        red = f"{prefix(case, line)}.{line.key}.red"
        if red in case.fired:
            found = [timer for timer in found if timer.kind != "yellow"]
    follow = _what_follows(case, line, rules.policy.rungs[case.state], rules)
    if follow is not None:
        found.append(follow)
    return found


def _unless_held(case: Case, scheduled: Sequence[Timer], rules: Rules) -> list[Timer]:
    """Return the timers without the lights that something holds, and none of them before the day that it gave.

    While an extension that was asked for in time is undecided, nobody is marked; once it is refused, marks go by the
    old day, from the next working day on. A review holds them only where the policy says so.
    """
    held = bool(case.extension) or (case.review == "pending" and not rules.policy.practice.marks_during_review)
    if held:
        return [timer for timer in scheduled if timer.kind == "reminder"]
    if case.marks_from is None:
        return list(scheduled)
    first = moment(case.marks_from, rules)
    return [
        timer if timer.kind == "reminder" or timer.due_at >= first else Timer(timer.key, timer.kind, first)
        for timer in scheduled
    ]


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
    begins = prefix(case, line)
    key = (policy.hash, calendar.hash, rules.zone, case.state, begins, line.kind, line.due_on, told_on)
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
    if rule is None or case.blocked or case.proposal or case.accountability_phase:
        return None
    if case.phase in (Phase.PROPOSED, Phase.INQUIRY):  # a proposal of a release before this one
        return None
    if case.approved == rule.move or holding(case, rules.policy, rule.move):
        return None
    base = max(line.due_on, case.failed_on) if case.failed_on else line.due_on
    on = rules.calendar.forward(base, rule.after + rules.policy.grace)
    if case.retry_on is not None and case.retry_on > on:
        on = rules.calendar.roll(case.retry_on)
    if case.marks_from is not None and case.marks_from > on:
        on = case.marks_from
    return _timer(case, line, "missed", f"missed.{_digits(base)}", on, rules)


def _again(  # what, since when, how often, by which rules
    case: Case, what: str, since: date, every: int, rules: Rules, kind: str = "again"
) -> Timer:
    """Return the next reminder of what waits for people. It never ends by itself: silence is not consent."""
    start = f"{case.cycle}.{what}.{since:%Y%m%d}.R"
    times = 1 + sum(key.startswith(start) for key in case.fired)
    on = rules.calendar.forward(since, times * every)
    return Timer(f"{start}{times}", kind, moment(on, rules))


def _timer(case: Case, line: Deadline, kind: str, step: str, on: date, rules: Rules) -> Timer:
    return Timer(f"{prefix(case, line)}.{line.kind}.{_digits(line.due_on)}.{step}", kind, moment(on, rules))


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
        ("late_entry_awaits_decision", case.late_entry == "pending"),
        ("verified_awaits_closure", case.phase is Phase.VERIFIED),
        ("accountability_awaits_decision", case.phase in (Phase.PROPOSED, Phase.INQUIRY)),
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
