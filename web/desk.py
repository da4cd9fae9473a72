"""The page that everybody starts from: what there is to do."""

from __future__ import annotations

from datetime import date
from typing import Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from states.acts import SPINE
from states.errors import Sentence
from store import sight
from web.asking import clean_query, reader_of
from web.shown import rows_shown
from web.visit import AUDITORS, OPENERS, Here, gate
from wiring import now

SOON: Final = 3
_HEALTH: Final = Sentence(
    "全部{n}个在办期限都有下一步；最近一次扫描 {at}；漏触发 {missed}。",
    "All {n} open deadlines have a next step; last sweep {at}; {missed} missed.",
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/")
def desk_page(visit: Here) -> Response:
    """Show what there is to do."""
    first = gate(visit)
    if first is not None:
        return first
    today, calendar = visit.here.today(now()), visit.here.archive.calendar
    reader = reader_of(visit.person)
    after_soon = date.fromordinal(calendar.forward(today, SOON).toordinal() + 1)
    with visit.here.database.reading() as session:
        near = sight.listed(session, reader, sight.Filter(due_before=after_soon), limit=200, by_due=True)
        asked = sight.listed(session, reader, sight.Filter(waiting=True), limit=200)
        counts = [(state, n) for state, n in sight.by_state(session, reader).items() if n or state in SPINE]
    late = [item for item in near if item.case.next_due_on is not None and item.case.next_due_on < today]
    soon = [item for item in near if item not in late]
    mine = [item for item in asked if visit.person.role.value in item.case.approvers]
    health = visit.here.health(now()) if visit.person.role in (*OPENERS, *AUDITORS) else None
    line = ""
    if health is not None:
        swept = health.last_sweep_at
        at = swept.astimezone(visit.here.settings.tz).strftime("%Y-%m-%d %H:%M") if swept else "—"
        line = _HEALTH.fill(n=health.open_deadlines, at=at, missed=health.missed).text(visit.lang)
    return visit.page(
        "desk.html",
        counts=counts,
        waiting=rows_shown(visit, mine),
        overdue=rows_shown(visit, late),
        soon=rows_shown(visit, soon),
        health=line,
    )
