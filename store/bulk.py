"""Many rows in one statement: how whatever writes hundreds of rows in a transaction writes them.

PostgreSQL takes all rows of a table as one JSON text and unfolds it itself, which costs the client a fifteenth and the
server half of one statement a row; on SQLite, where a statement is a call of a function, each row is its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import ARRAY, JSON, Integer, Text, any_, bindparam, cast, column, func, select
from sqlalchemy import delete as deleting
from sqlalchemy import insert as inserting
from sqlalchemy import update as updating

from store.tables import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, CursorResult, Select, Table
    from sqlalchemy.orm import Session
    from sqlalchemy.sql import Delete, Insert, Update
    from sqlalchemy.sql.selectable import TableValuedAlias

Row = dict[str, Any]
"""Values by the names of their columns, or by the names that `by` gives them."""

ROWS: Final = "rows"
"""The name of the parameter that holds all rows as JSON."""


def insert(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Write new rows, which all name the same columns."""
    if not rows:
        return
    if _one_by_one(session):
        session.connection().execute(inserting(table), rows)
    else:
        names = tuple(rows[0])
        session.connection().execute(_insert(table, names), _text(table, dict(zip(names, names, strict=True)), rows))


def update(session: Session, table: Table, by: Mapping[str, str], rows: Sequence[Row]) -> int:
    """Change the rows in which each column of `by` has the value that goes by its name there; return how many.

    The other names are columns and get their values. A name in `by` must be none of a column.
    """
    if not rows:
        return 0
    marks = tuple(by.items())
    if _one_by_one(session):
        return session.connection().execute(_update_one(table, marks, tuple(rows[0])), rows).rowcount
    columns = {name: name for name in rows[0]} | {name: place for place, name in marks}
    return session.connection().execute(_update(table, marks, tuple(rows[0])), _text(table, columns, rows)).rowcount


def delete(session: Session, table: Table, by: Mapping[str, str], rows: Sequence[Row]) -> int:
    """Take the rows away in which each column of `by` has the value that goes by its name there; return how many."""
    if not rows:
        return 0
    marks = tuple(by.items())
    if _one_by_one(session):
        return session.connection().execute(_delete_one(table, marks), rows).rowcount
    columns = {name: place for place, name in marks}
    return session.connection().execute(_delete(table, marks), _text(table, columns, rows)).rowcount


class Among:
    """A question for the rows in which a column has one of many whole numbers.

    On PostgreSQL they are one array, so that the question is the same however many they are, and is planned once.
    """

    def __init__(self, question: Select[Any], column: ColumnElement[int]) -> None:
        """Ask this, for the rows whose `column` is among the numbers."""
        self._each = question.where(column.in_(bindparam(ROWS, expanding=True)))
        self._array = question.where(column == any_(bindparam(ROWS, type_=ARRAY(Integer()))))

    def execute(self, session: Session, among: Iterable[int]) -> CursorResult[*tuple[Any, ...]]:
        """Ask it for these numbers."""
        asked = self._each if _one_by_one(session) else self._array
        return session.connection().execute(asked, {ROWS: list(among)})


def _one_by_one(session: Session) -> bool:
    return session.get_bind().dialect.name != "postgresql"


def _text(table: Table, columns: Mapping[str, str], rows: Sequence[Row]) -> dict[str, str]:
    """Return the rows as JSON. Moments without a zone are refused, as `Moment` would: a server reads them in its own.

    Raises:
        ValueError: a time has no zone.
    """
    for name, place in columns.items():
        if isinstance(table.c[place].type, Moment):
            for row in rows:
                if row[name] is not None and row[name].tzinfo is None:
                    raise ValueError(f"{row[name]} has no time zone")
    return {ROWS: orjson.dumps(rows).decode()}


def unfolded(table: Table, columns: Iterable[tuple[str, str]]) -> TableValuedAlias:
    """Return the rows that PostgreSQL makes of the JSON; each name has the type of its column."""
    text = cast(bindparam(ROWS, type_=Text()), JSON())
    typed = (column(name, table.c[place].type) for name, place in columns)
    return func.json_to_recordset(text).table_valued(*typed).render_derived(name="given", with_types=True)


@lru_cache
def _insert(table: Table, names: tuple[str, ...]) -> Insert:
    given = unfolded(table, zip(names, names, strict=True))
    return inserting(table).from_select(names, select(*(given.c[name] for name in names)))


@lru_cache
def _update(table: Table, by: tuple[tuple[str, str], ...], names: tuple[str, ...]) -> Update:
    places = {name: name for name in names} | {name: place for place, name in by}
    given = unfolded(table, places.items())
    marks = {name for _place, name in by}
    statement = updating(table).where(*(table.c[place] == given.c[name] for place, name in by))
    return statement.values({name: given.c[name] for name in names if name not in marks})


@lru_cache
def _update_one(table: Table, by: tuple[tuple[str, str], ...], names: tuple[str, ...]) -> Update:
    marks = {name for _place, name in by}
    statement = updating(table).where(*(table.c[place] == bindparam(name) for place, name in by))
    return statement.values({name: bindparam(name) for name in names if name not in marks})


@lru_cache
def _delete(table: Table, by: tuple[tuple[str, str], ...]) -> Delete:
    given = unfolded(table, ((name, place) for place, name in by))
    return deleting(table).where(*(table.c[place] == given.c[name] for place, name in by))


@lru_cache
def _delete_one(table: Table, by: tuple[tuple[str, str], ...]) -> Delete:
    return deleting(table).where(*(table.c[place] == bindparam(name) for place, name in by))
