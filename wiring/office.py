"""An office at work: the parts joined by the settings of this installation."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from cases.desk import Desk
from config.settings import Settings, read_settings
from store.database import Database
from wiring.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Generator


class Office:
    """The desk, the database and everything else of one installation, while it is open."""

    def __init__(self, settings: Settings) -> None:
        """Join the parts; the database is opened when it is first used."""
        self.settings = settings
        self.archive = Archive(settings.policy, settings.calendar_files)
        self.database = Database(settings.database)
        self.desk = Desk(self.database, self.archive, settings.tz, settings.office, settings.series)

    def close(self) -> None:
        """Give the database back."""
        self.database.close()


@contextmanager
def office(settings: Settings | None = None) -> Generator[Office]:
    """Open the office of this process's settings, or of those given, and close it again."""
    here = Office(settings or read_settings())
    try:
        yield here
    finally:
        here.close()
