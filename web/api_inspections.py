"""The HTTP interface to the year's inspections: the plan, its burden, and the on-site lists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from programme.inspection_drafts import InspectionDraft
from programme.on_site import Given, SentPhoto
from programme.told import burden_document, inspection_document, list_document, outlook_document
from states.errors import NotPermitted, Sentence
from states.inspection import Answer, InspectionStep
from states.terms import parse_date
from states.vocabulary import Role
from store.ids import LARGEST_ID
from store.visibility import OFFICE_ROLES
from web.api import api_router
from web.dependencies import Asker, Here, Lang, actor_of, reader_of
from web.openapi import problems
from web.uploaded import uploaded
from wiring import now

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Year = Annotated[int | None, Query(ge=1900, le=2200)]
Skip = Annotated[int, Query(ge=0, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=500)]
Text = Annotated[str, Field(max_length=500)]
Document = dict[str, Any]
_ONLY_OFFICE: Final = Sentence("检查由督查机构办理。", "Inspections are for the supervisory office.")

router = api_router()


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskedInspection(_Asked):
    """What somebody wants to inspect; `dry_run` only tells what it would meet."""

    kind: Text = Field(examples=["special"])
    title: Text
    basis: Text
    units: list[Text] = Field(max_length=200)
    duties: list[Text] = Field(max_length=60, examples=[["art6-4b"]])
    from_on: Text = Field(examples=["2026-04-01"])
    until_on: Text = Field(examples=["2026-04-10"])
    team: list[Text] = Field(max_length=50)
    kept_because: Text = ""
    questions: dict[Text, Text] = Field(default={}, max_length=60)
    dry_run: StrictBool = False


class AskedStep(_Asked):
    """A step of an inspection: approve, announce, finish, or withdraw with its reason."""

    step: Annotated[InspectionStep, Field(examples=["approve"])]
    on: Text | None = None
    reason: Text = ""


class AskedAnswer(_Asked):
    """What was found on one point; nothing given leaves it as it is."""

    place: Annotated[int, Field(ge=1, le=1000)]
    answer: Answer | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None


class AskedAnswers(_Asked):
    """What was found on some points of a list; `submit` hands the list in behind them."""

    on: Text | None = None
    answers: list[AskedAnswer] = Field(default=[], max_length=60)
    submit: StrictBool = False


class AskedSignature(_Asked):
    """What the second person says of a list with a “no”: signed, or sent back with the reason."""

    signed: StrictBool
    on: Text | None = None
    reason: Annotated[str, Field(max_length=2000)] = ""


class AskedFinding(_Asked):
    """Which “no” becomes a finding, with what else is known of it."""

    place: Annotated[int, Field(ge=1, le=1000)]
    on: Text | None = None
    data: dict[str, Any] = {}


@router.get("/inspections", tags=["inspections"])
def read_inspections(here: Here, person: Asker, year: Year = None, skip: Skip = 0, limit: Limit = 20) -> Document:
    """List the inspections of a year that the caller may see; units see what was announced to them.

    `limit` of them come, behind the first `skip`; `more` says whether there are others behind these.
    """
    wanted = year or here.today(now()).year
    found = here.inspection_plans.page(wanted, reader_of(person), skip=skip, limit=limit + 1)
    shown = [_shown(inspection_document(one), person.role) for one in found[:limit]]
    return {"year": wanted, "inspections": shown, "more": len(found) > limit}


@router.get("/inspections/burden", tags=["inspections"], responses=problems(409))
def read_burden(here: Here, person: Asker, year: Year = None, skip: Skip = 0, limit: Limit = 20) -> Document:
    """Say how often each unit of the plan is called on, by month, against the policy's ceiling.

    `limit` of the units come by name, behind the first `skip`; `more` says whether there are others behind these.
    """
    _require_office(person.role)
    wanted, most = year or here.today(now()).year, here.rulebook.policy.contacts_per_month
    found = here.inspection_plans.burden(wanted, reader_of(person), skip=skip, limit=limit + 1)
    shown = [burden_document(one, most) for one in found[:limit]]
    return {"year": wanted, "ceiling": most, "units": shown, "more": len(found) > limit}


@router.get("/inspections/{inspection_id:int}", tags=["inspections"], responses=problems(404))
def read_inspection(inspection_id: Id, here: Here, person: Asker) -> Document:
    """Read one inspection."""
    return _shown(inspection_document(here.inspection_plans.one(inspection_id, reader_of(person))), person.role)


@router.post("/inspections", status_code=201, tags=["inspections"], responses=problems(404, 409))
def plan(asked: AskedInspection, here: Here, person: Asker, lang: Lang) -> Document:
    """Plan an inspection, or say what it would meet."""
    _require_office(person.role)
    draft = InspectionDraft(
        kind=asked.kind,
        title=asked.title,
        basis=asked.basis,
        units=tuple(asked.units),
        duties=tuple(asked.duties),
        from_on=parse_date(asked.from_on),
        until_on=parse_date(asked.until_on),
        team=tuple(asked.team),
        questions=asked.questions,
        kept_because=asked.kept_because,
    )
    if asked.dry_run:
        return {
            "outlook": outlook_document(here.inspection_plans.look(draft, actor_of(person), reader_of(person)), lang)
        }
    planned = here.inspection_plans.plan(draft, actor_of(person), now(), reader_of(person), once=True)
    return {"inspection": inspection_document(planned)}


@router.post("/inspections/{inspection_id:int}/steps", tags=["inspections"], responses=problems(404, 409))
def step(inspection_id: Id, asked: AskedStep, here: Here, person: Asker) -> Document:
    """Move an inspection on. What is out of sight does not exist."""
    actor, reader, at = actor_of(person), reader_of(person), now()
    on = parse_date(asked.on) if asked.on else here.today(at)
    found = here.inspection_plans.step(inspection_id, asked.step, asked.reason, on, actor, at, reader)
    return _shown(inspection_document(found), person.role)


@router.get("/inspections/lists/{list_id:int}", tags=["inspections"], responses=problems(404, 409))
def read_list(list_id: Id, here: Here, person: Asker) -> Document:
    """Read the on-site list of one unit."""
    _require_office(person.role)
    return list_document(here.on_site.read(list_id, reader_of(person)))


@router.post("/inspections/lists/{list_id:int}/answers", tags=["inspections"], responses=problems(404, 409))
def answer(list_id: Id, asked: AskedAnswers, here: Here, person: Asker) -> Document:
    """Answer points of a list; the same again changes nothing."""
    _require_office(person.role)
    at, actor, reader = now(), actor_of(person), reader_of(person)
    on = parse_date(asked.on) if asked.on else here.today(at)
    given = [Given(one.place, one.answer, one.note) for one in asked.answers]
    found = here.on_site.answer(list_id, given, on, actor, at, reader)
    if asked.submit:
        found = here.on_site.submit(list_id, on, actor, reader)
    return list_document(found)


@router.post("/inspections/lists/{list_id:int}/findings", tags=["inspections"], responses=problems(404, 409))
def register(list_id: Id, asked: AskedFinding, here: Here, person: Asker) -> Document:
    """Make a finding of a “no”; again gives the same case."""
    _require_office(person.role)
    at, reader = now(), reader_of(person)
    on = parse_date(asked.on) if asked.on else here.today(at)
    case = here.on_site.register(list_id, asked.place, asked.data, on, actor_of(person), at, reader)
    return {"case_id": case.id, "number": case.number}


@router.post("/inspections/lists/{list_id:int}/signature", tags=["inspections"], responses=problems(404, 409))
def sign(list_id: Id, asked: AskedSignature, here: Here, person: Asker) -> Document:
    """Sign a list with a “no” as the second person, or send it back; whoever handed it in may not."""
    _require_office(person.role)
    actor, reader = actor_of(person), reader_of(person)
    on = parse_date(asked.on) if asked.on else here.today(now())
    if asked.signed:
        return list_document(here.on_site.sign(list_id, on, actor, reader))
    return list_document(here.on_site.send_back(list_id, asked.reason, on, actor, reader))


@router.post("/inspections/lists/{list_id:int}/photos", tags=["inspections"], responses=problems(404, 409, 413))
def add_photo(  # which list and point, which file, brought by whom
    list_id: Id,
    file: UploadFile,
    place: Annotated[int, Form(ge=1, le=1000)],
    here: Here,
    person: Asker,
    taken_at: Annotated[datetime | None, Form(description="when it was taken, where the file does not say so")] = None,
) -> Document:
    """Keep a photo to a point, by its SHA-256 and with its moment; the same photo again changes nothing."""
    _require_office(person.role)
    at, reader = now(), reader_of(person)
    name, content = uploaded(file)
    told = taken_at.replace(tzinfo=taken_at.tzinfo or here.settings.tz) if taken_at is not None else None
    sent = SentPhoto(place, name, content, told)
    hash_ = here.on_site.photo(list_id, sent, here.today(at), actor_of(person), at, reader)
    return {"sha256": hash_, "list": list_document(here.on_site.read(list_id, reader))}


def _require_office(role: Role) -> None:
    if role not in OFFICE_ROLES:
        raise NotPermitted(_ONLY_OFFICE)


def _shown(document: Document, role: Role) -> Document:
    """Return what this role may read of an inspection: units do not read who goes, why it stays, or what was found."""
    if role in OFFICE_ROLES:
        return document
    lists = [{"id": one["id"], "unit": one["unit"], "submitted_on": one["submitted_on"]} for one in document["lists"]]
    hidden = {"team", "kept_because", "planned_by", "approved_by", "reason"}
    return {key: value for key, value in document.items() if key not in hidden} | {"lists": lists}
