"""The pages of reports: figures of a month or a quarter, each a link to the list behind it, and the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path
from fastapi.responses import RedirectResponse, Response

from programme.dossier_text import day_text
from programme.periods import REPORTS, Period, PeriodKind, before, parse_period, period_of
from programme.report import FIGURES
from programme.report_text import PLACEHOLDER, Words
from states.duty import numeral
from states.errors import Sentence
from states.terms import parse_date
from store.visibility import READS_REPORTS
from web.dependencies import clean_query
from web.dossiers import WORD
from web.page import HEADERS, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from datetime import date

    from programme.report import Report

OFFERED: Final = 4
"""So many quarters and months back a report is offered for choice; any other can be asked for by its address."""

NAMED: Final = 40
"""So many cases the page names in each list; the paper has all of them."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(READS_REPORTS)])
Which = Annotated[str, Path(min_length=1, max_length=40)]


@router.get("/report")
def latest_report(visit: Here) -> Response:
    """Lead to the report that was chosen, or to that of the quarter."""
    asked = visit.asked("period")
    period = parse_period(asked) if asked else period_of(PeriodKind.QUARTER, visit.here.today(now()))
    return RedirectResponse(f"/report/{period.key}", 303)


@router.get("/report/{period}")
def report_page(period: Which, visit: Here) -> Response:
    """Show the report of a period, as it is counted now."""
    report = _counted(visit, period)
    today = visit.here.today(now())
    words = Words(report, visit.lang, "", most=NAMED)
    found = report.period
    shown: dict[str, Any] = {
        "report": report,
        "kind": Sentence(*REPORTS[found.kind]).text(visit.lang),
        "number": words.number(),
        "title": words.title(),
        "blocks": words.blocks(),
        "until": day_text(report.until, visit.lang),
        "is_over": found.last < today,
        "figures": [(Sentence(*said).text(visit.lang), words.figure(key)) for key, said in FIGURES.items()],
        "periods": [(one.key, f"{one.text(visit.lang)} · {_kind(visit, one)}") for one in _offered(found, today)],
        "suggestions": PLACEHOLDER,
        "numeral": numeral,
        "query": f"until={report.until.isoformat()}",
    }
    return visit.page("report.html", **shown)


def _kind(visit: Visit, period: Period) -> str:
    return Sentence(*REPORTS[period.kind]).text(visit.lang)


def _offered(found: Period, today: date) -> list[Period]:
    """Return the latest quarters and months, and the one that is looked at."""
    offered = []
    for kind in (PeriodKind.QUARTER, PeriodKind.MONTH):
        one = period_of(kind, today)
        for _place in range(OFFERED):
            offered.append(one)
            one = before(one)
    return offered if found in offered else [found, *offered]


def _counted(visit: Visit, period: str) -> Report:
    until = visit.asked("until")
    return visit.here.reports.report(
        parse_period(period), now(), visit.person, until=parse_date(until) if until else None
    )


@router.get("/report/{period}/paper")
def report_paper(period: Which, visit: Here) -> Response:
    """Hand out the report as a Word file."""
    report = _counted(visit, period)
    label = quote(f"{REPORTS[report.period.kind][0]}-{report.period.key}.docx")
    disposition = f"attachment; filename=\"report-{report.period.key}.docx\"; filename*=UTF-8''{label}"
    data = visit.here.report_paper(report)
    return Response(data, headers=HEADERS | {"Content-Disposition": disposition}, media_type=WORD)
