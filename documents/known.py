"""What a document says of its own: the fields that are known from the case, before anybody has typed a word.

Where the act has been entered already, its event is the source. What is not known stays out, and the draft shows a
blank for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Final

from documents.fields import FIELDS, Shape
from documents.kinds import RETENTION_NAMES, DocumentKind, Layout, Level, level_of
from documents.standard import AREA_WIDTH_PT, TITLE_PT
from states.errors import BadTerm
from states.terms import Term, days_late, due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from documents.summary import CaseSummary, PastAct
    from states.working_days import Calendar

_TITLE_WIDTH: Final = int(AREA_WIDTH_PT // TITLE_PT)
RUNG_OF_KIND: Final = {"order": "ordered_to_rectify", "criticism": "publicly_criticized", "minutes": "interviewed"}
_APPLICATION: Final = {"extension": "request_extension", "review": "file_objection", "tolerance": "request_tolerance"}
_COPIED: Final = frozenset({"order", "criticism", "interview_notice", "minutes", "commendation"})
"""Kinds of which the unit above the addressee gets a copy (docs/domain.md §4.6); a transfer or proposal never goes."""
_PREPARED_BY: Final = {
    "interview_notice": ("approve_interview",),
    "attendance": ("serve_interview_notice", "hold_interview"),
    "minutes": ("serve_interview_notice", "hold_interview"),
    "closure_approval": ("verify_pass",),
}
OTHER_NAMES: Final = {"held_on": "interview_on", "venue": "place"}
"""What an act calls a field of a document otherwise."""
_TAKEN_OVER: Final = frozenset(
    {
        "interviewee",
        "convenor",
        "recorders",
        "attendees",
        "observers",
        "venue",
        "held_at",
        "held_on",
        "verifiers",
        "outcome",
    }
)
"""What a document takes from the act before it."""
_OUTCOMES: Final = {
    "approve_extension": "同意延长整改期限",
    "refuse_extension": "不予延长整改期限",
    "suspend": "中止",
    "resume": "恢复",
    "verify_pass": "整改到位",
    "verify_fail": "整改不到位",
    "approve_closure": "整改到位",
    "look_back_pass": "整改成果保持，没有反弹",
    "reopen": "问题反弹，重新整改",
    "uphold": "维持原结论",
    "amend": "变更原结论",
    "revoke": "撤销原结论",
    "granted": "予以容错免责",
    "refused": "不予容错免责",
}
_DAY_OF_ACT: Final = {
    "ordered_on": ("serve_order",),
    "criticized_on": ("publish_criticism",),
    "interviewed_on": ("hold_interview",),
    "report_on": ("submit_report",),
    "verified_on": ("verify_pass", "verify_fail"),
    "closed_on": ("approve_closure", "decide_tolerance", "transfer", "dismiss", "withdraw", "merge_into"),
    "held_on": ("hold_interview",),
    "helped_on": ("record_help",),
    "looked_on": ("look_back_pass",),
}


@dataclass(frozen=True, slots=True)
class DraftingDay:
    """The day on which the document is drawn up, and the calendar by which its terms are counted."""

    on: date
    calendar: Calendar

    def due(self, term: str) -> date | None:
        """Return the last day of the term if it begins with service on this day; None if the term cannot be read."""
        try:
            return due(self.on, Term.parse(term), self.calendar).due_on
        except BadTerm:
            return None


def known(kind: DocumentKind, summary: CaseSummary, day: DraftingDay, step: PastAct | None = None) -> dict[str, Any]:
    """Return the fields of this kind that the case and the day give, by their English names; none of them empty.

    `step` is the act that the document carries out, where it was entered before the document was written: the case is
    then taken as it was before the act, and the day as that of the act.
    """
    if step is not None:
        summary, day = summary.before(step), DraftingDay(step.day, day.calendar)
    level = level_of(summary.unit_kind)
    found: dict[str, Any] = {
        "office": summary.names.office,
        "office_short": summary.names.office_short or summary.names.office,
        "letterhead": _letterhead(kind, summary),
        "case_number": summary.number,
        "title": titled(title_phrases(kind, summary, level)),
        "addressee": summary.unit,
        "copies": (summary.names.superior,) if summary.names.superior and kind.name in _COPIED else (),
        "signed_on": day.on,
        "printed_on": day.on,
        "secrecy": summary.secrecy,
        "state": summary.state,
        "unit": summary.unit,
        "post": summary.post,
        "duty": summary.duty,
        "inspection": summary.inspection,
        "finding": summary.finding,
        "found_on": summary.opened_on,
        "opened_on": summary.opened_on,
        "criteria": summary.criteria,
        "items": _numbered(summary.items),
        "chronology": _numbered({"day": one.day, "what": one.name, "who": one.who} for one in summary.steps),
        "catalogue": _numbered(
            {"title": one.title, "number": one.number, "day": one.day, "pages": ""} for one in summary.papers
        ),
        "papers": str(len(summary.papers)),
        "light": summary.light,
        "retention": RETENTION_NAMES[kind.retention][0],
        "interviewee": summary.post,
        "old_due_on": summary.due(),
        "look_back_on": summary.due("look_back"),
        "remaining": summary.remaining,
    }
    for name, acts in _DAY_OF_ACT.items():
        reached = summary.last(*acts)
        found[name] = reached.day if reached is not None else None
    found |= _terms(kind, summary, day, step)
    found |= _applied(kind, summary, day)
    for act in _PREPARED_BY.get(kind.name, ()):
        prepared = summary.last(act)
        if prepared is not None:
            found |= {name: value for name, value in _said(kind, prepared).items() if name in _TAKEN_OVER}
    if step is not None:
        found |= _said(kind, step) | {name: step.day for name, acts in _DAY_OF_ACT.items() if step.act in acts}
        if "rectification" in step.starts:
            found["due_on"] = step.starts["rectification"][0]
    if not kind.numbered:
        found["number"] = summary.number
    names = {field.name for field in kind.fields}
    return {name: value for name, value in found.items() if name in names and value not in (None, "", ())}


def _terms(kind: DocumentKind, summary: CaseSummary, day: DraftingDay, step: PastAct | None) -> dict[str, Any]:
    """Return the term that the document sets and its due day, or the term that is running."""
    rung = RUNG_OF_KIND.get(kind.name)
    late = summary.due()
    running: dict[str, Any] = {"due_on": late}
    if late is not None and day.on > late:
        running["days_late"] = str(days_late(late, day.on, day.calendar))
    if rung is None:
        return {"service_on": day.on} | running
    if step is not None and "rectification" in step.starts:
        due_on, term = step.starts["rectification"]
        return {"service_on": step.day, "term": _spoken(term), "due_on": due_on} | _planned(summary, step)
    if kind.name != "order" and summary.runs_from_entry is not None and summary.rung == rung:
        return {"term": _spoken(summary.terms[rung]), "due_on": summary.runs_from_entry}
    term = (summary.proposed_term if kind.name == "order" else "") or summary.terms[rung]
    return {
        "service_on": day.on,
        "term": _spoken(term),
        "due_on": day.due(term),
        "plan_term": _spoken(summary.terms.get("plan", "")),
    }


def _planned(summary: CaseSummary, step: PastAct) -> dict[str, str]:
    term = step.starts["plan"][1] if "plan" in step.starts else summary.terms.get("plan", "")
    return {"plan_term": _spoken(term)}


def _spoken(term: str) -> str:
    """Return a term as documents write it: 15个工作日."""
    try:
        return Term.parse(term).text()
    except BadTerm:
        return term


def _applied(kind: DocumentKind, summary: CaseSummary, day: DraftingDay) -> dict[str, Any]:
    """Return what the document answers: the application, or the ground on which the office goes further."""
    applied = summary.last(_APPLICATION.get(kind.name, ""))
    if applied is not None:
        given = {"applied_on": applied.day}
        if kind.name == "tolerance":
            return given | {"ground": applied.data.get("reason", "")}
        if kind.name == "review":
            return given | {"subject": applied.data.get("reason", "")}
        return given | _longer(summary, str(applied.data.get("term", "")), day)
    if kind.name == "commendation":
        return {"reason": summary.merit}
    if kind.name in ("criticism", "interview_approval", "interview_notice", "minutes", "accountability_proposal"):
        return {"reason": _ground(summary, day)}
    return {}


def _longer(summary: CaseSummary, term: str, day: DraftingDay) -> dict[str, Any]:
    """Return the term that was asked for and the day that it leads to, counted from the old due day."""
    late = summary.due()
    if late is None or not term:
        return {}
    return {"term": _spoken(term), "due_on": DraftingDay(late, day.calendar).due(term)}


def _ground(summary: CaseSummary, day: DraftingDay) -> str:
    """Return why the case climbs: a failed verification, or a term that ended without an accepted report."""
    failed, late = summary.last("verify_fail"), summary.missed()
    if failed is not None:
        told = failed.data.get("reason", "")
        return f"{written(failed.day)}核查，整改不到位" + (f"：{told}" if told else "")
    if late is not None and day.on > late:
        return f"整改期限于{written(late)}届满，没有报送经认可的整改报告"
    return ""


def _said(kind: DocumentKind, step: PastAct) -> dict[str, Any]:
    """Return what the act itself said, where a field of the document has the name of a field of the act."""
    found: dict[str, Any] = {}
    for field in kind.fields:
        value = step.data.get(field.name, step.data.get(OTHER_NAMES.get(field.name, ""), None))
        if value in (None, "", [], ()) or field.shape is Shape.ROWS:
            continue
        if field.shape is Shape.DAY:
            found[field.name] = date.fromisoformat(str(value))
        elif field.shape is Shape.TEXTS:
            found[field.name] = tuple(value) if isinstance(value, (list, tuple)) else (str(value),)
        else:
            found[field.name] = _spoken(str(value)) if field.name == "term" else str(value)
    outcome = str(step.data.get("outcome", "")) or step.act
    if outcome in _OUTCOMES:
        found["outcome"] = _OUTCOMES[outcome]
    if step.data.get("document_number") and kind.numbered:
        found["number"] = str(step.data["document_number"])
    found |= dict.fromkeys(("signed_on", "printed_on", "submitted_on", "served_on"), step.day)
    return found


def outcome_text(outcome: str) -> str:
    """Return the words of an outcome or of the act that is one; text that is neither stays as it is."""
    return _OUTCOMES.get(outcome, outcome)


def _numbered(rows: Any) -> tuple[dict[str, Any], ...]:  # noqa: ANN401  # any iterable of mappings
    return tuple({"place": str(place), **row} for place, row in enumerate(rows, start=1))


def written(day: date) -> str:
    """Return the day as documents write it: 2026年3月5日, without leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def _letterhead(kind: DocumentKind, summary: CaseSummary) -> str:
    office = summary.names.office
    return f"{summary.names.office_short or office}约谈纪要" if kind.layout is Layout.MINUTES else office


