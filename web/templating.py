"""The templates, and what every one of them finds to speak with."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from states.errors import Sentence
from states.terms import date_text
from states.vocabulary import NAMES, Role
from web import words

if TYPE_CHECKING:
    from datetime import date, tzinfo
    from enum import StrEnum

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
)


@lru_cache(maxsize=10_000)
def _word(value: StrEnum, lang: str) -> str:
    return Sentence(*NAMES[value]).text(lang) if value in NAMES else str(value)


def _either(zh: str, en: str, *, lang: str) -> str:
    """Return one of a pair of names that the code holds; the words of templates themselves go through `_`."""
    return en if lang.startswith("en") else zh


def drawn(template: str, *, lang: str, today: date, zone: tzinfo, **shown: Any) -> str:  # noqa: ANN401  # what a template shows
    """Return the template with what it shows, in this language."""
    return TEMPLATES.get_template(template).render(
        words.context(lang, today, zone)
        | {
            "t": partial(_either, lang=lang),
            "word": partial(_word, lang=lang),
            "day": partial(date_text, lang=lang),
            "lang": lang,
            "roles": Role,
            "today": today.isoformat(),
            "now_on": today,
        }
        | shown
    )
