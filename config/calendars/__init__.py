"""Working-day calendars: the State Council's notices as a kept-up library has them, and the office's own files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from chinese_calendar import constants

from config.calendars.ics import days_of_ics, is_ics
from files.texts import parse_json, read_text
from states.errors import BadCalendar, BadData, BadTerm, Sentence
from states.terms import parse_date
from states.working_days import Calendar, DayRule

if TYPE_CHECKING:
    from collections.abc import Sequence
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
_PUBLISHED: Final = re.compile(r"/(?P<year>20\d\d)-(?P<month>\d\d)/(?P<day>\d\d)/")
_NEIGHBOURS: Final = 1
_SATURDAY: Final = 5
_LAW_OF_2024: Final = 2025
"""The first year by the Measures of 2024, which fix 13 days."""
_LAW_OF_2013: Final = 2014
"""The first year by the Measures of 2013, which fix 11 days."""
_SPRING_FESTIVAL: Final = ((1, 20), (2, 23))
_QINGMING: Final = ((4, 4), (4, 6))
_DRAGON_BOAT: Final = ((5, 25), (6, 26))
_MID_AUTUMN: Final = ((9, 7), (9, 30))
"""From which to which day of a year these holidays can fall; Mid-Autumn can fall into the first days of October too."""


@dataclass(frozen=True, slots=True)
class HolidayNotice:
    """What one file says: of which year (None for an overlay), which days differ, and when it was published.

    `covers` says that the year counts as known: every day that the law fixes is in it. `dated` is the notice's own
    date, None where the file does not tell.
    """

    year: int | None
    days: dict[date, DayRule]
    covers: bool = True
    dated: date | None = None


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


def overlaid(base: Calendar, notices: Sequence[HolidayNotice]) -> Calendar:
    """Return the calendar with the notices laid over it, in the order of their own dates, not of their import.

    A notice of a year replaces what was said for that year before, days of its neighbours included (the notice for
    2019 made 2018-12-29 a working day): what a correction leaves out is withdrawn. An overlay only adds.

    Source: docs/domain.md §4.7 (days of a neighbouring year in a notice; the newest notice by its own date wins).
    """
    days, years = dict(base.exceptions), set(base.known_years)
    said_for = {day: _year_of(day, rule) for day, rule in days.items()}
    for notice in sorted(notices, key=lambda notice: notice.dated or date.min):
        if notice.year is not None and notice.covers:
            withdrawn = {day for day, year in said_for.items() if year == notice.year}
            days = {day: rule for day, rule in days.items() if day not in withdrawn}
            years.add(notice.year)
        days |= notice.days
        said_for |= dict.fromkeys(notice.days, notice.year or 0)
    return Calendar(days, years, base.name)


def _year_of(day: date, rule: DayRule) -> int:
    """Return for which year's notice the library's day stands: New Year's Day reaches back into December."""
    return day.year + 1 if (day.month, rule.name) == (12, "元旦") else day.year


def read_notice(path: Path) -> HolidayNotice:
    """Return what a calendar file says.

    Three forms: the calendar of telephones and mail programs (.ics, `config.calendars.ics`); the JSON of the holiday
    data in common use (`year`, `days` with `name`, `date`, `isOffDay`); or a plain list, one line a day:
    `2027-01-03 work 元旦补班`, `2027-01-01 off 元旦`. A first line `year 2027` says that the list is the notice for
    that year; without it the list is an overlay, such as for a local holiday. `dated 2026-11-04`
    says when the notice was published.

    Raises:
        BadCalendar: the file makes no sense.
    """
    try:
        text = read_text(path)
        if is_ics(text):
            return _from_ics(path, text)
        return _from_json(path, text) if text.lstrip().startswith("{") else _from_list(path, text)
    except BadData as error:
        raise BadCalendar(error.sentence) from error


def _from_ics(path: Path, text: str) -> HolidayNotice:
    year, marked = days_of_ics(text, path.name)
    notice = HolidayNotice(year, {one.day: DayRule(one.works, one.name) for one in marked})
    # A calendar of a telephone may hold fewer days than the notice: then it is laid over what is known.
    covers = _covers(notice)
    return replace(notice, year=year if covers else None, covers=covers)


