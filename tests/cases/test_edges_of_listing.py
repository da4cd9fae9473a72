"""What the pages of the office list: pages in an order, lists under a name, a desk, a board, and units."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from cases import case_listing
from states.errors import BadData, NotFound
from states.vocabulary import SPINE, Act, Light, Role, State
from store.case_filters import Filter
from store.case_orders import ListColumn, Order
from store.visibility import Reader
from tests.support.days import UNIT, at, day

if TYPE_CHECKING:
    from tests.support.offices import Bench

OTHER: Final = "临溪市水利局"
ME: Final = Reader("甲", Role.DIRECTOR, 0)
BY_NUMBER: Final = Order(ListColumn.NUMBER)


def test_a_list_goes_on_behind_its_last_case_and_says_how_many_there_are_and_what_happened_last(
    sqlite_bench: Bench,
) -> None:
    bench, database = sqlite_bench, sqlite_bench.office.database
    ids = [bench.ordered(finding=f"问题{n}") for n in range(2)] + [bench.open(unit=OTHER)]
    first = case_listing.listing(database, ME, Filter(states=SPINE), BY_NUMBER, None, limit=2)
    assert [item.case.id for item in first.rows] == ids[:2]
    assert (first.total, first.latest) == (3, dict.fromkeys(ids[:2], Act.SERVE_ORDER))
    assert first.lights == {Light.RED: 0, Light.YELLOW: 0, Light.BLUE: 0}
    assert first.following is not None
    then = case_listing.listing(database, ME, Filter(states=SPINE), BY_NUMBER, first.following, limit=2)
    assert [item.case.id for item in then.rows] == ids[2:]
    assert (then.total, then.following, then.lights) == (3, None, None)
    assert then.latest == {ids[2]: Act.REGISTER_FINDING}
    of_unit = case_listing.listing(database, ME, Filter(states=SPINE, unit=OTHER), BY_NUMBER, None, limit=2)
    assert (of_unit.total, of_unit.lights) == (1, None)
    by_letter = Reader("纪", Role.DISCIPLINE, 0)
    assert case_listing.listing(database, by_letter, Filter(states=SPINE), BY_NUMBER, None, limit=2).lights is None


def test_the_lights_of_all_open_cases_are_told_by_their_tallies(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    bench.ordered()
    bench.open("03-04", unit=OTHER)
    bench.sweep("03-06")
    found = case_listing.listing(bench.office.database, ME, Filter(states=SPINE), BY_NUMBER, None, limit=2)
    lights = [item.case.light for item in found.rows]
    assert Light.YELLOW in lights
    assert found.lights is not None
    assert all(found.lights[light] == lights.count(light) for light in found.lights)


def test_a_list_that_is_kept_is_found_again_by_whoever_kept_it_and_by_the_office_if_it_was_shared(
    sqlite_bench: Bench,
) -> None:
    database, other = sqlite_bench.office.database, Reader("乙", Role.HANDLER, 0)
    case_listing.keep_view(database, ME, "红灯", "light=red", at("02-10"), shared=False)
    case_listing.keep_view(database, ME, "黄灯", "light=yellow", at("02-10"), shared=True)

    def views(reader: Reader) -> dict[str, int]:
        found = case_listing.listing(database, reader, Filter(), BY_NUMBER, None, limit=1)
        return {view.name: view.id for view in found.views}

    assert (set(views(ME)), set(views(other))) == ({"红灯", "黄灯"}, {"黄灯"})
    with pytest.raises(NotFound):
        case_listing.drop_view(database, other, views(ME)["黄灯"])
    with pytest.raises(BadData):
        case_listing.keep_view(database, ME, "", "light=red", at("02-10"), shared=False)
    case_listing.drop_view(database, ME, views(ME)["黄灯"])
    assert (set(views(ME)), set(views(other))) == ({"红灯"}, set())


def test_a_desk_shows_the_first_of_each_part_and_of_each_day_of_its_week_both_ends_included(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    found = [bench.open("01-28", finding=f"问题{n}") for n in range(3)]
    ordered = bench.ordered(unit=OTHER)
    due = bench.case(found[0]).next_due_on
    assert due is not None
    parts = [Filter(state=State.FOUND), Filter(state=State.ORDERED), Filter(state=State.CLOSED)]
    for first, last, in_week in (
        (due, due, True),
        (due - timedelta(days=2), due, True),
        (due + timedelta(days=1),) * 2 + (False,),
    ):
        desk = case_listing.desk_overview(bench.office.database, ME, parts, (first, last), shown=2, in_a_day=2)
        assert desk.counts == (3, 1, 0)
        assert [[item.case.id for item in part] for part in desk.parts] == [found[:2], [ordered], []]
        assert {state: n for state, n in desk.by_state.items() if n} == {State.FOUND: 3, State.ORDERED: 1}
        assert [item.case.id for item in desk.week] == (found[:2] if in_week else [])
        assert {on: n for on, n in desk.due_in_week.items() if n} == ({due: 3} if in_week else {})
        assert set(desk.latest) == {*found[:2], ordered}


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_all_cases_come_in_batches_and_each_once(sqlite_bench: Bench, size: int) -> None:
    ids = [sqlite_bench.open(finding=f"问题{n}") for n in range(3)]
    batches = list(case_listing.in_batches(sqlite_bench.office.database, ME, Filter(), size))
    assert [item.case.id for batch in batches for item in batch] == ids
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)


def test_a_board_shows_the_nearest_of_each_column_and_what_is_due_today_is_not_late(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    later, sooner = bench.open("02-02"), bench.open("01-28", unit=OTHER)
    columns = [(State.FOUND, State.ORDERED), (State.CLOSED,)]
    due = bench.case(sooner).next_due_on
    assert due is not None
    for today, late in ((due, 0), (due + timedelta(days=1), 1)):
        shown = case_listing.board(bench.office.database, ME, columns, today, most=2)
        assert [[item.case.id for item in column] for column in shown.columns] == [[sooner, later], []]
        assert (shown.counts[State.FOUND], shown.late[State.FOUND], shown.late[State.CLOSED]) == (2, late, 0)
    (one, _) = case_listing.board(bench.office.database, ME, columns, day("02-02"), most=1).columns
    assert [item.case.id for item in one] == [sooner]


def test_units_with_cases_are_listed_by_name_behind_one_and_by_a_part_of_theirs(sqlite_bench: Bench) -> None:
    bench, database = sqlite_bench, sqlite_bench.office.database
    for n, unit in enumerate((UNIT, UNIT, OTHER)):
        bench.open(unit=unit, finding=f"问题{n}")
    whole = [line.unit for line in case_listing.unit_lines(database, ME, limit=9)]
    assert sorted(whole) == sorted([UNIT, OTHER])
    assert [line.unit for line in case_listing.unit_lines(database, ME, limit=1)] == whole[:1]
    assert [line.unit for line in case_listing.unit_lines(database, ME, after=whole[0], limit=9)] == whole[1:]
    assert [line.unit for line in case_listing.unit_lines(database, ME, text="水利", limit=9)] == [OTHER]
    assert case_listing.unit_lines(database, ME, text="没有", limit=9) == []
