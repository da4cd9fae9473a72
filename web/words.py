"""The words of the pages: Chinese as templates have them, English from the catalogue; days as people write them."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import lru_cache, partial
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from states.errors import Sentence
from states.terms import date_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOCALE: Final = Path(__file__).parent.parent / "locale"
MEGABYTE: Final = 1_000_000
_WEEKDAYS: Final = "一二三四五六日"


@lru_cache
def catalogue(lang: str) -> NullTranslations:
    """Return the words of a language: those of the templates themselves, where there is no catalogue of it."""
    place = LOCALE / lang / "LC_MESSAGES" / "duban.po"
    if not place.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with place.open("rb") as file:
        write_mo(compiled, read_po(file, lang))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _said(words: NullTranslations, message: str, /, **values: object) -> str:
    text = words.gettext(message)
    return text.format(**values) if values else text


def said_in(lang: str) -> Callable[..., str]:
    """Return what gives the words of a template in this language, with the values that stand in braces."""
    return partial(_said, catalogue(lang))


def near(day: date, today: date, lang: str) -> str:
    """Return the day as people write it who know what year it is: 12月17日（周四）, with the year if it is another."""
    if lang.startswith("en"):
        return date_text(day, lang)
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日（{weekday(day, lang)}）"


def short(day: date, today: date, lang: str) -> str:
    """Return the day without its weekday, where that stands beside it or space is narrow: 12月17日."""
    if lang.startswith("en"):
        return f"{day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def weekday(day: date, lang: str) -> str:
    """Return the weekday: 周四, Thu."""
    return f"{day:%a}" if lang.startswith("en") else f"周{_WEEKDAYS[day.weekday()]}"


def named(words: Mapping[str, tuple[str, str]], key: str, lang: str) -> str:
    """Return what people call this key; the key itself only where nobody has given it a name."""
    return Sentence(*words[key]).text(lang) if key in words else key


def size_of(octets: int) -> str:
    """Return the size of a file as people read it: 38 kB, 2.1 MB."""
    if octets < MEGABYTE:
        return f"{max(1, round(octets / 1000))} kB"
    return f"{octets / 1_000_000:.1f} MB"


def moment(at: datetime, today: date, zone: tzinfo, lang: str) -> str:
    """Return the moment in the office's zone: 今天08:50, 11月27日08:50."""
    there = at.astimezone(zone)
    if there.date() == today:
        return f"today {there:%H:%M}" if lang.startswith("en") else f"今天{there:%H:%M}"
    gap = " " if lang.startswith("en") else ""
    return f"{short(there.date(), today, lang)}{gap}{there:%H:%M}"


def context(lang: str, today: date, zone: tzinfo) -> dict[str, Any]:
    """Return what every template finds in its context to speak with."""
    return {
        "_": said_in(lang),
        "near": partial(near, today=today, lang=lang),
        "short_day": partial(short, today=today, lang=lang),
        "weekday": partial(weekday, lang=lang),
        "moment": partial(moment, today=today, zone=zone, lang=lang),
        "size_of": size_of,
    }
