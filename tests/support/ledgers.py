"""Ledgers for tests: workbooks written row by row, and the duties that their rows name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook, load_workbook

from cases.ledger_mapping import NO_MAPPING, Mapping
from cases.ledger_row import BadRow, LedgerRow
from cases.ledger_workbook import Ledger, read_ledger

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "examples" / "ledger.xlsx"
FINDINGS = yaml.safe_load((ROOT / "tests" / "data" / "findings.yaml").read_text("utf-8"))["findings"]
FILES = ROOT / "tests" / "data" / "ledgers"
_CATALOGUE = yaml.safe_load((ROOT / "config" / "duties.yaml").read_text("utf-8"))["duties"]
DUTIES = frozenset({d["id"] for d in _CATALOGUE} | {c["id"] for d in _CATALOGUE for c in d.get("clauses", ())})
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
GOOD: list[Any] = [
    "测法督案〔2026〕1号",
    "定期检查",
    "2026年1月13日",
    "某局",
    "某局局长",
    "问题",
    "art7-1a",
    "2026.2.6",
    "15个工作日",
]


def workbook(path: Path, *rows: list[Any], above: int = 1) -> Path:
    """Write the rows to a workbook below `above` rows of titles; return its path."""
    book = Workbook()
    sheet = book.worksheets[0]
    for _ in range(above):
        sheet.append(["整改台账"])
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def with_sheets(path: Path, *names: str) -> Workbook:
    """Return the workbook with further sheets of these names, to be filled and saved."""
    book = load_workbook(path)
    for name in names:
        book.create_sheet(name)
    return book


def changed(values: dict[str, Any], n: int = 2) -> list[Any]:
    """Return the good row with other values in the columns of these headings, and another number."""
    row = [f"测法督案〔2026〕{n}号", *GOOD[1:]]
    row[HEAD.index("问题描述")] = f"另一个问题{n}"
    for heading, value in values.items():
        row[HEAD.index(heading)] = value
    return row


def read(path: Path, mapping: Mapping = NO_MAPPING) -> Ledger:
    """Read the ledger, and check that no filled cell of it is unaccounted for."""
    ledger = read_ledger(path, DUTIES, mapping)
    assert ledger.cells == ledger.cells_taken + sum(item.cells for item in ledger.left_out)
    assert sum(sheet.taken for sheet in ledger.sheets) == len(ledger.rows)
    return ledger


def taken(ledger: Ledger) -> list[LedgerRow]:
    """Return the rows that were understood."""
    return [row for row in ledger.rows if isinstance(row, LedgerRow)]


def asked(ledger: Ledger) -> dict[int, str]:
    """Return, by the number of the row, everything that the other rows are asked about."""
    return {row.row: "".join(map(str, row.reasons)) for row in ledger.rows if isinstance(row, BadRow)}
