from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.errors import GuardRefused
from states.vocabulary import Act, Light, Phase, Role, State
from tests.support.offices import Bench, day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def decree(database_url: str, tmp_path: Path) -> Iterator[Bench]:
    with Bench(database_url, tmp_path, policy="decree-733") as found:
        yield found


@pytest.mark.parametrize("policy", ["sichuan-2017", "decree-733"])
def test_s1_is_closed_at_the_first_rung_across_spring_festival(database_url: str, tmp_path: Path, policy: str) -> None:
    with Bench(database_url, tmp_path, policy=policy) as bench:
        case = bench.open("01-28")
        assert bench.due(case, "decision") == "02-11"
        bench.pass_days("01-28", "02-06")
        bench.act(case, Act.SERVE_ORDER, "02-06", term="15wd", signed_by="联络员")
        assert bench.due(case, "plan") == "02-27"
        assert bench.due(case) == "03-05"
        bench.pass_days("02-07", "02-13")
        bench.act(case, Act.SUBMIT_PLAN, "02-13", signed_by="局长")
        assert bench.due(case, "plan") is None
        bench.pass_days("02-14", "03-04")
        assert bench.days_of(case, Act.REMINDER_DUE) == ["02-13", "03-02"]
        assert bench.case(case).light is Light.BLUE
        bench.act(case, Act.SUBMIT_REPORT, "03-04", signed_by="局长")
        assert bench.case(case).phase is Phase.VERIFYING
        assert bench.due(case, "verification") == "03-25"
        bench.pass_days("03-05", "03-11")
        bench.act(case, Act.VERIFY_PASS, "03-11", verifiers=["核查人员甲", "核查人员乙"])
        bench.pass_days("03-12", "03-13")
        bench.act(case, Act.APPROVE_CLOSURE, "03-13")
        assert bench.state(case) is State.CLOSED
        assert bench.due(case, "look_back") == "06-10"
        bench.pass_days("03-14", "06-08")
        bench.act(case, Act.LOOK_BACK_PASS, "06-08")
        bench.pass_days("06-09", "07-31")
        acts = {act for _day, act in bench.acts(case)}
        assert not acts & {"escalated", "escalation_proposed", "marked_yellow", "marked_red", "clue_raised"}
        assert bench.folded(case) == bench.case(case)


def _s2_to_the_criticism(bench: Bench) -> int:
    case = bench.open("03-11", unit="云台县综合行政执法局", inspection="special", duty="art7-4a")
    assert bench.due(case, "decision") == "03-25"
    bench.pass_days("03-11", "03-19")
    bench.act(case, Act.SERVE_ORDER, "03-19", term="30wd")
    assert bench.due(case, "plan") == "04-02"
    assert bench.due(case) == "05-06"
    bench.pass_days("03-20", "04-01")
    bench.act(case, Act.SUBMIT_PLAN, "04-01")
    bench.act(case, Act.ACCEPT_PLAN, "04-03")
    bench.pass_days("04-02", "05-06")
    assert bench.days_of(case, Act.REMINDER_DUE) == ["04-17", "04-28", "05-06"]
    return case