def title_phrases(kind: DocumentKind, summary: CaseSummary, level: Level) -> tuple[str, ...]:
    """Return the title in phrases that no line may break (GB/T 9704-2012, 7.3.1: 词意完整)."""
    unit, letter = summary.unit, kind.layout_for(level) is Layout.LETTER
    resuming = bool(summary.remaining)
    titles: Mapping[str, tuple[str, ...]] = {
        "order": ("关于", unit, "限期整改", "有关问题的函") if letter else ("责令整改通知书",),
        "criticism": ("关于", unit, "整改不到位的通报"),
        "interview_notice": ("关于约谈", unit, "有关负责同志的函") if letter else ("约谈通知书",),
        "minutes": ("约谈", unit, "有关负责人的纪要"),
        "extension": ("关于", unit, "申请延长整改期限的", "复函" if letter else "批复"),
        "suspension": (f"关于{'恢复' if resuming else '中止'}计算", unit, "整改期限的", "函" if letter else "通知"),
        "review": ("关于", unit, "复核申请的", "复函" if letter else "决定"),
        "accountability_proposal": ("关于对", summary.post, "启动问责的", "建议函"),
        "transfer": ("关于移送有关问题线索的函",),
        "commendation": ("关于表扬", summary.post or unit, "的通报"),
        "tolerance": ("关于", unit, "有关问题的", "容错认定书"),
        "closure": ("关于", unit, "问题整改销号的", "函" if letter else "通知"),
        "case_file": (unit, f"{summary.inspection}发现问题", "整改案卷"),
    }
    return titles.get(kind.name, (kind.zh,))


