"""The database: how it is opened, and the one place that commits."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from states.errors import Problem, Sentence, Unavailable
from states.file_trouble import file_trouble
from store.failures import AWAY, BUSY, CROWDED, NOT_MIGRATED, UNKNOWN_END, code, detail, explained, silence
from store.limits import Limits
from store.schema import whole
from store.schema.installation import SchemaMarkRow

if TYPE_CHECKING:
    from collections.abc import Generator

    from alembic.config import Config
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
    "case_texts",
    "case_pairs",
    "saved_views",
    "official_documents",
    "official_document_steps",
    "clues",
    "inspection_answers",
    "inspection_photos",
    "obligation_steps",
    "rankings",
    "ranking_objections",
    "commendations",
    "row_salts",
)
"""The tables that may hold personal data."""

POOL_WAIT_SECONDS: Final = 10
"""How long a request waits for a connection when all are in use."""

_NO_PLACE: Final = Sentence(
    "数据库目录 {path} 不能写入（{why}）：请改正其权限或挂载方式，或另设 DUBAN_HOME、DUBAN_DATABASE_URL。",
    "The database's folder {path} cannot be written ({why}): mend its permissions or how it is mounted, or set "
    "DUBAN_HOME or DUBAN_DATABASE_URL.",
)
_TOO_NEW: Final = Sentence(
    "数据库结构已由更新的版本升级到{revision}，不再适用于本版本，请安装新版本。",
    "A newer release has brought the schema to {revision}, and this release cannot run on it any more; install the "
    "newer one.",
)
VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
COMPATIBLE_SINCE: Final = "compatible_since"
"""The mark, and the name in a migration, of the oldest revision whose release can run on the schema."""


class Database:
    """One SQLite file or one PostgreSQL database, with full durability.

    SQLite: WAL, `synchronous=FULL`, foreign keys, and `BEGIN IMMEDIATE` for writers, so that two writers queue up
    instead of failing half-way. PostgreSQL: its defaults, which are as strict, and `Limits`, which it has none of.
    """

    def __init__(self, url: str, *, limits: Limits | None = None, lock_wait: float = 0, pool_size: int = 5) -> None:
        """Open the database at `url`; nothing is read or made yet. `lock_wait` replaces the limit for locks.

        Raises:
            Unavailable: the address makes no sense, or the folder of the file cannot be made.
        """
        found = limits or Limits()
        self.limits = replace(found, lock=lock_wait) if lock_wait else found
        try:
            parsed = make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            self.is_sqlite = parsed.get_backend_name() == "sqlite"
            options: dict[str, Any] = {"connect_args": {"timeout": self.limits.lock}} if self.is_sqlite else {}
            if not self.is_sqlite:
                options = {"pool_size": pool_size, "max_overflow": pool_size, "pool_pre_ping": True}
                options |= {"pool_timeout": POOL_WAIT_SECONDS, "connect_args": _libpq(self.limits)}
            # What a statement was asked with may be a finding or a name: no error may carry it into a log.
            self.engine: Engine = create_engine(parsed, hide_parameters=True, **options)
        except Exception as error:
            raise Unavailable(AWAY.fill(detail=f"{type(error).__name__}")) from error
        self.url = parsed
        if self.is_sqlite:
            if parsed.database and parsed.database != ":memory:":
                _make_folder(Path(parsed.database).parent)
            event.listen(self.engine, "connect", self._prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "connect", self._prepare_postgresql)
        reading = self.engine.execution_options(reads=True)
        if not self.is_sqlite:
            # PostgreSQL would show each statement what others have committed meanwhile: no history could be verified.
            reading = reading.execution_options(isolation_level="REPEATABLE READ")
        self._readers = sessionmaker(reading, expire_on_commit=False)

    @cached_property
    def _writers(self) -> sessionmaker[Session]:
        """Make sessions that write, each watched for what its transaction has to seal."""
        from store import sealed_rows  # noqa: PLC0415  # what only reads has nothing to seal

        found = sessionmaker(self.engine, expire_on_commit=False)
        sealed_rows.watch(found)
        return found

    def _prepare_postgresql(self, connection: Any, _record: object) -> None:  # noqa: ANN401  # a DBAPI connection
        """Tell the server how long it may wait for us. By a statement: a pooler in between refuses start-up options."""
        connection.autocommit = True
        connection.execute(_server_limits(self.limits))
        connection.autocommit = False

    def _prepare_sqlite(self, connection: Any, _record: object) -> None:  # noqa: ANN401  # a DBAPI connection
        # The driver must not begin transactions by itself: it would begin deferred ones, and two deferred writers
        # can only end in one of them failing after its work is done.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={int(self.limits.lock * 1000)}",
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
    def transaction(self, *, unhurried: bool = False) -> Generator[Session]:
        """Commit on the way out, or roll everything back.

        The only `commit` in the code base. Nothing that talks to the world (mail, HTTP, Prefect) belongs inside the
        block: it cannot be rolled back. `unhurried`: a statement may take longer than `Limits.statement`.

        Raises:
            Conflict: a row was changed by someone else since it was read.
            Unavailable: the database is busy, read-only, full or away; the sentence says whether it is certain that
                nothing was written.
        """
        from store import sealed_rows  # noqa: PLC0415  # what only reads has nothing to seal

        committing = False
        whole()  # the order in which rows are written follows foreign keys into areas that nobody has loaded yet
        try:
            with self._guarded(), self._writers() as session:
                try:
                    self._unhurry(session, unhurried=unhurried)
                    yield session
                    sealed_rows.seal(session)
                    session.flush()  # what fails here was certainly not written
                    committing = True
                    session.commit()
                except Problem:
                    session.rollback()
                    raise
                except BaseException:
                    _discard(session)
                    raise
        except Unavailable as problem:
            cause = problem.__cause__
            if committing and not self.is_sqlite and isinstance(cause, DBAPIError) and not code(cause):
                raise Unavailable(UNKNOWN_END.fill(detail=detail(cause))) from cause
            raise

    @contextmanager
    def reading(self, *, unhurried: bool = False) -> Generator[Session]:
        """Give one consistent view of the database; nothing is written, nobody is held up.

        `unhurried`: a statement may take longer than `Limits.statement`, as those that prove the whole history do.
        """
        with self._guarded(), self._readers() as session:
            try:
                self._unhurry(session, unhurried=unhurried)
                yield session
            except BaseException:
                _discard(session)
                raise
            session.rollback()

    def _unhurry(self, session: Session, *, unhurried: bool) -> None:
        if unhurried and not self.is_sqlite:
            both = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
            session.connection().exec_driver_sql(both)

    @contextmanager
    def _guarded(self) -> Generator[None]:
        try:
            yield
        except Problem:
            raise
        except PoolTimeoutError as error:
            raise Unavailable(CROWDED.fill(seconds=POOL_WAIT_SECONDS)) from error
        except DBAPIError as error:
            problem = explained(error, self.limits)
            if problem is None:
                silence(error)
                raise
            raise problem from error

    def migrate(self) -> None:
        """Bring the schema to the newest version. Repeating it is harmless, and so is an older release's doing it.

        Raises:
            Unavailable: the database does not answer or cannot be written, or only a newer release can run on it.
        """
        with self._guarded(), self.engine.begin() as connection:
            if not self.is_sqlite:  # counting everything once takes minutes
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            if self._newer(connection) is None:
                from alembic import command  # noqa: PLC0415  # loaded only where something is migrated

                from store import office_events, sealed_rows  # noqa: PLC0415  # as above

                configuration = _alembic()
                configuration.attributes["connection"] = connection
                command.upgrade(configuration, "head")
                with Session(connection, join_transaction_mode="rollback_only") as session:
                    if not office_events.count(session):
                        sealed_rows.baseline(session)
                    session.flush()

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
                        raise Unavailable(BUSY.fill(seconds=int(self.limits.lock)))
                else:
                    driver.autocommit = True
                    driver.execute("SET statement_timeout = 0")
                    for table in PERSONAL_TABLES:
                        driver.execute(f"VACUUM (FULL) {table}")
            except errors.Error as error:
                raise Unavailable(AWAY.fill(detail=str(error).splitlines()[0])) from error
            finally:
                raw.invalidate()

    def exists(self) -> bool:
        """Say whether there is a database to open: whoever opens a file of SQLite's that is not there makes it."""
        return not self.is_sqlite or (bool(self.url.database) and Path(str(self.url.database)).exists())

    def is_current(self) -> bool:
        """Say whether this release can run on the schema: it is the newest it knows, or newer with room for it.

        Raises:
            Unavailable: the database does not answer, or only a newer release can run on it.
        """
        with self._guarded(), self.engine.execution_options(reads=True).connect() as connection:
            if self._newer(connection) is not None:
                return True
            return _revision(connection) == _known()[-1]

    def _newer(self, connection: Connection) -> str | None:
        """Return the schema's revision if it is newer than this release, and this release can run on it.

        Revisions are one line, so one that is not among ours is newer than all of ours. The oldest revision that
        the schema still has room for is ours exactly if our release is not older than it.

        Raises:
            Unavailable: the schema is newer and has no room for this release.
        """
        ours = _known()
        found = _revision(connection)
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
            raise Unavailable(NOT_MIGRATED)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _libpq(limits: Limits) -> dict[str, Any]:
    """Return how our end of a connection gives up: a host that is cut off answers nothing at all."""
    probes = 3
    return {
        "connect_timeout": max(2, int(limits.connect)),
        "keepalives": 1,
        "keepalives_idle": max(1, int(limits.peer / 2)),
        "keepalives_interval": max(1, int(limits.peer / 2 / probes)),
        "keepalives_count": probes,
        "tcp_user_timeout": int(limits.peer * 1000),
    }


