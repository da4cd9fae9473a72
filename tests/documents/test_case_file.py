"""The whole case file, and documents as PDF by a real LibreOffice."""

from __future__ import annotations

import re
import shutil
import subprocess
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from docx import Document

from documents import case_file as filing
from documents.case_file import FiledDocument, case_file
from documents.drafting import draft
from documents.kinds import KINDS, Layout
from documents.pdf import program, to_pdf
from documents.templates import Templates
from states.errors import Problem, Unavailable
from tests.support import document_histories as histories
from tests.support.document_kinds import CASES, TEMPLATES, every_text, filled_up

if TYPE_CHECKING:
    from pathlib import Path

    from documents.summary import CaseSummary

needs_office = pytest.mark.skipif(
    program() is None or shutil.which("pdftotext") is None,
    reason="no LibreOffice or no poppler here: `make office` brings them on Debian as root",
)


def papers_of(summary: CaseSummary, templates: Templates = TEMPLATES) -> list[FiledDocument]:
    """Return a document for every act of the case that has one, but none for the help that was recorded."""
    found = []
    day = histories.drawn_up("08-17")
    for step in summary.steps:
        for kind in KINDS.values():
            if step.act in kind.acts:
                made = draft(kind, summary, {}, day, templates, entered=step)
                data = None if kind.name == "help" else made.data
                number = str(step.data.get("document_number", ""))
                found.append(FiledDocument(title=kind.zh, number=number, day=step.day, data=data))
    return found


def test_the_file_holds_cover_catalogue_documents_and_last_form_in_this_order() -> None:
    summary = histories.summary(histories.s2(), "云台县委依法治县办")
    papers = papers_of(summary)
    made = case_file(summary, papers, {"remarks": "原件2件存档案室"}, histories.drawn_up("08-17"), TEMPLATES)
    whole = "\n".join(every_text(Document(BytesIO(made))))
    assert "待填" not in whole.partition("卷内文书目录")[0], "the cover lacks nothing"
    order = (
        "整改案卷",
        "卷内文书目录",
        "责令整改通知书",
        "整改不到位的通报",
        "有关负责人的纪要",
        "卷内备考表",
        "原件2件",
    )
    assert re.search(".*".join(order), whole, re.DOTALL)
    assert "帮助指导记录（无文书）" in whole
    held = [paper for paper in papers if paper.data is not None]
    assert f"本卷共{len(held)}件文书" in whole
    document = Document(BytesIO(made))
    assert len(document.sections) == len(held) + 2
    assert made == case_file(summary, papers, {"remarks": "原件2件存档案室"}, histories.drawn_up("08-17"), TEMPLATES)


def test_a_document_from_an_offices_own_template_keeps_its_look_inside_the_file(tmp_path: Path) -> None:
    own = Document(BytesIO(TEMPLATES.find("criticism").data))
    own.styles["公文正文"].font.bold = True
    own.save(str(tmp_path / "criticism.docx"))
    summary = histories.summary(histories.s2())
    papers = papers_of(summary, Templates(tmp_path))
    made = case_file(summary, papers, {}, histories.drawn_up("08-17"), TEMPLATES)
    styles = {
        style.style_id: style.font.bold for style in Document(BytesIO(made)).styles if "公文正文" in style.style_id
    }
    assert styles["公文正文"] is None
    assert sum(bold is True for bold in styles.values()) == 1


def test_a_file_of_too_many_documents_is_divided_by_people(monkeypatch: pytest.MonkeyPatch) -> None:
    summary = histories.summary(histories.s2())
    papers = papers_of(summary)
    monkeypatch.setattr(filing, "MOST_DOCUMENTS", len(papers) - 1)
    with pytest.raises(Problem, match="请分卷"):
        case_file(summary, papers, {}, histories.drawn_up("08-17"), TEMPLATES)


def pages(pdf: bytes, folder: Path) -> list[str]:
    """Return the text of each page, as it is laid out."""
    (folder / "document.pdf").write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", "-layout", "document.pdf", "-"], cwd=folder, capture_output=True, check=True, timeout=60
    )
    return told.stdout.decode().removesuffix("\f").split("\f")


@needs_office
def test_every_kind_becomes_pages_of_a_pdf_and_none_of_them_is_empty(tmp_path: Path) -> None:
    lines, on = CASES["s2"]
    summary = histories.summary(lines)
    day = histories.drawn_up(on)
    papers = [
        FiledDocument(title=kind.zh, number="", day=day.on, data=filled_up(kind, summary, on).data)
        for kind in KINDS.values()
        if kind.name != "case_file"
    ]
    made = case_file(summary, papers, {}, day, TEMPLATES)
    found = pages(to_pdf(made), tmp_path)
    assert all(page.strip() for page in found), "no page is empty"
    # Every document begins to count its pages at 1; the letters do not show that number.
    firsts = sum("—1—" in page.replace(" ", "") for page in found)
    letters = sum(kind.layout is Layout.LETTER for kind in KINDS.values())
    assert firsts == len(papers) - letters + 1
    assert len(papers) < len(found) < 3 * len(papers)


@needs_office
def test_a_page_holds_22_lines_of_28_characters(tmp_path: Path) -> None:
    summary = histories.summary(histories.until(histories.s1(), "serve_order"))
    typed = {"finding": "依" * 28 * 60}
    made = draft(KINDS["order"], summary, typed, histories.drawn_up("02-06"), TEMPLATES)
    second = [line.strip() for line in pages(to_pdf(made.data), tmp_path)[1].splitlines() if line.strip()]
    body = [line for line in second if "—" not in line]
    assert len(body) == 22
    assert {len(line) for line in body} == {28}
    assert second[-1].replace(" ", "") == "—2—"


@needs_office
def test_a_letter_bears_no_page_number_on_its_first_page(tmp_path: Path) -> None:
    made = filled_up(KINDS["accountability_proposal"], histories.summary(histories.s2()), "08-17")
    found = pages(to_pdf(made.data), tmp_path)
    assert "—" not in found[0]
    assert "—2—" in found[1].replace(" ", "")


def test_without_libreoffice_the_reader_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Unavailable, match="没有安装LibreOffice"):
        to_pdf(b"")


@needs_office
def test_libreoffice_that_takes_too_long_is_ended() -> None:
    made = filled_up(KINDS["order"], histories.summary(histories.s1()), "06-08")
    with pytest.raises(Unavailable, match="没有在0秒内"):
        to_pdf(made.data, seconds=0.01)
