"""Workbooks as values: what stands in which cell, read in a process of its own and within bounds.

Excel workbooks (xlsx, xlsm, xlsb, xls), OpenDocument sheets (ods), WPS sheets (et) in either of these forms, and CSV
in UTF-8 or GBK. What a file is, its content says, not its name. A file that cannot be read is refused in one sentence
that says what to do.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from states.errors import BadLedger, Sentence

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

LARGEST_FILE: Final = 20 * 1024 * 1024
PATIENCE: Final = 30
"""Seconds by the clock; the reading process ends itself after 4 of processor time, this is for a host that is busy."""
_MOST_SPREAD: Final = 1_000_000
_LETTERS: Final = 26

_SAVE_AS: Final = Sentence(
    "请用 Excel 或 WPS 打开，“另存为”.xlsx 后重试。", "Open it in Excel or WPS, save it as .xlsx, and try again."
)
_SPLIT: Final = Sentence("请拆分后分别导入。", "Split it and import the parts.")
_CLEAN: Final = Sentence(
    "请新建工作簿，只把台账内容复制过去，“另存为”.xlsx 后重试。",
    "Copy the ledger alone into a new workbook, save that as .xlsx, and try again.",
)
_NOT_THERE: Final = Sentence("找不到文件 {name}。", "There is no file {name}.")
_LARGE: Final = Sentence("{name} 超过 {most} MiB。{way}", "{name} is larger than {most} MiB. {way}")
_SLOW: Final = Sentence("{name} 在限定的时间或内存内读不完。{way}", "{name} takes too much time or memory. {way}")
_REFUSED: Final = {
    "empty": (
        Sentence("{name} 是空文件。{way}", "{name} is empty. {way}"),
        Sentence("请核对是否选错了文件。", "Check whether it is the right file."),
    ),
    "locked": (
        Sentence("{name} 已加密。{way}", "{name} is encrypted. {way}"),
        Sentence("请先去掉打开密码，另存为 .xlsx 后重试。", "Remove its password, save it as .xlsx, and try again."),
    ),
    "compound": (
        Sentence(
            "{name} 已加密、受权限保护或已损坏。{way}", "{name} is encrypted, protected by its owner, or damaged. {way}"
        ),
        Sentence(
            "请用 Excel 或 WPS 打开，去掉密码，“另存为”.xlsx 后重试。",
            "Open it in Excel or WPS, remove the password, save it as .xlsx, and try again.",
        ),
    ),
    "damaged": (Sentence("{name} 已损坏或不完整。{way}", "{name} is damaged or incomplete. {way}"), _SAVE_AS),
    "packing": (
        Sentence("{name} 的压缩方式不是办公软件通用的。{way}", "{name} is compressed in an unusual way. {way}"),
        _SAVE_AS,
    ),
    "web": (
        Sentence(
            "{name} 其实是网页或 XML 表格，不是工作簿。{way}", "{name} is really a web page or XML, no workbook. {way}"
        ),
        _SAVE_AS,
    ),
    "other": (Sentence("{name} 不是可读的工作簿。{way}", "{name} is no workbook that can be read. {way}"), _SAVE_AS),
    "encoding": (
        Sentence("{name} 的文字编码不可识别。{way}", "The encoding of {name} is not known. {way}"),
        Sentence(
            "请另存为 .xlsx，或另存为 UTF-8 编码的 CSV 后重试。", "Save it as .xlsx, or as CSV in UTF-8, and try again."
        ),
    ),
    "entities": (
        Sentence("{name} 含有工作簿不应有的实体声明。{way}", "{name} declares entities, which no workbook does. {way}"),
        _SAVE_AS,
    ),
    "entries": (
        Sentence("{name} 内含的部件超过{most}个。{way}", "{name} has more than {most} parts. {way}"),
        _CLEAN,
    ),
    "inflated": (
        Sentence("{name} 解压后超过 {most} MiB。{way}", "{name} unpacks to more than {most} MiB. {way}"),
        _CLEAN,
    ),
    "tags": (
        Sentence("{name} 的单元格和格式过多（超过{most}个）。{way}", "{name} has too many cells and formats. {way}"),
        _CLEAN,
    ),
    "sheets": (Sentence("{name} 的工作表超过{most}张。{way}", "{name} has more than {most} sheets. {way}"), _SPLIT),
    "rows": (
        Sentence(
            "{name} 的工作表“{sheet}”有内容的行超过{most}行。{way}",
            "The sheet “{sheet}” of {name} has more than {most} rows. {way}",
        ),
        _SPLIT,
    ),
    "columns": (
        Sentence(
            "{name} 的工作表“{sheet}”的内容超出第{most}列。{way}",
            "The sheet “{sheet}” of {name} goes beyond column {most}. {way}",
        ),
        _CLEAN,
    ),
    "cells": (
        Sentence("{name} 有内容的单元格超过{most}个。{way}", "{name} has more than {most} filled cells. {way}"),
        _SPLIT,
    ),
    "grid": (
        Sentence(
            "{name} 的工作表“{sheet}”第{row}行还有内容，离台账太远。{way}",
            "Row {row} of the sheet “{sheet}” of {name} has something in it, far away from the ledger. {way}",
        ),
        _CLEAN,
    ),
    "merged": (
        Sentence(
            "{name} 的工作表“{sheet}”的合并单元格过多。{way}",
            "The sheet “{sheet}” of {name} has too many merged areas. {way}",
        ),
        _CLEAN,
    ),
    "text": (Sentence("{name} 的文字过多。{way}", "{name} has too much text in it. {way}"), _SPLIT),
    "memory": (_SLOW, _CLEAN),
}


@dataclass(frozen=True, slots=True)
class NoValue:
    """A cell that shows something, and holds no value: an error such as #N/A, a formula without a result."""

    kind: str
    text: str


