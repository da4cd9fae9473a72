"""The administration's page of people: everybody with their posts, and a workbook of many, entered by another."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from accounts import administration, one_person
from accounts.operators import PEOPLE, SECURITY, SYSTEM
from accounts.people_request import PeopleDoor
from accounts.people_workbook import template
from cases.evidence import was_brought_by
from states.errors import BadData, Problem, Sentence
from states.vocabulary import name
from web.administration import operator_of
from web.dependencies import clean_query, status_of
from web.forms import kept_from, whole_number
from web.page import Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.people_report import PeopleReport

_NO_FILE: Final = Sentence("请选择一份登记表（.xlsx）。", "Choose a workbook (.xlsx).")
_GONE: Final = Sentence(
    "找不到预览过的登记表，请重新上传。", "The workbook that was looked at is not there; upload it again."
)
_NO_SUCH: Final = Sentence("没有这个操作。", "There is no such action.")
_OUTCOMES: Final = {
    "new": Sentence("写入", "to be entered"),
    "known": Sentence("已有", "known"),
    "failed": Sentence("有误", "wrong"),
}
_KINDS: Final = {"new": "good", "known": "wait", "failed": "bad"}
PEOPLE_SHOWN: Final = 20
ROWS_SHOWN: Final = 300
"""So many rows of a preview are shown, those that are wrong first; all are counted."""
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/admin/people", dependencies=[open_to(PEOPLE)])
def people_page(visit: Here) -> Response:
    """Ask for a workbook, or show what one that was asked for would bring about."""
    wanted = visit.number("request")
    if not wanted:
        return _page(visit)
    door, at = _door(visit), now()
    request = next((one for one in door.waiting() if one.id == wanted), None)
    if request is None:
        return _page(visit)
    try:
        report = door.looked_at_request(operator_of(visit), request, visit.here.today(at), at)
    except Problem as problem:
        return _page(visit, status=status_of(problem), wrong=problem.sentence.text(visit.lang))
    return _page(visit, report, request_id=request.id)


@router.get("/admin/people/template.xlsx", dependencies=[open_to(PEOPLE)])
def people_template(visit: Here) -> Response:
    """Send the empty workbook."""
    del visit
    named = {"Content-Disposition": 'attachment; filename="people.xlsx"'}
    return Response(template(), media_type=_WORKBOOK, headers=named)


@router.post("/admin/people", dependencies=[open_to(PEOPLE)])
def change_people(visit: Here) -> Response:
    """Look at a workbook, ask for it to be entered, or decide what another asked for."""
    door, who, at, form = _door(visit), operator_of(visit), now(), visit.form
    today = visit.here.today(at)
    try:
        match form.get("do", ""):
            case "look":
                files = visit.sent.files.get("file", [])
                if not files:
                    raise BadData(_NO_FILE)
                called, content = files[0]
                with TemporaryDirectory() as folder:
                    place = Path(folder) / "people"
                    place.write_bytes(content)
                    report = door.looked(who, place, called, today, at)
                return _page(visit, report, hash_=kept_from(visit, called, content))
            case "ask":
                hash_ = form.get("hash", "")
                if not was_brought_by(visit.here.database, visit.person.username, hash_):
                    raise BadData(_GONE)
                said = door.ask(who, hash_, form.get("name", ""), today, at)
            case "grant" | "refuse" as what:
                number = whole_number(form.get("request", "")) or 0
                said = door.decide(who, number, today, at, grant=what == "grant")
            case _:
                raise BadData(_NO_SUCH)
    except Problem as problem:
        return _page(visit, status=status_of(problem), wrong=problem.sentence.text(visit.lang))
    return _page(visit, said=said.text(visit.lang))


def _door(visit: Visit) -> PeopleDoor:
    here = visit.here
    return PeopleDoor(
        database=here.database, home=here.settings.home, channels=here.channels, office=here.settings.office
    )


def _people(visit: Visit, at: datetime) -> tuple[list[dict[str, Any]], int]:
    """Return the people of one page with the posts that they hold today, and how many there are that are looked for."""
    here, looked_for = visit.here, visit.asked("q").casefold()
    posts = one_person.posts_of_all(here.database, here.today(at))
    rows = [
        {"account": one, "posts": posts.get(one.account.person.username, ())}
        for one in administration.everybody(here.database, at).accounts
    ]
    found = [row for row in rows if looked_for in _says(row)]
    first = visit.number("from")
    return found[first : first + PEOPLE_SHOWN], len(found)


def _says(row: dict[str, Any]) -> str:
    """Return what somebody is looked for by: user name, name, unit, role and posts."""
    person = row["account"].account.person
    words = name(person.role)
    posts = (f"{unit}{post}" for _id, unit, post in row["posts"])
    return "\n".join((person.username, person.name, person.unit or "", words.zh, words.en, *posts)).casefold()


def _page(
    visit: Visit,
    report: PeopleReport | None = None,
    *,
    hash_: str = "",
    request_id: int = 0,
    **more: Any,  # noqa: ANN401  # as `page`
) -> Response:
    at = now()
    people, total = _people(visit, at)
    order = {"failed": 0, "new": 1, "known": 2}
    rows = sorted(report.rows, key=lambda row: order[row.outcome])[:ROWS_SHOWN] if report is not None else []
    shown: dict[str, Any] = {
        "rows": [
            {
                "place": f"{row.sheet}!{row.row}",
                "kind": _KINDS[row.outcome],
                "outcome": _OUTCOMES[row.outcome].text(visit.lang),
                "shown": row.shown,
                "reason": " ".join(reason.text(visit.lang) for reason in row.reasons),
            }
            for row in rows
        ],
        "report": report,
        "people": people,
        "total": total,
        "q": visit.asked("q"),
        "after": visit.number("from") + PEOPLE_SHOWN if visit.number("from") + PEOPLE_SHOWN < total else 0,
        "hash": hash_,
        "request_id": request_id,
        "requests": _door(visit).waiting(),
        "is_system": visit.person.role in SYSTEM,
        "is_security": visit.person.role in SECURITY,
    }
    return visit.page("admin_people.html", **shown, **more)
