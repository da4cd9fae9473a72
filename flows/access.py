"""The login of this installation's Prefect server, for processes that are started without it in their environment."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from config.home import keep_private
from operations.prefect_server import environment

if TYPE_CHECKING:
    from collections.abc import Generator

    from config.settings import Settings


@contextmanager
def logged_in(settings: Settings) -> Generator[None]:
    """Speak with Prefect as this installation does, and write files for this account alone.

    Raises:
        Unavailable: the home, where the login stands, cannot be read or written.
    """
    keep_private()
    found = environment(settings, os.environ)  # noqa: TID251  # Prefect's own variables, which are not settings of ours
    with temporary_settings(
        {
            PREFECT_API_URL: found["PREFECT_API_URL"],
            PREFECT_API_AUTH_STRING: found["PREFECT_API_AUTH_STRING"],
        }
    ):
        yield
