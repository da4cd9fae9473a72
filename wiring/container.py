"""An office at work: the parts joined by the settings of this installation."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from audit.bundle import Sources, write_bundle
from audit.checkpoints import make as make_checkpoint
from audit.conformance import Departure, of_office
from audit.keys import rotate, signers
from audit.notes import Checkpoint, Key, opened
from audit.replay import Replay, replay
from audit.verify import Verdict, differing, verify
from cases.calendar_change import CalendarChange
from cases.console import Console
from cases.console_desk import ConsoleDesk
from cases.policy_change import PolicyChange
from cases.queries import CaseQueries
from cases.recount import Recounts
from cases.sweep import Sweeps, clock_gap
from cases.unit_of_work import UnitOfWork
from config.home import made
from config.policy import meaning
from config.rulebook import Rulebook
from config.settings import Settings, read_settings
from notifications.channels import Channels, Message, Servers, masked
from notifications.delivery import Manner, deliver
from notifications.delivery import Tally as DeliveryTally
from operations.clock import require_one_clock
from operations.figures import Vitals, known_until, vitals
from operations.health import Health, health_of
from operations.installation import OtherInstallation, require_same, settle
from operations.watchdog import Promises, promises, watch
from states.case import is_restricted_for
from states.errors import BadData, Problem, Sentence
from states.timers import timers
from store import (
    cases,
    checkpoints,
    counters,
    evidence,
    health,
    organisation,
)
from store import events as event_rows
from store.database import Database
from wiring.clock import now
from wiring.telemetry import TracedDesk, letters_of, note, span, traceparent

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from sqlalchemy.orm import Session

    from cases.sweep import Tally
    from notifications.channels import Outcome
    from states.case import Actor, Case
    from states.timers import Timer


@dataclass(frozen=True, slots=True)
class RebuildTally:
    """What the nightly comparison read, and which cases are not what their events make."""

    cases: int
    events: int
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalendarTally:
    """Until when the calendar knows the days, and what the office has to do about it."""

    known_until: date
    warnings: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint that was signed: where copies went, and where they could not go."""

    checkpoint: Checkpoint
    note: str
    sent: tuple[str, ...]
    failed: tuple[str, ...]


_OTHER_HASH: Final = Sentence(
    "DUBAN_HASH={wanted}，但现有历史已用{found}封存，不能更换；请改回{found}，或新建数据库。",
    "DUBAN_HASH={wanted}, but the history is sealed with {found}; set {found}, or begin a new database.",
)
_CALENDAR_ENDS: Final = Sentence(
    "放假通知只覆盖到{until}；{year}年的期限均为暂定，请在通知公布后用 duban calendar import 导入。",
    "The notices cover the days until {until}; terms in {year} are provisional. Load the new notice "
    "with `duban calendar import` when it is out.",
)


