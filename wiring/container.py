"""Joins the parts of one installation by its settings, and hands them down.

A part is made, and its module imported, when it is first asked for: a command that lists cases needs no mail, no
proofs and no Prefect.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from config.rulebook import Rulebook
from store.database import Database
from wiring.clock import now

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.last_use import LastUse
    from audit.proofs import Proofs
    from audit.signing import Signing
    from cases.calendar_change import CalendarChange
    from cases.clues import CluePool
    from cases.console import Console
    from cases.console_desk import ConsoleDesk
    from cases.policy_change import PolicyChange
    from cases.queries import CaseQueries
    from cases.recount import Recounts
    from cases.sweep import Sweeps
    from cases.unit_of_work import UnitOfWork
    from config.settings import Settings
    from documents.issuing import Documents
    from documents.shelf import DocumentShelf
    from notifications.channels import Channels
    from operations.installation import Installation
    from operations.overview import Overview
    from programme.commendations import Commendations
    from programme.dossier_papers import DossierPapers
    from programme.dossiers import Dossiers
    from programme.forecast import Forecasts
    from programme.inspection_plans import InspectionPlans
    from programme.obligation_sweep import ObligationSweeps
    from programme.obligations import YearlyObligations
    from programme.on_site import OnSite
    from programme.ranking import Rankings
    from programme.report import Report
    from programme.reports import Reports
    from programme.whatif import WhatIf
    from wiring.rounds import Rounds
    from wiring.telemetry import TracedDesk


class Office:
    """The parts of one installation, while it is open."""

    def __init__(self, settings: Settings) -> None:
        """Join the parts; the database is opened when it is first used."""
        self.settings = settings
        self.archive = Rulebook(settings.policy, settings.calendar_files, settings.tz)
        self.database = Database(settings.database, limits=settings.database_limits)

    def today(self, moment: datetime | None = None) -> date:
        """Return the day in the office's zone."""
        return (moment or now()).astimezone(self.settings.tz).date()

    @cached_property
    def unit_of_work(self) -> UnitOfWork:
        """Loads cases, applies acts and writes what came of them."""
        from cases.unit_of_work import UnitOfWork
        from wiring.telemetry import traceparent

        return UnitOfWork(self.database, self.archive, self.settings.tz, self.settings.office, traceparent)

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

        return CalendarChange(self.database, self.archive, self.recounts, self.settings)

    @cached_property
    def policy_change(self) -> PolicyChange:
        """Brings cases under another policy."""
        from cases.policy_change import PolicyChange

        return PolicyChange(self.database, self.archive, self.recounts)

    @cached_property
    def case_queries(self) -> CaseQueries:
        """Answers what people ask about cases."""
        from cases.queries import CaseQueries

        return CaseQueries(self.desk, self.archive)

    @cached_property
    def clues(self) -> CluePool:
        """Keeps the clues, which are no cases."""
        from cases.clues import CluePool

        return CluePool(self.desk)

    @cached_property
    def obligations(self) -> YearlyObligations:
        """Keeps what the regulation asks for each year; the rules are read when they are first wanted."""
        from config.obligations import read_rules
        from programme.obligations import YearlyObligations

        rules = cache(lambda: read_rules(self.settings.obligations, self.settings.home))
        return YearlyObligations(self.database, self.archive, self.settings.tz, rules)

    @cached_property
    def obligation_sweeps(self) -> ObligationSweeps:
        """Lets time look at obligations."""
        from programme.obligation_sweep import ObligationSweeps

        return ObligationSweeps(self.obligations)

    @cached_property
    def console(self) -> Console:
        """Cases as the console of the machine reads them."""
        from cases.console import Console

        return Console(self.database, self.archive, self.settings.office)

    @cached_property
    def console_desk(self) -> ConsoleDesk:
        """Cases as the console of the machine moves them."""
        from cases.console_desk import ConsoleDesk

        return ConsoleDesk(self.desk, self.archive, self.settings.office)

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

    @cached_property
    def whatif(self) -> WhatIf:
        """Sets the past beside what another policy would have made of it."""
        from programme.whatif import WhatIf

        return WhatIf(self.database, self.archive)

    @cached_property
    def forecasts(self) -> Forecasts:
        """Says what will probably be missed."""
        from programme.forecast import Forecasts

        return Forecasts(self.database, self.archive)

    @cached_property
    def inspection_plans(self) -> InspectionPlans:
        """Plans the year's inspections."""
        from programme.inspection_plans import InspectionPlans

        return InspectionPlans(self.database, self.archive)

    @cached_property
    def on_site(self) -> OnSite:
        """Keeps what is seen at the units."""
        from programme.on_site import OnSite

        return OnSite(self.desk, self.settings.home)

    @cached_property
    def dossiers(self) -> Dossiers:
        """Draws up the files of heads."""
        from programme.dossiers import Dossiers
        from programme.year_rooms import year_rooms

        return Dossiers(self.database, self.archive.calendar, self.settings.tz, year_rooms(self.settings.tz))

    @cached_property
    def dossier_papers(self) -> DossierPapers:
        """Hands out the papers of files of heads; the office's own sheet lies in its home."""
        from documents.templates import Templates
        from programme.dossier_papers import DossierPapers

        return DossierPapers(self.dossiers, Templates(self.settings.home / "documents"), self.settings.office)

    @cached_property
    def reports(self) -> Reports:
        """Draws up the office's reports."""
        from programme.reports import Reports
        from programme.year_rooms import year_rooms

        return Reports(self.database, self.settings.tz, year_rooms(self.settings.tz))

    def report_paper(self, report: Report) -> bytes:
        """Return a report as a Word file, on the office's own sheet if it has one."""
        from documents.templates import Templates
        from programme.report_papers import drawn_up

        templates = Templates(self.settings.home / "documents")
        return drawn_up(report, self.settings.office, self.settings.address, templates)

    @cached_property
    def rankings(self) -> Rankings:
        """Ranks the units of a year."""
        from programme.ranking import Rankings
        from programme.year_rooms import obligation_facts

        return Rankings(self.desk, self.archive, self.settings, [obligation_facts])

    @cached_property
    def commendations(self) -> Commendations:
        """Proposes and gives commendations."""
        from programme.commendations import Commendations

        return Commendations(self.database, self.settings.tz)

    @cached_property
    def channels(self) -> Channels:
        """Sends messages out of the building."""
        from notifications.channels import Channels, Servers

        return Channels(Servers.of(self.settings))

    @cached_property
    def rounds(self) -> Rounds:
        """Sweeps, delivers, compares and looks at the calendar, at intervals."""
        from wiring.rounds import Rounds

        return Rounds(
            self.database,
            self.archive,
            self.sweeps,
            lambda: self.obligation_sweeps,
            self.calendar_change,
            self.channels,
            self.settings.address,
        )

    @cached_property
    def proofs(self) -> Proofs:
        """Verifies, replays and bundles the history."""
        from audit.proofs import Proofs

        # Word files are opened only where something is verified.
        altered = lambda: self.documents.altered()  # noqa: E731, PLW0108  # the name alone would load them now
        return Proofs(self.database, self.archive, self.settings.home, self.settings.tsa_roots, altered)

    @cached_property
    def overview(self) -> Overview:
        """Says how the installation is."""
        from operations.overview import Overview

        return Overview(self.database, self.settings, self.archive, self.channels)

    @cached_property
    def installation(self) -> Installation:
        """Brings the installation about, and compares this process with it."""
        from operations.installation import Installation

        return Installation(self.database, self.settings, self.archive)

    @cached_property
    def signing(self) -> Signing:
        """Signs the history, and sends what is signed out of the house."""
        from audit.signing import Signing

        return Signing(self.database, self.channels, self.settings)

    @cached_property
    def last_use(self) -> LastUse:
        """Notes when sessions and tokens were used."""
        from accounts.last_use import LastUse

        return LastUse(self.database)

    def close(self) -> None:
        """Give the database back, after what writes to it in a thread of its own has ended."""
        if "last_use" in self.__dict__:
            self.last_use.close()
        self.database.close()
