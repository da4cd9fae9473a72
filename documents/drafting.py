"""Drafts: the fields of a case put into a template, what is missing shown as blanks; the same input, the same bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph

from documents import standard
from documents.fields import BY_ANY_NAME, DocumentField, Shape
from documents.kinds import level_of
from documents.known import RUNG_OF_KIND, DraftingDay, known, outcome_text, shown
from documents.word_file import fingerprint, packed
from states.errors import BadData, BadTerm, Sentence
from states.secrecy import refuse_secrets
from states.terms import Term, parse_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docx.document import Document as DocumentType
    from docx.shared import Length

    from documents.kinds import DocumentKind
    from documents.summary import CaseSummary, PastAct
    from documents.templates import Template, Templates

TEXT_LIMIT: Final = 8000
ROWS_LIMIT: Final = 500
BLANK: Final = "〖待填：{name}〗"
"""What a draft shows where something is still to be written."""
FILLED: Final = ("\ue000", "\ue001")
"""Marks around what a page shows as filled in; no text that people type may hold a private character."""
AT_SIGNATURE: Final = frozenset({"number", "signed_on", "printed_on"})
"""Fields that the signature gives; a draft is complete without them."""
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_UNKNOWN: Final = Sentence(
    "“{kind}”没有名为“{field}”的内容；可填的有：{known}。", "“{kind}” has no field “{field}”; it takes: {known}."
)
_WRONG: Final = Sentence("“{field}”应为{shape}。", "“{field}” must be {shape}.")
_SHAPES: Final = {
    Shape.TEXT: ("文字", "text"),
    Shape.DAY: ("日期（如 2026-03-05）", "a date such as 2026-03-05"),
    Shape.TEXTS: ("文字列表", "a list of texts"),
    Shape.ROWS: ("表格各行，列名为：{columns}", "rows with the columns {columns}"),
}
_TOO_LONG: Final = Sentence(
    "“{field}”过长：每段最多{limit}个字，最多{rows}项。",
    "“{field}” is too long: {limit} characters, {rows} entries at most.",
)
_UNCLEAN: Final = Sentence(
    "“{field}”含有不可见的控制字符，请重新输入。", "“{field}” has control characters in it; type it again."
)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document as it would be issued now. `missing`: the fields, by their English names, that somebody must fill.

    `blank_number` stands where the number will, until the document takes one.
    """

    kind: DocumentKind
    template: Template
    values: Mapping[str, Any]
    required: tuple[str, ...]
    missing: tuple[str, ...]
    blank_number: str

    @cached_property
    def data(self) -> bytes:
        """The Word file; it is made when somebody asks for it, because what is missing is told without it.

        Raises:
            BadDocument: the template cannot be filled.
        """
        return rendered(self.kind, self.template, self._numbered, self.required)

    def as_shown(self) -> DocumentType:
        """Return the document with each value between `FILLED`, for a page that tells the case from the template.

        Raises:
            BadDocument: the template cannot be filled.
        """
        return filled(self.kind, self.template, self._numbered, self.required, marked=True)

    @property
    def _numbered(self) -> Mapping[str, Any]:
        return self.values if self.values.get("number") else {**self.values, "number": self.blank_number}

    @property
    def hash(self) -> str:
        """The SHA-256 of the file."""
        return fingerprint(self.data)


def draft(
    kind: DocumentKind,
    summary: CaseSummary,
    typed: Mapping[str, Any],
    day: DraftingDay,
    templates: Templates,
    *,
    entered: PastAct | None = None,
    anew: bool = False,
) -> Draft:
    """Return the draft of a document for this case: what is known, over it what was typed, and blanks for the rest.

    `entered` is the act that the document carries out, if it was entered without one (无文书), or with one that is
    corrected: the draft is then `anew`, and takes a number of its own.

    Raises:
        BadData: what was typed names no field of the kind, or cannot be one.
        BadDocument: there is no such template, or it may not be opened.
    """
    level = level_of(summary.unit_kind)
    said = read_typed(kind, typed)
    values = known(kind, summary, day, entered) | said
    if anew and kind.numbered:
        values.pop("number", None)
    if "term" in said and kind.name in RUNG_OF_KIND:
        values.setdefault("service_on", day.on)  # a term of its own begins with service, whatever time has entered
    if "due_on" not in said and {"term", "service_on"} & said.keys():
        values |= due_anew(values, day)
    required = kind.required_for(level)
    given_later = AT_SIGNATURE if kind.numbered else frozenset({"signed_on", "printed_on"})
    missing = tuple(name for name in required if name not in values and name not in given_later)
    return Draft(
        kind=kind,
        template=templates.find(kind.template_for(level)),
        values=values,
        required=required,
        missing=missing,
        blank_number=f"{summary.names.series}〔{day.on.year}〕　号" if summary.names.series else "",
    )


