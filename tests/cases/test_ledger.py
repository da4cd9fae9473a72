from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.ledger_import import import_ledger
from cases.ledger_workbook import BadRow, LedgerRow, read_ledger
from states.errors import BadLedger
from states.terms import Term
from tests.support.ledgers import DUTIES, FINDINGS, GOOD, HEAD, LEDGER, workbook

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.offices import Bench


def test_the_office_s_own_ledger_reads_as_the_fifteen_findings() -> None:
    rows = [row for row in read_ledger(LEDGER, DUTIES).rows if isinstance(row, LedgerRow)]
    assert len(rows) == 15
    for row, finding in zip(rows, FINDINGS, strict=True):
        assert row.number == finding["case_no"]
        assert row.found_on.isoformat() == finding["found_on"]
        assert row.served_on is not None
        assert row.served_on.isoformat() == finding["order"]["served_on"]
        assert Term.parse(row.term).amount == finding["order"]["limit"]["value"]
        assert (row.unit, row.post, row.duty) == (finding["unit"], finding["responsible_post"], finding["duty_id"])
        assert row.finding == finding["finding_zh"]
        assert row.inspection == finding["inspection_kind"]
        assert row.by_reference == finding["applied_by_reference"]


def test_importing_the_ledger_twice_opens_nothing_twice_and_a_dry_run_nothing_at_all(bench: Bench) -> None:
    now = datetime.fromisoformat("2026-11-01T10:00+08:00")
    tried = import_ledger(bench.desk, LEDGER, DUTIES, now, user="u", served=True, dry_run=True)
    first = import_ledger(bench.desk, LEDGER, DUTIES, now, user="u", served=True)
    second = import_ledger(bench.desk, LEDGER, DUTIES, now, user="u", served=True)
    assert [{r.outcome for r in rows} for rows in (tried, first, second)] == [{"opened"}, {"opened"}, {"skipped"}]
    assert bench.case(7).number == "临法治督案〔2026〕7号"
    assert bench.due(7) == "03-05"
    assert bench.case(bench.open("11-01")).number == "临法治督案〔2026〕16号"


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (1, "检查", "B4"),
        (2, "2026年2月30日", "C4"),
        (3, "", "D4"),
        (5, "机密★ 内容", "国家秘密"),
        (6, "art99", "duties.yaml"),
        (8, "尽快", "I4"),
        (0, "1号", "重复"),
    ],
)
def test_a_bad_row_names_its_cell_and_stops_no_other(tmp_path: Path, column: int, value: str, words: str) -> None:
    bad = [*GOOD]
    bad[0] = "2号"
    bad[column] = value
    last = ["3号", *GOOD[1:]]
    found = read_ledger(workbook(tmp_path / "l.xlsx", HEAD, GOOD, bad, last), DUTIES).rows
    assert [type(row) for row in found] == [LedgerRow, BadRow, LedgerRow]
    assert isinstance(found[1], BadRow)
    assert words in found[1].reason.text()
    assert found[1].reason.text("en")


def test_dates_terms_and_footers_are_read_as_offices_write_them(tmp_path: Path) -> None:
    serial = ["1号", "专项督查", 46066, "某局", "局长", "问题", "art7-1a", datetime(2026, 2, 6), "1个月"]  # noqa: DTZ001  # a cell has no zone
    footer = ["填报人：", None, None, None, None, None, None, None, None]
    (row,) = read_ledger(workbook(tmp_path / "l.xlsx", HEAD, serial, [None] * 9, footer, above=3), DUTIES).rows
    assert isinstance(row, LedgerRow)
    assert (row.found_on, row.served_on, row.term) == (date(2026, 2, 13), date(2026, 2, 6), "1m")


@pytest.mark.parametrize("head", [["a", "b", "c"], HEAD[:4]])
def test_a_workbook_without_a_ledger_is_refused_with_what_it_lacks(tmp_path: Path, head: list[str]) -> None:
    with pytest.raises(BadLedger, match="表头"):
        read_ledger(workbook(tmp_path / "l.xlsx", head, GOOD), DUTIES)


cells = st.one_of(
    st.none(), st.text(max_size=20), st.integers(-(10**9), 10**9), st.floats(allow_nan=False), st.booleans()
)


@given(rows=st.lists(st.lists(cells, min_size=9, max_size=9), max_size=4))
def test_whatever_stands_in_the_cells_is_a_row_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    printable = [
        [c if not isinstance(c, str) else "".join(x for x in c if x.isprintable()) for c in row] for row in rows
    ]
    path = workbook(tmp_path_factory.mktemp("junk") / "l.xlsx", HEAD, *printable)
    for row in read_ledger(path, DUTIES).rows:
        assert isinstance(row, (LedgerRow, BadRow))
