"""What stands over a case after an act, by the deadlines that then run: its light, a proposal, a blocked escalation.

`decide` asks once, and the answer stands in the event's `becomes`. So a light burns only where a deadline that is not
stopped or held has been marked, and what loses its ground is taken back by the very act that took the ground away.

Source: docs/domain.md §4.7 (what lost its ground; marks while suspended, asked for longer, under review).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.case import changed
from states.command import NO_FACTS, Command, Situation
from states.guards.ladder import HELPED, INTERVIEW_DONE, MINUTES_DONE, PUBLISHED
from states.timers import MARKS, prefix, timers
from states.vocabulary import Act, Light

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from states.case import Case, Deadline, Event
    from states.command import Facts, Rules
    from states.guards.condition import Guard

_ORDER: Final = (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED)
_MARKS: Final[Mapping[Act, Light]] = {Act.MARKED_YELLOW: Light.YELLOW, Act.MARKED_RED: Light.RED}
MOVES_DAYS: Final = frozenset(
    {
        Act.SUSPEND,
        Act.RESUME,
        Act.APPROVE_EXTENSION,
        Act.DECIDE_REVIEW,
        Act.DEADLINE_REDATED,
        Act.DECIDE_LATE_ENTRY,
    }
)
"""The acts by which a term that was over may run again, or stop."""
_LIFTED_BY: Final[Mapping[str, Guard]] = {
    guard.code: guard for guard in (PUBLISHED, HELPED, INTERVIEW_DONE, MINUTES_DONE)
}
CLOCK_GAP: Final = "clock_gap"


def highest(lights: Iterable[Light]) -> Light:
    """Return the most urgent of these lights; green for none."""
    return max(lights, key=_ORDER.index, default=Light.GREEN)


def light_of(case: Case, line: Deadline, rules: Rules) -> Light:
    """Return the light of one deadline: what it has been marked with, unless something stops or holds it."""
    if line.party == "right" or (line.party == "unit" and marks_are_held(case, rules)):
        return Light.GREEN
    start = f"{prefix(case, line)}.{line.key}."
    steps = {key.removeprefix(start) for key in case.fired if key.startswith(start)}
    if "red" in steps:
        return Light.RED
    if "yellow" in steps:
        return Light.YELLOW
    rung = rules.policy.rungs.get(case.state)
    reminders = rung.reminders if rung is not None and line.kind == "rectification" else ()
    return highest(reminder.light for reminder in reminders if reminder.light and f"T-{reminder.days_before}" in steps)


def marks_are_held(case: Case, rules: Rules) -> bool:
    """Say whether nothing that the unit owes is marked now: suspended, asked for longer in time, or under review."""
    under_review = case.review == "pending" and not rules.policy.practice.marks_during_review
    return case.suspended_on is not None or bool(case.extension) or under_review or case.late_entry == "pending"


def deciding_deadline(case: Case, rules: Rules) -> Deadline | None:
    """Return the deadline that decides the light of the case: the most urgent, of equals the nearest."""
    running = [line for line in case.running if line.party != "right"]
    return min(
        running, key=lambda line: (-_ORDER.index(light_of(case, line, rules)), line.due_on, line.kind), default=None
    )


def settled(before: Case, after: Case, event: Event, rules: Rules, facts: Facts) -> dict[str, Any]:
    """Return what the event must say beside its own data: `becomes`, and `stops` for what lost its ground with it."""
    becomes: dict[str, Any] = {}
    if after.cycle != before.cycle:
        becomes = _marked_before(before, after)
        after = changed(after, {"fired": tuple(becomes.get("fired", after.fired))})
    light = _light(before, after, event, rules)
    if light is not after.light:
        becomes["light"] = light.value
    stops: list[str] = []
    if after.is_open and after.cycle == before.cycle:
        if before.proposal and after.proposal and _lost_its_ground(after, event):
            becomes |= {"proposal": "", "approvers": [], "proposed_on": None}
            stops = ["accountability_proposal"] if after.deadline("accountability_proposal") else []
        if before.blocked and event.act not in (Act.ESCALATION_BLOCKED, Act.REJECT_ESCALATION):
            becomes |= _still_blocked(before, after, event, rules)
    becomes |= _entered_late(after, event, facts, rules)
    found: dict[str, Any] = {"becomes": {**event.data.get("becomes", {}), **becomes}} if becomes else {}
    return found | ({"stops": [*event.data.get("stops", ()), *stops]} if stops else {})


def _marked_before(before: Case, after: Case) -> dict[str, Any]:
    """Return the steps of deadlines that run on from rung to rung: what was told of them is not told again."""
    running = tuple(f"0.{line.key}." for line in after.deadlines)
    told = [key for key in before.fired if key.startswith(running)]
    return {"fired": told} if told else {}


def _light(before: Case, after: Case, event: Event, rules: Rules) -> Light:
    raised = _MARKS.get(event.act)
    if event.act is Act.REMINDER_DUE and event.data.get("light"):
        raised = Light(event.data["light"])
    unit = after.light if raised is None else highest((before.light, raised))
    lights = {party: highest(_lights_of(after, party, rules)) for party in ("unit", "office")}
    return highest((min(unit, lights["unit"], key=_ORDER.index), lights["office"]))


def _lights_of(case: Case, party: str, rules: Rules) -> list[Light]:
    return [light_of(case, line, rules) for line in case.deadlines if line.party == party]


def _lost_its_ground(case: Case, event: Event) -> bool:
    """Say whether the missed term behind a proposal or a blocked escalation runs again, or is stopped."""
    if event.act not in MOVES_DAYS:
        return False
    line = case.deadline("rectification")
    if line is None:
        return case.suspended_on is not None
    failed = case.failed_on is not None and case.failed_on >= line.due_on
    return line.due_on >= event.occurred_on and not failed and not case.report_is_in


def _still_blocked(before: Case, after: Case, event: Event, rules: Rules) -> dict[str, Any]:
    """Return what is still missing of what kept an escalation back; with nothing missing it is tried again.

    While a report is being verified, or was found good, nothing would be escalated, so nothing is kept back.
    """
    if _lost_its_ground(after, event) or after.report_is_in:
        return {"blocked": "", "blocked_on": None}
    released = {CLOCK_GAP} if event.act is Act.RELEASE_ESCALATION else set()
    missing = [
        code for code in before.blocked.split(",") if code not in released and not _holds(code, after, event, rules)
    ]
    if not missing:
        return {"blocked": "", "blocked_on": None, "retry_on": event.occurred_on.isoformat()}
    since = before.blocked_on or event.occurred_on
    return {"blocked": ",".join(missing), "blocked_on": since.isoformat()}


def _holds(code: str, case: Case, event: Event, rules: Rules) -> bool:
    guard = _LIFTED_BY.get(code)
    if guard is None:
        # The clock is released by a person; whatever else an old release has kept back is tried again.
        return code != CLOCK_GAP
    command = Command(act=event.act, actor=event.actor, on=event.occurred_on, data={})
    return guard.holds(Situation(case=case, command=command, facts=NO_FACTS, rules=rules))


def _entered_late(case: Case, event: Event, facts: Facts, rules: Rules) -> dict[str, Any]:
    """Return whether the case waits because it was entered so late that something would have been due already.

    Only deadlines that this act starts count: what was late before was not made so by its entry. Once nothing is due
    any more, such as after an order of today, nobody has to decide anything.
    """
    if facts.entered_at is None or not case.is_open or case.late_entry == "ladder":
        return {}
    today = facts.entered_at.astimezone(rules.zone).date()
    started = {line["kind"] for line in event.data.get("starts", ())}
    if case.late_entry == "pending":
        kinds = {line.kind for line in case.deadlines}
        return {} if _would_be_due(case, kinds, facts.entered_at, rules) else {"late_entry": ""}
    if event.occurred_on < today and started and _would_be_due(case, started, facts.entered_at, rules):
        return {"late_entry": "pending"}
    return {}


def _would_be_due(case: Case, kinds: set[str], at: datetime, rules: Rules) -> bool:
    return any(
        timer.kind in MARKS and timer.due_at <= at and timer.key.split(".")[1] in kinds
        for timer in timers(case, rules, entered_late=False)
    )
