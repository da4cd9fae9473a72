"""Small lives: tables of a few rows that stand beside the table of cases, each executed by `transitions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from transitions import Machine, MachineError

from states.errors import NoSuchAct, NotPermitted, Sentence
from states.vocabulary import Role, name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from enum import StrEnum

_NEW: Final = "new"
_NO_ROW: Final = Sentence("{thing}处于“{state}”，不能“{act}”。", "A {thing} that is “{state}” does not allow: {act}.")
_NOT_YOURS: Final = Sentence("“{act}”须由{roles}办理。", "“{act}” is for {roles}.")
_NOT_THERE: Final = Sentence("尚未登记", "not there yet")


@dataclass(frozen=True, slots=True)
class Move:
    """One line of a small table: from here (None: from nothing), by this act of these roles, to there."""

    act: StrEnum
    source: StrEnum | None
    dest: StrEnum
    roles: tuple[Role, ...]


class _SmallCursor:
    """What the machine moves: a state, and the role that acts."""

    __slots__ = ("role", "state")

    def __init__(self, state: str, role: Role) -> None:
        self.state = state
        self.role = role


class SmallLife:
    """A small table as a machine that every call shares; it holds no state of its own."""

    def __init__(
        self,
        thing: Sentence,
        table: Sequence[Move],
        states: Mapping[Any, tuple[str, str]],
        acts: Mapping[Any, tuple[str, str]],
    ) -> None:
        """Build the machine of this table; `thing` is what people call what lives by it."""
        self.thing, self.table, self._states, self._acts = thing, tuple(table), states, acts
        self._machine = Machine(
            model=None,
            states=[_NEW, *(state.value for state in states)],
            transitions=[
                {
                    "trigger": row.act.value,
                    "source": row.source.value if row.source else _NEW,
                    "dest": row.dest.value,
                    "conditions": [self._permitted(row)],
                }
                for row in table
            ],
            initial=_NEW,
            auto_transitions=False,
            send_event=True,
        )

    def moved(self, state: StrEnum | None, act: StrEnum, role: Role) -> str:
        """Return the name of the state after the act; None is what does not exist yet.

        Raises:
            NoSuchAct: the table has no row for this state and act.
            NotPermitted: the row is not open to this role.
        """
        cursor = _SmallCursor(state.value if state else _NEW, role)
        try:
            self._machine.events[act.value].trigger(cursor)
        except (MachineError, KeyError) as error:
            label = Sentence(*self._states[state]) if state else _NOT_THERE
            raise NoSuchAct(_NO_ROW.fill(thing=self.thing, state=label, act=Sentence(*self._acts[act]))) from error
        return cursor.state

    def may(self, state: StrEnum | None, act: StrEnum, role: Role) -> bool:
        """Say whether the table has a row for this state, act and role."""
        return any(row.act is act and row.source is state and role in row.roles for row in self.table)

    def _permitted(self, row: Move) -> Any:  # noqa: ANN401  # a callback of the machine
        def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
            if event.model.role not in row.roles:
                roles = Sentence("、".join(name(r).zh for r in row.roles), " or ".join(name(r).en for r in row.roles))
                raise NotPermitted(_NOT_YOURS.fill(act=Sentence(*self._acts[row.act]), roles=roles))
            return True

        return condition
