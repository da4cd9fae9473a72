"""The fields that a document's template may name: what each holds, and what it is called.

A template names a field by its Chinese name, as the office reads it in Word, or by its English one; both mean the
same. A column of a table is named behind the row that a loop takes, such as `{{ 问题.事实 }}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Shape(StrEnum):
    """What a field holds: a text, a day, several texts, or rows of a table."""

    TEXT = "text"
    DAY = "day"
    TEXTS = "texts"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class DocumentField:
    """One field. `columns` are those of a field of rows: the English name of each and the Chinese one."""

    name: str
    zh: str
    en: str
    shape: Shape = Shape.TEXT
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, str]:
        """Return the two names by which a template may call the field."""
        return self.name, self.zh


_ITEM: Final = (
    ("place", "序号"),
    ("fact", "事实"),
    ("criterion", "标准"),
    ("term", "时限"),
    ("lead", "牵头单位"),
    ("measure", "措施"),
    ("responsible", "责任人"),
    ("by", "完成日期"),
    ("answer", "整改情况"),
    ("evidence", "佐证"),
    ("verdict", "结论"),
)
_STEP: Final = (("place", "序号"), ("day", "日期"), ("what", "事项"), ("who", "经办"))
_PAPER: Final = (("place", "序号"), ("title", "题名"), ("number", "文号"), ("day", "日期"), ("pages", "页数"))

_ALL: Final = (
    DocumentField("letterhead", "发文机关标志", "the letterhead"),
    DocumentField("office", "发文机关", "the issuing office"),
    DocumentField("office_short", "发文机关简称", "the office's standard short name"),
    DocumentField("number", "发文字号", "the document number"),
    DocumentField("case_number", "案号", "the case number"),
    DocumentField("title", "标题", "the title"),
    DocumentField("addressee", "主送机关", "the addressee"),
    DocumentField("copies", "抄送机关", "copies to", Shape.TEXTS),
    DocumentField("signed_on", "成文日期", "the date of the document", Shape.DAY),
    DocumentField("printed_on", "印发日期", "the date of issue", Shape.DAY),
    DocumentField("secrecy", "密级", "the confidentiality mark"),
    DocumentField("urgency", "紧急程度", "the urgency"),
    DocumentField("unit", "单位", "the unit inspected"),
    DocumentField("post", "责任领导", "the responsible post"),
    DocumentField("duty", "职责条款", "the duty"),
    DocumentField("inspection", "检查方式", "the kind of inspection"),
    DocumentField("finding", "问题描述", "the finding"),
    DocumentField("found_on", "发现日期", "the day of the finding", Shape.DAY),
    DocumentField("criteria", "验收标准", "what counts as put right"),
    DocumentField("state", "案件状态", "the state of the case"),
    DocumentField("items", "问题清单", "the list of problems", Shape.ROWS, _ITEM),
    DocumentField("chronology", "办理经过", "the chronology", Shape.ROWS, _STEP),
    DocumentField("catalogue", "文书目录", "the list of the file", Shape.ROWS, _PAPER),
    DocumentField("term", "期限", "the term"),
    DocumentField("service_on", "拟送达日期", "the day of service that the dates assume", Shape.DAY),
    DocumentField("due_on", "届满日期", "the due day", Shape.DAY),
    DocumentField("plan_term", "方案期限", "the term for the plan"),
    DocumentField("ordered_on", "责令整改日期", "the day on which the order was served", Shape.DAY),
    DocumentField("criticized_on", "通报批评日期", "the day of the public criticism", Shape.DAY),
    DocumentField("interviewed_on", "约谈日期", "the day of the interview", Shape.DAY),
    DocumentField("report_on", "报告日期", "the day of the report", Shape.DAY),
    DocumentField("verified_on", "核查日期", "the day of the verification", Shape.DAY),
    DocumentField("authorization_note", "授权说明", "with whose consent"),
    DocumentField("requirements", "整改要求", "what must be put right", Shape.TEXTS),
    DocumentField("help_contact", "帮助联系人", "whom to ask for help, by post"),
    DocumentField("reason", "理由", "the reason"),
    DocumentField("outcome", "结果", "the outcome"),
    DocumentField("document_title", "送达文书", "the document that is served"),
    DocumentField("served_on", "送达日期", "the day of service", Shape.DAY),
    DocumentField("served_by", "送达人", "who served it, by post"),
    DocumentField("way", "送达方式", "how it was served"),
    DocumentField("signed_by", "签收人", "who signed, by post"),
    DocumentField("light", "灯色", "the light"),
    DocumentField("days_late", "逾期工作日", "working days late"),
    DocumentField("answer_by", "回复期限", "by when an answer is due", Shape.DAY),
    DocumentField("verifiers", "核查人员", "who verified", Shape.TEXTS),
    DocumentField("circulated_to", "通报范围", "to whom it is circulated", Shape.TEXTS),
    DocumentField("heard", "听取意见情况", "what the unit said when it was heard"),
    DocumentField("helpers", "帮扶人员", "who helped", Shape.TEXTS),
    DocumentField("helped_on", "帮扶日期", "the day of the help", Shape.DAY),
    DocumentField("what", "帮助内容", "what was done"),
    DocumentField("interviewee", "被约谈人", "who is interviewed, by post"),
    DocumentField("convenor", "主持人", "who convenes, by post"),
    DocumentField("held_on", "约谈时间", "the day of the interview", Shape.DAY),
    DocumentField("held_at", "约谈时刻", "the hour of the interview"),
    DocumentField("venue", "约谈地点", "where the interview is held"),
    DocumentField("attendees", "参加人员", "who attends, by post", Shape.TEXTS),
    DocumentField("observers", "列席人员", "who sits in, by post", Shape.TEXTS),
    DocumentField("recorders", "记录人", "who takes the record", Shape.TEXTS),
    DocumentField("explained", "单位说明", "what the unit explained"),
    DocumentField("commitment", "单位承诺", "what the unit promised"),
    DocumentField("applied_on", "申请日期", "the day of the application", Shape.DAY),
    DocumentField("old_due_on", "原届满日期", "the old due day", Shape.DAY),
    DocumentField("remaining", "剩余期限", "what is left of the term"),
    DocumentField("subject", "复核事项", "what is reviewed"),
    DocumentField("receiver", "受文机关", "the receiving organ"),
    DocumentField("clue", "线索情况", "the clue"),
    DocumentField("ground", "容错情形", "the ground of tolerance"),
    DocumentField("views", "书面意见", "the written views that were asked for", Shape.TEXTS),
    DocumentField("look_back_on", "回头看期限", "the last day of the look-back", Shape.DAY),
    DocumentField("looked_on", "回头看日期", "the day of the look-back", Shape.DAY),
    DocumentField("corrected", "更正事项", "the entry that is corrected"),
    DocumentField("correction", "更正内容", "what it should say"),
    DocumentField("confirmed_by", "复核确认人", "the second person who confirms"),
    DocumentField("submitted_on", "报送日期", "the day of submission", Shape.DAY),
    DocumentField("opened_on", "立卷日期", "the first day of the file", Shape.DAY),
    DocumentField("closed_on", "办结日期", "the last day of the file", Shape.DAY),
    DocumentField("retention", "保管期限", "the retention period"),
    DocumentField("pages", "总页数", "the number of pages"),
    DocumentField("papers", "文书件数", "the number of documents"),
    DocumentField("remarks", "备考说明", "what a later reader of the file must know"),
)

FIELDS: Final[Mapping[str, DocumentField]] = {field.name: field for field in _ALL}
"""Every field by its English name."""

BY_ANY_NAME: Final[Mapping[str, DocumentField]] = {name: field for field in _ALL for name in field.names}
"""Every field by each of its two names."""
