from __future__ import annotations

from datetime import date, datetime
from random import Random
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from cases.ledger_export import write_ledger
from cases.ledger_import import import_ledger
from cases.ledger_mapping import mapping_from
from cases.ledger_row import BadRow, LedgerRow
from states.errors import BadLedger
from states.terms import Term
from states.vocabulary import Act
from store import cases, personal_data
from tests.support.ledgers import (
    DUTIES,
    FILES,
    FINDINGS,
    GOOD,
    HEAD,
    LEDGER,
    asked,
    changed,
    read,
    taken,
    workbook,
)
from tests.support.offices import Bench

if TYPE_CHECKING:
    from pathlib import Path

    from cases.ledger_import import ImportReport
    from tests.support.databases import Databases

NOW = datetime.fromisoformat("2026-11-28T10:00+08:00")


def imported(bench: Bench, path: Path, **how: Any) -> ImportReport:
    return import_ledger(bench.desk, path, DUTIES, NOW, user="u", **how)


def outcomes(report: ImportReport) -> list[str]:
    return [row.outcome for row in report.rows]


# --- reading --------------------------------------------------------------------------------------------------------


def test_the_office_s_own_ledger_reads_as_the_fifteen_findings() -> None:
    rows = taken(read(LEDGER))
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


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("检查方式", "检查", "B4"),
        ("检查方式", "专项督查暗访", "B4"),
        ("发现日期", "2026年2月30日", "C4"),
        ("被检查单位", "", "D4"),
        ("问题描述", "机密★ 内容", "国家秘密"),
        ("对应职责条款", "art99", "职责目录"),
        ("整改时限(工作日)", "尽快", "I4"),
        ("整改通知送达日期", "2026-01-12", "早于"),
        ("问题编号", GOOD[0], "重复"),
    ],
)
def test_a_bad_row_names_its_cell_and_stops_no_other(tmp_path: Path, column: str, value: str, words: str) -> None:
    rows = [HEAD, GOOD, changed({column: value}), changed({}, 3)]
    found = read(workbook(tmp_path / "l.xlsx", *rows)).rows
    assert [type(row) for row in found] == [LedgerRow, BadRow, LedgerRow]
    assert isinstance(found[1], BadRow)
    assert words in found[1].reason.text()
    assert found[1].reason.text("en")


def test_all_faults_of_a_row_are_told_at_once_by_cell() -> None:
    assert asked(read(FILES / "25-four-faults-one-row.xlsx")) == {
        3: "C3 日期“3月4日”没有写年份，请写成“2026年3月5日”的形式。D3 “被检查单位”为空，请补填。"
        "G3 职责条款“x”不在职责目录中，请核对；应写成“第七条第四项”或目录中的编号。"
    }


def test_dates_terms_and_footers_are_read_as_offices_write_them(tmp_path: Path) -> None:
    serial = changed({"检查方式": "专项督查", "发现日期": 46066, "整改时限(工作日)": "1个月"})
    serial[HEAD.index("整改通知送达日期")] = datetime(2026, 2, 16)  # noqa: DTZ001  # a cell has no zone
    footer = ["填报人：", None, None, None, None, None, None, None, None]
    (row,) = read(workbook(tmp_path / "l.xlsx", HEAD, serial, [None] * 9, footer, above=3)).rows
    assert isinstance(row, LedgerRow)
    assert (row.found_on, row.served_on, row.term) == (date(2026, 2, 13), date(2026, 2, 16), "1m")


@pytest.mark.parametrize("head", [["a", "b", "c"], HEAD[:4]])
def test_a_workbook_without_a_ledger_is_refused_with_what_it_lacks(tmp_path: Path, head: list[str]) -> None:
    with pytest.raises(BadLedger, match="表头"):
        read(workbook(tmp_path / "l.xlsx", head, GOOD))


@pytest.mark.parametrize("word", ["—", "-", "/", "无", "——", "／", "N/A", "暂无"])
def test_what_says_nothing_is_no_value(tmp_path: Path, word: str) -> None:
    path = workbook(
        tmp_path / "l.xlsx",
        HEAD,
        changed({"整改通知送达日期": word, "问题编号": word}),
        changed({"被检查单位": word}, 3),
    )
    found = read(path)
    (row,) = taken(found)
    assert (row.number, row.served_on) == (None, None)
    assert "为空" in asked(found)[4]


