"""The private keys that sign checkpoints: files in the home that only the office's account can read."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final

from audit.notes import Signer
from states.errors import Sentence, Unavailable
from states.file_trouble import file_trouble

if TYPE_CHECKING:
    from pathlib import Path

SEED_BYTES: Final = 32
_WRONG_SIZE: Final = Sentence("文件有{n}字节，应为{most}字节", "it holds {n} bytes instead of {most}")
_NO_NUMBER: Final = Sentence("文件名中没有序号", "its name holds no number")
_BAD_KEY: Final = Sentence(
    "签名密钥 {path} 无法使用：{why}。检查点没有签发。",
    "The key {path} cannot be used: {why}. No checkpoint was signed.",
)


class _WrongSize(ValueError):  # noqa: N818  # says what is wrong with a key's file; never leaves this module
    pass


def signers(home: Path, name: str) -> list[Signer]:
    """Return the newest key and, after a rotation, the one before it; the first key is made if there is none.

    Both sign for as long as there are two, so that who trusts the old key comes to know the new one.

    Raises:
        Unavailable: a key cannot be read or made.
    """
    folder = home / "keys"
    try:
        paths = sorted(folder.glob("checkpoint-*.key"))
        if not paths:
            paths = [_make(folder, 1)]
        return [Signer(name, _seed(path)) for path in reversed(paths[-2:])]
    except (OSError, ValueError) as error:
        raise Unavailable(_BAD_KEY.fill(path=folder, why=_trouble(error))) from error


def rotate(home: Path, name: str) -> Signer:
    """Make the next key; checkpoints are signed by it and by the one before from now on."""
    signers(home, name)
    folder = home / "keys"
    newest = max(int(path.stem.rpartition("-")[2]) for path in folder.glob("checkpoint-*.key"))
    return Signer(name, _seed(_make(folder, newest + 1)))


def seed_in(path: Path) -> bytes:
    """Return the 32 bytes of the key in this file; they are made if there is none.

    Raises:
        Unavailable: the key cannot be read or made.
    """
    try:
        return _seed(path if path.exists() else _write(path))
    except (OSError, ValueError) as error:
        raise Unavailable(_BAD_KEY.fill(path=path, why=_trouble(error))) from error


def _trouble(error: OSError | ValueError) -> Sentence:
    if isinstance(error, OSError):
        return file_trouble(error)
    return _WRONG_SIZE.fill(n=error.args[0], most=SEED_BYTES) if isinstance(error, _WrongSize) else _NO_NUMBER


def _make(folder: Path, number: int) -> Path:
    return _write(folder / f"checkpoint-{number:04}.key")


def _write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(SEED_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return path


def _seed(path: Path) -> bytes:
    seed = path.read_bytes()
    if len(seed) != SEED_BYTES:
        raise _WrongSize(len(seed))
    return seed
