"""The addresses by which a post or a person is reached, as a form shows them: one row each, its kind in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from notifications.addresses import KIND_WORDS, KINDS, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EMPTY_ROWS: Final = 2
_ROW: Final = re.compile(r"(?:held|way)\.([0-9]|1[0-9])\.\w+")


def kind_choices(lang: str) -> list[tuple[str, str]]:
    """Return the kinds of addresses with their words, in the order in which they are offered."""
    return [(kind, KIND_WORDS[kind].text(lang)) for kind in KINDS]


def rows_typed(typed: Mapping[str, str], what: str) -> int:
    """Return how many rows of this kind (`held`, `way`) a form had that was sent."""
    places = [found[1] for field in typed if (found := _ROW.fullmatch(field)) and field.startswith(what)]
    return max((int(place) + 1 for place in places), default=0)


def way_rows(known: Sequence[tuple[str, str]], typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the rows of addresses: as they were typed, or as they are (keys hidden) with empty ones behind them."""
    n = rows_typed(typed, "way")
    if n:
        sent = range(max(n, EMPTY_ROWS))
        return [(typed.get(f"way.{place}.kind", ""), typed.get(f"way.{place}.address", "")) for place in sent]
    there = [(kind, shown(kind, address).partition(":")[2]) for kind, address in known]
    return [*there, *([("mail", "")] * EMPTY_ROWS)]
