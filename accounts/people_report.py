"""What an import of people did, or would do, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from states.errors import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRowOutcome:
    """What became of one row: `new`, `known` or `failed`, and what is to be said of it."""

    sheet: str
    row: int
    outcome: str
    shown: str
    reasons: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleReport:
    """What an import of people did, or would do: the rows, and how many of each thing are new."""

    name: str
    rows: tuple[PeopleRowOutcome, ...]
    made: dict[str, int]
    ignored: tuple[str, ...]

    def count(self, outcome: str) -> int:
        """Return how many rows had this outcome."""
        return sum(row.outcome == outcome for row in self.rows)
