"""The application over an office of a test: its routes are worked out once in each process of the tests."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Final

from starlette.datastructures import State

from web.app import application

if TYPE_CHECKING:
    from fastapi import FastAPI

    from wiring import Office

_FIRST: Final[dict[tuple[str, ...], FastAPI]] = {}


def over(office: Office) -> FastAPI:
    """Return the application over an open office, as `web.app.application` makes it.

    FastAPI works out what its routes take and answer when it is first asked, which takes a fifth of a second. That is
    the same for every office: what differs is the state, and which proxies are trusted. Whoever adds something to an
    application asks `web.app` for one of his own.
    """
    trusted = tuple(office.settings.proxies)
    if trusted not in _FIRST:
        _FIRST[trusted] = application(office)
    found = copy(_FIRST[trusted])
    found.state = State({"office": office})
    found.middleware_stack = None  # its outermost part names the application, so each builds its own
    return found
