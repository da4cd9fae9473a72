"""The check of a template before anybody relies on it: every unknown, missing or forbidden field, with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from docx import Document
from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from documents.fields import DocumentField, Shape
from documents.templates import EXPRESSIONS, LOOP_WORDS, SANDBOX, Template, foreign
from documents.word_file import BadDocument, examine
from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.oxml.xmlchemy import BaseOxmlElement
    from lxml.etree import _Element

    from documents.kinds import DocumentKind, Level

_TAG: Final = re.compile(r"\{\{(?P<value>.*?)\}\}|\{%(?P<statement>.*?)%\}|\{#.*?#\}", re.DOTALL)
_STATEMENT: Final = re.compile(
    r"^(?:(?:p|tr|tc)\s+)?\s*(?P<word>if|elif|else|endif|for|endfor)\b\s*(?P<rest>.*?)\s*$", re.DOTALL
)
_LOOP: Final = re.compile(r"^(?P<row>\w+)\s+in\s+(?P<field>\w+)$")
_WORD_VALUE: Final = re.compile(r"^(?:r|p|tr|tc)\s")
_QUOTES: Final = str.maketrans("“”‘’", "\"\"''")

_UNKNOWN: Final = Sentence("{place}：没有名为“{field}”的字段{near}。", "{place}: there is no field “{field}”{near}.")
_NEAR: Final = Sentence("，是否应为“{name}”", "; do you mean “{name}”?")
_MISSING: Final = Sentence(
    "全文没有必需的字段“{field}”，请在模板中加入“{{{{ {field} }}}}”。",
    "The template lacks the field “{field}”; add “{{{{ {field} }}}}”.",
)
_FORBIDDEN: Final = Sentence(
    "{place}：“{tag}”不能用在模板里；模板只能填字段、循环列表（for）和按条件省略（if）。",
    "{place}: “{tag}” has no place in a template; it may fill fields, loop over lists (for) and leave out (if).",
)
_UNREADABLE: Final = Sentence(
    "{place}：“{tag}”写法有误，请检查括号和标点。", "{place}: “{tag}” cannot be read; check it."
)
_OPEN: Final = Sentence(
    "{place}：花括号没有成对，请检查“{tag}”附近。", "{place}: the braces are not in pairs; look near “{tag}”."
)
_LIST: Final = Sentence(
    "{place}：“{field}”是列表，请用“for … in {field}”逐项填写。",
    "{place}: “{field}” is a list; use “for … in {field}”.",
)
_NO_LIST: Final = Sentence("{place}：“{field}”不是列表，不能循环。", "{place}: “{field}” is no list to loop over.")
_UNBALANCED: Final = Sentence(
    "{place}：if或for没有对应的endif或endfor。", "{place}: an if or for has no endif or endfor."
)
_HIDDEN: Final = Sentence(
    "{place}：在文本以外（如域代码、替代文字）写了“{tag}”，请删除。",
    "{place}: “{tag}” stands outside the text (in a field code, an alternative text); remove it.",
)
_DOES_NOT_FILL: Final = Sentence(
    "试填失败：{reason}。请检查if、for是否单独成段或成行。",
    "A trial filling failed: {reason}. Check that each if and for stands in a paragraph or row of its own.",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a template. `field` is what the template wrote, as far as there is one name."""

    place: str
    field: str
    sentence: Sentence


@dataclass
class _Scope:
    """What is open at a place of the template: loops with their rows, and conditions."""

    open: list[tuple[str, str, DocumentField | None]] = field(default_factory=list)

    def row(self, name: str) -> tuple[bool, DocumentField | None]:
        for word, variable, listed in reversed(self.open):
            if word == "for" and variable == name:
                return True, listed
        return False, None

    @property
    def loops(self) -> bool:
        return any(word == "for" for word, _variable, _listed in self.open)


