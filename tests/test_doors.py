"""Doors open no transaction: a page, a command or a flow asks one room, and the room reads or writes in one go."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
DOORS: Final = ("cli", "web", "flows")
OPENS: Final = frozenset({"transaction", "reading"})


def opened(source: str) -> int:
    """Return how many transactions the source opens by itself."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return sum(isinstance(call.func, ast.Attribute) and call.func.attr in OPENS for call in calls)


def test_a_transaction_is_found_wherever_it_is_opened() -> None:
    assert opened("with here.database.transaction() as session: pass\nwith a.reading() as b, c.reading(): pass") == 3


def test_doors_open_no_transaction() -> None:
    found = Counter(
        {
            path.relative_to(ROOT).as_posix(): opened(path.read_text("utf-8"))
            for door in DOORS
            for path in (ROOT / door).rglob("*.py")
        }
    )
    assert +found == {}
