"""The files that were made after real reports: what each is answered, and why that is right.

A file's line says how many rows go in, and for each other row the words that ask about it; or, for a file that is
refused whole, the words of the refusal. The kinds behind the files are tried again below with files made on the spot.
"""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from cases.ledger_fields import LedgerField
from cases.ledger_mapping import mapping_from
from states.errors import BadLedger
from tests.support.ledgers import FILES, GOOD, HEAD, asked, changed, read, taken, workbook

if TYPE_CHECKING:
    from pathlib import Path

NO_RESULT: Final = "没有计算结果的公式"
SAME: Final = "内容相同"
TABLE: Final[dict[str, tuple[int, dict[int, str], str]]] = {
    "01-base.xlsx": (2, {}, "the office's own form"),
    "02-formula-no-cache.xlsx": (
        0,
        dict.fromkeys(range(3, 8), NO_RESULT),
        "a formula that nobody worked out says nothing: neither number, day, term, unit, gravity nor note",
    ),
    "04-deadline-instead-of-term.xlsx": (
        17,
        {14: "不是整数", 15: "没有写明是工作日还是自然日", 22: "只写到月"},
        "days, spans and kinds of rectification have one meaning; half a day, 天 and a bare month have not",
    ),
    "05a-term-header.xlsx": (0, {3: "没有写明单位"}, "(天) does not say whether rest days count"),
    "05b-term-header.xlsx": (1, {}, "(日) counts days, as 民法典 and 督查条例 do"),
    "05c-term-header.xlsx": (0, {3: "可以是要求完成的时限"}, "完成时间 may be the last day or the day of completion"),
    "05e-term-header.xlsx": (1, {}, "(月) counts months"),
    "05f-term-header.xlsx": (0, {3: "没有写明单位"}, "要求完成时间 is a day; 30 is none"),
    "07-hidden-row.xlsx": (3, {}, "a hidden row is a row; that it is hidden is said"),
    "08-style-last-row.xlsx": (2, {}, "a format on the last row is no content"),
    "08b-style-30000-rows.xlsx": (2, {}, "30,000 formatted rows are no rows"),
    "09-merge-whole-sheet.xlsx": (2, {}, "an empty merged area says nothing, however large"),
    "09b-merge-20000.xlsx": (2, {}, "the same, 20,000 rows"),
    "09c-merge-title-row.xlsx": (2, {}, "a title across the whole sheet is a title"),
    "09d-merge-column.xlsx": (2, {}, "an empty merged column says nothing"),
    "11-text-dates.xlsx": (
        9,
        {
            7: "没有写年份",
            8: "只写到月",
            13: "年份不足四位",
            14: "一段时间",
            16: "不合常理",
            17: "只有时刻",
            18: "一段时间",
        },
        "a day in any writing is a day; a day without its year, a month, a span, a time of day are asked about",
    ),
    "11b-x000D.xlsx": (2, {}, "an escaped line end is a line end"),
    "12a-header-zero-width.xlsx": (1, {}, "an invisible character in a heading is not there"),
    "12b-header-star.xlsx": (1, {}, "a star marks a heading as needed"),
    "12c-header-twice.xlsx": (1, {}, "two columns of one heading that say the same are one"),
    "12d-two-unit-columns.xlsx": (0, {3: "写的不同"}, "two units: which one rectifies is a person's decision"),
    "13-units-posts.xlsx": (
        4,
        {3: "多个单位", 4: "多个单位", 6: "像是姓名", 10: "统称"},
        "a case has one unit and one post; blanks, invisible characters and （牵头） change neither",
    ),
    "14c-1k.xlsx": (1000, {}, "a thousand rows are a thousand rows"),
    "15-numbers.xlsx": (
        2,
        {**dict.fromkeys(range(4, 8), "重复"), **dict.fromkeys(range(8, 13), SAME)},
        "one number in five writings is one number; rows without a number that say the same are asked about",
    ),
    "17-two-row-header.xlsx": (1, {}, "headings in two rows are headings"),
    "18-merged-units.xlsx": (3, {}, "a cell merged downwards holds for each of its rows"),
    "19-header-repeated.xlsx": (2, {}, "headings that are printed again are no row"),
    "21-strike.xlsx": (1, {4: "删除线"}, "who struck a finding through may have meant it void"),
    "22-types.xlsx": (0, {3: "不是文字", 4: "不是文字", 5: "不是文字"}, "a number is no finding, TRUE is no unit"),
    "23-odd-dates.xlsx": (
        1,
        {3: "不合常理", 4: "不合常理", 5: "早于"},
        "1900, 9999 and an order before its finding are slips; 2030 is refused by the day of the import",
    ),
    "25-four-faults-one-row.xlsx": (0, {3: "职责目录"}, "all faults are told at once; 立行立改 is a kind, no fault"),
    "26a-no-numbers-first.xlsx": (2, {}, "a serial number is no case number"),
    "26b-no-numbers-again-with-full-stop.xlsx": (2, {}, "read alone it is a ledger; imported second it opens nothing"),
    "27b-note-changed.xlsx": (1, {}, "read alone it is a ledger; imported second it opens nothing"),
    "28-two-identical-rows.xlsx": (1, {4: SAME}, "one finding twice, or two findings?"),
    "30-xlsx-named.xls": (2, {}, "what a file is, its content says"),
    "30b-xlsx-named.et": (2, {}, "what a file is, its content says"),
    "31-gbk.csv": (0, {}, "headings in GBK, and no row below them"),
    "38-style-index.xlsx": (2, {}, "a format that is not there changes no value"),
    "39-shared-string-index.xlsx": (2, {}, "the office's own form"),
    "41-iso-date-cell.xlsx": (0, dict.fromkeys((3, 4), "带时区"), "16:00 in UTC is the next day here"),
    "42-150-no-numbers.xlsx": (150, {}, "rows without numbers are told apart by what they say"),
    "43-header-具体问题.xlsx": (1, {}, "a heading of the trade"),
    "43-header-发现问题时间.xlsx": (1, {}, "a heading of the trade"),
    "43-header-存在的问题.xlsx": (1, {}, "a heading of the trade"),
    "43-header-督察.xlsx": (1, {}, "督察 and 督查 are one"),
    "43-header-责任人.xlsx": (1, {}, "the only person of the row is the responsible one"),
    "43-header-责任单位2.xlsx": (1, {}, "a heading of the trade"),
    "45-ditto.xlsx": (2, {5: "同上"}, "同上 below a clear unit is that unit, and said; a finding is never 同上"),
    "n01-notices.xlsx": (5, {}, "the office's own form"),
    "r1-audit-ledger.xlsx": (0, dict.fromkeys((4, 5, 6), "对应列"), "no kind, day and duty: one mapping step is asked"),
    "r2-inspection-feedback-two-row-header.xlsx": (
        0,
        {**dict.fromkeys((*range(6, 11), *range(12, 17)), "对应列")},
        "headings in two rows, sections, a merged unit; no kind, day and duty: one mapping step is asked",
    ),
    "r4-three-lists-on-one-sheet.xlsx": (
        0,
        {**dict.fromkeys((*range(3, 8), *range(9, 14)), "对应列")},
        "three lists in one, headings printed twice; no kind, day and duty: one mapping step is asked",
    ),
    "r3-supervision-monthly-sheets.xlsx": (0, {3: "对应列"}, "the same, on three sheets"),
    "r5-own-header-officer-habits.xlsx": (
        3,
        {5: "多个单位", 6: "没有写年份"},
        "two sheets are ledgers, the summary is none; the rest is asked",
    ),
}
REFUSED: Final = {
    "20-secret-title.xlsx": ("A1格标有密级", "a mark of secrecy over the whole file"),
    "20c-secret-print-header.xlsx": ("页眉页脚标有密级", "the mark is printed on every page"),
    "32-html-named.xlsx": ("网页", "a web page is no workbook"),
    "33-encrypted.xlsx": ("加密", "nobody here has the password"),
    "34-zip-encrypted.xlsx": ("已加密", "nobody here has the password"),
    "35-zip-lzma-method.xlsx": ("压缩方式", "no office program packs so"),
    "37-truncated.xlsx": ("不完整", "half a file is not read as a whole one"),
}
BY_OTHERS: Final = "x*.xes*", "partial.json"


