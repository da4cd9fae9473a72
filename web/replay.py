"""The page that shows a case as it stood, from its events alone."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from audit.differences import differences
from states.acts import Act
from states.case import Case, evolve, fold, sealed_for
from states.guards import Ask
from states.lifecycle import allowed
from store import owed, sight
from web.api import CaseId
from web.asking import actor_of, clean_query, seen_by
from web.shown import deadlines_shown, line_shown
from web.visit import Here, Visit, gate

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


def _step(visit: Visit, name_: str, last: int) -> int:
    """Return the step that the address names, within the history; 0 if it names none."""
    asked = visit.request.query_params.get(name_, "")
    return min(int(asked), last) if asked.isascii() and asked.isdigit() and len(asked) < len(str(10**6)) else 0


@router.get("/cases/{case_id}/replay")
def replay_page(case_id: CaseId, visit: Here) -> Response:
    """Show the case as it stood after one of its events, from its events alone."""
    first = gate(visit)
    if first is not None:
        return first
    person, here = visit.person, visit.here
    whole = seen_by(here, person, case_id, "page/replay")
    with here.database.reading() as session:
        history = sight.history_of(session, case_id)
        told = owed.told(session, case_id)
        step = _step(visit, "step", len(history)) or len(history)
        since = _step(visit, "since", len(history))
        case: Case | None = None
        for recorded in history[:step]:
            case = evolve(case, recorded.event)
        rules = here.rules_at(session, history[step - 1])
        calendars = {line.calendar_hash: rules.calendar for line in (case.deadlines if case else ())}
    if case is None:
        raise AssertionError("a case has at least one event")
    asker = Ask(act=Act.ACKNOWLEDGE, actor=actor_of(person), on=history[step - 1].event.occurred_on, data={})
    may, may_not = allowed(case, asker, rules)
    before = fold(recorded.event for recorded in history[:since])
    return visit.page(
        "replay.html",
        since=since,
        changed=differences(before, case, allowed(before, asker, rules)[0], may) if before else [],
        case=sealed_for(case, person.role, today=whole),
        at=step,
        last=len(history),
        event=line_shown(history[step - 1], whole, visit, told),
        deadlines=deadlines_shown(visit, case, calendars),
        may=list(may),
        refused=list(may_not.items()),
    )
