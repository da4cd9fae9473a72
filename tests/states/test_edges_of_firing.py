"""What a timer that fires makes of a case: the act, its data, and what was overtaken meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from states.case import Actor
from states.command import NO_FACTS, Facts
from states.evolve import evolve
from states.firing import fired
from states.timers import timers
from states.vocabulary import Act, Role, State
from tests.support.days import at
from tests.support.lives import NOW, after, criticized_by_time, found, interviewed, missed, ordered, rules

if TYPE_CHECKING:
    from datetime import datetime

    from states.case import Case, Event
    from states.command import Rules

TIME = Actor(user="system", role=Role.SYSTEM)


def fire(case: Case, as_of: datetime, by: Rules, facts: Facts = NO_FACTS) -> Event:
    """Return the event of the first timer that is due at the moment."""
    ready = [timer for timer in timers(case, by) if timer.due_at <= as_of]
    return fired(case, ready, TIME, as_of, facts, by, NOW)


def all_fired(case: Case, as_of: datetime, by: Rules) -> list[Event]:
    events: list[Event] = []
    while any(timer.due_at <= as_of for timer in timers(case, by)):
        events.append(fire(case, as_of, by))
        case = evolve(case, events[-1])
    return events


def test_a_reminder_says_how_long_before_which_day_it_comes_and_its_light() -> None:
    by = rules()
    case = ordered(by)
    due_at = timers(case, by)[0].due_at
    first = fire(case, due_at, by)
    assert (first.act, first.occurred_on, first.recorded_at) == (Act.REMINDER_DUE, due_at.date(), NOW)
    assert first.data == {
        "key": "2.rectification.20260305.T-10",
        "deadline": "rectification",
        "due_on": "2026-03-05",
        "days_before": 10,
    }
    near = next(event for event in all_fired(case, at("03-02", 9), by) if event.data["days_before"] == 3)
    assert near.data["light"] == "blue"
    assert near.data.get("skipped") is None


def test_the_light_of_a_reminder_is_its_own_in_whatever_order_a_policy_names_them() -> None:
    by = rules()
    rung = by.policy.rungs[State.ORDERED]
    turned = {**by.policy.rungs, State.ORDERED: replace(rung, reminders=rung.reminders[::-1])}
    by = replace(by, policy=replace(by.policy, rungs=turned, hash="reminders named from the last to the first"))
    told = {event.data["days_before"]: event.data.get("light") for event in all_fired(ordered(by), at("03-05", 9), by)}
    assert told == {10: None, 3: "blue", 0: None}


def test_a_second_late_is_said_and_in_time_nothing_is() -> None:
    by = rules()
    case = ordered(by)
    due_at = timers(case, by)[0].due_at
    assert "late_seconds" not in fire(case, due_at, by).data
    assert fire(case, due_at + timedelta(seconds=1), by).data["late_seconds"] == 1


def test_what_later_steps_overtook_is_recorded_as_skipped_and_the_last_is_not() -> None:
    by = rules()
    events = all_fired(ordered(by), at("03-13", 9), by)
    told = [(event.act, event.data.get("skipped", False)) for event in events]
    assert told[:5] == [
        (Act.REMINDER_DUE, True),
        (Act.REMINDER_DUE, True),
        (Act.REMINDER_DUE, True),
        (Act.MARKED_YELLOW, True),
        (Act.MARKED_RED, False),
    ]
    assert told[-1][0] is Act.ESCALATED


def test_a_yellow_light_alone_is_sent() -> None:
    by = rules()
    events = all_fired(ordered(by), at("03-06", 9), by)
    assert (events[-1].act, events[-1].data.get("skipped")) == (Act.MARKED_YELLOW, None)


def test_an_escalation_is_told_although_the_red_light_would_come_on_only_after_it() -> None:
    by = rules()
    rungs = {**by.policy.rungs, State.ORDERED: replace(by.policy.rungs[State.ORDERED], red=20)}
    late_red = replace(by, policy=replace(by.policy, rungs=rungs, hash="red after twenty working days"))
    case = ordered(late_red)
    as_of = at("04-10", 9)
    ready = [timer for timer in timers(case, late_red) if timer.due_at <= as_of]
    assert [timer.kind for timer in ready][-2:] == ["missed", "red"]
    moved = fired(case, ready[-2:], TIME, as_of, NO_FACTS, late_red, NOW)
    assert (moved.act, moved.data.get("skipped")) == (Act.ESCALATED, None)


def test_a_missed_term_moves_the_case_or_is_proposed_to_those_who_may_approve() -> None:
    moved = all_fired(ordered(rules()), at("03-13", 9), rules())[-1]
    assert (moved.act, moved.data["move"], moved.to_state) == (Act.ESCALATED, "publicly_criticized", State.CRITICIZED)
    assert "approvers" not in moved.data
    by = rules("decree-733")
    proposed = next(
        event for event in all_fired(ordered(by), at("03-20", 9), by) if event.act is Act.ESCALATION_PROPOSED
    )
    rung = by.policy.rungs[State.ORDERED].on_missed
    assert rung is not None
    assert proposed.data["approvers"] == [role.value for role in rung.approvers]
    assert (proposed.data["move"], proposed.to_state) == (rung.move.value, State.ORDERED)


def test_what_guards_keep_back_is_recorded_with_every_guard_and_its_sentence() -> None:
    by = rules()
    case = criticized_by_time(by)
    blocked = next(event for event in all_fired(case, at("04-14", 9), by) if event.act is Act.ESCALATION_BLOCKED)
    assert blocked.data["guard"] == "publication,help"
    assert blocked.data["reason"].count("。") == 2
    assert blocked.data["reason_en"].count(". ") == 1
    assert blocked.data["move"] == "interviewed"
    assert blocked.to_state is State.CRITICIZED


def test_an_implausible_clock_holds_the_escalation_and_lights_go_on() -> None:
    by = rules()
    case = ordered(by)
    facts = Facts(clock_gap="2026-02-13 → 2026-03-13")
    acts = []
    for _ in range(6):
        event = fire(case, at("03-13", 9), by, facts)
        acts.append(event.act)
        case = evolve(case, event)
    assert acts[-2:] == [Act.MARKED_RED, Act.ESCALATION_BLOCKED]
    assert case.blocked == "clock_gap"


def test_the_office_is_reminded_marked_and_reminded_again_of_its_own_term() -> None:
    by = rules()
    events = all_fired(found(by), at("03-02", 9), by)
    assert [event.act for event in events][:3] == [Act.REMINDER_DUE, Act.MARKED_YELLOW, Act.MARKED_RED]
    assert {event.data["party"] for event in events} == {"office"}
    again = [event for event in events if event.act is Act.OFFICE_OVERDUE]
    assert [event.data["times"] for event in again] == list(range(1, len(again) + 1))
    unit = fire(ordered(by), at("02-24", 9), by)
    assert "party" not in unit.data


def test_a_proposal_that_nobody_decides_is_brought_up_again() -> None:
    by = rules()
    case = interviewed(by)
    for event in all_fired(case, at("05-20", 9), by):
        case = evolve(case, event)
    assert case.proposal == "held_accountable"
    later = [event for event in all_fired(case, at("07-01", 9), by) if event.data["deadline"] == "proposal"]
    assert later
    assert {(event.act, event.data["due_on"]) for event in later} == {(Act.OFFICE_OVERDUE, "")}


def test_the_last_day_is_told_although_another_deadline_of_the_case_is_due_in_the_same_sweep() -> None:
    by = rules()
    case = criticized_by_time(by)
    # The office owes the circular until 03-19; the unit's second term ends on 04-02, and its first reminder is ten
    # working days before: both are due on 03-19, and neither says more about the other's day.
    events = all_fired(case, at("03-19", 9), by)
    told = [(event.data["deadline"], event.data["days_before"], event.data.get("skipped")) for event in events]
    assert sorted(told) == [("publication", 0, None), ("rectification", 10, None)]


def test_the_right_to_object_to_the_order_ends_with_the_rung_only_once_its_days_are_over() -> None:
    by = rules()
    case = ordered(by)  # served on 02-06: an objection until 03-09
    on_its_last_day = after(case, Act.ESCALATED, "03-09", by, **missed("publicly_criticized"))
    assert on_its_last_day.deadline("objection") is not None
    the_day_after = after(case, Act.ESCALATED, "03-10", by, **missed("publicly_criticized"))
    assert the_day_after.deadline("objection") is None
