"""Lists of cases within sight: filtered, ordered, and paged; single cases, their histories and the feed of events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import CTE, ColumnElement, Select, func, select, true, union_all
from sqlalchemy import case as case_when

from states.errors import NotFound
from store import personal_data, usual_statements
from store.case_counts import cases_in_sight, is_few
from store.case_filters import as_column, filter_conditions, fits, looked_up
from store.cases import NO_CASE, Stored, stored_of
from store.events import Recorded, history, history_where
from store.schema.base import table_of
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from store.visibility import Reader, hidden_from, is_everything, scope, sees_all_of_office

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Executable
    from sqlalchemy.orm import Session

    from states.vocabulary import Act
    from store.case_filters import Filter


BY_CASE: Final = 1_500
"""Whose sight holds no more cases than these has their events looked up by case; else the history is walked."""


MOST_EVENTS: Final = 40
"""So many registrations and orders of one case are looked through for the first of each; more are not believed."""


_BY_DUE: Final = ("next_due_on", "id")
_BY_ID: Final = ("id",)


_LOADED: Final = (CaseRow.id, CaseRow.unit_id, CaseRow.post_id, CaseRow.head_hash, CaseRow.body)


def listed(  # who looks for what, from where on, how far, in which order
    session: Session, reader: Reader, wanted: Filter, *, after: int = 0, limit: int = 50, by_due: bool = False
) -> list[Stored]:
    """Return the cases above id `after` that the reader may see and that fit, by id, or by their next due day.

    Which cases they are is decided on narrow rows of an index; only those of the page are read whole.
    """
    look = _look(session, reader, wanted, after, limit, few=is_few(session, reader, wanted.unit))
    return whole(session, _by_due(session, look) if by_due else _ids(session, look, _BY_ID))


def next_due(session: Session, reader: Reader, wanted: Filter, limit: int) -> list[Stored]:
    """Return the first cases that the reader may see and that fit, by their next due day, without personal texts.

    Commitments stand in their places: for what reckons with many cases and tells of no text.
    """
    look = _look(session, reader, wanted, 0, limit, few=is_few(session, reader, wanted.unit))
    return _read(session, _by_due(session, look))


def lists_by_due(
    session: Session, reader: Reader, wanted: Sequence[Filter], limit: int | Sequence[int]
) -> list[list[Stored]]:
    """Return, for each filter, the first cases that the reader may see and that fit, by their next due day.

    What a page shows in several parts is decided part by part, each with the same or its own limit, and read at once.
    """
    ids = ids_by_due(session, reader, wanted, limit)
    read = whole_by_id(session, {id_ for part in ids for id_ in part})
    return [[read[id_] for id_ in part] for part in ids]


def ids_by_due(
    session: Session, reader: Reader, wanted: Sequence[Filter], limit: int | Sequence[int]
) -> list[list[int]]:
    """Return, for each filter, the ids of its first cases; as `lists_by_due`."""
    few = is_few(session, reader)
    limits = [limit] * len(wanted) if isinstance(limit, int) else limit
    looks = (_look(session, reader, one, 0, most, few=few) for one, most in zip(wanted, limits, strict=True))
    return [_by_due(session, look) for look in looks]


def whole_by_id(session: Session, ids: Iterable[int]) -> dict[int, Stored]:
    """Return these cases, which the reader was found to see, by their ids."""
    return {item.case.id: item for item in whole(session, list(ids))}


def first_of_days(session: Session, reader: Reader, days: Sequence[date], limit: int) -> dict[date, list[int]]:
    """Return the ids of the first cases in sight whose next due day is each of these days: `limit` of each."""
    statement = _first_of_days(reader, tuple(days), limit, few=is_few(session, reader))
    found: dict[date, list[int]] = {on: [] for on in days}
    for on, id_ in session.execute(statement):
        found[on].append(id_)
    return {on: sorted(ids) for on, ids in found.items()}


@lru_cache(usual_statements.MOST)
def _first_of_days(reader: Reader, days: tuple[date, ...], limit: int, *, few: bool) -> Executable:
    seen = scope(reader)
    if few:
        mine = _mine(seen, CaseRow.next_due_on.in_(days)).c
        place = func.row_number().over(partition_by=mine.next_due_on, order_by=mine.id).label("place")
        each = select(mine.next_due_on.label("due"), mine.id.label("id"), place).subquery()
        return select(each.c.due, each.c.id).where(each.c.place <= limit)
    # Day by day, so that each is found at once where an index has the cases of the day, and no more are read.
    ways = [
        select(CaseRow.next_due_on.label("due"), CaseRow.id.label("id"))
        .where(seen, CaseRow.next_due_on == on)
        .order_by(CaseRow.id)
        .limit(limit)
        for on in days
    ]
    return union_all(*(select(way.subquery()) for way in ways))


@dataclass(frozen=True, slots=True)
class _Look:
    """One look for cases: whose, for what, behind which id, for how many, and whether there is little to look through.

    Its words are looked up before (`looked_up`).
    """

    reader: Reader
    wanted: Filter
    after: int
    limit: int
    few: bool

    @property
    def is_dated(self) -> bool:
        """Say whether only cases with a due day can fit."""
        return self.wanted.due_before is not None or self.wanted.due_from is not None


def _look(  # who looks for what, from where on, how far, and whether there is little to look through
    session: Session, reader: Reader, wanted: Filter, after: int, limit: int, *, few: bool
) -> _Look:
    looked_for = looked_up(session, wanted)
    return _Look(reader, looked_for, after, limit, few or bool(looked_for.rarest))


def _by_due(session: Session, look: _Look) -> list[int]:
    """Return the ids by their next due day, and behind them those that have none."""
    if look.few:
        return _ids(session, look, _BY_DUE)
    # In two steps, so that an index gives the order: those with a due day, and only then those without.
    ids = _ids(session, look, _BY_DUE, has_due=True)
    if len(ids) < look.limit and not look.is_dated:
        ids += _ids(session, look, _BY_ID, has_due=False)[: look.limit - len(ids)]
    return ids


def _ids(session: Session, look: _Look, order: tuple[str, ...], *, has_due: bool | None = None) -> list[int]:
    made = _statement if look.wanted.is_usual and not look.after else _statement.__wrapped__
    return list(session.scalars(made(look, order, has_due=has_due)))


@lru_cache(usual_statements.MOST)
def _statement(look: _Look, order: tuple[str, ...], *, has_due: bool | None) -> Select[Any]:
    """Return the statement for the ids of the cases in sight that fit, in this order."""
    # Where there is little to look through, what leads there is the sight, and not an index of all cases of a state.
    conditions = fits(look.reader, look.wanted, leads=not look.few)
    conditions += [CaseRow.id > look.after] if look.after else []
    if look.few:
        # Chosen first and kept, so that no database walks through the cases of all others in the order of the list.
        mine = _mine(*conditions).c
        by = (mine.next_due_on.is_(None), mine.next_due_on, mine.id) if order == _BY_DUE else (mine.id,)
        return select(mine.id).order_by(*by).limit(look.limit)
    # An index gives an order only for one value of its first column: several are looked for one by one.
    ways: list[ColumnElement[bool]] = [CaseRow.state == state.value for state in look.wanted.states]
    if look.wanted.phases and not ways:
        ways = [CaseRow.phase == phase.value for phase in look.wanted.phases]
    columns = table_of(CaseRow).c
    by_columns = [columns[name] for name in order]
    # Of what waits the index of the few that wait gives the order, and not that of all cases with a day.
    due = as_column(columns.next_due_on, leads=not (look.wanted.is_waiting and has_due))
    more = [] if has_due is None else [due.is_not(None) if has_due else due.is_(None)]
    found = [
        select(columns.id.label("id"), by_columns[0].label("first"))
        .where(way, *conditions, *more)
        .order_by(*by_columns)
        .limit(look.limit)
        for way in ways or [true()]
    ]
    if len(found) == 1:
        return found[0]
    every = union_all(*(select(one.subquery()) for one in found)).subquery()
    return select(every.c.id).order_by(every.c.first, every.c.id).limit(look.limit)


def _mine(*fits: ColumnElement[bool]) -> CTE:
    """Return the narrow rows of the cases that fit, as a table of their own that is made first."""
    return select(CaseRow.id, CaseRow.next_due_on).where(*fits).cte("mine").prefix_with("MATERIALIZED")


def page_by_due(session: Session, reader: Reader, wanted: Filter, *, skip: int, limit: int) -> list[Stored]:
    """Return the cases that the reader may see and that fit, by their next due day, behind the first `skip` of them.

    It counts its way to a later page: for the cases of one unit, not of an office.
    """
    mine = _mine(scope(reader), *filter_conditions(wanted, leads=False)).c
    order = (mine.next_due_on.is_(None), mine.next_due_on, mine.id)
    ids = list(session.scalars(select(mine.id).order_by(*order).offset(skip).limit(limit)))
    return whole(session, ids)


def whole(session: Session, ids: list[int]) -> list[Stored]:
    """Return these cases, in this order."""
    return personal_data.shown_all(session, _read(session, ids))


def _read(session: Session, ids: list[int]) -> list[Stored]:
    rows = {row.id: row for row in session.connection().execute(select(*_LOADED).where(CaseRow.id.in_(ids)))}
    return [stored_of(rows[id_]) for id_ in ids]


def case(session: Session, reader: Reader, case_id: int) -> Stored:
    """Return the case, if the reader may see it.

    Raises:
        NotFound: there is none, as far as the reader is concerned.
    """
    row = session.execute(select(*_LOADED).where(CaseRow.id == case_id, scope(reader))).first()
    if row is None:
        raise NotFound(NO_CASE.fill(which=case_id))
    return personal_data.shown_all(session, [stored_of(row)])[0]


def require_visible(session: Session, reader: Reader, case_id: int) -> None:
    """Refuse whoever may not see the case.

    Raises:
        NotFound: there is none, as far as the reader is concerned.
    """
    if session.scalar(select(CaseRow.id).where(CaseRow.id == case_id, scope(reader))) is None:
        raise NotFound(NO_CASE.fill(which=case_id))


def history_of(session: Session, case_id: int) -> list[Recorded]:
    """Return the events of a case that the reader was found to see, as a person reads them."""
    return personal_data.shown_history(session, history(session, case_id))


def events(session: Session, reader: Reader, *, after: int = 0, limit: int = 500) -> Sequence[Recorded]:
    """Return the events behind place `after` of the cases that the reader may see, in the order of the history."""
    if is_everything(reader):
        found = history_where(session, CaseEventRow.seq > after, seen_events(reader), limit=limit)
        return personal_data.shown_history(session, found)
    n = cases_in_sight(session, reader)
    if n is not None and n <= BY_CASE:
        ids = list(session.scalars(select(CaseRow.id).where(scope(reader))))
        places = select(CaseEventRow.seq).where(CaseEventRow.case_id.in_(ids), CaseEventRow.seq > after)
    else:
        # The narrow index is walked from behind `after` until enough are found. Within CASE, because a database that
        # sees a plain condition would rather join the cases to all of their events and sort these.
        mine = select(CaseRow.id).where(scope(reader)).cte("mine").prefix_with("MATERIALIZED")
        fits = case_when((CaseEventRow.case_id.in_(select(mine.c.id)), 1), else_=0) == 1
        places = select(CaseEventRow.seq).where(CaseEventRow.seq > after, fits)
    seqs = list(session.scalars(places.order_by(CaseEventRow.seq).limit(limit)))
    return personal_data.shown_history(session, history_where(session, CaseEventRow.seq.in_(seqs), limit=limit))


def due_between(session: Session, reader: Reader, first: date, last: date, limit: int) -> list[Stored]:
    """Return the cases that the reader may see with their next due day from `first` to `last`, both inclusive."""
    statement = select(*_LOADED).where(scope(reader), CaseRow.next_due_on.between(first, last))
    found = [
        stored_of(row) for row in session.execute(statement.order_by(CaseRow.next_due_on, CaseRow.id).limit(limit))
    ]
    return personal_data.shown_all(session, found)


def some(session: Session, reader: Reader, case_ids: Collection[int]) -> list[Stored]:
    """Return those of these cases that the reader may see."""
    if not case_ids:
        return []
    found = [stored_of(row) for row in session.execute(select(*_LOADED).where(CaseRow.id.in_(case_ids), scope(reader)))]
    return personal_data.shown_all(session, found)


def seen_events(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on events of cases that the reader may see.

    A database that is asked for the events of all cases but a few would otherwise list all cases first.
    """
    if sees_all_of_office(reader):
        return true()
    if is_everything(reader):
        return CaseEventRow.case_id.not_in(hidden_from(reader))
    return CaseEventRow.case_id.in_(select(CaseRow.id).where(scope(reader)))


def first_data(
    session: Session, case_ids: Sequence[int], acts: Sequence[Act]
) -> dict[int, dict[Act, tuple[date, Mapping[str, Any]]]]:
    """Return, for each of these cases, the day and the data of the first event of each of these acts."""
    conditions = (CaseEventRow.case_id.in_(case_ids), CaseEventRow.act.in_([act.value for act in acts]))
    found: dict[int, dict[Act, tuple[date, Mapping[str, Any]]]] = {}
    recorded = history_where(session, *conditions, limit=len(case_ids) * MOST_EVENTS)
    for event in (item.event for item in personal_data.shown_history(session, recorded)):
        found.setdefault(event.case_id, {}).setdefault(event.act, (event.occurred_on, event.data))
    return found