def _server_limits(limits: Limits) -> str:
    """Return the statement that tells the server how long to wait, in its own settings; numbers only."""
    values = {
        "idle_in_transaction_session_timeout": int(limits.idle * 1000),
        "lock_timeout": int(limits.lock * 1000),
        "statement_timeout": int(limits.statement * 1000),
        "tcp_keepalives_idle": max(1, int(limits.peer / 2)),
        "tcp_keepalives_interval": max(1, int(limits.peer / 6)),
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": int(limits.peer * 1000),
    }
    return "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in values.items())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unavailable(_NO_PLACE.fill(path=folder, why=file_trouble(error))) from error


def _discard(session: Session) -> None:
    """Close the connection for good, which rolls back what it did.

    Whatever failed may have left a statement half read. SQLite keeps its old view of the database as long as one is
    open, and whoever got the connection next from the pool would look at the past.
    """
    session.invalidate()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _revision(connection: Connection) -> str | None:
    """Return the revision of the schema, as Alembic has noted it; nothing if the database has no schema yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


@lru_cache
def _known() -> tuple[str, ...]:
    """Return the revisions of this release, the newest last: a file of the migrations begins with its revision.

    A test sees to it that the names of the files and the revisions that Alembic reads in them are the same.
    """
    return tuple(sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py")))


def _alembic() -> Config:
    from alembic.config import Config  # noqa: PLC0415  # loaded only where something is migrated

    configuration = Config()
    configuration.set_main_option("script_location", str(VERSIONS.parent))
    configuration.set_main_option("path_separator", "os")
    return configuration
