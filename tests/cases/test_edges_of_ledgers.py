"""A ledger as it is read: which rows are headings, which columns are taken, and what each row says."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from openpyxl import Workbook

from cases.ledger_fields import FIELD_NAMES, NOT_TAKEN, LedgerField
from cases.ledger_items import items_in
from cases.ledger_keys import key_of
from cases.ledger_mapping import mapping_from
from cases.ledger_row import BadRow
from cases.ledger_values import Doubt, duty_of, mark_of
from cases.ledger_workbook import read_ledger
from states.errors import BadLedger
from states.terms import YEARS
from states.written_terms import RectificationKind
from tests.support.days import day
from tests.support.ledgers import DUTIES, GOOD, HEAD, asked, changed, read, taken, with_sheets, workbook

if TYPE_CHECKING:
    from pathlib import Path

GIVEN: Final = {"inspection": "special", "found_on": "2026-01-28", "duty": "art7-1a", "post": "主要负责人"}
"""What is given once for a ledger that has no column for it."""


# --- fields and columns ------------------------------------------------------------------------------------------


def test_everything_that_a_column_can_hold_has_a_name_in_both_languages() -> None:
    assert set(FIELD_NAMES) == set(LedgerField)
    assert all(name.zh and name.en for name in FIELD_NAMES.values())


@pytest.mark.parametrize("heading", ["序号", "联系电话", "灯色"])
def test_a_column_of_which_nothing_is_taken_is_understood_and_each_of_its_cells_is_listed(
    tmp_path: Path, heading: str
) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, heading, "片区"], [*GOOD, "8", "东片"])
    ledger = read(path)
    reasons = {item.text: item.reason.text() for item in ledger.left_out if item.text in ("8", "东片")}
    assert reasons == {"8": f"不导入的列“{heading}”", "东片": "没有看懂的列“片区”"}
    fields = {column.header: column.field for column in ledger.columns}
    assert fields[heading] in NOT_TAKEN
    assert ledger.cells_taken == len(GOOD)


@pytest.mark.parametrize(
    ("words", "which", "key"),
    [
        ("意见", 1, "意见"),
        ("意见", 2, "意见@2"),
        ("", 1, "@P"),
        ("长" * 60, 1, "长" * 60),
        ("长" * 61, 1, "@P"),
        ("长" * 61, 2, "@P"),
    ],
)
def test_a_column_is_called_by_its_heading_or_by_its_letter_where_it_has_none_or_a_text(
    words: str, which: int, key: str
) -> None:
    assert key_of(words, which, "P") == key


# --- headings ----------------------------------------------------------------------------------------------------


def test_a_lower_row_of_short_headings_adds_columns_though_nothing_is_merged(tmp_path: Path) -> None:
    upper = ["被检查单位", "问题描述", "责任领导", "检查方式", "时间", None]
    lower = [None, None, None, None, "发现日期", "整改时限(工作日)"]
    row = ["某局", "没有列入计划", "局长", "专项检查", "2026-01-28", 10]
    ledger = read(workbook(tmp_path / "1.xlsx", upper, lower, row), mapping_from({"defaults": {"duty": "art7-1a"}}))
    (found,) = taken(ledger)
    assert (found.unit, found.found_on, found.term) == ("某局", day("2026-01-28"), "10wd")


@pytest.mark.parametrize(
    "below", [["某局", "长" * 25, "局长", "专项检查"], ["某局", 5, "局长", "专项检查"]], ids=["a text", "a number"]
)
def test_the_first_row_of_content_is_no_heading(tmp_path: Path, below: list[Any]) -> None:
    upper = ["被检查单位", "问题描述", "责任领导", "检查方式"]
    ledger = read(workbook(tmp_path / "1.xlsx", upper, below), mapping_from({"defaults": GIVEN}))
    assert [row.row for row in ledger.rows] == [3]


def test_headings_in_three_rows_are_read_together(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["被检查单位", "问题描述", "责任领导", "检查方式", "整改情况", None])
    sheet.append([None, None, None, None, "时间", None])
    sheet.append([None, None, None, None, "发现日期", "整改时限(工作日)"])
    sheet.append(["某局", "没有列入计划", "局长", "专项检查", "2026-01-28", 10])
    for merged in ("A1:A3", "B1:B3", "C1:C3", "D1:D3", "E1:F1", "E2:F2"):
        sheet.merge_cells(merged)
    book.save(tmp_path / "1.xlsx")
    (found,) = taken(read(tmp_path / "1.xlsx", mapping_from({"defaults": {"duty": "art7-1a"}})))
    assert (found.unit, found.found_on, found.term) == ("某局", day("2026-01-28"), "10wd")


def test_headings_on_three_steps_are_read_together_though_nothing_is_merged(tmp_path: Path) -> None:
    steps: list[list[Any]] = [
        ["被检查单位", None, None, None, None, None],
        [None, "问题描述", "责任领导", "检查方式", None, None],
        [None, None, None, None, "发现日期", "整改时限(工作日)"],
        ["某局", "没有列入计划", "局长", "专项检查", "2026-01-28", 10],
    ]
    ledger = read(workbook(tmp_path / "1.xlsx", *steps), mapping_from({"defaults": {"duty": "art7-1a"}}))
    assert [(row.unit, row.term) for row in taken(ledger)] == [("某局", "10wd")]


def test_the_first_whole_headings_of_a_sheet_are_its_headings_though_fuller_ones_follow(tmp_path: Path) -> None:
    fewer = HEAD[:-1]
    ledger = read(workbook(tmp_path / "1.xlsx", fewer, changed({}, 2)[:-1], HEAD, GOOD))
    assert [row.term for row in taken(ledger)] == ["", "15wd"]


def test_two_columns_make_a_ledger_where_a_person_said_which_hold_unit_and_finding(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", ["哪家", "啥毛病"], ["某局", "没有列入计划"])
    said = {"columns": {"哪家": "unit", "啥毛病": "finding"}, "defaults": GIVEN}
    assert [(row.unit, row.finding) for row in taken(read(path, mapping_from(said)))] == [("某局", "没有列入计划")]
    for one in ({"哪家": "unit"}, {"啥毛病": "finding"}, {}):
        with pytest.raises(BadLedger):
            read_ledger(path, DUTIES, mapping_from({"columns": one, "defaults": GIVEN}))


def test_two_headings_that_happen_to_be_known_make_no_ledger(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", ["被检查单位", "问题描述"], ["某局", "没有列入计划"])
    with pytest.raises(BadLedger, match="没有找到台账表头"):
        read_ledger(path, DUTIES)
    whole = workbook(tmp_path / "2.xlsx", ["被检查单位", "问题描述", "检查方式"], ["某局", "没有列入计划", "专项"])
    assert len(read(whole, mapping_from({"defaults": GIVEN})).rows) == 1


def test_what_a_workbook_lacks_is_said_of_the_sheet_that_comes_nearest(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["被检查单位", "检查方式", "发现日期"])
    better = book.create_sheet("整改")
    better.append(["被检查单位", "检查方式", "发现日期", "整改时限"])
    book.save(tmp_path / "1.xlsx")
    with pytest.raises(BadLedger, match=r"“整改”.*缺少：问题描述"):
        read_ledger(tmp_path / "1.xlsx", DUTIES)


def test_the_same_headings_again_are_told_from_others_below(tmp_path: Path) -> None:
    fewer = HEAD[:-1]
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD, HEAD, changed({}, 2), fewer, changed({}, 3)[:-1])
    ledger = read(path)
    assert [row.term for row in taken(ledger)] == ["15wd", "15wd", ""]
    reason = ledger.sheets[0].reason.text()
    assert "重复的表头：第4行" in reason
    assert "表头：第2、6行" in reason
    assert len(ledger.columns) == len(HEAD) + len(fewer)


def test_rows_that_are_none_of_the_ledger_s_are_named_in_short(tmp_path: Path) -> None:
    sums = ["合计", "3项"]
    path = workbook(
        tmp_path / "1.xlsx", HEAD, GOOD, sums, changed({}, 2), sums, sums, sums, changed({}, 3), sums, sums, above=3
    )
    reason = read(path).sheets[0].reason.text()
    assert "读取3行" in reason
    assert "标题：第1—3行" in reason
    assert "合计：第6、8—10、12—13行" in reason


@pytest.mark.parametrize(("row", "is_refused"), [(1, True), (2, True), (3, False)])
def test_a_mark_of_secrecy_at_the_top_of_a_sheet_without_a_ledger_keeps_the_whole_file_out(
    tmp_path: Path, row: int, is_refused: bool
) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD)
    book = with_sheets(path, "说明")
    for n in (1, 2, 3):
        book["说明"].append(["机密★1年" if n == row else f"第{n}条说明"])
    book.save(path)
    if is_refused:
        with pytest.raises(BadLedger, match="说明"):
            read(path)
    else:
        assert len(taken(read(path))) == 1


def test_empty_sheets_and_those_that_were_left_out_count_no_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD)
    book = with_sheets(path, "空表", "另一")
    other = book["另一"]
    for row in (HEAD, changed({}, 5)):
        other.append(row)
    book.save(path)
    accounts = {sheet.name: sheet for sheet in read(path, mapping_from({"sheets": {"另一": False}})).sheets}
    assert [(accounts[name].rows, accounts[name].taken) for name in ("空表", "另一")] == [(0, 0), (2, 0)]
    assert "对应列" in accounts["另一"].reason.text()
    assert len(read(path).rows) == 2


# --- what a row says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), [("某局长", "副局长"), ("副局长", "某局长")])
def test_two_columns_that_say_different_things_are_asked_about_whichever_comes_first(
    tmp_path: Path, one: str, other: str
) -> None:
    path = workbook(tmp_path / "1.xlsx", [*HEAD, "主要负责人"], [*changed({"责任领导(职务)": one}), other])
    assert "写的不同" in asked(read(path))[3]
    agreed = workbook(tmp_path / "2.xlsx", [*HEAD, "主要负责人"], [*changed({"责任领导(职务)": one}), f" {one} "])
    assert [row.post for row in taken(read(agreed))] == [one]


def test_of_several_units_in_a_cell_those_that_help_are_named_and_of_one_alone_nothing_is_said(tmp_path: Path) -> None:
    rows = [changed({"被检查单位": "甲局、乙局、丙局"}, 2), changed({"被检查单位": "甲局"}, 3)]
    mapping = mapping_from({"defaults": {"several_units": "first"}})
    several, one = taken(read(workbook(tmp_path / "1.xlsx", HEAD, *rows), mapping))
    assert (several.unit, several.other_units) == ("甲局", ("乙局", "丙局"))
    assert any("其余（乙局、丙局）记为配合单位" in said.text() for said in several.remarks)
    assert (one.unit, one.other_units) == ("甲局", ())
    assert not [said for said in one.remarks if "配合单位" in said.text()]


def test_a_number_that_stands_twice_is_named_with_its_row_and_with_its_sheet_where_that_is_another(
    tmp_path: Path,
) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD, [*GOOD[:5], "又一个问题", *GOOD[6:]])
    book = with_sheets(path, "另一")
    for row in (HEAD, [*GOOD[:5], "第三个问题", *GOOD[6:]], ["测法督案〔2026〕8号", *GOOD[1:]]):
        book["另一"].append(row)
    book.save(path)
    said = ["".join(map(str, row.reasons)) for row in read(path).rows if isinstance(row, BadRow)]
    assert [reason.partition("第")[2].partition("行")[0] for reason in said] == ["3", "Sheet!3", "Sheet!3"]


@pytest.mark.parametrize(
    ("column", "note", "finding", "applies"),
    [
        ("是", "", "", True),
        ("否", "参照执行", "参照执行", False),
        ("待定", "参照执行", "", True),
        ("", "参照执行", "", True),
        ("", "", "（参照执行）", True),
        ("", "", "", False),
        ("待定", "", "", False),
    ],
)
def test_rules_apply_by_reference_where_the_column_says_so_or_else_the_words_of_the_row(
    tmp_path: Path, column: str, note: str, finding: str, applies: bool
) -> None:
    row = [*changed({"问题描述": f"没有列入计划{finding}"}), column, note]
    (found,) = taken(read(workbook(tmp_path / "1.xlsx", [*HEAD, "是否参照执行", "备注"], row)))
    assert found.by_reference is applies


def test_whether_a_finding_was_struck_off_is_said_in_many_words_and_all_others_stay_words(tmp_path: Path) -> None:
    over: list[Any] = ["是", "已销号", "已办结", "办结", "销号", "已完成", "完成", "√", "Y", "yes", 1, "已整改"]
    running: list[Any] = [
        "否",
        "未销号",
        "未办结",
        "未完成",
        "整改中",
        "×",
        "N",
        "no",
        0,
        "未整改",
        "正在整改",
        "推进中",
    ]
    words = [*over, *running, "待定", None]
    rows = [[*changed({}, n), word] for n, word in enumerate(words, 2)]
    found = taken(read(workbook(tmp_path / "1.xlsx", [*HEAD, "是否销号"], *rows)))
    assert [row.history.struck_off for row in found] == [True] * len(over) + [False] * len(running) + [None, None]
    assert [row.history.progress for row in found] == [""] * len(words[:-2]) + ["是否销号：待定", ""]


def test_of_a_last_day_and_a_length_the_last_day_counts_and_that_is_said(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "1.xlsx",
        [*HEAD, "整改到期日"],
        [*GOOD, "2026-03-20"],
        [*changed({"整改时限(工作日)": ""}), "2026-03-20"],
    )
    both, alone = taken(read(path))
    assert (both.term, alone.term) == ("2026-03-20", "2026-03-20")
    assert ["以到期日为准" in row.remarks[-1].text() for row in (both,)] == [True]
    assert not [said for said in alone.remarks if "以到期日为准" in said.text()]


def test_a_kind_of_rectification_in_the_place_of_a_term_is_said_and_a_term_is_not(tmp_path: Path) -> None:
    rows = [
        changed({"整改时限(工作日)": "立行立改"}, 2),
        changed({"整改时限(工作日)": 15}, 3),
        changed({"整改时限(工作日)": None}, 4),
    ]
    found = taken(read(workbook(tmp_path / "1.xlsx", HEAD, *rows)))
    assert ["是整改类型" in "".join(map(str, row.remarks)) for row in found] == [True, False, False]
    assert [row.rectification for row in found] == [RectificationKind.IMMEDIATE, None, None]


@pytest.mark.parametrize(("served", "is_asked"), [("2026-01-12", True), ("2026-01-13", False), ("2026-01-14", False)])
def test_an_order_before_its_finding_is_asked_about(tmp_path: Path, served: str, is_asked: bool) -> None:
    ledger = read(workbook(tmp_path / "1.xlsx", HEAD, changed({"整改通知送达日期": served})))
    assert ("早于发现日期" in asked(ledger).get(3, "")) is is_asked


@pytest.mark.parametrize(("due", "is_asked"), [("2026-02-05", True), ("2026-02-06", False)])
def test_a_term_that_ends_before_the_order_is_asked_about(tmp_path: Path, due: str, is_asked: bool) -> None:
    ledger = read(workbook(tmp_path / "1.xlsx", [*HEAD[:-1], "整改到期日"], [*GOOD[:-1], due]))
    assert ("早于2026-02-06" in asked(ledger).get(3, "")) is is_asked


def test_an_extension_may_be_written_as_a_day_of_the_workbook(tmp_path: Path) -> None:
    moment = datetime(2026, 4, 30)  # noqa: DTZ001  # a cell has no zone
    (row,) = taken(read(workbook(tmp_path / "1.xlsx", [*HEAD, "延期至"], [*GOOD, moment])))
    assert row.extended_to == date(2026, 4, 30)


@pytest.mark.parametrize(
    ("said", "struck_off", "kept"),
    [("是", True, ""), ("否", False, ""), ("", None, ""), ("部分完成", None, "是否销号：部分完成")],
)
def test_whether_a_row_was_struck_off_is_yes_no_or_kept_in_its_own_words(
    tmp_path: Path, said: str, struck_off: bool | None, kept: str
) -> None:
    (row,) = taken(read(workbook(tmp_path / "1.xlsx", [*HEAD, "是否销号"], [*GOOD, said])))
    assert (row.history.struck_off, row.history.progress) == (struck_off, kept)


def test_a_lower_row_may_point_to_the_post_and_the_inspection_above_and_the_first_to_nothing(tmp_path: Path) -> None:
    ditto = {"责任领导(职务)": "同上", "检查方式": "同上"}
    ledger = read(workbook(tmp_path / "1.xlsx", HEAD, changed(ditto, 2), GOOD, changed(ditto, 3)))
    assert list(asked(ledger)) == [3]
    first, second = taken(ledger)
    assert (second.post, second.inspection) == (first.post, first.inspection) == ("某局局长", "regular")


@pytest.mark.parametrize(
    ("said", "mark"),
    [("内部", "internal"), ("工作秘密", "work_secret"), *((word, "") for word in ("无密级", "非密", "不涉密"))],
)
def test_a_mark_is_one_of_ours_or_says_that_there_is_none(said: str, mark: str) -> None:
    assert mark_of(said, "A1") == mark
    with pytest.raises(Doubt):
        mark_of(f"{said}？", "A1")


@pytest.mark.parametrize("written", ["art7-4", "ART7-4", "第七条第四项", "第7条(4)"])
def test_a_duty_is_named_by_its_id_or_as_people_cite_it(written: str) -> None:
    assert duty_of(written, "A1", DUTIES) == "art7-4"
    with pytest.raises(Doubt):
        duty_of("art99-9", "A1", DUTIES)


def test_a_line_without_a_fact_is_no_problem_and_hides_none_below_it() -> None:
    items = items_in("没有列入计划｜列入\n｜没有事实的标准\n\n没有研究｜研究｜某局｜甲局、乙局｜10个工作日")
    assert [(item.fact, item.criterion, item.lead, item.co, item.term) for item in items] == [
        ("没有列入计划", "列入", "", (), ""),
        ("没有研究", "研究", "某局", ("甲局", "乙局"), "10wd"),
    ]


@pytest.mark.parametrize("year", [2026.0, "2026", True, 26, YEARS.start - 1, YEARS.stop])
def test_a_year_of_a_mapping_is_a_whole_plausible_number(year: object) -> None:
    with pytest.raises(BadLedger, match="year"):
        mapping_from({"defaults": {"year": year}})


def test_the_year_that_a_mapping_gives_is_written_down_with_it() -> None:
    assert mapping_from({"defaults": {"year": 2026}}).to_json()["defaults"]["year"] == 2026
