"""Layouts of ledgers that the office knows: a person says once where the columns go, and it is remembered.

What belongs to one file is not remembered: a fixed day on which everything was found, and the year of days without
one. The next file of the layout is asked about these alone, and about nothing if there are none (ADR 0053).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from cases.ledger_mapping import NO_MAPPING, Mapping, mapping_from
from cases.ledger_survey import LedgerSurvey, layout_of, survey
from config.duties import duty_ids
from files.workbook import open_workbook
from states.errors import BadLedger, Sentence
from states.sealing import canonical
from states.secrecy import refuse_secrets
from states.terms import date_text
from store import ledger_mappings

if TYPE_CHECKING:
    from datetime import datetime, tzinfo
    from pathlib import Path

    from files.workbook import Workbook
    from store.database import Database
    from store.ledger_mappings import KeptMapping

_READ_BY: Final = Sentence(
    "按记住的表样“{name}”读取（{who}于{day}说明）。", "Read as the remembered layout “{name}” (said by {who} on {day})."
)
_NO_LAYOUT: Final = Sentence(
    "{name} 里没有找到表头，无法记住表样。", "{name} has no headings by which its layout could be remembered."
)
_NOT_IN_CATALOGUE: Final = Sentence(
    "默认职责条款“{duty}”不在职责目录中。", "The default duty “{duty}” is not in the catalogue of duties."
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A mapping that was kept for the layout of a file: its name, and who said it when."""

    kept: KeptMapping
    mapping: Mapping

    @classmethod
    def of(cls, kept: KeptMapping) -> Remembered:
        """Return what is kept, with its mapping as it is read."""
        return cls(kept, mapping_from(json.loads(kept.mapping), kept.name))


class LedgerLayouts:
    """Looks at ledgers before they are read, and remembers what was said of their layouts."""

    def __init__(self, database: Database) -> None:
        """Remember in this database."""
        self.database = database

    def look(
        self, path: Path, name: str = "", mapping: Mapping | None = None
    ) -> tuple[LedgerSurvey, Remembered | None]:
        """Return what stands in the file and what must be said of it, with the mapping, or with the remembered one.

        A remembered mapping that does not fit the file any more is left aside, and its fault is the survey's problem.

        Raises:
            BadLedger: it is no workbook, has no headings, or carries a mark of state secrecy.
        """
        workbook = open_workbook(path, name)
        found = self.remembered(workbook)
        if mapping is not None:
            return survey(workbook, duty_ids(), mapping), found
        return survey(workbook, duty_ids(), found.mapping if found is not None else NO_MAPPING), found

    def remembered(self, workbook: Workbook) -> Remembered | None:
        """Return the mapping that is kept for the layout of the workbook, if one is."""
        with self.database.reading() as session:
            kept = ledger_mappings.of_layout(session, layout_of(workbook))
        return Remembered.of(kept) if kept is not None else None

    def remember(  # what was said of which file, under which name, by whom, when
        self, path: Path, file_name: str, mapping: Mapping, name: str, who: str, now: datetime
    ) -> Remembered:
        """Keep the mapping for the layout of the file; the same layout has one mapping, the last.

        Raises:
            BadLedger: the file has no headings, or the mapping does not fit it.
            BadData: the layout has no name, or a long one, or too many are kept.
        """
        workbook = open_workbook(path, file_name)
        layout = layout_of(workbook)
        if not layout:
            raise BadLedger(_NO_LAYOUT.fill(name=workbook.name))
        check_duty(mapping)
        problem = survey(workbook, duty_ids(), mapping).problem
        if problem is not None:
            raise BadLedger(problem)
        refuse_secrets([name])
        written = canonical(lasting(mapping).to_json())
        with self.database.transaction() as session:
            return Remembered.of(ledger_mappings.keep(session, layout, name, written, who, now))

    def kept(self) -> list[Remembered]:
        """Return what is remembered, the latest first."""
        with self.database.reading() as session:
            return [Remembered.of(kept) for kept in ledger_mappings.listed(session)]

    def forget(self, mapping_id: int) -> Remembered:
        """Forget a layout; its next file is asked about again.

        Raises:
            NotFound: there is none with this number.
        """
        with self.database.transaction() as session:
            return Remembered.of(ledger_mappings.drop(session, mapping_id))


def said_of(remembered: Remembered, zone: tzinfo) -> Sentence:
    """Return the sentence that says by which remembered mapping a file is read."""
    kept = remembered.kept
    day = date_text(kept.kept_at.astimezone(zone).date())
    return _READ_BY.fill(name=kept.name, who=kept.kept_by, day=day)


def lasting(mapping: Mapping) -> Mapping:
    """Return what of the mapping holds for the next file too: no fixed day, no year, no units of this file's rows."""
    found_on = "" if isinstance(mapping.found_on, date) else mapping.found_on
    return replace(mapping, found_on=found_on, year=None, unit_names={}, new_units=frozenset())


def check_duty(mapping: Mapping) -> None:
    """Refuse a default duty that is in no catalogue.

    Raises:
        BadLedger: it is in none.
    """
    if mapping.duty and mapping.duty not in duty_ids():
        raise BadLedger(_NOT_IN_CATALOGUE.fill(duty=mapping.duty))
