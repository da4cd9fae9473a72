"""What a database says when it cannot, as one sentence for whoever asked; and what of it may be told to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError, OperationalError

from states.errors import Conflict, Problem, Sentence, Unavailable

if TYPE_CHECKING:
    from store.limits import Limits

BUSY: Final = Sentence(
    "数据库正忙：另一个程序占用写锁超过{seconds}秒。没有写入任何内容，请稍后再试。",
    "The database is busy: another program has held the write lock for over {seconds} s. Nothing was written; "
    "try again later.",
)
CROWDED: Final = Sentence(
    "数据库连接都在使用中，等待超过{seconds}秒。没有写入任何内容，请稍后再试。",
    "All connections to the database are in use, for over {seconds} s. Nothing was written; try again later.",
)
_SLOW: Final = Sentence(
    "数据库执行一条语句超过{seconds}秒，已中止。没有写入任何内容；如经常发生，请检查数据库负载（DUBAN_DB_STATEMENT_SECONDS）。",
    "The database took over {seconds} s for one statement, which was stopped. Nothing was written; if it happens "
    "often, look at the database's load (DUBAN_DB_STATEMENT_SECONDS).",
)
_READ_ONLY: Final = Sentence(
    "数据库是只读的：{detail}。没有写入任何内容，请检查文件和目录的写权限。",
    "The database is read-only: {detail}. Nothing was written; check the permissions of the file and its folder.",
)
_FULL: Final = Sentence(
    "磁盘已满或文件过大：{detail}。没有写入任何内容，请腾出空间后重试。",
    "The disk is full: {detail}. Nothing was written; make room and try again.",
)
AWAY: Final = Sentence(
    "数据库不可用：{detail}。没有写入任何内容，请检查 DUBAN_DATABASE_URL 和数据库服务。",
    "The database does not answer: {detail}. Nothing was written; check DUBAN_DATABASE_URL and the database server.",
)
UNKNOWN_END: Final = Sentence(
    "与数据库的连接在提交时中断：{detail}。不能确定是否已写入，请先查看再决定是否重做。",
    "The connection to the database was lost while this was being committed: {detail}. Whether it was written is not "
    "known; look first, and repeat it only if it is not there.",
)
NOT_MIGRATED: Final = Sentence(
    "数据库结构不是最新版本，请先运行 duban migrate。",
    "The database schema is not the newest; run `duban migrate` first.",
)
NO_SUCH: Final = "no such table or column"
_FOREIGN: Final = Sentence(
    "该文件不是督办数据库或已损坏：{detail}。",
    "The file is not a Duban database, or it is damaged: {detail}.",
)


_MEANINGS: Final = (
    (frozenset({"55P03", "SQLITE_BUSY", "SQLITE_LOCKED"}), BUSY),
    (frozenset({"25006", "SQLITE_READONLY", "SQLITE_PERM"}), _READ_ONLY),
    (frozenset({"53100", "58030", "SQLITE_FULL", "SQLITE_IOERR"}), _FULL),
    (frozenset({"42P01", "42703", "42704", "42883", "3F000", NO_SUCH}), NOT_MIGRATED),
    (frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT"}), _FOREIGN),
    (frozenset({"3D000", "25P03", "SQLITE_CANTOPEN"}), AWAY),
)
"""What codes mean: PostgreSQL's SQLSTATE (its manual, appendix A), and SQLite's names of result codes."""
_AWAY_CLASSES: Final = frozenset({"08", "28", "53", "57", "58"})
"""Connection, who may connect, resources, an operator's intervention, the server's system."""


def code(error: DBAPIError) -> str:
    """Return PostgreSQL's SQLSTATE or the name of SQLite's primary result code; nothing if there is none."""
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return state
    name = getattr(error.orig, "sqlite_errorname", "")
    # SQLite has no code for these two, and speaks no language but this.
    if name == "SQLITE_ERROR" and str(error.orig).startswith(("no such table", "no such column")):
        return NO_SUCH
    return "_".join(name.split("_")[:2])


def detail(error: DBAPIError) -> str:
    """Return the first line of what the database said, without the values that it may quote in those below."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__


def silence(error: DBAPIError) -> None:
    """Take from a defect's message what a person entered; PostgreSQL quotes whole rows in its details.

    What is left says where to look: the kind, the code, and the table, column and constraint.
    """
    orig = error.orig
    said = getattr(orig, "diag", None)
    if orig is None or said is None:
        return
    found = code(error)
    words = [f"[{found}]", *(text for text in (said.table_name, said.column_name, said.constraint_name) if text)]
    if found.startswith("P0") and said.message_primary:  # raised by a trigger of ours, which quotes nothing
        words.append(said.message_primary)
    text = " ".join(words)
    orig.args = (text,)
    error.args = (f"({type(orig).__name__}) {text}",)


def explained(error: DBAPIError, limits: Limits) -> Problem | None:
    """Return the sentence for a failure of the installation, or None for a defect of ours.

    By the code of the database, never by its words: a server speaks the language that its office has set.
    """
    found = code(error)
    shown = {"detail": detail(error), "seconds": int(limits.lock)}
    if found in {"40001", "40P01"}:
        return Conflict(BUSY.fill(seconds=int(limits.lock)))
    if found == "57014":
        return Unavailable(_SLOW.fill(seconds=int(limits.statement)))
    for codes, sentence in _MEANINGS:
        if found in codes:
            return Unavailable(sentence.fill(**shown))
    if (
        found[:2] in _AWAY_CLASSES
        or (not found and isinstance(error, OperationalError))
        or error.connection_invalidated
    ):
        return Unavailable(AWAY.fill(**shown))
    return None
