"""The page of pictures: open cases over time, punctuality, ages, coming deadlines; each with its table of numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cases.case_figures import case_figures
from states.terms import date_text
from states.vocabulary import SPINE, name
from web.dependencies import clean_query, reader_of
from web.drawing import Bar, Cell, columns, strip
from web.page import Here, Visit
from wiring import now

if TYPE_CHECKING:
    from states.vocabulary import State

MONTHS: Final = 12
AHEAD: Final = 60
AGES: Final = (15, 30, 60, 180, 365)
_HEATS: Final = 4

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/statistics")
def statistics_page(visit: Here) -> Response:
    """Show the pictures over the cases that the person may see."""
    reader, today = reader_of(visit.person), visit.here.today(now())
    ends = month_ends(today)
    found = case_figures(visit.here.database, reader, today, ends[0], AGES, ahead=AHEAD)
    over_time = standing(found.present, found.moves, ends)
    shown: dict[str, Any] = {
        "spine": SPINE,
        "over_time": over_time,
        "over_time_picture": _over_time(visit, over_time),
        "punctual": found.punctual,
        "ages": list(zip(_age_names(visit), found.ages, strict=True)),
        "coming": [
            (today + timedelta(days=place), found.coming.get(today + timedelta(days=place), 0))
            for place in range(AHEAD)
        ],
        "coming_picture": _coming(visit, today, found.coming),
        "calendar": visit.here.rulebook.calendar,
        "overdue": found.overdue,
    }
    return visit.page("statistics.html", **shown)


def month_ends(today: date) -> list[date]:
    """Return the last days of the months before, in their order, and today."""
    found = [today]
    while len(found) < MONTHS:
        found.append(found[-1].replace(day=1) - timedelta(days=1))
    return found[::-1]


def standing(
    present: dict[State, int], moves: list[tuple[date, str, int]], ends: list[date]
) -> list[tuple[date, dict[State, int]]]:
    """Return how many cases were in each state of the spine at the end of each day, reckoned back from the present.

    `ends` are last days of months, and today; `moves` say by month what came in and left.
    """
    counts = {state.value: present.get(state, 0) for state in SPINE}
    waiting = sorted(moves, key=lambda move: move[0], reverse=True)
    found: list[tuple[date, dict[State, int]]] = []
    place = 0
    for end in reversed(ends):
        while place < len(waiting) and waiting[place][0] > end:
            _, state, count = waiting[place]
            if state in counts:
                counts[state] -= count
            place += 1
        found.append((end, {state: counts[state.value] for state in SPINE}))
    return found[::-1]


def _over_time(visit: Visit, lines: list[tuple[date, dict[State, int]]]) -> str:
    en = visit.lang == "en"
    title = "Open cases by state, at the end of each month" if en else "各月末在办案件（按状态）"
    words = "、".join(name(state).text(visit.lang) for state in SPINE)
    described = f"From below: {words}. The sum stands above." if en else f"自下而上：{words}；柱顶为合计。"
    drawn = [
        Bar(f"{on:%y-%m}", tuple((f"s{place}", by[state]) for place, state in enumerate(SPINE))) for on, by in lines
    ]
    legend = [(f"s{place}", name(state).text(visit.lang)) for place, state in enumerate(SPINE)]
    return columns("over-time", title, described, drawn, legend)


def _age_names(visit: Visit) -> list[str]:
    en, found, before = visit.lang == "en", [], 0
    for days in AGES:
        found.append(f"{before}–{days - 1} days" if en else f"{before}–{days - 1}天")
        before = days
    return [*found, f"{before} days and more" if en else f"{before}天以上"]


def _coming(visit: Visit, today: date, counts: dict[date, int]) -> str:
    en, calendar, most = visit.lang == "en", visit.here.rulebook.calendar, max(counts.values(), default=1)
    cells = []
    for place in range(AHEAD):
        on = today + timedelta(days=place)
        count = counts.get(on, 0)
        rest = "" if calendar.works(on) else ("–" if en else "休")
        heat = -(-count * _HEATS // most)
        kind = f"h{heat}" if count or calendar.works(on) else calendar.kind(on).value
        cells.append(Cell(str(count) if count else rest, kind, f"{date_text(on, visit.lang)} {count}"))
    title = f"Deadlines of the next {AHEAD} days" if en else f"未来{AHEAD}天到期"
    described = (
        "One cell a day, from today; the number is how many cases are due."
        if en
        else "每格一天，自今天起；数字为当日到期件数，“休”为休息日。"
    )
    return strip("coming", title, described, cells)
