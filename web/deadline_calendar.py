"""The month calendar of deadlines, with the holidays and make-up days painted, by the calendar in force."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cases.deadline_dates import deadlines_between, deadlines_of_year
from states.case import sealed_for
from states.errors import BadData, Sentence
from states.vocabulary import DEADLINES
from states.working_days import DayKind
from web.dependencies import clean_query, reader_of
from web.numbers import short_number
from web.page import Here, Visit
from web.words import named
from wiring import now

if TYPE_CHECKING:
    from store.deadline_days import CalendarLine

IN_A_CELL: Final = 4
_HEATS: Final = 4
"""How many shades there are for more and less."""
MOST: Final = 100
_WEEK: Final = 7
_BAD_MONTH: Final = Sentence(
    "月份“{text}”看不懂，请写成 2026-11 这样。", "“{text}” is not a month; write it as 2026-11."
)
_BAD_DAY: Final = Sentence("这个月没有“{text}”日。", "The month has no day “{text}”.")
_LETTERS: Final = {
    DayKind.HOLIDAY: ("休", "off"),
    DayKind.MAKE_UP: ("班", "works"),
    DayKind.WEEKEND: ("", ""),
    DayKind.WORKING: ("", ""),
}
WEEKDAYS: Final = (
    ("周一", "Mon"),
    ("周二", "Tue"),
    ("周三", "Wed"),
    ("周四", "Thu"),
    ("周五", "Fri"),
    ("周六", "Sat"),
    ("周日", "Sun"),
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


def month_of(text: str, today: date) -> date:
    """Return the first day of the month that the address names, else of the present one.

    Raises:
        BadData: that is no month, or one that no term reaches.
    """
    if not text:
        return today.replace(day=1)
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = date.min
    # A few centuries on both sides hold every term there can be, and no step leaves the calendar of Python.
    if not 1900 <= first.year <= 2999:  # noqa: PLR2004  # see above
        raise BadData(_BAD_MONTH.fill(text=text))
    return first


@router.get("/deadlines")
def deadlines_page(visit: Here) -> Response:
    """Show a month, or a year, with every deadline that ends on each of its days."""
    today, wrong = visit.here.today(now()), ""
    if visit.asked("year"):
        return _year(visit, today)
    try:
        first, chosen = _asked(visit, today)
    except BadData as problem:
        first, chosen, wrong = today.replace(day=1), None, problem.sentence.text(visit.lang)
    after = (first + timedelta(days=31)).replace(day=1)
    last = after - timedelta(days=1)
    reader = reader_of(visit.person)
    month_seen = deadlines_between(visit.here.database, reader, (first, last), IN_A_CELL, chosen, MOST)
    counts = month_seen.counts
    by_day: dict[date, list[dict[str, Any]]] = {}
    for one in month_seen.found:
        by_day.setdefault(one.on, []).append(_shown(visit, one))
    calendar = visit.here.rulebook.calendar
    cells: list[dict[str, Any]] = []
    for place in range((last - first).days + 1):
        on = first + timedelta(days=place)
        kind = calendar.kind(on)
        cells.append(
            {
                "on": on,
                "kind": kind.value,
                "letter": Sentence(*_LETTERS[kind]).text(visit.lang),
                "label": calendar.label(on, visit.lang),
                "known": calendar.knows(on),
                "today": on == today,
                "count": counts.get(on, 0),
                "due": by_day.get(on, []),
            }
        )
    padded: list[Any] = [*[None] * first.weekday(), *cells]
    padded += [None] * (-len(padded) % _WEEK)
    shown: dict[str, Any] = {
        "first": first,
        "before": first - timedelta(days=1),
        "after": after,
        "weeks": [padded[place : place + _WEEK] for place in range(0, len(padded), _WEEK)],
        "weekdays": WEEKDAYS,
        "working": sum(calendar.works(cell["on"]) for cell in cells),
        "total": sum(counts.values()),
        "chosen": chosen,
        "rows": [_shown(visit, one) for one in month_seen.of_day],
        "most": MOST,
    }
    return visit.page("deadlines.html", status=422 if wrong else 200, wrong=wrong, **shown)


def _shown(visit: Visit, one: CalendarLine) -> dict[str, Any]:
    """Return one deadline as a cell shows it; what is sealed is sealed, whoever looks."""
    case = sealed_for(one.stored.case, None)
    line = next((line for line in case.running if (line.kind, line.due_on) == (one.kind, one.on)), None)
    return {
        "case": case,
        "short": short_number(case.number, visit.lang),
        "kind": named(DEADLINES, one.kind, visit.lang),
        "provisional": line is not None and line.provisional,
    }


def _year(visit: Visit, today: date) -> Response:
    """Show how many deadlines end on each day of a year; each day leads to its month."""
    year, wrong = today.year, ""
    try:
        year = month_of(f"{visit.asked('year')}-01", today).year
    except BadData as problem:
        wrong = problem.sentence.text(visit.lang)
    counts = deadlines_of_year(visit.here.database, reader_of(visit.person), year)
    most, calendar = max(counts.values(), default=1), visit.here.rulebook.calendar
    months = []
    for month in range(1, 13):
        first = date(year, month, 1)
        days = ((first + timedelta(days=31)).replace(day=1) - first).days
        month_days = [first + timedelta(days=place) for place in range(days)]
        cells = [
            {
                "on": on,
                "count": counts.get(on, 0),
                "heat": -(-counts.get(on, 0) * _HEATS // most),
                "off": not calendar.works(on),
                "today": on == today,
            }
            for on in month_days
        ]
        months.append((first, cells, sum(counts.get(on, 0) for on in month_days)))
    shown: dict[str, Any] = {"year": year, "months": months, "total": sum(counts.values())}
    return visit.page("deadlines_year.html", status=422 if wrong else 200, wrong=wrong, **shown)


def _asked(visit: Visit, today: date) -> tuple[date, date | None]:
    first, day_text = month_of(visit.asked("month"), today), visit.asked("day")
    if not day_text:
        return first, None
    try:
        return first, first.replace(day=visit.number("day", most=99))
    except ValueError as error:
        raise BadData(_BAD_DAY.fill(text=day_text)) from error
