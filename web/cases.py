"""The pages of cases: the list and its export, one case with its forms, and a new finding."""

from __future__ import annotations

import csv
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from openpyxl import Workbook
from starlette.background import BackgroundTask

from audit.exports import safe_cell
from config.duties import duty_titles
from states.case import sealed_for
from states.command import Command
from states.errors import BadData, BadTerm, NotFound, NotPermitted, Problem, Sentence
from states.terms import parse_date
from states.vocabulary import PERSONS_ACTS, SPINE, Act, Confidentiality, Light, Phase, State, name
from store import case_lists, documents, evidence, outbox
from web.act_help import help_of
from web.api import CaseId, event_for
from web.dependencies import actor_of, clean_query, reader_of, seen_by, status_of
from web.forms import data_from, fields_of, filter_from, once_from, whole_number, with_evidence
from web.page import EXPIRED, HEADERS, OPENERS, Here, Visit, only_for
from web.views import CHOICES, acts_of, deadlines_shown, line_shown, rows_shown
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from store.events import Recorded

PAGE: Final = 50
EXPORT_BATCH: Final = 500
MOST_IN_WORKBOOK: Final = 100_000
_HEADS: Final = (
    Sentence("编号", "Number"),
    Sentence("灯", "Light"),
    Sentence("状态", "State"),
    Sentence("阶段", "Phase"),
    Sentence("单位", "Unit"),
    Sentence("责任领导", "Head"),
    Sentence("下一期限", "Next due"),
    Sentence("剩余工作日", "Working days left"),
    Sentence("密级标注", "Confidentiality"),
)
_TOO_MANY: Final = Sentence(
    "超过{most}件，请缩小筛选范围，或者导出 CSV。",
    "More than {most} cases; narrow the filters, or export as CSV.",
)
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
    asked, wanted, wrong = filter_from(visit)
    reader = reader_of(visit.person)
    with visit.here.database.reading() as session:
        found = case_lists.listed(session, reader, wanted, after=visit.number("after"), limit=PAGE + 1)
        total = case_lists.counted(session, reader, wanted)
    kept = [(key, value) for key, values in asked.items() for value in values if value]
    further = "/cases?" + urlencode([*kept, ("after", found[PAGE - 1].case.id)]) if len(found) > PAGE else ""
    shown: dict[str, Any] = {
        "states": list(State),
        "lights": list(Light),
        "phases": list(Phase),
        "rows": rows_shown(visit, found[:PAGE]),
        "total": total,
        "further": further,
        "query": urlencode(kept),
        "bulk_acts": acts_of(visit.person.role),
    }
    return visit.page("cases.html", wanted=asked, wrong=wrong, status=422 if wrong else 200, **shown)


@router.get("/cases/export.csv")
def export_csv(visit: Here) -> Response:
    """Hand out the list, filtered as the page is, as comma-separated values."""
    return _export(visit, "csv", "text/csv; charset=utf-8")


@router.get("/cases/export.xlsx")
def export_xlsx(visit: Here) -> Response:
    """Hand out the list, filtered as the page is, as a workbook."""
    return _export(visit, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def _export(visit: Visit, ending: str, media_type: str) -> Response:
    _asked, wanted, wrong = filter_from(visit)
    if wrong:
        raise BadData(Sentence(wrong, wrong))
    if ending == "xlsx":
        _refuse_too_many(visit, wanted)
    rows = _all_rows(visit, wanted)
    # The file has no name and is gone when it is closed; it is written whole before the answer begins, so that all
    # of it is one moment's list, and nobody's slow line keeps a reader of the database waiting.
    file = TemporaryFile()  # noqa: SIM115  # closed when the answer was sent
    try:
        if ending == "csv":
            _write_csv(file, rows, visit.lang)
        else:
            _write_xlsx(file, rows, visit.lang)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name_ = f"cases-{visit.here.today(now()).isoformat()}.{ending}"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name_}"'}
    pieces = iter(lambda: file.read(1 << 16), b"")
    return StreamingResponse(pieces, 200, headers, media_type, BackgroundTask(file.close))


