"""What time asks of a case when one of its timers fires, and the event that comes of it: pure.

The sweep fires timers through here, and so does whoever works out what time would have done (`programme.whatif`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from states.command import Command
from states.decision import decide, refusals
from states.guards.condition import GuardFailed
from states.policy import Mode
from states.vocabulary import Act

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from states.case import Actor, Case, Event
    from states.command import Facts, Rules
    from states.policy import Policy
    from states.timers import Timer


def fired(  # the case and its due timers, who fires them, when, and by what
    case: Case, ready: Sequence[Timer], system: Actor, as_of: datetime, facts: Facts, rules: Rules, now: datetime
) -> Event:
    """Return the event of the first of the timers that are due at `as_of`, in their order; it is recorded at `now`.

    Where guards keep an escalation back, the event is the record of that, a task for the office and never a silent
    skip.
    """
    timer, later = ready[0], ready[1:]
    command = _command_of(case, timer, later, system, as_of, rules)
    try:
        return decide(case, command, facts, rules, now)
    except GuardFailed:
        return decide(case, _blocked(command, refusals(case, command, facts, rules)), facts, rules, now)


def _command_of(  # as for `fired`
    case: Case, timer: Timer, later: Sequence[Timer], system: Actor, as_of: datetime, rules: Rules
) -> Command:
    """Return what time asks of the case when this timer fires; `later` are the case's other timers that are due."""
    kind = timer.key.split(".")[1]
    line = case.deadline(kind)
    data: dict[str, Any] = {"key": timer.key, "deadline": kind, "due_on": line.due_on.isoformat() if line else ""}
    if line is not None and line.party == "office":
        data["party"] = line.party
    late = int((as_of - timer.due_at).total_seconds())
    if late:
        data["late_seconds"] = late
    if _is_overtaken(timer, later):
        data["skipped"] = True
    on = as_of.astimezone(rules.zone).date()
    return Command(act=_act_of(timer, case, rules.policy, data), actor=system, on=on, data=data, case_id=case.id)


def _act_of(  # noqa: PLR0911  # one line a kind of timer
    timer: Timer, case: Case, policy: Policy, data: dict[str, Any]
) -> Act:
    """Return the act of time that this timer stands for, and add what it must say to `data`."""
    match timer.kind:
        case "reminder":
            before = int(timer.key.rpartition("T-")[2])
            data["days_before"] = before
            rung = policy.rungs.get(case.state) if data["deadline"] == "rectification" else None
            reminders = rung.reminders if rung is not None else ()
            light = next((r.light for r in reminders if r.days_before == before), None)
            if light is not None:
                data["light"] = light.value
            return Act.REMINDER_DUE
        case "yellow":
            return Act.MARKED_YELLOW
        case "red":
            return Act.MARKED_RED
        case "missed":
            rule = policy.rungs[case.state].on_missed
            if rule is None:
                raise AssertionError(f"{timer.key} follows a rung that nothing follows")
            data["move"] = rule.move.value
            if rule.mode is Mode.PROPOSE:
                data["approvers"] = [role.value for role in rule.approvers]
                return Act.ESCALATION_PROPOSED
            return Act.ESCALATED
        case "again":
            data["times"] = int(timer.key.rpartition(".R")[2])
            return Act.OFFICE_OVERDUE
        case _:
            return Act.OFFICE_OVERDUE


def _is_overtaken(timer: Timer, later: Sequence[Timer]) -> bool:
    """Say whether a step of the same deadline that is due as well says more: then this one is recorded, and not sent.

    What another deadline of the case asks for on that day overtakes nothing: the unit hears of its last day although
    the office is reminded of its own circular in the same sweep.
    """
    kinds = {other.kind for other in later if other.key.split(".")[1] == timer.key.split(".")[1]}
    if timer.kind == "reminder":
        return bool(kinds)
    return timer.kind == "yellow" and "red" in kinds


def _blocked(command: Command, refused: Sequence[GuardFailed]) -> Command:
    """Return the record that guards have kept an escalation back: a task for the office, never a silent skip."""
    data: Mapping[str, Any] = {
        **command.data,
        "guard": ",".join(refusal.code for refusal in refused),
        "reason": "".join(refusal.sentence.text("zh-CN") for refusal in refused),
        "reason_en": " ".join(refusal.sentence.text("en") for refusal in refused),
    }
    return replace(command, act=Act.ESCALATION_BLOCKED, data=data)
