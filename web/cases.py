"""The pages of cases: the list, one case with its forms, and a new finding."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from states.acts import PERSONS_ACTS, SPINE, Act, Light, State, name
from states.case import sealed_for
from states.errors import BadTerm, NotPermitted, Problem, Sentence
from states.guards import Ask
from states.terms import parse_date
from store import owed, sight
from web.api import CaseId
from web.asking import actor_of, clean_query, reader_of, seen_by, status_of
from web.shown import data_from, deadlines_shown, fields_of, line_shown, once_from, rows_shown
from web.visit import EXPIRED, Here, Visit, gate
from wiring import now

PAGE: Final = 50
_DONE: Final = Sentence("已办理：{act}。", "Done: {act}.")
_INSPECTIONS: Final = (
    ("regular", "定期检查", "regular inspection"),
    ("special", "专项督查", "special inspection"),
    ("unannounced", "实地暗访", "unannounced visit"),
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/cases")
def cases_page(visit: Here) -> Response:
    """List cases; the filters stand in the address."""
    first = gate(visit)
    if first is not None:
        return first
    asked = {key: visit.request.query_params.get(key, "")[:200] for key in ("q", "state", "light", "due_before")}
    wrong, before = "", None
    try:
        before = parse_date(asked["due_before"]) if asked["due_before"] else None
    except BadTerm as problem:
        wrong = problem.sentence.text(visit.lang)
    wanted = sight.Filter(
        state=State(asked["state"]) if asked["state"] in list(State) else None,
        light=asked["light"] if asked["light"] in list(Light) else None,
        due_before=before,
        text=asked["q"].strip() or None,
    )
    after = visit.request.query_params.get("after", "0")
    after_id = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0  # noqa: PLR2004  # 32-bit ids
    reader = reader_of(visit.person)
    with visit.here.database.reading() as session:
        found = sight.listed(session, reader, wanted, after=after_id, limit=PAGE + 1)
        total = sight.counted(session, reader, wanted)
    further = ""
    if len(found) > PAGE:
        kept = {key: value for key, value in asked.items() if value}
        further = "/cases?" + urlencode(kept | {"after": found[PAGE - 1].case.id})
    rows = rows_shown(visit, found[:PAGE])
    shown: dict[str, Any] = {
        "states": list(State),
        "lights": list(Light),
        "rows": rows,
        "total": total,
        "further": further,
    }
    return visit.page("cases.html", wanted=asked, wrong=wrong, **shown)


@router.get("/cases/{case_id}")
def case_page(case_id: CaseId, visit: Here) -> Response:
    """Show one case: where it stands, what is due and why, what may be done, what happened."""
    return gate(visit) or _case(visit, case_id, said=visit.request.query_params.get("done", ""))


def _case(visit: Visit, case_id: int, *, said: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    person, here = visit.person, visit.here
    whole = seen_by(here, person, case_id, "page/case")
    with here.database.reading() as session:
        history = sight.history_of(session, case_id)
        told = owed.told(session, case_id)
        case = sealed_for(whole, person.role)
        policy = here.archive.policy_of(session, case.policy_hash).name
        calendars = {
            line.calendar_hash: here.archive.calendar_of(session, line.calendar_hash) for line in case.deadlines
        }
    asker = Ask(act=Act.ACKNOWLEDGE, actor=actor_of(person), on=here.today(now()), data={})
    may, may_not = here.desk.allowed(case_id, asker)
    tried = visit.form.get("act", "")
    entered: dict[State, date] = {}
    for recorded in history:
        entered.setdefault(recorded.event.to_state, recorded.event.occurred_on)
    act_said = _DONE.fill(act=name(Act(said))).text(visit.lang) if said in list(Act) else ""
    return visit.page(
        "case.html",
        status=status,
        case=case,
        policy=policy,
        spine=SPINE,
        entered=entered,
        deadlines=deadlines_shown(visit, case, calendars),
        acts=[
            {"act": act, "fields": fields_of(act), "open": act.value == tried}
            for act in may
            if act is not Act.REGISTER_FINDING
        ],
        refused=list(may_not.items()),
        events=[line_shown(recorded, whole, visit, told) for recorded in history],
        said=act_said,
        wrong=wrong,
    )


@router.post("/cases/{case_id}/acts")
def act_from_page(case_id: CaseId, visit: Here) -> Response:
    """Enter an act from its form; a refusal comes back with the page, and what was typed is not lost."""
    first = gate(visit)
    if first is not None:
        return first
    person = visit.person
    with visit.here.database.reading() as session:
        sight.case(session, reader_of(person), case_id)
    try:
        wanted = visit.form.get("act", "")
        if wanted not in PERSONS_ACTS:
            raise NotPermitted(EXPIRED)
        act = Act(wanted)
        seen = visit.form.get("seen", "")
        ask = Ask(
            act=act,
            actor=actor_of(person),
            on=parse_date(visit.form.get("on", "")),
            data=data_from(visit.form, act),
            case_id=case_id,
            seen=int(seen) if seen.isascii() and seen.isdigit() else None,
        )
        visit.here.desk.do(ask, now(), once=once_from(visit))
    except Problem as problem:
        return _case(visit, case_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/cases/{case_id}?done={act.value}", 303)


@router.get("/new")
def new_page(visit: Here) -> Response:
    """Ask for a finding."""
    return gate(visit) or _new(visit)


_NEW_FIELDS: Final = ("on", "d.unit", "d.post", "d.duty", "d.inspection", "d.finding", "d.term")


def _new(visit: Visit, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    given = {key: visit.form.get(key, "") for key in _NEW_FIELDS}
    shown: dict[str, Any] = {"duties": sorted(visit.here.duties), "inspections": _INSPECTIONS, "given": given}
    return visit.page("new.html", status=status, wrong=wrong, **shown)


@router.post("/new")
def open_from_page(visit: Here) -> Response:
    """Register a finding from its form."""
    first = gate(visit)
    if first is not None:
        return first
    try:
        ask = Ask(
            act=Act.REGISTER_FINDING,
            actor=actor_of(visit.person),
            on=parse_date(visit.form.get("on", "")),
            data=data_from(visit.form, Act.REGISTER_FINDING),
        )
        done = visit.here.desk.open(ask, now(), once=once_from(visit))
    except Problem as problem:
        return _new(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/cases/{done.case.id}?done={Act.REGISTER_FINDING.value}", 303)