@pytest.mark.parametrize("word", ["同上", "〃", "同前", "″"])
def test_ditto_is_resolved_for_a_unit_right_below_and_asked_about_elsewhere(tmp_path: Path, word: str) -> None:
    like = changed({"被检查单位": word})
    after_a_fault = changed({"被检查单位": word}, 4)
    rows = [HEAD, GOOD, like, changed({"发现日期": word}, 3), after_a_fault, changed({"问题描述": word}, 5)]
    found = read(workbook(tmp_path / "l.xlsx", *rows))
    assert [row.unit for row in taken(found)] == ["某局", "某局"]
    assert "读作“某局”" in str(taken(found)[1].remarks[0])
    assert set(asked(found)) == {5, 6, 7}


def test_the_history_of_a_row_is_kept_as_values_and_in_the_note(tmp_path: Path, bench: Bench) -> None:
    head = [*HEAD, "整改情况", "完成日期", "是否销号", "配合单位"]
    row = [*GOOD, "已补列", "2026年2月20日", "是", "某中心"]
    path = workbook(tmp_path / "l.xlsx", head, row)
    (understood,) = taken(read(path))
    history = understood.history
    assert (history.progress, history.completed_on, history.struck_off) == ("已补列", date(2026, 2, 20), True)
    assert understood.other_units == ("某中心",)
    imported(bench, path, served=True)
    (_opened, *_) = bench.history(1)
    assert "整改情况：已补列" in _opened.event.data["note"]


_VALUES = st.one_of(
    st.none(), st.text(max_size=20), st.integers(-(10**9), 10**9), st.floats(allow_nan=False), st.booleans()
)


@given(rows=st.lists(st.lists(_VALUES, min_size=9, max_size=9), max_size=4))
def test_whatever_stands_in_the_cells_is_a_row_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    printable = [
        [c if not isinstance(c, str) else "".join(x for x in c if x.isprintable()) for c in row] for row in rows
    ]
    path = workbook(tmp_path_factory.mktemp("junk") / "l.xlsx", HEAD, *printable)
    for row in read(path).rows:
        assert isinstance(row, (LedgerRow, BadRow))


# --- importing ------------------------------------------------------------------------------------------------------


def test_importing_the_ledger_twice_opens_nothing_twice_and_a_dry_run_nothing_at_all(bench: Bench) -> None:
    tried = imported(bench, LEDGER, served=True, dry_run=True)
    first = imported(bench, LEDGER, served=True)
    second = imported(bench, LEDGER, served=True)
    assert [set(outcomes(report)) for report in (tried, first, second)] == [{"opened"}, {"opened"}, {"skipped"}]
    assert bench.case(7).number == "临法治督案〔2026〕7号"
    assert bench.due(7) == "03-05"
    assert bench.case(bench.open("11-01")).number == "临法治督案〔2026〕16号"


def test_the_preview_says_what_runs_and_what_is_over_already(bench: Bench) -> None:
    """Two rows of the first charge departments with the government's article 6(2); they are not taken."""
    report = imported(bench, FILES / "n01-notices.xlsx", served=True, dry_run=True)
    assert report.will == {"late_entry": 0, "running": 3}
    wrong = [row.reason.text() for row in report.rows if row.outcome == "failed"]
    assert [(text[:2], "第六条第二项是政府主要负责人的职责" in text) for text in wrong] == [("G6", True), ("G7", True)]
    assert imported(bench, FILES / "01-base.xlsx", served=True, dry_run=True).will == {"late_entry": 2, "running": 0}
    assert imported(bench, FILES / "01-base.xlsx", dry_run=True).will == {"late_entry": 0, "running": 2}


@pytest.mark.parametrize(("today", "late"), [("2026-03-30", 0), ("2026-03-31", 2)])
def test_a_term_is_over_the_day_after_its_last(bench: Bench, today: str, late: int) -> None:
    """Served on 9 March with 15 working days: 30 March is the last day."""
    now = datetime.fromisoformat(f"{today}T10:00+08:00")
    report = import_ledger(bench.desk, FILES / "01-base.xlsx", DUTIES, now, user="u", served=True, dry_run=True)
    assert {row.due_on for row in report.rows} == {date(2026, 3, 30)}
    assert report.will["late_entry"] == late


def test_a_full_stop_or_a_remark_opens_nothing_and_updates_nothing(bench: Bench) -> None:
    assert outcomes(imported(bench, FILES / "26a-no-numbers-first.xlsx")) == ["opened", "opened"]
    again = imported(bench, FILES / "26b-no-numbers-again-with-full-stop.xlsx")
    assert outcomes(again) == ["skipped", "skipped"]
    assert {row.number for row in again.rows} == {bench.case(1).number, bench.case(2).number}
    assert outcomes(imported(bench, FILES / "01-base.xlsx")) == ["opened", "opened"]
    assert outcomes(imported(bench, FILES / "27b-note-changed.xlsx")) == ["skipped"]


