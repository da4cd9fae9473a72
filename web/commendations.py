"""The commendations: the list, each with its circular and its decision, and who was told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from notifications.wording import NOTICES
from states.commendation import COMMENDATION_LIFE, COMMENDATION_STATES, CommendationAct, CommendationState
from states.errors import BadData, NotFound, NotPermitted, Problem, Sentence
from states.terms import parse_date
from store.ids import LARGEST_ID
from store.official_documents import DocumentFilter
from web.dependencies import actor_of, clean_query, reader_of, status_of
from web.document_words import row_of
from web.page import OFFICE_SIDE, UNIT_SIDE, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from datetime import date

    from store.commendations import Commendation

SIGNS: Final = {
    CommendationState.PROPOSED: "wait",
    CommendationState.COMMENDED: "good",
    CommendationState.REFUSED: "bad",
}
DRAFT: Final = "draft"
"""In the form: draw its circular up."""
_DONE: Final = {
    CommendationAct.PROPOSE: Sentence("已提请，可以拟表扬通报。", "It was proposed; its circular can be drawn up."),
    CommendationAct.COMMEND: Sentence("表扬已批准。", "The commendation was given."),
    CommendationAct.REFUSE: Sentence("已不予表扬。", "The commendation was refused."),
}
_NO_ACT: Final = Sentence("请选择要办理的事项。", "Choose what to do.")
_NOT_OFFICE: Final = Sentence("表扬由督查机构提请。", "Commendations are proposed by the office.")

CommendationId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to((*OFFICE_SIDE, *UNIT_SIDE))])


@router.get("/commendations")
def commendations_page(visit: Here) -> Response:
    """List the commendations that the reader may see, and propose one."""
    return _list(visit)


@router.post("/commendations")
def propose(visit: Here) -> Response:
    """Propose to commend a unit or a post."""
    form, actor = visit.form, actor_of(visit.person)
    try:
        made = visit.here.commendations.propose(
            form.get("unit", ""),
            form.get("post", ""),
            form.get("text", ""),
            _day(visit),
            actor,
            now(),
            reader=reader_of(visit.person),
            once=True,
        )
    except Problem as problem:
        return _list(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/commendations/{made.id}?done={CommendationAct.PROPOSE.value}", 303)


@router.get("/commendations/{commendation_id:int}")
def commendation_page(commendation_id: CommendationId, visit: Here) -> Response:
    """Show one commendation: for what, its circular, the decision, and who was told."""
    done = visit.asked("done")
    said = _DONE[CommendationAct(done)].text(visit.lang) if done in list(CommendationAct) else ""
    return _one(visit, commendation_id, said=said)


@router.post("/commendations/{commendation_id:int}")
def act_on_commendation(commendation_id: CommendationId, visit: Here) -> Response:
    """Draw the circular up, commend under the number of another paper, or refuse to."""
    form, room, actor = visit.form, visit.here.commendations, actor_of(visit.person)
    room.open(commendation_id, reader_of(visit.person))
    act = form.get("act", "")
    try:
        if act == DRAFT:
            made = visit.here.documents.draft_commendation(commendation_id, {}, actor, _day(visit), now())
            return RedirectResponse(f"/documents/{made.kept.id}?done=draft", 303)
        if act == CommendationAct.COMMEND:
            room.commend(commendation_id, form.get("number", ""), _day(visit), actor, now())
        elif act == CommendationAct.REFUSE:
            room.refuse(commendation_id, form.get("reason", ""), _day(visit), actor, now())
        else:
            raise BadData(_NO_ACT)
    except NotFound:
        raise
    except Problem as problem:
        return _one(visit, commendation_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/commendations/{commendation_id}?done={act}", 303)


def _list(visit: Visit, **more: Any) -> HTMLResponse:  # noqa: ANN401  # as `page`
    role = visit.person.role
    if role not in OFFICE_SIDE and more:
        raise NotPermitted(_NOT_OFFICE)
    shown: dict[str, Any] = {
        "rows": [_row(one, visit.lang) for one in visit.here.commendations.seen(reader_of(visit.person))],
        "may_propose": COMMENDATION_LIFE.may(None, CommendationAct.PROPOSE, role),
        "given": visit.form,
        "day": visit.here.today(now()),
    }
    return visit.page("commendations.html", **shown, **more)


def _row(one: Commendation, lang: str) -> dict[str, Any]:
    post = one.post.removeprefix(one.unit)
    return {
        "one": one,
        "who": f"{one.unit}{post}",
        "state": Sentence(*COMMENDATION_STATES[one.state]).text(lang),
        "sign": SIGNS[one.state],
    }


def _one(visit: Visit, commendation_id: int, **more: Any) -> HTMLResponse:  # noqa: ANN401  # as `page`
    reader, role, lang = reader_of(visit.person), visit.person.role, visit.lang
    opened = visit.here.commendations.open(commendation_id, reader)
    found, zone = opened.found, visit.here.settings.tz
    wanted = DocumentFilter(commendation_id=commendation_id, limit=50)
    documents = visit.here.document_shelf.listed(reader, wanted)
    waits = found.state is CommendationState.PROPOSED
    place = 1 if lang.startswith("en") else 0
    shown: dict[str, Any] = {
        **_row(found, lang),
        "documents": [row_of(visit, kept) for kept in documents],
        # Whoever drafts it may not sign it, so the leader does not.
        "may_draft": waits and COMMENDATION_LIFE.may(None, CommendationAct.PROPOSE, role),
        "may_decide": waits and COMMENDATION_LIFE.may(found.state, CommendationAct.COMMEND, role),
        "told": [
            (NOTICES[notice][place], f"{unit}{post.removeprefix(unit)}", sent.astimezone(zone).date() if sent else None)
            for notice, unit, post, _owed, sent in opened.told
        ],
        "given": visit.form,
        "day": visit.here.today(now()),
    }
    return visit.page("commendation.html", **shown, **more)


def _day(visit: Visit) -> date:
    return parse_date(visit.form["on"]) if visit.form.get("on") else visit.here.today(now())
