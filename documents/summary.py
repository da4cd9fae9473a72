"""A case as its documents tell it: plain words and days, made in one place from the case, its events and the names.

Nothing else of this package knows what a case or an event looks like inside, so a field that an act gains is taken up
here and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from documents.kinds import KINDS
from states.errors import BadTerm
from states.policy import TermStart
from states.terms import Term, date_text
from states.vocabulary import State, inspection_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from states.case import Case, Event
    from states.policy import Policy
    from store.commendations import Commendation

_DUTY: Final = re.compile(r"^art(?P<article>\d+)(?:-(?P<item>\d+))?[a-z]?$")
_FIGURES: Final = "〇一二三四五六七八九十"
_MARKS: Final = {"internal": "内部", "work_secret": "工作秘密"}
_KIND_OF_ACT: Final = {act: kind for kind in KINDS.values() for act in kind.acts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people call the office, the duty of the case and the unit above the one inspected."""

    office: str
    office_short: str = ""
    duty_title: str = ""
    superior: str = ""
    series: str = ""  # of document numbers, such as 临法治督
    acts: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastAct:
    """One event as a document tells it. `starts` are the days by which something became due through it, by kind."""

    act: str
    name: str
    day: date
    who: str
    data: Mapping[str, Any]
    starts: Mapping[str, tuple[date, str]]


@dataclass(frozen=True, slots=True)
class Paper:
    """One document in the file of the case, by its title; without a number where it took none."""

    title: str
    number: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSummary:
    """The case in the words of its documents; days are those of the office's zone, `terms` the policy's."""

    names: Names
    number: str
    state: str
    rung: str  # the state by its code
    unit: str
    unit_kind: str
    post: str
    duty: str
    inspection: str
    finding: str
    criteria: str
    secrecy: str
    opened_on: date
    is_open: bool
    light: str
    proposed_term: str
    terms: Mapping[str, str]
    items: tuple[Mapping[str, str], ...]
    remaining: str  # what was left of the rectification when the clock stopped, such as 13个工作日; empty if it runs
    runs_from_entry: date | None  # the due day of the term that the present rung has given already, without any paper
    steps: tuple[PastAct, ...]
    papers: tuple[Paper, ...]
    merit: str = ""  # for what a commendation is given

    def last(self, *acts: str) -> PastAct | None:
        """Return the latest of these acts, if there was any."""
        return next((step for step in reversed(self.steps) if step.act in acts), None)

    def missed(self) -> date | None:
        """Return the due day that was missed last: that for which time entered the rung, else the latest of all."""
        entered = self.last("escalated", "escalation_proposed")
        if entered is not None and entered.data.get("due_on"):
            return date.fromisoformat(str(entered.data["due_on"]))
        return self.due()

    def before(self, step: PastAct) -> CaseSummary:
        """Return the case as it was told before this step."""
        place = next(index for index, one in enumerate(self.steps) if one is step)
        return replace(self, steps=self.steps[:place])

    def due(self, kind: str = "rectification") -> date | None:
        """Return the day by which the latest duty of this kind was or is due."""
        return next((step.starts[kind][0] for step in reversed(self.steps) if kind in step.starts), None)


def summary_of(case: Case, events: Iterable[Event], names: Names, policy: Policy) -> CaseSummary:
    """Return the case as its documents tell it. The events are those of the case, in their order."""
    steps = tuple(_step(event, names) for event in events)
    terms = {state.value: str(rung.term) for state, rung in policy.rungs.items()}
    terms |= {kind: str(limit.term) for kind, limit in policy.limits.items()}
    paused = dict(case.paused).get("rectification") if case.suspended_on is not None else None
    return CaseSummary(
        names=names,
        number=case.number,
        state=names.states.get(case.state.value, ""),
        rung=case.state.value,
        unit=case.unit,
        unit_kind=case.unit_kind,
        post=case.post,
        duty=_duty(case, names),
        inspection=inspection_name(case.inspection),
        finding=case.finding,
        criteria=case.criteria,
        secrecy=_MARKS.get(case.confidentiality.value, ""),
        opened_on=case.opened_on,
        is_open=case.is_open,
        light=_LIGHTS.get(case.light.value, ""),
        proposed_term=case.proposed_term,
        terms=terms,
        items=_items(case),
        remaining=_left(paused),
        runs_from_entry=_from_entry(case, policy),
        steps=steps,
        papers=_papers(steps),
    )


