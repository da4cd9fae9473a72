"""The lifecycle: one table of rows, and `decide`, the only way to take one.

Everything that is not in `TABLE` is refused. `transitions` executes every row: one shared machine, no model attached,
no automatic transitions, guards that raise their sentence instead of failing in silence, and no effects in callbacks
(ADR 0009). What a row brings about beside the state is computed by its `effect` and written into the
event; `case.evolve` applies it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from transitions import Machine

from states.case import Event
from states.command import NO_FACTS, Command, Facts, Rules, Situation
from states.effects import (
    appeal_decided,
    appeal_filed,
    closed,
    criticized,
    escalated,
    extended,
    extension_asked,
    interview_held,
    minutes_issued,
    nothing,
    objected,
    opened,
    ordered,
    passed,
    plan_returned,
    plan_submitted,
    promised,
    proposed,
    put_forward,
    recorded,
    redated,
    reopened,
    reported,
    resumed,
    reviewed,
    signed_for,
    stop,
    stop_all,
    suspended,
    tolerance_accepted,
    tolerance_asked,
    verification_failed,
)
from states.errors import GuardRefused, NoSuchAct, NotPermitted, Refused, Sentence
from states.fields import FIELDS, validated
from states.guards import (
    ACCOUNTABILITY_GROUND,
    APPEAL_IN_TIME,
    APPEAL_OVER,
    APPEAL_WAITS,
    AUTHORIZED,
    CRITICISM_APPROVED,
    CRITICISM_GROUND,
    ENTITLED,
    EVENT_EXISTS,
    EXTENSION_CAP,
    EXTENSION_IN_TIME,
    EXTENSION_WAITS,
    FIRST_EXTENSION,
    HELPED,
    INTERVIEW_APPROVED,
    INTERVIEW_GROUND,
    INTERVIEW_NOTICE,
    IS_LISTED,
    IS_SUSPENDED,
    IS_VERIFIED,
    LOOK_BACK_DUE,
    NO_APPEAL_YET,
    NO_EXTENSION_WAITS,
    NO_MINUTES_YET,
    NO_OVERLAY,
    NO_REPORT_YET,
    NO_REVIEW_WAITS,
    NO_REVIEW_YET,
    NO_TOLERANCE_YET,
    NOT_HELD_BACK,
    NOT_LISTED,
    NOT_SUSPENDED,
    NOT_YET_INTERVIEWED,
    NOT_YET_PROPOSED,
    NOT_YET_PUBLISHED,
    NOT_YET_VERIFIED,
    OBJECTION_IN_TIME,
    OTHER_MARK,
    PLAN_IS_AWAITED,
    PLAN_IS_IN,
    PROPOSAL_WAITS,
    RECTIFIED_OR_PLANNED,
    RECUSAL,
    REPORT_IS_IN,
    REVIEW_WAITS,
    SAME_UNIT_OPEN_TARGET,
    SECOND_PERSON,
    SHORT_SUSPENSION,
    TOLERANCE_ACCEPTED,
    TOLERANCE_ASKED,
    TWO_VERIFIERS,
    VERIFIERS_DID_NOT_HELP,
    WAS_INTERVIEWED,
    Guard,
    day,
)
from states.vocabulary import PERSONS_ACTS, RUNGS, SPINE, SYSTEM_ACTS, Act, Role, State, name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from states.case import Case

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


I, H, D, L = Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER  # noqa: E741  # the letters of docs/domain.md §4.2
U, R, X, A, S = Role.LIAISON, Role.HEAD, Role.DISCIPLINE, Role.ARCHIVIST, Role.SYSTEM


def _stay(
    act: Act,
    states: Iterable[State],
    roles: tuple[Role, ...],
    guards: tuple[Guard, ...] = (),
    effect: Callable[[Situation], dict[str, Any]] = nothing,
    when: Callable[[Situation], bool] | None = None,
) -> tuple[Row, ...]:
    """Return one row for each of the states that the act leaves as it is."""
    return tuple(Row(act, state, state, roles, guards, effect, when) for state in states)


def _move(
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


def _outcome(value: str) -> Callable[[Situation], bool]:
    return lambda s: s.command.data.get("outcome") == value


def _flag(field: str) -> Callable[[Situation], bool]:
    return lambda s: bool(s.command.data.get(field))


F, O, C, V, K = SPINE  # noqa: E741  # found, ordered, criticized, interviewed, held accountable
LADDER: Final = (O, C, V)
UNIT_ACTS: Final = (U, R)

TABLE: Final[tuple[Row, ...]] = (
    # A finding and the ways out of it.
    Row(Act.REGISTER_FINDING, None, F, (I, H, D), (), opened),
    Row(Act.DISMISS, F, State.UNFOUNDED, (D,), (), stop_all),
    Row(Act.WITHDRAW, F, State.WITHDRAWN, (D,), (), stop_all),
    *_move(Act.MERGE_INTO, (F, O), State.MERGED, (D,), (SAME_UNIT_OPEN_TARGET,), stop_all),
    *_stay(Act.TRANSFER, SPINE, (L, D), (), nothing, _flag("partial")),
    *_move(Act.TRANSFER, SPINE, State.TRANSFERRED, (L, D), (), stop_all),
    # The order, the plan, the report, the verification.
    Row(Act.SERVE_ORDER, F, O, (D, H, L), (AUTHORIZED,), ordered),
    Row(Act.SUBMIT_PLAN, O, O, UNIT_ACTS, (PLAN_IS_AWAITED, NO_REPORT_YET), plan_submitted),
    Row(Act.ACCEPT_PLAN, O, O, (H, D), (PLAN_IS_IN,)),
    Row(Act.RETURN_PLAN, O, O, (H, D), (PLAN_IS_IN,), plan_returned),
    *_stay(Act.SUBMIT_REPORT, RUNGS, UNIT_ACTS, (NO_REPORT_YET,), reported),
    *_stay(Act.VERIFY_PASS, RUNGS, (I, H), (REPORT_IS_IN, TWO_VERIFIERS, VERIFIERS_DID_NOT_HELP), passed),
    *_stay(
        Act.VERIFY_FAIL,
        RUNGS,
        (I, H),
        (NOT_SUSPENDED, NOT_YET_VERIFIED, TWO_VERIFIERS, VERIFIERS_DID_NOT_HELP),
        verification_failed,
    ),
    *_move(Act.APPROVE_CLOSURE, RUNGS, State.CLOSED, (D, L), (IS_VERIFIED, NO_OVERLAY, APPEAL_OVER), closed),
    # Up the ladder, by people.
    *_move(
        Act.PUBLISH_CRITICISM,
        (O, C),
        C,
        (L, H, D),
        (
            NOT_SUSPENDED,
            NOT_YET_PUBLISHED,
            CRITICISM_GROUND,
            NO_EXTENSION_WAITS,
            NO_REVIEW_WAITS,
            CRITICISM_APPROVED,
        ),
        criticized,
    ),
    *_stay(Act.RECORD_HELP, (C, V, K), (H, I, D)),
    *_move(
        Act.HOLD_INTERVIEW,
        (C, V),
        V,
        (L, D, H),
        (NOT_SUSPENDED, NOT_YET_INTERVIEWED, INTERVIEW_GROUND, HELPED, INTERVIEW_APPROVED, INTERVIEW_NOTICE),
        interview_held,
    ),
    Row(Act.ISSUE_MINUTES, V, V, (D, H), (WAS_INTERVIEWED, NO_MINUTES_YET), minutes_issued),
    *_stay(Act.PROPOSE_ACCOUNTABILITY, LADDER, (L,), (NOT_YET_PROPOSED, ACCOUNTABILITY_GROUND), put_forward),
    *_move(Act.RECORD_ACCOUNTABILITY, LADDER, K, (A, D), (SECOND_PERSON,), recorded),
    *_stay(Act.APPROVE_ESCALATION, LADDER, (L, D), (PROPOSAL_WAITS, ENTITLED), promised),
    *_stay(Act.REJECT_ESCALATION, LADDER, (L, D), (PROPOSAL_WAITS, ENTITLED)),
    # What stands over the state.
    *_stay(
        Act.REQUEST_EXTENSION,
        LADDER,
        UNIT_ACTS,
        (NOT_SUSPENDED, NO_REPORT_YET, FIRST_EXTENSION, EXTENSION_IN_TIME, EXTENSION_CAP),
        extension_asked,
    ),
    *_stay(Act.APPROVE_EXTENSION, LADDER, (D, L), (EXTENSION_WAITS, EXTENSION_CAP), extended),
    *_stay(Act.REFUSE_EXTENSION, LADDER, (D, L), (EXTENSION_WAITS,), stop("extension_answer")),
    *_stay(Act.SUSPEND, RUNGS, (D, L), (NOT_SUSPENDED, SHORT_SUSPENSION), suspended),
    *_stay(Act.RESUME, RUNGS, (D, L), (IS_SUSPENDED,), resumed),
    *_stay(Act.FILE_OBJECTION, LADDER, UNIT_ACTS, (NO_REVIEW_YET, OBJECTION_IN_TIME), objected),
    *_move(Act.DECIDE_REVIEW, LADDER, State.UNFOUNDED, (L, D), (REVIEW_WAITS, RECUSAL), stop_all, _outcome("revoke")),
    *_stay(Act.DECIDE_REVIEW, LADDER, (L, D), (REVIEW_WAITS, RECUSAL), reviewed),
    *_stay(Act.REQUEST_TOLERANCE, RUNGS, (R, U, D), (NO_TOLERANCE_YET,), tolerance_asked),
    *_stay(Act.ACCEPT_TOLERANCE, RUNGS, (D,), (TOLERANCE_ASKED,), tolerance_accepted),
    *_move(
        Act.DECIDE_TOLERANCE,
        RUNGS,
        State.EXEMPTED,
        (L,),
        (TOLERANCE_ACCEPTED, RECTIFIED_OR_PLANNED),
        stop_all,
        _outcome("granted"),
    ),
    *_stay(Act.DECIDE_TOLERANCE, RUNGS, (L,), (TOLERANCE_ACCEPTED,), stop("tolerance_decision")),
    Row(Act.FILE_APPEAL, K, K, (X, R, A), (NO_APPEAL_YET, APPEAL_IN_TIME), appeal_filed),
    Row(Act.DECIDE_APPEAL, K, V, (A, X, L), (APPEAL_WAITS,), appeal_decided, _outcome("revoke")),
    Row(Act.DECIDE_APPEAL, K, K, (A, X, L), (APPEAL_WAITS,), appeal_decided),
    *_stay(Act.LIST_CASE, RUNGS, (L,), (NOT_LISTED,)),
    *_stay(Act.DELIST_CASE, RUNGS, (L,), (IS_LISTED,)),
    # After closure, and without a finding.
    Row(Act.LOOK_BACK_PASS, State.CLOSED, State.CLOSED, (I, H), (LOOK_BACK_DUE,), stop("look_back")),
    Row(Act.REOPEN, State.CLOSED, C, (L,), (), reopened, _flag("false_rectification")),
    Row(Act.REOPEN, State.CLOSED, O, (D, L), (), reopened),
    Row(Act.START_RANKING_INTERVIEW, None, V, (L,), (), opened),
    *_stay(Act.ACKNOWLEDGE, State, (U, R, H, D, L, X, A), (EVENT_EXISTS,), signed_for),
    *_stay(Act.CORRECT_EVENT, State, (D,), (EVENT_EXISTS, SECOND_PERSON)),
    # What was handed over is sealed whatever its mark; its stub tells nobody what to mark.
    *_stay(Act.MARK_CONFIDENTIALITY, (s for s in State if s is not State.TRANSFERRED), (D, H), (OTHER_MARK,)),
    # By time alone.
    *_stay(Act.REMINDER_DUE, SPINE, (S,)),
    *_stay(Act.MARKED_YELLOW, RUNGS, (S,)),
    *_stay(Act.MARKED_RED, RUNGS, (S,)),
    Row(Act.ESCALATED, O, C, (S,), (NOT_HELD_BACK,), escalated),
    Row(Act.ESCALATED, C, V, (S,), (NOT_HELD_BACK, HELPED), escalated),
    Row(Act.ESCALATION_PROPOSED, O, O, (S,), (NOT_HELD_BACK,), proposed),
    Row(Act.ESCALATION_PROPOSED, C, C, (S,), (NOT_HELD_BACK, HELPED), proposed),
    Row(Act.ESCALATION_PROPOSED, V, V, (S,), (NOT_HELD_BACK,), proposed),
    *_stay(Act.ESCALATION_BLOCKED, LADDER, (S,)),
    *_stay(Act.DEADLINE_REDATED, State, (S,), (), redated),
    *_stay(Act.CLUE_RAISED, State, (S,)),
    *_stay(Act.CASE_VIEWED, State, (S,)),
    *_stay(Act.PERSONAL_DATA_ERASED, State, (S,)),
)
"""The whole life of a case. Change a row, and the approved text in the tests and `docs/lifecycle.md` change with it."""


# --- executing a row ---------------------------------------------------------------------------------------------


class _Cursor:
    """What the machine moves: a state and nothing else. It never sees a database row."""

    __slots__ = ("row", "state")

    def __init__(self, state: str) -> None:
        self.state = state
        self.row: Row | None = None


def _chosen(row: Row) -> Callable[[Any], bool]:
    """Return the condition that picks this row among those of its act and state."""

    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        situation: Situation = event.kwargs["situation"]
        if row.when is not None and not row.when(situation):
            return False
        event.model.row = row
        return True

    return condition


def _permitted(row: Row) -> Callable[[Any], bool]:
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        situation: Situation = event.kwargs["situation"]
        if situation.command.actor.role not in row.roles:
            raise NotPermitted(_NOT_YOURS.fill(**_names(row, situation.command.actor.role)))
        return True

    return condition


def _guarded(guard: Guard) -> Callable[[Any], bool]:
    def condition(event: Any) -> bool:  # noqa: ANN401  # the machine's EventData
        if guard.asks_data and event.kwargs["leaves_data_out"]:
            return True
        guard.check(event.kwargs["situation"])
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
            "conditions": [_chosen(row), _permitted(row), *(_guarded(guard) for guard in row.guards)],
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
_ROWS: Final[Mapping[tuple[Act, State | None], tuple[Row, ...]]] = {
    (act, source): rows
    for act in Act
    for source in (None, *State)
    if (rows := tuple(row for row in TABLE if row.act is act and row.source is source))
}


def rows_of(act: Act, state: State | None) -> tuple[Row, ...]:
    """Return the rows of the table for this act from this state; None is a case that does not exist yet."""
    return _ROWS.get((act, state), ())


def _take(state: State | None, situation: Situation, *, leaves_data_out: bool = False) -> Row:
    """Let the machine execute the act, and return the row it took.

    Raises:
        Refused: no row, not this role, or a guard.
    """
    command = situation.command
    if (command.act, state) not in _ROWS:
        raise NoSuchAct(_NO_ROW.fill(state=name(state) if state else _NEW_STATE, act=name(command.act)))
    cursor = _Cursor(state.value if state else NEW)
    _MACHINE.events[command.act.value].trigger(cursor, situation=situation, leaves_data_out=leaves_data_out)
    if cursor.row is None:
        raise NoSuchAct(_NO_ROW.fill(state=name(state) if state else _NEW_STATE, act=name(command.act)))
    return cursor.row


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
        raise NotPermitted(_NOT_YOURS.fill(**_names(_any_row(command.act), Role.SYSTEM)))
    if not by_person and command.actor.role is not Role.SYSTEM:
        raise NotPermitted(_ONLY_TIME.fill(act=name(command.act)))
    if by_person:
        state = case.state if case is not None else None
        if (command.act, state) not in _ROWS:
            raise NoSuchAct(_NO_ROW.fill(state=name(state) if state else _NEW_STATE, act=name(command.act)))
        rows = _ROWS[command.act, state]
        if not any(command.actor.role in row.roles for row in rows):
            # Before the data: who may not do it at all need not be told which field is missing.
            raise NotPermitted(_NOT_YOURS.fill(**_names(rows[0], command.actor.role)))
        command = _with_data(command, validated(command.act, FIELDS[command.act], command.data))
    if case is not None and command.on < case.entered_on and command.act not in (Act.ACKNOWLEDGE, Act.CORRECT_EVENT):
        raise GuardRefused(_TOO_EARLY.fill(on=day(command.on), since=day(case.entered_on)))
    # Only the first act of a case has no case to look at, and its rows have no guards that would.
    situation = Situation(case=case, command=command, facts=facts, rules=rules)  # type: ignore[arg-type]
    row = _take(case.state if case is not None else None, situation)
    return Event(
        case_id=case.id if case is not None else command.case_id,
        case_seq=case.version + 1 if case is not None else 1,
        act=command.act,
        occurred_on=command.on,
        recorded_at=now,
        actor=command.actor,
        data={**command.data, **row.effect(situation)},
        from_state=row.source,
        to_state=row.dest,
        policy_hash=rules.policy.hash,
        calendar_hash=rules.calendar.hash,
    )


def _with_data(command: Command, data: Mapping[str, Any]) -> Command:
    return Command(
        act=command.act, actor=command.actor, on=command.on, data=data, case_id=command.case_id, seen=command.seen
    )


def _any_row(act: Act) -> Row:
    return next(row for row in TABLE if row.act is act)


def default_role(act: Act, state: State | None) -> Role:
    """Return the role that does this act from this state when nobody else is named."""
    rows = rows_of(act, state) or (_any_row(act),)
    return rows[0].roles[0]


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


__all__ = [
    "NEW",
    "TABLE",
    "Command",
    "Facts",
    "Row",
    "Rules",
    "allowed",
    "decide",
    "default_role",
    "machine",
    "rows_of",
]
