"""Rows written many at a time: the same on both databases, whatever stands in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from store import bulk
from store.schema.base import table_of
from store.schema.numbers import DocumentRow
from store.schema.operations import HeartbeatRow

if TYPE_CHECKING:
    from store.database import Database

BEATS = table_of(HeartbeatRow)
PAPERS = table_of(DocumentRow)
NOON = datetime(2026, 3, 5, 4, 0, 0, 123456, tzinfo=UTC)
LATER = NOON.replace(hour=5)
ODD = '“引号” "quoted" \\ back\\u0041 %s %% :name 换行\n制表\t {1,2} 😀'


def test_many_rows_are_written_changed_and_taken_away(database: Database) -> None:
    with database.transaction() as session:
        bulk.insert(session, BEATS, [{"name": f"n{n}", "at": NOON, "detail": ODD} for n in range(700)])
        changes = [{"b_name": f"n{n}", "detail": f"第{n}"} for n in (1, 2, 9999)]
        assert bulk.update(session, BEATS, {"name": "b_name"}, changes) == 2
        gone = [{"b_name": f"n{n}", "b_at": NOON} for n in range(10, 700)] + [{"b_name": "n1", "b_at": LATER}]
        assert bulk.delete(session, BEATS, {"name": "b_name", "at": "b_at"}, gone) == 690
    with database.reading() as session:
        left = {row.name: (row.at, row.detail) for row in session.scalars(sa.select(HeartbeatRow))}
    assert len(left) == 10
    assert left["n1"] == (NOON, "第1")
    assert left["n3"] == (NOON, ODD)


def test_what_is_not_named_is_filled_by_the_database_and_nothing_stays_nothing(database: Database) -> None:
    new = [
        {"number": f"〔2026〕{n}号", "case_id": None, "act": "void", "noted_at": NOON, "void_at": None} for n in (1, 2)
    ]
    with database.transaction() as session:
        bulk.insert(session, PAPERS, new)
        found = session.scalars(sa.select(DocumentRow).order_by(DocumentRow.number)).all()
        assert [(row.number, row.case_id, row.void_at, row.void_by) for row in found] == [
            ("〔2026〕1号", None, None, None),
            ("〔2026〕2号", None, None, None),
        ]


def test_no_rows_are_no_statement(database: Database) -> None:
    with database.transaction() as session:
        bulk.insert(session, BEATS, [])
        assert bulk.update(session, BEATS, {"name": "b_name"}, []) == 0
        assert bulk.delete(session, BEATS, {"name": "b_name"}, []) == 0


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = [{"name": "n", "at": datetime(2026, 3, 5), "detail": ""}]  # noqa: DTZ001  # that is the point
    with pytest.raises((ValueError, sa.exc.StatementError), match="no time zone"), database.transaction() as session:
        bulk.insert(session, BEATS, naive)


def test_one_row_that_exists_already_refuses_them_all(database: Database) -> None:
    beat = {"name": "n", "at": NOON, "detail": ""}
    with database.transaction() as session:
        bulk.insert(session, BEATS, [beat])
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as session:
        bulk.insert(session, BEATS, [{**beat, "name": "other"}, beat])
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(HeartbeatRow)) == 1


def test_a_question_for_many_numbers_answers_for_those_alone(database: Database) -> None:
    with database.transaction() as session:
        bulk.insert(
            session, PAPERS, [{"number": str(n), "case_seq": n, "act": "x", "noted_at": NOON} for n in range(9)]
        )
        asked = bulk.Among(sa.select(PAPERS.c.number), PAPERS.c.case_seq)
        assert {number for (number,) in asked.execute(session, {2, 5, 77})} == {"2", "5"}
        assert asked.execute(session, []).all() == []
