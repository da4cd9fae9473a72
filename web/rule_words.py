"""The keys of rules and acts as people call them, where a sentence or a file names them by their keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from config.policy_meaning import differences
from states.errors import Sentence
from states.fields import FIELDS
from states.terms import Term
from states.vocabulary import DEADLINES, NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from states.policy import Policy

LIMITS: Final = {"plan_return": ("退回后重新报送方案", "plan handed in again")}
"""What people call the terms of a policy that are no deadlines of their own."""
_KEY: Final = re.compile(r"[a-z]+(?:_[a-z]+)+")
_ALONE: Final = re.compile(r" [a-z]+ ")
_TYPED: Final = re.compile(r"(?:[，,；;]? ?(?:例如|for example|such as) ?)?\{\s*\"[^{}]*\}")
"""How data is typed at the console, as JSON, with the words before it; a page has fields for it."""
_TERM: Final = re.compile(r"\d{1,4}(?:wd|d|m)")
_REMINDER: Final = re.compile(r"days_before=(\d+) light=(\w+)")
_BEFORE: Final = Sentence("提前{n}个工作日{light}；", "{n} working days before{light}; ")
_LIGHT: Final = Sentence("（亮{name}）", " ({name})")
_SEGMENTS: Final = {
    "title_zh": ("名称", "title"),
    "title_en": ("名称", "title"),
    "name": ("名称", "name"),
    "rungs": ("", ""),
    "limits": ("", ""),
    "term": ("期限", "term"),
    "basis": ("依据", "basis"),
    "reminders": ("提醒", "reminders"),
    "yellow": ("亮黄灯（逾期工作日）", "yellow after"),
    "red": ("亮红灯（逾期工作日）", "red after"),
    "on_missed": ("逾期后", "when missed"),
    "after": ("再过几个工作日", "working days after that"),
    "move": ("进入", "moves to"),
    "mode": ("方式", "how"),
    "sending": ("发送时间", "sending"),
    "lateness": ("迟录", "late entry"),
    "help": ("帮助指导", "help"),
    "verification": ("核查", "verification"),
    "approval": ("批准", "approval"),
    "extension": ("延期", "extension"),
    "holds": ("暂缓升级", "what holds an escalation"),
    "personal": ("个人信息", "personal data"),
    "audience": ("告知对象", "who is told"),
    "retention": ("保存期限", "retention"),
    "practice": ("办理惯例", "practice"),
    "term_starts": ("期限起算", "when terms start"),
    "safety": ("安全限制", "safety limits"),
}
_VALUES: Final = {
    "automatic": ("自动", "by itself"),
    "propose": ("提出建议，经批准", "proposed, then approved"),
    "entry": ("自进入之日", "from entry"),
    "service": ("自送达之日", "from service"),
    "True": ("是", "yes"),
    "False": ("否", "no"),
    "None": ("无", "nothing"),
}
_FIELDS: Final = frozenset(field.name for fields in FIELDS.values() for field in fields.values())
_NAMES: Final[Mapping[str, tuple[str, str]]] = (
    {word.value: names for word, names in NAMES.items()}
    | dict(DEADLINES)
    | LIMITS
    | {field.name: (field.zh, field.en) for fields in FIELDS.values() for field in fields.values()}
    | _SEGMENTS
)


def _name(key: str, lang: str) -> str | None:
    names = _NAMES.get(key)
    return None if names is None else Sentence(*names).text(lang).partition("（")[0].partition(" (")[0]


def in_words(text: str, lang: str) -> str:
    """Return a sentence with the keys that it names replaced by what people call them; unknown ones stay.

    An example of what is typed at the console is left out.
    """
    text = _KEY.sub(lambda found: _name(found[0], lang) or found[0], _TYPED.sub("", text))
    # A key of one word stands alone between blanks in a Chinese sentence; in an English one it could be any word.
    return text if lang.startswith("en") else _ALONE.sub(lambda found: _field(found[0], lang), text)


def _field(found: str, lang: str) -> str:
    known = _name(found.strip(), lang) if found.strip() in _FIELDS else None
    return f"“{known}”" if known else found


def key_in_words(key: str, lang: str) -> str:
    """Return the place of a value in a policy as people read it: 责令整改 · 逾期后 · 方式."""
    parts = (_name(part, lang) for part in key.split("."))
    plain = [part if part is not None else raw for part, raw in zip(parts, key.split("."), strict=True)]
    return " · ".join(part for part in plain if part)


def differing_in_words(a: Policy, b: Policy, lang: str) -> list[tuple[str, str, str]]:
    """Return in what two policies differ, with what each says, as people of this language read it.

    The name for programs stays out, and so does the title in the other language.
    """
    aside = {"name", "title_zh" if lang.startswith("en") else "title_en"}
    return [
        (key_in_words(key, lang), value_in_words(left, lang), value_in_words(right, lang))
        for key, left, right in differences(a, b)
        if key not in aside
    ]


def value_in_words(value: str, lang: str) -> str:
    """Return a value of a policy as people read it."""
    if value in _VALUES:
        return Sentence(*_VALUES[value]).text(lang)
    if _TERM.fullmatch(value):
        return Term.parse(value).text(lang)

    def reminder(found: re.Match[str]) -> str:
        light = _name(found[2], lang)
        shown = _LIGHT.fill(name=light).text(lang) if light else ""
        return _BEFORE.fill(n=found[1], light=shown).text(lang)

    return in_words(_REMINDER.sub(reminder, value), lang).strip("； ;")
