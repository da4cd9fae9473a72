"""INSERT … ON CONFLICT, which each database has under a class of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.schema.base import table_of
from store.touched import SAYS_WHAT, key_of, touch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Table
    from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
    from sqlalchemy.orm import Session

    from store.schema.base import Base


def is_postgresql(session: Session) -> bool:
    """Say whether the session speaks to PostgreSQL; else it is SQLite."""
    return session.get_bind().dialect.name == "postgresql"


def insertion(session: Session, table: Table) -> PostgresqlInsert | SqliteInsert:
    """Return an INSERT into the table that can say what happens on a conflict."""
    return insertion_for(table, postgresql=is_postgresql(session))


def insertion_for(table: Table, *, postgresql: bool) -> PostgresqlInsert | SqliteInsert:
    """Return the same for a database that is named."""
    if postgresql:
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415  # an office has one database, not both

        return insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415  # as above

    return sqlite_insert(table)


def insert_once(session: Session, mapped: type[Base], row: Mapping[str, Any]) -> None:
    """Write the row unless one like it exists, by whatever the table holds unique; two writers at once are safe."""
    table = table_of(mapped)
    statement = insertion(session, table).values(**row).on_conflict_do_nothing().returning(*table.primary_key)
    for written in session.execute(statement, execution_options={SAYS_WHAT: True}).all():
        touch(session, table.name, key_of(written))
