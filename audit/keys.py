"""The private keys that sign checkpoints: files in the home that only the office's account can read."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final

from audit.notes import Signer
from states.errors import Sentence, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

SEED_BYTES: Final = 32
_BAD_KEY: Final = Sentence(
    "签名密钥 {path} 无法使用：{why}。检查点没有签发。",
    "The key {path} cannot be used: {why}. No checkpoint was signed.",
)


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
        raise Unavailable(_BAD_KEY.fill(path=folder, why=error)) from error


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
        raise Unavailable(_BAD_KEY.fill(path=path, why=error)) from error


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
        raise ValueError(f"{path.name} holds {len(seed)} bytes instead of {SEED_BYTES}")
    return seed
