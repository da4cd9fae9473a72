"""The page of one case: where it stands, the one next step, what is due and why, what happened, what belongs to it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from cases.case_overview import file_in_case, overview
from cases.evidence import names_of_own
from config.citations import cited, duty_words
from config.duties import duty_titles
from states.case import sealed_for
from states.command import Command
from states.duty import KIND_UNKNOWN
from states.errors import BadData, BadTerm, NotFound, NotPermitted, Problem, Sentence
from states.terms import parse_date
from states.vocabulary import PERSONS_ACTS, SPINE, Act, State, name
from store import evidence
from store.official_documents import DocumentFilter
from web import timeline
from web.act_help import help_of
from web.api import CaseId, event_for
from web.case_rows import tags_of
from web.data_words import CHOICES, facts_of
from web.day_grid import explained, reported_in
from web.dependencies import actor_of, clean_query, reader_of, seen_by, status_of
from web.document_words import row_of
from web.field_choices import field_choices
from web.forms import data_from, once_from, whole_number, with_evidence, wrong_fields
from web.next_step import FINAL_ACTS, form_of, grouped, next_act
from web.numbers import short_number
from web.page import EXPIRED, HEADERS, Here, Visit
from web.views import acts_of
from web.words import near
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from cases.case_overview import CaseOverview
    from states.case import Case
    from store.events import Recorded

_NO_FILE: Final = Sentence("没有这份佐证材料。", "There is no such evidence.")
_DONE: Final = Sentence("已办理：{act}。", "Done: {act}.")
_TO_CHANGE: Final = Sentence("还没有办理。{what}", "Nothing was done yet. {what}")
_STEP: Final = Sentence("{day}{act}（第{n}项）", "{act}, {day} (no. {n})")
_SIGNED: Final = Sentence("{day}签收", "signed {day}")
_STATES_OF_MESSAGES: Final = {
    "waiting": ("wait", Sentence("待发", "waiting")),
    "sent": ("sent", Sentence("已送达", "delivered")),
    "failed": ("bad", Sentence("未送达", "not delivered")),
}
_KINDS_OF_FILES: Final = {
    ".pdf": ("doc", Sentence("PDF", "PDF")),
    ".doc": ("doc", Sentence("文档", "text")),
    ".docx": ("doc", Sentence("文档", "text")),
    ".xls": ("sheet", Sentence("表格", "table")),
    ".xlsx": ("sheet", Sentence("表格", "table")),
    ".csv": ("sheet", Sentence("表格", "table")),
    ".png": ("image", Sentence("图片", "picture")),
    ".jpg": ("image", Sentence("图片", "picture")),
    ".jpeg": ("image", Sentence("图片", "picture")),
}
_OTHER_FILE: Final = ("clip", Sentence("文件", "file"))

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/cases/{case_id:int}")
def case_page(case_id: CaseId, visit: Here) -> Response:
    """Show one case."""
    return _case(visit, case_id, said=visit.request.query_params.get("done", ""))


def _case(
    visit: Visit,
    case_id: int,
    *,
    said: str = "",
    wrong: str = "",
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    person, here, lang = visit.person, visit.here, visit.lang
    today, on = here.today(now()), _day_of_acts(visit)
    seen_by(here, person, case_id, "page/case")
    asker = Command(act=Act.ACKNOWLEDGE, actor=actor_of(person), on=on, data={})
    found = overview(here.desk, here.rulebook, reader_of(person), asker, case_id)
    case = sealed_for(found.case, person.role)
    lines = timeline.lines(visit, found, today)
    recent, older = timeline.parts(lines, today, lang)
    seen = whole_number(visit.form.get("seen", ""))
    act = _shown_act(visit, found)
    step = form_of(act, found, lang, tried=[visit.form.get("act", "")]) if act is not None else None
    shown: dict[str, Any] = {
        "case": case,
        "short": short_number(case.number, lang),
        "overlays": tags_of(visit, case),
        "duty": duty_words(case.duty, duty_titles(), lang),
        "inspection": Sentence(*CHOICES[case.inspection]).text(lang) if case.inspection in CHOICES else "",
        "policy": Sentence(found.policy.title_zh, found.policy.title_en).text(lang),
        "rungs": _rungs(found, today, here.rulebook.calendar),
        "deadlines": [explained(line, case, today, found.calendars, lang) for line in _in_order(case)],
        "on": on.isoformat(),
        "step": step,
        # What is signed is read first, on a page of its own; a refused form stays, with what was typed.
        "countersign": case.unsigned.act
        if act is Act.COUNTERSIGN and case.unsigned and not visit.form.get("act")
        else "",
        "chosen": bool(visit.form.get("act") or visit.asked("act")),
        "given": _given(visit, found),
        "errors": errors or {},
        "know": _known(visit, found, lines, act) | {"lenient": step is not None and step["lenient"]},
        "groups": grouped(found, person.role, lang, shown=act),
        "course": recent,
        "older": older,
        "count": len(lines),
        "files": _files(visit, found, lines),
        **_documents(visit, case_id, sealed=case is not found.case),
        "papers": [
            (number, name(Act(act_)).text(lang), found.history[seq - 1].event.occurred_on)
            for number, seq, act_ in (found.documents if case is found.case else ())
            if seq and act_ in list(Act)
        ][::-1],
        "told": _told(found, case, today, lang),
        "news": [line for line in lines if wrong and seen is not None and line.seq > seen],
        "unfolded": visit.asked("print") == "1",
    }
    act_said = _DONE.fill(act=name(Act(said))).text(lang) if said in list(Act) else ""
    if act_said and visit.asked("unchecked"):
        words = {"unit": case.unit, "duty": cited(case.duty, lang)}
        act_said = f"{act_said}{' ' if lang == 'en' else ''}{KIND_UNKNOWN.fill(**words).text(lang)}"
    return visit.page("case.html", status=status, said=act_said, wrong=wrong, **shown)


def _documents(visit: Visit, case_id: int, *, sealed: bool) -> dict[str, Any]:
    """Return the documents of the case that this person may see, and the kinds that he or she may draw up now."""
    reader, shelf = reader_of(visit.person), visit.here.document_shelf
    found = [] if sealed else shelf.listed(reader, DocumentFilter(case_id=case_id))
    kinds = shelf.kinds_now(reader, case_id, visit.here.today(now()))
    return {
        "documents": [row_of(visit, one) for one in found],
        "numbered": {one.number for one in found if one.number},
        "kinds": [(kind.name, Sentence(kind.zh, kind.en).text(visit.lang)) for kind in kinds],
    }


def _in_order(case: Case) -> list[Any]:
    """Return the deadlines that somebody owes first, the nearest first, and rights behind them."""
    return sorted(
        case.deadlines, key=lambda line: (reported_in(line, case) is not None, line.party == "right", line.due_on)
    )


def _day_of_acts(visit: Visit) -> date:
    """Return the day for which acts are offered: what was done on paper is often entered days later.

    It is the day of the form that was just refused, else what the address says, else today; never a day to come.
    """
    today = visit.here.today(now())
    try:
        return min(parse_date(visit.form.get("on") or visit.asked("on")), today)
    except BadTerm:
        return today


def _shown_act(visit: Visit, found: CaseOverview) -> Act | None:
    """Return the act whose form stands on the page: the one just tried, else the one asked for, else the next step.

    A form that was just refused is there with all that was typed, even if its act has become impossible meanwhile.
    """
    tried, asked = visit.form.get("act", ""), visit.asked("act")
    if tried in PERSONS_ACTS and tried != Act.REGISTER_FINDING:
        return Act(tried)
    if asked in list(Act) and Act(asked) in found.may and asked != Act.REGISTER_FINDING:
        return Act(asked)
    return next_act(found, visit.person.role)


def _given(visit: Visit, found: CaseOverview) -> dict[str, str]:
    """Return what stands in the form: what was typed, and what the system knows already."""
    if visit.form.get("act"):
        return visit.form
    known = {} if found.to_sign is None else {"d.of": str(found.to_sign.case_seq)}
    return known | {"d.confidentiality": ""}


def _known(visit: Visit, found: CaseOverview, lines: Sequence[timeline.Line], act: Act | None) -> dict[str, Any]:
    """Return what the fields of the form choose from."""
    lang, today = visit.lang, visit.here.today(now())
    held = [part for part in visit.form.get("d.evidence", "").split("、") if part]
    names = names_of_own(visit.here.database, visit.person.username, held)
    told = {item.case_seq for item in found.told}
    numbered = [line for line in lines if act is not Act.ACKNOWLEDGE or line.seq in told]
    steps = [
        (line.seq, _STEP.fill(day=near(line.on, today, lang), act=line.act, n=line.seq).text(lang))
        for line in reversed(numbered)
    ]
    return field_choices(visit, act, file_names=names, events=steps)


def _rungs(found: CaseOverview, today: date, calendar: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # a Calendar
    """Return the five rungs: when each was entered first, and how many working days the case stayed there."""
    case = found.case
    entered: dict[State, date] = {}
    stayed: dict[State, int] = {}
    since: tuple[State, date] | None = None
    for recorded in found.history:
        event = recorded.event
        entered.setdefault(event.to_state, event.occurred_on)
        if since is None or since[0] is not event.to_state:
            if since is not None:
                days = calendar.working_days_between(since[1], event.occurred_on)
                stayed[since[0]] = stayed.get(since[0], 0) + max(0, days)
            since = (event.to_state, event.occurred_on)
    rungs = []
    for state in SPINE:
        now_here = state is case.state
        days = calendar.working_days_between(case.entered_on, today) if now_here else stayed.get(state, 0)
        rungs.append(
            {
                "state": state,
                "place": "now" if now_here else ("past" if state in entered else "ahead"),
                "on": case.entered_on if now_here else entered.get(state),
                "days": max(0, days),
                "phase": case.phase if now_here else None,
            }
        )
    return rungs


def _files(visit: Visit, found: CaseOverview, lines: Sequence[timeline.Line]) -> list[dict[str, Any]]:
    """Return the evidence that this person may read of, the newest first."""
    shown: dict[str, dict[str, Any]] = {}
    for line in reversed(lines):
        for one in line.evidence:
            file = found.files.get(one["address"].rpartition("/")[2])
            if file is None or file.sha256 in shown:
                continue
            icon, kind = _KINDS_OF_FILES.get(PurePath(file.name).suffix.lower(), _OTHER_FILE)
            shown[file.sha256] = one | {
                "icon": icon,
                "kind": kind.text(visit.lang),
                "on": line.on,
                "who": line.who,
                "size": file.size,
            }
    return list(shown.values())


def _told(found: CaseOverview, case: Case, today: date, lang: str) -> list[dict[str, Any]]:
    """Return who was told of the latest events, and who has signed for them, the newest event first."""
    if case is not found.case:
        return []
    signed: dict[int, date] = {}
    for recorded in found.history:
        if recorded.event.act is Act.ACKNOWLEDGE and recorded.event.data.get("of"):
            signed[recorded.event.data["of"]] = recorded.event.occurred_on
    groups: dict[int, list[dict[str, Any]]] = {}
    for item in found.told:
        kind, words = _STATES_OF_MESSAGES[item.state]
        text = words.text(lang)
        if item.case_seq in signed and item.unit == case.unit:
            kind, text = "good", _SIGNED.fill(day=near(signed[item.case_seq], today, lang)).text(lang)
        groups.setdefault(item.case_seq, []).append(
            {"post": item.post, "unit": item.unit, "other": item.unit != case.unit, "kind": kind, "words": text}
        )
    return [
        {"title": _title(found.history[seq - 1], today, lang), "posts": posts}
        for seq, posts in sorted(groups.items(), reverse=True)
    ]


def _title(recorded: Recorded, today: date, lang: str) -> str:
    event = recorded.event
    return f"{name(event.act).text(lang)}（{near(event.occurred_on, today, lang)}）"


@router.get("/cases/{case_id:int}/evidence/{hash_}")
def evidence_file(case_id: CaseId, hash_: str, visit: Here) -> Response:
    """Hand out a kept file that an event of this case names, to whoever may read that event."""
    case = seen_by(visit.here, visit.person, case_id, "page/evidence")
    file = file_in_case(visit.here.database, case_id, hash_, lambda one: event_for(one, case, visit.person)["data"])
    place = evidence.place_of(visit.here.settings.home, hash_)
    if file is None or not place.is_file():
        raise NotFound(_NO_FILE)
    # Whatever it is, no browser is to show it as a page of ours.
    return FileResponse(place, headers=HEADERS, media_type="application/octet-stream", filename=file.name)


@router.post("/cases/{case_id:int}/acts")
def act_from_page(case_id: CaseId, visit: Here) -> Response:
    """Enter an act from its form; a refusal comes back with the page, and what was typed is not lost.

    What cannot be taken back, or hurts somebody, is asked about once more on a page of its own.
    """
    person, form = visit.person, visit.form
    if visit.sent.files:
        visit.here.case_queries.case(person, case_id)  # nobody keeps files with a case that he or she does not see
    errors: dict[str, str] = {}
    try:
        wanted = form.get("act", "")
        if wanted not in PERSONS_ACTS:
            raise NotPermitted(EXPIRED)
        act = Act(wanted)
        if form.get("back"):
            return _case(visit, case_id)
        if act in acts_of(person.role):
            # Nobody fills the store with files of acts that are never his or hers.
            visit = with_evidence(visit)
        command = Command(
            act=act,
            actor=actor_of(person),
            on=parse_date(form.get("on", "")),
            data=data_from(visit.form, act),
            case_id=case_id,
            seen=whole_number(form.get("seen", "")),
        )
        if act in acts_of(person.role):
            errors = wrong_fields(visit.form, act, visit.lang)
        if errors:
            raise BadData(_TO_CHANGE.fill(what=" ".join(errors.values())))
        if act in FINAL_ACTS and act in acts_of(person.role) and not form.get("sure"):
            return _asked_again(visit, visit.here.case_queries.case(person, case_id), command)
        visit.here.desk.do(command, now(), once=once_from(visit), reader=reader_of(person))
    except Problem as problem:
        wrong = problem.sentence.text(visit.lang)
        return _case(visit, case_id, wrong=wrong, errors=errors, status=status_of(problem))
    return RedirectResponse(f"/cases/{case_id}?done={act.value}", 303)


def _asked_again(visit: Visit, case: Case, command: Command) -> HTMLResponse:
    """Ask once more, with all that was typed; nothing is written yet.

    Raises:
        Refused: the act cannot be done, which is better said now than after the question.
    """
    visit.here.desk.try_out(command, now())
    lang = visit.lang
    data = {key: value for key, value in command.data.items() if key != "evidence"}
    shown = facts_of(command.act, data, lang, visit.here.today(now()))
    kept = {key: value for key, value in visit.form.items() if key.startswith("d.") or key in ("on", "seen", "key")}
    return visit.page(
        "confirm.html",
        case=case,
        short=short_number(case.number, lang),
        act=command.act,
        on=command.on,
        help=help_of(command.act).text(lang),
        facts=shown,
        kept=kept,
        files=len(command.data.get("evidence", ())),
    )
