"""The lifecycle: one table of rows, and `decide`, the only way to take one.

Everything that is not in `TABLE` is refused. `transitions` executes every row: one shared machine, no model attached,
no automatic transitions, guards that raise their sentence instead of failing in silence, and no effects in callbacks
(ADR 0009). What a row brings about beside the state is computed by its `effect` and written into the
event; `case.evolve` applies it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from transitions import Machine, MachineError

from states.case import Actor, Event, changed
from states.command import NO_FACTS, Command, Facts, Rules, Situation
from states.effects import (
    absent_from_interview,
    appeal_decided,
    appeal_filed,
    awaiting_signature,
    blocked,
    clock_released,
    closed,
    criticism_approved,
    criticized,
    escalated,
    escalation_refused,
    extended,
    extension_asked,
    handed_over,
    inquired,
    interview_approved,
    interview_held,
    late_closed,
    late_decided,
    listed,
    minutes_issued,
    not_accountable,
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
    refused_extension,
    reopened,
    reported,
    resumed,
    reviewed,
    signature_refused,
    signed_for,
    stop,
    stop_all,
    suspended,
    tolerance_accepted,
    tolerance_asked,
    verification_failed,
)
from states.errors import GuardRefused, NoSuchAct, NotPermitted, Refused, Sentence
from states.evolve import evolve
from states.fields import FIELDS, validated
from states.guards import (
    ACCOUNTABILITY_GROUND,
    ALL_ITEMS_PASSED,
    ANOTHER_ACCOUNT,
    APPEAL_IN_TIME,
    APPEAL_OVER,
    APPEAL_POSSIBLE,
    APPEAL_WAITS,
    AUTHORIZED,
    CLOCK_IS_SURE,
    CONVENED_BY_LEADER,
    COUNTERSIGNATURE_WAITS,
    CRITICISM_APPROVED,
    CRITICISM_GROUND,
    CRITICISM_OWED,
    ENTITLED,
    ESCALATION_HELD,
    ESCALATION_WAITS,
    EVENT_EXISTS,
    EXTENSION_CAP,
    EXTENSION_IN_TIME,
    EXTENSION_WAITS,
    FIRST_EXTENSION,
    HELPED,
    INTERVIEW_APPROVED,
    INTERVIEW_DONE,
    INTERVIEW_GROUND,
    INTERVIEW_NOTICE,
    INTERVIEW_OWED,
    IS_LISTED,
    IS_SUSPENDED,
    IS_VERIFIED,
    LATE_ENTRY_WAITS,
    LISTING_DAY_IS_AHEAD,
    LOOK_BACK_DUE,
    MAY_COUNTERSIGN,
    MAY_REFUSE_IT,
    MINUTES_DONE,
    NO_APPEAL_YET,
    NO_EXTENSION_WAITS,
    NO_MINUTES_YET,
    NO_OVERLAY,
    NO_PROPOSAL_WAITS,
    NO_REPORT_YET,
    NO_REVIEW_WAITS,
    NO_REVIEW_YET,
    NO_TOLERANCE_YET,
    NOT_HELD_BACK,
    NOT_LISTED,
    NOT_SERVED_YET,
    NOT_SUSPENDED,
    NOT_YET_APPROVED,
    NOT_YET_INTERVIEWED,
    NOT_YET_PROPOSED,
    NOT_YET_PUBLISHED,
    NOT_YET_VERIFIED,
    NOTHING_UNSIGNED,
    NOTICE_SERVED,
    OBJECTION_IN_TIME,
    OBJECTION_POSSIBLE,
    ORDER_APPROVED,
    ORDER_DAY_IS_AHEAD,
    ORDER_HAS_CRITERIA,
    ORDER_IS_SERVED,
    OTHER_MARK,
    PLAN_COVERS_ITEMS,
    PLAN_IS_AWAITED,
    PLAN_IS_IN,
    PROPOSAL_WAITS,
    PROPOSED_BEFORE,
    PUBLISHED,
    RANKING_LETS,
    RECTIFIED_OR_PLANNED,
    RECUSAL,
    REPORT_ANSWERS_ITEMS,
    REPORT_IS_IN,
    REPORT_IS_SIGNED,
    REPORT_PROVES_ITEMS,
    REPORT_SAYS_SOMETHING,
    REVIEW_WAITS,
    SAME_UNIT_OPEN_TARGET,
    SECOND_PERSON,
    SHORT_SUSPENSION,
    SIGNED_BEFORE,
    SOME_ITEM_FAILED,
    TERM_RUNS,
    THAT_ONE_WAITS,
    TOLERANCE_ACCEPTED,
    TOLERANCE_ASKED,
    TOLERANCE_VIEWS,
    TWO_VERIFIERS,
    URGED_LONG_AGO,
    VERDICTS_ON_ITEMS,
    VERIFIERS_DID_NOT_HELP,
    WAS_INTERVIEWED,
    WORDED_ANEW,
    Guard,
    GuardFailed,
    day,
    refusal,
)
from states.owed_acts import day_answered, with_stopped_clock
from states.standing import settled
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


INSPECTOR, HANDLER, DIRECTOR, LEADER = Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER
LIAISON, HEAD, DISCIPLINE, ARCHIVIST = Role.LIAISON, Role.HEAD, Role.DISCIPLINE, Role.ARCHIVIST
TIME: Final = Role.SYSTEM


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


def _closed_in_the_past(s: Situation) -> bool:
    return s.command.data.get("choice") == "taken_over" and "closed_on" in s.command.data


def _flag(field: str) -> Callable[[Situation], bool]:
    return lambda s: bool(s.command.data.get(field))


FOUND, ORDERED, CRITICIZED, INTERVIEWED, HELD = SPINE
LADDER: Final = (ORDERED, CRITICIZED, INTERVIEWED)
UNIT_ACTS: Final = (LIAISON, HEAD)

TABLE: Final[tuple[Row, ...]] = (
    # ARCHIVIST finding and the ways out of it.
    Row(Act.REGISTER_FINDING, None, FOUND, (INSPECTOR, HANDLER, DIRECTOR), (), opened),
    Row(Act.DISMISS, FOUND, State.UNFOUNDED, (DIRECTOR,), (), stop_all),
    Row(Act.WITHDRAW, FOUND, State.WITHDRAWN, (DIRECTOR,), (), stop_all),
    *_move(Act.MERGE_INTO, (FOUND, ORDERED), State.MERGED, (DIRECTOR,), (SAME_UNIT_OPEN_TARGET,), stop_all),
    *_stay(Act.TRANSFER, SPINE, (LEADER, DIRECTOR), (WORDED_ANEW, SIGNED_BEFORE), nothing, _flag("partial")),
    *_move(Act.TRANSFER, SPINE, State.TRANSFERRED, (LEADER, DIRECTOR), (), handed_over),
    # The order, the plan, the report, the verification.
    Row(Act.APPROVE_ORDER, FOUND, FOUND, (DIRECTOR, LEADER), (NOT_SERVED_YET,)),
    Row(Act.APPROVE_ORDER, ORDERED, ORDERED, (DIRECTOR, LEADER), (NOT_SERVED_YET,)),
    *_move(
        Act.SERVE_ORDER,
        (FOUND, ORDERED),
        ORDERED,
        (DIRECTOR, HANDLER, LEADER),
        (NOT_SERVED_YET, ORDER_APPROVED, AUTHORIZED, ORDER_HAS_CRITERIA, ORDER_DAY_IS_AHEAD),
        ordered,
    ),
    Row(
        Act.SUBMIT_PLAN,
        ORDERED,
        ORDERED,
        UNIT_ACTS,
        (ORDER_IS_SERVED, PLAN_IS_AWAITED, NO_REPORT_YET, PLAN_COVERS_ITEMS),
        plan_submitted,
    ),
    Row(Act.ACCEPT_PLAN, ORDERED, ORDERED, (HANDLER, DIRECTOR), (PLAN_IS_IN,)),
    Row(Act.RETURN_PLAN, ORDERED, ORDERED, (HANDLER, DIRECTOR), (PLAN_IS_IN,), plan_returned),
    *_stay(Act.REPORT_PROGRESS, RUNGS, UNIT_ACTS, (ORDER_IS_SERVED, NO_REPORT_YET)),
    *_stay(
        Act.SUBMIT_REPORT,
        RUNGS,
        UNIT_ACTS,
        (
            ORDER_IS_SERVED,
            NO_REPORT_YET,
            REPORT_SAYS_SOMETHING,
            REPORT_ANSWERS_ITEMS,
            REPORT_PROVES_ITEMS,
            REPORT_IS_SIGNED,
        ),
        reported,
    ),
    *_stay(
        Act.VERIFY_PASS,
        RUNGS,
        (INSPECTOR, HANDLER),
        (REPORT_IS_IN, TWO_VERIFIERS, VERIFIERS_DID_NOT_HELP, VERDICTS_ON_ITEMS, ALL_ITEMS_PASSED),
        passed,
    ),
    *_stay(
        Act.VERIFY_FAIL,
        RUNGS,
        (INSPECTOR, HANDLER),
        (
            ORDER_IS_SERVED,
            NOT_SUSPENDED,
            NOT_YET_VERIFIED,
            TWO_VERIFIERS,
            VERIFIERS_DID_NOT_HELP,
            VERDICTS_ON_ITEMS,
            SOME_ITEM_FAILED,
        ),
        verification_failed,
    ),
    *_move(
        Act.APPROVE_CLOSURE,
        RUNGS,
        State.CLOSED,
        (DIRECTOR, LEADER),
        (IS_VERIFIED, NO_OVERLAY, NO_PROPOSAL_WAITS, APPEAL_OVER),
        closed,
    ),
    # Up the ladder, by people.
    *_stay(Act.URGE, RUNGS, (HANDLER, DIRECTOR), (NOT_SUSPENDED, TERM_RUNS, URGED_LONG_AGO)),
    *_stay(
        Act.APPROVE_CRITICISM,
        (ORDERED, CRITICIZED),
        (LEADER,),
        (NOT_SUSPENDED, ORDER_IS_SERVED, CRITICISM_OWED, NOT_YET_APPROVED, CRITICISM_GROUND),
        criticism_approved,
    ),
    *_move(
        Act.PUBLISH_CRITICISM,
        (ORDERED, CRITICIZED),
        CRITICIZED,
        (LEADER, HANDLER, DIRECTOR),
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
    *_stay(Act.RECORD_HELP, (CRITICIZED, INTERVIEWED, HELD), (HANDLER, INSPECTOR, DIRECTOR)),
    *_stay(
        Act.APPROVE_INTERVIEW,
        (CRITICIZED, INTERVIEWED),
        (LEADER,),
        (NOT_SUSPENDED, INTERVIEW_OWED, NOT_YET_APPROVED, PUBLISHED, INTERVIEW_GROUND, HELPED),
        interview_approved,
    ),
    *_stay(
        Act.SERVE_INTERVIEW_NOTICE,
        (CRITICIZED, INTERVIEWED),
        (HANDLER, DIRECTOR),
        (NOT_SUSPENDED, INTERVIEW_OWED, PUBLISHED, INTERVIEW_GROUND, HELPED, INTERVIEW_APPROVED),
    ),
    *_stay(
        Act.RECORD_ABSENCE,
        (CRITICIZED, INTERVIEWED),
        (HANDLER, DIRECTOR),
        (NOT_SUSPENDED, INTERVIEW_OWED, NOTICE_SERVED),
        absent_from_interview,
    ),
    *_move(
        Act.HOLD_INTERVIEW,
        (CRITICIZED, INTERVIEWED),
        INTERVIEWED,
        (LEADER, DIRECTOR, HANDLER),
        (
            NOT_SUSPENDED,
            NOT_YET_INTERVIEWED,
            PUBLISHED,
            INTERVIEW_GROUND,
            HELPED,
            INTERVIEW_APPROVED,
            INTERVIEW_NOTICE,
            CONVENED_BY_LEADER,
        ),
        interview_held,
    ),
    Row(
        Act.ISSUE_MINUTES,
        INTERVIEWED,
        INTERVIEWED,
        (DIRECTOR, HANDLER),
        (WAS_INTERVIEWED, NO_MINUTES_YET),
        minutes_issued,
    ),
    *_stay(Act.PROPOSE_ACCOUNTABILITY, LADDER, (LEADER,), (NOT_YET_PROPOSED, ACCOUNTABILITY_GROUND), put_forward),
    *_stay(Act.RECORD_INQUIRY, LADDER, (ARCHIVIST, DIRECTOR), (PROPOSED_BEFORE,), inquired),
    Row(Act.RECORD_INQUIRY, State.TRANSFERRED, State.TRANSFERRED, (ARCHIVIST, DIRECTOR), (PROPOSED_BEFORE,), inquired),
    *_move(Act.RECORD_ACCOUNTABILITY, LADDER, HELD, (ARCHIVIST, DIRECTOR), (SECOND_PERSON,), recorded),
    *_move(
        Act.RECORD_NO_ACCOUNTABILITY,
        LADDER,
        State.EXEMPTED,
        (ARCHIVIST, DIRECTOR),
        (PROPOSED_BEFORE,),
        stop_all,
        _flag("exempted"),
    ),
    *_stay(Act.RECORD_NO_ACCOUNTABILITY, LADDER, (ARCHIVIST, DIRECTOR), (PROPOSED_BEFORE,), not_accountable),
    *_stay(Act.APPROVE_ESCALATION, LADDER, (LEADER, DIRECTOR), (PROPOSAL_WAITS, ENTITLED), promised),
    *_stay(Act.REJECT_ESCALATION, LADDER, (LEADER, DIRECTOR), (ESCALATION_WAITS, MAY_REFUSE_IT), escalation_refused),
    # What stands over the state.
    *_stay(
        Act.REQUEST_EXTENSION,
        LADDER,
        UNIT_ACTS,
        (NOT_SUSPENDED, NO_REPORT_YET, FIRST_EXTENSION, EXTENSION_IN_TIME, EXTENSION_CAP),
        extension_asked,
    ),
    *_stay(
        Act.APPROVE_EXTENSION, LADDER, (DIRECTOR, LEADER), (EXTENSION_WAITS, NOT_SUSPENDED, EXTENSION_CAP), extended
    ),
    *_stay(Act.REFUSE_EXTENSION, LADDER, (DIRECTOR, LEADER), (EXTENSION_WAITS,), refused_extension),
    *_stay(Act.SUSPEND, RUNGS, (DIRECTOR, LEADER), (NOT_SUSPENDED, SHORT_SUSPENSION), suspended),
    *_stay(Act.RESUME, RUNGS, (DIRECTOR, LEADER), (IS_SUSPENDED,), resumed),
    *_stay(Act.FILE_OBJECTION, LADDER, UNIT_ACTS, (NO_REVIEW_YET, OBJECTION_POSSIBLE, OBJECTION_IN_TIME), objected),
    *_move(
        Act.DECIDE_REVIEW,
        LADDER,
        State.UNFOUNDED,
        (LEADER, DIRECTOR),
        (REVIEW_WAITS, RECUSAL),
        stop_all,
        _outcome("revoke"),
    ),
    *_stay(Act.DECIDE_REVIEW, LADDER, (LEADER, DIRECTOR), (REVIEW_WAITS, RECUSAL), reviewed),
    *_stay(Act.REQUEST_TOLERANCE, RUNGS, (HEAD, LIAISON, DIRECTOR), (NO_TOLERANCE_YET,), tolerance_asked),
    *_stay(Act.ACCEPT_TOLERANCE, RUNGS, (DIRECTOR,), (TOLERANCE_ASKED,), tolerance_accepted),
    *_move(
        Act.DECIDE_TOLERANCE,
        RUNGS,
        State.EXEMPTED,
        (LEADER,),
        (TOLERANCE_ACCEPTED, RECTIFIED_OR_PLANNED, TOLERANCE_VIEWS),
        stop_all,
        _outcome("granted"),
    ),
    *_stay(Act.DECIDE_TOLERANCE, RUNGS, (LEADER,), (TOLERANCE_ACCEPTED,), stop("tolerance_decision")),
    Row(
        Act.FILE_APPEAL,
        HELD,
        HELD,
        (DISCIPLINE, HEAD, ARCHIVIST),
        (NO_APPEAL_YET, APPEAL_POSSIBLE, APPEAL_IN_TIME),
        appeal_filed,
    ),
    Row(
        Act.DECIDE_APPEAL,
        HELD,
        INTERVIEWED,
        (ARCHIVIST, DISCIPLINE, LEADER),
        (APPEAL_WAITS,),
        appeal_decided,
        _outcome("revoke"),
    ),
    Row(Act.DECIDE_APPEAL, HELD, HELD, (ARCHIVIST, DISCIPLINE, LEADER), (APPEAL_WAITS,), appeal_decided),
    *_stay(Act.LIST_CASE, RUNGS, (LEADER,), (NOT_LISTED, LISTING_DAY_IS_AHEAD), listed),
    *_stay(Act.DELIST_CASE, RUNGS, (LEADER,), (IS_LISTED,), stop("listing")),
    # After closure, and without a finding.
    Row(Act.LOOK_BACK_PASS, State.CLOSED, State.CLOSED, (INSPECTOR, HANDLER), (LOOK_BACK_DUE,), stop("look_back")),
    Row(Act.REOPEN, State.CLOSED, CRITICIZED, (LEADER,), (), reopened, _flag("false_rectification")),
    Row(Act.REOPEN, State.CLOSED, ORDERED, (DIRECTOR, LEADER), (), reopened),
    Row(Act.START_RANKING_INTERVIEW, None, INTERVIEWED, (LEADER,), (RANKING_LETS,), opened),
    *_stay(
        Act.ACKNOWLEDGE,
        State,
        (LIAISON, HEAD, HANDLER, DIRECTOR, LEADER, DISCIPLINE, ARCHIVIST),
        (EVENT_EXISTS,),
        signed_for,
    ),
    *_stay(Act.ASSIGN, (*SPINE, State.CLOSED), (DIRECTOR,)),
    *_move(
        Act.DECIDE_LATE_ENTRY,
        RUNGS,
        State.CLOSED,
        (DIRECTOR, LEADER),
        (LATE_ENTRY_WAITS,),
        late_closed,
        _closed_in_the_past,
    ),
    *_stay(Act.DECIDE_LATE_ENTRY, SPINE, (DIRECTOR, LEADER), (LATE_ENTRY_WAITS,), late_decided),
    *_stay(Act.RELEASE_ESCALATION, LADDER, (DIRECTOR, LEADER), (ESCALATION_HELD,), clock_released),
    *_stay(
        Act.COUNTERSIGN,
        State,
        (INSPECTOR, HANDLER, DIRECTOR, LEADER, ARCHIVIST),
        (COUNTERSIGNATURE_WAITS, THAT_ONE_WAITS, MAY_COUNTERSIGN, ANOTHER_ACCOUNT),
    ),
    *_stay(
        Act.REFUSE_COUNTERSIGN,
        State,
        (INSPECTOR, HANDLER, DIRECTOR, LEADER, ARCHIVIST),
        (COUNTERSIGNATURE_WAITS, THAT_ONE_WAITS, MAY_COUNTERSIGN, ANOTHER_ACCOUNT),
        signature_refused,
    ),
    *_stay(Act.CORRECT_EVENT, State, (DIRECTOR,), (EVENT_EXISTS, SECOND_PERSON)),
    # What was handed over is sealed whatever its mark; its stub tells nobody what to mark.
    *_stay(
        Act.MARK_CONFIDENTIALITY, (s for s in State if s is not State.TRANSFERRED), (DIRECTOR, HANDLER), (OTHER_MARK,)
    ),
    # By time alone.
    *_stay(Act.REMINDER_DUE, State, (TIME,)),
    *_stay(Act.MARKED_YELLOW, State, (TIME,)),
    *_stay(Act.MARKED_RED, State, (TIME,)),
    Row(Act.ESCALATED, ORDERED, CRITICIZED, (TIME,), (NOT_HELD_BACK, CLOCK_IS_SURE), escalated),
    Row(
        Act.ESCALATED,
        CRITICIZED,
        INTERVIEWED,
        (TIME,),
        (NOT_HELD_BACK, CLOCK_IS_SURE, PUBLISHED, HELPED),
        escalated,
    ),
    Row(Act.ESCALATION_PROPOSED, ORDERED, ORDERED, (TIME,), (NOT_HELD_BACK, CLOCK_IS_SURE), proposed),
    Row(
        Act.ESCALATION_PROPOSED,
        CRITICIZED,
        CRITICIZED,
        (TIME,),
        (NOT_HELD_BACK, CLOCK_IS_SURE, PUBLISHED, HELPED),
        proposed,
    ),
    Row(
        Act.ESCALATION_PROPOSED,
        INTERVIEWED,
        INTERVIEWED,
        (TIME,),
        (NOT_HELD_BACK, CLOCK_IS_SURE, INTERVIEW_DONE, MINUTES_DONE),
        proposed,
    ),
    *_stay(Act.ESCALATION_BLOCKED, LADDER, (TIME,), (), blocked),
    *_stay(Act.DEADLINE_REDATED, State, (TIME,), (), redated),
    *_stay(Act.CLUE_RAISED, State, (TIME,)),
    *_stay(Act.OFFICE_OVERDUE, State, (TIME,)),
    *_stay(Act.CASE_VIEWED, State, (TIME,)),
    *_stay(Act.PERSONAL_DATA_ERASED, State, (TIME,)),
    *_stay(Act.DOCUMENT_MOVED, State, (TIME,)),
)
"""The whole life of a case. Change a row, and the approved text in the tests and `docs/lifecycle.md` change with it."""


# --- executing a row ---------------------------------------------------------------------------------------------


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
_ROWS: Final[Mapping[tuple[Act, State | None], tuple[Row, ...]]] = {
    (act, source): rows
    for act in Act
    for source in (None, *State)
    if (rows := tuple(row for row in TABLE if row.act is act and row.source is source))
}


def rows_of(act: Act, state: State | None) -> tuple[Row, ...]:
    """Return the rows of the table for this act from this state; None is a case that does not exist yet."""
    return _ROWS.get((act, state), ())


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
        raise NotPermitted(_NOT_YOURS.fill(**_names(_any_row(command.act), Role.SYSTEM)))
    if not by_person and command.actor.role is not Role.SYSTEM:
        raise NotPermitted(_ONLY_TIME.fill(act=name(command.act)))
    # Only the first act of a case has no case to look at, and its rows have no guards that would.
    situation = Situation(case=case, command=command, facts=facts, rules=rules)  # type: ignore[arg-type]
    row, situation = _take(case.state if case is not None else None, situation)
    if case is not None and command.on < case.entered_on and command.act not in _ANY_DAY:
        raise GuardRefused(_TOO_EARLY.fill(on=day(command.on), since=day(case.entered_on)))
    _after_what_it_answers(case, command)
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


def _after_what_it_answers(case: Case | None, command: Command) -> None:
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
