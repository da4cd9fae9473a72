"""Acts are decided here: `transitions` takes a row of the table, and `decide` returns the event that it makes.

One shared machine, no model attached, no automatic transitions, guards that raise their sentence instead of failing in
silence, and no effects in callbacks (ADR 0009).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from transitions import Machine, MachineError

from states.case import Actor, Event, changed
from states.command import NO_FACTS, Command, Facts, Rules, Situation
from states.effects.rights import awaiting_signature
from states.errors import GuardRefused, NoSuchAct, NotPermitted, Refused, Sentence
from states.evolve import evolve
from states.field_values import validated
from states.fields import FIELDS
from states.guards.condition import Guard, GuardFailed, day, refusal
from states.guards.entries import NOTHING_UNSIGNED
from states.lifecycle import TABLE, first_row, rows_of
from states.owed_acts import day_answered, with_stopped_clock
from states.rows import NEW
from states.standing import settled
from states.vocabulary import PERSONS_ACTS, SYSTEM_ACTS, Act, Role, State, name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from states.case import Case
    from states.rows import Row


class _Cursor:
    """What the machine moves: a state, and the situation that its conditions look at. It never sees a database row."""

    __slots__ = ("leaves_data_out", "row", "situation", "state")

    def __init__(self, state: str, situation: Situation, *, leaves_data_out: bool) -> None:
        self.state = state
        self.situation = situation
        self.leaves_data_out = leaves_data_out
        self.row: Row | None = None


def _chosen(row: Row) -> Callable[[Any], bool]:
    """Return the condition that picks this row among those of its act and state."""

    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        if row.when is not None and not row.when(event.model.situation):
            return False
        event.model.row = row
        return True

    return condition


def _permitted(row: Row) -> Callable[[Any], bool]:
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        role = event.model.situation.command.actor.role
        if role not in row.roles:
            raise NotPermitted(_NOT_YOURS.fill(**_names(row, role)))
        return True

    return condition


def _well_formed(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
    """Bring the data of a person's act into canonical form: behind the role, which need not hear of missing fields."""
    cursor: _Cursor = event.model
    command = cursor.situation.command
    if not cursor.leaves_data_out and command.act not in SYSTEM_ACTS:
        data = validated(command.act, FIELDS[command.act], command.data)
        cursor.situation = replace(cursor.situation, command=replace(command, data=data))
    return True


def _guarded(guard: Guard) -> Callable[[Any], bool]:
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        cursor: _Cursor = event.model
        if not (guard.asks_data and cursor.leaves_data_out):
            guard.check(cursor.situation)
        return True

    return condition


_NO_ROW: Final = Sentence("案件处于“{state}”，不能办理“{act}”。", "A case that is “{state}” does not allow “{act}”.")
_NOT_YOURS: Final = Sentence("“{act}”须由{roles}办理，{role}不能办理。", "“{act}” is for {roles}, not for {role}.")
_ONLY_TIME: Final = Sentence(
    "“{act}”由系统按时办理，不能人工录入。", "“{act}” is done by time alone and cannot be entered."
)
_TOO_EARLY: Final = Sentence(
    "日期{on}早于本阶段开始的{since}，请核对。", "The date {on} is before {since}, when this stage began; check it."
)
_BEFORE_QUESTION: Final = Sentence(
    "日期{on}早于{what}的日期{since}，请核对。", "The date {on} is before {since}, the day of {what}; check it."
)
_NEW_STATE: Final = Sentence("尚未登记", "not registered")


def _names(row: Row, role: Role) -> dict[str, Sentence]:
    return {
        "act": name(row.act),
        "role": name(role),
        "roles": Sentence("、".join(name(r).zh for r in row.roles), " or ".join(name(r).en for r in row.roles)),
    }


def machine() -> Machine:
    """Return a machine that holds exactly the rows of `TABLE`."""
    rows = [
        {
            "trigger": row.act.value,
            "source": row.source.value if row.source else NEW,
            "dest": row.dest.value,
            "conditions": [_chosen(row), _permitted(row), _well_formed, *(_guarded(guard) for guard in row.guards)],
        }
        for row in TABLE
    ]
    return Machine(
        model=None,
        states=[NEW, *(state.value for state in State)],
        transitions=rows,
        initial=NEW,
        auto_transitions=False,
        send_event=True,
    )


_MACHINE: Final = machine()


def _take(state: State | None, situation: Situation, *, leaves_data_out: bool = False) -> tuple[Row, Situation]:
    """Let the machine execute the act; return the row that it took, and the situation with well-formed data.

    Raises:
        Refused: no row, not this role, data that make no sense, or a guard.
    """
    act = situation.command.act
    cursor = _Cursor(state.value if state else NEW, situation, leaves_data_out=leaves_data_out)
    try:
        _MACHINE.events[act.value].trigger(cursor)
    except (MachineError, KeyError):
        cursor.row = None
    if cursor.row is None:
        raise NoSuchAct(_NO_ROW.fill(state=name(state) if state else _NEW_STATE, act=name(act)))
    return cursor.row, cursor.situation


