"""What stands in the cells of a ledger, as values: units, posts, duties, kinds of inspection, case numbers, marks.

Days and terms are read by `states.written_terms`; this module knows what else officers write: 同上, —,
县教育局（牵头）, 张某某（县长）, 第七条第四项. Whatever has two meanings is a `Doubt`, which carries the sentence that
asks.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from files.workbook import NoValue
from states.errors import BadTerm, Sentence
from states.terms import YEARS
from states.vocabulary import Confidentiality
from states.written_terms import WrittenTerm, plain, read_day, read_number, read_term

if TYPE_CHECKING:
    from files.workbook import Value

PLAUSIBLE: Final = range(2000, 2050)
"""Years in which a finding, an order or a last day of a ledger can lie."""
_SERIALS: Final = range(30_000, 60_000)
"""Bare numbers that can be a day of a workbook: 1982 to 2064, counted from 1900."""
_NOTHING: Final = frozenset(
    {"", "-", "--", "---", "/", "//", "\\", "无", "暂无", "没有", "n/a", "na", "null", "none", "...", "."}
)
_DITTO: Final = frozenset({"同上", "同上。", "同前", "同上行", "〃", "″", '"', "”", "ditto", "''", "＂"})
_INVISIBLE: Final = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_INNER: Final = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef])[^\S\n]+(?=[\u2e80-\u9fff\uff00-\uffef])")
_SPACES: Final = re.compile(r"[^\S\n]+")

SECRET: Final = re.compile(r"(?<!工作)(秘密|机密|绝密)\s*[★☆*＊]|^\s*(秘密|机密|绝密)\s*([（(].*[）)])?\s*$")
_GRADE: Final = re.compile(r"(?<!工作)秘密|机密|绝密")
_MARKS: Final = {
    "公开": Confidentiality.PUBLIC,
    "内部": Confidentiality.INTERNAL,
    "内部资料": Confidentiality.INTERNAL,
    "工作秘密": Confidentiality.WORK_SECRET,
}
_NO_MARK: Final = frozenset({"无密级", "非密", "不涉密"})

_INSPECTIONS: Final = (
    ("regular", ("定期", "日常", "例行", "常规", "regular")),
    ("special", ("专项", "special")),
    ("unannounced", ("暗访", "四不两直", "飞行", "突击", "unannounced")),
)
_LEAD: Final = re.compile(r"[（(](?:牵头|主办|主责|责任|第一责任)(?:单位)?[）)]|^牵头单位?[:：]")
_HELPS: Final = re.compile(r"[（(](?:配合|协办|协助|参与)(?:单位)?[）)]")
_BETWEEN: Final = re.compile(r"[、，,；;\n]+|(?<=[局委办厅院会])/")
_UNIT_END: Final = re.compile(
    r"(?:局|委|委员会|办|办公室|政府|党委|党工委|管委会|厅|部|院|法院|检察院|处|所|站|中心|公司|集团|社|会|联合会|"
    r"镇|乡|街道|街道办事处|县|区|市|旗|州|村|社区|队|大队|支队|总队|学校|学院|大学|医院|团|总站|馆|银行)$"
)
_COLLECTIVE: Final = re.compile(r"^(?:各|全体|所有|有关|相关|全市|全县|全区|其他)|各(?:县|区|市|乡|镇|部门|单位|有关)")
_POST: Final = re.compile(
    r"(?:长|书记|主任|主席|委员|常委|负责人|责任人|领导|负责同志|主要领导|经理|总监|董事|检察官|法官|秘书|专员|干事|科员|"
    r"巡视员|调研员|督查员|联络员|组员|干部|职)$"
)
_NAME: Final = re.compile(r"[\u4e00-\u9fff·]{1,4}|某+|[\u4e00-\u9fff]某{1,2}")
_NAMED_POST: Final = re.compile(r"^(?P<name>[\u4e00-\u9fff·]{1,4})\s*[（(](?P<post>[^（）()]{2,40})[）)]$")
_POST_NAMED: Final = re.compile(
    r"^(?P<post>.{2,60}?)[\s:：]+(?P<name>[\u4e00-\u9fff·]{1,4})$|^(?P<post2>.{2,60}?)[（(](?P<name2>[\u4e00-\u9fff·]{1,4})[）)]$"
)
_ARTICLE: Final = re.compile(
    r"第?(?P<article>[0-9〇零一二三四五六七八九十]+)条(?:第?[(（]?(?P<item>[0-9〇零一二三四五六七八九十]+)[)）]?[项款]?)?"
)
_NUMBER: Final = re.compile(
    r"(?P<series>[^\s〔〕\[\]()]{1,40}?)[〔\[(](?P<year>\d{4})[〕\])](?:第)?0*(?P<place>\d{1,6})号?"
)

_UNCACHED: Final = Sentence(
    "{cell} 是没有计算结果的公式，请在表格软件中打开保存一次，或改填数值。",
    "{cell} holds a formula without a result; open and save the workbook once, or write the value.",
)
_ERROR: Final = Sentence(
    "{cell} 显示“{text}”，不是内容，请改填。", "{cell} shows “{text}”, which is no value; write one."
)
_CLOCK: Final = Sentence(
    "{cell} “{text}”只有时刻，没有日期，请写明日期。", "{cell}: “{text}” is a time without a day; write the day."
)
_NOT_DAY: Final = Sentence(
    "{cell} “{value}”不是日期，请写成“2026年3月5日”。", "{cell}: “{value}” is no day; write 2026年3月5日."
)
_FAR: Final = Sentence(
    "{cell} 读出的日期是{day}，不合常理，请核对。", "{cell} reads as {day}, which cannot be meant; check it."
)
_NOT_TEXT: Final = Sentence("{cell} “{value}”不是文字，请核对。", "{cell}: “{value}” is no text; check it.")
_NO_INSPECTION: Final = Sentence(
    "{cell} 检查方式“{value}”不可识别，应为定期检查、专项督查或实地暗访。",
    "{cell}: “{value}” is no kind of inspection; write 定期检查, 专项督查 or 实地暗访.",
)
_NO_DUTY: Final = Sentence(
    "{cell} 职责条款“{value}”不在职责目录中，请核对；应写成“第七条第四项”或目录中的编号。",
    "{cell}: the duty “{value}” is not in the catalogue; write 第七条第四项, or the id of the catalogue.",
)
_UNKNOWN_MARK: Final = Sentence(
    "{cell} 密级“{value}”不可识别，应为公开、内部或工作秘密，也可以不填（即内部）。",
    "{cell}: “{value}” is no mark; write 公开, 内部 or 工作秘密, or nothing (then the case is internal).",
)
_IS_SECRET: Final = Sentence(
    "{cell} 标有密级：本系统不得存储国家秘密（保密法第三十一条），请按保密规定另行办理。",
    "{cell} is marked as a state secret, which this system may not hold (Law on Guarding State Secrets, article 31).",
)
_SEVERAL: Final = Sentence(
    "{cell} 写了多个单位（{units}），一件只能有一个责任单位：请拆成多行，或在对应列中选“第一个牵头，其余配合”。",
    "{cell} names several units ({units}); use a row for each, or choose in the mapping that the first one leads.",
)
_ALL_UNITS: Final = Sentence(
    "{cell} “{value}”是统称，请写明具体单位。", "{cell}: “{value}” means many units; name the unit."
)
_IS_NAME: Final = Sentence(
    "{cell} “{value}”像是姓名，不是职务，请写明职务，或在对应列中给出默认职务。",
    "{cell}: “{value}” looks like a person's name; write the post, or give a default post in the mapping.",
)
_NO_DITTO: Final = Sentence("{cell} 写的是“{value}”，请写明具体内容。", "{cell} says “{value}”; write what is meant.")
_TIME: Final = Sentence("{cell} {problem}", "{cell}: {problem}")


class Doubt(Exception):  # noqa: N818  # not a fault of the program: a cell that asks something of its reader
    """A cell that cannot be taken as it stands."""

    def __init__(self, sentence: Sentence) -> None:
        """Carry the sentence that asks."""
        super().__init__(sentence)
        self.sentence = sentence


def text_of(value: Value | None) -> str:
    """Return what the cell says as text: trimmed, without invisible and control characters, blanks made one."""
    if value is None or isinstance(value, NoValue):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.15g}"
    lines = _CONTROL.sub("", _INVISIBLE.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))).split("\n")
    return "\n".join(_SPACES.sub(" ", line).strip() for line in lines).strip()


def shortened(value: Value | None) -> str:
    """Return the beginning of what the cell shows, on one line, for a sentence."""
    text = value.text if isinstance(value, NoValue) else text_of(value)
    return " ".join(text.split())[:40]


def is_nothing(value: Value | None) -> bool:
    """Say whether the cell is empty or says so: —, /, 无."""
    return value is None or (isinstance(value, str) and plain(value).lower() in _NOTHING)


def is_ditto(value: Value | None) -> bool:
    """Say whether the cell points to the one above: 同上, 〃."""
    return isinstance(value, str) and (plain(value) in _DITTO or value.strip() in _DITTO)


def check_value(value: Value | None, cell: str) -> None:
    """Refuse what shows something and holds no value.

    Raises:
        Doubt: it is an error value, or a formula without a result.
    """
    if isinstance(value, NoValue):
        sentence = {"uncached": _UNCACHED, "clock": _CLOCK}.get(value.kind, _ERROR)
        raise Doubt(sentence.fill(cell=cell, text=value.text))


def check_secret(value: Value | None, cell: str) -> None:
    """Refuse a mark of state secrecy.

    Raises:
        Doubt: the text carries one.
    """
    if isinstance(value, str) and SECRET.search(value):
        raise Doubt(_IS_SECRET.fill(cell=cell))


def day_of(value: Value, cell: str, *, year: int | None = None, first_day: date = date(1899, 12, 30)) -> date:
    """Return the day that the cell holds. A bare number counts days from `first_day`, or is 20260304.

    Raises:
        Doubt: it is no day, one of several, or one that cannot be meant.
    """
    if isinstance(value, date):
        day = value
    elif isinstance(value, (int, float)):
        day = _day_of_number(value, cell, first_day)
    else:
        try:
            day = read_day(text_of(value), year)
        except BadTerm as error:
            raise Doubt(_TIME.fill(cell=cell, problem=error.sentence)) from error
    if day.year not in PLAUSIBLE:
        raise Doubt(_FAR.fill(cell=cell, day=day.isoformat()))
    return day


def _day_of_number(value: float, cell: str, first_day: date) -> date:
    whole = int(value)
    try:
        if whole == value and len(str(whole)) == len("20260304"):
            return read_day(str(whole))
    except BadTerm as error:
        raise Doubt(_TIME.fill(cell=cell, problem=error.sentence)) from error
    if isinstance(value, bool) or whole not in _SERIALS:
        raise Doubt(_NOT_DAY.fill(cell=cell, value=shortened(value)))
    return first_day + timedelta(days=whole)


def term_of(
    value: Value,
    cell: str,
    *,
    unit: str | None,
    days: str | None,
    after: date | None,
    year: int | None,
    first_day: date,
) -> WrittenTerm:
    """Return the term that the cell holds; see `read_term` for what its heading and its row settle.

    Raises:
        Doubt: it cannot be read, or more than one term could be meant.
    """
    if isinstance(value, date) or (isinstance(value, int) and not isinstance(value, bool) and value >= _SERIALS.start):
        return WrittenTerm(day_of(value, cell, first_day=first_day).isoformat())
    if isinstance(value, bool):
        raise Doubt(_NOT_TEXT.fill(cell=cell, value=shortened(value)))
    try:
        return read_term(text_of(value), days=days, bare=unit, after=after, year=year)
    except BadTerm as error:
        raise Doubt(_TIME.fill(cell=cell, problem=error.sentence)) from error


def inspection_of(value: Value, cell: str) -> str:
    """Return the kind of inspection.

    Raises:
        Doubt: the words name none, or several.
    """
    text = text_of(value)
    found = [kind for kind, words in _INSPECTIONS if any(word in text for word in words)]
    if len(found) != 1:
        raise Doubt(_NO_INSPECTION.fill(cell=cell, value=shortened(value)))
    return found[0]


def duty_of(value: Value, cell: str, duties: frozenset[str]) -> str:
    """Return the id of the duty: art7-4, 第七条第四项, 第7条(4).

    Raises:
        Doubt: it is not in the catalogue.
    """
    text = plain(text_of(value))
    if text.lower() in duties:
        return text.lower()
    found = _ARTICLE.fullmatch(text)
    if found is not None:
        article, item = read_number(found["article"]), read_number(found["item"] or "")
        name = f"art{article}-{item}" if item else f"art{article}"
        if name in duties:
            return name
    raise Doubt(_NO_DUTY.fill(cell=cell, value=shortened(value)))


def mark_of(value: Value, cell: str) -> str:
    """Return the mark of confidentiality, or nothing.

    Raises:
        Doubt: it is a grade of state secrecy, or no mark.
    """
    text = plain(text_of(value))
    if _GRADE.search(text):
        raise Doubt(_IS_SECRET.fill(cell=cell))
    if text in _NO_MARK:
        return ""
    if text not in _MARKS:
        raise Doubt(_UNKNOWN_MARK.fill(cell=cell, value=shortened(value)))
    return _MARKS[text].value


@dataclass(frozen=True, slots=True)
class NamedUnits:
    """The unit that leads, and those that help."""

    lead: str
    others: tuple[str, ...] = ()


def units_of(value: Value, cell: str, *, first_leads: bool) -> NamedUnits:
    """Return the unit that the cell names. `first_leads`: of several, the first leads and the others help.

    Raises:
        Doubt: it names several units, all units, or none.
    """
    if not isinstance(value, str):
        raise Doubt(_NOT_TEXT.fill(cell=cell, value=shortened(value)))
    text = _SPACES.sub("", text_of(value)) if _INNER.search(text_of(value)) else text_of(value)
    parts = [part for part in (part.strip() for part in _BETWEEN.split(text)) if part]
    if len(parts) > 1 and "\n" in text and not all(map(_is_unit, parts)):
        # A long name that was broken over two lines of its cell.
        parts = [part for part in (part.strip() for part in _BETWEEN.split(text.replace("\n", ""))) if part]
    leads = [part for part in parts if _LEAD.search(part)]
    helps = [part for part in parts if _HELPS.search(part)]
    names = [_HELPS.sub("", _LEAD.sub("", part)).strip() for part in parts]
    names = [name for name in dict.fromkeys(names) if name]
    if not names:
        raise Doubt(_NOT_TEXT.fill(cell=cell, value=shortened(value)))
    if any(_COLLECTIVE.search(name) for name in names):
        raise Doubt(_ALL_UNITS.fill(cell=cell, value=shortened(value)))
    if len(names) == 1:
        return NamedUnits(names[0])
    if len(leads) == 1 and len(helps) == len(parts) - 1:
        lead = _LEAD.sub("", leads[0]).strip()  # the cell itself says who leads and who helps
    elif first_leads:
        lead = _LEAD.sub("", leads[0]).strip() if len(leads) == 1 else names[0]
    else:
        raise Doubt(_SEVERAL.fill(cell=cell, units="、".join(names)[:80]))
    return NamedUnits(lead, tuple(name for name in names if name != lead))


def _is_unit(name: str) -> bool:
    return _UNIT_END.search(_HELPS.sub("", _LEAD.sub("", name)).strip()) is not None


@dataclass(frozen=True, slots=True)
class NamedPost:
    """A post, and the name of the person in it if the cell has one. The name does not go into a case."""

    post: str
    person: str = ""


def post_of(value: Value, cell: str, *, default: str) -> NamedPost:
    """Return the responsible post; `default` is the post of a cell that names only a person.

    Raises:
        Doubt: the cell names only a person, and there is no default.
    """
    if not isinstance(value, str):
        raise Doubt(_NOT_TEXT.fill(cell=cell, value=shortened(value)))
    text = text_of(value).replace("\n", "、")
    found = _NAMED_POST.match(text)
    if found is not None and _POST.search(found["post"]):
        return NamedPost(_joined(found["post"]), found["name"])
    found = _POST_NAMED.match(text)
    if found is not None:
        post, person = found["post"] or found["post2"], found["name"] or found["name2"]
        if _POST.search(post) and not _POST.search(person):
            return NamedPost(_joined(post), person)
    if _POST.search(text) or not all(_is_name(part) for part in re.split(r"[、，, ]+", text)):
        return NamedPost(_joined(text))
    if default:
        return NamedPost(default, text)
    raise Doubt(_IS_NAME.fill(cell=cell, value=shortened(value)))


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and _POST.search(text) is None


def _joined(text: str) -> str:
    """Return the text without the blanks between Chinese words."""
    return _INNER.sub("", text).strip()


def number_of(value: Value) -> tuple[str | None, str]:
    """Return the case number if the cell holds a whole one, and what the ledger itself calls the row.

    Brackets become 〔〕, figures plain, leading noughts go (docs/domain.md §1, text notes; GB/T 9704).
    """
    own = text_of(value)
    found = _NUMBER.fullmatch(
        unicodedata.normalize("NFKC", "".join(own.split())).replace("﹝", "〔").replace("﹞", "〕")
    )
    if found is None or not int(found["place"]) or int(found["year"]) not in YEARS or found["series"].isdigit():
        return None, own
    return f"{found['series']}〔{found['year']}〕{int(found['place'])}号", own


def not_text(value: Value, cell: str) -> Doubt:
    """Return the doubt of a cell that holds a number where words are needed."""
    return Doubt(_NOT_TEXT.fill(cell=cell, value=shortened(value)))


def no_ditto(value: Value, cell: str) -> Doubt:
    """Return the doubt of a cell that says 同上 where this cannot be resolved."""
    return Doubt(_NO_DITTO.fill(cell=cell, value=shortened(value)))
