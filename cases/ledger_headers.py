"""Finding the tables of a sheet: where their headings stand, in one row or in several, and what each column means."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cases.ledger_fields import FIELD_NAMES, JOINED, LONGEST_HEADING, LedgerField, field_of, heading_of
from cases.ledger_keys import key_of
from cases.ledger_mapping import NO_MAPPING
from files.workbook import address, letters
from states.errors import Sentence

if TYPE_CHECKING:
    from cases.ledger_mapping import Mapping
    from files.workbook import Sheet

HEADER_WITHIN: Final = 30
"""Filled rows from the top of a sheet in which its headings are looked for."""
_LEVELS: Final = 3
_FEWEST: Final = 3
"""Recognised columns that make a row of headings; fewer are words that happen to stand there."""
_FEWEST_GUESSED: Final = 2
_LONGEST_SHOWN: Final = 200
"""Characters of a heading that are looked at; what is longer is a text, and no heading begins with it."""
_COMPLETES: Final = frozenset({LedgerField.TERM, LedgerField.DUE_ON})

_TWO_MEANINGS: Final = Sentence(
    "“{heading}”可以是要求完成的时限，也可以是实际完成的日期，请在对应列中说明。",
    "“{heading}” may be the last day or the day of completion; say which in the mapping.",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it is, what its heading says, and the field it stands for, or None if it is not understood.

    `asks` is the sentence of a heading with two meanings; rows with something in such a column wait for an answer.
    `chosen_by` is the key of the mapping by which a person gave the field, so that nothing settles it otherwise.
    `levels` are the headings from the top row to the lowest, `key` is what a mapping calls the column.
    """

    place: int
    heading: str
    field: LedgerField | None
    unit: str | None = None
    asks: Sentence | None = None
    chosen_by: str = ""
    levels: tuple[str, ...] = ()
    key: str = ""

    @property
    def is_chosen(self) -> bool:
        """Say whether a person gave the field."""
        return bool(self.chosen_by)

    @property
    def name(self) -> str:
        """What people call the column."""
        return letters(self.place)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a sheet: its rows of headings, and its columns. It reaches to the next table or the sheet's end."""

    first: int
    last: int
    columns: tuple[Column, ...]

    @property
    def layout(self) -> str:
        """The hash of the headings in their order, by which a mapping is remembered.

        What stands in brackets is part of it: 时限(天) and 时限(工作日) count differently, and are two layouts.
        """
        words = "\n".join(" › ".join(map(_whole, column.levels)) for column in self.columns)
        return sha256(words.encode()).hexdigest()

    def of(self, field: LedgerField) -> tuple[Column, ...]:
        """Return the columns of this field, in their order."""
        return tuple(column for column in self.columns if column.field is field)

    def has(self, *fields: LedgerField) -> bool:
        """Say whether one of the fields has a column."""
        return any(column.field in fields for column in self.columns)

    def missing(self) -> list[str]:
        """Return the names of the fields without which no row can be taken."""
        lacking = []
        if not self.has(LedgerField.UNIT):
            lacking.append(FIELD_NAMES[LedgerField.UNIT].zh)
        if not self.has(LedgerField.FINDING):
            lacking.append(FIELD_NAMES[LedgerField.FINDING].zh)
        return lacking

    @property
    def understood(self) -> int:
        """How many different fields were recognised."""
        return len({column.field for column in self.columns if column.field is not None})


def _whole(text: str) -> str:
    heading = heading_of(text)
    return f"{heading.words}({heading.qualifier})" if heading.qualifier else heading.words


def find_table(sheet: Sheet, mapping: Mapping) -> Table | None:
    """Return the first table with a ledger's headings, or the best beginning of one, or None."""
    best: Table | None = None
    for row in list(sheet.rows)[:HEADER_WITHIN]:
        if best is not None and not best.missing() and row > best.last:
            break  # the row below whole headings is the first row of content, whatever stands below that
        found = _best_at(sheet, row, mapping)
        if found is not None and (best is None or _is_better(sheet, found, best)):
            best = found
    return best


def guess_table(sheet: Sheet) -> Table | None:
    """Return the table whose headings stand in the fullest rows of short words near the top, if nobody knows any.

    Only for asking a person: nothing is read by it.
    """
    best: Table | None = None
    for row in list(sheet.rows)[:HEADER_WITHIN]:
        texts = [value for value in sheet.rows[row].values() if isinstance(value, str)]
        if any(len(heading_of(text).words) > LONGEST_HEADING for text in texts) or row == max(sheet.rows):
            continue
        table = _table(sheet, row, _reach(sheet, row), NO_MAPPING)
        if _wording(table) >= _FEWEST_GUESSED and (best is None or _wording(table) > _wording(best)):
            best = table
    return best


def _wording(table: Table) -> int:
    """Count the different headings in words alone: a figure stands in rows of content."""
    wordings = {"".join(column.levels) for column in table.columns}
    return sum(bool(text) and not any(letter.isdigit() for letter in text) for text in wordings)


def _is_better(sheet: Sheet, table: Table, other: Table) -> bool:
    """Say whether the table is the fuller one, or the same without the title that stands over it."""
    if table.understood != other.understood or table.last != other.last:
        return table.understood > other.understood
    above = [sheet.rows[row].values() for row in range(other.first, table.first) if row in sheet.rows]
    words = [value for values in above for value in values if isinstance(value, str)]
    return table.first > other.first and all(field_of(heading_of(word)) is None for word in words)


