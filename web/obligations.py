"""The obligations of the year: who has done what, by unit and clause, and one obligation with its receipts."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from accounts.operators import UNIT_KINDS
from config.citations import cited
from config.obligations import PROFILES
from programme import obligation_workbook
from programme.obligation_year import file_of, grid, history
from states.errors import BadData, NotFound, Problem, Sentence
from states.guards.entries import same_account
from states.obligation import CONFIRM, ENTER, GENERATE, OBLIGATION_STATES, ObligationState, ObligationStep, may
from states.terms import parse_date
from states.vocabulary import Role
from store import evidence
from store.ids import LARGEST_ID
from store.obligations import Asked
from web.dependencies import actor_of, clean_query, reader_of, status_of
from web.forms import kept_from, whole_number
from web.obligation_words import KINDS, cell_words, head_words, left_words, steps_shown, summary
from web.page import HEADERS, OFFICE_SIDE, UNIT_SIDE, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from datetime import date

    from config.obligations import YearlyRules
    from programme.obligation_year import YearGrid
    from store.obligations import Obligation

UNITS: Final = 25
"""Units on one page of the grid."""
READERS: Final = (*OFFICE_SIDE, *UNIT_SIDE)
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_GENERATED: Final = Sentence(
    "{year}年度职责已生成：新增{new}项，已有{kept}项。", "Obligations of {year}: {new} new, {kept} were there."
)
_ENTERED: Final = Sentence("已登记{n}条完成情况。", "{n} entries were made.")
_DONE: Final = Sentence("已登记：{what}。", "Entered: {what}.")
_STEPS: Final = {
    "submit": Sentence("完成或报送", "what was done"),
    "receipt": Sentence("签收回执", "a receipt"),
    "excuse": Sentence("同意不办", "excused"),
    "claim": Sentence("提请更正", "asked to correct the miss"),
    "correct": Sentence("确认更正", "the miss is taken back"),
}
_NO_FILE: Final = Sentence("请选择本页导出并填写好的工作簿。", "Choose the workbook that this page exports, filled in.")
_NO_EVIDENCE: Final = Sentence("没有这份佐证材料。", "There is no such evidence.")
_NO_YEAR: Final = Sentence("年度要写成四位数字，例如2026。", "Write the year with four digits, such as 2026.")

ObligationId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(READERS)])


@router.get("/obligations")
def obligations_page(visit: Here) -> Response:
    """Show the grid of a year."""
    year, new, kept, entered = (visit.number(name) for name in ("year", "new", "kept", "entered"))
    said = Sentence("", "")
    if "new" in visit.request.query_params:
        said = _GENERATED.fill(year=year, new=new, kept=kept)
    elif entered:
        said = _ENTERED.fill(n=entered)
    return _grid(visit, said=said.text(visit.lang))


def _asked(visit: Visit) -> Asked:
    """Return which obligations the address asks for; of this year, if it names none."""
    state, kind = visit.asked("state"), visit.asked("kind")
    return Asked(
        year=visit.number("year", most=9999) or visit.here.today(now()).year,
        unit_kind=kind if kind in UNIT_KINDS else "",
        unit_part=visit.asked("q"),
        states=frozenset({ObligationState(state)}) if state in list(ObligationState) else frozenset(),
    )


def _grid(visit: Visit, **more: Any) -> HTMLResponse:  # noqa: ANN401  # as `page`
    asked, reader, here = _asked(visit), reader_of(visit.person), visit.here
    found = grid(here.database, asked, reader, after=visit.asked("after"), limit=UNITS)
    rules, today = here.obligations.rules, here.today(now())
    topics = _topics(rules, found.found, visit.lang)
    (state,) = asked.states or ("",)
    query = {"year": asked.year, "kind": asked.unit_kind, "state": state, "q": asked.unit_part}
    kept = {key: value for key, value in query.items() if value}
    shown: dict[str, Any] = {
        "year": asked.year,
        "years": sorted({*found.years, asked.year}, reverse=True),
        "topics": [words for words, _clauses in topics],
        "rows": _rows(visit, found, topics),
        "figures": _figures(found, visit.lang),
        "summary": summary(found, visit.lang),
        "kinds": [(key, Sentence(*words).text(visit.lang)) for key, words in UNIT_KINDS.items()],
        "states": [(one, Sentence(*OBLIGATION_STATES[one]).text(visit.lang)) for one in ObligationState],
        "asked": query,
        "profile": Sentence(*PROFILES[rules.profile]).text(visit.lang),
        "export": f"/obligations/export.xlsx?{urlencode(kept)}",
        "further": f"/obligations?{urlencode(kept | {'after': found.further})}" if found.further else "",
        "may_generate": visit.person.role in GENERATE,
        "may_enter": visit.person.role in CONFIRM,
        "next_year": today.year + 1,
    }
    return visit.page("obligations.html", **shown, **more)


def _topics(rules: YearlyRules, found: tuple[Obligation, ...], lang: str) -> list[tuple[dict[str, str], set[str]]]:
    """Return the columns of which there is something, each with its name, its day or number, and its clauses."""
    columns = []
    for topic in rules.topics:
        mine = [one for one in found if one.clause in topic.clauses]
        if mine:
            columns.append((head_words(topic.title, mine, lang), set(topic.clauses)))
    return columns


def _rows(visit: Visit, found: YearGrid, topics: list[tuple[dict[str, str], set[str]]]) -> list[dict[str, Any]]:
    units: dict[int, dict[str, Obligation]] = {unit_id: {} for unit_id, _name in found.units}
    for one in found.found:
        units[one.unit_id][one.clause] = one
    today = visit.here.today(now())
    rows = []
    for unit_id, name in found.units:
        mine = units[unit_id]
        cells = [
            [cell_words(one, today, visit.lang) for clause, one in mine.items() if clause in clauses]
            for _words, clauses in topics
        ]
        by_reference = any(one.by_reference for one in mine.values())
        rows.append({"id": unit_id, "unit": name, "cells": cells, "by_reference": by_reference})
    return rows


def _figures(found: YearGrid, lang: str) -> list[dict[str, Any]]:
    return [
        {
            "state": state,
            "kind": KINDS[state],
            "words": Sentence(*OBLIGATION_STATES[state]).text(lang),
            "n": found.numbers.get(state, 0),
        }
        for state in (
            ObligationState.FULFILLED,
            ObligationState.SUBMITTED,
            ObligationState.OPEN,
            ObligationState.MISSED,
            ObligationState.EXCUSED,
        )
    ]


@router.post("/obligations", dependencies=[open_to(GENERATE)])
def generate_page(visit: Here) -> Response:
    """Generate the obligations of a year."""
    form = visit.form
    try:
        year = whole_number(form.get("year", ""))
        if year is None:
            raise BadData(_NO_YEAR)
        since = parse_date(form["due_from"]) if form.get("due_from") else None
        actor, reader = actor_of(visit.person), reader_of(visit.person)
        done = visit.here.obligations.generate(year, actor, now(), due_from=since, reader=reader)
    except Problem as problem:
        return _grid(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/obligations?{urlencode({'year': year, 'new': done.new, 'kept': done.kept})}", 303)


@router.get("/obligations/export.xlsx")
def export_page(visit: Here) -> Response:
    """Hand out the year as a workbook, as far as the person may see it."""
    asked = _asked(visit)
    found = visit.here.obligations.listed(asked, reader_of(visit.person))
    file = BytesIO()
    obligation_workbook.write(file, found, visit.here.obligations.rules, asked.year)
    name = f"obligations-{asked.year}.xlsx"
    return Response(file.getvalue(), 200, HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}, WORKBOOK)


@router.post("/obligations/import", dependencies=[open_to(CONFIRM)])
def import_page(visit: Here) -> Response:
    """Enter what was filled in in an exported workbook: all of it, or nothing."""
    try:
        files = visit.sent.files.get("file", [])
        if not files:
            raise BadData(_NO_FILE)
        name, content = files[0]
        with TemporaryDirectory() as folder:
            place = FilePath(folder) / "list"
            place.write_bytes(content)
            entries = obligation_workbook.read(place, name)
        new = visit.here.obligations.enter(entries, actor_of(visit.person), now(), reader_of(visit.person))
    except Problem as problem:
        return _grid(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/obligations?entered={new}", 303)


@router.get("/obligations/{obligation_id:int}")
def obligation_page(obligation_id: ObligationId, visit: Here) -> Response:
    """Show one obligation: who has signed, what happened, what the rule says, and what may be entered."""
    done = visit.asked("done")
    said = _DONE.fill(what=_STEPS[done]) if done in _STEPS else Sentence("", "")
    return _obligation(visit, obligation_id, said=said.text(visit.lang))


def _obligation(visit: Visit, obligation_id: int, **more: Any) -> HTMLResponse:  # noqa: ANN401  # as `page`
    here, lang, role = visit.here, visit.lang, visit.person.role
    found = history(here.database, obligation_id, reader_of(visit.person))
    one, today = found.obligation, here.today(now())
    clause = here.obligations.rules.clause(one.clause)
    own = role not in UNIT_SIDE or visit.person.unit_id == one.unit_id
    standing = one.standing
    shown: dict[str, Any] = {
        "one": one,
        "title": clause.title.text(lang) if clause is not None else cited(one.duty, lang),
        "article": cited(one.duty, lang),
        "text": clause.text if clause is not None else "",
        "proofs": clause.evidence if clause is not None else (),
        "profile": Sentence(*PROFILES["2019" if one.profile == "2019" else "2017"]).text(lang),
        "cell": cell_words(one, today, lang),
        "left": left_words(one, today, here.rulebook.calendar, lang),
        "lacking": [who for who in one.receivers if who not in one.received],
        "receipts": [_receipt(one, who, one.received.get(who)) for who in one.receivers],
        "done": len(one.done_on),
        "in_time": standing.in_time,
        "history": steps_shown(found, here.settings.tz, lang),
        "others": [
            {"one": other, "cell": cell_words(other, today, lang)}
            for other in sorted(found.others, key=lambda other: -other.year)
        ],
        "may_submit": own and role in ENTER and may(one.state, ObligationStep.SUBMIT, role),
        "may_receive": may(one.state, ObligationStep.RECEIVE, role),
        "may_claim": one.standing.is_whole and one.claimed is None and may(one.state, ObligationStep.CLAIM, role),
        "claimed": one.claimed,
        "may_correct": one.claimed is not None
        and not same_account(one.claimed.who, visit.person.username)
        and may(one.state, ObligationStep.CORRECT, role),
        "may_excuse": may(one.state, ObligationStep.EXCUSE, role),
        "may_read_clue": role in (Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER),
        "given": visit.form,
    }
    return visit.page("obligation.html", **shown, **more)


def _receipt(one: Obligation, who: str, on: date | None) -> dict[str, Any]:
    step = next((it for it in one.steps if it.step is ObligationStep.RECEIVE and it.receiver == who), None)
    return {
        "who": who,
        "on": on,
        "late": on is not None and on > one.due_on,
        "note": step.note if step is not None else "",
        "file": step.file if step is not None else None,
    }


@router.get("/obligations/{obligation_id:int}/evidence/{hash_}")
def obligation_evidence(obligation_id: ObligationId, hash_: str, visit: Here) -> Response:
    """Hand out a file that a step of this obligation names."""
    name = file_of(visit.here.database, obligation_id, hash_, reader_of(visit.person))
    place = evidence.place_of(visit.here.settings.home, hash_) if name else None
    if place is None or not place.is_file():
        raise NotFound(_NO_EVIDENCE)
    # Whatever it is, no browser is to show it as a page of ours.
    return FileResponse(place, headers=HEADERS, media_type="application/octet-stream", filename=name)


@router.post("/obligations/{obligation_id:int}/{step}")
def step_page(obligation_id: ObligationId, step: str, visit: Here) -> Response:
    """Enter what was done, a receipt, or that the unit is let off; a refusal comes back with what was typed."""
    if step not in _STEPS:
        raise NotFound(_NO_EVIDENCE)
    try:
        _enter(visit, obligation_id, step)
    except NotFound:
        raise
    except Problem as problem:
        wrong = problem.sentence.text(visit.lang)
        return _obligation(visit, obligation_id, wrong=wrong, tried=step, status=status_of(problem))
    return RedirectResponse(f"/obligations/{obligation_id}?done={step}", 303)


def _enter(visit: Visit, obligation_id: int, step: str) -> None:
    here, form, moment = visit.here, visit.form, now()
    reader, actor = reader_of(visit.person), actor_of(visit.person)
    on = parse_date(form["on"]) if form.get("on") else here.today(moment)
    note = form.get("note", "")
    here.obligations.one(obligation_id, reader)  # before a file of somebody who does not see it is kept
    if step == "claim":
        here.obligations.claim(obligation_id, note, actor, moment, reader=reader)
        return
    if step == "correct":
        here.obligations.correct(obligation_id, actor, moment, reader=reader)
        return
    if step == "excuse":
        here.obligations.excuse(obligation_id, note, on, actor, moment, reader=reader)
        return
    files = visit.sent.files.get("file", [])
    file = kept_from(visit, *files[0]) if files else None
    if step == "submit":
        here.obligations.submit(obligation_id, on, actor, moment, note=note, file=file, reader=reader, once=True)
    else:
        who = form.get("receiver", "")
        here.obligations.receive(obligation_id, who, on, actor, moment, note=note, file=file, reader=reader)
