"""Evidence: files kept under the SHA-256 of their content, below the home. What is kept is never changed."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from states.errors import BadData, Sentence, Unavailable

PIECE: Final = 1 << 20
_UNREADABLE: Final = Sentence("读不出文件 {path}：{why}。", "The file {path} cannot be read: {why}.")
_NOT_KEPT: Final = Sentence(
    "佐证材料无法存入 {path}：{why}。没有登记任何内容。",
    "The evidence cannot be kept in {path}: {why}. Nothing was noted.",
)


def place_of(home: Path, hash_: str) -> Path:
    """Return where the file with this hash is kept."""
    return home / "evidence" / hash_[:2] / hash_


def keep(home: Path, source: Path) -> tuple[str, int]:
    """Copy the file into the store; return its SHA-256 and its size in bytes. Keeping it again changes nothing.

    The copy is on the disk under its full name or not at all: it is written beside its place, forced out, and renamed.

    Raises:
        BadData: the file cannot be read.
        Unavailable: the store cannot be written, or the disk is full.
    """
    folder = home / "evidence"
    digest, size = sha256(), 0
    try:
        reading = source.open("rb")
    except OSError as error:
        raise BadData(_UNREADABLE.fill(path=source, why=error.strerror)) from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with reading, NamedTemporaryFile(dir=folder, delete=False) as copy:
            while piece := reading.read(PIECE):
                digest.update(piece)
                size += len(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
        place = place_of(home, digest.hexdigest())
        place.parent.mkdir(exist_ok=True)
        Path(copy.name).replace(place)
        for changed in (place.parent, folder):
            handle = os.open(changed, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
    except OSError as error:
        raise Unavailable(_NOT_KEPT.fill(path=folder, why=error.strerror)) from error
    return digest.hexdigest(), size
