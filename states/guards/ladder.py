"""The guards of the ladder: criticism, interview, accountability, and what time may escalate."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from states.errors import Sentence
from states.guards.condition import Guard, day
from states.vocabulary import Act, Phase, Role, State, name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from states.case import Case
    from states.command import Situation
    from states.policy import Policy


def is_held_by_clock(case: Case) -> bool:
    """Say whether an escalation waits for a named person because the clock was implausible."""
    return "clock_gap" in case.blocked.split(",")


def term_is_over(case: Case, on: date) -> bool:
    """Say whether the unit's term ended without an answer: it passed with no report, or the verification failed."""
    line = case.deadline("rectification")
    if line is None or case.report_is_in:
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


def _notice_was_early_enough(s: Situation) -> bool:
    served = _interview_notice_on(s)
    if served is None:
        return not s.rules.policy.practice.notice_required
    return s.rules.calendar.forward(served, s.rules.policy.interview_notice) <= s.command.on


def _interview_from(s: Situation) -> Sentence:
    served = _interview_notice_on(s)
    if served is None:
        return Sentence("约谈通知送达之后", "after the notice was served")
    return day(s.rules.calendar.forward(served, s.rules.policy.interview_notice))


def _interview_notice_on(s: Situation) -> date | None:
    """Return the day on which the interview notice was served: as it was entered, else as the act itself says."""
    given = s.command.data.get("notice_on")
    return date.fromisoformat(given) if given else s.case.notice_on


def interview_is_done(case: Case) -> bool:
    """Say whether what this rung owes was done: the interview was held, or refused by a second absence."""
    return case.interviewed_on is not None or case.refused_interview


def holding(case: Case, policy: Policy, move: str) -> str:
    """Return the code of what holds an escalation to `move` back under the policy, or nothing."""
    if case.suspended_on is not None:
        return "suspended"
    if case.late_entry == "pending":
        return "late_entry"
    if case.extension and policy.extension_holds_escalation:
        return "extension_pending"
    if case.review == "pending" and policy.review_holds_criticism and move == State.CRITICIZED:
        return "under_review"
    return ""


