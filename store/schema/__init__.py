"""The tables, by area, each with the reason that it exists.

Values that decide something are columns; the whole case, as the fold of its events, is `cases.body`. All areas are
imported together, because foreign keys name tables of other areas.
"""

from __future__ import annotations

from store.schema import (
    accounts,
    audit,
    base,
    cases,
    clues,
    counters,
    documents,
    events,
    inspections,
    ledgers,
    obligations,
    operations,
    organisation,
    outbox,
    rankings,
    rulebooks,
    timers,
)

__all__ = [
    "accounts",
    "audit",
    "base",
    "cases",
    "clues",
    "counters",
    "documents",
    "events",
    "inspections",
    "ledgers",
    "obligations",
    "operations",
    "organisation",
    "outbox",
    "rankings",
    "rulebooks",
    "timers",
]
