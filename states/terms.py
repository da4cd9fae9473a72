"""Terms, and the days on which they end.

A term keeps the unit that its rule gives it (ADR 0003): working days, days, months, or a fixed date. The day of
service is never counted (民法典第二百零一条). Working days are those of the State Council's yearly notice, which the
caller's `Calendar` holds; days that no notice covers yet go by the weekday, and the result says `provisional`. Nothing
here raises because a calendar ends.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from states.errors import BadTerm, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ONE_DAY: Final = timedelta(days=1)
YEARS: Final = range(1949, 2200)
"""The years of the dates that are taken: wide enough for every file, narrow enough to reckon with."""
MOST_DAYS: Final = 3650
MOST_MONTHS: Final = 120
_WEEKEND: Final = 5


class Unit(StrEnum):
    """In what a term is counted."""

    WORKING_DAY = "wd"
    DAY = "d"
    MONTH = "m"
    FIXED = "fixed"


_UNIT_NAMES: Final = {
    Unit.WORKING_DAY: ("{n}个工作日", "{n} working day(s)"),
    Unit.DAY: ("{n}日", "{n} day(s)"),
    Unit.MONTH: ("{n}个月", "{n} month(s)"),
}
_TERM: Final = re.compile(r"^(\d{1,6})\s*(wd|d|m|个?工作日|日|天|个月)$", re.ASCII)
_WORDS: Final = {
    "wd": Unit.WORKING_DAY,
    "d": Unit.DAY,
    "m": Unit.MONTH,
    "日": Unit.DAY,
    "天": Unit.DAY,
    "个月": Unit.MONTH,
}
_BAD_TERM: Final = Sentence(
    "期限“{text}”不可识别：应为 15wd（工作日）、30d（日）、1m（月）或固定日期，如 2026-03-31、<2026-03-01（之前）。",
    "The term “{text}” cannot be read; write 15wd (working days), 30d (days), 1m (months), or a fixed date such as "
    "2026-03-31 or <2026-03-01 (before that day).",
)
_BAD_AMOUNT: Final = Sentence(
    "期限“{text}”的数值须在1至{most}之间。", "The term “{text}” must be between 1 and {most}."
)
_BAD_DATE: Final = Sentence(
    "日期“{text}”不可识别：应为 2026-03-05、2026年3月5日或2026.3.5，且须是真实存在的日期。",
    "The date “{text}” cannot be read; write an existing day as 2026-03-05, 2026年3月5日 or 2026.3.5.",
)
_FAR_DATE: Final = Sentence(
    "日期“{text}”超出可计算的范围（{first}年至{last}年）。",
    "The date “{text}” is outside the years that can be reckoned with ({first} to {last}).",
)
_DATE: Final = re.compile(
    r"^\s*(\d{4})\s*(?:-\s*(\d{1,2})\s*-\s*(\d{1,2})|/\s*(\d{1,2})\s*/\s*(\d{1,2})|\.\s*(\d{1,2})\s*\.\s*(\d{1,2})"
    r"|年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?)\s*$",
    re.ASCII,
)
_WEEKDAYS_ZH: Final = "一二三四五六日"
_WEEKDAYS_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def parse_date(text: str) -> date:
    """Return the day that `text` names: 2026-03-05, 2026年3月5日, 2026.3.5 or 2026/3/5.

    Raises:
        BadTerm: it names none, or one that does not exist.
    """
    found = _DATE.match(text)
    if found is None:
        raise BadTerm(_BAD_DATE.fill(text=text[:40]))
    year, month, day = (int(part) for part in found.groups() if part is not None)
    if year not in YEARS:
        raise BadTerm(_FAR_DATE.fill(text=text[:40], first=YEARS.start, last=YEARS.stop - 1))
    try:
        return date(year, month, day)
    except ValueError as error:
        raise BadTerm(_BAD_DATE.fill(text=text[:40])) from error


def date_text(day: date, lang: str = "zh-CN") -> str:
    """Return the day for people: 2026年3月5日(周四), in English 2026-03-05 (Thu)."""
    if lang.startswith("en"):
        return f"{day.isoformat()} ({_WEEKDAYS_EN[day.weekday()]})"
    return f"{day.year}年{day.month}月{day.day}日(周{_WEEKDAYS_ZH[day.weekday()]})"


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time that a rule gives, or the fixed day that it names. The unit is always written, never implied.

    For a fixed day, `on` is the last day that is still in time: 之前 ("before") excludes the day that is named.
    """

    amount: int
    unit: Unit
    on: date | None = None
    before: bool = False

    @staticmethod
    def parse(text: str) -> Term:
        """Return the term: `15wd`, `30d`, `1m`, 15个工作日, 30日, 1个月, `2026-03-31`, `<2026-03-01`.

        Raises:
            BadTerm: it cannot be read, is nought, or is absurdly long.
        """
        return _parse(text)

    def __str__(self) -> str:
        """Return the canonical form; `parse` reads it back."""
        if self.on is not None:
            return f"<{(self.on + ONE_DAY).isoformat()}" if self.before else self.on.isoformat()
        return f"{self.amount}{self.unit.value}"

    def text(self, lang: str = "zh-CN") -> str:
        """Return the term for people."""
        if self.on is not None:
            if self.before:
                named = date_text(self.on + ONE_DAY, lang)
                return f"before {named}" if lang.startswith("en") else f"{named}之前"
            return f"by {date_text(self.on, lang)}" if lang.startswith("en") else f"{date_text(self.on, lang)}以前"
        zh, en = _UNIT_NAMES[self.unit]
        if lang.startswith("en"):
            return en.format(n=self.amount).replace("(s)", "" if self.amount == 1 else "s")
        return zh.format(n=self.amount)