class Office:
    """The desk, the database and everything else of one installation, while it is open."""

    def __init__(self, settings: Settings) -> None:
        """Join the parts; the database is opened when it is first used.

        Raises:
            BadPolicy: the policy that the settings name makes no sense.
            BadCalendar: a calendar file makes no sense.
        """
        self.settings = settings
        self.archive = Rulebook(settings.policy, settings.calendar_files, settings.tz)
        self.database = Database(settings.database, limits=settings.database_limits)
        unit_of_work = UnitOfWork(self.database, self.archive, settings.tz, settings.office, traceparent)
        self.desk = TracedDesk(unit_of_work, settings.series)
        self.sweeps = Sweeps(unit_of_work)
        self.recounts = Recounts(unit_of_work)
        self.calendar_change = CalendarChange(self.database, self.archive, self.recounts, settings)
        self.policy_change = PolicyChange(self.database, self.archive, self.recounts)
        self._is_same = False
        self.channels = Channels(
            Servers(
                smtp_host=settings.smtp_host,
                smtp_port=settings.smtp_port,
                smtp_user=settings.smtp_user,
                smtp_password=settings.smtp_password,
                smtp_tls=settings.smtp_tls,
                sender=settings.smtp_from,
                im_gateway=settings.im_gateway,
                inside=settings.inside,
            )
        )

    @cached_property
    def case_queries(self) -> CaseQueries:
        """What people ask about cases."""
        return CaseQueries(self.desk, self.archive)

    @cached_property
    def console(self) -> Console:
        """Cases as the console of the machine reads them."""
        return Console(self.database, self.archive, self.settings.office)

    @cached_property
    def console_desk(self) -> ConsoleDesk:
        """Cases as the console of the machine moves them."""
        return ConsoleDesk(self.desk, self.archive, self.settings.office)

    def today(self, moment: datetime | None = None) -> date:
        """Return the day in the office's zone."""
        return (moment or now()).astimezone(self.settings.tz).date()

    def sweep(
        self, as_of: datetime, at: datetime | None = None, *, within: timedelta | None = None, by_clock: bool = True
    ) -> Tally:
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
        with span("sweep") as current:
            tally = self.sweeps.sweep(as_of, moment, within=within, clock_gap=self._clock_gap(as_of, by_clock=by_clock))
            current.set_attribute("duban.fired", tally.fired)
        note("sweep", fired=tally.fired, failed=tally.failed, trace_id=current.trace_id)
        with self.database.transaction() as session:
            health.beat(session, "sweep", moment, f"fired {tally.fired}, failed {tally.failed}")
            health.beat(session, "swept", moment, as_of.isoformat())
        return tally

    def _clock_gap(self, as_of: datetime, *, by_clock: bool) -> str:
        """Return how far the clock of this sweep is from the last one, if that is implausible; else nothing."""
        with self.database.reading() as session:
            last = health.detail(session, "swept")
        return clock_gap(
            datetime.fromisoformat(last) if last else None,
            as_of,
            self.archive.calendar,
            self.settings.tz,
            self.archive.policy.confirm_after_gap,
            by_clock=by_clock,
        )

    def deliver(self, at: datetime) -> DeliveryTally:
        """Send what is owed and may leave at this moment."""
        with span("delivery") as current:
            with self.database.reading() as session:
                self.archive.refresh(session)
            manner = replace(self.manner, watched=letters_of(current))
            tally = deliver(self.database, self.channels, at, manner)
            current.set_attribute("duban.sent", tally.sent)
        note("delivery", sent=tally.sent, failed=tally.failed, held=tally.held, trace_id=current.trace_id)
        with self.database.transaction() as session:
            health.beat(session, "delivery", at, f"sent {tally.sent}, failed {tally.failed}, held {tally.held}")
        return tally

    def rebuild(self, at: datetime) -> RebuildTally:
        """Fold every case again, and compare rows, timers and tallies with what the events make.

        Tallies only count, so wrong ones are written anew; what else differs is left for people to look at.
        """
        with self.database.reading(unhurried=True) as session:
            found = differing(session, lambda case: self.timers_of(session, case))
            wrong = counters.wrong(session)
            if wrong:
                found.append(f"tallies: {wrong} lines were not what the cases and events make; written anew")
            tally = RebuildTally(sum(cases.counts(session).values()), event_rows.size(session), tuple(found))
        with self.database.transaction(unhurried=True) as session:
            if wrong:
                counters.refill(session)
            health.beat(session, "rebuild", at, f"{tally.cases} cases, {len(found)} differ")
        return tally

    def differing(self) -> list[str]:
        """Return which cases are not what their events make; nothing is noted."""
        with self.database.reading(unhurried=True) as session:
            self.archive.refresh(session)
            return list(differing(session, lambda case: self.timers_of(session, case)))

    def timers_of(self, session: Session, case: Case) -> tuple[Timer, ...]:
        """Return the timers that the case must have."""
        return timers(case, self.archive.rules_of(session, case))

    def verify(self, outside: Iterable[str] = (), keys: Iterable[str] = ()) -> Verdict:
        """Check the whole history against its hashes and checkpoints, and the rows against the history.

        `outside` are notes that were kept away from the office; `keys` the public keys that the auditor trusts,
        without which those kept in the database are taken.

        Raises:
            BadNote: a note that was brought along is not valid.
        """
        trusted = [Key.parse(text) for text in keys]
        with self.database.reading(unhurried=True) as session:
            known = trusted or [Key.parse(text) for text in checkpoints.keys(session)]
            brought = [Checkpoint.parse(opened(note, known)) for note in outside]
            return verify(session, brought, trusted)

    def checkpoints(self) -> tuple[list[checkpoints.Kept], list[str]]:
        """Return all signed states of the history, and the keys that signed them."""
        with self.database.reading() as session:
            return checkpoints.checkpoints(session), checkpoints.keys(session)

    def conformance(self, case_id: int | None, at: datetime) -> list[Departure]:
        """Return where a case, or every case, left its policy: by the unit and by the office itself."""
        with self.database.reading(unhurried=True) as session:
            return of_office(session, case_id, self.archive.rules_at, self.today(at))

    def checkpoint(self, at: datetime) -> Made | None:
        """Sign the history as it is now, and send copies out of the house; nothing if it has not grown."""
        signing = signers(self.settings.home, self.settings.origin)
        with self.database.transaction() as session:
            signed = make_checkpoint(session, signing, self.settings.origin, at)
        if signed is None:
            return None
        # Outside the transaction: a share that hangs or a mail server that is away must not undo the signature.
        checkpoint = Checkpoint.parse(opened(signed.note, [signer.key for signer in signing]))
        sent, failed = self._send_out(checkpoint, signed.note, at)
        with self.database.transaction() as session:
            checkpoints.note_sent(session, signed.size, " ".join(sent))
            health.beat(session, "checkpoint", at, f"{signed.size} events, {checkpoint.code()}")
        return Made(checkpoint, signed.note, tuple(sent), tuple(failed))

    def _send_out(self, checkpoint: Checkpoint, note: str, at: datetime) -> tuple[list[str], list[str]]:
        sent: list[str] = []
        failed: list[str] = []
        if self.settings.checkpoint_folder:
            path = Path(self.settings.checkpoint_folder) / f"{checkpoint.size:012}.checkpoint"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(note, "utf-8")
                sent.append(str(path))
            except OSError as error:
                failed.append(f"{path}: {error.strerror}")
        for address in self.settings.checkpoint_mail.split():
            message = Message(
                message_id=f"<checkpoint-{checkpoint.size}@duban>",
                subject=f"督办检查点 {checkpoint.code()}",
                body=note,
                created_at=at,
            )
            outcome = self.channels.send("mail", address, message)
            if outcome.ok:
                sent.append(masked(address))
            else:
                failed.append(f"{masked(address)}: {outcome.reason}")
        return sent, failed

    def bundle(self, case_id: int) -> bytes:
        """Return a case as one zip file that can be verified and replayed anywhere.

        Raises:
            NotFound: there is no such case, or no checkpoint covers it yet.
        """

        def evidence_of(hash_: str) -> bytes | None:
            place = evidence.place_of(self.settings.home, hash_)
            return place.read_bytes() if place.is_file() else None

        sources = Sources(
            rules_at=self.archive.rules_at,
            policy_text=lambda session, hash_: meaning(self.archive.policy_of(session, hash_)),
            calendar_text=lambda session, hash_: self.archive.calendar_of(session, hash_).to_json(),
            evidence=evidence_of,
        )
        with self.database.reading() as session:
            return write_bundle(session, case_id, sources)

    def rotate_key(self, at: datetime) -> Key:
        """Make a new key for checkpoints; the one before goes on signing beside it until the next rotation."""
        signer = rotate(self.settings.home, self.settings.origin)
        with self.database.transaction() as session:
            checkpoints.keep_key(session, signer.key.text(), at)
        return signer.key

    def replay(self, case_id: int, at: datetime | None) -> Replay:
        """Return the case as it stood at a moment, from its events alone."""
        with self.database.reading() as session:
            return replay(session, case_id, self.archive.rules_at, at, now())

    def check_calendar(self, at: datetime) -> CalendarTally:
        """Say until when the calendar knows the days; warn from November on if next year's notice is not in."""
        until = known_until(self.archive.calendar, self.today(at))
        year = until.year + 1
        soon = self.today(at) + timedelta(days=60)
        warnings = (_CALENDAR_ENDS.fill(until=until.isoformat(), year=year),) if soon > until else ()
        with self.database.transaction() as session:
            health.beat(session, "calendar", at, f"known until {until}")
        return CalendarTally(until, warnings)

    def health(self, at: datetime) -> Health:
        """Say how the installation is; never raises for a database that does not answer."""
        return health_of(self.database, self.settings, at)

    def vitals(self, at: datetime) -> Vitals:
        """Return the figures at a moment; never raises for a database that does not answer."""
        return vitals(self.database, self.settings, self.archive.calendar, at)

    def promises(self, at: datetime) -> Promises:
        """Return what is not as it must be at this moment.

        Raises:
            Unavailable: the database does not answer.
        """
        return promises(self.database, self.manner, timedelta(hours=self.settings.outbox_hours), at)

    def watch(self, at: datetime) -> Outcome | None:
        """Tell DUBAN_WATCH_ADDRESS, once per outage, that no sweep has come to its end for too long."""
        return watch(self.database, self.channels, self.settings, at)

    @property
    def manner(self) -> Manner:
        """How messages leave: in which hours, by which calendar, and where they point."""
        return Manner(
            policy=self.archive.policy,
            calendar=self.archive.calendar,
            zone=self.settings.tz,
            link=self.settings.address,
        )

    def require_same(self) -> None:
        """Refuse to work as a process of another installation, if there is a database that says which it is.

        One that does not answer yet says so to whoever needs it.

        Raises:
            OtherInstallation: a setting differs from what the installation has agreed about; the sentence names it.
        """
        try:
            if self.database.exists() and self.database.is_current():
                with self.database.reading() as session:
                    self.up_to_date(session)
        except OtherInstallation:
            raise
        except Problem:
            return

    def up_to_date(self, session: Session) -> None:
        """Go by the calendar and the policy in force; the first time, see that this process is of the installation.

        Raises:
            OtherInstallation: it is not; the sentence names the setting.
        """
        if not self._is_same:
            require_same(session, self.settings)
            self._is_same = True
        self.archive.refresh(session)

    def prepare(self, adopt: Iterable[str] = ()) -> None:
        """Bring the database to the newest schema, make the office's own posts, and put its rules in force.

        `adopt` names settings that have changed because the office has decided so.

        Raises:
            Unavailable: the home or the database cannot be used, or a setting is not the installation's.
        """
        made(self.settings.home)
        is_older = not self.database.is_current()
        self.database.migrate()
        with self.database.transaction() as session:
            if is_older:
                health.forget(session, "redating")  # a newer release may have other timers for a case
            settle(session, self.settings, self.archive, now(), adopt)
            organisation.ensure_office(session, self.settings.office)
            sealed_with = event_rows.choose_algorithm(session, self.settings.hash)
        if sealed_with != self.settings.hash:
            raise BadData(_OTHER_HASH.fill(wanted=self.settings.hash, found=sealed_with))

    def looked(self, case: Case, who: Actor, how: str, at: datetime) -> bool:
        """Write down that somebody reads a restricted case, before he or she does; say whether it had to be."""
        if not is_restricted_for(case, who.role):
            return False
        self.desk.looked(case.id, who, how, at)
        return True

    def close(self) -> None:
        """Give the database back."""
        self.database.close()


@contextmanager
def office(settings: Settings | None = None, *, compared: bool = True) -> Generator[Office]:
    """Open the office of this process's settings, or of those given, and close it again.

    `compared`: not for what brings an installation about, or says what is wrong with it.

    Raises:
        OtherInstallation: a setting is not the installation's; the sentence names it.
    """
    here = Office(settings or read_settings())
    try:
        if compared:
            here.require_same()
        yield here
    finally:
        here.close()
