"""The year's obligations as a workbook: the grid to be printed, and a list in which completion can be filled in.

What comes back is read by the bounded reader (`files.workbook`), and entered whole or not at all.
"""

from __future__ import annotations

from datetime import date
from typing import IO, TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from audit.exports import safe_cell
from files.workbook import address, open_workbook
from programme.obligations import Entry
from states.errors import BadData, Problem, Sentence
from states.obligation import OBLIGATION_STATES, ObligationState
from states.terms import parse_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from config.obligations import YearlyRules
    from files.workbook import Sheet, Value
    from store.obligations import Obligation

GRID: Final = "年度职责"
LIST: Final = "完成情况"
HEADS: Final = (
    "编号",
    "单位",
    "职责",
    "期限",
    "状态",
    "应当签收",
    "已经签收",
    "完成或报送日期",
    "做了什么、凭什么材料",
    "签收单位",
    "签收日期",
)
"""The columns of the list; the last four are filled in by people, one receipt a row."""
_WIDTHS: Final = (8, 26, 40, 13, 14, 36, 36, 16, 40, 24, 14)
_ID, _DONE, _NOTE, _WHO, _SIGNED = 0, 7, 8, 9, 10
MOST_ROWS: Final = 20_000
_DATE: Final = 'yyyy"年"m"月"d"日"'
_NO_LIST: Final = Sentence(
    "“{name}”里没有“{sheet}”这张表，或者表头被改过；请用本页导出的工作簿填写。",
    "“{name}” has no sheet “{sheet}”, or its heads were changed; fill in the workbook that this page exports.",
)
_NOTHING: Final = Sentence(
    "“{name}”没有填写任何完成情况：请填写日期，或者签收单位和签收日期。",
    "Nothing is filled in in “{name}”: give a day, or a receiver and the day of signing.",
)
_BAD_CELL: Final = Sentence(
    "{where}：“{text}”不是{what}。没有写入任何内容。", "{where}: “{text}” is no {what}. Nothing was entered."
)
_NUMBER: Final = Sentence("职责编号", "number of an obligation")
_DAY: Final = Sentence("日期", "day")
_HALF: Final = Sentence(
    "{where}：签收单位和签收日期要一起填写。没有写入任何内容。",
    "{where}: a receiver and the day of signing go together. Nothing was entered.",
)
_ROW: Final = Sentence("第{n}行", "row {n}")


def write(  # where, what, by which rules, of which year
    file: IO[bytes], found: Sequence[Obligation], rules: YearlyRules, year: int
) -> None:
    """Write the grid and the list of these obligations."""
    workbook = Workbook(write_only=True)
    _write_grid(workbook, found, rules, year)
    sheet: Any = workbook.create_sheet(LIST)  # the types of openpyxl know less of a sheet that is only written
    for place, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "C2"
    sheet.append([_bold(sheet, head) for head in HEADS])
    for one in found:
        signed = "、".join(f"{who}（{day.month}月{day.day}日）" for who, day in one.received.items())
        row = (one.id, one.unit, _title(rules, one), one.due_on, OBLIGATION_STATES[one.state][0])
        sheet.append([_cell(sheet, value) for value in (*row, "、".join(one.receivers), signed, "", "", "", "")])
    workbook.save(file)


def _write_grid(workbook: Workbook, found: Sequence[Obligation], rules: YearlyRules, year: int) -> None:
    sheet: Any = workbook.create_sheet(GRID)
    there = {one.clause for one in found}
    topics = [topic for topic in rules.topics if there & set(topic.clauses)]
    sheet.column_dimensions["A"].width = 28
    for place in range(2, len(topics) + 2):
        sheet.column_dimensions[get_column_letter(place)].width = 16
    sheet.freeze_panes = "B3"
    sheet.page_setup.orientation = "landscape"
    sheet.append([_bold(sheet, f"{year}年度职责")])
    sheet.append([_bold(sheet, head) for head in ("单位", *(topic.title.zh for topic in topics))])
    for unit, mine in by_unit(found).items():
        cells = ["、".join(short_state(one) for one in mine if one.clause in topic.clauses) for topic in topics]
        sheet.append([_cell(sheet, value) for value in (unit, *(cell or "不适用" for cell in cells))])


