"""The duties of the catalogue as people cite them: by article and item, never by the key that the catalogue uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from states.duty import citation
from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping


def cited(key: str, lang: str) -> str:
    """Return the article and item that a duty's key stands for; nothing for a key of another catalogue."""
    found = citation(key)
    return found.text(lang) if found is not None else ""


def duty_words(key: str, titles: Mapping[str, tuple[str, str]], lang: str) -> str:
    """Return a duty as people read it: 第六条第四项：每年第一季度报告上一年度法治政府建设情况."""
    title = Sentence(*titles[key]).text(lang) if key in titles else ""
    return (": " if lang == "en" else "：").join(part for part in (cited(key, lang), title) if part)
