"""The sample's yearly obligations: most are handed in and signed for in time, a few lack something.

Which do is said by their place in the list, so that every filling tells the same story.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

from states.obligation import ObligationState
from store.obligations import Asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from states.working_days import Calendar
    from store.obligations import Obligation
    from wiring.container import Office
    from wiring.sample.people import Staff

DIRECTOR, HANDLER = "zhouming", "liufang"
LACKS_ONE: Final = 5
"""Of so many reports, one lacks its last receipt."""
NOT_DONE: Final = 7
EXCUSED: Final = 23


class YearlyLife:
    """What units and the office do about the year's obligations, day by day."""

    def __init__(self, office: Office, staff: Staff, calendar: Calendar) -> None:
        """Live in this office."""
        self.office, self.staff, self.calendar = office, staff, calendar
        self.plan: dict[date, list[Callable[[datetime], None]]] = defaultdict(list)

    def begin(self, since: date, today: date, at: datetime) -> None:
        """Generate what is due from the first day on, and plan what is done about it until today."""
        director = self.staff.actor(DIRECTOR, "")
        for year in range(since.year, today.year + 1):
            self.office.obligations.generate(year, director, at, due_from=since)
            for place, one in enumerate(self.office.obligations.listed(Asked(year=year))):
                for on, step in self._steps(place, one):
                    day = self.calendar.roll(on)
                    if since < day <= today and day.year == year:
                        self.plan[day].append(step)

    def acts_on(self, day: date) -> list[Callable[[datetime], None]]:
        """Return what is done on this day."""
        return self.plan.get(day, [])

    def _steps(self, place: int, one: Obligation) -> list[tuple[date, Callable[[datetime], None]]]:
        if one.receivers:
            handed_in = self.calendar.back(one.due_on, 14 - place % 6)
            steps: list[tuple[date, Callable[[datetime], None]]] = [
                (handed_in, partial(self._submit, one, "年度报告已按时报送（正式文本）"))
            ]
            signing = one.receivers[:-1] if place % LACKS_ONE == 0 else one.receivers
            steps += [
                (self.calendar.forward(handed_in, 1 + nth), partial(self._receive, one, who))
                for nth, who in enumerate(signing)
            ]
            return steps
        if place % EXCUSED == EXCUSED - 1:
            return [(date(one.year, 5, 20), partial(self._excuse, one))]
        times = one.times - (place % NOT_DONE == 0)
        months = max(1, (one.due_on.month - 2) // one.times)
        return [
            (
                date(one.year, min(one.due_on.month, 2 + months * nth + place % 2), 5 + place % 20),
                partial(self._submit, one, f"第{nth + 1}次会议纪要和签到" if one.times > 1 else "印发件和会议纪要"),
            )
            for nth in range(times)
        ]

    def _submit(self, one: Obligation, note: str, at: datetime) -> None:
        self.office.obligations.submit(one.id, self._day(at), self.staff.actor(HANDLER, ""), at, note=note)

    def _receive(self, one: Obligation, who: str, at: datetime) -> None:
        self.office.obligations.receive(one.id, who, self._day(at), self.staff.actor(HANDLER, ""), at)

    def _excuse(self, one: Obligation, at: datetime) -> None:
        if self.office.obligations.one(one.id).state is ObligationState.OPEN:
            reason = "机构改革中，职责并入其他单位"
            self.office.obligations.excuse(one.id, reason, self._day(at), self.staff.actor(DIRECTOR, ""), at)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.office.settings.tz).date()
