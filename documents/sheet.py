"""A document as lines of text for the screen: what each line is on paper, and which of its words were filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING, Final

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from documents import standard
from documents.drafting import FILLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.document import Document as DocumentType
    from docx.table import _Cell, _Row

MOST_LINES: Final = 1_500
"""A page shows so many lines; the file has the others."""


class SheetPlace(StrEnum):
    """What a line is on paper."""

    LETTERHEAD = "letterhead"
    NUMBER = "number"
    TITLE = "title"
    ADDRESSEE = "addressee"
    TEXT = "text"
    SIGNER = "signer"
    DATE = "date"
    IMPRINT = "imprint"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class SheetWords:
    """Some words of a line; `filled` says that they came from the case or were typed, `blank` that they are missing."""

    text: str
    filled: bool = False
    blank: bool = False


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line of the document; of a table, `rows` are its cells. `goes_on`: it began on the page before."""

    place: SheetPlace
    words: tuple[SheetWords, ...] = ()
    rows: tuple[tuple[tuple[SheetWords, ...], ...], ...] = ()
    goes_on: bool = False


_STYLES: Final = {
    standard.STYLE_LETTERHEAD: SheetPlace.LETTERHEAD,
    standard.STYLE_TITLE: SheetPlace.TITLE,
    standard.STYLE_SIGNER: SheetPlace.SIGNER,
    standard.STYLE_DATE: SheetPlace.DATE,
}
_NUMBER: Final = re.compile(r"^\S{1,20}〔[\s　\d]{4,6}〕[\s　\d]*号$")
_PARTS: Final = re.compile(f"{FILLED[0]}|{FILLED[1]}|(〖待填：[^〗]*〗)")
_IMPRINT: Final = re.compile(r"^[\s　]*抄送：|印发$")


def opened(data: bytes) -> DocumentType:
    """Return the document of a Word file that was examined when it was kept."""
    return Document(BytesIO(data))


def sheet_of(document: DocumentType) -> tuple[SheetLine, ...]:
    """Return the lines of a document, the letterhead first where it stands in the header of the page."""
    found: list[SheetLine] = []
    for line in _lines(document):
        if len(found) >= MOST_LINES:
            break
        if line.rows or "".join(one.text for one in line.words).strip():
            found.append(line)
    if not any(line.place is SheetPlace.LETTERHEAD for line in found):
        found = [*_from_headers(document), *found]
    return tuple(found)


def _lines(document: DocumentType) -> Iterator[SheetLine]:
    for element in document.element.body.iterchildren():
        if element.tag == qn("w:p"):
            yield _line(Paragraph(element, document))
        elif element.tag == qn("w:tbl"):
            rows = tuple(
                tuple(_words("\n".join(part.text for part in cell.paragraphs)) for cell in _cells(row))
                for row in Table(element, document).rows
            )
            # A table of one cell only holds its text in place, such as the mark of confidentiality.
            lonely = len(rows) == 1 and len(rows[0]) == 1
            yield SheetLine(SheetPlace.TEXT, words=rows[0][0]) if lonely else SheetLine(SheetPlace.TABLE, rows=rows)


def _cells(row: _Row) -> Iterator[_Cell]:
    """Yield the cells of a row, each once: a merged one stands in every column that it covers."""
    seen: list[object] = []
    for cell in row.cells:
        element = cell._tc  # noqa: SLF001  # python-docx names the element of a cell nowhere else
        if element not in seen:
            seen.append(element)
            yield cell


def _from_headers(document: DocumentType) -> Iterator[SheetLine]:
    parts = [one.target_part for one in document.part.rels.values() if one.reltype == RELATIONSHIP_TYPE.HEADER]
    for part in parts:
        for element in part.element.iter(qn("w:p")) if isinstance(part, XmlPart) else ():
            text = "".join(node.text or "" for node in element.iter(qn("w:t")))
            style = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
            if text.strip() and style is not None:
                yield SheetLine(SheetPlace.LETTERHEAD, _words(text))
                return


def _line(paragraph: Paragraph) -> SheetLine:
    text = paragraph.text
    plain = text.replace(FILLED[0], "").replace(FILLED[1], "").strip()
    place = _STYLES.get(paragraph.style.name or "" if paragraph.style is not None else "", SheetPlace.TEXT)
    if place is SheetPlace.TEXT and _NUMBER.match(plain):
        place = SheetPlace.NUMBER
    elif place is SheetPlace.TEXT and _IMPRINT.search(plain):
        place = SheetPlace.IMPRINT
    elif place is SheetPlace.TEXT and plain.endswith("：") and _is_flush_left(paragraph):
        place = SheetPlace.ADDRESSEE
    return SheetLine(place, _words(" ".join(text.split("\t")).strip("　") if place is SheetPlace.IMPRINT else text))


def _is_flush_left(paragraph: Paragraph) -> bool:
    indent = paragraph.paragraph_format.first_line_indent
    return indent is not None and indent == 0


def _words(text: str) -> tuple[SheetWords, ...]:
    """Return the words of a text, split where a mark or a blank stands."""
    found: list[SheetWords] = []
    filled, place = False, 0
    for mark in _PARTS.finditer(text):
        if mark.start() > place:
            found.append(SheetWords(text[place : mark.start()], filled=filled))
        if mark[1]:
            found.append(SheetWords(mark[1], blank=True))
        else:
            filled = mark[0] == FILLED[0]
        place = mark.end()
    if place < len(text):
        found.append(SheetWords(text[place:], filled=filled))
    return tuple(found)
