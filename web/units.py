"""The pages of units: how each stands, what it was told and signed for, over the cases in sight."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from cases.case_listing import unit_lines
from cases.unit_view import unit_view
from states.case import sealed_for
from states.errors import Sentence
from store.ids import LARGEST_ID
from web.case_rows import rows_shown
from web.dependencies import clean_query, reader_of
from web.page import Here

PAGE: Final = 50
CASES: Final = 50
TOLD: Final = 100
_TOLD: Final = {"waiting": ("待发", "waiting"), "sent": ("已发", "sent"), "failed": ("未送达", "not delivered")}

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])
UnitId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.get("/units")
def units_page(visit: Here) -> Response:
    """List the units of which the person may see a case."""
    text, after = visit.asked("q"), visit.asked("after")
    found = unit_lines(visit.here.database, reader_of(visit.person), after=after, text=text, limit=PAGE + 1)
    further = ""
    if len(found) > PAGE:
        further = "/units?" + urlencode(({"q": text} if text else {}) | {"after": found[PAGE - 1].unit})
    return visit.page("units.html", units=found[:PAGE], q=text, further=further)


@router.get("/units/{unit_id:int}")
def unit_page(unit_id: UnitId, visit: Here) -> Response:
    """Show one unit: its cases, its punctuality, the help it had, what it was told and signed for."""
    reader = reader_of(visit.person)
    found = unit_view(visit.here.database, reader, unit_id, most_cases=CASES, most_told=TOLD)
    heads = sorted({sealed_for(item.case, None).post for item in found.rows} - {""})
    shown: dict[str, Any] = {
        "unit": found.line,
        "heads": heads,
        "rows": rows_shown(visit, found.rows, found.latest),
        "punctual": found.punctual,
        "helps": found.helps,
        "signed": found.signed,
        "told": [
            {
                "line": item,
                "state": Sentence(*_TOLD[item.state]).text(visit.lang),
                "signed": item.case_id in found.known and item.case_seq in found.known[item.case_id].acknowledged,
            }
            for item in found.told
        ],
        "most": CASES,
        "files": visit.here.dossiers.of_unit(unit_id, visit.person),
    }
    return visit.page("unit.html", **shown)
