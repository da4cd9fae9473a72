"""What there is to know of one unit, read in one transaction, for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from states.errors import NotFound, Sentence
from states.vocabulary import Act
from store import acknowledgements, case_filters, case_lists, events, statistics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from states.case import Case
    from store.acknowledgements import Told
    from store.cases import Stored
    from store.database import Database
    from store.statistics import Punctual, UnitLine
    from store.visibility import Reader

_NO_UNIT: Final = Sentence("没有这个单位。", "There is no such unit.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitView:
    """A unit: its cases by due day, how punctual it is, and what it was told, helped with and signed for.

    `known` are the cases of the list and those of which it was told, by their ids; `latest` the latest act in each case
    of the list.
    """

    line: UnitLine
    rows: Sequence[Stored]
    punctual: Punctual | None
    told: Sequence[Told]
    helps: int
    signed: int
    latest: Mapping[int, Act]
    known: Mapping[int, Case]


def unit_view(database: Database, reader: Reader, unit_id: int, *, most_cases: int, most_told: int) -> UnitView:
    """Return what the reader may see of the unit.

    Raises:
        NotFound: there is none, or no case of it is for the reader.
    """
    with database.reading() as session:
        line = statistics.unit(session, reader, unit_id)
        if line is None:
            raise NotFound(_NO_UNIT)
        found = case_lists.listed(session, reader, case_filters.Filter(unit=line.unit), limit=most_cases, by_due=True)
        told = acknowledgements.told_to_unit(session, reader, unit_id, limit=most_told)
        known = {item.case.id: item.case for item in found}
        missing = {item.case_id for item in told} - known.keys()
        known |= {item.case.id: item.case for item in case_lists.some(session, reader, missing)}
        return UnitView(
            line=line,
            rows=found,
            punctual=next(iter(statistics.punctuality(session, reader, date.min, unit_id)), None),
            told=told,
            helps=statistics.acts_of_unit(session, reader, unit_id, Act.RECORD_HELP),
            signed=statistics.acts_of_unit(session, reader, unit_id, Act.ACKNOWLEDGE),
            latest=events.latest_acts(session, [item.case.id for item in found]),
            known=known,
        )
