"""Lists by words, by what waits for the office, and without personal texts; what a history says first and last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from states.command import Command
from states.commitments import is_commitment
from states.vocabulary import Act, Role
from store import accounts, case_counts, case_filters, case_lists, office_events, organisation, text_search, visibility
from store.case_counts import AtLeast
from store.case_filters import Filter
from store.visibility import Reader
from tests.support.days import at, day

if TYPE_CHECKING:
    from tests.support.offices import Bench

BUREAU, OTHER = "临溪县教育局", "北川县水利局"
ALL: Final = Reader("某", Role.DIRECTOR, 0)


def _ids(bench: Bench, reader: Reader, **wanted: object) -> list[int]:
    with bench.office.database.reading() as session:
        return [item.case.id for item in case_lists.listed(session, reader, Filter(**wanted))]  # type: ignore[arg-type]


def _bounded(bench: Bench, unit: str) -> Reader:
    with bench.office.database.reading() as session:
        return Reader("某", Role.DIRECTOR, 0, organisation.unit_by_name(session, unit).id)


# --- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("few", [0, 1, 2, 3, 1_000])
def test_words_find_the_same_cases_whether_so_few_hold_them_that_they_are_listed_or_not(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    bench = sqlite_bench
    monkeypatch.setattr(text_search, "FEW", few)
    ids = [
        bench.open(unit=unit, unit_kind="department", finding=f"缺少台账{n}") for n, unit in enumerate((BUREAU, OTHER))
    ]
    bench.open(unit="临溪县审计局", unit_kind="department", finding="没有计划")
    for me, seen in ((ALL, ids), (_bounded(bench, OTHER), ids[1:])):
        assert _ids(bench, me, text="缺少台账") == seen
        assert _ids(bench, me, text="缺少台账", unit=OTHER) == ids[1:]
        assert _ids(bench, me, text="缺少 水利局") == ids[1:]
        assert _ids(bench, me, text="缺少计划") == []
        with bench.office.database.reading() as session:
            assert case_counts.counted(session, me, Filter(text="缺少台账", unit=OTHER)) == 1
    with bench.office.database.reading() as session:
        looked = case_filters.looked_up(session, Filter(text="缺少台账"))
        assert (looked.text, len(looked.met) > 0, looked.among is None) == (None, few < 2, few < 2)
        assert case_filters.looked_up(session, Filter(text="")) == Filter(text="")


@pytest.mark.parametrize(("counted_to", "whole", "part"), [(0, "0+", "0+"), (1, "1+", "1"), (2, "2+", "1")])
def test_words_that_very_many_cases_hold_are_counted_by_those_that_were_met(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, counted_to: int, whole: str, part: str
) -> None:
    bench = sqlite_bench
    for n, unit in enumerate((BUREAU, OTHER)):
        bench.open(unit=unit, unit_kind="department", finding=f"缺少台账{n}")
    monkeypatch.setattr(text_search, "FEW", 1)
    monkeypatch.setattr(case_counts, "COUNTED_TO", counted_to)
    bounded = _bounded(bench, OTHER)
    with bench.office.database.reading() as session:
        for me, told in ((ALL, whole), (bounded, part)):
            assert f"{case_counts.counted(session, me, Filter(text='缺少台账'))}" == told
        narrower = case_counts.counted(session, ALL, Filter(text="缺少台账", unit=OTHER))
        assert isinstance(narrower, AtLeast) is (counted_to == 0)


def test_people_read_of_more_than_a_thousand_cases_only_that_there_are_more() -> None:
    assert f"{AtLeast(case_counts.COUNTED_TO)}" == "1,000+"


# --- what waits, what is next ------------------------------------------------------------------------------------


def test_what_waits_for_the_office_is_found_by_its_word_and_by_no_other(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    late, in_time = bench.open(), bench.ordered(unit=OTHER, unit_kind="department")
    served = Command(act=Act.SERVE_ORDER, actor=bench.actor(Role.DIRECTOR), on=day("02-06"), data={}, case_id=late)
    bench.desk.do(served, at("04-20"))
    bench.act(in_time, Act.REQUEST_EXTENSION, "02-24", reason="汛期", term="10wd")
    assert bench.case(late).attention == ("late_entry",)
    for attention in ("late_entry", *bench.case(in_time).attention):
        assert _ids(bench, ALL, attention=attention) == [late if attention == "late_entry" else in_time]
    for unknown in ("late%entry", "late", "entry_late"):
        expected = [late] if unknown == "late" else []
        assert _ids(bench, ALL, attention=unknown) == expected
    assert _ids(bench, _bounded(bench, OTHER), attention="late_entry") == []


def test_what_is_due_next_is_told_without_personal_texts(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    first, second = bench.ordered("02-06", finding="某人的问题"), bench.ordered("02-09", found="02-02")
    third = bench.open("01-20", unit=OTHER, unit_kind="department")
    with bench.office.database.reading() as session:
        found = case_lists.next_due(session, ALL, Filter(), 3)
        assert [item.case.id for item in found] == [third, first, second]
        assert all(is_commitment(item.case.finding) for item in found)
        assert [item.case.id for item in case_lists.next_due(session, ALL, Filter(), 2)] == [third, first]
        assert [item.case.id for item in case_lists.next_due(session, ALL, Filter(unit=OTHER), 3)] == [third]
        told = case_lists.history_of(session, first)
        assert [one.event.act for one in told] == [Act.REGISTER_FINDING, Act.SERVE_ORDER]
        assert told[0].event.data["finding"] == "某人的问题"
        assert case_lists.some(session, ALL, []) == []
        assert [item.case.finding for item in case_lists.some(session, ALL, [first])] == ["某人的问题"]


def test_each_part_of_a_page_has_its_own_limit_or_all_have_the_same(sqlite_bench: Bench) -> None:
    ids = [sqlite_bench.open(finding=f"问题{n}") for n in range(3)]
    with sqlite_bench.office.database.reading() as session:

        def parts(limit: int | list[int]) -> list[list[int]]:
            return case_lists.ids_by_due(session, ALL, [Filter(), Filter(light="green")], limit)

        assert parts(2) == [ids[:2], ids[:2]]
        assert parts([1, 3]) == [ids[:1], ids]
        for wrong in ([1], [1, 2, 3]):
            with pytest.raises(ValueError, match="zip"):
                parts(wrong)


def test_of_each_case_the_first_event_of_each_act_is_told_with_its_day(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    one, other = bench.ordered("02-06"), bench.open("02-02", unit=OTHER, unit_kind="department", finding="另一个")
    for on in ("02-09", "02-10"):
        bench.act(one, Act.URGE, on, reason="催办") if on == "02-09" else bench.act(one, Act.ACKNOWLEDGE, on, of=2)
    bench.act(one, Act.ACKNOWLEDGE, "02-11", of=1)
    with bench.office.database.reading() as session:
        found = case_lists.first_data(session, [one, other], [Act.REGISTER_FINDING, Act.ACKNOWLEDGE])
        assert {(case, act): on for case, acts in found.items() for act, (on, _) in acts.items()} == {
            (one, Act.REGISTER_FINDING): day("01-28"),
            (one, Act.ACKNOWLEDGE): day("02-10"),
            (other, Act.REGISTER_FINDING): day("02-02"),
        }
        assert found[one][Act.ACKNOWLEDGE][1]["of"] == 2
        assert found[other][Act.REGISTER_FINDING][1]["finding"] == "另一个"
        assert case_lists.first_data(session, [other], [Act.URGE]) == {}


def test_the_latest_that_the_log_said_of_each_table_is_that_of_its_own_rows(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    with bench.office.database.transaction() as session:
        unit = organisation.ensure_unit(session, BUREAU, "department").id
    with bench.office.database.transaction() as session:
        accounts.add_person(session, "wang", "王某", Role.HEAD, unit)
    with bench.office.database.reading() as session:
        stored = list(office_events.stored(session))
        latest = {
            name: max(one.id for one in stored if one.subject.startswith(f"{name}/")) for name in ("units", "people")
        }
        assert office_events.latest_of(session, ("units", "people")) == (latest["units"], latest["people"])
        assert office_events.latest_of(session, ("people", "unit", "unit_names", "clues")) == (
            latest["people"],
            0,
            0,
            0,
        )
        person = accounts.person(session, "wang")
        assert visibility.reader_of(person) == Reader("wang", Role.HEAD, unit, 0)
