"""What a new rung forgets, what it keeps, and what stands over a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from states.case import changed, is_restricted_for, sealed_for
from states.case_codec import dump, load
from states.evolve import evolve, fold
from states.vocabulary import OUTCOMES, RUNGS, Act, Confidentiality, Light, Phase, Role, State
from tests.support.days import day
from tests.support.lives import FINDING, after, criticized, criticized_by_time, done, found, interviewed, ordered, rules

if TYPE_CHECKING:
    from datetime import date

    from states.case import Event

RULES = rules()
DECREE = rules("decree-733")
BURDENED: dict[str, Any] = {
    "fired": ("2.rectification.20260305.T-3",),
    "proposal": "publicly_criticized",
    "approvers": ("leader",),
    "proposed_on": day("03-10"),
    "approved": "publicly_criticized",
    "blocked": "help",
    "retry_on": day("03-10"),
    "failed_on": day("03-09"),
    "report_on": day("03-04"),
    "verified_on": day("03-04"),
    "extended_on": day("03-02"),
    "blocked_on": day("03-10"),
    "marks_from": day("03-11"),
    "light": Light.RED,
}
FRESH: dict[str, Any] = {
    "fired": (),
    "proposal": "",
    "approvers": (),
    "proposed_on": None,
    "approved": "",
    "blocked": "",
    "retry_on": None,
    "failed_on": None,
    "report_on": None,
    "verified_on": None,
    "extension": "",
    "extended_on": None,
    "blocked_on": None,
    "marks_from": None,
    "light": Light.GREEN,
}


@pytest.mark.parametrize("field", sorted(FRESH))
def test_a_new_rung_forgets_what_was_said_on_the_one_before(field: str) -> None:
    data: dict[str, Any] = {
        "key": "e",
        "deadline": "rectification",
        "due_on": "2026-03-05",
        "move": "publicly_criticized",
    }
    moved = done(ordered(RULES), Act.ESCALATED, "03-12", RULES, **data)
    after_it = evolve(changed(ordered(RULES), BURDENED | {"extension": "10wd"}), moved)
    assert (after_it.state, after_it.cycle, after_it.entered_on) == (State.CRITICIZED, 3, day("03-12"))
    assert getattr(after_it, field) == FRESH[field]


@pytest.mark.parametrize("field", sorted(FRESH))
def test_an_act_that_begins_the_same_rung_anew_forgets_as_much(field: str) -> None:
    helped = after(criticized(RULES), Act.RECORD_HELP, "03-16", RULES)
    held = after(helped, Act.HOLD_INTERVIEW, "04-03", RULES, role=Role.LEADER, notice_on="2026-03-25")
    minutes = done(held, Act.ISSUE_MINUTES, "04-10", RULES)
    assert (minutes.from_state, minutes.to_state) == (State.INTERVIEWED, State.INTERVIEWED)
    after_it = evolve(changed(held, BURDENED | {"extension": "10wd"}), minutes)
    assert (after_it.cycle, after_it.entered_on) == (held.cycle + 1, day("04-10"))
    assert getattr(after_it, field) == FRESH[field]


def test_a_verification_that_passed_took_away_what_waited_in_releases_that_said_no_more_of_it() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "02-26", RULES)
    passed = done(reported, Act.VERIFY_PASS, "02-27", RULES, verifiers=["甲", "乙"])
    old = passed._replace(data={"verifiers": passed.data["verifiers"]})
    case = evolve(changed(reported, BURDENED), old)
    assert (case.proposal, case.approvers, case.proposed_on, case.approved) == ("", (), None, "")
    assert (case.blocked, case.failed_on, case.verified_on, case.light) == ("", None, day("02-27"), Light.GREEN)


def _of_before(event: Event) -> Event:
    """Return the event as a release wrote it that did not say yet what the rules of the day made of the case."""
    return event._replace(data={key: value for key, value in event.data.items() if key not in ("becomes", "cycle")})


def test_a_circular_of_before_let_the_unit_rectify_at_once() -> None:
    entered = criticized_by_time(RULES)
    assert (entered.phase, entered.criticized_on) == (Phase.TO_BE_PUBLISHED, None)
    published = _of_before(done(entered, Act.PUBLISH_CRITICISM, "03-13", RULES, role=Role.LEADER))
    case = evolve(entered, published)
    assert (case.phase, case.criticized_on, case.took_part[-1:]) == (Phase.RECTIFYING, day("03-13"), ("leader",))


@pytest.mark.parametrize(
    ("false", "state", "phase", "criticized_on"),
    [(False, State.ORDERED, Phase.PLANNING, None), (True, State.CRITICIZED, Phase.RECTIFYING, day("04-20"))],
)
def test_a_case_that_was_opened_again_before_owed_its_plan_or_was_criticized_on_that_day(
    false: bool, state: State, phase: Phase, criticized_on: date | None
) -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "02-26", RULES)
    passed = after(reported, Act.VERIFY_PASS, "02-27", RULES, verifiers=["甲", "乙"])
    closed = changed(after(passed, Act.APPROVE_CLOSURE, "03-02", RULES), {"criticized_on": day("02-20")})
    data: dict[str, Any] = {"reason": "反弹", "term": "15wd", "false_rectification": false}
    case = evolve(closed, _of_before(done(closed, Act.REOPEN, "04-20", RULES, **data)))
    assert (case.state, case.phase, case.criticized_on) == (state, phase, criticized_on)
    assert (case.false_report, case.reopened) == (false, closed.reopened + 1)


def test_an_act_within_a_rung_forgets_nothing() -> None:
    heavy = changed(ordered(RULES), BURDENED)
    listed = evolve(heavy, done(ordered(RULES), Act.LIST_CASE, "03-10", RULES, reason="久拖"))
    assert {field: getattr(listed, field) for field in BURDENED} == BURDENED
    assert (listed.cycle, listed.entered_on, listed.last_on) == (heavy.cycle, heavy.entered_on, day("03-10"))


def test_an_outcome_ends_a_suspension_and_a_rung_does_not() -> None:
    stood = after(ordered(RULES), Act.SUSPEND, "02-13", RULES, reason="防汛")
    over = after(stood, Act.TRANSFER, "02-24", RULES, receiver="市纪委监委")
    assert (over.phase, over.suspended_on, over.paused) == (Phase.DONE, None, ())
    assert {line.party for line in over.deadlines} <= {"office"}
    assert (stood.suspended_on, [kind for kind, _left in stood.paused]) == (day("02-13"), ["plan", "rectification"])


def test_help_counts_from_the_circular_on_and_who_helped_before_it_is_not_forgotten() -> None:
    data: dict[str, Any] = {
        "key": "e",
        "deadline": "rectification",
        "due_on": "2026-03-05",
        "move": "publicly_criticized",
    }
    helped_before = changed(ordered(RULES), {"helps": 2, "helpers": ("甲",)})
    by_time = evolve(helped_before, done(ordered(RULES), Act.ESCALATED, "03-12", RULES, **data))
    assert (by_time.helps, by_time.helpers, by_time.criticized_on) == (0, (), None)
    helped = after(by_time, Act.RECORD_HELP, "03-13", RULES, helpers=["乙", "丙"])
    circular = after(helped, Act.PUBLISH_CRITICISM, "03-16", RULES, role=Role.LEADER)
    assert (circular.helps, circular.helpers, circular.criticized_on) == (0, ("乙", "丙"), day("03-16"))
    assert after(circular, Act.RECORD_HELP, "03-16", RULES, helpers=["丁"]).helps == 1


def test_a_criticism_by_a_person_begins_the_count_of_help() -> None:
    helped_before = changed(ordered(RULES), {"helps": 2, "helpers": ("甲",)})
    published = done(helped_before, Act.PUBLISH_CRITICISM, "03-06", RULES, role=Role.LEADER)
    assert (evolve(helped_before, published).helps, evolve(helped_before, published).helpers) == (0, ())


def test_helpers_are_remembered_once_each() -> None:
    once = after(criticized(RULES), Act.RECORD_HELP, "03-16", RULES, helpers=["甲", "乙"])
    twice = after(once, Act.RECORD_HELP, "03-17", RULES, helpers=["乙", "丙"])
    assert (twice.helps, twice.helpers) == (2, ("甲", "乙", "丙"))


def test_who_decided_is_remembered_once() -> None:
    case = after(ordered(RULES), Act.SUBMIT_PLAN, "02-13", RULES)
    assert ordered(RULES).took_part == ("director",)
    accepted = after(case, Act.ACCEPT_PLAN, "02-24", RULES, user="director")
    assert accepted.took_part == ("director",)
    assert after(case, Act.ACCEPT_PLAN, "02-24", RULES, user="乙").took_part == ("director", "乙")


def test_a_plan_that_is_accepted_while_a_report_is_verified_leaves_the_phase() -> None:
    case = after(after(ordered(RULES), Act.SUBMIT_PLAN, "02-13", RULES), Act.SUBMIT_REPORT, "02-24", RULES)
    assert after(case, Act.ACCEPT_PLAN, "02-25", RULES).phase is Phase.VERIFYING
    planned = after(after(ordered(RULES), Act.SUBMIT_PLAN, "02-13", RULES), Act.ACCEPT_PLAN, "02-24", RULES)
    assert planned.phase is Phase.RECTIFYING


@pytest.mark.parametrize(
    ("light", "in_time", "then"),
    [
        (Light.BLUE, True, Light.GREEN),
        (Light.BLUE, False, Light.GREEN),
        (Light.YELLOW, True, Light.GREEN),
        (Light.YELLOW, False, Light.YELLOW),
        (Light.RED, True, Light.GREEN),
        (Light.RED, False, Light.RED),
    ],
)
def test_a_report_in_time_takes_every_light_back_and_a_late_one_only_blue(
    light: Light, in_time: bool, then: Light
) -> None:
    step = {Light.BLUE: "T-3", Light.YELLOW: "yellow", Light.RED: "red"}[light]
    lit = changed(ordered(RULES), {"light": light, "fired": (f"2.rectification.20260305.{step}",)})
    assert after(lit, Act.SUBMIT_REPORT, "03-05" if in_time else "03-06", RULES).light is then


@pytest.mark.parametrize(("light", "step"), [(Light.BLUE, "T-3"), (Light.YELLOW, "yellow"), (Light.RED, "red")])
def test_an_extension_takes_back_every_light_of_the_old_day(light: Light, step: str) -> None:
    asked = after(ordered(RULES), Act.REQUEST_EXTENSION, "02-28", RULES, reason="汛期", term="10wd")
    lit = changed(asked, {"light": light, "fired": (f"2.rectification.20260305.{step}",)})
    assert after(lit, Act.APPROVE_EXTENSION, "03-03", RULES).light is Light.GREEN


@pytest.mark.parametrize(
    ("light", "reminder", "then"),
    [(Light.GREEN, "blue", Light.BLUE), (Light.GREEN, None, Light.GREEN), (Light.RED, "blue", Light.RED)],
)
def test_a_reminder_lights_only_a_green_case(light: Light, reminder: str | None, then: Light) -> None:
    data: dict[str, Any] = {"key": "2.rectification.20260305.T-3", "deadline": "rectification", "days_before": 3}
    data |= {"light": reminder} if reminder else {}
    fired = ("2.rectification.20260305.red",) if light is Light.RED else ()
    case = changed(ordered(RULES), {"light": light, "fired": fired})
    then_it = after(case, Act.REMINDER_DUE, "03-02", RULES, **data).light
    assert then_it is (Light.BLUE if then is Light.BLUE else then)


@pytest.mark.parametrize(("first", "second", "then"), [(False, True, True), (True, False, True), (False, False, False)])
def test_a_false_report_is_never_forgotten_by_a_later_failure(first: bool, second: bool, then: bool) -> None:
    case = changed(after(ordered(RULES), Act.SUBMIT_REPORT, "03-02", RULES), {"false_report": first})
    assert after(case, Act.VERIFY_FAIL, "03-04", RULES, false_report=second).false_report is then


def test_a_case_that_is_opened_again_begins_the_ladder_anew() -> None:
    reported = after(ordered(RULES), Act.SUBMIT_REPORT, "03-04", RULES)
    closed = after(after(reported, Act.VERIFY_PASS, "03-11", RULES), Act.APPROVE_CLOSURE, "03-13", RULES)
    worn = changed(closed, {"helps": 2, "helpers": ("甲",), "extensions": 1, "plan": "accepted", "false_report": True})
    worn = changed(worn, {"interviewed_on": day("03-01"), "minutes_on": day("03-02"), "criticized_on": day("03-01")})
    again = after(worn, Act.REOPEN, "06-01", RULES, reason="反弹", role=Role.DIRECTOR)
    assert (again.state, again.reopened, again.plan) == (State.ORDERED, 1, "")
    assert (again.helps, again.helpers, again.extensions, again.false_report) == (0, (), 0, False)
    assert (again.interviewed_on, again.minutes_on, again.criticized_on) == (None, None, None)
    false = after(worn, Act.REOPEN, "06-01", RULES, reason="虚假", role=Role.LEADER, false_rectification=True)
    assert (false.state, false.false_report) == (State.CRITICIZED, True)
    assert after(again, Act.MERGE_INTO, "06-02", RULES, target="8").state is State.MERGED


def test_a_look_at_a_case_changes_nothing_but_its_version() -> None:
    case = changed(ordered(RULES), BURDENED)
    for act in (Act.CASE_VIEWED, Act.PERSONAL_DATA_ERASED):
        seen = evolve(case, done(ordered(RULES), act, "03-20", RULES, erased=[]))
        assert seen == changed(case, {"version": case.version + 1})


# --- what a case is born with ------------------------------------------------------------------------------------


def test_a_finding_is_born_with_what_was_entered_and_nothing_more() -> None:
    full = FINDING | {
        "severity": "严重",
        "criteria": "补报",
        "by_reference": True,
        "term": "10wd",
        "confidentiality": "work_secret",
    }
    case = after(None, Act.REGISTER_FINDING, "01-28", RULES, **full)
    assert (case.id, case.version, case.cycle, case.origin) == (1, 1, 1, "finding")
    assert (case.state, case.phase, case.light) == (State.FOUND, Phase.DECIDING, Light.GREEN)
    assert (case.number, case.unit, case.unit_kind) == (FINDING["number"], FINDING["unit"], "department")
    assert (case.post, case.duty, case.inspection) == (FINDING["post"], "art7-1a", "regular")
    assert (case.finding, case.severity, case.criteria) == (FINDING["finding"], "严重", "补报")
    assert (case.by_reference, case.proposed_term) == (True, "10wd")
    assert case.confidentiality is Confidentiality.WORK_SECRET
    assert (case.opened_on, case.entered_on, case.last_on) == (day("01-28"),) * 3
    assert case.policy_hash == RULES.policy.hash
    assert [line.kind for line in case.deadlines] == ["decision"]


def test_a_finding_without_particulars_has_none() -> None:
    case = found(RULES)
    nothing = {
        "fired": (), "plan": "", "report_on": None, "verified_on": None, "failed_on": None, "false_report": False,
        "criticized_on": None, "interviewed_on": None, "minutes_on": None, "helps": 0, "helpers": (), "took_part": (),
        "proposal": "", "approvers": (), "proposed_on": None, "approved": "", "blocked": "", "retry_on": None,
        "suspended_on": None, "paused": (), "extension": "", "extensions": 0, "extended_on": None, "review": "",
        "review_of": "", "appeal": "", "tolerance": "", "listed": False, "partly_transferred": False,
        "accountability": "", "reopened": 0, "target": "", "acknowledged": (), "severity": "", "criteria": "",
        "by_reference": False, "proposed_term": "",
    }  # fmt: skip
    assert {field: getattr(case, field) for field in nothing} == nothing
    assert case.confidentiality is Confidentiality.INTERNAL


def test_a_ranking_interview_is_born_on_its_rung_and_owes_the_interview() -> None:
    data: dict[str, Any] = {key: FINDING[key] for key in ("unit", "unit_kind", "number", "post")}
    case = after(None, Act.START_RANKING_INTERVIEW, "01-28", RULES, ranking="排序〔2026〕1号", **data)
    assert (case.origin, case.state) == ("ranking", State.INTERVIEWED)
    assert (case.interviewed_on, case.minutes_on, case.duty, case.finding) == (None, None, "", "")
    assert [(line.kind, line.party) for line in case.deadlines] == [("interview", "office")]


# --- what stands over a case, and how it is kept -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "overlay"),
    [
        ({"suspended_on": day("03-01")}, "suspended"),
        ({"extension": "5wd"}, "extension_pending"),
        ({"review": "pending"}, "under_review"),
        ({"appeal": "pending"}, "under_appeal"),
        ({"listed": True}, "listed"),
        ({"partly_transferred": True}, "partly_transferred"),
        ({"tolerance": "requested"}, "tolerance_review"),
        ({"tolerance": "accepted"}, "tolerance_review"),
    ],
)
def test_every_overlay_stands_over_a_case_alone(change: dict[str, Any], overlay: str) -> None:
    assert ordered(RULES).overlays == ()
    assert changed(ordered(RULES), change).overlays == (overlay,)


@pytest.mark.parametrize("change", [{"review": "uphold"}, {"appeal": "amend"}, {"tolerance": "refused"}])
def test_what_was_decided_stands_over_nothing(change: dict[str, Any]) -> None:
    assert changed(ordered(RULES), change).overlays == ()


def test_rights_are_not_what_is_due_next() -> None:
    case = ordered(RULES)
    assert case.next_due_on == min(line.due_on for line in case.deadlines if line.party != "right")
    rights = changed(case, {"deadlines": tuple(line for line in case.deadlines if line.party == "right")})
    assert (len(rights.deadlines), rights.next_due_on) == (1, None)


def test_a_case_is_kept_and_read_back_as_it_is() -> None:
    for case in (found(RULES), interviewed(RULES), after(ordered(RULES), Act.SUSPEND, "02-13", RULES, reason="防汛")):
        assert load(dump(case)) == case
        marked = changed(case, {"confidentiality": Confidentiality.PUBLIC})
        assert load(dump(marked)) == marked
    assert "confidentiality" not in dump(found(RULES))
    full = changed(interviewed(RULES), BURDENED | {"acknowledged": (1, 2), "suspended_on": day("03-01")})
    assert load(dump(full)) == full
    with pytest.raises(ValueError, match="other fields"):
        load(dump(full).replace('"blocked"', '"stopped"'))


def test_no_events_make_no_case() -> None:
    assert fold([]) is None
    first = done(None, Act.REGISTER_FINDING, "01-28", RULES, **FINDING)
    assert fold([first]) == found(RULES)


@pytest.mark.parametrize("role", [None, *Role])
def test_a_case_that_was_handed_over_is_a_sealed_stub_for_all_but_leader_and_discipline(role: Role | None) -> None:
    open_case = found(RULES)
    gone = after(open_case, Act.TRANSFER, "02-02", RULES, receiver="市纪委监委")
    sees = role in (Role.LEADER, Role.DISCIPLINE)
    stub = changed(gone, {"finding": "", "duty": "", "criteria": "", "severity": "", "post": ""})
    assert sealed_for(gone, role) == (gone if sees else stub)
    assert sealed_for(open_case, role) == open_case
    # What is sealed now is sealed when its earlier days are looked at.
    assert sealed_for(open_case, role, today=gone) == (open_case if sees else sealed_for(open_case, None, today=gone))
    assert sealed_for(open_case, None, today=gone).finding == ""
    assert is_restricted_for(gone, role) is sees
    assert not is_restricted_for(open_case, role)


def test_the_ladder_and_its_outcomes_are_all_states() -> None:
    assert (State.FOUND, *RUNGS, *OUTCOMES) == tuple(State)
    assert [found(RULES).is_open, ordered(RULES).is_open] == [True, True]
    assert not any(changed(found(RULES), {"state": state}).is_open for state in OUTCOMES)


def test_evidence_of_a_new_case_stands_in_its_first_event() -> None:
    kept = ["a" * 64, "b" * 64]
    assert done(None, Act.REGISTER_FINDING, "01-28", RULES, **FINDING, evidence=kept).data["evidence"] == kept
