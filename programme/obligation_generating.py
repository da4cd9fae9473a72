"""Generating the obligations of a year: once for each unit that a clause binds, by the rules of the day.

What those rules said is frozen in the row; later ones change only years that have not begun (ADR 0044).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from states.errors import BadData, NotFound, NotPermitted, Sentence
from states.obligation import FIRST_YEAR, GENERATE, ObligationState, is_by_reference
from states.obligation_times import looks, next_look
from states.vocabulary import name
from store import obligations
from store.schema.obligations import ObligationRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime, tzinfo

    from sqlalchemy.orm import Session

    from config.obligations import YearlyRules
    from config.rulebook import Rulebook
    from states.case import Actor
    from states.obligation import RecurringClause, UnitPlace
    from store.database import Database
    from store.visibility import Reader

UNITS_AT_ONCE: Final = 100
FURTHEST: Final = 3
"""So many years ahead obligations can be generated."""
_NO_YEAR: Final = Sentence("年度应在{first}年到{last}年之间。", "The year must be one from {first} to {last}.")
_NOT_GENERATING: Final = Sentence("生成年度职责须由{roles}办理。", "Generating the obligations is for {roles}.")
_NO_UNIT: Final = Sentence("没有名为“{name}”的单位。", "There is no unit “{name}”.")


@dataclass(frozen=True, slots=True)
class Generated:
    """What generating did: new obligations, those that were there, changed ones of a year ahead, those taken back."""

    new: int = 0
    kept: int = 0
    changed: int = 0
    removed: int = 0

    def __add__(self, other: Generated) -> Generated:
        """Return the sum of two parts."""
        return Generated(
            self.new + other.new,
            self.kept + other.kept,
            self.changed + other.changed,
            self.removed + other.removed,
        )


@dataclass(frozen=True, slots=True)
class _Generating:
    """For which year, on which day, at which moment, and which days are left out."""

    year: int
    today: date
    now: datetime
    due_from: date | None


class YearGeneration:
    """Generates the obligations of one office."""

    def __init__(self, database: Database, rulebook: Rulebook, zone: tzinfo, rules: Callable[[], YearlyRules]) -> None:
        """Keep them in this database; `rules` reads what recurs each year when it is wanted."""
        self.database = database
        self.rulebook = rulebook
        self.zone = zone
        self._rules = rules

    @property
    def rules(self) -> YearlyRules:
        """Return what recurs each year by the rules in force.

        Raises:
            BadObligations: the office's own file makes no sense.
        """
        return self._rules()

    def generate(  # which year, by whom, for which unit, from which day, within whose sight
        self,
        year: int,
        actor: Actor,
        now: datetime,
        *,
        unit: str = "",
        due_from: date | None = None,
        reader: Reader | None = None,
    ) -> Generated:
        """Write down what recurs in a year for every unit, or one, that it binds. Repeating it doubles nothing.

        What is due before `due_from` (inclusive from that day on) is left out: an office that begins in the middle of
        the year asks for no past. Obligations of a year that has not begun are brought to the rules of today.
        With a `reader`, units outside his or her territory are not there.

        Raises:
            NotPermitted: this role generates none.
            BadData: the year is too far away, or before the Measures.
            NotFound: there is no such unit.
        """
        today = now.astimezone(self.zone).date()
        if actor.role not in GENERATE:
            roles = Sentence("、".join(name(r).zh for r in GENERATE), " or ".join(name(r).en for r in GENERATE))
            raise NotPermitted(_NOT_GENERATING.fill(roles=roles))
        if not FIRST_YEAR <= year <= today.year + FURTHEST:
            raise BadData(_NO_YEAR.fill(first=FIRST_YEAR, last=today.year + FURTHEST))
        rules = self.rules
        with self.database.reading() as session:
            self.rulebook.refresh(session)
            places = obligations.places(session, reader)
        if unit:
            places = {id_: place for id_, place in places.items() if place.name == unit}
            if not places:
                raise NotFound(_NO_UNIT.fill(name=unit))
        asked = _Generating(year, today, now, due_from)
        ids = list(places)
        done = Generated()
        for first in range(0, len(ids), UNITS_AT_ONCE):
            some = {id_: places[id_] for id_ in ids[first : first + UNITS_AT_ONCE]}
            with self.database.transaction() as session:
                done += self._generate(session, rules, some, asked)
        return done

    def _generate(
        self, session: Session, rules: YearlyRules, places: dict[int, UnitPlace], asked: _Generating
    ) -> Generated:
        there = obligations.of_year(session, asked.year, list(places))
        ahead = asked.year > asked.today.year
        new = kept = changed = 0
        for unit_id, place in places.items():
            for clause in rules.of(place):
                due_on = clause.due.last_day(asked.year)
                row = there.pop((unit_id, clause.id), None)
                if row is not None:
                    moved_ = ahead and self._bring(row, clause, rules.profile, due_on)
                    changed, kept = changed + moved_, kept + (not moved_)
                elif asked.due_from is None or due_on >= asked.due_from:
                    session.add(self._row(unit_id, place, clause, rules.profile, asked))
                    new += 1
        gone = [row for row in there.values() if ahead and row.state == ObligationState.OPEN.value]
        for row in gone:
            session.delete(row)
        return Generated(new, kept + len(there) - len(gone), changed, len(gone))

    def _row(
        self, unit_id: int, place: UnitPlace, clause: RecurringClause, profile: str, asked: _Generating
    ) -> ObligationRow:
        due_on = clause.due.last_day(asked.year)
        return ObligationRow(
            unit_id=unit_id,
            clause=clause.id,
            duty=clause.duty,
            year=asked.year,
            profile=profile,
            due_on=due_on,
            day_in_rule=clause.day_in_rule,
            times=clause.times,
            receivers="\n".join(clause.receivers),
            by_reference=is_by_reference(place),
            state=ObligationState.OPEN.value,
            generated_at=asked.now,
            told_until=None,
            next_at=self.next_at(due_on, asked.year, None),
            held_until=None,
            clue_id=None,
        )

    def _bring(self, row: ObligationRow, clause: RecurringClause, profile: str, due_on: date) -> bool:
        """Bring an obligation of a year that has not begun to the rules of today; say whether that changed it."""
        wanted = {
            "profile": profile,
            "due_on": due_on,
            "day_in_rule": clause.day_in_rule,
            "times": clause.times,
            "receivers": "\n".join(clause.receivers),
        }
        if row.state != ObligationState.OPEN.value or all(getattr(row, key) == to for key, to in wanted.items()):
            return False
        for key, to in wanted.items():
            setattr(row, key, to)
        row.next_at = self.next_at(due_on, row.year, row.told_until)
        return True

    def next_at(self, due_on: date, year: int, told_until: datetime | None) -> datetime | None:
        """Return when time looks next at an obligation, by the calendar in force."""
        rulebook = self.rulebook
        return next_look(looks(due_on, year, rulebook.calendar, rulebook.policy.fire_at, self.zone), told_until)
