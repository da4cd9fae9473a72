"""What a sweep tells of itself, and when the clock of an office has made a leap."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from cases.sweep import clock_gap
from states.vocabulary import Act
from tests.support.days import ZONE, at
from tests.support.lives import CALENDAR

if TYPE_CHECKING:
    from tests.support.offices import Bench


def test_a_sweep_counts_what_it_sent_what_was_overtaken_and_what_was_kept_back(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    before = sqlite_bench.sweep("02-27")  # the plan is due, and the reminder ten days before the term is overtaken
    assert (before.fired, before.skipped, before.blocked) == (1, 0, 0)
    late = sqlite_bench.sweep("03-12", 9, 1)
    acts = [act for _, act in sqlite_bench.acts(case)[-len(late.steps) :]]
    assert late.fired + late.skipped == sum(late.by_act.values()) == len(late.steps)
    assert late.by_act == {act: acts.count(act) for act in late.by_act}
    assert (late.blocked, late.late_max_seconds) == (0, 60)
    assert late.skipped == sum(
        bool(recorded.event.data.get("skipped")) for recorded in sqlite_bench.history(case)[-len(late.steps) :]
    )
    for on in ("03-26", "04-09"):
        assert sqlite_bench.sweep(on).blocked == 0
    kept_back = sqlite_bench.sweep("04-13")  # the circular was not published, and nobody has helped
    assert kept_back.by_act[Act.ESCALATION_BLOCKED.value] == kept_back.blocked == 1
    assert kept_back.fired == sum(kept_back.by_act.values()) - kept_back.blocked - kept_back.skipped


@pytest.mark.parametrize(
    ("last", "now", "leaps"),
    [
        (("03-02", 10), ("03-02", 10), False),
        (("03-02", 10), ("03-02", 9), False),  # earlier on the same day: two machines, a few minutes apart
        (("03-02", 10), ("03-01", 23), True),  # the clock went back
        (("03-02", 0), ("03-01", 23), True),
        (("03-02", 10), ("03-16", 10), False),  # ten working days
        (("03-02", 10), ("03-17", 0), True),
    ],
    ids=str,
)
def test_more_than_ten_working_days_without_a_sweep_or_a_day_back_is_a_leap_of_the_clock(
    last: tuple[str, int], now: tuple[str, int], leaps: bool
) -> None:
    then, today = at(*last), at(*now)
    said = f"{then.date()} → {today.date()}" if leaps else ""
    assert clock_gap(then.astimezone(UTC), today.astimezone(UTC), CALENDAR, ZONE, 10, by_clock=True) == said
    assert clock_gap(then, today, CALENDAR, ZONE, 0, by_clock=True) == ""
    assert clock_gap(None, today, CALENDAR, ZONE, 10, by_clock=True) == ""


def test_whoever_asks_for_an_earlier_moment_has_not_turned_the_clock_back() -> None:
    assert clock_gap(at("03-02"), at("02-27"), CALENDAR, ZONE, 10, by_clock=False) == ""
    assert clock_gap(at("03-02"), at("03-17"), CALENDAR, ZONE, 10, by_clock=False) == "2026-03-02 → 2026-03-17"
