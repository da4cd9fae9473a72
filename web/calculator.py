"""The page that reckons a deadline, day by day."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from states.errors import Problem
from states.terms import Term, due, parse_date, trace
from web.asking import clean_query
from web.visit import Here, gate

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/calculator")
def calculator_page(visit: Here) -> Response:
    """Reckon a deadline, printable, day by day."""
    first = gate(visit)
    if first is not None:
        return first
    start, term = (visit.request.query_params.get(key, "")[:40] for key in ("start", "term"))
    shown: dict[str, Any] = {"start": start, "term": term, "result": None, "trace": ()}
    if start and term:
        try:
            first_day, length = parse_date(start), Term.parse(term)
            calendar = visit.here.archive.calendar
            shown |= {"result": due(first_day, length, calendar), "trace": trace(first_day, length, calendar)}
        except Problem as problem:
            return visit.page("calculator.html", status=422, wrong=problem.sentence.text(visit.lang), **shown)
    return visit.page("calculator.html", **shown)
