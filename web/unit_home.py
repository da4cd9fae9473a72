"""The page of a unit's head and liaison, for the phone: what is owed, by when, and the acts that answer it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.case_listing import unit_overview
from states.command import Command
from states.errors import BadData, NotPermitted, Problem, Sentence
from states.terms import parse_date
from states.vocabulary import Act, Phase, name
from web.api import CaseId
from web.case_rows import rows_shown
from web.day_grid import meter
from web.dependencies import actor_of, clean_query, reader_of, status_of
from web.desk_obligations import obligations_due
from web.forms import data_from, once_from, whole_number, with_evidence
from web.page import EXPIRED, UNIT_SIDE, Here, Visit, open_to
from web.rule_words import in_words
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Container

    from states.case import Case
    from store.acknowledgements import ToSign

PAGE: Final = 20
LAST_PAGE: Final = 10_000
ACTS: Final = (Act.ACKNOWLEDGE, Act.SUBMIT_PLAN, Act.SUBMIT_REPORT, Act.REQUEST_EXTENSION)
_DONE: Final = Sentence("已办理：{act}（{number}）。", "Done: {act} ({number}).")
SIGNED_FOR: Final = {
    Act.SERVE_ORDER: Sentence("责令整改通知", "the order to rectify"),
    Act.PUBLISH_CRITICISM: Sentence("通报批评", "the circular of criticism"),
    Act.SERVE_INTERVIEW_NOTICE: Sentence("约谈通知", "the notice of the interview"),
    Act.ISSUE_MINUTES: Sentence("约谈纪要", "the minutes of the interview"),
    Act.REMINDER_DUE: Sentence("到期提醒", "the reminder of the due day"),
    Act.RETURN_PLAN: Sentence("退回整改方案的意见", "why the plan was returned"),
    Act.VERIFY_FAIL: Sentence("核查不通过的意见", "why the verification failed"),
}
"""What is signed for after an act: the paper, not the act; of other acts it is their notice."""
_NOTICE: Final = Sentence("“{act}”通知", "the notice: {act}")
_NO_FILE_NAME: Final = Sentence("上传的文件没有名称，请重新选择。", "The uploaded file has no name; choose it again.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(UNIT_SIDE)])


@router.get("/mine")
def mine_page(visit: Here) -> Response:
    """Show what the unit owes, the most urgent first."""
    return _mine(visit)


def _mine(visit: Visit, *, tried: int = 0, wrong: str = "", status: int = 200) -> HTMLResponse:
    here, reader, today = visit.here, reader_of(visit.person), visit.here.today(now())
    page = _page(visit)
    asker = Command(act=Act.ACKNOWLEDGE, actor=actor_of(visit.person), on=today, data={})
    found = unit_overview(here.desk, reader, asker, ACTS, skip=(page - 1) * PAGE, limit=PAGE, also=tried)
    shown = rows_shown(visit, found.rows, party="unit")
    rows = [
        _row(visit, row, found.to_sign.get(row["case"].id), may)
        | {
            "may": may,
            "may_not": may_not,
            "reasons": {act: in_words(why.text(visit.lang), visit.lang) for act, why in may_not.items()},
        }
        for row, (may, may_not) in zip(shown, found.allowed, strict=True)
    ]
    # What is only waited for stands behind what there is to do; both keep the order of their due days.
    rows.sort(key=lambda row: not (row["sign"] or row["main"]))
    done, number = visit.asked("done"), visit.asked("number")
    said = _DONE.fill(act=name(Act(done)), number=number).text(visit.lang) if done in ACTS else ""
    answer: dict[str, Any] = {"rows": rows, "tried": tried, "given": visit.form, "acts": Act}
    answer |= {"total": found.total, "page": page, "further": found.further}
    answer["unsigned"] = sum(row["sign"] is not None for row in rows)
    answer["rankings"] = here.rankings.open_to(reader, today) if page == 1 else []
    answer["obligations"] = obligations_due(visit, own=True) if page == 1 else []
    return visit.page("mine.html", status=status, said="" if wrong else said, wrong=wrong, **answer)


def _page(visit: Visit) -> int:
    """Return which page of the cases is looked at, from 1: as its form says, else its address."""
    return min(max(1, whole_number(visit.form.get("page", "")) or visit.number("page")), LAST_PAGE)


def signed_for(act: Act, lang: str) -> str:
    """Return what a signature is for, in the words of whoever signs: 责令整改通知."""
    paper = SIGNED_FOR.get(act)
    return paper.text(lang) if paper is not None else _NOTICE.fill(act=name(act)).text(lang)


def _row(visit: Visit, shown: dict[str, Any], told: ToSign | None, may: Container[Act]) -> dict[str, Any]:
    """Return a case as the phone shows it: what is to be signed for, and the one act that answers it."""
    case: Case = shown["case"]
    calendar, today = visit.here.rulebook.calendar, visit.here.today(now())
    lines = sorted((line for line in case.deadlines if line.party == "unit"), key=lambda line: line.due_on)
    others = [meter(line, case, today, calendar, visit.lang) for line in lines[1:]]
    owed = Act.SUBMIT_PLAN if case.phase is Phase.PLANNING and case.plan in ("", "returned") else Act.SUBMIT_REPORT
    return shown | {
        "others": others,
        "main": owed if owed in may else None,
        "sign": told if told is not None and _is_to_sign(told, case) else None,
        "paper": signed_for(told.act, visit.lang) if told is not None else "",
    }


def _is_to_sign(told: ToSign, case: Case) -> bool:
    """Say whether the unit is asked for its signature: not when the case is over, nor when it has answered since."""
    answered = case.report_is_in and case.report_on is not None
    old = not case.is_open or (answered and case.report_on is not None and told.on <= case.report_on)
    return told.case_seq not in case.acknowledged and not old


@router.post("/mine/{case_id:int}")
def act_from_phone(case_id: CaseId, visit: Here) -> Response:
    """Sign receipt, report, or ask for an extension; a refusal comes back with what was typed."""
    person, here = visit.person, visit.here
    case = here.case_queries.case(person, case_id)
    wanted = visit.form.get("act", "")
    try:
        if wanted not in ACTS:
            raise NotPermitted(EXPIRED)
        act = Act(wanted)
        on = parse_date(visit.form["on"]) if visit.form.get("on") else here.today(now())
        _named(visit)
        whole = with_evidence(visit, "evidence")
        seen = whole_number(visit.form.get("seen", ""))
        command = Command(
            act=act,
            actor=actor_of(person),
            on=on,
            data=data_from(whole.form, act),
            case_id=case_id,
            seen=seen,
        )
        here.desk.do(command, now(), once=once_from(whole))
    except Problem as problem:
        wrong = f"{case.number}：{problem.sentence.text(visit.lang)}"
        return _mine(visit, tried=case_id, wrong=wrong, status=status_of(problem))
    address = urlencode({"done": act.value, "number": case.number, "page": _page(visit)})
    return RedirectResponse(f"/mine?{address}", 303)


def _named(visit: Visit) -> None:
    """Refuse files without a name.

    Raises:
        BadData: there is one.
    """
    for given, _content in visit.sent.files.get("evidence", ()):
        if PurePath(given.replace("\\", "/")).name in ("", ".", ".."):
            raise BadData(_NO_FILE_NAME)
