"""Cases in lists and on the desk: what is found, how many there are, and what happened last; one transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store import case_lists, events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from states.vocabulary import Act, State
    from store.cases import Stored
    from store.database import Database
    from store.visibility import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListing:
    """Some of the cases that fit, how many fit in all, and the latest act in each of those shown, by its id."""

    total: int
    rows: tuple[Stored, ...]
    latest: Mapping[int, Act]


def listing(
    database: Database, reader: Reader, wanted: case_lists.Filter, *, after: int = 0, limit: int = 50
) -> CaseListing:
    """Return the cases above id `after` that the reader may see and that fit."""
    with database.reading() as session:
        rows = case_lists.listed(session, reader, wanted, after=after, limit=limit)
        return CaseListing(
            total=case_lists.counted(session, reader, wanted),
            rows=tuple(rows),
            latest=events.latest_acts(session, {item.case.id: item.case.version for item in rows}),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOverview:
    """What somebody's desk shows: of each part how many and the first; all states; what falls due in the week."""

    counts: tuple[int, ...]
    parts: tuple[tuple[Stored, ...], ...]
    by_state: Mapping[State, int]
    week: tuple[Stored, ...]
    latest: Mapping[int, Act]


def desk_overview(
    database: Database,
    reader: Reader,
    parts: Sequence[case_lists.Filter],
    week: tuple[date, date],
    *,
    shown: int,
    most: int,
) -> DeskOverview:
    """Return the first `shown` cases of each part, and at most `most` of those due in the week, both days inclusive."""
    with database.reading() as session:
        found = case_lists.lists_by_due(session, reader, parts, shown)
        versions = {item.case.id: item.case.version for part in found for item in part}
        return DeskOverview(
            counts=tuple(case_lists.counted(session, reader, part) for part in parts),
            parts=tuple(tuple(part) for part in found),
            by_state=dict(case_lists.by_state(session, reader)),
            week=tuple(case_lists.due_between(session, reader, *week, most)),
            latest=events.latest_acts(session, versions),
        )
