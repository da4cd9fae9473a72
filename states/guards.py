"""What must hold before a row of the table may be taken, each with the sentence that people are told.

A guard looks at one `Situation` and answers yes or no. Guards marked `asks_data` look at the data of the act as well;
they are left out when somebody only wants to know what may be done (`lifecycle.allowed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from states.errors import GuardRefused, Sentence
from states.terms import Term, Unit, date_text
from states.vocabulary import Phase, Role, State, name

if TYPE_CHECKING:
    from collections.abc import Callable

    from states.case import Case
    from states.command import Situation
    from states.policy import Policy


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition with the sentence for when it does not hold."""

    code: str
    holds: Callable[[Situation], bool]
    zh: str
    en: str
    particulars: Callable[[Situation], dict[str, Any]] | None = None
    asks_data: bool = False

    def check(self, situation: Situation) -> None:
        """Do nothing if the condition holds.

        Raises:
            GuardRefused: it does not; the sentence says what is missing.
        """
        if not self.holds(situation):
            raise refusal(self, situation)


class GuardFailed(GuardRefused):
    """A guard does not hold; `code` names it for the history."""

    def __init__(self, sentence: Sentence, code: str) -> None:
        """Carry the sentence and the guard's name."""
        super().__init__(sentence)
        self.code = code


def refusal(guard: Guard, situation: Situation) -> GuardFailed:
    """Return the refusal that this guard gives in this situation."""
    particulars = guard.particulars(situation) if guard.particulars else {}
    return GuardFailed(Sentence(guard.zh, guard.en, particulars), guard.code)


def day(moment: date | None) -> Sentence:
    """Return the day as both languages write it."""
    if moment is None:
        return Sentence("（无）", "(none)")
    return Sentence(date_text(moment, "zh-CN"), date_text(moment, "en"))


# --- what the guards look at -------------------------------------------------------------------------------------


def term_is_over(case: Case, on: date) -> bool:
    """Say whether the unit's term ended without an answer: it passed with no report, or the verification failed."""
    line = case.deadline("rectification")
    if line is None or case.phase in (Phase.VERIFYING, Phase.VERIFIED):
        return False
    return line.due_on < on or (case.failed_on is not None and case.failed_on >= line.due_on)


def criticism_has_ground(case: Case, on: date) -> bool:
    """Say whether a criticism is called for: the term is over, a verification failed, or the report was false."""
    return term_is_over(case, on) or case.failed_on is not None or case.false_report


def _approved(move: State) -> Callable[[Situation], bool]:
    def holds(s: Situation) -> bool:
        needed = {
            State.CRITICIZED: s.rules.policy.criticism_needs_approval,
            State.INTERVIEWED: s.rules.policy.interview_needs_approval,
        }.get(move, True)
        return not needed or s.command.actor.role is Role.LEADER or s.case.approved == move

    return holds


def _extension_is_open(s: Situation) -> bool:
    line = s.case.deadline("rectification")
    return line is not None and s.command.on <= s.rules.calendar.back(line.due_on, s.rules.policy.extension.ask_before)


def _latest_request(s: Situation) -> dict[str, Any]:
    line = s.case.deadline("rectification")
    latest = s.rules.calendar.back(line.due_on, s.rules.policy.extension.ask_before) if line else None
    return {"latest": day(latest), "days": s.rules.policy.extension.ask_before}


def asked_extension(s: Situation) -> str:
    """Return the extension that is asked for or granted, as a term: what the act says, else what was asked."""
    return str(s.command.data.get("term") or s.case.extension or f"{s.rules.policy.extension.cap}wd")


def _within_cap(s: Situation) -> bool:
    term = Term.parse(asked_extension(s))
    return term.unit is Unit.WORKING_DAY and term.amount <= s.rules.policy.extension.cap


def _within_right(kind: str) -> Callable[[Situation], bool]:
    def holds(s: Situation) -> bool:
        line = s.case.deadline(kind)
        return line is not None and s.command.on <= line.due_on

    return holds


def _right_until(kind: str) -> Callable[[Situation], dict[str, Any]]:
    def particulars(s: Situation) -> dict[str, Any]:
        line = s.case.deadline(kind)
        return {"until": day(line.due_on if line else None)}

    return particulars


def _verifiers_suffice(s: Situation) -> bool:
    named = s.command.data.get("verifiers")
    if not named:
        return not s.rules.policy.verifiers_named
    return len(set(named)) >= s.rules.policy.verifiers


