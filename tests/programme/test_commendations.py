"""Commendations: proposed by the office, given by the leader, counted in the ranking from their day on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.commendation import CommendationState
from states.errors import BadData, NoSuchAct, NotFound, NotPermitted
from states.vocabulary import Role
from tests.support.days import UNIT, at, day

if TYPE_CHECKING:
    from decimal import Decimal

    from tests.support.offices import Bench


def proposed(bench: Bench, on: str = "03-02", post: str = "") -> int:
    director = bench.actor(Role.DIRECTOR)
    return bench.office.commendations.propose(UNIT, post, "整改举一反三", day(on), director, at("03-31")).id


def test_a_commendation_is_given_by_the_leader_alone_and_once(bench: Bench) -> None:
    bench.open("02-02")
    rooms, leader = bench.office.commendations, bench.actor(Role.LEADER)
    one = proposed(bench, post=f"{UNIT}局长")
    with pytest.raises(NotPermitted):
        rooms.commend(one, "临法治督〔2026〕5号", day("03-05"), bench.actor(Role.DIRECTOR), at("03-31"))
    with pytest.raises(BadData):
        rooms.commend(one, " ", day("03-05"), leader, at("03-31"))
    for wrong in ("03-01", "04-01"):  # before it was proposed, and tomorrow
        with pytest.raises(BadData):
            rooms.commend(one, "临法治督〔2026〕5号", day(wrong), leader, at("03-31"))
    rooms.commend(one, "临法治督〔2026〕5号", day("03-05"), leader, at("03-31"))
    with pytest.raises(NoSuchAct):
        rooms.refuse(one, "重复", day("03-06"), leader, at("03-31"))
    assert [given.id for given in rooms.given(UNIT, day("03-05"), post=f"{UNIT}局长")] == [one]
    assert list(rooms.given(UNIT, day("03-04"))) == []
    assert list(rooms.given(UNIT, day("03-31"), since=day("03-06"))) == []
    assert bench.office.proofs.verify().ok


def test_what_is_refused_or_says_nothing_is_no_commendation(sqlite_bench: Bench) -> None:
    sqlite_bench.open("02-02")
    rooms, leader = sqlite_bench.office.commendations, sqlite_bench.actor(Role.LEADER)
    one = proposed(sqlite_bench)
    with pytest.raises(BadData):
        rooms.refuse(one, "", day("03-05"), leader, at("03-31"))
    rooms.refuse(one, "事迹不突出", day("03-05"), leader, at("03-31"))
    assert [found.state for found in rooms.listed(unit=UNIT)] == [CommendationState.REFUSED]
    director = sqlite_bench.actor(Role.DIRECTOR)
    with pytest.raises(NotFound):
        rooms.propose("没有这个单位", "", "整改举一反三", day("03-02"), director, at("03-31"))
    for text in ("", "x" * 2001, "机密★ 事迹"):
        with pytest.raises(BadData):
            rooms.propose(UNIT, "", text, day("03-02"), director, at("03-31"))
    with pytest.raises(NotPermitted):
        rooms.propose(UNIT, "", "整改举一反三", day("03-02"), sqlite_bench.actor(Role.HEAD), at("03-31"))


def test_a_commendation_counts_in_the_ranking_from_the_day_on_which_it_was_given(sqlite_bench: Bench) -> None:
    sqlite_bench.open("02-02")
    director = sqlite_bench.actor(Role.DIRECTOR)

    def score(as_of: str) -> Decimal:
        (row,) = sqlite_bench.office.rankings.compute(2026, day(as_of), director, at("03-31")).rows
        return row.score

    before = score("03-04"), score("03-05")
    leader = sqlite_bench.actor(Role.LEADER)
    given, late = proposed(sqlite_bench), proposed(sqlite_bench)
    commend = sqlite_bench.office.commendations.commend
    commend(given, "临法治督〔2026〕5号", day("03-05"), leader, at("03-05"))
    assert (score("03-04"), score("03-05")) == (before[0], before[1] + 2)
    commend(late, "临法治督〔2026〕6号", day("03-05"), leader, at("03-07"))  # of the same day, entered later
    assert (score("03-05"), score("03-06"), score("03-07")) == (before[1] + 2, before[1] + 2, before[1] + 4)
