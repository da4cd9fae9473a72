"""The duties of the catalogue as pages offer them, and as people write them: cited, or by words of the text.

A form has one field for a duty: its list helps while one types, without a script. What was typed is looked up when the
form comes in; where several duties fit, the form asks which one is meant and keeps everything else.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from config.citations import duty_words
from config.duties import duty_titles
from states.duty import numeral
from states.errors import Sentence
from web.page import Form, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWER: Final = ".words"
"""Follows the name of the field: other words, written where the form asks which of several duties is meant."""
MOST_OFFERED: Final = 12
"""How many duties a form offers for one choice; more are not read, but named by further words."""
_HALF_CITED: Final = re.compile(r"第?(\d{1,2})条(?:第?[（(]?(\d{1,2})[）)]?项)?|^(\d{1,2})[-—.](\d{1,2})$")
_NONE_FITS: Final = Sentence(
    "没有找到写着“{words}”的条款；请写条号，例如第六条第四项，或者条文里的几个字。",
    "No duty reads “{words}”; write its article and item, such as article 6(4), or some words of its text.",
)
_WHICH: Final = Sentence("写着“{words}”的条款有{n}条，请选定一条。", "{n} duties read “{words}”; choose one.")
_TOO_MANY: Final = Sentence(
    "写着“{words}”的条款有{n}条，这里列出前{most}条；请选定一条，或者写得具体些。",
    "{n} duties read “{words}”, the first {most} are listed; choose one, or write more of it.",
)


def duty_choices(titles: Mapping[str, tuple[str, str]], lang: str) -> list[tuple[str, str]]:
    """Return every duty that a finding can name, in the catalogue's order, with its citation."""
    return [(key, duty_words(key, titles, lang)) for key in titles]


def duties_like(text: str) -> list[str]:
    """Return the keys of the duties that this text may mean, in the catalogue's order.

    One key if it is a key, or the whole of what pages show for a duty in either language, or cites what only one
    duty stands under; else all whose citation and title hold every part of it. 6条4项 and 6-4 are 第六条第四项.
    """
    titles, wanted = duty_titles(), _as_cited(text)
    if not wanted or wanted in titles:
        return [wanted] if wanted else []
    read = {key: [duty_words(key, titles, lang).casefold() for lang in ("zh-CN", "en")] for key in titles}
    same = [key for key, words in read.items() if wanted.casefold() in words]
    parts = wanted.casefold().split()
    return same or [key for key, words in read.items() if any(all(part in one for part in parts) for one in words)]


def _as_cited(text: str) -> str:
    def spoken(found: re.Match[str]) -> str:
        article, item = found[1] or found[3], found[2] or found[4]
        return f"第{numeral(int(article))}条" + (f"第{numeral(int(item))}项" if item else "")

    return _HALF_CITED.sub(spoken, " ".join(text.split()))


def with_duty(visit: Visit, name: str = "d.duty") -> Visit:
    """Return the visit as if the key of the duty had been typed, where what was typed means one duty only."""
    typed = (visit.form.get(name, "").strip() or visit.form.get(name + ANSWER, "")).strip()
    found = duties_like(typed)
    meant = found[0] if len(found) == 1 else typed
    form = {key: value for key, value in visit.form.items() if key != name + ANSWER} | {name: meant}
    return replace(visit, sent=Form(form, visit.sent.every | {name: [meant]}, visit.sent.files))


def doubt_about(text: str) -> Sentence | None:
    """Return what to write instead where a text does not mean one duty; nothing where it does."""
    found = duties_like(text)
    if len(found) == 1:
        return None
    words = {"words": text, "n": len(found), "most": MOST_OFFERED}
    sentence = _TOO_MANY if len(found) > MOST_OFFERED else _WHICH if found else _NONE_FITS
    return sentence.fill(**words)


def duty_in_doubt(text: str, lang: str) -> str:
    """Return the same in a language, or an empty text."""
    doubt = doubt_about(text)
    return doubt.text(lang) if doubt is not None else ""


def duty_field(text: str, lang: str) -> dict[str, object]:
    """Return what the field of a duty shows: all duties, the words for what was typed, and those in question."""
    titles, found = duty_titles(), duties_like(text)
    offered = found[:MOST_OFFERED] if len(found) > 1 else []
    return {
        "all": [words for _, words in duty_choices(titles, lang)],
        "words": duty_words(text, titles, lang) if text in titles else text,
        "offered": [(key, duty_words(key, titles, lang)) for key in offered],
    }
