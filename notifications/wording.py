"""What a message says: the case number, what it is about, the day, where to look. Never what was found (ADR 0006)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from states.terms import date_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from store.weekly import Week

NOTICES: Final[Mapping[str, tuple[str, str]]] = {
    "order_served": ("责令整改通知已送达", "Order to rectify served"),
    "reminder": ("整改期限提醒", "Reminder of the term"),
    "reminder_near": ("整改期限临近", "The term ends soon"),
    "due_today": ("整改期限今日届满", "The term ends today"),
    "overdue": ("整改已逾期（黄灯）", "Overdue (yellow)"),
    "red": ("整改严重逾期（红灯）", "Long overdue (red)"),
    "escalated": ("逾期未整改，案件已升级", "Not put right in time: the case has moved up"),
    "registered": ("新登记问题，待决定是否责令整改", "New finding: decide whether to order its rectification"),
    "dismissed": ("问题已查否", "The finding was dismissed as groundless"),
    "withdrawn": ("问题登记已撤销", "The finding was withdrawn"),
    "merged": ("案件已并入另一案件", "The case was merged into another"),
    "plan_accepted": ("整改方案已认可", "Plan accepted"),
    "plan_returned": ("整改方案已退回", "Plan returned"),
    "report_received": ("收到整改报告，待核查", "Report received, to be verified"),
    "verified": ("核查通过，待批准销号", "Verified, to be closed"),
    "verify_failed": ("核查不通过", "Verified as inadequate"),
    "criticism": ("通报批评已印发", "Criticism published"),
    "help_recorded": ("帮助指导已记录", "Help recorded"),
    "interview_notice": ("约谈通知已送达", "Notice of interview served"),
    "interview_held": ("约谈已进行", "Interview held"),
    "minutes": ("约谈纪要已印发", "Interview minutes issued"),
    "accountability_proposed": ("问责建议已提出", "Accountability proposed"),
    "accountability_recorded": ("问责决定已登记", "Accountability decision recorded"),
    "transferred": ("案件已移送", "Case transferred"),
    "closed": ("案件已销号", "Case closed"),
    "extension": ("延期申请已答复", "Extension answered"),
    "suspension": ("案件已中止", "Case suspended"),
    "resumed": ("案件已恢复", "Case resumed"),
    "review_decided": ("复核决定已作出", "The objection was decided"),
    "tolerance_decided": ("容错申请已作出认定", "The request for tolerance was decided"),
    "no_accountability": ("已登记不予问责", "It was recorded that nobody is held accountable"),
    "listed": ("案件已挂牌督办", "The case is under listed supervision"),
    "delisted": ("案件已摘牌", "The case is listed no longer"),
    "look_back": ("销号后回头看", "Look back after closure"),
    "reopened": ("案件已重新立案整改", "Case reopened"),
    "proposal_waiting": ("有升级建议待您决定", "A proposal to escalate waits for you"),
    "escalation_blocked": ("升级受阻，须先办理前置事项", "Escalation blocked: something must be done first"),
    "deadline_redated": ("期限已重新计算", "Deadline re-dated"),
    "assigned": ("案件已指派给您承办", "A case was assigned to you"),
    "blocked_again": ("升级仍受阻，前置事项尚未办理", "Escalation still blocked: something must be done first"),
    "countersign_waiting": ("有事项待会签", "An act waits for its second signature"),
    "late_entry": ("有补录案件待核", "A case was entered late and waits for a decision"),
    "late_entry_stands": (
        "补录的案件照常督办，请登录查看期限",
        "A case that was entered late stands; its due days can be read",
    ),
    "office_overdue": ("督查机构的办理事项已逾期", "Overdue with the office"),
    "office_overdue_again": ("督查机构的办理事项仍逾期", "Still overdue with the office"),
    "urged": ("催办：请抓紧办理", "You are urged to act"),
    "office_task": ("有待办事项", "Something waits to be done"),
    "unsigned": ("送达后两个工作日无人签收，请督促签收", "Not signed for within two working days: see that it is"),
    "unsigned_call": ("送达后四个工作日仍无人签收，请电话通知并记录", "Still not signed for: please telephone"),
    "commendation": ("予以通报表扬", "Commendation published"),
    "delivery_failed": ("有通知未能送达", "A message could not be delivered"),
    "obligation_begun": ("本年度职责已列出", "Listed among the obligations of the year"),
    "obligation_reminder": ("年度职责期限提醒", "Reminder of a yearly obligation"),
    "ranking_announced": (
        "年度排序征求异议，本单位的名次和得分请登录查看",
        "The ranking is open to objections; your unit's place and score can be read",
    ),
    "ranking_approved": (
        "年度排序已批准，本单位的名次和得分请登录查看",
        "The ranking was approved; your unit's place and score can be read",
    ),
    "ranking_returned": ("年度排序已退回重新计算", "The ranking was returned and will be computed anew"),
    "ranking_objected": ("有单位对年度排序提出异议，请答复", "A unit objects to the ranking; it waits for an answer"),
    "ranking_answered": ("对年度排序的异议已答复", "The objection to the ranking was answered"),
    "obligation_due_today": ("年度职责最后一个工作日", "Last working day for a yearly obligation"),
}
_HINT: Final = ("请登录系统查看：{link}", "Please log in to read more: {link}")
_UNTIL: Final = ("（期限：{day}{left}）", " (term: {day}{left})")
_LEFT: Final = ("，剩{n}个工作日", ", {n} working day(s) left")
_TODAY: Final = ("，今天到期", ", due today")
_PAST: Final = ("，已过{n}个工作日", ", {n} working day(s) ago")
_DIGEST: Final = ("督办事项{n}件", "{n} matters of supervision")

_WEEK: Final = ("本周督办情况", "Supervision this week")
_WEEK_LINES: Final[Mapping[str, tuple[str, str]]] = {
    "red": ("红灯案件{n}件", "{n} case(s) under a red light"),
    "proposals": ("待您决定的升级建议{n}件", "{n} proposal(s) to escalate wait for a decision"),
    "blocked": ("升级受阻{n}件", "{n} escalation(s) blocked"),
    "office_overdue": ("督查机构自身逾期{n}件", "{n} case(s) in which the office itself is late"),
}
_MORE: Final = ("其余{n}件请登录系统查看：{link}", "Please log in to read of {n} more: {link}")


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One matter in a message: of which unit, what it is about, until when, and on which page to read on.

    `days_left` are working days until the due day; 0 is the day itself, and negative ones have passed.
    """

    notice: str
    number: str
    due_on: date | None
    unit: str = ""
    page: str = ""
    days_left: int | None = None


