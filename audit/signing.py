"""Signing the history: checkpoints made, copies sent out of the house, keys rotated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.checkpoints import make
from audit.keys import rotate, signers
from audit.notes import Checkpoint, Key, opened
from notifications.channels import Message, masked
from store import checkpoints, health

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings
    from notifications.channels import Channels
    from store.database import Database


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint that was signed: where copies went, and where they could not go."""

    checkpoint: Checkpoint
    note: str
    sent: tuple[str, ...]
    failed: tuple[str, ...]


class Signing:
    """Where checkpoints are signed, with the keys in the home of this installation."""

    def __init__(self, database: Database, channels: Channels, settings: Settings) -> None:
        """Sign this database's history, under the name that the settings give."""
        self._database, self._channels, self._settings = database, channels, settings

    def checkpoint(self, at: datetime) -> Made | None:
        """Sign the history as it is now, and send copies out of the house; nothing if it has not grown."""
        signing = signers(self._settings.home, self._settings.origin)
        with self._database.transaction() as session:
            # Keys are rows of which the log speaks, so that none is slipped in: they come before what they sign.
            for signer in signing:
                checkpoints.keep_key(session, signer.key.text(), at)
        with self._database.transaction() as session:
            made = make(session, signing, self._settings.origin, at)
        if made is None:
            return None
        # Outside the transaction: a share that hangs or a mail server that is away must not undo the signature.
        checkpoint = Checkpoint.parse(opened(made.note, [signer.key for signer in signing]))
        sent, failed = self._send_out(checkpoint, made.note, at)
        with self._database.transaction() as session:
            checkpoints.note_sent(session, made.size, " ".join(sent))
            health.beat(session, "checkpoint", at, f"{made.size} places, {checkpoint.code()}")
        return Made(checkpoint, made.note, tuple(sent), tuple(failed))

    def _send_out(self, checkpoint: Checkpoint, note: str, at: datetime) -> tuple[list[str], list[str]]:
        sent: list[str] = []
        failed: list[str] = []
        if self._settings.checkpoint_folder:
            path = Path(self._settings.checkpoint_folder) / f"{checkpoint.size:012}.checkpoint"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(note, "utf-8")
                sent.append(str(path))
            except OSError as error:
                failed.append(f"{path}: {error.strerror}")
        for address in self._settings.checkpoint_mail.split():
            message = Message(
                message_id=f"<checkpoint-{checkpoint.size}@duban>",
                subject=f"督办检查点 {checkpoint.code()}",
                body=note,
                created_at=at,
            )
            outcome = self._channels.send("mail", address, message)
            if outcome.ok:
                sent.append(masked(address))
            else:
                failed.append(f"{masked(address)}: {outcome.reason}")
        return sent, failed

    def rotate_key(self, at: datetime) -> Key:
        """Make a new key for checkpoints; the one before goes on signing beside it until the next rotation."""
        signer = rotate(self._settings.home, self._settings.origin)
        with self._database.transaction() as session:
            checkpoints.keep_key(session, signer.key.text(), at)
        return signer.key
