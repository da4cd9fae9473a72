"""A ledger of the past: four hundred days of sweeps do nothing to anybody before a named person has decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from cases.ledger_import import import_ledger
from notifications.plan import notices
from states.command import Command
from states.vocabulary import Act, Light, Role, State
from tests.support.days import UNIT, ZONE, at, day
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


def heard(bench: Bench, case_id: int) -> list[str]:
    """Return what the head of the unit was told of the case, in the order in which it was owed."""
    return [message.notice for message in bench.told(case_id) if message.post == f"{UNIT}局长"]


def test_a_unit_is_told_at_once_that_the_ladder_acts_and_of_no_reminder_that_is_past(sqlite_bench: Bench) -> None:
    """What time does next is told when it does it; the message of the decision stands for the reminders of before."""
    bench = sqlite_bench
    case, who = bench.open("01-28"), bench.actor(Role.HANDLER)
    data = {"term": "15wd", "authorization_note": "经负责人同意"}
    command = Command(act=Act.SERVE_ORDER, actor=who, on=day("02-06"), data=data, case_id=case)
    bench.desk.do(command, at("03-09"))
    assert (bench.case(case).late_entry, bench.due(case), heard(bench, case)) == ("pending", "03-05", [])
    bench.act(case, Act.DECIDE_LATE_ENTRY, "03-09", role=Role.DIRECTOR, hour=11, choice="ladder")
    assert heard(bench, case) == ["order_served"]
    (told,) = [message for message in bench.told(case) if message.post == f"{UNIT}局长"]
    assert told.due_on == day("03-05")
    bench.sweep("03-09", 12)
    assert not {"reminder", "reminder_near", "due_today"} & set(heard(bench, case))
    assert heard(bench, case).count("order_served") == 1
    assert "overdue" in heard(bench, case)
    assert bench.folded(case) == bench.case(case)


@pytest.mark.parametrize(
    ("choice", "state", "told"),
    [
        ("ladder", State.ORDERED, "order_served"),
        ("run", State.ORDERED, "order_served"),
        ("ladder", State.CRITICIZED, "late_entry_stands"),
        ("ladder", State.INTERVIEWED, "late_entry_stands"),
        ("ladder", State.FOUND, None),
        ("taken_over", State.ORDERED, None),
    ],
)
def test_what_a_unit_is_told_goes_by_the_rung_on_which_its_case_stands(
    sqlite_bench: Bench, choice: str, state: State, told: str | None
) -> None:
    case = replace(sqlite_bench.case(sqlite_bench.ordered()), state=state)
    event = sqlite_bench.history(case.id)[-1].event
    decided = event._replace(act=Act.DECIDE_LATE_ENTRY, data={"choice": choice})
    owed = notices(decided, case, sqlite_bench.office.rulebook.policy)
    assert [notice.kind for notice in owed] == ([told] if told else [])
    for notice in owed:
        assert {"liaison", "head"} <= set(notice.parties)
        assert notice.due_on == day("03-05")


def test_a_finding_that_the_unit_has_never_heard_of_is_not_told_by_the_decision(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    data = {
        "unit": UNIT,
        "post": f"{UNIT}局长",
        "duty": "art7-1a",
        "inspection": "regular",
        "finding": "未列入",
    }
    command = Command(act=Act.REGISTER_FINDING, actor=bench.actor(Role.INSPECTOR), on=day("01-28"), data=data)
    case = bench.desk.open(command, at("04-01")).case
    assert case.late_entry == "pending"
    bench.act(case.id, Act.DECIDE_LATE_ENTRY, "04-01", role=Role.DIRECTOR, choice="ladder")
    assert heard(bench, case.id) == []
