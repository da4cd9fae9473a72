"""What the columns of a ledger mean: the headings that offices write, and the fields that they stand for.

A heading is compared without blanks, stars, punctuation and invisible characters, full width or half. What stands in
brackets qualifies it: 整改时限(工作日) is the field 整改时限, counted in working days. The patterns follow the
ledgers of docs/domain.md §3 and published reports of offices; whatever fits none of them is said to be not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from states.errors import Sentence
from states.written_terms import DAYS, MONTHS, WORKING_DAYS, plain

if TYPE_CHECKING:
    from collections.abc import Mapping


class LedgerField(StrEnum):
    """What a column of a ledger can hold."""

    SERIAL = "serial"
    NUMBER = "number"
    INSPECTION = "inspection"
    FOUND_ON = "found_on"
    UNIT = "unit"
    OTHER_UNITS = "other_units"
    POST = "post"
    PERSON = "person"
    LEADER = "leader"
    FINDING = "finding"
    ITEMS = "items"
    DUTY = "duty"
    SEVERITY = "severity"
    CRITERIA = "criteria"
    MEASURES = "measures"
    SERVED_ON = "served_on"
    ISSUED_ON = "issued_on"
    TERM = "term"
    DUE_ON = "due_on"
    RECTIFICATION = "rectification"
    LIAISON = "liaison"
    NOTE = "note"
    CONFIDENTIALITY = "confidentiality"
    BY_REFERENCE = "by_reference"
    SOURCE = "source"
    PROGRESS = "progress"
    COMPLETED_ON = "completed_on"
    STRUCK_OFF = "struck_off"
    STRUCK_OFF_ON = "struck_off_on"
    ACCEPTANCE = "acceptance"
    EXTENSION = "extension"
    EVIDENCE = "evidence"
    LOOK_BACK = "look_back"
    PHONE = "phone"
    COMPUTED = "computed"
    IGNORE = "ignore"


FIELD_NAMES: Final[Mapping[LedgerField, Sentence]] = {
    LedgerField.SERIAL: Sentence("序号", "serial number"),
    LedgerField.NUMBER: Sentence("问题编号", "case number"),
    LedgerField.INSPECTION: Sentence("检查方式", "kind of inspection"),
    LedgerField.FOUND_ON: Sentence("发现日期", "day of the finding"),
    LedgerField.UNIT: Sentence("被检查单位", "unit"),
    LedgerField.OTHER_UNITS: Sentence("配合单位", "units that help"),
    LedgerField.POST: Sentence("责任领导(职务)", "responsible post"),
    LedgerField.PERSON: Sentence("责任人", "person in charge"),
    LedgerField.LEADER: Sentence("分管领导", "leader in charge"),
    LedgerField.FINDING: Sentence("问题描述", "finding"),
    LedgerField.ITEMS: Sentence("逐项清单", "list of problems"),
    LedgerField.DUTY: Sentence("对应职责条款", "duty"),
    LedgerField.SEVERITY: Sentence("问题性质", "how grave"),
    LedgerField.CRITERIA: Sentence("整改目标(验收标准)", "what counts as put right"),
    LedgerField.MEASURES: Sentence("整改措施", "measures"),
    LedgerField.SERVED_ON: Sentence("整改通知送达日期", "day of service"),
    LedgerField.ISSUED_ON: Sentence("通知印发日期", "day of issue"),
    LedgerField.TERM: Sentence("整改时限", "term"),
    LedgerField.DUE_ON: Sentence("整改到期日", "last day"),
    LedgerField.RECTIFICATION: Sentence("整改类型", "kind of rectification"),
    LedgerField.LIAISON: Sentence("联络员", "liaison"),
    LedgerField.NOTE: Sentence("备注", "note"),
    LedgerField.CONFIDENTIALITY: Sentence("密级", "mark of confidentiality"),
    LedgerField.BY_REFERENCE: Sentence("是否参照执行", "applied by reference"),
    LedgerField.SOURCE: Sentence("问题来源", "source"),
    LedgerField.PROGRESS: Sentence("整改情况", "progress"),
    LedgerField.COMPLETED_ON: Sentence("完成日期", "day of completion"),
    LedgerField.STRUCK_OFF: Sentence("是否销号", "struck off"),
    LedgerField.STRUCK_OFF_ON: Sentence("销号日期", "day of striking off"),
    LedgerField.ACCEPTANCE: Sentence("验收情况", "acceptance"),
    LedgerField.EXTENSION: Sentence("延期情况", "extension"),
    LedgerField.EVIDENCE: Sentence("佐证材料", "evidence"),
    LedgerField.LOOK_BACK: Sentence("回头看", "look-back"),
    LedgerField.PHONE: Sentence("联系电话（不导入）", "telephone (not taken)"),
    LedgerField.COMPUTED: Sentence("系统自行计算（不导入）", "worked out by the system (not taken)"),
    LedgerField.IGNORE: Sentence("不导入", "not taken"),
}

LONGEST_HEADING: Final = 24
"""Words; what is longer is a text, not a heading."""
NOT_TAKEN: Final = frozenset({LedgerField.SERIAL, LedgerField.PHONE, LedgerField.COMPUTED, LedgerField.IGNORE})
"""Columns that are understood, and of which nothing goes into a case."""
JOINED: Final = frozenset(
    {
        LedgerField.FINDING,
        LedgerField.CRITERIA,
        LedgerField.MEASURES,
        LedgerField.OTHER_UNITS,
        LedgerField.PERSON,
        LedgerField.LEADER,
        LedgerField.NOTE,
        LedgerField.SOURCE,
        LedgerField.PROGRESS,
        LedgerField.ACCEPTANCE,
        LedgerField.EXTENSION,
        LedgerField.EVIDENCE,
        LedgerField.LOOK_BACK,
    }
)
"""Several columns of one of these are put together; of every other field there can be one value in a row."""

_INSPECTING: Final = "(?:检查|督查|督察|督导|巡察|巡视|审计|考核|监督|暗访)"
_UNITS: Final = "(?:单位|部门|对象|地区|地方|乡镇|县区|区县|市州)"
_DAY: Final = "(?:日期|时间|日)"
_PATTERNS: Final = tuple(
    (field, re.compile(pattern, re.IGNORECASE))
    for field, pattern in (
        (LedgerField.BY_REFERENCE, r"(?:是否)?参照执行"),
        (LedgerField.ITEMS, r"(?:问题)?(?:逐项|分项)(?:问题)?(?:清单|列表)"),
        (LedgerField.SERIAL, r"序号?|no|项次|编次|行号"),
        (LedgerField.NUMBER, r"(?:问题|案件|台账|线索|事项|督办|整改|清单|立案)*(?:编号|编码|案号|代码)|案号"),
        (LedgerField.COMPUTED, r"(?:案件|当前)?状态|灯色|红黄灯|预警|预警灯|督办次数(?:灯色)?|催办次数|是否(?:逾期|超期|到期)|是否(?:按期|按时|如期)(?:整改|完成|办结|销号)*|(?:剩余|逾期|超期)(?:天数|工作日|日)"),  # noqa: E501  # a pattern is read whole
        (LedgerField.INSPECTION, rf"{_INSPECTING}(?:名称)?(?:及|和|与)?(?:{_INSPECTING})?(?:方式|类型|形式|类别|种类|名称)"),  # noqa: E501  # a pattern is read whole
        (LedgerField.SOURCE, r"(?:问题|线索|事项|任务)?来源|(?:交办|督办|立项)依据"),
        (LedgerField.SERVED_ON, rf"(?:整改|督办|交办)?(?:通知书?|函|单)?(?:送达|签收|交办|收到|接收)(?:通知)?(?:书)?{_DAY}"),  # noqa: E501  # a pattern is read whole
        (LedgerField.ISSUED_ON, rf"(?:整改|督办|交办)?(?:通知书?|函|单|文件)?(?:印发|下发|发文|下达|派发|转办|立项|签发){_DAY}"),  # noqa: E501  # a pattern is read whole
        (LedgerField.FOUND_ON, rf"(?:问题)?(?:发现|反馈|{_INSPECTING})(?:的)?(?:问题)?(?:的)?{_DAY}"),
        (LedgerField.OTHER_UNITS, rf"(?:配合|协办|协同|参与|联办|协助|共同|其他责任)(?:责任|整改)?{_UNITS}"),
        (
            LedgerField.UNIT,
            (rf"(?:被|受)?{_INSPECTING}(?:的)?{_UNITS}"
            rf"|(?:整改|问题|涉及|反馈)?(?:责任|牵头|承办|主办|主责|落实|整改|办理|涉及|所属|实施|主体)(?:责任|整改|的)*{_UNITS}"
            rf"|{_UNITS}(?:名称)?"),
        ),
        (LedgerField.PHONE, r"(?:联系)?(?:电话|方式|手机)(?:号码)?|联系电话"),
        (
            LedgerField.POST,
            r"(?:整改|第一)?(?:责任领导|主要负责人|主要领导|第一责任人|责任人?职务|职务|主要负责同志|责任领导人)(?:及|和|姓名|职务)*",
        ),
        (LedgerField.LEADER, r"(?:整改)?(?:分管|包案|包抓|牵头|挂牌|督办|联系|整改)(?:县|市|区|责任)?(?:领导|责任领导)(?:及|姓名|职务)*"),  # noqa: E501  # a pattern is read whole
        (LedgerField.PERSON, r"(?:整改|直接|具体|承办|办理|牵头|落实)*(?:责任人|负责人|经办人|承办人|责任人员)(?:员|及|姓名|职务)*"),  # noqa: E501  # a pattern is read whole
        (LedgerField.LIAISON, r"(?:工作|整改|单位)?(?:联络员|联系人|联络人)(?:及|姓名|联系|方式|电话)*"),
        (LedgerField.STRUCK_OFF, r"是否(?:已)?(?:销号|办结|完成|整改(?:到位|完成|完毕)?)|(?:销号|办结)(?:情况|状态|与否)|是否完成整改"),  # noqa: E501  # a pattern is read whole
        (LedgerField.STRUCK_OFF_ON, rf"(?:销号|办结|验收(?:通过)?){_DAY}"),
        (LedgerField.ACCEPTANCE, r"(?:验收|核查|复核|审核|销号审核|督办)(?:人员?|意见|结果|情况|结论|单位)"),
        (LedgerField.EXTENSION, rf"是否延期|延期(?:至|到|情况|申请|后时限|原因|{_DAY})*"),
        (LedgerField.LOOK_BACK, r"回头看(?:日期|时间|及|结果|情况)*"),
        (LedgerField.EVIDENCE, r"(?:整改)?(?:佐证|证明|印证|支撑)(?:材料|资料)?(?:目录|清单)?|附件"),
        (LedgerField.RECTIFICATION, r"整改(?:类型|类别|方式|分类|性质)|(?:时限|期限)类型"),
        (
            LedgerField.DUE_ON,
            (r"(?:计划|要求|拟|预计|应|最迟|规定|整改|办理)*(?:整改)?(?:完成|办结|销号|办理)(?:整改)?(?:的)?(?:时限|期限|截止日期?|时限要求)"
            rf"|(?:计划|要求|拟|预计|应|最迟|规定)(?:整改|完成|办结|销号)+(?:的)?{_DAY}"
            rf"|(?:整改|办理|完成)*(?:到期|截止){_DAY}|限期(?:整改|完成)+(?:到位)?{_DAY}"),
        ),
        (LedgerField.COMPLETED_ON, rf"(?:实际)?(?:整改)?(?:完成|完毕|到位|整改)(?:的)?{_DAY}"),
        (LedgerField.TERM, r"(?:整改|办理|限期|规定|要求)*(?:的)?(?:时限|期限|限期|限时)(?:要求)?|完成时限"),
        (
            LedgerField.PROGRESS,
            (r"(?:\d{1,2}月份?|目前|当前|阶段性?|最新|截至目前|具体)*"
            r"(?:整改|办理|落实|工作|完成|推进|反馈|进展)*(?:的)?(?:情况|进展|进度|成效|结果|落实|成果)(?:情况|说明|描述)?"),
        ),
        (LedgerField.MEASURES, r"(?:拟?采取)?(?:的)?(?:整改|具体|工作|主要|下一步)*(?:的)?(?:措施|举措|方案|计划|步骤|打算)(?:内容|及内容)?"),  # noqa: E501  # a pattern is read whole
        (LedgerField.CRITERIA, r"(?:整改|办理|工作|验收|销号|完成|预期|落实)*(?:目标|标准|要求)(?:及|和)?(?:要求|标准|目标)?"),  # noqa: E501  # a pattern is read whole
        (LedgerField.SEVERITY, r"(?:问题)?(?:性质|严重程度|程度|等级|定性|级别|类型|类别|分类|属性)"),
        (
            LedgerField.DUTY,
            r"(?:对应|涉及|违反|依据)?(?:的)?(?:职责|责任|法律|法规|规定|制度)*(?:的)?(?:条款|条文|条目|依据|职责)(?:项|内容|编号)?",
        ),
        (
            LedgerField.FINDING,
            (rf"(?:存在|主要|具体|突出|反馈|发现|整改|点位|{_INSPECTING})*(?:的)?(?:主要|具体|突出|共性|个性)*"
            r"问题(?:及|的|和)?(?:描述|清单|表现|表述|内容|概述|简述|情况|事项|具体描述|点|摘要|不足|现状|题目|名称)*"
            r"|(?:督办|督查|交办|整改|重点|工作|批示|立项)*(?:事项|任务)(?:名称|内容|描述)?|(?:督办|督查|交办)(?:内容|要点)"
            r"|反馈意见|问题"),
        ),
        (LedgerField.CONFIDENTIALITY, r"密级(?:标注|标识)?|保密(?:等级|级别)"),
        (LedgerField.NOTE, r"备\s*注(?:说明)?|说明|其他(?:情况|说明)?|补充说明"),
    )
)  # fmt: skip
_MARKS: Final = re.compile(r"[*※★☆#:：、,，。;；.\"'“”‘’「」【】\[\]〔〕|/\\+!！?？~_·•○●△▲-]")
_BRACKETS: Final = re.compile(r"[(（]([^()（）]*)[)）]")
_UNIT_WORDS: Final = (
    (("工作日",), WORKING_DAYS),
    (("自然日", "日历日", "日历天"), DAYS),
    (("月",), MONTHS),
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it is compared: its words, and what stands in brackets behind them."""

    words: str
    qualifier: str

    @property
    def unit(self) -> str | None:
        """The unit that the heading gives to bare numbers: `wd`, `d`, `m`; None if it gives none, or says 天."""
        for words, unit in _UNIT_WORDS:
            if any(word in self.qualifier for word in words):
                return unit
        return DAYS if self.qualifier in {"日", "单位日"} else None


def heading_of(text: str) -> Heading:
    """Return the heading that is written in a cell."""
    written = plain(text)
    qualifier = "".join(_BRACKETS.findall(written))
    return Heading(_MARKS.sub("", _BRACKETS.sub("", written)), _MARKS.sub("", qualifier))


def field_of(heading: Heading) -> LedgerField | None:
    """Return what the heading stands for, or None if it is not understood."""
    return _field_of(heading) if heading.words and len(heading.words) <= LONGEST_HEADING else None


@lru_cache(maxsize=4096)
def _field_of(heading: Heading) -> LedgerField | None:
    for field, pattern in _PATTERNS:
        if pattern.fullmatch(heading.words):
            if field is LedgerField.PERSON and "职务" in heading.qualifier:
                return LedgerField.POST
            return field
    return None
