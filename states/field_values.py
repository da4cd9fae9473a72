"""What a field of an act may hold, and the check that brings the data of an act into canonical form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from states.errors import BadData, BadTerm, Sentence
from states.names import is_case_number, is_plain_name
from states.secrecy import refuse_secrets
from states.terms import Term, parse_date
from states.vocabulary import Act, is_clean, name

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """What a field of an act holds."""

    TEXT = "text"
    DATE = "date"
    TERM = "term"
    FLAG = "flag"
    NUMBER = "number"
    CHOICE = "choice"
    TEXTS = "texts"
    RECORDS = "records"
    DUTY = "duty"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an act's data: what it holds, and whether the act can do without.

    A duty is the key of an entry of the catalogue, an account the name under which a person comes in; whether there is
    such a one is a question of the door.
    `wrong` is what people are told of a value that is no choice, where the field has something of its own to say.
    `parts` are the fields of each record in a list of records; a plain text stands for a record of its first part.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = False
    choices: tuple[str, ...] = ()
    wrong: Sentence | None = None
    parts: tuple[Field, ...] = ()


_MISSING: Final = Sentence(
    "“{act}”缺少必填项“{field}”（{name}）：请在数据中写明，例如 {example}。",
    "“{act}” needs the field “{field}” ({name}); add it to the data, for example {example}.",
)


_WRONG: Final = Sentence(
    "“{act}”的“{field}”（{name}）应为{kind}，收到的是 {value}。",
    "The field “{field}” ({name}) of “{act}” must be {kind}, not {value}.",
)


_UNKNOWN: Final = Sentence(
    "“{act}”没有名为 {name} 的数据项；可用的有：{known}。",
    "“{act}” takes no field called {name}; it takes: {known}.",
)


_UNCLEAN: Final = Sentence(
    "“{act}”的数据项“{field}”（{name}）含有不可见的控制字符，请重新输入。",
    "The field “{field}” ({name}) of “{act}” has control characters in it; type it again.",
)


_NOT_PLAIN: Final = Sentence(
    "“{act}”的“{field}”（{name}）应写在一行内，且不得含有控制、零宽、改变文字方向等看不见的字符，请重新输入。",
    "The field “{field}” ({name}) of “{act}” is one line without characters that nobody sees (control, zero width, "
    "bidirectional); type it again.",
)


BAD_NUMBER: Final = Sentence(
    "案件编号“{value}”不符合“代字〔年份〕序号”的格式，例如 临法治督案〔2026〕7号；没有编号的留空，由系统编号。",
    "The case number “{value}” is not written as series, year in 〔〕 and place, as 临法治督案〔2026〕7号; leave it "
    "out and the system gives one.",
)


_NAMES: Final = frozenset(
    {
        "unit",
        "post",
        "liaison",
        "number",
        "child",
        "target",
        "document_number",
        "inspection_plan",
        "signed_by",
        "confirmed_by",
        "help_contact",
        "interviewee",
        "convenor",
        "recorders",
        "receiver",
        "organ",
        "verifiers",
        "helpers",
        "circulated_to",
        "forms",
    }
)
"""The fields that hold names, titles and numbers: what stands in lists, in the subjects of mails and in documents."""


_TOO_LONG: Final = Sentence(
    "“{act}”的“{field}”（{name}）过长：最多{limit}个字。",
    "The field “{field}” ({name}) of “{act}” is too long; {limit} characters at most.",
)


_KIND_NAMES: Final = {
    Kind.TEXT: ("文字", "text"),
    Kind.DATE: ("日期（如 2026-03-05）", "a date such as 2026-03-05"),
    Kind.TERM: ("期限（如 15wd、30d、1m）", "a term such as 15wd, 30d, 1m"),
    Kind.FLAG: ("true 或 false", "true or false"),
    Kind.NUMBER: ("非负整数", "a whole number, not negative"),
    Kind.CHOICE: ("以下之一：{choices}", "one of {choices}"),
    Kind.TEXTS: ("文字列表", "a list of texts"),
    Kind.RECORDS: ("逐项列表，各项含：{parts}", "a list of records, each with: {parts}"),
    Kind.DUTY: ("职责条款（如 art6-4b）", "a duty of the catalogue such as art6-4b"),
    Kind.ACCOUNT: ("账号", "an account"),
}


_EXAMPLES: Final = {
    Kind.TEXT: '"…"',
    Kind.DATE: '"2026-03-05"',
    Kind.TERM: '"15wd"',
    Kind.FLAG: "true",
    Kind.NUMBER: "1",
    Kind.TEXTS: '["…", "…"]',
    Kind.RECORDS: "[{…}, {…}]",
    Kind.DUTY: '"art6-4b"',
    Kind.ACCOUNT: '"zhou"',
}
MOST_RECORDS: Final = 200


TEXT_LIMIT: Final = 8000
_NOTHING: Final[tuple[object, ...]] = ("", [])
"""What says nothing, as if the field had been left out."""


def validated(act: Act, fields: Mapping[str, Field], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return `data` in canonical form: dates as ISO days, terms as `15wd`, texts trimmed, empty fields left out.

    Raises:
        BadData: a field is missing, unknown, or of the wrong kind. A misspelt field is never silently ignored.
    """
    clean: dict[str, Any] = {}
    for key, value in data.items():
        field = fields.get(key)
        if field is None:
            raise BadData(_UNKNOWN.fill(act=name(act), name=key, known="、".join(fields) or "—"))
        if value is None or value in _NOTHING:
            continue
        found = _value(act, field, value)
        if found not in _NOTHING:  # of blanks alone nothing is left
            clean[key] = found
    for field in fields.values():
        if field.required and field.name not in clean:
            example = f'"{field.choices[0]}"' if field.choices else _EXAMPLES[field.kind]
            raise BadData(
                _MISSING.fill(
                    act=name(act),
                    field=Sentence(field.zh, field.en),
                    name=field.name,
                    example=f'{{"{field.name}": {example}}}',
                )
            )
    return clean


