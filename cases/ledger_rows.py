"""One row of a ledger: read field by field; all its doubts are told at once, each by its cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from cases.ledger_fields import FIELD_NAMES, NOT_TAKEN, LedgerField
from cases.ledger_headers import cell_name
from cases.ledger_items import items_in
from cases.ledger_mapping import FIRST_LEADS, SAME_AS_SERVICE
from cases.ledger_row import BadRow, LedgerHistory, LedgerRow
from cases.ledger_values import (
    Doubt,
    check_secret,
    check_value,
    day_of,
    duty_of,
    inspection_of,
    is_ditto,
    is_nothing,
    mark_of,
    no_ditto,
    not_text,
    number_of,
    post_of,
    shortened,
    term_of,
    text_of,
    units_of,
)
from files.workbook import NoValue
from states.errors import BadTerm, Sentence
from states.likeness import core
from states.terms import Term
from states.vocabulary import inspection_name
from states.written_terms import RectificationKind, WrittenTerm, plain, read_kind

if TYPE_CHECKING:
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
"""Fields that a case can do without: an error value in one of them is said, and stops nothing."""

_EMPTY: Final = Sentence("{cell} “{column}”为空，请补填。", "{cell}: “{column}” is empty; fill it in.")
_NO_COLUMN: Final = Sentence(
    "台账没有“{column}”一列：请在对应列中指定，或给出默认值。",
    "The ledger has no column “{column}”; name one in the mapping, or give a default.",
)
_TOO_LONG: Final = Sentence(
    "{cell} “{column}”过长（最多{most}字）。", "{cell}: “{column}” is too long ({most} characters at most)."
)
_TWO_VALUES: Final = Sentence(
    "{first}“{one}”和{second}“{other}”写的不同，请改成一致，或在对应列中指定用哪一列。",
    "{first} (“{one}”) and {second} (“{other}”) differ; make them agree, or say in the mapping which column counts.",
)
_BAD_TERM: Final = Sentence("{cell} {problem}", "{cell}: {problem}")
_ORDER: Final = Sentence(
    "{cell} 送达日期{served}早于发现日期{found}，请核对。", "{cell}: served on {served}, before the finding of {found}."
)
_ENDS_BEFORE: Final = Sentence(
    "{cell} 整改期限{due}早于{start}，请核对。", "{cell}: the last day {due} lies before {start}; check it."
)
_STRUCK: Final = Sentence(
    "{cell} 带删除线，是否作废？作废的请删除该行，有效的请去掉删除线。",
    "{cell} is struck through: is the row void? Delete it if so, else remove the line.",
)

_HIDDEN: Final = Sentence("第{row}行在文件中是隐藏的。", "Row {row} is hidden in the file.")
_STRUCK_PART: Final = Sentence("{cell} 带删除线，内容照常读取。", "{cell} is struck through; it was read all the same.")
_COMMENT: Final = Sentence("{cell} 有批注“{text}”，没有导入。", "{cell} has a comment “{text}”, which is not taken.")
_DITTO: Final = Sentence("{cell} “{word}”读作“{value}”。", "{cell}: “{word}” is read as “{value}”.")
_READ_AS: Final = Sentence("{cell} “{written}”读作{value}。", "{cell}: “{written}” is read as {value}.")
_KIND: Final = Sentence(
    "{cell} “{written}”是整改类型，期限按办公室的规定计算。",
    "{cell}: “{written}” is a kind of rectification; the term is that of the office's policy.",
)
_DUE_COUNTS: Final = Sentence(
    "{cell} 的到期日与时限“{term}”并存，以到期日为准。",
    "{cell} has a last day beside the term “{term}”; the last day counts.",
)
_NO_VALUE: Final = Sentence("{cell} 显示“{text}”，当作空。", "{cell} shows “{text}”; taken as empty.")
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
_EXTENSION: Final = Sentence(
    "{cell} 已延期：整改期限以{day}为准；延期次数没有带过来，请核对。",
    "{cell}: extended before; the last day is {day}. How often it was extended is not taken over; check it.",
)
_EXTENDED: Final = re.compile(r"^(?:是[,，;；]?)?(?:已|同意|批准|经批准)*(?:延期|延长|顺延)?(?:至|到)?")
_ISSUED: Final = Sentence(
    "{cell} 是印发日期，不是送达日期，没有用来计算期限。",
    "{cell} is the day of issue, not of service; no term is counted from it.",
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
        self.doubts: list[tuple[int, Sentence]] = []
        self.remarks: list[Sentence] = []

    def read(self) -> LedgerRow | BadRow:
        self._look()
        number, own = self._number()
        unit, others = self._unit()
        served_on = self._day(LedgerField.SERVED_ON)
        found_on = self._found_on(served_on)
        term, kind = self._term(served_on or found_on)
        finding, note = self._text(LedgerField.FINDING, needed=True), self._text(LedgerField.NOTE)
        inspection, post, duty, mark = self._inspection(), self._post(), self._duty(), self._mark()
        history = self._history()
        items, extended_to = self._items(), self._extended_to(served_on or found_on)
        texts = {wanted: self._text(wanted) for wanted in _TEXTS}
        self._check_order(found_on, served_on, term)
        if self.doubts or found_on is None:
            reasons = tuple(dict.fromkeys(sentence for _, sentence in sorted(self.doubts, key=lambda doubt: doubt[0])))
            return BadRow(self.sheet.name, self.row + 1, self._first_cell(), reasons)
        return LedgerRow(
            sheet=self.sheet.name,
            row=self.row + 1,
            cell=self._first_cell(),
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
            remarks=tuple(self.remarks),
            inspection=inspection,
            post=post,
            duty=duty,
            duty_cell=self._cell_of(LedgerField.DUTY),
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

    # --- the cells -----------------------------------------------------------------------------------------------

    def _cell(self, place: int) -> str:
        return cell_name(self.sheet.name, self.row, place, alone=self.context.alone)

    def _cell_of(self, wanted: LedgerField) -> str:
        """Return the cell in which the row says this; "" where it says it nowhere."""
        found = self._found(wanted)
        return self._cell(found[0][0].place) if found else ""

    def _first_cell(self) -> str:
        first = (self.table.of(LedgerField.NUMBER) or self.table.of(LedgerField.UNIT))[0]
        return self._cell(first.place)

    def _doubt(self, place: int, sentence: Sentence) -> None:
        self.doubts.append((place, sentence))

    def _say(self, sentence: Sentence) -> None:
        self.remarks.append(sentence)

    def _look(self) -> None:
        """Note what the whole row shows beside its values, and refuse marks of secrecy wherever they stand."""
        if self.row in self.sheet.hidden_rows:
            self._say(_HIDDEN.fill(row=self.row + 1))
        void = {column.place for column in self.table.of(LedgerField.FINDING)}
        for place, shown in self.sheet.rows[self.row].items():
            try:
                check_secret(shown, self._cell(place))
            except Doubt as doubt:
                self._doubt(place, doubt.sentence)
            if (self.row, place) in self.sheet.struck:
                if place in void:
                    self._doubt(place, _STRUCK.fill(cell=self._cell(place)))
                else:
                    self._say(_STRUCK_PART.fill(cell=self._cell(place)))
            comment = self.sheet.comments.get((self.row, place))
            if comment:
                self._say(_COMMENT.fill(cell=self._cell(place), text=shortened(comment)))
        for column in self.table.columns:
            value = self.sheet.value(self.row, column.place)
            if column.asks is not None and not is_nothing(value):
                self._doubt(column.place, column.asks)

    def _found(self, wanted: LedgerField) -> list[tuple[Column, Value]]:
        """Return the columns of the field that say something in this row."""
        found = []
        for column in self.table.of(wanted):
            value = self.sheet.value(self.row, column.place)
            if value is None or is_nothing(value) or column.asks is not None:
                continue
            try:
                check_value(value, self._cell(column.place))
            except Doubt as doubt:
                if isinstance(value, NoValue) and value.kind == "error" and wanted in _OPTIONAL:
                    self._say(_NO_VALUE.fill(cell=self._cell(column.place), text=value.text))
                else:
                    self._doubt(column.place, doubt.sentence)
                continue
            found.append((column, value))
        return found

    def _one(self, wanted: LedgerField) -> tuple[Column, Value] | None:
        """Return the one column of the field that says something; several that differ are asked about."""
        found = self._found(wanted)
        if not found:
            return None
        (first, value), *others = found
        for column, other in others:
            if core(text_of(other)) != core(text_of(value)):
                particulars = {"first": self._cell(first.place), "second": self._cell(column.place)}
                headings = {"one": first.heading, "other": column.heading}
                self._doubt(first.place, _TWO_VALUES.fill(**particulars, **headings))
                break
        return first, value

    def _has_doubt(self, wanted: LedgerField) -> bool:
        places = {column.place for column in self.table.of(wanted)}
        return any(place in places for place, _ in self.doubts)

    def _missing(self, wanted: LedgerField) -> None:
        if self._has_doubt(wanted):
            return
        columns = self.table.of(wanted)
        name = FIELD_NAMES[wanted]
        if columns:
            cell = self._cell(columns[0].place)
            self._doubt(columns[0].place, _EMPTY.fill(cell=cell, column=columns[0].heading))
        else:
            self._doubt(1 << 20, _NO_COLUMN.fill(column=name))

    # --- the fields ----------------------------------------------------------------------------------------------

    def _text(self, wanted: LedgerField, *, needed: bool = False) -> str:
        texts = []
        for column, value in self._found(wanted):
            if is_ditto(value):
                self._doubt(column.place, no_ditto(value, self._cell(column.place)).sentence)
                continue
            if wanted is LedgerField.FINDING and not isinstance(value, str):
                self._doubt(column.place, not_text(value, self._cell(column.place)).sentence)
                continue
            texts.append(text_of(value))
        text = "\n".join(dict.fromkeys(texts))
        if len(text) > TEXT_LIMIT:
            column = self.table.of(wanted)[0]
            cell = self._cell(column.place)
            self._doubt(column.place, _TOO_LONG.fill(cell=cell, column=column.heading, most=TEXT_LIMIT))
        if needed and not text:
            self._missing(wanted)
        return text

    def _number(self) -> tuple[str | None, str]:
        found = self._one(LedgerField.NUMBER)
        if found is None:
            return None, ""
        column, value = found
        if is_ditto(value):
            self._doubt(column.place, no_ditto(value, self._cell(column.place)).sentence)
            return None, ""
        number, own = number_of(value)
        if number is None:
            self._say(_OWN_NUMBER.fill(cell=self._cell(column.place), own=shortened(value)))
        return number, own

    def _like_above(self, column: Column, value: Value, above: str) -> str | None:
        """Return what 同上 means: what the row right above says, if that row was understood."""
        if not is_ditto(value):
            return None
        if self.above is None:
            self._doubt(column.place, no_ditto(value, self._cell(column.place)).sentence)
            return ""
        self._say(_DITTO.fill(cell=self._cell(column.place), word=shortened(value), value=above))
        return above

    def _unit(self) -> tuple[str, tuple[str, ...]]:
        others = [text_of(value) for _, value in self._found(LedgerField.OTHER_UNITS)]
        found = self._one(LedgerField.UNIT)
        if found is None:
            self._missing(LedgerField.UNIT)
            return "", ()
        column, value = found
        like_above = self._like_above(column, value, self.above.unit if self.above else "")
        if like_above is not None:
            return like_above, ()
        cell = self._cell(column.place)
        try:
            named = units_of(value, cell, first_leads=self.mapping.several_units == FIRST_LEADS)
        except Doubt as doubt:
            self._doubt(column.place, doubt.sentence)
            return "", ()
        if named.others:
            self._say(_OTHERS.fill(cell=cell, lead=named.lead, others="、".join(named.others)))
        return named.lead, (*named.others, *others)

    def _post(self) -> str:
        found = self._one(LedgerField.POST)
        if found is None:
            if not self.mapping.post:
                self._missing(LedgerField.POST)
            return self.mapping.post
        column, value = found
        like_above = self._like_above(column, value, self.above.post if self.above else "")
        if like_above is not None:
            return like_above
        cell = self._cell(column.place)
        try:
            named = post_of(value, cell, default=self.mapping.post)
        except Doubt as doubt:
            self._doubt(column.place, doubt.sentence)
            return ""
        if named.person:
            self._say(_PERSON.fill(cell=cell, person=named.person, post=named.post))
        return named.post

    def _inspection(self) -> str:
        found = self._one(LedgerField.INSPECTION)
        if found is None:
            if not self.mapping.inspection:
                self._missing(LedgerField.INSPECTION)
            return self.mapping.inspection
        column, value = found
        like_above = self._like_above(column, value, inspection_name(self.above.inspection) if self.above else "")
        if like_above is not None:
            return self.above.inspection if self.above else ""
        try:
            return inspection_of(value, self._cell(column.place))
        except Doubt as doubt:
            self._doubt(column.place, doubt.sentence)
            return ""

    def _duty(self) -> str:
        found = self._one(LedgerField.DUTY)
        if found is None:
            if not self.mapping.duty:
                self._missing(LedgerField.DUTY)
            return self.mapping.duty
        column, value = found
        cell = self._cell(column.place)
        try:
            duty = duty_of(value, cell, self.context.duties)
        except Doubt as doubt:
            self._doubt(column.place, doubt.sentence)
            return ""
        if duty != text_of(value):
            self._say(_READ_AS.fill(cell=cell, written=shortened(value), value=duty))
        return duty

    def _by_reference(self, finding: str, note: str) -> bool:
        """Say whether the rules are applied by reference: by a column of its own, else by the words of the row."""
        found = self._one(LedgerField.BY_REFERENCE)
        said = plain(text_of(found[1])).lower() if found is not None else ""
        if said in _YES | _NO:
            return said in _YES
        return "参照执行" in note or "参照执行" in finding

    def _mark(self) -> str:
        found = self._one(LedgerField.CONFIDENTIALITY)
        if found is None:
            return ""
        column, value = found
        try:
            return mark_of(value, self._cell(column.place))
        except Doubt as doubt:
            self._doubt(column.place, doubt.sentence)
            return ""

    def _day(self, wanted: LedgerField) -> date | None:
        found = self._one(wanted)
        if found is None:
            return None
        column, value = found
        cell = self._cell(column.place)
        try:
            if is_ditto(value):
                raise no_ditto(value, cell)
            day = day_of(value, cell, year=self.mapping.year, first_day=self.context.first_day)
        except Doubt as doubt:
            self._doubt(column.place, doubt.sentence)
            return None
        if isinstance(value, (int, float)):
            self._say(_READ_AS.fill(cell=cell, written=shortened(value), value=day.isoformat()))
        return day

    def _found_on(self, served_on: date | None) -> date | None:
        day = self._day(LedgerField.FOUND_ON)
        if day is not None:
            return day
        default = self.mapping.found_on
        if self._has_doubt(LedgerField.FOUND_ON):
            return None
        if isinstance(default, date):
            return default
        if default == SAME_AS_SERVICE and served_on is not None:
            return served_on
        self._missing(LedgerField.FOUND_ON)
        return None

    def _term(self, after: date | None) -> tuple[str, RectificationKind | None]:
        """Return the term in canonical form, and the kind of rectification that may stand in its place."""
        (length, length_column), (due, due_column) = (
            self._written(LedgerField.TERM, after),
            self._written(LedgerField.DUE_ON, after),
        )
        for column, written in ((length_column, length), (due_column, due)):
            if column is not None and written is not None and written.kind is not None and not written.term:
                value = shortened(self.sheet.value(self.row, column.place))
                self._say(_KIND.fill(cell=self._cell(column.place), written=value))
        if due is not None and due.term and length is not None and length.term and due_column is not None:
            self._say(_DUE_COUNTS.fill(cell=self._cell(due_column.place), term=length.term))
        chosen = due if due is not None and due.term else length
        kind = next((one.kind for one in (length, due) if one is not None and one.kind is not None), None)
        issued = self._one(LedgerField.ISSUED_ON)
        if issued is not None:
            self._say(_ISSUED.fill(cell=self._cell(issued[0].place)))
        return (chosen.term if chosen is not None else ""), kind

    def _written(self, wanted: LedgerField, after: date | None) -> tuple[WrittenTerm | None, Column | None]:
        found = self._one(wanted)
        if found is None:
            return None, None
        column, value = found
        cell = self._cell(column.place)
        try:
            if is_ditto(value):
                raise no_ditto(value, cell)
            written = term_of(
                value,
                cell,
                unit=column.unit if wanted is LedgerField.TERM else None,
                days=self.mapping.days,
                after=after,
                year=self.mapping.year,
                first_day=self.context.first_day,
            )
            if written.term:
                Term.parse(written.term)
        except Doubt as doubt:
            self._doubt(column.place, doubt.sentence)
            return None, column
        except BadTerm as problem:
            self._doubt(column.place, _BAD_TERM.fill(cell=cell, problem=problem.sentence))
            return None, column
        if written.supplied:
            self._say(_READ_AS.fill(cell=cell, written=shortened(value), value=written.term))
        return written, column

    def _items(self) -> tuple[Item, ...]:
        found = self._one(LedgerField.ITEMS)
        if found is None:
            return ()
        column, value = found
        try:
            return items_in(text_of(value))
        except BadTerm as problem:
            self._doubt(column.place, _BAD_TERM.fill(cell=self._cell(column.place), problem=problem.sentence))
            return ()

    def _extended_to(self, after: date | None) -> date | None:
        """Return the last day to which the term was extended, if the ledger says the day; else it stays text."""
        for column, value in self._found(LedgerField.EXTENSION):
            cell = self._cell(column.place)
            written = value if not isinstance(value, str) else _EXTENDED.sub("", plain(value))
            try:
                day = day_of(written, cell, year=self.mapping.year, first_day=self.context.first_day)
            except Doubt:
                continue
            if after is not None and day < after:
                shown = {"cell": cell, "due": day.isoformat(), "start": after.isoformat()}
                self._doubt(column.place, _ENDS_BEFORE.fill(**shown))
                return None
            self._say(_EXTENSION.fill(cell=cell, day=day.isoformat()))
            return day
        return None

    def _check_order(self, found_on: date | None, served_on: date | None, term: str) -> None:
        if found_on is not None and served_on is not None and served_on < found_on:
            place = self.table.of(LedgerField.SERVED_ON)[0].place
            shown = {"cell": self._cell(place), "served": served_on.isoformat(), "found": found_on.isoformat()}
            self._doubt(place, _ORDER.fill(**shown))
        due = Term.parse(term).on if term else None
        start = served_on or found_on
        if due is not None and start is not None and due < start:
            column = (self.table.of(LedgerField.DUE_ON) or self.table.of(LedgerField.TERM))[0]
            shown = {"cell": self._cell(column.place), "due": due.isoformat(), "start": start.isoformat()}
            self._doubt(column.place, _ENDS_BEFORE.fill(**shown))

    def _history(self) -> LedgerHistory:
        """Return what the ledger tells of the past; what it tells in its own words stays text."""
        progress = [self._text(LedgerField.PROGRESS)]
        found = self._one(LedgerField.STRUCK_OFF)
        said = text_of(found[1]) if found is not None else ""
        struck_off = True if plain(said).lower() in _YES else False if plain(said).lower() in _NO else None
        if said and struck_off is None and found is not None:
            progress.append(f"{found[0].heading}：{said}")
        days: dict[LedgerField, date | None] = {}
        for wanted in (LedgerField.COMPLETED_ON, LedgerField.STRUCK_OFF_ON):
            before = len(self.doubts)
            days[wanted] = self._day(wanted)
            if len(self.doubts) > before:
                # A day of the past that cannot be read is kept in its own words; it decides nothing.
                column, value = self._one(wanted) or (None, None)
                del self.doubts[before:]
                if column is not None:
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
