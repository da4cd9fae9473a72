"""What must hold before a row of the table may be taken, each with the sentence that people are told.

A guard looks at one `Situation` and answers yes or no. Guards marked `asks_data` look at the data of the act as well;
they are left out when somebody only wants to know what may be done (`lifecycle.allowed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from states.errors import GuardRefused, Sentence
from states.terms import Term, Unit, date_text, due, extend
from states.vocabulary import OVERLAYS, Act, Phase, Role, State, name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def _extension_is_open(s: Situation) -> bool:
    line = s.case.deadline("rectification")
    return line is not None and s.command.on <= s.rules.calendar.back(line.due_on, s.rules.policy.extension.ask_before)


def _latest_request(s: Situation) -> dict[str, Any]:
    line = s.case.deadline("rectification")
    latest = s.rules.calendar.back(line.due_on, s.rules.policy.extension.ask_before) if line else None
    return {"latest": day(latest), "days": s.rules.policy.extension.ask_before}


def _first_period(s: Situation) -> Term | None:
    """Return the period that was set for the running term; none where a suspension has left only a rest of it."""
    line = s.case.deadline("rectification")
    if line is None or line.basis == s.rules.policy.limits["suspension_review"].basis:
        return None
    period = Term.parse(line.term)
    return None if period.on is not None else period


def asked_extension(s: Situation) -> str:
    """Return the extension that is asked for or granted, as a term: what the act says, else what was asked.

    Where nobody has said how long, it is the longest that the policy allows, and not longer than the first period.
    """
    said = s.command.data.get("term") or s.case.extension
    if said:
        return str(said)
    longest, period = f"{s.rules.policy.extension.cap}wd", _first_period(s)
    return longest if period is None or _extended_to(s, period) >= _extended_to(s, Term.parse(longest)) else str(period)


def _extended_to(s: Situation, extra: Term) -> date:
    line = s.case.deadline("rectification")
    return extend(line.due_on if line is not None else s.command.on, extra, s.rules.calendar).due_on


def _latest_extension(s: Situation) -> date:
    """Return the last day to which the term can be moved: by the policy's cap, and by no more than the first period."""
    longest, period = Term(s.rules.policy.extension.cap, Unit.WORKING_DAY), _first_period(s)
    return min(_extended_to(s, longest), _extended_to(s, period or longest))


def _within_cap(s: Situation) -> bool:
    """Say whether the new day lies behind the old one and within the limits, whatever unit it is asked for in."""
    line = s.case.deadline("rectification")
    until = _extended_to(s, Term.parse(asked_extension(s)))
    return line is None or line.due_on < until <= _latest_extension(s)


def _of_extension(s: Situation) -> dict[str, Any]:
    asked = Term.parse(asked_extension(s))
    return {
        "cap": s.rules.policy.extension.cap,
        "latest": day(_latest_extension(s)),
        "asked": Sentence(asked.text("zh-CN"), asked.text("en")),
    }


def _short_enough(s: Situation) -> bool:
    """Say whether the suspension ends within the director's working days, whatever its own unit is."""
    if s.command.actor.role is Role.LEADER or "term" not in s.command.data:
        return True
    ends_on = due(s.command.on, Term.parse(s.command.data["term"]), s.rules.calendar).due_on
    return ends_on <= s.rules.calendar.forward(s.command.on, s.rules.policy.suspension_by_director)


def _within_right(kind: str) -> Callable[[Situation], bool]:
    def holds(s: Situation) -> bool:
        line = s.case.deadline(kind)
        return line is None or s.command.on <= line.due_on

    return holds


def _has_right(kind: str) -> Callable[[Situation], bool]:
    return lambda s: s.case.deadline(kind) is not None


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


def _verifying(s: Situation) -> set[str]:
    """Return who verifies: the accounts that enter and sign it, and whoever is named beside them."""
    return {*s.command.data.get("verifiers", ()), s.command.actor.user, s.facts.countersigner} - {""}


def _appeal_is_over(s: Situation) -> bool:
    if s.case.state is not State.HELD or s.case.appeal not in ("", "pending"):
        return True
    line = s.case.deadline("appeal")
    return s.case.appeal != "pending" and (line is None or s.command.on > line.due_on)


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


