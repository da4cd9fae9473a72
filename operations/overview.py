"""How an installation is: its health, its figures, what it promises, and whom it tells when time stands still."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from notifications.delivery import Manner
from operations.figures import Vitals, vitals
from operations.health import Health, health_of
from operations.watchdog import Promises, promises, watch

if TYPE_CHECKING:
    from datetime import datetime

    from config.rulebook import Rulebook
    from config.settings import Settings
    from notifications.channels import Channels
    from notifications.servers import Outcome
    from store.database import Database


class Overview:
    """Answers how one installation is."""

    def __init__(self, database: Database, settings: Settings, rulebook: Rulebook, channels: Channels) -> None:
        """Look at this database; `channels` carry the alarm."""
        self.database = database
        self.settings = settings
        self.rulebook = rulebook
        self.channels = channels

    def health(self, at: datetime) -> Health:
        """Say how the installation is; never raises for a database that does not answer."""
        return health_of(self.database, self.settings, at)

    def vitals(self, at: datetime) -> Vitals:
        """Return the figures at a moment; never raises for a database that does not answer."""
        return vitals(self.database, self.settings, self.rulebook.calendar, at)

    def promises(self, at: datetime) -> Promises:
        """Return what is not as it must be at this moment, and how many deadlines run.

        Raises:
            Unavailable: the database does not answer.
        """
        return promises(self.database, self.manner(), timedelta(hours=self.settings.outbox_hours), at)

    def watch(self, at: datetime) -> Outcome | None:
        """Tell DUBAN_WATCH_ADDRESS, once per outage, that no sweep has come to its end for too long."""
        return watch(self.database, self.channels, self.settings, at)

    def manner(self) -> Manner:
        """Return how messages leave: in which hours, by which calendar, and where they point."""
        return Manner(
            policy=self.rulebook.policy,
            calendar=self.rulebook.calendar,
            zone=self.rulebook.zone,
            link=self.settings.address,
        )
