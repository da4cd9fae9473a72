"""Lists of cases within sight: filtered, ordered, paged and counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import CTE, ColumnElement, Select, func, literal, or_, select, true, union_all
from sqlalchemy import case as case_when
from sqlalchemy.orm import Session, aliased

from states.errors import NotFound
from states.vocabulary import SPINE, Act, Phase, Role, State
from store import counters, personal_data, text_search
from store.cases import NO_CASE, Stored, stored_of
from store.events import Recorded, history, history_where
from store.schema.base import table_of
from store.schema.cases import CaseRow
from store.schema.counters import CounterRow
from store.schema.events import CaseEventRow
from store.schema.organisation import UnitRow
from store.visibility import (
    Reader,
    hidden_from,
    is_everything,
    scope,
    seen_among,
    seen_by_part,
    sees_all_of_office,
    tallied,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

COUNTED_TO: Final = 1_000
"""How far cases are counted that no tally has counted; nobody reads more of them one by one."""


BY_CASE: Final = 1_500
"""Whose sight holds no more cases than these has their events looked up by case; else the history is walked."""


MOST_EVENTS: Final = 40
"""So many registrations and orders of one case are looked through for the first of each; more are not believed."""

FEW: Final = 20_000
"""Whose sight holds no more cases than these has them looked through by unit; in a wider one, the filter leads."""


class AtLeast(int):
    """A count that was not carried to its end; people read it as `10,000+`."""

    def __str__(self) -> str:
        """Return the count as people read it."""
        return f"{int(self):,}+"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        """Return the count as people read it, whatever the format."""
        return format(str(self), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is looked for; nothing given finds all that may be seen.

    `due_before` excludes the day itself, `due_from` includes it; of `states`, `phases` and `ids` any one suffices.
    `waiting`: a proposal waits for a decision; `approver`: for that of this role. `running`: not over, or something is
    still due. `attention`: what waits for a person of the office, a word of `Case.attention`. `words`, `among`
    and `met` are what `looked_up` makes of `text`: all cases that hold the words, or some where they are very many.
    """

    state: State | None = None
    states: tuple[State, ...] = ()
    phases: tuple[Phase, ...] = ()
    light: str | None = None
    unit: str | None = None
    due_before: date | None = None
    due_from: date | None = None
    ids: tuple[int, ...] = ()
    text: str | None = None
    waiting: bool = False
    approver: Role | None = None
    running: bool = False
    attention: str = ""
    words: tuple[str, ...] = ()
    among: tuple[int, ...] | None = None
    met: tuple[int, ...] = ()


def _column(column: Any, *, leads: bool) -> Any:  # noqa: ANN401  # a column, or what is equal to it
    """Return the column, or an expression of the same value by which no database would go through an index."""
    return column if leads else func.coalesce(column, column)


