"""The page on which a finding is registered: the case begins here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.case_listing import unit_lines
from cases.desk import Done
from cases.evidence import names_of_own
from states.errors import BadData, Problem, Sentence
from states.terms import parse_date
from states.vocabulary import INSPECTIONS, Act, Confidentiality
from web.act_help import help_of
from web.data_words import CHOICES
from web.dependencies import clean_query, reader_of, status_of
from web.duties import duty_field, with_duty
from web.finding_questions import Answers, AskedOfFinding, asked_of, case_joined, opening
from web.forms import data_from, once_from, with_evidence, wrong_fields
from web.page import OPENERS, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS: Final = 200
"""So many units are offered while the name of one is typed; every other name may be typed in full."""
_TO_CHANGE: Final = Sentence("还没有登记。{what}", "Nothing was registered yet. {what}")
_GRAVITY: Final = (("轻微", "slight"), ("一般", "ordinary"), ("较重", "grave"), ("严重", "very grave"))

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(OPENERS)])


@router.get("/new")
def new_page(visit: Here) -> Response:
    """Ask for a finding."""
    return _new(visit)


def _new(  # what is wrong with what was typed, and what is asked about it
    visit: Visit,
    *,
    wrong: str = "",
    errors: Mapping[str, str] | None = None,
    asked: AskedOfFinding | None = None,
    status: int = 200,
) -> HTMLResponse:
    lang, here = visit.lang, visit.here
    held = [part for part in visit.form.get("d.evidence", "").split("、") if part]
    names = names_of_own(here.database, visit.person.username, held)
    units = unit_lines(here.database, reader_of(visit.person), limit=UNITS)
    shown: dict[str, Any] = {
        "duty": duty_field(visit.form.get("d.duty", ""), lang),
        "inspections": [(value, Sentence(*CHOICES[value]).text(lang)) for value in INSPECTIONS],
        "gravity": [(zh, zh if lang != "en" else en) for zh, en in _GRAVITY],
        "marks": list(Confidentiality),
        "default_mark": Confidentiality.INTERNAL,
        "given": visit.form,
        "errors": errors or {},
        "units": [line.unit for line in units],
        "file_names": names,
        "asked": asked,
        "plan": here.inspection_plans.in_force(here.today(now()).year, reader_of(visit.person)),
        "help": help_of(Act.REGISTER_FINDING).text(lang),
    }
    return visit.page("new.html", status=status, wrong=wrong, **shown)


@router.post("/new")
def open_from_page(visit: Here) -> Response:
    """Register a finding from its form."""
    errors: dict[str, str] = {}
    try:
        visit = with_duty(with_evidence(visit))
        errors = wrong_fields(visit.form, Act.REGISTER_FINDING, visit.lang)
        if errors:
            raise BadData(_TO_CHANGE.fill(what=" ".join(errors.values())))
        unplanned = visit.here.inspection_plans.missing(
            data_from(visit.form, Act.REGISTER_FINDING),
            parse_date(visit.form.get("on", "")),
            reader_of(visit.person),
        )
        if unplanned is not None:
            errors = {"inspection_plan": unplanned.text(visit.lang)}
            raise BadData(_TO_CHANGE.fill(what=unplanned))
        done = visit.here.desk.asked_before(once_from(visit))
        if done is None:
            answer = _registered(visit)
            if not isinstance(answer, Done):
                return answer
            done = answer
    except Problem as problem:
        return _new(visit, wrong=problem.sentence.text(visit.lang), errors=errors, status=status_of(problem))
    unchecked = "&unchecked=1" if done.remarks else ""
    return RedirectResponse(f"/cases/{done.case.id}?done={Act.REGISTER_FINDING.value}{unchecked}", 303)


def _registered(visit: Visit) -> Done | Response:
    """Register the finding that was typed, or return the page that asks what is to be settled first.

    Raises:
        Refused: the rules do not allow it.
    """
    asked, reader = asked_of(visit), reader_of(visit.person)
    if asked.answers is None:
        # What the rules refuse in any case is said at once, and nothing of it is looked for in known cases.
        first, _ = opening(visit, data_from(visit.form, Act.REGISTER_FINDING), Answers(unit=asked.unit))
        visit.here.desk.rehearse(first, [], now(), new_unit=True, reader=reader)
        said = asked.wrong.text(visit.lang) if asked.wrong is not None else ""
        return _new(visit, wrong=said, asked=asked, status=409)
    joined = case_joined(asked, visit)
    if joined is not None:
        return RedirectResponse(f"/cases/{joined}", 303)
    first, then = opening(visit, data_from(visit.form, Act.REGISTER_FINDING), asked.answers)
    is_new, desk = asked.answers.is_new_unit, visit.here.desk
    if then:
        return desk.open_and_do(first, then, now(), new_unit=is_new, reader=reader)
    return desk.open(first, now(), once=once_from(visit), new_unit=is_new, reader=reader)
