"""The HTTP interface to official documents: the twins of `duban document`, within the caller's sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import Form, Path, Query, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from documents.drafting import as_content
from documents.waiting import MOST as MOST_DOCUMENTS
from states.official_document import Status, Step
from states.terms import parse_date
from store.ids import LARGEST_ID
from store.official_documents import DocumentFilter
from web.api import api_router
from web.dependencies import Asker, Here, actor_of, reader_of
from web.documents import attached
from web.openapi import problems
from web.uploaded import uploaded
from wiring import Office, now
from wiring.schemas.documents import (
    DocumentsDocument,
    OfficialDocumentDocument,
    OpenDocumentDocument,
    document_steps_json,
    official_document_json,
)

if TYPE_CHECKING:
    from datetime import date

    from store.accounts import Person

router = api_router()
DocumentId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Drafting(BaseModel):
    """A document to draw up."""

    model_config = ConfigDict(extra="forbid")

    case: int = Field(ge=1, le=LARGEST_ID, examples=[17])
    kind: str = Field(max_length=40, examples=["order"])
    on: str | None = Field(default=None, max_length=40, examples=["2026-02-05"])
    data: dict[str, Any] = Field(default_factory=dict, examples=[{"authorization_note": "经市委同意"}])


class Praising(BaseModel):
    """The circular of a commendation to draw up."""

    model_config = ConfigDict(extra="forbid")

    on: str | None = Field(default=None, max_length=40, examples=["2026-03-04"])
    data: dict[str, Any] = Field(default_factory=dict, examples=[{"circulated_to": ["各县区党委、政府"]}])


class Completing(BaseModel):
    """What is typed into a draft; an empty value takes back what was typed."""

    model_config = ConfigDict(extra="forbid")

    on: str | None = Field(default=None, max_length=40, examples=["2026-02-05"])
    data: dict[str, Any] = Field(examples=[{"help_contact": "督查科科长"}])


class Stepping(BaseModel):
    """A step of a document. `note`: the comment, or the reason of a return, a void, a correction."""

    model_config = ConfigDict(extra="forbid")

    step: Literal["submit", "review", "return", "sign", "issue", "serve", "void", "correct"]
    on: str | None = Field(default=None, max_length=40, examples=["2026-02-05"])
    note: str = Field(default="", max_length=2000, examples=["同意"])
    way: str = Field(default="system", max_length=40, examples=["courier"])
    signed_by: str = Field(default="", max_length=100, examples=["办公室主任"])
    seen: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="to sign only what was read: how many steps it had then"
    )


def _day(here: Office, text: str | None) -> date:
    return parse_date(text) if text else here.today(now())


def _opened(here: Office, person: Person, id_: int) -> OpenDocumentDocument:
    found = here.document_shelf.open(reader_of(person), actor_of(person), id_, here.today(now()))
    if found.kept.case_id:
        here.case_queries.read(person, found.kept.case_id, "api/document", now())
    return {
        **official_document_json(found.kept),
        "signer": found.signer.value,
        "missing": list(found.missing),
        "content": as_content(found.kind, found.values),
        "may": sorted(step.value for step in found.may),
        "steps": document_steps_json(found.steps),
    }


@router.get("/documents", tags=["documents"])
def list_documents(
    here: Here,
    person: Asker,
    state: Status | None = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    unit: Annotated[str | None, Query(max_length=200)] = None,
    case: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_DOCUMENTS)] = 50,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> DocumentsDocument:
    """List the official documents that the caller may see, the latest change first."""
    wanted = DocumentFilter(
        statuses=(state,) if state else (),
        kinds=(kind,) if kind else (),
        unit=unit or "",
        case_id=case or 0,
        limit=limit,
        skip=skip,
    )
    return {"documents": [official_document_json(one) for one in here.document_shelf.listed(reader_of(person), wanted)]}


@router.post("/documents", status_code=201, tags=["documents"], responses=problems(404, 409))
def draft_document(asked: Drafting, response: Response, here: Here, person: Asker) -> OpenDocumentDocument:
    """Draw a document up. A draft of the kind that the caller has in the case already is given back, not made twice."""
    case = here.case_queries.read(person, asked.case, "api/document", now())
    on, who = _day(here, asked.on), actor_of(person)
    here.document_shelf.require_open_case(reader_of(person), case.id)
    made = here.documents.draft(case.id, asked.kind, asked.data, who, on, now(), once=True)
    response.headers["Location"] = f"/api/v1/documents/{made.kept.id}"
    return _opened(here, person, made.kept.id)


@router.post(
    "/commendations/{commendation_id:int}/document", status_code=201, tags=["documents"], responses=problems(404, 409)
)
def draft_commendation(
    commendation_id: Annotated[int, Path(ge=1, le=LARGEST_ID)],
    asked: Praising,
    response: Response,
    here: Here,
    person: Asker,
) -> OpenDocumentDocument:
    """Draw up the circular that gives a commendation by its issue. Asked twice, the caller gets the first draft."""
    here.commendations.open(commendation_id, reader_of(person))
    on, who = _day(here, asked.on), actor_of(person)
    made = here.documents.draft_commendation(commendation_id, asked.data, who, on, now())
    response.headers["Location"] = f"/api/v1/documents/{made.kept.id}"
    return _opened(here, person, made.kept.id)


@router.get("/documents/{document_id:int}", tags=["documents"], responses=problems(404, 409))
def read_document(document_id: DocumentId, here: Here, person: Asker) -> OpenDocumentDocument:
    """Read one document: where it stands, what it lacks and says, and what the caller may do with it."""
    return _opened(here, person, document_id)


@router.patch("/documents/{document_id:int}", tags=["documents"], responses=problems(404, 409))
def complete_document(document_id: DocumentId, asked: Completing, here: Here, person: Asker) -> OpenDocumentDocument:
    """Type more into a draft. What says nothing new is no step."""
    here.document_shelf.require(reader_of(person), document_id)
    here.documents.change(document_id, asked.data, actor_of(person), _day(here, asked.on), now())
    return _opened(here, person, document_id)


@router.post("/documents/{document_id:int}/steps", tags=["documents"], responses=problems(404, 409))
def step_of_document(document_id: DocumentId, asked: Stepping, here: Here, person: Asker) -> OfficialDocumentDocument:
    """Let a document go a step: submit, review, return, sign, issue, serve, void, or correct (a new version).

    An edited Word file goes to `/file`, a file that somebody signed on paper to `/scan`. 409 with the sentence where
    it stands elsewhere, or another must take the step; asked twice, nothing is done twice.
    """
    step = asked.step
    kept_apart = step == Step.VOID.value
    kept = here.document_shelf.require(reader_of(person), document_id, kept_apart=kept_apart)
    documents, who, on, at = here.documents, actor_of(person), _day(here, asked.on), now()
    match step:
        case Step.SUBMIT:
            kept = documents.submit(document_id, who, on, at, asked.note)
        case Step.REVIEW:
            kept = documents.review(document_id, who, on, at, asked.note)
        case Step.RETURN:
            kept = documents.give_back(document_id, who, on, at, asked.note)
        case Step.SIGN:
            kept = documents.sign(document_id, who, on, at, asked.note, seen=asked.seen)
        case Step.ISSUE:
            kept = documents.issue(document_id, who, on, at, asked.note)
        case Step.SERVE:
            kept = documents.serve(document_id, who, on, at, way=asked.way, signed_by=asked.signed_by)
        case Step.VOID:
            kept = documents.void(document_id, who, asked.note, on, at)
        case "correct":
            kept = documents.correct(document_id, who, asked.note, on, at).kept
    return official_document_json(kept)


@router.post("/documents/{document_id:int}/file", tags=["documents"], responses=problems(404, 409, 413))
def upload_edited(
    document_id: DocumentId,
    file: UploadFile,
    here: Here,
    person: Asker,
    on: Annotated[str | None, Form(max_length=40, description="the day; today if not given")] = None,
) -> OfficialDocumentDocument:
    """Take a Word file that was edited outside as the draft. The same file again is no step.

    Checked as on the page: a `.docx` without macros, with the place of its number, and no mark of a state secret.
    """
    here.document_shelf.require(reader_of(person), document_id)
    name, content = uploaded(file)
    kept = here.documents.upload(document_id, name, content, actor_of(person), _day(here, on), now())
    return official_document_json(kept)


@router.post("/documents/{document_id:int}/scan", tags=["documents"], responses=problems(404, 409, 413))
def keep_scan(
    document_id: DocumentId,
    file: UploadFile,
    here: Here,
    person: Asker,
    on: Annotated[str | None, Form(max_length=40, description="the day; today if not given")] = None,
) -> OfficialDocumentDocument:
    """Keep the scan of the signed and stamped paper: PDF, JPG or PNG. The same file again is no step."""
    here.document_shelf.require(reader_of(person), document_id)
    name, content = uploaded(file)
    kept = here.documents.scan(document_id, name, content, actor_of(person), _day(here, on), now())
    return official_document_json(kept)


@router.get(
    "/documents/{document_id:int}/file",
    tags=["documents"],
    response_class=Response,
    responses={**problems(404, 409), 200: {"content": {DOCX: {}, "application/pdf": {}}}},
)
def document_file(
    document_id: DocumentId,
    here: Here,
    person: Asker,
    form: Annotated[str, Query(alias="format", pattern="^(docx|pdf)$")] = "docx",
) -> Response:
    """Give the file: as it was issued, or as the draft is now; as PDF where LibreOffice is present, else 503."""
    kept = here.document_shelf.require(reader_of(person), document_id)
    if kept.case_id:
        here.case_queries.read(person, kept.case_id, "api/document", now())
    name, data = here.documents.file(document_id, here.today(now()))
    if form == "docx":
        return attached(name, data, DOCX)
    from documents.pdf import to_pdf  # noqa: PLC0415  # only where a PDF is asked for

    return attached(name.removesuffix(".docx") + ".pdf", to_pdf(data), "application/pdf")
