"""The ledger as it is printed and as it is read back: every column, of an open case, a closed and a sealed one."""

from __future__ import annotations

import tempfile
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from cases import office_ledger
from cases.ledger_export import write_ledger
from cases.office_ledger import COLUMNS, write_office_ledger
from states.errors import BadData
from states.vocabulary import Act, Role
from store.case_filters import Filter
from store.visibility import Reader
from tests.support.days import UNIT, day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from tests.support.offices import Bench

DIRECTOR: Final = Reader("某人", Role.DIRECTOR, 0)
HEADS: Final = [column.head for column in COLUMNS]
ITEMS: Final = [{"fact": "未列入计划", "criterion": "列入计划"}, {"fact": "未部署", "criterion": "部署"}]


def printed(bench: Bench, reader: Reader = DIRECTOR) -> Worksheet:
    """Return the ledger as this person prints it."""
    file = BytesIO()
    count = write_office_ledger(
        file, bench.office.database, reader, Filter(), title="整改台账", cited=lambda duty: f"第{duty}条", safe=str
    )
    book = load_workbook(file)
    assert len(book.worksheets) == 1
    assert book.worksheets[0].max_row == 2 + count
    return book.worksheets[0]


def rows_of(sheet: Worksheet, heads: list[str] = HEADS, first: int = 3) -> list[dict[str, Any]]:
    """Return what the rows say, by the heads of the columns; days as days, and nothing for an empty cell."""
    return [
        {
            head: cell.value.date() if isinstance(cell.value, datetime) else cell.value or ""
            for head, cell in zip(heads, row, strict=True)
        }
        for row in sheet.iter_rows(min_row=first)
    ]


def read_back(bench: Bench, path: Path, which: str = "") -> list[dict[str, Any]]:
    """Return the rows of the ledger that can be imported again."""
    count = write_ledger(bench.office.database, path, which, "zh-CN")
    sheet = load_workbook(path).worksheets[0]
    rows = rows_of(sheet, [str(cell.value) for cell in sheet[1]], 2)
    assert len(rows) == count
    return rows


def said(row: Mapping[str, Any], *heads: str) -> tuple[Any, ...]:
    return tuple(row[head] for head in heads)


def test_an_open_case_stands_in_the_printed_ledger_with_everything_that_is_known_of_it(sqlite_bench: Bench) -> None:
    found = {"liaison": "联络科科长", "note": "交办件", "criteria": "印发计划", "severity": "serious"}
    case = sqlite_bench.case(sqlite_bench.ordered("02-06", **found))
    (row,) = rows_of(printed(sqlite_bench))
    assert said(row, "序号", "问题编号", "检查方式", "被检查单位") == ("1", case.number, "定期检查", UNIT)
    assert said(row, "发现日期", "整改通知送达日期", "整改时限") == (day("01-28"), day("02-06"), "15个工作日")
    assert said(row, "责任领导(职务)", "联络员", "备注") == (case.post, "联络科科长", "交办件")
    assert said(row, "问题描述", "对应职责条款", "整改目标(验收标准)") == (
        "年度工作计划未列入法治建设内容",
        "第art7-1a条",
        "印发计划",
    )
    assert said(row, "是否延期(延期至)", "是否销号", "销号日期", "灯色") == ("否", "否", "", "绿灯")
    assert row["密级"] == "内部"
    assert row["进展"].startswith("责令整改")


def test_a_finding_that_nobody_has_ordered_has_the_term_that_was_proposed_and_no_day_of_service(
    sqlite_bench: Bench,
) -> None:
    sqlite_bench.open(term="10wd")
    (row,) = rows_of(printed(sqlite_bench))
    assert said(row, "整改通知送达日期", "整改时限") == ("", "10个工作日")
    sqlite_bench.open(unit="临溪市水利局")
    assert [one["整改时限"] for one in rows_of(printed(sqlite_bench))] == ["10个工作日", ""]


