"""Joins the rooms of cases and documents: each is made, and its module imported, when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from wiring.open_office import OpenOffice

if TYPE_CHECKING:
    from cases.calendar_change import CalendarChange
    from cases.clues import CluePool
    from cases.console import Console
    from cases.console_desk import ConsoleDesk
    from cases.ledger_layouts import LedgerLayouts
    from cases.policy_change import PolicyChange
    from cases.queries import CaseQueries
    from cases.recount import Recounts
    from cases.sweep import Sweeps
    from cases.unit_of_work import UnitOfWork
    from documents.issuing import Documents
    from documents.shelf import DocumentShelf
    from wiring.telemetry import TracedDesk


class RoomsOfCases(OpenOffice):
    """The desk, what time does, what people read, and official documents."""

    @cached_property
    def unit_of_work(self) -> UnitOfWork:
        """Loads cases, applies acts and writes what came of them."""
        from cases.unit_of_work import UnitOfWork
        from wiring.telemetry import traceparent

        return UnitOfWork(self.database, self.rulebook, self.settings.tz, self.settings.office, traceparent)

    @cached_property
    def desk(self) -> TracedDesk:
        """Enters people's acts."""
        from wiring.telemetry import TracedDesk

        return TracedDesk(self.unit_of_work, self.settings.series)

    @cached_property
    def sweeps(self) -> Sweeps:
        """Fires due timers."""
        from cases.sweep import Sweeps

        return Sweeps(self.unit_of_work)

    @cached_property
    def recounts(self) -> Recounts:
        """Counts deadlines again."""
        from cases.recount import Recounts

        return Recounts(self.unit_of_work)

    @cached_property
    def calendar_change(self) -> CalendarChange:
        """Brings a new calendar into force."""
        from cases.calendar_change import CalendarChange

        return CalendarChange(self.database, self.rulebook, self.recounts, self.settings)

    @cached_property
    def policy_change(self) -> PolicyChange:
        """Brings cases under another policy."""
        from cases.policy_change import PolicyChange

        return PolicyChange(self.database, self.rulebook, self.recounts)

    @cached_property
    def case_queries(self) -> CaseQueries:
        """Answers what people ask about cases."""
        from cases.queries import CaseQueries

        return CaseQueries(self.desk, self.rulebook)

    @cached_property
    def clues(self) -> CluePool:
        """Keeps the clues, which are no cases."""
        from cases.clues import CluePool

        return CluePool(self.desk)

    @cached_property
    def ledger_layouts(self) -> LedgerLayouts:
        """Remembers where the columns of ledgers go."""
        from cases.ledger_layouts import LedgerLayouts

        return LedgerLayouts(self.database)

    @cached_property
    def console(self) -> Console:
        """Cases as the console of the machine reads them."""
        from cases.console import Console

        return Console(self.database, self.rulebook, self.settings.office)

    @cached_property
    def console_desk(self) -> ConsoleDesk:
        """Cases as the console of the machine moves them."""
        from cases.console_desk import ConsoleDesk

        return ConsoleDesk(self.desk, self.rulebook, self.settings.office)

    @cached_property
    def documents(self) -> Documents:
        """Draws official documents up; the office's own templates lie in its home."""
        from config.duties import duty_titles
        from documents.issuing import Documents
        from documents.papers import Papers
        from documents.templates import Templates

        home = self.settings.home
        return Documents(self.desk, Papers(self.desk, home, Templates(home / "documents"), duty_titles()))

    @cached_property
    def document_shelf(self) -> DocumentShelf:
        """Shows documents to whom they are for."""
        from documents.shelf import DocumentShelf

        return DocumentShelf(self.desk, self.documents)
