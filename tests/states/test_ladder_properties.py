"""Whatever people do and whenever: no state without its act, no light without its ground, no proposal lost."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.unit_of_work import SYSTEM
from states.case import Actor
from states.command import NO_FACTS, Command
from states.decision import decide
from states.errors import Refused
from states.evolve import evolve
from states.firing import fired
from states.guards.ladder import interview_is_done
from states.lifecycle import default_role
from states.standing import MOVES_DAYS, highest, light_of
from states.timers import timers, why_no_timer
from states.vocabulary import PERSONS_ACTS, Act, Light, Role, State
from tests.support.lives import CALENDAR, FINDING, NOW, rules
from tests.support.runs import FULL

if TYPE_CHECKING:
    from states.case import Case, Event
    from states.command import Rules

ZONE = ZoneInfo("Asia/Shanghai")
LIVES = 10_000 if FULL else 60
LIGHTS = [Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED]
DATA: dict[Act, dict[str, Any]] = {
    Act.SERVE_ORDER: {"term": "10wd"},
    Act.SUBMIT_REPORT: {"note": "已整改", "signed_by": "局长"},
    Act.VERIFY_FAIL: {"reason": "不到位"},
    Act.RETURN_PLAN: {"reason": "不具体"},
    Act.DISMISS: {"reason": "查否"},
    Act.REQUEST_EXTENSION: {"reason": "汛期", "term": "5wd"},
    Act.REFUSE_EXTENSION: {"reason": "不必要"},
    Act.SUSPEND: {"reason": "防汛"},
    Act.FILE_OBJECTION: {"reason": "事实有误"},
    Act.DECIDE_REVIEW: {"outcome": "amend", "term": "10wd"},
    Act.REQUEST_TOLERANCE: {"reason": "改革试点"},
    Act.DECIDE_TOLERANCE: {"outcome": "refused"},
    Act.RECORD_ABSENCE: {"reason": "未到场"},
    Act.REJECT_ESCALATION: {"reason": "已在整改"},
    Act.PROPOSE_ACCOUNTABILITY: {},
    Act.RECORD_ACCOUNTABILITY: {"organ": "县委", "document_number": "问责〔2026〕1号"},
    Act.RECORD_INQUIRY: {"organ": "县纪委监委", "document_number": "县纪〔2026〕1号"},
    Act.RECORD_NO_ACCOUNTABILITY: {"organ": "县委", "document_number": "县〔2026〕1号"},
    Act.REOPEN: {"reason": "反弹"},
    Act.LIST_CASE: {"reason": "久拖"},
}
LEFT_OUT = {
    Act.REGISTER_FINDING,
    Act.START_RANKING_INTERVIEW,
    Act.MERGE_INTO,
    Act.TRANSFER,
    Act.WITHDRAW,
    Act.CORRECT_EVENT,
    Act.MARK_CONFIDENTIALITY,
    Act.ASSIGN,
    Act.ACKNOWLEDGE,
    Act.DISMISS,
}
ACTS = sorted(set(PERSONS_ACTS) - LEFT_OUT)
# The acts of a diligent office and unit come up more often, so that lives reach the upper rungs.
COMMON = [
    Act.SERVE_ORDER,
    Act.PUBLISH_CRITICISM,
    Act.RECORD_HELP,
    Act.APPROVE_INTERVIEW,
    Act.SERVE_INTERVIEW_NOTICE,
    Act.HOLD_INTERVIEW,
    Act.ISSUE_MINUTES,
    Act.APPROVE_ESCALATION,
    Act.COUNTERSIGN,
]
STEPS = st.lists(
    st.tuples(st.sampled_from([*ACTS, *COMMON, *COMMON]), st.integers(0, 12), st.booleans()), min_size=4, max_size=26
)


def checked(before: Case | None, event: Event, by: Rules) -> Case:
    """Return the case after the event, if what must always hold does hold."""
    after = evolve(before, event)
    supported = highest(light_of(after, line, by) for line in after.deadlines)
    assert LIGHTS.index(after.light) <= LIGHTS.index(supported), (
        f"{after.light} burns without a ground after {event.act}"
    )
    if before is None:
        return after
    if before.state is State.CRITICIZED and after.state is State.INTERVIEWED:
        assert before.criticized_on is not None, "interviewed without a circular"
        assert before.helps >= by.policy.helps, "interviewed without help"
    if event.act is Act.ESCALATION_PROPOSED and event.data["move"] == State.HELD:
        assert interview_is_done(before), "accountability proposed without an interview"
        assert before.minutes_on is not None or before.refused_interview, "accountability proposed without minutes"
    if before.proposal and not after.proposal and after.state is before.state and after.cycle == before.cycle:
        decided = {Act.APPROVE_ESCALATION, Act.REJECT_ESCALATION, Act.PROPOSE_ACCOUNTABILITY}
        assert event.act in decided | MOVES_DAYS, f"the proposal vanished by {event.act}"
    if after.suspended_on is not None:
        assert highest(light_of(after, line, by) for line in after.deadlines if line.party == "unit") is Light.GREEN
    if after.is_open:
        assert why_no_timer(after, by) != "unexplained", f"nobody looks at the case again after {event.act}"
    return after


def swept(case: Case, as_of: datetime, by: Rules) -> Case:
    """Return the case after time has done what is due, as a sweep does it."""
    for _ in range(60):
        ready = [timer for timer in timers(case, by) if timer.due_at <= as_of]
        if not ready:
            return case
        case = checked(case, fired(case, ready, SYSTEM, as_of, NO_FACTS, by, NOW), by)
    raise AssertionError("time goes on and on")


def entered(case: Case, act: Act, on: date, by: Rules, *, leader: bool) -> Case:
    """Return the case after somebody has tried the act; refused, it is as it was."""
    role = Role.LEADER if leader else default_role(act, case.state)
    data = DATA.get(act, {})
    if act is Act.COUNTERSIGN and case.unsigned is not None:
        role = case.unsigned.role
    actor = Actor(user="second" if act is Act.COUNTERSIGN else role.value, role=role)
    try:
        event = decide(case, Command(act=act, actor=actor, on=on, data=data, case_id=1), NO_FACTS, by, NOW)
    except Refused:
        return case
    return checked(case, event, by)


@pytest.mark.parametrize("policy", ["sichuan-2017", "decree-733"])
def test_no_state_is_left_upward_without_its_act_and_no_light_burns_without_its_ground(policy: str) -> None:
    by = rules(policy)
    reached: set[State] = set()

    @settings(max_examples=LIVES, deadline=None, database=None)
    @given(steps=STEPS, first=st.dates(date(2026, 1, 5), date(2026, 9, 30)))
    def live(steps: list[tuple[Act, int, bool]], first: date) -> None:
        found = {**FINDING, "number": "临法治督案〔2026〕7号"}
        inspector = Actor(user="inspector", role=Role.INSPECTOR)
        command = Command(act=Act.REGISTER_FINDING, actor=inspector, on=first, data=found, case_id=1)
        case = checked(None, decide(None, command, NO_FACTS, by, NOW), by)
        on = first
        for act, days, leader in steps:
            for _ in range(days):
                on += timedelta(days=1)
                case = swept(case, datetime.combine(on, time(9, 5), ZONE), by)
            case = entered(case, act, on, by, leader=leader)
            reached.add(case.state)

    live()
    assert State.CRITICIZED in reached or policy == "decree-733"
    assert CALENDAR is by.calendar
