"""Paper for official documents: the layouts of GB/T 9704-2012 as Word files, built part by part.

`scripts/document_templates.py` writes the templates on it. Measures: `documents.standard`.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor, Twips

from documents import standard
from documents.word_file import packed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docx.document import Document as DocumentType
    from docx.section import Section
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

TWIPS = 20
CHARACTER = standard.AREA_WIDTH_PT / standard.CHARACTERS
LINE = standard.PITCH_PT
LEFT, CENTRE, RIGHT, BOTH = (
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
TABLE_PT = 12.0
TABLE_LINE = 20.0
STYLE_TABLE = "公文表格"
UNNEEDED = frozenset({"thumbnail", "stylesWithEffects", "customXml", "numbering", "webSettings"})
KEPT = frozenset({"Normal", "Default Paragraph Font", "Normal Table", "No List", "Table Grid", "header", "footer"})


def _fonts(properties: Any, font: str) -> None:  # noqa: ANN401  # an lxml element of python-docx
    """Name the font for every script, so that figures and Chinese letters come from one hand."""
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)
    fonts.set(qn("w:hint"), "eastAsia")


class Paper:
    """One document that grows from top to bottom."""

    def __init__(self) -> None:
        self.document: DocumentType = Document()
        self._styles()
        self._section(self.document.sections[0])
        self._only_what_is_needed()
        self.document.settings.odd_and_even_pages_header_footer = True
        self._name_fallbacks()
        properties = self.document.core_properties
        properties.author, properties.last_modified_by, properties.comments = "", "", ""
        properties.created = properties.modified = datetime(2026, 1, 1)  # noqa: DTZ001  # Word's field has no zone

    # -- styles and the page --

    def _only_what_is_needed(self) -> None:
        """Leave out what python-docx's own template carries along: a thumbnail, XML of others, 150 styles of tables."""
        for owner in (self.document.part.package, self.document.part):
            for key, relation in list(owner.rels.items()):
                if relation.reltype.rpartition("/")[2] in UNNEEDED:
                    del owner.rels[key]
        styles = self.document.styles.element
        for style in list(styles.iter(qn("w:style"))):
            if style.get(qn("w:customStyle")) is None and style.find(qn("w:name")).get(qn("w:val")) not in KEPT:
                styles.remove(style)

    def _styles(self) -> None:
        styles = self.document.styles
        defaults = styles.element.find(qn("w:docDefaults"))
        if defaults is not None:
            for fonts in defaults.iter(qn("w:rFonts")):
                for name in list(fonts.attrib):
                    del fonts.attrib[name]
        normal = styles["Normal"]
        _fonts(normal.element.get_or_add_rPr(), standard.BODY_FONT)
        normal.font.size = Pt(standard.BODY_PT)
        closer = parse_xml(f'<w:spacing {nsdecls("w")} w:val="{standard.CLOSER_TWIPS}"/>')
        normal.element.get_or_add_rPr().insert_element_before(closer, "w:w", "w:kern", "w:position", "w:sz", "w:szCs")
        self._exact(normal.paragraph_format, LINE)
        normal.paragraph_format.widow_control = False
        for name, font, size, align in (
            (standard.STYLE_BODY, standard.BODY_FONT, standard.BODY_PT, BOTH),
            (standard.STYLE_TITLE, standard.TITLE_FONT, standard.TITLE_PT, CENTRE),
            (standard.STYLE_LETTERHEAD, standard.TITLE_FONT, 36.0, CENTRE),
            (standard.STYLE_SIGNER, standard.BODY_FONT, standard.BODY_PT, RIGHT),
            (standard.STYLE_DATE, standard.BODY_FONT, standard.BODY_PT, RIGHT),
            (STYLE_TABLE, standard.BODY_FONT, TABLE_PT, LEFT),
        ):
            style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = normal
            _fonts(style.element.get_or_add_rPr(), font)
            style.font.size = Pt(size)
            style.paragraph_format.alignment = align
            if name == standard.STYLE_LETTERHEAD:
                style.font.color.rgb = RGBColor.from_string(standard.RED)
                style.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        self._exact(styles[STYLE_TABLE].paragraph_format, TABLE_LINE)
        off_the_grid = parse_xml(f'<w:snapToGrid {nsdecls("w")} w:val="0"/>')
        table = styles[STYLE_TABLE].element.get_or_add_pPr()
        table.insert_element_before(off_the_grid, "w:spacing", "w:ind", "w:jc")
        self._exact(styles[standard.STYLE_TITLE].paragraph_format, 36.0)

    @staticmethod
    def _exact(paragraph: Any, points: float) -> None:  # noqa: ANN401  # python-docx's format of a style or a paragraph
        paragraph.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        paragraph.line_spacing = Twips(round(points * TWIPS))
        paragraph.space_before = paragraph.space_after = Pt(0)

    def _section(self, section: Section) -> None:
        section.page_width, section.page_height = Mm(standard.PAGE_WIDTH_MM), Mm(standard.PAGE_HEIGHT_MM)
        section.top_margin, section.bottom_margin = Mm(standard.TOP_MM), Mm(standard.BOTTOM_MM)
        section.left_margin, section.right_margin = Mm(standard.LEFT_MM), Mm(standard.RIGHT_MM)
        section.header_distance = Mm(15)
        # The dash of the page number stands 7 mm below the type area; the line that holds it is 18 pt high.
        section.footer_distance = Mm(standard.BOTTOM_MM - standard.PAGE_NUMBER_DROP_MM) - Pt(9)
        grid = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001  # python-docx has no word for the grid
        if grid is None:
            grid = OxmlElement("w:docGrid")
            section._sectPr.append(grid)  # noqa: SLF001
        # Lines only: LibreOffice gives a character that is wider than its cell two cells. The characters are set closer
        # by the styles instead, so that 28 stand in a line in either program.
        grid.set(qn("w:type"), "lines")
        grid.set(qn("w:linePitch"), str(round(LINE * TWIPS)))
        grid.set(qn("w:charSpace"), str(int((CHARACTER - standard.BODY_PT) * 4096) - 1))

    def _name_fallbacks(self) -> None:
        part = next(rel.target_part for rel in self.document.part.rels.values() if rel.reltype.endswith("/fontTable"))
        fonts = "".join(
            f'<w:font w:name="{font}"><w:altName w:val="{",".join(others)}"/><w:charset w:val="86"/></w:font>'
            for font, others in standard.FALLBACKS.items()
        )
        part._blob = (  # noqa: SLF001  # a part that python-docx only carries
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
        ).encode()

    def page_numbers(self, *, first: bool = True) -> None:
        """Number the pages outside: odd ones on the right, even ones on the left; `first`: the first too."""
        section = self.document.sections[0]
        section.different_first_page_header_footer = not first
        for footer, align in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
            footer.is_linked_to_previous = False
            paragraph = footer.paragraphs[0]
            paragraph.alignment = align
            paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
            paragraph.paragraph_format.line_spacing = Pt(18)
            indent = Pt(standard.SMALL_PT)
            paragraph.paragraph_format.right_indent = indent if align is RIGHT else Pt(0)
            paragraph.paragraph_format.left_indent = indent if align is LEFT else Pt(0)
            for text in ("— ", None, " —"):
                run = paragraph.add_run(text or "")
                _fonts(run._r.get_or_add_rPr(), standard.PAGE_NUMBER_FONT)  # noqa: SLF001
                run.font.size = Pt(standard.SMALL_PT)
                if text is None:
                    self._page_field(run)

    @staticmethod
    def _page_field(run: Any) -> None:  # noqa: ANN401  # a run of python-docx
        for kind in ("begin", None, "end"):
            if kind is None:
                element = OxmlElement("w:instrText")
                element.set(qn("xml:space"), "preserve")
                element.text = " PAGE "
            else:
                element = OxmlElement("w:fldChar")
                element.set(qn("w:fldCharType"), kind)
            run._r.append(element)  # noqa: SLF001

    # -- heads --

    def notice_head(self) -> None:
        """Set the red head: marks at the top left, the letterhead 35 mm lower, the number and the red rule."""
        table = self.document.add_table(1, 1)
        self._bare(table)
        row = table.rows[0]
        row.height, row.height_rule = Mm(standard.LETTERHEAD_DROP_MM), WD_ROW_HEIGHT_RULE.EXACTLY
        self._marks(row.cells[0])
        self.paragraph("{{发文机关标志}}", style=standard.STYLE_LETTERHEAD)
        number = self.paragraph("{{发文字号}}", align=CENTRE, before=2)
        self._rule(number, "single", 16, standard.RULE_GAP_MM)

    def _marks(self, cell: _Cell) -> None:
        first = True
        for mark in ("密级", "紧急程度"):
            for text in (f"{{%p if {mark} %}}", f"{{{{{mark}}}}}", "{%p endif %}"):
                paragraph = cell.paragraphs[0] if first else cell.add_paragraph()
                first = False
                self._write(paragraph, [(standard.FIRST_LEVEL_FONT, text)], standard.BODY_PT)
        cell.add_paragraph()

    @staticmethod
    def _rule(paragraph: Paragraph, kind: str, eighths: int, gap_mm: float, side: str = "bottom") -> None:
        gap = min(31, round(gap_mm * 72 / 25.4))
        border = parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:{side} w:val="{kind}" w:sz="{eighths}" w:space="{gap}"'
            f' w:color="{standard.RED}"/></w:pBdr>'
        )
        properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001
        properties.insert_element_before(
            border,
            "w:shd",
            "w:tabs",
            "w:suppressAutoHyphens",
            "w:kinsoku",
            "w:snapToGrid",
            "w:spacing",
            "w:ind",
            "w:jc",
        )

    def letter_head(self) -> None:
        """Set a letter's head: letterhead 30 mm from the page's top, red double rules, marks left and number right."""
        section = self.document.sections[0]
        section.different_first_page_header_footer = True
        section.header_distance = Mm(standard.LETTER_LETTERHEAD_MM)
        header = section.first_page_header
        header.is_linked_to_previous = False
        mark = header.paragraphs[0]
        mark.style = self.document.styles[standard.STYLE_LETTERHEAD]
        self._write(mark, [("", "{{发文机关标志}}")], None)
        mark.paragraph_format.space_after = Pt(0)
        self._letter_rule(mark, "thickThinSmallGap", standard.RULE_GAP_MM)
        footer = section.first_page_footer
        footer.is_linked_to_previous = False
        # The lower rule is 20 mm above the page's edge: the footer's line ends there.
        self._letter_rule(footer.paragraphs[0], "thinThickSmallGap", 0)
        self._exact(footer.paragraphs[0].paragraph_format, 10)
        self.page_numbers(first=False)
        section.footer_distance = Mm(standard.LETTER_FOOT_MM)
        for other in (section.footer, section.even_page_footer):
            lift = Mm(standard.BOTTOM_MM - standard.PAGE_NUMBER_DROP_MM - standard.LETTER_FOOT_MM) - Pt(9)
            other.paragraphs[0].paragraph_format.space_after = lift
        number = self.paragraph("{{发文字号}}", align=RIGHT)
        number.paragraph_format.space_before = Pt(4)
        with self.only_if("密级"):
            self.paragraph([(standard.FIRST_LEVEL_FONT, "{{密级}}")], align=LEFT)
        with self.only_if("紧急程度"):
            self.paragraph([(standard.FIRST_LEVEL_FONT, "{{紧急程度}}")], align=LEFT)

    def _letter_rule(self, paragraph: Paragraph, kind: str, gap_mm: float) -> None:
        beyond = (standard.LETTER_RULE_MM - standard.PAGE_WIDTH_MM + standard.LEFT_MM + standard.RIGHT_MM) / 2
        shift = (standard.LEFT_MM - standard.RIGHT_MM) / 2
        paragraph.paragraph_format.left_indent = Mm(-beyond - shift)
        paragraph.paragraph_format.right_indent = Mm(-beyond + shift)
        self._rule(paragraph, kind, 24, gap_mm)

    # -- text --

    def paragraph(
        self,
        text: str | Sequence[tuple[str, str]],
        *,
        style: str = standard.STYLE_BODY,
        align: Any = None,  # noqa: ANN401  # python-docx's enumeration
        indent: float = 0,
        before: float = 0,
        size: float | None = None,
    ) -> Paragraph:
        """Add a paragraph; `indent` in characters for its first line, `before` in lines."""
        paragraph = self.document.add_paragraph(style=style)
        self._write(paragraph, [("", text)] if isinstance(text, str) else text, size)
        if style == standard.STYLE_BODY:
            self._exact(paragraph.paragraph_format, LINE)
        if align is not None:
            paragraph.alignment = align
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(round(indent * CHARACTER, 1))
            paragraph._p.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), str(round(indent * 100)))  # noqa: SLF001
        if before:
            paragraph.paragraph_format.space_before = Pt(before * LINE)
        return paragraph

    def _write(self, paragraph: Paragraph, parts: Sequence[tuple[str, str]], size: float | None) -> None:
        """Write runs. A run in the body's font says so itself, because what is pasted elsewhere keeps only that."""
        own = paragraph.style is not None and paragraph.style.name == standard.STYLE_BODY
        for font, text in parts:
            run = paragraph.add_run(text)
            if font or own:
                _fonts(run._r.get_or_add_rPr(), font or standard.BODY_FONT)  # noqa: SLF001
            if size is not None or own:
                run.font.size = Pt(size or standard.BODY_PT)

    def body(self, *texts: str) -> None:
        """Add paragraphs of text, each with its first line two characters in."""
        for text in texts:
            self.paragraph(text, indent=2)

    def first_level(self, heading: str, text: str = "") -> None:
        """Add a paragraph that begins with a heading of the first level (一、 in 黑体)."""
        self.paragraph([(standard.FIRST_LEVEL_FONT, heading), ("", text)], indent=2)

    def title(self, before: float = 2) -> None:
        """Add the title: two lines below the rule, 22 pt, centred."""
        self.paragraph("{{标题}}", style=standard.STYLE_TITLE, before=before)

    def addressee(self, field: str) -> None:
        """Add the addressee: one line below the title, flush left, with a full-width colon."""
        self.paragraph(f"{{{{{field}}}}}：", before=1)

    @contextmanager
    def only_if(self, condition: str) -> Iterator[None]:
        """Print what is added inside only where the field is filled."""
        self.paragraph(f"{{%p if {condition} %}}")
        yield
        self.paragraph("{%p endif %}")

    def annexes(self, *names: str) -> None:
        """Add the note of annexes: one line below the text, two characters in."""
        if len(names) == 1:
            self.paragraph(f"附件：{names[0]}", indent=2, before=1)
            return
        for place, name in enumerate(names, start=1):
            lead = "附件：" if place == 1 else "　　　"
            self.paragraph(f"{lead}{place}.{name}", indent=2, before=1 if place == 1 else 0)

    def signature(self) -> None:
        """Add the signing office and the date; the date's last character is 4 characters from the right edge."""
        for before in self.document.paragraphs[-4:]:
            before.paragraph_format.keep_with_next = True  # no page may hold the signature alone
        office = self.paragraph("{{发文机关}}", style=standard.STYLE_SIGNER, before=2)
        office.paragraph_format.keep_with_next = True
        date = self.paragraph("{{成文日期}}", style=standard.STYLE_DATE)
        date.paragraph_format.right_indent = Pt(round(standard.DATE_INDENT * CHARACTER, 1))
        date._p.get_or_add_pPr().get_or_add_ind().set(qn("w:rightChars"), str(standard.DATE_INDENT * 100))  # noqa: SLF001

    def imprint(self, *, printed: bool = True) -> None:
        """Add the imprint at the foot of the last page: copies, and who issued it when (a letter leaves that out).

        Its rules are 0.35 mm above and below, and 0.25 mm between (7.4.1).
        """
        copies = "抄送：{% for 机关 in 抄送机关 %}{{机关}}{% if not loop.last %}，{% endif %}{% endfor %}。"
        issued = "{{发文机关简称}}\t{{印发日期}}印发"
        self.paragraph("{%p if 抄送机关 %}")
        self._at_the_foot(copies, ruled=printed)
        if printed:
            self._middle_rule()
        self.paragraph("{%p endif %}")
        if printed:
            self._at_the_foot(issued, ruled=True)
        self.paragraph("")

    def _middle_rule(self) -> None:
        """Draw the thin rule between copies and issuer: an underlined tab, because a border would end the frame."""
        paragraph = self._at_the_foot("\t", ruled=True)
        self._exact(paragraph.paragraph_format, 4)
        run = paragraph.runs[0]
        run.text = "\t"
        run.font.underline = True
        run.font.size = Pt(standard.SMALL_PT)
        paragraph.paragraph_format.tab_stops.clear_all()
        paragraph.paragraph_format.tab_stops.add_tab_stop(Pt(standard.AREA_WIDTH_PT - 1), WD_TAB_ALIGNMENT.RIGHT)

    def _at_the_foot(self, text: str, *, ruled: bool) -> Paragraph:
        paragraph = self.document.add_paragraph()
        self._write(paragraph, [(standard.BODY_FONT, text)], standard.SMALL_PT)
        # A frame and not a table, because both word processors put a frame at the foot of the page that it is on.
        frame = parse_xml(
            f'<w:framePr {nsdecls("w")} w:w="{round(standard.AREA_WIDTH_PT * TWIPS)}" w:hSpace="0" w:vSpace="0"'
            ' w:wrap="notBeside" w:vAnchor="margin" w:hAnchor="margin" w:xAlign="center" w:yAlign="bottom"/>'
        )
        properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001
        properties.insert_element_before(frame, "w:widowControl", "w:pBdr", "w:tabs", "w:spacing", "w:ind", "w:jc")
        if ruled:
            # The same rules on each paragraph, or else LibreOffice does not take them for one frame.
            lines = "".join(
                f'<w:{side} w:val="single" w:sz="{eighths}" w:space="1" w:color="000000"/>'
                for side, eighths in (("top", 8), ("bottom", 8))
            )
            border = parse_xml(f"<w:pBdr {nsdecls('w')}>{lines}</w:pBdr>")
            properties.insert_element_before(border, "w:tabs", "w:spacing", "w:ind", "w:jc")
        self._exact(paragraph.paragraph_format, 24)
        # One character in on either side, and a second line below the first name and not below 抄送 (7.4.2); set as
        # spaces, so that the rules above keep the width of the type area.
        run = paragraph.runs[0]
        run.text = f"　{text}"
        paragraph.paragraph_format.tab_stops.add_tab_stop(
            Pt(standard.AREA_WIDTH_PT - standard.SMALL_PT), WD_TAB_ALIGNMENT.RIGHT
        )
        return paragraph

    @staticmethod
    def _bare(table: Table, widths: Sequence[float] = (1,)) -> None:
        """Give the table the width of the type area and no margins inside its cells."""
        table.autofit = False
        properties = table._tbl.tblPr  # noqa: SLF001
        for old in properties.findall(qn("w:tblW")):
            properties.remove(old)
        whole = round(standard.AREA_WIDTH_PT * TWIPS)
        wide = parse_xml(f'<w:tblW {nsdecls("w")} w:w="{whole}" w:type="dxa"/>')
        properties.insert_element_before(wide, "w:jc", "w:tblInd", "w:tblBorders", "w:tblLayout", "w:tblLook")
        margins = parse_xml(
            f'<w:tblCellMar {nsdecls("w")}><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
        )
        properties.insert_element_before(margins, "w:tblLook")
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=False):
                cell.width = Twips(round(whole * width / sum(widths)))

    # -- tables and forms --

    def annex(self, title: str, *, place: str | None = "") -> None:
        """Begin an annex on a page of its own: 附件 flush left in 黑体, its title centred on the third line.

        `place` is its number among several; None is for a part that is no annex.
        """
        first = self.paragraph([(standard.FIRST_LEVEL_FONT, f"附件{place}" if place is not None else "")])
        first.paragraph_format.page_break_before = True
        self.paragraph(title, style=standard.STYLE_TITLE, before=1)
        self.paragraph("")

    def rows(self, field: str, row: str, columns: Sequence[tuple[str, str, float]]) -> None:
        """Add a table with one line for each row of a field; `columns`: heading, text of the cell, relative width."""
        table = self.document.add_table(4, len(columns))
        table.style = "Table Grid"
        self._grid(table, [width for _heading, _text, width in columns])
        for cell, (heading, _text, _width) in zip(table.rows[0].cells, columns, strict=True):
            self._cell(cell, heading, font=standard.FIRST_LEVEL_FONT, align=CENTRE)
        self._repeat(table.rows[0])
        self._cell(table.rows[1].cells[0], f"{{%tr for {row} in {field} %}}")
        for cell, (_heading, text, _width) in zip(table.rows[2].cells, columns, strict=True):
            self._cell(cell, text)
        self._cell(table.rows[3].cells[0], "{%tr endfor %}")

    def form(
        self, lines: Sequence[Sequence[tuple[str, str]]], *, label: float = 0.18, tall: Sequence[str] = ()
    ) -> None:
        """Add a form: lines of labels and values; a value whose label is in `tall` gets room to write."""
        for line in lines:
            table = self.document.add_table(1, 2 * len(line))
            table.style = "Table Grid"
            value = (1 - label * len(line)) / len(line)
            self._grid(table, [share for _ in line for share in (label, value)])
            for place, (name, text) in enumerate(line):
                self._cell(table.rows[0].cells[2 * place], name, font=standard.FIRST_LEVEL_FONT, align=CENTRE)
                self._cell(table.rows[0].cells[2 * place + 1], text)
            table.rows[0].height = Mm(32 if any(name in tall for name, _text in line) else 10)

    def _grid(self, table: Table, widths: Sequence[float]) -> None:
        table.autofit = False
        whole = standard.AREA_WIDTH_PT
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Pt(round(whole * width / sum(widths), 1))
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Pt(round(whole * width / sum(widths), 1))

    @staticmethod
    def _repeat(row: Any) -> None:  # noqa: ANN401  # a row of python-docx
        row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001

    def _cell(self, cell: _Cell, text: str, *, font: str = "", align: Any = LEFT) -> None:  # noqa: ANN401
        for place, line in enumerate(text.split("\n")):
            paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
            paragraph.style = self.document.styles[STYLE_TABLE]
            self._write(paragraph, [(font, line)], TABLE_PT)
            paragraph.alignment = align

    def bytes(self) -> bytes:
        """Return the file, the same bytes each time."""
        target = BytesIO()
        self.document.save(target)
        return packed(target.getvalue())
