"""Signed notes and checkpoints as C2SP describes them (signed-note, tlog-checkpoint), with Ed25519.

A checkpoint says how long the history is and what its root is. Whoever keeps one outside the office can prove later
that nothing before it was changed, taken out or cut off.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from states.errors import BadData, Sentence
from states.sealing import ALGORITHMS, SHA256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ED25519: Final = b"\x01"
"""The kind of a key that signs notes as such."""
COSIGNATURE: Final = b"\x04"
"""The kind of a key with which a witness signs, with the moment at which it saw the checkpoint (`audit.witness`)."""
MOST_SIGNATURES: Final = 16
_NAME: Final = re.compile(r"[^\s+]+")
_SIGNATURE: Final = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_ALGORITHM_LINE: Final = "hash "
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_BAD_NOTE: Final = Sentence("检查点无效：{why}", "The checkpoint is not valid: {why}")
_REASONS: Final = {
    "form": Sentence("不符合签名文书（C2SP signed-note）的格式。", "it does not have the form of a signed note."),
    "signature": Sentence("{name}的签名不对，内容被改动过。", "the signature of {name} is wrong; it was altered."),
    "stranger": Sentence("没有任何可信密钥的签名。", "no key that is trusted has signed it."),
    "text": Sentence("正文不是检查点。", "its text is not a checkpoint."),
    "key": Sentence("公钥“{name}”不可识别。", "the public key “{name}” cannot be read."),
}


class BadNote(BadData):
    """A note is not what it says, or nobody who is trusted has signed it."""

    @classmethod
    def altered(cls, name: str) -> BadNote:
        """Return that the signature of this name is wrong."""
        return _bad("signature", name)


def _bad(reason: str, name: str = "") -> BadNote:
    return BadNote(_BAD_NOTE.fill(why=_REASONS[reason].fill(name=name)))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How long the history is, and the root of its tree, as its `origin` states them."""

    origin: str
    size: int
    root: bytes
    algorithm: str = SHA256

    def text(self) -> str:
        """Return the text that is signed."""
        extension = "" if self.algorithm == SHA256 else f"{_ALGORITHM_LINE}{self.algorithm}\n"
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{extension}"

    @staticmethod
    def parse(text: str) -> Checkpoint:
        """Return the checkpoint that a note's text holds.

        Further lines are extensions and are passed over, but for the one that names another hash function.

        Raises:
            BadNote: it is none.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004  # three lines and their end
            raise _bad("text")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except binascii.Error as error:
            raise _bad("text") from error
        if len(root) != sha256().digest_size:
            raise _bad("text")
        named = [line.removeprefix(_ALGORITHM_LINE) for line in lines[3:] if line.startswith(_ALGORITHM_LINE)]
        if len(named) > 1 or any(word not in ALGORITHMS for word in named):
            raise _bad("text")
        return Checkpoint(lines[0], int(lines[1]), root, named[0] if named else SHA256)

    def code(self) -> str:
        """Return a short code to print or to read out over the telephone: the length, and 80 bits of the root."""
        short = base64.b32encode(self.root[:10]).decode()
        return f"{self.size}-" + "-".join(short[i : i + 4] for i in range(0, 16, 4))


@dataclass(frozen=True, slots=True)
class Key:
    """A public key with the name under which it signs."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def id(self) -> bytes:
        """Return the four bytes by which a signature names this key."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def text(self) -> str:
        """Return the key as verifiers take it: `name+id+key`."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.kind + self.public).decode()}"

    @staticmethod
    def parse(text: str) -> Key:
        """Return the key that `text` wrote.

        Raises:
            BadNote: it cannot be read, or its id is not its own.
        """
        name, _, rest = text.strip().partition("+")
        id_, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise _bad("key", text[:60]) from error
        key = Key(name, raw[1:], raw[:1])
        kinds = (ED25519, COSIGNATURE)
        if not _NAME.fullmatch(name) or key.kind not in kinds or len(raw) != 33 or key.id.hex() != id_:  # noqa: PLR2004  # one byte of algorithm, 32 of key
            raise _bad("key", text[:60])
        return key


class Signer:
    """A private key with the name under which it signs."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Take the 32 bytes that make the key."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = Key(name, public)

    def line(self, text: str) -> str:
        """Return the signature line for this text."""
        signature = self.key.id + self._private.sign(text.encode())
        return f"— {self.key.name} {base64.b64encode(signature).decode()}\n"


def signed(text: str, signers: Sequence[Signer]) -> str:
    """Return the note: the text, an empty line, and a line for each signer."""
    return text + "\n" + "".join(signer.line(text) for signer in signers)


def text_of(note: str) -> str:
    """Return the text of a note, whoever signed it."""
    return note.rpartition("\n\n")[0] + "\n"


def signature_lines(note: str) -> list[tuple[str, bytes]]:
    """Return who signed a note by its own word, each with the bytes of the signature: unchecked.

    Raises:
        BadNote: it does not have the form of a signed note.
    """
    text, gap, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not gap or not text or lines.pop() or not 0 < len(lines) <= MOST_SIGNATURES:
        raise _bad("form")
    if any(ord(letter) < ord(" ") and letter != "\n" for letter in note):
        raise _bad("form")
    found = []
    for line in lines:
        parts = _SIGNATURE.fullmatch(line)
        if parts is None:
            raise _bad("form")
        try:
            found.append((parts["name"], base64.b64decode(parts["signature"], validate=True)))
        except binascii.Error as error:
            raise _bad("form") from error
    return found


def opened(note: str, keys: Iterable[Key]) -> str:
    """Return the text of a note that at least one of the keys has signed; witnesses' keys do not count here.

    Signatures of keys that are not known are passed over; a wrong one of a known key refuses the whole note.

    Raises:
        BadNote: the note has another form, is altered, or nobody known has signed it.
    """
    known = {(key.name, key.id): key for key in keys if key.kind == ED25519}
    accepted = 0
    text = text_of(note)
    for name, raw in signature_lines(note):
        key = known.get((name, raw[:4]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
        except InvalidSignature as error:
            raise _bad("signature", key.name) from error
        accepted += 1
    if not accepted:
        raise _bad("stranger")
    return text
