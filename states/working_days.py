"""Working days of the State Council's calendar: which day is worked, and why."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ONE_DAY: Final = timedelta(days=1)


_WEEKEND: Final = 5


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


_ENGLISH_NAMES: Final[Mapping[str, str]] = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明节": "Qingming Festival",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
}


def _in_english(name: str) -> str:
    """Return the English name of a holiday, or of several at once; any other stays as written."""
    return " and ".join(_ENGLISH_NAMES.get(part, part) for part in name.removesuffix("补班").split("、"))


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
                return (
                    f"make-up working day ({_in_english(name)})" if english else f"{name.removesuffix('补班')}调休补班"
                )
            case DayKind.HOLIDAY:
                return f"holiday ({_in_english(name)})" if english else f"{name}放假"
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