def _value(act: Act, field: Field, value: Any) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912  # one line a kind of field
    match field.kind:
        case Kind.TEXT | Kind.DUTY | Kind.ACCOUNT if isinstance(value, str):
            return _text(act, field, value)
        case Kind.DATE if isinstance(value, (str, date)):
            try:
                return (parse_date(value) if isinstance(value, str) else value).isoformat()
            except BadTerm:
                pass
        case Kind.TERM if isinstance(value, str):
            try:
                return str(Term.parse(value))
            except BadTerm:
                pass
        case Kind.FLAG if isinstance(value, bool):
            return value
        case Kind.NUMBER if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
            return value
        case Kind.CHOICE if value in field.choices:
            return value
        case Kind.TEXTS if isinstance(value, str):
            return [text] if (text := _text(act, field, value)) else []
        case Kind.TEXTS if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return [text for item in value if (text := _text(act, field, item))]
        case Kind.RECORDS if isinstance(value, list) and len(value) <= MOST_RECORDS:
            if all(isinstance(item, (str, dict)) for item in value):
                return [_record(act, field, item) for item in value]
        case _:
            pass
    if field.wrong is not None:
        raise BadData(field.wrong.fill(value=str(value)[:60]))
    parts = "、".join(f"{part.zh}（{part.name}）" for part in field.parts)
    kind = Sentence(*_KIND_NAMES[field.kind]).fill(choices="、".join(field.choices), parts=parts)
    label = Sentence(field.zh, field.en)
    shown = repr(value)[:60]
    raise BadData(_WRONG.fill(act=name(act), field=label, name=field.name, kind=kind, value=shown))


def _record(act: Act, field: Field, value: str | Mapping[str, Any]) -> dict[str, Any]:
    given = {field.parts[0].name: value} if isinstance(value, str) else value
    return validated(act, {part.name: part for part in field.parts}, given)


def _text(act: Act, field: Field, value: str) -> str:
    if len(value) > TEXT_LIMIT:
        label = Sentence(field.zh, field.en)
        raise BadData(_TOO_LONG.fill(act=name(act), field=label, name=field.name, limit=TEXT_LIMIT))
    if not is_clean(value):
        label = Sentence(field.zh, field.en)
        raise BadData(_UNCLEAN.fill(act=name(act), field=label, name=field.name))
    text = value.strip()
    refuse_secrets(text)
    if field.name in _NAMES and not is_plain_name(text):
        raise BadData(_NOT_PLAIN.fill(act=name(act), field=Sentence(field.zh, field.en), name=field.name))
    if field.name == "number" and not is_case_number(text):
        raise BadData(BAD_NUMBER.fill(value=text[:60]))
    return text
