"""Evidence: files kept under the SHA-256 of their content, below the home. What is kept is never changed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from states.errors import BadData, Sentence, Unavailable
from store.tables import EvidenceRow, insert_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

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


def has_evidence(session: Session, sha256: str) -> bool:
    """Say whether a file with this hash is kept."""
    return session.get(EvidenceRow, sha256) is not None


def note_evidence(session: Session, sha256: str, name: str, size: int, media_type: str, now: datetime) -> None:
    """Note a file that was put into the store; noting it again changes nothing."""
    row = {"sha256": sha256, "name": name, "size": size, "media_type": media_type, "added_at": now}
    insert_once(session, EvidenceRow, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A kept file: its SHA-256, the name under which it first came, and its size in bytes."""

    sha256: str
    name: str
    size: int
    added_at: datetime


def evidence_of(session: Session, hashes: Sequence[str]) -> list[Evidence]:
    """Return what is known of the kept files with these hashes, in the order of the hashes."""
    rows = session.scalars(select(EvidenceRow).where(EvidenceRow.sha256.in_(hashes)))
    known = {row.sha256: row for row in rows}
    return [
        Evidence(sha256=row.sha256, name=row.name, size=row.size, added_at=row.added_at)
        for row in (known[hash_] for hash_ in hashes if hash_ in known)
    ]
