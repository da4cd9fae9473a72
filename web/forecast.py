"""The page of what will probably be missed, its part on the desk, and its twin in the HTTP interface."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from config.forecast import forecast_table
from programme.early_warning import Warned
from programme.forecast import MOST
from states.case import sealed_for
from states.vocabulary import DEADLINES, Act
from web.api import api_router
from web.dependencies import Asker, Lang, clean_query
from web.dependencies import Here as OfficeHere
from web.numbers import short_number
from web.page import APPROVERS, OFFICE_SIDE, UNIT_SIDE, Here, Visit, open_to
from web.words import named
from wiring import now
from wiring.forecast_schemas import ForecastDocument, forecast_json

READERS: Final = (*OFFICE_SIDE, *UNIT_SIDE)
ON_PAGE: Final = 100
"""So many cases the page looks at; the command line looks at as many as it is told."""
ON_DESK: Final = 40
"""So many the desk looks at, which everybody opens many times a day."""
ROWS_ON_DESK: Final = 3
ROWS: Final = 100

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])
interface = api_router()


@router.get("/forecast", dependencies=[open_to(READERS)])
def forecast_page(visit: Here) -> Response:
    """Show the open deadlines that will probably be missed, each with its reasons."""
    found = visit.here.forecasts.forecast(visit.here.today(now()), visit.person, most=ON_PAGE)
    return visit.page(
        "forecast.html",
        rows=[row_of(visit, one) for one in found.warned[:ROWS]],
        n=len(found.warned),
        looked_at=found.looked_at,
        bounded=found.bounded,
        table=forecast_table(),
        office_needs=[(named(DEADLINES, kind, visit.lang), days) for kind, days in forecast_table().office.items()],
        may_try=visit.person.role in APPROVERS,
    )


def on_desk(visit: Visit) -> dict[str, Any]:
    """Return what the desk shows: how many deadlines will probably be missed, and those that are due first."""
    found = visit.here.forecasts.forecast(visit.here.today(now()), visit.person, most=ON_DESK)
    rows = [row_of(visit, one) for one in found.warned[:ROWS_ON_DESK]]
    return {"n": len(found.warned), "rows": rows, "bounded": found.bounded, "looked_at": found.looked_at}


def row_of(visit: Visit, one: Warned) -> dict[str, Any]:
    """Return one warning as pages show it; what is sealed is sealed."""
    case, lang = sealed_for(one.case, None), visit.lang
    return {
        "case": case,
        "short": short_number(case.number, lang),
        "kind": named(DEADLINES, one.line.kind, lang),
        "due_on": one.line.due_on,
        "office": one.line.party == "office",
        "left": one.left,
        "needed": one.needed,
        "what": one.sentence().text(lang),
        "percent": min(100, 100 * one.left // max(1, one.needed)),
        "reasons": [
            {"days": reason.days, "words": reason.sentence.text(lang), "good": reason.is_good} for reason in one.reasons
        ],
        "answer": case.extension and visit.person.role in APPROVERS,
        "answer_act": Act.APPROVE_EXTENSION.value,
    }


@interface.get("/forecast", tags=["cases"])
def forecast(
    here: OfficeHere,
    person: Asker,
    lang: Lang,
    most: Annotated[int, Query(ge=1, le=MOST)] = ON_DESK,
) -> ForecastDocument:
    """Read which open deadlines will probably be missed, each with its reasons; computed, and part of no score.

    `left` are the working days up to the due day, `needed` those that are still needed: the sum of the reasons.
    `bounded`: more cases have deadlines than the `most` that were looked at.
    """
    return forecast_json(here.forecasts.forecast(here.today(now()), person, most=most), lang)
