"""The HTTP interface `/api/v1`: translates requests into the same `Command` as every other door."""

from __future__ import annotations

import json
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import APIKeyCookie, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from states.case import Case, sealed_for
from states.command import Command
from states.errors import BadData, Conflict, NotPermitted, Sentence
from states.fields import FIELDS
from states.sealing import canonical
from states.terms import Term, due, parse_date, trace
from states.vocabulary import PERSONS_ACTS, Act, Light, Role, State
from store import case_lists, cases, checkpoints
from store.idempotency import Once
from web.dependencies import COOKIE, Asker, Here, Lang, Stale, actor_of, clean_query, reader_of, seen_by
from web.limits import api_pace
from web.openapi import (
    EVERYWHERE,
    AllowedDocument,
    CaseDocument,
    CasesDocument,
    CheckpointsDocument,
    DeadlinesDocument,
    DoneDocument,
    FeedDocument,
    HistoryDocument,
    OpenedDocument,
    ReplayDocument,
    TermDocument,
    VerdictDocument,
    problems,
)
from wiring import Office, now
from wiring.schemas import (
    case_shape,
    deadline_shape,
    event_shape,
    recorded_shape,
    refused_shape,
    replay_shape,
    trace_shape,
)

if TYPE_CHECKING:
    from store.accounts import Person
    from store.events import Recorded

PAGE: Final = 50
MOST: Final = 500
_NO_DUTY: Final = Sentence("职责条款“{duty}”不在职责目录中。", "The duty “{duty}” is not in the catalogue.")
_ONLY_AUDIT: Final = Sentence(
    "只有审计人员、督查机构负责人可以办理。", "This is for auditors and the office's director."
)
_BAD_TIME: Final = Sentence(
    "时间“{text}”不可识别，应为 2026-03-05T09:00+08:00。",
    "The time “{text}” cannot be read; write 2026-03-05T09:00+08:00.",
)
_BAD_CURSOR: Final = Sentence("cursor 无效。", "The cursor is not valid.")
_LARGEST_ID: Final = 2**31 - 1
MASKED: Final = "＊＊＊"
"""What the auditor reads in the place of where a finding came from."""

