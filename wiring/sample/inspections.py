"""The inspections of the sample's year: planned, approved, and one of them on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from programme.inspection_drafts import InspectionDraft
from programme.on_site import Given
from states.inspection import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from states.case import Actor
    from wiring.container import Office
    from wiring.sample.script import Script

Step = tuple[date, "Callable[[datetime], None]"]


@dataclass(slots=True)
class SampleInspection:
    """One inspection of the story; its id is known once it was planned."""

    office: Office
    script: Script
    told: Mapping[str, Any]
    actor: Callable[[str, str], Actor]
    id: int = 0

    def steps(self) -> Iterator[Step]:
        """Yield what happens to it, each with its day."""
        told = self.told
        yield self.script.day(told["planned"]["at"]), self._plan
        if "approved" in told:
            yield self.script.day(told["approved"]["at"]), self._approve
        if "announced" in told:
            yield self.script.day(told["announced"]["at"]), self._announce
        for unit, seen in told.get("lists", {}).items():
            yield self.script.day(seen["at"]), partial(self._visit, unit, seen)

    def _days(self) -> tuple[date, date]:
        """Return its first and last day; at the turn of the year it ends with its year."""
        first = self.script.day(self.told["from"])
        return first, min(self.script.day(self.told["until"]), date(first.year, 12, 31))

    def _plan(self, at: datetime) -> None:
        told, (first, last) = self.told, self._days()
        draft = InspectionDraft(
            kind=told["kind"],
            title=told["title"],
            basis=told["basis"],
            units=tuple(self.script.units[key].name for key in told["units"]),
            duties=tuple(told["duties"]),
            from_on=first,
            until_on=last,
            team=tuple(told["team"]),
            questions=told.get("questions"),
            kept_because=told.get("kept_because", ""),
        )
        self.id = self.office.inspection_plans.plan(draft, self.actor(told["planned"]["by"], ""), at).id

    def _approve(self, at: datetime) -> None:
        by = self.actor(self.told["approved"]["by"], "")
        self.office.inspection_plans.approve([self.id], self.office.today(at), by, at)

    def _announce(self, at: datetime) -> None:
        by = self.actor(self.told["announced"]["by"], "")
        self.office.inspection_plans.announce(self.id, self.office.today(at), by, at)

    def _visit(self, unit: str, seen: Mapping[str, Any], at: datetime) -> None:
        name, by = self.script.units[unit].name, self.actor(seen["by"], "")
        inspection = self.office.inspection_plans.one(self.id)
        list_id = next(visit.id for visit in inspection.visits if visit.unit == name)
        places = {item.duty: item.place for item in inspection.items}
        given = [
            Given(places[duty], Answer(said["answer"]), said.get("note", "")) for duty, said in seen["answers"].items()
        ]
        self.office.on_site.answer(list_id, given, min(self.office.today(at), self._days()[1]), by, at)
