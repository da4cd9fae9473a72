"""The yearly ranking: where each point comes from, and what the reader may decide."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from notifications.wording import NOTICES
from states.errors import BadData, NotFound, Problem, Sentence
from states.ranking import (
    MEASURES,
    RANKING_ACTS,
    RANKING_STATES,
    RANKING_TABLE,
    Measure,
    RankingAct,
    RankingState,
    ScoredPart,
)
from states.terms import parse_date
from states.vocabulary import Act, Role
from store.ids import LARGEST_ID
from store.visibility import is_everything
from web.dependencies import actor_of, clean_query, reader_of, status_of
from web.forms import whole_number
from web.page import OFFICE_SIDE, UNIT_SIDE, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from programme.ranking_sight import ShownRanking
    from states.ranking import RankedUnit, RankingFormula

OBJECT: Final = "object"
ANSWER: Final = "answer"
_OBJECTED: Final = Sentence("异议已提出，由督查机构负责人答复。", "The objection was raised; the director answers it.")
_DONE: Final[Mapping[str, Sentence]] = {
    OBJECT: _OBJECTED,
    ANSWER: Sentence("异议已答复，已通知提出的单位。", "The objection was answered, and its unit is told."),
    RankingAct.COMPUTE: Sentence("已按公式重新计算。", "The ranking was computed."),
    RankingAct.ANNOUNCE: Sentence(
        "已发单位核对，异议期开始。", "The ranking was sent to the units, which may object now."
    ),
    RankingAct.APPROVE: Sentence("排序已批准。", "The ranking was approved."),
    RankingAct.WITHDRAW: Sentence("排序已退回。", "The ranking was returned."),
}
_NO_ACT: Final = Sentence("请选择要办理的事项。", "Choose what to do.")
_NO_YEAR: Final = Sentence("年度{year}没有您可以查看的排序。", "There is no ranking of {year} that you may see.")
_BOUND: Final = Sentence("到限为止", "no further than the bound")
_FULL: Final = Sentence("起评分", "begins with")

SHOWN: Final = 100
"""Units on one page of the ranking."""
TOLD: Final = 100
"""So many notices are named; the page of each unit has its own."""

Year = Annotated[int, Path(ge=2000, le=2100)]
router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to((*OFFICE_SIDE, *UNIT_SIDE))])


@router.get("/ranking")
def ranking_page(visit: Here) -> Response:
    """Show the ranking of the year that the address names, or of this year."""
    done = visit.asked("done")
    said = _DONE[done].text(visit.lang) if done in _DONE else ""
    return _ranking(visit, visit.number("year") or visit.here.today(now()).year, said=said)


@router.post("/ranking")
def act_on_ranking(visit: Here) -> Response:
    """Compute, send, approve or return the ranking of a year, or object to it, or answer an objection."""
    form, room, actor, moment = visit.form, visit.here.rankings, actor_of(visit.person), now()
    year = whole_number(form.get("year", "")) or 0
    reader, seen = reader_of(visit.person), whole_number(form.get("seen", ""))
    try:
        on, act = _day(visit), form.get("act", "")
        if act == RankingAct.COMPUTE:
            room.compute(year, on, actor, moment, reader=reader)
        elif act == RankingAct.ANNOUNCE:
            room.announce(year, on, actor, moment, reader=reader, seen=seen)
        elif act == RankingAct.APPROVE:
            room.approve(year, on, actor, moment, reader=reader, seen=seen)
        elif act == RankingAct.WITHDRAW:
            room.withdraw(year, form.get("reason", ""), on, actor, moment, reader=reader, seen=seen)
        elif act == OBJECT:
            room.object_to(year, visit.person.unit, form.get("text", ""), on, actor, moment, once=True)
        elif act == ANSWER and (which := whole_number(form.get("id", ""))) is not None:
            accepted = form.get("accepted") == "yes"
            room.answer(year, which, form.get("text", ""), on, actor, moment, accepted=accepted, reader=reader)
        else:
            raise BadData(_NO_ACT)
    except Problem as problem:
        return _ranking(visit, year, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/ranking?year={year}&done={act}", 303)


def _ranking(visit: Visit, year: int, **more: Any) -> HTMLResponse:  # noqa: ANN401  # as `page`
    lang, role = visit.lang, visit.person.role
    found, page = _found(visit, year), max(1, visit.number("page", most=10_000))
    state = found.ranking.state if found else None
    sees_all = is_everything(reader_of(visit.person))
    open_rows = [row for row in RANKING_TABLE if row.source is not None and row.source is state and sees_all]
    may = {row.act for row in open_rows if role in row.roles}
    shown: dict[str, Any] = {
        "year": year,
        "years": visit.here.rankings.years() if role in OFFICE_SIDE else [],
        "found": found,
        "state": Sentence(*RANKING_STATES[state]).text(lang) if state else "",
        "groups": _groups(found, lang, page) if found else [],
        "page": page,
        "further": found is not None and len(found.rows) > page * SHOWN,
        "columns": [part.title.text(lang) for part in found.formula.parts] if found else [],
        "says": _says(found.formula, lang) if found else [],
        "acts": [(act.value, Sentence(*RANKING_ACTS[act]).text(lang)) for act in RankingAct if act in may],
        "may_compute": sees_all and any(row.source is None and role in row.roles for row in RANKING_TABLE),
        "may_object": found is not None and may_object(visit, found),
        "own": found.own if found else "",
        "told": told_shown(visit, found)[:TOLD] if found else [],
        "count_of_told": len(found.told) if found else 0,
        "may_answer": role is Role.DIRECTOR,
        "may_call": role is Role.LEADER and state is RankingState.APPROVED,
        "given": visit.form,
        "day": visit.here.today(now()),
    }
    return visit.page("ranking.html", **shown, **more)


def _found(visit: Visit, year: int) -> ShownRanking | None:
    try:
        return visit.here.rankings.show(year, reader_of(visit.person))
    except NotFound:
        return None


def _groups(found: ShownRanking, lang: str, page: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the units of one page by their groups; each has the number of its own page."""
    first, groups, before = (page - 1) * SHOWN, [], 0
    for group in found.formula.groups:
        rows = [row for row in found.rows if row.group == group.key]
        some = range(max(0, first - before), min(len(rows), first + SHOWN - before))
        if some:
            shared = Counter(row.place for row in rows)
            cut = next((n for n, row in enumerate(rows) if row.is_last), None)
            shown = [_row(rows[n], found.formula) for n in some]
            for n, one in zip(some, shown, strict=True):
                one |= {"n": before + n + 1, "cut": n == cut, "tied": shared[rows[n].place] > 1}
            groups.append((group.title.text(lang), shown))
        before += len(rows)
    return groups