def by_unit(found: Iterable[Obligation]) -> Mapping[str, list[Obligation]]:
    """Return the obligations of each unit, in their order."""
    units: dict[str, list[Obligation]] = {}
    for one in found:
        units.setdefault(one.unit, []).append(one)
    return units


def short_state(one: Obligation) -> str:
    """Return what stands in a cell of the printed grid."""
    match one.state:
        case ObligationState.FULFILLED if one.times > 1:
            return f"已完成{len(one.done_on)}次"
        case ObligationState.SUBMITTED if one.receivers:
            return f"缺{len(one.standing.lacking)}份回执"
        case ObligationState.SUBMITTED:
            return f"{one.standing.in_time}次，差{one.times - one.standing.in_time}次"
        case ObligationState.OPEN:
            return f"{one.due_on.month}月{one.due_on.day}日前"
        case _:
            return OBLIGATION_STATES[one.state][0]


def _title(rules: YearlyRules, one: Obligation) -> str:
    clause = rules.clause(one.clause)
    return clause.title.text() if clause is not None else one.clause


def _bold(sheet: Any, value: str) -> Any:  # noqa: ANN401  # a sheet and a cell that are only written
    cell: Any = WriteOnlyCell(sheet, value)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _cell(sheet: Any, value: Any) -> Any:  # noqa: ANN401  # a sheet and a cell that are only written
    cell: Any = WriteOnlyCell(sheet, str(safe_cell(value)) if isinstance(value, str) else value)
    if isinstance(value, date):
        cell.number_format = _DATE
    return cell


def read(path: Path, name: str) -> list[tuple[str, Entry]]:
    """Return what people have filled in, each with the row where it stands.

    Raises:
        BadLedger: it is no workbook, or too large.
        BadData: it is not our list, nothing is filled in, or a cell cannot be read.
    """
    workbook = open_workbook(path, name)
    sheet = next((one for one in workbook.sheets if one.name == LIST), None)
    if sheet is None or tuple(_text(sheet, 0, place) for place in range(len(HEADS))) != HEADS:
        raise BadData(_NO_LIST.fill(name=name, sheet=LIST))
    entries: list[tuple[str, Entry]] = []
    for row in sorted(sheet.rows):
        if row and any(_text(sheet, row, place) for place in (_DONE, _NOTE, _WHO, _SIGNED)):
            entries += _entries(sheet, row)
    if not entries:
        raise BadData(_NOTHING.fill(name=name))
    return entries


def _entries(sheet: Sheet, row: int) -> list[tuple[str, Entry]]:
    """Return what a row enters: what was done, a receipt, or both.

    Raises:
        BadData: a cell cannot be read.
    """
    where = _ROW.fill(n=row + 1).text()
    which = sheet.value(row, _ID)
    if isinstance(which, float) and which.is_integer():
        which = int(which)
    if isinstance(which, bool) or not isinstance(which, int) or which <= 0:
        raise BadData(_BAD_CELL.fill(where=address(row, _ID), text=_text(sheet, row, _ID), what=_NUMBER))
    note, who = _text(sheet, row, _NOTE), _text(sheet, row, _WHO)
    done, signed = _day(sheet, row, _DONE), _day(sheet, row, _SIGNED)
    if bool(who) != (signed is not None):
        raise BadData(_HALF.fill(where=where))
    found = []
    if done is not None or (note and signed is None):
        if done is None:
            raise BadData(_BAD_CELL.fill(where=address(row, _DONE), text="", what=_DAY))
        found.append((where, Entry(which, done, note=note)))
    if signed is not None:
        found.append((where, Entry(which, signed, who, note if done is None else "")))
    return found


def _text(sheet: Sheet, row: int, column: int) -> str:
    value: Value | None = sheet.value(row, column)
    return str(value).strip() if isinstance(value, (str, int, float)) else str(value or "").strip()


def _day(sheet: Sheet, row: int, column: int) -> date | None:
    value = sheet.value(row, column)
    if isinstance(value, date):
        return value
    text = _text(sheet, row, column)
    if not text:
        return None
    try:
        return parse_date(text)
    except Problem as error:
        raise BadData(_BAD_CELL.fill(where=address(row, column), text=text, what=_DAY)) from error
