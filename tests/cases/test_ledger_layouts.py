"""What was said of a layout once: kept for the next file, forgotten on demand, and never taken for what it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import pytest
from openpyxl import Workbook
from sqlalchemy import update

from cases.ledger_import import ImportReport, import_ledger
from cases.ledger_keys import key_from
from cases.ledger_layouts import check_duty, lasting
from cases.ledger_mapping import mapping_from
from cases.ledger_survey import layout_of, survey
from files.workbook import open_workbook
from files.workbook_process import read as read_here
from states.errors import BadData, BadLedger, NotFound
from store.schema.ledgers import LedgerMappingRow
from tests.support.ledger_layouts import FAULTS, in_plain_words, in_two_rows
from tests.support.ledgers import DUTIES, GOOD, HEAD, asked, changed, read, taken, workbook
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from pathlib import Path

SAID: Final = {
    "columns": {
        "哪家的事": "unit",
        "毛病在哪儿": "finding",
        "谁来扛": "post",
        "啥时候查的": "found_on",
        "几天改好": "term",
    },
    "units": {"几天改好": "d"},
    "defaults": {"inspection": "special", "duty": "art7-4"},
}


def imported(bench: Bench, path: Path, **how: Any) -> ImportReport:
    return import_ledger(bench.desk, path, DUTIES, at("11-20"), user="u", new_units=True, **how)


def test_what_is_remembered_reads_the_next_file_as_the_same_mapping_file_would(bench: Bench, tmp_path: Path) -> None:
    room, first, mapping = bench.office.ledger_layouts, in_plain_words(tmp_path / "3.xlsx"), mapping_from(SAID)
    room.remember(first, "3月.xlsx", mapping, "找茬表", "刘芳", at("11-20"))
    following = in_plain_words(tmp_path / "4.xlsx", month=4)
    given, known = imported(bench, following, dry_run=True, mapping=mapping), imported(bench, following)
    assert [row.understood for row in known.rows] == [row.understood for row in given.rows]
    assert known.count("opened") == 10
    assert known.remembered is not None
    assert (known.remembered.kept.name, known.remembered.kept.kept_by) == ("找茬表", "刘芳")
    assert given.remembered is None
    bench.office.signing.checkpoint(at("11-20"))
    assert bench.office.proofs.verify().ok
    with bench.office.database.transaction() as session:
        session.connection().execute(update(LedgerMappingRow).values(mapping="{}"))
    assert not bench.office.proofs.verify().ok


def test_the_last_word_on_a_layout_counts_and_forgetting_it_asks_again(sqlite_bench: Bench, tmp_path: Path) -> None:
    room, path = sqlite_bench.office.ledger_layouts, in_plain_words(tmp_path / "1.xlsx")
    room.remember(path, "", mapping_from(SAID), "甲", "刘芳", at("11-20"))
    other = replace(mapping_from(SAID), units={"几天改好": "wd"})
    last = room.remember(path, "", other, "乙", "王", at("11-21"))
    (kept,) = room.kept()
    assert (kept.kept.name, kept.kept.kept_by, kept.mapping.units) == ("乙", "王", {"几天改好": "wd"})
    room.forget(last.kept.id)
    with pytest.raises(NotFound):
        room.forget(last.kept.id)
    found, remembered = room.look(path)
    assert remembered is None
    assert not found.is_settled


def test_two_people_may_say_it_at_the_same_moment(bench: Bench, tmp_path: Path) -> None:
    path, failed = in_plain_words(tmp_path / "1.xlsx"), []

    def remember(name: str) -> None:
        try:
            bench.office.ledger_layouts.remember(path, "", mapping_from(SAID), name, name, at("11-20"))
        except Exception as error:  # noqa: BLE001  # whatever it is, the test tells it
            failed.append(error)

    workers = [Thread(target=remember, args=(name,)) for name in ("甲", "乙")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed
    assert len(bench.office.ledger_layouts.kept()) == 1


@pytest.mark.parametrize("name", ["", " ", "长" * 41, "机密★"])
def test_a_layout_needs_a_name_of_its_own(sqlite_bench: Bench, tmp_path: Path, name: str) -> None:
    path = in_plain_words(tmp_path / "1.xlsx")
    with pytest.raises((BadData, BadLedger)):
        sqlite_bench.office.ledger_layouts.remember(path, "", mapping_from(SAID), name, "u", at("11-20"))


def test_a_fixed_day_and_a_year_are_of_one_file_only() -> None:
    content = {"defaults": {"found_on": "2026-01-15", "year": 2026, "duty": "art7-4"}, "unit_names": {"甲": "乙"}}
    assert lasting(mapping_from(content)).to_json()["defaults"] == {"duty": "art7-4", "several_units": "ask"}
    assert lasting(mapping_from({"defaults": {"found_on": "served_on"}})).found_on == "served_on"
    assert not lasting(mapping_from(content)).unit_names


def test_the_fingerprint_is_that_of_the_headings_alone(tmp_path: Path) -> None:
    def layout(name: str, head: list[str], *rows: list[Any], above: int = 1) -> str:
        return layout_of(open_workbook(workbook(tmp_path / f"{name}.xlsx", head, *rows, above=above)))

    first = layout("1", HEAD, GOOD)
    assert layout("2", [f" {heading}＊" for heading in HEAD], changed({}), changed({}, 3), above=3) == first
    assert layout("3", [*HEAD[:-1], "整改时限(日)"], GOOD) != first, "days are no working days"
    assert layout("4", [*HEAD, "片区"], [*GOOD, "x"]) != first
    assert layout("5", [HEAD[1], HEAD[0], *HEAD[2:]], GOOD) != first
    quarters = [layout_of(open_workbook(in_two_rows(tmp_path / f"q{n}.xlsx", n))) for n in (1, 2)]
    assert quarters[0] == quarters[1], "a summary, a sum and the names of sheets are no headings"


def test_a_workbook_of_two_layouts_has_another_fingerprint_than_each_and_without_headings_it_has_none(
    tmp_path: Path,
) -> None:
    def layout(name: str, *heads: list[str]) -> str:
        book = Workbook()
        book.remove(book.worksheets[0])
        for number, head in enumerate(heads):
            sheet = book.create_sheet(f"{number + 1}月")
            sheet.append(head)
            sheet.append(GOOD[: len(head)])
        book.save(tmp_path / f"{name}.xlsx")
        return layout_of(open_workbook(tmp_path / f"{name}.xlsx"))

    one, other = layout("1", HEAD), layout("2", HEAD[:-1])
    assert layout("3", HEAD, HEAD) == one
    both = layout("4", HEAD, HEAD[:-1])
    assert both == layout("5", HEAD[:-1], HEAD, HEAD)
    assert len({one, other, both}) == 3
    assert layout("6", ["说明"]) == ""


@pytest.mark.parametrize(("duty", "is_known"), [("art7-4", True), ("", True), ("art99-9", False)])
def test_a_duty_for_a_whole_ledger_is_one_of_the_catalogue(duty: str, is_known: bool) -> None:
    mapping = mapping_from({"defaults": {"duty": duty}} if duty else {})
    if is_known:
        check_duty(mapping)
    else:
        with pytest.raises(BadLedger, match="art99-9"):
            check_duty(mapping)


def test_columns_of_one_heading_are_told_apart_from_left_to_right(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "意见", "意见", ""], [*GOOD, "甲", "乙", "丙"])
    keys = [column.key for column in survey(open_workbook(path), DUTIES).columns][-3:]
    assert keys == ["意见", "意见@2", "@L"]
    columns = {"意见": "note", "意见 @2": "measures", "@l": "source"}
    (row,) = taken(read(path, mapping_from({"columns": columns})))
    assert (row.note, row.measures, row.source) == ("甲", "乙", "丙")
    assert [key_from(key) for key in ("意见@1", "责任 单位＊@2", "@aa")] == ["意见", "责任单位@2", "@AA"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"没有的列": "note"}, "没有的列"),
        ({"意见@3": "note"}, "意见@3"),
        ({"@Z": "note"}, "@Z"),
        ({"意见": "unit", "被检查单位": "unit"}, "每行只能有一个值"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_refused_in_one_sentence(
    tmp_path: Path, columns: dict[str, str], words: str
) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "意见", "意见"], [*GOOD, "甲", "乙"])
    with pytest.raises(BadLedger, match=words):
        read(path, mapping_from({"columns": columns}))


def test_several_columns_may_hold_one_text(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "意见", "批语"], [*GOOD, "甲", "乙"])
    (row,) = taken(read(path, mapping_from({"columns": {"意见": "note", "批语": "note"}})))
    assert row.note == "甲\n乙"


# --- rows that are none, and places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        ["栏次", 1, 2, 3, 4, 5, 6, 7, 8],
        ["甲", "乙", "丙", "丁", "(1)", "(2)", "(3)", "(4)", "(5)"],
        ["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"],
        ["例", *changed({}, 9)[1:]],
        ["（示例）", *changed({}, 9)[1:]],
        ["主要负责人（签字）：", None, None, "填表人：张某"],
        ["（盖章）"],
        ["填表说明", "一、问题描述请写具体"],
        ["联系电话：0838-123456", None, None, "2026年3月1日"],
    ],
)
def test_numbered_columns_examples_and_signatures_are_no_rows(tmp_path: Path, row: list[Any]) -> None:
    ledger = read(workbook(tmp_path / "1.xlsx", HEAD, row, GOOD))
    assert len(taken(ledger)) == 1
    assert asked(ledger) == {}


def test_a_row_of_figures_far_below_the_headings_is_a_row(tmp_path: Path) -> None:
    rows = [changed({}, n) for n in range(2, 7)]
    assert len(asked(read(workbook(tmp_path / "1.xlsx", HEAD, *rows, [1, 2, 3, 4, 5, 6, 7, 8, 9])))) == 1


def test_rows_are_counted_from_the_first_of_the_sheet_also_where_it_is_empty(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for column, (heading, value) in enumerate(zip(HEAD, GOOD, strict=True), 4):
        sheet.cell(6, column, heading)
        sheet.cell(7, column, value)
    book.save(tmp_path / "1.xlsx")
    read_rows = read_here(tmp_path / "1.xlsx")["sheets"][0]["rows"]
    assert [(row, cells[0][0]) for row, cells in read_rows] == [(5, 3), (6, 3)]


def test_headings_merged_over_two_rows_are_headings_whoever_knows_them(tmp_path: Path) -> None:
    found = survey(open_workbook(in_two_rows(tmp_path / "1.xlsx")), DUTIES)
    assert found.headings == (("1季度", 1, 2),)
    assert [column.heading for column in found.columns][3:5] == ["主体 › 牵头", "主体 › 配角"]
    assert [column.examples[0] for column in found.columns][:3] == ["1", "某某市第1中心", FAULTS[2]]


# --- terms that were extended, and lists of problems ----------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["2026-04-30", "是，延期至2026年4月30日", "已延期至 2026.4.30", "批准延长至4月30日"]
)
def test_an_extended_term_ends_on_the_day_to_which_it_was_extended(
    sqlite_bench: Bench, tmp_path: Path, written: str
) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "是否延期（延期至）"], [*GOOD, written])
    report = imported(sqlite_bench, path, served=True, mapping=mapping_from({"defaults": {"year": 2026}}))
    (row,) = report.rows
    assert row.due_on == date(2026, 4, 30)
    assert "延期次数没有带过来" in row.reason.text()
    order = sqlite_bench.history(1)[1].event.data
    assert order["note"] == "台账导入（第3行），原时限：15个工作日，台账记载已延期"


@pytest.mark.parametrize("written", ["否", "是", "—", "未申请"])
def test_what_names_no_day_extends_nothing(sqlite_bench: Bench, tmp_path: Path, written: str) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "是否延期（延期至）"], [*GOOD, written])
    (row,) = imported(sqlite_bench, path, served=True).rows
    assert row.due_on == date(2026, 3, 5), "15 working days after 2026-02-06: 15 to 23 February rest, 14 and 28 work"


def test_an_extension_to_a_day_before_the_order_is_asked_about(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "延期至"], [*GOOD, "2026-02-05"])
    assert "早于2026-02-06" in asked(read(path))[3]


def test_the_items_of_a_cell_are_problems_with_their_own_terms(tmp_path: Path) -> None:
    cell = "没有列入计划｜列入计划｜某局｜甲局、乙局｜10个工作日\n\n没有研究"
    (row,) = taken(read(workbook(tmp_path / "1.xlsx", [*HEAD, "逐项清单"], [*GOOD, cell])))
    assert [(item.fact, item.co, item.term) for item in row.items] == [
        ("没有列入计划", ("甲局", "乙局"), "10wd"),
        ("没有研究", (), ""),
    ]
    bad = workbook(tmp_path / "2.xlsx", [*HEAD, "逐项清单"], [*GOOD, "没有研究｜｜｜｜快"])
    assert "期限“快”不可识别" in asked(read(bad))[3]
