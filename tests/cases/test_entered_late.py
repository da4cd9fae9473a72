"""A ledger of the past: four hundred days of sweeps do nothing to anybody before a named person has decided."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from cases.ledger_import import import_ledger
from states.vocabulary import Act, Light, Role, State
from tests.support.days import ZONE, at, day
from tests.support.ledgers import DUTIES, LEDGER
from tests.support.runs import FULL

if TYPE_CHECKING:
    from tests.support.offices import Bench

ENTERED = "2026-11-28"
STEP = 1 if FULL else 7
"""Of the four hundred days every one is swept, or every seventh in the bounded run."""


def sweep_on(bench: Bench, first: str, days: int, step: int) -> None:
    """Sweep at nine on every `step`-th day of so many."""
    for n in range(0, days, step):
        moment = datetime.combine(day(first) + timedelta(days=n), time(9, 5), ZONE)
        bench.office.rounds.sweep(moment, moment)


@pytest.fixture
def ledger(bench: Bench) -> list[int]:
    """Give the cases of the example ledger, imported long afterwards with their orders; return their ids."""
    import_ledger(bench.desk, LEDGER, DUTIES, at(ENTERED), user="u", served=True)
    return [item.case.id for item in bench.office.console.listed()]


def test_the_example_ledger_and_four_hundred_days_escalate_nothing_and_tell_no_unit(
    bench: Bench, ledger: list[int]
) -> None:
    assert len(ledger) == 15
    sweep_on(bench, ENTERED, 400, STEP)
    for case_id in ledger:
        case = bench.case(case_id)
        assert (case.state, case.light, case.late_entry) == (State.ORDERED, Light.GREEN, "pending"), case.number
        assert [act for _on, act in bench.acts(case_id)] == ["register_finding", "serve_order"]
        told = bench.told(case_id)
        assert {(message.notice, message.post) for message in told} == {("late_entry", "督查机构负责人")}
    assert bench.office.rounds.rebuild(at("2028-01-10")).differing == ()


def test_once_a_person_has_decided_the_ladder_counts_from_there_and_only_there(bench: Bench, ledger: list[int]) -> None:
    released, *waiting = ledger
    bench.act(released, Act.DECIDE_LATE_ENTRY, "2026-12-01", role=Role.DIRECTOR, choice="run", term="15wd")
    assert bench.due(released) == "12-22"
    sweep_on(bench, "2026-12-01", 15, 1)
    assert bench.state(released) is State.ORDERED
    sweep_on(bench, "2026-12-23", 12, 1)
    assert Act.ESCALATED.value in [act for _on, act in bench.acts(released)]
    assert {bench.state(case_id) for case_id in waiting} == {State.ORDERED}
