"""The office's reports (督查通报, 督查专报): counted from the events of the cases that the reader watches.

A report of a period that is over is counted as of its last day, and one of a period that runs as of today, so that
every figure equals a count over the export of that day.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from heapq import merge
from threading import Lock
from typing import TYPE_CHECKING, Final

from programme.case_course import course_until
from programme.periods import REPORTS, Period, parse_period
from programme.report import FIGURES, Report
from programme.report_counting import Counting
from programme.rooms import YearRooms
from states.errors import BadData, NotFound, NotPermitted, Sentence
from states.terms import date_text, parse_date
from store import events, office_events, report_cases
from store.report_cases import StandingCase
from store.visibility import READS_REPORTS, reader_of, scope

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.accounts import Person
    from store.database import Database
    from store.visibility import Reader

_KEPT: Final = 4
"""So many reports are kept in memory; each holds the numbers of the cases behind its figures."""
MOST_AGAIN: Final = 2_000
"""If something happened in more cases since, all are counted."""
_DEPENDS_ON: Final = ("units", "rankings")
"""The tables beside those of cases whose rows a report depends on."""
_AHEAD: Final = Sentence("{period}还没有开始。", "{period} has not begun.")
_NOT_YET: Final = Sentence("{on}还没有过去，也不在{period}内。", "{on} is not over, or lies outside {period}.")
_NOT_YOURS: Final = Sentence(
    "督查通报和督查专报由承办人、督查机构负责人和批准领导查看。",
    "Reports are for case handlers, the office's director and the approving leader.",
)
_NAMED: Final = Sentence("{kind}{period}：{figure}", "{kind}, {period}: {figure}")
_PART_OF: Final = ("其中一项", "one of its parts")
_NO_LIST: Final = Sentence("没有这项数字背后的清单。", "There is no list behind this figure.")


@dataclass(slots=True)
class _KeptReport:
    """A report that was counted: of how many events of cases, and which rows it depends on beside them."""

    counting: Counting
    report: Report
    seq: int = 0
    rows: tuple[int, ...] = ()


class Reports:
    """Counts reports."""

    def __init__(self, database: Database, zone: tzinfo, rooms: YearRooms | None = None) -> None:
        """Read this database; days are those of the zone."""
        self.database, self.zone = database, zone
        self.rooms = rooms or YearRooms()
        self._kept: OrderedDict[Hashable, _KeptReport] = OrderedDict()
        self._lock = Lock()

    def report(self, period: Period, now: datetime, person: Person | None, *, until: date | None = None) -> Report:
        """Return the report of a period, over the cases that the person may see; all at the console of the machine.

        What was counted once is kept, and when something happens only the cases are counted again in which it did.
        Whoever asks while a report is being counted waits for it.

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
        # The latest day moves on with the days; only an earlier one is a question of its own.
        chosen = until if until is not None and until < min(period.last, today) else None
        with self._lock:
            return self._up_to_date(period, last, chosen, None if person is None else reader_of(person))

    def _up_to_date(self, period: Period, last: date, chosen: date | None, reader: Reader | None) -> Report:
        """Return the report as it is now: what was counted before, with the cases in which something happened since."""
        question = (period.key, chosen, reader)
        with self.database.reading() as session:
            kept = self._kept.get(question)
            seq, rows = events.size(session), office_events.latest_of(session, _DEPENDS_ON)
            moved = None
            if kept is not None and kept.rows == rows and kept.counting.until <= last:
                moved = report_cases.moved_since(session, kept.seq, kept.counting.until, last, MOST_AGAIN)
            if kept is None or moved is None:
                kept = self._counted(session, period, last, reader)
            elif moved or kept.counting.until < last:
                self._count_again(session, kept, moved, last, reader)
            kept.seq, kept.rows = seq, rows
        self._kept[question] = kept
        self._kept.move_to_end(question)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept.report

    def _counted(self, session: Session, period: Period, last: date, reader: Reader | None) -> _KeptReport:
        counting = Counting(period, last)
        limits = _limits(reader)
        units = report_cases.moved(session, period.first, last, *limits)
        self._count(session, counting, units, limits)
        ranking = self.rooms.ranking(session, period.year, last) if self.rooms.ranking else None
        names = report_cases.names(session, counting.named(), last, *limits)
        return _KeptReport(counting, counting.report(ranking, names))

    def _count_again(
        self, session: Session, kept: _KeptReport, moved: Sequence[int], last: date, reader: Reader | None
    ) -> None:
        """Count these cases by what they are now, in the place of what they were when they were counted."""
        counting, until, limits = kept.counting, kept.counting.until, _limits(reader)
        units = report_cases.units_of(session, moved, last, *limits)
        for history in events.histories(session, list(moved)):
            before, after = Counting(counting.period, until), Counting(counting.period, last)
            was = [one for one in history if one.seq <= kept.seq]
            case_id = history[0].event.case_id
            unit_id = units.get(case_id) or report_cases.unit_of(session, case_id)
            if was and (course := course_until(was, until, self.zone)) is not None:
                before.count(course, unit_id)
            if case_id in units and (course := course_until(history, last, self.zone)) is not None:
                after.count(course, unit_id)
            counting.recount(case_id, before, after)
        counting.until = last
        named = counting.named()
        names = {unit_id: name for unit_id, name in kept.report.unit_names.items() if unit_id in named}
        names |= report_cases.names(session, (named - set(names)) | (set(units.values()) & named), last, *limits)
        ranking = self.rooms.ranking(session, counting.period.year, last) if self.rooms.ranking else None
        kept.report = counting.report(ranking, names)

    def _count(
        self, session: Session, counting: Counting, units: Mapping[int, int], limits: Sequence[ColumnElement[bool]]
    ) -> None:
        """Count the cases in the order of their ids: those of `units` by their histories, all others by their rows."""
        first_of_years = date(counting.period.year - 1, 1, 1)
        standing = report_cases.standing(session, counting.until, first_of_years, *limits)
        others = (one for one in standing if one.id not in units)
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


def _limits(reader: Reader | None) -> tuple[ColumnElement[bool], ...]:
    return () if reader is None else (scope(reader),)


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
