"""A witness outside the office: who keeps its own checkpoints, checks that each goes on from the last, and cosigns.

An office that holds both its database and its key could show one history to one reader and another to the next. A
witness, such as the discipline organ, makes that impossible for whoever asks for its signature: it signs a checkpoint
only if the history that it signed before is the beginning of this one. What it asks and answers is C2SP's tlog-witness
(`add-checkpoint`) and tlog-cosignature (`cosignature/v1`), so that other witnesses can stand in its place.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.keys import seed_in
from audit.merkle import BadProof, check_consistency
from audit.notes import COSIGNATURE, BadNote, Checkpoint, Key, opened, signature_lines, text_of
from states.errors import BadData, Refused, Sentence, Unavailable
from states.file_trouble import file_trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

KEY_FILE: Final = "witness.key"
_MOST_STEPS: Final = 63
_ADD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_BAD_REQUEST: Final = Sentence(
    "不是见证请求：应由 duban checkpoint request 生成。",
    "This is no request to a witness; `duban checkpoint request` makes one.",
)
_SHRUNK: Final = Sentence(
    "不予见证：该历史长度为{size}，短于本见证方已见证的{kept}，有记录被删去。",
    "Not cosigned: this history has {size} places, fewer than the {kept} that were cosigned; records were cut off.",
)
_OTHER_OLD: Final = Sentence(
    "不予见证：请求从长度{old}起证明，而本见证方已见证到{kept}；请对方以 --old {kept} 重新生成。",
    "Not cosigned: the request proves from {old} places on, and {kept} were cosigned; ask for one with --old {kept}.",
)
_REWRITTEN: Final = Sentence(
    "不予见证：该历史不是已见证历史（长度{kept}）的延续，以前的记录被改动过。请保留双方的检查点并报告。",
    "Not cosigned: this history does not go on from the one that was cosigned ({kept} places); what was there before "
    "was changed. Keep both checkpoints and report it.",
)
_OTHER_LOG: Final = Sentence(
    "不予见证：该检查点属于“{found}”，本文件夹中的属于“{kept}”。",
    "Not cosigned: this checkpoint is of “{found}”, and those in the folder are of “{kept}”.",
)
_NOT_KEPT: Final = Sentence(
    "无法保存已见证的检查点 {path}：{why}。没有签名。",
    "The checkpoint cannot be kept in {path}: {why}. Nothing was signed.",
)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint with the witness's signature on it, and from which length the witness saw it go on."""

    checkpoint: Checkpoint
    note: str
    line: str
    before: int


class Witness:
    """Who cosigns, with a key and a folder of its own."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Take the name under which it signs, and the 32 bytes that make the key."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = Key(name, public, COSIGNATURE)

    def line(self, text: str, at: datetime) -> str:
        """Return the signature line for the text of a checkpoint, seen at this moment."""
        seconds = int(at.timestamp())
        signature = self._private.sign(_message(text, seconds))
        raw = self.key.id + seconds.to_bytes(8, "big") + signature
        return f"— {self.key.name} {base64.b64encode(raw).decode()}\n"


def witness_in(folder: Path, name: str) -> Witness:
    """Return the witness whose key lies in the folder; the key is made if there is none.

    Raises:
        Unavailable: the key cannot be read or made.
    """
    return Witness(name, seed_in(folder / KEY_FILE))


def request_of(old: int, proof: Sequence[bytes], note: str) -> str:
    """Return what a witness is asked: the length that it saw last, the proof from there on, and the checkpoint."""
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof)]
    return "\n".join(lines) + "\n\n" + note


def cosign(  # what is asked, by whom, whose log, where it is kept, when
    request: str, witness: Witness, log_keys: Iterable[Key], folder: Path, at: datetime
) -> Cosigned:
    """Check what is asked against what was cosigned before, keep the checkpoint, and sign it.

    The checkpoint is on the disk before it is signed: a witness that forgets what it signed could sign two histories.

    Raises:
        BadData: it is no request.
        BadNote: none of the log's keys has signed the checkpoint.
        Refused: it does not go on from what was cosigned before.
        Unavailable: the checkpoint cannot be kept.
    """
    old, proof, note = _parsed(request)
    text = opened(note, log_keys)
    new = Checkpoint.parse(text)
    kept = latest_in(folder)
    if kept is not None:
        _check(kept, new, old, proof)
    elif old:
        raise Refused(_OTHER_OLD.fill(old=old, kept=0))
    line = witness.line(text, at)
    _keep(folder, new, note)
    return Cosigned(new, note + line, line, kept.size if kept is not None else 0)


def _check(kept: Checkpoint, new: Checkpoint, old: int, proof: Sequence[bytes]) -> None:
    if new.origin != kept.origin:
        raise Refused(_OTHER_LOG.fill(found=new.origin, kept=kept.origin))
    if new.size < kept.size:
        raise Refused(_SHRUNK.fill(size=new.size, kept=kept.size))
    if new.size > kept.size and old != kept.size:
        raise Refused(_OTHER_OLD.fill(old=old, kept=kept.size))
    try:
        steps = proof if new.size > kept.size else ()
        check_consistency(kept.size, new.size, steps, kept.root, new.root, new.algorithm)
    except BadProof as bad:
        raise Refused(_REWRITTEN.fill(kept=kept.size)) from bad


def _parsed(request: str) -> tuple[int, list[bytes], str]:
    head, gap, note = request.partition("\n\n")
    first, *steps = head.split("\n")
    found = _ADD.fullmatch(first)
    if found is None or not gap or len(steps) > _MOST_STEPS:
        raise BadData(_BAD_REQUEST)
    try:
        return int(found[1]), [base64.b64decode(step, validate=True) for step in steps], note
    except binascii.Error as error:
        raise BadData(_BAD_REQUEST) from error


def latest_in(folder: Path) -> Checkpoint | None:
    """Return the longest checkpoint that was cosigned before; none if this is the first.

    Raises:
        BadNote: what is kept there was altered so that it is no checkpoint any more.
    """
    paths = sorted(folder.glob("*.checkpoint"))
    return Checkpoint.parse(text_of(paths[-1].read_text("utf-8"))) if paths else None


def _keep(folder: Path, checkpoint: Checkpoint, note: str) -> None:
    place = folder / f"{checkpoint.size:020}.checkpoint"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile("w", dir=folder, encoding="utf-8", delete=False) as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, place)  # noqa: PTH105  # the name is a string here
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    except OSError as error:
        raise Unavailable(_NOT_KEPT.fill(path=place, why=file_trouble(error))) from error


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def seen_by(note: str, key: Key) -> datetime | None:
    """Return when this witness cosigned the note; nothing if it did not.

    Raises:
        BadNote: its signature is there, and is wrong.
    """
    for name, raw in signature_lines(note):
        if (name, raw[:4]) != (key.name, key.id):
            continue
        seconds, signature = int.from_bytes(raw[4:12], "big"), raw[12:]
        with suppress(InvalidSignature, OverflowError, ValueError):
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, _message(text_of(note), seconds))
            return datetime.fromtimestamp(seconds, UTC)
        raise BadNote.altered(key.name)
    return None
