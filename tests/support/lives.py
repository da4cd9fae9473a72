"""Cases made by the rules alone, without a desk or a database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.calendars import library_calendar
from config.policy import find_policy, read_policy
from states.case import Actor, Case
from states.command import NO_FACTS, Command, Facts, Rules
from states.decision import decide
from states.evolve import evolve
from states.lifecycle import default_role
from states.vocabulary import SYSTEM_ACTS, Act, Role
from tests.support.days import UNIT, day

if TYPE_CHECKING:
    from states.case import Event

CALENDAR = library_calendar()
NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
FINDING: dict[str, Any] = {
    "unit": UNIT,
    "unit_kind": "department",
    "number": "临法治督案〔2026〕7号",
    "post": f"{UNIT}局长",
    "duty": "art7-1a",
    "inspection": "regular",
    "finding": "年度工作计划未列入法治建设内容",
}


def rules(policy: str = "sichuan-2017") -> Rules:
    return Rules(policy=read_policy(find_policy(policy)), calendar=CALENDAR, zone=ZoneInfo("Asia/Shanghai"))


def after(
    case: Case | None, act: Act, on: str, by: Rules, *, role: Role | None = None, user: str = "", **data: Any
) -> Case:
    """Return the case after one more act, done by whoever does it by default, and signed by a second account."""
    event = done(case, act, on, by, role=role, user=user, **data)
    found = evolve(case, event)
    if not event.data.get("to_be_countersigned"):
        return found
    second = Actor(user=f"second-{event.actor.user}", role=event.actor.role)
    command = Command(act=Act.COUNTERSIGN, actor=second, on=day(on), data={}, case_id=1)
    return evolve(found, decide(found, command, NO_FACTS, by, NOW))


def done(
    case: Case | None, act: Act, on: str, by: Rules, *, role: Role | None = None, user: str = "", **data: Any
) -> Event:
    role = role or (Role.SYSTEM if act in SYSTEM_ACTS else default_role(act, case.state if case else None))
    facts = NO_FACTS
    if act is Act.MERGE_INTO and case is not None:
        facts = Facts(target_number=data["target"], target_unit=case.unit, target_is_open=True)
    if act is Act.SUBMIT_REPORT:
        data = {"note": "已整改", "signed_by": "局长"} | data
    actor = Actor(user=user or role.value, role=role)
    return decide(case, Command(act=act, actor=actor, on=day(on), data=data, case_id=1), facts, by, NOW)


def found(by: Rules) -> Case:
    return after(None, Act.REGISTER_FINDING, "01-28", by, **FINDING)


def ordered(by: Rules, term: str = "15wd") -> Case:
    return after(found(by), Act.SERVE_ORDER, "02-06", by, term=term)


def missed(move: str) -> dict[str, Any]:
    """Return the data of the event of time that follows from a missed term."""
    return {"key": "1", "deadline": "rectification", "due_on": "2026-03-05", "move": move}


def criticized_by_time(by: Rules) -> Case:
    return after(ordered(by), Act.ESCALATED, "03-12", by, **missed("publicly_criticized"))


def criticized(by: Rules) -> Case:
    return after(criticized_by_time(by), Act.PUBLISH_CRITICISM, "03-13", by, role=Role.LEADER)


def interviewed_by_time(by: Rules) -> Case:
    helped = after(criticized(by), Act.RECORD_HELP, "03-16", by, helpers=["帮扶组甲"])
    return after(helped, Act.ESCALATED, "04-13", by, **missed("interviewed"))


def interviewed(by: Rules) -> Case:
    helped = after(criticized(by), Act.RECORD_HELP, "03-16", by, helpers=["帮扶组甲"])
    failed = after(helped, Act.VERIFY_FAIL, "04-07", by)
    held = after(failed, Act.HOLD_INTERVIEW, "04-10", by, role=Role.LEADER, notice_on="2026-04-02")
    return after(held, Act.ISSUE_MINUTES, "04-13", by)


def held_accountable(by: Rules) -> Case:
    proposed = after(interviewed(by), Act.PROPOSE_ACCOUNTABILITY, "05-20", by)
    decision: dict[str, Any] = {"organ": "县委", "document_number": "问责〔2026〕1号", "confirmed_by": "乙"}
    return after(proposed, Act.RECORD_ACCOUNTABILITY, "05-25", by, **decision)
