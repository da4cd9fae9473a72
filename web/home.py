"""The page that everybody starts from: what there is to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from operations.watchdog import MOST_NAMED
from states.errors import Sentence
from states.vocabulary import SPINE, Phase, Role
from store import case_lists, health
from web.dependencies import clean_query, reader_of
from web.page import AUDITORS, OPENERS, Here, Visit
from web.views import rows_shown
from wiring import now

SOON: Final = 3
"""Working days."""
SHOWN: Final = 20
"""Rows of each part; the list has the others."""
TO_DO: Final = {
    Role.INSPECTOR: (Phase.VERIFYING,),
    Role.HANDLER: (Phase.DECIDING, Phase.VERIFYING, Phase.MINUTES),
    Role.DIRECTOR: (Phase.DECIDING, Phase.VERIFIED, Phase.MINUTES),
    Role.LIAISON: (Phase.PLANNING, Phase.RECTIFYING),
    Role.HEAD: (Phase.PLANNING, Phase.RECTIFYING),
    Role.DISCIPLINE: (Phase.PROPOSED,),
    Role.ARCHIVIST: (Phase.PROPOSED,),
}
"""In which phases the next step is this role's (DOMAIN §4.2, column “who”); a leader's are the approvals."""
APPROVERS: Final = (Role.DIRECTOR, Role.LEADER)
"""Whose desk says so too when nothing waits for them."""
_HEALTH: Final = Sentence(
    "全部{n}个在办期限都有下一步；最近一次扫描 {at}；漏触发 {missed}。",
    "All {n} open deadlines have a next step; last sweep {at}; {missed} missed.",
)
_LEFT_BEHIND: Final = Sentence("{n}条通知滞留未发。", " {n} messages should have left.")
_AIMLESS: Final = Sentence(
    "{n}个在办期限；有{aimless}件在办案件没有下一步；最近一次扫描 {at}；漏触发 {missed}。请告知系统管理员。",
    "{n} open deadlines; {aimless} open cases have no next step; last sweep {at}; {missed} missed. Tell the system "
    "administrator.",
)
_TO_DO: Final = (
    Sentence("现在要办", "To do now"),
    Sentence("下一步由您办理的案件，先到期的在前", "The next step is yours; the nearest due day first"),
)
_WAITING: Final = (
    Sentence("待我批准", "Waiting for my approval"),
    Sentence("系统提出、等待决定的升级建议", "Proposals that wait for a decision"),
)
_LATE: Final = (Sentence("已逾期", "Overdue"), Sentence("期限已过", "Past due"))
_SOON: Final = (
    Sentence("三个工作日内到期", "Due within three working days"),
    Sentence("今天起三个工作日内", "From today on"),
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/")
def desk_page(visit: Here) -> Response:
    """Show what there is to do."""
    today = visit.here.today(now())
    after_soon = visit.here.archive.calendar.forward(today, SOON) + timedelta(days=1)
    reader = reader_of(visit.person)
    phases = TO_DO.get(visit.person.role, ())
    wanted: list[tuple[str, tuple[Sentence, Sentence], case_lists.Filter, list[tuple[str, Any]]]] = [
        ("late", _LATE, case_lists.Filter(due_before=today), [("due_before", today)]),
        (
            "soon",
            _SOON,
            case_lists.Filter(due_from=today, due_before=after_soon),
            [("due_from", today), ("due_before", after_soon)],
        ),
    ]
    wanted.insert(0, ("waiting", _WAITING, case_lists.Filter(approver=visit.person.role), [("waiting", "mine")]))
    if phases:
        wanted.insert(0, ("todo", _TO_DO, case_lists.Filter(phases=phases), [("phase", phase) for phase in phases]))
    with visit.here.database.reading() as session:
        numbers = [case_lists.counted(session, reader, part[2]) for part in wanted]
        found = case_lists.lists_by_due(session, reader, [part[2] for part in wanted], SHOWN)
        counts = [(state, n) for state, n in case_lists.by_state(session, reader).items() if n or state in SPINE]
    parts = [
        _part(visit, id_, words, n, rows_shown(visit, rows), query)
        for (id_, words, _filter, query), n, rows in zip(wanted, numbers, found, strict=True)
        if n or id_ != "waiting" or visit.person.role in APPROVERS
    ]
    said, well = _health(visit)
    return visit.page("desk.html", counts=counts, parts=parts, health=said, well=well)


def _part(
    visit: Visit, id_: str, words: tuple[Sentence, Sentence], n: int, rows: list[dict[str, Any]], query: list[Any]
) -> dict[str, Any]:
    title, what = words
    return {
        "id": id_,
        "title": title.text(visit.lang),
        "what": what.text(visit.lang),
        "count": n,
        "rows": rows,
        "link": "/cases?" + urlencode(query),
    }


def _health(visit: Visit) -> tuple[str, bool]:
    """Return how the deadlines are kept, as the office reads it, and whether all is well."""
    if visit.person.role not in (*OPENERS, *AUDITORS):
        return "", True
    kept = visit.here.overview.promises(now())
    with visit.here.database.reading() as session:
        n, swept = health.open_with_deadline(session), health.last_beat(session, "sweep")
    shown = {
        "n": n,
        "aimless": case_lists.AtLeast(MOST_NAMED) if len(kept.aimless) == MOST_NAMED else len(kept.aimless),
        "at": swept.astimezone(visit.here.settings.tz).strftime("%Y-%m-%d %H:%M") if swept else "—",
        "missed": kept.missed,
    }
    said = (_AIMLESS if kept.aimless else _HEALTH).fill(**shown).text(visit.lang)
    if kept.left_behind:
        said += _LEFT_BEHIND.fill(n=kept.left_behind).text(visit.lang)
    return said, kept.kept
