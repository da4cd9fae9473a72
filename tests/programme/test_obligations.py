"""The obligations of a year: generated once, handed in, signed for, missed, excused; each at its edges."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from config.obligations import read_rules
from programme import obligation_workbook
from programme.obligations import YearlyObligations
from states.clue import ClueSource, ClueState
from states.errors import BadData, NoSuchAct, NotFound, NotPermitted
from states.obligation import ObligationState
from states.vocabulary import Role
from store import organisation, unit_posts
from store.obligations import Asked
from store.visibility import Reader
from tests.support.obligated_office import COUNTY, THREE, clues_of, generated, one, sweep, verified, with_county
from tests.support.obligated_units import BOUND, BY_REFERENCE, IN_ALL, NUMBERS, UNITS, found_them
from tests.support.offices import ZONE, Bench, at, day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.databases import Databases

# --- figure 1: thirty units of all kinds -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def thirty(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("thirty")) as bench:
        with bench.office.database.transaction() as session:
            unit_posts.ensure_office(session, bench.settings.office)
            found_them(session)
        bench.office.obligations.generate(2026, bench.actor(Role.DIRECTOR), at("01-02"))
        yield bench
    databases.drop(url)


def test_thirty_units_have_the_obligations_that_the_regulation_gives_each(thirty: Bench) -> None:
    found = thirty.office.obligations.listed(Asked(year=2026))
    assert Counter(one.clause for one in found) == NUMBERS
    assert len(found) == IN_ALL
    for unit in UNITS:
        mine = [one for one in found if one.unit == unit.name]
        assert sorted(one.clause for one in mine) == sorted(BOUND[unit.group]), unit.name
        assert {one.by_reference for one in mine} <= {unit.group in BY_REFERENCE}, unit.name


def test_days_and_receivers_are_those_of_the_text(thirty: Bench) -> None:
    found = thirty.office.obligations.listed(Asked(year=2026))
    march = {"art5-1c", "art6-4b", "art7-1a", "art7-4d"}
    assert {one.clause for one in found if one.due_on == day("03-31")} == march
    assert {one.clause for one in found if one.due_on == day("12-31")} == set(NUMBERS) - march
    assert {len(one.receivers) for one in found if one.clause == "art6-4b"} == {3}
    assert {len(one.receivers) for one in found if one.clause == "art7-4d"} == {2}
    assert {one.clause for one in found if one.receivers} == {"art6-4b", "art7-4d"}


def test_generating_twice_doubles_nothing(thirty: Bench) -> None:
    before = thirty.office.obligations.listed(Asked(year=2026))
    again = thirty.office.obligations.generate(2026, thirty.actor(Role.DIRECTOR), at("01-05"))
    assert (again.new, again.kept, again.changed, again.removed) == (0, IN_ALL, 0, 0)
    assert thirty.office.obligations.listed(Asked(year=2026)) == before


def test_a_unit_sees_its_own_and_those_below_and_no_others(thirty: Bench) -> None:
    with thirty.office.database.reading() as session:
        county = organisation.unit_by_name(session, "东岭县人民政府").id
        city = organisation.unit_by_name(session, "清江市人民政府").id
    listed = thirty.office.obligations.listed
    head = listed(Asked(year=2026), Reader("head", Role.HEAD, county))
    names = {"东岭县人民政府", "东岭县教育局", "东岭县水务局", "柏木镇人民政府"}
    assert {one.unit for one in head} == names
    assert {one.unit for one in listed(Asked(year=2026), Reader("wang", Role.HANDLER, 0, county))} == names
    assert len(listed(Asked(year=2026), Reader("wang", Role.HANDLER, 0))) == IN_ALL
    for blind in (Role.DISCIPLINE, Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR):
        assert listed(Asked(year=2026), Reader("li", blind, 0)) == []
    (report,) = [one for one in listed(Asked(unit="清江市人民政府")) if one.clause == "art6-4b"]
    with pytest.raises(NotFound):
        thirty.office.obligations.one(report.id, Reader("head", Role.HEAD, county))
    below = next(one for one in head if one.unit == "东岭县教育局")
    with pytest.raises(NotPermitted, match="本单位"):
        thirty.office.obligations.submit(
            below.id,
            day("01-05"),
            thirty.actor(Role.HEAD),
            at("01-05"),
            note="计划已印发",
            reader=Reader("head", Role.HEAD, county),
        )
    assert city != county


# --- two of three receipts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("third", "state", "clues"),
    [("03-30", "fulfilled", 0), ("03-31", "fulfilled", 0), ("04-01", "missed", 1), ("", "missed", 1)],
)
def test_two_of_three_receipts_are_one_clue_at_nine_on_the_first_of_april(
    bench: Bench, third: str, state: str, clues: int
) -> None:
    report = generated(with_county(bench))
    office = bench.office.obligations
    office.submit(report.id, day("03-24"), bench.actor(Role.LIAISON), at("03-24"), note="青府〔2026〕11号")
    for who, on in ((THREE[0], "03-25"), (THREE[2], "03-26")):
        office.receive(report.id, who, day(on), bench.actor(Role.HANDLER), at(on))
    assert one(bench).state is ObligationState.SUBMITTED
    if third:
        office.receive(report.id, THREE[1], day(third), bench.actor(Role.HANDLER), at(third, 8))
    sweep(bench, "03-31", 23, 59)
    sweep(bench, "04-01", 8, 59)
    assert clues_of(bench) == []
    for minute in (0, 1):
        sweep(bench, "04-01", 9, minute)
        assert clues_of(bench) == [(COUNTY, "art6-4b", "三家回执缺一家：同级人大常委会。")] * clues
    assert one(bench).state == state
    assert bench.office.console.needing("late_entry") == []
    assert verified(bench)


def test_the_clue_is_adopted_with_the_duty_filled_in(bench: Bench) -> None:
    generated(with_county(bench))
    sweep(bench, "04-01")
    (clue,) = bench.office.clues.listed(ClueState.OPEN)
    assert (clue.source, clue.raised_by, clue.raised_on) == (ClueSource.MISSED_DUTY, "system", day("04-01"))
    assert one(bench).clue_id == clue.id
    done = bench.office.clues.adopt(clue.id, {"post": "县长"}, day("04-02"), bench.actor(Role.HANDLER), at("04-02"))
    assert (done.case.unit, done.case.duty) == (COUNTY, "art6-4b")
    assert verified(bench)


def test_a_receipt_after_the_miss_is_kept_and_the_miss_stands(bench: Bench) -> None:
    report = generated(with_county(bench))
    sweep(bench, "04-01")
    for who in THREE:
        bench.office.obligations.receive(report.id, who, day("04-20"), bench.actor(Role.HANDLER), at("04-20"))
    assert (one(bench).state, len(one(bench).received)) == (ObligationState.MISSED, 3)
    assert len(clues_of(bench)) == 1


def test_under_the_rules_of_2019_it_is_due_at_the_end_of_february(sqlite_bench: Bench) -> None:
    bench = under(with_county(sqlite_bench), "2019")
    report = generated(bench)
    assert (report.due_on, report.profile) == (day("02-28"), "2019")
    assert one(bench, "art6-4b-publication").due_on == day("03-31")
    sweep(bench, "03-01")
    sweep(bench, "03-02", 8, 59)
    assert clues_of(bench) == []
    sweep(bench, "03-02")
    assert clues_of(bench) == [(COUNTY, "art6-4b", "没有报送。")]
    sweep(bench, "04-01")
    assert [duty for _unit, duty, _what in clues_of(bench)] == ["art6-4b", "art6-4b"]


def under(bench: Bench, profile: str) -> Bench:
    """Let the office go by the rules of another profile from now on."""
    rules = read_rules("2019" if profile == "2019" else "2017")
    here = bench.office
    here.obligations = YearlyObligations(here.database, here.rulebook, ZONE, lambda: rules)
    return bench


def test_another_profile_changes_years_that_have_not_begun_and_nothing_else(sqlite_bench: Bench) -> None:
    bench = with_county(sqlite_bench)
    for year in (2026, 2027):
        generated(bench, year, "11-28")
    under(bench, "2019")
    director = bench.actor(Role.DIRECTOR)
    now = bench.office.obligations.generate(2026, director, at("11-28"))
    ahead = bench.office.obligations.generate(2027, director, at("11-28"))
    assert (now.new, now.changed, ahead.new, ahead.changed) == (1, 0, 1, 3)
    assert (one(bench).due_on, one(bench).profile) == (day("03-31"), "2017")
    assert one(bench, year=2027).due_on.isoformat() == "2027-02-28"
    under(bench, "2017")
    back = bench.office.obligations.generate(2027, director, at("11-28"))
    assert (back.changed, back.removed) == (3, 1)
    assert one(bench, year=2027).due_on.isoformat() == "2027-03-31"
    assert verified(bench)


# --- submitting, excusing, refusing ----------------------------------------------------------------------------------


def test_what_is_due_several_times_a_year_is_counted_by_evidence(bench: Bench) -> None:
    generated(with_county(bench))
    twice, actor = one(bench, "art6-1c"), bench.actor(Role.LIAISON)
    submit = bench.office.obligations.submit
    with pytest.raises(BadData, match="凭材料认定"):
        submit(twice.id, day("03-05"), actor, at("03-05"))
    assert submit(twice.id, day("03-05"), actor, at("03-05"), note="第3次常务会议纪要").state == "submitted"
    assert submit(twice.id, day("09-05"), actor, at("09-05"), note="第9次常务会议纪要").state == "fulfilled"
    assert len(submit(twice.id, day("10-05"), actor, at("10-05"), note="第10次常务会议纪要").done_on) == 3
    sweep(bench, "12-31")
    moment = at("12-31").replace(year=2027, month=1, day=4)
    bench.office.rounds.sweep(moment, moment)
    missed = [duty for _unit, duty, what in clues_of(bench) if what == "没有报送。"]
    assert missed == ["art6-4b", "art6-7c"]


def test_a_meeting_that_was_held_once_too_few_says_so(sqlite_bench: Bench) -> None:
    bench = with_county(sqlite_bench)
    generated(bench)
    twice = one(bench, "art6-1c")
    bench.office.obligations.submit(
        twice.id, day("03-05"), bench.actor(Role.LIAISON), at("03-05"), note="第3次常务会议纪要"
    )
    moment = at("12-31").replace(year=2027, month=1, day=4, hour=9)
    bench.office.rounds.sweep(moment, moment)
    assert (COUNTY, "art6-1c", "应当2次，完成1次，差1次。") in clues_of(bench)


def test_what_was_excused_stays_excused(bench: Bench) -> None:
    report = generated(with_county(bench))
    excuse = bench.office.obligations.excuse
    with pytest.raises(BadData, match="理由"):
        excuse(report.id, " ", day("03-01"), bench.actor(Role.DIRECTOR), at("03-01"))
    with pytest.raises(NotPermitted, match="督查机构负责人"):
        excuse(report.id, "机构撤并", day("03-01"), bench.actor(Role.HANDLER), at("03-01"))
    assert excuse(report.id, "机构撤并", day("03-01"), bench.actor(Role.DIRECTOR), at("03-01")).next_at is None
    sweep(bench, "04-01")
    bench.office.obligations.generate(2026, bench.actor(Role.DIRECTOR), at("04-01"))
    assert one(bench).state is ObligationState.EXCUSED
    assert clues_of(bench) == []
    with pytest.raises(NoSuchAct, match="同意不办"):
        bench.office.obligations.submit(report.id, day("03-02"), bench.actor(Role.LIAISON), at("03-02"))


def test_nobody_is_let_off_after_the_day_was_missed(bench: Bench) -> None:
    report = generated(with_county(bench))
    sweep(bench, "04-01")
    with pytest.raises(NoSuchAct, match="没有按期完成"):
        bench.office.obligations.excuse(report.id, "机构撤并", day("04-01"), bench.actor(Role.DIRECTOR), at("04-01"))


def test_only_the_office_generates_and_only_years_that_there_are(bench: Bench) -> None:
    with_county(bench)
    generate = bench.office.obligations.generate
    with pytest.raises(NotPermitted, match="承办人"):
        generate(2026, bench.actor(Role.LIAISON), at("01-02"))
    for year in (2016, 2030):
        with pytest.raises(BadData, match="2017年到2029年"):
            generate(year, bench.actor(Role.DIRECTOR), at("01-02"))
    with pytest.raises(NotFound, match="没有名为"):
        generate(2026, bench.actor(Role.DIRECTOR), at("01-02"), unit="没有的局")
    with pytest.raises(NotFound):
        bench.office.obligations.one(99)


def test_an_office_that_begins_in_november_may_leave_the_past_alone(bench: Bench) -> None:
    with_county(bench)
    done = bench.office.obligations.generate(2026, bench.actor(Role.DIRECTOR), at("11-28"), due_from=day("11-28"))
    assert done.new == 2
    assert {it.due_on for it in bench.office.obligations.listed(Asked(year=2026))} == {day("12-31")}


def test_a_file_shows_what_was_done_and_only_who_brought_it_may_name_it(bench: Bench, tmp_path: Path) -> None:
    generated(with_county(bench))
    paper = tmp_path / "纪要.txt"
    paper.write_text("第3次常务会议纪要", "utf-8")
    kept = bench.keep_evidence(paper, at("03-05"), "liaison")
    twice = one(bench, "art6-1c")
    submit = bench.office.obligations.submit
    with pytest.raises(BadData, match="不是您存入的"):
        submit(twice.id, day("03-05"), bench.actor(Role.HEAD), at("03-05"), file=kept)
    assert submit(twice.id, day("03-05"), bench.actor(Role.LIAISON), at("03-05"), file=kept).steps[0].file == kept
    with pytest.raises(BadData, match="国家秘密"):
        submit(twice.id, day("03-05"), bench.actor(Role.LIAISON), at("03-05"), note="机密★ 会议纪要")


# --- the workbook that comes back -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({(1, 1): "序号"}, "表头被改过"),
        ({}, "没有填写"),
        ({(2, 8): "春节前"}, "不是日期"),
        ({(2, 10): THREE[0]}, "一起填写"),
        ({(2, 1): "第一项", (2, 8): "2026-01-20"}, "不是职责编号"),
        ({(2, 9): "会议纪要"}, "不是日期"),
    ],
)
def test_a_spoilt_workbook_is_refused_in_one_sentence(
    thirty: Bench, tmp_path: Path, cells: dict[tuple[int, int], str], said: str
) -> None:
    place = tmp_path / "list.xlsx"
    with place.open("wb") as file:
        found = thirty.office.obligations.listed(Asked(year=2026, unit=UNITS[0].name))
        obligation_workbook.write(file, found, read_rules("2017"), 2026)
    book = load_workbook(place)
    for (row, column), text in cells.items():
        book[obligation_workbook.LIST].cell(row, column, text)
    book.save(place)
    with pytest.raises(BadData, match=said):
        obligation_workbook.read(place, "完成情况.xlsx")
