"""What a sweep says of itself: which case, which act, which day, how late; of a burst only the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import sweep
from flows.report import rows_of
from states.vocabulary import Act
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    import pytest


def test_a_sweep_names_each_step_with_its_case_its_day_and_how_late_it_was(bench: Bench) -> None:
    case_id = bench.ordered("02-06")
    found = bench.sweeps.sweep(at("03-02", 9, 5), at("03-02", 9, 5))
    number = bench.case(case_id).number
    assert {step.number for step in found.steps} == {number}
    assert len(found.steps) == sum(found.by_act.values())
    reminder = next(step for step in reversed(found.steps) if step.act is Act.REMINDER_DUE)
    assert (reminder.due_on, reminder.late_seconds) == ("2026-03-05", 300)
    assert rows_of([reminder]) == [
        {"案号 case": number, "事项 act": "到期提醒 reminder due", "期限 due": "2026-03-05", "迟延(分) late (min)": 5}
    ]


def test_a_sweep_that_did_nothing_names_nothing(bench: Bench) -> None:
    bench.ordered("02-06")
    assert bench.sweeps.sweep(at("02-07"), at("02-07")).steps == []


def test_of_a_burst_only_the_first_steps_are_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST_STEPS", 2)
    for _ in range(3):
        bench.ordered("02-06")
    found = bench.sweeps.sweep(at("03-02"), at("03-02"), batch=1)
    assert len(found.steps) == 2
    assert sum(found.by_act.values()) > 2
