"""The workbook of units and people (单位和人员登记表): its two sheets, its template, and what its rows say.

One sheet for units, one for people: each row of it is somebody in a post, or a post that nobody holds. Reading is
bounded (`files.workbook`); every complaint names the cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Final

from openpyxl import Workbook as NewWorkbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from files.workbook import NoValue, address, open_workbook
from states.errors import BadLedger, BadTerm, Sentence
from states.names import name_key, tidy_name
from states.written_terms import read_day

if TYPE_CHECKING:
    from pathlib import Path

    from files.workbook import Sheet, Value

UNITS, PEOPLE = "单位", "职务与人员"
_FIRST_ROWS: Final = 10
"""The headings stand in one of so many first rows; titles and notes may stand above them."""
_NO_SHEET: Final = Sentence(
    "{name} 里没有“单位”或“职务与人员”这样的表头，请用模板填写（duban people template）。",
    "{name} has neither the headings of units nor those of people; use the template (duban people template).",
)
_NOT_TEXT: Final = Sentence("{cell} 没有可用的值，请重新填写。", "{cell} holds no value that can be used.")
_NOT_A_DAY: Final = Sentence(
    "{cell} “{text}”不是日期，请写成 2026-07-01 的样子。", "{cell}: “{text}” is no day; write it as 2026-07-01."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleColumn:
    """One column of the workbook: its field, its heading, other headings by which it is known, and an example."""

    field: str
    heading: str
    others: tuple[str, ...] = ()
    needed: bool = False
    example: str = ""
    width: int = 18


UNIT_COLUMNS: Final = (
    PeopleColumn(
        field="unit", heading="单位名称", others=("单位", "名称"), needed=True, example="临溪市水务局", width=28
    ),
    PeopleColumn(field="kind", heading="单位类别", others=("类别", "单位类型"), example="部门"),
    PeopleColumn(field="parent", heading="上级单位", others=("隶属", "主管单位"), example="临溪市人民政府", width=28),
    PeopleColumn(field="code", heading="代码", others=("单位代码", "统一社会信用代码"), example="LX-SW"),
    PeopleColumn(field="aliases", heading="别名", others=("简称",), example="市水务局、水务局", width=24),
    PeopleColumn(field="earlier", heading="曾用名", others=("原名称",), example="临溪市水利局", width=24),
    PeopleColumn(field="confirmed", heading="确认新单位", others=("是否新单位",), example=""),
)
PEOPLE_COLUMNS: Final = (
    PeopleColumn(
        field="unit", heading="单位", others=("单位名称", "所在单位"), needed=True, example="临溪市水务局", width=28
    ),
    PeopleColumn(field="post", heading="职务", others=("职务名称", "岗位"), needed=True, example="局长"),
    PeopleColumn(field="role", heading="角色", others=("职务角色",), example="主要负责人"),
    PeopleColumn(
        field="post_ways", heading="职务联系方式", others=("岗位联系方式",), example="mail:swj@linxi.example", width=28
    ),
    PeopleColumn(field="name", heading="姓名", others=("任职人员",), example="陈明"),
    PeopleColumn(field="username", heading="用户名", others=("账号", "登录名"), example="chenming"),
    PeopleColumn(field="held", heading="任职方式", others=("任职类型",), example="任职"),
    PeopleColumn(field="from_on", heading="任职日期", others=("任职时间", "自"), example="2026-01-05"),
    PeopleColumn(field="until_on", heading="离任日期", others=("免职日期", "至"), example=""),
    PeopleColumn(
        field="ways",
        heading="个人联系方式",
        others=("联系方式", "邮箱", "个人邮箱"),
        example="chenming@linxi.example",
        width=28,
    ),
    PeopleColumn(field="deputy", heading="代办人", others=("委托代办人",), example=""),
)
_SHEETS: Final = {UNITS: UNIT_COLUMNS, PEOPLE: PEOPLE_COLUMNS}
_DAYS: Final = frozenset({"from_on", "until_on"})
_EXAMPLE: Final = "填写示例：{example}"
_NOTES: Final = {
    UNITS: "一行一个单位。上级单位要么已登记，要么也在本表。别名、曾用名用顿号分开。"
    "与已登记单位相近而确是新单位的，在“确认新单位”填“是”。",
    PEOPLE: "一行一个职务，由谁担任写在同一行；一人多职写多行。"
    "角色：主要负责人、联络员、检查人员、承办人、督查机构负责人、"
    "上级主要负责人、纪检监察机关、档案管理员、审计人员。任职方式：任职、主持、代理。联系方式用分号分开，邮箱可以直接写。",
}


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """One row as it is written: where it stands, its texts and days by field, and what cannot be read of it."""

    sheet: str
    row: int
    texts: dict[str, str]
    days: dict[str, date]
    cells: dict[str, str]
    doubts: tuple[Sentence, ...] = ()

    def text(self, field: str) -> str:
        """Return the text of a field, or nothing."""
        return self.texts.get(field, "")

    def cell(self, field: str) -> str:
        """Return where the field stands, for a complaint; the row's first cell where the column is not there."""
        return self.cells.get(field, f"{self.sheet}!{self.row}")


