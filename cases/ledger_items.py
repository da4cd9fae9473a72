"""The list of problems of a case in one cell of a ledger: an item a line, its parts between ｜."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from states.case import Item
from states.terms import Term
from states.written_terms import read_term

if TYPE_CHECKING:
    from collections.abc import Iterable

BETWEEN: Final = "｜"
_SPLIT: Final = re.compile(r"[｜|]")
_NAMES: Final = re.compile(r"[、，,；;]")
_PARTS: Final = 5


def written_items(items: Iterable[Item]) -> str:
    """Return the items as one cell holds them: fact, criterion, lead, those that help, term. Lines become blanks."""
    lines = []
    for item in items:
        term = Term.parse(item.term).text() if item.term else ""
        parts = [item.fact, item.criterion, item.lead, "、".join(item.co), term]
        lines.append(BETWEEN.join(" ".join(part.replace(BETWEEN, "|").split("\n")) for part in parts).rstrip(BETWEEN))
    return "\n".join(lines)


def items_in(text: str) -> tuple[Item, ...]:
    """Return the items that stand in a cell; a line without ｜ is a fact alone.

    Raises:
        BadTerm: the term of an item cannot be read.
    """
    found = []
    for line in text.split("\n"):
        parts = [part.strip() for part in _SPLIT.split(line, maxsplit=_PARTS - 1)]
        fact, criterion, lead, others, term = (parts + [""] * _PARTS)[:_PARTS]
        if not fact:
            continue
        co = tuple(name.strip() for name in _NAMES.split(others) if name.strip())
        found.append(Item(fact=fact, criterion=criterion, lead=lead, co=co, term=read_term(term).term if term else ""))
    return tuple(found)


def items_data(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Return the items as an act takes them."""
    return [
        {
            key: value
            for key, value in {
                "fact": item.fact,
                "criterion": item.criterion,
                "lead": item.lead,
                "co": list(item.co),
                "term": item.term,
            }.items()
            if value
        }
        for item in items
    ]
