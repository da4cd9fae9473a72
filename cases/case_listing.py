"""Cases in lists and on the desk: what is found, how many there are, and what happened last; one transaction each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from states.decision import allowed
from states.vocabulary import SPINE, Light
from store import acknowledgements, case_counts, case_filters, case_lists, case_orders, events, saved_views, statistics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from cases.desk import Desk
    from states.command import Command
    from states.errors import Sentence
    from states.vocabulary import Act, Role, State
    from store.acknowledgements import ToSign
    from store.case_orders import Order, Place
    from store.cases import Stored
    from store.database import Database
    from store.saved_views import SavedView
    from store.visibility import Reader


URGENT: Final = (Light.RED, Light.YELLOW, Light.BLUE)
"""The lights that the list of open cases counts in its first line, the most urgent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListing:
    """Some of the cases that fit, how many fit in all, and the latest act in each of those shown, by its id."""

    total: int
    rows: tuple[Stored, ...]
    latest: Mapping[int, Act]
    following: Place | None = None
    views: tuple[SavedView, ...] = ()
    lights: Mapping[Light, int] | None = None
    """How many open cases stand under which light; None where another list is asked for, or no tally tells."""


def listing(  # who looks for what, in which order, from where on, how far
    database: Database, reader: Reader, wanted: case_filters.Filter, order: Order, after: Place | None, *, limit: int
) -> CaseListing:
    """Return the cases behind the place `after` of the order that the reader may see and that fit, and saved views."""
    with database.reading() as session:
        wanted = case_filters.looked_up(session, wanted)
        page = case_orders.page(session, reader, wanted, order, after, limit)
        return CaseListing(
            total=case_counts.counted(session, reader, wanted),
            rows=page.rows,
            latest=events.latest_acts(session, [item.case.id for item in page.rows]),
            following=page.following,
            views=tuple(saved_views.open_to(session, reader)),
            lights=_lights(session, reader, wanted) if after is None else None,
        )


def _lights(session: Session, reader: Reader, wanted: case_filters.Filter) -> dict[Light, int] | None:
    """Return the tallies of the lights if all open cases are asked for: sums of counters, which cost no reading."""
    if wanted != case_filters.Filter(states=SPINE):
        return None
    counts = {light: case_counts.tally(session, reader, replace(wanted, light=light)) for light in URGENT}
    return {light: n for light, n in counts.items() if n is not None} if None not in counts.values() else None


def keep_view(  # who keeps which conditions under which name, for whom, when
    database: Database, reader: Reader, name: str, query: str, at: datetime, *, shared: bool
) -> None:
    """Keep a list under a name, for the person or for the whole office.

    Raises:
        BadData: it has no name, or a long one, or the person keeps too many.
    """
    with database.transaction() as session:
        saved_views.keep(session, reader, name, query, at, shared=shared)


def drop_view(database: Database, reader: Reader, view_id: int) -> None:
    """Delete one of the person's own views.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    with database.transaction() as session:
        saved_views.drop(session, reader, view_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOverview:
    """What somebody's desk shows: of each part how many and the first; all states; what falls due in the week.

    Of the week: the first cases of each day, and how many there are by day.
    """

    counts: tuple[int, ...]
    parts: tuple[tuple[Stored, ...], ...]
    by_state: Mapping[State, int]
    week: tuple[Stored, ...]
    due_in_week: Mapping[date, int]
    latest: Mapping[int, Act]


def desk_overview(
    database: Database,
    reader: Reader,
    parts: Sequence[case_filters.Filter],
    week: tuple[date, date],
    *,
    shown: int,
    in_a_day: int,
) -> DeskOverview:
    """Return the first `shown` cases of each part, and the first of each day of the week, both days inclusive."""
    first, last = week
    days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
    with database.reading() as session:
        ids = case_lists.ids_by_due(session, reader, parts, shown)
        due = case_lists.first_of_days(session, reader, days, in_a_day)
        read = case_lists.whole_by_id(session, {id_ for some in (*ids, *due.values()) for id_ in some})
        return DeskOverview(
            counts=tuple(case_counts.counted(session, reader, part) for part in parts),
            parts=tuple(tuple(read[id_] for id_ in part) for part in ids),
            by_state=dict(case_counts.by_state(session, reader)),
            week=tuple(read[id_] for on in days for id_ in due[on]),
            due_in_week=statistics.due_counts(session, reader, first, last),
            latest=events.latest_acts(session, {id_ for part in ids for id_ in part}),
        )


def in_batches(
    database: Database, reader: Reader, wanted: case_filters.Filter, size: int
) -> Iterator[Sequence[Stored]]:
    """Yield all cases that the reader may see and that fit, so many at a time, as they stand in one moment."""
    after = 0
    with database.reading() as session:
        while found := case_lists.listed(session, reader, wanted, after=after, limit=size):
            yield found
            after = found[-1].case.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """How many cases stand in each state, how many of them are late, and the first of each column."""

    counts: Mapping[State, int]
    late: Mapping[State, int]
    columns: tuple[tuple[Stored, ...], ...]


def board(database: Database, reader: Reader, columns: Sequence[tuple[State, ...]], today: date, *, most: int) -> Board:
    """Return the first `most` cases of each column, the nearest due day first; what is due today is not late."""
    wanted = [case_filters.Filter(states=states) for states in columns]
    with database.reading() as session:
        return Board(
            counts=case_counts.by_state(session, reader),
            late=case_counts.by_state(session, reader, due_before=today),
            columns=tuple(tuple(part) for part in case_lists.lists_by_due(session, reader, wanted, most)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOverview:
    """What a unit has to do: one page of its running cases, what may be done to each, and what is to be signed for.

    `allowed` says for each case, in the order of `rows`, which of the acts may be done, and why not the others.
    """

    total: int
    rows: tuple[Stored, ...]
    further: bool
    allowed: tuple[tuple[dict[Act, Role], dict[Act, Sentence]], ...]
    to_sign: Mapping[int, ToSign]


def unit_overview(
    desk: Desk, reader: Reader, asker: Command, acts: Sequence[Act], *, skip: int, limit: int, also: int = 0
) -> UnitOverview:
    """Return the running cases behind the first `skip`, by their next due day; `also` is shown wherever it stands."""
    running = case_filters.Filter(running=True)
    with desk.database.reading() as session:
        rows = case_lists.page_by_due(session, reader, running, skip=skip, limit=limit + 1)
        further, rows = len(rows) > limit, rows[:limit]
        if also and also not in {item.case.id for item in rows}:
            # What was typed is shown again even where its case has moved to another page meanwhile.
            rows = case_lists.some(session, reader, [also]) + rows
        return UnitOverview(
            total=case_counts.counted(session, reader, running),
            rows=tuple(rows),
            further=further,
            allowed=tuple(
                allowed(item.case, asker, desk.unit_of_work.rulebook.rules_of(session, item.case), acts)
                for item in rows
            ),
            to_sign=acknowledgements.latest_told(session, [item.case.id for item in rows]),
        )


def unit_lines(
    database: Database, reader: Reader, *, after: str = "", text: str = "", limit: int
) -> list[statistics.UnitLine]:
    """Return the units with cases in sight behind the name `after`, those whose name has the text."""
    with database.reading() as session:
        return list(statistics.units(session, reader, after=after, text=text, limit=limit))
