"""Two at once, in the rooms beside the cases: one of them does it, and the other is told so in a sentence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from states.ranking import RankingState
from states.vocabulary import Role
from store import organisation
from store.schema.rankings import RankingRow
from tests.support.at_once import at_once, done
from tests.support.offices import at, day

if TYPE_CHECKING:
    from tests.support.offices import Bench

WORST: Final = "临溪市甲局"
TRIES: Final = 4


def ranked(bench: Bench) -> None:
    with bench.office.database.transaction() as session:
        organisation.ensure_unit(session, WORST, "department")
    bench.open("01-28", unit=WORST, unit_kind="department")


def living(bench: Bench) -> int:
    with bench.office.database.reading() as session:
        alive = RankingRow.state != RankingState.WITHDRAWN.value
        return session.scalar(select(func.count()).select_from(RankingRow).where(alive)) or 0


def test_two_who_compute_at_once_leave_one_ranking_of_the_year(bench: Bench) -> None:
    ranked(bench)
    room, director = bench.office.rankings, bench.actor(Role.DIRECTOR, "director")
    as_of = day("04-30")
    for year in range(2026, 2026 - TRIES, -1):
        before = living(bench)
        at_once(
            partial(room.compute, year, as_of, director, at("05-01")),
            partial(room.compute, year, as_of, director, at("05-01")),
        )
        assert living(bench) == before + 1


def test_an_objection_is_answered_once_and_a_ranking_approved_or_returned(bench: Bench) -> None:
    ranked(bench)
    room = bench.office.rankings
    director, leader = bench.actor(Role.DIRECTOR, "director"), bench.actor(Role.LEADER, "leader")
    head = bench.actor(Role.HEAD, "head")
    room.compute(2026, day("03-31"), director, at("04-01"))
    room.announce(2026, day("04-01"), director, at("04-01"))
    for _again in range(TRIES):
        which = room.object_to(2026, WORST, "扣分有误", day("04-02"), head, at("04-02")).id
        answers = at_once(
            partial(room.answer, 2026, which, "采纳", day("04-03"), director, at("04-03"), accepted=True),
            partial(room.answer, 2026, which, "不采纳", day("04-03"), director, at("04-03"), accepted=False),
        )
        assert done(answers) == 1
    found = at_once(
        lambda: room.approve(2026, day("04-28"), leader, at("04-28")),
        lambda: room.approve(2026, day("04-28"), leader, at("04-28")),
    )
    assert done(found) == 1, found
