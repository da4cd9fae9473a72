"""What a name may be written with: names of units, posts and people, and the numbers of cases.

A name stands in lists, logs, subjects of mails and on the screens of those who decide. A character that nobody sees, or
that turns the order of those around it, makes two names look alike or one say what it is not (Unicode TR 36 and TR 39).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (zero width, bidirectional), half pairs, private, unassigned, line and paragraph separators."""
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180e")
"""Letters by their category that draw nothing."""
_CASE_NUMBER: Final = re.compile(
    r"[A-Za-z\u3400-\u4dbf\u4e00-\u9fff][A-Za-z0-9\u3400-\u4dbf\u4e00-\u9fff（）()·-]{0,39}〔(?:19|20)[0-9]{2}〕[0-9]{1,8}(?:-[0-9]{1,4})?号?(?:-移[0-9]{1,4})?"
)


def is_plain_name(text: str) -> bool:
    """Say whether every character of a name can be seen, and stands where it is read."""
    return not any(unicodedata.category(letter) in _UNSEEN or letter in _BLANK for letter in text)


def plain_name(text: str) -> str:
    """Return a text in one line without what nobody sees; for titles that were kept before names were looked at."""
    return "".join(letter if is_plain_name(letter) else " " for letter in text)


def is_case_number(text: str) -> bool:
    """Say whether this is the number of a case: series, year in 〔〕, place in the series, as 临法治督案〔2026〕7号.

    Behind it, -移1 names the first part that was handed over. Digits alone are never a number: they are a case's id.
    Source: 党政机关公文格式 GB/T 9704-2012 §7.2.5 (the year in full, in 〔〕; no leading zeros, though old ledgers have
    them).
    """
    return _CASE_NUMBER.fullmatch(text) is not None
