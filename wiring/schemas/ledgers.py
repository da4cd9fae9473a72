"""The JSON of a ledger's import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from cases.ledger_import import ImportReport, RowOutcome
    from cases.ledger_layouts import Remembered


class ResemblingDocument(TypedDict):
    """A case that a row of a ledger resembles; the likeness is from 0 to 1."""

    number: str
    likeness: float
    open: bool


class LedgerRowDocument(TypedDict):
    """What became of a row of a ledger, with every reason and remark."""

    sheet: str
    row: int
    cell: str
    outcome: str
    number: str | None
    reason: str
    reasons: list[str]
    due_on: str | None
    resembles: list[ResemblingDocument]


class LedgerSheetDocument(TypedDict):
    """What became of a sheet; `layout` is the hash of its headings, by which a mapping can be kept."""

    name: str
    rows: int
    taken: int
    reason: str
    layout: str


class LedgerColumnDocument(TypedDict):
    """What a column was taken for; `field` is null for one that is not understood, `asks` what is to be decided."""

    sheet: str
    column: str
    header: str
    field: str | None
    asks: str | None


class LeftOutDocument(TypedDict):
    """Cells of which nothing was taken, and why."""

    cell: str
    text: str
    reason: str
    cells: int


class LedgerUnitDocument(TypedDict):
    """A unit that the office did not know: `new` (it comes in), or `unknown` (a person has to say first)."""

    name: str
    outcome: str
    near: list[str]
    rows: int


class LedgerMappingDocument(TypedDict):
    """A mapping that is kept for a layout; `mapping` is what `--map` reads."""

    id: int
    name: str
    layout: str
    kept_by: str
    kept_at: str
    mapping: dict[str, Any]


class LedgerImportDocument(TypedDict):
    """What an import did, or would do: the account of the file, and of each row."""

    opened: int
    skipped: int
    failed: int
    sheets: list[LedgerSheetDocument]
    columns: list[LedgerColumnDocument]
    cells: dict[str, int]
    left_out: list[LeftOutDocument]
    rows: list[LedgerRowDocument]
    units: list[LedgerUnitDocument]
    will: dict[str, int]
    remembered: LedgerMappingDocument | None


def ledger_row_json(row: RowOutcome, lang: str) -> LedgerRowDocument:
    """Return what became of a ledger row as programs read it."""
    return {
        "sheet": row.sheet,
        "row": row.row,
        "cell": row.cell,
        "outcome": row.outcome,
        "number": row.number,
        "reason": row.reason.text(lang),
        "reasons": [reason.text(lang) for reason in row.reasons],
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "resembles": [{"number": one.number, "likeness": one.likeness, "open": one.is_open} for one in row.resembling],
    }


def import_json(report: ImportReport, lang: str) -> LedgerImportDocument:
    """Return what an import did, or would do, as programs read it: the account of the file, and of each row."""
    ledger = report.ledger
    return {
        "opened": report.count("opened"),
        "skipped": report.count("skipped"),
        "failed": report.count("failed"),
        "sheets": [
            {
                "name": sheet.name,
                "rows": sheet.rows,
                "taken": sheet.taken,
                "reason": sheet.reason.text(lang),
                "layout": sheet.layout,
            }
            for sheet in ledger.sheets
        ],
        "columns": [
            {
                "sheet": column.sheet,
                "column": column.column,
                "header": column.header,
                "field": column.field.value if column.field is not None else None,
                "asks": column.asks.text(lang) if column.asks is not None else None,
            }
            for column in ledger.columns
        ],
        "cells": {"filled": ledger.cells, "taken": ledger.cells_taken},
        "left_out": [
            {"cell": item.cell, "text": item.text, "reason": item.reason.text(lang), "cells": item.cells}
            for item in ledger.left_out
        ],
        "rows": [ledger_row_json(row, lang) for row in report.rows],
        "units": [
            {
                "name": unit.name,
                "outcome": "new" if unit.is_taken else "unknown",
                "near": list(unit.near),
                "rows": unit.rows,
            }
            for unit in report.units
        ],
        "will": report.will,
        "remembered": ledger_mapping_json(report.remembered) if report.remembered is not None else None,
    }


def ledger_mapping_json(remembered: Remembered) -> LedgerMappingDocument:
    """Return a mapping that is kept for a layout, as programs read it."""
    kept = remembered.kept
    return {
        "id": kept.id,
        "name": kept.name,
        "layout": kept.layout,
        "kept_by": kept.kept_by,
        "kept_at": kept.kept_at.isoformat(),
        "mapping": remembered.mapping.to_json(),
    }
