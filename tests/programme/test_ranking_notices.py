"""Who hears of a ranking: each unit of its own place alone, in the commit of the act; and how it objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.case import Actor
from states.errors import GuardRefused, NotFound, NotPermitted
from states.vocabulary import Role
from store import organisation, outbox_messages, unit_posts
from store.visibility import Reader
from tests.support.days import at, day

if TYPE_CHECKING:
    from tests.support.offices import Bench

FIRST, SECOND, OUTSIDE = "临溪市甲局", "临溪市乙局", "临溪市某村"


class Ranked:
    """An office with two ranked units, each with a head and a liaison, and one that is in no group."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.room = bench, bench.office.rankings
        self.ids: dict[str, int] = {}
        bench.open("02-02", unit=FIRST, unit_kind="department")
        with bench.office.database.transaction() as session:
            for unit in (FIRST, SECOND):
                row = organisation.ensure_unit(session, unit, "department")
                self.ids[unit] = row.id
                unit_posts.ensure_post(session, row.id, f"{unit}局长", "head")
                unit_posts.ensure_post(session, row.id, f"{unit}联络员", "liaison")
            outside = organisation.ensure_unit(session, OUTSIDE, "village").id
            unit_posts.ensure_post(session, outside, f"{OUTSIDE}书记", "head")
            office = unit_posts.office_id(session)
            unit_posts.ensure_post(session, office, "督查科科长", "director")
        self.room.compute(2026, day("03-31"), self.director, at("04-01"))

    @property
    def director(self) -> Actor:
        return self.bench.actor(Role.DIRECTOR)

    def announce(self) -> None:
        self.room.announce(2026, day("04-02"), self.director, at("04-02"))

    def told(self) -> set[tuple[str, str]]:
        with self.bench.office.database.reading() as session:
            return {
                (notice, post)
                for notice, _unit, post, _at, _sent in outbox_messages.told_about(session, "ranking/2026/own")
            }

    def head(self, unit: str) -> Reader:
        return Reader(f"head-{unit}", Role.HEAD, self.ids[unit])


@pytest.fixture
def ranked(sqlite_bench: Bench) -> Ranked:
    return Ranked(sqlite_bench)


def posts_of(*units: str) -> set[str]:
    return {f"{unit}{post}" for unit in units for post in ("局长", "联络员")}


def test_head_and_liaison_of_each_ranked_unit_are_told_when_it_is_sent_and_when_it_is_approved(ranked: Ranked) -> None:
    assert ranked.told() == set()
    ranked.announce()
    assert ranked.told() == {("ranking_announced", post) for post in posts_of(FIRST, SECOND)}
    shown = ranked.room.show(2026)
    until = shown.ranking.objections_until
    assert until is not None
    leader = ranked.bench.actor(Role.LEADER)
    with pytest.raises(GuardRefused):
        ranked.room.approve(2026, until, leader, at("04-30"))
    assert len(ranked.told()) == 4, "what was refused tells nobody"
    ranked.room.approve(2026, day("04-30"), leader, at("04-30"))
    approved = {post for notice, post in ranked.told() if notice == "ranking_approved"}
    assert approved == posts_of(FIRST, SECOND)
    ranked.room.withdraw(2026, "公式有误", day("04-30"), leader, at("04-30"))
    assert {post for notice, post in ranked.told() if notice == "ranking_returned"} == posts_of(FIRST, SECOND)
    assert ranked.bench.office.proofs.verify().ok


def test_a_ranking_that_was_never_sent_is_returned_without_a_word(ranked: Ranked) -> None:
    ranked.room.withdraw(2026, "公式有误", day("04-02"), ranked.director, at("04-02"))
    assert ranked.told() == set()


def test_each_unit_sees_its_own_place_parts_notices_and_objections_alone(ranked: Ranked) -> None:
    ranked.announce()
    actor = Actor(user="head-a", role=Role.HEAD, unit=FIRST)
    made = ranked.room.object_to(2026, FIRST, "检查发现的问题已经整改", day("04-03"), actor, at("04-03"))
    own, other = ranked.room.show(2026, ranked.head(FIRST)), ranked.room.show(2026, ranked.head(SECOND))
    assert [row.unit for row in own.rows] == [own.own] == [FIRST]
    assert own.rows[0].parts
    assert {unit for _notice, unit, *_rest in own.told} == {FIRST}
    assert [one.id for one in own.objections] == [made.id]
    assert other.objections == ()
    assert {unit for _notice, unit, *_rest in other.told} == {SECOND}
    elsewhere = Reader("x", Role.HANDLER, 0, ranked.ids[SECOND])
    assert ranked.room.show(2026, elsewhere).objections == ()


def test_an_objection_is_answered_once_with_a_reason_and_its_unit_alone_is_told(ranked: Ranked) -> None:
    ranked.announce()
    head = Actor(user="head-a", role=Role.HEAD, unit=FIRST)
    with pytest.raises(NotPermitted):
        ranked.room.object_to(2026, SECOND, "别的单位分数过高", day("04-03"), head, at("04-03"))
    made = ranked.room.object_to(2026, FIRST, "检查发现的问题已经整改", day("04-03"), head, at("04-03"))
    with pytest.raises(NotFound):
        ranked.room.answer(2026, 99, "已核实", day("04-07"), ranked.director, at("04-07"), accepted=False)
    ranked.room.answer(2026, made.id, "整改在考核期以后", day("04-07"), ranked.director, at("04-07"), accepted=False)
    assert {post for notice, post in ranked.told() if notice == "ranking_answered"} == posts_of(FIRST)
    with pytest.raises(GuardRefused):
        ranked.room.answer(2026, made.id, "再答", day("04-07"), ranked.director, at("04-07"), accepted=True)
    assert ranked.bench.office.proofs.verify().ok


def test_a_unit_is_asked_to_look_until_the_last_day_of_objections(ranked: Ranked) -> None:
    assert ranked.room.open_to(ranked.head(FIRST), day("04-02")) == []
    ranked.announce()
    until = ranked.room.show(2026).ranking.objections_until
    assert until is not None
    assert [one.year for one in ranked.room.open_to(ranked.head(FIRST), until)] == [2026]
    assert ranked.room.open_to(ranked.head(FIRST), day("04-30")) == []
    assert ranked.room.open_to(Reader("office", Role.DIRECTOR, 0), day("04-02")) == []
