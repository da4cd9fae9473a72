"""Who may do what to a case, in every state and under every overlay that matters, with the reason of each refusal.

`python -m tests.states.test_permissions` prints the text anew; read the difference before you approve it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from states.case import Actor, Case, dump, load
from states.command import NO_FACTS, Command, Rules
from states.errors import BadData, GuardRefused, NoSuchAct, NotPermitted, Refused
from states.evolve import evolve
from states.fields import FIELDS, Kind
from states.lifecycle import allowed, decide
from states.timers import timers
from states.vocabulary import PERSONS_ACTS, Act, Role, State, name
from tests.support.lives import (
    NOW,
    after,
    criticized,
    found,
    held_accountable,
    interviewed,
    ordered,
    rules,
)
from tests.support.offices import day

APPROVED = Path(__file__).with_name("approved_permissions.txt")
ROLES = [role for role in Role if role is not Role.SYSTEM]
DECREE = rules("decree-733")
RULES = rules()
MISSED: dict[str, Any] = {
    "key": "2",
    "deadline": "rectification",
    "due_on": "2026-03-05",
    "move": "publicly_criticized",
}


def situations() -> dict[str, tuple[Case, str]]:
    """Return cases in every state and under every overlay, each with the day on which it is looked at."""
    here = ordered(RULES)
    verifying = after(here, Act.SUBMIT_REPORT, "03-04", RULES)
    verified = after(verifying, Act.VERIFY_PASS, "03-11", RULES)
    suspended = after(here, Act.SUSPEND, "02-13", RULES, reason="防汛")
    asked = after(here, Act.REQUEST_EXTENSION, "02-24", RULES, reason="汛期", term="10wd")
    objected = after(here, Act.FILE_OBJECTION, "02-24", RULES, reason="事实有误")
    tolerance = after(here, Act.REQUEST_TOLERANCE, "02-24", RULES, reason="改革试点")
    proposed = after(ordered(DECREE), Act.ESCALATION_PROPOSED, "03-06", DECREE, **MISSED, approvers=["leader"])
    blocked = after(
        criticized(RULES),
        Act.ESCALATION_BLOCKED,
        "04-13",
        RULES,
        **(MISSED | {"guard": "help", "reason": "", "reason_en": ""}),
    )
    accountable = held_accountable(RULES)
    closed = after(verified, Act.APPROVE_CLOSURE, "03-13", RULES)
    planned = after(after(here, Act.SUBMIT_PLAN, "02-13", RULES), Act.ACCEPT_PLAN, "02-24", RULES)
    granted = after(planned, Act.REQUEST_TOLERANCE, "02-24", RULES, reason="改革试点")
    granted = after(granted, Act.ACCEPT_TOLERANCE, "02-25", RULES)
    return {
        "found": (found(RULES), "02-02"),
        "ordered_to_rectify": (here, "02-24"),
        "ordered_to_rectify, term over": (here, "03-06"),
        "ordered_to_rectify, plan submitted": (after(here, Act.SUBMIT_PLAN, "02-13", RULES), "02-24"),
        "ordered_to_rectify, verifying": (verifying, "03-05"),
        "ordered_to_rectify, verified": (verified, "03-12"),
        "ordered_to_rectify, suspended": (suspended, "02-24"),
        "ordered_to_rectify, extension_pending": (asked, "02-25"),
        "ordered_to_rectify, under_review": (objected, "03-06"),
        "ordered_to_rectify, tolerance requested": (tolerance, "02-25"),
        "ordered_to_rectify, tolerance accepted": (granted, "02-26"),
        "ordered_to_rectify, listed": (after(here, Act.LIST_CASE, "02-24", RULES, reason="久拖"), "02-25"),
        "ordered_to_rectify, criticism proposed": (proposed, "03-09"),
        "ordered_to_rectify, criticism approved": (after(proposed, Act.APPROVE_ESCALATION, "03-09", DECREE), "03-10"),
        "publicly_criticized": (criticized(RULES), "03-20"),
        "publicly_criticized, term over without help": (criticized(RULES), "04-07"),
        "publicly_criticized, blocked": (blocked, "04-14"),
        "interviewed": (interviewed(RULES), "04-20"),
        "held_accountable": (accountable, "06-01"),
        "held_accountable, under_appeal": (after(accountable, Act.FILE_APPEAL, "06-02", RULES), "06-03"),
        "closed": (closed, "04-01"),
        "unfounded": (after(found(RULES), Act.DISMISS, "02-02", RULES, reason="查否"), "02-03"),
        "withdrawn": (after(found(RULES), Act.WITHDRAW, "02-02", RULES, reason="重复"), "02-03"),
        "merged": (after(found(RULES), Act.MERGE_INTO, "02-02", RULES, target="8"), "02-03"),
        "exempted": (after(granted, Act.DECIDE_TOLERANCE, "02-26", RULES, outcome="granted"), "02-27"),
        "transferred": (after(found(RULES), Act.TRANSFER, "02-02", RULES, receiver="市纪委监委"), "02-03"),
    }


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
        lines.append(f"# {title}")
        for act in PERSONS_ACTS:
            lines.append(f"{act}: {', '.join(may[act]) or '—'}")
            everybody = len(why[act]) == 1 and not may[act]
            for reason, roles in why[act].items():
                whom = "others" if reason.endswith("其他人员不能办理。") else ", ".join(roles)
                lines.append(f"    {'all' if everybody else whom}: {reason}")
    return lines


def test_who_may_do_what_is_as_approved_with_every_reason() -> None:
    assert "\n".join(matrix()) + "\n" == APPROVED.read_text("utf-8")


def test_the_situations_reach_every_state() -> None:
    assert {case.state for case, _on in situations().values()} == set(State)


def test_what_is_refused_by_role_is_refused_by_the_decision_too() -> None:
    refused = 0
    for case, on in situations().values():
        for act in PERSONS_ACTS:
            for role in ROLES:
                actor = Actor(user=role.value, role=role)
                command = Command(act=Act.ACKNOWLEDGE, actor=actor, on=day(on), data={})
                _yes, no = allowed(case, command, RULES)
                if act not in no:
                    continue
                refused += 1
                try:
                    decide(case, Command(act=act, actor=actor, on=day(on), data={}), NO_FACTS, RULES, NOW)
                except Refused as problem:
                    assert problem.sentence.text("en")
                    assert isinstance(problem, (NotPermitted, GuardRefused, NoSuchAct, BadData))
                else:
                    raise AssertionError(f"{act} by {role} in {case.state} was refused, then decided")
    assert refused > 5000


LEAST = {
    Kind.TEXT: "x",
    Kind.TEXTS: ["x"],
    Kind.FLAG: True,
    Kind.NUMBER: 1,
    Kind.DATE: "2026-02-10",
    Kind.TERM: "5wd",
}


@pytest.mark.parametrize("how_much", ["least", "all"])
def test_what_is_allowed_can_be_done_with_the_least_and_with_all_data(how_much: str) -> None:
    done = 0
    for case, on in situations().values():
        by = DECREE if case.policy_hash == DECREE.policy.hash else RULES
        for role in ROLES:
            actor = Actor(user="甲", role=role)
            asker = Command(act=Act.ACKNOWLEDGE, actor=actor, on=day(on), data={})
            for act in allowed(case, asker, by)[0]:
                done += _does_or_refuses(case, Command(act=act, actor=actor, on=day(on), data=_data(act, how_much)), by)
    assert done > 200


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
