"""Workbooks of units and people for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl import Workbook

from accounts.people_workbook import PEOPLE, PEOPLE_COLUMNS, UNIT_COLUMNS, UNITS

if TYPE_CHECKING:
    from pathlib import Path

UNIT_HEADS = [column.heading for column in UNIT_COLUMNS]
PEOPLE_HEADS = [column.heading for column in PEOPLE_COLUMNS]
CITY = {"单位名称": "临溪市人民政府", "单位类别": "政府"}
BUREAU = {"单位名称": "临溪市水务局", "上级单位": "临溪市人民政府", "代码": "LX-SW", "别名": "市水务局、水务局"}
HEAD = {"单位": "临溪市水务局", "职务": "局长", "角色": "主要负责人", "姓名": "陈明", "用户名": "chenming"}


def people_workbook(path: Path, units: list[dict[str, Any]], people: list[dict[str, Any]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, heads, rows in ((UNITS, UNIT_HEADS, units), (PEOPLE, PEOPLE_HEADS, people)):
        sheet = book.create_sheet(name)
        sheet.append(["登记表"])
        sheet.append(heads)
        for row in rows:
            sheet.append([row.get(head) for head in heads])
    book.save(path)
    return path