def test_the_table_speaks_of_every_file() -> None:
    others = {path.name for pattern in BY_OTHERS for path in FILES.glob(pattern)}
    assert {path.name for path in FILES.iterdir()} - others == set(TABLE) | set(REFUSED)


@pytest.mark.parametrize("name", TABLE)
def test_each_ledger_is_answered_as_the_table_says(name: str) -> None:
    rows, questions, _why = TABLE[name]
    ledger = read(FILES / name)
    found = asked(ledger)
    assert len(taken(ledger)) == rows
    assert set(found) == set(questions)
    for row, words in questions.items():
        assert words in found[row]
    for question in found.values():
        assert "Traceback" not in question
        assert "openpyxl" not in question


@pytest.mark.parametrize("name", REFUSED)
def test_each_refused_file_is_refused_in_its_own_name_with_the_way_out(name: str) -> None:
    words, _why = REFUSED[name]
    with pytest.raises(BadLedger, match=words) as refused:
        read(FILES / name)
    assert refused.value.sentence.text().startswith(name)
    assert any(way in refused.value.sentence.text() for way in ("另存为", "另行办理"))
    assert name in refused.value.sentence.text("en")


# --- the kinds behind the files, with files that nobody has seen ----------------------------------------------------

HEADINGS: Final = {
    LedgerField.UNIT: "被督察单位 被巡察单位 受检查单位 整改责任单位 责任部门 牵头单位 承办单位 单位名称 督查对象",
    LedgerField.FINDING: "存在问题 存在的主要问题 发现的问题 检查发现问题 反馈问题 问题表现 问题清单 督办事项",
    LedgerField.TERM: "整改时限(工作日) 整改期限（个工作日） 时限(工作日) 办理时限（工作日） 整改限期(工作日)",
    LedgerField.SERVED_ON: "送达时间 送达日期 通知书送达日期 签收时间 交办时间 整改通知送达时间",
    LedgerField.FOUND_ON: "发现时间 检查时间 督查日期 发现问题日期 问题发现时间 反馈时间",
    LedgerField.POST: "责任领导 责任领导(职务) 责任人(职务) 整改责任人 主要负责人 负责人 整改责任领导",
    LedgerField.DUTY: "对应条款 职责条款 条款 对应职责 涉及条款",
    LedgerField.INSPECTION: "检查类型 督查方式 督察方式 检查名称及方式 检查形式",
}
_PLACE: Final = {
    LedgerField.INSPECTION: 1,
    LedgerField.FOUND_ON: 2,
    LedgerField.UNIT: 3,
    LedgerField.POST: 4,
    LedgerField.FINDING: 5,
    LedgerField.DUTY: 6,
    LedgerField.SERVED_ON: 7,
    LedgerField.TERM: 8,
}
DRESSES: Final = ("{}", "*{}", "{}：", " {} ", "★{}", "{}\n", "※{}")