@lru_cache(maxsize=1024)
def _parse(text: str) -> Term:
    trimmed = text.strip()
    found = _TERM.match(trimmed)
    if found is None:
        before = trimmed.startswith(("<", "＜")) or trimmed.endswith("之前")
        try:
            day = parse_date(trimmed.lstrip("<＜").removesuffix("之前"))
        except BadTerm as error:
            raise BadTerm(_BAD_TERM.fill(text=text[:40])) from error
        if before and day == date.min:
            raise BadTerm(_BAD_TERM.fill(text=text[:40]))
        return Term(0, Unit.FIXED, day - ONE_DAY if before else day, before)
    amount, unit = int(found[1]), _WORDS.get(found[2], Unit.WORKING_DAY)
    most = MOST_MONTHS if unit is Unit.MONTH else MOST_DAYS
    if not 1 <= amount <= most:
        raise BadTerm(_BAD_AMOUNT.fill(text=text[:40], most=most))
    return Term(amount, unit)


class DayKind(StrEnum):
    """What kind of day it is."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"


class DayRule(NamedTuple):
    """What a notice says of a day that differs from its weekday: whether it works, and why."""

    works: bool
    name: str


FIXED_HOLIDAYS: Final[Mapping[tuple[int, int], str]] = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}
"""The holidays that the State Council's Measures fix by the solar calendar: days off whatever the notice says.

