"""What a row of the table is, and how rows for several states are written as one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from states.effects.deadlines import nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from states.command import Situation
    from states.guards.condition import Guard
    from states.vocabulary import Act, Role, State


NEW: Final = "new"
"""Where a case is before its first event."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: from here, by this act of these roles, to there, if the guards hold.

    Rows of one act from one state are told apart by `when`; the first whose `when` holds is taken. The first of the
    roles is the one that acts by default.
    """

    act: Act
    source: State | None
    dest: State
    roles: tuple[Role, ...]
    guards: tuple[Guard, ...] = ()
    effect: Callable[[Situation], dict[str, Any]] = nothing
    when: Callable[[Situation], bool] | None = None


def stay(
    act: Act,
    states: Iterable[State],
    roles: tuple[Role, ...],
    guards: tuple[Guard, ...] = (),
    effect: Callable[[Situation], dict[str, Any]] = nothing,
    when: Callable[[Situation], bool] | None = None,
) -> tuple[Row, ...]:
    """Return one row for each of the states that the act leaves as it is."""
    return tuple(Row(act, state, state, roles, guards, effect, when) for state in states)


def move(
    act: Act,
    states: Iterable[State],
    dest: State,
    roles: tuple[Role, ...],
    guards: tuple[Guard, ...] = (),
    effect: Callable[[Situation], dict[str, Any]] = nothing,
    when: Callable[[Situation], bool] | None = None,
) -> tuple[Row, ...]:
    """Return one row for each of the states from which the act leads to `dest`."""
    return tuple(Row(act, state, dest, roles, guards, effect, when) for state in states)


def outcome(value: str) -> Callable[[Situation], bool]:
    """Take the row where the act says this outcome."""
    return lambda s: s.command.data.get("outcome") == value


def closed_in_the_past(s: Situation) -> bool:
    """Take the row where a late entry is taken over with the day on which its case was closed."""
    return s.command.data.get("choice") == "taken_over" and "closed_on" in s.command.data


def flag(field: str) -> Callable[[Situation], bool]:
    """Take the row where the act says yes in this field."""
    return lambda s: bool(s.command.data.get(field))
