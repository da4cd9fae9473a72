"""Lists of cases in the order of any of their columns, page after page, each found by an index.

A page goes on behind the last case of the page before by that case's place in the order, not by counting: what moved
meanwhile is neither lost nor shown twice among those that did not move. Where few cases fit, they are found by what
they fit and put in order; else the index of the order is walked until a page is full.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, func, literal, null, or_, select, true, tuple_
from sqlalchemy import case as case_when

from states.vocabulary import OUTCOMES, SPINE, Light
from store import case_counts, case_filters, case_lists
from store.case_counts import FEW
from store.ids import LARGEST_ID
from store.schema.base import table_of
from store.schema.cases import CaseRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from store.case_filters import Filter
    from store.cases import Stored
    from store.visibility import Reader


class ListColumn(StrEnum):
    """What a list is in the order of."""

    NUMBER = "number"
    UNIT = "unit"
    HEAD = "head"
    LIGHT = "light"
    STATE = "state"
    DUE = "due"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: numbers and units in the order in which they came, lights by their weight."""

    column: ListColumn = ListColumn.DUE
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> Order:
        """Return the order that an address names, such as `unit` or `-due`; by the due day if it names none."""
        name = text.removeprefix("-")
        return cls(ListColumn(name), text.startswith("-")) if name in list(ListColumn) else cls()

    def __str__(self) -> str:
        """Return how an address names it."""
        return f"{'-' if self.descending else ''}{self.column}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: in which part of the order, at which value, at which case."""

    part: int
    value: str
    case_id: int

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """Return the place that an address names, or nothing if it names none."""
        part, _, rest = text.partition(".")
        value, _, case_id = rest.rpartition(".")
        if not (_is_number(part) and _is_number(case_id)):
            return None
        return cls(int(part), value, int(case_id))

    def __str__(self) -> str:
        """Return how an address names it."""
        return f"{self.part}.{self.value}.{self.case_id}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID)) and int(text) <= LARGEST_ID


@dataclass(frozen=True, slots=True)
class OrderedPage:
    """Cases in order, and where to go on; nothing if there are no more."""

    rows: tuple[Stored, ...]
    following: Place | None


_LIGHTS: Final = (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN)
_BY_VALUE: Final = {ListColumn.UNIT: "unit_id", ListColumn.HEAD: "post_id"}
_BY_DAY: Final = {ListColumn.DUE: "next_due_on", ListColumn.LAST: "last_on"}
_OF_ORDER: Final = (
    CaseRow.id,
    CaseRow.unit_id,
    CaseRow.post_id,
    CaseRow.state,
    CaseRow.light,
    CaseRow.next_due_on,
    CaseRow.last_on,
)


@dataclass(frozen=True, slots=True)
class _Part:
    """Cases that stand together in an order: which, and by which column among themselves, before their ids."""

    condition: ColumnElement[bool]
    by: Any = None


def _parts(columns: Any, order: Order) -> list[_Part]:  # noqa: ANN401  # the columns of a table
    if order.column in _BY_VALUE:
        return [_Part(true(), columns[_BY_VALUE[order.column]])]
    if order.column in _BY_DAY:
        day = columns[_BY_DAY[order.column]]
        return [_Part(day.is_not(None), day), _Part(day.is_(None))]  # whatever the direction, those without a day last
    if order.column is ListColumn.NUMBER:
        return [_Part(true())]
    values: Sequence[str] = _LIGHTS if order.column is ListColumn.LIGHT else (*SPINE, *OUTCOMES)
    column = columns[order.column.value]
    parts = [_Part(column == value) for value in values]
    return parts[::-1] if order.descending else parts


def page(  # who looks for what, in which order, from where on, how far
    session: Session, reader: Reader, wanted: Filter, order: Order, after: Place | None, limit: int
) -> OrderedPage:
    """Return at most `limit` cases that the reader may see and that fit, behind the place `after` of this order."""
    wanted = case_filters.looked_up(session, wanted)
    few_seen = case_counts.is_few(session, reader, wanted.unit)
    few = few_seen or _are_few(session, reader, wanted)
    conditions = case_filters.fits(reader, wanted, leads=few and not few_seen)
    columns: Any = table_of(CaseRow).c
    if few:
        columns = select(*_OF_ORDER).where(*conditions).cte("mine").prefix_with("MATERIALIZED").c
        conditions = []
    parts = _parts(columns, order)
    if few and len(parts) > 1:
        return _of_few(session, columns, parts, after, order, limit)
    ids: list[int] = []
    place = None
    for number, part in enumerate(parts):
        if after is not None and number < after.part:
            continue
        behind = after if after is not None and after.part == number else None
        for row in _of_part(session, columns, conditions, part, behind, order, limit + 1 - len(ids)):
            ids.append(row.id)
            if len(ids) == limit:
                place = Place(number, "" if part.by is None else str(row.value), row.id)
        if len(ids) > limit:
            break
    rows = tuple(case_lists.whole(session, ids[:limit]))
    return OrderedPage(rows, place if len(ids) > limit else None)


