"""An office at work: the parts joined by the settings of this installation."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from audit.bundle import Sources, write_bundle
from audit.checkpoints import make
from audit.conformance import Departure, of_office
from audit.keys import rotate, signers
from audit.notes import Checkpoint, Key, opened
from audit.replay import Replay, replay
from audit.verify import Verdict, differing, verify
from cases.console import Console
from cases.console_desk import ConsoleDesk
from cases.queries import CaseQueries
from cases.recount import Recounts
from cases.sweep import Sweeps
from cases.unit_of_work import UnitOfWork
from config.calendars import load_calendar, read_notice
from config.policy import meaning
from config.rulebook import Rulebook
from config.settings import Settings, read_settings
from notifications.channels import Channels, Message, Servers, masked
from notifications.delivery import Manner, deliver
from notifications.delivery import Tally as DeliveryTally
from states.case import is_restricted_for
from states.errors import BadCalendar, BadData, Problem, Sentence
from states.recount import How
from states.timers import timers
from states.vocabulary import Role
from store import (
    cases,
    checkpoints,
    counters,
    evidence,
    health,
    organisation,
    outbox,
    proposals,
    rulebooks,
)
from store import events as event_rows
from store import timers as timer_rows
from store.database import Database
from wiring.clock import now
from wiring.telemetry import TracedDesk, letters_of, note, span, traceparent

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.recount import Progress, Recount
    from cases.sweep import Tally
    from states.case import Actor, Case
    from states.policy import Policy
    from states.recount import Moved
    from states.timers import Timer
    from states.working_days import Calendar
    from store.cases import Stored

MISSED_AFTER: Final = timedelta(minutes=15)
"""A timer that still waits so long after its moment was missed by the sweep."""


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
class Health:
    """How the installation is at a moment."""

    ready: bool
    database: bool
    migrated: bool
    reason: str
    last_sweep_at: datetime | None
    open_deadlines: int
    waiting: int
    missed: int
    held: int
    messages: dict[str, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a case's deadlines, and which posts would be told."""

    case: Case
    moves: tuple[Moved, ...]
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint that was signed: where copies went, and where they could not go."""

    checkpoint: Checkpoint
    note: str
    sent: tuple[str, ...]
    failed: tuple[str, ...]


def _unwell(reason: str, *, database: bool, migrated: bool) -> Health:
    return Health(
        ready=False,
        database=database,
        migrated=migrated,
        reason=reason,
        last_sweep_at=None,
        open_deadlines=0,
        waiting=0,
        missed=0,
        held=0,
        messages={},
    )


_OTHER_HASH: Final = Sentence(
    "DUBAN_HASH={wanted}，但现有历史已用{found}封存，不能更换；请改回{found}，或新建数据库。",
    "DUBAN_HASH={wanted}, but the history is sealed with {found}; set {found}, or begin a new database.",
)
_EMPTY_NOTICE: Final = Sentence(
    "日历文件 {path} 没有任何日期（该年度的通知可能尚未公布），没有导入。",
    "The calendar file {path} names no day (the notice may not be out yet); nothing was imported.",
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
        self.database = Database(settings.database)
        unit_of_work = UnitOfWork(self.database, self.archive, settings.tz, settings.office, traceparent)
        self.desk = TracedDesk(unit_of_work, settings.series)
        self.sweeps = Sweeps(unit_of_work)
        self.recounts = Recounts(unit_of_work)
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

    def sweep(self, as_of: datetime, at: datetime | None = None, *, within: timedelta | None = None) -> Tally:
        """Fire what is due at `as_of`, and note that the sweep came to its end at `at` (now, if none is given).

        A calendar that has changed since the last sweep is applied first, so that nothing fires on a day of the old.
        One that has worked for `within` leaves the rest to the next.
        """
        moment = at or now()
        with self.database.reading() as session:
            known = health.detail(session, "redating")
        if known != self.archive.calendar.hash:
            self.redate(moment)
        with span("sweep") as current:
            tally = self.sweeps.sweep(as_of, moment, within=within)
            current.set_attribute("duban.fired", tally.fired)
        note("sweep", fired=tally.fired, failed=tally.failed, trace_id=current.trace_id)
        with self.database.transaction() as session:
            health.beat(session, "sweep", moment, f"fired {tally.fired}, failed {tally.failed}")
        return tally

    def redate(self, at: datetime, progress: Progress | None = None) -> Recount:
        """Count all running deadlines again by the calendar in force, if a new one came; repeating changes nothing."""
        total = self.recounts.redate(at, progress=progress)
        with self.database.transaction() as session:
            health.beat(session, "redating", at, self.archive.calendar.hash)
        return total

    def import_calendar(self, source: Path, at: datetime, progress: Progress | None = None) -> Recount:
        """Put a notice among the office's calendar files, and count all running deadlines again.

        Raises:
            BadCalendar: it makes no sense; nothing was changed.
        """
        if not read_notice(source).days:
            raise BadCalendar(_EMPTY_NOTICE.fill(path=source))
        self.preview_calendar(source)
        folder = self.settings.home / "calendars"
        folder.mkdir(parents=True, exist_ok=True)
        # Later files win, so the name begins with the moment at which the notice came.
        target = folder / f"{at.astimezone(UTC):%Y%m%dT%H%M%S}-{source.name}"
        with NamedTemporaryFile(dir=self.settings.home, delete=False) as copy:
            copy.write(source.read_bytes())
            copy.flush()
            os.fsync(copy.fileno())
        Path(copy.name).replace(target)
        self.archive.calendar = load_calendar(self.settings.calendar_files)
        return self.redate(at, progress)

    def preview_calendar(self, source: Path) -> Calendar:
        """Return the calendar as it would be with this notice; nothing is written.

        Raises:
            BadCalendar: the file makes no sense.
        """
        return load_calendar([*self.settings.calendar_files, source])

    def what_would_move(self, at: datetime, to: Policy | None = None, how: How = How.RECOMPUTE) -> Iterator[Preview]:
        """Yield each case that counting again, or another policy, would change; in constant memory."""
        today = self.today(at)
        after = 0
        while True:
            with self.database.reading() as session:
                ids = cases.ids_with_deadlines(session, after, 500)
                if not ids:
                    return
                after = ids[-1]
                for stored in cases.many(session, ids).values():
                    case = stored.case
                    if to is not None and (not case.is_open or case.policy_hash == to.hash):
                        continue
                    moves = self.recounts.preview(session, case, today, to, how)
                    if moves or to is not None:
                        yield Preview(case, moves, self._told_of_redating(session, stored, to))

    def _told_of_redating(self, session: Session, stored: Stored, to: Policy | None) -> tuple[str, ...]:
        policy = to or self.archive.policy_of(session, stored.case.policy_hash)
        posts = organisation.posts_of(session, [stored.unit_id], organisation.office_id(session))
        ids = [
            post
            for party in policy.audience["deadline_redated"]
            for post in posts.of(party, stored.unit_id, stored.post_id)
        ]
        names = organisation.post_names(session, ids)
        return tuple(" ".join(names[post]) for post in dict.fromkeys(ids))

    def propose_migration(self, to: Policy, text: str, how: How, who: str, at: datetime) -> int:
        """Propose that all open cases go by another policy; return the number under which it waits for the leader."""
        with self.database.transaction() as session:
            rulebooks.keep_policy(session, to.hash, to.name, text, at)
            content = {"to": to.hash, "name": to.name, "how": how.value}
            return proposals.propose(session, proposals.MIGRATION, content, who, Role.LEADER.value, at)

    def decide_proposal(  # which, how, who, why, when
        self, id_: int, outcome: str, actor: Actor, reason: str, at: datetime, progress: Progress | None = None
    ) -> Recount | None:
        """Approve or reject what was proposed; what is approved is carried out at once.

        Raises:
            NotFound: there is no such proposal.
            Conflict: it was decided before.
            GuardRefused: it is not for this person to decide.
        """
        with self.database.transaction() as session:
            proposals.decide(session, id_, outcome, actor.user, actor.role.value, reason, at)
        return self.carry_out_migration(at, progress) if outcome == proposals.APPROVED else None

    def carry_out_migration(self, at: datetime, progress: Progress | None = None) -> Recount | None:
        """Bring all open cases to the policy that was approved last, from wherever an earlier run was stopped."""
        with self.database.reading() as session:
            found = proposals.latest_approved(session, proposals.MIGRATION)
            to = self.archive.policy_of(session, found.content["to"]) if found is not None else None
        if found is None or to is None:
            return None
        return self.recounts.migrate_policy(
            to,
            How(found.content["how"]),
            at,
            proposed_by=found.proposed_by,
            approved_by=found.decided_by,
            progress=progress,
        )

    def deliver(self, at: datetime) -> DeliveryTally:
        """Send what is owed and may leave at this moment."""
        with span("delivery") as current:
            manner = Manner(
                policy=self.archive.policy,
                calendar=self.archive.calendar,
                zone=self.settings.tz,
                link=self.settings.address,
                watched=letters_of(current),
            )
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
        with self.database.reading() as session:
            found = differing(session, lambda case: self.timers_of(session, case))
            wrong = counters.wrong(session)
            if wrong:
                found.append(f"tallies: {wrong} lines were not what the cases and events make; written anew")
            tally = RebuildTally(sum(cases.counts(session).values()), event_rows.size(session), tuple(found))
        with self.database.transaction() as session:
            if wrong:
                counters.refill(session)
            health.beat(session, "rebuild", at, f"{tally.cases} cases, {len(found)} differ")
        return tally

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
        with self.database.reading() as session:
            known = trusted or [Key.parse(text) for text in checkpoints.keys(session)]
            brought = [Checkpoint.parse(opened(note, known)) for note in outside]
            return verify(session, brought, trusted)

    def checkpoints(self) -> tuple[list[checkpoints.Kept], list[str]]:
        """Return all signed states of the history, and the keys that signed them."""
        with self.database.reading() as session:
            return checkpoints.checkpoints(session), checkpoints.keys(session)

    def conformance(self, case_id: int | None, at: datetime) -> list[Departure]:
        """Return where a case, or every case, left its policy: by the unit and by the office itself."""
        with self.database.reading() as session:
            return of_office(session, case_id, self.archive.rules_at, self.today(at))

    def checkpoint(self, at: datetime) -> Made | None:
        """Sign the history as it is now, and send copies out of the house; nothing if it has not grown."""
        signing = signers(self.settings.home, self.settings.origin)
        with self.database.transaction() as session:
            made = make(session, signing, self.settings.origin, at)
        if made is None:
            return None
        # Outside the transaction: a share that hangs or a mail server that is away must not undo the signature.
        checkpoint = Checkpoint.parse(opened(made.note, [signer.key for signer in signing]))
        sent, failed = self._send_out(checkpoint, made.note, at)
        with self.database.transaction() as session:
            checkpoints.note_sent(session, made.size, " ".join(sent))
            health.beat(session, "checkpoint", at, f"{made.size} events, {checkpoint.code()}")
        return Made(checkpoint, made.note, tuple(sent), tuple(failed))

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

    def calendar_known_until(self, at: datetime) -> date:
        """Return the last day of the years, from this one on, whose notices are in."""
        years = self.archive.calendar.known_years
        year = self.today(at).year
        while year in years:
            year += 1
        return date(year - 1, 12, 31)

    def check_calendar(self, at: datetime) -> CalendarTally:
        """Say until when the calendar knows the days; warn from November on if next year's notice is not in."""
        until = self.calendar_known_until(at)
        year = until.year + 1
        soon = self.today(at) + timedelta(days=60)
        warnings = (_CALENDAR_ENDS.fill(until=until.isoformat(), year=year),) if soon > until else ()
        with self.database.transaction() as session:
            health.beat(session, "calendar", at, f"known until {until}")
        return CalendarTally(until, warnings)

    def health(self, at: datetime) -> Health:
        """Say how the installation is; never raises for a database that does not answer."""
        try:
            migrated = self.database.is_current()
        except Problem as problem:
            return _unwell(str(problem), database=False, migrated=False)
        if not migrated:
            return _unwell("the schema is not current", database=True, migrated=False)
        try:
            with self.database.reading() as session:
                return Health(
                    ready=True,
                    database=True,
                    migrated=True,
                    reason="",
                    last_sweep_at=health.last_beat(session, "sweep"),
                    open_deadlines=health.open_with_deadline(session),
                    waiting=timer_rows.waiting(session, at + timedelta(days=1)),
                    missed=timer_rows.overdue(session, at - MISSED_AFTER),
                    held=timer_rows.held(session),
                    messages=outbox.summary(session),
                )
        except Problem as problem:
            return _unwell(str(problem), database=False, migrated=True)

    def prepare(self) -> None:
        """Bring the database to the newest schema, and make the office's own posts."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        self.database.migrate()
        with self.database.transaction() as session:
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
def office(settings: Settings | None = None) -> Generator[Office]:
    """Open the office of this process's settings, or of those given, and close it again."""
    here = Office(settings or read_settings())
    try:
        yield here
    finally:
        here.close()
