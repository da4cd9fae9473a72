"""The recurring rounds: what a flow, or a command in its place, starts at intervals.

Each is measured, and leaves a heartbeat when it has come to its end, by which `operations` sees that time is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from audit.rows import differing
from cases.sweep import clock_gap
from notifications.delivery import Manner, deliver
from notifications.signatures import watch_signatures
from notifications.weekly import send_weekly
from operations.clock import require_one_clock
from operations.figures import known_until
from states.errors import Sentence
from states.terms import date_text
from states.timers import timers
from store import cases, counters, deadline_days, health, obligations, outbox, text_search
from store import events as stored_events
from wiring.clock import now
from wiring.telemetry import letters_of, note, span

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy.orm import Session

    from cases.calendar_change import CalendarChange
    from cases.sweep import SweepResult, Sweeps
    from config.rulebook import Rulebook
    from notifications.channels import Channels
    from notifications.delivery import DeliveryResult
    from programme.obligation_sweep import ObligationSweeps
    from states.case import Case
    from states.timers import Timer
    from store.database import Database

_CALENDAR_ENDS: Final = Sentence(
    "放假通知只覆盖到{until}；{year}年的期限均为暂定，请在通知公布后导入（系统管理—日历，或 duban calendar import）。",
    "The notices cover the days until {until}; terms in {year} are provisional. Load the new notice "
    "when it is out (Administration, Calendar, or `duban calendar import`).",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the nightly comparison read, and which cases are not what their events make."""

    cases: int
    events: int
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalendarReach:
    """Until when the calendar knows the days, and what the office has to do about it."""

    known_until: date
    warnings: tuple[Sentence, ...]


