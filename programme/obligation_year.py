"""Reading the obligations of a year: the grid of units and clauses, and one obligation with what was told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store import evidence, obligations, outbox_messages
from store.obligations import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from states.obligation import ObligationState
    from store.database import Database
    from store.obligations import Obligation
    from store.visibility import Reader


@dataclass(frozen=True, slots=True)
class OneOfYear:
    """An obligation, what was told of it (kind, unit, post, when it was owed and sent), and those of other years."""

    obligation: Obligation
    told: tuple[tuple[str, str, str, datetime, datetime | None], ...]
    others: tuple[Obligation, ...]


@dataclass(frozen=True, slots=True)
class YearGrid:
    """A part of the year's grid. `further` is the last unit's name, if there are more."""

    units: tuple[tuple[int, str], ...]
    found: tuple[Obligation, ...]
    numbers: Mapping[ObligationState, int]
    years: tuple[int, ...]
    further: str


def history(database: Database, obligation_id: int, reader: Reader | None = None) -> OneOfYear:
    """Return one obligation with what people were told of it, and the same of the other years.

    Raises:
        NotFound: there is none, or this person does not see it.
    """
    with database.reading() as session:
        found = obligations.get(session, obligation_id, reader)
        asked = Asked(unit_id=found.unit_id, clause=found.clause)
        others = [one for one in obligations.listed(session, asked, reader) if one.id != found.id]
        return OneOfYear(found, tuple(outbox_messages.told_about(session, f"obligations/{found.id}")), tuple(others))


def grid(database: Database, asked: Asked, reader: Reader, *, after: str, limit: int) -> YearGrid:
    """Return the obligations of the next `limit` units behind the name `after`, with the sums of the whole year."""
    with database.reading() as session:
        units = obligations.units_of(session, asked, reader, after=after, limit=limit + 1)
        ids = tuple(unit_id for unit_id, _name in units[:limit])
        found = obligations.listed(session, Asked(year=asked.year, unit_ids=ids), reader) if ids else []
        return YearGrid(
            units=tuple(units[:limit]),
            found=tuple(found),
            numbers=obligations.numbers(session, asked.year, reader),
            years=tuple(obligations.years(session)),
            further=units[limit - 1][1] if len(units) > limit else "",
        )


def file_of(database: Database, obligation_id: int, hash_: str, reader: Reader) -> str:
    """Return the name of a file that a step of this obligation names; nothing if none does.

    Raises:
        NotFound: there is no such obligation, or this person does not see it.
    """
    with database.reading() as session:
        found = obligations.get(session, obligation_id, reader)
        if all(step.file != hash_ for step in found.steps):
            return ""
        (kept,) = evidence.evidence_of(session, [hash_])
        return kept.name
