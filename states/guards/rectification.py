"""The guards of the way from order to closed: order, service, plan, report, verification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.guards.condition import Guard, day
from states.terms import Term
from states.vocabulary import Phase, Role, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from states.command import Situation


def _verifiers_suffice(s: Situation) -> bool:
    named = s.command.data.get("verifiers")
    if not named:
        return not s.rules.policy.verifiers_named
    return len(set(named)) >= s.rules.policy.verifiers


def _verifying(s: Situation) -> set[str]:
    """Return who verifies: the accounts that enter and sign it, and whoever is named beside them."""
    return {*s.command.data.get("verifiers", ()), s.command.actor.user, s.facts.countersigner} - {""}


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
        return {"which": "、".join(str(number) for number in numbers), "all": len(s.case.items)}

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
