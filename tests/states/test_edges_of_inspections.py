"""The life of an inspection, and when two of them meet."""

from __future__ import annotations

from itertools import product

import pytest

from states.errors import NoSuchAct, NotPermitted
from states.inspection import (
    ANSWERS,
    INSPECTION_STATES,
    INSPECTION_STEPS,
    INSPECTION_TABLE,
    KIND_LETTERS,
    Answer,
    InspectionScope,
    InspectionState,
    InspectionStep,
    burden_of,
    item_of,
    may,
    moved,
    number_of,
    overlaps,
)
from states.vocabulary import INSPECTIONS, Role
from tests.support.days import day


def test_only_the_table_moves_an_inspection() -> None:
    for state, step, role in product([None, *InspectionState], InspectionStep, Role):
        rows = [row for row in INSPECTION_TABLE if (row.source, row.step) == (state, step)]
        if not rows:
            with pytest.raises(NoSuchAct):
                moved(state, step, role)
        elif role not in rows[0].roles:
            with pytest.raises(NotPermitted):
                moved(state, step, role)
            assert not may(state, step, role)
        else:
            assert moved(state, step, role) is rows[0].dest
            assert may(state, step, role)


def test_only_the_leader_approves_and_what_has_begun_is_not_withdrawn() -> None:
    assert [row.roles for row in INSPECTION_TABLE if row.step is InspectionStep.APPROVE] == [(Role.LEADER,)]
    with pytest.raises(NoSuchAct, match="进行中"):
        moved(InspectionState.RUNNING, InspectionStep.WITHDRAW, Role.LEADER)


def test_every_word_has_a_name_in_both_languages() -> None:
    for words, names in ((InspectionState, INSPECTION_STATES), (InspectionStep, INSPECTION_STEPS), (Answer, ANSWERS)):
        assert set(words) == set(names)
    assert set(KIND_LETTERS) == set(INSPECTIONS)
    assert number_of(2026, "special", 2) == "2026-专-02"


def planned(units: str, items: str, first: str, last: str) -> InspectionScope:
    return InspectionScope(
        number="2026-定-01",
        title="核查",
        units=frozenset(units.split()),
        items=frozenset(items.split()),
        from_on=day(first),
        until_on=day(last),
    )


@pytest.mark.parametrize(
    ("first", "last", "meets"),
    [
        ("11-01", "11-15", False),
        ("11-01", "11-16", True),
        ("11-20", "11-20", True),
        ("12-04", "12-11", True),
        ("12-05", "12-11", False),
        ("11-01", "12-31", True),
    ],
)
def test_days_that_touch_meet_and_the_day_before_and_after_do_not(first: str, last: str, *, meets: bool) -> None:
    one = planned("甲局", "art7-1", "11-16", "12-04")
    found = overlaps(one, [planned("甲局", "art7-4", first, last)])
    assert bool(found) is meets
    assert all(overlap.units == ("甲局",) and not overlap.items for overlap in found)


def test_one_at_another_time_hides_none_that_comes_after_it() -> None:
    mine = planned("甲", "art7-1", "2026-04-01", "2026-04-10")
    earlier = planned("甲", "art7-1", "2026-03-01", "2026-03-31")
    elsewhere = planned("乙", "art7-2", "2026-04-01", "2026-04-10")
    same_days = planned("甲", "art7-2", "2026-04-10", "2026-04-12")
    found = overlaps(mine, [earlier, elsewhere, same_days])
    assert [(one.other, one.units, one.items) for one in found] == [(same_days, ("甲",), ())]


def test_the_same_matter_elsewhere_meets_and_another_matter_elsewhere_does_not() -> None:
    one = planned("甲局", "art7-1 art7-4", "11-16", "12-04")
    same = overlaps(one, [planned("乙局", "art7-4", "12-01", "12-02")])
    assert [(overlap.units, overlap.items) for overlap in same] == [((), ("art7-4",))]
    assert overlaps(one, [planned("乙局", "art7-2", "12-01", "12-02")]) == []


def test_a_clause_belongs_to_its_item() -> None:
    assert [item_of(duty) for duty in ("art6-4b", "art6-4", "art7", "art5-7d")] == [
        "art6-4",
        "art6-4",
        "art7",
        "art5-7",
    ]


def test_visits_and_requests_count_against_the_ceiling_and_messages_do_not() -> None:
    months = burden_of([1, 1, 12], [1, 3], {1: 40})
    assert [month.contacts for month in months] == [3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (months[0].visits, months[0].requests, months[0].messages) == (2, 1, 40)
