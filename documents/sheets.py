"""Sheets that grow from top to bottom, in the styles of the shipped sheet `record.docx` or of the office's own.

For papers of which nobody can say beforehand how many sections and columns they have: files of heads, reports. What has
fields is a template (`documents.templates`). Measures: `documents.standard`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

from documents import standard
from documents.drafting import as_bytes, finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docx.text.paragraph import Paragraph

    from documents.templates import Templates

SHEET: Final = "record"
"""The template whose styles and page the sheets take."""
STYLE_TABLE: Final = "公文表格"
CHARACTER_PT: Final = standard.AREA_WIDTH_PT / standard.CHARACTERS
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text in a line; with an address it is a link, printed like any other text."""

    text: str
    address: str = ""


Text = str | tuple[str | Part, ...]
"""A line: text, or pieces of text of which some are links."""


class Sheets:
    """One paper in the making."""

    def __init__(self, templates: Templates) -> None:
        """Begin an empty one.

        Raises:
            BadDocument: the sheet cannot be opened.
        """
        self.document = Document(BytesIO(templates.find(SHEET).data))
        self._links: dict[str, str] = {}

    def letterhead(self, name: str, number: str) -> None:
        """Set a red letterhead with its number and the red rule 4 mm below (GB/T 9704-2012, 7.2.4, 7.2.7)."""
        self._paragraph(name, standard.STYLE_LETTERHEAD)
        line = self._paragraph(number, standard.STYLE_BODY)
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.space_before = Pt(standard.PITCH_PT)
        gap = round(standard.RULE_GAP_MM * 72 / 25.4)
        border = parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="16" w:space="{gap}"'
            f' w:color="{standard.RED}"/></w:pBdr>'
        )
        line._p.get_or_add_pPr().insert_element_before(border, "w:tabs", "w:snapToGrid", "w:spacing", "w:ind", "w:jc")  # noqa: SLF001

    def title(self, *lines: str, lower: bool = True) -> None:
        """Set the title, two lines below what stands before it if `lower`."""
        for place, line in enumerate(lines):
            paragraph = self._paragraph(line, standard.STYLE_TITLE)
            if lower and place == 0:
                paragraph.paragraph_format.space_before = Pt(2 * standard.PITCH_PT)
        self._paragraph("", standard.STYLE_BODY)

    def centred(self, text: str) -> None:
        """Set a line in the middle."""
        self._paragraph(text, standard.STYLE_BODY).alignment = WD_ALIGN_PARAGRAPH.CENTER

    def heading(self, text: str) -> None:
        """Set a heading of the first level (一、 in 黑体); it stays with what follows."""
        paragraph = self._paragraph("", standard.STYLE_BODY)
        self._indented(paragraph)
        self._run(paragraph, text, standard.FIRST_LEVEL_FONT)
        paragraph.paragraph_format.keep_with_next = True

    def second_heading(self, text: str) -> None:
        """Set a heading of the second level (（一） in 楷体); it stays with what follows."""
        paragraph = self._paragraph("", standard.STYLE_BODY)
        self._indented(paragraph)
        self._run(paragraph, text, standard.SECOND_LEVEL_FONT)
        paragraph.paragraph_format.keep_with_next = True

    def body(self, *texts: Text) -> None:
        """Set paragraphs, each with its first line two characters in."""
        for text in texts:
            paragraph = self._paragraph("", standard.STYLE_BODY)
            self._indented(paragraph)
            self._write(paragraph, text)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[Text]], widths: Sequence[float]) -> None:
        """Set a table, its head repeated on every page; the first column flush left, `widths` relative."""
        table = self.document.add_table(1 + len(rows), len(headings))
        table.style = "Table Grid"
        table.autofit = False
        whole = sum(widths)
        sizes = [Pt(round(standard.AREA_WIDTH_PT * width / whole, 1)) for width in widths]
        for column, size in zip(table.columns, sizes, strict=True):
            column.width = size
        lines: list[Sequence[Text]] = [headings, *rows]
        for place, (row, texts) in enumerate(zip(table.rows, lines, strict=True)):
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001
            for column, (cell, text, size) in enumerate(zip(row.cells, texts, sizes, strict=True)):
                cell.width = size
                paragraph = cell.paragraphs[0]
                paragraph.style = self.document.styles[STYLE_TABLE]
                if place == 0:
                    self._run(paragraph, str(text), standard.FIRST_LEVEL_FONT)
                else:
                    self._write(paragraph, text)
                if place == 0 or column:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001
        self._paragraph("", standard.STYLE_BODY)

    def signature(self, office: str, on: str) -> None:
        """Set the signing office and the date, on no page alone (7.3.5)."""
        for before in self.document.paragraphs[-3:]:
            before.paragraph_format.keep_with_next = True
        signer = self._paragraph(office, standard.STYLE_SIGNER)
        signer.paragraph_format.space_before = Pt(2 * standard.PITCH_PT)
        signer.paragraph_format.keep_with_next = True
        day = self._paragraph(on, standard.STYLE_DATE)
        day.paragraph_format.right_indent = Pt(round(standard.DATE_INDENT * CHARACTER_PT, 1))

    def places_to_sign(self, *names: str) -> None:
        """Set lines to sign on by hand: the name, a blank, and a blank for the day."""
        for place, name in enumerate(names):
            paragraph = self._paragraph(f"{name}（签字）：　　　　　　　　　　年　　月　　日", standard.STYLE_BODY)
            paragraph.paragraph_format.space_before = Pt(standard.PITCH_PT if place == 0 else standard.PITCH_PT / 2)

    def bytes(self) -> bytes:
        """Return the file; the same content always has the same bytes."""
        finish(self.document)
        return as_bytes(self.document)

    # --- pieces -----------------------------------------------------------------------------------------------------

    def _paragraph(self, text: str, style: str) -> Paragraph:
        paragraph = self.document.add_paragraph(style=self.document.styles[style])
        if text:
            self._run(paragraph, text)
        return paragraph

    @staticmethod
    def _indented(paragraph: Paragraph) -> None:
        paragraph.paragraph_format.first_line_indent = Pt(round(2 * CHARACTER_PT, 1))

    def _write(self, paragraph: Paragraph, text: Text) -> None:
        for part in (text,) if isinstance(text, str) else text:
            if isinstance(part, Part) and part.address:
                self._link(paragraph, part)
            else:
                self._run(paragraph, part if isinstance(part, str) else part.text)

    @staticmethod
    def _run(paragraph: Paragraph, text: str, font: str = "") -> Any:  # noqa: ANN401  # a run's XML
        run = paragraph.add_run(_UNWRITABLE.sub("", text))._r  # noqa: SLF001
        if font:
            fonts = run.get_or_add_rPr().get_or_add_rFonts()
            for script in ("ascii", "hAnsi", "eastAsia", "cs"):
                fonts.set(qn(f"w:{script}"), font)
            fonts.set(qn("w:hint"), "eastAsia")
        return run

    def _link(self, paragraph: Paragraph, part: Part) -> None:
        """Add a link; it looks like the text around it, so that print shows nothing that paper cannot follow."""
        if part.address not in self._links:
            self._links[part.address] = self.document.part.relate_to(
                part.address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True
            )
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), self._links[part.address])
        run = self._run(paragraph, part.text)
        paragraph._p.remove(run)  # noqa: SLF001
        link.append(run)
        paragraph._p.append(link)  # noqa: SLF001
