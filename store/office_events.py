"""The history outside cases: what happens to accounts, appointments, addresses, messages and the office's own records.

These events and those of cases stand in one order and one Merkle tree (ADR 0040). An event of a case keeps its `seq`,
which counts events of cases alone; every event has a place among all leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import bindparam, func, or_, select, update

from states.sealing import SHA256, canonical, digest
from store import bulk
from store.schema.base import table_of
from store.schema.events import LogHeadRow, OfficeEventRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

ROW: Final = "row"
"""The kind of an event that says what stands in a row from now on."""
OWED: Final = "owed"
"""The kind of an event that says which messages a transaction owes, each as `outbox_messages.as_owed` writes it."""
GONE: Final = "null"
"""What an event says of a row that was taken away."""
New = tuple[str, str, str]
"""An event to be written: its kind, its subject, and its data in canonical JSON."""
_EVENTS: Final = table_of(OfficeEventRow)
_AT_ONCE: Final = 500
_HEAD: Final = table_of(LogHeadRow)
_TAKE: Final = (
    update(_HEAD)
    .where(_HEAD.c.id == 1)
    .values(others=_HEAD.c.others + bindparam("more"))
    .returning(_HEAD.c.size, _HEAD.c.others, _HEAD.c.algorithm)
)


class OfficeEvent(NamedTuple):
    """An event outside cases as it is stored. `data` is canonical JSON."""

    id: int
    place: int
    after_seq: int
    kind: str
    subject: str
    data: str
    hash: str


def sealed_text(id_: int, place: int, kind: str, subject: str, data: str, algorithm: str = SHA256) -> str:
    """Return the canonical form of an event outside cases; no event of a case has the same keys."""
    named = "" if algorithm == SHA256 else f'"algorithm":"{algorithm}",'
    return (
        f'{{{named}"data":{data},"id":{id_},"kind":{canonical(kind)},"place":{place},"subject":{canonical(subject)}}}'
    )


def owing(owed: Sequence[Any]) -> New:
    """Return the event that says which messages a transaction owes."""
    return OWED, "outbox", canonical(owed)


def append(session: Session, events: Sequence[New]) -> None:
    """Write events at the end of the history.

    Call it last in a transaction: from here to the commit, other writers of PostgreSQL wait.
    """
    if events:
        size, others, algorithm = session.connection().execute(_TAKE, {"more": len(events)}).one()
        write(session, events, size, others, algorithm)


def write(session: Session, events: Sequence[New], size: int, others: int, algorithm: str) -> None:
    """Write events at the places that were taken for them, which are the last of `others`, behind `size` of cases."""
    hashed = digest(algorithm)
    rows = []
    for id_, (kind, subject, data) in enumerate(events, others - len(events) + 1):
        place = size + id_
        own = hashed(sealed_text(id_, place, kind, subject, data, algorithm).encode()).hexdigest()
        rows.append(OfficeEvent(id_, place, size, kind, subject, data, own)._asdict())
    bulk.insert(session, _EVENTS, rows)


def stored(session: Session, *, after: int = 0, batch: int = 5000) -> Iterator[OfficeEvent]:
    """Yield the events as they are stored, in their order, from behind id `after`."""
    connection = session.connection()
    while True:
        statement = select(*_EVENTS.c).where(_EVENTS.c.id > after).order_by(_EVENTS.c.id).limit(batch)
        rows = connection.execute(statement).all()
        if not rows:
            return
        for row in rows:
            yield OfficeEvent(*row)
        after = rows[-1].id


def latest(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    """Return what the latest event of each of these subjects says of it; those of which none speaks are left out."""
    wanted = list(subjects)
    found: dict[str, str] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        newest = (
            select(func.max(_EVENTS.c.id))
            .where(_EVENTS.c.subject.in_(wanted[first : first + _AT_ONCE]), _EVENTS.c.kind == ROW)
            .group_by(_EVENTS.c.subject)
        )
        statement = select(_EVENTS.c.subject, _EVENTS.c.data).where(_EVENTS.c.id.in_(newest))
        found.update((row.subject, row.data) for row in session.connection().execute(statement))
    return found


def living(session: Session, table: str) -> list[str]:
    """Return the rows of this table of which the log has said last that something stands in them."""
    newest = (
        select(func.max(_EVENTS.c.id))
        .where(_EVENTS.c.subject > f"{table}/", _EVENTS.c.subject < f"{table}0", _EVENTS.c.kind == ROW)
        .group_by(_EVENTS.c.subject)
    )
    statement = select(_EVENTS.c.subject).where(_EVENTS.c.id.in_(newest), _EVENTS.c.data != GONE)
    return list(session.connection().scalars(statement))


def said_of(session: Session, table: str) -> Iterator[tuple[str, str]]:
    """Yield all that the log has ever said of the rows of this table, as subject and data, the oldest first."""
    statement = (
        select(_EVENTS.c.subject, _EVENTS.c.data)
        .where(_EVENTS.c.subject > f"{table}/", _EVENTS.c.subject < f"{table}0", _EVENTS.c.kind == ROW)
        .order_by(_EVENTS.c.id)
    )
    for row in session.connection().execute(statement):
        yield row.subject, row.data


def owed(session: Session) -> Iterator[list[list[Any]]]:
    """Yield what each transaction has owed, in their order: messages as `store.outbox_messages.as_owed` writes them."""
    after = 0
    while (
        rows := session.connection()
        .execute(
            select(_EVENTS.c.id, _EVENTS.c.data)
            .where(_EVENTS.c.kind == OWED, _EVENTS.c.id > after)
            .order_by(_EVENTS.c.id)
            .limit(_AT_ONCE)
        )
        .all()
    ):
        for row in rows:
            yield orjson.loads(row.data)
        after = rows[-1].id


def count(session: Session) -> int:
    """Return how many events outside cases the log's head counts."""
    return int(session.scalar(select(LogHeadRow.others).where(LogHeadRow.id == 1)) or 0)


def events_with(session: Session, words: Sequence[str]) -> int:
    """Return how many events hold one of these words in the clear, in columns that are not committed to."""
    if not words:
        return 0
    found = or_(*(_EVENTS.c.data.contains(word, autoescape=True) for word in words))
    return int(session.scalar(select(func.count()).select_from(_EVENTS).where(found)) or 0)


def latest_of(session: Session, tables: Sequence[str]) -> tuple[int, ...]:
    """Return for each of these tables the id of the latest event of one of its rows; 0 if there is none."""
    return tuple(
        int(
            session.scalar(
                select(func.max(_EVENTS.c.id)).where(
                    _EVENTS.c.subject >= f"{table}/",
                    _EVENTS.c.subject < f"{table}0",  # the sign behind the stroke
                )
            )
            or 0
        )
        for table in tables
    )
