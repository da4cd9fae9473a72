"""The burden on units (督查负担): how often each is called on in a month, and what another inspection would add.

Source: Government Supervision Regulations art. 15 (no repeated or overlapping inspections, control of frequency); the
rules of 2024 on relieving the grass roots; ADR 0045.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from states.duty import citation
from states.errors import Sentence
from states.inspection import Burden, InspectionScope, Overlap, burden_of, item_of
from states.terms import date_text
from store import burden as counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from sqlalchemy.orm import Session

    from store.inspections import PlannedInspection
    from store.visibility import Reader

_OVERLAP: Final = Sentence(
    "与{number}“{title}”（{from_on}至{until_on}）重叠：{shared}。",
    "It overlaps with {number} “{title}” ({from_on} to {until_on}): {shared}.",
)
_OVER: Final = Sentence(
    "{unit}{month}月将达{count}次，超过每月{most}次的上限。",
    "{unit} would be called on {count} times in month {month}, above the ceiling of {most}.",
)


@dataclass(frozen=True, slots=True)
class UnitBurden:
    """How often one unit is called on in each month of a year, with what is planned counted in."""

    unit_id: int
    unit: str
    months: tuple[Burden, ...]

    def over(self, most: int) -> tuple[Burden, ...]:
        """Return the months above the ceiling."""
        return tuple(month for month in self.months if month.contacts > most)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an inspection would meet: others that it overlaps with, and months that it brings above the ceiling."""

    overlaps: tuple[Overlap, ...]
    over: tuple[tuple[str, Burden], ...]
    most: int

    @property
    def weighs(self) -> bool:
        """Say whether a reason is needed: the same unit at the same time, or a month above the ceiling."""
        return bool(self.over) or any(one.units for one in self.overlaps)

    def sentences(self) -> list[Sentence]:
        """Return each of them as a sentence."""
        found = [_overlap_words(one) for one in self.overlaps]
        for unit, month in self.over:
            found.append(_OVER.fill(unit=unit, month=month.month, count=month.contacts, most=self.most))
        return found


def burdens(  # of which units in which year, inspected in which months, as whom, in whose months
    session: Session,
    year: int,
    units: Mapping[int, str],
    visits: Mapping[int, Sequence[int]],
    reader: Reader | None,
    zone: tzinfo,
) -> list[UnitBurden]:
    """Return how often each of these units is called on, by name: the months of `visits`, and what was asked."""
    asked = counted.request_days(session, units, year, reader)
    sent = counted.messages_sent(session, units, year, zone)
    return [
        UnitBurden(
            id_,
            name,
            burden_of(visits.get(id_, []), [day.month for day in asked.get(id_, [])], sent.get(id_, {})),
        )
        for id_, name in sorted(units.items(), key=lambda unit: unit[1])
    ]


def as_planned(inspection: PlannedInspection) -> InspectionScope:
    """Return what of an inspection matters to others."""
    return InspectionScope(
        number=inspection.number,
        title=inspection.title,
        units=frozenset(visit.unit for visit in inspection.visits),
        items=frozenset(item_of(item.duty) for item in inspection.items),
        from_on=inspection.from_on,
        until_on=inspection.until_on,
    )


def _overlap_words(one: Overlap) -> Sentence:
    items = [citation(item) or Sentence(item, item) for item in one.items]
    zh = "、".join((*one.units, *(item.text() for item in items)))
    en = ", ".join((*one.units, *(item.text("en") for item in items)))
    days = {
        name: Sentence(date_text(on, "zh-CN"), date_text(on, "en"))
        for name, on in (("from_on", one.other.from_on), ("until_on", one.other.until_on))
    }
    return _OVERLAP.fill(number=one.other.number, title=one.other.title, shared=Sentence(zh, en), **days)
