"""The database: how it is opened, and the one place that commits."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, make_url, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from states.errors import Conflict, Problem, Sentence, Unavailable
from store.schema.operations import SchemaMarkRow

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection, Engine

PERSONAL_TABLES: Final = (
    "personal_data",
    "people",
    "contacts",
    "deliveries",
    "evidence",
    "evidence_uploads",
    "sessions",
    "recovery_codes",
    "login_attempts",
)
"""The tables that may hold personal data."""

LOCK_WAIT_SECONDS: Final = 30
"""How long a writer waits for another before it is told that the database is busy."""

_BUSY: Final = Sentence(
    "数据库正忙：另一个程序占用写锁超过{seconds}秒。没有写入任何内容，请稍后再试。",
    "The database is busy: another program has held the write lock for over {seconds} s. Nothing was written; "
    "try again later.",
)
_READ_ONLY: Final = Sentence(
    "数据库是只读的：{detail}。没有写入任何内容，请检查文件和目录的写权限。",
    "The database is read-only: {detail}. Nothing was written; check the permissions of the file and its folder.",
)
_FULL: Final = Sentence(
    "磁盘已满或文件过大：{detail}。没有写入任何内容，请腾出空间后重试。",
    "The disk is full: {detail}. Nothing was written; make room and try again.",
)
_AWAY: Final = Sentence(
    "数据库不可用：{detail}。没有写入任何内容，请检查 DUBAN_DATABASE_URL 和数据库服务。",
    "The database does not answer: {detail}. Nothing was written; check DUBAN_DATABASE_URL and the database server.",
)
_NOT_MIGRATED: Final = Sentence(
    "数据库结构不是最新版本，请先运行 duban migrate。",
    "The database schema is not the newest; run `duban migrate` first.",
)
_TOO_NEW: Final = Sentence(
    "数据库结构已由更新的版本升级到{revision}，不再适用于本版本，请安装新版本。",
    "A newer release has brought the schema to {revision}, and this release cannot run on it any more; install the "
    "newer one.",
)
COMPATIBLE_SINCE: Final = "compatible_since"
"""The mark, and the name in a migration, of the oldest revision whose release can run on the schema."""
_FOREIGN: Final = Sentence(
    "该文件不是督办数据库或已损坏：{detail}。",
    "The file is not a Duban database, or it is damaged: {detail}.",
)


class Database:
    """One SQLite file or one PostgreSQL database, with full durability.

    SQLite: WAL, `synchronous=FULL`, foreign keys, and `BEGIN IMMEDIATE` for writers, so that two writers queue up
    instead of failing half-way. PostgreSQL: its defaults, which are as strict.
    """

    def __init__(self, url: str, *, lock_wait: float = LOCK_WAIT_SECONDS, pool_size: int = 5) -> None:
        """Open the database at `url`; nothing is read or made yet."""
        try:
            parsed = make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            self.is_sqlite = parsed.get_backend_name() == "sqlite"
            options: dict[str, Any] = {"connect_args": {"timeout": lock_wait}} if self.is_sqlite else {}
            if not self.is_sqlite:
                options = {"pool_size": pool_size, "max_overflow": pool_size, "pool_pre_ping": True}
                # A host that is cut off answers nothing at all, and the system would wait for it for minutes.
                options["connect_args"] = {"connect_timeout": max(2, int(lock_wait))}
            self.engine: Engine = create_engine(parsed, **options)
        except Exception as error:
            raise Unavailable(_AWAY.fill(detail=f"{type(error).__name__}")) from error
        self.url = parsed
        self._lock_wait = lock_wait
        if self.is_sqlite:
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            event.listen(self.engine, "connect", self._prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writers = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self.engine.execution_options(reads=True), expire_on_commit=False)

    def _prepare_sqlite(self, connection: Any, _record: object) -> None:  # noqa: ANN401  # a DBAPI connection
        # The driver must not begin transactions by itself: it would begin deferred ones, and two deferred writers
        # can only end in one of them failing after its work is done.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={int(self._lock_wait * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",
            "temp_store=MEMORY",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @contextmanager
    def transaction(self) -> Generator[Session]:
        """Commit on the way out, or roll everything back.

        The only `commit` in the code base. Nothing that talks to the world (mail, HTTP, Prefect) belongs inside the
        block: it cannot be rolled back.

        Raises:
            Conflict: a row was changed by someone else since it was read.
            Unavailable: the database is busy, read-only, full or away; nothing was written.
        """
        with self._guarded(), self._writers() as session:
            try:
                yield session
                session.commit()
            except Problem:
                session.rollback()
                raise
            except BaseException:
                _discard(session)
                raise

    @contextmanager
    def reading(self) -> Generator[Session]:
        """Give one consistent view of the database; nothing is written, nobody is held up."""
        with self._guarded(), self._readers() as session:
            try:
                yield session
            except BaseException:
                _discard(session)
                raise
            session.rollback()

    @contextmanager
    def _guarded(self) -> Generator[None]:
        try:
            yield
        except Problem:
            raise
        except DBAPIError as error:
            problem = self._explain(error)
            if problem is None:
                raise
            raise problem from error

    def _explain(self, error: DBAPIError) -> Problem | None:
        """Return the sentence for a failure of the installation, or None for a defect of ours."""
        detail = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        words = detail.lower()
        for marks, sentence in (
            (("database is locked", "database table is locked", "lock timeout"), _BUSY),
            (("readonly database", "read-only", "readonly"), _READ_ONLY),
            (("disk is full", "no space left", "could not extend", "disk i/o error"), _FULL),
            (("no such table", "no such column", "does not exist"), _NOT_MIGRATED),
            (("file is not a database", "malformed"), _FOREIGN),
        ):
            if any(mark in words for mark in marks):
                return Unavailable(sentence.fill(detail=detail, seconds=int(self._lock_wait)))
        if any(mark in words for mark in ("could not serialize", "deadlock detected")):
            return Conflict(_BUSY.fill(seconds=int(self._lock_wait)))
        if isinstance(error, OperationalError) or error.connection_invalidated:
            return Unavailable(_AWAY.fill(detail=detail))
        return None

    def migrate(self) -> None:
        """Bring the schema to the newest version. Repeating it is harmless, and so is an older release's doing it.

        Raises:
            Unavailable: the database does not answer or cannot be written, or only a newer release can run on it.
        """
        with self._guarded(), self.engine.begin() as connection:
            if self._newer(connection) is None:
                configuration = _alembic()
                configuration.attributes["connection"] = connection
                command.upgrade(configuration, "head")

    def scrub(self) -> None:
        """Leave no byte of what was deleted in the files of the database; takes the longer the larger it is.

        SQLite: the file is written anew, and the write-ahead log is emptied. PostgreSQL: the tables that hold
        personal data are written anew; its own log keeps old bytes until the server has reused the segments.

        Raises:
            Unavailable: another program is reading or writing; nothing is lost, and it has to be done again.
        """
        with self._guarded():
            errors: Any = self.engine.dialect.dbapi
            raw = self.engine.raw_connection()
            try:
                driver: Any = raw.driver_connection
                if self.is_sqlite:
                    driver.execute("VACUUM")
                    busy, *_pages = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    if busy:
                        raise Unavailable(_BUSY.fill(seconds=int(self._lock_wait)))
                else:
                    driver.autocommit = True
                    for table in PERSONAL_TABLES:
                        driver.execute(f"VACUUM (FULL) {table}")
            except errors.Error as error:
                raise Unavailable(_AWAY.fill(detail=str(error).splitlines()[0])) from error
            finally:
                raw.invalidate()

    def is_current(self) -> bool:
        """Say whether this release can run on the schema: it is the newest it knows, or newer with room for it.

        Raises:
            Unavailable: the database does not answer, or only a newer release can run on it.
        """
        with self._guarded(), self.engine.execution_options(reads=True).connect() as connection:
            if self._newer(connection) is not None:
                return True
            return MigrationContext.configure(connection).get_current_revision() == _known()[-1]

    def _newer(self, connection: Connection) -> str | None:
        """Return the schema's revision if it is newer than this release, and this release can run on it.

        Revisions are one line, so one that is not among ours is newer than all of ours. The oldest revision that
        the schema still has room for is ours exactly if our release is not older than it.

        Raises:
            Unavailable: the schema is newer and has no room for this release.
        """
        ours = _known()
        found = MigrationContext.configure(connection).get_current_revision()
        if found is None or found in ours:
            return None
        asked = select(SchemaMarkRow.value).where(SchemaMarkRow.name == COMPATIBLE_SINCE)
        since = connection.scalar(asked)
        if since is not None and since not in ours:
            raise Unavailable(_TOO_NEW.fill(revision=found))
        return found

    def require_current(self) -> None:
        """Refuse to go on with a schema that this release cannot run on.

        Raises:
            Unavailable: `duban migrate` has to run first, or only a newer release can run on it.
        """
        if not self.is_current():
            raise Unavailable(_NOT_MIGRATED)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _discard(session: Session) -> None:
    """Close the connection for good, which rolls back what it did.

    Whatever failed may have left a statement half read. SQLite keeps its old view of the database as long as one is
    open, and whoever got the connection next from the pool would look at the past.
    """
    session.invalidate()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@lru_cache
def _known() -> tuple[str, ...]:
    """Return the revisions of this release, the newest last; read once, because each is a module that is loaded."""
    scripts = ScriptDirectory.from_config(_alembic()).walk_revisions()
    return tuple(script.revision for script in scripts)[::-1]


def _alembic() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    configuration.set_main_option("path_separator", "os")
    return configuration
