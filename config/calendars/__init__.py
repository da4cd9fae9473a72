"""Working-day calendars: the State Council's notices as a kept-up library has them, and the office's own files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chinese_calendar import constants

from states.errors import BadCalendar, BadTerm, Sentence
from states.terms import parse_date
from states.working_days import Calendar, DayRule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

_NAMES: Final = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年",
}
_BAD: Final = Sentence("日历文件 {path} 第{place}项：{reason}", "Calendar file {path}, entry {place}: {reason}")
_LINE: Final = re.compile(r"^(?P<day>\S+)\s+(?P<word>off|work|休|班|放假|上班)(?:\s+(?P<name>.*))?$")
_NEIGHBOURS: Final = 1


@dataclass(frozen=True, slots=True)
class Notice:
    """What one file says: for which year it is complete (None for an overlay), and which days differ."""

    year: int | None
    days: dict[date, DayRule]


def library_calendar() -> Calendar:
    """Return the calendar of the library `chinesecalendar` alone.

    Only its data are used: its functions raise after the last year that they know, this does not.
    """
    days = {day: DayRule(works=False, name=_NAMES.get(name, name)) for day, name in constants.holidays.items()}
    days |= {day: DayRule(works=True, name=_NAMES.get(name, name)) for day, name in constants.workdays.items()}
    years = {day.year for day in constants.holidays}
    return Calendar(days, years, "State Council")


def load_calendar(files: Sequence[Path] = ()) -> Calendar:
    """Return the library's calendar with the office's own files laid over it, later files winning.

    Raises:
        BadCalendar: a file cannot be read; the sentence names the file, the entry and the reason.
    """
    base = library_calendar()
    return overlaid(base, [read_notice(path) for path in files]) if files else base


def own_hash(files: Sequence[Path]) -> str:
    """Return the hash of what the office's own files say, whatever the library knows besides.

    Raises:
        BadCalendar: a file cannot be read or makes no sense.
    """
    return overlaid(Calendar({}, set(), "own"), [read_notice(path) for path in files]).hash


def overlaid(base: Calendar, notices: Sequence[Notice]) -> Calendar:
    """Return the calendar with the notices laid over it.

    A notice that is complete for a year replaces what was said of that year; an overlay only adds.
    """
    days, years = dict(base.exceptions), set(base.known_years)
    for notice in notices:
        if notice.year is not None:
            days = {day: rule for day, rule in days.items() if day.year != notice.year}
            years.add(notice.year)
        days |= notice.days
    return Calendar(days, years, base.name)


def read_notice(path: Path) -> Notice:
    """Return what a calendar file says.

    Two forms: the JSON of the holiday data in common use (`year`, `days` with `name`, `date`, `isOffDay`), or a plain
    list, one line a day: `2027-01-03 work 元旦补班`, `2027-01-01 off 元旦`. A first line `year 2027` says that the list
    is complete for that year; without it the list is an overlay, such as for a local holiday.

    Raises:
        BadCalendar: the file makes no sense.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(path, 0, f"读不出文件（{error}）。", f"the file cannot be read ({error}).") from error
    return _from_json(path, text) if text.lstrip().startswith("{") else _from_list(path, text)


def _bad(path: Path, place: int | str, zh: str, en: str) -> BadCalendar:
    return BadCalendar(_BAD.fill(path=path, place=place, reason=Sentence(zh, en)))


def _from_json(path: Path, text: str) -> Notice:
    try:
        content: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise _bad(path, 0, f"不是 JSON（{error}）。", f"is not JSON ({error}).") from error
    year, listed = content.get("year"), content.get("days")
    unknown = set(content) - {"$schema", "$id", "year", "papers", "days", "overlay"}
    if unknown:
        name = "、".join(sorted(unknown))
        raise _bad(path, 0, f"没有“{name}”这一项。", f"there is no key “{name}”.")
    if not isinstance(year, int) or isinstance(year, bool) or not isinstance(listed, list):
        raise _bad(path, 0, "须有 year（年份）和 days（列表）。", "needs year (a number) and days (a list).")
    days: dict[date, DayRule] = {}
    for place, entry in enumerate(listed, 1):
        fits = (
            isinstance(entry, dict) and isinstance(entry.get("date"), str) and isinstance(entry.get("isOffDay"), bool)
        )
        if not fits:
            raise _bad(path, place, "须有 date 和 isOffDay。", "needs date and isOffDay.")
        _put(path, place, days, entry["date"], str(entry.get("name", "")), year, off=entry["isOffDay"])
    # A file without days is a notice that is not out yet: it makes nothing known.
    complete = bool(days) and not content.get("overlay", False)
    return Notice(year if complete else None, days)


def _from_list(path: Path, text: str) -> Notice:
    year: int | None = None
    days: dict[date, DayRule] = {}
    for place, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        head, _, tail = line.partition(" ")
        if head == "year" and tail.strip().isascii() and tail.strip().isdigit():
            year = int(tail)
            continue
        found = _LINE.match(line)
        if found is None:
            zh, en = "应为“2027-01-03 work 元旦补班”的形式。", "should look like “2027-01-03 work 元旦补班”."
            raise _bad(path, place, zh, en)
        off = found["word"] in ("off", "休", "放假")
        _put(path, place, days, found["day"], (found["name"] or "").strip(), year, off=off)
    return Notice(year, days)


def _put(
    path: Path, place: int, days: dict[date, DayRule], text: str, name: str, year: int | None, *, off: bool
) -> None:
    try:
        day = parse_date(text)
    except BadTerm as error:
        raise _bad(path, place, error.sentence.zh.format(text=text), error.sentence.en.format(text=text)) from error
    if day in days:
        raise _bad(path, place, f"{text} 重复。", f"{text} is there twice.")
    if year is not None and abs(day.year - year) > _NEIGHBOURS:
        raise _bad(path, place, f"{text} 不在{year}年前后。", f"{text} is nowhere near {year}.")
    days[day] = DayRule(not off, name)