def _appeal_is_over(s: Situation) -> bool:
    if s.case.state is not State.HELD or s.case.appeal not in ("", "pending"):
        return True
    line = s.case.deadline("appeal")
    return s.case.appeal != "pending" and (line is None or s.command.on > line.due_on)


def _notice_was_early_enough(s: Situation) -> bool:
    served = s.command.data.get("notice_on")
    return (
        served is None
        or s.rules.calendar.forward(date.fromisoformat(served), s.rules.policy.interview_notice) <= s.command.on
    )


def overlay_names(case: Case) -> str:
    """Return the overlays that keep a case from closing."""
    return "、".join(word for word in case.overlays if word in _HOLDING)


_HOLDING: Final = frozenset({"suspended", "extension_pending", "under_review", "under_appeal", "tolerance_review"})


def holding(case: Case, policy: Policy, move: str) -> str:
    """Return the code of what holds an escalation to `move` back under the policy, or nothing."""
    if case.suspended_on is not None:
        return "suspended"
    if case.extension and policy.extension_holds_escalation:
        return "extension_pending"
    if case.review == "pending" and policy.review_holds_criticism and move == State.CRITICIZED:
        return "under_review"
    return ""


# --- the guards --------------------------------------------------------------------------------------------------

NOT_SUSPENDED: Final = Guard(
    "suspended",
    lambda s: s.case.suspended_on is None,
    "案件已于{since}中止，恢复后方可办理。",
    "The case has been suspended since {since}; resume it first.",
    lambda s: {"since": day(s.case.suspended_on)},
)
IS_SUSPENDED: Final = Guard(
    "not_suspended", lambda s: s.case.suspended_on is not None, "案件没有中止，无需恢复。", "The case is not suspended."
)
AUTHORIZED: Final = Guard(
    "authorization",
    lambda s: (
        s.case.unit_kind not in ("party_committee", "government") or bool(s.command.data.get("authorization_note"))
    ),
    "{unit}是下级党委或政府，议事协调机构办公室不得直接向其发指令：请在 authorization_note 中写明“经……同意”的授权说明"
    "（《党政机关公文处理工作条例》第十六条）。",
    "{unit} is a lower Party committee or government, which this office may not command by itself; state in "
    "authorization_note with whose consent the order is given (Regulations on Official Documents, article 16).",
    lambda s: {"unit": s.case.unit},
    asks_data=True,
)
PLAN_IS_AWAITED: Final = Guard(
    "plan_not_awaited",
    lambda s: s.case.plan in ("", "returned"),
    "整改方案已经报送，正在审核或已认可，无需重复报送。",
    "The plan has been submitted already; it is being read or has been accepted.",
)
PLAN_IS_IN: Final = Guard(
    "no_plan", lambda s: s.case.plan == "submitted", "还没有待审核的整改方案。", "No plan is waiting to be read."
)
NO_REPORT_YET: Final = Guard(
    "report_waits",
    lambda s: s.case.phase not in (Phase.VERIFYING, Phase.VERIFIED),
    "整改报告已经报送，正在核查或已核查通过，无需重复报送。",
    "A report has been submitted already; it is being verified or has passed.",
)
REPORT_IS_IN: Final = Guard(
    "no_report",
    lambda s: s.case.phase is Phase.VERIFYING,
    "被查单位还没有报送整改报告，不能认定核查通过。",
    "The unit has not submitted its report, so it cannot be verified as put right.",
)
NOT_YET_VERIFIED: Final = Guard(
    "verified",
    lambda s: s.case.phase is not Phase.VERIFIED,
    "已核查通过，等待批准销号。",
    "It has been verified as put right and waits for closure.",
)
TWO_VERIFIERS: Final = Guard(
    "verifiers",
    _verifiers_suffice,
    "核查须由至少{n}名不同的核查人员进行：请在 verifiers 中写明。",
    "At least {n} different people must verify; name them in verifiers.",
    lambda s: {"n": s.rules.policy.verifiers},
    asks_data=True,
)
VERIFIERS_DID_NOT_HELP: Final = Guard(
    "verifier_helped",
    lambda s: not set(s.command.data.get("verifiers", ())) & set(s.case.helpers),
    "{who}参加过对该单位的帮助指导，应当回避，不能参加核查。",
    "{who} helped this unit and may not verify it.",
    lambda s: {"who": "、".join(sorted(set(s.command.data.get("verifiers", ())) & set(s.case.helpers)))},
    asks_data=True,
)
IS_VERIFIED: Final = Guard(
    "not_verified",
    lambda s: s.case.phase is Phase.VERIFIED,
    "整改还没有核查通过，不能销号。",
    "The rectification has not been verified, so the case cannot be closed.",
)
NO_OVERLAY: Final = Guard(
    "overlay",
    lambda s: not overlay_names(s.case),
    "还有未了结的事项（{which}），不能销号。",
    "Something is still open ({which}), so the case cannot be closed.",
    lambda s: {"which": overlay_names(s.case)},
)
APPEAL_OVER: Final = Guard(
    "appeal_open",
    _appeal_is_over,
    "申诉期到{until}，期满或申诉办结后方可销号。",
    "An appeal may be filed until {until}; the case can be closed when that is over or decided.",
    _right_until("appeal"),
)
CRITICISM_GROUND: Final = Guard(
    "no_ground",
    lambda s: criticism_has_ground(s.case, s.command.on) or s.case.state is State.CRITICIZED,
    "没有通报批评的事由：整改期限未过，核查也没有不通过（第九条第二款）。",
    "There is no ground for criticism: the term is not over and no verification has failed (article 9(2)).",
)
CRITICISM_APPROVED: Final = Guard(
    "approval",
    _approved(State.CRITICIZED),
    "通报批评须先经上级党委（依法治市委）主要负责人批准（approve_escalation）。",
    "A criticism needs the approval of the leader of the superior Party committee first (approve_escalation).",
)
NOT_YET_PUBLISHED: Final = Guard(
    "published",
    lambda s: s.case.state is not State.CRITICIZED or s.case.criticized_on is None,
    "通报批评已于{when}印发，不能重复印发。",
    "The criticism was published on {when} already.",
    lambda s: {"when": day(s.case.criticized_on)},
)
NO_EXTENSION_WAITS: Final = Guard(
    "extension_pending",
    lambda s: not s.case.extension,
    "延期申请尚未答复，应先作出答复。",
    "A request for an extension has not been answered; answer it first.",
)
NO_REVIEW_WAITS: Final = Guard(
    "under_review",
    lambda s: s.case.review != "pending" or not s.rules.policy.review_holds_criticism,
    "复核申请尚未作出决定，应先作出复核决定。",
    "An objection has not been decided; decide it first.",
)
HELPED: Final = Guard(
    "help",
    lambda s: s.case.helps >= s.rules.policy.helps,
    "通报批评之后还没有记录帮助指导（已有{have}次，至少{need}次）：第九条第二款规定，经帮助仍不到位的才约谈。",
    "No help has been recorded since the criticism ({have} of at least {need}); article 9(2) allows the interview only "
    "of those who remain inadequate after help.",
    lambda s: {"have": s.case.helps, "need": s.rules.policy.helps},
)
INTERVIEW_GROUND: Final = Guard(
    "no_ground",
    lambda s: term_is_over(s.case, s.command.on) or s.case.failed_on is not None or s.case.state is State.INTERVIEWED,
    "没有约谈的事由：第二次整改期限未过，核查也没有不通过。",
    "There is no ground for an interview: the second term is not over and no verification has failed.",
)
INTERVIEW_APPROVED: Final = Guard(
    "approval",
    _approved(State.INTERVIEWED),
    "约谈须先经上级党委（依法治市委）主要负责人批准（approve_escalation）。",
    "An interview needs the approval of the leader of the superior Party committee first (approve_escalation).",
)
INTERVIEW_NOTICE: Final = Guard(
    "notice",
    _notice_was_early_enough,
    "约谈通知应至少提前{days}个工作日送达，最早可于{earliest}约谈。",
    "The notice must be served at least {days} working days ahead; the interview can be held on {earliest} at the "
    "earliest.",
    lambda s: {
        "days": s.rules.policy.interview_notice,
        "earliest": day(
            s.rules.calendar.forward(date.fromisoformat(s.command.data["notice_on"]), s.rules.policy.interview_notice)
        ),
    },
    asks_data=True,
)
NOT_YET_INTERVIEWED: Final = Guard(
    "interviewed",
    lambda s: s.case.state is not State.INTERVIEWED or s.case.interviewed_on is None,
    "约谈已于{when}进行。",
    "The interview was held on {when} already.",
    lambda s: {"when": day(s.case.interviewed_on)},
)
WAS_INTERVIEWED: Final = Guard(
    "not_interviewed",
    lambda s: s.case.interviewed_on is not None,
    "约谈还没有进行，不能印发纪要。",
    "The interview has not been held, so there are no minutes to issue.",
)
NO_MINUTES_YET: Final = Guard(
    "minutes",
    lambda s: s.case.minutes_on is None,
    "约谈纪要已于{when}印发。",
    "The minutes were issued on {when} already.",
    lambda s: {"when": day(s.case.minutes_on)},
)
ACCOUNTABILITY_GROUND: Final = Guard(
    "no_ground",
    lambda s: (
        bool(s.command.data.get("grave"))
        or s.case.approved == State.HELD
        or (s.case.state is State.INTERVIEWED and (term_is_over(s.case, s.command.on) or s.case.failed_on is not None))
    ),
    "没有问责建议的事由：约谈后的整改期限未过，核查也没有不通过；情节严重的，请写明 grave（第九条第四款）。",
    "There is no ground for proposing accountability: the term after the interview is not over and no verification "
    "has failed; if it is grave, say so with grave (article 9(4)).",
    asks_data=True,
)
NOT_YET_PROPOSED: Final = Guard(
    "proposed",
    lambda s: s.case.phase is not Phase.PROPOSED,
    "问责建议已经提出，等待有管理权限的党组织决定。",
    "Accountability has been proposed already and waits for the body that manages the cadre.",
)
SECOND_PERSON: Final = Guard(
    "second_person",
    lambda s: s.command.data.get("confirmed_by") != s.command.actor.user,
    "须由第二人复核确认，不能由录入人本人确认。",
    "A second person must confirm; the one who enters it cannot.",
    asks_data=True,
)
PROPOSAL_WAITS: Final = Guard(
    "no_proposal",
    lambda s: bool(s.case.proposal),
    "没有等待决定的升级建议。",
    "No proposal to escalate is waiting.",
)
ENTITLED: Final = Guard(
    "approver",
    lambda s: s.command.actor.role.value in s.case.approvers,
    "该建议须由{who}决定。",
    "This proposal is for {who} to decide.",
    lambda s: {
        "who": Sentence(
            "、".join(name(Role(role)).zh for role in s.case.approvers),
            ", ".join(name(Role(role)).en for role in s.case.approvers),
        )
    },
)
NOT_HELD_BACK: Final = Guard(
    "held_back",
    lambda s: not holding(s.case, s.rules.policy, str(s.command.data.get("move", ""))),
    "有未了结的中止、延期申请或复核，暂不升级。",
    "A suspension, a request for an extension or an objection is still open, so nothing is escalated.",
)
SAME_UNIT_OPEN_TARGET: Final = Guard(
    "merge_target",
    lambda s: s.facts.target_is_open and s.facts.target_unit == s.case.unit and s.facts.target_number != s.case.number,
    "只能并入同一单位未办结的另一案件；“{target}”不符合。",
    "A case can only be merged into another open case of the same unit; “{target}” is not one.",
    lambda s: {"target": s.command.data.get("target", "")},
    asks_data=True,
)
EXTENSION_IN_TIME: Final = Guard(
    "extension_late",
    _extension_is_open,
    "延期申请应当在期限届满{days}个工作日前提出，最迟为{latest}。",
    "An extension must be asked for at least {days} working days before the end of the term, {latest} at the latest.",
    _latest_request,
)
FIRST_EXTENSION: Final = Guard(
    "extension_again",
    lambda s: s.case.extensions < s.rules.policy.extension.times and not s.case.extension,
    "延期以{times}次为限，已经申请或批准过。",
    "Only {times} extension is allowed, and one has been asked for or granted.",
    lambda s: {"times": s.rules.policy.extension.times},
)
EXTENSION_WAITS: Final = Guard(
    "no_extension",
    lambda s: bool(s.case.extension),
    "没有等待答复的延期申请。",
    "No request for an extension is waiting.",
)
EXTENSION_CAP: Final = Guard(
    "extension_cap",
    _within_cap,
    "延期最多{cap}个工作日，申请或批准的是{asked}。",
    "An extension may be {cap} working days at most; this one is {asked}.",
    lambda s: {"cap": s.rules.policy.extension.cap, "asked": asked_extension(s)},
    asks_data=True,
)
SHORT_SUSPENSION: Final = Guard(
    "suspension_long",
    lambda s: (
        s.command.actor.role is Role.LEADER
        or "term" not in s.command.data
        or Term.parse(s.command.data["term"]).amount <= s.rules.policy.suspension_by_director
    ),
    "中止超过{days}个工作日的，须由上级主要负责人批准。",
    "A suspension of more than {days} working days needs the leader's approval.",
    lambda s: {"days": s.rules.policy.suspension_by_director},
    asks_data=True,
)
OBJECTION_IN_TIME: Final = Guard(
    "objection_late",
    _within_right("objection"),
    "复核申请期到{until}，现已不能申请。",
    "An objection could be filed until {until}.",
    _right_until("objection"),
)
NO_REVIEW_YET: Final = Guard(
    "review_again",
    lambda s: s.case.review != "pending",
    "复核申请已受理，尚未决定。",
    "An objection is waiting already.",
)
REVIEW_WAITS: Final = Guard(
    "no_review",
    lambda s: s.case.review == "pending",
    "没有等待决定的复核申请。",
    "No objection is waiting.",
)
RECUSAL: Final = Guard(
    "recusal",
    lambda s: s.command.actor.user not in s.case.took_part,
    "{who}参与过原决定，应当回避（《政府督查工作条例》第十七条）。",
    "{who} took part in the decision and may not review it (Government Supervision Regulations, article 17).",
    lambda s: {"who": s.command.actor.user},
)
NO_TOLERANCE_YET: Final = Guard(
    "tolerance_again",
    lambda s: s.case.tolerance == "",
    "已提出过容错申请。",
    "Tolerance has been asked for already.",
)
TOLERANCE_ASKED: Final = Guard(
    "no_tolerance",
    lambda s: s.case.tolerance == "requested",
    "没有待受理的容错申请。",
    "No request for tolerance waits to be accepted.",
)
TOLERANCE_ACCEPTED: Final = Guard(
    "tolerance_not_accepted",
    lambda s: s.case.tolerance == "accepted",
    "容错申请还没有受理。",
    "The request for tolerance has not been accepted yet.",
)
RECTIFIED_OR_PLANNED: Final = Guard(
    "tolerance_rectification",
    lambda s: s.case.phase is Phase.VERIFIED or s.case.plan == "accepted",
    "容错免的是责任，不免整改：须已核查通过，或整改方案已认可。",
    "Tolerance frees from blame, not from rectification: it must be verified, or a plan accepted.",
    asks_data=True,
)
APPEAL_IN_TIME: Final = Guard(
    "appeal_late",
    _within_right("appeal"),
    "申诉期到{until}，现已不能申诉。",
    "An appeal could be filed until {until}.",
    _right_until("appeal"),
)
NO_APPEAL_YET: Final = Guard(
    "appeal_again", lambda s: s.case.appeal == "", "已提出过申诉。", "An appeal has been filed already."
)
APPEAL_WAITS: Final = Guard(
    "no_appeal", lambda s: s.case.appeal == "pending", "没有待决的申诉。", "No appeal is waiting."
)
IS_LISTED: Final = Guard("not_listed", lambda s: s.case.listed, "案件没有挂牌。", "The case is not listed.")
NOT_LISTED: Final = Guard("listed", lambda s: not s.case.listed, "案件已经挂牌。", "The case is listed already.")
LOOK_BACK_DUE: Final = Guard(
    "no_look_back",
    lambda s: s.case.deadline("look_back") is not None,
    "没有待办的回头看。",
    "No look-back is waiting.",
)
OTHER_MARK: Final = Guard(
    "same_mark",
    lambda s: s.command.data["confidentiality"] != s.case.confidentiality,
    "本案的密级标注已经是“{mark}”，无需更改。",
    "The case is marked “{mark}” already.",
    lambda s: {"mark": name(s.case.confidentiality)},
    asks_data=True,
)
EVENT_EXISTS: Final = Guard(
    "no_event",
    lambda s: 1 <= s.command.data.get("of", s.case.version) <= s.case.version,
    "本案没有第{of}号事项，现有第1至{last}号。",
    "The case has no event {of}; there are 1 to {last}.",
    lambda s: {"of": s.command.data.get("of"), "last": s.case.version},
    asks_data=True,
)
