"""What is left to do before an office can work, whichever steps of the first day were left out (ADR 0054)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from states.vocabulary import Role
from store.beginnings import beginnings

if TYPE_CHECKING:
    from collections.abc import Collection

    from store.database import Database

INSPECTORS: Final = 2
"""A finding is verified by two people on the spot (docs/domain.md §2.5)."""


class NextStep(StrEnum):
    """The steps to the first case, in their order."""

    UNITS = "units"
    PEOPLE = "people"
    CHANNELS = "channels"
    CALENDAR = "calendar"
    CASE = "case"


def steps(database: Database, known_years: Collection[int], year: int) -> dict[NextStep, bool]:
    """Return whether each step is done; of the calendar, whether the notice of this year is known."""
    with database.reading() as session:
        found = beginnings(session)
    people = found.people
    approvers = people[Role.DIRECTOR] + people[Role.LEADER]
    return {
        NextStep.UNITS: found.has_unit,
        NextStep.PEOPLE: bool(people[Role.HANDLER] and approvers) and people[Role.INSPECTOR] >= INSPECTORS,
        NextStep.CHANNELS: found.has_address,
        NextStep.CALENDAR: year in known_years,
        NextStep.CASE: found.has_case,
    }