def _any_of(wanted: Filter, *, leads: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    state, phase = _column(CaseRow.state, leads=leads), _column(CaseRow.phase, leads=leads)
    if wanted.ids:
        found.append(CaseRow.id.in_(wanted.ids))
    if wanted.states:
        found.append(state.in_([one.value for one in wanted.states]))
    if wanted.phases:
        found.append(phase.in_([one.value for one in wanted.phases]))
    return found


def _where(wanted: Filter, *, leads: bool = True) -> list[ColumnElement[bool]]:
    """Return the conditions of the filter; where something else `leads`, no index of theirs can be taken instead."""
    found: list[ColumnElement[bool]] = _any_of(wanted, leads=leads)
    state, light, due = (_column(column, leads=leads) for column in (CaseRow.state, CaseRow.light, CaseRow.next_due_on))
    if wanted.state is not None:
        found.append(state == wanted.state.value)
    if wanted.due_from is not None:
        found.append(due >= wanted.due_from)
    if wanted.light is not None:
        found.append(light == wanted.light)
    if wanted.unit is not None:
        found.append(CaseRow.unit_id.in_(_of_name(wanted.unit)))
    if wanted.due_before is not None:
        found.append(due < wanted.due_before)
    if wanted.waiting or wanted.approver is not None:
        found.append(CaseRow.id.in_(_waiting(wanted.approver)))
    if wanted.attention:
        found.append(CaseRow.id.in_(_needing(wanted.attention)))
    if wanted.running:
        found.append(or_(CaseRow.state.in_([state.value for state in SPINE]), CaseRow.next_due_on.is_not(None)))
    return found


def looked_up(session: Session, wanted: Filter) -> Filter:
    """Return the filter with its text looked up: the ids of the cases that hold every word, if they are few.

    So many may hold the words that a list of them is no help: then they are met soon enough on the way.
    """
    if not wanted.text:
        return wanted
    words = text_search.words_of(wanted.text)
    found = tuple(text_search.found(session, words))
    if len(found) > text_search.FEW:
        return replace(wanted, text=None, words=words, met=found)
    return replace(wanted, text=None, words=words, among=found)


def fits(reader: Reader, wanted: Filter, *, leads: bool = True) -> list[ColumnElement[bool]]:
    """Return the conditions on the cases that the reader may see and that fit; the text must be looked up.

    Not `leads`: the database is to go by the reader's sight, or by an order, and not by an index of the filter.
    """
    found = [scope(reader), *_where(wanted, leads=leads)]
    if wanted.among is not None:
        found.append(CaseRow.id.in_(wanted.among))
    elif wanted.words:
        found.append(text_search.holds(wanted.words))
    return found


def _needing(attention: str) -> Select[Any]:
    """Return the ids of the cases of which this waits for the office, by the index of the few that wait."""
    other = aliased(CaseRow)
    return select(other.id).where(other.attention.is_not(None), other.attention.contains(attention, autoescape=True))


def _waiting(approver: Role | None) -> Select[Any]:
    """Return the ids of the cases in which a proposal waits, for this role if one is given.

    By itself, so that the index of the few that wait is read and not all cases in the order of the list.
    """
    other = aliased(CaseRow)
    waiting = select(other.id).where(other.waiting_for.is_not(None))
    if approver is None:
        return waiting
    mine = other.approvers.contains(f'"{approver.value}"', autoescape=True)
    return waiting.where(or_(other.approvers.is_(None), mine))


_LOADED: Final = (CaseRow.id, CaseRow.unit_id, CaseRow.post_id, CaseRow.head_hash, CaseRow.body)


def listed(  # who looks for what, from where on, how far, in which order
    session: Session, reader: Reader, wanted: Filter, *, after: int = 0, limit: int = 50, by_due: bool = False
) -> list[Stored]:
    """Return the cases above id `after` that the reader may see and that fit, by id, or by their next due day.

    Which cases they are is decided on narrow rows of an index; only those of the page are read whole.
    """
    looked = _Looked(session, reader, wanted, after, limit, few=is_few(session, reader, wanted.unit))
    return whole(session, looked.by_due() if by_due else looked.ids(("id",)))


def next_due(session: Session, reader: Reader, wanted: Filter, limit: int) -> list[Stored]:
    """Return the first cases that the reader may see and that fit, by their next due day, without personal texts.

    Commitments stand in their places: for what reckons with many cases and tells of no text.
    """
    looked = _Looked(session, reader, wanted, 0, limit, few=is_few(session, reader, wanted.unit))
    return _read(session, looked.by_due())


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
    return [_Looked(session, reader, one, 0, most, few=few).by_due() for one, most in zip(wanted, limits, strict=True)]


def whole_by_id(session: Session, ids: Iterable[int]) -> dict[int, Stored]:
    """Return these cases, which the reader was found to see, by their ids."""
    return {item.case.id: item for item in whole(session, list(ids))}


def first_of_days(session: Session, reader: Reader, days: Sequence[date], limit: int) -> dict[date, list[int]]:
    """Return the ids of the first cases in sight whose next due day is each of these days: `limit` of each."""
    seen = scope(reader)
    if is_few(session, reader):
        mine = _mine(seen, CaseRow.next_due_on.in_(days)).c
        place = func.row_number().over(partition_by=mine.next_due_on, order_by=mine.id).label("place")
        each = select(mine.next_due_on.label("due"), mine.id.label("id"), place).subquery()
        statement: Any = select(each.c.due, each.c.id).where(each.c.place <= limit)
    else:
        # Day by day, so that each is found at once where an index has the cases of the day, and no more are read.
        ways = [
            select(CaseRow.next_due_on.label("due"), CaseRow.id.label("id"))
            .where(seen, CaseRow.next_due_on == on)
            .order_by(CaseRow.id)
            .limit(limit)
            for on in days
        ]
        statement = union_all(*(select(way.subquery()) for way in ways))
    found: dict[date, list[int]] = {on: [] for on in days}
    for on, id_ in session.execute(statement):
        found[on].append(id_)
    return {on: sorted(ids) for on, ids in found.items()}


class _Looked:
    """One look for cases: the ids of those in sight that fit, in an order."""

    def __init__(  # who looks for what, from where on, how far, and whether there is little to look through
        self, session: Session, reader: Reader, wanted: Filter, after: int, limit: int, *, few: bool
    ) -> None:
        self.session, self.limit, self.few = session, limit, few
        self.dated = wanted.due_before is not None or wanted.due_from is not None
        conditions = fits(reader, looked_up(session, wanted)) + ([CaseRow.id > after] if after else [])
        self.columns: Any = table_of(CaseRow).c
        self.conditions: list[ColumnElement[bool]] = conditions
        # An index gives an order only for one value of its first column: several are looked for one by one.
        self.ways = [CaseRow.state == state.value for state in wanted.states] or [true()]
        if wanted.phases and not wanted.states:
            self.ways = [CaseRow.phase == phase.value for phase in wanted.phases]
        if few:
            # Chosen first and kept, so that no database walks through the cases of all others in the order of the list.
            self.columns = _mine(*conditions).c
            self.conditions, self.ways = [], [true()]

    def by_due(self) -> list[int]:
        """Return the ids by their next due day, and behind them those that have none."""
        if self.few:
            due, id_ = self.columns.next_due_on, self.columns.id
            return list(self.session.scalars(select(id_).order_by(due.is_(None), due, id_).limit(self.limit)))
        # In two steps, so that an index gives the order: those with a due day, and only then those without.
        ids = self.ids(("next_due_on", "id"), has_due=True)
        if len(ids) < self.limit and not self.dated:
            ids += self.ids(("id",), has_due=False)[: self.limit - len(ids)]
        return ids

    def ids(self, order: tuple[str, ...], *, has_due: bool | None = None) -> list[int]:
        by, due = [self.columns[name] for name in order], self.columns.next_due_on
        more = [] if has_due is None else [due.is_not(None) if has_due else due.is_(None)]
        ways = [
            select(self.columns.id.label("id"), by[0].label("first"))
            .where(way, *self.conditions, *more)
            .order_by(*by)
            .limit(self.limit)
            for way in self.ways
        ]
        if len(ways) == 1:
            return [row.id for row in self.session.execute(ways[0])]
        every = union_all(*(select(way.subquery()) for way in ways)).subquery()
        return list(self.session.scalars(select(every.c.id).order_by(every.c.first, every.c.id).limit(self.limit)))


def _seen(session: Session, reader: Reader, unit: str | None = None) -> int | None:
    """Return how many cases are in sight, all or those of a unit, by the tallies; nothing if they cannot tell."""
    condition = tallied(reader, by_unit=unit is not None)
    if condition is None:
        return None
    statement = select(func.sum(CounterRow.n)).where(CounterRow.kind == counters.NOW, condition)
    if unit is not None:
        statement = statement.where(CounterRow.unit_id.in_(_of_name(unit)))
    return int(session.scalar(statement) or 0)


def _of_name(unit: str) -> Select[Any]:
    return select(UnitRow.id).where(UnitRow.name == unit)


def is_few(session: Session, reader: Reader, unit: str | None = None) -> bool:
    """Say whether so few cases, all or those of a unit, are in sight that they may be looked through one by one."""
    n = None if is_everything(reader) and unit is None else _seen(session, reader, unit)
    return n is not None and n <= FEW


def _mine(*fits: ColumnElement[bool]) -> CTE:
    """Return the narrow rows of the cases that fit, as a table of their own that is made first."""
    return select(CaseRow.id, CaseRow.next_due_on).where(*fits).cte("mine").prefix_with("MATERIALIZED")


def page_by_due(session: Session, reader: Reader, wanted: Filter, *, skip: int, limit: int) -> list[Stored]:
    """Return the cases that the reader may see and that fit, by their next due day, behind the first `skip` of them.

    It counts its way to a later page: for the cases of one unit, not of an office.
    """
    mine = _mine(scope(reader), *_where(wanted)).c
    order = (mine.next_due_on.is_(None), mine.next_due_on, mine.id)
    ids = list(session.scalars(select(mine.id).order_by(*order).offset(skip).limit(limit)))
    return whole(session, ids)


def whole(session: Session, ids: list[int]) -> list[Stored]:
    """Return these cases, in this order."""
    return personal_data.shown_all(session, _read(session, ids))


def _read(session: Session, ids: list[int]) -> list[Stored]:
    rows = {row.id: row for row in session.connection().execute(select(*_LOADED).where(CaseRow.id.in_(ids)))}
    return [stored_of(rows[id_]) for id_ in ids]


def _bounded(n: int, most: int) -> int:
    return AtLeast(most) if n > most else n


def total(counts: Iterable[int]) -> int:
    """Return the sum, which is one of `AtLeast` if one of the counts is."""
    known = list(counts)
    return AtLeast(sum(known)) if any(isinstance(n, AtLeast) for n in known) else sum(known)


def counted(session: Session, reader: Reader, wanted: Filter) -> int:
    """Return how many cases the reader may see that fit: from the tallies where they can tell.

    Where they cannot, cases are counted up to `COUNTED_TO`, and beyond it is only said that there are more (`AtLeast`).
    """
    wanted = looked_up(session, wanted)
    if (
        wanted.met
        and wanted == Filter(words=wanted.words, met=wanted.met)
        and (sees_all_of_office(reader) or len(seen_among(session, reader, wanted.met)) > COUNTED_TO)
    ):
        return AtLeast(COUNTED_TO)  # that there are more is why they were not listed
    n = tally(session, reader, wanted)
    if n is not None:
        return n
    found = select(literal(1)).select_from(CaseRow).where(*fits(reader, wanted))
    some = found.limit(COUNTED_TO + 1).subquery()
    return _bounded(int(session.scalar(select(func.count()).select_from(some)) or 0), COUNTED_TO)


def tally(session: Session, reader: Reader, wanted: Filter) -> int | None:
    """Return how many cases in sight fit, by the tallies; nothing if they cannot tell."""
    kept = _kept(reader, wanted)
    if kept is None:
        return None
    beside = seen_by_part(reader)
    # By those few, and not by what is looked for, of which there may be very many.
    few = () if beside is None else (beside, *_where(wanted, leads=False))
    others = session.scalar(select(func.count()).where(*few)) if few else 0
    return int(session.scalar(select(func.sum(CounterRow.n)).where(*kept)) or 0) + int(others or 0)


def _kept(reader: Reader, wanted: Filter) -> list[ColumnElement[bool]] | None:
    """Return the conditions on tallies that count what fits, or nothing if no kind of them can tell."""
    seen, by_day = (
        tallied(reader, by_unit=wanted.unit is not None),
        wanted.due_before is not None or wanted.due_from is not None,
    )
    asks_more = replace(
        wanted, met=(), state=None, states=(), light=None, unit=None, due_before=None, due_from=None
    ) != Filter() or (by_day and wanted.light is not None)
    if seen is None or asks_more:
        return None
    found = [CounterRow.kind == (counters.DUE if by_day else counters.NOW), seen]
    if wanted.unit is not None:
        found.append(CounterRow.unit_id.in_(_of_name(wanted.unit)))
    if wanted.states:
        found.append(CounterRow.state.in_([state.value for state in wanted.states]))
    if wanted.state is not None:
        found.append(CounterRow.state == wanted.state.value)
    if wanted.light is not None:
        found.append(CounterRow.light == wanted.light)
    if wanted.due_before is not None:
        found.append(CounterRow.day < wanted.due_before)
    if wanted.due_from is not None:
        found.append(CounterRow.day >= wanted.due_from)
    return found


def by_state(session: Session, reader: Reader, *, due_before: date | None = None) -> dict[State, int]:
    """Return how many of the cases that the reader may see are in each state; or of those due before a day."""
    condition, found = tallied(reader), dict.fromkeys((state.value for state in State), 0)
    late = () if due_before is None else (CaseRow.next_due_on < due_before,)
    if condition is None:
        mine = select(CaseRow.state).where(scope(reader), *late).limit(COUNTED_TO * len(State)).subquery()
        rows = list(session.execute(select(mine.c.state, func.count()).group_by(mine.c.state)))
        return {state: _bounded(dict(map(tuple, rows)).get(state.value, 0), COUNTED_TO) for state in State}
    kept = select(CounterRow.state, func.sum(CounterRow.n)).where(condition).group_by(CounterRow.state)
    if due_before is None:
        kept = kept.where(CounterRow.kind == counters.NOW)
    else:
        kept = kept.where(CounterRow.kind == counters.DUE, CounterRow.day < due_before)
    rows = list(session.execute(kept))
    beside = seen_by_part(reader)
    if beside is not None:
        state_ = _column(CaseRow.state, leads=False)  # or all cases would be walked in the order of their states
        rows += session.execute(select(state_, func.count()).where(beside, *late).group_by(state_))
    for state, n in rows:
        found[state] += int(n)
    return {state: found[state.value] for state in State}


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
    n = _seen(session, reader)
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
