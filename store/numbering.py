"""Numbers: of cases and documents by series and year, and the ids of cases."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam

from store.schema.base import table_of
from store.schema.numbers import SeriesRow
from store.upsert import insertion, insertion_for, is_postgresql

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.orm import Session

_SERIES: Final = table_of(SeriesRow)


def next_in_series(session: Session, series: str) -> int:
    """Return the next number of a series, from 1, without gaps: the number is given back if the transaction fails."""
    counting = _counting(postgresql=is_postgresql(session))
    return int(session.connection().execute(counting, {"series": series}).scalar_one())


@lru_cache
def _counting(*, postgresql: bool) -> Executable:
    statement = insertion_for(_SERIES, postgresql=postgresql).values(name=bindparam("series"), last=1)
    return statement.on_conflict_do_update(
        index_elements=[SeriesRow.name], set_={"last": SeriesRow.last + 1}
    ).returning(SeriesRow.last)


def raise_series(session: Session, series: str, used: int) -> None:
    """Let the series go on after `used`, if it is not beyond it already."""
    statement = insertion(session, _SERIES).values(name=series, last=used)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[SeriesRow.name], set_={"last": used}, where=SeriesRow.last < used
        )
    )


def new_id(session: Session) -> int:
    """Return the id for the next case."""
    return next_in_series(session, "cases")