def filled(
    kind: DocumentKind,
    template: Template,
    values: Mapping[str, Any],
    required: tuple[str, ...] = (),
    *,
    marked: bool = False,
) -> DocumentType:
    """Return the document with these values; what is `required` and not there shows as a blank.

    `marked`: each value stands between `FILLED`, so that a page can show what the template says and what the case.

    Raises:
        BadDocument: the template cannot be filled.
    """
    context = _context(kind, values, required)
    document = template.filled(_marked(context) if marked else context)
    finish(document)
    return document


def rendered(
    kind: DocumentKind, template: Template, values: Mapping[str, Any], required: tuple[str, ...] = ()
) -> bytes:
    """Return the file of the document with these values; what is `required` and not there shows as a blank.

    Raises:
        BadDocument: the template cannot be filled.
    """
    return as_bytes(filled(kind, template, values, required))


def as_content(kind: DocumentKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as JSON can hold them; `read_typed` reads them back."""
    content: dict[str, Any] = {}
    for field in kind.fields:
        value = values.get(field.name)
        if value in (None, "", ()):
            continue
        if field.shape is Shape.ROWS:
            content[field.name] = [dict(row) for row in shown(field.name, value)]
        else:
            content[field.name] = value.isoformat() if isinstance(value, date) else value
    return content


def due_anew(values: Mapping[str, Any], day: DraftingDay) -> dict[str, Any]:
    """Count the due day again where the drafter gave another term or another day of service."""
    start, term = values.get("service_on"), values.get("term")
    if not isinstance(start, date) or term is None:
        return {}
    due_on = DraftingDay(start, day.calendar).due(str(term))
    return {"due_on": due_on} if due_on is not None else {}


def read_typed(kind: DocumentKind, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed, by the English names of the fields; empty values are left out.

    Raises:
        BadData: a field is unknown, of the wrong shape, too long, or carries what may not be entered.
    """
    ours = {field.name: field for field in kind.fields}
    found: dict[str, Any] = {}
    for name, value in typed.items():
        field = BY_ANY_NAME.get(name)
        if field is None or field.name not in ours:
            names = "、".join(f"{one.zh}（{one.name}）" for one in kind.fields)
            raise BadData(_UNKNOWN.fill(kind=Sentence(kind.zh, kind.en), field=name[:40], known=names))
        read = _read(field, value)
        if read not in (None, "", ()):
            found[field.name] = read
    return found


def _read(field: DocumentField, value: Any) -> Any:  # noqa: ANN401, PLR0911  # JSON; one line a shape
    if value is None:
        return None
    match field.shape:
        case Shape.TEXT if isinstance(value, str):
            text = _text(field, value)
            return _term(text) if field.name in ("term", "plan_term") else outcome_text(text)
        case Shape.DAY if isinstance(value, date):
            return value
        case Shape.DAY if isinstance(value, str):
            try:
                return parse_date(value) if value.strip() else None
            except BadTerm as error:
                raise BadData(_wrong(field)) from error
        case Shape.TEXTS if isinstance(value, str):
            return tuple(line for line in _text(field, value).splitlines() if line.strip())
        case Shape.TEXTS if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
            _bounded(field, value)
            return tuple(text for text in (_text(field, one) for one in value) if text)
        case Shape.ROWS if isinstance(value, (list, tuple)) and all(isinstance(row, dict) for row in value):
            _bounded(field, value)
            return tuple({"place": str(place), **_row(field, row)} for place, row in enumerate(value, start=1))
        case _:
            raise BadData(_wrong(field))


def _row(field: DocumentField, row: Mapping[str, Any]) -> dict[str, Any]:
    names = {word: english for english, chinese in field.columns for word in (english, chinese)}
    if not row.keys() <= names.keys():
        raise BadData(_wrong(field))
    return {names[word]: cell if isinstance(cell, date) else _text(field, str(cell)) for word, cell in row.items()}


def _bounded(field: DocumentField, value: list[Any] | tuple[Any, ...]) -> None:
    if len(value) > ROWS_LIMIT:
        raise BadData(_too_long(field))


def _too_long(field: DocumentField) -> Sentence:
    return _TOO_LONG.fill(field=Sentence(field.zh, field.en), limit=TEXT_LIMIT, rows=ROWS_LIMIT)


def _wrong(field: DocumentField) -> Sentence:
    shape = Sentence(*_SHAPES[field.shape]).fill(columns="、".join(column for column, _zh in field.columns))
    return _WRONG.fill(field=Sentence(field.zh, field.en), shape=shape)


def _text(field: DocumentField, text: str) -> str:
    label = Sentence(field.zh, field.en)
    if len(text) > TEXT_LIMIT:
        raise BadData(_too_long(field))
    if _UNWRITABLE.search(text):
        raise BadData(_UNCLEAN.fill(field=label))
    refuse_secrets(text)
    return text.strip().replace("\r\n", "\n")


def _term(text: str) -> str:
    try:
        return Term.parse(text).text()
    except BadTerm:
        return text


def _context(kind: DocumentKind, values: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    """Return the values under both names of each field: blanks for what must be there, nothing for the rest."""
    context: dict[str, Any] = {}
    for field in kind.fields:
        if field.name in values:
            value = _printable(field, shown(field.name, values[field.name]))
        elif field.name in required:
            value = _blank(field)
        else:
            value = () if field.shape in (Shape.TEXTS, Shape.ROWS) else ""
        context |= dict.fromkeys(field.names, value)
    return context


def _printable(field: DocumentField, value: Any) -> Any:  # noqa: ANN401  # whatever the field holds
    if field.shape is Shape.ROWS:
        return tuple(
            {word: _cell(english, row) for english, chinese in field.columns for word in (english, chinese)}
            for row in value
        )
    if field.shape is Shape.TEXTS:
        return tuple(_lines(text) for text in value)
    return value if field.name == "title" else _lines(value).rstrip("。；;")


def _cell(name: str, row: Mapping[str, Any]) -> Any:  # noqa: ANN401  # a text, or a day
    """Return one cell of a row as it stands on paper: a term in words, 15个工作日, as in the sentences beside it."""
    text = _lines(row.get(name, ""))
    return _term(text) if name == "term" and isinstance(text, str) else text


def _lines(text: str) -> str:
    r"""Return the text with its lines as paragraphs: the template engine makes a paragraph of every `\\a`."""
    return _UNWRITABLE.sub("", text).replace("\n", "\a")


def _marked(value: Any) -> Any:  # noqa: ANN401  # whatever a field holds
    """Return the value with marks around every line of every text."""
    match value:
        case str() if value.strip():
            return "\a".join(f"{FILLED[0]}{line}{FILLED[1]}" if line else "" for line in value.split("\a"))
        case tuple():
            return tuple(_marked(one) for one in value)
        case dict():
            return {name: _marked(one) for name, one in value.items()}
        case _:
            return value


def _blank(field: DocumentField) -> Any:  # noqa: ANN401  # as the field's shape asks
    text = BLANK.format(name=field.zh)
    if field.shape is Shape.TEXTS:
        return (text,)
    if field.shape is Shape.ROWS:
        row = {word: "" for column in field.columns for word in column}
        return (row | dict.fromkeys(field.columns[1], text),)
    return text


def finish(document: DocumentType) -> None:
    """Fit what depends on the length of the text: the letterhead into one line, the signing office above its date."""
    names = {style.name: style for style in document.styles}
    # A filled header is a part that python-docx does not know any more as one; so its XML is looked at.
    headers = [one.target_part for one in document.part.rels.values() if one.reltype == RELATIONSHIP_TYPE.HEADER]
    roots = [document.element.body, *(part.element for part in headers if isinstance(part, XmlPart))]
    marks = [mark for root in roots for mark in root.iter(qn("w:pStyle"))]
    letterhead, signer = names.get(standard.STYLE_LETTERHEAD), names.get(standard.STYLE_SIGNER)
    for mark in marks:
        named, paragraph = mark.get(qn("w:val")), mark.getparent().getparent()
        if letterhead is not None and named == letterhead.style_id:
            _fit_letterhead(paragraph, letterhead.font.size)
        elif signer is not None and named == signer.style_id:
            Paragraph(paragraph, document).paragraph_format.right_indent = Pt(_signer_indent(_text_of(paragraph)))


def _text_of(paragraph: Any) -> str:  # noqa: ANN401  # a paragraph's XML
    return "".join(node.text or "" for node in paragraph.iter(qn("w:t")))


def _fit_letterhead(paragraph: Any, size: Length | None) -> None:  # noqa: ANN401  # a paragraph's XML
    """Make the letters as big as one line allows, where the office has not set a size of its own."""
    fitting = Pt(int(standard.AREA_WIDTH_PT / max(1, len(_text_of(paragraph)))))
    for run in paragraph.iter(qn("w:r")):
        properties = run.get_or_add_rPr()
        if properties.sz_val is None and size is not None:
            properties.sz_val = max(Pt(standard.TITLE_PT), min(size, fitting))


def _signer_indent(office: str) -> float:
    """Return how far from the right edge the office stands, in points, so that it is centred above its date (7.3.5)."""
    character = standard.AREA_WIDTH_PT / standard.CHARACTERS
    date_width = 7 * character  # 2026年11月30日: figures are half as wide as characters
    return max(0.0, round(standard.DATE_INDENT * character + (date_width - len(office) * character) / 2, 1))


def as_bytes(document: DocumentType) -> bytes:
    """Return the document as a file; the same document always has the same bytes."""
    target = BytesIO()
    document.save(target)
    return packed(target.getvalue())
