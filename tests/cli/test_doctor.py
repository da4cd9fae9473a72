"""`duban doctor`: what is wrong is said in a sentence that says what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from operations.diagnosis import examined
from operations.figures import TASKS, Vitals
from store import health
from wiring import Office, now

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.offices import Bench


NOW: Final = datetime(2026, 3, 5, 1, tzinfo=UTC)


@pytest.fixture
def well(bench: Bench) -> Vitals:
    at = NOW
    with bench.office.database.transaction() as session:
        for task in TASKS:
            health.beat(session, task, at, "")
    found = bench.office.overview.vitals(at)
    return replace(found, free_bytes=1 << 40, calendar_days=200, skew_seconds=0, unreached=0)


def wrong(bench: Bench, found: Vitals, **settings: Any) -> dict[str, str]:
    ours = replace(bench.office.settings, **({"smtp_host": "mail", "checkpoint_folder": "out"} | settings))
    return {line.name: line.sentence.text("en") for line in examined(found, ours, NOW) if not line.good}


def test_a_healthy_office_has_nothing_to_do(bench: Bench, well: Vitals) -> None:
    assert wrong(bench, well) == {}


def test_each_ailment_is_named_with_its_remedy(bench: Bench, well: Vitals) -> None:
    old = {task: NOW - timedelta(days=3) for task in TASKS}
    unwell = replace(well.health, missed=2, held=1, messages={"failed": 4})
    found = wrong(
        bench,
        replace(
            well,
            health=unwell,
            free_bytes=1 << 20,
            calendar_days=30,
            skew_seconds=-90.0,
            unreached=3,
            beats=old,
            events=7,
            checkpointed=5,
        ),
        smtp_host="",
    )
    for name, remedy in {
        "disk": "remove old logs",
        "clock": "-90.0 s off",
        "sweep": "`duban sweep`",
        "delivery": "`duban deliver`",
        "rebuild": "`duban verify`",
        "missed": "2",
        "held": "1",
        "contacts": "`duban contact set`",
        "messages": "4",
        "checkpoint": "`duban checkpoint make`",
        "checkpoint sent": "DUBAN_CHECKPOINT_FOLDER",
        "calendar": "`duban calendar import`",
        "mail": "DUBAN_SMTP_HOST",
    }.items():
        assert remedy in found.pop(name)
    assert found == {}


def test_a_sweep_that_never_ran_is_said_in_both_languages(bench: Bench, well: Vitals) -> None:
    (line,) = [line for line in examined(replace(well, beats={}), bench.office.settings, NOW) if line.name == "sweep"]
    assert "从未完成" in line.sentence.text("zh-CN")
    assert "never" in line.sentence.text("en")


def test_checkpoints_that_go_nowhere_are_reported(bench: Bench, well: Vitals) -> None:
    assert set(wrong(bench, well, checkpoint_folder="")) == {"checkpoint sent"}


def test_the_clock_is_compared_with_that_of_the_database(bench: Bench) -> None:
    at = now()
    assert abs(bench.office.overview.vitals(at).skew_seconds) < 60
    if not bench.office.database.is_sqlite:
        assert bench.office.overview.vitals(at + timedelta(hours=1)).skew_seconds > 3000


def test_a_pending_migration_is_told_from_a_database_that_is_away(empty_url: str, tmp_path: Path, bench: Bench) -> None:
    settings = replace(bench.office.settings, database_url=empty_url, home=tmp_path / "new")
    here = Office(settings)
    try:
        found = here.overview.vitals(NOW)
    finally:
        here.close()
    first = examined(found, settings, NOW)[0]
    assert (first.name, first.good) == ("migration", False)
    assert "duban migrate" in first.sentence.text("zh-CN")
