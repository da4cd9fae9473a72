"""The duties of the catalogue as people cite them: by article and item, never by the key that the catalogue uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY: Final = re.compile(r"art(\d{1,2})(?:-(\d{1,2}))?([a-z]?)")
_DIGITS: Final = "零一二三四五六七八九"
_ARTICLE: Final = Sentence("第{n}条", "article {plain}")
_ITEM: Final = Sentence("第{n}条第{item}项", "article {plain}({item_plain})")
TEN: Final = 10


def numeral(n: int) -> str:
    """Return a number from 0 to 99 in Chinese numerals: 六, 十, 十二, 二十一."""
    tens, ones = divmod(n, TEN)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def cited(key: str, lang: str) -> str:
    """Return the article and item that a duty's key stands for; nothing for a key of another catalogue."""
    found = _KEY.fullmatch(key)
    if found is None:
        return ""
    article, item = int(found[1]), found[2]
    if item is None:
        return _ARTICLE.fill(n=numeral(article), plain=article).text(lang)
    return _ITEM.fill(n=numeral(article), item=numeral(int(item)), plain=article, item_plain=item).text(lang)


def item_of(key: str) -> tuple[int, int]:
    """Return the article and item of a duty's key, for putting duties in order; zeros for what it does not name."""
    found = _KEY.fullmatch(key)
    return (int(found[1]), int(found[2] or 0)) if found is not None else (0, 0)


def duty_words(key: str, titles: Mapping[str, tuple[str, str]], lang: str) -> str:
    """Return a duty as people read it: 第六条第四项：每年第一季度报告上一年度法治政府建设情况."""
    title = Sentence(*titles[key]).text(lang) if key in titles else ""
    return (": " if lang == "en" else "：").join(part for part in (cited(key, lang), title) if part)
