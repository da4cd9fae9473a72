"""Why this day: a deadline day by day on a grid of weeks, and the meter that shows how much of it is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence
from states.terms import Term, Unit
from states.vocabulary import DEADLINES, Light
from states.working_days import DayKind
from web.words import near

if TYPE_CHECKING:
    from collections.abc import Mapping

    from states.case import Case, Deadline
    from states.working_days import Calendar

WEEK: Final = 7
MOST_DAYS: Final = 140
"""A longer count is told in words and by its holidays alone; a grid of it would fill the page."""
NEAR: Final = 3
"""From so many working days before its end on, a deadline is drawn as near."""
_WEEKDAYS: Final = tuple(zip("一二三四五六日", ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), strict=True))
_LEFT: Final = Sentence("剩{n}个工作日", "{n} working day(s) left")
_TODAY: Final = Sentence("今天到期", "due today")
_PASSED: Final = Sentence("期限已过", "past due")
_TO_BE_DECIDED: Final = Sentence("补录待核，先作决定", "entered late, to be decided first")
_LATE: Final = Sentence("已过{n}个工作日", "{n} working day(s) late")
_REPORTED: Final = Sentence("{day}已报送", "reported {day}")
_OVER: Final = Sentence("已过", "over")
_COUNTED: Final = Sentence("共{term}，从{first}起算", "{term} in all, from {first} on")
_BY_WORKING_DAYS: Final = Sentence(
    "{start}当天不算，次日起数{term}，休息日不算，调休补班的日子算，到最后一天24时届满。",
    "{start} itself is not counted; {term} from the day after, days off left out and make-up days counted, to midnight "
    "of the last.",
)
_BY_DAYS: Final = Sentence(
    "{start}当天不算，次日起算{term}，休息日也算；最后一天是休息日的，顺延到其后第一个工作日，24时届满。",
    "{start} itself is not counted; {term} from the day after, days off included; if the last is a day off, the next "
    "working day is the last, to midnight.",
)
_FIXED: Final = Sentence("规定的是固定日期，遇休息日不顺延。", "The rule names the day itself, which no day off moves.")
_MARKS: Final = {
    "start": Sentence("起", "0"),
    "off": Sentence("休", "off"),
    "make_up": Sentence("班", "w"),
}


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day of the grid: its classes, the day of the month, what is written below it, and what it is in full."""

    kind: str
    day: str = ""
    note: str = ""
    full: str = ""


def left_in_words(days: int, party: str, lang: str, *, passed: bool = False) -> str:
    """Return how many working days are left until a deadline, or since it passed; a right that passed is only over.

    `passed`: its day is over, even if no working day has gone by since, as on a Saturday after a Friday.
    """
    if passed and days == 0:
        return (_OVER if party == "right" else _PASSED).text(lang)
    if days > 0:
        return _LEFT.fill(n=days).text(lang)
    if days == 0:
        return _TODAY.text(lang)
    return (_OVER if party == "right" else _LATE.fill(n=-days)).text(lang)


def colour_of(days: int, party: str, light: str, *, passed: bool = False) -> str:
    """Return the colour of a deadline: that of the case's lamp if it is on, else by how near it is."""
    if party == "right":
        return ""
    if days < 0 or passed:
        return "yellow" if light == Light.YELLOW else "red"
    return "blue" if days <= NEAR else ""


def meter(line: Deadline, case: Case, today: date, calendar: Calendar, lang: str) -> dict[str, Any]:
    """Return a deadline as a meter: its day, what is left, and how much of its working days is gone, in per cent."""
    reported = reported_in(line, case)
    days = calendar.working_days_between(reported or today, line.due_on)
    passed = (reported or today) > line.due_on
    whole = max(1, calendar.working_days_between(line.started_on, line.due_on))
    gone = max(0, min(100, round(100 * (whole - days) / whole)))
    return {
        "label": DEADLINES.get(line.kind, (line.kind, line.kind)),
        "party": line.party,
        "due_on": line.due_on,
        "provisional": line.provisional,
        "days": days,
        "stopped": reported is not None,
        "left": _REPORTED.fill(day=near(reported, today, lang)).text(lang)
        if reported is not None
        # What was entered late has no lamp until somebody decides how it is counted: nothing of it is called late.
        else _TO_BE_DECIDED.text(lang)
        if passed and case.late_entry == "pending"
        else left_in_words(days, line.party, lang, passed=passed),
        "colour": colour_of(days, line.party, case.light, passed=passed)
        if reported is None and case.late_entry != "pending"
        else "",
        "percent": 100 if passed else gone,
    }


