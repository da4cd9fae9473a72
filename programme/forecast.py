"""Early warning: the open deadlines in somebody's sight that will probably be missed, each with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from config.forecast import forecast_table
from programme.early_warning import UnitHistory, Warned, warnings
from states.vocabulary import Act, Role
from store import case_filters, case_lists, events, statistics
from store.visibility import Reader, reader_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from config.rulebook import Rulebook
    from store.accounts import Person
    from store.cases import Stored
    from store.database import Database

MOST: Final = 2_000
"""So many cases are looked at, of those that are due next and of those of which something is overdue."""
UNIT_SIDE: Final = frozenset({Role.LIAISON, Role.HEAD})
_CONSOLE: Final = Reader("", Role.LEADER, 0)
"""The console of the machine sees all cases, as `duban list` does."""
_WORD_OF_THE_UNIT: Final = (Act.REPORT_PROGRESS, Act.SUBMIT_PLAN)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What will probably be missed, the nearest due day first; of how many cases that were looked at.

    The cases have no personal texts, of which a forecast tells nothing.

    `bounded`: more cases have deadlines than were looked at; those whose due days are nearest were.
    """

    warned: tuple[Warned, ...]
    looked_at: int
    bounded: bool


class Forecasts:
    """Says what will probably be missed."""

    def __init__(self, database: Database, rulebook: Rulebook) -> None:
        """Read from this database, and count by the rulebook's calendar."""
        self.database = database
        self.rulebook = rulebook

    def forecast(self, today: date, person: Person | None = None, *, most: int = MOST) -> Forecast:
        """Return what will probably be missed of all that the person may see; of all cases without a person.

        What it costs grows with the open cases in sight, of which it looks at `most`. The people of a unit see their
        own unit's deadlines, and none of the office's.
        """
        reader = reader_of(person) if person is not None else _CONSOLE
        table, calendar = forecast_table(), self.rulebook.calendar
        horizon = calendar.forward(today, table.look_ahead) + timedelta(days=1)
        with self.database.reading() as session:
            found = [
                case_lists.next_due(session, reader, wanted, most + 1)
                for wanted in (
                    case_filters.Filter(due_from=today, due_before=horizon),
                    case_filters.Filter(due_before=today),
                )
            ]
            looked = [item for part in found for item in part[:most]]
            known = _histories(session, reader, looked)
        warned = [
            one
            for item in looked
            for one in warnings(item.case, today, calendar, table, known[item.case.id])
            if one.line.party == "unit" or reader.role not in UNIT_SIDE
        ]
        warned.sort(key=lambda one: (one.line.due_on, one.left - one.needed, one.case.id))
        return Forecast(tuple(warned), len(looked), any(len(part) > most for part in found))


def _histories(session: Session, reader: Reader, looked: list[Stored]) -> dict[int, UnitHistory]:
    """Return what is known of these cases and their units beside the cases themselves."""
    heard: dict[int, date] = {}
    since = {item.case.id: item.case.entered_on for item in looked}
    for case_id, on in events.days_of(session, list(since), _WORD_OF_THE_UNIT):
        if on >= since[case_id]:
            heard[case_id] = max(on, heard.get(case_id, on))
    past = statistics.punctuality_of(session, reader, {item.unit_id for item in looked})
    found = {}
    for item in looked:
        unit = past.get(item.unit_id)
        entered, missed = (unit.entered, unit.missed) if unit is not None else (0, 0)
        found[item.case.id] = UnitHistory(heard.get(item.case.id), entered, missed)
    return found
