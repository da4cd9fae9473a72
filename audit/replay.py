"""Replay: a case rebuilt from its events alone, as it stood at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from states.case import Actor, Case
from states.command import Command, Rules
from states.errors import NotFound, Sentence
from states.evolve import fold
from states.lifecycle import allowed
from states.vocabulary import SILENT_ACTS, Role
from store import cases, outbox, personal_data
from store import events as event_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from sqlalchemy.orm import Session

    from states.vocabulary import Act
    from store.events import Recorded
    from store.outbox import Told

_NOTHING_YET = Sentence("在{at}，本案还没有任何记录。", "At {at} nothing of this case had happened yet.")


@dataclass(frozen=True, slots=True)
class Replay:
    """A case as it stood: what had happened, what was allowed and refused, and who had been told what by then.

    `differs` says that the stored row is not what the whole history makes; an auditor must see that at once.
    """

    case: Case
    events: tuple[Recorded, ...]
    allowed: dict[Act, Role]
    refused: dict[Act, Sentence]
    told: tuple[Told, ...]
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


def replay(
    session: Session, case_id: int, rules_at: Callable[[Session, Recorded], Rules], at: datetime | None, now: datetime
) -> Replay:
    """Return the case as it stood at `at` (now, if none is given), from its events alone.

    `rules_at` gives the rules by the hashes that an event carries: what was allowed then is judged by the policy and
    the calendar of then.

    Raises:
        NotFound: there is no such case, or nothing of it had happened yet.
    """
    history = event_rows.history(session, case_id)
    stored = cases.get(session, case_id)
    whole = fold(recorded.event for recorded in history)
    zone = rules_at(session, history[-1]).zone
    moment = at or now
    seen = until(history, moment, zone) if at is not None else history
    case = fold(recorded.event for recorded in seen)
    if case is None:
        raise NotFound(_NOTHING_YET.fill(at=moment.astimezone(zone).isoformat(timespec="minutes")))
    rules = rules_at(session, seen[-1])
    asker = Command(
        act=seen[-1].event.act,
        actor=Actor(user="", role=Role.SYSTEM),
        on=max(moment.astimezone(zone).date(), case.entered_on),
        data={},
    )
    may, may_not = allowed(case, asker, rules)
    told = tuple(
        item if item.sent_at is None or item.sent_at <= moment else _not_yet(item)
        for item in outbox.told(session, case_id)
        if item.case_seq <= case.version
    )
    shown = personal_data.shown_history(session, seen)
    return Replay(personal_data.shown(session, case), tuple(shown), may, may_not, told, differs=whole != stored.case)


def _not_yet(item: Told) -> Told:
    """Return the message as it was before it left."""
    return outbox.Told(
        case_seq=item.case_seq,
        notice=item.notice,
        unit=item.unit,
        post=item.post,
        due_on=item.due_on,
        state=outbox.WAITING,
        created_at=item.created_at,
        sent_at=None,
        attempts=0,
        reason=None,
    )
