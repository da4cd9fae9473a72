"""The pages of units: how each stands, what it was told and signed for, over the cases in sight."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from cases.case_listing import unit_lines
from states.case import sealed_for
from states.errors import NotFound, Sentence
from states.vocabulary import Act
from store import acknowledgements, case_filters, case_lists, events, statistics
from store.ids import LARGEST_ID
from web.case_rows import rows_shown
from web.dependencies import clean_query, reader_of
from web.page import Here

PAGE: Final = 50
CASES: Final = 50
TOLD: Final = 100
_NO_UNIT: Final = Sentence("没有这个单位。", "There is no such unit.")
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
    with visit.here.database.reading() as session:
        line = statistics.unit(session, reader, unit_id)
        if line is None:
            raise NotFound(_NO_UNIT)
        wanted = case_filters.Filter(unit=line.unit)
        found = case_lists.listed(session, reader, wanted, limit=CASES, by_due=True)
        punctual = next(iter(statistics.punctuality(session, reader, date.min, unit_id)), None)
        told = acknowledgements.told_to_unit(session, reader, unit_id, limit=TOLD)
        helps = statistics.acts_of_unit(session, reader, unit_id, Act.RECORD_HELP)
        signed = statistics.acts_of_unit(session, reader, unit_id, Act.ACKNOWLEDGE)
        latest = events.latest_acts(session, [item.case.id for item in found])
        known = {item.case.id: item.case for item in found}
        missing = {item.case_id for item in told} - known.keys()
        known |= {item.case.id: item.case for item in case_lists.some(session, reader, missing)}
    heads = sorted({sealed_for(item.case, None).post for item in found} - {""})
    shown: dict[str, Any] = {
        "unit": line,
        "heads": heads,
        "rows": rows_shown(visit, found, latest),
        "punctual": punctual,
        "helps": helps,
        "signed": signed,
        "told": [
            {
                "line": item,
                "state": Sentence(*_TOLD[item.state]).text(visit.lang),
                "signed": item.case_id in known and item.case_seq in known[item.case_id].acknowledged,
            }
            for item in told
        ],
        "most": CASES,
        "files": visit.here.dossiers.of_unit(unit_id, visit.person),
    }
    return visit.page("unit.html", **shown)
