"""The cases that a ledger's rows may be: those of the units that it names, and those with its numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from states.likeness import ComparedFinding, core
from states.vocabulary import State
from store import cases, personal_data, visibility

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from cases.ledger_row import LedgerRow
    from states.case import Case
    from store.visibility import Reader


@dataclass(slots=True)
class KnownCases:
    """The cases of the units that a ledger names, as a person reads them, and the rows that were opened meanwhile.

    Of what the `reader` may not see nothing is known; without one everything is.
    """

    reader: Reader | None = None
    by_number: dict[str, Case] = field(default_factory=dict)
    by_content: dict[tuple[str, date, str], Case] = field(default_factory=dict)
    findings: dict[str, list[ComparedFinding]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, session: Session, units: Iterable[str], numbers: Iterable[str]) -> None:
        """Read the cases of these units and with these numbers."""
        for batch in (cases.of_units(session, units), cases.with_numbers(session, numbers)):
            ids = [stored.case.id for stored in batch]
            seen = set(ids) if self.reader is None else visibility.seen_among(session, self.reader, ids)
            for stored in personal_data.shown_all(session, [one for one in batch if one.case.id in seen]):
                self.add(stored.case)

    def add(self, case: Case) -> None:
        """Note a case. What was transferred is sealed: it is known again, but resembles nothing."""
        if case.number in self.by_number:
            return
        self.by_number[case.number] = case
        self.by_content.setdefault((core(case.unit), case.opened_on, core(case.finding)), case)
        if case.state is not State.TRANSFERRED:
            finding = ComparedFinding(
                number=case.number, text=case.finding, duty=case.duty, found_on=case.opened_on, is_open=case.is_open
            )
            self.findings[core(case.unit)].append(finding)

    def same(self, row: LedgerRow) -> Case | None:
        """Return the case that this row is, by its unit, its day and its words."""
        return self.by_content.get((core(row.unit), row.found_on, core(row.finding)))