@dataclass(frozen=True, slots=True)
class WrittenPeople:
    """A workbook of units and people as it is written. `ignored` are filled columns that nobody understands."""

    name: str
    units: tuple[WrittenRow, ...]
    people: tuple[WrittenRow, ...]
    ignored: tuple[str, ...]


def read_people(path: Path, name: str = "") -> WrittenPeople:
    """Return what the workbook says. `name` is what its owner calls the file.

    Raises:
        BadLedger: it cannot be read, is beyond a bound, or has neither of the two tables.
    """
    workbook = open_workbook(path, name)
    rows: dict[str, list[WrittenRow]] = {UNITS: [], PEOPLE: []}
    ignored: list[str] = []
    found_any = False
    for sheet in workbook.sheets:
        found = _table_of(sheet)
        if found is None:
            ignored += [f"{sheet.name}"] if sheet.rows else []
            continue
        found_any = True
        kind, first, places, unknown = found
        ignored += [f"{sheet.name}!{text}" for text in unknown]
        rows[kind] += [
            _row(sheet, row, places) for row in sheet.rows if row > first and _says_anything(sheet, row, places)
        ]
    if not found_any:
        raise BadLedger(_NO_SHEET.fill(name=workbook.name))
    return WrittenPeople(workbook.name, tuple(rows[UNITS]), tuple(rows[PEOPLE]), tuple(ignored))


def _table_of(sheet: Sheet) -> tuple[str, int, dict[int, str], list[str]] | None:
    """Return which table a sheet holds, the row of its headings, the field of each column, and headings unknown."""
    for row in list(sheet.rows)[:_FIRST_ROWS]:
        headings = {column: name_key(str(value)).strip("*＊") for column, value in sheet.rows[row].items()}
        for kind in (PEOPLE, UNITS):
            known = {name_key(word): one for one in _SHEETS[kind] for word in (one.heading, *one.others)}
            places: dict[int, str] = {}
            for column, heading in headings.items():
                one = known.get(heading)
                if one is not None and one.field not in places.values():
                    places[column] = one.field
            needed = {one.field for one in _SHEETS[kind] if one.needed}
            if needed <= set(places.values()):
                unknown = [str(sheet.rows[row][column]) for column in headings if column not in places]
                return kind, row, places, unknown
    return None


def _says_anything(sheet: Sheet, row: int, places: dict[int, str]) -> bool:
    return any(not isinstance(sheet.rows[row].get(column), NoValue | None) for column in places)


def _row(sheet: Sheet, row: int, places: dict[int, str]) -> WrittenRow:
    texts: dict[str, str] = {}
    days: dict[str, date] = {}
    cells: dict[str, str] = {}
    doubts: list[Sentence] = []
    for column, field in places.items():
        value, cell = sheet.value(row, column), f"{sheet.name}!{address(row, column)}"
        cells[field] = cell
        if value is None:
            continue
        if isinstance(value, NoValue):
            doubts.append(_NOT_TEXT.fill(cell=cell))
        elif field in _DAYS:
            day = _day_of(value)
            if day is not None:
                days[field] = day
            elif str(value).strip():
                doubts.append(_NOT_A_DAY.fill(cell=cell, text=str(value)[:40]))
        else:
            texts[field] = _text_of(value)
    return WrittenRow(sheet.name, row + 1, texts, days, cells, tuple(doubts))


def _text_of(value: Value) -> str:
    """Return a cell's text; a number that was meant as a code keeps no decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return tidy_name(str(value))


def _day_of(value: Value) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return read_day(str(value))
    except BadTerm:
        return None


def template() -> bytes:
    """Return the empty workbook to be filled in: two sheets, each with a note and an example above its headings."""
    book = NewWorkbook(write_only=True)
    for kind, columns in _SHEETS.items():
        sheet = book.create_sheet(kind)
        for place, column in enumerate(columns, 1):
            sheet.column_dimensions[get_column_letter(place)].width = column.width
        sheet.append([_NOTES[kind]])
        examples = (f"{column.heading}：{column.example}" for column in columns if column.example)
        sheet.append([_EXAMPLE.format(example="，".join(examples))])
        headings = []
        for column in columns:
            cell = WriteOnlyCell(sheet, value=column.heading + ("*" if column.needed else ""))
            cell.font = Font(bold=True)
            headings.append(cell)
        sheet.append(headings)
    file = BytesIO()
    book.save(file)
    return file.getvalue()
