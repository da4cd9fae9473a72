"""Periods of reports: a calendar month or a quarter, in the office's zone, both ends inclusive."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from states.duty import numeral
from states.errors import BadData, Sentence
from states.terms import YEARS

_MONTH: Final = re.compile(r"^(\d{4})(?:-|年)(\d{1,2})月?$", re.ASCII)
_QUARTER: Final = re.compile(r"^(\d{4})(?:-?[Qq]|年第?)([1-4一二三四])(?:季度)?$", re.ASCII)
_NUMERALS: Final = "一二三四"
_NO_PERIOD: Final = Sentence(
    "期间“{text}”不可识别：月份写作2026-05，季度写作2026Q2。",
    "The period “{text}” cannot be read: write a month as 2026-05, a quarter as 2026Q2.",
)
_OTHER_KIND: Final = Sentence("“{text}”不是{kind}。", "“{text}” is no {kind}.")


class PeriodKind(StrEnum):
    """How long a period is; its report is named for it."""

    MONTH = "monthly"
    QUARTER = "quarterly"


KINDS: Final = {PeriodKind.MONTH: ("月份", "month"), PeriodKind.QUARTER: ("季度", "quarter")}
REPORTS: Final = {
    PeriodKind.MONTH: ("督查通报", "monthly bulletin"),
    PeriodKind.QUARTER: ("督查专报", "quarterly report"),
}
"""What people call the periods, and the reports of each."""


@dataclass(frozen=True, slots=True)
class Period:
    """The `place`-th month or quarter of a year."""

    kind: PeriodKind
    year: int
    place: int

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, self._first_month, 1)

    @property
    def last(self) -> date:
        """The last day."""
        month = self._first_month + (2 if self.kind is PeriodKind.QUARTER else 0)
        return date(self.year, month, monthrange(self.year, month)[1])

    @property
    def _first_month(self) -> int:
        return 3 * self.place - 2 if self.kind is PeriodKind.QUARTER else self.place

    @property
    def key(self) -> str:
        """How the period stands in an address: `2026-05`, `2026Q2`."""
        return f"{self.year}Q{self.place}" if self.kind is PeriodKind.QUARTER else f"{self.year}-{self.place:02}"

    def text(self, lang: str) -> str:
        """Return the period for people: 2026年第二季度, 2026年5月."""
        if lang.startswith("en"):
            return self.key
        if self.kind is PeriodKind.QUARTER:
            return f"{self.year}年第{numeral(self.place)}季度"
        return f"{self.year}年{self.place}月"

    def covers(self, on: date) -> bool:
        """Say whether the day lies in the period."""
        return self.first <= on <= self.last


def period_of(kind: PeriodKind, on: date) -> Period:
    """Return the period of this kind in which the day lies."""
    return Period(kind, on.year, (on.month + 2) // 3 if kind is PeriodKind.QUARTER else on.month)


def before(period: Period) -> Period:
    """Return the period before this one."""
    return period_of(period.kind, date.fromordinal(period.first.toordinal() - 1))


def parse_period(text: str, kind: PeriodKind | None = None) -> Period:
    """Return the period that is named: `2026-05`, 2026年5月, `2026Q2`, 2026年第二季度.

    Raises:
        BadData: none is, or one of another kind, or of a year in which nobody counts here.
    """
    written = "".join(text.split())
    month, quarter = _MONTH.match(written), _QUARTER.match(written)
    if quarter is not None:
        place = int(quarter[2]) if quarter[2].isdigit() else _NUMERALS.index(quarter[2]) + 1
        found = Period(PeriodKind.QUARTER, int(quarter[1]), place)
    elif month is not None and 1 <= int(month[2]) <= 12:  # noqa: PLR2004  # the months of a year
        found = Period(PeriodKind.MONTH, int(month[1]), int(month[2]))
    else:
        raise BadData(_NO_PERIOD.fill(text=text[:40]))
    if found.year not in YEARS or found.year - 1 not in YEARS:
        raise BadData(_NO_PERIOD.fill(text=text[:40]))
    if kind is not None and found.kind is not kind:
        raise BadData(_OTHER_KIND.fill(text=text[:40], kind=Sentence(*KINDS[kind])))
    return found
