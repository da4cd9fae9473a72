"""Time: fires every timer that is due, the oldest first, in batches of one transaction each."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from cases.unit_of_work import SYSTEM, OpenCase, UnitOfWork
from states.command import NO_FACTS
from states.errors import Unavailable
from states.firing import fired
from states.timers import timers
from states.vocabulary import Act
from store import cases, unit_posts
from store import timers as stored_timers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from states.command import Facts
    from states.working_days import Calendar
    from store.timers import DueTimer
    from store.unit_posts import Posts

SET_ASIDE: Final = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
"""How long a timer that could not be fired is put aside, the first, second and every later time."""


FEWEST_BY_TURNS: Final = 2
_SLOW: Final = "firing this case took longer than {seconds} s"
SLOWEST: Final = 10.0
"""After how many seconds a case that is still being fired is set aside; most take less than a thousandth of one."""


SHORTEST_BATCH: Final = 20
FIRST_BATCH: Final = 125
LOCKED_FOR: Final = 0.5
"""About how many seconds a batch may take: so long others wait for its cases, and so much a killed worker loses."""


MOST_STEPS: Final = 200
"""How many steps a sweep names one by one; of a burst it says how many they were."""


class SweepStep(NamedTuple):
    """One step that a sweep took: in which case, which act, the day that it speaks of, how late in seconds."""

    number: str
    act: Act
    due_on: str
    late_seconds: int


@dataclass(slots=True)
class SweepResult:
    """What one sweep did. `late_max_seconds` is how long the latest of the fired timers had been due.

    `handed_over`: its time was over before its work was, and the next sweep goes on. `steps` are the first
    `MOST_STEPS` of what it did, in their order.
    """

    fired: int = 0
    skipped: int = 0
    blocked: int = 0
    failed: int = 0
    late_max_seconds: int = 0
    by_act: Counter[str] = field(default_factory=Counter)
    handed_over: bool = False
    steps: list[SweepStep] = field(default_factory=list)

    def add(self, other: SweepResult) -> None:
        """Add what a part of the sweep did."""
        self.fired += other.fired
        self.skipped += other.skipped
        self.blocked += other.blocked
        self.failed += other.failed
        self.late_max_seconds = max(self.late_max_seconds, other.late_max_seconds)
        self.by_act += other.by_act
        self.steps += other.steps[: MOST_STEPS - len(self.steps)]


@dataclass(slots=True)
class _Turns:
    """How many timers of each unit are asked for when units take turns: about twice as many as fill a batch."""

    each: int = 4

    def learn(self, units: set[int | None], wanted: int) -> None:
        """Ask for as many of each next time as the units that had something make necessary."""
        self.each = min(wanted, max(1, 2 * wanted // max(1, len(units))))


@dataclass(slots=True)
class Pace:
    """How large the next batch of a sweep is: begun small, at most `most`, and no larger than takes `LOCKED_FOR`."""

    most: int
    size: int = 0

    def __post_init__(self) -> None:
        """Begin small: a worker that is killed soon has then done something."""
        self.size = min(self.most, FIRST_BATCH)

    def learn(self, seconds: float) -> None:
        """Make the next batch as much larger or smaller as this one's time says, and never over twice as large."""
        wanted = min(2 * self.size, int(self.size * LOCKED_FOR / max(seconds, 0.001)))
        self.size = min(self.most, max(SHORTEST_BATCH, wanted))


@dataclass(frozen=True, slots=True)
class _Run:
    """When a sweep runs: timers due at `as_of` fire, events are recorded at `now`."""

    as_of: datetime
    now: datetime
    facts: Facts


