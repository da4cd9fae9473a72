"""Which open deadlines will probably be missed: open arithmetic over what is known of a case; pure.

What is still needed is added up in working days and set against the working days that are left. Each summand is a
reason with a sentence of its own. Nothing here is part of a score, marks anybody, or is told to anybody.

Source: issue 20 (early warning), ADR 0047.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from states.errors import Sentence
from states.terms import Term, date_text, extend
from states.vocabulary import DEADLINES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from config.forecast import ForecastTable
    from states.case import Case, Deadline
    from states.working_days import Calendar

_NO_PLAN: Final = Sentence("整改方案还没有报。", "The plan is not in.")
_PLAN_LATE: Final = Sentence("整改方案应于{due}前报送，还没有报。", "The plan was due on {due} and is not in.")
_PLAN_RETURNED: Final = Sentence("整改方案被退回，还没有重报。", "The plan was returned and is not in again.")
_ITEMS: Final = Sentence("{all}个问题中，{n}个没有报过进展。", "Of {all} problem(s), no progress was reported on {n}.")
_NO_PROGRESS: Final = Sentence("没有报过进展。", "No progress was reported.")
_PROGRESS: Final = Sentence("{on}报过进展。", "Progress was reported on {on}.")
_QUIET: Final = Sentence(
    "{since}以后{days}个工作日没有消息。", "Nothing was heard since {since}, for {days} working days."
)
_FAILED: Final = Sentence("{on}核查不通过，要重新整改。", "Verified as inadequate on {on}; it has to be done again.")
_REPORT: Final = Sentence(
    "整改报告还要写好并由主要负责人签字。", "The report has to be written and signed by the head."
)
_PAST: Final = Sentence(
    "这个单位至今{entered}个环节，逾期{missed}个。", "The unit has had {entered} terms so far and missed {missed}."
)
_EXTENSION: Final = Sentence(
    "延期申请还没有答复；批准后可到{until}，不再列在这里。",
    "An extension was asked for and not answered; granted, the term runs until {until}.",
)
_HELPED: Final = Sentence("已帮助指导{n}次。", "Help was given {n} time(s).")
_OFFICE: Final = Sentence(
    "督查机构办“{kind}”一般要{n}个工作日。", "“{kind}” usually takes the office {n} working day(s)."
)
_NEEDS: Final = Sentence(
    "{kind}：还需要{needed}个工作日，只剩{left}个", "{kind}: {needed} working day(s) needed, {left} left"
)
_NEEDS_TODAY: Final = Sentence(
    "{kind}：还需要{needed}个工作日，今天到期", "{kind}: {needed} working day(s) needed, due today"
)


@dataclass(frozen=True, slots=True)
class NeedReason:
    """One summand of what is still needed, in working days; 0 is said beside it and counts nothing.

    `is_good`: it speaks for the unit, such as progress that was reported.
    """

    days: int
    sentence: Sentence
    is_good: bool = False


@dataclass(frozen=True, slots=True)
class UnitHistory:
    """What is known of a case and its unit beside the case itself.

    `heard_on`: when the unit last reported progress or a plan on this rung. `entered` and `missed`: how many terms the
    unit had on any rung before, and how many of them went past their day.
    """

    heard_on: date | None = None
    entered: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Warned:
    """A deadline that will probably be missed: it needs more working days than are left; and why."""

    case: Case
    line: Deadline
    left: int
    reasons: tuple[NeedReason, ...]

    @property
    def needed(self) -> int:
        """Return how many working days are still needed: the sum of the reasons."""
        return sum(reason.days for reason in self.reasons)

    def sentence(self) -> Sentence:
        """Return what is needed and what is left, as one line."""
        said = {"kind": Sentence(*DEADLINES[self.line.kind]), "needed": self.needed, "left": self.left}
        return (_NEEDS if self.left else _NEEDS_TODAY).fill(**said)


def warnings(case: Case, today: date, calendar: Calendar, table: ForecastTable, known: UnitHistory) -> list[Warned]:
    """Return the running deadlines of the case that will probably be missed, by its present state.

    Left are the working days after `today` up to the due day, inclusive. What is past its day already is late and no
    forecast; neither is what is suspended, a right, entered late and not decided yet, or further away than the table
    looks ahead.
    """
    if case.late_entry == "pending":
        return []
    found = []
    for line in case.running:
        left = calendar.working_days_between(today, line.due_on)
        if line.party == "right" or line.due_on < today or left > table.look_ahead:
            continue
        warned = Warned(case, line, left, tuple(_reasons(case, line, today, calendar, table, known)))
        if warned.needed > left:
            found.append(warned)
    return found


def _reasons(  # what is asked, when, by what
    case: Case, line: Deadline, today: date, calendar: Calendar, table: ForecastTable, known: UnitHistory
) -> Iterator[NeedReason]:
    if line.party == "office":
        days = table.office.get(line.kind, 1)
        yield NeedReason(days, _OFFICE.fill(kind=Sentence(*DEADLINES[line.kind]), n=days))
        return
    plan = case.deadline("plan")
    if plan is not None:
        yield NeedReason(table.unit.plan, _plan_sentence(case, plan, today))
    if line.kind == "rectification":
        yield from _of_the_term(case, today, calendar, table, known)
        yield from _of_the_extension(case, line, calendar)
    if known.missed and known.entered >= table.past_least:
        share = table.past_most * min(known.missed, known.entered) // known.entered
        yield NeedReason(share, _PAST.fill(entered=known.entered, missed=known.missed))


def _plan_sentence(case: Case, plan: Deadline, today: date) -> Sentence:
    if case.plan == "returned":
        return _PLAN_RETURNED
    return _PLAN_LATE.fill(due=_day(plan.due_on)) if plan.due_on < today else _NO_PLAN


def _of_the_term(
    case: Case, today: date, calendar: Calendar, table: ForecastTable, known: UnitHistory
) -> Iterator[NeedReason]:
    needs = table.unit
    open_items = [item for item in case.items if item.verdict != "passed"]
    silent = sum(not item.progress for item in open_items)
    if silent:
        yield NeedReason(needs.item * min(silent, needs.item_most), _ITEMS.fill(all=len(open_items), n=silent))
    elif not case.items and known.heard_on is None:
        yield NeedReason(needs.item, _NO_PROGRESS)
    if known.heard_on is not None:
        yield NeedReason(0, _PROGRESS.fill(on=_day(known.heard_on)), is_good=True)
    since = max(known.heard_on or case.entered_on, case.failed_on or case.entered_on)
    quiet = calendar.working_days_between(since, today)
    if quiet >= table.quiet_after:
        yield NeedReason(needs.quiet, _QUIET.fill(since=_day(since), days=quiet))
    if case.failed_on is not None:
        yield NeedReason(needs.failed, _FAILED.fill(on=_day(case.failed_on)))
    yield NeedReason(needs.report, _REPORT)
    if case.helps:
        yield NeedReason(0, _HELPED.fill(n=case.helps), is_good=True)


def _of_the_extension(case: Case, line: Deadline, calendar: Calendar) -> Iterator[NeedReason]:
    if case.extension:
        until = extend(line.due_on, Term.parse(case.extension), calendar).due_on
        yield NeedReason(0, _EXTENSION.fill(until=_day(until)))


def _day(on: date) -> Sentence:
    return Sentence(date_text(on), date_text(on, "en"))
