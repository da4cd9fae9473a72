"""What was said of the layouts of ledgers: kept, found again, and dropped.

The rows are sealed (`store.sealed_rows`): the one history says of every mapping who kept it when, and what it was
before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select

from states.errors import BadData, NotFound, Sentence
from store.schema.ledgers import LedgerMappingRow
from store.upsert import insert_once

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

LONGEST_NAME: Final = 40
MOST: Final = 200
"""How many layouts an office keeps."""
_NO_NAME: Final = Sentence(
    "请给表样起一个名称，不超过{most}个字。", "Give the layout a name of at most {most} characters."
)
_TOO_MANY: Final = Sentence(
    "最多记住{most}种表样，请先删除不再使用的。", "At most {most} layouts are kept; delete one first."
)
_NONE: Final = Sentence("没有记住这个表样。", "There is no such layout.")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMapping:
    """A mapping as it is kept: `mapping` is JSON, `layout` the fingerprint of the headings."""

    id: int
    layout: str
    name: str
    mapping: str
    kept_by: str
    kept_at: datetime


def listed(session: Session) -> list[KeptMapping]:
    """Return every mapping, the latest first."""
    rows = session.scalars(select(LedgerMappingRow).order_by(LedgerMappingRow.kept_at.desc(), LedgerMappingRow.id))
    return [_kept(row) for row in rows]


def of_layout(session: Session, layout: str) -> KeptMapping | None:
    """Return the mapping of this layout, if one is kept."""
    row = session.scalar(select(LedgerMappingRow).where(LedgerMappingRow.layout == layout))
    return _kept(row) if row is not None else None


def keep(  # which layout, as what, said by whom, when
    session: Session, layout: str, name: str, mapping: str, who: str, at: datetime
) -> KeptMapping:
    """Keep the mapping of a layout; the one before takes its place in the history.

    Raises:
        BadData: it has no name, or a long one, or too many are kept.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME:
        raise BadData(_NO_NAME.fill(most=LONGEST_NAME))
    wanted = select(LedgerMappingRow).where(LedgerMappingRow.layout == layout)
    if session.scalar(wanted) is None:
        if int(session.scalar(select(func.count()).select_from(LedgerMappingRow)) or 0) >= MOST:
            raise BadData(_TOO_MANY.fill(most=MOST))
        values = {"layout": layout, "name": plain, "mapping": mapping, "kept_by": who, "kept_at": at}
        insert_once(session, LedgerMappingRow, values)  # two people may say it at the same moment
    row = session.scalars(wanted.with_for_update()).one()
    if (row.name, row.mapping) != (plain, mapping):
        row.name, row.mapping, row.kept_by, row.kept_at = plain, mapping, who, at
    session.flush()
    return _kept(row)


def drop(session: Session, mapping_id: int) -> KeptMapping:
    """Forget a mapping; the history keeps what it was.

    Raises:
        NotFound: there is none with this number.
    """
    row = session.get(LedgerMappingRow, mapping_id)
    if row is None:
        raise NotFound(_NONE)
    kept = _kept(row)
    session.execute(delete(LedgerMappingRow).where(LedgerMappingRow.id == mapping_id))
    return kept


def _kept(row: LedgerMappingRow) -> KeptMapping:
    return KeptMapping(
        id=row.id, layout=row.layout, name=row.name, mapping=row.mapping, kept_by=row.kept_by, kept_at=row.kept_at
    )
