"""The history of the whole office, newest first, looked through by act, person, unit, case and days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from store import personal_data
from store.case_lists import seen_events
from store.events import history_where
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from store.schema.organisation import UnitRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from states.vocabulary import Act
    from store.events import Recorded
    from store.visibility import Reader

SPAN: Final = 50_000
"""How many events one page looks through at most, so that a rare act costs no reading of the whole history."""
STEPS: Final = (1_000, 10_000, SPAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; nothing given finds all. Both days are inclusive."""

    act: Act | None = None
    person: str = ""
    unit: str = ""
    case: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and before which place to go on; 0 if there is nothing before."""

    events: list[Recorded]
    before: int


def newest(session: Session, reader: Reader, wanted: Wanted, *, before: int, limit: int) -> Page:
    """Return the latest events before place `before` (0: the end) that fit, of cases that the reader may see.

    A page looks through at most `SPAN` places; one that ends for that reason may be short, or empty, and still says
    where to go on.
    """
    size = int(session.scalar(select(func.max(CaseEventRow.seq))) or 0)
    top = min(before, size + 1) if before else size + 1
    conditions = _where(reader, wanted)
    found: list[Recorded] = []
    for step in STEPS:
        low = max(0, top - step)
        # Newest first means reading backwards; `history_where` reads forwards, so the last places are asked for.
        places = select(CaseEventRow.seq).where(CaseEventRow.seq >= low, CaseEventRow.seq < top, *conditions)
        last = list(session.scalars(places.order_by(CaseEventRow.seq.desc()).limit(limit)))
        if len(last) == limit or low == 0 or step == SPAN:
            found = history_where(session, CaseEventRow.seq.in_(last), limit=limit)[::-1]
            full = len(last) == limit
            following = last[-1] if full else low
            return Page(personal_data.shown_history(session, found), following if following > 1 else 0)
    raise AssertionError("the last step is the whole span")


def _where(reader: Reader, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [seen_events(reader)]
    mine = select(CaseRow.id)
    if wanted.case:
        mine = mine.where(CaseRow.number == wanted.case)
    if wanted.unit:
        mine = mine.where(CaseRow.unit_id.in_(select(UnitRow.id).where(UnitRow.name == wanted.unit)))
    if wanted.case or wanted.unit:
        found.append(CaseEventRow.case_id.in_(mine))
    if wanted.act is not None:
        found.append(CaseEventRow.act == wanted.act.value)
    if wanted.person:
        found.append(CaseEventRow.actor_user == wanted.person)
    if wanted.first is not None:
        found.append(CaseEventRow.occurred_on >= wanted.first)
    if wanted.last is not None:
        found.append(CaseEventRow.occurred_on <= wanted.last)
    return found


def histories(session: Session, case_ids: Collection[int], most: int) -> dict[int, list[Recorded]]:
    """Return the histories of these cases; none at all for those with more than `most` events."""
    counted = select(CaseRow.id).where(CaseRow.id.in_(case_ids), CaseRow.version <= most) if case_ids else None
    if counted is None:
        return {}
    found: dict[int, list[Recorded]] = {}
    ids = list(session.scalars(counted))
    for recorded in history_where(session, CaseEventRow.case_id.in_(ids), limit=most * max(len(ids), 1)):
        found.setdefault(recorded.event.case_id, []).append(recorded)
    return found
