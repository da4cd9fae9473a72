"""The cells of one row of a ledger: what they say, what they show beside it, and the doubts about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cases.ledger_fields import FIELD_NAMES, LedgerField
from cases.ledger_headers import cell_name
from cases.ledger_values import Doubt, check_secret, check_value, is_nothing, shortened, text_of
from files.workbook import NoValue
from states.errors import Sentence
from states.likeness import core

if TYPE_CHECKING:
    from cases.ledger_headers import Column, Table
    from files.workbook import Sheet, Value

_HIDDEN: Final = Sentence("第{row}行在文件中是隐藏的。", "Row {row} is hidden in the file.")
_STRUCK: Final = Sentence(
    "{cell} 带删除线，是否作废？作废的请删除该行，有效的请去掉删除线。",
    "{cell} is struck through: is the row void? Delete it if so, else remove the line.",
)
_STRUCK_PART: Final = Sentence("{cell} 带删除线，内容照常读取。", "{cell} is struck through; it was read all the same.")
_COMMENT: Final = Sentence("{cell} 有批注“{text}”，没有导入。", "{cell} has a comment “{text}”, which is not taken.")
_OPTIONAL: Final = frozenset(
    {
        LedgerField.SEVERITY,
        LedgerField.CRITERIA,
        LedgerField.MEASURES,
        LedgerField.LIAISON,
        LedgerField.NOTE,
        LedgerField.SOURCE,
        LedgerField.PERSON,
        LedgerField.LEADER,
        LedgerField.OTHER_UNITS,
        LedgerField.PROGRESS,
        LedgerField.ACCEPTANCE,
        LedgerField.EXTENSION,
        LedgerField.EVIDENCE,
        LedgerField.LOOK_BACK,
    }
)
_NO_VALUE: Final = Sentence("{cell} 显示“{text}”，当作空。", "{cell} shows “{text}”; taken as empty.")
_TWO_VALUES: Final = Sentence(
    "{first}“{one}”和{second}“{other}”写的不同，请改成一致，或在对应列中指定用哪一列。",
    "{first} (“{one}”) and {second} (“{other}”) differ; make them agree, or say in the mapping which column counts.",
)
_EMPTY: Final = Sentence("{cell} “{column}”为空，请补填。", "{cell}: “{column}” is empty; fill it in.")
_NO_COLUMN: Final = Sentence(
    "台账没有“{column}”一列：请在对应列中指定，或给出默认值。",
    "The ledger has no column “{column}”; name one in the mapping, or give a default.",
)
READ_AS: Final = Sentence("{cell} “{written}”读作{value}。", "{cell}: “{written}” is read as {value}.")
BAD_TERM: Final = Sentence("{cell} {problem}", "{cell}: {problem}")


class RowCells:
    """The cells of one row; doubts and remarks are gathered, not raised."""

    def __init__(self, sheet: Sheet, table: Table, row: int, *, alone: bool) -> None:
        """Look at the row by its place in the sheet; `alone`: cells are named without the sheet's name."""
        self.sheet, self.table, self.row, self.alone = sheet, table, row, alone
        self.doubts: list[tuple[int, Sentence]] = []
        self.remarks: list[Sentence] = []

    def cell(self, place: int) -> str:
        """Return the name of a cell of this row."""
        return cell_name(self.sheet.name, self.row, place, alone=self.alone)

    def cell_of(self, wanted: LedgerField) -> str:
        """Return the cell in which the row says this; "" where it says it nowhere."""
        found = self.found(wanted)
        return self.cell(found[0][0].place) if found else ""

    def first_cell(self) -> str:
        """Return the cell that stands for the row: that of its number, else that of its unit."""
        first = (self.table.of(LedgerField.NUMBER) or self.table.of(LedgerField.UNIT))[0]
        return self.cell(first.place)

    def doubt(self, place: int, sentence: Sentence) -> None:
        """Keep a doubt; all of a row are told at once, in the order of the cells."""
        self.doubts.append((place, sentence))

    def say(self, sentence: Sentence) -> None:
        """Keep a remark: what was understood, and people should know."""
        self.remarks.append(sentence)

    def look(self) -> None:
        """Note what the whole row shows beside its values, and refuse marks of secrecy wherever they stand."""
        if self.row in self.sheet.hidden_rows:
            self.say(_HIDDEN.fill(row=self.row + 1))
        void = {column.place for column in self.table.of(LedgerField.FINDING)}
        for place, shown in self.sheet.rows[self.row].items():
            try:
                check_secret(shown, self.cell(place))
            except Doubt as doubt:
                self.doubt(place, doubt.sentence)
            if (self.row, place) in self.sheet.struck:
                if place in void:
                    self.doubt(place, _STRUCK.fill(cell=self.cell(place)))
                else:
                    self.say(_STRUCK_PART.fill(cell=self.cell(place)))
            comment = self.sheet.comments.get((self.row, place))
            if comment:
                self.say(_COMMENT.fill(cell=self.cell(place), text=shortened(comment)))
        for column in self.table.columns:
            value = self.sheet.value(self.row, column.place)
            if column.asks is not None and not is_nothing(value):
                self.doubt(column.place, column.asks)

    def found(self, wanted: LedgerField) -> list[tuple[Column, Value]]:
        """Return the columns of the field that say something in this row."""
        found = []
        for column in self.table.of(wanted):
            value = self.sheet.value(self.row, column.place)
            if value is None or is_nothing(value) or column.asks is not None:
                continue
            try:
                check_value(value, self.cell(column.place))
            except Doubt as doubt:
                if isinstance(value, NoValue) and value.kind == "error" and wanted in _OPTIONAL:
                    self.say(_NO_VALUE.fill(cell=self.cell(column.place), text=value.text))
                else:
                    self.doubt(column.place, doubt.sentence)
                continue
            found.append((column, value))
        return found

    def one(self, wanted: LedgerField) -> tuple[Column, Value] | None:
        """Return the one column of the field that says something; several that differ are asked about."""
        found = self.found(wanted)
        if not found:
            return None
        (first, value), *others = found
        for column, other in others:
            if core(text_of(other)) != core(text_of(value)):
                particulars = {"first": self.cell(first.place), "second": self.cell(column.place)}
                headings = {"one": first.heading, "other": column.heading}
                self.doubt(first.place, _TWO_VALUES.fill(**particulars, **headings))
                break
        return first, value

    def has_doubt(self, wanted: LedgerField) -> bool:
        """Say whether a doubt stands at a cell of this field."""
        places = {column.place for column in self.table.of(wanted)}
        return any(place in places for place, _ in self.doubts)

    def missing(self, wanted: LedgerField) -> None:
        """Keep the doubt that a field says nothing, unless there is another at its cells."""
        if self.has_doubt(wanted):
            return
        columns = self.table.of(wanted)
        name = FIELD_NAMES[wanted]
        if columns:
            cell = self.cell(columns[0].place)
            self.doubt(columns[0].place, _EMPTY.fill(cell=cell, column=columns[0].heading))
        else:
            self.doubt(1 << 20, _NO_COLUMN.fill(column=name))
