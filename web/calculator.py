"""The page that reckons a deadline, day by day."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from states.errors import Problem, Sentence
from states.terms import Term, due, parse_date, trace
from web.day_grid import grid, weekday_heads
from web.dependencies import clean_query
from web.page import Here
from wiring import now

_RULES: Final = {
    "wd": Sentence(
        "按工作日计：送达当日不计入，自次日起逐个工作日计数，放假和周末不计，调休补班日计入。",
        "Counted in working days: the day of service does not count; from the next day each working day counts, "
        "weekends and holidays do not, make-up days do.",
    ),
    "d": Sentence(
        "按日计：送达当日不计入，自次日起逐日计数；末日为休息日的，顺延至其后第一个工作日（民法典第二百零一条、第二百零三条）。",
        "Counted in days: the day of service does not count; a last day that is a day off moves to the next working "
        "day (Civil Code, articles 201 and 203).",
    ),
    "m": Sentence(
        "按月计：到期月的对应日为末日，没有对应日的为月末日；末日为休息日的，顺延至其后第一个工作日"
        "（民法典第二百零二条、第二百零三条）。",
        "Counted in months: the last day is the corresponding day, or the end of a month that has none; a day off "
        "moves to the next working day (Civil Code, articles 202 and 203).",
    ),
    "fixed": Sentence("固定日期：不顺延。", "A fixed day: it never moves."),
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/calculator")
def calculator_page(visit: Here) -> Response:
    """Reckon a deadline, printable, day by day."""
    start, term = (visit.request.query_params.get(key, "")[:40] for key in ("start", "term"))
    shown: dict[str, Any] = {"start": start, "term": term, "result": None, "trace": ()}
    if start and term:
        try:
            first_day, length = parse_date(start), Term.parse(term)
            calendar = visit.here.rulebook.calendar
            found = due(first_day, length, calendar)
            shown |= {
                "result": found,
                "trace": trace(first_day, length, calendar),
                "given": (first_day, length.text(visit.lang)),
                "working": calendar.working_days_between(first_day, found.due_on),
                "days": (found.due_on - first_day).days,
                "calendar": calendar,
                "line": {
                    "started_on": first_day,
                    "due_on": found.due_on,
                    "weekdays": weekday_heads(visit.lang),
                    "cells": grid(first_day, found.due_on, length.unit, calendar, visit.here.today(now()), visit.lang),
                },
                "rule": _RULES["fixed" if length.on else length.unit.value].text(visit.lang),
            }
        except Problem as problem:
            return visit.page("calculator.html", status=422, wrong=problem.sentence.text(visit.lang), **shown)
    return visit.page("calculator.html", **shown)
