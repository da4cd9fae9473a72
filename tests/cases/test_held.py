"""Escalations that an implausible clock holds: released, or refused by a named person with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.errors import BadData, GuardRefused, NotPermitted
from states.vocabulary import Act, Light, Role, State
from tests.support.days import at

if TYPE_CHECKING:
    from tests.support.offices import Bench


def held(bench: Bench) -> int:
    """Let a term end on 5 March, and be looked at on 20 March by a clock that jumped."""
    case = bench.ordered("02-06")
    bench.sweeps.sweep(at("03-20", 11), at("03-20", 11), clock_gap="2026-02-13 → 2026-03-20")
    assert bench.case(case).blocked == "clock_gap"
    return case


def test_a_refused_escalation_stays_refused_and_the_case_on_its_rung_with_its_light(bench: Bench) -> None:
    case = held(bench)
    with pytest.raises(BadData):
        bench.act(case, Act.REJECT_ESCALATION, "03-23", role=Role.DIRECTOR)
    with pytest.raises(NotPermitted):
        bench.act(case, Act.REJECT_ESCALATION, "03-23", role=Role.HANDLER, reason="停机期间已整改")
    bench.act(case, Act.REJECT_ESCALATION, "03-23", role=Role.DIRECTOR, reason="停机期间已整改")
    refused = bench.history(case)[-1].event
    assert (refused.act, refused.data["reason"]) == (Act.REJECT_ESCALATION, "停机期间已整改")
    assert refused.data["held_since"] == "2026-03-20"
    now = bench.case(case)
    assert (now.state, now.light, now.blocked) == (State.ORDERED, Light.RED, "")
    assert "clock_gap" not in now.attention
    bench.pass_days("03-23", "04-03")
    assert bench.state(case) is State.ORDERED, "the same missed term does not raise it again"
    with pytest.raises(GuardRefused, match="没有等待决定的升级建议"):
        bench.act(case, Act.REJECT_ESCALATION, "04-03", role=Role.DIRECTOR, reason="再次")
    assert bench.folded(case) == bench.case(case)
    assert bench.office.proofs.verify().ok


def test_a_released_one_goes_on_by_the_rules_as_before(sqlite_bench: Bench) -> None:
    case = held(sqlite_bench)
    sqlite_bench.act(case, Act.RELEASE_ESCALATION, "03-23", role=Role.DIRECTOR)
    sqlite_bench.pass_days("03-23", "03-26")
    assert sqlite_bench.state(case) is State.CRITICIZED


def test_after_a_refusal_a_failed_verification_brings_the_next_rung_again(sqlite_bench: Bench) -> None:
    case = held(sqlite_bench)
    sqlite_bench.act(case, Act.REJECT_ESCALATION, "03-23", role=Role.LEADER, reason="停机期间已整改")
    sqlite_bench.act(case, Act.SUBMIT_REPORT, "03-24")
    sqlite_bench.act(case, Act.VERIFY_FAIL, "03-25", verifiers=["甲", "乙"], reason="没有整改")
    sqlite_bench.pass_days("03-26", "04-03")
    assert sqlite_bench.state(case) is State.CRITICIZED, "what is inadequate is another ground than the missed day"


def test_an_escalation_that_waits_for_help_is_no_matter_of_the_clock(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered("02-06")
    sqlite_bench.pass_days("03-05", "04-20")
    assert sqlite_bench.case(case).blocked == "publication,help"
    with pytest.raises(GuardRefused, match="没有等待决定的升级建议"):
        sqlite_bench.act(case, Act.REJECT_ESCALATION, "04-20", role=Role.DIRECTOR, reason="x")