@given(
    choice=st.fixed_dictionaries({field: st.sampled_from(words.split()) for field, words in HEADINGS.items()}),
    dress=st.sampled_from(DRESSES),
    invisible=st.sampled_from(["", "\u200b", "\ufeff", "\xa0"]),
)
def test_headings_of_the_trade_are_recognised_however_they_are_dressed(
    tmp_path_factory: pytest.TempPathFactory, choice: dict[LedgerField, str], dress: str, invisible: str
) -> None:
    head = [*HEAD]
    for field, word in choice.items():
        head[_PLACE[field]] = dress.format(word[:1] + invisible + word[1:])
    path = workbook(tmp_path_factory.mktemp("heads") / "l.xlsx", head, GOOD)
    ledger = read(path)
    (row,) = taken(ledger)
    assert (row.unit, row.finding, row.term, row.served_on) == ("某局", "问题", "15wd", date(2026, 2, 6))
    assert all(column.field is not None for column in ledger.columns)


@given(words=st.lists(st.sampled_from(["领导批示", "片区", "网格", "得分", "批次"]), max_size=4, unique=True))
def test_columns_that_nobody_understands_are_listed_and_stop_nothing(
    tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    path = workbook(tmp_path_factory.mktemp("more") / "l.xlsx", [*HEAD, *words], [*GOOD, *("x" for _ in words)])
    ledger = read(path)
    assert [column.header for column in ledger.columns if column.field is None] == words
    assert len(taken(ledger)) == 1
    assert sum("没有看懂" in str(item.reason) for item in ledger.left_out) == len(words)


def test_a_column_without_a_heading_is_listed(tmp_path: Path) -> None:
    ledger = read(workbook(tmp_path / "l.xlsx", HEAD, [*GOOD, None, "√"]))
    assert [(column.column, column.header) for column in ledger.columns if column.field is None] == [("K", "")]


@pytest.mark.parametrize("down", [1, 2, 5])
@pytest.mark.parametrize("titles", [0, 1, 4])
def test_headings_in_two_rows_are_read_wherever_they_stand(tmp_path: Path, down: int, titles: int) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for _ in range(titles):
        sheet.append(["整改台账"])
    upper = ["编号", "检查方式", "发现日期", "责任", None, "问题描述", "对应条款", "整改", None]
    lower = [None, None, None, "单位", "领导", None, None, "送达日期", "时限(工作日)"]
    sheet.append(["问题编号", *upper[1:]])
    sheet.append(lower)
    for n in range(down):
        sheet.append(changed({}, n + 2))
    for place in (1, 2, 3, 6, 7):
        sheet.merge_cells(start_row=titles + 1, end_row=titles + 2, start_column=place, end_column=place)
    sheet.merge_cells(start_row=titles + 1, end_row=titles + 1, start_column=4, end_column=5)
    sheet.merge_cells(start_row=titles + 1, end_row=titles + 1, start_column=8, end_column=9)
    path = tmp_path / "l.xlsx"
    book.save(path)
    ledger = read(path)
    assert [row.unit for row in taken(ledger)] == ["某局"] * down
    assert {row.term for row in taken(ledger)} == {"15wd"}


@pytest.mark.parametrize(
    "row",
    [
        ["合计", "3项"],
        ["小　计", None, None, "4项"],
        ["总计：", 3],
        ["填报人：甲", None, None, "审核人：乙"],
        ["注：本表一式两份"],
        ["一、县级部门"],
        [7],
        ["※ 联系电话见附件"],
    ],
)
def test_sums_notes_sections_and_serial_numbers_are_no_failures(tmp_path: Path, row: list[Any]) -> None:
    ledger = read(workbook(tmp_path / "l.xlsx", HEAD, GOOD, row, changed({}, 3)))
    assert len(taken(ledger)) == 2
    assert not asked(ledger)


def test_a_second_table_below_the_first_is_read_by_its_own_headings(tmp_path: Path) -> None:
    turned = [HEAD[5], HEAD[3], *HEAD[1:3], HEAD[4], *HEAD[6:]]
    row = changed({}, 3)
    below = [row[5], row[3], *row[1:3], row[4], *row[6:]]
    ledger = read(workbook(tmp_path / "l.xlsx", HEAD, GOOD, turned, below))
    assert [(row.unit, row.finding) for row in taken(ledger)] == [("某局", "问题"), ("某局", "另一个问题3")]


@pytest.mark.parametrize("mark", ["机密★5年", "秘密★", "绝密☆长期", "机密 ★ 10年", "秘密"])
@pytest.mark.parametrize("place", ["title", "header", "footer", "sheet", "row", "comment"])
def test_a_mark_of_secrecy_keeps_the_file_or_the_row_out(tmp_path: Path, mark: str, place: str) -> None:
    path = workbook(tmp_path / "l.xlsx", HEAD, GOOD, changed({"问题描述": mark} if place == "row" else {}, 3))
    book = load_workbook(path)
    sheet = book.worksheets[0]
    if place == "title":
        sheet["A1"] = mark
    elif place == "header":
        header = sheet.oddHeader
        assert header is not None
        header.center.text = mark
    elif place == "footer":
        footer = sheet.evenFooter
        assert footer is not None
        footer.left.text = mark
    elif place == "sheet":
        sheet.title = mark
    else:
        book.save(path)
        if place == "row":
            assert len(taken(read(path))) == 1
            assert "国家秘密" in asked(read(path))[4]
        return
    book.save(path)
    with pytest.raises(BadLedger, match="国家秘密"):
        read(path)


def test_work_secrets_and_trade_secrets_are_no_state_secrets(tmp_path: Path) -> None:
    rows = [
        changed({"问题描述": text}, n)
        for n, text in enumerate(["未保护商业秘密", "工作秘密★管理不严", "泄露秘密事项"], 2)
    ]
    assert len(taken(read(workbook(tmp_path / "l.xlsx", HEAD, *rows)))) == 3


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001  # as the library wants it
    sheet = book.worksheets[0]
    sheet.append(HEAD)
    dated = changed({"发现日期": datetime(2026, 1, 13)}, 2)  # noqa: DTZ001  # a cell has no zone
    bare = changed({"发现日期": (date(2026, 1, 13) - date(1904, 1, 1)).days}, 3)
    sheet.append(dated)
    sheet.append(bare)
    book.save(tmp_path / "l.xlsx")
    with zipfile.ZipFile(tmp_path / "l.xlsx") as archive:
        assert b'date1904="1"' in archive.read("xl/workbook.xml")
    assert {row.found_on for row in taken(read(tmp_path / "l.xlsx"))} == {date(2026, 1, 13)}


@pytest.mark.parametrize("column", range(len(HEAD)))
def test_an_error_value_is_never_a_value(tmp_path: Path, column: int) -> None:
    row = changed({}, 3)
    row[column] = "#N/A"
    path = workbook(tmp_path / "l.xlsx", HEAD, row)
    book = load_workbook(path)
    book.worksheets[0].cell(3, column + 1).data_type = "e"
    book.save(path)
    assert f"{get_column_letter(column + 1)}3 显示“#N/A”" in asked(read(path))[3]


def test_a_struck_finding_is_asked_about_and_a_struck_remark_is_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "l.xlsx", HEAD, GOOD, changed({}, 3))
    book = load_workbook(path)
    book.worksheets[0]["F3"].font = Font(strike=True)
    book.worksheets[0]["E4"].font = Font(strike=True)
    book.save(path)
    ledger = read(path)
    assert "F3 带删除线" in asked(ledger)[3]
    (row,) = taken(ledger)
    assert "E4 带删除线" in str(row.remarks[0])


