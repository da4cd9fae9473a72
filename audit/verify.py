"""Verification: the whole history against its hashes, and the current rows against the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from states.case import dump, fold
from states.history import FIRST, canonical, seal
from store import cases
from store import timers as timer_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from states.case import Case
    from states.timers import Timer


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether everything fits. `first_wrong` names the first place that does not, and what is wrong there."""

    ok: bool
    events: int
    first_wrong: str | None


def verify(session: Session) -> Verdict:
    """Check every event and every row; stop at the first that does not fit."""
    count, wrong = _wrong_event(session)
    if wrong is None:
        wrong = next(iter(differing(session, timers_of=None)), None)
    return Verdict(wrong is None, count, wrong)


def _wrong_event(session: Session) -> tuple[int, str | None]:
    """Return how many events were read, and the first that is out of place or was changed."""
    heads: dict[int, tuple[int, str]] = {}
    count = 0
    for recorded in cases.everything(session):
        event = recorded.event
        count += 1
        if recorded.seq != count:
            return count, f"event {count} is missing: {recorded.seq} stands in its place"
        version, head = heads.get(event.case_id, (0, FIRST))
        if event.case_seq != version + 1:
            return count, f"event {recorded.seq}: case {event.case_id} goes from {version} to {event.case_seq}"
        if recorded.prev_hash != head:
            return count, f"event {recorded.seq}: does not follow its predecessor in case {event.case_id}"
        if canonical(event.data) != recorded.data or seal(event, recorded.data, head) != recorded.hash:
            return count, f"event {recorded.seq}: its content is not what its hash seals (case {event.case_id})"
        heads[event.case_id] = (event.case_seq, recorded.hash)
    if count != cases.size(session):
        return count, f"event {count + 1} is missing: the history should have {cases.size(session)}"
    return count, None


def differing(session: Session, timers_of: Callable[[Case], tuple[Timer, ...]] | None) -> list[str]:
    """Return every case whose row, or whose timers if asked, are not what its events make."""
    found: list[str] = []
    for row, history in cases.by_case(session):
        case = fold(recorded.event for recorded in history)
        if case is None:
            found.append(f"case {row.id}: has a row but no events")
            continue
        if dump(case) != row.body:
            found.append(f"case {row.id} ({case.number}): its row is not the fold of its events")
        elif history[-1].hash != row.head_hash:
            found.append(f"case {row.id} ({case.number}): its row does not end where its history ends")
        elif timers_of is not None:
            must = {(timer.key, timer.kind, timer.due_at) for timer in timers_of(case)}
            if must != timer_rows.of_case(session, row.id):
                found.append(f"case {row.id} ({case.number}): its timers are not those of the case")
    return found
