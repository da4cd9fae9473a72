"""The pool of clues: raised here, and made a case of, or put aside, by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from config.citations import duty_words
from config.duties import duty_titles
from states.clue import CLUE_SOURCES, CLUE_STATES, CLUE_TABLE, ClueSource, ClueState
from states.errors import BadData, NotFound, Problem, Sentence
from states.terms import parse_date
from states.vocabulary import Act, Role
from store.ids import LARGEST_ID
from web.dependencies import actor_of, clean_query, reader_of, status_of
from web.duties import duty_field, duty_in_doubt, with_duty
from web.field_choices import field_choices
from web.forms import data_from, fields_of, once_from, wrong_fields
from web.next_step import main_first
from web.page import OPENERS, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from store.clues import Clue

SHOWN: Final = 50
"""Clues on one page of the list."""
READERS: Final = (*OPENERS, Role.LEADER)
"""Who reads the pool: the office's own people; what is in it was said about units, not to them."""
_RAISED: Final = Sentence("线索{n}已登记。", "Clue {n} was raised.")
_DISMISSED: Final = Sentence("线索{n}不予立案。", "Clue {n} was put aside.")
_TO_CHANGE: Final = Sentence("还没有立案。{what}", "No case was opened yet. {what}")
_NOT_RAISED: Final = Sentence("线索还没有登记。{what}", "No clue was raised yet. {what}")
_NO_SOURCE: Final = Sentence("请选择线索来源。", "Choose where the clue comes from.")

ClueId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(READERS)])


def _may(act: Act, role: Role) -> bool:
    return any(row.act is act and role in row.roles for row in CLUE_TABLE)


@router.get("/clues")
def clues_page(visit: Here) -> Response:
    """List the clues: those that nobody has decided on, or those of another state."""
    done = visit.number("raised"), visit.number("dismissed")
    said = _RAISED.fill(n=done[0]) if done[0] else _DISMISSED.fill(n=done[1]) if done[1] else Sentence("", "")
    return _clues(visit, said=said.text(visit.lang))


def _clues(visit: Visit, *, duty_wrong: str = "", **more: Any) -> HTMLResponse:  # noqa: ANN401  # as `page`
    lang, asked = visit.lang, visit.asked("state")
    state = ClueState(asked) if asked in list(ClueState) else ClueState.OPEN
    found = visit.here.clues.page(state, reader_of(visit.person), after=visit.number("after"), limit=SHOWN)
    shown: dict[str, Any] = {
        "rows": [_shown(one, lang) for one in found.rows],
        "total": found.total,
        "further": found.further,
        "state": state,
        "states": [(one, Sentence(*CLUE_STATES[one]).text(lang)) for one in ClueState],
        "sources": [(one, Sentence(*CLUE_SOURCES[one]).text(lang)) for one in ClueSource],
        "duty": duty_field(visit.form.get("duty", ""), lang),
        "duty_wrong": duty_wrong,
        "given": visit.form,
        "may_raise": _may(Act.RAISE_CLUE, visit.person.role),
    }
    return visit.page("clues.html", **shown, **more)


def _shown(clue: Clue, lang: str) -> dict[str, Any]:
    return {
        "clue": clue,
        "source": Sentence(*CLUE_SOURCES[clue.source]).text(lang),
        "state": Sentence(*CLUE_STATES[clue.state]).text(lang),
        "duty": duty_words(clue.duty, duty_titles(), lang) if clue.duty else "",
    }


def _day(visit: Visit) -> date:
    return parse_date(visit.form["on"]) if visit.form.get("on") else visit.here.today(now())


@router.post("/clues")
def raise_clue(visit: Here) -> Response:
    """Put a clue into the pool."""
    visit = with_duty(visit, "duty")
    form, doubt = visit.form, ""
    try:
        if form.get("duty"):
            doubt = duty_in_doubt(form["duty"], visit.lang)
        if doubt:
            raise BadData(_NOT_RAISED.fill(what=doubt))
        if form.get("source") not in list(ClueSource):
            raise BadData(_NO_SOURCE)
        raised = visit.here.clues.raise_clue(
            ClueSource(form["source"]),
            form.get("unit", ""),
            form.get("text", ""),
            _day(visit),
            actor_of(visit.person),
            now(),
            duty=form.get("duty", ""),
            once=True,
            reader=reader_of(visit.person),
        )
    except Problem as problem:
        said = problem.sentence.text(visit.lang)
        return _clues(visit, wrong=said, duty_wrong=doubt, status=status_of(problem))
    return RedirectResponse(f"/clues?raised={raised.id}", 303)


@router.get("/clues/{clue_id:int}")
def clue_page(clue_id: ClueId, visit: Here) -> Response:
    """Show one clue, and what may be decided on it."""
    return _clue(visit, clue_id)


def _clue(
    visit: Visit, clue_id: int, *, wrong: str = "", errors: Mapping[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    found = visit.here.clues.one(clue_id, reader_of(visit.person))
    known = {"d.unit": found.unit, "d.duty": found.duty, "d.finding": found.text, "d.inspection": "special"}
    given = known | visit.form
    is_open, role = found.state is ClueState.OPEN, visit.person.role
    shown: dict[str, Any] = _shown(found, visit.lang) | {
        "may_adopt": is_open and _may(Act.ADOPT_CLUE, role),
        "may_dismiss": is_open and _may(Act.DISMISS_CLUE, role),
        "fields_of_finding": main_first(fields_of(Act.REGISTER_FINDING)),
        "given": given,
        "errors": errors or {},
        "know": field_choices(visit, Act.REGISTER_FINDING, duty=duty_field(given.get("d.duty", ""), visit.lang)),
    }
    return visit.page("clue.html", wrong=wrong, status=status, **shown)


@router.post("/clues/{clue_id:int}/adopt")
def adopt_clue(clue_id: ClueId, visit: Here) -> Response:
    """Make a case of the clue."""
    visit, errors = with_duty(visit), dict[str, str]()
    try:
        if _may(Act.ADOPT_CLUE, visit.person.role):
            errors = wrong_fields(visit.form, Act.REGISTER_FINDING, visit.lang)
        if errors:
            raise BadData(_TO_CHANGE.fill(what=" ".join(errors.values())))
        data = data_from(visit.form, Act.REGISTER_FINDING)
        person = visit.person
        done = visit.here.clues.adopt(
            clue_id, data, _day(visit), actor_of(person), now(), reader=reader_of(person), once=once_from(visit)
        )
    except NotFound:
        raise
    except Problem as problem:
        return _clue(visit, clue_id, wrong=problem.sentence.text(visit.lang), errors=errors, status=status_of(problem))
    unchecked = "&unchecked=1" if done.remarks else ""
    return RedirectResponse(f"/cases/{done.case.id}?done={Act.REGISTER_FINDING.value}{unchecked}", 303)


@router.post("/clues/{clue_id:int}/dismiss")
def dismiss_clue(clue_id: ClueId, visit: Here) -> Response:
    """Put the clue aside, with the reason."""
    try:
        person = visit.person
        visit.here.clues.dismiss(
            clue_id, visit.form.get("reason", ""), _day(visit), actor_of(person), reader=reader_of(person)
        )
    except NotFound:
        raise
    except Problem as problem:
        return _clue(visit, clue_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/clues?dismissed={clue_id}", 303)
