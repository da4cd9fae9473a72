"""The days and terms of one row of a ledger: found, served, due, extended; whatever way they are written."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from cases.ledger_cells import BAD_TERM, READ_AS
from cases.ledger_fields import LedgerField
from cases.ledger_mapping import SAME_AS_SERVICE
from cases.ledger_values import Doubt, day_of, is_ditto, no_ditto, shortened, term_of
from states.errors import BadTerm, Sentence
from states.terms import Term
from states.written_terms import RectificationKind, WrittenTerm, plain

if TYPE_CHECKING:
    from cases.ledger_cells import RowCells
    from cases.ledger_headers import Column
    from cases.ledger_mapping import Mapping

_KIND: Final = Sentence(
    "{cell} “{written}”是整改类型，期限按办公室的规定计算。",
    "{cell}: “{written}” is a kind of rectification; the term is that of the office's policy.",
)
_DUE_COUNTS: Final = Sentence(
    "{cell} 的到期日与时限“{term}”并存，以到期日为准。",
    "{cell} has a last day beside the term “{term}”; the last day counts.",
)
_ISSUED: Final = Sentence(
    "{cell} 是印发日期，不是送达日期，没有用来计算期限。",
    "{cell} is the day of issue, not of service; no term is counted from it.",
)
_EXTENDED: Final = re.compile(r"^(?:是[,，;；]?)?(?:已|同意|批准|经批准)*(?:延期|延长|顺延)?(?:至|到)?")
_ENDS_BEFORE: Final = Sentence(
    "{cell} 整改期限{due}早于{start}，请核对。", "{cell}: the last day {due} lies before {start}; check it."
)
_EXTENSION: Final = Sentence(
    "{cell} 已延期：整改期限以{day}为准；延期次数没有带过来，请核对。",
    "{cell}: extended before; the last day is {day}. How often it was extended is not taken over; check it.",
)
_ORDER: Final = Sentence(
    "{cell} 送达日期{served}早于发现日期{found}，请核对。", "{cell}: served on {served}, before the finding of {found}."
)


class RowDays:
    """Reads what a row says of days and terms."""

    def __init__(self, cells: RowCells, mapping: Mapping, first_day: date) -> None:
        """Read these cells; `first_day` is the earliest that is believed, `mapping` may name what a ledger omits."""
        self.cells, self.mapping, self.first_day = cells, mapping, first_day

    def day(self, wanted: LedgerField) -> date | None:
        """Return the day that the field says, if it says one that can be believed."""
        found = self.cells.one(wanted)
        if found is None:
            return None
        column, value = found
        cell = self.cells.cell(column.place)
        try:
            if is_ditto(value):
                raise no_ditto(value, cell)
            day = day_of(value, cell, year=self.mapping.year, first_day=self.first_day)
        except Doubt as doubt:
            self.cells.doubt(column.place, doubt.sentence)
            return None
        if isinstance(value, (int, float)):
            self.cells.say(READ_AS.fill(cell=cell, written=shortened(value), value=day.isoformat()))
        return day

    def found_on(self, served_on: date | None) -> date | None:
        """Return the day of the finding: as the row says it, else as the mapping says for all rows."""
        day = self.day(LedgerField.FOUND_ON)
        if day is not None:
            return day
        default = self.mapping.found_on
        if self.cells.has_doubt(LedgerField.FOUND_ON):
            return None
        if isinstance(default, date):
            return default
        if default == SAME_AS_SERVICE and served_on is not None:
            return served_on
        self.cells.missing(LedgerField.FOUND_ON)
        return None

    def term(self, after: date | None) -> tuple[str, RectificationKind | None]:
        """Return the term in canonical form, and the kind of rectification that may stand in its place."""
        (length, length_column), (due, due_column) = (
            self._written(LedgerField.TERM, after),
            self._written(LedgerField.DUE_ON, after),
        )
        for column, written in ((length_column, length), (due_column, due)):
            if column is not None and written is not None and written.kind is not None and not written.term:
                value = shortened(self.cells.sheet.value(self.cells.row, column.place))
                self.cells.say(_KIND.fill(cell=self.cells.cell(column.place), written=value))
        if due is not None and due.term and length is not None and length.term and due_column is not None:
            self.cells.say(_DUE_COUNTS.fill(cell=self.cells.cell(due_column.place), term=length.term))
        chosen = due if due is not None and due.term else length
        kind = next((one.kind for one in (length, due) if one is not None and one.kind is not None), None)
        issued = self.cells.one(LedgerField.ISSUED_ON)
        if issued is not None:
            self.cells.say(_ISSUED.fill(cell=self.cells.cell(issued[0].place)))
        return (chosen.term if chosen is not None else ""), kind

    def _written(self, wanted: LedgerField, after: date | None) -> tuple[WrittenTerm | None, Column | None]:
        found = self.cells.one(wanted)
        if found is None:
            return None, None
        column, value = found
        cell = self.cells.cell(column.place)
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
                first_day=self.first_day,
            )
            if written.term:
                Term.parse(written.term)
        except Doubt as doubt:
            self.cells.doubt(column.place, doubt.sentence)
            return None, column
        except BadTerm as problem:
            self.cells.doubt(column.place, BAD_TERM.fill(cell=cell, problem=problem.sentence))
            return None, column
        if written.supplied:
            self.cells.say(READ_AS.fill(cell=cell, written=shortened(value), value=written.term))
        return written, column

    def extended_to(self, after: date | None) -> date | None:
        """Return the last day to which the term was extended, if the ledger says the day; else it stays text."""
        for column, value in self.cells.found(LedgerField.EXTENSION):
            cell = self.cells.cell(column.place)
            written = value if not isinstance(value, str) else _EXTENDED.sub("", plain(value))
            try:
                day = day_of(written, cell, year=self.mapping.year, first_day=self.first_day)
            except Doubt:
                continue
            if after is not None and day < after:
                shown = {"cell": cell, "due": day.isoformat(), "start": after.isoformat()}
                self.cells.doubt(column.place, _ENDS_BEFORE.fill(**shown))
                return None
            self.cells.say(_EXTENSION.fill(cell=cell, day=day.isoformat()))
            return day
        return None

    def check_order(self, found_on: date | None, served_on: date | None, term: str) -> None:
        """Doubt a service before the finding, and a last day before the term begins."""
        if found_on is not None and served_on is not None and served_on < found_on:
            place = self.cells.table.of(LedgerField.SERVED_ON)[0].place
            shown = {"cell": self.cells.cell(place), "served": served_on.isoformat(), "found": found_on.isoformat()}
            self.cells.doubt(place, _ORDER.fill(**shown))
        due = Term.parse(term).on if term else None
        start = served_on or found_on
        if due is not None and start is not None and due < start:
            column = (self.cells.table.of(LedgerField.DUE_ON) or self.cells.table.of(LedgerField.TERM))[0]
            shown = {"cell": self.cells.cell(column.place), "due": due.isoformat(), "start": start.isoformat()}
            self.cells.doubt(column.place, _ENDS_BEFORE.fill(**shown))
