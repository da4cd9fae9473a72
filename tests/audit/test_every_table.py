"""Whatever is altered in any table, in the evidence or in the triggers is found, or verification says it looks away."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import Column, Table, UniqueConstraint, and_, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from audit.coverage import UNCOVERED
from programme.on_site import Given, SentPhoto
from states.command import Command
from states.errors import Refused
from states.inspection import Answer
from states.vocabulary import Act, Role
from store import (
    accounts,
    admin_log,
    contacts,
    counters,
    documents,
    imported_logs,
    oidc_logins,
    organisation,
    proposals,
    second_factors,
    tokens,
    unit_posts,
)
from store import sessions as page_sessions
from store.idempotency import IdempotencyKey
from store.schema import whole
from store.schema.base import Base
from store.sealed_rows import TABLES as SEALED
from tests.support.inspections import BUREAU, approved, list_of, units
from tests.support.mailboxes import mail_server
from tests.support.offices import Bench, at, day
from tests.support.photos import jpeg
from tests.support.runs import FULL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from audit.verify import Verdict
    from tests.support.databases import Databases

CASES: Final = 100 if FULL else 40
TAMPERINGS: Final = 1_000 if FULL else 100
TABLES: Final = whole().sorted_tables
LISTED: Final = frozenset(name for names in UNCOVERED.values() for name in names)
_WEAK: Final = (
    "CREATE OR REPLACE FUNCTION case_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
)
PHOTO: Final = "现场照片".encode()


class _Undone(Exception):  # noqa: N818  # rolls a tampering back
    pass


@pytest.fixture(scope="module")
def lived(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Give an office in which every table holds something."""
    url, home = databases.fresh("sqlite"), tmp_path_factory.mktemp("lived")
    with mail_server() as mails, Bench(url, home, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        bench.office.installation.prepare(at("01-05"))
        for n in range(CASES):
            case = bench.ordered(unit=f"第{n % 7}局")
            if n % 3 == 0:
                bench.act(case, Act.SUBMIT_PLAN, "02-13")
        _staff(bench)
        _inspect(bench)
        photo = home / "photo.jpg"
        photo.write_bytes(PHOTO)
        kept = bench.keep_evidence(photo, at("02-10"), "head")
        case = bench.open()
        bench.act(case, Act.SERVE_ORDER, "02-06", term="15wd", document_number="auto")
        command = Command(
            act=Act.SUBMIT_REPORT,
            actor=bench.actor(Role.HEAD),
            on=day("02-10"),
            data={"evidence": [kept]},
            case_id=case,
        )
        bench.desk.do(command, at("02-10"), once=IdempotencyKey("head", "first", "0" * 64))
        with pytest.raises(Refused):
            bench.log_in("wang", "wrong", at("02-10"), "10.0.0.9")
        assert bench.office.rounds.deliver(at("02-10")).sent
        bench.sweep("03-13")
        bench.office.calendar_change.redate(at("03-13"))
        bench.office.rounds.rebuild(at("03-13"))
        bench.office.signing.checkpoint(at("03-13"))
        _fill_what_is_empty(bench)
        with bench.office.database.transaction() as session:
            counters.refill(session)  # a line that counts nothing says nothing, and altering it alters nothing
        bench.office.signing.checkpoint(at("03-14"))
        with bench.office.database.reading() as session:
            empty = [table.name for table in TABLES if session.execute(select(table).limit(1)).first() is None]
        assert not set(empty) - {"schema_marks"}, "what is not there cannot be altered"
        yield bench
    databases.drop(url)


def _inspect(bench: Bench) -> None:
    """Let an inspection be planned, approved and begun, with an answer and a photo."""
    units(bench)
    list_id, inspector = list_of(approved(bench), BUREAU), bench.actor(Role.INSPECTOR)
    bench.office.on_site.answer(list_id, [Given(2, Answer.NO, "没有列入")], day("04-02"), inspector, at("04-02"))
    bench.office.on_site.photo(list_id, SentPhoto(2, "p.jpg", jpeg()), day("04-02"), inspector, at("04-02"))


def _staff(bench: Bench) -> None:
    """Employ people with all that an account can have; leave something in every table beside the cases."""
    with bench.office.database.transaction() as session:
        head = unit_posts.find_post(session, "第1局", "head")
        unit = organisation.ensure_unit(session, "第1局").id
        for name in ("wang", "zhao"):
            person = accounts.add_person(session, name, f"{name}某", Role.HEAD, unit)
            accounts.set_password(session, name, f"$argon2id${name}", must_change=False)
            unit_posts.appoint(session, head, person.id, date(2026, 1, 5))
            tokens.give(session, name, at("02-01"), name="脚本")
            second_factors.enrol(session, name, f"secret of {name}", 1, [f"code {name}"])
            page_sessions.begin(session, name, at("02-01"))
        contacts.set_contacts(session, head, [("mail", "wang@example.cn"), ("mail", "zhao@example.cn")])
        proposals.propose(session, "policy_migration", {"to": "x"}, "wang", "leader", at("02-01"))
        admin_log.note(session, "admin", "administrator", "add", "wang", at("02-01"), "role head")
        oidc_logins.begin(session, "state", "nonce", "verifier", at("02-01"))
        documents.void(session, "临法治督〔2026〕99号", "wang", "写错", at("02-01"))
        log = imported_logs.begin(session, "others.xes", "0" * 64, at("02-01"))
        imported_logs.add(session, [(log, 1, 1, "c1", "a", "2026-01-01T00:00:00+08:00", "r", "{}")])
        imported_logs.finish(session, log, 1, 1, {})


def _fill_what_is_empty(bench: Bench) -> None:
    """Write one row into each table that nothing above has written to, as a mapped object."""
    plain = {int: 1, str: "1", bool: False, date: date(2026, 3, 2), datetime: at("03-02")}
    for table in TABLES:
        (mapped,) = [mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table]
        with bench.office.database.transaction() as session:
            if session.execute(select(table).limit(1)).first() is None:
                kinds = {c.key: getattr(c.type, "impl", c.type).python_type for c in table.columns}
                values = {key: plain[kind] for key, kind in kinds.items()}
                if table.name == "official_documents":
                    values |= {"kind": "order", "status": "draft", "typed": "{}", "content": "{}"}
                    values |= dict.fromkeys(("file", "edited", "scan", "replaces"))
                session.add(mapped(**values))


def _altered(column: Column[Any], value: Any, dice: random.Random) -> Any:  # noqa: PLR0911  # one for each kind
    """Return another value that the column may hold."""
    if value is None:
        kind = getattr(column.type, "impl", column.type).python_type
        return at("01-01") if kind is datetime else date(2026, 1, 1) if kind is date else kind(7)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.choice((1, 1000))
    if isinstance(value, datetime):
        return value + timedelta(seconds=1)
    if isinstance(value, date):
        return value + timedelta(days=1)
    if column.nullable and dice.random() < 0.2:
        return None
    place = dice.randrange(len(value)) if value else 0
    return value[:place] + ("x" if value[place : place + 1] != "x" else "y") + value[place + 1 :]


def _any_row(session: Session, table: Table, dice: random.Random) -> Any:
    count = session.scalar(select(func.count()).select_from(table)) or 0
    return session.execute(select(table).order_by(*table.primary_key).offset(dice.randrange(count)).limit(1)).one()


def _is(table: Table, row: Any) -> Any:
    return and_(*(column == getattr(row, column.name) for column in table.primary_key))


def _change(session: Session, table: Table, dice: random.Random) -> list[str]:
    row, column = _any_row(session, table, dice), dice.choice(list(table.columns))
    value = _altered(column, getattr(row, column.name), dice)
    session.connection().execute(update(table).where(_is(table, row)).values({column.name: value}))
    return [table.name, f"{table.name}.{column.name}"]


def _remove(session: Session, table: Table, dice: random.Random) -> list[str]:
    session.connection().execute(delete(table).where(_is(table, _any_row(session, table, dice))))
    return [table.name, f"{table.name}:delete"]


def _add(session: Session, table: Table, dice: random.Random) -> list[str]:
    row = _any_row(session, table, dice)._asdict()
    unique = {c.name for key in table.constraints if isinstance(key, UniqueConstraint) for c in key.columns}
    for column in table.columns:
        if column.primary_key or column.unique or column.name in unique:
            row[column.name] = _altered(column, row[column.name], dice)
    session.connection().execute(insert(table).values(row))
    return [table.name, f"{table.name}:insert"]


def _triggers(session: Session) -> dict[str, str]:
    return dict(session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all())


def _tampered(bench: Bench, dice: random.Random) -> tuple[list[str], Verdict]:
    """Alter something anywhere as somebody who knows about triggers would, verify, and take it back."""
    found: list[tuple[list[str], Verdict]] = []
    while not found:
        with suppress(_Undone, DBAPIError), bench.office.database.transaction() as session:
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
            triggers = _triggers(session)
            for name in triggers:
                session.execute(text(f"DROP TRIGGER {name}"))
            what = dice.choice((_change, _change, _change, _remove, _add))(session, dice.choice(TABLES), dice)
            for sql in triggers.values():
                session.execute(text(sql))
            found.append((what, bench.verified(session)))
            raise _Undone
    return found[0]


def test_a_thousand_tamperings_in_all_tables_are_found_or_listed(lived: Bench) -> None:
    dice = random.Random(2026)
    before = lived.office.proofs.verify()
    assert before.ok, before.first_wrong
    missed, tried = [], set()
    for _ in range(TAMPERINGS):
        what, verdict = _tampered(lived, dice)
        tried.add(what[0])
        if verdict.ok and LISTED.isdisjoint(what):
            missed.append(what[-1])
    assert missed == []
    assert len(tried) > len(TABLES) * 2 // 3
    after = lived.office.proofs.verify()
    assert after.ok, after.first_wrong


def test_every_column_of_a_table_of_which_the_log_speaks_is_spoken_of_or_listed() -> None:
    silent = {
        f"{name}.{column.name}"
        for name, sealed in SEALED.items()
        for column in sealed.table.columns
        if column.name not in (*sealed.columns, *(key.name for key in sealed.keys))
    }
    assert {name for name in silent if name.partition(".")[0] not in LISTED} <= LISTED


def test_what_is_listed_as_not_covered_is_there() -> None:
    known = {table.name for table in TABLES} | {"alembic_version"}
    known |= {f"{table.name}.{column.name}" for table in TABLES for column in table.columns}
    assert {name.removesuffix(":delete") for name in LISTED} <= known


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DROP TRIGGER administration_no_DELETE", "administration_no_DELETE is missing"),
        (
            "CREATE TRIGGER quiet AFTER INSERT ON deliveries BEGIN DELETE FROM deliveries WHERE id = NEW.id; END",
            "quiet is not of this program",
        ),
    ],
)
def test_a_trigger_that_is_missing_or_foreign_is_told(lived: Bench, sql: str, told: str) -> None:
    found = []
    with suppress(_Undone), lived.office.database.transaction() as session:
        session.execute(text(sql))
        found.append(lived.verified(session).first_wrong)
        raise _Undone
    assert told in str(found[0])