@pytest.mark.parametrize("writing", ["问题　描述１。", "问题描述1", "问\u200b题描述１！", " 问题 描述1 "])
def test_forms_of_characters_blanks_and_signs_make_no_new_finding(bench: Bench, tmp_path: Path, writing: str) -> None:
    first = changed({"问题描述": "问题描述1。", "问题编号": None})
    again = changed({"问题描述": writing, "问题编号": None, "整改时限(工作日)": "20个工作日"})
    imported(bench, workbook(tmp_path / "1.xlsx", HEAD, first))
    report = imported(bench, workbook(tmp_path / "2.xlsx", HEAD, again))
    assert outcomes(report) == ["skipped"]
    assert "整改时限没有更新" in report.rows[0].reason.text()


def test_the_same_number_with_another_finding_is_asked_about(bench: Bench, tmp_path: Path) -> None:
    imported(bench, workbook(tmp_path / "1.xlsx", HEAD, GOOD))
    other = [GOOD[0], *changed({}, 7)[1:]]
    report = imported(bench, workbook(tmp_path / "2.xlsx", HEAD, other))
    assert outcomes(report) == ["failed"]
    assert "已用于另一个问题" in report.rows[0].reason.text()


def test_the_same_finding_under_another_number_is_asked_about(bench: Bench, tmp_path: Path) -> None:
    imported(bench, workbook(tmp_path / "1.xlsx", HEAD, GOOD))
    report = imported(bench, workbook(tmp_path / "2.xlsx", HEAD, ["测法督案〔2026〕9号", *GOOD[1:]]))
    assert outcomes(report) == ["failed"]
    assert GOOD[0] in report.rows[0].reason.text()


def test_an_order_of_tomorrow_is_asked_about(bench: Bench, tmp_path: Path) -> None:
    today, tomorrow = changed({"整改通知送达日期": "2026-11-28"}), changed({"整改通知送达日期": "2026-11-29"}, 3)
    report = imported(bench, workbook(tmp_path / "1.xlsx", HEAD, today, tomorrow), dry_run=True)
    assert outcomes(report) == ["opened", "failed"]


def test_what_resembles_a_case_of_the_unit_is_shown_with_its_likeness(bench: Bench, tmp_path: Path) -> None:
    known = bench.open("01-28", unit="某局", finding="2026年度工作计划未列入法治建设内容，也没有专题研究")
    alike = changed({"问题描述": "2026年度工作计划没有列入法治建设内容，未专题研究"})
    elsewhere = changed({"问题描述": "2026年度工作计划没有列入法治建设内容，未专题研究", "被检查单位": "他局"}, 3)
    report = imported(bench, workbook(tmp_path / "1.xlsx", HEAD, alike, elsewhere, changed({}, 4)), dry_run=True)
    assert outcomes(report) == ["opened"] * 3
    assert [[one.number for one in row.resembling] for row in report.rows] == [[bench.case(known).number], [], []]
    assert 0.5 < report.rows[0].resembling[0].likeness < 1