def _row(row: RankedUnit, formula: RankingFormula) -> dict[str, Any]:
    sums = {part.key: Decimal(0) for part in formula.parts}
    for part in row.parts:
        sums[part.rule.split(".", 1)[0]] += part.points
    return {"row": row, "sums": list(sums.values()) if row.parts else [None] * len(sums)}


def _says(formula: RankingFormula, lang: str) -> list[tuple[str, list[tuple[str, Decimal]], Any]]:
    return [
        (
            part.title.text(lang),
            [(Sentence(*MEASURES[rule.measure]).text(lang), rule.points) for rule in part.rules],
            part,
        )
        for part in formula.parts
    ]


@router.get("/ranking/{year:int}/own")
def own_page(year: Year, visit: Here) -> Response:
    """Show the reader's unit its own place and where its points come from, and let it object while it may."""
    done = visit.asked("done")
    return _own(visit, year, said=_OBJECTED.text(visit.lang) if done == OBJECT else "")


@router.post("/ranking/{year:int}/own")
def object_from_own_page(year: Year, visit: Here) -> Response:
    """Object to the unit's own score."""
    _own(visit, year)  # who has no score has nothing to object to
    try:
        text, actor = visit.form.get("text", ""), actor_of(visit.person)
        visit.here.rankings.object_to(year, visit.person.unit, text, _day(visit), actor, now(), once=True)
    except Problem as problem:
        return _own(visit, year, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/ranking/{year}/own?done={OBJECT}", 303)


def _own(visit: Visit, year: int, *, said: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    found = _found(visit, year)
    places = [place for place, row in enumerate(found.rows, start=1) if row.unit == found.own] if found else []
    if found is None or not places:
        raise NotFound(_NO_YEAR.fill(year=year))
    return _score(visit, found, year, places[0], said=said, wrong=wrong, status=status)


@router.get("/ranking/{year:int}/{place:int}")
def score_page(year: Year, place: Annotated[int, Path(ge=1, le=LARGEST_ID)], visit: Here) -> Response:
    """Show where the points of one unit come from; `place` counts the units that the reader sees, from 1."""
    found = _found(visit, year)
    rows = list(found.rows) if found else []
    if found is None or place > len(rows) or not rows[place - 1].parts:
        raise NotFound(_NO_YEAR.fill(year=year))
    return _score(visit, found, year, place)


def _score(  # whose score, in which ranking, and what went wrong
    visit: Visit, found: ShownRanking, year: int, place: int, *, said: str = "", wrong: str = "", status: int = 200
) -> HTMLResponse:
    row, lang = found.rows[place - 1], visit.lang
    may_call = row.is_last and found.ranking.state is RankingState.APPROVED and visit.person.role is Role.LEADER
    titles = {part.key: part.title.text(lang) for part in found.formula.parts}
    shown = {
        "year": year,
        "row": row,
        "state": Sentence(*RANKING_STATES[found.ranking.state]).text(lang),
        "parts": [_part(part, titles, lang) for part in row.parts],
        "place": place,
        "may_call": may_call,
        "posts": visit.here.rankings.heads(row.unit) if may_call else [],
        "given": visit.form,
        "own": row.unit == found.own,
        "until": found.ranking.objections_until,
        "objections": [one for one in found.objections if one.unit == row.unit],
        "told": told_shown(visit, found, row.unit),
        "may_object": row.unit == found.own and may_object(visit, found),
    }
    return visit.page("ranking_unit.html", said=said, wrong=wrong, status=status, **shown)


def may_object(visit: Visit, found: ShownRanking) -> bool:
    """Say whether the reader's unit may object today."""
    until, today = found.ranking.objections_until, visit.here.today(now())
    is_open = found.ranking.state is RankingState.ANNOUNCED and until is not None and today <= until
    return is_open and visit.person.role in UNIT_SIDE


def told_shown(visit: Visit, found: ShownRanking, unit: str = "") -> list[tuple[str, str, date, date | None]]:
    """Return who was told what of the ranking: the words, the post, when it was owed and when it was sent."""
    zone, place = visit.here.settings.tz, 1 if visit.lang.startswith("en") else 0
    return [
        (
            NOTICES[notice][place],
            f"{of}{post.removeprefix(of)}",
            owed.astimezone(zone).date(),
            sent.astimezone(zone).date() if sent else None,
        )
        for notice, of, post, owed, sent in found.told
        if unit in ("", of)
    ]


@router.post("/ranking/{year:int}/{place:int}")
def call_the_last(year: Year, place: Annotated[int, Path(ge=1, le=LARGEST_ID)], visit: Here) -> Response:
    """Start the interview of this unit, as one of the last of the approved ranking."""
    found = _found(visit, year)
    if found is None or place > len(found.rows) or not found.rows[place - 1].parts:
        raise NotFound(_NO_YEAR.fill(year=year))
    # The unit as it stood on the form: if the ranking was computed anew meanwhile, another may have this place.
    data = {key: visit.form.get(key, "") for key in ("unit", "post", "ranking")}
    try:
        done = visit.here.rankings.interview(
            data, _day(visit), actor_of(visit.person), now(), reader=reader_of(visit.person)
        )
    except Problem as problem:
        return _score(visit, found, year, place, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/cases/{done.case.id}?done={Act.START_RANKING_INTERVIEW.value}", 303)


def _part(part: ScoredPart, titles: dict[str, str], lang: str) -> dict[str, Any]:
    key, _, measure = part.rule.partition(".")
    if measure in list(Measure):
        words = Sentence(*MEASURES[Measure(measure)]).text(lang)
    else:
        words = (_BOUND if measure else _FULL).text(lang)
    link = "/commendations" if measure == Measure.COMMENDED else f"/cases?{urlencode({'q': part.about})}"
    return {
        "title": titles[key],
        "what": words,
        "about": part.about,
        "link": link if part.events or measure == Measure.COMMENDED else "",
        "points": part.points,
        "head": not measure,
    }


def _day(visit: Visit) -> date:
    return parse_date(visit.form["on"]) if visit.form.get("on") else visit.here.today(now())