Value = str | int | float | bool | date | NoValue
"""What a cell holds. A date cell with a time of day is its day; a time without a day is a `NoValue`."""


@dataclass(frozen=True)
class Sheet:
    """One sheet. Rows and columns count from 0; `rows` has only what is filled."""

    name: str
    is_visible: bool
    rows: dict[int, dict[int, Value]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    struck: frozenset[tuple[int, int]] = frozenset()
    printed: tuple[str, ...] = ()
    comments: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """How many cells have something in them."""
        return sum(map(len, self.rows.values()))

    @cached_property
    def deepest(self) -> dict[int, int]:
        """The last row with something in it, by column."""
        return {column: row for row, cells in self.rows.items() for column in cells}

    @cached_property
    def spread(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Where the value of a cell inside a merged area stands, for the filled rows only."""
        filled = sorted(self.rows)
        widest = max((max(row) for row in self.rows.values()), default=0)
        found: dict[tuple[int, int], tuple[int, int]] = {}
        for top, left, bottom, right in self.merged:
            if left not in self.rows.get(top, {}):
                continue
            for row in filled[bisect_left(filled, top) : bisect_right(filled, bottom)]:
                for column in range(left, min(right, widest) + 1):
                    found[row, column] = (top, left)
            if len(found) > _MOST_SPREAD:
                break
        return found

    def value(self, row: int, column: int, *, across: bool = False) -> Value | None:
        """Return what the cell holds; inside an area merged downwards, what its top cell holds.

        `across` looks into areas merged sideways as well, as headings need it: in the body of a table a cell that is
        merged with its left neighbour says nothing about its own column.
        """
        own = self.rows.get(row, {}).get(column)
        if own is not None:
            return own
        place = self.spread.get((row, column))
        if place is None or (place[1] != column and not across):
            return None
        return self.rows[place[0]][place[1]]


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook as it was read. `kind` is what it really is; `others` are sheets without cells, such as charts."""

    name: str
    kind: str
    sheets: tuple[Sheet, ...]
    others: tuple[str, ...]
    first_day: date = date(1899, 12, 30)
    """The day 0 from which bare numbers count days; Excel for the Macintosh once counted from 1904-01-01."""

    @property
    def shows_formats(self) -> bool:
        """Say whether hidden rows and struck-out text could be seen in this kind of file."""
        return self.kind == "xlsx"


def address(row: int, column: int) -> str:
    """Return what people call the cell, such as B4."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def letters(column: int) -> str:
    """Return what people call the column, such as B."""
    return address(0, column)[:-1]


def open_workbook(path: Path, name: str = "") -> Workbook:
    """Return the workbook. `name` is what its owner calls the file, if it is kept under another name.

    Raises:
        BadLedger: it cannot be read, or is beyond a bound; the sentence says which, and what to do.
    """
    shown = name or path.name
    if not path.is_file():
        raise BadLedger(_NOT_THERE.fill(name=shown))
    if path.stat().st_size > LARGEST_FILE:
        raise BadLedger(_LARGE.fill(name=shown, most=LARGEST_FILE // (1024 * 1024), way=_SPLIT))
    answer = _read_apart(path)
    refused = answer.get("refused")
    if refused is not None:
        sentence, way = _REFUSED[refused]
        raise BadLedger(sentence.fill(**{**answer, "name": shown, "way": way}))
    sheets = tuple(_sheet(sheet) for sheet in answer["sheets"])
    first_day = date(1904, 1, 1) if answer.get("from_1904") else date(1899, 12, 30)
    return Workbook(shown, answer["kind"], sheets, tuple(answer["others"]), first_day)


def _read_apart(path: Path) -> dict[str, Any]:
    """Return what the reading process says of the file; if it dies of the file, that is an answer too."""
    command = [sys.executable, "-I", "-m", "files.workbook_process", str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603  # our own module
        answer: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        return _refusal("memory")
    if done.returncode > 0:
        # Nobody foresaw this file: who asked gets a sentence, and the log what happened.
        log.error("the reading process failed on a workbook: %s", done.stderr[-2000:].decode(errors="replace"))
        return _refusal("damaged")
    return answer or _refusal("memory")


def _refusal(why: str) -> dict[str, Any]:
    return {"refused": why}


def _sheet(read: dict[str, Any]) -> Sheet:
    rows = {row: {column: _value(value) for column, value in cells} for row, cells in read["rows"]}
    for row, column, text in read["errors"]:
        rows.setdefault(row, {})[column] = NoValue("error", text)
    for row, column in read["uncached"]:
        rows.setdefault(row, {})[column] = NoValue("uncached", "")
    return Sheet(
        name=read["name"],
        is_visible=read["visible"],
        rows=dict(sorted(rows.items())),
        merged=[(top, left, bottom, right) for top, left, bottom, right in read["merged"]],
        hidden_rows=frozenset(read["hidden_rows"]),
        hidden_columns=frozenset(
            column for first, last in read["hidden_columns"] for column in range(first, min(last, 1000) + 1)
        ),
        struck=frozenset((row, column) for row, column in read["struck"]),
        printed=tuple(read["printed"]),
        comments={(row, column): text for row, column, text in read["comments"]},
    )


def _value(value: Any) -> Value:  # noqa: ANN401  # as JSON has it
    if not isinstance(value, dict):
        plain: Value = value
        return plain
    if "day" in value:
        return date.fromisoformat(value["day"])
    if "moment" in value:
        return datetime.fromisoformat(value["moment"]).date()
    return NoValue("clock", str(value["clock"]))