CRITICISM_GROUND: Final = Guard(
    "no_ground",
    lambda s: criticism_has_ground(s.case, s.command.on) or s.case.state is State.CRITICIZED,
    "没有通报批评的事由：整改期限未过，核查也没有不通过（第九条第二款）。",
    "There is no ground for criticism: the term is not over and no verification has failed (article 9(2)).",
)
CRITICISM_APPROVED: Final = Guard(
    "approval",
    _approved(State.CRITICIZED),
    "通报批评须先经上级党委（依法治市委）主要负责人批准（approve_criticism）。",
    "A criticism needs the approval of the leader of the superior Party committee first (approve_criticism).",
)
NOT_YET_PUBLISHED: Final = Guard(
    "published",
    lambda s: s.case.state is not State.CRITICIZED or s.case.criticized_on is None,
    "通报批评已于{when}印发，不能重复印发。",
    "The criticism was published on {when} already.",
    lambda s: {"when": day(s.case.criticized_on)},
)
HELPED: Final = Guard(
    "help",
    lambda s: s.case.helps >= s.rules.policy.helps or s.case.origin == "ranking",
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
    "约谈须先经上级党委（依法治市委）主要负责人批准（approve_interview）。",
    "An interview needs the approval of the leader of the superior Party committee first (approve_interview).",
)
INTERVIEW_NOTICE: Final = Guard(
    "notice",
    _notice_was_early_enough,
    "约谈通知应至少提前{days}个工作日送达（serve_interview_notice），最早可于{earliest}约谈。",
    "The notice must be served (serve_interview_notice) at least {days} working days ahead; the interview can be held "
    "on {earliest} at the earliest.",
    lambda s: {"days": s.rules.policy.interview_notice, "earliest": _interview_from(s)},
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
        or State.HELD in {s.case.approved, s.case.proposal}
        or s.case.refused_interview
        or (
            s.case.state is State.INTERVIEWED
            and s.case.interviewed_on is not None
            and s.case.minutes_on is not None
            and (term_is_over(s.case, s.command.on) or s.case.failed_on is not None)
        )
    ),
    "没有问责建议的事由：须已实施约谈并印发纪要，且约谈后的整改期限已过或核查不通过；情节严重的，请写明 grave"
    "（第九条第四款）。",
    "There is no ground for proposing accountability: the interview must have been held, its minutes issued, and the "
    "term after it be over or a verification have failed; if it is grave, say so with grave (article 9(4)).",
    asks_data=True,
)
NOT_YET_PROPOSED: Final = Guard(
    "proposed",
    lambda s: s.case.phase is not Phase.PROPOSED and not s.case.accountability_phase,
    "问责建议已经提出，等待有管理权限的党组织决定。",
    "Accountability has been proposed already and waits for the body that manages the cadre.",
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
ESCALATION_WAITS: Final = Guard(
    "nothing_to_refuse",
    lambda s: bool(s.case.proposal) or is_held_by_clock(s.case),
    "没有等待决定的升级建议，也没有因时钟异常而扣住的升级。",
    "No proposal to escalate is waiting, and no escalation is held because of the clock.",
)
MAY_REFUSE_IT: Final = Guard(
    "approver",
    lambda s: is_held_by_clock(s.case) or s.command.actor.role.value in s.case.approvers,
    ENTITLED.zh,
    ENTITLED.en,
    ENTITLED.particulars,
)
NOT_HELD_BACK: Final = Guard(
    "held_back",
    lambda s: not holding(s.case, s.rules.policy, str(s.command.data.get("move", ""))),
    "有未了结的中止、延期申请或复核，暂不升级。",
    "A suspension, a request for an extension or an objection is still open, so nothing is escalated.",
)

NO_PROPOSAL_WAITS: Final = Guard(
    "proposal_waits",
    lambda s: not s.case.proposal,
    "升级建议（{move}）还没有决定，请先由有权的人批准或不同意。",
    "A proposal ({move}) has not been decided; it must be approved or rejected first.",
    lambda s: {"move": name(State(s.case.proposal))},
)
PUBLISHED: Final = Guard(
    "publication",
    lambda s: s.case.criticized_on is not None or s.case.origin == "ranking",
    "通报批评还没有印发，不能再往上升级。",
    "The criticism has not been published yet, so nothing follows from it.",
)
INTERVIEW_DONE: Final = Guard(
    "interview",
    lambda s: interview_is_done(s.case),
    "约谈还没有进行，也没有两次送达通知后缺席的记录，不能再往上升级。",
    "The interview has been neither held nor refused by a second absence after a second notice, so nothing follows.",
)
MINUTES_DONE: Final = Guard(
    "minutes",
    lambda s: s.case.minutes_on is not None or s.case.refused_interview,
    "约谈纪要还没有印发，不能再往上升级。",
    "The minutes of the interview have not been issued, so nothing follows from it.",
)
CLOCK_IS_SURE: Final = Guard(
    "clock_gap",
    lambda s: not s.facts.clock_gap,
    "系统时钟与上次运行相隔异常（{gap}），升级暂缓，须由有权的人放行。",
    "The clock is implausibly far from the last run ({gap}); escalations wait for a named release.",
    lambda s: {"gap": s.facts.clock_gap},
)
ESCALATION_HELD: Final = Guard(
    "not_held",
    lambda s: is_held_by_clock(s.case),
    "没有因时钟异常而暂缓的升级。",
    "No escalation waits because of the clock.",
)
CRITICISM_OWED: Final = Guard(
    "published",
    lambda s: s.case.criticized_on is None,
    "通报批评已于{when}印发，无需再批准。",
    "The criticism was published on {when} already; there is nothing to approve.",
    lambda s: {"when": day(s.case.criticized_on)},
)
INTERVIEW_OWED: Final = Guard(
    "interviewed",
    lambda s: s.case.state is not State.INTERVIEWED or s.case.interviewed_on is None,
    "约谈已于{when}进行。",
    "The interview was held on {when} already.",
    lambda s: {"when": day(s.case.interviewed_on)},
)
NOT_YET_APPROVED: Final = Guard(
    "approved",
    lambda s: not (s.case.approved and s.case.approved == _MOVE_OF_APPROVAL.get(s.command.act)),
    "已经批准，无需重复批准。",
    "It has been approved already.",
)
NOTICE_SERVED: Final = Guard(
    "no_notice",
    lambda s: s.case.notice_on is not None,
    "没有送达约谈通知，不能记录缺席。",
    "No interview notice has been served, so nobody can be absent.",
)
CONVENED_BY_LEADER: Final = Guard(
    "convenor",
    lambda s: (
        s.case.unit_kind not in ("party_committee", "government")
        or s.command.actor.role is Role.LEADER
        or bool(s.command.data.get("entrusted_by"))
    ),
    "{unit}是下级党委或政府，约谈须由上级领导主持；受委托主持的，请在 entrusted_by 中写明委托的领导。",
    "{unit} is a lower Party committee or government: a leader convenes the interview, or names in entrusted_by who "
    "entrusted it.",
    lambda s: {"unit": s.case.unit},
    asks_data=True,
)
PROPOSED_BEFORE: Final = Guard(
    "not_proposed",
    lambda s: (
        s.case.phase in (Phase.PROPOSED, Phase.INQUIRY)
        or bool(s.case.accountability_phase)
        or s.case.state is State.TRANSFERRED
    ),
    "还没有提出问责建议或移送，没有可登记的调查。",
    "Accountability has not been proposed, nor the case handed over, so there is no inquiry to record.",
)
_MOVE_OF_APPROVAL: Final[Mapping[Act, State]] = {
    Act.APPROVE_CRITICISM: State.CRITICIZED,
    Act.APPROVE_INTERVIEW: State.INTERVIEWED,
}

RANKING_REASONS: Final = {
    "unapproved": Sentence(
        "排序尚未批准，不能据此约谈", "the ranking is not approved, and nobody is interviewed by it"
    ),
    "changed": Sentence("排序批准以后被改动，不能据此约谈", "the ranking was changed after its approval"),
    "not_last": Sentence("该单位不在经批准排序的末位", "the unit is not among the last of the approved ranking"),
    "enough": Sentence("该组的末位约谈已经启动完毕", "the last of its group have been called already"),
    "twice": Sentence("该单位已据此排序启动过约谈", "the unit was called by this ranking already"),
}
"""Why a ranking that is kept here does not let the leader interview a unit as one of the last."""
RANKING_LETS: Final = Guard(
    "ranking",
    lambda s: not s.facts.ranking,
    "现在还不能启动末位约谈：{why}。请先计算、征求异议并报批年度排序。",
    "The interview of the last cannot be started: {why}. Compute the ranking, hear objections, and have it approved.",
    lambda s: {"why": RANKING_REASONS[s.facts.ranking]},
)