class _TemplateReading:
    """One template as it is read, paragraph by paragraph."""

    def __init__(self, kind: DocumentKind) -> None:
        self.kind = kind
        self.fields = {name: one for one in kind.fields for name in one.names}
        self.named: set[str] = set()
        self.seen: set[str] = set()
        self.faults: list[Fault] = []

    def fault(self, place: str, name: str, sentence: Sentence, **more: object) -> None:
        self.faults.append(Fault(place, name, sentence.fill(place=place, **more)))

    def paragraph(self, text: str, place: str, scope: _Scope) -> None:
        for tag in _TAG.finditer(text):
            if tag["value"] is not None:
                self._value(tag["value"], tag[0], place, scope)
            elif tag["statement"] is not None:
                self._statement(tag["statement"], tag[0], place, scope)
        rest = _TAG.sub("", text)
        broken = re.search(r"\{\{|\}\}|\{%|%\}", rest)
        if broken is not None:
            near = rest[max(0, broken.start() - 10) : broken.end() + 10]
            self.fault(place, "", _OPEN, tag=near)

    def _value(self, value: str, tag: str, place: str, scope: _Scope) -> None:
        if _WORD_VALUE.match(value):
            self.fault(place, tag, _FORBIDDEN, tag=tag)
            return
        self._expression(value, tag, place, scope, printed=True)

    def _statement(self, statement: str, tag: str, place: str, scope: _Scope) -> None:
        found = _STATEMENT.match(statement.strip("-").strip())
        if found is None:
            self.fault(place, tag, _FORBIDDEN, tag=tag)
            return
        word, rest = found["word"], found["rest"]
        if word in ("if", "elif"):
            self._expression(rest, tag, place, scope, printed=False)
        if word == "if":
            scope.open.append(("if", "", None))
        elif word == "for":
            self._loop(rest, tag, place, scope)
        elif word.startswith("end") and (not scope.open or scope.open.pop()[0] != word.removeprefix("end")):
            self.fault(place, tag, _UNBALANCED)

    def _loop(self, rest: str, tag: str, place: str, scope: _Scope) -> None:
        found = _LOOP.match(rest)
        if found is None:
            self.fault(place, tag, _FORBIDDEN, tag=tag)
            scope.open.append(("for", "", None))
            return
        listed = self.fields.get(found["field"])
        if listed is None:
            self._unknown(place, found["field"])
        elif listed.shape not in (Shape.TEXTS, Shape.ROWS):
            self.fault(place, found["field"], _NO_LIST, field=found["field"])
        else:
            self.named.add(listed.name)
        self.seen |= {found["field"], found["row"]}
        scope.open.append(("for", found["row"], listed))

    def _unknown(self, place: str, name: str, known: list[str] | None = None) -> None:
        near = get_close_matches(name, known or list(self.fields), 1, 0.5)
        hint: Sentence | str = _NEAR.fill(name=near[0]) if near else ""
        self.fault(place, name, _UNKNOWN, field=name, near=hint)

    def _expression(self, text: str, tag: str, place: str, scope: _Scope, *, printed: bool) -> None:
        try:
            tree = SANDBOX.parse("{{" + text.translate(_QUOTES) + "}}")
        except TemplateSyntaxError:
            self.fault(place, tag, _UNREADABLE, tag=tag)
            return
        inside = list(tree.find_all(nodes.Expr))
        if any(not isinstance(node, EXPRESSIONS) for node in inside) or len(tree.body) != 1:
            self.fault(place, tag, _FORBIDDEN, tag=tag)
            return
        columns = {id(node.node) for node in inside if isinstance(node, nodes.Getattr)}
        for node in inside:
            if isinstance(node, nodes.Getattr):
                self._column(node, tag, place, scope)
            elif isinstance(node, nodes.Name) and id(node) not in columns:
                self._name(node.name, place, scope, printed=printed)

    def _column(self, node: nodes.Getattr, tag: str, place: str, scope: _Scope) -> None:
        if not isinstance(node.node, nodes.Name):
            self.fault(place, tag, _FORBIDDEN, tag=tag)
            return
        name = node.node.name
        self.seen.add(name)
        if name == "loop" and scope.loops and node.attr in LOOP_WORDS:
            return
        is_row, listed = scope.row(name)
        if not is_row or (listed is not None and listed.shape is not Shape.ROWS):
            self.fault(place, tag, _FORBIDDEN, tag=tag)
        elif listed is not None:
            columns = [word for column in listed.columns for word in column]
            if node.attr not in columns:
                self._unknown(place, f"{name}.{node.attr}", [f"{name}.{word}" for word in columns])

    def _name(self, name: str, place: str, scope: _Scope, *, printed: bool) -> None:
        self.seen.add(name)
        is_row, listed = scope.row(name)
        if is_row:
            if printed and listed is not None and listed.shape is Shape.ROWS:
                self.fault(place, name, _LIST, field=name)
            return
        found = self.fields.get(name)
        if found is None:
            self._unknown(place, name)
            return
        self.named.add(found.name)
        if printed and found.shape in (Shape.TEXTS, Shape.ROWS):
            self.fault(place, name, _LIST, field=name)