def test_the_term_of_the_order_goes_before_the_one_that_was_proposed(sqlite_bench: Bench, tmp_path: Path) -> None:
    case = sqlite_bench.open(term="10wd")
    sqlite_bench.act(case, Act.SERVE_ORDER, "02-06", term="15wd")
    (row,) = rows_of(printed(sqlite_bench))
    assert row["整改时限"] == "15个工作日"
    assert said(read_back(sqlite_bench, tmp_path / "a.xlsx")[0], "整改时限", "整改通知送达日期") == (
        "15个工作日",
        day("02-06"),
    )


def test_a_term_that_was_extended_says_until_when_and_of_a_closed_case_only_that_it_was(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    case = sqlite_bench.ordered("02-06")
    sqlite_bench.act(case, Act.REQUEST_EXTENSION, "02-24", reason="汛期", term="5wd")
    assert rows_of(printed(sqlite_bench))[0]["是否延期(延期至)"] == "否"
    sqlite_bench.act(case, Act.APPROVE_EXTENSION, "02-26")
    until = day(str(sqlite_bench.due(case)))
    assert rows_of(printed(sqlite_bench))[0]["是否延期(延期至)"] == until
    assert said(read_back(sqlite_bench, tmp_path / "a.xlsx")[0], "延期至", "期限") == (until, until)
    sqlite_bench.act(case, Act.SUBMIT_REPORT, "03-02")
    sqlite_bench.act(case, Act.VERIFY_PASS, "03-03", verifiers=["甲", "乙"])
    sqlite_bench.act(case, Act.APPROVE_CLOSURE, "03-04")
    (row,) = rows_of(printed(sqlite_bench))
    assert said(row, "是否销号", "销号日期", "灯色", "是否延期(延期至)") == ("是", day("03-04"), "", "是")
    assert said(read_back(sqlite_bench, tmp_path / "b.xlsx")[0], "是否销号", "延期至") == ("是", "")


def test_a_case_that_was_handed_over_is_a_stub_in_both_ledgers(sqlite_bench: Bench, tmp_path: Path) -> None:
    secret = {"liaison": "联络科科长", "note": "举报件", "finding": "收受礼金"}
    handed = sqlite_bench.ordered("02-06", items=ITEMS, **secret)
    sqlite_bench.ordered("02-06", unit="临溪市水利局", note="交办件")
    sqlite_bench.act(handed, Act.TRANSFER, "02-10", role=Role.LEADER, receiver="市纪委监委")
    shown, other = rows_of(printed(sqlite_bench))
    assert said(shown, "问题描述", "备注", "联络员", "整改通知送达日期", "灯色") == ("", "", "", "", "")
    assert other["备注"] == "交办件"
    back, _ = read_back(sqlite_bench, tmp_path / "a.xlsx")
    assert said(back, "问题描述", "备注", "联络员", "整改通知送达日期", "逐项清单") == ("", "", "", "", "")
    assert not [value for value in back.values() if value in secret.values()]


def test_a_ledger_is_printed_in_landscape_on_a3_over_as_many_pages_as_it_needs_with_its_heads_on_each(
    sqlite_bench: Bench,
) -> None:
    for n in range(2):
        sqlite_bench.ordered(finding=f"问题{n}")
    sheet = printed(sqlite_bench)
    assert [cell.value for cell in sheet[2]] == HEADS
    assert sheet["A1"].value == "整改台账"
    setup = sheet.page_setup
    assert (setup.orientation, setup.paperSize, setup.fitToHeight) == ("landscape", office_ledger.A3, 0)
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$1:$2", "C3")
    last = get_column_letter(len(COLUMNS))
    assert (sheet.auto_filter.ref, sheet.print_area) == (f"A2:{last}4", f"'整改台账'!$A$1:${last}$4")
    widths = [sheet.column_dimensions[get_column_letter(place)].width for place in range(1, len(COLUMNS) + 1)]
    assert widths == [column.width for column in COLUMNS]


def test_an_empty_ledger_prints_its_heads_and_one_empty_row(sqlite_bench: Bench) -> None:
    sheet = printed(sqlite_bench)
    last = get_column_letter(len(COLUMNS))
    assert (sheet.auto_filter.ref, sheet.print_area) == (f"A2:{last}2", f"'整改台账'!$A$1:${last}$3")


def test_whoever_prints_sees_in_the_ledger_what_he_sees_on_the_pages(sqlite_bench: Bench) -> None:
    sqlite_bench.ordered(finding="工作秘密", confidentiality="work_secret")
    sqlite_bench.ordered(finding="普通问题")
    handler = Reader("某人", Role.HANDLER, 0)
    assert [row["问题描述"] for row in rows_of(printed(sqlite_bench, handler))] == ["普通问题"]
    assert [row["密级"] for row in rows_of(printed(sqlite_bench))] == ["工作秘密", "内部"]


@pytest.mark.parametrize("most", [1, 2])
def test_more_cases_than_a_workbook_may_hold_are_refused_and_leave_no_copy_on_the_disk(
    sqlite_bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    (tmp_path / "beside").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "beside"))
    monkeypatch.setattr(office_ledger, "MOST", most)
    monkeypatch.setattr(office_ledger, "BATCH", 1)
    for n in range(2):
        sqlite_bench.ordered(finding=f"问题{n}")
    if most < 2:
        with pytest.raises(BadData, match=str(most)):
            printed(sqlite_bench)
    else:
        assert [row["序号"] for row in rows_of(printed(sqlite_bench))] == ["1", "2"]
    assert not list((tmp_path / "beside").iterdir())


