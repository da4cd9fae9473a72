"""A report as a Word file: a red head, sections, the heat map as a table, every figure a link (GB/T 9704-2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from documents.sheets import Sheets
from programme.dossier_text import day_text
from programme.periods import REPORTS
from programme.report_text import PLACEHOLDER, Words
from states.duty import numeral

if TYPE_CHECKING:
    from documents.templates import Templates
    from programme.report import Report

ZH: Final = "zh-CN"


def drawn_up(report: Report, office: str, base: str, templates: Templates) -> bytes:
    """Return the report as a Word file; `base` is the installation's address, before every link; none without it.

    Raises:
        BadDocument: the sheet cannot be opened.
    """
    words, sheets = Words(report, ZH, base.rstrip("/") or None), Sheets(templates)
    sheets.letterhead(REPORTS[report.period.kind][0], words.number())
    sheets.title(words.title())
    place = 0
    for place, block in enumerate(words.blocks(), start=1):
        sheets.heading(f"{numeral(place)}、{block.heading}")
        sheets.body(*block.paragraphs)
        if block.table:
            head, *rows = block.table
            sheets.table([str(text) for text in head], rows, (2.2, *[1.0] * (len(head) - 1)))
    sheets.heading(f"{numeral(place + 1)}、建议")
    sheets.body(PLACEHOLDER)
    sheets.signature(office, day_text(report.until, ZH))
    return sheets.bytes()
