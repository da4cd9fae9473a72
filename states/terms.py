"""Terms, and the days on which they end.

A term keeps the unit that its rule gives it (ADR 0003): working days, days, months, or a fixed date. The day of
service is never counted (民法典第二百零一条). Working days are those of the State Council's yearly notice, which the
caller's `Calendar` holds; days that no notice covers yet go by the weekday, and the result says `provisional`. Nothing
here raises because a calendar ends.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from states.errors import BadMoment, BadTerm, Sentence
from states.working_days import ONE_DAY, Calendar, DayKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

YEARS: Final = range(1949, 2200)
"""The years of the dates that are taken: wide enough for every file, narrow enough to reckon with."""
MOST_DAYS: Final = 3650
MOST_MONTHS: Final = 120


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
_TERM: Final = re.compile(r"^(\d{1,6})(wd|d|m)$", re.ASCII)
_BAD_TERM: Final = Sentence(
    "期限“{text}”不可识别：应为 15wd（工作日）、30d（日）、1m（月）或固定日期，如 2026-03-31、<2026-03-01（之前）。",
    "The term “{text}” cannot be read; write 15wd (working days), 30d (days), 1m (months), or a fixed date such as "
    "2026-03-31 or <2026-03-01 (before that day).",
)
_BAD_AMOUNT: Final = Sentence(
    "期限“{text}”的数值须在1至{most}之间。", "The term “{text}” must be between 1 and {most}."
)
_BAD_MOMENT: Final = Sentence(
    "时间“{text}”不可识别，应为 2026-03-05T09:00+08:00。",
    "The time “{text}” cannot be read; write 2026-03-05T09:00+08:00.",
)
_FAR_DATE: Final = Sentence(
    "日期“{text}”超出可计算的范围（{first}年至{last}年）。",
    "The date “{text}” is outside the years that can be reckoned with ({first} to {last}).",
)
_WEEKDAYS_ZH: Final = "一二三四五六日"
_WEEKDAYS_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def parse_date(text: str) -> date:
    """Return the day that `text` names, in any of the forms that `states.written_terms.read_day` knows.

    Raises:
        BadTerm: it names none, one that does not exist, or one of several.
    """
    from states.written_terms import read_day  # noqa: PLC0415  # its patterns take long to compile; lists read no days

    day = read_day(text)
    if day.year not in YEARS:
        raise BadTerm(_FAR_DATE.fill(text=text[:40], first=YEARS.start, last=YEARS.stop - 1))
    return day


def parse_moment(text: str, zone: tzinfo) -> datetime:
    """Return the instant that `text` names in ISO 8601; without an offset in `zone`, without a time the day's end.

    Raises:
        BadMoment: it names none, or one outside of the years in which this program counts. Close to the ends of time an
            instant exists in one zone and not in another.
    """
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError as error:
        raise BadMoment(_BAD_MOMENT.fill(text=text[:40])) from error
    if len(text.strip()) <= len("2026-03-05"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    if moment.year not in YEARS:
        raise BadMoment(_FAR_DATE.fill(text=text[:40], first=YEARS.start, last=YEARS.stop - 1))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def date_text(day: date, lang: str = "zh-CN") -> str:
    """Return the day for people: 2026年3月5日（周四）, in English 2026-03-05 (Thu)."""
    if lang.startswith("en"):
        return f"{day.isoformat()} ({_WEEKDAYS_EN[day.weekday()]})"
    return f"{day.year}年{day.month}月{day.day}日（周{_WEEKDAYS_ZH[day.weekday()]}）"


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
    from states.written_terms import DAYS, read_term  # noqa: PLC0415  # as above

    # Whoever types 天 into a form or the calculator means days; only in a ledger's column is that asked.
    written = read_term(text, days=DAYS).term
    found = _TERM.match(written)
    if found is not None:
        amount, unit = int(found[1]), Unit(found[2])
        most = MOST_MONTHS if unit is Unit.MONTH else MOST_DAYS
        if not 1 <= amount <= most:
            raise BadTerm(_BAD_AMOUNT.fill(text=text[:40], most=most))
        return Term(amount, unit)
    if not written:
        raise BadTerm(_BAD_TERM.fill(text=text[:40]))
    before = written.startswith("<")
    day = parse_date(written.removeprefix("<"))
    return Term(0, Unit.FIXED, day - ONE_DAY if before else day, before)


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

    Source: 民法典 201–203; docs/domain.md §3, counting time; ADR 0003.
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

    Source: docs/domain.md §3, counting time 11, by analogy with 行政复议法 39.
    """
    first = stopped_on - ONE_DAY
    return calendar.working_days_between(max(started_on, first) if started_on <= stopped_on else first, due_on)


def unused(started_on: date, due_on: date, term: Term, stopped_on: date, calendar: Calendar) -> Term:
    """Return what is left of a term when its clock is stopped on a day, in the term's own unit, one at least.

    Working days stay working days, and fixed days are given back as the working days that were left until them. Days
    and months are given back as days: the days after the start and before the stop are used.

    Source: docs/domain.md §4.7 (suspension of a term in days or months), 民法典 201–203.
    """
    if term.unit in (Unit.WORKING_DAY, Unit.FIXED):
        return Term.parse(f"{max(1, remaining(started_on, due_on, stopped_on, calendar))}wd")
    # On the day of service nothing is used yet; an extension begins to count later, and all until its end is left.
    first = stopped_on if stopped_on == started_on else stopped_on - ONE_DAY
    return Term.parse(f"{max(1, (_corresponding(started_on, term) - first).days)}d")


def extend(due_on: date, extra: Term, calendar: Calendar) -> DueDay:
    """Return the day to which an extension moves a term: counted from the old due day (docs/domain.md §3)."""
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
