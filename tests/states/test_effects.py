"""What every act brings about, in every situation: data of the event, changed fields of the case, timers.

The whole product against approved text. `python -m tests.states.test_effects` prints it anew. Read the difference
before you approve it: it must show what a change of the rules is meant to do, and nothing else.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from states.case import Actor, Case, Deadline, Item
from states.command import NO_FACTS, Command, Facts, Rules
from states.decision import allowed, decide
from states.errors import Refused
from states.evolve import UNSIGNED, evolve
from states.field_values import Field, Kind
from states.fields import FIELDS
from states.timers import timers, why_no_timer
from states.vocabulary import PERSONS_ACTS, Act, Role, State
from tests.support.days import day
from tests.support.lives import NOW
from tests.support.situations import DECREE, RULES, edges, situations

if TYPE_CHECKING:
    from collections.abc import Iterator

APPROVED = Path(__file__).with_name("approved_effects.txt")
VALUES: dict[Kind, Any] = {
    Kind.TEXT: "x",
    Kind.TEXTS: ["甲", "乙"],
    Kind.FLAG: True,
    Kind.NUMBER: 1,
    Kind.DATE: "2026-02-10",
    Kind.TERM: "7wd",
    Kind.DUTY: "x",
    Kind.ACCOUNT: "x",
}
BY_TIME: dict[Act, dict[str, Any]] = {
    Act.REMINDER_DUE: {
        "key": "a",
        "deadline": "rectification",
        "due_on": "2026-03-05",
        "days_before": 3,
        "light": "blue",
    },
    Act.MARKED_YELLOW: {"key": "b", "deadline": "rectification", "due_on": "2026-03-05"},
    Act.MARKED_RED: {"key": "c", "deadline": "rectification", "due_on": "2026-03-05"},
    Act.CLUE_RAISED: {"key": "d", "deadline": "verification", "due_on": "2026-03-05"},
    Act.ESCALATED: {"key": "e", "deadline": "rectification", "due_on": "2026-03-05"},
    Act.ESCALATION_PROPOSED: {"key": "f", "deadline": "rectification", "due_on": "2026-03-05", "approvers": ["leader"]},
    Act.ESCALATION_BLOCKED: {"key": "g", "deadline": "rectification", "due_on": "2026-03-05", "guard": "help"},
    Act.CASE_VIEWED: {"why": "x"},
}
NEXT = {State.ORDERED: State.CRITICIZED, State.CRITICIZED: State.INTERVIEWED, State.INTERVIEWED: State.HELD}


def _rules(case: Case) -> Rules:
    return DECREE if case.policy_hash == DECREE.policy.hash else RULES


def _data(act: Act, how_much: str) -> Iterator[dict[str, Any]]:
    """Yield the data of an act: once for every choice that it can make."""

    def value(field: Field) -> Any:
        if field.parts:
            return [{part.name: value(part) for part in field.parts}]
        return field.choices[0] if field.choices else VALUES[field.kind]

    fields = [field for field in FIELDS[act].values() if field.required or how_much == "all"]
    base = {field.name: value(field) for field in fields}
    yield base
    for field in fields:
        for choice in field.choices[1:]:
            yield base | {field.name: choice}


SAME_EVERYWHERE = {
    *(Act.ACKNOWLEDGE, Act.CORRECT_EVENT, Act.MARK_CONFIDENTIALITY, Act.LIST_CASE, Act.TRANSFER, Act.MERGE_INTO),
    *(Act.REQUEST_TOLERANCE, Act.CASE_VIEWED, Act.CLUE_RAISED, Act.ASSIGN, Act.URGE, Act.REPORT_PROGRESS),
}
"""Acts that are tried once in each state: they do the same in all its situations."""


def _commands(case: Case, on: str, *, edge: bool) -> Iterator[tuple[str, Command]]:
    """Yield everything that can be done to the case on this day, with a name for it."""
    asked = Command(act=Act.ACKNOWLEDGE, actor=Actor(user="system", role=Role.SYSTEM), on=day(on), data={})
    for act, role in allowed(case, asked, _rules(case), PERSONS_ACTS)[0].items():
        if edge and act in SAME_EVERYWHERE:
            continue
        actor = Actor(user="甲", role=role)
        for how_much in ("least", "all"):
            for data in _data(act, how_much):
                chosen = next((data[key] for key in ("outcome", "confidentiality") if key in data), how_much)
                yield f"{act} by {role}, {chosen}", Command(act=act, actor=actor, on=day(on), data=data, case_id=1)
    for act, data in BY_TIME.items():
        if edge and act in SAME_EVERYWHERE:
            continue
        more = {"move": str(NEXT.get(case.state, State.CRITICIZED))} if "ESCALAT" in act.name else {}
        actor = Actor(user="system", role=Role.SYSTEM)
        yield f"{act} by time", Command(act=act, actor=actor, on=day(on), data=data | more, case_id=1)


def _short(value: Any) -> str:
    """Return a value as a person would note it down."""
    if isinstance(value, Deadline):
        days = f"{value.started_on:%m-%d}+{value.term}={value.due_on}"
        return f"{value.kind}/{value.party} {days}{' provisional' if value.provisional else ''}"
    if isinstance(value, Item):
        return "{" + ", ".join(f"{key}={_short(part)}" for key, part in asdict(value).items() if part) + "}"
    if isinstance(value, dict) and "calendar_hash" in value:
        return f"{value['kind']}:{value['due_on']}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_short(item) for item in value) + "]"
    return value.isoformat() if isinstance(value, date) else str(value) or "—"


def _lines() -> Iterator[str]:
    for act in PERSONS_ACTS:
        fields = [
            f"{field.name}{'*' if field.required else ''}:{field.kind}" for field in list(FIELDS[act].values())[3:]
        ]
        yield f"{act} takes {', '.join(fields) or 'nothing of its own'}"
    at_the_edges = edges()
    met: set[State] = set()
    for title, (case, on) in (situations() | at_the_edges).items():
        by = _rules(case)
        yield f"# {title}, on {on}: waits for {', '.join(_timers(case, by)) or why_no_timer(case, by) or 'nothing'}"
        alike: dict[str, list[str]] = {}
        for what, command in _commands(case, on, edge=case.state in met):
            alike.setdefault("\n".join(_brought_about(case, command, by)), []).append(what)
        for text, labels in alike.items():
            yield f"{' · '.join(dict.fromkeys(labels))}\n{text}"
        met.add(case.state)


def _deadlines(before: Case, after: Case) -> str:
    """Return the deadlines that an act started or moved, and the kinds that it ended."""
    new = [_short(line) for line in after.deadlines if line not in before.deadlines]
    ended = {line.kind for line in before.deadlines} - {line.kind for line in after.deadlines}
    return "; ".join([*new, *(f"no {kind}" for kind in sorted(ended))])


def _timers(case: Case, by: Rules) -> list[str]:
    return [f"{timer.key}@{timer.due_at:%m-%d %H:%M}" for timer in timers(case, by)]


def _brought_about(case: Case, command: Command, by: Rules) -> Iterator[str]:
    if command.act in BY_TIME and not case.is_open:
        return
    facts = Facts(target_number="x", target_unit=case.unit, target_is_open=True)
    try:
        event = decide(case, command, facts if command.act is Act.MERGE_INTO else NO_FACTS, by, NOW)
    except Refused as refused:
        yield f"    refused: {refused.sentence.text('zh-CN')}"
        return
    own = {key: value for key, value in event.data.items() if command.data.get(key) != value}
    if own:
        yield "    event: " + "; ".join(f"{key}={_short(value)}" for key, value in own.items())
    after = evolve(case, event)
    if event.data.get(UNSIGNED):
        yield "    once a second account has signed it:"
        second = Command(act=Act.COUNTERSIGN, actor=Actor(user="乙", role=event.actor.role), on=command.on, data={})
        try:
            after = evolve(after, decide(after, second, NO_FACTS, by, NOW))
        except Refused as refused:
            yield f"    and cannot be signed: {refused.sentence.text('zh-CN')}"
    changes = {
        key: value
        for key, value in vars(after).items()
        if value != getattr(case, key) and key not in ("version", "last_on")
    }
    for key, value in changes.items():
        yield f"    {key}: {_deadlines(case, after) if key == 'deadlines' else _short(value)}"
    yield f"    v{after.version} {after.last_on:%m-%d}; overlays {_short(after.overlays)}; next due {after.next_due_on}"
    was, now = _timers(case, by), _timers(after, by)
    if now != was:
        new = [timer for timer in now if timer not in was]
        gone = [timer.partition("@")[0] for timer in was if timer not in now]
        yield f"    timers: {', '.join([*new, *(f'no {key}' for key in gone)])} {why_no_timer(after, by)}".rstrip()


def test_every_act_brings_about_what_is_approved_in_every_situation() -> None:
    assert "\n".join(_lines()) + "\n" == APPROVED.read_text("utf-8")


if __name__ == "__main__":
    print("\n".join(_lines()))  # noqa: T201  # this is what it is for
