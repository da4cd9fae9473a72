"""What each act takes: its fields, which of them it cannot do without, and what they are called."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from states.errors import Sentence
from states.field_values import Field, Kind
from states.vocabulary import INSPECTIONS, Act, Confidentiality

if TYPE_CHECKING:
    from collections.abc import Mapping


NOTE: Final = Field("note", Kind.TEXT, "备注", "a note")
REASON: Final = Field("reason", Kind.TEXT, "理由", "the reason", required=True)
WHY: Final = Field("reason", Kind.TEXT, "理由", "the reason")
DOCUMENT: Final = Field(
    "document_number", Kind.TEXT, "发文字号（auto 自动取号）", "the document number (auto: the next)"
)
EVIDENCE: Final = Field("evidence", Kind.TEXTS, "佐证材料", "SHA-256 hashes of kept files")
TERM: Final = Field("term", Kind.TERM, "期限", "the term")
SIGNED_BY: Final = Field("signed_by", Kind.TEXT, "签收人或签字人（职务）", "who signed, by post")
CONFIRMED: Final = Field("confirmed_by", Kind.TEXT, "复核确认人", "the second person who confirms, where no login does")
NO_SECRETS: Final = Sentence(
    "“{value}”不能作为密级标注：只能标注公开（public）、内部（internal）或工作秘密（work_secret）；"
    "国家秘密（秘密、机密、绝密）不得录入本系统（保密法第三十一条），请按保密规定另行办理。",
    "“{value}” is no mark: it is public, internal or work_secret; state secrets may not be entered in this system"
    " (Law on Guarding State Secrets, article 31).",
)
CONFIDENTIALITY: Final = Field(
    "confidentiality",
    Kind.CHOICE,
    "密级标注",
    "the confidentiality mark",
    choices=tuple(mark.value for mark in Confidentiality),
    wrong=NO_SECRETS,
)
ITEM: Final = Field("item", Kind.NUMBER, "第几项", "which item, from 1", required=True)
ITEMS: Final = Field(
    "items",
    Kind.RECORDS,
    "问题清单",
    "the list of problems",
    parts=(
        Field("fact", Kind.TEXT, "问题事实", "the fact", required=True),
        Field("criterion", Kind.TEXT, "整改目标（验收标准）", "what counts as put right"),
        Field("lead", Kind.TEXT, "牵头单位", "the leading unit"),
        Field("co", Kind.TEXTS, "配合单位", "the co-organising units"),
        Field("term", Kind.TERM, "本项期限", "the term of this item"),
    ),
)
MEASURES: Final = Field(
    "measures",
    Kind.RECORDS,
    "逐项整改措施",
    "the measures, item by item",
    parts=(
        ITEM,
        Field("measure", Kind.TEXT, "整改措施", "the measure", required=True),
        Field("person", Kind.TEXT, "责任人（职务）", "the responsible post", required=True),
        Field("day", Kind.DATE, "完成日期", "by which day", required=True),
    ),
)
ANSWERS: Final = Field(
    "answers",
    Kind.RECORDS,
    "逐项整改结果",
    "the answers, item by item",
    parts=(
        ITEM,
        Field("answer", Kind.TEXT, "整改结果", "what was done", required=True),
        Field("evidence", Kind.TEXTS, "佐证材料", "SHA-256 hashes of kept files"),
        Field("no_evidence", Kind.TEXT, "没有佐证材料的理由", "why there is no evidence"),
    ),
)
VERDICTS: Final = Field(
    "verdicts",
    Kind.RECORDS,
    "逐项核查意见",
    "the verdicts, item by item",
    parts=(
        ITEM,
        Field("verdict", Kind.CHOICE, "核查意见", "the verdict", required=True, choices=("passed", "failed")),
        Field("remark", Kind.TEXT, "说明", "a remark"),
    ),
)
PROGRESS: Final = Field(
    "progress",
    Kind.RECORDS,
    "逐项进展",
    "the progress, item by item",
    parts=(ITEM, Field("state", Kind.TEXT, "进展情况", "how far it is", required=True)),
)
UNIT: Final = (
    Field("unit", Kind.TEXT, "被检查单位", "the unit", required=True),
    Field("post", Kind.TEXT, "责任领导（职务）", "the responsible post", required=True),
    Field("liaison", Kind.TEXT, "联络员（职务）", "the liaison's post"),
    Field(
        "unit_kind",
        Kind.CHOICE,
        "单位类型",
        "the kind of unit",
        choices=("party_committee", "government", "department", "township", "village", "office"),
    ),
    Field("number", Kind.TEXT, "案件编号", "the case number"),
)

_OUTCOME_REVIEW: Final = Field(
    "outcome", Kind.CHOICE, "复核结果", "the outcome", required=True, choices=("uphold", "amend", "revoke")
)
_OUTCOME_TOLERANCE: Final = Field(
    "outcome", Kind.CHOICE, "认定结果", "the outcome", required=True, choices=("granted", "refused")
)

_OWN: Final[Mapping[Act, tuple[Field, ...]]] = {
    Act.REGISTER_FINDING: (
        *UNIT,
        Field("duty", Kind.DUTY, "对应职责条款", "the duty", required=True),
        Field(
            "inspection",
            Kind.CHOICE,
            "检查方式",
            "the kind of inspection",
            required=True,
            choices=tuple(INSPECTIONS),
        ),
        Field("finding", Kind.TEXT, "问题描述", "the finding", required=True),
        Field("severity", Kind.TEXT, "问题性质", "how grave it is"),
        Field("criteria", Kind.TEXT, "整改目标（验收标准）", "what counts as put right"),
        ITEMS,
        Field("by_reference", Kind.FLAG, "参照执行", "applied by reference"),
        Field("inspection_plan", Kind.TEXT, "检查计划编号", "the number of the inspection plan"),
        Field("outside_plan", Kind.TEXT, "计划外检查的理由", "why it was inspected outside the plan"),
        Field("source", Kind.TEXT, "来源", "where the finding comes from"),
        Field("recurrence_of", Kind.TEXT, "反复出现的前案", "the earlier case whose problem has come back"),
        CONFIDENTIALITY,
        TERM,
    ),
    Act.DISMISS: (REASON,),
    Act.WITHDRAW: (REASON,),
    Act.MERGE_INTO: (Field("target", Kind.TEXT, "并入的案件编号", "the case to merge into", required=True), WHY),
    Act.TRANSFER: (
        Field("receiver", Kind.TEXT, "受移送机关", "the receiving organ", required=True),
        Field("partial", Kind.FLAG, "部分移送", "only a part is transferred"),
        Field("part", Kind.TEXT, "移送的部分（随子案封存）", "what is transferred; it goes to the sealed child case"),
        Field("rest", Kind.TEXT, "本案保留部分的新表述", "how the part that stays is worded anew"),
        Field("child", Kind.TEXT, "移送子案编号", "the number of the child case; given by itself"),
        WHY,
    ),
    Act.SERVE_ORDER: (
        TERM,
        Field("plan_term", Kind.TERM, "报送方案期限", "the term for the plan"),
        Field("authorization_note", Kind.TEXT, "授权说明（经…同意）", "with whose consent the order is given"),
        Field("help_contact", Kind.TEXT, "帮助指导联系人（职务）", "whom to ask for help, by post"),
        Field("criteria", Kind.TEXT, "整改目标（验收标准）", "what counts as put right"),
        ITEMS,
        SIGNED_BY,
    ),
    Act.SUBMIT_PLAN: (MEASURES, SIGNED_BY),
    Act.RETURN_PLAN: (REASON, TERM),
    Act.SUBMIT_REPORT: (
        ANSWERS,
        SIGNED_BY,
        Field("no_evidence", Kind.TEXT, "没有佐证材料的理由", "why there is no evidence"),
    ),
    Act.REPORT_PROGRESS: (PROGRESS, SIGNED_BY),
    Act.VERIFY_PASS: (Field("verifiers", Kind.TEXTS, "核查人员", "who verified"), VERDICTS),
    Act.VERIFY_FAIL: (
        Field("verifiers", Kind.TEXTS, "核查人员", "who verified"),
        VERDICTS,
        Field("false_report", Kind.FLAG, "虚假整改", "the report was false"),
        WHY,
    ),
    Act.PUBLISH_CRITICISM: (
        Field("circulated_to", Kind.TEXTS, "通报范围", "to whom it is circulated"),
        TERM,
        WHY,
    ),
    Act.RECORD_HELP: (
        Field("helpers", Kind.TEXTS, "帮扶人员", "who helped"),
        Field("what", Kind.TEXT, "帮助内容", "what was done"),
    ),
    Act.HOLD_INTERVIEW: (
        Field("notice_on", Kind.DATE, "约谈通知送达日期", "the day on which the notice was served"),
        Field("interviewee", Kind.TEXT, "被约谈人（职务）", "who was interviewed, by post"),
        Field("convenor", Kind.TEXT, "主持人（职务）", "who convened, by post"),
        Field("recorders", Kind.TEXTS, "记录人", "who took the record"),
        Field("entrusted_by", Kind.TEXT, "委托主持的领导（职务）", "which leader entrusted the convenor, by post"),
    ),
    Act.APPROVE_ORDER: (Field("authorization_note", Kind.TEXT, "授权说明（经…同意）", "with whose consent"), WHY),
    Act.APPROVE_CRITICISM: (WHY,),
    Act.APPROVE_INTERVIEW: (
        Field("interviewee", Kind.TEXT, "被约谈人（职务）", "who will be interviewed, by post"),
        WHY,
    ),
    Act.SERVE_INTERVIEW_NOTICE: (
        Field("interviewee", Kind.TEXT, "被约谈人（职务）", "who will be interviewed, by post"),
        Field("interview_on", Kind.DATE, "约谈日期", "the day of the interview"),
        Field("place", Kind.TEXT, "约谈地点", "the place"),
        SIGNED_BY,
    ),
    Act.RECORD_ABSENCE: (REASON, Field("excused", Kind.FLAG, "有正当理由", "there was a good reason")),
    Act.RECORD_INQUIRY: (
        Field("document_number", Kind.TEXT, "受理或调查文号", "the number of the organ's letter", required=True),
        Field("organ", Kind.TEXT, "调查机关", "the inquiring organ", required=True),
    ),
    Act.RECORD_NO_ACCOUNTABILITY: (
        Field("document_number", Kind.TEXT, "决定文号", "the number of the decision", required=True),
        Field("organ", Kind.TEXT, "决定机关", "the deciding organ", required=True),
        Field("exempted", Kind.FLAG, "予以容错免责", "exempted under error tolerance"),
        WHY,
    ),
    Act.URGE: (WHY,),
    Act.ASSIGN: (
        Field("handler", Kind.ACCOUNT, "承办人", "the case handler", required=True),
        Field("deputy", Kind.ACCOUNT, "代办人", "who stands in"),
        Field("until", Kind.DATE, "代办至", "until when the deputy stands in, inclusive"),
        WHY,
    ),
    Act.DECIDE_LATE_ENTRY: (
        Field("choice", Kind.CHOICE, "处理方式", "the choice", required=True, choices=("run", "taken_over", "ladder")),
        Field("term", Kind.TERM, "自今日起的期限", "the term from today on"),
        Field("report_on", Kind.DATE, "整改报告日期", "the day of the report"),
        Field("closed_on", Kind.DATE, "销号日期", "the day of the closure"),
        WHY,
    ),
    Act.RELEASE_ESCALATION: (WHY,),
    Act.COUNTERSIGN: (Field("of", Kind.NUMBER, "会签的事项序号", "the number of the event that is signed"),),
    Act.REFUSE_COUNTERSIGN: (Field("of", Kind.NUMBER, "事项序号", "the number of the event"), REASON),
    Act.ISSUE_MINUTES: (TERM,),
    Act.PROPOSE_ACCOUNTABILITY: (
        Field("receiver", Kind.TEXT, "有管理权限的党组织", "the body that manages the cadre"),
        Field("grave", Kind.FLAG, "情节严重（第九条第四款）", "grave non-performance (article 9(4))"),
        WHY,
    ),
    Act.RECORD_ACCOUNTABILITY: (
        Field("document_number", Kind.TEXT, "问责决定文号", "the number of the decision", required=True),
        Field("organ", Kind.TEXT, "决定机关", "the deciding organ", required=True),
        Field("decided_on", Kind.DATE, "决定日期", "the day of the decision"),
        Field("forms", Kind.TEXTS, "问责方式", "the forms of accountability"),
        CONFIRMED,
    ),
    Act.REQUEST_EXTENSION: (REASON, Field("term", Kind.TERM, "申请延长的期限", "the term asked for"), SIGNED_BY),
    Act.APPROVE_EXTENSION: (TERM, WHY),
    Act.REFUSE_EXTENSION: (REASON,),
    Act.SUSPEND: (REASON, Field("term", Kind.TERM, "预计中止期限", "for how long, as expected")),
    Act.RESUME: (WHY,),
    Act.FILE_OBJECTION: (REASON, SIGNED_BY),
    Act.DECIDE_REVIEW: (_OUTCOME_REVIEW, WHY, TERM),
    Act.REQUEST_TOLERANCE: (REASON,),
    Act.ACCEPT_TOLERANCE: (WHY,),
    Act.DECIDE_TOLERANCE: (
        _OUTCOME_TOLERANCE,
        Field("views", Kind.TEXTS, "组织部门、纪检机关书面意见", "the written views that were asked for"),
        WHY,
    ),
    Act.FILE_APPEAL: (WHY,),
    Act.DECIDE_APPEAL: (_OUTCOME_REVIEW, Field("organ", Kind.TEXT, "决定机关", "the deciding organ"), WHY),
    Act.LOOK_BACK_PASS: (Field("verifiers", Kind.TEXTS, "核查人员", "who looked"),),
    Act.REOPEN: (REASON, Field("false_rectification", Kind.FLAG, "虚假整改", "the rectification was false"), TERM),
    Act.START_RANKING_INTERVIEW: (
        *UNIT,
        Field("ranking", Kind.TEXT, "经批准的排序文件", "the approved ranking", required=True),
        Field("finding", Kind.TEXT, "排序情况", "what the ranking says"),
        CONFIDENTIALITY,
    ),
    Act.LIST_CASE: (REASON, TERM),
    Act.DELIST_CASE: (WHY,),
    Act.APPROVE_ESCALATION: (WHY,),
    Act.REJECT_ESCALATION: (REASON,),
    Act.ACKNOWLEDGE: (
        Field("of", Kind.NUMBER, "签收的事项序号", "the number of the event in the case that is signed for"),
        SIGNED_BY,
    ),
    Act.CORRECT_EVENT: (
        Field("of", Kind.NUMBER, "被更正的事项序号", "the number of the event in the case", required=True),
        Field("correction", Kind.TEXT, "更正内容", "what it should say", required=True),
        REASON,
        CONFIRMED,
    ),
    Act.MARK_CONFIDENTIALITY: (
        replace(CONFIDENTIALITY, zh="改为", en="the new mark", required=True),
        REASON,
    ),
}

FIELDS: Final[Mapping[Act, Mapping[str, Field]]] = {
    act: {field.name: field for field in (DOCUMENT, EVIDENCE, NOTE, *_OWN.get(act, ()))} for act in Act
}
"""The fields of every act by their names; a document number, evidence and a note may go with any of them."""