def test_s2_climbs_all_rungs_by_named_approvals_under_decree_733(decree: Bench) -> None:
    bench = decree
    case = _s2_to_the_criticism(bench)
    bench.pass_days("05-07", "05-14")
    assert bench.days_of(case, Act.MARKED_YELLOW) == ["05-07"]
    assert bench.days_of(case, Act.ESCALATION_PROPOSED) == ["05-07"]
    assert bench.days_of(case, Act.MARKED_RED) == ["05-12"]
    assert bench.state(case) is State.ORDERED
    with pytest.raises(GuardRefused, match="批准"):
        bench.act(case, Act.PUBLISH_CRITICISM, "05-14", role=Role.HANDLER)
    bench.act(case, Act.APPROVE_ESCALATION, "05-14", role=Role.LEADER)
    assert bench.state(case) is State.ORDERED
    bench.act(case, Act.PUBLISH_CRITICISM, "05-15", role=Role.HANDLER, document_number="临法治督〔2026〕17号")
    assert bench.state(case) is State.CRITICIZED
    assert bench.due(case, "objection") == "06-15"
    assert bench.due(case) == "06-05"
    with pytest.raises(GuardRefused, match="帮助"):
        bench.act(case, Act.HOLD_INTERVIEW, "05-20") if bench.case(case).failed_on else _fail_then_interview(
            bench, case
        )
    bench.act(case, Act.RECORD_HELP, "05-21", helpers=["帮扶组甲"])
    bench.act(case, Act.RECORD_HELP, "05-28", helpers=["帮扶组甲"])
    bench.pass_days("05-15", "06-05")
    bench.act(case, Act.SUBMIT_REPORT, "06-05")
    assert bench.due(case, "verification") == "06-29"
    bench.pass_days("06-06", "06-24")
    bench.act(case, Act.VERIFY_FAIL, "06-24", reason="12宗中仅3宗完成")
    bench.pass_days("06-25", "06-29")
    assert bench.days_of(case, Act.ESCALATION_PROPOSED) == ["05-07", "06-25"]
    bench.act(case, Act.APPROVE_ESCALATION, "06-29", role=Role.LEADER)
    assert bench.due(case, "interview") == "07-13"
    with pytest.raises(GuardRefused, match="2026年7月3日"):
        bench.act(case, Act.HOLD_INTERVIEW, "07-02", role=Role.DIRECTOR, notice_on="2026-06-30")
    bench.pass_days("06-30", "07-06")
    bench.act(case, Act.HOLD_INTERVIEW, "07-06", role=Role.DIRECTOR, notice_on="2026-06-30")
    assert bench.state(case) is State.INTERVIEWED
    assert bench.due(case, "minutes") == "07-13"
    bench.act(case, Act.ISSUE_MINUTES, "07-09")
    assert bench.due(case) == "08-06"
    bench.pass_days("07-07", "08-06")
    bench.act(case, Act.VERIFY_FAIL, "08-06", reason="12宗中完成9宗")
    assert bench.due(case, "accountability_proposal") == "08-20"
    bench.pass_days("08-07", "08-17")
    bench.act(case, Act.PROPOSE_ACCOUNTABILITY, "08-17", receiver="云台县委")
    assert bench.case(case).phase is Phase.PROPOSED
    bench.act(
        case,
        Act.RECORD_ACCOUNTABILITY,
        "09-03",
        organ="云台县委",
        document_number="问责〔2026〕1号",
        forms=["诫勉"],
        confirmed_by="承办人",
    )
    assert bench.state(case) is State.HELD
    assert bench.due(case, "appeal") == "10-08"
    assert bench.due(case) == "10-21"
    bench.act(case, Act.FILE_APPEAL, "09-28")
    assert bench.case(case).overlays == ("under_appeal",)
    assert bench.due(case, "appeal_decision") == "10-28"
    bench.act(case, Act.SUBMIT_REPORT, "10-20")
    bench.act(case, Act.DECIDE_APPEAL, "10-23", outcome="uphold")
    bench.act(case, Act.VERIFY_PASS, "10-27")
    bench.pass_days("10-21", "11-06")
    bench.act(case, Act.APPROVE_CLOSURE, "11-06")
    look_back = bench.case(case).deadline("look_back")
    assert look_back is not None
    assert look_back.provisional
    counted = {
        act: len(bench.days_of(case, act))
        for act in (Act.REMINDER_DUE, Act.MARKED_YELLOW, Act.MARKED_RED, Act.RECORD_HELP, Act.FILE_APPEAL)
    }
    assert list(counted.values()) == [3, 1, 1, 2, 1]
    assert bench.folded(case) == bench.case(case)
    assert bench.office.proofs.verify().ok


def _fail_then_interview(bench: Bench, case: int) -> None:
    """Try to hold the interview as the leader, when its term is over but nobody has helped."""
    bench.act(case, Act.VERIFY_FAIL, "05-18")
    bench.act(case, Act.HOLD_INTERVIEW, "05-20", role=Role.LEADER)