router = APIRouter(
    prefix="/api/v1",
    responses=problems(*EVERYWHERE),
    dependencies=[
        Depends(clean_query),
        Depends(api_pace),
        # Only for OpenAPI, which says here how to log in; `person_of` is what finds out who asks.
        Depends(HTTPBearer(auto_error=False, description="`duban user token`")),
        Depends(APIKeyCookie(name=COOKIE, auto_error=False, description="the session of a page")),
    ],
)
CaseId = Annotated[int, Field(ge=1, le=_LARGEST_ID)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


class Finding(BaseModel):
    """A finding to register. Further fields go into `data`."""

    model_config = ConfigDict(extra="forbid")

    unit: str = Field(min_length=1, max_length=200, examples=["临溪市文化和旅游局"])
    post: str = Field(min_length=1, max_length=200, examples=["局长"])
    duty: str = Field(examples=["art7-1a"])
    inspection: str = Field(examples=["regular"])
    finding: str = Field(min_length=1, max_length=8000, examples=["年度工作计划未列入法治建设内容"])
    confidentiality: str | None = Field(
        default=None,
        max_length=40,
        examples=["internal"],
        description="`public`, `internal` (also if nothing is said) or `work_secret`; state secrets are refused",
    )
    on: str | None = Field(default=None, examples=["2026-01-28"])
    data: dict[str, Any] = Field(default_factory=dict)


class Acting(BaseModel):
    """An act to enter."""

    model_config = ConfigDict(extra="forbid")

    act: str = Field(examples=["serve_order"])
    on: str | None = Field(default=None, examples=["2026-02-06"])
    data: dict[str, Any] = Field(default_factory=dict, examples=[{"term": "15wd"}])


def once_of(person: Person, key: str | None, asked: object) -> Once | None:
    """Return the request as it may be repeated, if its sender gave it a key."""
    if not key:
        return None
    try:
        text = canonical(asked)
    except TypeError:
        # A number beyond 64 bits, or half of a character: whether it is refused is for the act to say.
        text = json.dumps(asked, sort_keys=True)
    return Once(person.username, key, sha256(text.encode()).hexdigest())


def day_of(text: str | None, here: Office) -> date:
    """Return the day that was given, or today."""
    return parse_date(text) if text else here.today(now())


def shape_of(here: Office, case: Case, person: Person) -> dict[str, Any]:
    """Return the case as this person may read it."""
    with here.database.reading() as session:
        policy = here.archive.policy_of(session, case.policy_hash).name
    return case_shape(sealed_for(case, person.role), policy)


_INNER: Final = frozenset({"source", "verifiers", "helpers", "inspection_plan", "note", "views", "recorders"})
"""What the unit does not read: who inspected, where the finding came from, internal opinions."""
_DECIDES: Final = frozenset({Role.LEADER, Role.DISCIPLINE, Role.ARCHIVIST, Role.HEAD})
"""Who reads the accountability decision itself; everybody else of the office reads its number, the liaison nothing."""


def event_for(recorded: Recorded, case: Case, person: Person, *, in_bulk: bool = False) -> dict[str, Any]:
    """Return an event as this person may read it (docs/domain.md §2.7: who may see what).

    In bulk nobody reads what is sealed: who may do so asks for the case, and that is written down.
    """
    shape = recorded_shape(recorded)
    act_ = recorded.event.act
    if sealed_for(case, None if in_bulk else person.role) is not case:
        return shape | {"data": {}, "actor": {"user": "", "role": shape["actor"]["role"], "unit": ""}}
    if person.role in (Role.LIAISON, Role.HEAD):
        # A part that was handed over as a clue is not told to the unit: neither to whom, nor as which case.
        shape["data"] = (
            {} if act_ is Act.TRANSFER else {key: value for key, value in shape["data"].items() if key not in _INNER}
        )
        if recorded.event.actor.role in (Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR):
            shape["actor"] = {**shape["actor"], "user": ""}
    if person.role is Role.AUDITOR and "source" in shape["data"]:
        shape["data"] = {**shape["data"], "source": MASKED}
    if act_ is Act.RECORD_ACCOUNTABILITY and person.role not in _DECIDES:
        number = {"document_number": shape["data"].get("document_number")}
        shape["data"] = {} if person.role is Role.LIAISON else number
    return shape


@router.get("/cases", tags=["cases"], response_model=CasesDocument)
def list_cases(  # noqa: PLR0913, PLR0917  # the filters of `duban list`, each by its name
    request: Request,
    here: Here,
    person: Asker,
    state: State | None = None,
    light: Light | None = None,
    unit: Annotated[str | None, Query(max_length=200)] = None,
    due_before: Annotated[str | None, Query(max_length=40)] = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> JSONResponse:
    """List the cases that the caller may see, by id; `Link: rel=next` leads on."""
    wanted = case_lists.Filter(
        state=state,
        light=light.value if light else None,
        unit=unit,
        due_before=parse_date(due_before) if due_before else None,
        text=q,
    )
    after = _cursor(cursor)
    with here.database.reading() as session:
        found = case_lists.listed(session, reader_of(person), wanted, after=after, limit=limit + 1)
        names = {item.case.policy_hash: here.archive.policy_of(session, item.case.policy_hash).name for item in found}
    shapes = [case_shape(sealed_for(item.case, None), names[item.case.policy_hash]) for item in found[:limit]]
    headers = {}
    document: dict[str, Any] = {"cases": shapes, "next": None}
    if len(found) > limit:
        document["next"] = str(shapes[-1]["id"])
        address = request.url.include_query_params(cursor=document["next"])
        headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
    return JSONResponse(document, headers=headers)


def _cursor(text: str | None) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or int(text) > _LARGEST_ID:
        raise BadData(_BAD_CURSOR)
    return int(text)


@router.post("/cases", status_code=201, tags=["cases"], response_model=OpenedDocument, responses=problems(409))
def open_case(asked: Finding, here: Here, person: Asker, key: Key = None) -> JSONResponse:
    """Register a finding. The same `Idempotency-Key` again gives the same case."""
    if asked.duty not in here.duties:
        raise BadData(_NO_DUTY.fill(duty=asked.duty))
    given = {"unit", "post", "duty", "inspection", "finding", "confidentiality"}
    data = asked.data | asked.model_dump(include=given, exclude_none=True)
    command = Command(act=Act.REGISTER_FINDING, actor=actor_of(person), on=day_of(asked.on, here), data=data)
    done = here.desk.open(command, now(), once=once_of(person, key, asked.model_dump()))
    shape = shape_of(here, done.case, person)
    headers = {"Location": f"/api/v1/cases/{done.case.id}", "ETag": f'"{done.case.version}"'}
    event = event_shape(done.event, seq=None, prev_hash=None, hash_=done.hash)
    return JSONResponse(shape | {"event": event}, 201, headers)


@router.get("/cases/{case_id}", tags=["cases"], response_model=CaseDocument, responses=problems(404, 409))
def read_case(case_id: CaseId, here: Here, person: Asker) -> JSONResponse:
    """Read one case; `ETag` is its version."""
    case = _seen(here, person, case_id, "case")
    return JSONResponse(shape_of(here, case, person), headers={"ETag": f'"{case.version}"'})


def _seen(here: Office, person: Person, case_id: int, what: str = "") -> Case:
    """Return the case, if the person may see it; `what` says what of its content is read, if any is."""
    return seen_by(here, person, case_id, f"api/{what}" if what else "")


@router.post("/cases/{case_id}/acts", tags=["cases"], response_model=DoneDocument, responses=problems(404, 409, 412))
def act(
    case_id: CaseId,
    asked: Acting,
    here: Here,
    person: Asker,
    key: Key = None,
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=100)] = None,
) -> JSONResponse:
    """Enter one act. 409 with the sentence where the rules refuse; 412 if the case is not the one that was seen."""
    _seen(here, person, case_id)
    wanted = _act(asked.act)
    seen = _version(if_match)
    command = Command(
        act=wanted, actor=actor_of(person), on=day_of(asked.on, here), data=asked.data, case_id=case_id, seen=seen
    )
    asked_before = {"case": case_id, **asked.model_dump()}
    try:
        done = here.desk.do(command, now(), once=once_of(person, key, asked_before))
    except Conflict as conflict:
        if seen is not None and conflict.sentence == cases.CHANGED:
            raise Stale(conflict.sentence) from conflict
        raise
    event = event_shape(done.event, seq=None, prev_hash=None, hash_=done.hash)
    document = {"event": event, "case": shape_of(here, done.case, person)}
    return JSONResponse(document, headers={"ETag": f'"{done.case.version}"'})


