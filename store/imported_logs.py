"""Histories of other systems: written once when they are imported, then only read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from states.errors import BadData, NotFound, Sentence
from store.schema.audit import ImportedEventRow, ImportedLogRow
from store.schema.base import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

_TWICE = Sentence("该文件已导入为第{id}号历史。", "This file was imported as history {id} before.")
_NONE = Sentence("没有第{id}号外来历史。", "There is no foreign history {id}.")


@dataclass(frozen=True, slots=True)
class ForeignLog:
    """A history of another system."""

    id: int
    name: str
    sha256: str
    imported_at: datetime
    traces: int
    events: int
    report: dict[str, Any]


def begin(session: Session, name: str, sha256: str, at: datetime) -> int:
    """Make room for a history; return its number.

    Raises:
        BadData: the same file was imported before.
    """
    known = session.scalar(select(ImportedLogRow.id).where(ImportedLogRow.sha256 == sha256))
    if known is not None:
        raise BadData(_TWICE.fill(id=known))
    row = ImportedLogRow(name=name, sha256=sha256, imported_at=at, traces=0, events=0, report="{}")
    session.add(row)
    session.flush()
    return row.id


def add(session: Session, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write events as (log, trace, place, case name, activity, moment, resource, data)."""
    columns = ("log_id", "trace", "place", "case_name", "activity", "at", "resource", "data")
    session.connection().execute(
        insert(table_of(ImportedEventRow)), [dict(zip(columns, row, strict=True)) for row in rows]
    )


def finish(session: Session, log_id: int, traces: int, events: int, report: dict[str, Any]) -> None:
    """Note how much came in, and what the import had to say."""
    values = {"traces": traces, "events": events, "report": json.dumps(report, ensure_ascii=False)}
    session.execute(update(ImportedLogRow).where(ImportedLogRow.id == log_id).values(**values))


def logs(session: Session) -> list[ForeignLog]:
    """Return all foreign histories."""
    return [_log(row) for row in session.scalars(select(ImportedLogRow).order_by(ImportedLogRow.id))]


def log(session: Session, log_id: int) -> ForeignLog:
    """Return one foreign history.

    Raises:
        NotFound: there is none with this number.
    """
    row = session.get(ImportedLogRow, log_id)
    if row is None:
        raise NotFound(_NONE.fill(id=log_id))
    return _log(row)


def _log(row: ImportedLogRow) -> ForeignLog:
    return ForeignLog(row.id, row.name, row.sha256, row.imported_at, row.traces, row.events, json.loads(row.report))


def activities(session: Session, log_id: int) -> dict[str, int]:
    """Return how often each activity happened, the most frequent first."""
    statement = (
        select(ImportedEventRow.activity, func.count())
        .where(ImportedEventRow.log_id == log_id)
        .group_by(ImportedEventRow.activity)
        .order_by(func.count().desc(), ImportedEventRow.activity)
    )
    return dict(session.execute(statement).all())


def trace(session: Session, log_id: int, case_name: str) -> list[dict[str, Any]]:
    """Return the events of one case of another system, in their order."""
    statement = (
        select(ImportedEventRow)
        .where(ImportedEventRow.log_id == log_id, ImportedEventRow.case_name == case_name)
        .order_by(ImportedEventRow.trace, ImportedEventRow.place)
    )
    return [
        {"activity": row.activity, "at": row.at, "resource": row.resource, "data": json.loads(row.data)}
        for row in session.scalars(statement)
    ]


def moments(session: Session, log_id: int, of: tuple[str, str]) -> Iterator[tuple[int, str, str]]:
    """Yield (trace, activity, moment) of two activities, trace by trace, in constant memory."""
    table = table_of(ImportedEventRow)
    statement = (
        select(table.c.trace, table.c.activity, table.c.at)
        .where(table.c.log_id == log_id, table.c.activity.in_(of))
        .order_by(table.c.trace, table.c.place)
        .execution_options(yield_per=10_000)
    )
    for row in session.connection().execute(statement):
        yield row[0], row[1], row[2]