def _best_at(sheet: Sheet, row: int, mapping: Mapping) -> Table | None:
    best: Table | None = None
    reach = _reach(sheet, row)
    for levels in range(1, _LEVELS + 1):
        last = row + levels - 1
        is_within = last <= reach
        if last not in sheet.rows or (levels > 1 and not is_within and not _may_be_headings(sheet, row, last, mapping)):
            break
        table = _table(sheet, row, last, mapping)
        # A lower row belongs to the headings if it adds fields; what it merely repeats, the upper row says alone.
        if _is_enough(table) and (best is None or is_within or table.understood > best.understood):
            best = table
    return best


def _is_enough(table: Table) -> bool:
    """Say whether a row can be taken for headings: it has several, or a person said which hold unit and finding."""
    return table.understood >= _FEWEST or (not table.missing() and any(column.is_chosen for column in table.columns))


def _reach(sheet: Sheet, row: int) -> int:
    """Return the last row down to which a heading of this row is merged: all of these rows are headings."""
    reach = row
    for top, left, bottom, right in sheet.merged:
        if top != row or left != right or not row < bottom < row + _LEVELS:
            continue
        value = sheet.rows[row].get(left)
        if isinstance(value, str) and len(heading_of(value).words) <= LONGEST_HEADING:
            reach = max(reach, bottom)
    return reach


def _may_be_headings(sheet: Sheet, first: int, last: int, mapping: Mapping) -> bool:
    """Say whether a row can be a lower row of headings: short texts, most of them headings alone or with the upper."""
    known = 0
    for place, value in sheet.rows[last].items():
        if not isinstance(value, str) or len(heading_of(value).words) > LONGEST_HEADING:
            return False
        above = [sheet.value(row, place, across=True) for row in range(first, last)]
        whole = "".join(str(text) for text in above if isinstance(text, str)) + value
        known += any(mapping.field_of(text) or field_of(heading_of(text)) for text in (value, whole))
    return 2 * known > len(sheet.rows[last])


def header_at(sheet: Sheet, row: int, mapping: Mapping, above: Table) -> Table | None:
    """Return the table whose headings stand in this row below another table, if they are headings."""
    values = [value for value in sheet.rows[row].values() if isinstance(value, str)]
    known = sum(field_of(heading_of(value)) is not None or mapping.field_of(value) is not None for value in values)
    if len(values) < len(sheet.rows[row]) or known < _FEWEST or 2 * known <= len(values):
        return None
    found = _best_at(sheet, row, mapping)
    if found is None or found.missing():
        return None
    same = [heading_of(column.heading) for column in above.columns]
    return replace(found, columns=above.columns) if same == [heading_of(c.heading) for c in found.columns] else found


def _table(sheet: Sheet, first: int, last: int, mapping: Mapping) -> Table:
    columns: list[Column] = []
    seen: Counter[str] = Counter()
    for place in range(max(sheet.deepest, default=-1) + 1):
        levels: list[str] = []
        for row in range(first, last + 1):
            value = sheet.value(row, place, across=True)
            text = " ".join(value[: 2 * _LONGEST_SHOWN].split())[:_LONGEST_SHOWN] if isinstance(value, str) else ""
            if text and text not in levels:
                levels.append(text)
        if levels or sheet.deepest.get(place, -1) > last:
            words = heading_of(levels[-1]).words if levels else ""
            seen[words] += 1
            columns.append(_column(place, levels, key_of(words, seen[words], letters(place)), mapping))
    return Table(first, last, tuple(_settled(columns)))


def _column(place: int, levels: list[str], key: str, mapping: Mapping) -> Column:
    whole = "".join(levels)
    candidates = [levels[-1], whole, *reversed(levels[:-1])] if levels else []
    column = Column(place, levels[-1] if levels else "", None, levels=tuple(levels), key=key)
    # The key goes first: it tells columns apart whose headings say the same, or say nothing.
    for said in (key, *(heading_of(text).words for text in candidates)):
        settled = mapping.columns.get(said)
        if settled is not None:
            own = next((unit for text in candidates if (unit := heading_of(text).unit)), None)
            return replace(column, field=settled, unit=mapping.units.get(said) or own, chosen_by=said)
    for text in candidates:
        heading = heading_of(text)
        found = field_of(heading)
        if found is not None:
            unit = mapping.units.get(key) or mapping.unit_of(text) or heading.unit
            return replace(column, field=found, unit=unit)
    return column


def _settled(columns: list[Column]) -> list[Column]:
    """Let the columns settle each other's meaning where a heading alone has two."""
    fields = [column.field for column in columns]
    settled = []
    for column in columns:
        words = heading_of(column.heading).words
        if column.is_chosen:
            settled.append(column)
        elif column.field is LedgerField.COMPLETED_ON and "实际" not in words and not _COMPLETES & set(fields):
            settled.append(replace(column, asks=_TWO_MEANINGS.fill(heading=column.heading)))
        elif column.field is LedgerField.TERM and words == "期限" and fields.count(LedgerField.TERM) > 1:
            # Our own export has the last day beside the term that it follows from.
            settled.append(replace(column, field=LedgerField.COMPUTED))
        elif column.field is LedgerField.PERSON and LedgerField.POST not in fields and fields.count(column.field) == 1:
            settled.append(replace(column, field=LedgerField.POST))
        else:
            settled.append(column)
    return settled


def twins(table: Table) -> dict[LedgerField, tuple[Column, ...]]:
    """Return the fields that several columns hold, although there can be one value only."""
    fields = {column.field for column in table.columns if column.field is not None} - JOINED
    return {field: table.of(field) for field in fields if len(table.of(field)) > 1}


def cell_name(sheet: str, row: int, place: int, *, alone: bool) -> str:
    """Return the cell as people call it, with its sheet where the workbook has several."""
    return address(row, place) if alone else f"{sheet}!{address(row, place)}"
