"""In what two courses of one case differ: days, rungs, lights, messages, refused acts; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from notifications.plan import notices
from notifications.wording import NOTICES
from states.errors import Sentence
from states.terms import date_text
from states.vocabulary import DEADLINES, Act, Light, State, name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from notifications.plan import Notice
    from programme.redeciding import CourseStep, DecidedCourse, RefusedAct
    from states.case import Event
    from states.policy import Policy

DUE_DAY: Final = "due_day"
RUNG: Final = "rung"
LIGHT: Final = "light"
STEP: Final = "step"
MESSAGES: Final = "messages"
REFUSED: Final = "refused"

_LIGHTS: Final[Mapping[Act, Light]] = {Act.MARKED_YELLOW: Light.YELLOW, Act.MARKED_RED: Light.RED}
_STEPS: Final = frozenset(
    {Act.ESCALATION_PROPOSED, Act.ESCALATION_BLOCKED, Act.REMINDER_DUE, Act.OFFICE_OVERDUE, Act.CLUE_RAISED}
)
_FIGURES: Final[Mapping[Act, str]] = {
    Act.REMINDER_DUE: "reminders",
    Act.MARKED_YELLOW: "yellow",
    Act.MARKED_RED: "red",
    Act.ESCALATION_PROPOSED: "proposals",
    Act.ESCALATION_BLOCKED: "blocked",
    Act.OFFICE_OVERDUE: "office_overdue",
    Act.CLUE_RAISED: "office_overdue",
}
FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    "messages": ("发出的通知", "messages sent"),
    "reminders": ("到期提醒", "reminders"),
    "yellow": ("亮黄灯", "yellow lights"),
    "red": ("亮红灯", "red lights"),
    "proposals": ("提出升级建议", "escalations proposed"),
    "blocked": ("升级受阻", "escalations blocked"),
    "office_overdue": ("督查机构逾期的提醒", "reminders that the office is late"),
    State.ORDERED.value: ("进入责令整改", "entered “ordered to rectify”"),
    State.CRITICIZED.value: ("进入通报批评", "entered “publicly criticized”"),
    State.INTERVIEWED.value: ("进入约谈", "entered “interviewed”"),
    State.HELD.value: ("进入问责", "entered “held accountable”"),
}
"""What is counted on both sides, and what people call it."""
_CANNOT: Final = Sentence("{on}的“{act}”不能办理：{reason}", "“{act}” of {on} would be refused: {reason}")
_DAYS: Final = Sentence("{what}：{old} → {new}", "{what}: {old} → {new}")
_NONE: Final = Sentence("没有", "none")


class WhatIfPeriod(NamedTuple):
    """From a day to another, both inclusive."""

    first: date
    last: date

    def holds(self, on: date) -> bool:
        """Say whether the day lies in the period."""
        return self.first <= on <= self.last


@dataclass(frozen=True, slots=True)
class CourseDifference:
    """One thing that the two courses have otherwise: on another day, in another number, or on one side only.

    `what` is one of the words above; `of` the kind of deadline, the rung, the light with its deadline, the act or the
    notice; `state` the rung on which it was. `old` and `new` are days, or numbers of messages. `term` and `started_on`
    say how the new due day is counted; `reason` why an act would be refused.
    """

    what: str
    of: str
    old: date | int | None = None
    new: date | int | None = None
    state: str = ""
    term: str = ""
    started_on: date | None = None
    reason: Sentence | None = None

    @property
    def moved_days(self) -> int:
        """Return by how many calendar days a due day is later under the draft; 0 for all else."""
        if self.what != DUE_DAY or not isinstance(self.old, date) or not isinstance(self.new, date):
            return 0
        return (self.new - self.old).days

    def title(self) -> Sentence:
        """Return what differs, as people call it."""
        match self.what:
            case "due_day":
                return Sentence("{kind}期限", "{kind} due", {"kind": _kind(self.of)})
            case "rung":
                return Sentence("进入“{state}”", "entered “{state}”", {"state": name(State(self.of))})
            case "light":
                colour, _, kind = self.of.partition(":")
                words = {"light": name(Light(colour)), "kind": _kind(kind)}
                return Sentence("{kind}{light}", "{light} on {kind}", words)
            case "messages":
                return Sentence("通知“{notice}”", "messages “{notice}”", {"notice": Sentence(*NOTICES[self.of])})
            case _:
                act, _, kind = self.of.partition(":")
                if kind not in DEADLINES:
                    return name(Act(act))
                return Sentence("{act}（{kind}）", "{act} ({kind})", {"act": name(Act(act)), "kind": _kind(kind)})

    def sentence(self) -> Sentence:
        """Return the difference as one sentence."""
        if self.reason is not None:
            on = self.old if isinstance(self.old, date) else None
            return _CANNOT.fill(on=_value(on), act=self.title(), reason=self.reason)
        return _DAYS.fill(what=self.title(), old=_value(self.old), new=_value(self.new))


def _kind(kind: str) -> Sentence:
    return Sentence(*DEADLINES.get(kind, (kind, kind)))


def _value(value: date | int | None) -> Sentence:
    if isinstance(value, date):
        return Sentence(date_text(value, "zh-CN"), date_text(value, "en"))
    return _NONE if value is None else Sentence(f"{value}条", f"{value}")


class _CourseEntry(NamedTuple):
    """What happened once in a course: on which day, and the day that it set."""

    on: date
    day: date
    term: str = ""
    started_on: date | None = None


_Key = tuple[str, str, str, int]
_TERM: Final = "rectification"


def _entries(steps: Iterable[CourseStep]) -> dict[_Key, _CourseEntry]:
    """Return what happened in a course, each under a name that the same thing has in another course of the case."""
    found: dict[_Key, _CourseEntry] = {}
    times: Counter[tuple[str, str, str]] = Counter()
    for event, case in steps:
        for what, of, entry in _of_event(event):
            # The unit has a term on each rung; whatever else is owed is owed once, on whichever rung it begins.
            key = (what, of, case.state.value if of.endswith(_TERM) else "")
            found[(*key, times[key])] = entry
            times[key] += 1
    return found


def _of_event(event: Event) -> Iterator[tuple[str, str, _CourseEntry]]:
    on = event.occurred_on
    for line in event.data.get("starts", ()):
        started = date.fromisoformat(line["started_on"])
        yield DUE_DAY, line["kind"], _CourseEntry(on, date.fromisoformat(line["due_on"]), line["term"], started)
    if event.from_state is not event.to_state:
        yield RUNG, event.to_state.value, _CourseEntry(on, on)
    light = _LIGHTS.get(event.act)
    if event.data.get("skipped"):
        return
    if light is not None:
        yield LIGHT, f"{light.value}:{event.data['deadline']}", _CourseEntry(on, on)
    elif event.act in _STEPS:
        act = Act.OFFICE_OVERDUE if event.act is Act.CLUE_RAISED else event.act
        yield STEP, f"{act.value}:{event.data.get('deadline', '')}", _CourseEntry(on, on)


Audience = Callable[["Notice"], int]
"""Says how many people a notice is sent to."""


def _told(
    steps: Iterable[CourseStep], policy_of: Callable[[str], Policy], audience: Audience, period: WhatIfPeriod
) -> Counter[str]:
    """Return how many messages of each kind a course owes in the period."""
    found: Counter[str] = Counter()
    for event, case in steps:
        if period.holds(event.occurred_on):
            for notice in notices(event, case, policy_of(event.policy_hash)):
                found[notice.kind] += audience(notice)
    return found


@dataclass(frozen=True, slots=True)
class ComparedCourses:
    """Two courses of a case beside each other: their differences, and what is counted on each side."""

    differences: tuple[CourseDifference, ...]
    old: Counter[str]
    new: Counter[str]


def compared(
    old: DecidedCourse, new: DecidedCourse, policy_of: Callable[[str], Policy], audience: Audience, period: WhatIfPeriod
) -> ComparedCourses:
    """Return in what two courses differ within the period, and the figures of both.

    A due day belongs to the period in which it was set. Acts are compared one by one, by what they are, on which
    rung they were, and the how-manieth of their kind they were there.
    """
    left, right = _entries(old.steps), _entries(new.steps)
    found = [*_differing(left, right, period)]
    told = [_told(course.steps, policy_of, audience, period) for course in (old, new)]
    found += [
        CourseDifference(MESSAGES, kind, told[0][kind], told[1][kind])
        for kind in sorted(told[0] | told[1])
        if told[0][kind] != told[1][kind]
    ]
    before = {(item.act, item.on) for item in old.refused}
    found += [_refused(item) for item in new.refused if period.holds(item.on) and (item.act, item.on) not in before]
    sides = [_figures(course.steps, period) for course in (old, new)]
    for figures, messages in zip(sides, told, strict=True):
        figures["messages"] = messages.total()
    return ComparedCourses(tuple(found), *sides)


def _differing(
    left: dict[_Key, _CourseEntry], right: dict[_Key, _CourseEntry], period: WhatIfPeriod
) -> Iterator[CourseDifference]:
    for key in dict.fromkeys((*left, *right)):
        before, after = left.get(key), right.get(key)
        days = [entry.on for entry in (before, after) if entry is not None]
        if (before and before.day) == (after and after.day) or not any(map(period.holds, days)):
            continue
        what, of, state, _ = key
        yield CourseDifference(
            what,
            of,
            before.day if before else None,
            after.day if after else None,
            state,
            after.term if after else "",
            after.started_on if after else None,
        )


def _refused(item: RefusedAct) -> CourseDifference:
    return CourseDifference(REFUSED, item.act.value, item.on, None, reason=item.reason)


def _figures(steps: Iterable[CourseStep], period: WhatIfPeriod) -> Counter[str]:
    found: Counter[str] = Counter()
    for event, _case in steps:
        if not period.holds(event.occurred_on):
            continue
        if event.from_state is not event.to_state:
            found[event.to_state.value] += 1
        figure = _FIGURES.get(event.act)
        if figure is not None and not event.data.get("skipped"):
            found[figure] += 1
    return found
