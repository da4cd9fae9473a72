"""Replay: a case rebuilt from its events alone, step by step, or as it stood at a moment."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import TYPE_CHECKING

from states.case import Actor, Case
from states.command import Command, Rules
from states.decision import allowed
from states.errors import NotFound, Sentence
from states.evolve import evolve, fold
from states.terms import date_text
from states.vocabulary import SILENT_ACTS, Role
from store import cases, outbox_messages, personal_data
from store import events as event_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, tzinfo

    from sqlalchemy.orm import Session

    from states.vocabulary import Act
    from store.events import Recorded
    from store.outbox_messages import MessageStatus

_NOTHING_YET = Sentence(
    "{day}{time}，本案还没有任何记录。", "On {day} at {time} nothing of this case had happened yet."
)
NOBODY = Actor(user="", role=Role.SYSTEM)
"""Who asks what may be done when nobody in particular asks: every role's acts are told."""


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """One event of a case: the case before and after it, and the rules by which it was decided."""

    recorded: Recorded
    before: Case | None
    case: Case
    rules: Rules

    def choices(self, asker: Actor = NOBODY, on: date | None = None) -> tuple[dict[Act, Role], dict[Act, Sentence]]:
        """Return what could be done after this event, on its own day if none is given, and why all else could not."""
        event = self.recorded.event
        return allowed(self.case, Command(act=event.act, actor=asker, on=on or event.occurred_on, data={}), self.rules)


def steps(history: Iterable[Recorded], rules_of: Callable[[Recorded], Rules]) -> Iterator[ReplayStep]:
    """Yield the case after each of its events; whoever shows a case step by step takes them from here.

    `rules_of` gives the rules by the hashes that an event carries: what could be done then is judged by the policy and
    the calendar of then.
    """
    case: Case | None = None
    for recorded in history:
        before, case = case, evolve(case, recorded.event)
        yield ReplayStep(recorded, before, case, rules_of(recorded))


@dataclass(frozen=True, slots=True)
class Replay:
    """A case as it stood: what had happened, what was allowed and refused, and who had been told what by then.

    `differs` says that the stored row is not what the whole history makes; an auditor must see that at once.
    """

    case: Case
    events: tuple[Recorded, ...]
    allowed: dict[Act, Role]
    refused: dict[Act, Sentence]
    told: tuple[MessageStatus, ...]
    differs: bool


def took_effect_at(recorded: Recorded, zone: tzinfo) -> datetime:
    """Return when an event took effect: when it was entered, or, entered later, at the beginning of its day."""
    event = recorded.event
    if event.recorded_at.astimezone(zone).date() == event.occurred_on:
        return event.recorded_at
    return datetime.combine(event.occurred_on, time.min, zone)


def until(history: Sequence[Recorded], at: datetime, zone: tzinfo) -> list[Recorded]:
    """Return the events up to `at`, inclusive. What came later in the history never took effect earlier."""
    found: list[Recorded] = []
    for recorded in history:
        if took_effect_at(recorded, zone) > at:
            if recorded.event.act in SILENT_ACTS:
                continue  # looking at a case or erasing in it does not keep back what was entered after it
            break
        found.append(recorded)
    return found


def known(history: Sequence[Recorded], at: datetime) -> list[Recorded]:
    """Return the events that had been recorded by `at`, inclusive, whatever day they speak of."""
    return [recorded for recorded in history if recorded.event.recorded_at <= at]


def replay(
    session: Session,
    case_id: int,
    rules_at: Callable[[Session, Recorded], Rules],
    now: datetime,
    *,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> Replay:
    """Return the case from its events alone: as it stood at `at`, by what had been recorded up to `known_at`.

    Without `known_at`, by all that is known now: an act that was entered late counts from its own day. Without `at`,
    as it stood last by what was known; both together give the case of one day as it was known on another.

    Raises:
        NotFound: there is no such case, or nothing of it had happened, or was known, yet.
    """
    history = event_rows.history(session, case_id)
    stored = cases.get(session, case_id)
    whole = fold(recorded.event for recorded in history)
    zone = rules_at(session, history[-1]).zone
    moments = [moment for moment in (at, known_at) if moment is not None]
    moment = min(moments, default=now)
    seen = history if known_at is None else known(history, known_at)
    seen = seen if at is None else until(seen, at, zone)
    passed = deque(steps(seen, lambda recorded: rules_at(session, recorded)), maxlen=1)
    if not passed:
        at_home = moment.astimezone(zone)
        day = Sentence(date_text(at_home.date(), "zh-CN"), date_text(at_home.date(), "en"))
        raise NotFound(_NOTHING_YET.fill(day=day, time=f"{at_home:%H:%M}"))
    last = passed[0]
    case = last.case
    may, may_not = last.choices(on=max(moment.astimezone(zone).date(), case.entered_on))
    had_left = known_at or moment
    told = tuple(
        item if item.sent_at is None or item.sent_at <= had_left else _not_yet(item)
        for item in outbox_messages.told(session, case_id)
        if item.case_seq <= case.version
    )
    shown = personal_data.shown_history(session, seen)
    return Replay(personal_data.shown(session, case), tuple(shown), may, may_not, told, differs=whole != stored.case)


def _not_yet(item: MessageStatus) -> MessageStatus:
    """Return the message as it was before it left."""
    return replace(item, state=outbox_messages.WAITING, sent_at=None, attempts=0, reason=None)
