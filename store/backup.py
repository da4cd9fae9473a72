"""A copy of the database while it is in use, and putting one back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL

from states.errors import BadData, Sentence, Unavailable
from states.file_trouble import file_trouble
from store import triggers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.database import Database

_NEEDED: Final = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "PGSSLMODE", "PGSSLROOTCERT", "PGPASSFILE", "PGPASSWORD"})
_EXISTS: Final = Sentence("文件 {path} 已存在，请另选文件名。", "The file {path} exists already; choose another name.")
_NOT_COPIED: Final = Sentence("无法备份到 {path}：{why}。", "No copy can be made in {path}: {why}.")
_NO_TOOL: Final = Sentence(
    "找不到 {tool}，PostgreSQL 的备份和恢复需要它。", "{tool} was not found; PostgreSQL is copied and restored with it."
)
_NO_BACKUP: Final = Sentence("{path} 不是可用的备份：{why}。", "{path} is not a copy that can be used: {why}.")

_DAMAGED: Final = Sentence("它已损坏，或者不是本程序的数据库", "it is damaged, or no database of this program")
_SQLITE: Final = {
    "SQLITE_CANTOPEN": Sentence("打不开或者建不了这个文件", "the file cannot be opened or made"),
    "SQLITE_NOTADB": Sentence("它不是数据库", "it is no database"),
    "SQLITE_IOERR": Sentence("读写磁盘出错", "the disk could not be read or written"),
    "SQLITE_FULL": Sentence("磁盘空间不足", "the disk is full"),
    "SQLITE_READONLY": Sentence("没有写入的权限", "it may not be written"),
    "SQLITE_BUSY": Sentence("数据库正忙，请稍后再试", "the database is busy; try again"),
    "SQLITE_LOCKED": Sentence("数据库正忙，请稍后再试", "the database is busy; try again"),
    "SQLITE_AUTH": Sentence("没有权限", "permission is denied"),
    "SQLITE_PERM": Sentence("没有权限", "permission is denied"),
}
_FOREIGN_TRIGGERS: Final = Sentence(
    "备份 {path} 带有不属于本程序的触发器：{names}，没有恢复。请用可信的备份，或删除这些触发器后再备份。",
    "The copy {path} brings triggers that are not of this program: {names}. Nothing was restored; use a copy that is "
    "trusted, or remove them and make another.",
)


def copy_to(database: Database, path: Path) -> int:
    """Write a consistent copy of the database to a new file, while others go on writing; return its size in bytes.

    SQLite makes the copy by itself (`VACUUM INTO`); PostgreSQL by `pg_dump`. The file appears whole or not at all.

    Raises:
        BadData: the file exists already.
        Unavailable: the copy cannot be made.
    """
    if path.exists():
        raise BadData(_EXISTS.fill(path=path))
    partly = path.with_name(f".{path.name}.partly")
    partly.unlink(missing_ok=True)
    try:
        if database.is_sqlite:
            with closing(sqlite3.connect(str(database.url.database))) as connection:
                connection.execute("VACUUM INTO ?", (str(partly),))
        else:
            _run(database, "pg_dump", "--format=custom", f"--file={partly}")
        with partly.open("rb") as file:
            os.fsync(file.fileno())
        partly.chmod(0o600)
        partly.rename(path)
    except Unavailable:
        partly.unlink(missing_ok=True)
        raise
    except (OSError, sqlite3.Error) as error:
        partly.unlink(missing_ok=True)
        raise Unavailable(_NOT_COPIED.fill(path=path, why=_trouble(error))) from error
    return path.stat().st_size


def restore_from(database: Database, path: Path) -> None:
    """Put a copy in the place of the database; the one that was there is kept beside it as `.before`.

    Nobody else may use the database meanwhile; the caller sees to that.

    A copy that brings triggers of others is refused before anything runs in it: they would run in our name.

    Raises:
        BadData: the file is no copy, or brings triggers that are not of this program.
        Unavailable: it cannot be put back.
    """
    if not database.is_sqlite:
        _refuse(path, triggers.foreign_in_dump(_schema_in(path)))
        _run(database, "pg_restore", "--clean", "--if-exists", "--single-transaction", str(path))
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.execute("SELECT count(*) FROM case_events").fetchone()
            found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    except sqlite3.Error as error:
        raise BadData(_NO_BACKUP.fill(path=path, why=_trouble(error))) from error
    if sound != "ok":
        raise BadData(_NO_BACKUP.fill(path=path, why=_DAMAGED))
    _refuse(path, triggers.foreign_on_sqlite(found))
    target = Path(str(database.url.database))
    database.close()
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        arriving = target.with_name(f".{target.name}.arriving")
        shutil.copyfile(path, arriving)
        with arriving.open("rb") as file:
            os.fsync(file.fileno())
        arriving.chmod(0o600)
        for tail in ("", "-wal", "-shm"):
            old = target.with_name(target.name + tail)
            if old.exists():
                old.replace(target.with_name(f"{target.name}.before{tail}"))
        arriving.replace(target)
    except OSError as error:
        raise Unavailable(_NOT_COPIED.fill(path=target, why=file_trouble(error))) from error


def _trouble(error: OSError | sqlite3.Error) -> Sentence:
    if isinstance(error, OSError):
        return file_trouble(error)
    name = getattr(error, "sqlite_errorname", "") or ""
    return next((said for start, said in _SQLITE.items() if name.startswith(start)), _DAMAGED)


def _refuse(path: Path, foreign: Sequence[str]) -> None:
    if foreign:
        raise BadData(_FOREIGN_TRIGGERS.fill(path=path, names="、".join(foreign)))


def _schema_in(path: Path) -> str:
    """Return the schema that a copy of PostgreSQL would make, without making it."""
    found = shutil.which("pg_restore")
    if found is None:
        raise Unavailable(_NO_TOOL.fill(tool="pg_restore"))
    done = subprocess.run(  # noqa: S603  # the database's own tool, which only prints
        [found, "--schema-only", "--file=-", str(path)], check=False, capture_output=True, text=True, env=_environment()
    )
    if done.returncode:
        raise BadData(_NO_BACKUP.fill(path=path, why=(done.stderr.strip().splitlines() or [""])[-1]))
    return done.stdout


def _run(database: Database, tool: str, *arguments: str) -> None:
    """Run a tool of PostgreSQL's on the database; the password goes by a file that only this account can read.

    Not on the command line, which every account of the machine can read, and not by the environment either, which the
    tools of some systems show.
    """
    found = shutil.which(tool)
    if found is None:
        raise Unavailable(_NO_TOOL.fill(tool=tool))
    url = database.url
    # `URL.set` takes None for "as it was", so the address is put together anew without its password.
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    with TemporaryDirectory(prefix="duban-pgpass-") as folder:
        seen = _environment()
        if url.password:
            path = Path(folder) / "pgpass"
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(f"*:*:*:*:{_escaped(str(url.password))}\n")
            seen["PGPASSFILE"] = str(path)
        done = subprocess.run(  # noqa: S603  # the database's own tools
            [found, f"--dbname={bare.render_as_string(hide_password=False)}", "--no-password", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=seen,
        )
    if done.returncode:
        raise Unavailable(_NOT_COPIED.fill(path=tool, why=(done.stderr.strip().splitlines() or [""])[-1]))


def _environment() -> dict[str, str]:
    """Return what a tool of PostgreSQL's needs of our environment, without our settings: they hold the password."""
    return {name: value for name, value in os.environ.items() if name in _NEEDED}  # noqa: TID251  # for the tool


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")
