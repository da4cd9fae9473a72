"""What waits for a decision or a signature: all of it as one page, held escalations, and the second signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from cases.case_overview import overview
from cases.waiting import DECIDED_BY, MOST, Waiting, Waits, decides, waiting_for
from states.case import sealed_for
from states.command import Command
from states.errors import Sentence
from states.guards.entries import same_account
from states.official_document import Step
from states.terms import Term
from states.vocabulary import Act, State, name
from store import case_counts
from store.visibility import is_everything
from web.act_help import help_of
from web.api import CaseId
from web.case_rows import rows_shown
from web.data_words import label
from web.dependencies import actor_of, clean_query, reader_of, seen_by
from web.document_words import waiting_rows
from web.numbers import short_number
from web.page import OFFICE_SIDE, Here, Visit, open_to
from web.views import line_shown
from web.words import near
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from states.vocabulary import Role
    from store.proposals import Proposal

KINDS: Final = {
    Waits.ESCALATION: Sentence("升级建议", "Proposals to escalate"),
    Waits.EXTENSION: Sentence("延期", "Extensions"),
    Waits.TOLERANCE_REQUEST: Sentence("容错申请", "Requests for tolerance"),
    Waits.TOLERANCE: Sentence("容错认定", "Decisions on tolerance"),
    Waits.LATE_ENTRY: Sentence("补录待核", "Late entries"),
    Waits.HELD: Sentence("停机后待放行", "Held after a stop"),
    Waits.COUNTERSIGNATURE: Sentence("待会签", "Second signatures"),
}
_TITLES: Final = {
    Waits.ESCALATION: Sentence("{what}：{unit}", "{what}: {unit}"),
    Waits.EXTENSION: Sentence("{unit}申请延期{what}", "{unit} asks for {what} more"),
    Waits.TOLERANCE_REQUEST: Sentence("受理{unit}的容错申请", "Accept the request for tolerance of {unit}"),
    Waits.TOLERANCE: Sentence("对{unit}作出容错认定", "Decide on tolerance for {unit}"),
    Waits.LATE_ENTRY: Sentence("决定补录的案件怎么办：{unit}", "Decide on what was entered late: {unit}"),
    Waits.HELD: Sentence("放行或者不放行升级：{unit}", "Release an escalation or not: {unit}"),
    Waits.COUNTERSIGNATURE: Sentence("会签“{what}”：{unit}", "Sign “{what}” as the second: {unit}"),
}
_IF_YES: Final = {
    Waits.ESCALATION: Sentence(
        "承办人可以办理“{what}”；办理后单位另有整改期限。",
        "The handler may carry out “{what}”; then the unit has a new term.",
    ),
    Waits.EXTENSION: Sentence(
        "整改期限自原期限届满起续算{what}。", "The term goes on for {what} from the day on which it would end."
    ),
    Waits.TOLERANCE_REQUEST: Sentence("进入容错审查，由有权的人作出认定。", "It is examined, and then decided."),
    Waits.TOLERANCE: Sentence(
        "予以容错的，案件不再往上升级；整改照常办理。", "If granted, the case climbs no further; it is still put right."
    ),
    Waits.LATE_ENTRY: Sentence(
        "自今日起算、认可既往办理或者按原期限处理，三种选一种；决定前不亮灯、不提醒。",
        "Count from today, take over what happened, or let the ladder act; until then no light and no reminder.",
    ),
    Waits.HELD: Sentence(
        "升级按规则继续办理，需要批准的仍要逐件批准。",
        "The escalation goes on by the rules, with the approvals they ask.",
    ),
    Waits.COUNTERSIGNATURE: Sentence("“{what}”从记录的日期起生效。", "“{what}” takes effect as of its day."),
}
_IF_HELD: Final = Sentence(
    "承办人可以办理“{what}”；是否问责由有管理权限的机关决定。",
    "The handler may carry out “{what}”; who has the authority decides whether anybody is held accountable.",
)
_IF_NO: Final = {
    Waits.ESCALATION: Sentence(
        "案件停在原来的一级，须写明理由，存入案卷。", "The case stays on its rung; the reason is kept with it."
    ),
    Waits.EXTENSION: Sentence("原期限不变，须写明理由。", "The term stays as it is; the reason is kept."),
    Waits.TOLERANCE_REQUEST: Sentence("没有受理的，案件按规则继续办理。", "Until then, the case goes on by the rules."),
    Waits.TOLERANCE: Sentence("不予容错的，案件按规则继续办理。", "If refused, the case goes on by the rules."),
    Waits.LATE_ENTRY: Sentence("不决定的，案件一直待核，期限不往前走。", "Until it is decided, the case stands still."),
    Waits.HELD: Sentence(
        "不放行须写明理由，案件留在原来的一级；没有决定的一直扣住。",
        "If refused, with the reason, the case stays on its rung; undecided, it stays held.",
    ),
    Waits.COUNTERSIGNATURE: Sentence(
        "这项记录不生效，退回录入人，两次意见都留在案卷里。",
        "It takes no effect and goes back; both are kept.",
    ),
}
_BUTTONS: Final = {
    Waits.ESCALATION: Sentence("看材料并决定", "Read and decide"),
    Waits.EXTENSION: Sentence("看材料并决定", "Read and decide"),
    Waits.TOLERANCE_REQUEST: Sentence("看材料并决定", "Read and decide"),
    Waits.TOLERANCE: Sentence("看材料并决定", "Read and decide"),
    Waits.LATE_ENTRY: Sentence("看清单并决定", "See the list and decide"),
    Waits.HELD: Sentence("看清单并决定", "See the list and decide"),
    Waits.COUNTERSIGNATURE: Sentence("看记录并会签", "Read and sign"),
}
_RANKING: Final = Sentence("年度排序", "Yearly ranking")
_APPROVE_RANKING: Final = Sentence("批准{year}年度排序", "Approve the ranking of {year}")
_RANKING_YES: Final = Sentence(
    "在内部公布；各组末位单位列入末位约谈的可选范围，是否约谈仍要逐件决定。",
    "It is published within; the last of each group may be interviewed, each by a decision of its own.",
)
_RANKING_NO: Final = Sentence("不公布，也不能据此约谈任何人。", "It is not published, and nobody is interviewed by it.")
_PRAISE: Final = Sentence("通报表扬", "Commendation")
_COMMEND: Final = Sentence("表扬{who}", "Commend {who}")
_PRAISE_YES: Final = Sentence("记入法治档案，计入当年排序。", "It goes into the file, and counts in the ranking.")
_PRAISE_NO: Final = Sentence("不记入，须写明理由。", "It is not recorded; the reason is kept.")
_APPROVER: Final = Sentence("待我批准", "Waiting for my approval")
_TODAY: Final = Sentence("今天提出", "since today")
_WAITED: Final = Sentence("已等{n}个工作日", "waiting for {n} working day(s)")


def title_for(role: Role) -> Sentence:
    """Return what people call this page: whoever approves nothing has only signatures to give."""
    return _APPROVER if decides(Waits.ESCALATION, role) else KINDS[Waits.COUNTERSIGNATURE]


SHOWN: Final = 40
"""What waits, of one kind, on one page."""
FIRST: Final = 8
"""So many of each kind stand together; the page of the kind has the others."""
_DOCUMENTS: Final = Sentence("文书", "Documents")
DOCUMENTS: Final = "documents"
"""In the address: only documents that wait to be reviewed or signed."""
DECIDERS: Final = tuple(role for role in OFFICE_SIDE if any(decides(kind, role) for kind in Waits))
router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(DECIDERS)])


@router.get("/approvals")
def approvals_page(visit: Here) -> Response:
    """Show everything that waits for this person, of all kinds or of one."""
    actor, reader = actor_of(visit.person), reader_of(visit.person)
    asked = visit.asked("kind")
    papers = asked == DOCUMENTS
    wanted = Waits(asked) if asked in list(Waits) else None
    page = max(1, visit.number("page", most=MOST // SHOWN)) if wanted or papers else 1
    behind, most = (page - 1) * SHOWN, page * SHOWN if wanted or papers else FIRST
    only = () if papers else (wanted,) if wanted else tuple(Waits)
    found = waiting_for(visit.here.database, reader, actor, most=most, only=only)
    undecided = visit.here.document_shelf.waiting(
        reader, actor, steps=(Step.REVIEW, Step.SIGN), most=most if papers or wanted is None else 0
    )
    documents = waiting_rows(visit, undecided.items[behind:])
    yearly = [] if wanted or papers else _of_the_year(visit)
    in_all = undecided.total if papers else found.counts.get(wanted, 0) if wanted else 0
    shown: dict[str, Any] = {
        "yearly": yearly,
        "kinds": [(kind, KINDS[kind].text(visit.lang), n) for kind, n in found.counts.items()],
        "wanted": wanted,
        "title": title_for(visit.person.role).text(visit.lang),
        "total": case_counts.total([found.total, undecided.total, len(yearly)]),
        "asks": asks_shown(visit, found.items[behind:]),
        "for_office": [
            (one, _policy_title(visit, one), one.proposed_at.astimezone(visit.here.settings.tz).date())
            for one in found.for_office
            if not wanted and not papers and is_everything(reader)
        ],
        "documents": documents,
        "papers": papers,
        "waiting_documents": undecided.total,
        "asked": asked if papers or wanted else "",
        "page": page,
        "further": in_all > most and page < MOST // SHOWN,
        "in_part": [
            (kind, words, n)
            for kind, words, n in [
                *((kind.value, KINDS[kind].text(visit.lang), n) for kind, n in found.counts.items()),
                (DOCUMENTS, _DOCUMENTS.text(visit.lang), undecided.total),
            ]
            if n > FIRST and not wanted and not papers
        ],
    }
    return visit.page("approvals.html", **shown)


def _policy_title(visit: Visit, one: Proposal) -> str:
    policy = visit.here.policy_change.proposed_policy(one)
    return Sentence(policy.title_zh, policy.title_en).text(visit.lang)


def _of_the_year(visit: Visit) -> list[dict[str, Any]]:
    """Return the rankings and commendations that wait for this person; they are no cases."""
    here, actor, lang = visit.here, actor_of(visit.person), visit.lang
    ranked = [
        {
            "kind": _RANKING.text(lang),
            "title": _APPROVE_RANKING.fill(year=one.year).text(lang),
            "yes": _RANKING_YES.text(lang),
            "no": _RANKING_NO.text(lang),
            "since": one.announced_on,
            "link": f"/ranking?year={one.year}",
        }
        for one in here.rankings.waiting(actor, reader_of(visit.person))
    ]
    praised = [
        {
            "kind": _PRAISE.text(lang),
            "title": _COMMEND.fill(who=f"{one.unit}{one.post}").text(lang),
            "yes": _PRAISE_YES.text(lang),
            "no": _PRAISE_NO.text(lang),
            "since": one.proposed_on,
            "link": f"/commendations/{one.id}",
        }
        for one in here.commendations.waiting(actor, reader_of(visit.person))
    ]
    return ranked + praised


def asks_shown(visit: Visit, found: Sequence[Waiting]) -> list[dict[str, Any]]:
    """Return what waits as a person reads it: what is asked, what follows either way, since when, and where to go."""
    lang, today = visit.lang, visit.here.today(now())
    rows = rows_shown(visit, [one.stored for one in found])
    shown = []
    for one, row in zip(found, rows, strict=True):
        what = _what(one, lang)
        waited = visit.here.rulebook.calendar.working_days_between(one.since, today) if one.since else None
        shown.append(
            row
            | {
                "kind": KINDS[one.kind].text(lang),
                "title": _TITLES[one.kind].fill(what=what, unit=row["case"].unit).text(lang),
                "yes": _if_yes(one).fill(what=what).text(lang),
                "no": _IF_NO[one.kind].fill().text(lang),
                "since": one.since,
                "waited": "" if waited is None else (_WAITED.fill(n=waited) if waited > 0 else _TODAY).text(lang),
                "button": _BUTTONS[one.kind].text(lang),
                "link": _link(one),
            }
        )
    return shown


def _if_yes(one: Waiting) -> Sentence:
    is_held = one.kind is Waits.ESCALATION and one.case.proposal == State.HELD
    return _IF_HELD if is_held else _IF_YES[one.kind]


def _what(one: Waiting, lang: str) -> str:
    """Return what is proposed, asked for or to be signed, in words."""
    case = one.case
    if one.kind is Waits.ESCALATION and case.proposal in list(State):
        # What an officer then does is to propose it: the decision itself is not the office's (《办法》第九条).
        is_held = case.proposal == State.HELD
        return name(Act.PROPOSE_ACCOUNTABILITY if is_held else State(case.proposal)).text(lang)
    if one.kind is Waits.EXTENSION and case.extension:
        return Term.parse(case.extension).text(lang)
    if one.kind is Waits.COUNTERSIGNATURE and case.unsigned is not None:
        return name(case.unsigned.act).text(lang)
    return ""


def _link(one: Waiting) -> str:
    """Return where it is decided: several at once on a list of their own, the others one by one."""
    if one.kind is Waits.LATE_ENTRY:
        return "/late"
    if one.kind is Waits.HELD:
        return "/held"
    if one.kind is Waits.COUNTERSIGNATURE:
        return f"/cases/{one.case.id}/countersign"
    return f"/cases/{one.case.id}?act={DECIDED_BY[one.kind].value}#step"


@router.get("/held")
def held_page(visit: Here) -> Response:
    """List the escalations that wait because the clock was implausible; each is released, or refused with a reason."""
    found = waiting_for(visit.here.database, reader_of(visit.person), actor_of(visit.person), (Waits.HELD,))
    return visit.page("held.html", asks=asks_shown(visit, found.items), act=Act)


@router.get("/cases/{case_id:int}/countersign")
def countersign_page(case_id: CaseId, visit: Here) -> Response:
    """Show what a colleague has recorded, and what signing it confirms."""
    person, here, lang = visit.person, visit.here, visit.lang
    today = here.today(now())
    seen_by(here, person, case_id, "page/countersign")
    asker = Command(act=Act.COUNTERSIGN, actor=actor_of(person), on=today, data={})
    found = overview(here.desk, here.rulebook, reader_of(person), asker, case_id)
    case = sealed_for(found.case, person.role)
    waits = case.unsigned
    if waits is None or case is not found.case:
        return RedirectResponse(f"/cases/{case_id}", 303)
    recorded = found.history[waits.seq - 1]
    names = {hash_: file.name for hash_, file in found.files.items()}
    line = line_shown(recorded, case, visit, [], files_apart=True, names=names)
    mark = label(recorded.event.act, "to_be_countersigned", lang)
    closed = found.may_not.get(Act.COUNTERSIGN)
    shown: dict[str, Any] = {
        "case": case,
        "short": short_number(case.number, lang),
        "waits": waits,
        "who": found.names.get(line["user"], line["user"]),
        "facts": [(title, value) for title, value in line["data"] if title != mark],
        "entered": recorded.event.recorded_at,
        "files": [found.files[hash_] for hash_ in line["evidence"] if hash_ in found.files],
        "taken": near(waits.taken_on, today, lang),
        "help": help_of(waits.act).text(lang),
        "own": same_account(person.username, waits.user),
        "may": Act.COUNTERSIGN in found.may,
        "may_refuse": Act.REFUSE_COUNTERSIGN in found.may,
        "reason": closed.text(lang) if closed is not None else "",
        "on": today.isoformat(),
        "act": Act,
    }
    return visit.page("countersign.html", **shown)
