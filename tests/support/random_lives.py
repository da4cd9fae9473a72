"""Lives of cases by the rules alone, drawn at random: acts of people, sweeps, outages, late entries, new calendars."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from cases.unit_of_work import SYSTEM
from states.case import Actor
from states.command import NO_FACTS, Command, Facts
from states.decision import allowed, decide
from states.errors import Refused
from states.evolve import evolve
from states.fields import FIELDS
from states.firing import fired
from states.lifecycle import default_role
from states.recount import How, extended_from, migrated, redated, redating_data
from states.timers import timers
from states.vocabulary import PERSONS_ACTS, Act, Role
from states.working_days import Calendar, DayRule
from tests.support.days import ZONE
from tests.support.lives import CALENDAR, FINDING

if TYPE_CHECKING:
    from states.case import Case, Event
    from states.command import Rules
    from states.policy import Policy

DATA: Final[dict[Act, dict[str, Any]]] = {
    Act.DISMISS: {"reason": "查否"},
    Act.WITHDRAW: {"reason": "重复"},
    Act.MERGE_INTO: {"target": "临法治督案〔2026〕9号"},
    Act.TRANSFER: {
        "receiver": "市纪委监委",
        "partial": True,
        "rest": "制度不健全",
        "child": "临法治督案〔2026〕7号-移1",
    },
    Act.SERVE_ORDER: {"authorization_note": "经市委同意"},
    Act.SUBMIT_REPORT: {"note": "已整改", "signed_by": "局长"},
    Act.VERIFY_PASS: {"verifiers": ["甲", "乙"]},
    Act.VERIFY_FAIL: {"reason": "不到位"},
    Act.RECORD_HELP: {"helpers": ["帮扶组甲"]},
    Act.HOLD_INTERVIEW: {"notice_on": "2026-01-05"},
    Act.RECORD_ABSENCE: {"reason": "未到场"},
    Act.RECORD_INQUIRY: {"organ": "县纪委监委", "document_number": "县纪〔2026〕3号"},
    Act.RECORD_NO_ACCOUNTABILITY: {"organ": "县委", "document_number": "县委〔2026〕8号"},
    Act.ASSIGN: {"handler": "zhou"},
    Act.REFUSE_COUNTERSIGN: {"reason": "与事实不符"},
    Act.RETURN_PLAN: {"reason": "不具体"},
    Act.PROPOSE_ACCOUNTABILITY: {"grave": True},
    Act.RECORD_ACCOUNTABILITY: {"organ": "县委", "document_number": "1号", "confirmed_by": "乙"},
    Act.REQUEST_EXTENSION: {"reason": "汛期", "term": "10wd"},
    Act.REFUSE_EXTENSION: {"reason": "理由不足"},
    Act.SUSPEND: {"reason": "防汛"},
    Act.FILE_OBJECTION: {"reason": "事实有误"},
    Act.REQUEST_TOLERANCE: {"reason": "改革试点"},
    Act.DECIDE_TOLERANCE: {"outcome": "refused"},
    Act.DECIDE_APPEAL: {"outcome": "uphold"},
    Act.REOPEN: {"reason": "反弹"},
    Act.LIST_CASE: {"reason": "久拖不决"},
    Act.REJECT_ESCALATION: {"reason": "已在整改"},
    Act.MARK_CONFIDENTIALITY: {"confidentiality": "work_secret", "reason": "涉及工作秘密"},
    Act.CORRECT_EVENT: {"of": 1, "correction": "日期", "reason": "笔误", "confirmed_by": "乙"},
}
CHOSEN: Final[dict[Act, tuple[dict[str, Any], ...]]] = {
    Act.DECIDE_LATE_ENTRY: ({"choice": "run"}, {"choice": "run", "term": "12wd"}, {"choice": "ladder"}),
    Act.DECIDE_REVIEW: ({"outcome": "uphold"}, {"outcome": "amend", "term": "10wd"}),
    Act.SERVE_ORDER: ({}, {}, {"term": "10wd"}, {"term": "30d"}, {"term": "1m"}),
}
SELDOM: Final = frozenset(
    {
        Act.DISMISS,
        Act.WITHDRAW,
        Act.MERGE_INTO,
        Act.TRANSFER,
        Act.ACKNOWLEDGE,
        Act.CORRECT_EVENT,
        Act.ASSIGN,
        Act.MARK_CONFIDENTIALITY,
        Act.LIST_CASE,
        Act.URGE,
        Act.PROPOSE_ACCOUNTABILITY,
    }
)
"""What ends a life early or brings nothing about: it is drawn less often, so that lives reach the upper rungs."""
ACTS: Final = tuple(act for act in PERSONS_ACTS if act not in (Act.REGISTER_FINDING, Act.START_RANKING_INTERVIEW))
ONWARD: Final = (
    Act.SERVE_ORDER,
    Act.SUBMIT_REPORT,
    Act.VERIFY_PASS,
    Act.VERIFY_FAIL,
    Act.APPROVE_CLOSURE,
    Act.REOPEN,
    Act.PUBLISH_CRITICISM,
    Act.RECORD_HELP,
    Act.HOLD_INTERVIEW,
    Act.ISSUE_MINUTES,
    Act.APPROVE_ESCALATION,
    Act.COUNTERSIGN,
    Act.APPROVE_EXTENSION,
    Act.RESUME,
    Act.DECIDE_LATE_ENTRY,
    Act.RELEASE_ESCALATION,
)


_MORE: Final = {
    day: DayRule(works=False, name="地方放假") for day in (date(2026, 3, 2), date(2026, 6, 24), date(2026, 9, 9))
}
OTHER_CALENDAR: Final = Calendar({**CALENDAR.exceptions, **_MORE}, CALENDAR.known_years, "地方")
"""The calendar with three more days off, as a notice of the place might give them."""


@dataclass
class RandomLife:
    """One life as it goes on; `calendars` are those that were in force, each from when."""

    draw: Random
    rules: Rules
    other_policy: Policy | None = None
    case: Case | None = None
    events: list[Event] = field(default_factory=list)
    calendars: list[tuple[datetime, Calendar]] = field(default_factory=list)

    def take(self, event: Event) -> None:
        self.case = evolve(self.case, event)
        self.events.append(event)

    def open(self, on: date) -> datetime:
        moment = datetime.combine(on, time(8, 30), ZONE)
        self.calendars.append((moment, self.rules.calendar))
        actor = Actor(user="inspector", role=Role.INSPECTOR)
        command = Command(act=Act.REGISTER_FINDING, actor=actor, on=on, data=FINDING, case_id=1)
        self.take(decide(None, command, Facts(entered_at=moment), self.rules, moment))
        return moment

    def sweep(self, at: datetime, gap: str = "", as_of: datetime | None = None) -> None:
        """Fire what is due, as the sweep does it."""
        until = as_of if as_of is not None and as_of.date() == at.date() else at
        while self.case is not None:
            ready = [timer for timer in timers(self.case, self.rules) if timer.due_at <= until]
            if not ready:
                return
            facts = replace(NO_FACTS, clock_gap=gap)
            self.take(fired(self.case, ready, SYSTEM, until, facts, self.rules, at))

    def possible(self, at: datetime) -> list[Act]:
        """Return the acts that somebody may do now, as far as that does not depend on what they say."""
        if self.case is None:
            return []
        on = at.astimezone(ZONE).date()
        asker = Command(act=Act.ACKNOWLEDGE, actor=Actor(user="", role=Role.SYSTEM), on=on, data={})
        some = dict.fromkeys((*ONWARD, *self.draw.sample(ACTS, 8)))
        return list(allowed(self.case, asker, self.rules, some)[0])

    def enter(self, act: Act, at: datetime, *, days_late: int) -> None:
        """Try to enter an act that happened some days ago; what is refused leaves no trace."""
        if self.case is None:
            raise AssertionError("a case is opened first")
        role = self.case.unsigned.role if act is Act.COUNTERSIGN and self.case.unsigned else None
        role = role or (Role.LEADER if self.draw.random() < 0.2 else default_role(act, self.case.state))
        data = {**DATA.get(act, {}), **self.draw.choice(CHOSEN.get(act, ({},)))}
        if act is Act.ACKNOWLEDGE and self.draw.random() < 0.7:
            data["of"] = self.draw.randint(1, self.case.version)
        if act is Act.CORRECT_EVENT:
            data["of"] = self.draw.randint(1, self.case.version)
        data = {key: value for key, value in data.items() if key in FIELDS[act]}
        user = "second" if act is Act.COUNTERSIGN else f"u-{role}"
        on = at.astimezone(ZONE).date() - timedelta(days=days_late)
        command = Command(act=act, actor=Actor(user=user, role=role), on=on, data=data, case_id=1)
        facts = Facts(entered_at=at)
        if act is Act.MERGE_INTO:
            facts = replace(facts, target_number=data["target"], target_unit=self.case.unit, target_is_open=True)
        try:
            event = decide(self.case, command, facts, self.rules, at)
        except Refused:
            return
        self.take(event)

    def new_calendar(self, at: datetime) -> None:
        """Let another calendar come into force, and count the deadlines again as the sweep after it does."""
        if self.case is None:
            return
        calendar = OTHER_CALENDAR if self.rules.calendar.hash == CALENDAR.hash else CALENDAR
        self.rules = replace(self.rules, calendar=calendar)
        self.calendars.append((at, calendar))
        on = at.astimezone(ZONE).date()
        moves = redated(self.case, calendar, on, starts=extended_from(self.events, self.case, calendar))
        if moves:
            self._redate(redating_data(self.case, moves, calendar, on), at)

    def new_policy(self, at: datetime, how: How) -> None:
        """Bring the case under another policy, as an approved migration does."""
        old, new = self.rules.policy, self.other_policy
        if self.case is None or new is None or not self.case.is_open or old.hash == new.hash:
            return
        on = at.astimezone(ZONE).date()
        moves = migrated(self.case, old, new, self.rules.calendar, on, how)
        self.rules = replace(self.rules, policy=new)
        more = {
            "old_policy": old.hash,
            "new_policy": new.hash,
            "how": how.value,
            "proposed_by": "甲",
            "approved_by": "乙",
        }
        self._redate(more | redating_data(self.case, moves, self.rules.calendar, on), at)

    def _redate(self, data: dict[str, Any], at: datetime) -> None:
        on = at.astimezone(ZONE).date()
        command = Command(act=Act.DEADLINE_REDATED, actor=SYSTEM, on=on, data=data, case_id=1)
        self.take(decide(self.case, command, NO_FACTS, self.rules, at))


def lived(seed: int, rules: Rules, *, other: Policy | None = None, steps: int = 28) -> tuple[RandomLife, datetime]:
    """Return a life and the moment up to which it was lived; the same seed gives the same life."""
    draw = Random(seed)  # a drawn life, no secret
    life = RandomLife(draw, rules, other)
    on = date(2026, 1, 5) + timedelta(days=draw.randint(0, 200))
    at = life.open(on)
    likely = draw.random() < 0.8
    for _ in range(draw.randint(4, steps)):
        days = draw.choice((0, 0, 1, 1, 2, 3, 5, 8, 13))
        outage = draw.random() < 0.15
        for passed in range(days):
            if not outage or passed == days - 1:
                at += timedelta(days=1)
                at = at.replace(hour=9, minute=draw.choice((0, 0, 7)))
                life.sweep(at, gap="2026-03-01 → 2026-03-20" if outage and draw.random() < 0.3 else "")
            else:
                at += timedelta(days=1)
        at += timedelta(minutes=draw.choice((0, 13, 400)))
        match draw.random():
            case chance if chance < 0.03:
                life.new_calendar(at)
            case chance if chance < 0.05:
                life.new_policy(at, draw.choice(list(How)))
            case chance if chance < 0.12:
                life.sweep(at, as_of=at - timedelta(hours=draw.choice((0, 1, 5))))
            case _:
                possible = life.possible(at) if likely else list(ACTS)
                onward = [act for act in possible if act in ONWARD]
                act = draw.choice(onward if onward and draw.random() < 0.6 else possible or ONWARD)
                if act in SELDOM and draw.random() < 0.85:
                    continue
                life.enter(act, at, days_late=draw.choice((0, 0, 0, 0, 1, 3, 12, 30)))
    return life, at + timedelta(days=draw.choice((0, 1, 20)))
