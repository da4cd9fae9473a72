"""A database at an older revision, and rows as the release of that time wrote them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from store.database import COMPATIBLE_SINCE, Database, _alembic
from store.schema import whole
from store.schema.base import Moment
from store.schema.installation import SchemaMarkRow

if TYPE_CHECKING:
    from collections.abc import Iterator


def revisions() -> list[str]:
    found = [script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()]
    return found[::-1]


def upgrade(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        configuration = _alembic()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)


def tables(database: Database) -> list[sa.Table]:
    """Return the tables as they are now, in the order in which they refer to one another."""
    metadata = sa.MetaData()
    metadata.reflect(database.engine)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def row(table: sa.Table, n: int) -> dict[str, Any]:
    """Return a row as the release of that schema writes it: all its columns, references to rows of the same number."""
    row: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type
        if isinstance(kind, sa.Boolean):
            row[column.name] = False
        elif isinstance(kind, sa.DateTime):
            row[column.name] = datetime(2026, 3, 2, 1, tzinfo=UTC)
        elif isinstance(kind, sa.Date):
            row[column.name] = date(2026, 3, 2)
        elif isinstance(kind, sa.Integer):
            row[column.name] = n
        elif _is_moment(table.name, column.name):  # on SQLite a text of constant width
            row[column.name] = "2026-03-02 01:00:00.000000"
        else:
            row[column.name] = str(n)
    return row


def _is_moment(table: str, column: str) -> bool:
    known = whole().tables.get(table)
    return known is not None and column in known.c and isinstance(known.c[column].type, Moment)


def insert(database: Database, tables: list[sa.Table], n: int) -> None:
    with database.transaction() as session:
        for table in tables:
            session.execute(sa.insert(table).values(row(table, n)))


def read(database: Database, tables: list[sa.Table], n: int) -> list[str]:
    """Return, for each table, the row as the release of that schema reads it."""
    with database.reading() as session:
        return [
            str(session.execute(sa.select(table).where(*(c == row(table, n)[c.name] for c in key(table)))).one())
            for table in tables
        ]


def key(table: sa.Table) -> Iterator[sa.Column[Any]]:
    return iter(table.primary_key.columns)


def mark(database: Database) -> str | None:
    """Return the oldest revision whose release can run on the schema."""
    with database.reading() as session:
        asked = sa.select(SchemaMarkRow.value).where(SchemaMarkRow.name == COMPATIBLE_SINCE)
        return session.scalar(asked)
