"""One act on many cases: ticked, tried out without writing, and then entered, each case in its own transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cases.case_listing import listing
from states.command import Command
from states.errors import BadData, Problem, Sentence
from states.terms import parse_date
from states.vocabulary import Act, name
from store import case_filters
from store.case_orders import ListColumn, Order
from store.idempotency import key_of
from web.act_help import help_of
from web.dependencies import actor_of, clean_query, reader_of
from web.field_choices import field_choices
from web.forms import data_from, fields_of, whole_number, with_evidence
from web.next_step import main_first
from web.page import Here, Visit
from web.views import acts_of
from wiring import now

if TYPE_CHECKING:
    from states.case import Case

MOST: Final = 200
_NONE: Final = Sentence("没有勾选案件，请返回勾选。", "No case is ticked; go back and tick some.")
_MANY: Final = Sentence("一次最多办理{most}件。", "At most {most} cases at once.")
_NO_ACT: Final = Sentence("请选择您可以办理的事项。", "Choose an act that is yours to do.")
_MAY: Final = Sentence("可以办理。", "Can be done.")
_DONE: Final = Sentence("已办理：{act}。", "Done: {act}.")
_TRIED: Final = Sentence(
    "试办结果：{yes}件可以办理，{no}件不能；尚未写入任何内容。",
    "Tried out: {yes} can be done, {no} cannot; nothing was written.",
)
_RESULT: Final = Sentence("已办理{yes}件，未办理{no}件。", "{yes} done, {no} not done.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@dataclass(frozen=True, slots=True)
class _Ticked:
    """A case that was ticked, and the version that the list showed."""

    case: Case
    seen: int | None


@router.post("/cases/bulk")
def bulk_page(visit: Here) -> Response:
    """Ask for the fields of the act, try it out on each case, or enter it, as the form says."""
    step = visit.form.get("step", "")
    wanted = visit.form.get("act", "")
    mine = acts_of(visit.person.role)
    if wanted not in mine:
        raise BadData(_NO_ACT)
    act = Act(wanted)
    ticked = _ticked(visit)
    if step not in ("preview", "confirm"):
        return _page(visit, act, ticked, [])
    try:
        visit = with_evidence(visit)
        command = Command(
            act=act,
            actor=actor_of(visit.person),
            on=parse_date(visit.form.get("on", "")),
            data=data_from(visit.form, act),
        )
    except Problem as problem:
        return _page(visit, act, ticked, [], wrong=problem.sentence.text(visit.lang), status=422)
    outcomes = [(one, *_one(visit, command, one, write=step == "confirm")) for one in ticked]
    rows = [
        {"case": one.case, "seen": one.seen, "well": well, "text": sentence.text(visit.lang)}
        for one, well, sentence in outcomes
    ]
    yes = sum(well for _one_, well, _sentence in outcomes)
    said = (_RESULT if step == "confirm" else _TRIED).fill(yes=yes, no=len(rows) - yes).text(visit.lang)
    if step == "confirm":
        return visit.page("bulk_done.html", act=act, rows=rows, said=said, status=200 if yes else 409)
    return _page(visit, act, ticked, rows, said=said)


def _ticked(visit: Visit) -> list[_Ticked]:
    """Return the ticked cases, those only that the person may see.

    Raises:
        BadData: there is none, or there are too many.
    """
    seen: dict[int, int | None] = {}
    for text in visit.sent.every.get("case", []):
        id_, _, version = text.partition(":")
        number = whole_number(id_)
        if number is not None:
            seen[number] = whole_number(version)
    if len(seen) > MOST:
        raise BadData(_MANY.fill(most=MOST))
    wanted = case_filters.Filter(ids=tuple(seen))
    by_number = Order(ListColumn.NUMBER)
    reader = reader_of(visit.person)
    stored = listing(visit.here.database, reader, wanted, by_number, None, limit=MOST).rows if seen else ()
    found = [_Ticked(item.case, seen[item.case.id]) for item in stored]
    if not found:
        raise BadData(_NONE)
    return found


def _one(visit: Visit, command: Command, ticked: _Ticked, *, write: bool) -> tuple[bool, Sentence]:
    """Enter the act in one case, or only try it; return whether it went well, and what to say."""
    this = replace(command, case_id=ticked.case.id, seen=ticked.seen)
    try:
        if not write:
            visit.here.desk.try_out(this, now())
            return True, _MAY
        key = visit.form.get("key", "")
        asked: dict[str, Any] = {"act": command.act.value, "on": command.on.isoformat(), "data": dict(command.data)}
        once = key_of(visit.person.username, key and f"{key}:{ticked.case.id}", asked)
        visit.here.desk.do(this, now(), once=once, reader=reader_of(visit.person))
    except Problem as problem:
        return False, problem.sentence
    return True, _DONE.fill(act=name(command.act))


def _page(  # what the page shows
    visit: Visit,
    act: Act,
    ticked: list[_Ticked],
    rows: list[dict[str, Any]],
    **more: Any,  # noqa: ANN401  # as `page`
) -> Response:
    shown: dict[str, Any] = {
        "act": act,
        "act_fields": main_first(fields_of(act)),
        "help": help_of(act).text(visit.lang),
        "given": visit.form,
        "ticked": ticked,
        "rows": rows,
        "know": field_choices(visit, act),
    }
    return visit.page("bulk.html", **shown, **more)