class Sweeps:
    """Fires due timers."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        """Fire the timers of the cases that this unit of work loads and writes."""
        self.unit_of_work = unit_of_work
        self.slowest = SLOWEST

    def sweep(
        self,
        as_of: datetime,
        now: datetime,
        *,
        batch: int = 500,
        on_failure: Callable[[DueTimer, Exception], None] | None = None,
        within: timedelta | None = None,
        clock_gap: str = "",
    ) -> SweepResult:
        """Fire every timer that is due at `as_of`, the oldest first, in batches of one transaction each.

        With `clock_gap`, which says how far the clock is from the last sweep, every escalation waits for a release.

        A batch is at most `batch` timers, and fewer where those take longer than `LOCKED_FOR`. Where more is due than
        fits one, half of each goes round the units in turn (PostgreSQL), so that the burst of one holds up no other. A
        sweep that has worked for `within` leaves the rest to the next one. Several sweeps
        at once share the work.

        Repeating is harmless: what has fired is no longer there. A case that cannot be moved is set aside with its
        reason and tried again later; the others go on. After an outage everything is worked off in order; reminders
        that later steps have overtaken are recorded as skipped and not sent.
        """
        at = _Run(as_of, now, replace(NO_FACTS, clock_gap=clock_gap))
        tally = SweepResult()
        until = monotonic() + within.total_seconds() if within is not None else inf
        with self.unit_of_work.database.transaction() as session:
            stored_timers.release(session, as_of)
        bad: set[int] = set()
        turns, pace = _Turns(), Pace(batch)
        while True:
            began = monotonic()
            if began >= until:
                tally.handed_over = True
                return tally
            failures: list[tuple[DueTimer, Exception]] = []
            waiting: list[DueTimer] = []
            own = SweepResult()
            try:
                with _uncollected(), self.unit_of_work.database.transaction() as session:
                    waiting += self._due(session, as_of, pace.size, bad, turns)
                    if not waiting:
                        return tally
                    self._fire(session, waiting, at, own, failures)
            except Unavailable:
                raise
            except Exception:
                if not waiting:
                    raise
                # Something that only the database could see: who it is comes out when each is tried alone.
                own, failures = self._fire_each(waiting, at)
            tally.add(own)
            pace.learn(monotonic() - began)
            for timer, error in failures:
                bad.add(timer.case_id)
                tally.failed += 1
                wait = SET_ASIDE[min(timer.failures, len(SET_ASIDE) - 1)]
                with self.unit_of_work.database.transaction() as session:
                    stored_timers.set_aside(session, timer, f"{type(error).__name__}: {error}", as_of, as_of + wait)
                if on_failure is not None:
                    on_failure(timer, error)

    def _due(self, session: Session, as_of: datetime, batch: int, bad: set[int], turns: _Turns) -> list[DueTimer]:
        """Return the next batch: what is due, if it fits; else half of it the oldest, and half by turns."""
        if self.unit_of_work.database.is_sqlite or batch < FEWEST_BY_TURNS:
            return stored_timers.due(session, as_of, batch, skip=bad)
        half = batch // 2
        oldest = stored_timers.due(session, as_of, half, skip=bad)
        if len(oldest) < half:
            return oldest
        fair = stored_timers.due_by_turns(session, as_of, batch - half, turns.each, oldest[-1], skip=bad)
        turns.learn({timer.unit_id for timer in fair}, half)
        return oldest + fair

    def _fire_each(self, waiting: Sequence[DueTimer], at: _Run) -> tuple[SweepResult, list[tuple[DueTimer, Exception]]]:
        """Fire the due timers of each case in a transaction of its own; return what was done, and what failed."""
        tally = SweepResult()
        failures: list[tuple[DueTimer, Exception]] = []
        for timer in {timer.case_id: timer for timer in reversed(waiting)}.values():
            own = SweepResult()
            try:
                with self.unit_of_work.database.transaction() as session:
                    self._fire(session, [timer], at, own, failures)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  # one bad case must not hold up the rest; it is set aside
                failures.append((timer, error))
                continue
            tally.add(own)
        return tally, failures

    def _fire(  # one batch, with where its results go
        self,
        session: Session,
        waiting: Sequence[DueTimer],
        at: _Run,
        tally: SweepResult,
        failures: list[tuple[DueTimer, Exception]],
    ) -> None:
        """Fire one batch of due timers, each case on its own, and write them all."""
        by_case: dict[int, list[DueTimer]] = {}
        for timer in waiting:
            by_case.setdefault(timer.case_id, []).append(timer)
        stored = cases.many(session, by_case, to_change=True)
        office_id = self.unit_of_work.office_id(session)
        posts = unit_posts.posts_of(session, {item.unit_id for item in stored.values()}, office_id)
        works: list[OpenCase] = []
        counted: list[SweepResult] = []
        for case_id, mine in by_case.items():
            own = SweepResult()
            try:
                work = self.unit_of_work.begin(session, stored[case_id])
                self._fire_case(work, posts, at, own)
            except Exception as error:  # noqa: BLE001  # one bad case must not hold up the rest; it is set aside
                failures.append((mine[0], error))
                continue
            if not work.events:
                # The row was left over from a case that has moved on; the case itself says which timers it has.
                stored_timers.rewrite(session, case_id, work.now.unit_id, timers(work.now.case, work.rules))
            works.append(work)
            counted.append(own)
        self.unit_of_work.write(session, works, at.now)
        for own in counted:
            tally.add(own)

    def _fire_case(self, work: OpenCase, posts: Posts, at: _Run, tally: SweepResult) -> None:
        """Fire the due timers of one case in their order, as far as the case still has them."""
        began = monotonic()
        while True:
            if monotonic() - began > self.slowest:
                raise TimeoutError(_SLOW.format(seconds=self.slowest))
            work.has = timers(work.now.case, work.rules)
            if work.had is None:
                work.had = work.has
            ready = [timer for timer in work.has if timer.due_at <= at.as_of]
            if not ready:
                return
            event = fired(work.now.case, ready, SYSTEM, at.as_of, at.facts, work.rules, at.now)
            late = int(event.data.get("late_seconds", 0))
            self.unit_of_work.apply(work, event, posts, at.now)
            tally.by_act[event.act.value] += 1
            if len(tally.steps) < MOST_STEPS:
                tally.steps.append(SweepStep(work.now.case.number, event.act, str(event.data["due_on"]), late))
            if event.act is Act.ESCALATION_BLOCKED:
                tally.blocked += 1
            if event.data.get("skipped"):
                tally.skipped += 1
            elif event.act is not Act.ESCALATION_BLOCKED:
                tally.fired += 1
                tally.late_max_seconds = max(tally.late_max_seconds, late)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the collector of cycles rest while a batch is worked on.

    A batch makes a bounded number of objects and hardly a cycle; walking through all of them again and again, as their
    number makes the collector do, took a sixth of the time. It goes to work as soon as the batch is over.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def clock_gap(  # the last sweep and this one, and by what they are judged
    last: datetime | None, as_of: datetime, calendar: Calendar, zone: tzinfo, most: int, *, by_clock: bool
) -> str:
    """Return how far a sweep is from the one before, if no office is plausibly off so long; else nothing.

    More than `most` working days between the two days is a gap. A sweep that is earlier than the last one means that
    the clock went back, unless a person asked for that moment (`by_clock` is false).

    Source: docs/domain.md §4.7 (clocks).
    """
    if last is None or most == 0:
        return ""
    then, today = last.astimezone(zone).date(), as_of.astimezone(zone).date()
    if as_of < last and then != today:
        return f"{then} → {today}" if by_clock else ""
    return f"{then} → {today}" if calendar.working_days_between(then, today) > most else ""