def check(data: bytes, name: str, kind: DocumentKind, level: Level | None = None) -> list[Fault]:
    """Return what is wrong with this file as a template of this kind, each with its place; nothing, if it can be used.

    `level`: the addressees for whom the template is meant, where the kind has more than one.

    Raises:
        BadDocument: it is no Word file that may be opened.
    """
    examine(data, name)
    reading = _TemplateReading(kind)
    for part, paragraphs in _parts(data):
        scope = _Scope()
        for place, text in paragraphs:
            reading.paragraph(text, f"{part}{place}", scope)
        if scope.open:
            reading.fault(part, "", _UNBALANCED)
    required = kind.required_for(level) if level is not None else kind.required
    by_name = {one.name: one for one in kind.fields}
    reading.faults += [
        Fault("", by_name[missing].zh, _MISSING.fill(field=by_name[missing].zh))
        for missing in required
        if missing not in reading.named
    ]
    if not reading.faults:
        reading.faults += _whole(data, name, reading)
    return reading.faults


def _parts(data: bytes) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    document = Document(BytesIO(data))
    yield "正文", _paragraphs(document.element.body)
    for section in document.sections:
        for name, part in (
            ("页眉", section.header),
            ("首页页眉", section.first_page_header),
            ("偶数页页眉", section.even_page_header),
            ("页脚", section.footer),
            ("首页页脚", section.first_page_footer),
            ("偶数页页脚", section.even_page_footer),
        ):
            if not part.is_linked_to_previous:
                yield name, _paragraphs(part._element)  # noqa: SLF001  # python-docx has no word for all its paragraphs
    properties = document.core_properties
    texts = (properties.title, properties.subject, properties.author, properties.comments, properties.identifier)
    yield "文档属性", iter([("", text) for text in texts if text])


def _paragraphs(root: BaseOxmlElement) -> Iterator[tuple[str, str]]:
    """Return each paragraph's place for people and its own text, those of tables and of text boxes too, in order."""
    tables = {table: place for place, table in enumerate(root.iter(qn("w:tbl")), start=1)}
    place = 0
    for paragraph in root.iter(qn("w:p")):
        text = "".join(node.text or "" for node in paragraph.iter(qn("w:t")) if _owner(node) is paragraph)
        cell = next(paragraph.iterancestors(qn("w:tc")), None)
        if cell is None:
            place += 1
            yield f"第{place}段", text
            continue
        row = next(cell.iterancestors(qn("w:tr")))
        table = next(row.iterancestors(qn("w:tbl")))
        row_place = list(table.iterchildren(qn("w:tr"))).index(row) + 1
        yield f"第{tables[table]}个表格第{row_place}行第{list(row.iterchildren(qn('w:tc'))).index(cell) + 1}列", text


def _owner(node: _Element) -> _Element | None:
    return next(node.iterancestors(qn("w:p")), None)


def _whole(data: bytes, name: str, reading: _TemplateReading) -> list[Fault]:
    """Look at the source that Jinja will see, for what the text does not show, and fill it once for a trial."""
    word = DocxTemplate(BytesIO(data))
    word.init_docx()
    sources = {"正文": word.patch_xml(word.get_xml())}
    for uri in (word.HEADER_URI, word.FOOTER_URI):
        for _key, part in word.get_headers_footers(uri):
            sources[f"页眉页脚{len(sources)}"] = word.patch_xml(word.get_part_xml(part))
    for part, source in sources.items():
        try:
            tree = SANDBOX.parse(source)
        except TemplateSyntaxError as error:
            return [Fault(part, "", _DOES_NOT_FILL.fill(reason=str(error.message)[:80]))]
        hidden = [node for node in tree.find_all(nodes.Name) if node.name not in (*reading.seen, "loop")]
        outside = hidden[0] if hidden else foreign(tree)
        if outside is not None:
            tag = outside.name if isinstance(outside, nodes.Name) else type(outside).__name__
            return [Fault(part, tag, _HIDDEN.fill(place=part, tag=tag))]
    try:
        Template(name, data, own=True).filled(samples(reading.kind))
    except BadDocument as problem:
        return [Fault("", "", problem.sentence)]
    return []


def samples(kind: DocumentKind) -> dict[str, Any]:
    """Return a value for every field of the kind, under both its names, for a trial filling."""
    found: dict[str, Any] = {}
    for one in kind.fields:
        value: Any = "样"
        if one.shape is Shape.ROWS:
            value = tuple({word: "样" for column in one.columns for word in column} for _row in range(2))
        elif one.shape is Shape.TEXTS:
            value = ("样", "样")
        found |= dict.fromkeys(one.names, value)
    return found