def titled(phrases: tuple[str, ...], width: int = _TITLE_WIDTH) -> str:
    """Return the title in as few lines as hold it, broken between phrases only, the longest line as short as may be."""
    whole = "".join(phrases)
    if len(whole) <= width:
        return whole
    for breaks in range(1, len(phrases)):
        cuts = [_cut(phrases, places) for places in combinations(range(1, len(phrases)), breaks)]
        fitting = [lines for lines in cuts if max(map(len, lines)) <= width]
        if fitting:
            return "\n".join(min(fitting, key=_imbalance))
    return "\n".join(_cut(phrases, tuple(range(1, len(phrases)))))


def _cut(phrases: tuple[str, ...], places: tuple[int, ...]) -> list[str]:
    edges = (0, *places, len(phrases))
    return ["".join(phrases[start:end]) for start, end in pairwise(edges)]


def _imbalance(lines: Iterable[str]) -> tuple[int, int]:
    """Return how uneven the lines are, and how long the longest is."""
    lines = list(lines)
    return max(map(len, lines)) - min(map(len, lines)), max(map(len, lines))


_SHOWN: Final[Mapping[Shape, Callable[[Any], Any]]] = {
    Shape.TEXT: str,
    Shape.DAY: lambda value: written(value if isinstance(value, date) else date.fromisoformat(str(value))),
    Shape.TEXTS: tuple,
}


def shown(name: str, value: Any) -> Any:  # noqa: ANN401  # whatever the field holds
    """Return the value of a field as a template prints it: days as 2026年3月5日, in rows too."""
    field = FIELDS[name]
    if field.shape is Shape.ROWS:
        return tuple(
            {key: written(cell) if isinstance(cell, date) else str(cell) for key, cell in row.items()} for row in value
        )
    return _SHOWN[field.shape](value)