def summary_of_commendation(found: Commendation, unit_kind: str, names: Names) -> CaseSummary:
    """Return a commendation as its circular tells it: the unit or the post, and for what; no case is behind it."""
    post = found.post if not found.post or found.post.startswith(found.unit) else f"{found.unit}{found.post}"
    return CaseSummary(
        names=names,
        number="",
        state="",
        rung="",
        unit=found.unit,
        unit_kind=unit_kind,
        post=post,
        duty="",
        inspection="",
        finding="",
        criteria="",
        secrecy="",
        opened_on=found.proposed_on,
        is_open=True,
        light="",
        proposed_term="",
        terms={},
        items=(),
        remaining="",
        runs_from_entry=None,
        steps=(),
        papers=(),
        merit=found.text,
    )


_LIGHTS: Final = {"green": "绿灯", "blue": "蓝灯", "yellow": "黄灯", "red": "红灯"}


def _step(event: Event, names: Names) -> PastAct:
    starts = {line["kind"]: (date.fromisoformat(line["due_on"]), line["term"]) for line in event.data.get("starts", ())}
    act = event.act.value
    return PastAct(act, names.acts.get(act, act), event.occurred_on, event.actor.unit, event.data, starts)


def _duty(case: Case, names: Names) -> str:
    """Return the place of the duty as documents cite it: 第六条第三项, with 参照执行 where applied by reference."""
    found = _DUTY.match(case.duty)
    if found is None:
        return names.duty_title
    place = f"第{_figure(int(found['article']))}条"
    if found["item"]:
        place += f"第{_figure(int(found['item']))}项"
    if names.duty_title:
        place += f"关于“{names.duty_title}”的要求"
    return f"{place}（参照执行）" if case.by_reference else place


def _figure(number: int) -> str:
    """Return a number below one hundred in Chinese figures."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _FIGURES[ones]
    return (_FIGURES[tens] if tens > 1 else "") + "十" + (_FIGURES[ones] if ones else "")


def _items(case: Case) -> tuple[Mapping[str, str], ...]:
    """Return the list of problems with what later acts said of each; the finding itself where there is no list."""
    rows = [
        {
            "fact": item.fact,
            "criterion": item.criterion or case.criteria,
            "term": _term(item.term),
            "lead": item.lead,
            "measure": item.measure,
            "responsible": item.person,
            "by": _written_day(item.plan_day),
            "answer": item.answer,
            "evidence": f"{len(item.evidence)}件" if item.evidence else item.no_evidence,
            "verdict": _VERDICTS.get(item.verdict, "") + (f"：{item.remark}" if item.remark else ""),
        }
        for item in case.items
    ]
    rows = rows or [{"fact": case.finding, "criterion": case.criteria}]
    return tuple({name: said for name, said in row.items() if said} for row in rows)


_VERDICTS: Final = {"passed": "通过", "failed": "未通过"}


def _from_entry(case: Case, policy: Policy) -> date | None:
    """Return the due day that runs since time entered the rung, if the policy counts so (docs/domain.md §4.7)."""
    line = case.deadline("rectification")
    by_entry = policy.practice.term_starts is TermStart.ENTRY and case.state in (State.CRITICIZED, State.INTERVIEWED)
    return line.due_on if line is not None and by_entry else None


def _left(left: int | str | None) -> str:
    """Return what is left of a term in words: a number is one of working days, a text a term of its own unit."""
    return f"{left}个工作日" if isinstance(left, int) else _term(left or "")


def _term(term: str) -> str:
    try:
        return Term.parse(term).text() if term else ""
    except BadTerm:
        return term


def _written_day(day: str) -> str:
    return date_text(date.fromisoformat(day)) if day else ""


def _papers(steps: Iterable[PastAct]) -> tuple[Paper, ...]:
    found = []
    for step in steps:
        kind = _KIND_OF_ACT.get(step.act)
        number = str(step.data.get("document_number", ""))
        if kind is not None:
            found.append(Paper(kind.zh, number, step.day))
        elif number:
            found.append(Paper(step.name, number, step.day))
    return tuple(found)
