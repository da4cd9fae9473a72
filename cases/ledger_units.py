"""The units that a ledger names: those that the office knows, and what becomes of those that it does not.

As long as the office keeps no register of units, the ledger is its register: names that are like no known one come in
with it, and the answer says so. Where a register is kept, or a name looks like another writing of a known one, a person
says first which unit is meant, or that it is new (ADR 0050).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cases.ledger_row import BadRow, LedgerRow
from states.errors import Sentence
from states.names import is_another_writing, tidy_name
from store import named_units

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cases.ledger_mapping import Mapping
    from store.visibility import Reader

_MEANT: Final = Sentence("单位“{written}”按“{unit}”登记。", "The unit “{written}” is taken as “{unit}”.")
_UNKNOWN: Final = Sentence(
    "{cell} 单位“{unit}”不在单位名册中，请选定已有单位或确认为新单位。",
    "{cell}: the unit “{unit}” is not in the register; choose a known one, or confirm it as new.",
)
_NEAR: Final = Sentence(
    "{cell} 单位“{unit}”尚不存在，与{near}相近，请选定已有单位或确认为新单位。",
    "{cell}: there is no unit “{unit}” yet, but {near}; choose that one, or confirm it as new.",
)
_ALIKE: Final = Sentence(
    "新单位“{unit}”与本文件中的“{near}”相近，请核对是否同一单位。",
    "The new unit “{unit}” is like “{near}” in this file: are they one?",
)


MOST_COMPARED: Final = 1_000
"""So many unknown units of one ledger are compared with those that are known; of those behind them a person is asked.

A ledger of 20,000 rows may name as many, and each comparison goes through all names.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInLedger:
    """A unit that a ledger names and the office did not know. `is_taken`: it comes in as a new one."""

    name: str
    near: tuple[str, ...]
    is_taken: bool
    rows: int


class LedgerUnits:
    """What the names of units in one ledger mean."""

    def __init__(  # what is known, what a person said, whether one is there, and what he or she sees
        self, session: Session, mapping: Mapping, *, all_new: bool, asks: bool, reader: Reader | None = None
    ) -> None:
        """Learn the names that are known, and what a person said of others; `asks`: a person is there to be asked.

        With a `reader` who sees only some units no other is known, and none comes in as a new one.
        """
        self._directory = named_units.directory(session, reader)
        self._is_bounded = named_units.is_bounded(reader)
        self._register_is_kept = named_units.is_kept(session) or (asks and named_units.is_any_inspected(session))
        self._mapping, self._all_new = mapping, all_new
        self._unknown: dict[str, UnitInLedger] = {}
        self._meant: dict[str, named_units.MeantUnit] = {}

    @property
    def found(self) -> tuple[UnitInLedger, ...]:
        """The units that the office did not know, in the order of the ledger."""
        return tuple(self._unknown.values())

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the units that the office knew before."""
        return tuple(self._directory.names)

    def named(self, row: LedgerRow | BadRow) -> LedgerRow | BadRow:
        """Return the row with its unit by the name that the office knows it by, and a remark if that is another."""
        if isinstance(row, BadRow):
            return row
        written = tidy_name(row.unit)
        name = self._mapping.unit_names.get(written, written)
        if name not in self._meant:
            compares = len(self._unknown) < MOST_COMPARED
            self._meant[name] = self._directory.meant(name, compares=compares)
        meant = self._meant[name]
        if not meant.known:
            self._note(meant)
            return row if meant.typed == row.unit else replace(row, unit=meant.typed)
        if meant.known == row.unit:
            return row
        said = _MEANT.fill(written=row.unit, unit=meant.known)
        return replace(row, unit=meant.known, remarks=(*row.remarks, said))

    def _note(self, meant: named_units.MeantUnit) -> None:
        before = self._unknown.get(meant.typed)
        if before is not None:
            self._unknown[meant.typed] = replace(before, rows=before.rows + 1)
            return
        confirmed = self._all_new or meant.typed in self._mapping.new_units
        is_asked = self._register_is_kept or len(self._unknown) >= MOST_COMPARED
        is_taken = confirmed or not (is_asked or meant.is_another_writing)
        is_taken = is_taken and not self._is_bounded
        self._unknown[meant.typed] = UnitInLedger(name=meant.typed, near=meant.near, is_taken=is_taken, rows=1)

    def refused(self, row: LedgerRow) -> Sentence | None:
        """Return why nothing may be entered for the unit of this row, or even asked about it, by whoever imports."""
        is_unseen = self._is_bounded and not self._directory.meant(row.unit, compares=False).known
        return named_units.out_of_sight(row.unit) if is_unseen else None

    def doubt(self, row: LedgerRow) -> Sentence | None:
        """Return what a person has to say first of the unit of this row, if anything."""
        found = self._unknown.get(row.unit)
        if found is None or found.is_taken:
            return None
        near = "、".join(f"“{name}”" for name in found.near)
        said = _NEAR.fill(near=near) if near else _UNKNOWN
        return said.fill(cell=row.cell, unit=row.unit)

    @property
    def alike(self) -> list[Sentence]:
        """What to say of new units whose names look like two writings of one."""
        new = [unit.name for unit in self._unknown.values() if unit.is_taken][:MOST_COMPARED]
        return [
            _ALIKE.fill(unit=one, near=other)
            for place, one in enumerate(new)
            for other in new[:place]
            if is_another_writing(one, other)
        ]
