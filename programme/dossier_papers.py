"""The papers drawn from the file of a head: the file, the pack for the statement (述法), the leaving record (离任).

They are Chinese, as all paper of the office is. Source: docs/domain.md §2.6 (layout), §3 (述法); ADR 0048.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from documents.sheets import Sheets
from programme import dossier_text as words
from states.duty import numeral
from states.vocabulary import Act, State, name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from documents.templates import Templates
    from programme.dossier import Dossier, FiledCase
    from programme.dossiers import Dossiers
    from store.accounts import Person

ZH: Final = "zh-CN"
BASIS: Final = "《四川省党政主要负责人履行推进法治建设第一责任人职责实施办法》"
SUPPLEMENT: Final = "〖请本人补充〗"
"""What the pack shows where only the head can write."""


class DossierPaper(StrEnum):
    """Which paper is drawn up."""

    FILE = "file"
    STATEMENT = "statement"
    LEAVING = "leaving"


PAPER_NAMES: Final[Mapping[DossierPaper, tuple[str, str]]] = {
    DossierPaper.FILE: ("法治档案", "file"),
    DossierPaper.STATEMENT: ("述法材料", "pack for the statement"),
    DossierPaper.LEAVING: ("离任记录", "leaving record"),
}
"""What people call the papers."""


class DossierPapers:
    """Hands out the papers of files."""

    def __init__(self, dossiers: Dossiers, templates: Templates, office: str) -> None:
        """Draw them up in the name of the office, on its own sheet if it has one."""
        self.dossiers, self.templates, self.office = dossiers, templates, office

    def handed_out(  # which paper of which file, until when, now, to whom, of which tenure, by which letter
        self,
        paper: DossierPaper,
        which: str,
        on: date,
        now: datetime,
        person: Person | None,
        *,
        first: str = "",
        letter: str = "",
    ) -> bytes:
        """Return the paper as a Word file; that it was handed out is written down.

        Raises:
            Problem: as `Dossiers.hand_out`.
            BadDocument: the sheet cannot be opened.
        """
        found = self.dossiers.hand_out(which, on, now, person, first=first, letter=letter)
        return drawn_up(paper, found, self.office, self.templates)


def drawn_up(paper: DossierPaper, found: Dossier, office: str, templates: Templates) -> bytes:
    """Return the paper of a file as a Word file; the same file gives the same bytes."""
    sheets = Sheets(templates)
    _WRITERS[paper](sheets, found)
    sheets.signature(office, words.day_text(found.on, ZH))
    return sheets.bytes()


def _head(sheets: Sheets, found: Dossier, what: str) -> None:
    sheets.title(found.tenure.title, what, lower=False)
    sheets.centred(f"{words.holder_text(found, ZH)}　{words.span_text(found, ZH)}")
    sheets.centred(f"（截至{words.day_text(found.on, ZH)}）")


class _Numbered:
    """Gives headings their numbers in order."""

    def __init__(self, sheets: Sheets) -> None:
        self.sheets, self.place = sheets, 0

    def heading(self, text: str) -> None:
        self.place += 1
        self.sheets.heading(f"{numeral(self.place)}、{text}")


def _file(sheets: Sheets, found: Dossier) -> None:
    _head(sheets, found, "法治档案")
    numbered = _Numbered(sheets)
    numbered.heading("提要")
    sheets.body(words.figures_text(found, ZH))
    for section in words.sections(found, ZH):
        if section.heading == "案件":
            _cases(sheets, numbered, found)
        elif section.heading == "告知与签收" and found.told:
            numbered.heading(section.heading)
            _told(sheets, found)
        else:
            numbered.heading(section.heading)
            sheets.body(*section.lines)
    sheets.body("本档案按职务和任期记载，案件记入问题登记之日的任期；容错认定的事项不作负面评价，不计入各项数字。")


def _cases(sheets: Sheets, numbered: _Numbered, found: Dossier) -> None:
    numbered.heading("案件")
    if not found.cases:
        sheets.body("没有。")
    for place, one in enumerate(found.cases, start=1):
        head, state, *steps = words.case_lines(one, ZH)
        sheets.second_heading(f"（{place}）{one.number}")
        sheets.body(f"{head.removeprefix(one.number).lstrip('，').rstrip('。')}。", f"现状：{state}。")
        if steps:
            sheets.body("经过：" + "；".join(steps) + "。")


def _told(sheets: Sheets, found: Dossier) -> None:
    rows = []
    for one in found.told:
        signed = words.day_text(one.signed_on, ZH) if one.signed_on else ("未签收" if one.wanted else "—")
        signed += "（离任后）" if one.after_leaving else ""
        days = f"{one.days}" if one.days is not None else "—"
        act = name(one.act).text(ZH) + ("" if one.own else "（前任期间）")
        rows.append((words.day_text(one.sent_on, ZH), one.number, act, signed, days))
    sheets.table(("告知日期", "案号", "事项", "签收日期", "用时（工作日）"), rows, (0.2, 0.26, 0.24, 0.2, 0.1))


def _statement(sheets: Sheets, found: Dossier) -> None:
    """Write the pack: the four 亲自 with evidence, open problems, improvements (articles 4, 5, 9)."""
    _head(sheets, found, "述法材料")
    sheets.body(f"根据{BASIS}第四条、第九条第一款，由系统记载整理，供本人撰写述法报告使用；记载以外的工作请本人补充。")
    numbered = _Numbered(sheets)
    numbered.heading("履行第一责任人职责情况")
    for place, (word, evidence) in enumerate(found.work, start=1):
        sheets.second_heading(f"（{numeral(place)}）{words.WORK[word][0]}")
        if evidence:
            sheets.body(*(f"{words.evidence_text(one, ZH)}。" for one in evidence))
        else:
            sheets.body(words.NO_EVIDENCE.text(ZH))
        sheets.body(SUPPLEMENT)
    if found.duties is not None:
        numbered.heading("年度职责")
        sheets.body(*([f"{words.duty_text(one.duty, ZH)}：{one.said}" for one in found.duties] or ["没有。"]))
    numbered.heading("存在的问题")
    open_cases = found.open_cases
    sheets.body(*([_problem(one) for one in open_cases] or ["没有在办案件。"]), SUPPLEMENT)
    numbered.heading("改进情况")
    done = [one for one in found.cases if one.state is State.CLOSED]
    sheets.body(f"已销号{len(done)}件，接受帮助指导{len(found.helps)}次。")
    sheets.body(*(f"{one.number}：{_closed(one)}" for one in done), SUPPLEMENT)
    if found.commendations:
        numbered.heading("表扬")
        sheets.body(
            *(f"{words.day_text(one.on, ZH)}，{one.document_number}，{one.said}" for one in found.commendations)
        )
    numbered.heading("下一步打算")
    sheets.body(SUPPLEMENT)
    sheets.places_to_sign("本人")


def _problem(one: FiledCase) -> str:
    return f"{one.number}，{words.duty_text(one.duty, ZH)}：{one.finding.rstrip('。')}。{words.state_text(one, ZH)}。"


def _closed(one: FiledCase) -> str:
    closed = next((step for step in reversed(one.steps) if step.act is Act.APPROVE_CLOSURE), None)
    return f"{words.day_text(closed.on, ZH)}销号。" if closed is not None else "已销号。"


def _leaving(sheets: Sheets, found: Dossier) -> None:
    """Write the leaving record: the tenure in figures, what is open, and what passes on, for three to sign."""
    _head(sheets, found, "离任记录")
    numbered = _Numbered(sheets)
    numbered.heading("任期内情况")
    sheets.body(words.figures_text(found, ZH))
    if found.tolerated:
        sheets.body(*(f"{one.number}：容错认定，不作负面评价。" for one in found.tolerated))
    numbered.heading("任期内案件")
    if found.cases:
        rows = [
            (one.number, words.duty_text(one.duty, ZH), words.day_text(one.opened_on, ZH), words.state_text(one, ZH))
            for one in found.cases
        ]
        sheets.table(("案号", "职责条款", "登记日期", "状态"), rows, (0.26, 0.32, 0.2, 0.22))
    else:
        sheets.body("没有。")
    numbered.heading("移交事项")
    if found.passed is None:
        sheets.body("继任者尚未到任，移交清单以继任者任职之日为准。")
        sheets.body(*(_problem(one) for one in found.open_cases))
    else:
        sheets.body(f"{words.day_text(found.passed.on, ZH)}由{found.passed.before}移交{found.passed.after}。")
        sheets.body(*([f"{words.matter_text(one, ZH)}。" for one in found.passed.matters] or ["没有在办事项。"]))
    sheets.places_to_sign("移交人", "接收人", "监交人")


_WRITERS: Final[Mapping[DossierPaper, Callable[[Sheets, Dossier], None]]] = {
    DossierPaper.FILE: _file,
    DossierPaper.STATEMENT: _statement,
    DossierPaper.LEAVING: _leaving,
}
