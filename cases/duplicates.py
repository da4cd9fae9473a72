"""What a new finding resembles among the cases of its unit, and which unit its typed name means: asked before opening.

A person decides: it is the known case (join), the problem came back (反复出现), or it is another one, with a reason.
Nobody is shown a case that he or she may not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from states.likeness import ComparedFinding, resembling
from states.vocabulary import State
from store import cases, named_units, personal_data, visibility

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from states.case import Case
    from store.database import Database
    from store.named_units import MeantUnit
    from store.visibility import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeCase:
    """A case that a finding resembles, and how much: from 0 to 1."""

    case: Case
    likeness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningQuestions:
    """What is to be settled before a finding is registered."""

    unit: MeantUnit
    alike: tuple[AlikeCase, ...]


def questions_of(  # whose sight, and what the finding is
    database: Database, reader: Reader | None, unit: str, finding: str, duty: str, on: date
) -> OpeningQuestions:
    """Return which unit is meant, and which of its cases the finding resembles; `reader` is nobody at the console."""
    with database.reading() as session:
        meant = named_units.directory(session, reader).meant(unit)
        if not meant.known:
            return OpeningQuestions(unit=meant, alike=())
        return OpeningQuestions(unit=meant, alike=tuple(_alike(session, reader, meant.known, finding, duty, on)))


def _alike(  # as `questions_of`
    session: Session, reader: Reader | None, unit: str, finding: str, duty: str, on: date
) -> list[AlikeCase]:
    stored = [one for one in cases.of_units(session, [unit]) if one.case.state is not State.TRANSFERRED]
    if reader is not None:
        seen = visibility.seen_among(session, reader, [one.case.id for one in stored])
        stored = [one for one in stored if one.case.id in seen]
    known = {one.case.number: one.case for one in personal_data.shown_all(session, stored)}
    others = [
        ComparedFinding(
            number=case.number, text=case.finding, duty=case.duty, found_on=case.opened_on, is_open=case.is_open
        )
        for case in known.values()
    ]
    new = ComparedFinding(number="", text=finding, duty=duty, found_on=on)
    return [AlikeCase(case=known[one.number], likeness=one.likeness) for one in resembling(new, others)]
