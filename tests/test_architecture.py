from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.main import get_command

from cli.main import MODULES, app, commands_of
from config.policy import NOTICES as PLANNED
from notifications.wording import NOTICES
from states.clue import CLUE_TABLE
from states.decision import machine
from states.diagram import mermaid, permissions
from states.lifecycle import TABLE
from states.vocabulary import CLUE_ACTS, PERSONS_ACTS, SYSTEM_ACTS, Act, State
from store.schema import whole
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.database import Database

ROOT = Path(__file__).parent.parent
PACKAGES = tuple(
    sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name not in ("tests", "benchmarks"))
)


def sources() -> dict[str, str]:
    return {str(p.relative_to(ROOT)): p.read_text("utf-8") for name in PACKAGES for p in (ROOT / name).rglob("*.py")}


def test_there_is_one_commit_in_the_program() -> None:
    found = {path for path, code in sources().items() if re.search(r"\.commit\(\)", code)}
    assert found == {"store/database.py"}


def test_the_packages_that_are_looked_at_are_all_that_are_shipped() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(shipped["packages"]) == list(PACKAGES)


def test_no_name_of_a_class_stands_twice() -> None:
    places: dict[str, list[str]] = {}
    for path, code in sources().items():
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(path)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_only_one_place_reads_the_clock() -> None:
    found = {path for path, code in sources().items() if re.search(r"datetime\.now\(|utcnow\(|date\.today\(", code)}
    assert found == {"wiring/clock.py"}


def test_no_test_imports_another_test() -> None:
    ours = [path for path in (ROOT / "tests").rglob("*.py") if "data" not in path.parts]  # one there is of a release
    files = [*ours, *(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]
    imported = [
        (str(path.relative_to(ROOT)), line)
        for path in files
        for line in re.findall(r"^\s*(?:from|import) (tests[\w.]*.*)$", path.read_text("utf-8"), flags=re.MULTILINE)
    ]
    assert len(imported) > 50
    assert [line for line in imported if not line[1].startswith("tests.support")] == []


def test_the_diagram_in_the_docs_is_drawn_from_the_machine() -> None:
    assert mermaid() in (ROOT / "docs/lifecycle.md").read_text("utf-8")


def test_the_table_of_permissions_is_that_of_the_machine() -> None:
    assert permissions() in (ROOT / "docs/permissions.md").read_text("utf-8")


def test_the_machine_holds_exactly_the_rows_of_the_table() -> None:
    moves = sum(len(ms) for event in machine().events.values() for ms in event.transitions.values())
    assert moves == len(TABLE)
    assert not [name for name in machine().events if name.startswith("to_")]


def test_every_act_of_the_contract_has_a_row() -> None:
    assert {row.act for row in TABLE} | {row.act for row in CLUE_TABLE} == set(Act)
    assert set(PERSONS_ACTS) | SYSTEM_ACTS | CLUE_ACTS == set(Act)


def test_nothing_leads_out_of_an_outcome_but_reopening_a_closed_case() -> None:
    out = {(row.act, row.source) for row in TABLE if row.source in set(State) - {s for s in State if s in _spine()}}
    assert {pair for pair in out if not _stays(pair)} == {(Act.REOPEN, State.CLOSED)}


def _spine() -> set[State]:
    return {State.FOUND, State.ORDERED, State.CRITICIZED, State.INTERVIEWED, State.HELD}


def _stays(pair: tuple[Act, State | None]) -> bool:
    return all(row.dest is row.source for row in TABLE if (row.act, row.source) == pair)


def test_every_notice_has_words_and_parties() -> None:
    assert set(NOTICES) >= PLANNED


def test_every_command_is_in_the_readme_or_the_contract_of_help() -> None:
    commands: Mapping[str, Any] = getattr(get_command(app), "commands", {})
    assert {
        "import",
        "act",
        "allowed",
        "show",
        "list",
        "due",
        "term",
        "sweep",
        "deliver",
        "replay",
        "verify",
        "up",
    } <= set(commands)
    for name, command in commands.items():
        assert command.help, name


def test_every_command_that_a_module_adds_is_found_under_its_name() -> None:
    added = {(module, name) for module in MODULES for name in commands_of(module)}
    found = {(module, name) for module, names in MODULES.items() for name in names}
    # What only reads policies and calendars is added to by another module, which is the one that is found.
    assert added - found == {("cli.administration", "policy"), ("cli.administration", "calendar")}
    assert found <= added


def test_migrations_make_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = [d for d in compare_metadata(context, whole()) if "partial" not in str(d)]
    assert differences == []


@pytest.mark.parametrize("statement", ["UPDATE case_events SET act = 'x'", "DELETE FROM case_events"])
def test_the_database_itself_refuses_to_change_the_history(bench: Bench, statement: str) -> None:
    case = bench.ordered()
    with pytest.raises(DBAPIError, match="append-only"), bench.office.database.transaction() as session:
        session.execute(text(statement))
    assert len(bench.history(case)) == 2


def test_a_row_that_was_altered_behind_our_back_is_found(bench: Bench) -> None:
    case = bench.ordered()
    with bench.office.database.transaction() as session:
        session.execute(text("UPDATE cases SET body = replace(body, '\"green\"', '\"red\"')"))
    assert bench.office.rounds.rebuild(at("02-10")).differing
    verdict = bench.office.proofs.verify()
    assert not verdict.ok
    assert str(case) in str(verdict.first_wrong)