class Rounds:
    """Makes the rounds of one installation."""

    def __init__(  # each round needs some of these parts
        self,
        database: Database,
        rulebook: Rulebook,
        sweeps: Sweeps,
        obligation_sweeps: Callable[[], ObligationSweeps],
        calendar_change: CalendarChange,
        channels: Channels,
        address: str,
    ) -> None:
        """Make the rounds of this database; `address` is where messages point to.

        `obligation_sweeps` is made when an obligation is due: most sweeps never want it.
        """
        self.database = database
        self.rulebook = rulebook
        self.sweeps = sweeps
        self._obligation_sweeps = obligation_sweeps
        self.calendar_change = calendar_change
        self.channels = channels
        self.address = address

    def sweep(
        self, as_of: datetime, at: datetime | None = None, *, within: timedelta | None = None, by_clock: bool = True
    ) -> SweepResult:
        """Fire what is due at `as_of`, and note that the sweep came to its end at `at` (now, if none is given).

        A calendar that has changed since the last sweep is applied first, so that nothing fires on a day of the old.
        One that has worked for `within` leaves the rest to the next. `by_clock` is false where a person asked for that
        moment, which may then lie before the one of the last sweep.

        Raises:
            Unavailable: this machine's clock is not the database's, or the database does not answer; nothing was fired.
        """
        require_one_clock(self.database, now())
        moment = at or now()
        self.calendar_change.redate_if_new(moment)
        began = monotonic()
        with span("sweep") as current:
            gap, obligations_due, counted_by = self._looked(as_of, by_clock=by_clock)
            tally = self.sweeps.sweep(as_of, moment, within=within, clock_gap=gap)
            if obligations_due:
                left = within - timedelta(seconds=monotonic() - began) if within is not None else None
                others = self._sweep_obligations(as_of, moment, left, counted_by)
                tally.add(others)
                tally.handed_over |= others.handed_over
            current.set_attribute("duban.fired", tally.fired)
        note("sweep", fired=tally.fired, failed=tally.failed, trace_id=current.trace_id)
        with self.database.transaction() as session:
            health.beat(session, "sweep", moment, f"fired {tally.fired}, failed {tally.failed}")
            health.beat(session, "swept", moment, as_of.isoformat())
        return tally

    def _sweep_obligations(
        self, as_of: datetime, moment: datetime, within: timedelta | None, counted_by: str
    ) -> SweepResult:
        """Let time look at obligations; under another calendar than last time, first count again when it looks."""
        sweeps = self._obligation_sweeps()
        calendar = self.rulebook.calendar.hash
        if counted_by != calendar:
            sweeps.recount()
            with self.database.transaction() as session:
                health.beat(session, obligations.COUNTED, moment, calendar)
        return sweeps.sweep(as_of, moment, within=within)

    def _looked(self, as_of: datetime, *, by_clock: bool) -> tuple[str, bool, str]:
        """Look at what decides about this sweep, in one reading.

        Return how far its clock is from that of the last one, if that is implausible, else nothing; whether obligations
        have to be looked at; and by which calendar that was counted last.
        """
        with self.database.reading() as session:
            last, counted_by, is_due = obligations.before_sweep(session, as_of)
        gap = clock_gap(
            datetime.fromisoformat(last) if last else None,
            as_of,
            self.rulebook.calendar,
            self.rulebook.zone,
            self.rulebook.policy.confirm_after_gap,
            by_clock=by_clock,
        )
        return gap, is_due or counted_by != self.rulebook.calendar.hash, counted_by

    def deliver(self, at: datetime) -> DeliveryResult:
        """Send what is owed and may leave at this moment, with what missing signatures and a new week owe."""
        with span("delivery") as current:
            with self.database.reading() as session:
                self.rulebook.refresh(session)
            manner = replace(self.manner(), watched=letters_of(current))
            # What is missing is owed first, so that it leaves in this very round.
            watch_signatures(self.database, at, manner)
            tally = deliver(self.database, self.channels, at, manner)
            send_weekly(self.database, self.channels, at, manner)
            current.set_attribute("duban.sent", tally.sent)
        note("delivery", sent=tally.sent, failed=tally.failed, held=tally.held, trace_id=current.trace_id)
        with self.database.transaction() as session:
            health.beat(session, "delivery", at, f"sent {tally.sent}, failed {tally.failed}, held {tally.held}")
        return tally

    def manner(self) -> Manner:
        """Return how messages leave: in which hours, by which calendar, and where they point."""
        return Manner(
            policy=self.rulebook.policy,
            calendar=self.rulebook.calendar,
            zone=self.rulebook.zone,
            link=self.address,
        )

    def rebuild(self, at: datetime) -> Comparison:
        """Fold every case again, and compare rows, timers, tallies and texts with what the events make.

        Tallies only count and texts are only found, so wrong ones are written anew; what else differs is left for
        people to look at.
        """
        with self.database.reading(unhurried=True) as session:
            found = list(differing(session, lambda case: self._timers_of(session, case)))
            wrong = counters.wrong(session)
            if wrong:
                found.append(f"tallies: {wrong} lines were not what the cases and events make; written anew")
            lost = text_search.wrong(session)
            if lost:
                found.append(f"search: {lost} cases were not found by what they say; written anew")
            astray = deadline_days.wrong(session)
            if astray:
                found.append(f"calendar: {astray} days were not those of the cases' deadlines; written anew")
            tally = Comparison(sum(cases.counts(session).values()), stored_events.size(session), tuple(found))
        with self.database.transaction(unhurried=True) as session:
            if wrong:
                counters.refill(session)
            if lost:
                text_search.refill(session)
            if astray:
                deadline_days.refill(session)
            outbox.count_all(session, at)
            health.beat(session, "rebuild", at, f"{tally.cases} cases, {len(found)} differ")
        return tally

    def _timers_of(self, session: Session, case: Case) -> tuple[Timer, ...]:
        return timers(case, self.rulebook.rules_of(session, case))

    def check_calendar(self, at: datetime) -> CalendarReach:
        """Say until when the calendar knows the days; warn from November on if next year's notice is not in."""
        found = self.calendar_reach(at)
        with self.database.transaction() as session:
            health.beat(session, "calendar", at, f"known until {found.known_until}")
        return found

    def calendar_reach(self, at: datetime) -> CalendarReach:
        """Say what `check_calendar` says, for somebody who only looks: nothing is noted."""
        today = at.astimezone(self.rulebook.zone).date()
        until = known_until(self.rulebook.calendar, today)
        year = until.year + 1
        soon = today + timedelta(days=60)
        warnings = (
            (_CALENDAR_ENDS.fill(until=Sentence(date_text(until, "zh-CN"), date_text(until, "en")), year=year),)
            if soon > until
            else ()
        )
        return CalendarReach(until, warnings)
