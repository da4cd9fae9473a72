"""Answers that are the same as long as nothing happens in the office: worked out once, and by one thread at a time.

What they are the answer to says all that they depend on, the length of the log among it (ADR 0055).
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Answer = TypeVar("Answer")


class AnswerCache(Generic[Answer]):
    """Keeps the answers that were asked for last."""

    def __init__(self, most: int) -> None:
        """Keep so many at most; the one that was not asked for longest goes first."""
        self._most = most
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    def answer(self, question: Hashable, work_out: Callable[[], Answer]) -> Answer:
        """Return the answer; it is worked out if it is not kept. Whoever asks meanwhile waits for it.

        Nothing is kept where working it out fails.
        """
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
                return self._kept[question]
            found = work_out()
            self._kept[question] = found
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return found
