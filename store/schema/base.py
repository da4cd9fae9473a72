"""What all tables share: how moments and days are kept, and what an index or a table is called by.

Moments are stored in UTC and come back aware; days are days in the office's zone and have no time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Date, DateTime, Index, String, Table, Text, text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine


@lru_cache(maxsize=10_000)
def _moment_text(value: datetime) -> str:
    return value.isoformat(" ", "microseconds")[:-6]


class Moment(TypeDecorator[datetime]):
    """An instant. Refuses a time without a zone on the way in, because SQLite would forget it; gives UTC back.

    On SQLite it is text of constant width, as SQLAlchemy's own type writes it, so that it sorts as it should; the
    conversion is ours because theirs takes a regular expression for every value.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return how this database keeps it."""
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401  # by database
        """Return the instant in UTC.

        Raises:
            ValueError: the time has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        if dialect.name == "sqlite":
            return _moment_text(value.astimezone(UTC))
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401  # by database
        """Return the instant in UTC, aware on both databases."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        moment: datetime = value
        return moment.astimezone(UTC)


_day = lru_cache(maxsize=10_000)(date.fromisoformat)


class Day(TypeDecorator[date]):
    """A day in the office's zone; on SQLite ISO text, as SQLAlchemy's own type writes it, but converted faster."""

    impl = Date()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return how this database keeps it."""
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:  # noqa: ANN401  # by database
        """Return the day as the database keeps it."""
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:  # noqa: ANN401  # by database
        """Return the day."""
        if value is not None and dialect.name == "sqlite":
            return _day(value)
        day: date | None = value
        return day


class Base(DeclarativeBase):
    """What all tables share: strings are unbounded text, moments are aware."""

    type_annotation_map = {datetime: Moment(), date: Day(), str: Text()}  # noqa: RUF012  # SQLAlchemy reads it from the class


WORD: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points on both databases, so that what begins alike stands together."""


def partial_index(name: str, *columns: Any, where: str, unique: bool = False) -> Index:  # noqa: ANN401  # a column or its name
    """Return an index over only the rows that `where` names.

    Migrations make it on both databases. Here it is named for SQLite alone: an argument for PostgreSQL would load that
    dialect, a twentieth of the start of a command, in every process of an office that has none.
    """
    return Index(name, *columns, sqlite_where=text(where), unique=unique)


def table_of(mapped: type[Base]) -> Table:
    """Return the table of a mapped class, for statements over many rows."""
    found = mapped.__table__
    if not isinstance(found, Table):
        raise TypeError(f"{mapped.__name__} is not mapped to one table")
    return found
