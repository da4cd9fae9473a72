"""Conformance: where a case left its policy, by anybody, the office itself included.

Every decision is made again from the history, by the policy and the calendar of its day: what would be refused then was
out of order. Both sides are measured: what the unit did late, and what the office did late or did not tell.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from states.command import NO_FACTS, Command
from states.decision import decide
from states.errors import Refused, Sentence
from states.evolve import evolve
from states.fields import FIELDS
from states.guards.ladder import interview_is_done
from states.terms import date_text, days_late
from states.vocabulary import DEADLINES, SYSTEM_ACTS, Act, State, name
from store import cases, events, outbox_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.orm import Session

    from states.case import Case, Event
    from states.command import Rules
    from store.events import Recorded
    from store.outbox_messages import MessageStatus

OFFICE: Final = "office"
UNIT: Final = "unit"
_COMPUTED: Final = frozenset({"starts", "stops", "cycle", "becomes", "no_superior"})
_OUT_OF_ORDER: Final = Sentence("第{n}号事项“{act}”不合规则：{why}", "Event {n} “{act}” is against the rules: {why}")
_LATE: Final = Sentence(
    "“{kind}”应于{due}前完成，实际{done}，迟{days}个工作日。",
    "“{kind}” was due on {due} and done on {done}, {days} working day(s) late.",
)
_STILL_LATE: Final = Sentence(
    "“{kind}”应于{due}前完成，至今未完成，已迟{days}个工作日。",
    "“{kind}” was due on {due} and is still not done, {days} working day(s) late.",
)
_SKIPPED: Final = Sentence(
    "{due}到期前{days}个工作日的提醒没有按时发出（系统当时停机）。",
    "The reminder {days} working day(s) before {due} was not sent in time (an outage).",
)
_NO_ACT: Final = Sentence(
    "案件处于“{state}”（{phase}），相应的通报或约谈尚未办理。",
    "The case stands at “{state}” ({phase}), and the circular or the interview is still to come.",
)
_ABSENT: Final = Sentence("销号时案卷缺少：{papers}。", "At its closure the file lacked: {papers}.")
_PAPERS: Final = {
    "plan": ("整改方案", "the plan"),
    "criteria": ("整改目标（验收标准）", "the criteria"),
    "minutes": ("约谈纪要", "the minutes"),
}
_NOT_TOLD: Final = Sentence("通知“{notice}”没有送达{who}：{why}", "The message “{notice}” did not reach {who}: {why}")


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a case left its policy: by whose side, after which event, of what kind."""

    number: str
    unit: str
    side: str
    case_seq: int
    kind: str
    what: Sentence


def of_case(
    history: list[Recorded], told: Iterable[MessageStatus], rules_at: Callable[[Recorded], Rules], today: date
) -> Iterator[Departure]:
    """Yield the departures of one case, in the order of its events, then what is late or untold today."""
    case: Case | None = None
    for recorded in history:
        event, rules = recorded.event, rules_at(recorded)
        after = evolve(case, event)

        def found(side: str, kind: str, what: Sentence, case: Case = after, n: int = event.case_seq) -> Departure:
            return Departure(case.number, case.unit, side, n, kind, what)

        why = _refusal(case, event, rules)
        if why is not None:
            filled = _OUT_OF_ORDER.fill(n=event.case_seq, act=name(event.act), why=why)
            yield found(OFFICE, "out_of_order", filled)
        if case is not None:
            for kind, what, side in _done_late(case, after, event, rules):
                yield found(side, f"late_{kind}", what)
        for kind, what in _said_by(event):
            yield found(OFFICE, kind, what)
        case = after
    if case is None:
        return
    yield from _standing(case, rules_at(history[-1]), today)
    yield from _without_its_act(case)
    for item in told:
        if item.state == "failed":
            what = _NOT_TOLD.fill(notice=item.notice, who=f"{item.unit} {item.post}", why=item.reason or "")
            yield Departure(case.number, case.unit, OFFICE, item.case_seq, "not_delivered", what)