def test_two_imports_of_one_ledger_at_once_open_each_row_once(bench: Bench) -> None:
    """Without numbers, so that only what the rows say tells them apart; nobody gets a traceback."""
    reports: list[ImportReport] = []
    path = FILES / "42-150-no-numbers.xlsx"
    workers = [Thread(target=lambda: reports.append(imported(bench, path))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    both = [outcome for report in reports for outcome in outcomes(report)]
    assert sorted(set(both)) == ["opened", "skipped"]
    assert both.count("opened") == both.count("skipped") == 150


# --- layouts of real offices ----------------------------------------------------------------------------------------

ONE_STEP: dict[str, dict[str, Any]] = {
    "r1-audit-ledger.xlsx": {
        "columns": {"责任人": "post", "整改责任领导": "leader"},
        "defaults": {
            "inspection": "special",
            "found_on": "2026-01-15",
            "duty": "art6-5",
            "post": "主要负责人",
            "several_units": "first",
        },
    },
    "r2-inspection-feedback-two-row-header.xlsx": {
        "defaults": {"inspection": "special", "found_on": "2026-03-20", "duty": "art6-1", "year": 2026}
    },
    "r3-supervision-monthly-sheets.xlsx": {
        "defaults": {"inspection": "regular", "found_on": "served_on", "duty": "art6-4", "post": "主要负责人"}
    },
    "r4-three-lists-on-one-sheet.xlsx": {
        "columns": {"整改责任部门": "ignore"},
        "defaults": {"inspection": "regular", "found_on": "served_on", "duty": "art7-4"},
    },
    "r5-own-header-officer-habits.xlsx": {"defaults": {"year": 2026, "several_units": "first"}},
}


@pytest.mark.parametrize("name", ONE_STEP)
def test_nine_rows_in_ten_of_a_real_layout_go_in_after_one_mapping_step(name: str, bench: Bench) -> None:
    report = imported(bench, FILES / name, served=True, mapping=mapping_from(ONE_STEP[name]))
    assert report.count("opened") >= 0.9 * len(report.rows), [row.reason.text() for row in report.rows]
    assert not [column for column in report.ledger.columns if column.field is None]


# --- there and back -------------------------------------------------------------------------------------------------


def _told(bench: Bench, number: str) -> tuple[Any, ...]:
    """Return what a ledger can tell of a case."""
    with bench.office.database.reading() as session:
        case = personal_data.shown(session, cases.get(session, cases.find(session, number)).case)
    line = case.deadline("rectification")
    what = (case.unit, case.post, case.duty, case.inspection, case.finding, case.severity, case.criteria)
    dates = (case.opened_on, line and line.due_on)
    return (*what, *dates, case.items, case.by_reference, case.confidentiality, case.state)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_exported_and_imported_into_an_empty_home_is_equal(
    databases: Databases, tmp_path: Path, seed: int
) -> None:
    dice = Random(seed)
    terms = ["", "15wd", "30d", "1m", "3m", "2026-12-31", "<2026-12-01", "2026-11-01"]
    items = [
        [],
        [{"fact": "1.没有列入计划", "criterion": "列入计划", "lead": "某局", "co": ["甲局", "乙局"], "term": "10wd"}],
        [
            {"fact": "没有研究", "criterion": "有纪要"},
            {"fact": "（二）没有公开", "criterion": "公开", "term": "2026-11-30"},
            {"fact": "没有培训", "criterion": "培训，两次", "co": ["丙局"]},
        ],
    ]
    texts = ["=1+1", "问题描述，有“引号”", "两行\n的问题", "参照执行的问题", "-"]
    with (
        Bench(databases.fresh("sqlite"), tmp_path / "old") as old,
        Bench(databases.fresh("sqlite"), tmp_path / "new") as new,
    ):
        numbers = []
        for n in range(12):
            fields = {
                "finding": f"{dice.choice(texts)}{n}",
                "term": dice.choice(terms),
                "severity": dice.choice(["一般", "较重", ""]),
                "criteria": dice.choice(["完成整改", ""]),
                "inspection": dice.choice(["regular", "special", "unannounced"]),
                "by_reference": dice.random() < 0.3,
                "note": dice.choice(["", "备注一", "参照执行"]),
                "confidentiality": dice.choice(["public", "internal", "work_secret"]),
            }
            kept = {key: value for key, value in fields.items() if value != ""} | {"items": dice.choice(items)}
            case_id = old.open("03-04", unit=dice.choice(["临溪市文化和旅游局", "青禾县人民政府"]), **kept)
            if dice.random() < 0.7:
                order = dice.choice(["15wd", "20wd", "2026-11-30"])
                old.act(case_id, Act.SERVE_ORDER, "03-09", authorization_note="经同意", term=order)
                if dice.random() < 0.5:
                    term = dice.choice(["5wd", "10wd"])
                    old.act(case_id, Act.REQUEST_EXTENSION, "03-10", reason="征求意见", term=term)
                    if dice.random() < 0.7:
                        old.act(case_id, Act.APPROVE_EXTENSION, "03-11")
            numbers.append(old.case(case_id).number)
        path = tmp_path / "ledger.xlsx"
        write_ledger(old.office.database, path, "", "zh-CN")
        report = imported(new, path, served=True)
        assert outcomes(report) == ["opened"] * 12, [str(row.reason) for row in report.rows]
        for number in numbers:
            assert _told(new, number) == _told(old, number)
        assert outcomes(imported(old, path, served=True)) == ["skipped"] * 12


def test_the_names_of_sheets_stand_before_cells_where_there_are_several(tmp_path: Path) -> None:
    path = workbook(tmp_path / "l.xlsx", HEAD, changed({"被检查单位": ""}))
    book = load_workbook(path)
    book.worksheets[0].title = "一季度"
    copied = book.copy_worksheet(book.worksheets[0])
    copied.title = "二季度"
    book.save(path)
    assert sorted(str(row.reason)[:6] for row in read(path).rows if isinstance(row, BadRow)) == [
        "一季度!D3",
        "二季度!D3",
    ]
