"""Clues: possible problems that are no case until a person adopts them."""

from __future__ import annotations

import pytest

from states.clue import ClueSource, ClueState
from states.errors import BadData, NoSuchAct, NotFound, NotPermitted
from states.vocabulary import Role, State
from store import organisation
from store.idempotency import IdempotencyKey
from store.visibility import Reader
from tests.support.offices import UNIT, Bench, at, day

TEXT = "未按期报送法治政府建设年度报告"


def raised(bench: Bench, role: Role = Role.INSPECTOR) -> int:
    actor = bench.actor(role)
    return bench.office.clues.raise_clue(
        ClueSource.MISSED_DUTY, UNIT, TEXT, day("04-01"), actor, at("04-01"), duty="art7-4d"
    ).id


def test_a_clue_is_no_case_until_a_person_adopts_it(bench: Bench) -> None:
    clue = raised(bench, Role.SYSTEM)
    with bench.office.database.reading():
        assert bench.office.clues.listed(ClueState.OPEN)[0].id == clue
    assert bench.office.console.needing("late_entry") == []
    handler = bench.actor(Role.HANDLER)
    done = bench.office.clues.adopt(clue, {"post": "局长"}, day("04-02"), handler, at("04-02"))
    assert (done.case.state, done.case.duty, done.case.unit) == (State.FOUND, "art7-4d", UNIT)
    found = bench.office.clues.listed()[0]
    assert (found.state, found.case_id, found.decided_by) == (ClueState.ADOPTED, done.case.id, "handler")


def test_clues_are_listed_page_after_page_and_the_last_page_says_that_there_are_no_more(sqlite_bench: Bench) -> None:
    ids = [raised(sqlite_bench) for _ in range(3)]
    me, pool = Reader("乙", Role.DIRECTOR, 0), sqlite_bench.office.clues

    def page(after: int, limit: int) -> tuple[list[int], int, int]:
        found = pool.page(ClueState.OPEN, me, after=after, limit=limit)
        return [clue.id for clue in found.rows], found.total, found.further

    assert page(0, 2) == (ids[:2], 3, ids[1])
    assert page(ids[1], 2) == (ids[2:], 3, 0)
    assert page(0, 3) == (ids, 3, 0)
    assert page(ids[2], 3) == ([], 3, 0)


def test_the_same_request_adopts_a_clue_once(bench: Bench) -> None:
    clue, handler = raised(bench), bench.actor(Role.HANDLER)
    once = IdempotencyKey("handler", "一次", "0" * 64)

    def adopt() -> int:
        done = bench.office.clues.adopt(clue, {"post": "局长"}, day("04-02"), handler, at("04-02"), once=once)
        return done.case.id

    assert adopt() == adopt()


def test_who_watches_over_some_units_sees_and_decides_on_clues_about_these_alone(bench: Bench) -> None:
    mine, other = "临溪县教育局", "北川县水利局"
    with bench.office.database.transaction() as session:
        county = organisation.ensure_unit(session, "临溪县", "government").id
        organisation.ensure_unit(session, mine, "department", county)
    pool, actor = bench.office.clues, bench.actor(Role.INSPECTOR, "甲")
    about = [
        pool.raise_clue(ClueSource.TIP_OFF, unit, TEXT, day("04-01"), actor, at("04-01")).id for unit in (mine, other)
    ]
    county_director = Reader("乙", Role.DIRECTOR, 0, county)
    assert [one.id for one in pool.listed(reader=county_director)] == about[:1]
    assert [one.id for one in pool.listed(reader=Reader("甲", Role.INSPECTOR, 0, county))] == about
    assert [one.id for one in pool.listed(reader=Reader("丙", Role.DIRECTOR, 0))] == about
    director = bench.actor(Role.DIRECTOR, "乙")
    for act in (
        lambda: pool.one(about[1], county_director),
        lambda: pool.dismiss(about[1], "查无实据", day("04-02"), director, reader=county_director),
        lambda: pool.adopt(about[1], {"post": "局长"}, day("04-02"), director, at("04-02"), reader=county_director),
    ):
        with pytest.raises(NotFound):
            act()
    assert pool.one(about[0], county_director).unit == mine


def test_a_clue_is_decided_once_by_who_may(bench: Bench) -> None:
    clue = raised(bench)
    with pytest.raises(NotPermitted, match="督查机构负责人"):
        bench.office.clues.dismiss(clue, "查无实据", day("04-02"), bench.actor(Role.HANDLER))
    with pytest.raises(BadData, match="理由"):
        bench.office.clues.dismiss(clue, " ", day("04-02"), bench.actor(Role.DIRECTOR))
    bench.office.clues.dismiss(clue, "查无实据", day("04-02"), bench.actor(Role.DIRECTOR))
    with pytest.raises(NoSuchAct, match="不予立案"):
        bench.office.clues.adopt(clue, {"post": "局长"}, day("04-03"), bench.actor(Role.HANDLER), at("04-03"))
    with pytest.raises(NotFound):
        bench.office.clues.dismiss(99, "x", day("04-02"), bench.actor(Role.DIRECTOR))


def test_a_finding_that_cannot_be_registered_leaves_the_clue_open(bench: Bench) -> None:
    clue = raised(bench)
    with pytest.raises(BadData):
        bench.office.clues.adopt(clue, {}, day("04-02"), bench.actor(Role.HANDLER), at("04-02"))
    assert bench.office.clues.listed(ClueState.OPEN)[0].case_id is None


def test_nobody_of_the_unit_raises_a_clue_and_no_secret_goes_in(bench: Bench) -> None:
    with pytest.raises(NotPermitted):
        raised(bench, Role.HEAD)
    inspector = bench.actor(Role.INSPECTOR)
    with pytest.raises(BadData, match="国家秘密"):
        bench.office.clues.raise_clue(ClueSource.TIP_OFF, UNIT, "机密★ 举报", day("04-01"), inspector, at("04-01"))
    with pytest.raises(BadData, match="职责"):
        bench.office.clues.raise_clue(ClueSource.TIP_OFF, UNIT, "x", day("04-01"), inspector, at("04-01"), duty="art99")