_NO_ACT: Final = Sentence("没有名为“{act}”的办理事项。", "There is no act “{act}”.")
_BAD_MATCH: Final = Sentence('If-Match 应为版本号，如 "3"。', 'If-Match must be a version such as "3".')


def _act(text: str) -> Act:
    if text not in PERSONS_ACTS:
        raise BadData(_NO_ACT.fill(act=text[:60]))
    return Act(text)


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit()):
        raise BadData(_BAD_MATCH)
    return int(digits)


@router.get("/cases/{case_id}/acts", tags=["cases"], response_model=AllowedDocument, responses=problems(404))
def what_may_be_done(case_id: CaseId, here: Here, person: Asker, lang: Lang) -> dict[str, Any]:
    """Say what the caller may do now, with the fields that it takes, and why not the rest."""
    _seen(here, person, case_id)
    asker = Command(act=Act.ACKNOWLEDGE, actor=actor_of(person), on=here.today(now()), data={})
    yes, no = here.desk.allowed(case_id, asker)
    fields = {
        act.value: [
            {"name": f.name, "kind": f.kind.value, "required": f.required, "label": Sentence(f.zh, f.en).text(lang)}
            for f in FIELDS[act].values()
        ]
        for act in yes
    }
    return {"allowed": [act.value for act in yes], "refused": refused_shape(no, lang), "fields": fields}


@router.get("/cases/{case_id}/events", tags=["cases"], response_model=HistoryDocument, responses=problems(404, 409))
def read_events(case_id: CaseId, here: Here, person: Asker) -> dict[str, Any]:
    """Read the history of one case."""
    case = _seen(here, person, case_id, "events")
    with here.database.reading() as session:
        history = case_lists.history_of(session, case_id)
    return {"events": [event_for(recorded, case, person) for recorded in history]}


@router.get("/cases/{case_id}/deadlines", tags=["cases"], response_model=DeadlinesDocument, responses=problems(404))
def read_deadlines(case_id: CaseId, here: Here, person: Asker, lang: Lang) -> dict[str, Any]:
    """Read the running deadlines, each with its day-by-day count."""
    case = _seen(here, person, case_id)
    with here.database.reading() as session:
        calendars = {
            line.calendar_hash: here.archive.calendar_of(session, line.calendar_hash) for line in case.deadlines
        }
    return {
        "deadlines": [
            deadline_shape(line)
            | {
                "trace": [
                    trace_shape(step, lang)
                    for step in trace(line.started_on, Term.parse(line.term), calendars[line.calendar_hash])
                ]
            }
            for line in case.deadlines
        ]
    }


