"""Several who begin at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

from states.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable


def at_once(*does: Callable[[], Any]) -> list[Any]:
    """Return what each gave or how it was refused, when all begin together."""
    gate = Barrier(len(does))

    def one(what: Callable[[], Any]) -> Any:
        gate.wait(10)
        try:
            return what()
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(does)) as pool:
        return list(pool.map(one, does))


def done(found: list[Any]) -> int:
    return sum(not isinstance(one, Problem) for one in found)