def test_the_ledger_that_is_read_back_has_each_case_in_its_row_or_the_one_that_was_named(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    numbers = [sqlite_bench.case(sqlite_bench.ordered(finding=f"问题{n}", items=ITEMS)).number for n in range(2)]
    rows = read_back(sqlite_bench, tmp_path / "a.xlsx")
    assert [said(row, "序号", "问题编号", "问题描述") for row in rows] == [
        (1, numbers[0], "问题0"),
        (2, numbers[1], "问题1"),
    ]
    assert rows[0]["逐项清单"] == "未列入计划｜列入计划\n未部署｜部署"
    assert [row["问题编号"] for row in read_back(sqlite_bench, tmp_path / "b.xlsx", numbers[1])] == [numbers[1]]


def test_what_was_entered_again_later_does_not_move_the_day_of_the_first_order(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    case = sqlite_bench.ordered("02-06")
    sqlite_bench.act(case, Act.SUBMIT_REPORT, "02-24")
    sqlite_bench.act(case, Act.VERIFY_PASS, "02-25", verifiers=["甲", "乙"])
    sqlite_bench.act(case, Act.APPROVE_CLOSURE, "02-26")
    sqlite_bench.act(case, Act.REOPEN, "03-10", reason="反弹")
    sqlite_bench.act(case, Act.SERVE_ORDER, "03-11", term="20wd")
    (row,) = rows_of(printed(sqlite_bench))
    assert said(row, "整改通知送达日期", "整改时限") == (day("02-06"), "15个工作日")
    assert said(read_back(sqlite_bench, tmp_path / "a.xlsx")[0], "整改通知送达日期", "整改时限") == (
        day("02-06"),
        "15个工作日",
    )


def test_the_ledger_is_printed_across_a_sheet_of_a3_with_its_heads_on_every_page_and_no_text_cut_off(
    sqlite_bench: Bench,
) -> None:
    sqlite_bench.ordered()
    sheet = printed(sqlite_bench)
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == (
        "landscape",
        8,
    )  # 8 is A3 (ECMA-376 §18.3.1.63)
    assert sheet.page_setup.fitToHeight == 0
    assert all(cell.alignment.wrap_text for row in sheet.iter_rows(min_row=2) for cell in row if cell.value)
    assert all(cell.alignment.horizontal == "center" for cell in sheet[2])
