"""One row of a ledger: read field by field; all its doubts are told at once, each by its cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cases.ledger_cells import BAD_TERM, READ_AS, RowCells
from cases.ledger_days import RowDays
from cases.ledger_fields import NOT_TAKEN, LedgerField
from cases.ledger_items import items_in
from cases.ledger_mapping import FIRST_LEADS
from cases.ledger_row import BadRow, LedgerHistory, LedgerRow
from cases.ledger_values import (
    Doubt,
    duty_of,
    inspection_of,
    is_ditto,
    mark_of,
    no_ditto,
    not_text,
    number_of,
    post_of,
    shortened,
    text_of,
    units_of,
)
from states.errors import BadTerm, Sentence
from states.vocabulary import inspection_name
from states.written_terms import plain, read_kind

if TYPE_CHECKING:
    from datetime import date

    from cases.ledger_headers import Column, Table
    from cases.ledger_mapping import Mapping
    from files.workbook import Sheet, Value
    from states.case import Item

TEXT_LIMIT: Final = 8000
_YES: Final = frozenset({"是", "已销号", "已办结", "办结", "销号", "已完成", "完成", "√", "y", "yes", "1", "已整改"})
_NO: Final = frozenset(
    {"否", "未销号", "未办结", "未完成", "整改中", "×", "n", "no", "0", "未整改", "正在整改", "推进中"}
)
_TEXTS: Final = (
    LedgerField.SEVERITY,
    LedgerField.CRITERIA,
    LedgerField.LIAISON,
    LedgerField.MEASURES,
    LedgerField.SOURCE,
    LedgerField.RECTIFICATION,
)
"""Fields that a case can do without: an error value in one of them is said, and stops nothing."""

_TOO_LONG: Final = Sentence(
    "{cell} “{column}”过长（最多{most}字）。", "{cell}: “{column}” is too long ({most} characters at most)."
)

_DITTO: Final = Sentence("{cell} “{word}”读作“{value}”。", "{cell}: “{word}” is read as “{value}”.")
_PERSON: Final = Sentence(
    "{cell} 的姓名“{person}”不写入案件，只登记职务“{post}”。",
    "The name “{person}” in {cell} does not go into the case, only the post “{post}”.",
)
_OTHERS: Final = Sentence(
    "{cell} 以“{lead}”为责任单位，其余（{others}）记为配合单位。", "{cell}: {lead} leads; {others} help."
)
_OWN_NUMBER: Final = Sentence(
    "{cell} “{own}”不是完整案号，由系统编号。", "{cell}: “{own}” is no whole case number; the system gives one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReader:
    """What the rows of one table share."""

    sheet: Sheet
    table: Table
    mapping: Mapping
    duties: frozenset[str]
    first_day: date
    alone: bool

    def read(self, row: int, above: LedgerRow | None) -> LedgerRow | BadRow:
        """Return the row as understood, or everything that is wrong with it. `above` is the row that 同上 points to."""
        return _RowReader(self, row, above).read()


class _RowReader:
    """One row, read cell by cell; doubts are gathered, not raised."""

    def __init__(self, table: TableReader, row: int, above: LedgerRow | None) -> None:
        self.context, self.row, self.above = table, row, above
        self.sheet, self.table, self.mapping = table.sheet, table.table, table.mapping
        self.cells = RowCells(table.sheet, table.table, row, alone=table.alone)
        self.days = RowDays(self.cells, table.mapping, table.first_day)

    def read(self) -> LedgerRow | BadRow:
        self.cells.look()
        number, own = self._number()
        unit, others = self._unit()
        served_on = self.days.day(LedgerField.SERVED_ON)
        found_on = self.days.found_on(served_on)
        term, kind = self.days.term(served_on or found_on)
        finding, note = self._text(LedgerField.FINDING, needed=True), self._text(LedgerField.NOTE)
        inspection, post, duty, mark = self._inspection(), self._post(), self._duty(), self._mark()
        history = self._history()
        items, extended_to = self._items(), self.days.extended_to(served_on or found_on)
        texts = {wanted: self._text(wanted) for wanted in _TEXTS}
        self.days.check_order(found_on, served_on, term)
        if self.cells.doubts or found_on is None:
            reasons = tuple(
                dict.fromkeys(sentence for _, sentence in sorted(self.cells.doubts, key=lambda doubt: doubt[0]))
            )
            return BadRow(self.sheet.name, self.row + 1, self.cells.first_cell(), reasons)
        return LedgerRow(
            sheet=self.sheet.name,
            row=self.row + 1,
            cell=self.cells.first_cell(),
            number=number,
            own_number=own,
            unit=unit,
            other_units=others,
            found_on=found_on,
            served_on=served_on,
            term=term,
            rectification=kind or read_kind(texts[LedgerField.RECTIFICATION]),
            finding=finding,
            note=note,
            by_reference=self._by_reference(finding, note),
            remarks=tuple(self.cells.remarks),
            inspection=inspection,
            post=post,
            duty=duty,
            duty_cell=self.cells.cell_of(LedgerField.DUTY),
            confidentiality=mark,
            history=history,
            items=items,
            extended_to=extended_to,
            severity=texts[LedgerField.SEVERITY],
            criteria=texts[LedgerField.CRITERIA],
            liaison=texts[LedgerField.LIAISON],
            measures=texts[LedgerField.MEASURES],
            source=texts[LedgerField.SOURCE],
        )

    def _text(self, wanted: LedgerField, *, needed: bool = False) -> str:
        texts = []
        for column, value in self.cells.found(wanted):
            if is_ditto(value):
                self.cells.doubt(column.place, no_ditto(value, self.cells.cell(column.place)).sentence)
                continue
            if wanted is LedgerField.FINDING and not isinstance(value, str):
                self.cells.doubt(column.place, not_text(value, self.cells.cell(column.place)).sentence)
                continue
            texts.append(text_of(value))
        text = "\n".join(dict.fromkeys(texts))
        if len(text) > TEXT_LIMIT:
            column = self.table.of(wanted)[0]
            cell = self.cells.cell(column.place)
            self.cells.doubt(column.place, _TOO_LONG.fill(cell=cell, column=column.heading, most=TEXT_LIMIT))
        if needed and not text:
            self.cells.missing(wanted)
        return text

    def _number(self) -> tuple[str | None, str]:
        found = self.cells.one(LedgerField.NUMBER)
        if found is None:
            return None, ""
        column, value = found
        if is_ditto(value):
            self.cells.doubt(column.place, no_ditto(value, self.cells.cell(column.place)).sentence)
            return None, ""
        number, own = number_of(value)
        if number is None:
            self.cells.say(_OWN_NUMBER.fill(cell=self.cells.cell(column.place), own=shortened(value)))
        return number, own

    def _like_above(self, column: Column, value: Value, above: str) -> str | None:
        """Return what 同上 means: what the row right above says, if that row was understood."""
        if not is_ditto(value):
            return None
        if self.above is None:
            self.cells.doubt(column.place, no_ditto(value, self.cells.cell(column.place)).sentence)
            return ""
        self.cells.say(_DITTO.fill(cell=self.cells.cell(column.place), word=shortened(value), value=above))
        return above

    def _unit(self) -> tuple[str, tuple[str, ...]]:
        others = [text_of(value) for _, value in self.cells.found(LedgerField.OTHER_UNITS)]
        found = self.cells.one(LedgerField.UNIT)
        if found is None:
            self.cells.missing(LedgerField.UNIT)
            return "", ()
        column, value = found
        like_above = self._like_above(column, value, self.above.unit if self.above else "")
        if like_above is not None:
            return like_above, ()
        cell = self.cells.cell(column.place)
        try:
            named = units_of(value, cell, first_leads=self.mapping.several_units == FIRST_LEADS)
        except Doubt as doubt:
            self.cells.doubt(column.place, doubt.sentence)
            return "", ()
        if named.others:
            self.cells.say(_OTHERS.fill(cell=cell, lead=named.lead, others="、".join(named.others)))
        return named.lead, (*named.others, *others)

    def _post(self) -> str:
        found = self.cells.one(LedgerField.POST)
        if found is None:
            if not self.mapping.post:
                self.cells.missing(LedgerField.POST)
            return self.mapping.post
        column, value = found
        like_above = self._like_above(column, value, self.above.post if self.above else "")
        if like_above is not None:
            return like_above
        cell = self.cells.cell(column.place)
        try:
            named = post_of(value, cell, default=self.mapping.post)
        except Doubt as doubt:
            self.cells.doubt(column.place, doubt.sentence)
            return ""
        if named.person:
            self.cells.say(_PERSON.fill(cell=cell, person=named.person, post=named.post))
        return named.post

    def _inspection(self) -> str:
        found = self.cells.one(LedgerField.INSPECTION)
        if found is None:
            if not self.mapping.inspection:
                self.cells.missing(LedgerField.INSPECTION)
            return self.mapping.inspection
        column, value = found
        like_above = self._like_above(column, value, inspection_name(self.above.inspection) if self.above else "")
        if like_above is not None:
            return self.above.inspection if self.above else ""
        try:
            return inspection_of(value, self.cells.cell(column.place))
        except Doubt as doubt:
            self.cells.doubt(column.place, doubt.sentence)
            return ""

    def _duty(self) -> str:
        found = self.cells.one(LedgerField.DUTY)
        if found is None:
            if not self.mapping.duty:
                self.cells.missing(LedgerField.DUTY)
            return self.mapping.duty
        column, value = found
        cell = self.cells.cell(column.place)
        try:
            duty = duty_of(value, cell, self.context.duties)
        except Doubt as doubt:
            self.cells.doubt(column.place, doubt.sentence)
            return ""
        if duty != text_of(value):
            self.cells.say(READ_AS.fill(cell=cell, written=shortened(value), value=duty))
        return duty

    def _by_reference(self, finding: str, note: str) -> bool:
        """Say whether the rules are applied by reference: by a column of its own, else by the words of the row."""
        found = self.cells.one(LedgerField.BY_REFERENCE)
        said = plain(text_of(found[1])).lower() if found is not None else ""
        if said in _YES | _NO:
            return said in _YES
        return "参照执行" in note or "参照执行" in finding

    def _mark(self) -> str:
        found = self.cells.one(LedgerField.CONFIDENTIALITY)
        if found is None:
            return ""
        column, value = found
        try:
            return mark_of(value, self.cells.cell(column.place))
        except Doubt as doubt:
            self.cells.doubt(column.place, doubt.sentence)
            return ""

    def _items(self) -> tuple[Item, ...]:
        found = self.cells.one(LedgerField.ITEMS)
        if found is None:
            return ()
        column, value = found
        try:
            return items_in(text_of(value))
        except BadTerm as problem:
            self.cells.doubt(column.place, BAD_TERM.fill(cell=self.cells.cell(column.place), problem=problem.sentence))
            return ()

    def _history(self) -> LedgerHistory:
        """Return what the ledger tells of the past; what it tells in its own words stays text."""
        progress = [self._text(LedgerField.PROGRESS)]
        found = self.cells.one(LedgerField.STRUCK_OFF)
        said = text_of(found[1]) if found is not None else ""
        struck_off = True if plain(said).lower() in _YES else False if plain(said).lower() in _NO else None
        if said and struck_off is None and found is not None:
            progress.append(f"{found[0].heading}：{said}")
        days: dict[LedgerField, date | None] = {}
        for wanted in (LedgerField.COMPLETED_ON, LedgerField.STRUCK_OFF_ON):
            before = len(self.cells.doubts)
            days[wanted] = self.days.day(wanted)
            if len(self.cells.doubts) > before and (written := self.cells.one(wanted)) is not None:
                # A day of the past that cannot be read is kept in its own words; it decides nothing.
                column, value = written
                del self.cells.doubts[before:]
                progress.append(f"{column.heading}：{text_of(value)}")
        return LedgerHistory(
            progress="\n".join(text for text in progress if text),
            completed_on=days[LedgerField.COMPLETED_ON],
            struck_off=struck_off,
            struck_off_on=days[LedgerField.STRUCK_OFF_ON],
            acceptance=self._text(LedgerField.ACCEPTANCE),
            extension=self._text(LedgerField.EXTENSION),
            look_back=self._text(LedgerField.LOOK_BACK),
            evidence=self._text(LedgerField.EVIDENCE),
        )


def takes(column: Column) -> bool:
    """Say whether something of the column goes into a case or its history."""
    return column.field is not None and column.field not in NOT_TAKEN