def test_hidden_sheets_rows_and_columns_are_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "l.xlsx", HEAD, GOOD)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["G"].hidden = True
    other = book.copy_worksheet(sheet)
    other.sheet_state = "hidden"
    book.save(path)
    ledger = read(path)
    assert "隐藏" in str(taken(ledger)[0].remarks[0])
    assert "隐藏的列也已读取：G" in str(ledger.sheets[0].reason)
    assert (ledger.sheets[1].taken, "隐藏的工作表" in str(ledger.sheets[1].reason)) == (0, True)
    shown = read(path, mapping_from({"sheets": {other.title: True}}))
    assert len(shown.rows) == 2


# --- the mapping ----------------------------------------------------------------------------------------------------


def test_a_mapping_answers_what_was_asked() -> None:
    assert len(taken(read(FILES / "05a-term-header.xlsx", mapping_from({"units": {"整改时限(天)": "d"}})))) == 1
    assert (
        taken(read(FILES / "05c-term-header.xlsx", mapping_from({"columns": {"完成时间": "completed_on"}})))[0].term
        == ""
    )
    chosen = read(FILES / "12d-two-unit-columns.xlsx", mapping_from({"columns": {"被检查单位": "ignore"}}))
    assert taken(chosen)[0].unit == "白石区人民政府"
    days = mapping_from({"days": "wd", "defaults": {"year": 2026}})
    assert 15 not in asked(read(FILES / "04-deadline-instead-of-term.xlsx", days))
    assert 7 not in asked(read(FILES / "11-text-dates.xlsx", days))
    left = read(FILES / "r5-own-header-officer-habits.xlsx", mapping_from({"sheets": {"明细": False}}))
    assert [row.sheet for row in left.rows] == ["明细（二）"]


