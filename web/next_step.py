"""What there is to do on a case: the one next step, and the other acts in their groups, with reasons where closed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence
from states.lifecycle import TABLE
from states.vocabulary import PERSONS_ACTS, Act, Phase, Role, State, name
from web.act_help import help_of
from web.forms import fields_of
from web.handbook_places import task_of
from web.rule_words import in_words
from web.views import acts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cases.case_overview import CaseOverview
    from states.case import Case

PAIRS: Final = {
    Act.ACCEPT_PLAN: Act.RETURN_PLAN,
    Act.VERIFY_PASS: Act.VERIFY_FAIL,
    Act.APPROVE_EXTENSION: Act.REFUSE_EXTENSION,
    Act.APPROVE_ESCALATION: Act.REJECT_ESCALATION,
    Act.COUNTERSIGN: Act.REFUSE_COUNTERSIGN,
}
"""Of one question the two answers; they stand on one form with two buttons."""
QUESTIONS: Final = {
    Act.ACCEPT_PLAN: (Sentence("审核整改方案", "Review the plan"), Sentence("审核方案", "Review")),
    Act.VERIFY_PASS: (Sentence("核查整改报告", "Verify the report"), Sentence("开始核查", "Verify")),
    Act.APPROVE_EXTENSION: (Sentence("答复延期申请", "Answer the request to extend"), Sentence("答复", "Answer")),
    Act.APPROVE_ESCALATION: (Sentence("决定升级建议", "Decide on the escalation"), Sentence("决定", "Decide")),
    Act.SERVE_ORDER: (
        Sentence("决定并送达责令整改通知", "Decide on the order and serve it"),
        Sentence("拟责令整改", "Order"),
    ),
    Act.APPROVE_CLOSURE: (Sentence("决定是否销号", "Decide on the closure"), Sentence("审批销号", "Decide")),
    Act.ISSUE_MINUTES: (Sentence("印发约谈纪要", "Issue the minutes"), Sentence("印发纪要", "Issue")),
    Act.LOOK_BACK_PASS: (Sentence("回头看", "Look back"), Sentence("登记回头看", "Look back")),
    Act.RECORD_ACCOUNTABILITY: (Sentence("登记问责决定", "Record the decision"), Sentence("登记问责", "Record")),
}
"""What is asked by an act that has two answers, or waits for a person's will, and what the button to it says.

A step that is named after one of its answers would already have decided.
"""
_GO: Final = Sentence("去办理", "Go on")
_ANSWERS: Final = (
    Act.DECIDE_LATE_ENTRY,
    Act.COUNTERSIGN,
    Act.RELEASE_ESCALATION,
    Act.APPROVE_ESCALATION,
    Act.APPROVE_EXTENSION,
    Act.DECIDE_REVIEW,
    Act.DECIDE_TOLERANCE,
    Act.ACCEPT_TOLERANCE,
)
"""What somebody waits for; it comes before the case's own next step."""
_BY_PHASE: Final = {
    Phase.DECIDING: (Act.SERVE_ORDER,),
    Phase.PLANNING: (Act.ACCEPT_PLAN, Act.SUBMIT_PLAN, Act.SUBMIT_REPORT),
    Phase.RECTIFYING: (
        Act.SUBMIT_REPORT,
        Act.ACCEPT_PLAN,
        Act.PUBLISH_CRITICISM,
        Act.HOLD_INTERVIEW,
        Act.PROPOSE_ACCOUNTABILITY,
        Act.RECORD_HELP,
    ),
    Phase.VERIFYING: (Act.VERIFY_PASS,),
    Phase.VERIFIED: (Act.APPROVE_CLOSURE,),
    Phase.MINUTES: (Act.ISSUE_MINUTES,),
    Phase.PROPOSED: (Act.RECORD_ACCOUNTABILITY,),
    Phase.DONE: (Act.LOOK_BACK_PASS,),
}
"""Which acts take a case on from a phase, the likeliest first (docs/domain.md §4.2)."""
_DONE_ON: Final = {State.CRITICIZED: Act.PUBLISH_CRITICISM, State.INTERVIEWED: Act.HOLD_INTERVIEW}
"""What a rung owes first; once the unit's term runs on it, that is done, and what follows is another act."""
_HURTFUL: Final = frozenset({State.UNFOUNDED, State.WITHDRAWN, State.MERGED, State.TRANSFERRED, State.HELD})
FINAL_ACTS: Final = frozenset(
    {row.act for row in TABLE if row.source is not None and row.dest in _HURTFUL and row.dest is not row.source}
    & set(PERSONS_ACTS)
    | {Act.TRANSFER, Act.PROPOSE_ACCOUNTABILITY, Act.RECORD_ACCOUNTABILITY}
)
"""Acts that cannot be taken back or that hurt somebody: they are asked about once more on a page of their own."""
_ALL_OPTIONAL: Final = frozenset({Act.ACKNOWLEDGE})
"""Acts that are one press, once it is chosen what they are about: what may be written beside is folded."""
_GROUPS: Final = (
    ("rectification", "pen", Sentence("整改", "Rectification")),
    ("time", "extend", Sentence("延期与中止", "Extension and suspension")),
    ("escalation", "up", Sentence("升级", "Escalation")),
    ("objection", "scale", Sentence("异议", "Objection")),
    ("record", "doc", Sentence("记录", "Record")),
)
_WORDS_OF_GROUPS: Final = {
    "rectification": ("order", "plan", "report", "verify", "closure", "help", "look_back", "reopen", "acknowledge"),
    "time": ("extension", "suspend", "resume"),
    "escalation": ("criticism", "interview", "minutes", "accountability", "escalation", "list_case", "delist"),
    "objection": ("objection", "review", "tolerance", "appeal"),
}


