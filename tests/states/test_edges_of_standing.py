"""What an act leaves standing: a second signature, what a rung of time forgets, holds, and what was entered late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from states.case import Actor, Unsigned, changed, deadline_data
from states.command import Command, Facts
from states.decision import decide
from states.errors import GuardRefused
from states.evolve import evolve
from states.guards.entries import same_account
from states.lifecycle import default_role
from states.standing import MOVES_DAYS, deciding_deadline, light_of, marks_are_held
from states.timers import prefix
from states.vocabulary import OUTCOMES, Act, Light, Phase, Role, State
from tests.support.days import at, day
from tests.support.lives import CALENDAR, NOW, after, criticized, done, found, interviewed, missed, ordered, rules

if TYPE_CHECKING:
    from states.case import Case

RULES = rules()
DECREE = rules("decree-733")


def _entered(case: Case | None, act: Act, on: str, entered: str, hour: int = 10, **data: Any) -> Case:
    """Return the case after an act of that day that a person entered on a later one."""
    actor = Actor(user="甲", role=default_role(act, case.state if case else None))
    command = Command(act=act, actor=actor, on=day(on), data=data, case_id=1)
    facts = Facts(entered_at=at(entered, hour))
    return evolve(case, decide(case, command, facts, RULES, NOW))


# --- the second signature ----------------------------------------------------------------------------------------


def test_an_act_that_waits_for_its_second_signature_is_remembered_and_what_it_says_of_the_case_holds_at_once() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "02-26", RULES)
    event = done(reported, Act.VERIFY_PASS, "02-27", RULES, user="刘", verifiers=["甲", "乙"], note="属实")
    assert event.data["to_be_countersigned"]
    becomes = {"late_entry": "pending", "blocked_on": "2026-02-27"}
    starts = [reported.deadlines[0].kind]
    event = event._replace(data={**event.data, "becomes": becomes, "stops": starts})
    case = evolve(reported, event)
    assert (case.version, case.last_on) == (event.case_seq, day("02-27"))
    assert (case.late_entry, case.blocked_on) == ("pending", day("02-27"))
    assert case.deadline(starts[0]) is None
    assert (case.phase, case.verified_on) == (reported.phase, None)
    assert case.unsigned is not None
    assert (case.unsigned.user, case.unsigned.role, case.unsigned.seq) == ("刘", event.actor.role, event.case_seq)
    assert case.unsigned.taken_on == day("02-27")
    assert set(case.unsigned.data) == {"verifiers", "note"}
    second = Command(
        act=Act.COUNTERSIGN, actor=Actor(user="王", role=event.actor.role), on=day("03-02"), data={}, case_id=1
    )
    signed = evolve(case, decide(case, second, Facts(), RULES, NOW))
    assert (signed.unsigned, signed.verified_on, signed.last_on) == (None, day("02-27"), day("03-02"))


@pytest.mark.parametrize("outcome", sorted(OUTCOMES), ids=str)
def test_an_outcome_ends_what_waited_for_a_signature_or_for_a_decision_on_its_late_entry(outcome: State) -> None:
    unsigned = Unsigned(
        seq=2, act=Act.VERIFY_PASS, user="甲", role=Role.HANDLER, unit="", taken_on=day("02-09"), data={}
    )
    waits = changed(ordered(RULES), {"unsigned": unsigned, "late_entry": "pending", "paused": (("plan", 3),)})
    event = done(ordered(RULES), Act.ACKNOWLEDGE, "02-10", RULES)._replace(to_state=outcome, act=Act.APPROVE_CLOSURE)
    over = evolve(waits, event)
    assert (over.unsigned, over.late_entry, over.paused, over.phase) == (None, "", (), Phase.DONE)


# --- a rung that time entered ------------------------------------------------------------------------------------

TALKED_BEFORE: dict[str, Any] = {
    "notices": 2,
    "notice_on": day("03-20"),
    "absences": 2,
    "refused_interview": True,
    "interviewed_on": day("03-30"),
    "minutes_on": day("03-31"),
}


def _helped(**burden: Any) -> Case:
    helped = after(criticized(RULES), Act.RECORD_HELP, "03-16", RULES, helpers=["帮扶组甲"])
    return changed(helped, burden)


def test_an_interview_that_time_demands_is_served_held_and_minuted_anew() -> None:
    case = after(_helped(**TALKED_BEFORE), Act.ESCALATED, "04-13", RULES, **missed("interviewed"))
    assert (case.state, case.notices, case.notice_on) == (State.INTERVIEWED, 0, None)
    assert (case.absences, case.refused_interview) == (0, False)
    assert (case.interviewed_on, case.minutes_on) == (None, None)
    assert (case.criticized_on, case.helps, case.helpers) == (day("03-13"), 1, ("帮扶组甲",))


def test_a_criticism_that_time_demands_is_published_anew_and_its_help_counted_from_then_on() -> None:
    helped = changed(ordered(RULES), {"criticized_on": day("02-20"), "helps": 2, "helpers": ("组",), **TALKED_BEFORE})
    case = after(helped, Act.ESCALATED, "03-12", RULES, **missed("publicly_criticized"))
    assert (case.state, case.criticized_on, case.helps, case.helpers) == (State.CRITICIZED, None, 0, ())
    assert (case.interviewed_on, case.notices) == (day("03-30"), 2)


@pytest.mark.parametrize(
    ("false", "state", "phase"),
    [(False, State.ORDERED, Phase.TO_BE_SERVED), (True, State.CRITICIZED, Phase.TO_BE_PUBLISHED)],
)
def test_a_case_that_is_opened_again_is_served_its_notices_and_its_order_anew(
    false: bool, state: State, phase: Phase
) -> None:
    before = changed(_closed(), {**TALKED_BEFORE, "order_approved": True, "plan": "accepted"})
    data: dict[str, Any] = {"reason": "反弹", "term": "15wd"} | ({"false_rectification": True} if false else {})
    again = after(before, Act.REOPEN, "04-20", RULES, **data)
    assert (again.state, again.phase) == (state, phase)
    assert (again.notices, again.notice_on, again.absences) == (0, None, 0)
    assert (again.refused_interview, again.order_approved, again.plan) == (False, False, "")
    assert again.criticized_on is None
    assert (again.interviewed_on, again.minutes_on, again.reopened) == (None, None, before.reopened + 1)


def _closed() -> Case:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "02-26", RULES)
    passed = after(reported, Act.VERIFY_PASS, "02-27", RULES, verifiers=["甲", "乙"])
    return after(passed, Act.APPROVE_CLOSURE, "03-02", RULES)


# --- a decision that nobody is held accountable ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "verified", "phase"),
    [(False, False, Phase.RECTIFYING), (True, False, Phase.VERIFYING), (True, True, Phase.VERIFIED)],
)
def test_after_a_decision_against_accountability_the_case_goes_on_where_it_stood(
    reported: bool, verified: bool, phase: Phase
) -> None:
    case = after(interviewed(RULES), Act.SUBMIT_REPORT, "05-08", RULES) if reported else interviewed(RULES)
    if verified:
        case = after(case, Act.VERIFY_PASS, "05-11", RULES, verifiers=["甲", "乙"])
    case = after(case, Act.PROPOSE_ACCOUNTABILITY, "05-12", RULES, grave=True)
    decision: dict[str, Any] = {"organ": "县委", "document_number": "〔2026〕1号", "reason": "情节轻微"}
    case = after(case, Act.RECORD_NO_ACCOUNTABILITY, "05-25", RULES, **decision)
    assert (case.state, case.phase) == (State.INTERVIEWED, phase)


# --- proposals and what holds an escalation ----------------------------------------------------------------------


def _proposed() -> Case:
    data = missed("publicly_criticized") | {"approvers": ["leader"]}
    return after(ordered(DECREE), Act.ESCALATION_PROPOSED, "03-12", DECREE, **data)


@pytest.mark.parametrize(
    ("due_on", "reported", "stays"),
    [("03-12", False, True), ("03-13", False, False), ("03-16", False, False), ("03-16", True, True)],
)
def test_a_day_that_is_still_ahead_takes_the_ground_from_a_proposal_unless_a_report_is_in(
    due_on: str, reported: bool, stays: bool
) -> None:
    case = _proposed()
    if reported:
        case = after(case, Act.SUBMIT_REPORT, "03-12", DECREE)
    line = case.deadline("rectification")
    assert line is not None
    assert line.due_on == day("03-05")
    later = deadline_data(replace(line, due_on=day(due_on)))
    moved = after(case, Act.DEADLINE_REDATED, "03-13", DECREE, moved=[], starts=[later], renamed=[])
    assert (moved.proposal, moved.approvers) == (("publicly_criticized", ("leader",)) if stays else ("", ()))


def test_a_report_leaves_the_proposal_to_those_who_decide_it_and_to_its_day() -> None:
    proposed = _proposed()
    assert proposed.proposed_on == day("03-12")
    reported = after(proposed, Act.SUBMIT_REPORT, "03-13", DECREE)
    assert (reported.proposal, reported.approvers, reported.proposed_on) == (
        "publicly_criticized",
        ("leader",),
        day("03-12"),
    )
    old = after(changed(proposed, {"proposed_on": None}), Act.SUBMIT_REPORT, "03-13", DECREE)
    assert (old.proposal, old.proposed_on) == ("publicly_criticized", None)


def _blocked(guard: str, on: str = "03-12", case: Case | None = None) -> Case:
    data = missed("publicly_criticized") | {"guard": guard, "reason": "", "reason_en": ""}
    return after(case or ordered(RULES), Act.ESCALATION_BLOCKED, on, RULES, **data)


def test_what_the_clock_held_back_is_released_by_a_person_and_by_nothing_else() -> None:
    held = _blocked("clock_gap")
    assert (held.blocked, held.blocked_on) == ("clock_gap", day("03-12"))
    told = after(held, Act.ACKNOWLEDGE, "03-13", RULES)
    assert (told.blocked, told.blocked_on, told.retry_on) == ("clock_gap", day("03-12"), None)
    released = after(held, Act.RELEASE_ESCALATION, "03-13", RULES, reason="时钟已核对")
    assert (released.blocked, released.blocked_on, released.retry_on) == ("", None, day("03-13"))


def test_what_an_older_release_held_back_for_a_reason_unknown_today_is_tried_again() -> None:
    again = after(_blocked("help_and_more"), Act.ACKNOWLEDGE, "03-13", RULES)
    assert (again.blocked, again.retry_on) == ("", day("03-13"))


def test_of_two_things_that_are_missing_the_one_that_comes_leaves_the_other() -> None:
    case = changed(criticized(RULES), {"criticized_on": None})
    data = missed("interviewed") | {"guard": "help,clock_gap", "reason": "", "reason_en": ""}
    held = after(case, Act.ESCALATION_BLOCKED, "04-13", RULES, **data)
    helped = after(held, Act.RECORD_HELP, "04-14", RULES, helpers=["帮扶组甲"])
    assert (helped.blocked, helped.blocked_on) == ("clock_gap", day("04-13"))
    unsaid = after(changed(held, {"blocked_on": None}), Act.RECORD_HELP, "04-14", RULES, helpers=["帮扶组甲"])
    assert unsaid.blocked_on == day("04-14")
    released = after(helped, Act.RELEASE_ESCALATION, "04-15", RULES, reason="时钟已核对")
    assert (released.blocked, released.retry_on) == ("", day("04-15"))


def test_a_suspension_takes_the_ground_from_what_was_held_back() -> None:
    held = _blocked("clock_gap")
    stood = after(held, Act.SUSPEND, "03-13", RULES, reason="防汛")
    assert (stood.blocked, stood.blocked_on, stood.retry_on) == ("", None, None)
    assert {Act.SUSPEND, Act.RESUME, Act.APPROVE_EXTENSION} < MOVES_DAYS
    assert {Act.DECIDE_REVIEW, Act.DEADLINE_REDATED, Act.DECIDE_LATE_ENTRY} < MOVES_DAYS
    assert len(MOVES_DAYS) == 6


def test_the_light_of_a_case_is_decided_by_its_nearest_duty_and_by_no_right() -> None:
    case = ordered(RULES)
    nearest = deciding_deadline(case, RULES)
    assert nearest is not None
    assert (nearest.kind, nearest.due_on) == ("plan", day("02-27"))
    yellow = after(case, Act.MARKED_YELLOW, "03-06", RULES, key="2.rectification.20260305.yellow", **_line())
    marked = deciding_deadline(yellow, RULES)
    assert yellow.light is Light.YELLOW
    assert marked is not None
    rights = changed(case, {"deadlines": tuple(line for line in case.deadlines if line.party == "right")})
    assert rights.deadlines
    assert deciding_deadline(rights, RULES) is None


def _line() -> dict[str, Any]:
    return {"deadline": "rectification", "due_on": "2026-03-05"}


# --- what was entered late ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "hour", "waits"),
    [("03-05", 23, ""), ("03-06", 8, ""), ("03-06", 9, "pending"), ("03-09", 10, "pending")],
)
def test_an_order_that_was_entered_after_its_term_waits_for_a_person(entered: str, hour: int, waits: str) -> None:
    """The yellow light comes on at nine on the day after the due day."""
    case = _entered(found(RULES), Act.SERVE_ORDER, "02-06", entered, hour, term="15wd")
    assert case.deadlines
    assert case.late_entry == waits


def test_an_act_of_today_is_never_late_and_one_that_starts_nothing_makes_nothing_late() -> None:
    assert _entered(found(RULES), Act.SERVE_ORDER, "02-06", "02-06", term="15wd").late_entry == ""
    told = _entered(ordered(RULES), Act.ACKNOWLEDGE, "02-10", "04-01")
    assert told.late_entry == ""


def test_a_late_entry_waits_no_longer_once_nothing_is_due_any_more_and_never_on_the_ladder() -> None:
    late = _entered(found(RULES), Act.SERVE_ORDER, "02-06", "03-09", term="15wd")
    assert late.late_entry == "pending"
    assert _entered(late, Act.ACKNOWLEDGE, "02-10", "03-09").late_entry == "pending"
    assert _entered(late, Act.ACKNOWLEDGE, "02-10", "03-04").late_entry == ""
    on_ladder = changed(late, {"late_entry": "ladder"})
    assert _entered(on_ladder, Act.ACKNOWLEDGE, "02-10", "03-04").late_entry == "ladder"


# --- lights, approvals and who verifies --------------------------------------------------------------------------


def test_a_review_holds_the_marks_of_the_unit_unless_the_policy_lets_them_go_on() -> None:
    case = ordered(RULES)
    asked = after(case, Act.FILE_OBJECTION, "02-10", RULES, reason="不服")
    for marks, held in ((False, True), (True, False)):
        practice = replace(RULES.policy.practice, marks_during_review=marks)
        by = replace(RULES, policy=replace(RULES.policy, practice=practice))
        assert (marks_are_held(asked, by), marks_are_held(case, by)) == (held, False)


def test_a_suspension_holds_the_marks_of_the_unit_and_not_those_of_the_office() -> None:
    case = after(ordered(RULES), Act.SUBMIT_REPORT, "02-26", RULES)
    stood = changed(case, {"suspended_on": day("02-27")})
    lines = {line.party: line for line in case.deadlines if line.party != "right"}
    assert set(lines) == {"unit", "office"}
    marked = {party: f"{prefix(case, line)}.{line.key}.red" for party, line in lines.items()}
    for party, light in (("unit", Light.GREEN), ("office", Light.RED)):
        assert light_of(changed(stood, {"fired": (marked[party],)}), lines[party], RULES) is light
        assert light_of(changed(case, {"fired": (marked[party],)}), lines[party], RULES) is Light.RED


@pytest.mark.parametrize(("before", "now"), [(Light.BLUE, Light.GREEN), (Light.YELLOW, Light.YELLOW)], ids=str)
def test_an_extension_of_an_older_release_took_the_blue_light_back_and_no_other(before: Light, now: Light) -> None:
    asked = after(ordered(RULES), Act.REQUEST_EXTENSION, "02-28", RULES, reason="汛期", term="10wd")
    event = done(asked, Act.APPROVE_EXTENSION, "03-03", RULES)
    old = event._replace(data={key: value for key, value in event.data.items() if key != "becomes"})
    case = evolve(changed(asked, {"light": before}), old)
    assert (case.light, case.extension, case.extensions, case.extended_on) == (now, "", 1, day("03-03"))


def test_a_unit_is_urged_again_when_the_days_of_rest_between_have_passed_and_ever_after() -> None:
    urged = after(ordered(RULES), Act.URGE, "02-10", RULES, reason="催办")
    assert urged.urged_on == day("02-10")
    first = CALENDAR.forward(day("02-10"), RULES.policy.practice.urge_cool_down)
    for on, may in ((CALENDAR.back(first, 1), False), (first, True), (CALENDAR.forward(first, 1), True)):
        text = on.isoformat()
        if may:
            assert after(urged, Act.URGE, text, RULES, reason="催办").urged_on == on
        else:
            with pytest.raises(GuardRefused, match="催办过"):
                done(urged, Act.URGE, text, RULES, reason="催办")


def test_who_helped_verifies_neither_as_named_nor_as_whoever_enters_it() -> None:
    helped = after(criticized(RULES), Act.RECORD_HELP, "03-16", RULES, helpers=["帮扶组甲"])
    reported = after(helped, Act.SUBMIT_REPORT, "03-20", RULES)
    for user, verifiers in (("刘", ["帮扶组甲", "乙"]), ("帮扶组甲", ["甲", "乙"])):
        with pytest.raises(GuardRefused, match="帮扶"):
            done(reported, Act.VERIFY_PASS, "03-23", RULES, user=user, verifiers=verifiers)
    assert done(reported, Act.VERIFY_PASS, "03-23", RULES, user="刘", verifiers=["甲", "乙"]).act is Act.VERIFY_PASS


@pytest.mark.parametrize(
    ("approved", "again"),
    [("", True), ("publicly_criticized", False), ("interviewed", True)],
)
def test_what_was_approved_is_not_approved_again_and_what_was_not_is(approved: str, again: bool) -> None:
    over = changed(ordered(RULES), {"approved": approved})
    if again:
        assert done(over, Act.APPROVE_CRITICISM, "03-09", RULES).act is Act.APPROVE_CRITICISM
    else:
        with pytest.raises(GuardRefused, match="已经批准"):
            done(over, Act.APPROVE_CRITICISM, "03-09", RULES)


def test_at_the_console_all_roles_are_one_person_and_elsewhere_every_name_is_one() -> None:
    assert same_account("liu", "liu")
    assert same_account("console/handler", "console/director")
    assert not same_account("console/handler", "liu")
    assert not same_account("liu", "console/handler")
    assert not same_account("liu", "wang")