Source: 全国年节及纪念日放假办法 (2024), article 2. Lunar holidays, swapped days and make-up days need the notice.
"""


class Calendar:
    """The working days, as far as notices say; a value that never changes.

    `exceptions` are the days that a notice names; `known_years` the years whose notice is out. `hash` is the SHA-256
    of the whole content: a deadline keeps it, so that its count can be checked years later.
    """

    def __init__(self, exceptions: Mapping[date, DayRule], known_years: Iterable[int], name: str = "") -> None:
        """Make the calendar.

        A day outside `known_years` that no exception names goes by its weekday, and is off if the law fixes it as a
        holiday whatever the yearly notice will say.
        """
        self.exceptions = dict(exceptions)
        self.known_years = frozenset(known_years)
        self.name = name
        self.hash = sha256(self.to_json().encode()).hexdigest()
        years = {day.year for day in self.exceptions} | self.known_years
        # The working days around what is known, as ordinals in order: counting is then one look-up in a sorted list.
        self._first = date(max(min(years, default=2004) - 1, 2), 1, 1).toordinal()
        self._last = date(min(max(years, default=2026) + 3, 9990), 12, 31).toordinal()
        self._working = [
            ordinal for ordinal in range(self._first, self._last + 1) if self.works(date.fromordinal(ordinal))
        ]
        self._unknown = sorted(
            ordinal for ordinal in range(self._first, self._last + 1) if not self.knows(date.fromordinal(ordinal))
        )

    def works(self, day: date) -> bool:
        """Say whether people work on this day."""
        rule = self.exceptions.get(day)
        if rule is not None:
            return rule.works
        return day.weekday() < _WEEKEND and (day.year in self.known_years or (day.month, day.day) not in FIXED_HOLIDAYS)

    def knows(self, day: date) -> bool:
        """Say whether a notice covers this day, so that it will not change."""
        return day.year in self.known_years or day in self.exceptions

    def kind(self, day: date) -> DayKind:
        """Return what kind of day it is."""
        if self.works(day):
            return DayKind.MAKE_UP if day.weekday() >= _WEEKEND else DayKind.WORKING
        return DayKind.HOLIDAY if day.weekday() < _WEEKEND or day in self.exceptions else DayKind.WEEKEND

    def label(self, day: date, lang: str = "zh-CN") -> str:
        """Return what people call this kind of day, with the holiday's name."""
        rule = self.exceptions.get(day)
        name = rule.name if rule is not None else FIXED_HOLIDAYS.get((day.month, day.day), "")
        english = lang.startswith("en")
        match self.kind(day):
            case DayKind.MAKE_UP:
                return f"make-up working day ({name})" if english else f"{name.removesuffix('补班')}调休补班"
            case DayKind.HOLIDAY:
                return f"holiday ({name})" if english else f"{name}放假"
            case DayKind.WEEKEND:
                return "weekend" if english else "周末"
            case _:
                return "working day" if english else "工作日"

    def forward(self, day: date, n: int) -> date:
        """Return the n-th working day strictly after `day`; for 0 the day itself."""
        if n <= 0:
            return day
        place = bisect_right(self._working, day.toordinal()) + n - 1
        if self._first <= day.toordinal() and place < len(self._working):
            return date.fromordinal(self._working[place])
        return self._step(day, n, ONE_DAY)

    def back(self, day: date, n: int) -> date:
        """Return the n-th working day strictly before `day`; for 0 the day itself."""
        if n <= 0:
            return day
        place = bisect_left(self._working, day.toordinal()) - n
        if day.toordinal() <= self._last and place >= 0:
            return date.fromordinal(self._working[place])
        return self._step(day, n, -ONE_DAY)

    def _step(self, day: date, n: int, step: timedelta) -> date:
        while n:
            day += step
            n -= self.works(day)
        return day

    def roll(self, day: date) -> date:
        """Return the day if people work on it, else the next working day (民法典第二百零三条)."""
        return day if self.works(day) else self.forward(day, 1)

    def working_days_between(self, start: date, end: date) -> int:
        """Return how many working days lie after `start` up to and including `end`; negative if `end` is earlier."""
        if end < start:
            return -self.working_days_between(end, start)
        if self._first <= start.toordinal() and end.toordinal() <= self._last:
            return bisect_right(self._working, end.toordinal()) - bisect_right(self._working, start.toordinal())
        return sum(self.works(date.fromordinal(place)) for place in range(start.toordinal() + 1, end.toordinal() + 1))

    def touches_unknown(self, start: date, end: date) -> bool:
        """Say whether a day after `start` up to and including `end` is covered by no notice yet."""
        if start >= end:
            return False
        if start.toordinal() < self._first or end.toordinal() > self._last:
            return True
        return bisect_right(self._unknown, end.toordinal()) > bisect_right(self._unknown, start.toordinal())

    def to_json(self) -> str:
        """Return the whole content in canonical JSON; `from_json` reads it back."""
        content: dict[str, Any] = {
            "known_years": sorted(self.known_years),
            "name": self.name,
            "days": {day.isoformat(): [rule.works, rule.name] for day, rule in sorted(self.exceptions.items())},
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Calendar:
        """Return the calendar that `to_json` wrote; its hash is the same."""
        content = json.loads(text)
        days = {date.fromisoformat(day): DayRule(*rule) for day, rule in content["days"].items()}
        return Calendar(days, content["known_years"], content["name"])


def every_day(first: int, last: int) -> Calendar:
    """Return a calendar of these years, both inclusive, in which every day counts: for rules that know no rest days."""
    start, end = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal()
    days = {date.fromordinal(place): DayRule(works=True, name="") for place in range(start, end + 1)}
    return Calendar(days, range(first, last + 1), "every day")


@dataclass(frozen=True, slots=True)
class DueDay:
    """The last day of a term, until its end at 24:00 in the office's zone, and how it came about."""

    due_on: date
    provisional: bool
    started_on: date
    term: Term
    basis: str
    calendar_hash: str


def due(start: date, term: Term, calendar: Calendar, basis: str = "") -> DueDay:
    """Return the last day on which a duty that begins with service on `start` is still done in time.

    Working days: the n-th after `start`. Days and months: the corresponding day (a month without it ends on its last
    day), and if that is a rest day, the next working day. Fixed dates never move.

    Source: 民法典 201–203; STORYLINES §0; ADR 0003.
    """
    if term.unit is Unit.WORKING_DAY:
        on = calendar.forward(start, term.amount)
        provisional = calendar.touches_unknown(start, on)
    elif term.on is not None:
        on, provisional = term.on, False
    else:
        corresponding = _corresponding(start, term)
        on = calendar.roll(corresponding)
        provisional = calendar.touches_unknown(corresponding - ONE_DAY, on)
    return DueDay(on, provisional, start, term, basis, calendar.hash)


def _corresponding(start: date, term: Term) -> date:
    """Return the day that answers to `start` after so many days or months, before any roll-over."""
    if term.unit is Unit.DAY:
        return start + timedelta(days=term.amount)
    months = start.year * 12 + start.month - 1 + term.amount
    year, month = divmod(months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def remaining(started_on: date, due_on: date, stopped_on: date, calendar: Calendar) -> int:
    """Return the working days that are left when the clock is stopped on a day.

    Used are the working days after the start and before the stop; the day of the stop itself is still left. A term
    whose own count begins only later, because it was extended from its old due day, is running already.

    Source: STORYLINES §0, by analogy with 行政复议法 39.
    """
    first = stopped_on - ONE_DAY
    return calendar.working_days_between(max(started_on, first) if started_on <= stopped_on else first, due_on)


def extend(due_on: date, extra: Term, calendar: Calendar) -> DueDay:
    """Return the day to which an extension moves a term: counted from the old due day (STORYLINES §0)."""
    return due(due_on, extra, calendar)


def days_late(due_on: date, done_on: date, calendar: Calendar) -> int:
    """Return by how many working days something was late; 0 if it was in time."""
    return max(0, calendar.working_days_between(due_on, done_on))


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One day of a count: whether it was counted, as which, and why."""

    day: date
    counted: bool
    number: int | None
    kind: DayKind
    note: Sentence


_NOT_COUNTED: Final = Sentence(
    "送达当日不计（民法典第二百零一条）", "the day of service is not counted (Civil Code, article 201)"
)


def _line(day: date, number: int | None, note: Sentence, calendar: Calendar, *, counted: bool) -> TraceLine:
    return TraceLine(day, counted, number, calendar.kind(day), note)


def trace(start: date, term: Term, calendar: Calendar) -> tuple[TraceLine, ...]:
    """Return the count day by day, so that its reader can follow it with a finger on the calendar."""
    reckoned = due(start, term, calendar)
    if term.unit is Unit.FIXED:
        note = Sentence("固定日期，遇休息日不顺延", "a fixed date, which a rest day does not move")
        return (_line(reckoned.due_on, None, note, calendar, counted=True),)
    first = _line(start, None, _NOT_COUNTED, calendar, counted=False)
    if term.unit is Unit.WORKING_DAY:
        return (first, *_working_lines(start, reckoned.due_on, term.amount, calendar))
    return (first, *_rolled_lines(_corresponding(start, term), reckoned.due_on, term, calendar))


def _working_lines(start: date, end: date, amount: int, calendar: Calendar) -> Iterable[TraceLine]:
    number, day = 0, start
    while day < end:
        day += ONE_DAY
        works = calendar.works(day)
        number += works
        zh, en = calendar.label(day), calendar.label(day, "en")
        if works:
            made_up = calendar.kind(day) is DayKind.MAKE_UP
            note = Sentence(
                f"第{number}个工作日" + (f"（{zh}）" if made_up else ""),
                f"working day {number}" + (f" ({en})" if made_up else ""),
            )
            if number == amount:
                note = Sentence(f"{note.zh}，期限届满，当日24时止", f"{note.en}; the term ends at 24:00")
        else:
            note = Sentence(f"不计：{zh}", f"not counted: {en}")
        yield _known(_line(day, number if works else None, note, calendar, counted=works), calendar)


def _rolled_lines(day: date, end: date, term: Term, calendar: Calendar) -> Iterable[TraceLine]:
    while True:
        zh, en = calendar.label(day), calendar.label(day, "en")
        if day == end:
            note = Sentence(f"{term.text()}届满，当日24时止", f"{term.text('en')} end at 24:00")
        else:
            note = Sentence(
                f"届满日为休息日（{zh}），顺延（民法典第二百零三条）",
                f"a rest day ({en}); moves on (Civil Code, article 203)",
            )
        yield _known(_line(day, None, note, calendar, counted=day == end), calendar)
        if day == end:
            return
        day += ONE_DAY


def _known(line: TraceLine, calendar: Calendar) -> TraceLine:
    """Mark a day that no notice covers yet."""
    if calendar.knows(line.day):
        return line
    note = Sentence(f"{line.note.zh}（暂定：放假通知尚未公布）", f"{line.note.en} (provisional: no notice yet)")
    return TraceLine(line.day, line.counted, line.number, line.kind, note)
