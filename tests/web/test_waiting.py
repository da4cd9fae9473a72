"""What waits for a decision or a signature: one page for all of it, and each decided where it is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from states.command import Command
from states.vocabulary import Act, Role
from tests.support.days import at, day

if TYPE_CHECKING:
    from tests.support.offices import Bench
    from tests.support.visitors import Arrivals


def entered_late(bench: Bench) -> int:
    """Register a finding today, and the order that was served so long ago that its term is over."""
    case = bench.open("01-28")
    director = bench.actor(Role.DIRECTOR)
    order = Command(act=Act.SERVE_ORDER, actor=director, on=day("02-06"), data={"term": "15wd"}, case_id=case)
    bench.desk.do(order, at("06-01"))
    assert bench.case(case).late_entry == "pending"
    return case


def test_a_verification_is_signed_by_another_account_on_a_page_that_says_what_is_confirmed(
    bench: Bench, arrivals: Arrivals
) -> None:
    case = bench.ordered()
    bench.act(case, Act.SUBMIT_REPORT, "02-20")
    bench.act(case, Act.VERIFY_PASS, "02-24", role=Role.HANDLER, user="handler", signed=False, verifiers=["甲", "乙"])
    assert bench.case(case).unsigned is not None
    handler, inspector = arrivals.come("handler", Role.HANDLER), arrivals.come("inspector", Role.INSPECTOR)
    assert "没有等您决定的事项" in handler.read("/approvals").text
    assert "另一个账号" in handler.read(f"/cases/{case}/countersign").text
    assert f"/cases/{case}/countersign" in inspector.read("/approvals").text
    page = inspector.read(f"/cases/{case}/countersign").text
    assert "甲、乙" in page
    assert "您会签，就是确认" in page
    today = bench.office.today().isoformat()
    assert "已办理：会签" in inspector.act(case, "countersign", today).text
    assert bench.case(case).unsigned is None
    assert "没有等您决定的事项" in inspector.read("/approvals").text


def test_a_late_entry_is_tried_out_and_then_decided(bench: Bench, arrivals: Arrivals) -> None:
    case = entered_late(bench)
    director, handler = arrivals.come("director", Role.DIRECTOR), arrivals.come("handler", Role.HANDLER)
    assert "决定补录的案件怎么办" in director.read("/approvals").text
    assert "补录待核：0件" in handler.read("/late").text
    fields = {"case": str(case), f"way.{case}": "run", "term.n": "10", "term.unit": "wd"}
    tried = director.send("/late", "/late", step="preview", **fields)
    assert "1件可以办理，0件不能" in tried.text
    assert bench.case(case).late_entry == "pending"
    assert "已决定1件" in director.send("/late", "/late", step="confirm", **fields).text
    assert bench.case(case).late_entry == ""
    assert "没有等您决定的事项" in director.read("/approvals").text


def test_a_late_entry_for_which_no_way_is_chosen_stays_undecided(bench: Bench, arrivals: Arrivals) -> None:
    case = entered_late(bench)
    director = arrivals.come("director", Role.DIRECTOR)
    answer = director.send("/late", "/late", step="confirm", case=str(case), **{f"way.{case}": ""})
    assert answer.status_code == 409
    assert "已决定0件，未决定1件" in answer.text
    assert "请选择怎么办" in answer.text
    assert director.send("/late", "/late", step="confirm").status_code == 422
    assert bench.case(case).late_entry == "pending"


def test_an_extension_waits_for_who_may_grant_it(bench: Bench, arrivals: Arrivals) -> None:
    case = bench.ordered()
    bench.act(case, Act.REQUEST_EXTENSION, "02-20", user="head", reason="汛后验收", term="5wd")
    director, inspector = arrivals.come("director", Role.DIRECTOR), arrivals.come("inspector", Role.INSPECTOR)
    page = director.read("/approvals").text
    assert "申请延期5个工作日" in page
    assert f"/cases/{case}?act=approve_extension#step" in page
    assert "申请延期" in director.read("/").text
    assert "申请延期" not in inspector.read("/approvals").text


def test_a_clue_becomes_a_case_or_is_put_aside_with_a_reason(bench: Bench, arrivals: Arrivals) -> None:
    director, head = arrivals.come("director", Role.DIRECTOR), arrivals.come("head", Role.HEAD, "临溪县教育局")
    assert head.read("/clues").status_code == 403
    for text in ("执法人员无证上岗", "年度计划没有公布"):
        raised = director.send("/clues", "/clues", source="tip_off", unit="临溪县教育局", text=text)
        assert "已登记" in raised.text
    refused = director.send("/clues/1/adopt", "/clues/1", on="2026-01-28", **{"d.unit": "临溪县教育局"})
    assert refused.status_code == 422
    assert "责任领导" in refused.text
    finding = {"d.unit": "临溪县教育局", "d.post": "局长", "d.finding": "执法人员无证上岗", "d.inspection": "special"}
    opened = director.send("/clues/1/adopt", "/clues/1", on="2026-01-28", **finding, **{"d.duty": "art7-1a"})
    assert "已办理：登记" in opened.text
    assert director.send("/clues/2/dismiss", "/clues/2").status_code == 422
    assert "不予立案" in director.send("/clues/2/dismiss", "/clues/2", reason="查无此事").text
    assert [one.state for one in bench.office.clues.listed()] == ["adopted", "dismissed"]
    assert director.read("/clues/3").status_code == 404