def _second_person_confirms(s: Situation) -> bool:
    if s.command.act in s.rules.policy.practice.countersigned:
        return True  # the second person signs with a login of his own
    confirms = s.command.data.get("confirmed_by")
    return bool(confirms) and confirms != s.command.actor.user


def _missing_numbers(s: Situation, field: str) -> list[int]:
    """Return the numbers of the items of which the records in this field say nothing."""
    named = {record["item"] for record in s.command.data.get(field, ())}
    return [number for number in range(1, len(s.case.items) + 1) if number not in named]


def _unknown_numbers(s: Situation, field: str) -> list[int]:
    return sorted({record["item"] for record in s.command.data.get(field, ())} - set(range(1, len(s.case.items) + 1)))


def _of_every_item(field: str) -> Callable[[Situation], bool]:
    return lambda s: not _missing_numbers(s, field) and not _unknown_numbers(s, field)


def _which_items(field: str) -> Callable[[Situation], dict[str, Any]]:
    def particulars(s: Situation) -> dict[str, Any]:
        numbers = _missing_numbers(s, field) or _unknown_numbers(s, field)
        return {"which": "、".join(str(number) for number in numbers), "all": len(s.case.items), "field": field}

    return particulars


def _report_says_something(s: Situation) -> bool:
    data = s.command.data
    return bool(s.case.items) or any(data.get(field) for field in ("answers", "note", "evidence", "no_evidence"))


def _unproved_items(s: Situation) -> list[int]:
    """Return the items whose answer has neither evidence nor the reason why there is none."""
    if s.command.data.get("evidence") or s.command.data.get("no_evidence"):
        return []
    answers = s.command.data.get("answers", ())
    return [answer["item"] for answer in answers if not answer.get("evidence") and not answer.get("no_evidence")]


def _items_without_criterion(s: Situation) -> list[int]:
    """Return the items of the order without a criterion, where the order has none for all of them."""
    if s.command.data.get("criteria") or s.case.criteria:
        return []
    items = s.command.data.get("items") or [{"criterion": item.criterion} for item in s.case.items]
    return [number for number, item in enumerate(items, start=1) if not item.get("criterion")]


def _order_ends_after_its_service(s: Situation) -> bool:
    term = Term.parse(
        s.command.data.get("term") or s.case.proposed_term or str(s.rules.policy.rungs[State.ORDERED].term)
    )
    return term.on is None or term.on >= s.command.on


def _listing_ends_after_its_day(s: Situation) -> bool:
    named = s.command.data.get("term")
    on = Term.parse(named).on if named else None
    return on is None or on >= s.command.on


def _interview_notice_on(s: Situation) -> date | None:
    """Return the day on which the interview notice was served: as it was entered, else as the act itself says."""
    given = s.command.data.get("notice_on")
    return date.fromisoformat(given) if given else s.case.notice_on


def same_account(one: str, other: str) -> bool:
    """Say whether two user names are one person: whoever works at the console is one, in whatever role."""
    console = "console/"
    return one == other or (one.startswith(console) and other.startswith(console))


def countersigners(act: Act) -> frozenset[Role]:
    """Return the roles whose accounts may sign this act as the second.

    Source: docs/domain.md §4.2 rows 14, 25, 30, 35.
    """
    return _COUNTERSIGNERS.get(act, frozenset({Role.DIRECTOR, Role.LEADER}))


_COUNTERSIGNERS: Final[Mapping[Act, frozenset[Role]]] = {
    Act.VERIFY_PASS: frozenset({Role.INSPECTOR, Role.HANDLER}),
    Act.VERIFY_FAIL: frozenset({Role.INSPECTOR, Role.HANDLER}),
    Act.LOOK_BACK_PASS: frozenset({Role.INSPECTOR, Role.HANDLER}),
    Act.RECORD_ACCOUNTABILITY: frozenset({Role.ARCHIVIST, Role.DIRECTOR}),
    Act.RECORD_NO_ACCOUNTABILITY: frozenset({Role.ARCHIVIST, Role.DIRECTOR}),
    Act.CORRECT_EVENT: frozenset({Role.DIRECTOR, Role.LEADER, Role.HANDLER}),
}


def _who_may_countersign(s: Situation) -> dict[str, Any]:
    if s.case.unsigned is None:
        return {"act": "", "who": ""}
    roles = sorted(countersigners(s.case.unsigned.act))
    who = Sentence("、".join(name(role).zh for role in roles), " or ".join(name(role).en for role in roles))
    return {"act": name(s.case.unsigned.act), "who": who}


