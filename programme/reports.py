"""The office's reports (督查通报, 督查专报): counted from the events of the cases that the reader watches.

A report of a period that is over is counted as of its last day, and one of a period that runs as of today, so that
every figure equals a count over the export of that day.
"""

from __future__ import annotations

from datetime import date
from heapq import merge
from typing import TYPE_CHECKING, Final

from programme.answer_cache import AnswerCache
from programme.case_course import course_until
from programme.periods import REPORTS, Period, parse_period
from programme.report import FIGURES, Counting, Report
from programme.rooms import YearRooms
from states.errors import BadData, NotFound, NotPermitted, Sentence
from states.terms import date_text, parse_date
from store import events, leaves, report_cases
from store.report_cases import StandingCase
from store.visibility import READS_REPORTS, reader_of, scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.accounts import Person
    from store.database import Database
    from store.visibility import Reader

_KEPT: Final = 4
"""So many reports are kept in memory; each holds the numbers of the cases behind its figures."""
_AHEAD: Final = Sentence("{period}还没有开始。", "{period} has not begun.")
_NOT_YET: Final = Sentence("{on}还没有过去，也不在{period}内。", "{on} is not over, or lies outside {period}.")
_NOT_YOURS: Final = Sentence(
    "督查通报和督查专报由承办人、督查机构负责人和批准领导查看。",
    "Reports are for case handlers, the office's director and the approving leader.",
)
_NAMED: Final = Sentence("{kind}{period}：{figure}", "{kind}, {period}: {figure}")
_PART_OF: Final = ("其中一项", "one of its parts")
_NO_LIST: Final = Sentence("没有这项数字背后的清单。", "There is no list behind this figure.")


class Reports:
    """Counts reports."""

    def __init__(self, database: Database, zone: tzinfo, rooms: YearRooms | None = None) -> None:
        """Read this database; days are those of the zone."""
        self.database, self.zone = database, zone
        self.rooms = rooms or YearRooms()
        self._remembered: AnswerCache[Report] = AnswerCache(_KEPT)

    def report(self, period: Period, now: datetime, person: Person | None, *, until: date | None = None) -> Report:
        """Return the report of a period, over the cases that the person may see; all at the console of the machine.

        As long as nothing happens in the office it is the same, and not counted again.

        `until` is the day as of which it is counted, in the period: its last day, or today, if nothing is given.

        Raises:
            NotPermitted: reports are not for this role.
            BadData: the period has not begun, or the day lies outside it or is not over.
        """
        if person is not None and person.role not in READS_REPORTS:
            raise NotPermitted(_NOT_YOURS)
        today = now.astimezone(self.zone).date()
        if period.first > today:
            raise BadData(_AHEAD.fill(period=Sentence(period.text("zh-CN"), period.text("en"))))
        last = min(period.last, today) if until is None else until
        if last > today or not period.covers(last):
            raise BadData(
                _NOT_YET.fill(
                    on=Sentence(date_text(last), date_text(last, "en")),
                    period=Sentence(period.text("zh-CN"), period.text("en")),
                )
            )
        reader = None if person is None else reader_of(person)
        with self.database.reading() as session:
            known = leaves.size(session)
        return self._remembered.answer((known, period.key, last, reader), lambda: self._counted(period, last, reader))

    def _counted(self, period: Period, last: date, reader: Reader | None) -> Report:
        counting = Counting(period, last)
        with self.database.reading() as session:
            limits = () if reader is None else (scope(reader),)
            units = report_cases.moved(session, period.first, last, *limits)
            self._count(session, counting, units, limits)
            ranking = self.rooms.ranking(session, period.year, last) if self.rooms.ranking else None
            names = report_cases.names(session, counting.named(), last, *limits)
        return counting.report(ranking, names)

    def _count(
        self, session: Session, counting: Counting, units: Mapping[int, int], limits: Sequence[ColumnElement[bool]]
    ) -> None:
        """Count the cases in the order of their ids: those of `units` by their histories, all others by their rows."""
        first_of_years = date(counting.period.year - 1, 1, 1)
        standing = report_cases.standing(session, counting.until, first_of_years, *limits)
        others = [one for one in standing if one.id not in units]
        histories = events.histories(session, list(units))
        every: Iterable[int | StandingCase] = merge(
            units, others, key=lambda one: one if isinstance(one, int) else one.id
        )
        for one in every:
            if isinstance(one, StandingCase):
                counting.count_standing(one)
                continue
            course = course_until(next(histories), counting.until, self.zone)
            if course is not None:
                counting.count(course, units[one])

    def cases_behind(self, address: str, now: datetime, person: Person) -> tuple[int, ...]:
        """Return the cases behind a figure, by what stands in its address (`address_of`).

        Raises:
            NotFound: the address names no figure.
            NotPermitted: reports are not for this role.
        """
        try:
            period, until, key = _parts(address)
            report = self.report(period, now, person, until=until)
        except (BadData, ValueError) as problem:
            raise NotFound(_NO_LIST) from problem
        return tuple(report.figure(key).case_ids)


def address_of(report: Report, key: str) -> str:
    """Return how a figure stands in an address: the period, the day of the count, and its name."""
    return f"{report.period.key}.{report.until.isoformat()}.{key}"


def figure_named(address: str) -> Sentence:
    """Return what people call the figure of an address, with its report: 督查专报2026年第二季度：本期立案."""
    period, _until, key = _parts(address)
    said = Sentence(*FIGURES.get(key, _PART_OF))
    kind = Sentence(*REPORTS[period.kind])
    named = Sentence(period.text("zh-CN"), period.text("en"))
    return _NAMED.fill(kind=kind, period=named, figure=said)


def _parts(address: str) -> tuple[Period, date, str]:
    period, until, key = address.split(".", 2)
    return parse_period(period), parse_date(until), key
