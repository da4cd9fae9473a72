"""Cases that were entered after a term of theirs was over: for each, one of three ways, tried out and then decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from cases.waiting import Waiting, Waits, waiting_for
from states.command import Command
from states.errors import BadData, Problem, Sentence
from states.fields import FIELDS
from states.terms import parse_date
from states.vocabulary import Act
from store.idempotency import key_of
from web.approvals import asks_shown
from web.data_words import CHOICES
from web.dependencies import actor_of, clean_query, reader_of
from web.forms import whole_number
from web.page import OFFICE_SIDE, Here, Visit, open_to
from web.rule_words import in_words
from wiring import now

if TYPE_CHECKING:
    from states.case import Case

WAYS: Final = FIELDS[Act.DECIDE_LATE_ENTRY]["choice"].choices
_NONE: Final = Sentence("没有勾选案件，请先勾选。", "No case is ticked; tick some first.")
_NO_WAY: Final = Sentence("请选择怎么办。", "Choose one of the three ways.")
_MAY: Final = Sentence("可以办理。", "Can be done.")
_DONE: Final = Sentence("已办理。", "Done.")
_TRIED: Final = Sentence(
    "试办结果：{yes}件可以办理，{no}件不能；尚未写入任何内容。",
    "Tried out: {yes} can be done, {no} cannot; nothing was written.",
)
_RESULT: Final = Sentence("已决定{yes}件，未决定{no}件。", "{yes} decided, {no} not.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(OFFICE_SIDE)])


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of one case, or would."""

    well: bool
    text: str


@router.get("/late")
def late_page(visit: Here) -> Response:
    """List what was entered late and waits for a decision."""
    return _late(visit, _waiting(visit), {})


def _waiting(visit: Visit) -> list[Waiting]:
    reader, actor = reader_of(visit.person), actor_of(visit.person)
    return list(waiting_for(visit.here.database, reader, actor, (Waits.LATE_ENTRY,)).items)


def _late(visit: Visit, found: list[Waiting], results: dict[int, _Result], **more: Any) -> HTMLResponse:  # noqa: ANN401  # as `page`
    shown: dict[str, Any] = {
        "asks": asks_shown(visit, found),
        "ways": [(way, Sentence(*CHOICES[way]).text(visit.lang)) for way in WAYS],
        "advised": {one.case.id: _advised(one.case) for one in found},
        "given": visit.form,
        "ticked": _ticked(visit) if visit.form else [one.case.id for one in found],
        "results": results,
    }
    return visit.page("late.html", **shown, **more)


def _advised(case: Case) -> str:
    """Return the way that is chosen to begin with: what has been reported is taken over, all else counts from today."""
    return "taken_over" if case.report_on is not None else "run"


def _ticked(visit: Visit) -> list[int]:
    numbers = (whole_number(text) for text in visit.sent.every.get("case", []))
    return list(dict.fromkeys(number for number in numbers if number is not None))


@router.post("/late")
def decide_late(visit: Here) -> Response:
    """Try the decisions out without writing, or enter them, each case in its own transaction."""
    found = _waiting(visit)
    waiting = {one.case.id: one.case for one in found}
    ticked = [id_ for id_ in _ticked(visit) if id_ in waiting]
    if not ticked:
        return _late(visit, found, {}, wrong=_NONE.text(visit.lang), status=422)
    write = visit.form.get("step") == "confirm"
    results = {id_: _decided(visit, waiting[id_], write=write) for id_ in ticked}
    yes = sum(one.well for one in results.values())
    said = (_RESULT if write else _TRIED).fill(yes=yes, no=len(results) - yes).text(visit.lang)
    # Those that are decided wait no more; they are shown once more with what became of them.
    return _late(visit, found, results, said=said, decided=write, status=200 if yes else 409)


def _decided(visit: Visit, case: Case, *, write: bool) -> _Result:
    """Decide on one case, or only try to."""
    lang = visit.lang
    try:
        command = _command(visit, case)
        if not write:
            visit.here.desk.try_out(command, now())
            return _Result(well=True, text=_MAY.text(lang))
        key = visit.form.get("key", "")
        asked: dict[str, Any] = {"act": command.act.value, "on": command.on.isoformat(), "data": dict(command.data)}
        once = key_of(visit.person.username, key and f"{key}:{case.id}", asked)
        visit.here.desk.do(command, now(), once=once)
    except Problem as problem:
        return _Result(well=False, text=in_words(problem.sentence.text(lang), lang))
    return _Result(well=True, text=_DONE.text(lang))


def _command(visit: Visit, case: Case) -> Command:
    """Return the decision on this case as the form has it.

    Raises:
        BadData: none of the three ways is chosen for it.
        BadTerm: a day cannot be read.
    """
    form = visit.form
    way = form.get("all") or form.get(f"way.{case.id}", "")
    if way not in WAYS:
        raise BadData(_NO_WAY)
    data: dict[str, Any] = {"choice": way}
    if way == "run" and form.get("term.n", "").strip():
        data["term"] = form["term.n"].strip() + form.get("term.unit", "wd")
    if way == "taken_over":
        for key in ("report_on", "closed_on"):
            if form.get(f"{key}.{case.id}"):
                data[key] = parse_date(form[f"{key}.{case.id}"]).isoformat()
    return Command(
        act=Act.DECIDE_LATE_ENTRY,
        actor=actor_of(visit.person),
        on=visit.here.today(now()),
        data=data,
        case_id=case.id,
    )
