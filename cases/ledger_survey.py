"""What a person is shown before a workbook becomes cases: its columns, what each is taken for, and what must be said.

A workbook whose headings nobody knows is surveyed as well: then the fullest row of short texts is taken for them, and
the person says what each column holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cases.ledger_fields import FIELD_NAMES, LedgerField
from cases.ledger_headers import Column, Table, find_table, guess_table, twins
from cases.ledger_mapping import NO_MAPPING, Mapping
from cases.ledger_row import BadRow
from cases.ledger_values import is_nothing, shortened
from cases.ledger_workbook import Ledger, ledger_in, refuse_secrets
from states.errors import BadLedger, Sentence
from states.written_terms import plain

if TYPE_CHECKING:
    from files.workbook import Sheet, Workbook

MOST_COLUMNS: Final = 200
"""Different columns that a person is asked about."""
DEFAULTED: Final = (LedgerField.INSPECTION, LedgerField.FOUND_ON, LedgerField.DUTY, LedgerField.POST)
"""What a case needs, and an office can give once for a whole ledger that has no column for it."""
_EXAMPLES: Final = 2
_LOOKED_AT: Final = 200
_BARE: Final = re.compile(r"\d{1,4}(?:\.\d+)?|[〇零一二两三四五六七八九十百]{1,6}")
_DAYS: Final = re.compile(r"(?:\d{1,4}|[〇零一二两三四五六七八九十百]{1,6})天(?:内|以内|之内)?")

_MANY: Final = Sentence(
    "{name} 的表头有{n}列，最多对应{most}列：请删去用不到的列后再上传。",
    "{name} has {n} columns; at most {most} can be mapped. Delete those that are not needed, and upload it again.",
)
_NO_HEADINGS: Final = Sentence(
    "{name} 里没有找到表头：请让表头独占一行或几行，每列一个短标题，下面是各行内容。",
    "{name} has no headings: put a short heading above each column, and the rows below.",
)
_NO_UNIT: Final = Sentence(
    "“{heading}”里的数字是工作日还是自然日？", "Are the numbers below “{heading}” working days or days?"
)
_WHICH_DAYS: Final = Sentence(
    "“{heading}”里的“天”是工作日还是自然日？", "Does 天 below “{heading}” mean working days or days?"
)
_NO_COLUMN: Final = Sentence(
    "没有“{field}”一列：请在下面指定，或给出默认值。",
    "There is no column “{field}”; name one below, or give a default.",
)
_NEEDED: Final = Sentence("没有“{field}”一列：请在下面指定。", "There is no column “{field}”; name one below.")
_UNKNOWN: Final = Sentence("“{heading}”没有看懂：放到哪里？", "“{heading}” is not understood: where does it go?")
_TWO_FIRST: Final = Sentence(
    "请先指定哪一列是“被检查单位”、哪一列是“问题描述”，才能数出有几行可以导入。",
    "Say first which column holds the unit and which the finding; then the rows can be counted.",
)
_TWINS: Final = Sentence("{columns}都是“{field}”：用哪一列？", "{columns} both hold “{field}”: which one counts?")
_HEADLESS: Final = Sentence("{letter}列（没有表头）", "column {letter} (no heading)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundColumn:
    """One column as a person is asked about it; the same heading on several sheets is asked about once.

    `filled` counts the rows below with something in it, as far as they were looked at. `question` is what must be said
    of it, `wants_unit` that the numbers below have no unit, `is_known` that its meaning is known or was chosen.
    """

    key: str
    letter: str
    heading: str
    field: LedgerField | None
    unit: str | None
    examples: tuple[str, ...]
    filled: int
    question: Sentence | None = None
    wants_unit: bool = False

    @property
    def shown(self) -> Sentence:
        """What people call the column."""
        return (
            Sentence("{heading}", "{heading}").fill(heading=self.heading)
            if self.heading
            else _HEADLESS.fill(letter=self.letter)
        )


@dataclass(frozen=True, slots=True)
class FoundSheet:
    """One sheet: whether it is taken, and what became of it or would."""

    name: str
    rows: int
    is_taken: bool
    can_be_taken: bool
    reason: Sentence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSurvey:
    """A workbook before it is read row by row.

    `layout` is what a mapping is remembered by. `ready` of `rows` rows can be taken with the mapping as it stands;
    `problem` is why the file cannot be read with it at all. `lacking` are the fields without a column or a default.
    """

    name: str
    layout: str
    headings: tuple[tuple[str, int, int], ...]
    columns: tuple[FoundColumn, ...]
    sheets: tuple[FoundSheet, ...]
    lacking: tuple[LedgerField, ...]
    without_column: tuple[LedgerField, ...]
    questions: tuple[tuple[str, Sentence], ...] = field(default=())
    wants_days: bool = False
    rows: int = 0
    ready: int = 0
    cells: int = 0
    cells_taken: int = 0
    wrong: tuple[Sentence, ...] = ()
    problem: Sentence | None = None
    mapping: Mapping = NO_MAPPING

    @property
    def is_settled(self) -> bool:
        """Say whether nothing has to be asked before the rows are looked at one by one."""
        return not self.questions and self.problem is None


def layout_of(workbook: Workbook) -> str:
    """Return the fingerprint of the headings of all ledgers in the workbook, by which a mapping is remembered.

    Sheets of one layout count once, so that a ledger by months has the layout of each month; what a mapping says has
    no part in it. "" if no headings can be found.
    """
    layouts = sorted({table.layout for _, table in _tables(workbook, NO_MAPPING)})
    return layouts[0] if len(layouts) == 1 else sha256("\n".join(layouts).encode()).hexdigest() if layouts else ""


def survey(workbook: Workbook, duties: frozenset[str], mapping: Mapping = NO_MAPPING) -> LedgerSurvey:
    """Return what stands in the workbook and what must be said of it, with the mapping as far as it goes.

    Raises:
        BadLedger: it has no headings, too many columns, or carries a mark of state secrecy.
    """
    found = _tables(workbook, mapping)
    refuse_secrets(workbook, {sheet.name: table for sheet, table in found})
    if not found:
        raise BadLedger(_NO_HEADINGS.fill(name=workbook.name))
    ledger, problem = None, None
    try:
        ledger = ledger_in(workbook, duties, mapping)
    except BadLedger as refused:
        problem = refused.sentence
    without = _without_column(found)
    if {LedgerField.UNIT, LedgerField.FINDING} & set(without):
        problem = _TWO_FIRST
    rows = {(row.sheet, row.row - 1) for row in ledger.rows} if ledger is not None else set()
    columns = _columns(workbook, found, mapping, rows)
    read_on = {sheet.name for sheet, _ in found}
    bad = [row for row in ledger.rows if isinstance(row, BadRow)] if ledger is not None else []
    lacking = tuple(wanted for wanted in without if not _default(mapping, wanted))
    wants_days = mapping.days is None and any(_says_days(sheet, table) for sheet, table in found)
    return LedgerSurvey(
        name=workbook.name,
        layout=layout_of(workbook),
        headings=tuple((sheet.name, table.first + 1, table.last + 1) for sheet, table in found),
        columns=columns,
        sheets=tuple(_sheet(sheet, read_on, mapping, ledger) for sheet in workbook.sheets if sheet.rows),
        lacking=lacking,
        without_column=without,
        questions=tuple(_questions(found, columns, lacking, wants_days=wants_days)),
        wants_days=wants_days,
        rows=len(ledger.rows) if ledger is not None else 0,
        ready=len(ledger.rows) - len(bad) if ledger is not None else 0,
        cells=ledger.cells if ledger is not None else sum(sheet.cells for sheet in workbook.sheets),
        cells_taken=ledger.cells_taken if ledger is not None else 0,
        wrong=tuple(dict.fromkeys(row.reason for row in bad))[:3],
        problem=problem,
        mapping=mapping,
    )


def _tables(workbook: Workbook, mapping: Mapping) -> list[tuple[Sheet, Table]]:
    """Return the ledgers of the workbook; if it has none, what looks most like one."""
    offered = [sheet for sheet in workbook.sheets if sheet.rows and mapping.sheets.get(sheet.name, sheet.is_visible)]
    found = [(sheet, table) for sheet in offered if (table := find_table(sheet, mapping)) is not None]
    whole = [(sheet, table) for sheet, table in found if not table.missing()]
    if whole:
        return whole
    if found:
        return [max(found, key=lambda one: one[1].understood)]
    guessed = [(sheet, table) for sheet in offered if (table := guess_table(sheet)) is not None]
    return [max(guessed, key=lambda one: len(one[1].columns))] if guessed else []


def _columns(
    workbook: Workbook, found: list[tuple[Sheet, Table]], mapping: Mapping, rows: set[tuple[str, int]]
) -> tuple[FoundColumn, ...]:
    columns: dict[str, FoundColumn] = {}
    for sheet, table in found:
        below = [row for row in sheet.rows if row > table.last and (not rows or (sheet.name, row) in rows)][:_LOOKED_AT]
        asked = {column.place for same in twins(table).values() for column in same[1:]}
        for column in table.columns:
            if column.key not in columns:
                one = _column(sheet, table, column, mapping, below, is_twin=column.place in asked)
                columns[column.key] = one
    if len(columns) > MOST_COLUMNS:
        raise BadLedger(_MANY.fill(name=workbook.name, n=len(columns), most=MOST_COLUMNS))
    return tuple(columns.values())


def _column(  # where it stands, what a person said, and in which rows it is looked at
    sheet: Sheet, table: Table, column: Column, mapping: Mapping, below: list[int], *, is_twin: bool
) -> FoundColumn:
    values = [value for row in below if not is_nothing(value := sheet.rows[row].get(column.place))]
    shown = tuple(dict.fromkeys(shortened(value) for value in values))[:_EXAMPLES]
    heading = " › ".join(level[:40] for level in column.levels)
    wants_unit = (
        column.field is LedgerField.TERM
        and column.unit is None
        and any(_BARE.fullmatch(plain(str(value))) for value in values if isinstance(value, (int, float, str)))
    )
    question = column.asks
    if column.field is None and values:
        question = _UNKNOWN.fill(heading=heading or f"{column.name}列")
    elif wants_unit:
        question = _NO_UNIT.fill(heading=heading)
    elif is_twin and not column.is_chosen and column.field is not None:
        both = "、".join(f"{one.name}“{one.heading}”" for one in table.of(column.field))
        question = _TWINS.fill(columns=both, field=FIELD_NAMES[column.field])
    return FoundColumn(
        key=column.key,
        letter=column.name,
        heading=heading,
        field=column.field,
        unit=mapping.units.get(column.key),
        examples=shown,
        filled=len(values),
        question=question,
        wants_unit=wants_unit or column.key in mapping.units,
    )


def _sheet(sheet: Sheet, read_on: set[str], mapping: Mapping, ledger: Ledger | None) -> FoundSheet:
    accounts = {account.name: account for account in ledger.sheets} if ledger is not None else {}
    account = accounts.get(sheet.name)
    is_taken = sheet.name in read_on
    # What a sheet lacks is found out when it is tried; one that was left out by choice can be taken again.
    can = is_taken or mapping.sheets.get(sheet.name) is False or find_table(sheet, mapping) is not None
    return FoundSheet(sheet.name, len(sheet.rows), is_taken, can, account.reason if account is not None else None)


def _without_column(found: list[tuple[Sheet, Table]]) -> tuple[LedgerField, ...]:
    wanted = (LedgerField.UNIT, LedgerField.FINDING, *DEFAULTED)
    return tuple(one for one in wanted if any(not table.has(one) for _, table in found))


def _default(mapping: Mapping, wanted: LedgerField) -> object:
    given = {
        LedgerField.INSPECTION: mapping.inspection,
        LedgerField.FOUND_ON: mapping.found_on,
        LedgerField.DUTY: mapping.duty,
        LedgerField.POST: mapping.post,
    }
    return given.get(wanted)


def _says_days(sheet: Sheet, table: Table) -> bool:
    places = [column.place for column in (*table.of(LedgerField.TERM), *table.of(LedgerField.DUE_ON))]
    return any(
        isinstance(value, str) and _DAYS.fullmatch(plain(value))
        for row in sheet.rows
        if row > table.last
        for value in (sheet.rows[row].get(place) for place in places)
    )


def _questions(
    found: list[tuple[Sheet, Table]],
    columns: tuple[FoundColumn, ...],
    lacking: tuple[LedgerField, ...],
    *,
    wants_days: bool,
) -> list[tuple[str, Sentence]]:
    """Return what must be said: by the key of the column, or the name of the default, that answers it."""
    asked: list[tuple[str, Sentence]] = [
        (wanted.value, (_NO_COLUMN if wanted in DEFAULTED else _NEEDED).fill(field=FIELD_NAMES[wanted]))
        for wanted in lacking
    ]
    asked += [(f"column:{column.key}", column.question) for column in columns if column.question is not None]
    if wants_days:
        headings = [
            column.heading
            for _, table in found
            for column in (*table.of(LedgerField.TERM), *table.of(LedgerField.DUE_ON))
        ]
        asked.append(("days", _WHICH_DAYS.fill(heading=headings[0])))
    return asked
