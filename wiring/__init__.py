"""The joints: the only place that reads the settings and the clock."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from config.settings import read_settings
from wiring.clock import now
from wiring.container import Office

if TYPE_CHECKING:
    from collections.abc import Generator

    from config.settings import Settings

__all__ = ["Office", "now", "office"]


@contextmanager
def office(settings: Settings | None = None, *, compared: bool = True) -> Generator[Office]:
    """Open the office of this process's settings, or of those given, and close it again.

    `compared`: not for what brings an installation about, or says what is wrong with it.

    Raises:
        OtherInstallation: a setting is not the installation's; the sentence names it.
    """
    here = Office(settings or read_settings())
    try:
        if compared:
            here.installation.require_same()
        yield here
    finally:
        here.close()
