"""The data of events in words: what each field is called, and its value as people read it.

Nothing is shown under a key of the program: what nobody has given a name is left out, and files stand under the names
under which they were kept.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from config.citations import cited
from documents.kinds import KINDS
from states.errors import Sentence
from states.field_values import Kind
from states.fields import FIELDS
from states.official_document import STEP_NAMES
from states.terms import Term
from states.vocabulary import DEADLINES, INSPECTIONS, NAMES, Act, Confidentiality
from web.words import near

if TYPE_CHECKING:
    from collections.abc import Mapping

    from states.field_values import Field

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_FILE: Final = Sentence("一份材料", "a file")
_PLACE: Final = Sentence("第{n}项", "item {n}")
_REDATED: Final = Sentence("{kind}由{old_day}改为{new_day}", "{kind} from {old_day} to {new_day}")
_BETWEEN: Final = Sentence("，", ", ")
_COLON: Final = Sentence("：", ": ")
NO_NAMES: Final[Mapping[str, str]] = {}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TERM: Final = re.compile(r"\d{1,3}(?:wd|d|m)")
_OF_TIME: Final = {
    "days_before": ("提前的工作日", "working days before"),
    "deadline": ("期限", "deadline"),
    "due_on": ("到期日", "due on"),
    "skipped": ("已被后续事项取代，未发送", "overtaken and not sent"),
    "light": ("灯", "light"),
    "move": ("进入", "moves to"),
    "reason": ("原因", "reason"),
    "reason_en": ("原因（英文）", "reason"),
    "in_time": ("按期", "in time"),
    "unit_kind": ("单位类型", "kind of unit"),
    "moved": ("移动的期限", "moved deadlines"),
    "how": ("查阅方式", "how"),
    "to_be_countersigned": ("待会签", "waits for its second signature"),
    "signed_act": ("会签的事项", "the act that was signed"),
    "taken_on": ("生效日期", "takes effect on"),
    "times": ("第几次", "for the time of number"),
    "absent": ("缺少的材料", "papers that are missing"),
    "who": ("经办人", "by whom"),
    "role": ("身份", "in the role"),
    "kind": ("文种", "kind of document"),
    "step": ("环节", "step"),
    "no_superior": ("本单位未登记上级单位，未抄送上级", "the unit has no superior on record, so no copy went there"),
}
"""What people call what time and the desk write into an event, beside the fields of acts."""
COMPUTED: Final = frozenset(
    {
        *("starts", "stops", "cycle", "renamed", "paused", "key", "approvers", "late_seconds", "becomes", "party"),
        *("document", "file", "template_version", "erased", "guard"),
    }
)
"""What only the program reads."""


LONG_FIELDS: Final = frozenset(
    {"finding", "reason", "note", "what", "correction", "part", "criteria", "items", "views", "authorization_note"}
)
"""Fields that take sentences and are given room for them."""
CHOICES: Final = {
    "uphold": ("维持", "uphold"),
    "amend": ("变更", "amend"),
    "revoke": ("撤销", "revoke"),
    "granted": ("予以容错", "granted"),
    "refused": ("不予容错", "refused"),
    "run": ("自今日起算", "count from today"),
    "taken_over": ("认可既往办理", "take over what happened"),
    "ladder": ("按原期限处理", "let the ladder act"),
    "passed": ("通过", "passed"),
    "failed": ("不通过", "failed"),
    **INSPECTIONS,
    "party_committee": ("党委", "Party committee"),
    "government": ("政府", "government"),
    "department": ("部门", "department"),
    "township": ("乡镇（街道）", "township"),
    "village": ("村（社区）", "village"),
    "office": ("办公机构", "office"),
    **{mark.value: NAMES[mark] for mark in Confidentiality},
}
"""What people call the choices of fields."""
_WORDS: Final = {
    **{word.value: names for word, names in NAMES.items()},
    **{step.value: names for step, names in STEP_NAMES.items()},
    **{kind.name: (kind.zh, kind.en) for kind in KINDS.values()},
    **CHOICES,
}
_REMINDED: Final = {
    **DEADLINES,
    "blocked": ("受阻的升级", "the blocked escalation"),
    "proposal": ("升级建议", "the proposal to escalate"),
}
"""Of what time reminds: deadlines, and what is repeated until somebody has decided."""


def facts_of(  # which act, what it holds, for whom in which language and on which day, and how files are called
    act: Act, data: Mapping[str, Any], lang: str, today: date, files: Mapping[str, str] = NO_NAMES
) -> list[tuple[str, str]]:
    """Return what the data of an event say: the name of each field, and its value in words, in their order.

    A field that nobody has given a name is left out, and so is what only the program reads.
    """
    found = []
    for key, value in data.items():
        words = label(act, key, lang) if key not in COMPUTED and value not in (False, "", None) else ""
        shown = readable(act, key, value, lang, today, files) if words else ""
        if shown:
            found.append((words, shown))
    return found


_OF_ANY_ACT: Final = {key: field for fields in FIELDS.values() for key, field in fields.items()}


def _field(act: Act, key: str) -> Field | None:
    # A signature's event holds what the signed act said.
    return FIELDS[act].get(key) or (_OF_ANY_ACT.get(key) if act is Act.COUNTERSIGN else None)


def label(act: Act, key: str, lang: str) -> str:
    """Return what people call a field of an act; nothing if they have no name for it."""
    field = _field(act, key)
    names = (field.zh, field.en) if field is not None else _OF_TIME.get(key, ("", ""))
    if key == "evidence":
        names = ("佐证材料", "evidence")
    # How a field is typed on the command line stands in brackets, or behind a comma in English.
    return Sentence(*names).text(lang).partition("（auto")[0].partition(" (auto")[0].partition(", as in")[0]


def readable(  # of which act and field, the value, for whom and on which day, and how files are called
    act: Act,
    key: str,
    value: Any,  # noqa: ANN401  # data of an act
    lang: str,
    today: date,
    files: Mapping[str, str] = NO_NAMES,
) -> str:
    """Return a value of an event as people read it; nothing where it says nothing to them."""
    if key == "deadline" and value in _REMINDED:
        return Sentence(*_REMINDED[value]).text(lang)
    field = _field(act, key)
    return _InWords(lang, today, files).value(value, field.parts if field is not None else ())


class _InWords:
    """How one reader reads values: in which language, on which day, with which names for files."""

    def __init__(self, lang: str, today: date, files: Mapping[str, str]) -> None:
        self.lang, self.today, self.files = lang, today, files

    def value(self, value: Any, parts: tuple[Field, ...] = ()) -> str:  # noqa: ANN401  # data of an act
        if value is True:
            return "yes" if self.lang == "en" else "是"
        if isinstance(value, (list, tuple)):
            shown = list(filter(None, (self.value(item, parts) for item in value)))
            together = any(isinstance(item, dict) for item in value)
            return ("; " if self.lang == "en" else "；").join(shown) if together else "、".join(shown)
        if isinstance(value, dict):
            return self.record(value, parts)
        return self.text(value) if isinstance(value, str) else str(value)

    def record(self, record: Mapping[str, Any], parts: tuple[Field, ...]) -> str:
        """Return one record of a list as a sentence: its place, its first text, and the others by their names."""
        if "old_day" in record and "new_day" in record:
            days = {key: self.text(str(record[key])) for key in ("old_day", "new_day")}
            kind = Sentence(*_REMINDED[record["kind"]]) if record.get("kind") in _REMINDED else ""
            return _REDATED.fill(kind=kind, **days).text(self.lang)
        said: list[str] = []
        place = ""
        for part in parts:
            value = record.get(part.name)
            if value in (None, "", [], ()):
                continue
            if part.name == "item":
                place = _PLACE.fill(n=value).text(self.lang) + _COLON.text(self.lang)
                continue
            shown = self.value(value, part.parts)
            is_first = not said and part.kind in (Kind.TEXT, Kind.CHOICE)
            name = "" if is_first else Sentence(part.zh, part.en).text(self.lang).partition("（")[0]
            if part.kind is Kind.TEXTS and part.name == "evidence":
                name = Sentence("佐证材料", "evidence").text(self.lang)
            said.append(f"{name}{_COLON.text(self.lang)}{shown}" if name else shown.rstrip("。"))
        return place + _BETWEEN.text(self.lang).join(said) if said else ""

    def text(self, value: str) -> str:
        known = _WORDS.get(value) or DEADLINES.get(value)
        if known is not None:
            return Sentence(*known).text(self.lang)
        if _HASH.fullmatch(value):
            return self.files.get(value) or _FILE.text(self.lang)
        if _DAY.fullmatch(value):
            return near(date.fromisoformat(value), self.today, self.lang)
        if _TERM.fullmatch(value):
            return Term.parse(value).text(self.lang)
        return cited(value, self.lang) or value