def _bad(path: Path, place: int | str, zh: str, en: str) -> BadCalendar:
    return BadCalendar(_BAD.fill(path=path.name, place=place, reason=Sentence(zh, en)))


def _from_json(path: Path, text: str) -> HolidayNotice:
    try:
        content: Any = parse_json(text, path.name)
    except json.JSONDecodeError as error:
        raise _bad(path, 0, f"不是 JSON（第{error.lineno}行）。", f"is not JSON (line {error.lineno}).") from error
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
    papers = [paper for paper in content.get("papers", ()) if isinstance(paper, str)]
    dated = max((day for paper in papers if (day := _day_in(paper)) is not None), default=None)
    notice = HolidayNotice(year if complete else None, days, dated=dated)
    return replace(notice, covers=_covers(notice, corrected=len(papers) > 1))


def _day_in(address: str) -> date | None:
    """Return the day of publication that a government address names, such as `…/2018-12/06/content_….htm`."""
    found = _PUBLISHED.search(address)
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"])) if found else None
    except ValueError:
        return None


def _covers(notice: HolidayNotice, *, corrected: bool = False) -> bool:
    """Say whether the notice makes its year known: no day that the law fixes is missing, and it has no mistaken day.

    Every holiday of the sun must be off, every one of the moon must have its days off around its time, and so many days
    in all. A make-up day is a Saturday or a Sunday; only a notice that was `corrected` by another takes a weekday back
    (2020-02-03).

    Source: 全国年节及纪念日放假办法: 13 days since 2025, 11 days from 2014, 10 before; docs/domain.md §4.7.
    """
    year = notice.year
    if year is None:
        return False
    off = {day for day, rule in notice.days.items() if not rule.works and day.year == year}
    solar = [(1, 1), (5, 1), (10, 1), (10, 2), (10, 3), *([(5, 2)] if year >= _LAW_OF_2024 else [])]
    needed = 13 if year >= _LAW_OF_2024 else 11 if year >= _LAW_OF_2013 else 10
    mistaken = any(rule.works and day.weekday() < _SATURDAY for day, rule in notice.days.items())
    complete = all(date(year, month, day) in off for month, day in solar) and len(off) >= needed
    return complete and _has_lunar_holidays(notice, off, year) and (corrected or not mistaken)


def _has_lunar_holidays(notice: HolidayNotice, off: set[date], year: int) -> bool:
    """Say whether days are off around each holiday of the moon; which day it is, only the notice knows.

    Where Mid-Autumn falls among the days of the National Day, the name tells.
    """
    spring, *others = (
        sum(date(year, *first) <= day <= date(year, *last) for day in off)
        for first, last in (_SPRING_FESTIVAL, _QINGMING, _DRAGON_BOAT, _MID_AUTUMN)
    )
    named = any("中秋" in notice.days[day].name or "mid-autumn" in notice.days[day].name.lower() for day in off)
    return spring >= (4 if year >= _LAW_OF_2024 else 3) and all(others[:2]) and (named or others[2] > 0)


def _from_list(path: Path, text: str) -> HolidayNotice:
    year: int | None = None
    dated: date | None = None
    days: dict[date, DayRule] = {}
    for place, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        head, _, tail = line.partition(" ")
        if head == "year" and tail.strip().isascii() and tail.strip().isdigit():
            year = int(tail)
            continue
        if head == "dated":
            dated = _dated(path, place, tail.strip())
            continue
        found = _LINE.match(line)
        if found is None:
            zh, en = "应为“2027-01-03 work 元旦补班”的形式。", "should look like “2027-01-03 work 元旦补班”."
            raise _bad(path, place, zh, en)
        off = found["word"] in ("off", "休", "放假")
        _put(path, place, days, found["day"], (found["name"] or "").strip(), year, off=off)
    notice = HolidayNotice(year, days, dated=dated)
    return replace(notice, covers=_covers(notice))


def _dated(path: Path, place: int, text: str) -> date:
    try:
        return parse_date(text)
    except BadTerm as error:
        raise _bad(path, place, error.sentence.zh.format(text=text), error.sentence.en.format(text=text)) from error


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
