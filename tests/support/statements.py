"""Statements of SQL are compiled once in each process of the tests, though every test has an engine of its own.

The same statement on the same kind of database is the same words; an office has hundreds of them, and to write them
anew for each engine was a tenth of a short test's time. A process of the product has one engine and keeps them itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from sqlalchemy import Engine

_MOST: Final = 5_000
_COMPILED: Final[LRUCache[Any, Any]] = LRUCache(_MOST)


class _Shared:
    """A dialect that is the same for every engine, so that what one engine has compiled serves all."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Let an engine keep its compiled statements with those of all others."""
        engine.update_execution_options(compiled_cache=_COMPILED)


class SharedSQLite(_Shared, SQLiteDialect_pysqlite):
    """SQLite as SQLAlchemy speaks it."""

    supports_statement_cache = True


class SharedPostgreSQL(_Shared, PGDialect_psycopg):
    """PostgreSQL as SQLAlchemy speaks it."""

    supports_statement_cache = True


def share() -> None:
    """Let every engine that is made from now on in this process compile a statement once for all."""
    registry.register("sqlite", __name__, SharedSQLite.__name__)
    registry.register("postgresql.psycopg", __name__, SharedPostgreSQL.__name__)
