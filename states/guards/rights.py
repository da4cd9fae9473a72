"""The guards of what a unit may ask for: extension, suspension, objection, tolerance, appeal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence
from states.guards.condition import Guard, day
from states.terms import Term, Unit, due, extend
from states.vocabulary import Role, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from states.command import Situation


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


def _appeal_is_over(s: Situation) -> bool:
    if s.case.state is not State.HELD or s.case.appeal not in ("", "pending"):
        return True
    line = s.case.deadline("appeal")
    return s.case.appeal != "pending" and (line is None or s.command.on > line.due_on)


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
APPEAL_OVER: Final = Guard(
    "appeal_open",
    _appeal_is_over,
    "申诉期到{until}，期满或申诉办结后方可销号。",
    "An appeal may be filed until {until}; the case can be closed when that is over or decided.",
    _right_until("appeal"),
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
TOLERANCE_VIEWS: Final = Guard(
    "views",
    lambda s: s.command.data.get("outcome") != "granted" or len(set(s.command.data.get("views", ()))) >= VIEWS_NEEDED,
    "容错认定须有组织部门和纪检监察机关的书面意见：请在 views 中分别写明。",
    "Tolerance needs the written views of the organisation department and of the discipline organ; give both in views.",
    asks_data=True,
)


VIEWS_NEEDED: Final = 2
