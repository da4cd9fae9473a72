"""The page that everybody starts from: what there is to do."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from cases.case_listing import desk_overview
from cases.waiting import waiting_for
from operations.watchdog import MOST_NAMED
from states.case import sealed_for
from states.errors import Sentence
from states.vocabulary import OUTCOMES, SPINE, Phase, Role
from store import case_counts, case_filters
from web.approvals import asks_shown, title_for
from web.case_rows import rows_shown
from web.dependencies import actor_of, clean_query, reader_of
from web.desk_obligations import obligations_due
from web.document_words import waiting_rows
from web.forecast import READERS, on_desk
from web.next_step import likely_act, question_of
from web.next_steps import next_steps
from web.page import ADMINISTRATORS, APPROVERS, AUDITORS, OPENERS, UNIT_SIDE, Here, Visit
from web.words import moment
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cases.waiting import AllWaiting
    from store.cases import Stored

SOON: Final = 3
"""Working days."""
WEEK: Final = 7
IN_A_DAY: Final = 4
"""Cases that one day of the week strip names; the calendar has the others."""
SHOWN: Final = 10
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
"""In which phases the next step is this role's (docs/domain.md §4.2, column “who”); a leader's are the approvals."""
_HEALTH: Final = Sentence(
    "{n}个在办期限都已排定下一步，漏触发{missed}个；最近一次检查：{at}。",
    "All {n} open deadlines have a next step; last sweep {at}; {missed} missed.",
)
_NEVER: Final = Sentence("还没有", "not yet")
_LEFT_BEHIND: Final = Sentence("{n}条通知滞留未发。", " {n} messages should have left.")
_AIMLESS: Final = Sentence(
    "{n}个在办期限；有{aimless}件在办案件没有下一步，漏触发{missed}个；最近一次检查：{at}。请告知系统管理员。",
    "{n} open deadlines; {aimless} open cases have no next step; last sweep {at}; {missed} missed. Tell the system "
    "administrator.",
)
_TO_DO: Final = (
    Sentence("现在要办", "To do now"),
    Sentence("下一步由您办理的案件，先到期的在前", "The next step is yours; the nearest due day first"),
)
_WAITING: Final = Sentence(
    "升级建议、延期、补录、待放行和待会签", "Proposals, extensions, late entries, held cases, signatures"
)
ASKS: Final = 5
"""So many of those that wait are named on the desk; their own page has the others."""
_LATE: Final = (Sentence("已逾期", "Overdue"), Sentence("期限已过", "Past due"))
_SOON: Final = (
    Sentence("三个工作日内到期", "Due within three working days"),
    Sentence("今天起三个工作日内", "From today on"),
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/")
def desk_page(visit: Here) -> Response:
    """Show what there is to do; the people of a unit, and administrators, have pages of their own for it."""
    if visit.person.role in UNIT_SIDE:
        return RedirectResponse("/mine", 303)
    if visit.person.role in ADMINISTRATORS:
        return RedirectResponse("/admin", 303)
    today = visit.here.today(now())
    after_soon = visit.here.rulebook.calendar.forward(today, SOON) + timedelta(days=1)
    reader = reader_of(visit.person)
    phases = TO_DO.get(visit.person.role, ())
    wanted: list[tuple[str, tuple[Sentence, Sentence], case_filters.Filter, list[tuple[str, Any]]]] = [
        ("late", _LATE, case_filters.Filter(due_before=today), [("due_before", today)]),
        (
            "soon",
            _SOON,
            case_filters.Filter(due_from=today, due_before=after_soon),
            [("due_from", today), ("due_before", after_soon)],
        ),
    ]
    if phases:
        wanted.insert(0, ("todo", _TO_DO, case_filters.Filter(phases=phases), [("phase", phase) for phase in phases]))
    found = desk_overview(
        visit.here.database,
        reader,
        [part[2] for part in wanted],
        (today, today + timedelta(days=WEEK - 1)),
        shown=SHOWN,
        in_a_day=IN_A_DAY,
    )
    parts = [
        _part(visit, id_, words, n, rows_shown(visit, rows, found.latest), query)
        for (id_, words, _filter, query), n, rows in zip(wanted, found.counts, found.parts, strict=True)
    ]
    waiting = waiting_for(visit.here.database, reader, actor_of(visit.person), most=SHOWN, in_all=ASKS)
    if waiting.total or visit.person.role in APPROVERS:
        parts.insert(0, _waiting(visit, waiting))
    papers = visit.here.document_shelf.waiting(reader, actor_of(visit.person), most=ASKS)
    said, well = _health(visit)
    open_ = case_counts.total(found.by_state[state] for state in SPINE)
    shown: dict[str, Any] = {
        "counts": [(state, n) for state, n in found.by_state.items() if n or state in SPINE],
        "parts": {part["id"]: part for part in parts},
        "papers": waiting_rows(visit, papers.items),
        "count_of_papers": papers.total,
        "open": open_,
        "ended": case_counts.total(found.by_state[state] for state in OUTCOMES),
        "week": _week(visit, today, found.week, found.due_in_week),
        "forecast": on_desk(visit) if visit.person.role in READERS else {"n": 0},
        "health": said,
        "well": well,
        "next_steps": next_steps(visit),
        "obligations": obligations_due(visit) if visit.person.role in OPENERS else [],
    }
    return visit.page("desk.html", **shown)


def _week(visit: Visit, today: date, found: Iterable[Stored], counts: Mapping[date, int]) -> list[dict[str, Any]]:
    """Return the seven days from today on, each with the cases whose next deadline ends on it."""
    due: dict[date | None, list[Any]] = {}
    for item in found:
        due.setdefault(item.case.next_due_on, []).append(sealed_for(item.case, None))
    days = (today + timedelta(days=place) for place in range(WEEK))
    return [
        {
            "on": on,
            "off": not visit.here.rulebook.calendar.works(on),
            "cases": due.get(on, []),
            "more": max(0, counts.get(on, 0) - len(due.get(on, []))),
        }
        for on in days
    ]


def _part(
    visit: Visit, id_: str, words: tuple[Sentence, Sentence], n: int, rows: list[dict[str, Any]], query: list[Any]
) -> dict[str, Any]:
    title, what = words
    role = visit.person.role
    for row in rows:
        act = None if row["case"].unsigned else likely_act(row["case"].phase, row["case"].state, role)
        row["todo"], row["button"] = question_of(act, visit.lang) if act else ("", "")
        row["unsigned"] = row["case"].unsigned is not None
    return {
        "id": id_,
        "title": title.text(visit.lang),
        "what": what.text(visit.lang),
        "count": n,
        "rows": rows,
        "link": "/cases?" + urlencode(query),
    }


def _waiting(visit: Visit, waiting: AllWaiting) -> dict[str, Any]:
    """Return what waits for this person's decision or signature, the first of each kind first."""
    title, what = title_for(visit.person.role).text(visit.lang), _WAITING.text(visit.lang)
    rows = asks_shown(visit, waiting.items)
    return {"id": "waiting", "title": title, "what": what, "count": waiting.total, "rows": rows, "link": "/approvals"}


def _health(visit: Visit) -> tuple[str, bool]:
    """Return how the deadlines are kept, as the office reads it, and whether all is well."""
    if visit.person.role not in (*OPENERS, *AUDITORS):
        return "", True
    kept = visit.here.overview.promises(now())
    shown = {
        "n": kept.running,
        "aimless": case_counts.AtLeast(MOST_NAMED) if len(kept.aimless) == MOST_NAMED else len(kept.aimless),
        "at": moment(kept.swept_at, visit.here.today(now()), visit.here.settings.tz, visit.lang)
        if kept.swept_at
        else _NEVER.text(visit.lang),
        "missed": kept.missed,
    }
    said = (_AIMLESS if kept.aimless else _HEALTH).fill(**shown).text(visit.lang)
    if kept.left_behind:
        said += _LEFT_BEHIND.fill(n=kept.left_behind).text(visit.lang)
    return said, kept.kept
