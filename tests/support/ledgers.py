"""Ledgers to import: the office's own, and small ones that a test writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "examples" / "ledger.xlsx"
FINDINGS = yaml.safe_load((ROOT / "tests" / "data" / "findings.yaml").read_text("utf-8"))["findings"]
DUTIES = frozenset({f["duty_id"] for f in FINDINGS})
HEAD = [
    "问题编号",
    "检查方式",
    "发现日期",
    "被检查单位",
    "责任领导(职务)",
    "问题描述",
    "对应职责条款",
    "整改通知送达日期",
    "整改时限(工作日)",
]
GOOD: list[Any] = ["1号", "定期检查", "2026年1月13日", "某局", "某局局长", "问题", "art7-1a", "2026.2.6", "15个工作日"]


def workbook(path: Path, *rows: list[Any], above: int = 1) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    for _ in range(above):
        sheet.append(["整改台账"])
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path
