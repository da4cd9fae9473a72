"""The pages of cases: the list, one case with its forms, and a new finding."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from states.acts import PERSONS_ACTS, SPINE, Act, Light, State, name
from states.case import sealed_for
from states.errors import BadTerm, NotFound, NotPermitted, Problem, Sentence
from states.guards import Ask
from states.terms import parse_date
from store import cases, documents, evidence, owed, sight
from web.api import CaseId, event_for
from web.asking import actor_of, clean_query, reader_of, seen_by, status_of
from web.help import help_of
from web.shown import (
    CHOICES,
    data_from,
    deadlines_shown,
    fields_of,
    line_shown,
    once_from,
    rows_shown,
    with_evidence,
)
from web.visit import EXPIRED, HEADERS, OPENERS, Here, Visit, gate, only_for
from wiring import now

PAGE: Final = 50
_NO_FILE: Final = Sentence("没有这份佐证材料。", "There is no such evidence.")
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
    case = sealed_for(whole, person.role)
    with here.database.reading() as session:
        history = sight.history_of(session, case_id)
        told = owed.told(session, case_id)
        policy = here.archive.policy_of(session, case.policy_hash).name
        calendars = {
            line.calendar_hash: here.archive.calendar_of(session, line.calendar_hash) for line in case.deadlines
        }
        lines = [line_shown(recorded, whole, visit, told, files_apart=True) for recorded in history]
        hashes = list(dict.fromkeys(hash_ for line in lines for hash_ in line["evidence"]))
        files = {file.sha256: file for file in cases.evidence_of(session, hashes)}
        papers = documents.of_case(session, case_id) if case is whole else []
    entered: dict[State, date] = {}
    for recorded in history:
        entered.setdefault(recorded.event.to_state, recorded.event.occurred_on)
    signed: dict[int, list[dict[str, Any]]] = {}
    for line in lines:
        if line["of"]:
            signed.setdefault(line["of"], []).append(line)
    act_said = _DONE.fill(act=name(Act(said))).text(visit.lang) if said in list(Act) else ""
    acts, refused = _acts_shown(visit, case_id)
    seen = _whole_number(visit.form.get("seen", ""))
    shown: dict[str, Any] = {
        "case": case,
        "policy": policy,
        "duty": here.duty_titles.get(case.duty, ("", "")),
        "spine": SPINE,
        "entered": entered,
        "deadlines": deadlines_shown(visit, case, calendars),
        "acts": acts,
        "refused": refused,
        "events": lines,
        "signed": signed,
        "files": files,
        "papers": papers,
        "choice": CHOICES,
        "news": [line for line in lines if wrong and seen is not None and line["case_seq"] > seen],
    }
    return visit.page("case.html", status=status, said=act_said, wrong=wrong, **shown)


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004  # 32-bit numbers


def _acts_shown(visit: Visit, case_id: int) -> tuple[list[dict[str, Any]], list[tuple[Act, Sentence]]]:
    """Return the forms of the acts, and why there is none for the others.

    A form that was just refused is there with all that was typed, even if its act has become impossible meanwhile.
    """
    asker = Ask(act=Act.ACKNOWLEDGE, actor=actor_of(visit.person), on=visit.here.today(now()), data={})
    may, may_not = visit.here.desk.allowed(case_id, asker)
    tried = visit.form.get("act", "")
    opened = tried or visit.asked("act")
    forms = [act for act in may if act is not Act.REGISTER_FINDING]
    if tried in PERSONS_ACTS and tried not in forms and tried != Act.REGISTER_FINDING:
        forms.insert(0, Act(tried))
    acts = [
        {
            "act": act,
            "fields": fields_of(act),
            "help": help_of(act).text(visit.lang),
            "open": act.value == opened,
            "given": visit.form if act.value == tried else {},
            "reason": may_not[act].text(visit.lang) if act in may_not else "",
        }
        for act in forms
    ]
    return acts, list(may_not.items())


@router.get("/cases/{case_id}/evidence/{hash_}")
def evidence_file(case_id: CaseId, hash_: str, visit: Here) -> Response:
    """Hand out a kept file that an event of this case names, to whoever may read that event."""
    first = gate(visit)
    if first is not None:
        return first
    case = seen_by(visit.here, visit.person, case_id, "page/evidence")
    with visit.here.database.reading() as session:
        history = sight.history_of(session, case_id)
        named = any(
            hash_ in event_for(recorded, case, visit.person)["data"].get("evidence", ()) for recorded in history
        )
        files = cases.evidence_of(session, [hash_]) if named else []
    place = evidence.place_of(visit.here.settings.home, hash_)
    if not files or not place.is_file():
        raise NotFound(_NO_FILE)
    # Whatever it is, no browser is to show it as a page of ours.
    return FileResponse(place, headers=HEADERS, media_type="application/octet-stream", filename=files[0].name)


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
        visit = with_evidence(visit)
        ask = Ask(
            act=act,
            actor=actor_of(person),
            on=parse_date(visit.form.get("on", "")),
            data=data_from(visit.form, act),
            case_id=case_id,
            seen=_whole_number(visit.form.get("seen", "")),
        )
        visit.here.desk.do(ask, now(), once=once_from(visit))
    except Problem as problem:
        return _case(visit, case_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/cases/{case_id}?done={act.value}", 303)


@router.get("/new")
def new_page(visit: Here) -> Response:
    """Ask for a finding."""
    return gate(visit) or _new(visit)


_NEW_FIELDS: Final = (
    "on",
    "d.unit",
    "d.post",
    "d.liaison",
    "d.duty",
    "d.inspection",
    "d.finding",
    "d.severity",
    "d.criteria",
    "d.term",
    "d.evidence",
)


def _new(visit: Visit, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    given = {key: visit.form.get(key, "") for key in _NEW_FIELDS}
    duties = [(id_, *titles) for id_, titles in visit.here.duty_titles.items()]
    shown: dict[str, Any] = {"duties": duties, "inspections": _INSPECTIONS, "given": given}
    return visit.page(
        "new.html", status=status, wrong=wrong, help=help_of(Act.REGISTER_FINDING).text(visit.lang), **shown
    )


@router.post("/new")
def open_from_page(visit: Here) -> Response:
    """Register a finding from its form."""
    first = gate(visit)
    if first is not None:
        return first
    try:
        only_for(visit, OPENERS)
        visit = with_evidence(visit)
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