def test_a_mapping_is_written_as_it_is_read_and_kept_under_the_layout(tmp_path: Path) -> None:
    content = {
        "columns": {"责任人": "post"},
        "sheets": {"汇总": False},
        "units": {"整改时限": "wd"},
        "days": "d",
        "defaults": {"inspection": "special", "found_on": "2026-01-15", "duty": "art6-5", "several_units": "first"},
    }
    assert mapping_from(content).to_json() == content
    first = read(workbook(tmp_path / "1.xlsx", HEAD, GOOD))
    other_rows = read(workbook(tmp_path / "2.xlsx", HEAD, changed({}), above=3))
    other_head = read(workbook(tmp_path / "3.xlsx", [*HEAD, "备注"], [*GOOD, "x"]))
    assert first.sheets[0].layout == other_rows.sheets[0].layout != other_head.sheets[0].layout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "JSON 对象"),
        ({"colums": {}}, "colums"),
        ({"columns": {"单位": "units"}}, "单位"),
        ({"columns": []}, "columns"),
        ({"sheets": {"a": 1}}, "a"),
        ({"units": {"整改时限": "days"}}, "整改时限"),
        ({"days": "天"}, "days"),
        ({"defaults": {"year": True}}, "year"),
        ({"defaults": {"found_on": "3月"}}, "found_on"),
        ({"defaults": {"duty": 7}}, "duty"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_by_its_key(content: Any, words: str) -> None:
    with pytest.raises(BadLedger, match=words):
        mapping_from(content)