def _refuse_too_many(visit: Visit, wanted: case_lists.Filter) -> None:
    """Refuse a workbook of more cases than it can hold, before it is written for nothing.

    Raises:
        BadData: there are more, as far as they are counted beforehand.
    """
    with visit.here.database.reading() as session:
        if case_lists.counted(session, reader_of(visit.person), wanted) > MOST_IN_WORKBOOK:
            raise BadData(_TOO_MANY.fill(most=MOST_IN_WORKBOOK))


def _all_rows(visit: Visit, wanted: case_lists.Filter) -> Iterator[tuple[object, ...]]:
    """Yield what the list shows of each case, as a person reads it."""
    reader, after, lang = reader_of(visit.person), 0, visit.lang
    with visit.here.database.reading() as session:
        while found := case_lists.listed(session, reader, wanted, after=after, limit=EXPORT_BATCH):
            for row in rows_shown(visit, found):
                case = row["case"]
                yield (
                    case.number,
                    name(case.light).text(lang),
                    name(case.state).text(lang),
                    name(case.phase).text(lang),
                    case.unit,
                    case.post,
                    case.next_due_on.isoformat() if case.next_due_on else "",
                    row["left"] if row["left"] is not None else "",
                    name(case.confidentiality).text(lang),
                )
            after = found[-1].case.id


def _write_csv(file: IO[bytes], rows: Iterable[tuple[object, ...]], lang: str) -> None:
    # The mark at the start tells Excel that the text is UTF-8.
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([head.text(lang) for head in _HEADS])
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    text.detach()


def _write_xlsx(file: IO[bytes], rows: Iterable[tuple[object, ...]], lang: str) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Duban")
    sheet.append([head.text(lang) for head in _HEADS])
    for place, row in enumerate(rows):
        if place >= MOST_IN_WORKBOOK:
            raise BadData(_TOO_MANY.fill(most=MOST_IN_WORKBOOK))
        sheet.append([safe_cell(value) for value in row])
    workbook.save(file)


@router.get("/cases/{case_id}")
def case_page(case_id: CaseId, visit: Here) -> Response:
    """Show one case: where it stands, what is due and why, what may be done, what happened."""
    return _case(visit, case_id, said=visit.request.query_params.get("done", ""))


