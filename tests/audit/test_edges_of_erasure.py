"""Personal texts that were erased, that came back, that were altered or lost: what `verify` says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from cases import erasure
from states.case import Actor
from states.vocabulary import Act, Role
from store import accounts, organisation
from tests.support.days import UNIT, at

if TYPE_CHECKING:
    from tests.support.offices import Bench

ARCHIVIST = Actor(user="guan", role=Role.ARCHIVIST)


def _named(bench: Bench, who: str) -> int:
    case = bench.ordered("02-06")
    bench.act(case, Act.SUBMIT_REPORT, "02-13", signed_by=who)
    return case


def _wrong(bench: Bench) -> str:
    verdict = bench.office.proofs.verify()
    return "" if verdict.ok else str(verdict.first_wrong)


def _personal(bench: Bench, statement: str, **values: object) -> None:
    with bench.office.database.transaction() as session:
        session.execute(text(statement), values)


def _erased(bench: Bench, who: str) -> list[tuple[object, ...]]:
    """Erase whoever bears this name; return the rows that held the name."""
    with bench.office.database.reading() as session:
        rows = [
            tuple(row) for row in session.execute(text("SELECT * FROM personal_data WHERE value = :who"), {"who": who})
        ]
    with bench.office.database.transaction() as session:
        accounts.add_person(session, "gone", who, Role.HEAD, organisation.ensure_unit(session, UNIT).id)
    erasure.erase_person(bench.office.desk, "gone", [], ARCHIVIST, "申请", at("02-27"))
    return rows


def test_what_was_erased_by_the_law_is_not_missed(sqlite_bench: Bench) -> None:
    _named(sqlite_bench, "张三")
    assert _wrong(sqlite_bench) == ""
    assert len(_erased(sqlite_bench, "张三")) == 1
    assert _wrong(sqlite_bench) == ""


def test_what_is_lost_without_an_erasure_is_found(sqlite_bench: Bench) -> None:
    case = _named(sqlite_bench, "张三")
    _personal(sqlite_bench, "DELETE FROM personal_data WHERE value = :who", who="张三")
    assert "personal data are missing" in _wrong(sqlite_bench)
    assert str(case) in _wrong(sqlite_bench)


def test_what_was_altered_is_found(sqlite_bench: Bench) -> None:
    _named(sqlite_bench, "张三")
    _personal(sqlite_bench, "UPDATE personal_data SET value = '李四' WHERE value = :who", who="张三")
    assert "not those that its events have committed" in _wrong(sqlite_bench)


def test_what_comes_back_after_an_erasure_is_found(sqlite_bench: Bench) -> None:
    _named(sqlite_bench, "张三")
    (row,) = _erased(sqlite_bench, "张三")
    places = ", ".join(f":c{place}" for place in range(len(row)))
    _personal(
        sqlite_bench,
        f"INSERT INTO personal_data VALUES ({places})",
        **{f"c{place}": value for place, value in enumerate(row)},
    )
    assert "keeps personal data that an event says are erased" in _wrong(sqlite_bench)


def test_what_no_event_ever_committed_is_found(sqlite_bench: Bench) -> None:
    case = _named(sqlite_bench, "张三")
    _personal(
        sqlite_bench,
        "UPDATE personal_data SET token = 'committed:sha256:' || :zeros WHERE value = '张三'",
        zeros="0" * 64,
    )
    assert "no event has committed" in _wrong(sqlite_bench)
    assert str(case) in _wrong(sqlite_bench)


@pytest.mark.parametrize("name", ["张三", "李四"])
def test_erasing_one_person_leaves_the_other(sqlite_bench: Bench, name: str) -> None:
    cases = {who: _named(sqlite_bench, who) for who in ("张三", "李四")}
    _erased(sqlite_bench, name)
    for who, case in cases.items():
        told = sqlite_bench.history(case)[2].event.data["signed_by"]
        assert (told == who) is (who != name)
    assert _wrong(sqlite_bench) == ""
