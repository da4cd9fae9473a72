"""The lifecycle: one table of rows. Everything that is not in it is refused.

`states.decision` lets `transitions` execute the rows. What a row brings about beside the state is computed by its
`effect` and written into the event; `evolve` applies it (ADR 0009).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.effects.deadlines import nothing, stop, stop_all
from states.effects.ladder import (
    absent_from_interview,
    appeal_decided,
    appeal_filed,
    blocked,
    clock_released,
    criticism_approved,
    criticized,
    escalated,
    escalation_refused,
    inquired,
    interview_approved,
    interview_held,
    minutes_issued,
    not_accountable,
    promised,
    proposed,
    put_forward,
    recorded,
)
from states.effects.rectification import (
    closed,
    handed_over,
    late_closed,
    late_decided,
    listed,
    opened,
    ordered,
    passed,
    plan_returned,
    plan_submitted,
    redated,
    reopened,
    reported,
    verification_failed,
)
from states.effects.rights import (
    extended,
    extension_asked,
    objected,
    refused_extension,
    resumed,
    reviewed,
    signature_refused,
    signed_for,
    suspended,
    tolerance_accepted,
    tolerance_asked,
)
from states.guards.closing import (
    IS_LISTED,
    LISTING_DAY_IS_AHEAD,
    LOOK_BACK_DUE,
    NO_OVERLAY,
    NOT_LISTED,
    SAME_UNIT_OPEN_TARGET,
)
from states.guards.entries import (
    ANOTHER_ACCOUNT,
    COUNTERSIGNATURE_WAITS,
    EVENT_EXISTS,
    LATE_ENTRY_WAITS,
    MAY_COUNTERSIGN,
    OTHER_MARK,
    SECOND_PERSON,
    SIGNED_BEFORE,
    THAT_ONE_WAITS,
    WORDED_ANEW,
)
from states.guards.ladder import (
    ACCOUNTABILITY_GROUND,
    CLOCK_IS_SURE,
    CONVENED_BY_LEADER,
    CRITICISM_APPROVED,
    CRITICISM_GROUND,
    CRITICISM_OWED,
    ENTITLED,
    ESCALATION_HELD,
    ESCALATION_WAITS,
    HELPED,
    INTERVIEW_APPROVED,
    INTERVIEW_DONE,
    INTERVIEW_GROUND,
    INTERVIEW_NOTICE,
    INTERVIEW_OWED,
    MAY_REFUSE_IT,
    MINUTES_DONE,
    NO_MINUTES_YET,
    NO_PROPOSAL_WAITS,
    NOT_HELD_BACK,
    NOT_YET_APPROVED,
    NOT_YET_INTERVIEWED,
    NOT_YET_PROPOSED,
    NOT_YET_PUBLISHED,
    NOTICE_SERVED,
    PROPOSAL_WAITS,
    PROPOSED_BEFORE,
    PUBLISHED,
    RANKING_LETS,
    WAS_INTERVIEWED,
)
from states.guards.rectification import (
    ALL_ITEMS_PASSED,
    AUTHORIZED,
    IS_VERIFIED,
    NO_REPORT_YET,
    NOT_SERVED_YET,
    NOT_YET_VERIFIED,
    ORDER_APPROVED,
    ORDER_DAY_IS_AHEAD,
    ORDER_HAS_CRITERIA,
    ORDER_IS_SERVED,
    PLAN_COVERS_ITEMS,
    PLAN_IS_AWAITED,
    PLAN_IS_IN,
    REPORT_ANSWERS_ITEMS,
    REPORT_IS_IN,
    REPORT_IS_SIGNED,
    REPORT_PROVES_ITEMS,
    REPORT_SAYS_SOMETHING,
    SOME_ITEM_FAILED,
    TERM_RUNS,
    TWO_VERIFIERS,
    URGED_LONG_AGO,
    VERDICTS_ON_ITEMS,
    VERIFIERS_DID_NOT_HELP,
)
from states.guards.rights import (
    APPEAL_IN_TIME,
    APPEAL_OVER,
    APPEAL_POSSIBLE,
    APPEAL_WAITS,
    EXTENSION_CAP,
    EXTENSION_IN_TIME,
    EXTENSION_WAITS,
    FIRST_EXTENSION,
    IS_SUSPENDED,
    NO_APPEAL_YET,
    NO_EXTENSION_WAITS,
    NO_REVIEW_WAITS,
    NO_REVIEW_YET,
    NO_TOLERANCE_YET,
    NOT_SUSPENDED,
    OBJECTION_IN_TIME,
    OBJECTION_POSSIBLE,
    RECTIFIED_OR_PLANNED,
    RECUSAL,
    REVIEW_WAITS,
    SHORT_SUSPENSION,
    TOLERANCE_ACCEPTED,
    TOLERANCE_ASKED,
    TOLERANCE_VIEWS,
)
from states.rows import Row, closed_in_the_past, flag, move, outcome, stay
from states.vocabulary import RUNGS, SPINE, Act, Role, State

if TYPE_CHECKING:
    from collections.abc import Mapping

INSPECTOR, HANDLER, DIRECTOR, LEADER = Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER
LIAISON, HEAD, DISCIPLINE, ARCHIVIST = Role.LIAISON, Role.HEAD, Role.DISCIPLINE, Role.ARCHIVIST
TIME: Final = Role.SYSTEM

FOUND, ORDERED, CRITICIZED, INTERVIEWED, HELD = SPINE
LADDER: Final = (ORDERED, CRITICIZED, INTERVIEWED)
UNIT_ACTS: Final = (LIAISON, HEAD)

TABLE: Final[tuple[Row, ...]] = (
    # ARCHIVIST finding and the ways out of it.
    Row(Act.REGISTER_FINDING, None, FOUND, (INSPECTOR, HANDLER, DIRECTOR), (), opened),
    Row(Act.DISMISS, FOUND, State.UNFOUNDED, (DIRECTOR,), (), stop_all),
    Row(Act.WITHDRAW, FOUND, State.WITHDRAWN, (DIRECTOR,), (), stop_all),
    *move(Act.MERGE_INTO, (FOUND, ORDERED), State.MERGED, (DIRECTOR,), (SAME_UNIT_OPEN_TARGET,), stop_all),
    *stay(Act.TRANSFER, SPINE, (LEADER, DIRECTOR), (WORDED_ANEW, SIGNED_BEFORE), nothing, flag("partial")),
    *move(Act.TRANSFER, SPINE, State.TRANSFERRED, (LEADER, DIRECTOR), (), handed_over),
    # The order, the plan, the report, the verification.
    Row(Act.APPROVE_ORDER, FOUND, FOUND, (DIRECTOR, LEADER), (NOT_SERVED_YET,)),
    Row(Act.APPROVE_ORDER, ORDERED, ORDERED, (DIRECTOR, LEADER), (NOT_SERVED_YET,)),
    *move(
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
    *stay(Act.REPORT_PROGRESS, RUNGS, UNIT_ACTS, (ORDER_IS_SERVED, NO_REPORT_YET)),
    *stay(
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
    *stay(
        Act.VERIFY_PASS,
        RUNGS,
        (INSPECTOR, HANDLER),
        (REPORT_IS_IN, TWO_VERIFIERS, VERIFIERS_DID_NOT_HELP, VERDICTS_ON_ITEMS, ALL_ITEMS_PASSED),
        passed,
    ),
    *stay(
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
    *move(
        Act.APPROVE_CLOSURE,
        RUNGS,
        State.CLOSED,
        (DIRECTOR, LEADER),
        (IS_VERIFIED, NO_OVERLAY, NO_PROPOSAL_WAITS, APPEAL_OVER),
        closed,
    ),
    # Up the ladder, by people.
    *stay(Act.URGE, RUNGS, (HANDLER, DIRECTOR), (NOT_SUSPENDED, TERM_RUNS, URGED_LONG_AGO)),
    *stay(
        Act.APPROVE_CRITICISM,
        (ORDERED, CRITICIZED),
        (LEADER,),
        (NOT_SUSPENDED, ORDER_IS_SERVED, CRITICISM_OWED, NOT_YET_APPROVED, CRITICISM_GROUND),
        criticism_approved,
    ),
    *move(
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
    *stay(Act.RECORD_HELP, (CRITICIZED, INTERVIEWED, HELD), (HANDLER, INSPECTOR, DIRECTOR)),
    *stay(
        Act.APPROVE_INTERVIEW,
        (CRITICIZED, INTERVIEWED),
        (LEADER,),
        (NOT_SUSPENDED, INTERVIEW_OWED, NOT_YET_APPROVED, PUBLISHED, INTERVIEW_GROUND, HELPED),
        interview_approved,
    ),
    *stay(
        Act.SERVE_INTERVIEW_NOTICE,
        (CRITICIZED, INTERVIEWED),
        (HANDLER, DIRECTOR),
        (NOT_SUSPENDED, INTERVIEW_OWED, PUBLISHED, INTERVIEW_GROUND, HELPED, INTERVIEW_APPROVED),
    ),
    *stay(
        Act.RECORD_ABSENCE,
        (CRITICIZED, INTERVIEWED),
        (HANDLER, DIRECTOR),
        (NOT_SUSPENDED, INTERVIEW_OWED, NOTICE_SERVED),
        absent_from_interview,
    ),
    *move(
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
    *stay(Act.PROPOSE_ACCOUNTABILITY, LADDER, (LEADER,), (NOT_YET_PROPOSED, ACCOUNTABILITY_GROUND), put_forward),
    *stay(Act.RECORD_INQUIRY, LADDER, (ARCHIVIST, DIRECTOR), (PROPOSED_BEFORE,), inquired),
    Row(Act.RECORD_INQUIRY, State.TRANSFERRED, State.TRANSFERRED, (ARCHIVIST, DIRECTOR), (PROPOSED_BEFORE,), inquired),
    *move(Act.RECORD_ACCOUNTABILITY, LADDER, HELD, (ARCHIVIST, DIRECTOR), (SECOND_PERSON,), recorded),
    *move(
        Act.RECORD_NO_ACCOUNTABILITY,
        LADDER,
        State.EXEMPTED,
        (ARCHIVIST, DIRECTOR),
        (PROPOSED_BEFORE,),
        stop_all,
        flag("exempted"),
    ),
    *stay(Act.RECORD_NO_ACCOUNTABILITY, LADDER, (ARCHIVIST, DIRECTOR), (PROPOSED_BEFORE,), not_accountable),
    *stay(Act.APPROVE_ESCALATION, LADDER, (LEADER, DIRECTOR), (PROPOSAL_WAITS, ENTITLED), promised),
    *stay(Act.REJECT_ESCALATION, LADDER, (LEADER, DIRECTOR), (ESCALATION_WAITS, MAY_REFUSE_IT), escalation_refused),
    # What stands over the state.
    *stay(
        Act.REQUEST_EXTENSION,
        LADDER,
        UNIT_ACTS,
        (NOT_SUSPENDED, NO_REPORT_YET, FIRST_EXTENSION, EXTENSION_IN_TIME, EXTENSION_CAP),
        extension_asked,
    ),
    *stay(
        Act.APPROVE_EXTENSION,
        LADDER,
        (DIRECTOR, LEADER),
        (EXTENSION_WAITS, NOT_SUSPENDED, EXTENSION_CAP),
        extended,
    ),
    *stay(Act.REFUSE_EXTENSION, LADDER, (DIRECTOR, LEADER), (EXTENSION_WAITS,), refused_extension),
    *stay(Act.SUSPEND, RUNGS, (DIRECTOR, LEADER), (NOT_SUSPENDED, SHORT_SUSPENSION), suspended),
    *stay(Act.RESUME, RUNGS, (DIRECTOR, LEADER), (IS_SUSPENDED,), resumed),
    *stay(Act.FILE_OBJECTION, LADDER, UNIT_ACTS, (NO_REVIEW_YET, OBJECTION_POSSIBLE, OBJECTION_IN_TIME), objected),
    *move(
        Act.DECIDE_REVIEW,
        LADDER,
        State.UNFOUNDED,
        (LEADER, DIRECTOR),
        (REVIEW_WAITS, RECUSAL),
        stop_all,
        outcome("revoke"),
    ),
    *stay(Act.DECIDE_REVIEW, LADDER, (LEADER, DIRECTOR), (REVIEW_WAITS, RECUSAL), reviewed),
    *stay(Act.REQUEST_TOLERANCE, RUNGS, (HEAD, LIAISON, DIRECTOR), (NO_TOLERANCE_YET,), tolerance_asked),
    *stay(Act.ACCEPT_TOLERANCE, RUNGS, (DIRECTOR,), (TOLERANCE_ASKED,), tolerance_accepted),
    *move(
        Act.DECIDE_TOLERANCE,
        RUNGS,
        State.EXEMPTED,
        (LEADER,),
        (TOLERANCE_ACCEPTED, RECTIFIED_OR_PLANNED, TOLERANCE_VIEWS),
        stop_all,
        outcome("granted"),
    ),
    *stay(Act.DECIDE_TOLERANCE, RUNGS, (LEADER,), (TOLERANCE_ACCEPTED,), stop("tolerance_decision")),
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
        outcome("revoke"),
    ),
    Row(Act.DECIDE_APPEAL, HELD, HELD, (ARCHIVIST, DISCIPLINE, LEADER), (APPEAL_WAITS,), appeal_decided),
    *stay(Act.LIST_CASE, RUNGS, (LEADER,), (NOT_LISTED, LISTING_DAY_IS_AHEAD), listed),
    *stay(Act.DELIST_CASE, RUNGS, (LEADER,), (IS_LISTED,), stop("listing")),
    # After closure, and without a finding.
    Row(Act.LOOK_BACK_PASS, State.CLOSED, State.CLOSED, (INSPECTOR, HANDLER), (LOOK_BACK_DUE,), stop("look_back")),
    Row(Act.REOPEN, State.CLOSED, CRITICIZED, (LEADER,), (), reopened, flag("false_rectification")),
    Row(Act.REOPEN, State.CLOSED, ORDERED, (DIRECTOR, LEADER), (), reopened),
    Row(Act.START_RANKING_INTERVIEW, None, INTERVIEWED, (LEADER,), (RANKING_LETS,), opened),
    *stay(
        Act.ACKNOWLEDGE,
        State,
        (LIAISON, HEAD, HANDLER, DIRECTOR, LEADER, DISCIPLINE, ARCHIVIST),
        (EVENT_EXISTS,),
        signed_for,
    ),
    *stay(Act.ASSIGN, (*SPINE, State.CLOSED), (DIRECTOR,)),
    *move(
        Act.DECIDE_LATE_ENTRY,
        RUNGS,
        State.CLOSED,
        (DIRECTOR, LEADER),
        (LATE_ENTRY_WAITS,),
        late_closed,
        closed_in_the_past,
    ),
    *stay(Act.DECIDE_LATE_ENTRY, SPINE, (DIRECTOR, LEADER), (LATE_ENTRY_WAITS,), late_decided),
    *stay(Act.RELEASE_ESCALATION, LADDER, (DIRECTOR, LEADER), (ESCALATION_HELD,), clock_released),
    *stay(
        Act.COUNTERSIGN,
        State,
        (INSPECTOR, HANDLER, DIRECTOR, LEADER, ARCHIVIST),
        (COUNTERSIGNATURE_WAITS, THAT_ONE_WAITS, MAY_COUNTERSIGN, ANOTHER_ACCOUNT),
    ),
    *stay(
        Act.REFUSE_COUNTERSIGN,
        State,
        (INSPECTOR, HANDLER, DIRECTOR, LEADER, ARCHIVIST),
        (COUNTERSIGNATURE_WAITS, THAT_ONE_WAITS, MAY_COUNTERSIGN, ANOTHER_ACCOUNT),
        signature_refused,
    ),
    *stay(Act.CORRECT_EVENT, State, (DIRECTOR,), (EVENT_EXISTS, SECOND_PERSON)),
    # What was handed over is sealed whatever its mark; its stub tells nobody what to mark.
    *stay(
        Act.MARK_CONFIDENTIALITY, (s for s in State if s is not State.TRANSFERRED), (DIRECTOR, HANDLER), (OTHER_MARK,)
    ),
    # By time alone.
    *stay(Act.REMINDER_DUE, State, (TIME,)),
    *stay(Act.MARKED_YELLOW, State, (TIME,)),
    *stay(Act.MARKED_RED, State, (TIME,)),
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
    *stay(Act.ESCALATION_BLOCKED, LADDER, (TIME,), (), blocked),
    *stay(Act.DEADLINE_REDATED, State, (TIME,), (), redated),
    *stay(Act.CLUE_RAISED, State, (TIME,)),
    *stay(Act.OFFICE_OVERDUE, State, (TIME,)),
    *stay(Act.CASE_VIEWED, State, (TIME,)),
    *stay(Act.PERSONAL_DATA_ERASED, State, (TIME,)),
    *stay(Act.DOCUMENT_MOVED, State, (TIME,)),
)
"""The whole life of a case. Change a row, and the approved text in the tests and `docs/lifecycle.md` change with it."""

_ROWS: Final[Mapping[tuple[Act, State | None], tuple[Row, ...]]] = {
    (act, source): rows
    for act in Act
    for source in (None, *State)
    if (rows := tuple(row for row in TABLE if row.act is act and row.source is source))
}


def rows_of(act: Act, state: State | None) -> tuple[Row, ...]:
    """Return the rows of the table for this act from this state; None is a case that does not exist yet."""
    return _ROWS.get((act, state), ())


def first_row(act: Act) -> Row:
    """Return the first row of the table for this act, from whatever state."""
    return next(row for row in TABLE if row.act is act)


def default_role(act: Act, state: State | None) -> Role:
    """Return the role that does this act from this state when nobody else is named."""
    rows = rows_of(act, state) or (first_row(act),)
    return rows[0].roles[0]
