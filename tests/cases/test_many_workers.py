"""Several sweeps at once on one PostgreSQL: each escalation once, whoever is killed meanwhile."""

from __future__ import annotations

import gc
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from benchmarks import scale
from cases.sweep import Pace
from states.vocabulary import Act
from store import events, timers
from store.schema.events import CaseEventRow
from store.schema.timers import TimerRow
from tests.support.offices import Bench, at
from tests.support.runs import FULL, KINDS
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.databases import Databases

CASES = 20_000 if FULL else 2000
UNITS = 20
MISSED = at("03-12", 9)
KILLS = 30 if FULL else 3

pytestmark = pytest.mark.skipif("postgresql" not in KINDS, reason="several workers need PostgreSQL")


def test_workers_that_are_killed_escalate_every_case_exactly_once(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("postgresql")
    office = Office(scale.settings(url, tmp_path))
    office.installation.prepare(now())
    try:
        scale.copy_cases(office, url, scale.models(office, UNITS, scale.MISSED), CASES - UNITS)
        went = scale.worked_off(url, tmp_path, workers=3, kill_every=0.4, batch=20, kills=KILLS)
        assert went["killed"] >= 1
        assert went["events"] == CASES
        assert scale.escalated(url) == {"escalated": CASES, "doubled": 0, "gaps": 0}
        assert office.proofs.verify().ok
        assert office.rounds.rebuild(scale.MISSED).differing == ()
    finally:
        office.close()
        databases.drop(url)


@pytest.fixture
def crowd(databases: Databases, tmp_path: Path) -> Iterator[Bench]:
    """Give an office on PostgreSQL in which one unit has missed 60 orders, and then another unit one."""
    url = databases.fresh("postgresql")
    with Bench(url, tmp_path) as bench:
        for _ in range(60):
            bench.ordered(unit="多案局")
        bench.ordered(unit="一案局")
        yield bench
    databases.drop(url)


def test_the_burst_of_one_unit_holds_up_no_other(crowd: Bench) -> None:
    crowd.sweeps.sweep(MISSED, MISSED, batch=10)
    with crowd.office.database.reading() as session:
        order = [
            recorded.event.case_id
            for recorded in events.history_where(session, CaseEventRow.act == Act.ESCALATED.value, limit=100)
        ]
    assert len(order) == len(set(order)) == 61
    # Opened last, it would be the last of all by its age; it goes with the first batch, by turns.
    assert order.index(61) < 10


def test_a_sweep_whose_time_is_over_leaves_the_rest_to_the_next(crowd: Bench) -> None:
    tally = crowd.sweeps.sweep(MISSED, MISSED, batch=10, within=timedelta(0))
    assert tally.handed_over
    assert tally.fired == 0
    rest = crowd.sweeps.sweep(MISSED, MISSED, batch=10, within=timedelta(minutes=10))
    assert not rest.handed_over
    assert rest.by_act[Act.ESCALATED.value] == 61


def test_a_case_that_takes_too_long_is_set_aside_with_the_reason(crowd: Bench) -> None:
    crowd.sweeps.slowest = 0.0
    failed: list[str] = []
    tally = crowd.sweeps.sweep(MISSED, MISSED, batch=10, on_failure=lambda _timer, error: failed.append(str(error)))
    assert tally.failed == 61
    assert set(failed) == {"firing this case took longer than 0.0 s"}
    crowd.sweeps.slowest = 10.0
    later = MISSED + timedelta(minutes=6)
    assert crowd.sweeps.sweep(later, later).by_act[Act.ESCALATED.value] == 61


def test_a_case_that_only_the_database_refuses_is_set_aside_and_blocks_nobody(crowd: Bench) -> None:
    with crowd.office.database.engine.begin() as connection:
        # Somebody's trigger in the database refuses what one case would write.
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'case 7 is refused' USING ERRCODE = 'check_violation'; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON case_events FOR EACH ROW WHEN (NEW.case_id = 7)"
                " EXECUTE FUNCTION refuse()"
            )
        )
    tally = crowd.sweeps.sweep(MISSED, MISSED, batch=10)
    assert tally.failed == 1
    assert tally.by_act[Act.ESCALATED.value] == 60
    with crowd.office.database.reading() as session:
        reasons = set(session.scalars(select(TimerRow.reason).where(TimerRow.case_id == 7, TimerRow.failures > 0)))
    assert len(reasons) == 1
    # The kind and the code, and nothing of the message: a trigger that is not ours might quote what somebody entered.
    reason = str(reasons.pop())
    assert "CheckViolation" in reason
    assert "[23514]" in reason
    assert "case 7 is refused" not in reason


def test_the_two_halves_of_a_batch_have_nothing_in_common(crowd: Bench) -> None:
    with crowd.office.database.transaction() as session:
        oldest = timers.due(session, MISSED, 5)
        fair = timers.due_by_turns(session, MISSED, 5, 4, oldest[-1])
    assert {timer.id for timer in oldest}.isdisjoint(timer.id for timer in fair)
    assert len(oldest) == len(fair) == 5
    assert min((timer.due_at, timer.id) for timer in fair) > (oldest[-1].due_at, oldest[-1].id)
    # One of each unit first, then the second of each, and so on: the unit that has most is not in front.
    assert [len({timer.unit_id for timer in fair[place : place + 2]}) for place in (0, 2)] == [2, 2]


def test_within_a_unit_a_sweep_keeps_the_order_of_age(crowd: Bench) -> None:
    crowd.sweeps.sweep(MISSED, MISSED, batch=10)
    with crowd.office.database.reading() as session:
        order = [
            recorded.event.case_id
            for recorded in events.history_where(session, CaseEventRow.act == Act.ESCALATED.value, limit=100)
        ]
    assert [case_id for case_id in order if case_id != 61] == sorted(set(range(1, 61)))


def test_posts_and_cases_are_never_removed(crowd: Bench) -> None:
    for table in ("posts", "cases"):
        with pytest.raises(DBAPIError, match="never removed"), crowd.office.database.transaction() as session:
            session.execute(text(f"DELETE FROM {table}"))


def test_the_collector_is_back_after_a_sweep(crowd: Bench) -> None:
    crowd.sweeps.sweep(MISSED, MISSED, batch=10)
    assert gc.isenabled()


def test_a_batch_grows_as_long_as_it_is_quick_and_shrinks_when_it_is_slow() -> None:
    pace = Pace(500)
    assert pace.size == 125
    sizes = []
    for seconds in (0.05, 0.1, 0.1, 1.0, 10.0, 10.0, 0.0):
        pace.learn(seconds)
        sizes.append(pace.size)
    assert sizes == [250, 500, 500, 250, 20, 20, 40]
    small = Pace(10)
    small.learn(0.0)
    assert small.size == 10