def render(items: Sequence[DigestItem], lang: str, link: str) -> tuple[str, str]:
    """Return the subject and the body of a message about these matters: one by itself, or several as a digest.

    Each matter has the address of its own page behind `link`, which ends with a slash.

    Raises:
        KeyError: a notice has no words; a test walks all of them.
    """
    place = 1 if lang.startswith("en") else 0
    lines = [f"{_line(item, lang, place)}\n{_HINT[place].format(link=_page(item, link))}" for item in items]
    if len(items) == 1:
        about = NOTICES[items[0].notice][place]
        subject = f"[Duban] {items[0].number} {about}" if place else f"【督办】{items[0].number} {about}"
        return subject, f"{lines[0]}\n"
    title = _DIGEST[place].format(n=len(items))
    numbered = "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1))
    return (f"[Duban] {title}" if place else f"【督办】{title}"), f"{numbered}\n"


def render_week(week: Week, lang: str, link: str) -> tuple[str, str]:
    """Return the subject and the body of the leader's weekly digest; what there is none of is said as well."""
    place = 1 if lang.startswith("en") else 0
    lines: list[str] = []
    for name, words in _WEEK_LINES.items():
        part = getattr(week, name)
        lines.append(words[place].format(n=part.count))
        lines += [f"  {number} {link.rstrip('/')}/cases/{case_id}" for case_id, number in part.first]
        if part.count > len(part.first):
            lines.append(f"  {_MORE[place].format(n=part.count - len(part.first), link=link)}")
    subject = f"[Duban] {_WEEK[place]}" if place else f"【督办】{_WEEK[place]}"
    return subject, "\n".join(lines) + "\n"


def _page(item: DigestItem, link: str) -> str:
    return f"{link.rstrip('/')}/{item.page}" if item.page else link


def _line(item: DigestItem, lang: str, place: int) -> str:
    until = _UNTIL[place].format(day=date_text(item.due_on, lang), left=_left(item, place)) if item.due_on else ""
    return f"{item.number} {item.unit} {NOTICES[item.notice][place]}{until}".replace("  ", " ")


def _left(item: DigestItem, place: int) -> str:
    """Return how many working days are left, as people say it."""
    days = item.days_left
    if days is None:
        return ""
    words = _TODAY if days == 0 else _LEFT if days > 0 else _PAST
    return words[place].format(n=abs(days))
