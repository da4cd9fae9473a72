"""Every route of the application, and its address for one case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Mount, Route

if TYPE_CHECKING:
    from collections.abc import Iterator


def routes_of(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield the method and path of every route, also of those that are included or mounted.

    A path is as the interface describes it, `{case_id}`; `compiled` has what the application compares with.
    """
    yield from ((method, described(path)) for method, path in compiled(routes))


def described(path: str) -> str:
    """Return a path as the interface describes it: `{case_id}` for `{case_id:int}`."""
    return re.sub(r":\w+\}", "}", path)


def compiled(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield the same with what a part of the path must be, `{case_id:int}`."""
    for route in routes:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in sorted((route.methods or set()) - {"HEAD"}))
        elif isinstance(route, Mount) and route.routes:
            yield from ((method, route.path + path) for method, path in compiled(route.routes))
        elif inner := getattr(getattr(route, "original_router", None), "routes", None):
            prefix = getattr(getattr(route, "include_context", None), "prefix", "") or ""
            yield from ((method, prefix + path) for method, path in compiled(inner))


def filled(path: str, case: int, evidence: str = "0") -> str:
    return re.sub(r"\{[^}]*\}", str(case), path.replace("{hash_}", evidence))
