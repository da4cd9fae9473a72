"""What a page costs the database: how often it is asked, and how much it works; the same on every machine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

PER_TICK = 100
"""SQLite reports each time that its machine has done so many instructions."""


class Cost(NamedTuple):
    """How many statements were sent, and how many hundreds of instructions SQLite did for them."""

    statements: int
    ticks: int


@contextmanager
def costs(bench: Bench) -> Iterator[list[Cost]]:
    """Collect what the database does for this office; the list has one entry at the end of the block."""
    counted, sent, watched = [0], [0], set[int]()

    def tick() -> int:
        counted[0] += 1
        return 0

    def keep(connection: object, _cursor: object, _statement: str, *_more: object) -> None:
        sent[0] += 1
        driver = connection.connection.driver_connection  # type: ignore[attr-defined]  # SQLAlchemy's connection
        if id(driver) not in watched:
            watched.add(id(driver))
            driver.set_progress_handler(tick, PER_TICK)

    engine, found = bench.office.database.engine, list[Cost]()
    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", keep)
        found.append(Cost(sent[0], counted[0]))
