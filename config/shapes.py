"""Why a value of a file of settings is not taken, in both languages; the library that checks it speaks English only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNKNOWN_KEY: Final = Sentence("没有这一项，请检查拼写", "there is no such key; check the spelling")
MISSING_KEY: Final = Sentence("缺少这一项", "this key is missing")
_EXACT: Final[Mapping[str, Sentence]] = {
    "extra_forbidden": UNKNOWN_KEY,
    "missing": MISSING_KEY,
    "string_pattern_mismatch": Sentence("写法不对，请照样本书写", "it is not written as the example has it"),
    "decimal_parsing": Sentence("应为数字", "it must be a number"),
}
_BY_BEGINNING: Final[Mapping[str, Sentence]] = {
    "string": Sentence("应为一段文字，长短适当", "it must be a text of the right length"),
    "int": Sentence("应为整数", "it must be a whole number"),
    "bool": Sentence("应为 true 或 false", "it must be true or false"),
    "float": Sentence("应为数字", "it must be a number"),
    "decimal": Sentence("应为数字，位数不能过多", "it must be a number of not too many digits"),
    "list": Sentence("应为一组值，写在 [ ] 中", "it must be a list in [ ]"),
    "tuple": Sentence("应为一组值，写在 [ ] 中", "it must be a list in [ ]"),
    "too_": Sentence("值的个数不对", "it has too many values or too few"),
    "dict": Sentence("应为一节设定", "it must be a table"),
    "model": Sentence("应为一节设定", "it must be a table"),
    "enum": Sentence("不是可选的值之一", "it is none of the values that can be chosen"),
    "literal": Sentence("不是可选的值之一", "it is none of the values that can be chosen"),
    "greater": Sentence("数值过小", "the number is too small"),
    "less": Sentence("数值过大", "the number is too large"),
    "date": Sentence("应为日期，如 2026-03-01", "it must be a day such as 2026-03-01"),
    "time": Sentence("应为时刻，如 09:00", "it must be a time such as 09:00"),
    "finite": Sentence("应为数字", "it must be a number"),
    "path": Sentence("应为路径", "it must be a path"),
}
_OTHER: Final = Sentence("值不符合要求", "the value does not fit")


def shape_trouble(errors: Sequence[Any]) -> tuple[str, Sentence]:
    """Return the key of what is wrong first, and why, as a clause; `errors` are those of a `ValidationError`.

    A misspelt key shows as one that is unknown and one that is missing; the unknown one is what was written.
    """
    first = min(errors, key=lambda found: found["type"] != "extra_forbidden")
    kind = str(first["type"])
    known = _EXACT.get(kind) or next((said for start, said in _BY_BEGINNING.items() if kind.startswith(start)), _OTHER)
    return ".".join(str(part) for part in first["loc"]), known
