"""Personal data can be erased at the end of retention, and no proof loses its hold; looking is written down."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import replace
from hashlib import new
from pathlib import Path
from sqlite3 import connect
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from audit import offline
from audit.bundle import check_bundle
from audit.exports import histories, write_csv, write_ocel, write_xes
from cases import erasure
from states.case import Actor
from states.commitments import ERASED, commitment
from states.errors import BadData, NotPermitted
from states.vocabulary import Act, Role, State
from store import accounts, contacts, events, health, organisation, personal_data, unit_posts
from store.accounts import Person
from tests.support.offices import UNIT, Bench, at, day
from wiring import now
from wiring import office as open_office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.databases import Databases

NAME, PHONE, OTHER = "欧阳晓明", "13800138000", "司徒建国"
WORDS = (NAME, PHONE)
ARCHIVIST = Actor(user="guan", role=Role.ARCHIVIST)
WHY = "保管期限届满"


def _lived(bench: Bench) -> int:
    """Let a case live in which a person is named in every way that there is."""
    case = bench.ordered("02-06", finding=f"{NAME}（电话{PHONE}）未列入法治建设内容", note=f"联系人{NAME}")
    bench.act(case, Act.ACKNOWLEDGE, "02-06", signed_by=NAME)
    bench.act(case, Act.SUBMIT_REPORT, "02-13", signed_by=NAME)
    bench.act(case, Act.VERIFY_PASS, "02-25", verifiers=[NAME, OTHER])
    bench.act(case, Act.APPROVE_CLOSURE, "02-26")
    with bench.office.database.transaction() as session:
        unit = organisation.ensure_unit(session, UNIT)
        row = accounts.add_person(session, "head7", NAME, Role.HEAD, unit.id)
        post = unit_posts.find_post(session, UNIT, f"{UNIT}局长")
        unit_posts.appoint(session, post, row.id, day("2026-01-01"))
        contacts.set_contacts(session, post, [("sms", PHONE)])
    scan = bench.settings.home / f"{NAME}的说明.txt"
    scan.write_text("说明", "utf-8")
    bench.keep_evidence(scan, at("02-26"))
    scan.unlink()
    bench.office.signing.checkpoint(at("02-26", 12))
    return case


def _exports(bench: Bench, case: int) -> str:
    """Return everything that the house gives out of the case, as text."""
    found = io.StringIO()
    with bench.office.database.reading() as session:
        for write in (write_xes, write_ocel, write_csv):
            write(found, histories(session, case))
    with zipfile.ZipFile(io.BytesIO(bench.office.proofs.bundle(case))) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist()]
    return "\n".join([found.getvalue(), *parts])


def test_erasing_a_person_leaves_every_proof_valid_and_no_trace_of_him(bench: Bench, tmp_path: Path) -> None:
    case = _lived(bench)
    old = bench.office.proofs.bundle(case)
    assert all(word in _exports(bench, case) for word in (*WORDS, OTHER))
    erased = erasure.erase_person(bench.office.desk, "head7", [], ARCHIVIST, WHY, at("02-27"))
    assert erased.cases == (bench.case(case).number,)
    assert (erased.texts, erased.in_the_clear) == (3, 0)
    verdict = bench.office.proofs.verify()
    assert verdict.ok, verdict.first_wrong
    assert bench.office.rounds.rebuild(at("02-27")).differing == ()
    bench.office.signing.checkpoint(at("02-27"))
    given = _exports(bench, case)
    assert not [word for word in WORDS if word in given]
    assert OTHER in given  # who was not erased is still named
    assert bench.history(case)[0].event.data["finding"] == ERASED.zh
    told = bench.history(case)[-1].event
    assert (told.act, told.data["who"], told.data["reason"]) == (Act.PERSONAL_DATA_ERASED, "guan", WHY)
    for name, content in (("before.zip", old), ("after.zip", bench.office.proofs.bundle(case))):
        path = tmp_path / name
        path.write_bytes(content)
        assert check_bundle(path).ok
        with zipfile.ZipFile(path) as archive:
            archive.extract("verify.py", tmp_path)
        command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr


def test_no_byte_is_left_in_the_file_its_log_or_beside_it(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    _lived(bench)
    for n in range(200):  # enough that pages were split and moved, and old copies stand in free space
        bench.ordered(finding=f"第{n}项：{NAME}未履职，电话{PHONE}")
    database = Path(str(bench.office.database.url.database))
    files = [database, Path(f"{database}-wal"), Path(f"{database}-shm")]
    assert any(NAME.encode() in path.read_bytes() for path in files if path.exists())
    erased = erasure.erase_person(bench.office.desk, "head7", [PHONE], ARCHIVIST, WHY, at("02-27"))
    assert len(erased.cases) == 201
    for path in files:
        content = path.read_bytes() if path.exists() else b""
        assert not [word for word in WORDS if word.encode() in content], path
    assert not [
        path
        for path in bench.settings.home.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() or word in path.name for word in WORDS)
    ]
    assert bench.office.proofs.verify().ok


def test_an_erasure_that_was_stopped_before_the_file_was_cleaned_is_finished_at_night(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case = _lived(bench)
    database = Path(str(bench.office.database.url.database))
    with closing(connect(database)) as reader:
        reader.execute("PRAGMA busy_timeout=0")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM personal_data").fetchall()
        with bench.office.database.transaction() as session:  # what a process did before it was killed
            erasure.erase_contents(
                bench.desk.unit_of_work, session, personal_data.of_case(session, case), ARCHIVIST, WHY, at("02-27")
            )
            health.beat(session, erasure.TASK, at("02-27"), erasure.PENDING)
    assert erasure.scrub(bench.office.desk, at("02-28"))
    assert not erasure.scrub(bench.office.desk, at("02-28"))
    content = database.read_bytes() + Path(f"{database}-wal").read_bytes()
    assert f"{NAME}（电话".encode() not in content


def test_only_the_archivist_erases_and_says_why(bench: Bench) -> None:
    case = _lived(bench)
    with pytest.raises(NotPermitted, match="档案管理员"):
        erasure.erase_cases(bench.office.desk, [case], Actor(user="x", role=Role.DIRECTOR), WHY, at("02-27"))
    with pytest.raises(BadData, match="理由"):
        erasure.erase_cases(bench.office.desk, [case], ARCHIVIST, " ", at("02-27"))
    with pytest.raises(BadData, match="太短"):
        erasure.erase_person(bench.office.desk, "head7", ["明"], ARCHIVIST, WHY, at("02-27"))
    assert NAME in bench.history(case)[0].event.data["finding"]


def test_what_the_policy_keeps_for_ten_years_is_due_after_ten_years(bench: Bench) -> None:
    case = _lived(bench)
    open_case = bench.ordered("02-06")
    assert erasure.due_for_erasure(bench.office.desk, at("2036-02-20")) == []
    due = erasure.due_for_erasure(bench.office.desk, at("2036-03-20"))
    assert [(line.case_id, line.over_on) for line in due] == [(case, day("2026-02-26"))]
    erasure.erase_cases(bench.office.desk, [line.case_id for line in due], ARCHIVIST, WHY, at("2036-03-20"))
    assert erasure.due_for_erasure(bench.office.desk, at("2036-03-21")) == []
    assert bench.history(open_case)[0].event.data["finding"].startswith("年度工作计划")
    assert bench.office.proofs.verify().ok


def test_who_helped_may_not_verify_though_the_names_are_committed(bench: Bench) -> None:
    case = bench.ordered("02-06")
    bench.sweep("03-13")
    bench.act(case, Act.RECORD_HELP, "03-16", helpers=[NAME], what="上门指导")
    bench.act(case, Act.SUBMIT_REPORT, "03-17")
    with pytest.raises(Exception, match=NAME):
        bench.act(case, Act.VERIFY_PASS, "03-18", verifiers=[NAME, OTHER])
    assert NAME not in str(bench.case(case))


def test_a_text_that_looks_like_a_commitment_is_refused(bench: Bench) -> None:
    case = bench.ordered("02-06")
    with pytest.raises(BadData, match="committed"):
        bench.act(case, Act.SUBMIT_REPORT, "02-09", note=commitment("sha256", "00" * 16, "x"))


def test_reading_a_case_that_was_handed_over_is_written_down(bench: Bench) -> None:
    case = bench.ordered("02-06")
    bench.act(case, Act.TRANSFER, "02-10", receiver="市纪委监委")
    leader, handler = (
        Person(username=role.value, name=role.value, role=role, unit="", disabled=False)
        for role in (Role.LEADER, Role.HANDLER)
    )
    queries = bench.office.case_queries
    assert queries.read(leader, case, "page/case", at("02-11")).finding
    assert queries.read(handler, case, "page/case", at("02-11")).id == case
    assert bench.acts(case)[-1] == ("02-11", "case_viewed")
    assert bench.case(case).last_on == day("02-10")  # looking touches nothing
    assert bench.state(case) is State.TRANSFERRED
    assert bench.office.proofs.verify().ok


@pytest.fixture
def sm3_bench(databases: Databases, tmp_path: Path) -> Iterator[Bench]:
    """Give an office that seals with SM3."""
    url = databases.empty("sqlite")
    with Bench(url, tmp_path, hash="sm3") as found:
        found.office.installation.prepare(now())
        yield found
    databases.drop(url)


def test_a_history_sealed_with_sm3_verifies_and_says_so(sm3_bench: Bench, tmp_path: Path) -> None:
    bench = sm3_bench
    case = _lived(bench)
    made = bench.office.signing.checkpoint(at("02-28"))
    verdict = bench.office.proofs.verify()
    assert verdict.ok, verdict.first_wrong
    assert made is None  # `_lived` has signed all of it
    path = tmp_path / "case.zip"
    path.write_bytes(bench.office.proofs.bundle(case))
    assert check_bundle(path).ok
    with zipfile.ZipFile(path) as archive:
        line = json.loads(archive.read("events.jsonl").decode().splitlines()[0])
        assert '"algorithm":"sm3"' in line["sealed"]
        assert line["hash"] == new("sm3", line["sealed"].encode()).hexdigest()
        assert archive.read("checkpoint.txt").decode().splitlines()[3] == "hash sm3"
        assert json.loads(archive.read("manifest.json"))["hash"] == "sm3"
    with bench.office.database.transaction() as session:
        assert events.algorithm(session) == "sm3"
        session.execute(text("UPDATE log_head SET algorithm = 'sha256'"))
    assert not bench.office.proofs.verify().ok


def test_the_bundles_own_sm3_is_that_of_the_standard() -> None:
    sm3: Callable[[bytes], bytes] = offline.sm3
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    for length in (0, 1, 55, 56, 63, 64, 65, 1000):
        assert sm3(b"a" * length) == new("sm3", b"a" * length).digest()


def test_a_history_keeps_to_its_hash_function(sm3_bench: Bench) -> None:
    sm3_bench.ordered("02-06")
    other = replace(sm3_bench.settings, hash="sha256")
    with open_office(other) as here, pytest.raises(BadData, match="已用sm3封存"):
        here.installation.prepare(now())
