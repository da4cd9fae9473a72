"""The tables, by area, each with the reason that it exists.

Values that decide something are columns; the whole case, as the fold of its events, is `cases.body`. An area is loaded
by whoever reads its rows; `whole` loads all of them, which writing needs, because foreign keys name tables of other
areas. Mapping sixty tables takes longer than reading a list of cases.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy import MetaData

AREAS: Final = (
    "accounts",
    "audit",
    "cases",
    "clues",
    "counters",
    "documents",
    "events",
    "evidence",
    "inspections",
    "installation",
    "ledgers",
    "numbers",
    "obligations",
    "operations",
    "organisation",
    "outbox",
    "posts",
    "rankings",
    "rulebooks",
    "timers",
    "views",
)


@cache
def whole() -> MetaData:
    """Load every area; return all tables."""
    for area in AREAS:
        import_module(f"store.schema.{area}")
    from store.schema.base import Base  # noqa: PLC0415  # it is an area's own import, and this package's first

    return Base.metadata
