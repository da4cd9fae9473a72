"""Documents of every kind, filled up, for tests."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from docx import Document
from docx.oxml.ns import qn

from documents.drafting import Draft, draft
from documents.fields import FIELDS, Shape
from documents.kinds import DocumentKind, Level
from documents.templates import SHIPPED, Templates
from tests.support import document_histories as histories

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.document import Document as DocumentType

    from documents.summary import CaseSummary

CASES = {
    "s1": (histories.s1(), "06-08"),
    "s2": (histories.s2(), "08-17"),
    "s3": (histories.s3(), "09-18"),
    "township": (histories.township(), "11-27"),
}


TEMPLATES = Templates()


def filled_up(kind: DocumentKind, summary: CaseSummary, on: str) -> Draft:
    """Draft the document as of its act; then type what is missing, and take a number."""
    entered = summary.last(*kind.acts)
    first = draft(kind, summary, {}, histories.drawn_up(on), TEMPLATES, entered=entered)
    typed: dict[str, Any] = {name: sample(name) for name in first.missing}
    if kind.numbered and "number" not in first.values:
        typed["number"] = "临法治督〔2026〕46号"
    if kind.name == "receipt":
        typed["number"] = "临法治督〔2026〕3号"
    if kind.required_for(Level.TOWNSHIP) != kind.required and "authorization_note" not in first.values:
        typed["authorization_note"] = "经市委同意"
    return draft(kind, summary, typed, histories.drawn_up(on), TEMPLATES, entered=entered)


def every_text(document: DocumentType) -> Iterator[str]:
    roots = [document.element.body]
    for section in document.sections:
        parts = (section.first_page_header, section.header, section.footer, section.even_page_footer)
        roots.extend(part._element for part in parts if not part.is_linked_to_previous)
    for root in roots:
        for paragraph in root.iter(qn("w:p")):
            yield "".join(node.text or "" for node in paragraph.iter(qn("w:t")))


def sample(name: str) -> Any:
    match FIELDS[name].shape:
        case Shape.DAY:
            return "2026-03-05"
        case Shape.TEXTS:
            return ["核查人员甲", "核查人员乙"]
        case Shape.ROWS:
            return [{"title": "检查记录", "day": "2026年1月28日"}] if name == "catalogue" else [{"fact": "问题"}]
        case _:
            return "已经写明"


def with_paragraph(text: str) -> bytes:
    document = Document(str(SHIPPED / "order.docx"))
    document.paragraphs[4].insert_paragraph_before(text)
    target = BytesIO()
    document.save(target)
    return target.getvalue()