def test_s2_has_the_same_dates_under_the_default_policy(bench: Bench) -> None:
    case = _s2_to_the_criticism(bench)
    bench.pass_days("05-07", "05-14")
    assert bench.days_of(case, Act.MARKED_YELLOW) == ["05-07"]
    assert bench.days_of(case, Act.MARKED_RED) == ["05-12"]
    assert bench.days_of(case, Act.ESCALATED) == ["05-12"]
    assert bench.state(case) is State.CRITICIZED
    assert bench.case(case).phase is Phase.TO_BE_PUBLISHED
    bench.act(case, Act.PUBLISH_CRITICISM, "05-15", role=Role.LEADER)
    assert bench.due(case) == "06-02"  # the second term counts from the entry; the time to object from the service
    assert bench.due(case, "objection") == "06-15"


def test_s3_is_suspended_extended_and_exempted(decree: Bench) -> None:
    bench = decree
    case = bench.open("06-09", unit="青禾县人民政府", inspection="special", duty="art6-2a")
    assert bench.due(case, "decision") == "06-24"
    with pytest.raises(GuardRefused, match="authorization_note"):
        bench.act(case, Act.SERVE_ORDER, "06-16", term="30wd")
    bench.act(case, Act.SERVE_ORDER, "06-16", term="30wd", authorization_note="经市委同意")
    assert (bench.due(case, "plan"), bench.due(case)) == ("07-01", "07-29")
    bench.pass_days("06-17", "07-13")
    bench.act(case, Act.SUSPEND, "07-13", reason="防汛一级响应")
    assert dict(bench.case(case).paused)["rectification"] == "13wd"
    before = len(bench.history(case))
    bench.pass_days("07-13", "08-03")
    assert len(bench.history(case)) == before
    bench.act(case, Act.RESUME, "08-03")
    assert bench.due(case) == "08-20"
    bench.pass_days("08-04", "08-12")
    bench.act(case, Act.REQUEST_EXTENSION, "08-12", reason="征求意见期未满", term="15wd")
    assert bench.due(case, "extension_answer") == "08-17"
    bench.act(case, Act.APPROVE_EXTENSION, "08-14")
    assert bench.due(case) == "09-10"
    bench.pass_days("08-13", "08-25")
    bench.act(case, Act.REQUEST_TOLERANCE, "08-25", reason="三个区分开来")
    assert (bench.due(case, "tolerance_acceptance"), bench.due(case, "tolerance_decision")) == ("09-01", "09-21")
    bench.act(case, Act.ACCEPT_TOLERANCE, "08-31")
    with pytest.raises(GuardRefused, match="不免整改"):
        bench.act(case, Act.DECIDE_TOLERANCE, "09-08", outcome="granted")
    bench.act(case, Act.SUBMIT_REPORT, "09-09")
    assert bench.due(case, "verification") == "09-30"
    bench.act(case, Act.VERIFY_PASS, "09-15")
    with pytest.raises(GuardRefused, match="书面意见"):
        bench.act(case, Act.DECIDE_TOLERANCE, "09-18", outcome="granted")
    views = ["市委组织部〔2026〕8号", "市纪委监委〔2026〕5号"]
    bench.act(case, Act.DECIDE_TOLERANCE, "09-18", outcome="granted", views=views)
    assert bench.state(case) is State.EXEMPTED
    assert not bench.days_of(case, Act.MARKED_YELLOW)
    assert bench.folded(case) == bench.case(case)


def test_an_extension_asked_for_too_late_is_refused_with_the_last_day(bench: Bench) -> None:
    case = bench.ordered("02-06")
    with pytest.raises(GuardRefused, match="最迟为2026年3月2日"):
        bench.act(case, Act.REQUEST_EXTENSION, "03-03", reason="x")
    bench.act(case, Act.REQUEST_EXTENSION, "03-02", reason="x")
    assert day("03-02") == bench.case(case).last_on
