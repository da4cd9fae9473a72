"""What becomes of running deadlines when a calendar or a policy changes: pure.

A deadline whose day has passed is left alone, unless the unit gets a later day by a notice that came too late: what
was late by the old day is not late by the new one. One that
still runs is counted again from its own start; it never ends before the day on which it is counted again, so nobody is
late because of a notice that came afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from states.case import Deadline, deadline_data
from states.evolve import evolve
from states.terms import Term, due
from states.vocabulary import RUNGS, Act

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from states.case import Case, Event
    from states.policy import Policy
    from states.working_days import Calendar


class How(StrEnum):
    """What a change of policy does to a running deadline whose term the new policy gives otherwise."""

    KEEP = "keep"
    RECOMPUTE = "recompute"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline before and after. `held` says that the count ends earlier than the day that it was given."""

    old: Deadline
    new: Deadline
    held: bool = False


def redated(
    case: Case, calendar: Calendar, today: date, *, starts: Mapping[str, date] | None = None
) -> tuple[Moved, ...]:
    """Return the running deadlines that another calendar moves, or makes certain; `today` itself still runs.

    `starts` gives another first day to kinds whose own start was a day that moves, such as an extension, which is
    counted from the old due day. Counting again with the same calendar returns nothing.
    """
    found: list[Moved] = []
    for line in case.deadlines:
        start = (starts or {}).get(line.kind, line.started_on)
        if line.due_on < today:
            later = _later_after_all(line, start, calendar)
            found += [later] if later is not None else []
            continue
        again = _counted(line, start, Term.parse(line.term), calendar, today, line.basis)
        if (again.new.due_on, again.new.provisional) != (line.due_on, line.provisional):
            found.append(again)
    return _plan_within_term(case, found)


def extended_from(history: Iterable[Event], case: Case, calendar: Calendar) -> dict[str, date]:
    """Return from which day an extension counts by this calendar: the day on which the term would have ended.

    `history` are the events that have made the case. It is read only if the case was given an extension.
    """
    if not case.extensions:
        return {}
    before: Case | None = None
    for event in history:
        if event.act is Act.APPROVE_EXTENSION and before is not None:
            line, longer = before.deadline("rectification"), case.deadline("rectification")
            if line is not None and longer is not None and longer.started_on == line.due_on:
                return {"rectification": due(line.started_on, Term.parse(line.term), calendar).due_on}
        before = evolve(before, event)
    return {}


def _later_after_all(line: Deadline, start: date, calendar: Calendar) -> Moved | None:
    """Return the later day that a notice gives the unit although the old one has passed; nothing if it gives none.

    Holidays do not count, whenever they were announced: what was late by the old day is not late by the new one.

    Source: docs/domain.md §4.7 (a holiday notice that comes too late).
    """
    if line.party != "unit":
        return None
    reckoned = due(start, Term.parse(line.term), calendar, line.basis)
    if reckoned.due_on <= line.due_on:
        return None
    new = replace(
        line,
        due_on=reckoned.due_on,
        started_on=start,
        provisional=reckoned.provisional,
        calendar_hash=calendar.hash,
    )
    return Moved(line, new)


def migrated(case: Case, old: Policy, new: Policy, calendar: Calendar, today: date, how: How) -> tuple[Moved, ...]:
    """Return the running deadlines that the new policy counts otherwise.

    Only terms that the old policy gave are counted again; a term that an order names stands in that document.
    """
    if how is How.KEEP:
        return ()
    found: list[Moved] = []
    for line in case.deadlines:
        before, after = _rule(case, old, line.kind), _rule(case, new, line.kind)
        if line.due_on < today or before is None or after is None or before[0] == after[0]:
            continue
        if line.term != str(before[0]):
            continue
        start = today if how is How.RESTART else line.started_on
        found.append(_counted(line, start, after[0], calendar, today, after[1]))
    return _plan_within_term(case, found)


def _rule(case: Case, policy: Policy, kind: str) -> tuple[Term, str] | None:
    if kind == "rectification":
        return (policy.rungs[case.state].term, policy.rungs[case.state].basis) if case.state in RUNGS else None
    limit = policy.limits.get(kind)
    return (limit.term, limit.basis) if limit is not None else None


def _counted(line: Deadline, start: date, term: Term, calendar: Calendar, today: date, basis: str) -> Moved:
    reckoned = due(start, term, calendar, basis)
    on = reckoned.due_on
    held = on < today
    if held:
        # Nobody can have known the earlier day: the unit keeps the day that it was given, or today if that is nearer.
        on = min(line.due_on, calendar.roll(today))
    new = Deadline(
        kind=line.kind,
        party=line.party,
        due_on=on,
        started_on=start,
        term=str(term),
        basis=basis,
        provisional=reckoned.provisional,
        calendar_hash=calendar.hash,
        has_lights=line.has_lights,
    )
    return Moved(line, new, held)


def _plan_within_term(case: Case, found: Sequence[Moved]) -> tuple[Moved, ...]:
    """Keep the plan from being due after the term itself."""
    term = next((moved.new for moved in found if moved.new.kind == "rectification"), case.deadline("rectification"))
    if term is None:
        return tuple(found)
    return tuple(
        replace(moved, new=replace(moved.new, due_on=term.due_on))
        if moved.new.kind == "plan" and moved.new.due_on > term.due_on
        else moved
        for moved in found
    )


def redating_data(case: Case, moves: Sequence[Moved], calendar: Calendar, today: date) -> dict[str, Any]:
    """Return what the event `deadline_redated` holds: for each deadline the old day, the new day, both calendars."""
    return {
        "moved": [
            {
                "kind": moved.old.kind,
                "old_day": moved.old.due_on.isoformat(),
                "new_day": moved.new.due_on.isoformat(),
                "old_calendar": moved.old.calendar_hash,
                "new_calendar": moved.new.calendar_hash,
                "was_provisional": moved.old.provisional,
                "provisional": moved.new.provisional,
                "held": moved.held,
            }
            for moved in moves
        ],
        "starts": [deadline_data(moved.new) for moved in moves],
        "renamed": [pair for moved in moves for pair in _renamed(case, moved, calendar, today)],
    }


def _renamed(case: Case, moved: Moved, calendar: Calendar, today: date) -> list[list[str]]:
    """Return the fired timers of the old day that count as fired for the new one: those whose new day has come.

    A reminder whose new day is still ahead is sent again, because it speaks of another day.
    """
    old = f"{case.cycle}.{moved.old.kind}.{moved.old.due_on:%Y%m%d}."
    new = f"{case.cycle}.{moved.new.kind}.{moved.new.due_on:%Y%m%d}."
    pairs: list[list[str]] = []
    for key in case.fired:
        step = key.removeprefix(old)
        if step == key or old == new or not step.startswith("T-"):
            continue
        if calendar.back(moved.new.due_on, int(step.removeprefix("T-"))) <= today:
            pairs.append([key, new + step])
    return pairs
