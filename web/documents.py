"""The pages of official documents: the list, each document as it stands on paper, and the steps that it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from documents.pdf import program, to_pdf
from documents.sheet_pages import pages_of
from documents.uploads import plain_name
from states.errors import BadData, NotFound, NotPermitted, Problem, Sentence
from states.official_document import STATUS_NAMES, STEP_NAMES, Status, Step
from states.terms import parse_date
from states.vocabulary import NAMES, Role
from store import case_counts
from store.ids import LARGEST_ID
from store.official_documents import DocumentFilter
from web.api import CaseId
from web.dependencies import actor_of, clean_query, reader_of, seen_by, status_of
from web.document_words import (
    SIGNS,
    facts_of,
    form_of,
    kind_choices,
    kind_name,
    owner_shown,
    row_of,
    status_name,
    steps_shown,
    typed_from,
    waiting_rows,
    ways,
)
from web.forms import whole_number
from web.page import EXPIRED, HEADERS, OFFICE_SIDE, UNIT_SIDE, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from datetime import date

    from documents.shelf import OpenDocument
    from store.official_documents import KeptDocument

READERS: Final = (*OFFICE_SIDE, *UNIT_SIDE, Role.DISCIPLINE)
SHOWN: Final = 50
"""Documents on one page of the list."""
WAITING_SHOWN: Final = 10
"""Documents that wait for somebody, on one page of them above the list."""
IN_BRIEF: Final = ("addressee", "authorization_note", "term", "due_on", "copies", "secrecy")
_DONE: Final = Sentence("已办理：{step}。", "Done: {step}.")
_DRAFTED: Final = Sentence("已拟稿，请补充后送审。", "The draft is there; complete it and submit it.")
_NO_FILE: Final = Sentence("请选择要上传的文件。", "Choose a file to upload.")
_NO_PDF: Final = Sentence(
    "本机没有安装LibreOffice，不能生成PDF；请下载Word文件。", "LibreOffice is not installed here; take the Word file."
)
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

DocumentId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(READERS)])


@router.get("/documents")
def documents_page(visit: Here) -> Response:
    """List the documents: all, those in one state, of one kind, of one unit; and above them what waits for me."""
    reader, lang = reader_of(visit.person), visit.lang
    state, kind, unit = visit.asked("state"), visit.asked("kind"), visit.asked("unit")
    status = Status(state) if state in list(Status) else None
    kinds = dict(kind_choices(lang))
    page = max(1, visit.number("page", most=10_000))
    wanted = DocumentFilter(
        statuses=(status,) if status else (),
        kinds=(kind,) if kind in kinds else (),
        unit=unit,
        limit=SHOWN + 1,
        skip=(page - 1) * SHOWN,
    )
    shelf = visit.here.document_shelf
    found, counts = shelf.listed(reader, wanted), shelf.counts(reader)
    own = max(1, visit.number("own", most=50))
    waiting = shelf.waiting(reader, actor_of(visit.person), most=own * WAITING_SHOWN) if page == 1 else None
    shown: dict[str, Any] = {
        "rows": [row_of(visit, one) for one in found[:SHOWN]],
        "more": len(found) > SHOWN,
        "page": page,
        "counts": [(one, status_name(one, lang), counts[one]) for one in Status if counts.get(one)],
        "total": case_counts.total(counts.values()),
        "chosen": status,
        "kind": kind if kind in kinds else "",
        "unit": unit,
        "kinds": list(kinds.items()),
        "waiting": waiting_rows(visit, waiting.items[(own - 1) * WAITING_SHOWN :]) if waiting else [],
        "waiting_in_all": waiting.total if waiting else 0,
        "own": own,
        "more_waiting": waiting is not None and waiting.total > len(waiting.items),
        "filtered": bool(status or wanted.kinds or unit),
    }
    return visit.page("documents.html", **shown)


@router.get("/documents/{document_id:int}")
def document_page(document_id: DocumentId, visit: Here) -> Response:
    """Show one document as it stands on paper, and what may be done with it."""
    done = visit.asked("done")
    said = _DONE.fill(step=Sentence(*STEP_NAMES[Step(done)])) if done in list(Step) else Sentence("", "")
    if done == "draft":
        said = _DRAFTED
    return _document(visit, document_id, said=said.text(visit.lang))


def _document(visit: Visit, document_id: int, *, said: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    found = _opened(visit, document_id)
    kept, lang = found.kept, visit.lang
    tried = visit.form if wrong else {}
    shown: dict[str, Any] = {
        "found": found,
        "kept": kept,
        "kind": kind_name(kept, lang),
        "state": status_name(kept.status, lang),
        "sign": SIGNS[kept.status],
        "owner": owner_shown(kept, lang),
        "steps": steps_shown(visit, found),
        "fields": form_of(found, tried, lang) if Step.CHANGE in found.may else [],
        "facts": facts_of(found, lang, IN_BRIEF),
        "pages": pages_of(found.lines),
        "signer": Sentence(*NAMES[found.signer]).text(lang),
        "reviewer": Sentence(*NAMES[found.reviewer]).text(lang) if found.reviewer else "",
        "enters": Sentence(*NAMES[found.enters]).text(lang) if found.enters else "",
        "gives": bool(kept.commendation_id and not kept.replaces),
        "why_not": {step: reason.text(lang) for step, reason in found.why_not.items()},
        "closed": found.closed.text(lang) if found.closed else "",
        "replaces": row_of(visit, found.replaces) if found.replaces else None,
        "replaced_by": [row_of(visit, one) for one in found.replaced_by],
        "may": found.may,
        "Step": Step,
        "Status": Status,
        "ways": ways(lang),
        "given": tried,
        "pdf": program() is not None,
        "no_pdf": _NO_PDF.text(lang),
        "writes": visit.person.role in OFFICE_SIDE and visit.person.role is not Role.AUDITOR,
    }
    return visit.page("document.html", said=said, wrong=wrong, status=status, **shown)


def _opened(visit: Visit, document_id: int) -> OpenDocument:
    person, today = visit.person, visit.here.today(now())
    found = visit.here.document_shelf.open(reader_of(person), actor_of(person), document_id, today)
    _looked(visit, found.kept)
    return found


def _looked(visit: Visit, kept: KeptDocument) -> None:
    """Write down that a document of a case that was handed over is read, on the page or as a file."""
    if kept.case_id:
        seen_by(visit.here, visit.person, kept.case_id, "page/document")


@router.post("/documents/{document_id:int}/steps")
def step_from_page(document_id: DocumentId, visit: Here) -> Response:
    """Let the document go one step; a refusal comes back with the page, and what was typed is not lost."""
    wanted = visit.form.get("step", "")
    # What is kept apart since a part was handed over can still be made void, and nothing else.
    void = wanted == Step.VOID.value
    kept = visit.here.document_shelf.require(reader_of(visit.person), document_id, kept_apart=void)
    try:
        if wanted == "correct":
            made = visit.here.documents.correct(
                document_id, actor_of(visit.person), visit.form.get("note", ""), _day(visit), now()
            )
            return RedirectResponse(f"/documents/{made.kept.id}?done=draft", 303)
        if wanted not in list(Step):
            raise NotPermitted(EXPIRED)
        _take(visit, kept, Step(wanted))
    except NotFound:
        raise
    except Problem as problem:
        return _document(visit, document_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/documents/{document_id}?done={wanted}", 303)


def _take(visit: Visit, kept: KeptDocument, step: Step) -> None:  # noqa: C901  # one line for each step of the table
    documents, who, on, at = visit.here.documents, actor_of(visit.person), _day(visit), now()
    note = visit.form.get("note", "")
    match step:
        case Step.CHANGE:
            found = _opened(visit, kept.id)
            documents.change(kept.id, typed_from(found, visit.form), who, on, at)
        case Step.UPLOAD:
            documents.upload(kept.id, *_file(visit), who, on, at)
        case Step.SUBMIT:
            documents.submit(kept.id, who, on, at, note)
        case Step.REVIEW:
            documents.review(kept.id, who, on, at, note)
        case Step.RETURN:
            documents.give_back(kept.id, who, on, at, note)
        case Step.SIGN:
            documents.sign(kept.id, who, on, at, note, seen=whole_number(visit.form.get("seen", "")))
        case Step.ISSUE:
            documents.issue(kept.id, who, on, at, note)
        case Step.SERVE:
            way, signed_by = visit.form.get("way", ""), visit.form.get("signed_by", "")
            documents.serve(kept.id, who, on, at, way=way, signed_by=signed_by)
        case Step.SCAN:
            documents.scan(kept.id, *_file(visit), who, on, at)
        case Step.VOID:
            documents.void(kept.id, who, note, on, at)


def _day(visit: Visit) -> date:
    today = visit.here.today(now())
    return parse_date(visit.form["on"]) if visit.form.get("on") else today


def _file(visit: Visit) -> tuple[str, bytes]:
    files = visit.sent.files.get("file", [])
    if not files:
        raise BadData(_NO_FILE)
    name, content = files[0]
    return plain_name(name), content


@router.post("/cases/{case_id:int}/documents")
def draft_from_case(case_id: CaseId, visit: Here) -> Response:
    """Draw a document up for the case; a form that is sent twice makes one draft."""
    case = visit.here.case_queries.case(visit.person, case_id)
    who, today = actor_of(visit.person), visit.here.today(now())
    kinds = visit.here.document_shelf.kinds_now(reader_of(visit.person), case_id, today)
    wanted = visit.form.get("kind", "")
    if wanted not in {kind.name for kind in kinds}:
        raise BadData(_NOT_NOW)
    made = visit.here.documents.draft(case.id, wanted, {}, who, today, now(), once=True)
    return RedirectResponse(f"/documents/{made.kept.id}?done=draft", 303)


_NOT_NOW: Final = Sentence(
    "这件案件现在还不能用这种文书；请回到案件页，从列出的文书中选择。",
    "The case cannot have this document now; choose one that its page offers.",
)


@router.get("/documents/{document_id:int}/download.docx")
def word_file(document_id: DocumentId, visit: Here) -> Response:
    """Hand the Word file out: as it was issued, or as the draft is now."""
    _handed_out(visit, document_id)
    name, data = visit.here.documents.file(document_id, visit.here.today(now()))
    return attached(name, data, _DOCX)


@router.get("/documents/{document_id:int}/download.pdf")
def pdf_file(document_id: DocumentId, visit: Here) -> Response:
    """Hand the document out as PDF, where LibreOffice is present; else say that it is not."""
    _handed_out(visit, document_id)
    name, data = visit.here.documents.file(document_id, visit.here.today(now()))
    return attached(name.removesuffix(".docx") + ".pdf", to_pdf(data), "application/pdf")


@router.get("/documents/{document_id:int}/download/scan")
def scan_file(document_id: DocumentId, visit: Here) -> Response:
    """Hand out the scan of the signed and stamped paper."""
    _handed_out(visit, document_id)
    name, media_type, data = visit.here.document_shelf.scan(reader_of(visit.person), document_id)
    return attached(name, data, media_type)


def _handed_out(visit: Visit, document_id: int) -> None:
    """Let the file go to who may open the document; of a case that was handed over, this is written down as reading."""
    _looked(visit, visit.here.document_shelf.require(reader_of(visit.person), document_id))


def attached(name: str, data: bytes, media_type: str) -> Response:
    """Return a file to be saved under this name; no browser shows it as a page of ours."""
    headers = HEADERS | {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(data, 200, headers, media_type)


__all__ = ["READERS", "STATUS_NAMES", "attached", "router"]
