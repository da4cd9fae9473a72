"""What stands in a ledger now and then: comments, marks of error, twins of columns, sheets of charts, no headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from cases import ledger_export, ledger_workbook
from cases.ledger_known import KnownCases
from cases.ledger_mapping import NO_MAPPING
from cases.ledger_survey import survey
from cases.ledger_values import Doubt, day_of, duty_of
from files.workbook import open_workbook
from states.errors import BadData, BadLedger
from states.field_values import TEXT_LIMIT
from states.vocabulary import Act
from tests.support.days import UNIT, at, day
from tests.support.ledgers import DUTIES, GOOD, HEAD, asked, changed, read, taken, workbook

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.offices import Bench


def test_a_comment_at_a_cell_is_told_and_decides_nothing(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD)
    book = load_workbook(path)
    book.worksheets[0]["F3"].comment = Comment("领导批示：加快办理", "书记")
    book.save(path)
    (row,) = taken(read(path))
    assert any("加快办理" in remark.text() for remark in row.remarks)
    assert row.finding == "问题"


def test_a_mark_of_error_in_a_column_that_may_be_empty_is_told_and_in_another_asked_about(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "备注"], [*GOOD, "#N/A"], [*changed({"被检查单位": "#REF!"}), ""])
    book = load_workbook(path)
    sheet = book.worksheets[0]
    for cell in (sheet["J3"], sheet["D4"]):
        cell.data_type = "e"
    book.save(path)
    ledger = read(path)
    (row,) = taken(ledger)
    assert any("#N/A" in remark.text() for remark in row.remarks)
    assert row.note == ""
    assert "#REF!" in asked(ledger)[4]


def test_the_day_on_which_a_notice_was_issued_begins_no_term_and_is_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "通知印发日期"], [*GOOD, "2026-02-03"])
    (row,) = taken(read(path))
    assert row.served_on == day("2026-02-06")
    assert len(row.remarks) == 1


@pytest.mark.parametrize("heading", ["整改时限(工作日)", "问题编号"])
def test_no_term_and_no_number_is_that_of_the_row_above(tmp_path: Path, heading: str) -> None:
    ledger = read(workbook(tmp_path / "1.xlsx", HEAD, GOOD, changed({heading: "同上"})))
    assert "同上" in asked(ledger)[4]
    assert len(taken(ledger)) == 1


@pytest.mark.parametrize(("more", "is_taken"), [(0, True), (1, False)])
def test_a_finding_is_as_long_as_a_field_may_be_and_no_longer(tmp_path: Path, more: int, *, is_taken: bool) -> None:
    ledger = read(workbook(tmp_path / "1.xlsx", HEAD, changed({"问题描述": "长" * (TEXT_LIMIT + more)})))
    assert len(taken(ledger)) == is_taken
    assert ("问题描述" in asked(ledger).get(3, "")) != is_taken


def test_a_row_of_headings_below_a_table_that_lacks_something_begins_no_table(tmp_path: Path) -> None:
    lower = ["问题编号", "检查方式", "发现日期", "问题描述", "对应职责条款", "整改时限(工作日)"]
    ledger = read(workbook(tmp_path / "1.xlsx", HEAD, GOOD, lower, changed({})))
    assert len(taken(ledger)) == 2
    assert 4 in asked(ledger)


def test_a_number_that_is_merged_over_the_row_below_is_no_heading_of_two_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, 2026], GOOD)
    book = load_workbook(path)
    book.worksheets[0].merge_cells("J2:J3")
    book.save(path)
    assert len(taken(read(path))) == 1


def test_what_was_handed_over_is_known_again_and_resembles_nothing(sqlite_bench: Bench) -> None:
    kept = sqlite_bench.ordered()
    handed = sqlite_bench.ordered(finding="另一个问题")
    sqlite_bench.act(handed, Act.TRANSFER, "02-11", receiver="市纪委监委")
    known = KnownCases()
    with sqlite_bench.office.database.reading() as session:
        known.learn(session, [UNIT], [])
    assert set(known.by_number) == {sqlite_bench.case(case).number for case in (kept, handed)}
    resembled = [finding.number for findings in known.findings.values() for finding in findings]
    assert resembled == [sqlite_bench.case(kept).number]


def test_a_workbook_without_headings_has_no_layout_to_remember_and_nothing_to_survey(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "1.xlsx", [1, 2], [3, 4], above=0)
    with pytest.raises(BadLedger):
        sqlite_bench.office.ledger_layouts.remember(path, path.name, NO_MAPPING, "某表", "officer", at("02-06"))
    with pytest.raises(BadLedger):
        survey(open_workbook(path, path.name), DUTIES)


def test_two_columns_of_one_field_are_asked_about_until_somebody_chooses(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "检查日期"], [*GOOD, "2026-01-14"])
    found = survey(open_workbook(path, path.name), DUTIES)
    questions = [question.text() for _key, question in found.questions]
    assert any("发现日期" in question and "检查日期" in question for question in questions), questions


def test_a_number_of_eight_figures_that_is_no_day_is_asked_about() -> None:
    assert day_of(20260228, "A1", first_day=day("1899-12-30")) == day("2026-02-28")
    with pytest.raises(Doubt):
        day_of(20260229, "A1", first_day=day("1899-12-30"))


def test_an_article_that_the_catalogue_has_not_is_asked_about() -> None:
    assert duty_of("第七条第四项", "A1", DUTIES) == "art7-4"
    with pytest.raises(Doubt):
        duty_of("第九十九条", "A1", DUTIES)
    with pytest.raises(Doubt):
        duty_of("年度述法", "A1", DUTIES)


def test_a_sheet_that_is_a_chart_is_listed_and_has_no_cells(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD)
    book = load_workbook(path)
    book.create_chartsheet("图表")
    book.save(path)
    ledger = read(path)
    assert [(sheet.name, sheet.rows) for sheet in ledger.sheets if sheet.name == "图表"] == [("图表", 0)]


def test_of_very_many_cells_that_were_not_taken_the_first_are_listed_and_the_others_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_workbook, "_MOST_LEFT_OUT", 2)
    ledger = read(workbook(tmp_path / "1.xlsx", [*HEAD, "片区"], *([*changed({}, n), "东片"] for n in range(2, 7))))
    assert len(ledger.left_out) == 3
    assert ledger.left_out[-1].reason.text() == "其余没有导入的内容"


def test_a_ledger_that_cannot_be_written_is_one_sentence(sqlite_bench: Bench, tmp_path: Path) -> None:
    sqlite_bench.ordered()
    with pytest.raises(BadData):
        ledger_export.write_ledger(sqlite_bench.office.database, tmp_path, "", "zh-CN")
    assert list(tmp_path.glob("*.xlsx")) == []


def test_a_book_without_any_sheet_of_cells_is_no_ledger(tmp_path: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    book.create_chartsheet("图表")
    book.save(tmp_path / "1.xlsx")
    with pytest.raises(BadLedger):
        read(tmp_path / "1.xlsx")
