"""The page that shows a case as it stood, from its events alone: step by step, with the picture of the lifecycle."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from audit.differences import differences
from states.case import Case, sealed_for
from states.errors import Sentence
from states.rows import NEW
from states.terms import date_text
from states.vocabulary import DEADLINES, OVERLAYS, State, name
from states.working_days import DayKind
from web.api import CaseId
from web.dependencies import actor_of, clean_query, seen_by
from web.drawing import Cell, lifecycle, strip
from web.page import Here, Visit
from web.rule_words import in_words
from web.views import deadlines_shown, line_shown
from web.words import named

if TYPE_CHECKING:
    from states.case import Deadline
    from states.working_days import Calendar
    from store.events import Recorded

MOST_DAYS: Final = 400
_LETTERS: Final = {
    DayKind.WORKING: ("工", "w"),
    DayKind.WEEKEND: ("休", "–"),
    DayKind.HOLIDAY: ("假", "h"),
    DayKind.MAKE_UP: ("班", "m"),
}
_START: Final = ("起", "0")
_NEW_CASE: Final = Sentence("尚未登记", "not registered")
_STAYED: Final = Sentence("“{act}”没有改变状态：{state}。", "“{act}” left the state as it was: {state}.")
_MOVED: Final = Sentence("“{act}”：由{before}到{after}。", "“{act}”: from {before} to {after}.")
_PICTURE: Final = Sentence(
    "生命周期图：▶ 为现在的状态，粗线为本步的变化", "The lifecycle: ▶ is the present state, the thick line this step"
)
_STRIPES: Final = Sentence("{kind}的逐日情况：{first}至{last}", "{kind}, day by day: {first} to {last}")
_STRIPES_TOLD: Final = Sentence(
    "起=起算日，不计入；工=工作日，休=周末，假=放假，班=调休补班；次日起共{days}天，其中工作日{working}天。",
    "0 = the day of the start, not counted; w = working day, – = weekend, h = holiday, m = make-up day; "
    "{days} days after the start, {working} of them working days.",
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/cases/{case_id:int}/replay")
def replay_page(case_id: CaseId, visit: Here) -> Response:
    """Show the case as it stood after one of its events, from its events alone."""
    person, here = visit.person, visit.here
    whole = seen_by(here, person, case_id, "page/replay")
    walked = here.proofs.walked(case_id, visit.number("step"), visit.number("since"))
    history, told, step, since, passed = walked.history, walked.told, walked.step, walked.since, walked.passed
    last = passed[step - 1]
    case, rules, calendars = last.case, last.rules, walked.calendars
    shown_line = line_shown(history[step - 1], whole, visit, told)
    called = walked.names.get(shown_line["user"]) or shown_line["user"]
    asker, on = actor_of(person), last.recorded.event.occurred_on
    may, may_not = last.choices(asker, on)
    before = passed[since - 1] if since else None
    shown: dict[str, Any] = {
        "entered": _entered(history[:step]),
        "states": list(State),
        "told": [item for item in told if item.case_seq <= step],
        "policy": Sentence(rules.policy.title_zh, rules.policy.title_en).text(visit.lang),
        "overlays": [named(OVERLAYS, word, visit.lang) for word in case.overlays],
        "stripes": _stripes(visit, case, calendars),
        "moved": _moved(visit, history[step - 1]),
        "diagram": _diagram(visit, history[step - 1]),
    }
    return visit.page(
        "replay.html",
        since=since,
        changed=differences(before.case, case, before.choices(asker, on)[0], may) if before else [],
        case=sealed_for(case, person.role, today=whole),
        at=step,
        last=len(history),
        event=shown_line,
        deadlines=deadlines_shown(visit, case, calendars),
        may=list(may),
        who=called,
        refused=[(act, in_words(why.text(visit.lang), visit.lang)) for act, why in may_not.items()],
        **shown,
    )


def _entered(history: list[Recorded]) -> dict[State, tuple[int, Any]]:
    """Return, for each state the case has been in, how often it was entered and the day on which it was last."""
    found: dict[State, tuple[int, Any]] = {}
    for event in (recorded.event for recorded in history):
        if event.from_state != event.to_state:
            found[event.to_state] = (found.get(event.to_state, (0, None))[0] + 1, event.occurred_on)
    return found


def _moved(visit: Visit, recorded: Recorded) -> str:
    event = recorded.event
    if event.from_state == event.to_state:
        return _STAYED.fill(act=name(event.act), state=name(event.to_state)).text(visit.lang)
    before = name(event.from_state) if event.from_state is not None else _NEW_CASE
    return _MOVED.fill(act=name(event.act), before=before, after=name(event.to_state)).text(visit.lang)


def _diagram(visit: Visit, recorded: Recorded) -> str:
    event = recorded.event
    return lifecycle(
        "life",
        _PICTURE.text(visit.lang),
        _moved(visit, recorded),
        {state: name(state) for state in State},
        visit.lang,
        event.to_state,
        (event.from_state.value if event.from_state is not None else NEW, event.to_state.value),
    )


def _stripes(visit: Visit, case: Case, calendars: dict[str, Calendar]) -> dict[str, Any] | None:
    """Return the days of the deadline that ends first, from its start to its end, each with its kind."""
    line: Deadline | None = min(case.deadlines, key=lambda found: (found.due_on, found.kind), default=None)
    if line is None or line.due_on < line.started_on:
        return None
    calendar, lang = calendars[line.calendar_hash], visit.lang
    count = min((line.due_on - line.started_on).days + 1, MOST_DAYS)
    days = [line.started_on + timedelta(days=place) for place in range(count)]
    title = _STRIPES.fill(
        kind=Sentence(*DEADLINES[line.kind]), first=date_text(days[0], lang), last=date_text(line.due_on, lang)
    )
    working = calendar.working_days_between(line.started_on, line.due_on)
    described = _STRIPES_TOLD.fill(days=(line.due_on - line.started_on).days, working=working).text(lang)
    cells = [
        Cell(
            Sentence(*(_LETTERS[calendar.kind(on)] if on != line.started_on else _START)).text(lang),
            calendar.kind(on).value,
            f"{date_text(on, lang)} {calendar.label(on, lang)}",
        )
        for on in days
    ]
    return {
        "title": title.text(lang),
        "described": described,
        "picture": strip("stripes", title.text(lang), described, cells),
        "days": [(on, calendar.label(on, lang)) for on in days],
    }
