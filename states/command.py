"""What is asked of a case, and what it is decided by: the command, the facts around it, the rules in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, tzinfo

    from states.case import Actor, Case
    from states.policy import Policy
    from states.vocabulary import Act
    from states.working_days import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request to do one act to one case, from whatever door.

    `on` is the day on which the act took effect, in the office's zone. `seen` is the version that the person was
    looking at, if a page showed one.
    """

    act: Act
    actor: Actor
    on: date
    data: Mapping[str, Any]
    case_id: int = 0
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the desk looked up beside the case: the case to merge into, if one was named and found.

    `entered_at` is the moment at which a person enters the act, maybe long after the day on which it took effect.
    `clock_gap` says how far the clock of a sweep is from the last one, if that is implausible. `countersigner` is the
    account that signs an act as the second. `ranking` says why no ranking lets the leader interview the unit as one of
    the last (a word of `states.guards.ladder.RANKING_REASONS`), and nothing if one does or none is kept here.
    """

    target_number: str = ""
    target_unit: str = ""
    target_is_open: bool = False
    entered_at: datetime | None = None
    clock_gap: str = ""
    countersigner: str = ""
    ranking: str = ""


NO_FACTS: Final = Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """By what the case goes: its policy, the calendar as known, the office's zone."""

    policy: Policy
    calendar: Calendar
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a guard or an effect may look at."""

    case: Case
    command: Command
    facts: Facts
    rules: Rules
