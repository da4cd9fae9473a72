"""Histories of other systems, for reading only: taken in, listed, counted, walked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.imported_logs import derived, gaps, import_xes
from store import imported_logs

if TYPE_CHECKING:
    from collections import Counter
    from datetime import datetime, tzinfo
    from pathlib import Path

    from audit.imported_logs import Imported
    from states.terms import Term
    from store.database import Database
    from store.imported_logs import ForeignLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """In how many cases how many calendar days lie between two activities; who kept a term, of how many that tell."""

    days: Counter[int]
    kept: int = 0
    both: int = 0


class Archive:
    """Keeps histories of other systems beside the office's own, which they never touch."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def take_in(self, path: Path, at: datetime) -> Imported:
        """Take an XES file in, plain or .gz; return what came in, and what was odd.

        Raises:
            BadData: it is no XES file, or holds nothing.
        """
        self._database.require_current()
        with self._database.transaction() as session:
            return import_xes(session, path, at)

    def logs(self) -> list[ForeignLog]:
        """Return the histories that were taken in, in their order."""
        with self._database.reading() as session:
            return imported_logs.logs(session)

    def activities(self, log: int) -> tuple[ForeignLog, dict[str, int]]:
        """Return a history, and how often what happened in it.

        Raises:
            NotFound: there is none of this number.
        """
        with self._database.reading() as session:
            return imported_logs.log(session, log), imported_logs.activities(session, log)

    def course(self, log: int, case: str) -> list[dict[str, Any]]:
        """Return one case of a history, event by event.

        Raises:
            NotFound: there is no such history, or no such case in it.
        """
        with self._database.reading() as session:
            imported_logs.log(session, log)
            return imported_logs.trace(session, log, case)

    def gaps(self, log: int, first: str, then: str, zone: tzinfo, term: Term | None = None) -> Gaps:
        """Return how many days of the zone lie between two activities, and who kept exactly the term, if one is given.

        Raises:
            NotFound: there is no such history.
        """
        with self._database.reading() as session:
            imported_logs.log(session, log)
            days = gaps(session, log, first, then, zone)
            kept, both = derived(session, log, first, then, zone, term) if term is not None else (0, 0)
            return Gaps(days=days, kept=kept, both=both)
