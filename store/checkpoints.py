"""Checkpoints, their keys, and the stored subtrees of the history's tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from store.schema.audit import CheckpointKeyRow, CheckpointRow, LogNodeRow
from store.upsert import insert_once

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint as it is kept."""

    size: int
    root: str
    note: str
    signed_at: datetime
    sent_to: str
    timestamp: str | None


def _kept(row: CheckpointRow) -> Kept:
    return Kept(row.size, row.root, row.note, row.signed_at, row.sent_to, row.timestamp)


def keep(session: Session, size: int, root: bytes, note: str, at: datetime) -> None:
    """Keep a checkpoint; one of the same length is kept once."""
    row = {"size": size, "root": root.hex(), "note": note, "signed_at": at, "sent_to": ""}
    insert_once(session, CheckpointRow, row)


def note_sent(session: Session, size: int, where: str) -> None:
    """Write down where copies of a checkpoint went."""
    session.execute(update(CheckpointRow).where(CheckpointRow.size == size).values(sent_to=where))


def note_timestamp(session: Session, size: int, timestamp: str) -> None:
    """Keep what a timestamp authority has said of a checkpoint."""
    session.execute(update(CheckpointRow).where(CheckpointRow.size == size).values(timestamp=timestamp))


def replace_note(session: Session, size: int, note: str) -> None:
    """Keep a checkpoint with more signatures on it."""
    session.execute(update(CheckpointRow).where(CheckpointRow.size == size).values(note=note))


def of_size(session: Session, size: int) -> Kept | None:
    """Return the checkpoint of this length."""
    row = session.get(CheckpointRow, size)
    return _kept(row) if row is not None else None


def checkpoints(session: Session) -> list[Kept]:
    """Return all checkpoints, the shortest history first."""
    rows = session.scalars(select(CheckpointRow).order_by(CheckpointRow.size))
    return [_kept(row) for row in rows]


def latest(session: Session) -> Kept | None:
    """Return the newest checkpoint."""
    row = session.scalar(select(CheckpointRow).order_by(CheckpointRow.size.desc()).limit(1))
    return _kept(row) if row is not None else None


def keep_key(session: Session, vkey: str, since: datetime) -> None:
    """Keep a public key, once."""
    insert_once(session, CheckpointKeyRow, {"vkey": vkey, "since": since})


def keys(session: Session) -> list[str]:
    """Return all public keys that ever signed, the oldest first."""
    return list(session.scalars(select(CheckpointKeyRow.vkey).order_by(CheckpointKeyRow.since)))


def node(session: Session, height: int, place: int) -> bytes | None:
    """Return a stored subtree's root."""
    found = session.scalar(select(LogNodeRow.hash).where(LogNodeRow.height == height, LogNodeRow.place == place))
    return bytes.fromhex(found) if found is not None else None


def nodes(session: Session, height: int) -> dict[int, bytes]:
    """Return all stored subtrees of this height by their place."""
    rows = session.execute(select(LogNodeRow.place, LogNodeRow.hash).where(LogNodeRow.height == height))
    return {row.place: bytes.fromhex(row.hash) for row in rows}


def stored_nodes(session: Session, height: int) -> int:
    """Return how many subtrees of this height are stored; they are stored from the first on, without gaps."""
    found = session.scalar(select(func.max(LogNodeRow.place)).where(LogNodeRow.height == height))
    return int(found) + 1 if found is not None else 0


def heights(session: Session) -> list[int]:
    """Return of which heights subtrees are stored."""
    return list(session.scalars(select(LogNodeRow.height).distinct().order_by(LogNodeRow.height)))


def count_nodes(session: Session, height: int) -> int:
    """Return how many subtrees of this height are stored."""
    return int(session.scalar(select(func.count()).where(LogNodeRow.height == height)) or 0)


def keep_node(session: Session, height: int, place: int, node_hash: bytes) -> None:
    """Store a subtree's root, once."""
    insert_once(session, LogNodeRow, {"height": height, "place": place, "hash": node_hash.hex()})
