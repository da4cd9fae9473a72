"""What a name may be written with: names of units, posts and people, and the numbers of cases.

A name stands in lists, logs, subjects of mails and on the screens of those who decide. A character that nobody sees, or
that turns the order of those around it, makes two names look alike or one say what it is not (Unicode TR 36 and TR 39).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

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


_INNER_BLANK: Final = re.compile(r"(?<![A-Za-z0-9])\s+|\s+(?![A-Za-z0-9])")
_NUMERALS: Final = frozenset("0123456789零一二三四五六七八九十百两甲乙丙丁东西南北")
_PARTS: Final = frozenset("分支")
_COMMITTEE: Final = "委"
_SHORTEST_WRITING: Final = 3
_NEAR: Final = 0.5


def tidy_name(text: str) -> str:
    """Return a name as it is kept: in one line, without what nobody sees, without blanks between Chinese characters.

    Full-width letters and figures become the plain ones (NFKC); full-width signs stay, because names are written with
    them: 第一中学（东校区）.
    """
    lined = "".join(" " if letter in "\r\n\t\u2028\u2029" else letter for letter in text)
    seen = "".join(letter for letter in lined if is_plain_name(letter))
    plain = "".join(
        letter if unicodedata.category(letter)[0] in "PS" else unicodedata.normalize("NFKC", letter) for letter in seen
    )
    return _INNER_BLANK.sub("", plain.strip())


def name_key(text: str) -> str:
    """Return what two writings of one name have in common: NFKC, no blanks, nothing unseen, no upper case."""
    plain = unicodedata.normalize("NFKC", "".join(letter for letter in text if is_plain_name(letter)))
    return "".join(plain.split()).casefold()


def is_another_writing(one: str, other: str) -> bool:
    """Say whether one name looks like a shorter writing of the other: 临溪市文旅局 of 临溪市文化和旅游局.

    The shorter one's characters stand in the longer one in their order, and both end alike. Names that differ in a
    number, a quarter or a branch (第二小学, 公安分局), and the committees (县委, 县纪委), are other bodies.
    """
    short, long = sorted((_letters(one), _letters(other)), key=lambda letters: len(letters.key))
    return short.key == long.key or (short.all <= long.all and _is_shorter_writing(short.key, long.key))


class _Letters(NamedTuple):
    """A name as it is compared: its key, each letter of it once, and its pairs of letters."""

    key: str
    all: frozenset[str]
    pairs: frozenset[str]


@lru_cache(maxsize=20_000)
def _letters(name: str) -> _Letters:
    """Return the name as it is compared. Kept, because a ledger compares each of its units with all that are known."""
    key = name_key(name)
    pairs = frozenset(key[place : place + 2] for place in range(max(len(key) - 1, 1)))
    return _Letters(key, frozenset(key), pairs)


def _is_shorter_writing(short: str, long: str) -> bool:
    if len(short) < _SHORTEST_WRITING or short[-1] != long[-1] or short[-1] == _COMMITTEE:
        return False
    letters = iter(long)
    if not all(letter in letters for letter in short):
        return False
    more = Counter(long) - Counter(short)
    return not (more.keys() & (_NUMERALS | _PARTS))


def nearest_names(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known names that a person may have meant, other writings of the name first, then the most alike."""
    pairs = _letters(name).pairs
    found = []
    for other in known:
        theirs = _letters(other).pairs
        shared = 2 * len(pairs & theirs) / (len(pairs) + len(theirs) or 1)
        if is_another_writing(name, other):
            found.append((1.0 + shared, other))
        elif shared >= _NEAR:
            found.append((shared, other))
    return [other for _, other in sorted(found, key=lambda one: (-one[0], one[1]))[:most]]
