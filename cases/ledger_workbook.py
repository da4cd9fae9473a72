"""Reading a ledger workbook (整改台账) as offices keep them: sheets, titles, footers, sums, habits of all kinds.

Reading knows nothing of cases. Every filled sheet, row and cell is accounted for: taken into a row, or listed with the
reason why not. A row comes out as a `LedgerRow`, or as a `BadRow` that tells everything that is wrong with it; one bad
row never stops the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cases.ledger_fields import FIELD_NAMES, LedgerField
from cases.ledger_fits import check_fits
from cases.ledger_footers import kind_below
from cases.ledger_headers import Table, cell_name, find_table, header_at
from cases.ledger_mapping import NO_MAPPING, Mapping
from cases.ledger_row import BadRow, LedgerRow
from cases.ledger_rows import TableReader, takes
from cases.ledger_values import Doubt, check_secret, shortened, text_of
from files.workbook import open_workbook
from states.errors import BadLedger, Sentence
from states.likeness import core

if TYPE_CHECKING:
    from pathlib import Path

    from files.workbook import Sheet, Workbook

_MOST_LEFT_OUT: Final = 2_000
"""Cells that are listed one by one; what is beyond is counted."""

_NO_HEADER: Final = Sentence(
    "{name} 里没有找到台账表头：至少要有“被检查单位”和“问题描述”两列（或写法相近的列）。",
    "{name} has no ledger's headings: it needs at least a column for the unit and one for the finding.",
)
_LACKS: Final = Sentence(
    "{name} 的工作表“{sheet}”的表头（第{row}行）缺少：{missing}；可在对应列中指定。",
    "The headings of the sheet “{sheet}” of {name} (row {row}) lack: {missing}; name them in the mapping.",
)
_SECRET: Final = Sentence(
    "{name} 的{place}标有密级：本系统不得存储国家秘密（保密法第三十一条），整份文件没有读取，请按保密规定另行办理。",
    "{name} carries a mark of state secrecy ({place}); this system may not hold it (Law on Guarding State Secrets, "
    "article 31), and nothing of the file was taken.",
)
_PRINTED: Final = Sentence("工作表“{sheet}”打印页眉页脚", "printed header or footer of the sheet “{sheet}”")
_SHEET_NAME: Final = Sentence("工作表名“{sheet}”", "name of the sheet “{sheet}”")
_TWICE: Final = Sentence(
    "{cell} 问题编号“{value}”与第{row}行重复，请核对。", "{cell}: the number “{value}” stands in row {row} already."
)
_SAME: Final = Sentence(
    "{cell} 与第{row}行内容相同，是重复登记还是两个问题？是两个问题的请写出区别，重复的请删除一行。",
    "{cell} says the same as row {row}: one finding or two? Write the difference, or delete one of the rows.",
)

_HIDDEN_SHEET: Final = Sentence("隐藏的工作表，没有导入。", "A hidden sheet; not taken.")
_NO_LEDGER: Final = Sentence(
    "没有台账表头（缺少{missing}），没有导入。", "No ledger's headings ({missing} not found); not taken."
)
_LEFT_OUT: Final = Sentence("按对应列的选择没有导入。", "Left out by the mapping.")
_EMPTY_SHEET: Final = Sentence("空表。", "Empty.")
_TITLE: Final = Sentence("标题", "title")
_HEADINGS: Final = Sentence("表头", "headings")
_AGAIN: Final = Sentence("重复的表头", "headings again")
_NOT_UNDERSTOOD: Final = Sentence("没有看懂的列“{heading}”", "a column that is not understood: “{heading}”")
_NOT_TAKEN: Final = Sentence("不导入的列“{heading}”", "a column of which nothing is taken: “{heading}”")
_NO_CELLS: Final = Sentence("没有单元格的工作表，没有导入。", "A sheet without cells; not taken.")
_TAKEN: Final = Sentence("读取{taken}行", "{taken} rows taken")
_HIDDEN_COLUMNS: Final = Sentence("隐藏的列也已读取：{columns}", "hidden columns were read as well: {columns}")
_NO_FORMATS: Final = Sentence(
    "这种格式里看不出隐藏的行、删除线、批注和公式的错误值，需要时请另存为 .xlsx",
    "this kind of file does not show hidden rows, struck-out text, comments and errors of formulas; save it as .xlsx",
)
_OTHER_ROWS: Final = Sentence("{kind}：第{rows}行", "{kind}: row {rows}")


@dataclass(frozen=True, slots=True)
class SheetAccount:
    """What became of a sheet: its filled rows, how many of them are rows of the ledger, and what the others are."""

    name: str
    rows: int
    taken: int
    reason: Sentence
    layout: str = ""


@dataclass(frozen=True, slots=True)
class ColumnAccount:
    """What became of a column; `field` is None if it is not understood, `asks` what its reader must decide."""

    sheet: str
    column: str
    header: str
    field: LedgerField | None
    examples: tuple[str, ...] = ()
    asks: Sentence | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Cells that go into no row: how many, where, the beginning of what the first one says, and why."""

    cell: str
    text: str
    reason: Sentence
    cells: int = 1


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger as read. `cells` are all filled cells of the file; each is in a row, or in `left_out`."""

    name: str
    title: str
    rows: tuple[LedgerRow | BadRow, ...]
    sheets: tuple[SheetAccount, ...]
    columns: tuple[ColumnAccount, ...]
    left_out: tuple[LeftOut, ...]
    cells: int
    cells_taken: int


def read_ledger(path: Path, duties: frozenset[str], mapping: Mapping = NO_MAPPING, name: str = "") -> Ledger:
    """Return what the workbook says. `duties` are the ids of the catalogue; `name` is what its owner calls the file.

    Raises:
        BadLedger: it is no readable workbook, has no ledger in it, or carries a mark of state secrecy; or the mapping
            names a column that it has not, or two columns for what can have one value.
    """
    return ledger_in(open_workbook(path, name), duties, mapping)


def ledger_in(workbook: Workbook, duties: frozenset[str], mapping: Mapping = NO_MAPPING) -> Ledger:
    """Return what the opened workbook says; as `read_ledger`."""
    tables = {sheet.name: find_table(sheet, mapping) for sheet in workbook.sheets if sheet.rows}
    refuse_secrets(workbook, tables)
    reading = _SheetReading(workbook, duties, mapping)
    for sheet in workbook.sheets:
        reading.read_sheet(sheet, tables.get(sheet.name))
    if not reading.has_ledger:
        check_fits(workbook.name, [table for table in tables.values() if table is not None], mapping)
        raise _no_ledger(workbook, tables)
    check_fits(workbook.name, reading.tables, mapping)
    return reading.ledger()


def refuse_secrets(workbook: Workbook, tables: dict[str, Table | None]) -> None:
    """Refuse the whole file if a mark of secrecy stands over all of it: in a title, a page's header, a sheet's name."""
    for sheet in workbook.sheets:
        table = tables.get(sheet.name)
        above = table.first if table is not None else min(sheet.rows, default=0) + 1
        outside = [(_SHEET_NAME.fill(sheet=sheet.name), sheet.name)]
        # Codes such as &C say where on the page the text of a printed header stands.
        outside += [(_PRINTED.fill(sheet=sheet.name), re.sub(r"&[A-Z]", " ", text)) for text in sheet.printed]
        outside += [
            (Sentence("{cell}格", "cell {cell}").fill(cell=cell_name(sheet.name, row, place, alone=False)), value)
            for row, cells in sheet.rows.items()
            for place, value in cells.items()
            if row <= above and isinstance(value, str)
        ]
        for place, text in outside:
            try:
                check_secret(text, "")
            except Doubt as doubt:
                raise BadLedger(_SECRET.fill(name=workbook.name, place=place)) from doubt


def _no_ledger(workbook: Workbook, tables: dict[str, Table | None]) -> BadLedger:
    best = max(
        ((table.understood, name, table) for name, table in tables.items() if table is not None),
        key=lambda found: found[0],
        default=None,
    )
    if best is None:
        return BadLedger(_NO_HEADER.fill(name=workbook.name))
    _, sheet, table = best
    missing = "、".join(table.missing())
    return BadLedger(_LACKS.fill(name=workbook.name, sheet=sheet, row=table.last + 1, missing=missing))


class _SheetReading:
    """One reading of a workbook: sheet by sheet, with the account of what was taken and what was not."""

    def __init__(self, workbook: Workbook, duties: frozenset[str], mapping: Mapping) -> None:
        self.workbook, self.duties, self.mapping = workbook, duties, mapping
        self.rows: list[LedgerRow | BadRow] = []
        self.sheets: list[SheetAccount] = []
        self.columns: list[ColumnAccount] = []
        self.left_out: list[LeftOut] = []
        self.cells_taken = 0
        self.title = ""
        self.has_ledger = False
        self.tables: list[Table] = []
        self.alone = sum(bool(sheet.rows) for sheet in workbook.sheets) == 1
        self.seen_numbers: dict[str, LedgerRow] = {}
        self.seen_contents: dict[tuple[str, ...], LedgerRow] = {}
        for name in workbook.others:
            self.sheets.append(SheetAccount(name, 0, 0, _NO_CELLS))

    def ledger(self) -> Ledger:
        cells = sum(sheet.cells for sheet in self.workbook.sheets)
        return Ledger(
            name=self.workbook.name,
            title=self.title,
            rows=tuple(self.rows),
            sheets=tuple(self.sheets),
            columns=tuple(self.columns),
            left_out=tuple(self._bounded()),
            cells=cells,
            cells_taken=self.cells_taken,
        )

    def _bounded(self) -> list[LeftOut]:
        kept, beyond = self.left_out[:_MOST_LEFT_OUT], self.left_out[_MOST_LEFT_OUT:]
        if beyond:
            more = Sentence("其余没有导入的内容", "what else was not taken")
            kept.append(LeftOut("…", "", more, sum(item.cells for item in beyond)))
        return kept

    def read_sheet(self, sheet: Sheet, table: Table | None) -> None:
        wanted = self.mapping.sheets.get(sheet.name)
        if not sheet.rows:
            self.sheets.append(SheetAccount(sheet.name, 0, 0, _EMPTY_SHEET))
        elif wanted is False:
            self._leave(sheet, _LEFT_OUT)
        elif not sheet.is_visible and not wanted:
            self._leave(sheet, _HIDDEN_SHEET)
        elif table is None or table.missing():
            names = [FIELD_NAMES[LedgerField.UNIT].zh, FIELD_NAMES[LedgerField.FINDING].zh]
            missing = "、".join(table.missing() if table is not None else names)
            self._leave(sheet, _NO_LEDGER.fill(missing=missing))
        else:
            self.has_ledger = True
            self._read_table(sheet, table)

    def _leave(self, sheet: Sheet, reason: Sentence) -> None:
        self.sheets.append(SheetAccount(sheet.name, len(sheet.rows), 0, reason))
        row = next(iter(sheet.rows))
        place = next(iter(sheet.rows[row]))
        cell = cell_name(sheet.name, row, place, alone=False)
        self.left_out.append(LeftOut(cell, shortened(sheet.rows[row][place]), reason, sheet.cells))

    def _read_table(self, sheet: Sheet, table: Table) -> None:
        self._note_columns(sheet, table)
        kinds: dict[str, tuple[Sentence, list[int]]] = {}
        taken, above = 0, None
        reader, layout = self._reader(sheet, table), table.layout
        for row in sheet.rows:
            kind = self._kind(sheet, table, row)
            if kind is None:
                below = header_at(sheet, row, self.mapping, table)
                if below is not None:
                    kind = _AGAIN
                    if below.columns != table.columns:
                        kind = _HEADINGS
                        self._note_columns(sheet, below)
                    table = below
                    reader = self._reader(sheet, table)
            if kind is not None:
                self._pass_over(sheet, row, kind)
                kinds.setdefault(kind.zh, (kind, []))[1].append(row + 1)
                above = None if kind is not _AGAIN else above
                continue
            found = self._checked(reader.read(row, above), sheet)
            above = found if isinstance(found, LedgerRow) else None
            self.rows.append(found)
            self._account(sheet, table, row)
            taken += 1
        parts = [_TAKEN.fill(taken=taken)]
        parts += [_OTHER_ROWS.fill(kind=kind, rows=_ranges(places)) for kind, places in kinds.values()]
        hidden = [column.name for column in table.columns if column.place in sheet.hidden_columns]
        if hidden:
            parts.append(_HIDDEN_COLUMNS.fill(columns="、".join(hidden)))
        if not self.workbook.shows_formats:
            parts.append(_NO_FORMATS)
        self.sheets.append(SheetAccount(sheet.name, len(sheet.rows), taken, _listed(parts), layout))

    def _reader(self, sheet: Sheet, table: Table) -> TableReader:
        return TableReader(
            sheet=sheet,
            table=table,
            mapping=self.mapping,
            duties=self.duties,
            first_day=self.workbook.first_day,
            alone=self.alone,
        )

    def _note_columns(self, sheet: Sheet, table: Table) -> None:
        self.tables.append(table)
        below = [row for row in sheet.rows if row > table.last][:2]
        for column in table.columns:
            examples = tuple(shortened(sheet.value(row, column.place)) for row in below)
            self.columns.append(
                ColumnAccount(sheet.name, column.name, column.heading, column.field, examples, column.asks)
            )

    def _kind(self, sheet: Sheet, table: Table, row: int) -> Sentence | None:
        """Return what kind of row it is if it is none of the ledger's: title, headings, sum, note, section."""
        if row < table.first:
            self.title = self.title or text_of(next(iter(sheet.rows[row].values())))
            return _TITLE
        return _HEADINGS if row <= table.last else kind_below(sheet, table, row)

    def _pass_over(self, sheet: Sheet, row: int, kind: Sentence) -> None:
        cells = sheet.rows[row]
        place = next(iter(cells))
        cell = cell_name(sheet.name, row, place, alone=self.alone)
        self.left_out.append(LeftOut(cell, shortened(cells[place]), kind, len(cells)))

    def _account(self, sheet: Sheet, table: Table, row: int) -> None:
        """Count the cells of a row: into the row go those of columns that are taken, the others are listed."""
        columns = {column.place: column for column in table.columns}
        for place, value in sheet.rows[row].items():
            column = columns.get(place)
            if column is not None and takes(column):
                self.cells_taken += 1
                continue
            reason = _NOT_UNDERSTOOD if column is None or column.field is None else _NOT_TAKEN
            heading = column.heading if column is not None else ""
            cell = cell_name(sheet.name, row, place, alone=self.alone)
            self.left_out.append(LeftOut(cell, shortened(value), reason.fill(heading=heading)))

    def _checked(self, row: LedgerRow | BadRow, sheet: Sheet) -> LedgerRow | BadRow:
        """Return the row, or ask about it if an earlier row of the file has its number or says the same."""
        if isinstance(row, BadRow):
            return row
        twin = self.seen_numbers.get(row.number or "")
        if twin is not None:
            reason = _TWICE.fill(cell=row.cell, value=row.number, row=_where(twin, row))
            return BadRow(sheet.name, row.row, row.cell, (reason,))
        content = (core(row.unit), core(row.finding), row.found_on.isoformat(), row.duty, row.post, row.term)
        twin = self.seen_contents.get(content)
        if twin is not None:
            return BadRow(sheet.name, row.row, row.cell, (_SAME.fill(cell=row.cell, row=_where(twin, row)),))
        self.seen_contents[content] = row
        if row.number is not None:
            self.seen_numbers[row.number] = row
        return row


def _where(other: LedgerRow, row: LedgerRow) -> str:
    return str(other.row) if other.sheet == row.sheet else f"{other.sheet}!{other.row}"


def _listed(parts: list[Sentence]) -> Sentence:
    """Return the parts as one sentence."""
    zh, en = "；".join(part.text() for part in parts), "; ".join(part.text("en") for part in parts)
    return Sentence("{parts}。", "{parts}.").fill(parts=Sentence("{zh}", "{en}").fill(zh=zh, en=en))


def _ranges(rows: list[int]) -> str:
    """Return row numbers in short: 1、3—5."""
    parts: list[list[int]] = []
    for row in rows:
        if parts and row == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], row]
        else:
            parts.append([row])
    return "、".join("—".join(map(str, part)) for part in parts)
