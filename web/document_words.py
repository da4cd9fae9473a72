"""How documents are told on pages: their names, states, steps and fields, and what waits for whom."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from documents.drafting import AT_SIGNATURE
from documents.fields import FIELDS, Shape
from documents.issuing import WAYS
from documents.kinds import KINDS, find_kind
from states.errors import Sentence
from states.official_document import STATUS_NAMES, STEP_NAMES, Status, Step
from states.terms import date_text
from states.vocabulary import NAMES, Act
from web.numbers import short_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from documents.fields import DocumentField
    from documents.kinds import DocumentKind
    from documents.shelf import Change, OpenDocument
    from documents.waiting import WaitingDocument
    from store.official_documents import KeptDocument, Taken
    from web.page import Visit

SIGNS: Final = {
    Status.DRAFT: "wait",
    Status.SUBMITTED: "warn",
    Status.REVIEWED: "warn",
    Status.SIGNED: "warn",
    Status.ISSUED: "sent",
    Status.SERVED: "good",
    Status.VOID: "bad",
}
BETWEEN: Final = "｜"
"""Between the columns of one row of a table, as it is typed."""
_DRAFTED: Final = Sentence("拟稿", "draft")
_PRAISE: Final = Sentence("通报表扬", "Commendation")
_GIVES: Final = Sentence("印发即为批准表扬，记入法治档案。", "Its issue gives the commendation.")
_TITLES: Final = {
    Step.SUBMIT: Sentence("完成并送审{kind}：{unit}", "Complete and submit the {kind}: {unit}"),
    Step.REVIEW: Sentence("核稿{kind}：{unit}", "Review the {kind}: {unit}"),
    Step.SIGN: Sentence("签发{kind}：{unit}", "Sign the {kind}: {unit}"),
    Step.ISSUE: Sentence("印发{kind}：{unit}", "Issue the {kind}: {unit}"),
}
_AFTER: Final = {
    Step.SUBMIT: Sentence("送审后由他人核稿、签发，您不再修改。", "Then others review and sign it."),
    Step.REVIEW: Sentence("核稿后报送签发；不妥的，写明意见退回。", "It then goes to be signed, or back."),
    Step.SIGN: Sentence(
        "签发后自动取号，内容不再改动；不妥的，写明意见退回。",
        "It takes its number, or goes back.",
    ),
    Step.ISSUE: Sentence("印发后事项入卷，期限按规则起算。", "Its act is then entered, and terms begin by the rules."),
}
_BUTTONS: Final = {
    Step.SUBMIT: Sentence("打开草稿", "Open the draft"),
    Step.REVIEW: Sentence("打开并核稿", "Open and review"),
    Step.SIGN: Sentence("打开并签发", "Open and sign"),
    Step.ISSUE: Sentence("打开并印发", "Open and issue"),
}


def kind_choices(lang: str) -> list[tuple[str, str]]:
    """Return every kind with its name."""
    return [(kind.name, Sentence(kind.zh, kind.en).text(lang)) for kind in KINDS.values()]


def kind_name(kept: KeptDocument, lang: str) -> str:
    """Return what people call this document."""
    kind = find_kind(kept.kind)
    return Sentence(kind.zh, kind.en).text(lang)


def status_name(status: Status, lang: str) -> str:
    """Return where a document stands, in words."""
    return Sentence(*STATUS_NAMES[status]).text(lang)


def row_of(visit: Visit, kept: KeptDocument) -> dict[str, Any]:
    """Return a document as lists show it."""
    return {
        "id": kept.id,
        "kind": kind_name(kept, visit.lang),
        "number": kept.number,
        "unit": kept.unit,
        "case": owner_shown(kept, visit.lang)[0],
        "owner_link": owner_shown(kept, visit.lang)[1],
        "status": kept.status,
        "state": status_name(kept.status, visit.lang),
        "sign": SIGNS[kept.status],
        "on": kept.changed_at.astimezone(visit.here.settings.tz).date(),
        "corrects": bool(kept.replaces),
    }


def owner_shown(kept: KeptDocument, lang: str) -> tuple[str, str]:
    """Return what people call that to which the document belongs, and its page."""
    if kept.commendation_id:
        return _PRAISE.text(lang), f"/commendations/{kept.commendation_id}"
    return short_number(kept.case_number, lang), f"/cases/{kept.case_id}"


def waiting_rows(visit: Visit, found: Sequence[WaitingDocument]) -> list[dict[str, Any]]:
    """Return what waits for this person as he or she reads it."""
    lang = visit.lang
    rows = []
    for one in found:
        kind = find_kind(one.kept.kind)
        gives = one.step is Step.ISSUE and one.kept.commendation_id
        title = _TITLES[one.step].fill(kind=Sentence(kind.zh, kind.en), unit=one.kept.unit)
        rows.append(
            row_of(visit, one.kept)
            | {
                "title": title.text(lang),
                "after": (_GIVES if gives else _AFTER[one.step]).text(lang),
                "button": _BUTTONS[one.step].text(lang),
                "link": f"/documents/{one.kept.id}",
            }
        )
    return rows


def steps_shown(visit: Visit, found: OpenDocument) -> list[dict[str, Any]]:
    """Return the steps that the document has gone, each with what it changed."""
    return [
        {
            "what": (Sentence(*STEP_NAMES[taken.step]) if taken.step else _DRAFTED).text(visit.lang),
            "who": _who(taken, found.names, visit.lang),
            "day": taken.day,
            "note": taken.note,
            "changes": [_change(one, found.kind, visit.lang) for one in found.changes.get(place, ())],
        }
        for place, taken in enumerate(found.steps)
    ]


def _who(taken: Taken, names: Mapping[str, str], lang: str) -> str:
    role = next((value for value in NAMES if value.value == taken.role), None)
    post = Sentence(*NAMES[role]).text(lang) if role is not None else ""
    return names.get(taken.who, "" if "/" in taken.who else taken.who) or post


def _change(change: Change, kind: DocumentKind, lang: str) -> dict[str, str]:
    field = FIELDS[change.field]
    return {
        "field": Sentence(field.zh, field.en).text(lang),
        "before": "" if change.before is None else shown(field, change.before, kind, lang),
        "after": "" if change.after is None else shown(field, change.after, kind, lang),
    }


def shown(field: DocumentField, value: Any, kind: DocumentKind, lang: str) -> str:  # noqa: ANN401  # as the field holds it
    """Return the value of a field as a person reads it."""
    if field.name == "outcome" and value in kind.acts:
        return Sentence(*NAMES[Act(value)]).text(lang)
    if isinstance(value, date):
        return date_text(value, lang)
    return typed_text(field, value)


def typed_text(field: DocumentField, value: Any) -> str:  # noqa: ANN401  # as the field holds it
    """Return the value of a field as it stands in a form: a line for each entry, and the columns of a row apart."""
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if field.shape is Shape.TEXTS:
        return str(value) if isinstance(value, str) else "\n".join(str(one) for one in value)
    if field.shape is Shape.ROWS:
        return "\n".join(_row_text(field, row) for row in value)
    return str(value)


def _row_text(field: DocumentField, row: Mapping[str, Any]) -> str:
    cells = [str(row.get(english, row.get(chinese, "")) or "") for english, chinese in columns_of(field)]
    return BETWEEN.join(cell.replace("\n", " ") for cell in cells).rstrip(BETWEEN)


def columns_of(field: DocumentField) -> list[tuple[str, str]]:
    """Return the columns of a field of rows that people type."""
    return [column for column in field.columns if column[0] != "place"]


def form_of(found: OpenDocument, given: Mapping[str, str], lang: str) -> list[dict[str, Any]]:
    """Return the fields of the form of a draft: what is missing first, then the others, as they stand."""
    fields = [one for one in found.kind.fields if one.name not in AT_SIGNATURE and one.name != "case_number"]
    fields.sort(key=lambda one: one.name not in found.missing)
    shown_ = []
    for one in fields:
        choices = [] if one.name != "outcome" or len(found.kind.acts) <= 1 else list(found.kind.acts)
        value = found.kept.typed.get("outcome") if choices else found.values.get(one.name)
        shown_.append(
            {
                "name": one.name,
                "label": Sentence(one.zh, one.en).text(lang),
                "shape": one.shape.value,
                "value": given.get(f"v.{one.name}", typed_text(one, value)),
                "missing": one.name in found.missing,
                "choices": [(act, Sentence(*NAMES[Act(act)]).text(lang)) for act in choices],
                "columns": BETWEEN.join(chinese for _english, chinese in columns_of(one)),
            }
        )
    return shown_


def typed_from(found: OpenDocument, form: Mapping[str, str]) -> dict[str, Any]:
    """Return what the form says otherwise than the draft does now; an emptied field takes back what was typed."""
    typed: dict[str, Any] = {}
    for one in found.kind.fields:
        text = form.get(f"v.{one.name}")
        if text is None:
            continue
        text = text.replace("\r\n", "\n").strip()
        several = one.name == "outcome" and len(found.kind.acts) > 1
        now = typed_text(one, found.kept.typed.get("outcome") if several else found.values.get(one.name)).strip()
        if text != now:
            typed[one.name] = _rows_from(one, text) if one.shape is Shape.ROWS and text else text
    return typed


def _rows_from(field: DocumentField, text: str) -> list[dict[str, str]]:
    names = [english for english, _chinese in columns_of(field)]
    lines = [line.replace("|", BETWEEN).split(BETWEEN) for line in text.splitlines() if line.strip()]
    return [{name: cell.strip() for name, cell in zip(names, line, strict=False) if cell.strip()} for line in lines]


def ways(lang: str) -> list[tuple[str, str]]:
    """Return the ways of service with their names."""
    return [(way, Sentence(*names).text(lang)) for way, names in WAYS.items()]


def facts_of(found: OpenDocument, lang: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return these fields of the document, with what it says in them."""
    facts = []
    for name in names:
        if found.values.get(name) not in (None, "", ()) and name in FIELDS:
            field = FIELDS[name]
            facts.append((Sentence(field.zh, field.en).text(lang), shown(field, found.values[name], found.kind, lang)))
    return facts
