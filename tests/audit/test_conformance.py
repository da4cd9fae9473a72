"""Both sides are measured: where the unit left the policy, and where the office itself did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.conformance import of_case, summed
from audit.differences import differences
from states.case import Actor
from states.vocabulary import Act, Role
from tests.support.offices import UNIT, Bench, at
from wiring import now

if TYPE_CHECKING:
    from audit.conformance import Departure


def kinds(found: list[Departure]) -> list[tuple[str, str]]:
    return [(departure.side, departure.kind) for departure in found]


def test_a_case_that_went_by_its_policy_has_no_departure(bench: Bench) -> None:
    case = bench.ordered("02-06", criteria="列入年度工作计划")
    bench.pass_days("02-06", "02-13")
    bench.act(case, Act.SUBMIT_PLAN, "02-13")
    bench.pass_days("02-14", "03-04")
    bench.act(case, Act.SUBMIT_REPORT, "03-04")
    bench.act(case, Act.VERIFY_PASS, "03-11")
    bench.act(case, Act.APPROVE_CLOSURE, "03-13")
    assert bench.office.proofs.conformance(case, at("03-16")) == []


def test_late_decisions_of_the_office_are_told_as_plainly_as_late_reports_of_the_unit(bench: Bench) -> None:
    case = bench.ordered("02-12", found="01-28")  # to be decided by 11 February
    bench.act(case, Act.SUBMIT_PLAN, "02-13")
    bench.act(case, Act.SUBMIT_REPORT, "03-16")  # due on 11 March
    found = bench.office.proofs.conformance(case, at("04-20"))
    assert kinds(found) == [
        ("office", "late_decision"),
        ("unit", "late_rectification"),
        ("office", "late_verification"),
    ]
    assert "迟1个工作日" in found[0].what.text()
    assert "至今未完成" in found[2].what.text()
    assert summed(found) == {
        "office": {"late_decision": 1, "late_verification": 1},
        UNIT: {"late_rectification": 1},
    }


def test_reminders_that_an_outage_swallowed_are_told(bench: Bench) -> None:
    case = bench.ordered("02-06")
    bench.act(case, Act.SUBMIT_PLAN, "02-13")
    bench.sweep("03-05")
    found = [line for line in bench.office.proofs.conformance(case, at("03-05")) if line.kind == "reminder_not_sent"]
    assert len(found) == 2
    assert "10个工作日" in found[0].what.text()


def test_an_act_that_the_rules_would_refuse_is_told_with_the_reason(bench: Bench) -> None:
    case = bench.ordered("02-06")
    bench.act(case, Act.SUBMIT_PLAN, "02-13")
    history = bench.history(case)
    by_nobody = Actor(user="x", role=Role.AUDITOR)
    forged = [*history[:-1], history[-1]._replace(event=history[-1].event._replace(actor=by_nobody))]
    with bench.office.database.reading() as session:
        rules = bench.desk.unit_of_work.rulebook.rules_of(session, bench.case(case))
    found = list(of_case(forged, (), lambda _recorded: rules, at("02-14").date()))
    assert kinds(found) == [("office", "out_of_order")]
    assert "审计人员不能办理" in found[0].what.text()


def test_what_changed_between_two_moments_is_said_in_words(bench: Bench) -> None:
    case = bench.ordered("02-06")
    bench.sweep("03-13")
    before, after = bench.office.proofs.replay(case, at("02-07"), now()), bench.office.proofs.replay(case, None, now())
    told = {line.what.zh: (line.before.zh, line.after.zh) for line in differences(before.case, after.case)}
    assert told["状态"] == ("责令整改", "通报批评")
    assert list(told["整改"]) == ["2026年3月5日（周四）", "2026年4月3日（周五）"]
    may = {line.what.zh for line in differences(before.case, after.case, before.allowed, after.allowed)}
    assert may - told.keys() == {"可办理"}
    assert differences(after.case, after.case, after.allowed, after.allowed) == []
