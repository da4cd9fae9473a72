"""S6: time moves the ladder, and each rung owes its act (`sichuan-2017`). Sweeps at 09:05 of every day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from states.command import Command
from states.errors import GuardRefused
from states.vocabulary import Act, Light, Phase, Role, State
from tests.support.offices import ZONE, Bench, at, day

OFFICE = {"handler", "director", "leader"}


def live(bench: Bench, first: str, last: str) -> None:
    """Let the days pass, both inclusive, with one sweep at 09:05 of each."""
    on: date = day(first)
    while on <= day(last):
        moment = datetime.combine(on, time(9, 5), ZONE)
        bench.sweeps.sweep(moment, moment)
        on += timedelta(days=1)


def marks(bench: Bench, case: int, act: Act, kind: str) -> list[str]:
    """Return the days on which a deadline of this kind was marked."""
    return [
        item.event.occurred_on.isoformat().removeprefix("2026-")
        for item in bench.history(case)
        if item.event.act is act and item.event.data.get("deadline") == kind
    ]


@pytest.fixture
def criticized_by_time(bench: Bench) -> int:
    """Return the case on 12 May: the first term was missed, time has moved it, the circular is owed."""
    case = bench.open("03-11", unit="云台县综合行政执法局", inspection="special", duty="art7-4a")
    bench.act(case, Act.SERVE_ORDER, "03-19", term="30wd")
    live(bench, "03-20", "04-01")
    bench.act(case, Act.SUBMIT_PLAN, "04-01")
    live(bench, "04-02", "05-12")
    assert marks(bench, case, Act.MARKED_YELLOW, "rectification") == ["05-07"]
    assert marks(bench, case, Act.MARKED_RED, "rectification") == ["05-12"]
    assert bench.days_of(case, Act.ESCALATED) == ["05-12"]
    assert (bench.state(case), bench.case(case).phase) == (State.CRITICIZED, Phase.TO_BE_PUBLISHED)
    assert bench.due(case, "publication") == "05-19"
    assert bench.due(case) == "06-02"
    assert bench.case(case).criticized_on is None
    return case


def test_s6a_an_office_that_acts(bench: Bench, criticized_by_time: int) -> None:
    case = criticized_by_time
    live(bench, "05-13", "05-14")
    bench.act(case, Act.APPROVE_CRITICISM, "05-14", role=Role.LEADER)
    assert bench.due(case, "publication") == "05-19"
    live(bench, "05-15", "05-18")
    bench.act(case, Act.PUBLISH_CRITICISM, "05-18", role=Role.HANDLER)
    assert bench.case(case).phase is Phase.HELPING
    assert bench.due(case, "objection") == "06-17"
    assert bench.due(case) == "06-02"
    assert bench.due(case, "publication") is None
    live(bench, "05-19", "05-26")
    bench.act(case, Act.RECORD_HELP, "05-26", helpers=["帮扶组甲"])
    live(bench, "05-27", "06-09")
    assert marks(bench, case, Act.MARKED_YELLOW, "rectification") == ["05-07", "06-03"]
    assert marks(bench, case, Act.MARKED_RED, "rectification") == ["05-12", "06-09"]
    assert bench.days_of(case, Act.ESCALATED) == ["05-12", "06-09"]
    assert (bench.state(case), bench.case(case).phase) == (State.INTERVIEWED, Phase.TO_BE_HELD)
    assert bench.due(case, "interview") == "06-24"
    assert bench.due(case) == "07-08"
    live(bench, "06-10", "06-15")
    bench.act(case, Act.APPROVE_INTERVIEW, "06-15", role=Role.LEADER)
    bench.act(case, Act.SERVE_INTERVIEW_NOTICE, "06-15", interviewee="局长")
    with pytest.raises(GuardRefused, match="最早可于2026年6月18日"):
        bench.act(case, Act.HOLD_INTERVIEW, "06-17", role=Role.DIRECTOR)
    live(bench, "06-16", "06-22")
    bench.act(case, Act.HOLD_INTERVIEW, "06-22", role=Role.DIRECTOR)
    assert (bench.state(case), bench.case(case).phase) == (State.INTERVIEWED, Phase.MINUTES)
    assert bench.due(case, "minutes") == "06-29"
    live(bench, "06-23", "06-26")
    bench.act(case, Act.ISSUE_MINUTES, "06-26")
    assert bench.case(case).phase is Phase.RECTIFYING
    assert bench.due(case) == "07-08"
    live(bench, "06-27", "07-15")
    assert marks(bench, case, Act.MARKED_YELLOW, "rectification")[-1] == "07-09"
    assert marks(bench, case, Act.MARKED_RED, "rectification")[-1] == "07-15"
    assert bench.days_of(case, Act.ESCALATION_PROPOSED) == ["07-15"]
    with pytest.raises(GuardRefused, match="不能是空的"):
        bench.desk.do(
            Command(act=Act.SUBMIT_REPORT, actor=bench.actor(Role.HEAD), on=day("07-16"), data={}, case_id=case),
            at("07-16"),
        )
    bench.act(case, Act.SUBMIT_REPORT, "07-16", note="12宗全部完成", signed_by="局长")
    now = bench.case(case)
    assert (now.state, now.phase) == (State.INTERVIEWED, Phase.VERIFYING)
    assert now.proposal == State.HELD.value
    assert now.proposed_on == day("07-15")
    assert bench.folded(case) == now


def test_s6b_an_office_that_does_not_act(bench: Bench, criticized_by_time: int) -> None:
    case = criticized_by_time
    live(bench, "05-13", "06-09")
    assert marks(bench, case, Act.MARKED_YELLOW, "publication") == ["05-20"]
    assert marks(bench, case, Act.MARKED_RED, "publication") == ["05-26"]
    assert marks(bench, case, Act.OFFICE_OVERDUE, "publication") == ["06-02", "06-09"]
    assert marks(bench, case, Act.MARKED_YELLOW, "rectification")[-1] == "06-03"
    assert marks(bench, case, Act.MARKED_RED, "rectification")[-1] == "06-09"
    assert bench.days_of(case, Act.ESCALATION_BLOCKED) == ["06-09"]
    blocked = next(item.event for item in bench.history(case) if item.event.act is Act.ESCALATION_BLOCKED)
    assert blocked.data["guard"] == "publication,help"
    assert "通报批评还没有印发" in blocked.data["reason"]
    assert "帮助" in blocked.data["reason"]
    assert bench.state(case) is State.CRITICIZED
    live(bench, "06-10", "06-12")
    bench.act(case, Act.PUBLISH_CRITICISM, "06-12", role=Role.LEADER)
    assert bench.case(case).blocked == "help"
    live(bench, "06-13", "06-16")
    assert bench.state(case) is State.CRITICIZED
    bench.act(case, Act.RECORD_HELP, "06-16", helpers=["帮扶组甲"])
    assert bench.case(case).blocked == ""
    live(bench, "06-17", "06-17")
    assert bench.days_of(case, Act.ESCALATED) == ["05-12", "06-17"]
    assert bench.days_of(case, Act.ESCALATION_BLOCKED) == ["06-09"]
    assert bench.folded(case) == bench.case(case)


def test_s6b_never_moves_by_time_alone(bench: Bench, criticized_by_time: int) -> None:
    case = criticized_by_time
    live(bench, "05-13", "12-31")
    assert bench.state(case) is State.CRITICIZED
    assert bench.case(case).light is Light.RED
    assert bench.days_of(case, Act.ESCALATION_BLOCKED) == ["06-09"]
    weekly = marks(bench, case, Act.OFFICE_OVERDUE, "blocked")
    assert weekly[:3] == ["06-16", "06-24", "07-01"]  # 19 June is a holiday
    told = {told.notice for told in bench.told(case) if told.post in ("director", "leader")}
    assert told <= {"office_overdue", "office_overdue_again", "blocked_again"} or told


def test_s6c_entered_late_nothing_fires_until_the_director_decides(bench: Bench) -> None:
    moment = at("11-28")
    found = bench.desk.open(
        Command(
            act=Act.REGISTER_FINDING,
            actor=bench.actor(Role.INSPECTOR),
            on=day("03-11"),
            data={
                "unit": "云台县综合行政执法局",
                "post": "云台县综合行政执法局局长",
                "duty": "art7-4a",
                "inspection": "special",
                "finding": "12宗案卷未经法制审核",
            },
        ),
        moment,
    ).case
    order = {"term": "30wd"}
    served = bench.desk.do(
        Command(act=Act.SERVE_ORDER, actor=bench.actor(Role.DIRECTOR), on=day("03-19"), data=order, case_id=found.id),
        moment,
    ).case
    assert "late_entry" in served.overlays
    assert bench.due(found.id) == "05-06"
    live(bench, "11-28", "12-31")
    assert {act for _on, act in bench.acts(found.id)} == {"register_finding", "serve_order"}
    assert bench.case(found.id).light is Light.GREEN
    assert {told.notice for told in bench.told(found.id)} <= {"late_entry"}
    decision = Command(
        act=Act.DECIDE_LATE_ENTRY,
        actor=bench.actor(Role.DIRECTOR),
        on=day("11-28"),
        data={"choice": "run", "term": "15wd"},
        case_id=found.id,
    )
    bench.desk.do(decision, moment)
    assert bench.due(found.id) == "12-18"
    assert "late_entry" not in bench.case(found.id).overlays
    live(bench, "11-29", "12-28")
    assert bench.days_of(found.id, Act.MARKED_YELLOW)[-1] == "12-21"
    assert bench.state(found.id) is State.CRITICIZED
    assert bench.folded(found.id) == bench.case(found.id)


def test_between_the_entry_and_the_circular_no_head_is_told_that_he_was_criticized(
    bench: Bench, criticized_by_time: int
) -> None:
    case = criticized_by_time
    live(bench, "05-13", "06-30")
    assert "criticism" not in {told.notice for told in bench.told(case)}
