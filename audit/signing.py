"""Signing the history: checkpoints made, copies sent out of the house, keys rotated."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from audit.checkpoints import make, tree_of
from audit.keys import rotate, signers
from audit.notes import MOST_SIGNATURES, Checkpoint, Key, opened, signature_lines, text_of
from audit.timestamps import roots_in, stamp
from audit.witness import request_of
from notifications.addresses import masked
from notifications.servers import Message
from states.errors import BadData, NotFound, Problem, Sentence
from store import checkpoints, health

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings
    from notifications.channels import Channels
    from store.database import Database


_NOTHING_SIGNED: Final = Sentence(
    "没有长度达到{size}的检查点，请先运行 duban checkpoint make。",
    "There is no checkpoint of {size} places yet; run `duban checkpoint make` first.",
)
_NOT_OURS: Final = Sentence("本单位没有这个长度为{size}的检查点。", "This checkpoint of {size} places is none of ours.")
_TOO_MANY: Final = Sentence("检查点的签名不得超过{most}个。", "A checkpoint bears at most {most} signatures.")


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
        try:
            self.stamp()
        except Problem as problem:
            failed.append(problem.sentence.text(self._settings.lang))
        with self._database.transaction() as session:
            checkpoints.note_sent(session, made.size, " ".join(sent))
            health.beat(session, "checkpoint", at, f"{made.size} places, {checkpoint.code()}")
        return Made(checkpoint, made.note, tuple(sent), tuple(failed))

    def request(self, old: int) -> str:
        """Return what a witness is asked that has cosigned `old` places before: to cosign the newest checkpoint.

        Raises:
            NotFound: nothing is signed yet, or nothing of that length.
        """
        with self._database.reading() as session:
            newest = checkpoints.latest(session)
            if newest is None or old > newest.size:
                raise NotFound(_NOTHING_SIGNED.fill(size=old))
            proof = tree_of(session).consistency(old, newest.size) if 0 < old < newest.size else []
            return request_of(old, proof, newest.note)

    def accept(self, cosigned: str) -> int:
        """Keep the signatures that a checkpoint has brought back from witnesses; return how many there are new.

        Raises:
            BadNote: we have not signed it.
            NotFound: it is none of ours.
            BadData: it bears more signatures than a note may.
        """
        keys = [signer.key for signer in signers(self._settings.home, self._settings.origin)]
        with self._database.transaction() as session:
            known = [*keys, *map(Key.parse, checkpoints.keys(session))]
            size = Checkpoint.parse(opened(cosigned, known)).size
            kept = checkpoints.of_size(session, size)
            if kept is None or text_of(kept.note) != text_of(cosigned):
                raise NotFound(_NOT_OURS.fill(size=size))
            there = kept.note.splitlines()
            new = [line for line in cosigned.rpartition("\n\n")[2].splitlines() if line not in there]
            if len(signature_lines(kept.note)) + len(new) > MOST_SIGNATURES:
                raise BadData(_TOO_MANY.fill(most=MOST_SIGNATURES))
            checkpoints.replace_note(session, size, kept.note + "".join(f"{line}\n" for line in new))
        return len(new)

    def stamp(self) -> int:
        """Have the newest checkpoint stamped by the timestamp authority; return its length, 0 if nothing is to be done.

        Raises:
            Unavailable: the authority does not answer, or refuses.
            BadData: its answer is not valid, or its root certificates cannot be read.
        """
        with self._database.reading() as session:
            newest = checkpoints.latest(session)
        if newest is None or newest.timestamp is not None or not self._settings.tsa_url:
            return 0
        token = stamp(self._settings.tsa_url, text_of(newest.note), roots_in(self._settings.tsa_roots))
        with self._database.transaction() as session:
            checkpoints.note_timestamp(session, newest.size, base64.b64encode(token).decode())
        return newest.size

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
