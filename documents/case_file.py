"""The whole file of a case (案卷) as one Word file: cover, catalogue, its documents in their order, 备考表."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import nsmap, qn

from documents.drafting import as_bytes, draft
from documents.kinds import KINDS
from documents.standard import STYLE_TITLE
from documents.word_file import examine
from states.errors import Problem, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from docx.document import Document as DocumentType

    from documents.known import DraftingDay
    from documents.summary import CaseSummary
    from documents.templates import Templates

MOST_DOCUMENTS: Final = 500
_LAST_FORM: Final = "卷内备考表"
_WITHOUT: Final = "（无文书）"
_APART: Final = "（移送前形成，另行保管）"
_TOO_MANY: Final = Sentence(
    "本案有{count}件文书，超过每卷{most}件的上限，请分卷。",
    "The case has {count} documents; one file holds {most} at most. Divide it.",
)
_REFERENCES: Final = (qn("w:pStyle"), qn("w:rStyle"), qn("w:tblStyle"))
_STYLE_LINKS: Final = (qn("w:basedOn"), qn("w:next"), qn("w:link"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledDocument:
    """One document of the file, or an act that was entered without one: then `data` is None. `pages` where counted.

    `apart`: the document was made before a part of the case was handed over; it is named here and kept elsewhere.
    """

    title: str
    number: str
    day: date
    data: bytes | None
    pages: int | None = None
    apart: bool = False


def case_file(
    summary: CaseSummary,
    documents: Sequence[FiledDocument],
    typed: Mapping[str, Any],
    day: DraftingDay,
    templates: Templates,
) -> bytes:
    """Return the Word file of the case. Acts without a document stand in the catalogue as 无文书.

    Raises:
        Problem: there are too many documents for one file.
        BadDocument: a document or the template cannot be opened.
    """
    if len(documents) > MOST_DOCUMENTS:
        raise Problem(_TOO_MANY.fill(count=len(documents), most=MOST_DOCUMENTS))
    catalogue = [
        {
            "title": one.title + (_APART if one.apart else _WITHOUT if one.data is None else ""),
            "number": one.number,
            "day": one.day,
            "pages": str(one.pages or ""),
        }
        for one in documents
    ]
    held = [one for one in documents if one.data is not None]
    more: dict[str, Any] = {"catalogue": catalogue, "papers": str(len(held))}
    if held and all(one.pages for one in held):
        more["pages"] = str(sum(one.pages or 0 for one in held))
    frame = draft(KINDS["case_file"], summary, more | dict(typed), day, templates)
    whole = Document(BytesIO(frame.data))
    _between(whole, [one.data for one in held if one.data is not None])
    return as_bytes(whole)


def _between(whole: DocumentType, documents: Sequence[bytes]) -> None:
    """Put the documents between the catalogue and the last form, each as a section with its own head and foot."""
    if not documents:
        return
    body = whole.element.body
    last = _last_form(whole)
    _end_section(last, deepcopy(body.sectPr))
    for place, data in enumerate(documents):
        examine(data, "案卷文书.docx")
        _Guest(whole, Document(BytesIO(data)), place).move_in(last)


def _last_form(whole: DocumentType) -> Any:  # noqa: ANN401  # an XML element of the body
    """Return the element before which the documents go: where the page of the last form begins, or the very end."""
    for paragraph in reversed(whole.paragraphs):
        if paragraph.style is not None and paragraph.style.name == STYLE_TITLE and _LAST_FORM in paragraph.text:
            before = paragraph._p.getprevious()  # noqa: SLF001  # python-docx has no word for what stands before
            return before if before is not None and before.tag == qn("w:p") else paragraph._p  # noqa: SLF001
    return whole.element.body.sectPr


def _end_section(before: Any, section: Any) -> None:  # noqa: ANN401  # XML elements
    """End a section here: its properties stand in the last paragraph of it, which may be a new one."""
    paragraph = before.getprevious()
    if paragraph is None or paragraph.tag != qn("w:p") or paragraph.find(f".//{qn('w:sectPr')}") is not None:
        paragraph = OxmlElement("w:p")
        before.addprevious(paragraph)
    properties = paragraph.get_or_add_pPr()
    properties.append(section)


class _Guest:
    """One document on its way into the file: its parts, styles and lists come with it, under names of their own."""

    def __init__(self, host: DocumentType, guest: DocumentType, place: int) -> None:
        self.host = host
        self.guest = guest
        self.place = place
        self.relations: dict[str, str] = {}

    def move_in(self, before: Any) -> None:  # noqa: ANN401  # an XML element
        """Add the document before this element, as sections that count their pages from 1."""
        renamed = self._styles()
        numbered = self._lists()
        body = deepcopy(self.guest.element.body)
        for reference in body.iter(*_REFERENCES):
            reference.set(qn("w:val"), renamed.get(reference.get(qn("w:val")), reference.get(qn("w:val"))))
        for reference in body.iter(qn("w:numId")):
            reference.set(qn("w:val"), numbered.get(reference.get(qn("w:val")), "0"))
        for element in body.iter():
            self._relate(element)
        section = body.sectPr
        numbering = section.find(qn("w:pgNumType"))
        if numbering is None:
            numbering = OxmlElement("w:pgNumType")
            section.insert_element_before(numbering, "w:cols", "w:titlePg", "w:docGrid")
        numbering.set(qn("w:start"), "1")
        body.remove(section)
        for element in list(body):
            before.addprevious(element)
        _end_section(before, section)

    def _relate(self, element: Any) -> None:  # noqa: ANN401  # an XML element
        """Let a reference to another part (a head, a foot, a picture) lead to a copy of that part in the file."""
        if not isinstance(element.tag, str):
            return
        for name, value in element.attrib.items():
            if not name.startswith(f"{{{nsmap['r']}}}") or value not in self.guest.part.rels:
                continue
            if value not in self.relations:
                relation = self.guest.part.rels[value]
                if relation.is_external:
                    self.relations[value] = self.host.part.relate_to(
                        relation.target_ref, relation.reltype, is_external=True
                    )
                else:
                    copied = self._copied(relation.target_part)
                    self.relations[value] = self.host.part.relate_to(copied, relation.reltype)
            element.set(name, self.relations[value])

    def _copied(self, part: Part) -> Part:
        folder, _slash, name = str(part.partname).rpartition("/")
        copy = Part(PackURI(f"{folder}/file{self.place}-{name}"), part.content_type, part.blob, self.host.part.package)
        for key, relation in part.rels.items():
            target = relation.target_ref if relation.is_external else self._copied(relation.target_part)
            copy.load_rel(relation.reltype, target, key, relation.is_external)
        return copy

    def _styles(self) -> dict[str, str]:
        """Bring the styles that the file does not have; one of the same name that looks different gets a new name."""
        ours = {style.get(qn("w:styleId")): style for style in self.host.styles.element.iter(qn("w:style"))}
        theirs = {style.get(qn("w:styleId")): style for style in self.guest.styles.element.iter(qn("w:style"))}
        renamed = {
            name: f"{name}-{self.place}" if name in ours and _canonical(ours[name]) != _canonical(style) else name
            for name, style in theirs.items()
        }
        for name, style in theirs.items():
            if renamed[name] in ours:
                continue
            copy = deepcopy(style)
            copy.set(qn("w:styleId"), renamed[name])
            copy.attrib.pop(qn("w:default"), None)
            shown = copy.find(qn("w:name"))
            if renamed[name] != name and shown is not None:
                shown.set(qn("w:val"), f"{shown.get(qn('w:val'))} {self.place}")
            for link in copy.iter(*_STYLE_LINKS):
                link.set(qn("w:val"), renamed.get(link.get(qn("w:val")), link.get(qn("w:val"))))
            self.host.styles.element.append(copy)
        return renamed

    def _lists(self) -> dict[str, str]:
        """Bring the numbered lists under numbers that the file has not given yet."""
        if not any(True for _ in self.guest.element.body.iter(qn("w:numId"))):
            return {}
        if not _has_lists(self.guest) or not _has_lists(self.host):
            return {}
        ours, theirs = self.host.part.numbering_part.element, self.guest.part.numbering_part.element
        shift = 1 + max((int(value) for value in _numbers(ours)), default=0)
        first = ours.find(qn("w:num"))
        numbered: dict[str, str] = {}
        for abstract in theirs.findall(qn("w:abstractNum")):
            copy = deepcopy(abstract)
            copy.set(qn("w:abstractNumId"), str(int(copy.get(qn("w:abstractNumId"))) + shift))
            first.addprevious(copy) if first is not None else ours.append(copy)
        for number in theirs.findall(qn("w:num")):
            copy = deepcopy(number)
            old = copy.get(qn("w:numId"))
            numbered[old] = str(int(old) + shift)
            copy.set(qn("w:numId"), numbered[old])
            link = copy.find(qn("w:abstractNumId"))
            link.set(qn("w:val"), str(int(link.get(qn("w:val"))) + shift))
            ours.append(copy)
        return numbered


def _has_lists(document: DocumentType) -> bool:
    return any(one.reltype == RELATIONSHIP_TYPE.NUMBERING for one in document.part.rels.values())


def _numbers(numbering: Any) -> Iterator[str]:  # noqa: ANN401  # an XML element
    for element in numbering.iter(qn("w:num"), qn("w:abstractNum")):
        yield element.get(qn("w:numId")) or element.get(qn("w:abstractNumId"))


def _canonical(style: Any) -> bytes:  # noqa: ANN401  # an XML element
    from lxml import etree  # noqa: PLC0415  # only where a style is compared

    return bytes(etree.tostring(style, method="c14n"))