def interview_is_done(case: Case) -> bool:
    """Say whether what this rung owes was done: the interview was held, or refused by a second absence."""
    return case.interviewed_on is not None or case.refused_interview


def overlay_names(case: Case) -> str:
    """Return the overlays that keep a case from closing."""
    return "、".join(OVERLAYS[word][0] for word in case.overlays if word in _HOLDING)


_HOLDING: Final = frozenset(
    {
        "suspended",
        "extension_pending",
        "under_review",
        "under_appeal",
        "tolerance_review",
        "listed",
        "to_be_countersigned",
    }
)


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
    lambda s: not s.case.report_is_in,
    "整改报告已经报送，正在核查或已核查通过，无需重复报送。",
    "A report has been submitted already; it is being verified or has passed.",
)
REPORT_IS_IN: Final = Guard(
    "no_report",
    lambda s: s.case.report_is_in and not s.case.is_verified,
    "被查单位还没有报送整改报告，不能认定核查通过。",
    "The unit has not submitted its report, so it cannot be verified as put right.",
)
NOT_YET_VERIFIED: Final = Guard(
    "verified",
    lambda s: not s.case.is_verified,
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
    lambda s: not _verifying(s) & set(s.case.helpers),
    "{who}参加过对该单位的帮助指导，应当回避，不能参加核查。",
    "{who} helped this unit and may not verify it.",
    lambda s: {"who": "、".join(sorted(_verifying(s) & set(s.case.helpers)))},
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
    lambda s: {
        "which": Sentence(
            overlay_names(s.case), ", ".join(OVERLAYS[word][1] for word in s.case.overlays if word in _HOLDING)
        )
    },
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
SECOND_PERSON: Final = Guard(
    "second_person",
    _second_person_confirms,
    "须由第二人复核确认，不能由录入人本人确认：请在 confirmed_by 中写明。",
    "A second person must confirm, not the one who enters it; name that person in confirmed_by.",
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
    "延期不超过原定期限，且最多{cap}个工作日，最迟延至{latest}；申请或批准的是{asked}。",
    "An extension moves the day to a later one, by {cap} working days and the first period at most, so to {latest} at"
    " the latest; this one is {asked}.",
    _of_extension,
    asks_data=True,
)
SHORT_SUSPENSION: Final = Guard(
    "suspension_long",
    _short_enough,
    "中止超过{days}个工作日的，须由上级主要负责人批准。",
    "A suspension of more than {days} working days needs the leader's approval.",
    lambda s: {"days": s.rules.policy.suspension_by_director},
    asks_data=True,
)
OBJECTION_POSSIBLE: Final = Guard(
    "objection_none",
    _has_right("objection"),
    "现在没有可以申请复核的结论：尚未送达，或者申请期已经结束。",
    "There is no conclusion to object to now: it has not been served, or the days for objecting are over.",
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
    lambda s: s.case.is_verified or s.case.plan == "accepted",
    "容错免的是责任，不免整改：须已核查通过，或整改方案已认可。",
    "Tolerance frees from blame, not from rectification: it must be verified, or a plan accepted.",
    asks_data=True,
)
APPEAL_POSSIBLE: Final = Guard(
    "appeal_none",
    _has_right("appeal"),
    "现在没有可以申诉的问责决定：尚未送达，或者申诉期已经结束。",
    "There is no decision to appeal against now: it has not been served, or the days for appealing are over.",
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
ORDER_APPROVED: Final = Guard(
    "order_approval",
    lambda s: (
        not s.rules.policy.practice.order_needs_approval
        or s.command.actor.role in (Role.DIRECTOR, Role.LEADER)
        or s.case.order_approved
        or bool(s.command.data.get("authorization_note"))
    ),
    "责令整改须先经督查机构负责人批准（approve_order）；已在纸面批准的，请在 authorization_note 中写明“经……同意”。",
    "The order needs the approval of the office's director first (approve_order); if it was approved on paper, say in "
    "authorization_note with whose consent.",
    asks_data=True,
)
ORDER_HAS_CRITERIA: Final = Guard(
    "criteria",
    lambda s: not _items_without_criterion(s),
    "问题清单第{which}项没有整改目标（验收标准）：请逐项写明，或在 criteria 中统一写明。",
    "Item {which} of the list of problems has no criterion; give each its own, or one for all in criteria.",
    lambda s: {"which": "、".join(map(str, _items_without_criterion(s)))},
    asks_data=True,
)
ORDER_DAY_IS_AHEAD: Final = Guard(
    "order_day",
    _order_ends_after_its_service,
    "责令整改的期限早于送达日{on}，请核对年份。",
    "The day that the order names lies before its service on {on}; check the year.",
    lambda s: {"on": day(s.command.on)},
    asks_data=True,
)
LISTING_DAY_IS_AHEAD: Final = Guard(
    "listing_day",
    _listing_ends_after_its_day,
    "挂牌督办的期限早于挂牌日{on}，请核对年份。",
    "The day until which the case is listed lies before its listing on {on}; check the year.",
    lambda s: {"on": day(s.command.on)},
    asks_data=True,
)
NOT_SERVED_YET: Final = Guard(
    "served",
    lambda s: s.case.state is State.FOUND or s.case.phase is Phase.TO_BE_SERVED,
    "责令整改通知已经送达。",
    "The order has been served already.",
)
ORDER_IS_SERVED: Final = Guard(
    "not_served",
    lambda s: s.case.phase is not Phase.TO_BE_SERVED,
    "重新整改的通知还没有送达。",
    "The order of the reopened case has not been served yet.",
)
PLAN_COVERS_ITEMS: Final = Guard(
    "plan_items",
    _of_every_item("measures"),
    "整改方案须逐项写明措施、责任人和完成日期（共{all}项，第{which}项没有对应）：请在 measures 中逐项写明。",
    "The plan needs a measure, a responsible post and a day for each of the {all} items; see {which} in measures.",
    _which_items("measures"),
    asks_data=True,
)
REPORT_ANSWERS_ITEMS: Final = Guard(
    "report_items",
    _of_every_item("answers"),
    "整改报告须逐项写明整改结果（共{all}项，第{which}项没有对应）：请在 answers 中逐项写明。",
    "The report needs an answer for each of the {all} items; see {which} in answers.",
    _which_items("answers"),
    asks_data=True,
)
REPORT_SAYS_SOMETHING: Final = Guard(
    "empty_report",
    _report_says_something,
    "整改报告不能是空的：请写明整改情况（note 或 answers）、佐证材料（evidence）或没有佐证的理由（no_evidence），"
    '例如 {"note": "…", "signed_by": "局长"}。',
    "A report may not be empty: say what was done (note or answers), with evidence or the reason why there is none "
    '(no_evidence), for example {"note": "…", "signed_by": "…"}.',
    asks_data=True,
)
REPORT_PROVES_ITEMS: Final = Guard(
    "report_evidence",
    lambda s: not _unproved_items(s),
    "第{which}项没有佐证材料，也没有说明理由：请附 evidence 或写明 no_evidence。",
    "Item {which} has neither evidence nor the reason why there is none; give evidence or no_evidence.",
    lambda s: {"which": "、".join(map(str, _unproved_items(s)))},
    asks_data=True,
)
REPORT_IS_SIGNED: Final = Guard(
    "signature",
    lambda s: s.command.actor.role is Role.HEAD or bool(s.command.data.get("signed_by")),
    "整改报告须由主要负责人签字：由其本人登录报送，或在 signed_by 中写明签字人（职务）。",
    "The head signs the report: by reporting with a login of his own, or named by post in signed_by.",
    asks_data=True,
)
VERDICTS_ON_ITEMS: Final = Guard(
    "verdict_items",
    _of_every_item("verdicts"),
    "核查须逐项提出意见（共{all}项，第{which}项没有对应）：请在 verdicts 中逐项写明 passed 或 failed。",
    "A verification needs a verdict on each of the {all} items; see {which} in verdicts.",
    _which_items("verdicts"),
    asks_data=True,
)
ALL_ITEMS_PASSED: Final = Guard(
    "items_failed",
    lambda s: all(record["verdict"] == "passed" for record in s.command.data.get("verdicts", ())),
    "还有核查不通过的问题，不能认定核查通过。",
    "Some items did not pass, so the whole cannot be verified as put right.",
    asks_data=True,
)
SOME_ITEM_FAILED: Final = Guard(
    "items_passed",
    lambda s: not s.case.items or any(record["verdict"] == "failed" for record in s.command.data.get("verdicts", ())),
    "各项都已通过，不能认定核查不通过。",
    "Every item passed, so the verification did not fail.",
    asks_data=True,
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
TERM_RUNS: Final = Guard(
    "no_term",
    lambda s: any(line.party == "unit" for line in s.case.running),
    "现在没有单位应办的期限，无需催办。",
    "Nothing is due from the unit now, so there is nothing to urge.",
)
URGED_LONG_AGO: Final = Guard(
    "urged",
    lambda s: (
        s.case.urged_on is None
        or s.rules.calendar.forward(s.case.urged_on, s.rules.policy.practice.urge_cool_down) <= s.command.on
    ),
    "已于{when}催办过，{days}个工作日内不重复催办。",
    "The unit was urged on {when}; it is not urged again within {days} working days.",
    lambda s: {"when": day(s.case.urged_on), "days": s.rules.policy.practice.urge_cool_down},
)
LATE_ENTRY_WAITS: Final = Guard(
    "no_late_entry",
    lambda s: s.case.late_entry == "pending",
    "本案没有待核的补录事项。",
    "Nothing of this case was entered late and waits for a decision.",
)
COUNTERSIGNATURE_WAITS: Final = Guard(
    "no_countersignature",
    lambda s: s.case.unsigned is not None,
    "没有等待会签的事项。",
    "No act waits for a second signature.",
)
THAT_ONE_WAITS: Final = Guard(
    "other_countersignature",
    lambda s: s.case.unsigned is not None and s.command.data.get("of", s.case.unsigned.seq) == s.case.unsigned.seq,
    "等待会签的是第{of}号事项。",
    "The event that waits for a second signature is number {of}.",
    lambda s: {"of": s.case.unsigned.seq if s.case.unsigned else "—"},
    asks_data=True,
)
ANOTHER_ACCOUNT: Final = Guard(
    "same_account",
    lambda s: s.case.unsigned is None or not same_account(s.command.actor.user, s.case.unsigned.user),
    "会签须由另一个账号登录办理，录入人本人不能会签。",
    "The second signature is a login of another account; who entered the act cannot sign it.",
)
MAY_COUNTERSIGN: Final = Guard(
    "countersigner",
    lambda s: s.case.unsigned is None or s.command.actor.role in countersigners(s.case.unsigned.act),
    "“{act}”须由{who}会签。",
    "“{act}” is for {who} to countersign.",
    _who_may_countersign,
)
NOTHING_UNSIGNED: Final = Guard(
    "countersignature_waits",
    lambda s: s.case.unsigned is None or s.command.act not in s.rules.policy.practice.countersigned,
    "“{act}”还在等待会签，会签或不予会签后才能再录入同类事项。",
    "“{act}” still waits for its second signature; sign or refuse it first.",
    lambda s: {"act": name(s.case.unsigned.act) if s.case.unsigned else ""},
)
TOLERANCE_VIEWS: Final = Guard(
    "views",
    lambda s: s.command.data.get("outcome") != "granted" or len(set(s.command.data.get("views", ()))) >= VIEWS_NEEDED,
    "容错认定须有组织部门和纪检监察机关的书面意见：请在 views 中分别写明。",
    "Tolerance needs the written views of the organisation department and of the discipline organ; give both in views.",
    asks_data=True,
)
SIGNED_BEFORE: Final = Guard(
    "countersignature_waits",
    lambda s: s.case.unsigned is None,
    "“{act}”还在等待会签：部分移送后其内容不再属于本案，请先会签或不予会签。",
    "“{act}” still waits for its second signature: sign or refuse it before a part is handed over.",
    lambda s: {"act": name(s.case.unsigned.act) if s.case.unsigned else ""},
)
WORDED_ANEW: Final = Guard(
    "rest",
    lambda s: not s.command.data.get("partial") or bool(s.command.data.get("rest")),
    "部分移送时，请在 rest 中写明本案保留部分的新表述；移送的内容随子案封存。",
    "When a part is handed over, word what stays anew in rest; what is handed over is sealed in the child case.",
    asks_data=True,
)


VIEWS_NEEDED: Final = 2
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