def test_a_trigger_that_was_weakened_under_its_own_name_is_told(lived: Bench) -> None:
    found = []
    with suppress(_Undone), lived.office.database.transaction() as session:
        session.execute(text("DROP TRIGGER case_events_no_UPDATE"))
        session.execute(
            text("CREATE TRIGGER case_events_no_UPDATE BEFORE UPDATE ON case_events WHEN 0 BEGIN SELECT 1; END")
        )
        found.append(lived.verified(session).first_wrong)
        raise _Undone
    assert found == ["the trigger case_events_no_UPDATE was altered"]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DROP TRIGGER office_events_append_only ON office_events", "office_events_append_only is missing"),
        ("ALTER TABLE case_events DISABLE TRIGGER case_events_append_only", "case_events_append_only was altered"),
        (
            _WEAK,
            "case_events_append_only was altered",
        ),
        ("CREATE RULE quiet AS ON INSERT TO deliveries DO INSTEAD NOTHING", "quiet"),
    ],
)
def test_the_triggers_and_rules_of_postgresql_are_looked_at_as_well(bench: Bench, sql: str, told: str) -> None:
    if bench.office.database.is_sqlite:
        pytest.skip("PostgreSQL's own")
    bench.ordered()
    assert bench.office.proofs.verify().ok
    with bench.office.database.transaction() as session:
        session.execute(text(sql))
    assert told in str(bench.office.proofs.verify().first_wrong)


def test_evidence_that_is_missing_or_another_is_told(lived: Bench) -> None:
    kept = [found for found in (lived.settings.home / "evidence").rglob("*") if found.is_file()]
    (path,) = [found for found in kept if found.read_bytes() == PHOTO]
    try:
        path.write_bytes(PHOTO + b"!")
        assert "is not the one that was kept" in str(lived.office.proofs.verify().first_wrong)
        path.unlink()
        assert "its file is missing" in str(lived.office.proofs.verify().first_wrong)
    finally:
        path.write_bytes(PHOTO)
    assert lived.office.proofs.verify().ok
