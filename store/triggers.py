"""The triggers that keep the log from being changed: which there must be, and which there are.

A trigger that is missing lets the past be changed; one that nobody of us wrote may change what is read or written
without a trace. Both are told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

APPEND_ONLY: Final = {
    "case_events": (
        "EXISTS (SELECT 1 FROM case_events WHERE seq = NEW.seq) "
        "OR EXISTS (SELECT 1 FROM case_events WHERE case_id = NEW.case_id AND case_seq = NEW.case_seq)"
    ),
    "administration": "EXISTS (SELECT 1 FROM administration WHERE id = NEW.id)",
    "office_events": (
        "EXISTS (SELECT 1 FROM office_events WHERE id = NEW.id) "
        "OR EXISTS (SELECT 1 FROM office_events WHERE place = NEW.place)"
    ),
}
"""The tables that are written once, and how SQLite knows that a row would replace another."""
STAYING: Final = ("posts", "cases")
"""The tables of which PostgreSQL lets no row be removed, because it believes what points to them unasked (0014)."""
# BEFORE (2), for each statement, DELETE (8), UPDATE (16), TRUNCATE (32), as PostgreSQL's catalogue writes it.
_CHANGES: Final = 2 + 8 + 16 + 32
_REMOVALS: Final = 2 + 8 + 32
_CREATES: Final = re.compile(
    r"^CREATE (?:OR REPLACE )?(?:CONSTRAINT TRIGGER|EVENT TRIGGER|TRIGGER|RULE) \"?(?P<name>[^\s\"]+)", re.MULTILINE
)
_ALWAYS_ON: Final = ("O", "A")


def foreign_on_sqlite(triggers: Iterable[tuple[str, str]]) -> list[str]:
    """Return which of these triggers, each as its name and its text, are not of this program: a copy may bring some."""
    must = {name: _squeezed(sql) for name, sql in _sqlite().items()}
    return sorted(name for name, sql in triggers if must.get(name) != _squeezed(sql))


def foreign_in_dump(schema: str) -> list[str]:
    """Return the triggers and rules in a schema of PostgreSQL, as `pg_restore` prints it, that are not of this program.

    By their names; what ours do is compared when the schema is there (`faults`).
    """
    return sorted({found["name"] for found in _CREATES.finditer(schema)} - _on_postgresql().keys())


def faults(session: Session) -> list[str]:
    """Return what is wrong with the triggers of the database, in plain words; nothing if they are as they must be."""
    if session.get_bind().dialect.name == "sqlite":
        rows = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        found = {row.name: _squeezed(row.sql) for row in rows}
        must = {name: _squeezed(sql) for name, sql in _sqlite().items()}
    else:
        found = _found_on_postgresql(session)
        must = _on_postgresql()
    missing = [f"the trigger {name} is missing" for name in must if name not in found]
    altered = [f"the trigger {name} was altered" for name in must if found.get(name, must[name]) != must[name]]
    foreign = [f"the trigger {name} is not of this program" for name in sorted(found.keys() - must.keys())]
    return missing + altered + foreign


def _squeezed(sql: str) -> str:
    return " ".join(sql.split())


def _sqlite() -> dict[str, str]:
    found = {}
    for table, is_there in APPEND_ONLY.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE"):
            found[f"{table}_no_{verb}"] = f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} {refuse}"
        name = f"{table}_no_replace"
        found[name] = f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {is_there} {refuse}"
    return found


def _on_postgresql() -> dict[str, str]:
    found = {}
    for table in APPEND_ONLY:
        body = f"BEGIN RAISE EXCEPTION '{table} is append-only'; END"
        found[f"{table}_append_only"] = f"{table} {_CHANGES} on {table}_refuse plpgsql {body}"
    body = "BEGIN RAISE EXCEPTION '% are never removed', TG_TABLE_NAME; END"
    return found | {f"{table}_stay": f"{table} {_REMOVALS} on refuse_removal plpgsql {body}" for table in STAYING}


def _found_on_postgresql(session: Session) -> dict[str, str]:
    rows = session.execute(
        text(
            "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled, p.proname, l.lanname, p.prosrc FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang "
            "WHERE NOT t.tgisinternal AND n.nspname = current_schema()"
        )
    )
    found = {}
    for name, table, kind, enabled, function, language, body in rows:
        state = "on" if (enabled.decode() if isinstance(enabled, bytes) else enabled) in _ALWAYS_ON else "off"
        found[name] = f"{table} {kind} {state} {function} {language} {_squeezed(body)}"
    rules = session.execute(text("SELECT rulename FROM pg_rules WHERE schemaname = current_schema()"))
    return found | {f"(rule) {row.rulename}": "" for row in rules}
