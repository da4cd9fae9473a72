"""Prefect's server as an installation runs it: with a login of its own, for our own processes alone.

Without one, whoever reaches its port (any account of the machine, or a page open in a browser there) can give a
deployment a step that runs a command, and has the office's account. Nothing here imports Prefect: the login is handed
over in the environment of the processes that do.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from config.home import secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.settings import Settings

USER: Final = "duban"
FILE: Final = "prefect-login"
"""The file in the home that holds the password; `duban:` and its content open Prefect's own pages."""


def api_of(settings: Settings) -> str:
    """Return the address of the Prefect server that this installation uses."""
    return settings.prefect_api_url or f"http://127.0.0.1:{settings.prefect_port}/api"


def login(settings: Settings) -> str:
    """Return the login of this installation's Prefect server, made when it is first asked for.

    Raises:
        Unavailable: the home cannot be written.
    """
    return f"{USER}:{secret(settings.home, FILE)}"


def environment(settings: Settings, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return what a process that runs Prefect sees: the login, and nothing that phones out.

    A login that the environment brings is kept: an office may run a server for several installations.

    Raises:
        Unavailable: the home cannot be written.
    """
    api = inherited.get("PREFECT_API_URL") or api_of(settings)
    given = inherited.get("PREFECT_API_AUTH_STRING") or login(settings)
    address = urlsplit(api)
    return {
        "PREFECT_API_URL": api,
        "PREFECT_API_AUTH_STRING": given,
        "PREFECT_SERVER_API_AUTH_STRING": inherited.get("PREFECT_SERVER_API_AUTH_STRING") or given,
        # `*`, as it is else, lets every page that is open in a browser on this machine ask.
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": inherited.get("PREFECT_SERVER_CORS_ALLOWED_ORIGINS")
        or f"{address.scheme}://{address.netloc}",
        # A process without an address would start a server of its own, on a port that nobody watches.
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLI_PROMPT": "false",
        # In memory, as it is else, the places of runs that die together with the server are never free again.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }


def answers_anybody(api: str, seconds: float = 3) -> bool | None:
    """Say whether a Prefect server tells its deployments to somebody without a login; nothing if none answers."""
    request = urllib.request.Request(  # noqa: S310  # the address is the installation's own setting
        f"{api}/deployments/filter", b"{}", {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310  # the same
            return True
    except urllib.error.HTTPError as error:
        return False if error.code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} else None
    except (OSError, ValueError):
        return None
