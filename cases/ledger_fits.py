"""Whether a mapping fits the tables of a file: every column that it names is there, and no row gets two units."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from cases.ledger_fields import FIELD_NAMES, JOINED, NOT_TAKEN, LedgerField, heading_of
from states.errors import BadLedger, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cases.ledger_headers import Column, Table
    from cases.ledger_mapping import Mapping

_GONE: Final = Sentence(
    "{name} 里没有对应关系所说的列“{columns}”，请重新对应各列。",
    "{name} has no column “{columns}”, of which the mapping speaks; map the columns again.",
)
_TWICE: Final = Sentence(
    "{name} 的{columns}两列都对应到“{field}”，每行只能有一个值：请只留一列，另一列选“不导入”或别的项目。",
    "{name}: the columns {columns} are both mapped to “{field}”, and a row has one value for it; keep one of them.",
)
_MOST_NAMED: Final = 5


def check_fits(name: str, tables: Iterable[Table], mapping: Mapping) -> None:
    """Refuse a mapping that does not fit the file. `name` is what people call the file.

    Raises:
        BadLedger: it names a column that is gone, or gives one field of one value to two columns of a table.
    """
    known: set[str] = set()
    for table in tables:
        _check_once(name, table)
        for column in table.columns:
            known |= _names(column)
    gone = [key for key in (*mapping.columns, *mapping.units) if key not in known]
    if gone:
        raise BadLedger(_GONE.fill(name=name, columns="、".join(dict.fromkeys(gone[:_MOST_NAMED]))))


def _names(column: Column) -> set[str]:
    texts = (*column.levels, "".join(column.levels))
    return {column.key, f"@{column.name}", *(heading_of(text).words for text in texts)}


def _check_once(name: str, table: Table) -> None:
    chosen: defaultdict[LedgerField, dict[str, Column]] = defaultdict(dict)
    for column in table.columns:
        if column.is_chosen and column.field is not None and column.field not in JOINED | NOT_TAKEN:
            chosen[column.field].setdefault(column.chosen_by, column)
    for field, columns in chosen.items():
        if len(columns) > 1:
            named = "、".join(f"{column.name}“{column.heading}”" for column in list(columns.values())[:_MOST_NAMED])
            raise BadLedger(_TWICE.fill(name=name, columns=named, field=FIELD_NAMES[field]))
