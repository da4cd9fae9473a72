"""Layouts of ledgers as no office of ours writes them, for tests of what a person says of them once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl import Workbook

from tests.support.ledgers import GOOD, HEAD, workbook

if TYPE_CHECKING:
    from pathlib import Path


FAULTS = (
    "年度法治建设报告没有公开",
    "行政复议决定逾期才履行",
    "规范性文件没有报送备案",
    "执法人员无证上岗",
    "重大决策未作合法性审查",
    "罚没收入与经费挂钩",
    "普法责任清单没有落实",
    "法律顾问从不参加会议",
    "行政处罚案卷缺少送达回证",
    "营商环境投诉无人答复",
)


def in_plain_words(path: Path, month: int = 3, rows: int = 10) -> Path:
    """Write a ledger whose headings nobody knows, below a title, with a column of ticks that has no heading."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["法治政府建设“找茬”一览"])
    sheet.append(["哪家的事", "毛病在哪儿", "谁来扛", "啥时候查的", "几天改好（天）", "书记批语", None])
    for n in range(1, rows + 1):
        sheet.append(
            [f"某某县第{n}局", FAULTS[(n + month) % len(FAULTS)], "局长", f"2026年{month}月{n}日", 30, "抓紧", "√"]
        )
    book.save(path)
    return path


def in_two_rows(path: Path, quarter: int = 1, rows: int = 10) -> Path:
    """Write a ledger with headings in two rows, merged, one of them twice, and a summary that is none."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = f"{quarter}季度"
    top = ["序号", "反馈对象", "症结", "主体", None, "节点", None, "成效", None]
    low = [None, None, None, "牵头", "配角", "交办", "了结", "自评", "复评"]
    sheet.append(top)
    sheet.append(low)
    for area in ("A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:G1", "H1:I1"):
        sheet.merge_cells(area)
    for n in range(1, rows + 1):
        days = (f"2026-0{quarter}-1{n % 9}", f"2026年{quarter + 5}月底前")
        sheet.append(
            [n, f"某某市第{n}中心", FAULTS[(n + quarter) % len(FAULTS)], "主任", "某某市办", *days, "好", "较好"]
        )
    sheet.append(["合计", None, rows])
    other = book.create_sheet("汇总")
    other.append(["项目", "数量"])
    other.append(["症结", rows])
    book.save(path)
    return path


def wide(path: Path, columns: int) -> Path:
    """Write a ledger with so many columns that nobody knows."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["单位", "问题描述", *(f"说法{n}号" for n in range(columns - 2))])
    sheet.append(["某局", "没有落实", *("x" for _ in range(columns - 2))])
    book.save(path)
    return path


def with_heading(path: Path, heading: str, **changed: Any) -> Path:  # whatever a cell holds
    """Write the office's own form with one more column of this heading."""
    return workbook(path, [*HEAD, heading], [*GOOD, changed.get("value", "x")])