def _of_few(  # few cases, in which parts, from where on, in which order, how far
    session: Session,
    columns: Any,  # noqa: ANN401  # the columns of a table
    parts: Sequence[_Part],
    after: Place | None,
    order: Order,
    limit: int,
) -> OrderedPage:
    """Return a page of few cases by one statement: asked part by part, they would be found again for each."""
    # Every case is in one of the parts: these are all lights, all states, or those with a day and those without.
    number = case_when(*((part.condition, n) for n, part in enumerate(parts)), else_=len(parts))
    of_days = order.column in _BY_DAY
    day = parts[0].by if of_days else null()
    each = select(columns.id.label("id"), number.label("part"), day.label("value")).subquery().c
    statement = select(each.id, each.part, each.value)
    if after is not None:
        part = _Part(true(), each.value if of_days and after.part == 0 else None)
        behind = _is_behind(part, each.id, after, down=_is_down(part, order))
        statement = statement.where(or_(each.part > after.part, and_(each.part == after.part, behind)))
    by_id: list[Any] = [each.id.desc() if order.descending else each.id]
    if of_days and order.descending:  # those without a day come last, and in the order of their ids
        by_id = [case_when((each.part == 0, -each.id), else_=each.id)]
    by_day = [each.value.desc() if order.descending else each.value] if of_days else []
    rows = session.execute(statement.order_by(each.part, *by_day, *by_id).limit(limit + 1)).all()
    shown = tuple(case_lists.whole(session, [row.id for row in rows[:limit]]))
    last = rows[limit - 1] if len(rows) > limit else None
    if last is None:
        return OrderedPage(shown, None)
    return OrderedPage(shown, Place(int(last.part), "" if last.value is None else str(last.value), last.id))


def _is_down(part: _Part, order: Order) -> bool:
    """Say whether a part goes from the last to the first.

    The direction is that of the values; where only ids are left, parts of a reversed order are reversed as well.
    """
    return order.descending and (part.by is not None or order.column not in _BY_DAY)


def _is_behind(part: _Part, id_: Any, place: Place, *, down: bool) -> ColumnElement[bool]:  # noqa: ANN401  # a column
    """Return the condition on cases of a part that they stand behind a place in it."""
    last = _last_of(part, place)
    if last is None:
        return true()
    keys = [id_] if part.by is None else [part.by, id_]
    left: ColumnElement[Any] = tuple_(*keys)
    right: ColumnElement[Any] = tuple_(*(literal(value, key.type) for key, value in zip(keys, last, strict=True)))
    return left < right if down else left > right


def _of_part(  # one part of the order, behind a place in it
    session: Session,
    columns: Any,  # noqa: ANN401  # the columns of a table
    conditions: Sequence[ColumnElement[bool]],
    part: _Part,
    behind: Place | None,
    order: Order,
    limit: int,
) -> Sequence[Any]:
    keys = [columns.id] if part.by is None else [part.by, columns.id]
    down = _is_down(part, order)
    statement = select(columns.id.label("id"), keys[0].label("value")).where(part.condition, *conditions)
    if behind is not None:
        statement = statement.where(_is_behind(part, columns.id, behind, down=down))
    return session.execute(statement.order_by(*(key.desc() if down else key for key in keys)).limit(limit)).all()


def _last_of(part: _Part, place: Place) -> list[Any] | None:
    if part.by is None:
        return [place.case_id]
    if _is_number(place.value) and part.by.type.python_type is int:
        return [int(place.value), place.case_id]
    try:
        return [date.fromisoformat(place.value), place.case_id]
    except ValueError:
        return None  # no place of this order: from its beginning


def _are_few(session: Session, reader: Reader, wanted: Filter) -> bool:
    """Say whether so few cases fit that they are found by the filter and put in order, instead of walked in it."""
    if wanted.ids or wanted.is_waiting or wanted.among is not None or wanted.rarest:
        return True
    # Without the words: as many at most.
    n = case_counts.tally(session, reader, replace(wanted, words=(), met=()))
    if n is None and wanted.phases:
        among = CaseRow.phase.in_([phase.value for phase in wanted.phases])
        some = select(CaseRow.id).where(among).limit(FEW + 1).subquery()
        n = int(session.scalar(select(func.count()).select_from(some)) or 0)
    return n is not None and n <= FEW
