"""Joins the parts of one installation by its settings, and hands them down.

A part is made, and its module imported, when it is first asked for: a command that lists cases needs no mail, no
proofs and no Prefect.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from config.rulebook import Rulebook
from config.settings import Settings, read_settings
from store.database import Database
from wiring.clock import now

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import date, datetime

    from audit.notes import Checkpoint, Key
    from audit.proofs import Proofs
    from cases.calendar_change import CalendarChange
    from cases.console import Console
    from cases.console_desk import ConsoleDesk
    from cases.policy_change import PolicyChange
    from cases.queries import CaseQueries
    from cases.recount import Recounts
    from cases.sweep import Sweeps
    from cases.unit_of_work import UnitOfWork
    from notifications.channels import Channels
    from operations.installation import Installation
    from operations.overview import Overview
    from wiring.rounds import Rounds
    from wiring.telemetry import TracedDesk


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint that was signed: where copies went, and where they could not go."""

    checkpoint: Checkpoint
    note: str
    sent: tuple[str, ...]
    failed: tuple[str, ...]


class Office:
    """The parts of one installation, while it is open."""

    def __init__(self, settings: Settings) -> None:
        """Join the parts; the database is opened when it is first used."""
        self.settings = settings
        self.archive = Rulebook(settings.policy, settings.calendar_files, settings.tz)
        self.database = Database(settings.database, limits=settings.database_limits)

    def today(self, moment: datetime | None = None) -> date:
        """Return the day in the office's zone."""
        return (moment or now()).astimezone(self.settings.tz).date()

    @cached_property
    def unit_of_work(self) -> UnitOfWork:
        """Loads cases, applies acts and writes what came of them."""
        from cases.unit_of_work import UnitOfWork
        from wiring.telemetry import traceparent

        return UnitOfWork(self.database, self.archive, self.settings.tz, self.settings.office, traceparent)

    @cached_property
    def desk(self) -> TracedDesk:
        """Enters people's acts."""
        from wiring.telemetry import TracedDesk

        return TracedDesk(self.unit_of_work, self.settings.series)

    @cached_property
    def sweeps(self) -> Sweeps:
        """Fires due timers."""
        from cases.sweep import Sweeps

        return Sweeps(self.unit_of_work)

    @cached_property
    def recounts(self) -> Recounts:
        """Counts deadlines again."""
        from cases.recount import Recounts

        return Recounts(self.unit_of_work)

    @cached_property
    def calendar_change(self) -> CalendarChange:
        """Brings a new calendar into force."""
        from cases.calendar_change import CalendarChange

        return CalendarChange(self.database, self.archive, self.recounts, self.settings)

    @cached_property
    def policy_change(self) -> PolicyChange:
        """Brings cases under another policy."""
        from cases.policy_change import PolicyChange

        return PolicyChange(self.database, self.archive, self.recounts)

    @cached_property
    def case_queries(self) -> CaseQueries:
        """Answers what people ask about cases."""
        from cases.queries import CaseQueries

        return CaseQueries(self.desk, self.archive)

    @cached_property
    def console(self) -> Console:
        """Cases as the console of the machine reads them."""
        from cases.console import Console

        return Console(self.database, self.archive, self.settings.office)

    @cached_property
    def console_desk(self) -> ConsoleDesk:
        """Cases as the console of the machine moves them."""
        from cases.console_desk import ConsoleDesk

        return ConsoleDesk(self.desk, self.archive, self.settings.office)

    @cached_property
    def channels(self) -> Channels:
        """Sends messages out of the building."""
        from notifications.channels import Channels, Servers

        return Channels(Servers.of(self.settings))

    @cached_property
    def rounds(self) -> Rounds:
        """Sweeps, delivers, compares and looks at the calendar, at intervals."""
        from wiring.rounds import Rounds

        return Rounds(
            self.database, self.archive, self.sweeps, self.calendar_change, self.channels, self.settings.address
        )

    @cached_property
    def proofs(self) -> Proofs:
        """Verifies, replays and bundles the history."""
        from audit.proofs import Proofs

        return Proofs(self.database, self.archive, self.settings.home)

    @cached_property
    def overview(self) -> Overview:
        """Says how the installation is."""
        from operations.overview import Overview

        return Overview(self.database, self.settings, self.archive, self.channels)

    @cached_property
    def installation(self) -> Installation:
        """Brings the installation about, and compares this process with it."""
        from operations.installation import Installation

        return Installation(self.database, self.settings, self.archive)

    def checkpoint(self, at: datetime) -> Made | None:
        """Sign the history as it is now, and send copies out of the house; nothing if it has not grown."""
        from audit.checkpoints import make as make_checkpoint
        from audit.keys import signers
        from audit.notes import Checkpoint, opened
        from store import checkpoints, health

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
        from notifications.channels import Message, masked

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

    def rotate_key(self, at: datetime) -> Key:
        """Make a new key for checkpoints; the one before goes on signing beside it until the next rotation."""
        from audit.keys import rotate
        from store import checkpoints

        signer = rotate(self.settings.home, self.settings.origin)
        with self.database.transaction() as session:
            checkpoints.keep_key(session, signer.key.text(), at)
        return signer.key

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
            here.installation.require_same()
        yield here
    finally:
        here.close()
