"""Reading a ledger workbook (整改台账) as offices keep them: title rows, merged cells, dates as text, footers.

Reading knows nothing of cases. Every row comes out as a `LedgerRow`, or as a `BadRow` that names its cell and says
what to do; one bad row never stops the others.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from states.errors import BadLedger, BadTerm, Sentence
from states.sealing import canonical
from states.terms import Term, parse_date
from states.vocabulary import Confidentiality

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

LARGEST_FILE: Final = 20 * 1024 * 1024
LARGEST_UNPACKED: Final = 200 * 1024 * 1024
MOST_ROWS: Final = 20_000
HEADER_WITHIN: Final = 30
TEXT_LIMIT: Final = 8000
_EPOCH: Final = date(1899, 12, 30)
_SERIALS: Final = range(20_000, 80_000)

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("问题编号", "案件编号", "编号"),
    "inspection": ("检查方式", "检查名称及方式", "检查类型", "督查方式"),
    "found_on": ("发现日期", "发现时间", "检查日期"),
    "unit": ("被检查单位", "责任单位", "被督查单位", "单位", "整改单位"),
    "post": ("责任领导(职务)", "责任领导", "责任人(职务)", "主要负责人"),
    "finding": ("问题描述", "存在问题", "问题", "问题清单"),
    "duty": ("对应职责条款", "对应条款", "职责条款", "条款"),
    "severity": ("问题性质", "性质", "严重程度"),
    "criteria": ("整改目标(验收标准)", "整改目标", "验收标准"),
    "served_on": ("整改通知送达日期", "送达日期", "通知送达日期", "送达时间"),
    "term": ("整改时限(工作日)", "整改时限", "整改期限", "完成时限"),
    "liaison": ("联络员",),
    "note": ("备注", "说明"),
    "secrecy": ("密级",),
}
_NEEDED: Final = ("inspection", "found_on", "unit", "post", "finding", "duty")
_INSPECTIONS: Final = (
    (("定期", "日常", "regular"), "regular"),
    (("专项", "special"), "special"),
    (("暗访", "unannounced"), "unannounced"),
)
_MARKS: Final = {
    "公开": Confidentiality.PUBLIC,
    "内部": Confidentiality.INTERNAL,
    "内部资料": Confidentiality.INTERNAL,
    "工作秘密": Confidentiality.WORK_SECRET,
}
_NO_MARK: Final = frozenset({"", "无", "无密级", "非密", "不涉密", "-", "—", "/"})
"""What a ledger writes in the column of the mark to say nothing."""
_FOOTERS: Final = ("填报人", "审核人", "制表", "填表", "合计", "总计", "注:", "说明:")
_SECRET: Final = re.compile(r"(秘密|机密|绝密)\s*[★☆]|^(秘密|机密|绝密)$")
_BLANKS: Final = re.compile(r"\s+")
_GRADE: Final = re.compile(r"(?<!工作)秘密|机密|绝密")
"""A grade of state secrets in the column of the mark, however it goes on (such as 秘密（5年））."""

_NOT_THERE: Final = Sentence("找不到文件 {path}。", "There is no file {path}.")
_NO_WORKBOOK: Final = Sentence(
    "{path} 不是可读的 .xlsx 工作簿（可能已加密、损坏或为旧版 .xls），请另存为 .xlsx 后重试。",
    "{path} is not a readable .xlsx workbook (encrypted, damaged, or an old .xls?); save it as .xlsx and try again.",
)
_TOO_LARGE: Final = Sentence(
    "{path} 过大（最多{most}），请拆分后导入。", "{path} is too large ({most} at most); split it."
)
_NO_HEADER: Final = Sentence(
    "{path} 的前{n}行没有找到台账表头；表头至少要有：{needed}。",
    "No ledger header was found in the first {n} rows of {path}; it needs at least: {needed}.",
)
_LACKS: Final = Sentence(
    "{path} 的表头（第{row}行）缺少：{missing}。", "The header of {path} (row {row}) lacks: {missing}."
)
_EMPTY: Final = Sentence("{cell} “{column}”为空，请补填。", "{cell}: “{column}” is empty; fill it in.")
_NO_DATE: Final = Sentence(
    "{cell} “{column}”的日期“{value}”不可识别，请写成 2026-03-05 或 2026年3月5日。",
    "{cell}: “{value}” is no date for “{column}”; write 2026-03-05 or 2026年3月5日.",
)
_NO_TERM: Final = Sentence(
    "{cell} “{column}”的期限“{value}”不可识别，请写成“15个工作日”或“30日”。",
    "{cell}: “{value}” is no term for “{column}”; write “15个工作日” or “30日”.",
)
_NO_INSPECTION: Final = Sentence(
    "{cell} 检查方式“{value}”不可识别，应为定期检查、专项督查或实地暗访。",
    "{cell}: “{value}” is no kind of inspection; write 定期检查, 专项督查 or 实地暗访.",
)
_NO_DUTY: Final = Sentence(
    "{cell} 职责条款“{value}”不在职责目录（config/duties.yaml）中，请核对。",
    "{cell}: the duty “{value}” is not in the catalogue (config/duties.yaml).",
)
_FORMULA: Final = Sentence(
    "{cell} 是没有计算结果的公式，请在表格软件中打开保存一次，或改填数值。",
    "{cell} holds a formula without a result; open and save the workbook once, or write the value.",
)
_TWICE: Final = Sentence(
    "{cell} 问题编号“{value}”与第{row}行重复，请核对。", "{cell}: the number “{value}” stands in row {row} already."
)
_IS_SECRET: Final = Sentence(
    "{cell} 标有密级：本系统不得存储国家秘密（保密法第三十一条），请按保密规定另行办理。",
    "{cell} is marked as a state secret, which this system may not hold (Law on Guarding State Secrets, article 31).",
)
_UNKNOWN_MARK: Final = Sentence(
    "{cell} 密级“{value}”不可识别，应为公开、内部或工作秘密，也可以不填（即内部）。",
    "{cell}: “{value}” is no mark; write 公开, 内部 or 工作秘密, or nothing (then the case is internal).",
)
_TOO_LONG: Final = Sentence(
    "{cell} “{column}”过长（最多{most}字）。", "{cell}: “{column}” is too long ({most} characters at most)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One row of the ledger, understood. `row` is its row in the workbook, `cell` its first cell."""

    row: int
    cell: str
    number: str | None
    inspection: str
    found_on: date
    unit: str
    post: str
    finding: str
    duty: str
    severity: str
    criteria: str
    served_on: date | None
    term: str
    liaison: str
    note: str
    by_reference: bool
    confidentiality: str

    @property
    def fingerprint(self) -> str:
        """Return the hash of what the row says, wherever it stands: so a row without a number is known again.

        The mark is not part of it: rows that were imported before it was read are known, and so are rows whose mark
        was put right.
        """
        apart = ("row", "cell", "confidentiality")
        content = {key: value for key, value in asdict(self).items() if key not in apart}
        plain = {key: value.isoformat() if isinstance(value, date) else value for key, value in content.items()}
        return sha256(canonical(plain).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be understood: where, and why."""

    row: int
    cell: str
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger as read: its title, and every row in order."""

    title: str
    rows: tuple[LedgerRow | BadRow, ...]


class _Unclear(Exception):  # noqa: N818  # not an error of the program: a cell that its reader must mend
    def __init__(self, cell: str, sentence: Sentence) -> None:
        super().__init__(cell)
        self.cell, self.sentence = cell, sentence


def read_ledger(path: Path, duties: frozenset[str]) -> Ledger:
    """Return what the workbook says. `duties` are the ids of the catalogue.

    Raises:
        BadLedger: it is no readable workbook, or has no ledger in it.
    """
    sheet, header_row, columns = _sheet(path)
    if sheet.max_row > MOST_ROWS:
        raise BadLedger(_TOO_LARGE.fill(path=path, most=Sentence(f"{MOST_ROWS}行", f"{MOST_ROWS} rows")))
    merged = _merged(sheet)
    rows: list[LedgerRow | BadRow] = []
    seen: dict[str, int] = {}
    for row in range(header_row + 1, sheet.max_row + 1):
        reader = _Reader(sheet, row, columns, merged)
        if reader.is_blank() or reader.is_footer():
            continue
        try:
            found = reader.read(duties)
        except _Unclear as unclear:
            rows.append(BadRow(row, unclear.cell, unclear.sentence))
            continue
        if found.number is not None and found.number in seen:
            cell = reader.cell("number")
            rows.append(BadRow(row, cell, _TWICE.fill(cell=cell, value=found.number, row=seen[found.number])))
            continue
        if found.number is not None:
            seen[found.number] = row
        rows.append(found)
    title = next(
        (_text(cell.value) for line in sheet.iter_rows(max_row=header_row - 1) for cell in line if cell.value), ""
    )
    return Ledger(title, tuple(rows))


def _sheet(path: Path) -> tuple[Worksheet, int, dict[str, int]]:
    """Return the first visible sheet with a ledger's header, the row of the header, and its columns."""
    if not path.is_file():
        raise BadLedger(_NOT_THERE.fill(path=path))
    if path.stat().st_size > LARGEST_FILE:
        raise BadLedger(_TOO_LARGE.fill(path=path, most="20 MiB"))
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        # A small file may unpack to a large one; openpyxl would read it all.
        workbook = load_workbook(path, data_only=True) if unpacked <= LARGEST_UNPACKED else None
    except (
        OSError,
        zipfile.BadZipFile,
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise BadLedger(_NO_WORKBOOK.fill(path=path)) from error
    if workbook is None:
        raise BadLedger(_TOO_LARGE.fill(path=path, most="200 MiB"))
    return _with_header(workbook, path)


def _with_header(workbook: Workbook, path: Path) -> tuple[Worksheet, int, dict[str, int]]:
    best: tuple[int, dict[str, int]] = (0, {})
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            continue
        for row in range(1, min(sheet.max_row, HEADER_WITHIN) + 1):
            columns = _header(sheet, row)
            if all(word in columns for word in _NEEDED):
                return sheet, row, columns
            if len(columns) > len(best[1]):
                best = (row, columns)
    names = "、".join(_COLUMNS[word][0] for word in _NEEDED)
    if len(best[1]) >= 3:  # noqa: PLR2004  # three known words in one row are a header with something missing
        missing = "、".join(_COLUMNS[word][0] for word in _NEEDED if word not in best[1])
        raise BadLedger(_LACKS.fill(path=path, row=best[0], missing=missing))
    raise BadLedger(_NO_HEADER.fill(path=path, n=HEADER_WITHIN, needed=names))


def _header(sheet: Worksheet, row: int) -> dict[str, int]:
    """Return which column of this row has which meaning; the first column that fits best is taken."""
    words = {
        column: re.sub(r"\s+", "", _text(sheet.cell(row, column).value)).replace("（", "(").replace("）", ")")
        for column in range(1, min(sheet.max_column, 100) + 1)
    }
    found: dict[str, int] = {}
    for meaning, synonyms in _COLUMNS.items():
        for synonym in synonyms:
            fits = [column for column, word in words.items() if word == synonym and column not in found.values()]
            if fits:
                found[meaning] = fits[0]
                break
    return found


def _merged(sheet: Worksheet) -> dict[tuple[int, int], tuple[int, int]]:
    """Return, for every cell below or right of a merged cell's first, where the value stands."""
    return {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, min(area.max_row, MOST_ROWS) + 1)
        for column in range(area.min_col, area.max_col + 1)
    }


def _text(value: Any) -> str:  # noqa: ANN401  # whatever a cell holds
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


class _Reader:
    """One row, read cell by cell."""

    def __init__(
        self,
        sheet: Worksheet,
        row: int,
        columns: dict[str, int],
        merged: dict[tuple[int, int], tuple[int, int]],
    ) -> None:
        self.sheet, self.row, self.columns, self.merged = sheet, row, columns, merged

    def cell(self, meaning: str) -> str:
        return f"{get_column_letter(self.columns[meaning])}{self.row}"

    def _at(self, meaning: str) -> Cell | MergedCell:
        row, column = self.merged.get((self.row, self.columns[meaning]), (self.row, self.columns[meaning]))
        return self.sheet.cell(row, column)

    def value(self, meaning: str) -> Any:  # noqa: ANN401  # whatever the cell holds
        if meaning not in self.columns:
            return None
        return self._at(meaning).value

    def is_blank(self) -> bool:
        return not any(_text(self.sheet.cell(self.row, column).value) for column in self.columns.values())

    def is_footer(self) -> bool:
        """Say whether the row is the end of the form: its first words are a footer's, and it has no finding."""
        first = next((word for cell in self.sheet[self.row] if (word := _text(cell.value).replace("：", ":"))), "")
        return first.startswith(_FOOTERS) and not _text(self.sheet.cell(self.row, self.columns["finding"]).value)

    def text(self, meaning: str, *, needed: bool = False) -> str:
        value = _text(self.value(meaning))
        if needed and not value:
            raise _Unclear(self.cell(meaning), _EMPTY.fill(cell=self.cell(meaning), column=_COLUMNS[meaning][0]))
        if value.startswith("="):
            raise _Unclear(self.cell(meaning), _FORMULA.fill(cell=self.cell(meaning)))
        if len(value) > TEXT_LIMIT:
            shown = {"cell": self.cell(meaning), "column": _COLUMNS[meaning][0], "most": TEXT_LIMIT}
            raise _Unclear(self.cell(meaning), _TOO_LONG.fill(**shown))
        return value

    def day(self, meaning: str, *, needed: bool = False) -> date | None:
        value = self.value(meaning)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and int(value) in _SERIALS:
            return _EPOCH + timedelta(days=int(value))
        text = self.text(meaning, needed=needed)
        if not text:
            return None
        try:
            return parse_date(text)
        except BadTerm as error:
            shown = {"cell": self.cell(meaning), "column": _COLUMNS[meaning][0], "value": text[:40]}
            raise _Unclear(self.cell(meaning), _NO_DATE.fill(**shown)) from error

    def term(self) -> str:
        """Return the term in its canonical form; a bare number counts working days, as the column's name says."""
        text = self.text("term")
        if not text:
            return ""
        try:
            return str(Term.parse(f"{text}wd" if text.isascii() and text.isdigit() else text.replace(" ", "")))
        except BadTerm as error:
            shown = {"cell": self.cell("term"), "column": _COLUMNS["term"][0], "value": text[:40]}
            raise _Unclear(self.cell("term"), _NO_TERM.fill(**shown)) from error

    def read(self, duties: frozenset[str]) -> LedgerRow:
        self._refuse_secrets()
        duty = self.text("duty", needed=True)
        if duty not in duties:
            raise _Unclear(self.cell("duty"), _NO_DUTY.fill(cell=self.cell("duty"), value=duty[:40]))
        finding, note = self.text("finding", needed=True), self.text("note")
        found_on = self.day("found_on", needed=True)
        if found_on is None:
            raise AssertionError("a needed day is never empty")
        first = self.cell("number") if "number" in self.columns else self.cell("unit")
        return LedgerRow(
            row=self.row,
            cell=first,
            number=_number(self.text("number")),
            inspection=self._inspection(),
            found_on=found_on,
            unit=self.text("unit", needed=True),
            post=self.text("post", needed=True),
            finding=finding,
            duty=duty,
            severity=self.text("severity"),
            criteria=self.text("criteria"),
            served_on=self.day("served_on"),
            term=self.term(),
            liaison=self.text("liaison"),
            note=note,
            by_reference="参照执行" in note or "参照执行" in finding,
            confidentiality=self._mark(),
        )

    def _inspection(self) -> str:
        text = self.text("inspection", needed=True)
        for words, kind in _INSPECTIONS:
            if any(word in text for word in words):
                return kind
        raise _Unclear(self.cell("inspection"), _NO_INSPECTION.fill(cell=self.cell("inspection"), value=text[:40]))

    def _mark(self) -> str:
        """Return the mark that the row asks for, or nothing."""
        text = _BLANKS.sub("", self.text("secrecy"))
        if text in _NO_MARK:
            return ""
        if text not in _MARKS:
            cell = self.cell("secrecy")
            raise _Unclear(cell, _UNKNOWN_MARK.fill(cell=cell, value=text[:40]))
        return _MARKS[text].value

    def _refuse_secrets(self) -> None:
        for meaning, sign in (("secrecy", _GRADE), ("finding", _SECRET), ("note", _SECRET)):
            text = _text(self.value(meaning))
            if sign.search(_BLANKS.sub("", text) if sign is _GRADE else text):
                raise _Unclear(self.cell(meaning), _IS_SECRET.fill(cell=self.cell(meaning)))


_FULL_WIDTH: Final = str.maketrans("﹝﹞０１２３４５６７８９", "〔〕0123456789")


def _number(text: str) -> str | None:
    """Return a case number as it is printed: brackets 〔〕, plain digits, no blanks (docs/domain.md §1, text notes)."""
    return re.sub(r"\s+", "", text).translate(_FULL_WIDTH) or None
