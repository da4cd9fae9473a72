"""The ledger as offices keep it (整改台账): a workbook to be printed, dates as dates.

Its columns are those of docs/domain.md §3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from states.case import sealed_for
from states.errors import BadData, Sentence
from states.terms import Term
from states.vocabulary import Act, State, inspection_name, name
from store import case_filters, case_lists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from states.case import Case
    from store.database import Database
    from store.visibility import Reader

BATCH: Final = 500
MOST: Final = 100_000
"""Rows that a workbook of ours holds; more than that is for a program, which reads the CSV."""
_TOO_MANY: Final = Sentence(
    "超过{most}件，请缩小筛选范围，或者导出 CSV。",
    "More than {most} cases; narrow the filters, or export as CSV.",
)
_CHINESE: Final = "zh-CN"
A3: Final = 8
"""The number of the paper size in the format of workbooks."""
_HEADER_ROW: Final = 2
_DATE: Final = 'yyyy"年"m"月"d"日"'
_THIN: Final = Side(style="thin", color="FF999999")
_BORDER: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_YES, _NO = "是", "否"


@dataclass(frozen=True, slots=True)
class LedgerColumn:
    """One column of the ledger: its head, and its width in characters."""

    head: str
    width: int


COLUMNS: Final = (
    LedgerColumn("序号", 6),
    LedgerColumn("问题编号", 24),
    LedgerColumn("检查方式", 11),
    LedgerColumn("发现日期", 15),
    LedgerColumn("被检查单位", 22),
    LedgerColumn("问题描述", 46),
    LedgerColumn("对应职责条款", 30),
    LedgerColumn("问题性质", 9),
    LedgerColumn("责任领导(职务)", 18),
    LedgerColumn("联络员", 18),
    LedgerColumn("整改目标(验收标准)", 32),
    LedgerColumn("整改通知送达日期", 15),
    LedgerColumn("整改时限", 13),
    LedgerColumn("是否延期(延期至)", 15),
    LedgerColumn("进展", 18),
    LedgerColumn("是否销号", 9),
    LedgerColumn("销号日期", 15),
    LedgerColumn("灯色", 8),
    LedgerColumn("密级", 10),
    LedgerColumn("备注", 24),
)
"""The columns of docs/domain.md §3 of which the system knows something, in their order."""


def write_office_ledger(
    file: IO[bytes],
    database: Database,
    reader: Reader,
    wanted: case_filters.Filter,
    *,
    title: str,
    cited: Callable[[str], str],
    safe: Callable[[object], object],
) -> int:
    """Write the cases that the reader may see and that fit, as one moment's ledger; return how many they are.

    `cited` gives a duty as people cite it; `safe` keeps what people typed from being read as a formula.

    Raises:
        BadData: there are more than a workbook may hold; what is in the file then is for nobody.
    """
    workbook = Workbook(write_only=True)
    sheet = _sheet(workbook, title)
    count = 0
    try:
        for row in _rows(database, reader, wanted, cited):
            count += 1
            if count > MOST:
                raise BadData(_TOO_MANY.fill(most=MOST))
            sheet.append([_cell(sheet, value, safe) for value in (count, *row)])
        last = get_column_letter(len(COLUMNS))
        sheet.auto_filter.ref = f"A{_HEADER_ROW}:{last}{_HEADER_ROW + count}"
        sheet.print_area = f"A1:{last}{_HEADER_ROW + max(count, 1)}"
    finally:
        # openpyxl keeps the rows in a file beside until the book is saved: what is refused must not stay there.
        workbook.save(file)
    return count


def _sheet(workbook: Workbook, title: str) -> Any:  # noqa: ANN401  # see below
    """Return a sheet with its title, its head and its page set; rows can only be added from here on."""
    # The types of openpyxl know less of a sheet that is only written than the sheet itself does.
    sheet: Any = workbook.create_sheet("整改台账")
    for place, column in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    sheet.freeze_panes = f"C{_HEADER_ROW + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A3
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{_HEADER_ROW}"
    named = WriteOnlyCell(sheet, value=title)
    named.font = Font(bold=True, size=16)
    sheet.append([named])
    heads = []
    for column in COLUMNS:
        cell = WriteOnlyCell(sheet, value=column.head)
        cell.font, cell.border = Font(bold=True), _BORDER
        cell.fill = PatternFill("solid", fgColor="FFE8EDF3")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        heads.append(cell)
    sheet.append(heads)
    return sheet


def _cell(sheet: Any, value: Any, safe: Callable[[object], object]) -> Any:  # noqa: ANN401  # what a cell holds
    is_day = hasattr(value, "isoformat")
    shown: Any = value if is_day else safe(value)
    cell = WriteOnlyCell(sheet, value=shown)
    cell.border = _BORDER
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if is_day:
        cell.number_format = _DATE
    return cell


def _rows(
    database: Database, reader: Reader, wanted: case_filters.Filter, cited: Callable[[str], str]
) -> Iterator[tuple[Any, ...]]:
    after = 0
    with database.reading() as session:
        while found := case_lists.listed(session, reader, wanted, after=after, limit=BATCH):
            ids = [item.case.id for item in found]
            known = case_lists.first_data(session, ids, (Act.REGISTER_FINDING, Act.SERVE_ORDER))
            for item in found:
                case = sealed_for(item.case, None)
                yield _row(case, known.get(case.id, {}) if case is item.case else {}, cited)
            after = ids[-1]


def _row(
    case: Case, known: Mapping[Act, tuple[date, Mapping[str, Any]]], cited: Callable[[str], str]
) -> tuple[Any, ...]:
    found = known.get(Act.REGISTER_FINDING, (None, {}))[1]
    served_on, order = known.get(Act.SERVE_ORDER, (None, {}))
    term = order.get("term") or case.proposed_term
    running = case.deadline("rectification")
    extended = running.due_on if case.extended_on is not None and running is not None else None
    closed = case.state is State.CLOSED
    return (
        case.number,
        inspection_name(case.inspection),
        case.opened_on,
        case.unit,
        case.finding,
        cited(case.duty),
        case.severity,
        case.post,
        found.get("liaison", ""),
        case.criteria,
        served_on or "",
        Term.parse(term).text(_CHINESE) if term else "",
        extended or (_YES if case.extensions else _NO),
        f"{name(case.state).zh}，{name(case.phase).zh}",
        _YES if closed else _NO,
        case.entered_on if closed else "",
        name(case.light).zh if case.is_open else "",
        name(case.confidentiality).zh,
        found.get("note", ""),
    )
