"""What one row of a ledger says, as values: understood, or with everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from states.likeness import core
from states.sealing import canonical

if TYPE_CHECKING:
    from states.case import Item
    from states.errors import Sentence
    from states.written_terms import RectificationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHistory:
    """What the ledger says has happened since: for the case's past, entered apart (overlay `late_entry`).

    `struck_off` is None where the ledger does not say, or says it in words of its own (then `progress` has them).
    """

    progress: str = ""
    completed_on: date | None = None
    struck_off: bool | None = None
    struck_off_on: date | None = None
    acceptance: str = ""
    extension: str = ""
    look_back: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One row of the ledger, understood. `row` counts from 1 as in the workbook; `cell` is the row's first cell."""

    sheet: str
    row: int
    cell: str
    number: str | None
    inspection: str
    found_on: date
    unit: str
    post: str
    finding: str
    duty: str
    severity: str
    criteria: str
    served_on: date | None
    term: str
    liaison: str
    note: str
    by_reference: bool
    confidentiality: str
    duty_cell: str = field(default="", compare=False)
    own_number: str = ""
    other_units: tuple[str, ...] = ()
    measures: str = ""
    source: str = ""
    items: tuple[Item, ...] = ()
    extended_to: date | None = None
    """The last day after an extension that was granted before, if the ledger says which."""
    rectification: RectificationKind | None = None
    history: LedgerHistory = LedgerHistory()
    remarks: tuple[Sentence, ...] = field(default=(), compare=False)

    @property
    def identity(self) -> str:
        """Return the hash of what makes the row this finding and no other: unit, day, text, and duty.

        Signs, blanks and forms of characters make no difference. A whole case number is part of it, so that two
        numbered findings in the same words stay two.
        """
        parts = [self.number or "", core(self.unit), core(self.finding), self.found_on.isoformat(), self.duty]
        return sha256(canonical({"ledger row": parts}).encode()).hexdigest()

    @property
    def former_fingerprint(self) -> str:
        """Return the hash by which rows were known before `identity`: so rows of earlier imports are known still."""
        content: dict[str, Any] = {name: getattr(self, name) for name in _FORMER}
        text = {key: value.isoformat() if isinstance(value, date) else value for key, value in content.items()}
        return sha256(canonical(text).encode()).hexdigest()


_FORMER: Final = (
    *("number", "inspection", "found_on", "unit", "post", "finding", "duty", "severity", "criteria"),
    *("served_on", "term", "liaison", "note", "by_reference"),
)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken as it stands: where, and everything that is wrong with it."""

    sheet: str
    row: int
    cell: str
    reasons: tuple[Sentence, ...]

    @property
    def reason(self) -> Sentence:
        """The first thing that is wrong."""
        return self.reasons[0]


def note_of(row: LedgerRow) -> str:
    """Return the note of the case: the ledger's own, and what it says beside it that has no field of its own."""
    history = row.history
    beside = {
        "台账编号": row.own_number if row.number is None else "",
        "整改类型": {"immediate": "立行立改", "staged": "分阶段整改", "continuous": "长期坚持"}.get(
            row.rectification or "", ""
        ),
        "配合单位": "、".join(row.other_units),
        "整改措施": row.measures,
        "整改情况": history.progress,
        "完成日期": history.completed_on.isoformat() if history.completed_on else "",
        "是否销号": {True: "是", False: "否", None: ""}[history.struck_off],
        "销号日期": history.struck_off_on.isoformat() if history.struck_off_on else "",
        "验收情况": history.acceptance,
        "延期情况": history.extension,
        "回头看": history.look_back,
        "佐证材料": history.evidence,
    }
    lines = [row.note, *(f"{name}：{text}" for name, text in beside.items() if text)]
    return "\n".join(line for line in lines if line)
