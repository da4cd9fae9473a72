"""The HTTP interface `/api/v1`: translates requests into the same `Command` as every other door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.security import APIKeyCookie, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from cases.event_visibility import visible_event
from config.duties import duty_ids
from states.case import sealed_for
from states.command import Command
from states.errors import BadData, Conflict, Sentence
from states.terms import parse_date
from states.vocabulary import PERSONS_ACTS, Act, Light, State
from store import case_filters, cases
from store.idempotency import key_of
from store.ids import LARGEST_ID
from web.dependencies import COOKIE, Asker, Here, Lang, Stale, actor_of, clean_body, clean_query, reader_of
from web.limits import api_pace
from web.openapi import EVERYWHERE, problems
from wiring import Office, now
from wiring.schemas.cases import (
    AllowedDocument,
    CaseDocument,
    CasesDocument,
    DoneDocument,
    OpenedDocument,
    case_json,
    done_json,
    fields_json,
    refused_json,
)
from wiring.schemas.deadlines import DeadlinesDocument, counted_deadline_json
from wiring.schemas.histories import EventDocument, HistoryDocument, recorded_json

if TYPE_CHECKING:
    from states.case import Case
    from store.accounts import Person
    from store.events import Recorded

PAGE: Final = 50
MOST: Final = 500
_NO_DUTY: Final = Sentence("职责条款“{duty}”不在职责目录中。", "The duty “{duty}” is not in the catalogue.")
_BAD_CURSOR: Final = Sentence("cursor 无效。", "The cursor is not valid.")
_NO_ACT: Final = Sentence("没有名为“{act}”的办理事项。", "There is no act “{act}”.")
_BAD_MATCH: Final = Sentence('If-Match 应为版本号，如 "3"。', 'If-Match must be a version such as "3".')


def api_router() -> APIRouter:
    """Return a router of the interface: for whoever is known, at a pace, in clean characters."""
    return APIRouter(
        prefix="/api/v1",
        responses=problems(*EVERYWHERE),
        dependencies=[
            Depends(clean_query),
            Depends(clean_body),
            Depends(api_pace),
            # Only for OpenAPI, which says here how to log in; `person_of` is what finds out who asks.
            Depends(HTTPBearer(auto_error=False, description="`duban user token`")),
            Depends(APIKeyCookie(name=COOKIE, auto_error=False, description="the session of a page")),
        ],
    )


router = api_router()
CaseId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
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
    new_unit: StrictBool = Field(
        default=False,
        description="a person has confirmed that the unit is new, however near its name is to a known one",
    )


class Acting(BaseModel):
    """An act to enter."""

    model_config = ConfigDict(extra="forbid")

    act: str = Field(examples=["serve_order"])
    on: str | None = Field(default=None, examples=["2026-02-06"])
    data: dict[str, Any] = Field(default_factory=dict, examples=[{"term": "15wd"}])


def event_for(recorded: Recorded, case: Case, person: Person) -> EventDocument:
    """Return an event as this person may read it; `case` is its case as it stands now."""
    return recorded_json(recorded._replace(event=visible_event(recorded.event, case, person.role)))


def _case_for(here: Office, case: Case, person: Person) -> CaseDocument:
    return case_json(sealed_for(case, person.role), here.case_queries.policy_name(case))


@router.get("/cases", tags=["cases"])
def list_cases(  # noqa: PLR0913, PLR0917  # the filters of `duban list`, each by its name
    request: Request,
    response: Response,
    here: Here,
    person: Asker,
    state: State | None = None,
    light: Light | None = None,
    unit: Annotated[str | None, Query(max_length=200)] = None,
    due_before: Annotated[str | None, Query(max_length=40)] = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> CasesDocument:
    """List the cases that the caller may see, by id; `Link: rel=next` leads on."""
    wanted = case_filters.Filter(
        state=state,
        light=light.value if light else None,
        unit=unit,
        due_before=parse_date(due_before) if due_before else None,
        text=q,
    )
    found = here.case_queries.page(person, wanted, after=_cursor(cursor), limit=limit + 1)
    listed = [case_json(item.case, item.policy_name) for item in found[:limit]]
    following = str(listed[-1]["id"]) if len(found) > limit else None
    if following is not None:
        address = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
    return {"cases": listed, "next": following}


def _is_number(text: str) -> bool:
    """Say whether a text is a number that may be an id or a version; Python reads no more than 4300 digits."""
    return text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))


def _cursor(text: str | None) -> int:
    if not text:
        return 0
    if not _is_number(text) or int(text) > LARGEST_ID:
        raise BadData(_BAD_CURSOR)
    return int(text)


@router.post("/cases", status_code=201, tags=["cases"], responses=problems(409))
def open_case(asked: Finding, response: Response, here: Here, person: Asker, key: Key = None) -> OpenedDocument:
    """Register a finding. The same `Idempotency-Key` again gives the same case."""
    if asked.duty not in duty_ids():
        raise BadData(_NO_DUTY.fill(duty=asked.duty))
    given = {"unit", "post", "duty", "inspection", "finding", "confidentiality"}
    data = asked.data | asked.model_dump(include=given, exclude_none=True)
    on = parse_date(asked.on) if asked.on else here.today(now())
    command = Command(act=Act.REGISTER_FINDING, actor=actor_of(person), on=on, data=data)
    # A request of before the field was there is still the same request.
    said = asked.model_dump(exclude=None if asked.new_unit else {"new_unit"})
    once, reader = key_of(person.username, key, said), reader_of(person)
    done = here.desk.open(command, now(), once=once, new_unit=asked.new_unit, reader=reader)
    response.headers["Location"] = f"/api/v1/cases/{done.case.id}"
    response.headers["ETag"] = f'"{done.case.version}"'
    remarks = [remark.text(here.settings.lang) for remark in done.remarks]
    return {**_case_for(here, done.case, person), "event": done_json(done), "remarks": remarks}


@router.get("/cases/{case_id:int}", tags=["cases"], responses=problems(404, 409))
def read_case(case_id: CaseId, response: Response, here: Here, person: Asker) -> CaseDocument:
    """Read one case; `ETag` is its version."""
    case = here.case_queries.read(person, case_id, "api/case", now())
    response.headers["ETag"] = f'"{case.version}"'
    return _case_for(here, case, person)


@router.post("/cases/{case_id:int}/acts", tags=["cases"], responses=problems(404, 409, 412))
def act(  # what comes with a request, each from its place
    case_id: CaseId,
    asked: Acting,
    response: Response,
    here: Here,
    person: Asker,
    key: Key = None,
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=100)] = None,
) -> DoneDocument:
    """Enter one act. 409 with the sentence where the rules refuse; 412 if the case is not the one that was seen."""
    wanted, seen = _act(asked.act), _version(if_match)
    on = parse_date(asked.on) if asked.on else here.today(now())
    command = Command(act=wanted, actor=actor_of(person), on=on, data=asked.data, case_id=case_id, seen=seen)
    once = key_of(person.username, key, {"case": case_id, **asked.model_dump()})
    try:
        done = here.desk.do(command, now(), once=once, reader=reader_of(person))
    except Conflict as conflict:
        if seen is not None and conflict.sentence == cases.CHANGED:
            raise Stale(conflict.sentence) from conflict
        raise
    response.headers["ETag"] = f'"{done.case.version}"'
    return {"event": done_json(done), "case": _case_for(here, done.case, person)}


def _act(text: str) -> Act:
    if text not in PERSONS_ACTS:
        raise BadData(_NO_ACT.fill(act=text[:60]))
    return Act(text)


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not _is_number(digits):
        raise BadData(_BAD_MATCH)
    return int(digits)


@router.get("/cases/{case_id:int}/acts", tags=["cases"], responses=problems(404))
def what_may_be_done(case_id: CaseId, here: Here, person: Asker, lang: Lang) -> AllowedDocument:
    """Say what the caller may do now, with the fields that it takes, and why not the rest."""
    acts, refused = here.case_queries.allowed(person, case_id, here.today(now()))
    return {
        "allowed": [act.value for act in acts],
        "refused": refused_json(refused, lang),
        "roles": {act.value: role.value for act, role in acts.items()},
        "fields": fields_json(acts, lang),
    }


@router.get("/cases/{case_id:int}/events", tags=["cases"], responses=problems(404, 409))
def read_events(case_id: CaseId, here: Here, person: Asker) -> HistoryDocument:
    """Read the history of one case."""
    case = here.case_queries.read(person, case_id, "api/events", now())
    return {"events": [recorded_json(recorded) for recorded in here.case_queries.history(person, case)]}


@router.get("/cases/{case_id:int}/deadlines", tags=["cases"], responses=problems(404))
def read_deadlines(case_id: CaseId, here: Here, person: Asker, lang: Lang) -> DeadlinesDocument:
    """Read the running deadlines, each with its day-by-day count."""
    counted = here.case_queries.deadlines(person, case_id)
    return {"deadlines": [counted_deadline_json(deadline, lang) for deadline in counted]}