@router.get("/cases/{case_id}/replay", tags=["audit"], response_model=ReplayDocument, responses=problems(404, 409))
def replay(
    case_id: CaseId, here: Here, person: Asker, lang: Lang, at: Annotated[str | None, Query(max_length=40)] = None
) -> dict[str, Any]:
    """Read the case as it stood at a moment, from its events alone."""
    case = _seen(here, person, case_id, "replay")
    moment = None
    if at:
        try:
            moment = datetime.fromisoformat(at.replace(" ", "+"))
        except ValueError as error:
            raise BadData(_BAD_TIME.fill(text=at)) from error
        if len(at) <= len("2026-03-05"):
            moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=here.settings.tz)
    found = here.replay(case_id, moment)
    with here.database.reading() as session:
        policy = here.archive.policy_of(session, found.case.policy_hash).name
    shape = replay_shape(found, policy, lang)
    shape["case"] = case_shape(sealed_for(found.case, person.role, today=case), policy)
    shape["events"] = [event_for(recorded, case, person) for recorded in found.events]
    return shape


_NDJSON: Final[dict[str, Any]] = {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}


@router.get("/events", tags=["audit"], response_model=FeedDocument, responses={200: _NDJSON})
def feed(
    here: Here,
    person: Asker,
    request: Request,
    after: Annotated[int, Query(ge=0, le=_LARGEST_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Response:
    """Read what happened behind a place of the history, in its order; NDJSON if the client accepts it.

    `next` is the place to go on from. Places of cases that the caller may not see are passed over.
    """
    with here.database.reading() as session:
        found = case_lists.events(session, reader_of(person), after=after, limit=limit)
        known = cases.many(session, {recorded.event.case_id for recorded in found})
    shapes = [event_for(recorded, known[recorded.event.case_id].case, person, in_bulk=True) for recorded in found]
    if "application/x-ndjson" in request.headers.get("accept", ""):
        lines = (orjson.dumps(shape, option=orjson.OPT_APPEND_NEWLINE) for shape in shapes)
        return StreamingResponse(lines, media_type="application/x-ndjson")
    content = {"events": shapes, "next": shapes[-1]["seq"] if shapes else after}
    return Response(orjson.dumps(content), media_type="application/json")


@router.get("/terms", tags=["terms"], response_model=TermDocument)
def reckon(
    here: Here,
    person: Asker,
    lang: Lang,
    start: Annotated[str, Query(max_length=40)],
    term: Annotated[str, Query(max_length=40)],
    basis: Annotated[str, Query(max_length=400)] = "",
) -> dict[str, Any]:
    """Reckon a deadline, with its day-by-day count."""
    del person  # whoever is logged in may reckon
    length, first = Term.parse(term), parse_date(start)
    reckoned = due(first, length, here.archive.calendar, basis)
    steps = trace(first, length, here.archive.calendar)
    return {
        "due_on": reckoned.due_on.isoformat(),
        "provisional": reckoned.provisional,
        "basis": basis,
        "term": str(length),
        "trace": [trace_shape(step, lang) for step in steps],
    }


@router.get("/audit/checkpoints", tags=["audit"], response_model=CheckpointsDocument)
def read_checkpoints(here: Here, person: Asker) -> dict[str, Any]:
    """Read the signed states of the history, and the keys that signed them."""
    del person  # a checkpoint says nothing of any case, and the more have it the better
    with here.database.reading() as session:
        found, keys = checkpoints.checkpoints(session), checkpoints.keys(session)
    rows = [
        {"size": kept.size, "root": kept.root, "note": kept.note, "signed_at": kept.signed_at.isoformat()}
        for kept in found
    ]
    return {"checkpoints": rows, "keys": keys}


@router.post("/audit/verify", tags=["audit"], response_model=VerdictDocument, responses=problems(409))
def verify(here: Here, person: Asker) -> dict[str, Any]:
    """Check the whole history against its hashes, its checkpoints and the rows."""
    if person.role not in (Role.AUDITOR, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.DISCIPLINE):
        raise NotPermitted(_ONLY_AUDIT)
    verdict = here.verify()
    return {"ok": verdict.ok, "events": verdict.events, "first_wrong": verdict.first_wrong}
