"""The year's plan of inspections: planned with what it meets in sight, approved, announced, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cases.case_listing import unit_lines
from config.citations import duty_words
from config.duties import catalogue_duties, duty_titles
from programme.inspection_drafts import InspectionDraft
from states.errors import BadData, NotFound, Problem, Sentence
from states.inspection import INSPECTION_STATES, UNANNOUNCED, InspectionState, InspectionStep, may
from states.terms import parse_date
from states.vocabulary import INSPECTIONS, Role
from store.ids import LARGEST_ID
from web.dependencies import actor_of, clean_query, reader_of, status_of
from web.forms import whole_number
from web.page import OFFICE_SIDE, UNIT_SIDE, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from store.inspections import PlannedInspection

PLANNERS: Final = (Role.HANDLER, Role.DIRECTOR)
SHOWN: Final = 20
"""Inspections on one page of the plan."""
BURDENS: Final = 10
"""Units on one page of the burden."""
UNITS: Final = 200
"""So many units are offered; every other name may be typed."""
_GROUNDS: Final = 4
_MONTHS: Final = 12
_SIGN: Final = {
    InspectionState.DRAFT: "wait",
    InspectionState.APPROVED: "wait",
    InspectionState.RUNNING: "wait",
    InspectionState.DONE: "good",
    InspectionState.WITHDRAWN: "warn",
}
_SAID: Final = {
    "planned": Sentence("已拟定，待上级主要负责人批准。", "It is planned and waits for the leader's approval."),
    "approve": Sentence("已批准。", "It is approved."),
    "announce": Sentence("已通知被检查单位。", "The units can see it now."),
    "finish": Sentence("检查已结束。", "The inspection is over."),
    "withdraw": Sentence("检查已撤销。", "The inspection is withdrawn."),
}
_NO_YEAR: Final = Sentence("没有这一年。", "There is no such year.")
_TO_CHANGE: Final = Sentence("还没有拟定。{what}", "Nothing was planned yet. {what}")
InspectionId = Annotated[int, Path(ge=1, le=LARGEST_ID)]

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to((*OFFICE_SIDE, *UNIT_SIDE))])


@router.get("/plan")
def plan_page(visit: Here) -> Response:
    """Show the plan of a year, and how often each unit is called on; a unit sees what was announced to it."""
    return _plan(visit)


def _plan(visit: Visit, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    here, lang, reader = visit.here, visit.lang, reader_of(visit.person)
    this_year = here.today(now()).year
    year = visit.number("year", most=9999) or this_year
    office = visit.person.role in OFFICE_SIDE
    found = here.inspection_plans.brief(year, reader)
    living = [one for one in found if one.state is not InspectionState.WITHDRAWN]
    most = here.rulebook.policy.contacts_per_month
    page, units_page = (max(1, visit.number(name, most=10_000)) for name in ("page", "units"))
    skip = (units_page - 1) * BURDENS
    rows = here.inspection_plans.page(year, reader, skip=(page - 1) * SHOWN, limit=SHOWN)
    burdens = here.inspection_plans.burden(year, reader, skip=skip, limit=BURDENS + 1) if office else []
    further = {"page": len(found) > page * SHOWN, "units": len(burdens) > BURDENS}
    burdens = burdens[:BURDENS]
    over = [(one.unit, month.month, month.contacts) for one in burdens for month in one.over(most)]
    shown: dict[str, Any] = {
        "year": year,
        "years": sorted({*here.inspection_plans.years(reader), this_year}, reverse=True),
        "rows": [_row(one, lang) for one in rows],
        "pages": {"page": page, "units": units_page},
        "further": further,
        "count": {state: sum(one.state is state for one in living) for state in InspectionState},
        "total": len(living),
        "waiting": [one.id for one in found if one.state is InspectionState.DRAFT],
        "may_approve": may(InspectionState.DRAFT, InspectionStep.APPROVE, visit.person.role),
        "may_plan": visit.person.role in PLANNERS,
        "burdens": [(one.unit, [(month, _shade(month.contacts, most)) for month in one.months]) for one in burdens],
        "over": over,
        "most": most,
        "office_reads": office,
        "months": range(1, _MONTHS + 1),
    }
    said = _SAID["approve"].text(lang) if visit.asked("approved") else ""
    return visit.page("plan.html", said=said, wrong=wrong, status=status, **shown)


def _shade(contacts: int, most: int) -> str:
    """Return the class of a cell: the darkest from the ceiling on."""
    return "h4 over" if contacts > most else f"h{min(4, -(-4 * contacts // most))}"


def _row(one: PlannedInspection, lang: str) -> dict[str, Any]:
    return {
        "inspection": one,
        "kind": Sentence(*INSPECTIONS[one.kind]).text(lang),
        "state": Sentence(*INSPECTION_STATES[one.state]).text(lang),
        "sign": _SIGN[one.state],
        "cases": sum(visit.cases for visit in one.visits),
    }


@router.post("/plan", dependencies=[open_to((Role.LEADER,))])
def approve_year(visit: Here) -> Response:
    """Approve all of the year that waits."""
    here, at, year = visit.here, now(), whole_number(visit.form.get("year", ""))
    seen = None
    if "seen" in visit.form:
        seen = [whole_number(one) or 0 for one in visit.form["seen"].split(",")]
    try:
        if year is None:
            raise BadData(_NO_YEAR)
        actor, reader = actor_of(visit.person), reader_of(visit.person)
        here.inspection_plans.approve_year(year, here.today(at), actor, at, reader, seen=seen)
    except Problem as problem:
        return _plan(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/plan?year={year}&approved=1", 303)


@router.get("/plan/new", dependencies=[open_to(PLANNERS)])
def new_page(visit: Here) -> Response:
    """Ask what is to be inspected."""
    return _new(visit)


def _new(visit: Visit, *, wrong: str = "", status: int = 200, meets: list[str] | None = None) -> HTMLResponse:
    lang = visit.lang
    lines = unit_lines(visit.here.database, reader_of(visit.person), limit=UNITS)
    duties: dict[int, list[tuple[str, str]]] = {}
    for key, duty in catalogue_duties().items():
        if duty.kind == "duty" and duty.article > _GROUNDS and "-" in key:
            duties.setdefault(duty.article, []).append((key, duty_words(key, duty_titles(), lang)))
    shown: dict[str, Any] = {
        "given": visit.form,
        "chosen": visit.sent.every.get("duty", []),
        "kinds": [(kind, Sentence(*names).text(lang)) for kind, names in INSPECTIONS.items()],
        "duties": [(duty_words(f"art{one}", duty_titles(), lang), listed) for one, listed in duties.items()],
        "units": [line.unit for line in lines],
        "meets": meets or [],
    }
    return visit.page("plan_new.html", wrong=wrong, status=status, **shown)


@router.post("/plan/new", dependencies=[open_to(PLANNERS)])
def plan_inspection(visit: Here) -> Response:
    """Plan an inspection; what it meets is shown first."""
    plans, lang, actor, reader = (
        visit.here.inspection_plans,
        visit.lang,
        actor_of(visit.person),
        reader_of(visit.person),
    )
    try:
        draft = _draft(visit)
        if not visit.form.get("seen"):
            meets = [sentence.text(lang) for sentence in plans.look(draft, actor, reader).sentences()]
            if meets:
                return _new(visit, meets=meets)
        planned = plans.plan(draft, actor, now(), reader)
    except Problem as problem:
        what = problem.sentence.text(lang)
        return _new(visit, wrong=_TO_CHANGE.fill(what=what).text(lang), status=status_of(problem))
    return RedirectResponse(f"/plan/{planned.id}?done=planned", 303)


def _draft(visit: Visit) -> InspectionDraft:
    form = visit.form
    return InspectionDraft(
        kind=form.get("kind", ""),
        title=form.get("title", ""),
        basis=form.get("basis", ""),
        units=_lines(form.get("units", "")),
        duties=tuple(visit.sent.every.get("duty", [])),
        from_on=parse_date(form.get("from_on", "")),
        until_on=parse_date(form.get("until_on", "")),
        team=_lines(form.get("team", "")),
        kept_because=form.get("kept_because", ""),
    )


def _lines(text: str) -> tuple[str, ...]:
    """Return the names that were typed one a line, or with a comma between them."""
    for comma in "、，,；;":
        text = text.replace(comma, "\n")
    return tuple(name.strip() for name in text.splitlines() if name.strip())


@router.get("/plan/{inspection_id:int}")
def inspection_page(inspection_id: InspectionId, visit: Here) -> Response:
    """Show one inspection: its units, its check list, and what may be done."""
    return _inspection(visit, inspection_id)


def _inspection(visit: Visit, inspection_id: int, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    lang, role, said = visit.lang, visit.person.role, visit.asked("done")
    found = visit.here.inspection_plans.one(inspection_id, reader_of(visit.person))
    steps = [
        step
        for step in (InspectionStep.APPROVE, InspectionStep.ANNOUNCE, InspectionStep.FINISH, InspectionStep.WITHDRAW)
        if may(found.state, step, role) and not _needless(found, step)
    ]
    shown: dict[str, Any] = _row(found, lang) | {
        "steps": [step.value for step in steps],
        "items": [(item, duty_words(item.duty, duty_titles(), lang)) for item in found.items],
        "office_reads": role in OFFICE_SIDE,
        "given": visit.form,
    }
    told = _SAID[said].text(lang) if said in _SAID else ""
    return visit.page("inspection.html", said=told, wrong=wrong, status=status, **shown)


def _needless(found: PlannedInspection, step: InspectionStep) -> bool:
    return step is InspectionStep.ANNOUNCE and (found.kind == UNANNOUNCED or found.announced_on is not None)


@router.post("/plan/{inspection_id:int}", dependencies=[open_to((*PLANNERS, Role.LEADER))])
def move_inspection(inspection_id: InspectionId, visit: Here) -> Response:
    """Move an inspection on."""
    here, at, asked = visit.here, now(), visit.form.get("step", "")
    try:
        step = InspectionStep(asked) if asked in list(InspectionStep) else InspectionStep.BEGIN
        reason = visit.form.get("reason", "")
        who, reader = actor_of(visit.person), reader_of(visit.person)
        here.inspection_plans.step(inspection_id, step, reason, here.today(at), who, at, reader)
    except NotFound:
        raise
    except Problem as problem:
        return _inspection(visit, inspection_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/plan/{inspection_id}?done={step.value}", 303)
