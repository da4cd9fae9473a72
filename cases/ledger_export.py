"""The ledger as offices keep it, written to a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openpyxl import Workbook

from cases.ledger_items import written_items
from states.case import sealed_for
from states.errors import BadData, Sentence
from states.file_trouble import file_trouble
from states.terms import Term
from states.vocabulary import Act, State, inspection_name, name
from store import cases, events, personal_data

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from states.case import Case, Event
    from store.database import Database

_NOT_WRITTEN: Final = Sentence("无法写入 {path}：{why}。", "{path} cannot be written: {why}.")
_HEADS: Final = (
    "序号",
    "问题编号",
    "检查方式",
    "发现日期",
    "被检查单位",
    "责任领导(职务)",
    "问题描述",
    "对应职责条款",
    "问题性质",
    "整改目标(验收标准)",
    "整改通知送达日期",
    "整改时限",
    "联络员",
    "备注",
    "是否参照执行",
    "状态",
    "灯色",
    "期限",
    "是否销号",
    "密级",
    "逐项清单",
    "延期至",
)


def write_ledger(database: Database, path: Path, which: str, lang: str) -> int:
    """Write all cases, or the one with this number or id, to a workbook; return how many.

    Texts that begin like a formula stay texts. A case that was transferred is a sealed stub.

    Raises:
        NotFound: there is no such case.
        BadData: the file cannot be written.
    """
    with database.reading() as session:
        found = [cases.get(session, cases.find(session, which))] if which else cases.listed(session)
        listed = [sealed_for(item.case, None) for item in personal_data.shown_all(session, found)]
        told = events.acts_of(session, [case.id for case in listed], (Act.REGISTER_FINDING, Act.SERVE_ORDER))
        beside: dict[int, _Beside] = {}
        for recorded in personal_data.shown_history(session, told):
            beside.setdefault(recorded.event.case_id, _Beside()).add(recorded.event)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "整改台账"
    sheet.append(_HEADS)
    for place, case in enumerate(listed, 1):
        for column, value in enumerate((place, *_row(case, beside.get(case.id, _Beside()), lang)), 1):
            cell = sheet.cell(place + 1, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # a text that begins with "=" stays a text
    try:
        book.save(path)
    except OSError as error:
        raise BadData(_NOT_WRITTEN.fill(path=path, why=file_trouble(error))) from error
    return len(listed)


class _Beside:
    """What the ledger has of a case that the case itself does not keep: it stands in its first events."""

    def __init__(self) -> None:
        self.served_on: date | None = None
        self.term, self.liaison, self.note = "", "", ""

    def add(self, event: Event) -> None:
        """Take what the event says: the finding's liaison and note, the first order's day and term."""
        if event.act is Act.REGISTER_FINDING:
            self.liaison, self.note = event.data.get("liaison", ""), event.data.get("note", "")
        elif self.served_on is None:
            self.served_on, self.term = event.occurred_on, event.data.get("term", "")


def _term(text: str) -> str | date:
    """Return a term as it is read back: a last day as a day, a length of time in words."""
    if not text:
        return ""
    term = Term.parse(text)
    if term.on is None or term.before:
        return term.text()
    return term.on


def _row(case: Case, beside: _Beside, lang: str) -> tuple[str | date | None, ...]:
    rectification = case.deadline("rectification")
    if case.state is State.TRANSFERRED:
        beside = _Beside()  # what was handed over is sealed, its notes with it
    return (
        case.number,
        inspection_name(case.inspection),
        case.opened_on,
        case.unit,
        case.post,
        case.finding,
        case.duty,
        case.severity,
        case.criteria,
        beside.served_on,
        _term(beside.term or case.proposed_term),
        beside.liaison,
        beside.note,
        "是" if case.by_reference else "否",
        name(case.state).text(lang),
        name(case.light).text(lang),
        rectification.due_on if rectification else None,
        "是" if case.state is State.CLOSED else "否",
        name(case.confidentiality).zh,
        written_items(case.items) if case.state is not State.TRANSFERRED else "",
        rectification.due_on if case.extensions and rectification is not None else None,
    )
