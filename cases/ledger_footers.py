"""Rows below the headings that are none of the ledger's: sums, notes, sections, numbers of columns, examples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cases.ledger_fields import LedgerField
from cases.ledger_values import is_nothing, text_of
from states.errors import Sentence
from states.written_terms import plain

if TYPE_CHECKING:
    from cases.ledger_headers import Table
    from files.workbook import Sheet, Value

_SUM: Final = re.compile(r"(?:合|总|小|共|累)计.{0,12}|总数.{0,6}|本页小计")
_WHO: Final = (
    r"(?:单位|部门|主要|分管|具体)?(?:填报|审核|制表|填表|审批|报送|负责|经办|复核|签发|联系|领导)"
    r"(?:人|单位|时间|日期|电话|部门)?"
)
_SIGNED: Final = r"(?:[(（](?:签字|签名|签章|盖章|公章|签字盖章)[)）])"
_FOOTER: Final = re.compile(
    rf"{_WHO}{_SIGNED}?[:：].*|{_WHO}{_SIGNED}|[(（]?(?:盖章|公章|签字|签章|单位盖章)[)）]?"
    r"|[(（]?(?:注|说明|备注|填表说明|填报说明)[)）]?[:：].*|(?:填表|填报)说明|[※*]+.*"
)
_SERIAL_NUMBER: Final = re.compile(r"[\d一二三四五六七八九十.、()]{1,8}")
_EXAMPLE: Final = re.compile(r"[(（]?(?:例|示例|样例|范例|举例|填写示例|填报示例|例如)[)）]?[:：]?\d?")
_COLUMN_NUMBER: Final = re.compile(r"栏次|[甲乙丙丁戊己庚辛壬癸]|[(（\[]?\d{1,2}[)）\].]?|[a-z]", re.IGNORECASE)
_FEWEST_NUMBERED: Final = 3
_BELOW: Final = 3
"""Rows below the headings in which their columns may be numbered."""

_SUMS: Final = Sentence("合计", "sum")
_FOOT: Final = Sentence("填报说明", "note of the form")
_SECTION: Final = Sentence("分节标题", "heading of a section")
_SERIAL: Final = Sentence("只有序号的空行", "an empty row with a serial number")
_NUMBERED: Final = Sentence("栏次", "numbers of the columns")
_EXAMPLES: Final = Sentence("填写示例", "an example of how to fill it in")


def kind_below(sheet: Sheet, table: Table, row: int) -> Sentence | None:
    """Return what a row below the headings is if it is none of the ledger's; None for a row of the ledger."""
    filled = {place: value for place, value in sheet.rows[row].items() if not is_nothing(value)}
    texts = [plain(text_of(value)) for value in filled.values()]
    first = texts[0] if texts else ""
    if _SUM.fullmatch(first):
        return _SUMS
    if _EXAMPLE.fullmatch(first):
        return _EXAMPLES
    is_numbered = len(texts) >= _FEWEST_NUMBERED and all(map(_COLUMN_NUMBER.fullmatch, texts))
    if is_numbered and row <= table.last + _BELOW:
        return _NUMBERED
    if any(not is_nothing(sheet.value(row, column.place)) for column in table.of(LedgerField.FINDING)):
        return None
    return _kind_without_finding(table, filled, texts)


def _kind_without_finding(table: Table, filled: dict[int, Value], texts: list[str]) -> Sentence | None:
    first = texts[0] if texts else ""
    if any(map(_FOOTER.fullmatch, texts)):
        return _FOOT
    serials = {column.place for column in (*table.of(LedgerField.SERIAL), *table.of(LedgerField.NUMBER))}
    if set(filled) <= serials and (not first or _SERIAL_NUMBER.fullmatch(first)):
        return _SERIAL
    alone = next(iter(filled.values()), None)
    return _SECTION if len(filled) == 1 and isinstance(alone, str) else None
