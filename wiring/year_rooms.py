"""Joins the rooms of the year: each is made, and its module imported, when it is first asked for."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from wiring.case_rooms import RoomsOfCases

if TYPE_CHECKING:
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


class RoomsOfTheYear(RoomsOfCases):
    """Obligations, inspections, rankings, commendations, files of heads, reports, what-if and forecast."""

    @cached_property
    def obligations(self) -> YearlyObligations:
        """Keeps what the regulation asks for each year; the rules are read when they are first wanted."""
        from config.obligations import read_rules
        from programme.obligations import YearlyObligations

        rules = cache(lambda: read_rules(self.settings.obligations, self.settings.home))
        return YearlyObligations(self.database, self.rulebook, self.settings.tz, rules)

    @cached_property
    def obligation_sweeps(self) -> ObligationSweeps:
        """Lets time look at obligations."""
        from programme.obligation_sweep import ObligationSweeps

        return ObligationSweeps(self.obligations)

    @cached_property
    def whatif(self) -> WhatIf:
        """Sets the past beside what another policy would have made of it."""
        from programme.whatif import WhatIf

        return WhatIf(self.database, self.rulebook)

    @cached_property
    def forecasts(self) -> Forecasts:
        """Says what will probably be missed."""
        from programme.forecast import Forecasts

        return Forecasts(self.database, self.rulebook)

    @cached_property
    def inspection_plans(self) -> InspectionPlans:
        """Plans the year's inspections."""
        from programme.inspection_plans import InspectionPlans

        return InspectionPlans(self.database, self.rulebook)

    @cached_property
    def on_site(self) -> OnSite:
        """Keeps what is seen at the units."""
        from programme.on_site import OnSite

        return OnSite(self.desk, self.settings.home)

    @cached_property
    def dossiers(self) -> Dossiers:
        """Draws up the files of heads."""
        from programme.between_rooms import year_rooms
        from programme.dossiers import Dossiers

        return Dossiers(self.database, self.rulebook.calendar, self.settings.tz, year_rooms(self.settings.tz))

    @cached_property
    def dossier_papers(self) -> DossierPapers:
        """Hands out the papers of files of heads; the office's own sheet lies in its home."""
        from documents.templates import Templates
        from programme.dossier_papers import DossierPapers

        return DossierPapers(self.dossiers, Templates(self.settings.home / "documents"), self.settings.office)

    @cached_property
    def reports(self) -> Reports:
        """Draws up the office's reports."""
        from programme.between_rooms import year_rooms
        from programme.reports import Reports

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
        from programme.between_rooms import obligation_facts
        from programme.ranking import Rankings

        return Rankings(self.desk, self.rulebook, self.settings, [obligation_facts])

    @cached_property
    def commendations(self) -> Commendations:
        """Proposes and gives commendations."""
        from programme.commendations import Commendations

        return Commendations(self.database, self.settings.tz)
