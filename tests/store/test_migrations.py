"""Old and new version side by side: a migration takes nothing away from the release that still runs."""

from __future__ import annotations

import ast
import threading
import time
from pathlib import Path
from typing import Final, Self

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from states.errors import Problem
from store.database import COMPATIBLE_SINCE, Database, _alembic, _known
from tests.support import migrations

VERSIONS: Final = Path(__file__).parents[2] / "store" / "migrations" / "versions"
PLAN: Final = "Plan:"
# What the release before does not survive, unless the migration's docstring says by which steps it does.
TAKES_AWAY: Final = frozenset(
    {
        "drop_column",
        "drop_table",
        "drop_constraint",
        "rename_table",
        "alter_column",
        "create_check_constraint",
        "create_unique_constraint",
        "create_foreign_key",
    }
)


def faults_of(source: str) -> list[str]:
    """Return what a migration does that a running release would not survive, each with its line."""
    tree = ast.parse(source)
    if PLAN in (ast.get_docstring(tree) or ""):
        stated = any(
            isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == COMPATIBLE_SINCE for node in tree.body
        )
        return [] if stated else [f"a plan without {COMPATIBLE_SINCE}: older releases would not know to stay away"]
    made = {
        node.args[0].value
        for node in ast.walk(tree)
        if _name(node) == "create_table" and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant)
    }
    upgrade = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    found = []
    for node in ast.walk(upgrade):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node)
        if name in TAKES_AWAY:
            found.append(f"{node.lineno}: {name}")
        if name == "add_column" and not any(_is_optional(argument) for argument in node.args):
            found.append(f"{node.lineno}: add_column that the release before does not fill")
        if name == "create_index" and _says(node, "unique") and node.args[1:2] and _table(node) not in made:
            found.append(f"{node.lineno}: unique index over a table that is in use")
        if name == "execute" and _forbidden_sql(node):
            found.append(f"{node.lineno}: {ast.unparse(node)[:80]}")
    return found


def _name(node: ast.AST) -> str:
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def _table(node: ast.Call) -> object:
    return node.args[1].value if isinstance(node.args[1], ast.Constant) else None


def _says(node: ast.Call, word: str) -> bool:
    return any(k.arg == word and isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords)


def _is_optional(node: ast.AST) -> bool:
    """Say whether a new column is filled by the database when the statement does not name it."""
    if not (isinstance(node, ast.Call) and _name(node) == "Column"):
        return False
    return _says(node, "nullable") or any(k.arg == "server_default" for k in node.keywords)


def _forbidden_sql(node: ast.Call) -> bool:
    words = " ".join(ast.unparse(node).upper().split())
    return any(bad in words for bad in ("DROP TABLE", "DROP COLUMN", " RENAME ", "SET NOT NULL", "ALTER COLUMN"))


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_a_migration_takes_nothing_away_without_a_stated_plan(path: Path) -> None:
    assert faults_of(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "statement",
    [
        'op.drop_column("cases", "light")',
        'op.drop_table("cases")',
        'op.alter_column("cases", "light", new_column_name="lamp")',
        'op.rename_table("cases", "files")',
        'op.add_column("cases", sa.Column("x", sa.Text(), nullable=False))',
        'op.execute("ALTER TABLE cases RENAME light TO lamp")',
        'op.create_index("ix", "cases", ["light"], unique=True)',
        'op.create_unique_constraint("u", "cases", ["light"])',
    ],
)
def test_what_the_release_before_would_not_survive_is_found(statement: str) -> None:
    source = f'"""Something.\n\n{{}}\n"""\nimport x\n\n\ndef upgrade() -> None:\n    """Do."""\n    {statement}\n'
    assert len(faults_of(source.format("Why: no reason."))) == 1
    planned = source.format("Plan: first write both, then read the new one, then drop.")
    assert len(faults_of(planned)) == 1
    assert faults_of(planned.replace("import x", 'compatible_since = "0015"')) == []


# --- on real databases -----------------------------------------------------------------------------------------------


def test_the_release_before_goes_on_reading_and_writing_after_every_migration(empty_url: str) -> None:
    database = Database(empty_url)
    revisions = migrations.revisions()
    assert len(revisions) > 1
    n = 100  # beyond what migrations write themselves
    try:
        migrations.upgrade(database, revisions[0])
        for revision in revisions[1:]:
            old = migrations.tables(database)
            migrations.insert(database, old, n)
            before = migrations.read(database, old, n)
            migrations.upgrade(database, revision)
            assert migrations.read(database, old, n) == before, revision
            migrations.insert(database, old, n + 1)
            assert len(migrations.read(database, old, n + 1)) == len(old), revision
            n += 2
        assert database.is_current()
    finally:
        database.close()


class _Writers:
    """Two people who write, as the release of the first schema does, while the schema is brought forward."""

    def __init__(self, database: Database, tables: list[sa.Table]) -> None:
        self.database, self.tables = database, tables
        self.written: list[int] = []
        self.failed: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(first,)) for first in (100, 101)]

    def _write(self, n: int) -> None:
        while not self._over.is_set():
            try:
                migrations.insert(self.database, self.tables, n)
            except Problem as problem:
                self.failed.append(problem.sentence.en)
            else:
                self.written.append(n)
            n += 2

    def wait_for(self, more: int) -> None:
        goal, until = len(self.written) + more, time.monotonic() + 300
        while len(self.written) < goal and not self.failed and time.monotonic() < until:
            self._over.wait(0.01)
        assert len(self.written) >= goal, self.failed

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_the_schema_is_brought_forward_while_others_write(empty_url: str) -> None:
    database = Database(empty_url)
    revisions = migrations.revisions()
    migrations.upgrade(database, revisions[0])
    names = ("units", "posts", "people", "series", "heartbeats")
    tables = [table for table in migrations.tables(database) if table.name in names]
    with _Writers(database, tables) as writers:
        for revision in revisions[1:]:
            writers.wait_for(5)
            migrations.upgrade(database, revision)
        writers.wait_for(5)
    assert writers.failed == []
    assert database.is_current()
    with database.reading() as session:
        for table in tables:
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == len(writers.written)
    database.close()


def test_the_files_of_the_migrations_are_named_after_their_revisions() -> None:
    scripts = ScriptDirectory.from_config(_alembic()).walk_revisions()
    assert _known() == tuple(script.revision for script in scripts)[::-1]