def group_of(act: Act) -> str:
    """Return the group of an act by the words of its name; what fits nowhere is a matter of record."""
    for group in ("objection", "escalation", "time", "rectification"):
        if any(word in act.value for word in _WORDS_OF_GROUPS[group]):
            return group
    return "record"


def next_act(found: CaseOverview, role: Role) -> Act | None:
    """Return the one act that this person should do now; nothing if it is somebody else's turn."""
    case, may = found.case, found.may
    if (
        role in (Role.LIAISON, Role.HEAD)
        and Act.ACKNOWLEDGE in may
        and found.to_sign is not None
        and found.to_sign.case_seq not in case.acknowledged
    ):
        return Act.ACKNOWLEDGE
    wanted = (*_ANSWERS, *_BY_PHASE.get(case.phase, ()))
    return next((act for act in wanted if act in may and _is_due(act, case)), None)


def _is_due(act: Act, case: Case) -> bool:
    """Say whether it is time for the act: help is due while none was given, a plan while none was handed in."""
    if act is Act.RECORD_HELP:
        return case.state is State.CRITICIZED and not case.helps
    return act is not Act.SUBMIT_PLAN or case.plan in ("", "returned")


def question_of(act: Act, lang: str) -> tuple[str, str]:
    """Return what there is to do as a heading, and as the words of a button that leads to it."""
    title, button = QUESTIONS.get(act, (name(act), _GO))
    return title.text(lang), button.text(lang)


@cache
def likely_act(phase: Phase, state: State, role: Role) -> Act | None:
    """Return the act that takes a case on from this phase and that this role may do: for lists, which ask no guard."""
    rows = {row.act for row in TABLE if row.source is state and role in row.roles}
    if phase is Phase.RECTIFYING and state in _DONE_ON:
        rows.discard(_DONE_ON[state])
    return next((act for act in _BY_PHASE.get(phase, ()) if act in rows), None)


def form_of(act: Act, found: CaseOverview, lang: str, *, tried: Collection[str] = ()) -> dict[str, Any]:
    """Return what the form of an act shows: its fields, its help, and the other answer where there are two."""
    other = PAIRS.get(act)
    if other is None and act in PAIRS.values():
        other = next(first for first, second in PAIRS.items() if second is act)
        act, other = other, act
    if other not in found.may and (other is None or other.value not in tried):
        other = None
    if other is not None and act not in found.may and act.value not in tried:
        act, other = other, None
    fields = fields_of(act)
    if other is not None:
        known = {field.name for field in fields}
        fields += [field for field in fields_of(other) if field.name not in known]
        # Which of them are needed, the answer decides; the form itself cannot.
        fields.sort(key=lambda field: not field.required)
    return {
        "act": act,
        "title": question_of(act, lang)[0] if other is not None and act in QUESTIONS else "",
        "other": other,
        "fields": [one for one in main_first(fields) if act not in _ALL_OPTIONAL or one.name == "of"],
        "folded": [one for one in main_first(fields) if act in _ALL_OPTIONAL and one.name != "of"],
        "help": help_of(act).text(lang),
        "handbook": task_of(act),
        "lenient": other is not None,
        "reason": in_words(found.may_not[act].text(lang), lang) if act in found.may_not else "",
    }


def main_first(fields: Iterable[Any]) -> list[Any]:
    """Return the fields in the order of the form: what is needed first, and last number, evidence and note."""
    last = {"document_number": 1, "evidence": 2, "note": 3}
    return sorted(fields, key=lambda field: (last.get(field.name, 0), not field.required))


def grouped(found: CaseOverview, role: Role, lang: str, *, shown: Act | None) -> list[dict[str, Any]]:
    """Return the acts of this role, but for the one whose form stands above, in groups; closed ones with reasons."""
    mine = [act for act in acts_of(role) if act is not Act.REGISTER_FINDING]
    both = {shown, PAIRS.get(shown)} if shown is not None else set()
    groups: dict[str, list[dict[str, Any]]] = {key: [] for key, _icon, _title in _GROUPS}
    for act in mine:
        if act in both:
            continue
        if act in found.may:
            groups[group_of(act)].append({"act": act, "may": True, "reason": ""})
        elif act in found.may_not:
            groups[group_of(act)].append(
                {"act": act, "may": False, "reason": in_words(found.may_not[act].text(lang), lang)}
            )
    return [
        {
            "key": key,
            "icon": icon,
            "title": title.text(lang),
            "acts": sorted(groups[key], key=lambda one: not one["may"]),
        }
        for key, icon, title in _GROUPS
        if groups[key]
    ]