def _case(visit: Visit, case_id: int, *, said: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    person, here = visit.person, visit.here
    whole = seen_by(here, person, case_id, "page/case")
    case = sealed_for(whole, person.role)
    with here.database.reading() as session:
        history = case_lists.history_of(session, case_id)
        told = outbox.told(session, case_id)
        policy = here.archive.policy_of(session, case.policy_hash).name
        calendars = {
            line.calendar_hash: here.archive.calendar_of(session, line.calendar_hash) for line in case.deadlines
        }
        lines = [line_shown(recorded, whole, visit, told, files_apart=True) for recorded in history]
        hashes = list(dict.fromkeys(hash_ for line in lines for hash_ in line["evidence"]))
        files = {file.sha256: file for file in evidence.evidence_of(session, hashes, _actors(history))}
        papers = documents.of_case(session, case_id) if case is whole else []
    entered: dict[State, date] = {}
    for recorded in history:
        entered.setdefault(recorded.event.to_state, recorded.event.occurred_on)
    signed: dict[int, list[dict[str, Any]]] = {}
    for line in lines:
        if line["of"]:
            signed.setdefault(line["of"], []).append(line)
    act_said = _DONE.fill(act=name(Act(said))).text(visit.lang) if said in list(Act) else ""
    on = _day_of_acts(visit)
    acts, refused = _acts_shown(visit, case_id, on)
    seen = whole_number(visit.form.get("seen", ""))
    shown: dict[str, Any] = {
        "case": case,
        "policy": policy,
        "duty": duty_titles().get(case.duty, ("", "")),
        "spine": SPINE,
        "entered": entered,
        "deadlines": deadlines_shown(visit, case, calendars),
        "on": on.isoformat(),
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


def _actors(history: Iterable[Recorded]) -> frozenset[str]:
    """Return who acted in a case: the names they gave their files are the case's."""
    return frozenset(recorded.event.actor.user for recorded in history)


def _day_of_acts(visit: Visit) -> date:
    """Return the day for which acts are offered: what was done on paper is often entered days later.

    It is the day of the form that was just refused, else what the address says, else today; never a day to come.
    """
    today = visit.here.today(now())
    try:
        return min(parse_date(visit.form.get("on") or visit.asked("on")), today)
    except BadTerm:
        return today


def _acts_shown(visit: Visit, case_id: int, on: date) -> tuple[list[dict[str, Any]], list[tuple[Act, Sentence]]]:
    """Return the forms of the acts, and why there is none for the others.

    A form that was just refused is there with all that was typed, even if its act has become impossible meanwhile.
    """
    asker = Command(act=Act.ACKNOWLEDGE, actor=actor_of(visit.person), on=on, data={})
    may, may_not = visit.here.desk.allowed(case_id, asker)
    tried = visit.form.get("act", "")
    opened = tried or visit.asked("act")
    forms: list[Act] = [act for act in may if act is not Act.REGISTER_FINDING]
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
    case = seen_by(visit.here, visit.person, case_id, "page/evidence")
    with visit.here.database.reading() as session:
        history = case_lists.history_of(session, case_id)
        named = any(
            hash_ in event_for(recorded, case, visit.person)["data"].get("evidence", ()) for recorded in history
        )
        files = evidence.evidence_of(session, [hash_], _actors(history)) if named else []
    place = evidence.place_of(visit.here.settings.home, hash_)
    if not files or not place.is_file():
        raise NotFound(_NO_FILE)
    # Whatever it is, no browser is to show it as a page of ours.
    return FileResponse(place, headers=HEADERS, media_type="application/octet-stream", filename=files[0].name)


@router.post("/cases/{case_id}/acts")
def act_from_page(case_id: CaseId, visit: Here) -> Response:
    """Enter an act from its form; a refusal comes back with the page, and what was typed is not lost."""
    person = visit.person
    with visit.here.database.reading() as session:
        case_lists.case(session, reader_of(person), case_id)
    try:
        wanted = visit.form.get("act", "")
        if wanted not in PERSONS_ACTS:
            raise NotPermitted(EXPIRED)
        act = Act(wanted)
        if act in acts_of(person.role):
            # Nobody fills the store with files of acts that are never his or hers.
            visit = with_evidence(visit)
        command = Command(
            act=act,
            actor=actor_of(person),
            on=parse_date(visit.form.get("on", "")),
            data=data_from(visit.form, act),
            case_id=case_id,
            seen=whole_number(visit.form.get("seen", "")),
        )
        visit.here.desk.do(command, now(), once=once_from(visit))
    except Problem as problem:
        return _case(visit, case_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/cases/{case_id}?done={act.value}", 303)


@router.get("/new")
def new_page(visit: Here) -> Response:
    """Ask for a finding."""
    return _new(visit)


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
    "d.confidentiality",
    "d.evidence",
)


def _new(visit: Visit, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    given = {key: visit.form.get(key, "") for key in _NEW_FIELDS}
    duties = [(id_, *titles) for id_, titles in duty_titles().items()]
    shown: dict[str, Any] = {
        "duties": duties,
        "inspections": _INSPECTIONS,
        "marks": list(Confidentiality),
        "default_mark": Confidentiality.INTERNAL,
        "given": given,
    }
    return visit.page(
        "new.html", status=status, wrong=wrong, help=help_of(Act.REGISTER_FINDING).text(visit.lang), **shown
    )


@router.post("/new")
def open_from_page(visit: Here) -> Response:
    """Register a finding from its form."""
    try:
        only_for(visit, OPENERS)
        visit = with_evidence(visit)
        command = Command(
            act=Act.REGISTER_FINDING,
            actor=actor_of(visit.person),
            on=parse_date(visit.form.get("on", "")),
            data=data_from(visit.form, Act.REGISTER_FINDING),
        )
        done = visit.here.desk.open(command, now(), once=once_from(visit))
    except Problem as problem:
        return _new(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/cases/{done.case.id}?done={Act.REGISTER_FINDING.value}", 303)