def _refusal(case: Case | None, event: Event, rules: Rules) -> Sentence | None:
    """Return why the act would be refused if it were decided today from the same history; nothing if it stands."""
    if event.act is Act.MERGE_INTO:
        return None  # what the other case was at that moment stands in that case
    known = FIELDS[event.act] if event.act not in SYSTEM_ACTS else event.data.keys() - _COMPUTED
    data = {key: value for key, value in event.data.items() if key in known}
    command = Command(act=event.act, actor=event.actor, on=event.occurred_on, data=data, case_id=event.case_id)
    try:
        decide(case, command, NO_FACTS, rules, event.recorded_at)
    except Refused as refused:
        return refused.sentence
    return None


def _done_late(case: Case, after: Case, event: Event, rules: Rules) -> Iterator[tuple[str, Sentence, str]]:
    """Yield what this event brought to its end after its day: by the office, or by the unit."""
    if event.act is Act.DEADLINE_REDATED:
        return
    left = {line.kind: line for line in after.deadlines}
    for line in case.deadlines:
        ended = left.get(line.kind) != line
        if line.kind == "rectification":
            ended = event.act is Act.SUBMIT_REPORT
        if line.party == "right" or not ended or event.occurred_on <= line.due_on:
            continue
        late = days_late(line.due_on, event.occurred_on, rules.calendar)
        if late and event.act not in SYSTEM_ACTS:
            what = _LATE.fill(
                kind=Sentence(*DEADLINES[line.kind]), due=_day(line.due_on), done=_day(event.occurred_on), days=late
            )
            yield line.kind, what, UNIT if line.party == "unit" else OFFICE


def _standing(case: Case, rules: Rules, today: date) -> Iterator[Departure]:
    for line in case.deadlines:
        if line.party == "right" or (line.kind == "rectification" and case.report_on is not None):
            continue
        late = days_late(line.due_on, today, rules.calendar)
        if late:
            what = _STILL_LATE.fill(kind=Sentence(*DEADLINES[line.kind]), due=_day(line.due_on), days=late)
            side = UNIT if line.party == "unit" else OFFICE
            yield Departure(case.number, case.unit, side, case.version, f"late_{line.kind}", what)


def _said_by(event: Event) -> Iterator[tuple[str, Sentence]]:
    """Yield what the event itself says that was missing: papers at the closure, a reminder in an outage."""
    if event.data.get("absent"):
        yield "absent_papers", _ABSENT.fill(papers=_papers(event.data["absent"]))
    if event.data.get("skipped") and event.act is Act.REMINDER_DUE:
        due = _day(date.fromisoformat(event.data["due_on"]))
        yield "reminder_not_sent", _SKIPPED.fill(due=due, days=event.data["days_before"])


def _papers(kinds: Iterable[str]) -> Sentence:
    words = [_PAPERS[kind] for kind in kinds]
    return Sentence("、".join(zh for zh, _en in words), ", ".join(en for _zh, en in words))


def _without_its_act(case: Case) -> Iterator[Departure]:
    """Yield that the state says more than was done: a rung that time has entered, whose act is still owed."""
    owed = {
        State.CRITICIZED: case.criticized_on is None,
        State.INTERVIEWED: not interview_is_done(case),
    }
    if owed.get(case.state):
        what = _NO_ACT.fill(state=name(case.state), phase=name(case.phase))
        yield Departure(case.number, case.unit, OFFICE, case.version, "state_without_act", what)


def _day(on: date) -> Sentence:
    return Sentence(date_text(on), date_text(on, "en"))


def of_office(
    session: Session,
    case_id: int | None,
    rules_at: Callable[[Session, Recorded], Rules],
    today: date,
) -> list[Departure]:
    """Return the departures of one case, or of all."""
    histories = [events.history(session, case_id)] if case_id else (history for _row, history in cases.by_case(session))
    found: list[Departure] = []
    for history in histories:
        told = outbox_messages.told(session, history[0].event.case_id)
        found += of_case(history, told, lambda recorded: rules_at(session, recorded), today)
    return found


def summed(found: Iterable[Departure]) -> dict[str, Counter[str]]:
    """Return how often each kind of departure happened: by unit what it did, under `office` what the office did."""
    totals: dict[str, Counter[str]] = {}
    for departure in found:
        whose = OFFICE if departure.side == OFFICE else departure.unit
        totals.setdefault(whose, Counter())[departure.kind] += 1
    return totals
