"""The month calendar of deadlines, with the holidays and make-up days painted, by the calendar in force."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from states.errors import BadData, Sentence
from states.working_days import DayKind
from store import case_lists, statistics
from web.case_rows import rows_shown
from web.dependencies import clean_query, reader_of
from web.page import Here, Visit
from wiring import now

IN_A_CELL: Final = 4
MOST: Final = 300
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
    """Show a month, with the cases whose next deadline ends on each of its days."""
    today, wrong = visit.here.today(now()), ""
    try:
        first, chosen = _asked(visit, today)
    except BadData as problem:
        first, chosen, wrong = today.replace(day=1), None, problem.sentence.text(visit.lang)
    after = (first + timedelta(days=31)).replace(day=1)
    last = after - timedelta(days=1)
    reader = reader_of(visit.person)
    with visit.here.database.reading() as session:
        counts = statistics.due_counts(session, reader, first, last)
        found = case_lists.due_between(session, reader, first, last, MOST)
        of_day = case_lists.due_between(session, reader, chosen, chosen, MOST) if chosen else []
    by_day: dict[date | None, list[Any]] = {}
    for item in found:
        by_day.setdefault(item.case.next_due_on, []).append(item.case)
    calendar = visit.here.archive.calendar
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
                "cases": by_day.get(on, [])[:IN_A_CELL],
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
        "rows": rows_shown(visit, of_day),
        "most": MOST,
    }
    return visit.page("deadlines.html", status=422 if wrong else 200, wrong=wrong, **shown)


def _asked(visit: Visit, today: date) -> tuple[date, date | None]:
    first, day_text = month_of(visit.asked("month"), today), visit.asked("day")
    if not day_text:
        return first, None
    try:
        return first, first.replace(day=visit.number("day", most=99))
    except ValueError as error:
        raise BadData(_BAD_DAY.fill(text=day_text)) from error