def decide(case: Case | None, command: Command, facts: Facts, rules: Rules, now: datetime) -> Event:
    """Return the event that the act makes of the case.

    Deterministic and free of effects: the same arguments always give the same answer, so a decision can be checked
    from the history years later. `now` is only written down, never looked at.

    Raises:
        NoSuchAct: the table has no row for this state and act.
        NotPermitted: the row is not open to this role.
        GuardRefused: a guard does not hold; the first in the row's order.
        BadData: a field is missing or makes no sense.
    """
    by_person = command.act not in SYSTEM_ACTS
    if by_person and command.actor.role is Role.SYSTEM:
        raise NotPermitted(_NOT_YOURS.fill(**_names(first_row(command.act), Role.SYSTEM)))
    if not by_person and command.actor.role is not Role.SYSTEM:
        raise NotPermitted(_ONLY_TIME.fill(act=name(command.act)))
    # Only the first act of a case has no case to look at, and its rows have no guards that would.
    situation = Situation(case=case, command=command, facts=facts, rules=rules)  # type: ignore[arg-type]
    row, situation = _take(case.state if case is not None else None, situation)
    if case is not None and command.on < case.entered_on and command.act not in _ANY_DAY:
        raise GuardRefused(_TOO_EARLY.fill(on=day(command.on), since=day(case.entered_on)))
    _require_question_before_answer(case, command)
    data, source, dest = _outcome_of(row, situation)
    data = with_stopped_clock(case, command, data, rules)
    event = Event(
        case_id=case.id if case is not None else command.case_id,
        case_seq=case.version + 1 if case is not None else 1,
        act=command.act,
        occurred_on=command.on,
        recorded_at=now,
        actor=command.actor,
        data=data,
        from_state=source,
        to_state=dest,
        policy_hash=rules.policy.hash,
        calendar_hash=rules.calendar.hash,
    )
    after = evolve(case, event)
    more = settled(case or after, after, event, rules, facts)
    return event._replace(data={**data, **more}) if more else event


def _require_question_before_answer(case: Case | None, command: Command) -> None:
    """Do nothing if the act is not dated before what it answers.

    Raises:
        GuardRefused: it is.
    """
    answered = day_answered(case, command.act) if case is not None else None
    if answered is not None and command.on < answered[0]:
        raise GuardRefused(_BEFORE_QUESTION.fill(on=day(command.on), what=answered[1], since=day(answered[0])))


_ANY_DAY: Final = frozenset({Act.ACKNOWLEDGE, Act.CORRECT_EVENT})
"""The acts that may be about a stage before the present one."""


def _outcome_of(row: Row, situation: Situation) -> tuple[dict[str, Any], State | None, State]:
    """Return what the act's event holds, and between which states it goes.

    An act that another account must sign changes nothing yet; the signature then does what the act would have done.
    """
    case, command = situation.case, situation.command
    if row.source is not None and command.act in situation.rules.policy.practice.countersigned:
        NOTHING_UNSIGNED.check(situation)
        return {**command.data, **awaiting_signature(situation)}, case.state, case.state
    if command.act is not Act.COUNTERSIGN or case.unsigned is None:
        return {**command.data, **row.effect(situation)}, row.source, row.dest
    waiting = case.unsigned
    entered = Command(
        act=waiting.act,
        actor=Actor(user=waiting.user, role=waiting.role, unit=waiting.unit),
        on=waiting.taken_on,
        data=waiting.data,
        case_id=command.case_id,
    )
    facts = replace(situation.facts, countersigner=command.actor.user)
    taken, situation = _take(
        case.state, replace(situation, case=changed(case, {"unsigned": None}), command=entered, facts=facts)
    )
    data = {**situation.command.data, **taken.effect(situation)}
    data["stops"] = [*data.get("stops", ()), "countersignature"]
    named = {"of": waiting.seq, "signed_act": waiting.act.value, "taken_on": waiting.taken_on.isoformat()}
    return {**data, **named}, taken.source, taken.dest


def refusals(case: Case, command: Command, facts: Facts, rules: Rules) -> list[GuardFailed]:
    """Return every guard that keeps the case from this act, not only the first."""
    situation = Situation(case=case, command=command, facts=facts, rules=rules)
    row = next(row for row in rows_of(command.act, case.state) if row.when is None or row.when(situation))
    return [refusal(guard, situation) for guard in row.guards if not guard.holds(situation)]


def allowed(
    case: Case, asker: Command, rules: Rules, acts: Iterable[Act] = PERSONS_ACTS
) -> tuple[dict[Act, Role], dict[Act, Sentence]]:
    """Return which of these acts may be done to the case on the asker's day, and for the others the sentence why not.

    The asker's role decides; the role `system` stands for "anybody", and the answer names the role that may. Guards
    that depend on the data of the act are left out here: `decide` checks them when the data are known.
    """
    yes: dict[Act, Role] = {}
    no: dict[Act, Sentence] = {}
    for act in acts:
        roles: tuple[Role, ...] = (asker.actor.role,)
        if asker.actor.role is Role.SYSTEM:
            rows = rows_of(act, case.state)
            roles = tuple(dict.fromkeys(role for row in rows for role in row.roles)) or (Role.DIRECTOR,)
        for role in roles:
            actor = type(asker.actor)(user=asker.actor.user, role=role, unit=asker.actor.unit)
            command = Command(act=act, actor=actor, on=asker.on, data={})
            try:
                _take(
                    case.state, Situation(case=case, command=command, facts=NO_FACTS, rules=rules), leaves_data_out=True
                )
            except Refused as refused:
                no.setdefault(act, refused.sentence)
            else:
                yes[act] = role
                no.pop(act, None)
                break
    return yes, no
