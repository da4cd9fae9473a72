"""Joins the parts of one installation by its settings, and hands them down.

A part is made, and its module imported, when it is first asked for: a command that lists cases needs no mail, no
proofs and no Prefect. Cases and the year have files of their own; together they are one `Office`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from wiring.year_rooms import RoomsOfTheYear

if TYPE_CHECKING:
    from accounts.last_use import LastUse
    from audit.archive import Archive
    from audit.proofs import Proofs
    from audit.signing import Signing
    from notifications.channels import Channels
    from operations.installation import Installation
    from operations.overview import Overview
    from wiring.rounds import Rounds


class Office(RoomsOfTheYear):
    """The parts of one installation, while it is open."""

    @cached_property
    def channels(self) -> Channels:
        """Sends messages out of the building."""
        from notifications.channels import Channels
        from notifications.servers import Servers

        return Channels(Servers.of(self.settings))

    @cached_property
    def rounds(self) -> Rounds:
        """Sweeps, delivers, compares and looks at the calendar, at intervals."""
        from wiring.rounds import Rounds

        return Rounds(
            self.database,
            self.rulebook,
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
        return Proofs(self.database, self.rulebook, self.settings.home, self.settings.tsa_roots, altered)

    @cached_property
    def archive(self) -> Archive:
        """Keeps histories of other systems, for reading only."""
        from audit.archive import Archive

        return Archive(self.database)

    @cached_property
    def overview(self) -> Overview:
        """Says how the installation is."""
        from operations.overview import Overview

        return Overview(self.database, self.settings, self.rulebook, self.channels)

    @cached_property
    def installation(self) -> Installation:
        """Brings the installation about, and compares this process with it."""
        from operations.installation import Installation

        return Installation(self.database, self.settings, self.rulebook)

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
