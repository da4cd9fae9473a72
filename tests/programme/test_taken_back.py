"""A receipt that was there in time and entered after the miss: two persons take the miss and its clue back."""

from __future__ import annotations

import pytest

from states.clue import ClueState
from states.errors import BadData, GuardRefused, NoSuchAct, NotPermitted
from states.obligation import ObligationState, ObligationStep
from states.vocabulary import Act, Role
from tests.support.obligated_office import THREE, generated, one, sweep, verified, with_county
from tests.support.offices import Bench, at, day


def missed(bench: Bench, third: str = "03-31") -> int:
    """Let the county's report be signed for by two in time; the third signature comes on this day, entered in April."""
    report = generated(with_county(bench))
    handler = bench.actor(Role.HANDLER, "liu")
    rooms = bench.office.obligations
    rooms.submit(report.id, day("03-20"), handler, at("03-20"))
    for who in THREE[:2]:
        rooms.receive(report.id, who, day("03-25"), handler, at("03-25"))
    sweep(bench, "04-01")
    assert one(bench).state is ObligationState.MISSED
    rooms.receive(report.id, THREE[2], day(third), handler, at("04-02"))
    assert one(bench).state is ObligationState.MISSED
    return report.id


def test_two_persons_take_back_what_was_there_on_its_last_day(bench: Bench) -> None:
    id_, rooms = missed(bench), bench.office.obligations
    asked_by, director = bench.actor(Role.HANDLER, "liu"), bench.actor(Role.DIRECTOR, "zhou")
    with pytest.raises(GuardRefused, match="还没有人提请"):
        rooms.correct(id_, director, at("04-02"))
    with pytest.raises(BadData):
        rooms.claim(id_, " ", asked_by, at("04-02"))
    with pytest.raises(NotPermitted):
        rooms.claim(id_, "回执送达晚", bench.actor(Role.HEAD), at("04-02"))
    claimed = rooms.claim(id_, "回执3月31日已签，4月2日才送到", asked_by, at("04-02"))
    assert claimed.state is ObligationState.MISSED, "nothing changes before the second person"
    with pytest.raises(GuardRefused, match="已有人提请"):
        rooms.claim(id_, "再提", director, at("04-02"))
    with pytest.raises(NotPermitted):
        rooms.correct(id_, bench.actor(Role.HANDLER, "chen"), at("04-03"))
    done = rooms.correct(id_, director, at("04-03"))
    assert (done.state, done.claimed) == (ObligationState.FULFILLED, None)
    assert [step.step for step in done.steps][-4:] == [
        ObligationStep.MISS,
        ObligationStep.RECEIVE,
        ObligationStep.CLAIM,
        ObligationStep.CORRECT,
    ], "the miss stays in the history"
    (clue,) = bench.office.clues.listed()
    assert (clue.state, clue.decided_by, clue.reason) == (
        ClueState.DISMISSED,
        "zhou",
        "回执3月31日已签，4月2日才送到",
    )
    with pytest.raises(NoSuchAct):
        rooms.correct(id_, director, at("04-03"))
    assert verified(bench)


def test_who_asked_does_not_confirm_and_what_came_a_day_late_is_not_taken_back(sqlite_bench: Bench) -> None:
    id_, rooms = missed(sqlite_bench, "04-01"), sqlite_bench.office.obligations
    director = sqlite_bench.actor(Role.DIRECTOR, "zhou")
    with pytest.raises(GuardRefused, match="三家回执缺一家"):
        rooms.claim(id_, "只晚一天", director, at("04-02"))


def test_a_director_who_asked_needs_another_one(sqlite_bench: Bench) -> None:
    id_, rooms = missed(sqlite_bench), sqlite_bench.office.obligations
    director = sqlite_bench.actor(Role.DIRECTOR, "zhou")
    rooms.claim(id_, "回执送达晚", director, at("04-02"))
    with pytest.raises(GuardRefused, match="第二人"):
        rooms.correct(id_, director, at("04-02"))
    assert rooms.correct(id_, sqlite_bench.actor(Role.DIRECTOR, "wu"), at("04-02")).state is ObligationState.FULFILLED


def test_a_clue_that_became_a_case_is_decided_on_in_the_case_first(sqlite_bench: Bench) -> None:
    id_, rooms = missed(sqlite_bench), sqlite_bench.office.obligations
    director = sqlite_bench.actor(Role.DIRECTOR, "zhou")
    (clue,) = sqlite_bench.office.clues.listed()
    data = {"post": "县长", "criteria": "补报"}
    case = sqlite_bench.office.clues.adopt(clue.id, data, day("04-02"), director, at("04-02")).case.id
    rooms.claim(id_, "回执送达晚", sqlite_bench.actor(Role.HANDLER, "liu"), at("04-02"))
    with pytest.raises(GuardRefused, match="已经立案"):
        rooms.correct(id_, director, at("04-03"))
    assert one(sqlite_bench).state is ObligationState.MISSED, "nothing is half done"
    sqlite_bench.act(case, Act.DISMISS, "04-03", role=Role.DIRECTOR, reason="回执在期限内")
    assert rooms.correct(id_, director, at("04-03")).state is ObligationState.FULFILLED
