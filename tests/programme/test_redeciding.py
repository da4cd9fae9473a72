"""A history that is decided again: by its own policies it comes out as it was lived, whatever was lived."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from programme.redeciding import decided_again
from programme.stretches import RulesOfHistory
from states.terms import Term, due
from states.vocabulary import Act
from tests.support.days import ZONE
from tests.support.drafts import longer
from tests.support.lives import rules
from tests.support.random_lives import RandomLife, lived
from tests.support.runs import FULL

if TYPE_CHECKING:
    from collections.abc import Iterator

LIVES = 10_000 if FULL else 150
BY = (rules("sichuan-2017"), rules("decree-733"))
POLICIES = {by.policy.hash: by.policy for by in BY}


def rules_of(life: RandomLife) -> RulesOfHistory:
    calendars = {calendar.hash: calendar for _since, calendar in life.calendars}
    return RulesOfHistory(POLICIES.__getitem__, calendars.__getitem__, life.calendars, ZONE)


def drawn(number: int) -> Iterator[tuple[int, RandomLife, datetime]]:
    """Yield so many lives: every other one under each of the policies, and some that change from one to the other."""
    for seed in range(number):
        life, until = lived(seed, BY[seed % 2], other=BY[1 - seed % 2].policy)
        yield seed, life, until


@pytest.mark.timeout(0 if FULL else 600)
def test_decided_again_by_its_own_policies_every_life_comes_out_as_it_was_lived() -> None:
    """Not one event, day, datum or number differs: late entries, outages, held escalations and corrections included."""
    acts: set[Act] = set()
    for seed, life, until in drawn(LIVES):
        again = decided_again(life.events, rules_of(life), until)
        assert [step.event for step in again.steps] == life.events, seed
        assert again.refused == (), seed
        acts |= {event.act for event in life.events}
    lived_through = {
        Act.SUSPEND,
        Act.RESUME,
        Act.APPROVE_EXTENSION,
        Act.DECIDE_LATE_ENTRY,
        Act.CORRECT_EVENT,
        Act.DEADLINE_REDATED,
        Act.COUNTERSIGN,
        Act.TRANSFER,
        Act.ESCALATED,
        Act.ESCALATION_BLOCKED,
        Act.PUBLISH_CRITICISM,
    }
    assert lived_through <= acts


def test_with_every_term_longer_each_due_day_is_what_the_calculator_gives() -> None:
    drafts = {name: longer(5, name) for name in ("sichuan-2017", "decree-733")}
    counted = 0
    for seed, life, until in drawn(min(LIVES, 40)):
        rules_ = rules_of(life)
        policy = BY[seed % 2].policy
        again = decided_again(life.events, rules_, until, drafts[policy.name])
        for step in again.steps:
            calendar = rules_.calendar_of(step.event.calendar_hash)
            if step.event.act in (Act.DEADLINE_REDATED, Act.APPROVE_EXTENSION):
                continue  # these keep days that were given before
            for line in step.event.data.get("starts", ()):
                start = datetime.fromisoformat(line["started_on"]).date()
                reckoned = due(start, Term.parse(line["term"]), calendar).due_on.isoformat()
                term = step.case.deadline("rectification")
                cut = line["kind"] == "plan" and term is not None and line["due_on"] == term.due_on.isoformat()
                assert line["due_on"] == reckoned or cut, (seed, line)
                counted += 1
    assert counted > 100


def test_an_act_that_the_draft_refuses_is_left_out_with_its_sentence() -> None:
    by = BY[0]
    life = RandomLife(Random(1), by)
    opened = life.open(datetime(2026, 3, 2, tzinfo=ZONE).date())
    life.enter(Act.SERVE_ORDER, opened + timedelta(days=1), days_late=0)
    at = opened
    for _ in range(60):
        at += timedelta(days=1)
        life.sweep(at.replace(hour=9))
    assert life.events[-1].act is not Act.REGISTER_FINDING
    life.enter(Act.PUBLISH_CRITICISM, at, days_late=0)
    assert life.events[-1].act is Act.PUBLISH_CRITICISM
    later = decided_again(life.events, rules_of(life), at, longer(60))
    assert [refused.act for refused in later.refused] == [Act.PUBLISH_CRITICISM]
    assert later.refused[0].reason.text("zh-CN")
    assert Act.ESCALATED not in {step.event.act for step in later.steps}
