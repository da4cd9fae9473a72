"""Holidays from a calendar file of telephones and mail programs (.ics), as far as a working-day calendar needs it.

Only events of whole days are read, by the four lines DTSTART, DTEND, SUMMARY and X-APPLE-SPECIAL-DAY; what else stands
in the file is left alone. An event says in its title whether its days are off or worked: 元旦（休）, 春节 补班.

Source: RFC 5545 §3.1 (folded lines), §3.6.1 (DTEND is the day after the last; without it the event is one day).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from states.errors import BadCalendar, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_EVENTS: Final = 5_000
LONGEST_DAYS: Final = 40
_A_YEAR_S_WORTH: Final = 10
"""So many days of a year are no neighbours of another year's: New Year brings at most three."""
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_PROPERTY: Final = re.compile(r"(?P<name>[A-Za-z-]+)(?P<parameters>(?:;[^:]*)?):(?P<value>.*)")
_DAY: Final = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:T000000Z?)?")
_WORK: Final = re.compile(r"补班|上班|调班|[（(【\[]?班[)）】\]]?$|workday", re.IGNORECASE)
_OFF: Final = re.compile(r"假期|放假|休假|调休|[（(【\[]?休[)）】\]]?$|holiday", re.IGNORECASE)
_BESIDE_NAME: Final = re.compile(
    r"\s*(?:第\d+天/共\d+天|补班|上班|调班|假期|放假|调休|[（(【\[]\s*[休班]\s*[)）】\]])\s*"
)
_APPLE: Final = {"WORK-HOLIDAY": False, "ALTERNATE-WORKDAY": True}
_BAD: Final = Sentence("日历文件 {path}：{reason}", "Calendar file {path}: {reason}")
_NO_END: Final = Sentence(
    "没有以 END:VCALENDAR 结束，可能不完整。", "it does not end with END:VCALENDAR; it may be cut off."
)
_NO_DAYS: Final = Sentence(
    "没有标明休、班的全天日程（例如“元旦（休）”“春节 补班”）。",
    "no event of whole days says whether they are off or worked, such as 元旦（休） or 春节 补班.",
)
_REPEATS: Final = Sentence(
    "日程“{title}”按规则重复，放假安排须逐日写明。", "the event “{title}” repeats by a rule; each day has to be there."
)
_BAD_DAY: Final = Sentence(
    "日程“{title}”的日期“{text}”无法识别，应为全天日程。", "the day “{text}” of “{title}” is none of a whole-day event."
)
_LONG: Final = Sentence(
    "日程“{title}”长达{days}天，放假安排不会这样长。", "the event “{title}” takes {days} days, which no holiday does."
)
_MANY: Final = Sentence(
    "日程超过{most}个，请只导出放假安排。", "it has more than {most} events; export the holidays alone."
)
_BOTH: Final = Sentence("{day} 既写休又写班。", "{day} is both off and worked.")
_YEARS: Final = Sentence(
    "含有{years}多个年份，请每年一份分别导入。", "it holds several years ({years}); import one a file."
)


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """A day that differs from its weekday: whether it is worked, and what for."""

    day: date
    works: bool
    name: str


def is_ics(text: str) -> bool:
    """Say whether a text is a calendar of this kind."""
    return text.lstrip("\ufeff \r\n\t")[:15].upper() == "BEGIN:VCALENDAR"


def days_of_ics(text: str, path: str) -> tuple[int, list[MarkedDay]]:
    """Return the year that the file is about, and its days, each once. `path` is what its owner calls the file.

    Raises:
        BadCalendar: it is cut off, says nothing of days off, or one of its events makes no sense; the sentence says
            which.
    """
    found: dict[date, MarkedDay] = {}
    for event in _events(text, path):
        for marked in _days(event, path):
            if found.setdefault(marked.day, marked).works != marked.works:
                raise _bad(path, _BOTH.fill(day=marked.day.isoformat()))
    if not found:
        raise _bad(path, _NO_DAYS)
    years = Counter(day.year for day in found)
    large = sorted(year for year, count in years.items() if count >= _A_YEAR_S_WORTH)
    if len(large) > 1:
        raise _bad(path, _YEARS.fill(years="、".join(map(str, large))))
    return years.most_common(1)[0][0], sorted(found.values(), key=lambda marked: marked.day)


def _bad(path: str, reason: Sentence) -> BadCalendar:
    return BadCalendar(_BAD.fill(path=path, reason=reason))


def _events(text: str, path: str) -> Iterator[dict[str, str]]:
    """Yield the properties of each event, by name."""
    lines = [line.strip() for line in _FOLD.sub("", text).splitlines() if line.strip()]
    if lines[-1].upper() != "END:VCALENDAR":
        raise _bad(path, _NO_END)
    event: dict[str, str] | None = None
    count = 0
    for line in lines:
        if line.upper() == "BEGIN:VEVENT":
            event, count = {}, count + 1
            if count > MOST_EVENTS:
                raise _bad(path, _MANY.fill(most=MOST_EVENTS))
        elif line.upper() == "END:VEVENT" and event is not None:
            yield event
            event = None
        elif event is not None:
            matched = _PROPERTY.fullmatch(line)
            if matched is not None:
                event.setdefault(matched["name"].upper(), matched["value"])


def _days(event: dict[str, str], path: str) -> Iterator[MarkedDay]:
    title = event.get("SUMMARY", "").replace("\\,", ",").strip()
    works = _APPLE.get(event.get("X-APPLE-SPECIAL-DAY", "").upper())
    if works is None:
        works = True if _WORK.search(title) else False if _OFF.search(title) else None
    if works is None:
        return
    shown = title[:40]
    if "RRULE" in event or "RDATE" in event:
        raise _bad(path, _REPEATS.fill(title=shown))
    first = _day(event.get("DTSTART", ""), shown, path)
    end = _day(event["DTEND"], shown, path) if "DTEND" in event else first + timedelta(1)
    length = max((end - first).days, 1)
    if length > LONGEST_DAYS:
        raise _bad(path, _LONG.fill(title=shown, days=length))
    name = _BESIDE_NAME.sub("", title)
    for n in range(length):
        yield MarkedDay(first + timedelta(n), works, name)


def _day(text: str, title: str, path: str) -> date:
    found = _DAY.fullmatch(text.strip())
    try:
        if found is not None:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        pass
    raise _bad(path, _BAD_DAY.fill(title=title, text=text[:40]))
