"""What comes between: a report before the circular, an act while the clock stands, an answer of an earlier day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from states.case import changed
from states.case_codec import dump, load
from states.errors import GuardRefused
from states.evolve import evolve
from states.timers import timers
from states.vocabulary import Act, Light, Phase, Role, State
from tests.support.days import day
from tests.support.lives import (
    after,
    criticized,
    criticized_by_time,
    done,
    held_accountable,
    interviewed,
    interviewed_by_time,
    ordered,
    rules,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from states.case import Case
    from states.command import Rules

RULES = rules()
DECISION: dict[str, Any] = {"document_number": "临委〔2026〕9号", "organ": "临溪市委"}


def _days(case: Case) -> dict[str, str]:
    return {line.kind: line.due_on.isoformat()[5:] for line in case.deadlines}


def _proposed() -> Case:
    return after(ordered(RULES), Act.PROPOSE_ACCOUNTABILITY, "02-10", RULES, grave=True)


# --- a report between a rung and what it owes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rung", "owes"),
    [(criticized_by_time, Phase.TO_BE_PUBLISHED), (interviewed_by_time, Phase.TO_BE_HELD)],
)
def test_a_rung_owes_its_act_still_when_a_report_has_failed(rung: Callable[[Rules], Case], owes: Phase) -> None:
    entered = rung(RULES)
    on = entered.entered_on.isoformat()[5:]
    reported = after(entered, Act.SUBMIT_REPORT, on, RULES)
    assert (entered.phase, reported.phase) == (owes, Phase.VERIFYING)
    assert after(reported, Act.VERIFY_FAIL, on, RULES).phase is owes


def test_the_minutes_are_owed_still_when_a_report_has_failed() -> None:
    minuted = interviewed(RULES)
    on = minuted.last_on.isoformat()[5:]
    failed = after(after(minuted, Act.SUBMIT_REPORT, on, RULES), Act.VERIFY_FAIL, on, RULES)
    assert failed.phase is (Phase.MINUTES if minuted.minutes_on is None else Phase.RECTIFYING)


def test_a_report_does_not_take_a_proposal_of_accountability_back() -> None:
    reported = after(_proposed(), Act.SUBMIT_REPORT, "02-12", RULES)
    with pytest.raises(GuardRefused, match="已经提出"):
        done(reported, Act.PROPOSE_ACCOUNTABILITY, "02-13", RULES, grave=True)
    inquired = after(reported, Act.RECORD_INQUIRY, "02-13", RULES, **DECISION)
    assert inquired.phase is Phase.VERIFYING
    assert after(inquired, Act.VERIFY_FAIL, "02-14", RULES).phase is Phase.INQUIRY
    cleared = after(inquired, Act.RECORD_NO_ACCOUNTABILITY, "02-14", RULES, **DECISION)
    assert (cleared.phase, cleared.accountability_phase) == (Phase.VERIFYING, "")


def test_a_report_is_verified_although_accountability_was_proposed_meanwhile() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "02-10", RULES)
    asked = after(reported, Act.PROPOSE_ACCOUNTABILITY, "02-11", RULES, grave=True)
    assert (asked.phase, asked.report_is_in) == (Phase.PROPOSED, True)
    assert not [timer for timer in timers(asked, RULES) if ".rectification." in timer.key]
    assert after(asked, Act.VERIFY_PASS, "02-12", RULES).is_verified
    failed = after(asked, Act.VERIFY_FAIL, "02-12", RULES)
    assert (failed.phase, failed.report_is_in) == (Phase.PROPOSED, False)
    assert load(dump(failed)) == failed


# --- accountability, and the report of before ---------------------------------------------------------------------


def test_what_was_found_good_before_the_decision_is_not_put_right_again() -> None:
    good = after(after(ordered(RULES), Act.SUBMIT_REPORT, "02-10", RULES), Act.VERIFY_PASS, "02-11", RULES)
    held = after(good, Act.RECORD_ACCOUNTABILITY, "02-12", RULES, **DECISION)
    assert (held.state, held.phase, "rectification" in _days(held)) == (State.HELD, Phase.VERIFIED, False)
    appealed = after(held, Act.FILE_APPEAL, "02-13", RULES)
    revoked = after(appealed, Act.DECIDE_APPEAL, "02-14", RULES, outcome="revoke")
    assert (revoked.state, revoked.phase) == (State.INTERVIEWED, Phase.VERIFIED)
    assert after(revoked, Act.APPROVE_CLOSURE, "02-14", RULES).state is State.CLOSED


def test_a_report_that_waits_for_its_verification_waits_on_after_the_decision() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "02-10", RULES)
    held = after(reported, Act.RECORD_ACCOUNTABILITY, "02-12", RULES, **DECISION)
    assert (held.phase, _days(held)["verification"]) == (Phase.VERIFYING, _days(reported)["verification"])
    failed = after(held, Act.VERIFY_FAIL, "02-13", RULES)
    assert (failed.phase, _days(failed)["rectification"]) == (Phase.RECTIFYING, _days(held)["rectification"])


def test_each_decision_has_an_appeal_of_its_own() -> None:
    held = held_accountable(RULES)
    on = held.entered_on.isoformat()[5:]
    appealed = after(held, Act.FILE_APPEAL, on, RULES)
    with pytest.raises(GuardRefused, match="已提出过申诉"):
        done(appealed, Act.FILE_APPEAL, on, RULES)
    revoked = after(appealed, Act.DECIDE_APPEAL, on, RULES, outcome="revoke")
    again = after(revoked, Act.RECORD_ACCOUNTABILITY, on, RULES, **DECISION)
    assert again.appeal == ""
    assert after(again, Act.FILE_APPEAL, on, RULES).appeal == "pending"


# --- while the case is suspended ----------------------------------------------------------------------------------


def _suspended(case: Case, on: str) -> Case:
    return after(case, Act.SUSPEND, on, RULES, reason="防汛")


def test_no_clock_of_the_unit_starts_while_the_case_is_suspended() -> None:
    stood = _suspended(ordered(RULES), "02-13")
    held = after(stood, Act.RECORD_ACCOUNTABILITY, "02-24", RULES, **DECISION)
    assert (sorted(_days(held)), held.paused) == (
        ["appeal", "objection", "suspension_review"],
        (("rectification", "30wd"),),
    )
    assert not [timer for timer in timers(held, RULES) if ".rectification." in timer.key]
    going = after(held, Act.RESUME, "03-02", RULES)
    assert _days(going)["rectification"] == "04-14"  # 30 working days after 2 March; 6 April is a holiday


def test_a_plan_that_came_during_the_suspension_is_not_owed_again() -> None:
    stood = _suspended(ordered(RULES), "02-13")
    planned = after(stood, Act.SUBMIT_PLAN, "02-24", RULES, signed_by="局长")
    assert [kind for kind, _left in planned.paused] == ["rectification"]
    returned = after(planned, Act.RETURN_PLAN, "02-25", RULES, reason="不具体")
    assert returned.paused == (("rectification", "11wd"), ("plan", "5wd"))
    assert _days(after(returned, Act.RESUME, "03-02", RULES))["plan"] == "03-09"


def test_a_decision_while_the_clock_stands_answers_the_proposal_and_keeps_its_term_whole() -> None:
    stood = _suspended(_proposed(), "02-11")
    assert (stood.accountability_phase, dict(stood.paused)["rectification"]) == (Phase.PROPOSED, "13wd")
    held = after(stood, Act.RECORD_ACCOUNTABILITY, "02-12", RULES, **DECISION)
    assert (held.state, held.accountability_phase) == (State.HELD, "")
    assert (dict(held.paused), held.deadline("rectification")) == ({"rectification": "30wd"}, None)


def test_an_extension_is_granted_only_once_the_case_is_resumed() -> None:
    asked = after(ordered(RULES), Act.REQUEST_EXTENSION, "02-12", RULES, reason="雨", term="5wd")
    stood = _suspended(asked, "02-13")
    with pytest.raises(GuardRefused, match="中止"):
        done(stood, Act.APPROVE_EXTENSION, "02-14", RULES)
    going = after(stood, Act.RESUME, "02-24", RULES)
    # 11 working days were left (28 February is worked), and 5 more.
    assert _days(going)["rectification"] == "03-10"
    assert _days(after(going, Act.APPROVE_EXTENSION, "02-25", RULES))["rectification"] == "03-17"


# --- an answer is not older than its question ---------------------------------------------------------------------


def test_nothing_is_answered_before_the_day_on_which_it_was_asked() -> None:
    order = ordered(RULES)
    reported = after(order, Act.SUBMIT_REPORT, "02-12", RULES)
    asked: list[tuple[Case, Act, dict[str, Any]]] = [
        (_suspended(order, "02-12"), Act.RESUME, {}),
        (reported, Act.VERIFY_PASS, {}),
        (reported, Act.VERIFY_FAIL, {}),
        (after(reported, Act.VERIFY_PASS, "02-12", RULES), Act.APPROVE_CLOSURE, {}),
        (after(order, Act.REQUEST_EXTENSION, "02-12", RULES, reason="雨"), Act.APPROVE_EXTENSION, {}),
        (after(order, Act.REQUEST_EXTENSION, "02-12", RULES, reason="雨"), Act.REFUSE_EXTENSION, {"reason": "雨停"}),
        (after(order, Act.FILE_OBJECTION, "02-12", RULES, reason="x"), Act.DECIDE_REVIEW, {"outcome": "uphold"}),
        (after(order, Act.REQUEST_TOLERANCE, "02-12", RULES, reason="x"), Act.ACCEPT_TOLERANCE, {}),
    ]
    for case, act, data in asked:
        with pytest.raises(GuardRefused, match="早于"):
            done(case, act, "02-11", RULES, user="另一人", **data)
        assert after(case, act, "02-12", RULES, user="另一人", **data).version > case.version


@pytest.mark.parametrize(("act", "data"), [(Act.COUNTERSIGN, {}), (Act.REFUSE_COUNTERSIGN, {"reason": "未到现场"})])
def test_a_second_signature_is_not_given_or_refused_before_the_day_of_the_first(act: Act, data: dict[str, Any]) -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "02-12", RULES)
    waits = evolve(reported, done(reported, Act.VERIFY_PASS, "02-13", RULES, user="刘", verifiers=["甲", "乙"]))
    by: dict[str, Any] = {"role": Role.HANDLER, "user": "王", **data}
    with pytest.raises(GuardRefused, match="早于"):
        done(waits, act, "02-12", RULES, **by)
    assert after(waits, act, "02-13", RULES, **by).unsigned is None


def test_an_objection_is_not_older_than_the_circular_nor_a_decision_on_tolerance_than_its_request() -> None:
    circular = criticized(RULES)
    assert (circular.entered_on, circular.criticized_on) == (day("03-12"), day("03-13"))
    asked = after(ordered(RULES), Act.REQUEST_TOLERANCE, "02-10", RULES, reason="x")
    accepted = after(asked, Act.ACCEPT_TOLERANCE, "02-12", RULES)
    decided: dict[str, Any] = {"outcome": "refused", "views": ["组", "纪"]}
    for case, act, early, on, data in (
        (circular, Act.FILE_OBJECTION, "03-12", "03-13", {"reason": "x"}),
        (accepted, Act.DECIDE_TOLERANCE, "02-09", "02-12", decided),
    ):
        with pytest.raises(GuardRefused, match="早于"):
            done(case, act, early, RULES, **data)
        assert after(case, act, on, RULES, **data).version > case.version


def test_help_before_the_circular_is_refused_once_it_is_out() -> None:
    case = criticized(RULES)
    assert case.criticized_on is not None
    early = day("02-09")
    assert early < case.criticized_on
    with pytest.raises(GuardRefused, match="早于"):
        done(case, Act.RECORD_HELP, "02-09", RULES, helpers=["甲"])


# --- what runs on from rung to rung -------------------------------------------------------------------------------


def test_what_was_told_of_a_deadline_that_runs_on_is_not_told_again_on_the_next_rung() -> None:
    asked = after(ordered(RULES), Act.REQUEST_TOLERANCE, "02-10", RULES, reason="x")
    marked = changed(asked, {"fired": ("0.tolerance_acceptance.20260224.T-0", "2.rectification.20260305.T-10")})
    assert [line.key for line in marked.deadlines if line.kind == "tolerance_acceptance"] == [
        "tolerance_acceptance.20260224"
    ]
    held = after(marked, Act.RECORD_ACCOUNTABILITY, "02-25", RULES, **DECISION)
    assert held.fired == ("0.tolerance_acceptance.20260224.T-0",)
    steps = [timer.key for timer in timers(held, RULES) if "tolerance_acceptance" in timer.key]
    assert steps[0].endswith("yellow")


def test_a_light_of_the_office_burns_on_through_a_change_of_rung() -> None:
    asked = after(ordered(RULES), Act.REQUEST_TOLERANCE, "02-10", RULES, reason="x")
    late = changed(asked, {"fired": ("0.tolerance_acceptance.20260224.yellow",), "light": Light.YELLOW})
    assert after(late, Act.RECORD_ACCOUNTABILITY, "02-26", RULES, **DECISION).light is Light.YELLOW


def test_a_report_ends_the_reminders_of_what_kept_an_escalation_back() -> None:
    entered = criticized_by_time(RULES)
    on = entered.entered_on.isoformat()[5:]
    kept_back = changed(entered, {"blocked": "publication,help", "blocked_on": entered.entered_on})
    reported = after(kept_back, Act.SUBMIT_REPORT, on, RULES)
    assert (reported.blocked, reported.blocked_on) == ("", None)
    assert not [timer for timer in timers(reported, RULES) if ".blocked." in timer.key]


# --- a listing with a limit of its own ----------------------------------------------------------------------------


def test_a_listing_with_a_limit_is_owed_by_the_office_until_the_delisting() -> None:
    shown = after(ordered(RULES), Act.LIST_CASE, "02-10", RULES, reason="久拖不决", term="10wd")
    assert (_days(shown)["listing"], shown.overlays) == ("03-02", ("listed",))
    assert "listing" not in _days(after(shown, Act.DELIST_CASE, "03-03", RULES))
    plain = after(ordered(RULES), Act.LIST_CASE, "02-10", RULES, reason="久拖不决")
    assert "listing" not in _days(plain)


def test_a_listing_until_a_day_that_has_passed_is_refused() -> None:
    with pytest.raises(GuardRefused, match="早于挂牌日") as told:
        done(ordered(RULES), Act.LIST_CASE, "02-10", RULES, reason="x", term="2026-02-09")
    assert told.value.sentence.text("en").startswith("The day until which the case is listed lies before its listing")
    assert _days(after(ordered(RULES), Act.LIST_CASE, "02-10", RULES, reason="x", term="2026-02-10"))["listing"]
