"""The HTTP interface to files of heads and to reports."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path, Query

from programme.periods import parse_period
from states.terms import parse_date
from store.ids import LARGEST_ID
from web.api import api_router
from web.dependencies import Asker, Here
from web.openapi import problems
from wiring import now
from wiring.schemas.reports import DossierDocument, ReportDocument, found_dossier_json, report_json

LISTED: Final = 100
"""So many entries of each list come, and cases and events behind each figure, unless more are asked for."""

router = api_router()


@router.get("/dossiers/{which}", tags=["programme"], responses=problems(400, 403, 404, 409))
def read_dossier(
    which: Annotated[str, Path(min_length=1, max_length=200)],
    here: Here,
    person: Asker,
    on: Annotated[str | None, Query(max_length=40)] = None,
    since: Annotated[str, Query(max_length=40)] = "",
    most: Annotated[int, Query(ge=1, le=LARGEST_ID)] = LISTED,
) -> DossierDocument:
    """Read the file of a post or a person as it stood at the end of a day; `since` is the first day of the tenure.

    The figures count everything; of each list come `most`.
    """
    day = parse_date(on) if on else here.today(now())
    return found_dossier_json(here.dossiers.read(which, day, now(), person, first=since), most)


@router.get("/reports/{period}", tags=["programme"], responses=problems(400, 403, 409))
def read_report(
    period: Annotated[str, Path(min_length=1, max_length=40)],
    here: Here,
    person: Asker,
    until: Annotated[str | None, Query(max_length=40)] = None,
    most: Annotated[int, Query(ge=1, le=LARGEST_ID)] = LISTED,
) -> ReportDocument:
    """Read the report of a month (`2026-05`) or a quarter (`2026Q2`) over the cases that the caller may see.

    Figures count everything; of the cases and events behind each, `most` are listed.
    """
    last = parse_date(until) if until else None
    return report_json(here.reports.report(parse_period(period), now(), person, until=last), most)
