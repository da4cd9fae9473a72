"""What every part of an installation is joined by: its settings, its rulebook and its database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.rulebook import Rulebook
from store.database import Database
from wiring.clock import now

if TYPE_CHECKING:
    from datetime import date, datetime

    from config.settings import Settings


class OpenOffice:
    """An installation that is open."""

    def __init__(self, settings: Settings) -> None:
        """Join the parts; the database is opened when it is first used."""
        self.settings = settings
        self.rulebook = Rulebook(settings.policy, settings.calendar_files, settings.tz)
        self.database = Database(settings.database, limits=settings.database_limits)

    def today(self, moment: datetime | None = None) -> date:
        """Return the day in the office's zone."""
        return (moment or now()).astimezone(self.settings.tz).date()