def reported_in(line: Deadline, case: Case) -> date | None:
    """Return the day on which the unit answered what this deadline asks, while the answer is being verified."""
    waits = line.kind == "rectification" and case.report_is_in
    return case.report_on if waits else None


def next_meter(case: Case, today: date, calendar: Calendar, lang: str, party: str = "") -> dict[str, Any] | None:
    """Return the meter of the deadline that ends first of those that somebody, or this party, owes."""
    owed = [
        line
        for line in case.deadlines
        if line.party != "right" and reported_in(line, case) is None and party in ("", line.party)
    ]
    line = min(owed, key=lambda found: (found.due_on, found.kind), default=None)
    return meter(line, case, today, calendar, lang) if line is not None else None


def explained(line: Deadline, case: Case, today: date, calendars: Mapping[str, Calendar], lang: str) -> dict[str, Any]:
    """Return a deadline with everything that says why it ends on its day."""
    calendar, term = calendars[line.calendar_hash], Term.parse(line.term)
    words = {"start": near(line.started_on, today, lang), "term": term.text(lang)}
    if term.unit is Unit.FIXED:
        why = _FIXED
    else:
        why = (_BY_WORKING_DAYS if term.unit is Unit.WORKING_DAY else _BY_DAYS).fill(**words)
    first = near(line.started_on + timedelta(days=1), today, lang)
    return meter(line, case, today, calendar, lang) | {
        "started_on": line.started_on,
        "basis": line.basis,
        "why": why.text(lang),
        "counted": _COUNTED.fill(term=term.text(lang), first=first).text(lang),
        "weekdays": weekday_heads(lang),
        "cells": grid(line.started_on, line.due_on, term.unit, calendar, today, lang),
        "holidays": named_days(line.started_on, line.due_on, calendar, lang),
    }


def weekday_heads(lang: str) -> list[str]:
    """Return the heads of the columns of a grid, from Monday on."""
    return [pair[lang.startswith("en")] for pair in _WEEKDAYS]


def named_days(first: date, last: date, calendar: Calendar, lang: str) -> list[tuple[date, str]]:
    """Return the days off and make-up days within the count that a notice or the law names, for who checks it."""
    count = min((last - first).days, 800)
    days = (first + timedelta(days=place) for place in range(1, count + 1))
    return [(on, calendar.label(on, lang)) for on in days if calendar.kind(on) in (DayKind.HOLIDAY, DayKind.MAKE_UP)]


def grid(first: date, last: date, unit: Unit, calendar: Calendar, today: date, lang: str) -> list[DayCell]:
    """Return the days from the start to the end in whole weeks; nothing if there are too many to follow."""
    if not 0 <= (last - first).days <= MOST_DAYS:
        return []
    cells, counted = [DayCell("none")] * first.weekday(), 0
    for place in range((last - first).days + 1):
        on = first + timedelta(days=place)
        counts = place > 0 and (calendar.works(on) or unit is not Unit.WORKING_DAY)
        counted += counts
        kinds = ["on"] if counts else ["start" if place == 0 else "off"]
        note = str(counted) if counts else _MARKS[kinds[0]].text(lang)
        if calendar.kind(on) is DayKind.MAKE_UP and counts:
            kinds.append("mk")
            note = _MARKS["make_up"].text(lang) + note
        kinds += [word for word, holds in (("gone", on < today), ("due", on == last), ("today", on == today)) if holds]
        day = f"{on.month}/{on.day}" if on.day == 1 or place == 0 else str(on.day)
        cells.append(DayCell(" ".join(kinds), day, note, f"{near(on, today, lang)} {calendar.label(on, lang)}"))
    return cells + [DayCell("none")] * (-len(cells) % WEEK)
