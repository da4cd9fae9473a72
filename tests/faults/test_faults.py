"""Nothing acknowledged is lost and nothing is done twice, whatever dies, restarts, hangs, fills up or jumps."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from store.database import Database
from tests.support.faults.harness import Acknowledged, Report, World, compiled_shim, judge
from tests.support.faults.servers import Postgres
from tests.support.runs import FULL, KINDS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(0 if FULL else 900)
SECONDS = 1800 if FULL else 10
A_DAY = 20.0 if FULL else 3.0
SEED = 20260302


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    """Give the compiled shim; without a C compiler the processes could not share a clock that the harness turns."""
    made = compiled_shim(tmp_path)
    if made is None:
        pytest.skip("no C compiler (cc) on Linux: the clock and the disk cannot be made to fail")
    return made


def _run(world: World, seconds: float) -> None:
    try:
        took: dict[str, int] = {}
        for name, phase in (
            ("start", world.start),
            ("calm", lambda: world.calm(300)),
            ("load", world.load),
            ("suffer", lambda: world.suffer(seconds, A_DAY)),
            ("settle", world.settle),
            ("judge", lambda: judge(world)),
        ):
            began = monotonic()
            phase()
            took[name] = round(monotonic() - began)
        report = world.report
        defects = world.defects()
        sys.stdout.write(
            f"\n{report}\ndefects: {dict(defects)}\nseconds: {took}\n"
        )  # `pytest -s` or a failure shows it
        assert report.broken == [], f"{report}\n{world.said()}"
        assert report.answers["500"] == 0, world.said()
        assert not defects, world.said()
        assert report.figures["acknowledged acts"] > 0
        _the_judge_sees(world)
    finally:
        world.close()


def _the_judge_sees(world: World) -> None:
    """Lose an act, invent one, take a timer and a message away: the judge says so, or its silence means nothing."""
    world.report = Report()
    world.acknowledged.pop(0)
    world.acknowledged.append(Acknowledged("invented", 1, 10_000, "0" * 64, "acknowledge"))
    database = Database(world.direct)
    with database.transaction() as session:
        for statement in (
            "DELETE FROM timers WHERE id = (SELECT min(id) FROM timers)",
            "DELETE FROM deliveries WHERE outbox_id = (SELECT min(id) FROM outbox)",
            "DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox)",
        ):
            session.execute(text(statement))
    database.close()
    said = "\n".join(judge(world).broken)
    for words in ("acts lost", "without a word", "timers differ", "the outbox is not"):
        assert words in said


@pytest.mark.skipif("postgresql" not in KINDS, reason="DUBAN_TEST_DATABASES leaves PostgreSQL out")
def test_no_fault_loses_or_doubles_anything_on_postgresql(tmp_path: Path, shim: Path) -> None:
    server = Postgres()
    server.start()
    try:
        _run(World(tmp_path, server.url, shim, SEED, server), SECONDS)
    finally:
        server.close()


@pytest.mark.skipif("sqlite" not in KINDS, reason="DUBAN_TEST_DATABASES leaves SQLite out")
def test_no_fault_loses_or_doubles_anything_on_sqlite(tmp_path: Path, shim: Path) -> None:
    _run(World(tmp_path, f"sqlite:///{tmp_path / 'duban.db'}", shim, SEED, None), SECONDS / 2 if FULL else 6)
