"""S1 to S3 with their papers: every act that issues something has its document, in the order of the lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from states.official_document import Status
from states.vocabulary import Act, Role, State
from tests.support import document_histories as histories
from tests.support.offices import Bench, at, day

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.official_documents import KeptDocument


@pytest.fixture
def issued(bench: Bench) -> Callable[..., KeptDocument]:
    """Return what drafts, signs and issues a document on one day, in the roles that do it."""
    documents = bench.office.documents

    def issue(case: int, kind: str, on: str, role: Role | None = None, signed: str = "", **typed: Any) -> KeptDocument:
        made = documents.draft(case, kind, typed, bench.actor(Role.HANDLER), day(signed or on), at(signed or on))
        assert made.missing == (), (kind, made.missing)
        id_ = made.kept.id
        documents.sign(id_, bench.actor(documents.signer_of(id_)), day(signed or on), at(signed or on))
        return documents.issue(id_, bench.actor(role or documents.issuer_of(id_)), day(on), at(on))

    return issue


def test_s1_has_its_papers(bench: Bench, issued: Callable[..., KeptDocument]) -> None:
    case = bench.open("01-28", criteria="列入年度计划并印发")
    order = issued(case, "order", "02-06", signed="02-05")
    assert bench.due(case) == "03-05"
    bench.act(case, Act.SUBMIT_PLAN, "02-13", **plan())
    bench.act(case, Act.SUBMIT_REPORT, "03-04", **report())
    issued(case, "verification", "03-11", Role.INSPECTOR, outcome="verify_pass", verified_on="2026-03-11", **passed())
    countersigned(bench, case, "03-11")
    closure = issued(case, "closure", "03-13", Role.DIRECTOR)
    assert bench.state(case) is State.CLOSED
    assert (order.number, closure.number) == ("临法治督〔2026〕1号", "临法治督〔2026〕2号")
    papers = [kept.kind for kept in bench.office.documents.listed() if kept.status is Status.ISSUED]
    assert papers == ["order", "verification", "closure"]
    assert bench.folded(case) == bench.case(case)
    assert bench.office.proofs.verify().ok


def plan() -> dict[str, Any]:
    return {
        "measures": [{"item": 1, "measure": "修订计划", "person": "分管副局长", "day": "2026-02-28"}],
        "signed_by": "局长",
    }


def report() -> dict[str, Any]:
    return {"answers": [{"item": 1, "answer": "已列入并印发"}], "signed_by": "局长", "no_evidence": "原件随后报送"}


def passed() -> dict[str, Any]:
    return {"verifiers": ["核查人员甲", "核查人员乙"], "items": [{"fact": "计划未列入", "verdict": "通过"}]}


def countersigned(bench: Bench, case: int, on: str) -> None:
    """Let a second account sign, where the rules wait for one."""
    if bench.case(case).unsigned is not None:
        bench.act(case, Act.COUNTERSIGN, on, role=Role.INSPECTOR, user="console/second")


def test_s3_has_its_letters(bench: Bench, issued: Callable[..., KeptDocument]) -> None:
    case = bench.open("06-09", unit="青禾县人民政府", inspection="special", duty="art6-2a", criteria="补充征求意见")
    consent = {"authorization_note": "经市委同意"}
    order = issued(case, "order", "06-16", term="30wd", **consent)
    assert order.template == "order_letter"
    assert bench.due(case) == "07-29"
    issued(case, "suspension", "07-13", Role.DIRECTOR, outcome="suspend", reason="防汛一级响应", remaining="13个工作日")
    issued(case, "suspension", "08-03", Role.DIRECTOR, outcome="resume", reason="防汛响应解除")
    assert bench.due(case) == "08-20"
    bench.act(case, Act.REQUEST_EXTENSION, "08-12", reason="征求意见期未满", term="15wd", signed_by="县长")
    extension = issued(case, "extension", "08-14", Role.DIRECTOR, outcome="approve_extension")
    assert bench.due(case) == "09-10"
    assert extension.content["due_on"] == "2026-09-10"
    titles = [kept.content["title"] for kept in bench.office.documents.listed()]
    assert titles == [
        "关于青禾县人民政府限期整改有关问题的函",
        "关于中止计算青禾县人民政府整改期限的函",
        "关于恢复计算青禾县人民政府整改期限的函",
        "关于青禾县人民政府申请延长整改期限的复函",
    ]
    assert bench.settings.office == histories.OFFICE


def test_s2_climbs_with_a_paper_at_every_rung(bench: Bench, issued: Callable[..., KeptDocument]) -> None:
    case = bench.open(
        "03-11", unit="云台县综合行政执法局", inspection="special", duty="art7-4a", criteria="逐宗补作法制审核"
    )
    issued(case, "order", "03-19", signed="03-18", term="30wd")
    assert bench.due(case) == "05-06"
    bench.pass_days("03-20", "05-14")
    assert bench.state(case) is State.CRITICIZED, "time has entered the rung, which owes its circular"
    circular = issued(case, "criticism", "05-15", Role.HANDLER, signed="05-14")
    assert bench.due(case) == "06-02"
    assert (circular.content["due_on"], circular.content.get("service_on")) == ("2026-06-02", None)
    issued(case, "help", "05-21", Role.HANDLER, helped_on="2026-05-21", helpers=["帮扶组甲"], what="讲解审核程序")
    bench.pass_days("05-16", "06-12")
    assert bench.state(case) is State.INTERVIEWED
    meeting = {
        "interviewee": "云台县综合行政执法局局长",
        "convenor": "市委依法治市办主任",
        "held_on": "2026-06-22",
        "held_at": "上午9时",
        "venue": "市委依法治市办会议室",
    }
    issued(case, "interview_notice", "06-15", Role.HANDLER, **meeting)
    bench.act(
        case,
        Act.HOLD_INTERVIEW,
        "06-22",
        role=Role.LEADER,
        interviewee=meeting["interviewee"],
        convenor=meeting["convenor"],
        recorders=["记录人甲", "记录人乙"],
    )
    said = {"explained": "人员不足", "requirements": ["7月8日前全部补审"], "commitment": "按期完成"}
    minutes = issued(case, "minutes", "06-26", Role.HANDLER, held_at="上午9时", **said)
    assert minutes.content["venue"] == meeting["venue"], "the minutes know the place from the notice"
    assert minutes.content["due_on"] == f"2026-{bench.due(case)}"
    bench.pass_days("06-27", "07-15")
    issued(case, "accountability_proposal", "07-16", Role.LEADER, receiver="中共云台县委")
    issued_kinds = [kept.kind for kept in bench.office.documents.listed()]
    assert issued_kinds == ["order", "criticism", "help", "interview_notice", "minutes", "accountability_proposal"]
    assert bench.folded(case) == bench.case(case)
    assert bench.office.proofs.verify().ok
