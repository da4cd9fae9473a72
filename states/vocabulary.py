"""The words of the lifecycle: states, phases, lights, roles, acts, and the fields that an act takes."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(StrEnum):
    """Where a case stands: five rungs, then six outcomes (docs/domain.md §4.1)."""

    FOUND = "found"
    ORDERED = "ordered_to_rectify"
    CRITICIZED = "publicly_criticized"
    INTERVIEWED = "interviewed"
    HELD = "held_accountable"
    CLOSED = "closed"
    UNFOUNDED = "unfounded"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    EXEMPTED = "exempted"
    TRANSFERRED = "transferred"


SPINE: Final = (State.FOUND, State.ORDERED, State.CRITICIZED, State.INTERVIEWED, State.HELD)
RUNGS: Final = SPINE[1:]
OUTCOMES: Final = tuple(state for state in State if state not in SPINE)


class Phase(StrEnum):
    """What is going on inside a state."""

    DECIDING = "deciding"
    TO_BE_SERVED = "to_be_served"
    PLANNING = "planning"
    TO_BE_PUBLISHED = "to_be_published"
    HELPING = "helping"
    TO_BE_HELD = "to_be_held"
    RECTIFYING = "rectifying"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    MINUTES = "minutes"
    PROPOSED = "accountability_proposed"
    INQUIRY = "accountability_inquiry"
    DONE = "done"


class Light(StrEnum):
    """How urgent a case is (灯色). Blue is near its limit, yellow overdue, red long overdue."""

    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"


class Confidentiality(StrEnum):
    """The mark on a case: for whom it is meant. State secrets have no mark here, because they may not be here at all.

    Source: 保守国家秘密法 art. 31(3) (no state secrets in this system), art. 64 (work secrets).
    """

    PUBLIC = "public"
    INTERNAL = "internal"
    WORK_SECRET = "work_secret"  # noqa: S105  # no password: a work secret (工作秘密)


class Role(StrEnum):
    """In what capacity somebody acts (docs/domain.md §4.2)."""

    INSPECTOR = "inspector"
    HANDLER = "handler"
    DIRECTOR = "director"
    LEADER = "leader"
    LIAISON = "liaison"
    HEAD = "head"
    DISCIPLINE = "discipline"
    ARCHIVIST = "archivist"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDIT_ADMINISTRATOR = "audit_administrator"
    SYSTEM = "system"


class Act(StrEnum):
    """What can be done to a case. Those from `REMINDER_DUE` on are done by time alone, and never entered by a person.

    `CLUE_RAISED` stands only in histories from before `OFFICE_OVERDUE`: a clue is a possible problem, not a delay of
    the office (docs/domain.md §4.7).
    """

    REGISTER_FINDING = "register_finding"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"
    MERGE_INTO = "merge_into"
    TRANSFER = "transfer"
    SERVE_ORDER = "serve_order"
    SUBMIT_PLAN = "submit_plan"
    ACCEPT_PLAN = "accept_plan"
    RETURN_PLAN = "return_plan"
    SUBMIT_REPORT = "submit_report"
    VERIFY_PASS = "verify_pass"  # noqa: S105  # no password: to pass a verification
    VERIFY_FAIL = "verify_fail"
    APPROVE_CLOSURE = "approve_closure"
    PUBLISH_CRITICISM = "publish_criticism"
    RECORD_HELP = "record_help"
    HOLD_INTERVIEW = "hold_interview"
    ISSUE_MINUTES = "issue_minutes"
    PROPOSE_ACCOUNTABILITY = "propose_accountability"
    RECORD_ACCOUNTABILITY = "record_accountability"
    REQUEST_EXTENSION = "request_extension"
    APPROVE_EXTENSION = "approve_extension"
    REFUSE_EXTENSION = "refuse_extension"
    SUSPEND = "suspend"
    RESUME = "resume"
    FILE_OBJECTION = "file_objection"
    DECIDE_REVIEW = "decide_review"
    REQUEST_TOLERANCE = "request_tolerance"
    ACCEPT_TOLERANCE = "accept_tolerance"
    DECIDE_TOLERANCE = "decide_tolerance"
    FILE_APPEAL = "file_appeal"
    DECIDE_APPEAL = "decide_appeal"
    LOOK_BACK_PASS = "look_back_pass"  # noqa: S105  # no password
    REOPEN = "reopen"
    START_RANKING_INTERVIEW = "start_ranking_interview"
    LIST_CASE = "list_case"
    DELIST_CASE = "delist_case"
    APPROVE_ESCALATION = "approve_escalation"
    REJECT_ESCALATION = "reject_escalation"
    ACKNOWLEDGE = "acknowledge"
    CORRECT_EVENT = "correct_event"
    MARK_CONFIDENTIALITY = "mark_confidentiality"
    APPROVE_ORDER = "approve_order"
    APPROVE_CRITICISM = "approve_criticism"
    APPROVE_INTERVIEW = "approve_interview"
    SERVE_INTERVIEW_NOTICE = "serve_interview_notice"
    RECORD_ABSENCE = "record_absence"
    RECORD_INQUIRY = "record_inquiry"
    RECORD_NO_ACCOUNTABILITY = "record_no_accountability"
    REPORT_PROGRESS = "report_progress"
    URGE = "urge"
    ASSIGN = "assign"
    DECIDE_LATE_ENTRY = "decide_late_entry"
    RELEASE_ESCALATION = "release_escalation"
    COUNTERSIGN = "countersign"
    REFUSE_COUNTERSIGN = "refuse_countersign"
    RAISE_CLUE = "raise_clue"
    ADOPT_CLUE = "adopt_clue"
    DISMISS_CLUE = "dismiss_clue"
    REMINDER_DUE = "reminder_due"
    MARKED_YELLOW = "marked_yellow"
    MARKED_RED = "marked_red"
    ESCALATED = "escalated"
    ESCALATION_PROPOSED = "escalation_proposed"
    ESCALATION_BLOCKED = "escalation_blocked"
    DEADLINE_REDATED = "deadline_redated"
    CLUE_RAISED = "clue_raised"
    OFFICE_OVERDUE = "office_overdue"
    CASE_VIEWED = "case_viewed"
    PERSONAL_DATA_ERASED = "personal_data_erased"
    DOCUMENT_MOVED = "document_moved"


SYSTEM_ACTS: Final = frozenset(list(Act)[list(Act).index(Act.REMINDER_DUE) :])
SILENT_ACTS: Final = frozenset({Act.CASE_VIEWED, Act.PERSONAL_DATA_ERASED, Act.DOCUMENT_MOVED})
"""What is written down of a case without touching it: only its version goes on."""
CLUE_ACTS: Final = frozenset({Act.RAISE_CLUE, Act.ADOPT_CLUE, Act.DISMISS_CLUE})
"""What is done to clues, which are no cases: their table is `states.clue.CLUE_TABLE`."""
PERSONS_ACTS: Final = tuple(act for act in Act if act not in SYSTEM_ACTS | CLUE_ACTS)

NAMES: Final[Mapping[StrEnum, tuple[str, str]]] = {
    State.FOUND: ("发现问题", "found"),
    State.ORDERED: ("责令整改", "ordered to rectify"),
    State.CRITICIZED: ("通报批评", "publicly criticized"),
    State.INTERVIEWED: ("约谈", "interviewed"),
    State.HELD: ("问责", "held accountable"),
    State.CLOSED: ("销号", "closed"),
    State.UNFOUNDED: ("查否", "unfounded"),
    State.WITHDRAWN: ("撤销登记", "withdrawn"),
    State.MERGED: ("并案", "merged"),
    State.EXEMPTED: ("容错免责", "exempted"),
    State.TRANSFERRED: ("移送", "transferred"),
    Phase.DECIDING: ("待决定", "deciding"),
    Phase.TO_BE_SERVED: ("待送达", "to be served"),
    Phase.PLANNING: ("制定方案", "planning"),
    Phase.TO_BE_PUBLISHED: ("待印发通报", "circular to be published"),
    Phase.HELPING: ("帮助整改", "being helped"),
    Phase.TO_BE_HELD: ("待约谈", "interview to be held"),
    Phase.RECTIFYING: ("整改中", "rectifying"),
    Phase.VERIFYING: ("核查中", "under verification"),
    Phase.VERIFIED: ("核查通过", "verified"),
    Phase.MINUTES: ("待印发纪要", "minutes to be issued"),
    Phase.PROPOSED: ("已建议问责", "accountability proposed"),
    Phase.INQUIRY: ("问责调查中", "accountability inquiry"),
    Phase.DONE: ("已办结", "done"),
    Light.GREEN: ("绿灯", "green"),
    Light.BLUE: ("蓝灯", "blue"),
    Light.YELLOW: ("黄灯", "yellow"),
    Light.RED: ("红灯", "red"),
    Confidentiality.PUBLIC: ("公开", "public"),
    Confidentiality.INTERNAL: ("内部", "internal"),
    Confidentiality.WORK_SECRET: ("工作秘密", "work secret"),
    Role.INSPECTOR: ("检查人员", "inspector"),
    Role.HANDLER: ("承办人", "case handler"),
    Role.DIRECTOR: ("督查机构负责人", "office director"),
    Role.LEADER: ("上级主要负责人", "approving leader"),
    Role.LIAISON: ("联络员", "liaison"),
    Role.HEAD: ("主要负责人", "responsible head"),
    Role.DISCIPLINE: ("纪检监察机关", "discipline organ"),
    Role.ARCHIVIST: ("档案管理员", "archivist"),
    Role.AUDITOR: ("审计人员", "auditor"),
    Role.ADMINISTRATOR: ("系统管理员", "system administrator"),
    Role.SECURITY_ADMINISTRATOR: ("安全管理员", "security administrator"),
    Role.AUDIT_ADMINISTRATOR: ("审计管理员", "audit administrator"),
    Role.SYSTEM: ("系统", "system"),
    Act.REGISTER_FINDING: ("登记问题", "register the finding"),
    Act.DISMISS: ("查否", "dismiss as groundless"),
    Act.WITHDRAW: ("撤销登记", "withdraw"),
    Act.MERGE_INTO: ("并案", "merge into another case"),
    Act.TRANSFER: ("移送", "transfer"),
    Act.SERVE_ORDER: ("送达责令整改通知", "serve the order to rectify"),
    Act.SUBMIT_PLAN: ("报送整改方案", "submit the plan"),
    Act.ACCEPT_PLAN: ("认可整改方案", "accept the plan"),
    Act.RETURN_PLAN: ("退回整改方案", "return the plan"),
    Act.SUBMIT_REPORT: ("报送整改报告", "submit the report"),
    Act.VERIFY_PASS: ("核查通过", "verify as put right"),
    Act.VERIFY_FAIL: ("核查不通过", "verify as inadequate"),
    Act.APPROVE_CLOSURE: ("批准销号", "approve the closure"),
    Act.PUBLISH_CRITICISM: ("印发通报批评", "publish the criticism"),
    Act.RECORD_HELP: ("记录帮助指导", "record help"),
    Act.HOLD_INTERVIEW: ("实施约谈", "hold the interview"),
    Act.ISSUE_MINUTES: ("印发约谈纪要", "issue the minutes"),
    Act.PROPOSE_ACCOUNTABILITY: ("提出问责建议", "propose accountability"),
    Act.RECORD_ACCOUNTABILITY: ("登记问责决定", "record the accountability decision"),
    Act.REQUEST_EXTENSION: ("申请延期", "ask for an extension"),
    Act.APPROVE_EXTENSION: ("批准延期", "approve the extension"),
    Act.REFUSE_EXTENSION: ("不予延期", "refuse the extension"),
    Act.SUSPEND: ("中止", "suspend"),
    Act.RESUME: ("恢复", "resume"),
    Act.FILE_OBJECTION: ("申请复核", "file an objection"),
    Act.DECIDE_REVIEW: ("作出复核决定", "decide the review"),
    Act.REQUEST_TOLERANCE: ("申请容错", "ask for error tolerance"),
    Act.ACCEPT_TOLERANCE: ("受理容错申请", "accept the tolerance request"),
    Act.DECIDE_TOLERANCE: ("作出容错认定", "decide on tolerance"),
    Act.FILE_APPEAL: ("提出申诉", "file an appeal"),
    Act.DECIDE_APPEAL: ("登记申诉决定", "record the appeal decision"),
    Act.LOOK_BACK_PASS: ("回头看通过", "pass the look-back"),
    Act.REOPEN: ("重新立案整改", "reopen"),
    Act.START_RANKING_INTERVIEW: ("启动末位约谈", "start a ranking interview"),
    Act.LIST_CASE: ("挂牌督办", "list"),
    Act.DELIST_CASE: ("摘牌", "delist"),
    Act.APPROVE_ESCALATION: ("批准升级", "approve the escalation"),
    Act.REJECT_ESCALATION: ("不同意升级", "reject the escalation"),
    Act.ACKNOWLEDGE: ("签收", "acknowledge"),
    Act.CORRECT_EVENT: ("更正记录", "correct an event"),
    Act.MARK_CONFIDENTIALITY: ("更改密级标注", "change the confidentiality mark"),
    Act.APPROVE_ORDER: ("批准责令整改", "approve the order"),
    Act.APPROVE_CRITICISM: ("批准通报批评", "approve the criticism"),
    Act.APPROVE_INTERVIEW: ("批准约谈", "approve the interview"),
    Act.SERVE_INTERVIEW_NOTICE: ("送达约谈通知", "serve the interview notice"),
    Act.RECORD_ABSENCE: ("记录缺席约谈", "record the absence from the interview"),
    Act.RECORD_INQUIRY: ("登记问责调查", "record the inquiry"),
    Act.RECORD_NO_ACCOUNTABILITY: ("登记不予问责", "record that nobody is held accountable"),
    Act.REPORT_PROGRESS: ("报告整改进展", "report progress"),
    Act.URGE: ("催办", "urge"),
    Act.ASSIGN: ("指派承办人", "assign the case handler"),
    Act.DECIDE_LATE_ENTRY: ("决定补录事项", "decide on the late entry"),
    Act.RELEASE_ESCALATION: ("放行升级", "release the escalation"),
    Act.COUNTERSIGN: ("会签", "countersign"),
    Act.REFUSE_COUNTERSIGN: ("不予会签", "refuse to countersign"),
    Act.RAISE_CLUE: ("登记线索", "raise a clue"),
    Act.ADOPT_CLUE: ("线索立案", "adopt the clue"),
    Act.DISMISS_CLUE: ("线索不予立案", "dismiss the clue"),
    Act.REMINDER_DUE: ("到期提醒", "reminder due"),
    Act.MARKED_YELLOW: ("亮黄灯", "marked yellow"),
    Act.MARKED_RED: ("亮红灯", "marked red"),
    Act.ESCALATED: ("逾期升级", "escalated"),
    Act.ESCALATION_PROPOSED: ("提出升级建议", "escalation proposed"),
    Act.ESCALATION_BLOCKED: ("升级受阻", "escalation blocked"),
    Act.DEADLINE_REDATED: ("期限重算", "deadline re-dated"),
    Act.CLUE_RAISED: ("督查机构逾期", "overdue with the office"),
    Act.OFFICE_OVERDUE: ("督查机构逾期", "overdue with the office"),
    Act.CASE_VIEWED: ("查阅", "viewed"),
    Act.PERSONAL_DATA_ERASED: ("删除个人信息", "personal data erased"),
    Act.DOCUMENT_MOVED: ("文书流转", "document moved on"),
}


DEADLINES: Final[Mapping[str, tuple[str, str]]] = {
    "decision": ("决定是否责令整改", "decide on the finding"),
    "plan": ("报送整改方案", "plan"),
    "rectification": ("整改", "rectification"),
    "verification": ("核查", "verification"),
    "objection": ("可申请复核", "objection may be filed"),
    "review_decision": ("复核决定", "review decision"),
    "publication": ("印发通报", "publication"),
    "interview": ("约谈", "interview"),
    "minutes": ("印发纪要", "minutes"),
    "accountability_proposal": ("提出问责建议", "accountability proposal"),
    "appeal": ("可申诉", "appeal may be filed"),
    "appeal_decision": ("申诉决定", "appeal decision"),
    "look_back": ("回头看", "look-back"),
    "service": ("送达责令整改通知", "service of the order"),
    "transfer_letter": ("送出移送函", "letter of transfer"),
    "listing": ("挂牌督办", "listed supervision"),
    "transfer_answer": ("受移送机关反馈", "answer to the transfer"),
    "countersignature": ("会签", "countersignature"),
    "extension_answer": ("答复延期申请", "answer to the extension"),
    "suspension_review": ("复查中止事由", "review of the suspension"),
    "tolerance_acceptance": ("受理容错申请", "acceptance of tolerance"),
    "tolerance_decision": ("容错认定", "decision on tolerance"),
}
"""What people call the kinds of deadlines."""

INSPECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "regular": ("定期检查", "regular inspection"),
    "special": ("专项督查", "special inspection"),
    "unannounced": ("实地暗访", "unannounced visit"),
}
"""The kinds of inspection of article 9, and what people call them."""
_NO_INSPECTION: Final = ("", "")


def inspection_name(kind: str) -> str:
    """Return the Chinese name of a kind of inspection, as ledgers and documents write it; nothing for no kind."""
    return INSPECTIONS.get(kind, _NO_INSPECTION)[0]


def name(word: StrEnum) -> Sentence:
    """Return the Chinese and English name of a state, phase, light, role or act."""
    return Sentence(*NAMES[word])


_SHA256: Final = re.compile(r"^[0-9a-f]{64}$")


def is_clean(text: str) -> bool:
    """Say whether every character can be kept: no control characters but line ends and tabs, no half pairs."""
    return not any((letter < " " and letter not in "\t\n\r") or "\ud800" <= letter <= "\udfff" for letter in text)


def is_evidence(text: str) -> bool:
    """Say whether `text` is the SHA-256 of a kept file, in lower-case hexadecimal."""
    return _SHA256.match(text) is not None


OVERLAYS: Final[Mapping[str, tuple[str, str]]] = {
    "suspended": ("中止", "suspended"),
    "extension_pending": ("延期申请待答复", "extension pending"),
    "under_review": ("复核中", "under review"),
    "under_appeal": ("申诉中", "under appeal"),
    "listed": ("挂牌督办", "listed"),
    "partly_transferred": ("部分移送", "partly transferred"),
    "tolerance_review": ("容错审查中", "tolerance under review"),
    "provisional_deadline": ("期限暂定", "provisional deadline"),
    "late_entry": ("补录待核", "late entry"),
    "to_be_countersigned": ("待会签", "to be countersigned"),
}
"""What people call that which stands over a state."""
