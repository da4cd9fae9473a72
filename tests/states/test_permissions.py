"""Who may do what to a case, in every state and under every overlay that matters, with the reason of each refusal.

`python -m tests.states.test_permissions` prints the text anew; read the difference before you approve it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from states.case import Actor, Case
from states.case_codec import dump, load
from states.command import NO_FACTS, Command, Rules
from states.decision import allowed, decide
from states.errors import BadData, GuardRefused, NoSuchAct, NotPermitted, Refused
from states.evolve import evolve
from states.field_values import Kind
from states.fields import FIELDS
from states.timers import timers
from states.vocabulary import PERSONS_ACTS, Act, Role, State, name
from tests.support.lives import NOW
from tests.support.offices import day
from tests.support.situations import DECREE, RULES, situations

APPROVED = Path(__file__).with_name("approved_permissions.txt")
ROLES = [role for role in Role if role is not Role.SYSTEM]
BY_NOBODY = {Act.ACKNOWLEDGE, Act.CORRECT_EVENT, Act.MARK_CONFIDENTIALITY, Act.ASSIGN, Act.REPORT_PROGRESS, Act.URGE}
"""Acts that are always there and lead nowhere: whoever may do only these cannot go on."""


def matrix() -> list[str]:
    """Return, for every situation and act, who may, and for everybody else the sentence why not."""
    lines = []
    for title, (case, on) in situations().items():
        by = DECREE if case.policy_hash == DECREE.policy.hash else RULES
        may: dict[Act, list[str]] = {act: [] for act in PERSONS_ACTS}
        why: dict[Act, dict[str, list[str]]] = {act: {} for act in PERSONS_ACTS}
        for role in ROLES:
            command = Command(act=Act.ACKNOWLEDGE, actor=Actor(user=role.value, role=role), on=day(on), data={})
            yes, no = allowed(case, command, by)
            for act in yes:
                may[act].append(role.value)
            for act, sentence in no.items():
                # Who is refused for the role alone reads the same sentence with another role in it.
                reason = sentence.text("zh-CN").replace(f"，{name(role).zh}不能办理", "，其他人员不能办理")
                why[act].setdefault(reason, []).append(role.value)
        goers = sorted({role for act in PERSONS_ACTS if act not in BY_NOBODY for role in may[act]})
        lines.append(f"# {title}")
        lines.append(f"can go on: {', '.join(goers) or '—'}")
        for act in PERSONS_ACTS:
            lines.append(f"{act}: {', '.join(may[act]) or '—'}")
            everybody = len(why[act]) == 1 and not may[act]
            for reason, roles in why[act].items():
                whom = "others" if reason.endswith("其他人员不能办理。") else ", ".join(roles)
                lines.append(f"    {'all' if everybody else whom}: {reason}")
    return lines


def test_who_may_do_what_is_as_approved_with_every_reason() -> None:
    assert "\n".join(matrix()) + "\n" == APPROVED.read_text("utf-8")


def test_somebody_named_can_go_on_in_every_open_situation() -> None:
    stuck = []
    for title, (case, on) in situations().items():
        by = DECREE if case.policy_hash == DECREE.policy.hash else RULES
        goes_on: set[Act] = set()
        for role in ROLES:
            command = Command(act=Act.ACKNOWLEDGE, actor=Actor(user=role.value, role=role), on=day(on), data={})
            goes_on |= set(allowed(case, command, by)[0]) - BY_NOBODY
        if case.is_open and not goes_on:
            stuck.append(title)
    assert stuck == []


def test_the_situations_reach_every_state() -> None:
    assert {case.state for case, _on in situations().values()} == set(State)


def test_what_is_refused_by_role_is_refused_by_the_decision_too() -> None:
    refused = 0
    for case, on in situations().values():
        for role in ROLES:
            actor = Actor(user=role.value, role=role)
            asker = Command(act=Act.ACKNOWLEDGE, actor=actor, on=day(on), data={})
            for act in allowed(case, asker, RULES)[1]:
                refused += 1
                with pytest.raises((NotPermitted, GuardRefused, NoSuchAct, BadData)) as problem:
                    decide(case, Command(act=act, actor=actor, on=day(on), data={}), NO_FACTS, RULES, NOW)
                assert problem.value.sentence.text("en")
    assert refused > 5000


LEAST = {
    Kind.TEXT: "x",
    Kind.ACCOUNT: "x",
    Kind.TEXTS: ["x"],
    Kind.FLAG: True,
    Kind.NUMBER: 1,
    Kind.DATE: "2026-02-10",
    Kind.TERM: "5wd",
    Kind.RECORDS: [],
    Kind.DUTY: "x",
}


@pytest.mark.parametrize("how_much", ["least", "all"])
def test_what_is_allowed_can_be_done_with_the_least_and_with_all_data(how_much: str) -> None:
    entered = 0
    for case, on in situations().values():
        by = DECREE if case.policy_hash == DECREE.policy.hash else RULES
        for role in ROLES:
            actor = Actor(user="甲", role=role)
            asker = Command(act=Act.ACKNOWLEDGE, actor=actor, on=day(on), data={})
            for act in allowed(case, asker, by)[0]:
                entered += _does_or_refuses(
                    case, Command(act=act, actor=actor, on=day(on), data=_data(act, how_much)), by
                )
    assert entered > 200


def _data(act: Act, how_much: str) -> dict[str, Any]:
    return {
        field.name: field.choices[0] if field.choices else LEAST[field.kind]
        for field in FIELDS[act].values()
        if field.required or how_much == "all"
    }


def _does_or_refuses(case: Case, command: Command, by: Rules) -> bool:
    try:
        event = decide(case, command, NO_FACTS, by, NOW)
    except Refused as refused:
        assert refused.sentence.text("zh-CN")
        return False
    after_it = evolve(case, event)
    assert after_it.version == case.version + 1
    assert load(dump(after_it)) == after_it
    timers(after_it, by)
    return True


if __name__ == "__main__":
    print("\n".join(matrix()))  # noqa: T201  # this is what it is for
