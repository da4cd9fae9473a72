"""Days and terms as officers write them: 2026年6月底前, 15个工作日内, 十五日, １５, 立行立改.

One reader for ledgers, forms and the calculator. It reads what has one meaning and asks about the rest: 26.3.4, 3月4日
without a year, 2026年6月, 30天 where nobody said whether rest days count. Full-width figures, Chinese figures, blanks
and invisible characters make no difference.

Source: docs/domain.md §4.7, "written terms"; 民法典 art. 201, 202, 1259.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from states.errors import BadTerm, Sentence

WORKING_DAYS: Final = "wd"
DAYS: Final = "d"
MONTHS: Final = "m"
FARTHEST: Final = 300
"""Days. A day without a year is taken for the next one of its name, unless that is nearly a year away."""

_INVISIBLE: Final = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
_BLANKS: Final = re.compile(r"\s+")
_DASHES: Final = str.maketrans("—–―‒‐‑−", "-------")
_FIGURES: Final = {figure: value for value, figure in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "○": 0}
_TENS: Final = {"十": 10, "百": 100}
_UPPER_CASE: Final = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰", "一二三四五六七八九十百")
"""The figures of formal papers (大写), which mean the same."""
_CHINESE: Final = "〇○零一二两三四五六七八九十百"
_N: Final = rf"(?:\d{{1,6}}|[{_CHINESE}]{{1,9}})"
_YEAR_MONTH: Final = re.compile(r"20\d{2}[.](?:0?[1-9]|1[0-2])")
_DECIMAL: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_Y: Final = r"(?:\d{4}|[〇○零一二三四五六七八九]{4})"

_DAY: Final = re.compile(
    rf"(?P<year>{_Y})(?:年(?P<m1>{_N})月(?P<d1>{_N})[日号]?|(?P<sep>[-/.])(?P<m2>\d{{1,2}})(?P=sep)(?P<d2>\d{{1,2}}))\.?"
)
_EIGHT: Final = re.compile(r"(?P<year>\d{4})(?P<m1>\d{2})(?P<d1>\d{2})")
_NO_YEAR: Final = re.compile(rf"(?:(?:今年|本年))?(?P<m1>{_N})(?:月|[-/.](?=\d))(?P<d1>{_N})[日号]?")
_SHORT: Final = re.compile(r"\d{1,2}([-/.年])\d{1,2}(?:\1|月)\d{1,2}日?")
_FOREIGN: Final = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}")
_MONTH: Final = re.compile(rf"(?:(?P<year>{_Y})[年./-])?(?P<month>{_N})月?份?")
_CLOCK: Final = re.compile(
    r"(?P<day>.+?\d)[T\s]*(?:星期.|周.)?[T\s]*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_WEEKDAY: Final = re.compile(r"[((]?(?:星期|周)[一二三四五六日天][))]?$")
_HALF_DAY: Final = re.compile(r"(?<=[日号\d])(?:上午|下午|全天|当天)$")
_RANGE: Final = re.compile(
    r"月(?:份)?(?:初|[上中下]旬)|季度|半年"
    r"|日?(?:-|~|至|到)\d{1,4}[日月年./-]|[日\d](?:至|到|~)|日-|、"
)

_LEAD: Final = re.compile(
    r"^(?:(?:自|从)?(?:收到|接到|接(?=通知|文|函)|送达|印发|下发|发文|通知)+(?:本)?(?:通知|文件|函)?(?:书)?(?:之日|当日)?(?:起|后)|限期?|务必|必须|须|应|于|在|请)+"
)
_TAIL: Final = re.compile(
    r"(?:(?:全面|全部|基本|按期|必须|须|要)?(?:整改|办理|落实|反馈)?(?:完成|完毕|到位|办结|报送|上报|反馈)(?:整改)?|整改|止|期限)$"
)
_SPAN: Final = re.compile(
    rf"(?P<n>{_N}|半)(?P<unit>个工作日|工作日|个自然日|自然日|日历日|个日历日|日|天|个月|周|个星期|星期|年|wd|d|m)(?:之内|以内|内)?",
    re.IGNORECASE,
)
_UNITS: Final = {
    "工作日": (1, WORKING_DAYS),
    "wd": (1, WORKING_DAYS),
    "自然日": (1, DAYS),
    "日历日": (1, DAYS),
    "日": (1, DAYS),
    "d": (1, DAYS),
    "周": (7, DAYS),
    "星期": (7, DAYS),
    "月": (1, MONTHS),
    "m": (1, MONTHS),
}
"""How many of which unit each word means; 天 means what its reader was told, and a year is twelve months."""
_YEARS: Final = 10
"""From here on a figure before 年 is the name of a year."""
_AND: Final = re.compile(r"[,，、;；]+|[并且](?=长期|持续|坚持|常态|立)")
_BEFORE: Final = re.compile(r"(?P<rest>.+?)(?P<before>之前|以前|前|内|止)")
_MONTH_END: Final = re.compile(rf"(?:(?P<year>{_Y})年|今年|本年)?(?P<month>{_N})月份?(?:底|末)")
_YEAR_END: Final = re.compile(rf"(?:(?P<year>{_Y})年?|今年|本年)?(?:年底|年末|年内|底)")
_HALF: Final = re.compile(rf"(?:(?P<year>{_Y})年|今年|本年)?(?P<half>上|下)半年(?:底|末)?")
_QUARTER: Final = re.compile(rf"(?:(?P<year>{_Y})年|今年|本年)?第?(?P<quarter>[1-4一二三四])季度(?:底|末)?")


class RectificationKind(StrEnum):
    """How a finding is to be put right (整改类型), where a ledger says this in place of a term (docs/domain.md §3)."""

    IMMEDIATE = "immediate"
    STAGED = "staged"
    CONTINUOUS = "continuous"


_KINDS: Final = (
    (
        re.compile(
            r"立(?:行|知|查|整)(?:立|即)改|即(?:知|查|行)即改|立即(?:整改|改正|办理)?|马上(?:就)?改|边[查督]边改|当场整改"
        ),
        RectificationKind.IMMEDIATE,
    ),
    (
        re.compile(
            r"长期(?:坚持|整改|推进|执行|落实)?|持续(?:整改|推进|坚持|用力|发力)?"
            r"|常态(?:化|长效)*(?:坚持|推进|整改|落实)?|坚持"
        ),
        RectificationKind.CONTINUOUS,
    ),
    (re.compile(r"分(?:阶段|步|期|批)(?:整改|推进|实施|完成)?|阶段性整改"), RectificationKind.STAGED),
)

_BAD_DATE: Final = Sentence(
    "日期“{text}”不可识别：应为 2026-03-05、2026年3月5日或2026.3.5，且须是真实存在的日期。",
    "The date “{text}” cannot be read; write an existing day as 2026-03-05, 2026年3月5日 or 2026.3.5.",
)
_NEEDS_YEAR: Final = Sentence(
    "日期“{text}”没有写年份，请写成“2026年3月5日”的形式。", "The date “{text}” has no year; write it as 2026年3月5日."
)
_NEEDS_DAY: Final = Sentence(
    "“{text}”只写到月，没有写明哪一天，请写明日期。", "“{text}” names a month and no day; write the day."
)
_SHORT_YEAR: Final = Sentence(
    "日期“{text}”的年份不足四位，请写成“2026年3月5日”的形式。",
    "The year of “{text}” has not four figures; write it as 2026年3月5日.",
)
_IS_RANGE: Final = Sentence("“{text}”是一段时间，请写明其中一天。", "“{text}” is a span of time; write one day of it.")
_IN_UTC: Final = Sentence(
    "“{text}”是带时区的时刻，在本地可能是另一天，请写明日期。",
    "“{text}” is a moment with a zone, which may be another day here; write the day.",
)
_BAD_TERM: Final = Sentence(
    "期限“{text}”不可识别：请写成“15个工作日”“30日”“1个月”或固定日期，如“2026年3月31日前”。",
    "The term “{text}” cannot be read; write 15个工作日, 30日, 1个月, or a fixed day such as 2026年3月31日前.",
)
_WHICH_DAYS: Final = Sentence(
    "期限“{text}”没有写明是工作日还是自然日，请改为“{n}个工作日”或“{n}日”。",
    "“{text}” does not say whether rest days count; write {n}个工作日 or {n}日.",
)
_NO_UNIT: Final = Sentence(
    "期限“{text}”没有写明单位，请改为“{text}个工作日”或“{text}日”。",
    "“{text}” has no unit; write {text}个工作日 or {text}日.",
)
_FRACTION: Final = Sentence("期限“{text}”不是整数，请写成整数。", "The term “{text}” is no whole number; write one.")
_FIRST_DAY: Final = Sentence(
    "期限“{text}”可以指当日，也可以指前一日，请写成“{day}止”或“{day}之前”。",
    "“{text}” may mean that day or the day before; write {day}止 (that day included) or {day}之前 (it excluded).",
)


@dataclass(frozen=True, slots=True)
class WrittenTerm:
    """What an officer wrote: a term in canonical form (`15wd`, `30d`, `3m`, `2026-06-30`, `<2026-03-01`), or a kind.

    Both stand where both are written. `supplied` says that the year was not written, and taken from the day that is
    known.
    """

    term: str
    kind: RectificationKind | None = None
    supplied: bool = False


def plain(text: str) -> str:
    """Return the text with compatible forms made one, without blanks and invisible characters, dashes made one."""
    one = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _BLANKS.sub("", one).translate(_DASHES).translate(_UPPER_CASE)


def read_number(text: str) -> int | None:
    """Return the whole number that is written in Arabic or Chinese figures up to 999; None if it is none."""
    if text.isascii() and text.isdigit():
        return int(text)
    if text and all(letter in _FIGURES for letter in text):
        return int("".join(str(_FIGURES[letter]) for letter in text))
    total, figure = 0, 0
    for letter in text:
        if letter in _FIGURES:
            figure = _FIGURES[letter]
        elif letter in _TENS:
            total += (figure or 1) * _TENS[letter]
            figure = 0
        else:
            return None
    return total + figure if text else None


def read_day(text: str, year: int | None = None) -> date:
    """Return the day that is written. `year` is the year of days that are written without one, if it is known.

    Raises:
        BadTerm: it names no day, or more than one day could be meant; the sentence says which.
    """
    shown = text.strip()[:40]
    clock = _CLOCK.fullmatch(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).strip())
    if clock is not None and clock["zone"]:
        raise BadTerm(_IN_UTC.fill(text=shown))
    written = plain(clock["day"] if clock is not None else text).rstrip("。;；")
    written = _WEEKDAY.sub("", _HALF_DAY.sub("", written))
    found = _DAY.fullmatch(written) or _EIGHT.fullmatch(written)
    if found is not None:
        return _day(found, read_number(found["year"]) or 0, shown)
    found = _NO_YEAR.fullmatch(written)
    if found is not None:
        if year is None:
            raise BadTerm(_NEEDS_YEAR.fill(text=shown))
        return _day(found, year, shown)
    if _SHORT.fullmatch(written) or _FOREIGN.fullmatch(written):
        raise BadTerm(_SHORT_YEAR.fill(text=shown))
    if _RANGE.search(written):
        raise BadTerm(_IS_RANGE.fill(text=shown))
    if "月" in written and _MONTH.fullmatch(written):
        raise BadTerm(_NEEDS_DAY.fill(text=shown))
    raise BadTerm(_BAD_DATE.fill(text=shown))


def _day(found: re.Match[str], year: int, shown: str) -> date:
    groups = found.groupdict()
    month = read_number(groups["m1"] or groups.get("m2") or "")
    day = read_number(groups["d1"] or groups.get("d2") or "")
    try:
        return date(year, month or 0, day or 0)
    except ValueError as error:
        raise BadTerm(_BAD_DATE.fill(text=shown)) from error


def read_kind(text: str) -> RectificationKind | None:
    """Return the kind of rectification that the text names and nothing else, or None."""
    written = plain(text).rstrip("。.;；!")
    return next((kind for pattern, kind in _KINDS if pattern.fullmatch(written)), None)


def read_term(
    text: str, *, days: str | None = None, bare: str | None = None, after: date | None = None, year: int | None = None
) -> WrittenTerm:
    """Return the term that is written.

    Args:
        text: what the officer wrote.
        days: what 天 means, `d` or `wd`, if that is settled; else it is asked.
        bare: the unit of a number that stands alone, if its heading names one; else it is asked.
        after: the day on which the term begins or the finding was made; a day without a year is the next after it.
        year: the year of days without one, if it is settled; it goes before `after`.

    Raises:
        BadTerm: it cannot be read, or more than one term could be meant; the sentence says what to write.
    """
    kind = read_kind(text)
    if kind is not None:
        return WrittenTerm("", kind)
    shown = text.strip()[:40]
    parts = [part for part in _AND.split(plain(text)) if part]
    kinds = [found for part in parts if (found := read_kind(part)) is not None]
    if len(kinds) == 1 and len(parts) == len(("a term", "a kind")):
        # 2026年12月底前完成并长期坚持. Two kinds without a term contradict each other, and are asked about.
        written = next(part for part in parts if read_kind(part) is None)
        return replace(read_term(written, days=days, bare=bare, after=after, year=year), kind=kinds[0])
    written = plain(text).strip("。.;；,，()")
    inner = _TAIL.sub("", _LEAD.sub("", written)) or written
    return (
        _bare(inner, bare, shown)
        or _span(inner, days, shown)
        or _fixed(inner, after, year, shown)
        or _not_read(inner, shown)
    )


def _bare(text: str, unit: str | None, shown: str) -> WrittenTerm | None:
    if _YEAR_MONTH.fullmatch(text):
        raise BadTerm(_NEEDS_DAY.fill(text=shown))
    number = float(text) if _DECIMAL.fullmatch(text) else read_number(text)
    if number is None:
        return None
    if number != int(number):
        raise BadTerm(_FRACTION.fill(text=shown))
    if unit is None:
        raise BadTerm(_NO_UNIT.fill(text=shown))
    return WrittenTerm(f"{int(number)}{unit}")


def _span(text: str, days: str | None, shown: str) -> WrittenTerm | None:
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    unit = found["unit"].lower()
    if found["n"] == "半" and unit != "年":
        raise BadTerm(_BAD_TERM.fill(text=shown))
    number = 0 if found["n"] == "半" else read_number(found["n"])
    if number is None or (unit == "年" and number >= _YEARS):
        return None
    if unit == "天" and days is None:
        raise BadTerm(_WHICH_DAYS.fill(text=shown, n=number))
    if unit == "年":
        return WrittenTerm(f"{12 * number or 6}m")
    times, short = _UNITS.get(unit.removeprefix("个"), (1, days or DAYS))
    return WrittenTerm(f"{times * number}{short}")


def _fixed(text: str, after: date | None, year: int | None, shown: str) -> WrittenTerm | None:
    """Return the fixed last day: 前 and 底前 include the day that is named, 之前 and < exclude it."""
    ending = _BEFORE.fullmatch(text)
    word = ending["before"] if ending else ""
    rest = ending["rest"] if ending else text
    if rest.startswith("<"):
        rest, word = rest[1:], "之前"
    period = _period_end(rest, after, year, shown) or (_period_end(text, after, year, shown) if ending else None)
    if period is not None:
        return period
    no_year = _NO_YEAR.fullmatch(rest)
    try:
        day = _next(no_year, after, year, shown) if no_year is not None else read_day(rest, year)
    except BadTerm as problem:
        if problem.sentence.zh == _BAD_DATE.zh:
            return None
        raise
    if word in {"前", "以前"} and day.day == 1:
        raise BadTerm(_FIRST_DAY.fill(text=shown, day=f"{day.year}年{day.month}月{day.day}日"))
    return WrittenTerm(f"<{day}" if word == "之前" else str(day), supplied=no_year is not None)


def _period_end(text: str, after: date | None, year: int | None, shown: str) -> WrittenTerm | None:
    """Return the last day of the month, quarter, half year or year that is named, if one is."""
    for pattern in (_MONTH_END, _QUARTER, _HALF, _YEAR_END):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        if "month" in parts:
            month = read_number(parts["month"]) or 0
        elif "quarter" in parts:
            month = 3 * (read_number(parts["quarter"]) or 0)
        else:
            month = 6 if parts.get("half") == "上" else 12
        if not 1 <= month <= 12:  # noqa: PLR2004  # months of a year
            raise BadTerm(_BAD_TERM.fill(text=shown))
        written = read_number(parts["year"]) if parts["year"] else year
        if written is not None:
            return WrittenTerm(str(_month_end(written, month)), supplied=not parts["year"])
        if after is None:
            raise BadTerm(_NEEDS_YEAR.fill(text=shown))
        day = _month_end(after.year, month)
        day = day if day >= after else _month_end(after.year + 1, month)
        return WrittenTerm(str(_near(day, after, shown)), supplied=True)
    return None


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _next(found: re.Match[str], after: date | None, year: int | None, shown: str) -> date:
    if year is not None or after is None:
        return read_day(found[0], year)
    day = _day(found, after.year, shown)
    return _near(day if day >= after else _day(found, after.year + 1, shown), after, shown)


def _near(day: date, after: date, shown: str) -> date:
    if (day - after).days > FARTHEST:
        raise BadTerm(_NEEDS_YEAR.fill(text=shown))
    return day


def _not_read(text: str, shown: str) -> WrittenTerm:
    if "月" in text and _MONTH.fullmatch(text.removesuffix("前").removesuffix("内").removesuffix("之")):
        raise BadTerm(_NEEDS_DAY.fill(text=shown))
    raise BadTerm(_BAD_TERM.fill(text=shown))
