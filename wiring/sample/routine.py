"""How the office and the units live with the rows of the ledger: by rule, from what the case says each morning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from states.vocabulary import Act, Phase, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from states.case import Case
    from states.working_days import Calendar


@dataclass(frozen=True, slots=True)
class Morning:
    """A case on a morning, and whether its unit puts things right on the rung where it stands."""

    case: Case
    on: date
    calendar: Calendar
    answers: bool

    def days_since(self, day: date | None) -> int:
        """Return how many working days have passed since then; -1 if it has not come to that."""
        return -1 if day is None else self.calendar.working_days_between(day, self.on)

    def days_until(self, kind: str) -> int:
        """Return in how many working days a deadline ends; -1 if it is over or does not run."""
        line = self.case.deadline(kind)
        if line is None or line.due_on < self.on:
            return -1
        return self.calendar.working_days_between(self.on, line.due_on)


@dataclass(frozen=True, slots=True)
class Habit:
    """What is done, by whom, with what, and when."""

    act: Act
    by: str
    when: Callable[[Morning], bool]
    data: dict[str, Any]
    sign: str = ""


def _is_published(case: Case) -> bool:
    return case.criticized_on is not None


def _awaits_interview(case: Case) -> bool:
    return case.state is State.INTERVIEWED and case.interviewed_on is None


PLAN_BEFORE: Final = 4
REPORT_BEFORE: Final = 3
LOOKED_BEFORE: Final = 5
"""So many working days before the end of their terms the plan and the report come in, and somebody looks again."""
VERIFIED_AFTER: Final = 5
HELPED_AFTER: Final = 4
HELD_AFTER: Final = 4
"""So many working days after the report, the criticism and the notice the office verifies, helps and interviews."""
HELPED: Final = {"helpers": ["刘芳"], "what": "上门指导，逐项明确整改要求"}
VERIFIED: Final = {"verifiers": ["陈立", "何静"]}
REPORTED: Final = {"note": "问题已整改到位，佐证材料附后", "signed_by": "主要负责人"}
HABITS: Final = (
    Habit(
        Act.SUBMIT_PLAN,
        "liaison",
        lambda m: m.answers and m.case.plan in ("", "returned") and 0 <= m.days_until("plan") <= PLAN_BEFORE,
        {"signed_by": "主要负责人", "note": "已明确措施、责任人和完成时间"},
    ),
    Habit(Act.ACCEPT_PLAN, "liufang", lambda m: m.case.plan == "submitted", {}),
    Habit(
        Act.SUBMIT_REPORT,
        "liaison",
        lambda m: m.answers and m.case.report_on is None and 0 <= m.days_until("rectification") <= REPORT_BEFORE,
        REPORTED,
    ),
    Habit(
        Act.VERIFY_PASS,
        "chenli",
        lambda m: m.case.phase is Phase.VERIFYING and m.days_since(m.case.report_on) >= VERIFIED_AFTER,
        VERIFIED,
        "hejing",
    ),
    Habit(Act.APPROVE_CLOSURE, "zhouming", lambda m: m.days_since(m.case.verified_on) > 1 and not m.case.proposal, {}),
    Habit(
        Act.LOOK_BACK_PASS,
        "hejing",
        lambda m: 0 <= m.days_until("look_back") <= LOOKED_BEFORE,
        VERIFIED,
        "chenli",
    ),
    Habit(
        Act.APPROVE_CRITICISM,
        "leader",
        lambda m: m.case.state is State.CRITICIZED and not _is_published(m.case) and not m.case.approved,
        {},
    ),
    Habit(
        Act.PUBLISH_CRITICISM,
        "zhouming",
        lambda m: m.case.approved == State.CRITICIZED and not _is_published(m.case),
        {"circulated_to": ["各县（区）党委和政府"]},
    ),
    Habit(
        Act.RECORD_HELP,
        "liufang",
        lambda m: (
            m.case.state is State.CRITICIZED and not m.case.helps and m.days_since(m.case.criticized_on) > HELPED_AFTER
        ),
        HELPED,
    ),
    Habit(
        Act.APPROVE_INTERVIEW,
        "leader",
        lambda m: _awaits_interview(m.case) and m.case.approved != State.INTERVIEWED,
        {},
    ),
    Habit(
        Act.SERVE_INTERVIEW_NOTICE,
        "liufang",
        lambda m: _awaits_interview(m.case) and m.case.notice_on is None,
        {"signed_by": "联络员", "place": "市委三楼会议室"},
    ),
    Habit(
        Act.HOLD_INTERVIEW,
        "leader",
        lambda m: _awaits_interview(m.case) and m.days_since(m.case.notice_on) > HELD_AFTER,
        {"convenor": "市委主要负责人", "recorders": ["刘芳"]},
    ),
    Habit(
        Act.ISSUE_MINUTES,
        "zhouming",
        lambda m: m.case.state is State.INTERVIEWED and m.case.minutes_on is None and m.case.interviewed_on is not None,
        {},
    ),
)
"""What is done on a working day, at most one thing a day to each case; the first that is to be done is done."""


def to_do(case: Case, rung: str, on: date, calendar: Calendar) -> Habit | None:
    """Return what is done to a case of the ledger on this working day, whose unit puts things right on this rung."""
    morning = Morning(case, on, calendar, answers=case.state == rung)
    return next((habit for habit in HABITS if habit.when(morning)), None)
