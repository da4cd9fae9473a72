"""A ledger becomes cases, one row after the other, each row whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cases.ledger_fields import FIELD_NAMES, LedgerField
from cases.ledger_items import items_data
from cases.ledger_known import KnownCases
from cases.ledger_layouts import LedgerLayouts
from cases.ledger_mapping import NO_MAPPING, Mapping
from cases.ledger_row import BadRow, LedgerRow, note_of
from cases.ledger_units import LedgerUnits, UnitInLedger
from cases.ledger_workbook import Ledger, ledger_in
from files.workbook import open_workbook
from states.case import Actor
from states.command import Command
from states.duty import WrongBearer
from states.errors import Refused, Sentence
from states.likeness import ComparedFinding, core, resembling
from states.terms import Term, date_text
from states.vocabulary import Act, Role
from store import cases

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from datetime import date, datetime
    from pathlib import Path

    from cases.desk import Desk
    from cases.ledger_layouts import Remembered
    from states.case import Case
    from states.likeness import Resembling
    from store.visibility import Reader

_KNOWN: Final = Sentence("已导入为{number}，跳过。", "imported before as {number}; skipped.")
_CHANGED: Final = Sentence(
    "已导入为{number}，跳过；本次文件里不同的{fields}没有更新。",
    "imported before as {number}; skipped. What differs in this file was not updated: {fields}.",
)
_OTHER_FINDING: Final = Sentence(
    "{cell} 编号“{number}”已用于另一个问题（{unit}），请核对编号或内容。",
    "{cell}: the number “{number}” belongs to another finding (of {unit}); check the number or the row.",
)
_OTHER_NUMBER: Final = Sentence(
    "{cell} 同一单位、同一天、同样内容的问题已登记为{number}，这里写的编号不同，请核对。",
    "{cell}: the same finding of the same unit and day is {number} already, and this row has another number; check it.",
)
_NOT_SERVED: Final = Sentence(
    "已立案；台账没有送达日期，未登记责令整改。", "opened; the ledger has no date of service, so no order was entered."
)
_WOULD_OPEN: Final = Sentence("可以导入。", "can be imported.")
_OPENED: Final = Sentence("已立案。", "opened.")
_FUTURE: Final = Sentence(
    "{cell} 送达日期{day}在今天之后，请核对。", "{cell}: the day of service {day} lies in the future; check it."
)
_IN_CELL: Final = Sentence("{cell} {what}", "{cell}: {what}")
_OVER: Final = Sentence(
    "期限{day}已过，将作为历史逾期待核。", "Its term ended on {day}: it will wait for a decision as entered late."
)
_RUNS: Final = Sentence("期限到{day}。", "Its term ends on {day}.")
_ALIKE: Final = Sentence(
    "与{numbers}相近，请核对是否重复或反复出现。",
    "It resembles {numbers}: is it the same finding, or did it come back?",
)
_DECIDE: Final = Sentence(
    "{cell} 与{numbers}相近，请先选定：同一问题、反复出现，还是另一问题。",
    "{cell}: it resembles {numbers}; say first whether it is that finding, the finding come back, or another one.",
)
_SAME: Final = Sentence(
    "按所选，与{number}是同一问题，不另立案。", "Chosen to be the same finding as {number}; not opened again."
)
_OTHER_REASON: Final = "另行登记的理由：{reason}"
_EXTENDED: Final = "，原时限：{term}，台账记载已延期"
_IN_PLACE_OF_NOTE: Final = "台账导入（第{row}行）：授权情况见原送达文书"


class AlikeChoice(StrEnum):
    """What a person says of a row that resembles a known case."""

    SAME = "same"
    CAME_BACK = "came_back"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeAnswer:
    """What a person said of one row: `number` is the case that is the same or came back, `reason` why it is another."""

    choice: AlikeChoice
    number: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """What became of one row of the ledger: `opened`, `skipped` or `failed`, with every reason and remark.

    `due_on` is the last day of its order, if one was entered or would be; `understood` the row as it was read.
    """

    sheet: str
    row: int
    cell: str
    outcome: str
    number: str | None
    reasons: tuple[Sentence, ...]
    due_on: date | None = None
    is_late: bool = False
    resembling: tuple[Resembling, ...] = ()
    understood: LedgerRow | None = None

    @property
    def reason(self) -> Sentence:
        """All reasons as one sentence."""
        zh = "".join(reason.text() for reason in self.reasons)
        return Sentence("{zh}", "{en}").fill(zh=zh, en=" ".join(reason.text("en") for reason in self.reasons))


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do: the account of the file, and what became of each row."""

    ledger: Ledger
    rows: tuple[RowOutcome, ...]
    units: tuple[UnitInLedger, ...] = ()
    """The units that the ledger names and the office did not know, and what becomes of each."""
    alike_units: tuple[Sentence, ...] = ()
    """What to say of new units whose names look like two writings of one."""
    known_units: tuple[str, ...] = ()
    """The names of the units that the office knew before."""
    mapping: Mapping = NO_MAPPING
    """The mapping by which it was read."""
    remembered: Remembered | None = None
    """What was remembered of the layout, if the file was read by that."""

    def count(self, outcome: str) -> int:
        """Return how many rows had this outcome."""
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def will(self) -> dict[str, int]:
        """How many of the cases run from now on, and how many have a term that is over already."""
        late = sum(row.is_late for row in self.rows if row.outcome == "opened")
        return {"late_entry": late, "running": self.count("opened") - late}


def import_ledger(  # noqa: PLR0913  # who imports what, when, and how
    desk: Desk,
    path: Path,
    duties: frozenset[str],
    now: datetime,
    *,
    user: str,
    role: Role = Role.HANDLER,
    served: bool = False,
    dry_run: bool = False,
    mapping: Mapping | None = None,
    name: str = "",
    new_units: bool = False,
    alike: MappingOf[str, AlikeAnswer] | None = None,
    reader: Reader | None = None,
) -> ImportReport:
    """Open one case for each row; with `served`, enter the order from the row's day of service as well.

    Each row is one transaction. A row that was imported before, known by its number and what it says, is skipped; one
    that contradicts what is known is asked about; a bad row is listed with its cells and stops nothing. `dry_run`
    writes nothing. `name` is what the file's owner calls it. Without a `mapping` the one that is remembered for the
    layout holds, if there is one; the report says which. `new_units`: a person has said that every unit of the
    ledger that is not known is new; what the mapping says of single ones counts as well.
    `alike` holds what a person said of rows that resemble known cases, by the first cell of the row: then a row of
    which nothing was said is asked about. Without it such rows are opened, with a remark.
    With a `reader` nothing is opened at a unit that this person does not see, and no case told that he or she does not.

    Raises:
        BadLedger: the file is no ledger.
        Unavailable: the database does not answer; the rows before are in, and importing again goes on from there.
    """
    workbook = open_workbook(path, name)
    remembered = LedgerLayouts(desk.database).remembered(workbook) if mapping is None else None
    if mapping is None:
        mapping = remembered.mapping if remembered is not None else NO_MAPPING
    ledger = ledger_in(workbook, duties, mapping)
    with desk.database.reading() as session:
        units = LedgerUnits(session, mapping, all_new=new_units, asks=alike is not None, reader=reader)
    ledger = replace(ledger, rows=tuple(map(units.named, ledger.rows)))
    importer = _Importer(
        desk, now, Actor(user=user, role=role), units, alike, served=served, dry_run=dry_run, reader=reader
    )
    importer.learn([row for row in ledger.rows if isinstance(row, LedgerRow)])
    outcomes = tuple(importer.outcome(row) for row in ledger.rows)
    return ImportReport(ledger, outcomes, units.found, tuple(units.alike), units.known, mapping, remembered)


def _finding_of(row: LedgerRow) -> ComparedFinding:
    return ComparedFinding(number="", text=row.finding, duty=row.duty, found_on=row.found_on)


class _Importer:
    """One import: what is known already, and what becomes of each row."""

    def __init__(  # who imports what, when, and how
        self,
        desk: Desk,
        now: datetime,
        actor: Actor,
        units: LedgerUnits,
        alike: MappingOf[str, AlikeAnswer] | None,
        *,
        served: bool,
        dry_run: bool,
        reader: Reader | None,
    ) -> None:
        self.desk, self.now, self.actor, self.units, self.alike = desk, now, actor, units, alike
        self.served, self.dry_run = served, dry_run
        self.today = now.astimezone(desk.unit_of_work.zone).date()
        self.known = KnownCases(reader)

    def learn(self, rows: list[LedgerRow]) -> None:
        """Read the cases that rows of this ledger may be."""
        with self.desk.database.reading() as session:
            self.known.learn(
                session, {row.unit for row in rows}, {row.number for row in rows if row.number is not None}
            )

    def outcome(self, row: LedgerRow | BadRow) -> RowOutcome:
        """Do what is to be done with the row, and say what became of it."""
        if isinstance(row, BadRow):
            return RowOutcome(
                sheet=row.sheet, row=row.row, cell=row.cell, outcome="failed", number=None, reasons=row.reasons
            )
        unseen = self.units.refused(row)
        if unseen is not None:
            return _outcome(row, "failed", row.number, unseen)
        try:
            return self._known_before(row) or self._opened(row)
        except WrongBearer as refused:
            return _outcome(row, "failed", row.number, _IN_CELL.fill(cell=row.duty_cell, what=refused.sentence))
        except Refused as refused:
            # Another import may have been faster: then the row is known now, and nothing is wrong with it.
            with self.desk.database.reading() as session:
                self.known.learn(session, [row.unit], [row.number] if row.number else [])
            known = self._known_before(row)
            return known if known is not None else _outcome(row, "failed", row.number, refused.sentence)

    def _known_before(self, row: LedgerRow) -> RowOutcome | None:
        numbered = self.known.by_number.get(row.number or "")
        if numbered is not None:
            if core(numbered.finding) == core(row.finding) and core(numbered.unit) == core(row.unit):
                return self._skipped(row, numbered)
            shown = {"cell": row.cell, "number": row.number, "unit": numbered.unit}
            return _outcome(row, "failed", row.number, _OTHER_FINDING.fill(**shown))
        same = self.known.same(row)
        if same is not None and row.number is None:
            return self._skipped(row, same)
        if same is not None:
            return _outcome(row, "failed", row.number, _OTHER_NUMBER.fill(cell=row.cell, number=same.number))
        with self.desk.database.reading() as session:
            number = cases.known(session, None, row.identity) or cases.known(session, None, row.former_fingerprint)
        return _outcome(row, "skipped", number, _KNOWN.fill(number=number)) if number is not None else None

    def _skipped(self, row: LedgerRow, case: Case) -> RowOutcome:
        differs = [FIELD_NAMES[name].zh for name, (said, known) in _compared(row, case).items() if said != known]
        if not differs:
            return _outcome(row, "skipped", case.number, _KNOWN.fill(number=case.number))
        return _outcome(row, "skipped", case.number, _CHANGED.fill(number=case.number, fields="、".join(differs)))

    def _opened(self, row: LedgerRow) -> RowOutcome:
        if row.served_on is not None and row.served_on > self.today:
            return _outcome(row, "failed", row.number, _FUTURE.fill(cell=row.cell, day=date_text(row.served_on)))
        doubt = self.units.doubt(row)
        if doubt is not None:
            return _outcome(row, "failed", row.number, doubt)
        alike = resembling(_finding_of(row), self.known.findings[core(row.unit)])
        answer = (self.alike or {}).get(row.cell)
        settled = self._settled(row, alike, answer)
        if settled is not None:
            return settled
        data = _data(row, answer)
        first = Command(act=Act.REGISTER_FINDING, actor=self.actor, on=row.found_on, data=data)
        then = []
        if self.served and row.served_on is not None:
            # The order went out on paper before; its authorization stands there, and the history says so.
            order = {"note": f"台账导入（第{row.row}行）", "authorization_note": _IN_PLACE_OF_NOTE.format(row=row.row)}
            if row.extended_to is not None:
                order["term"] = row.extended_to.isoformat()
                order["note"] += _EXTENDED.format(term=Term.parse(row.term).text() if row.term else "未写明")
            then.append(Command(act=Act.SERVE_ORDER, actor=self.actor, on=row.served_on, data=order))
        is_cited = bool(row.duty_cell)
        if self.dry_run:
            case, doubts = self.desk.rehearse(
                first, then, self.now, new_unit=True, is_cited=is_cited, reader=self.known.reader
            )
            number, reasons = row.number, [_WOULD_OPEN]
        else:
            done = self.desk.open_and_do(
                first,
                then,
                self.now,
                fingerprint=row.identity,
                new_unit=True,
                is_cited=is_cited,
                reader=self.known.reader,
            )
            case, number, doubts = done.case, done.case.number, done.remarks
            reasons = [_NOT_SERVED if self.served and row.served_on is None else _OPENED]
        # In a rehearsal the next number is the same for every row; the row's place stands for it.
        shown = number or Sentence("第{row}行", "row {row}").fill(row=f"{row.sheet}!{row.row}").text()
        self.known.add(replace(case, finding=row.finding, number=shown))
        deadline = case.deadline("rectification")
        due_on = deadline.due_on if deadline is not None else None
        late = due_on is not None and due_on < self.today
        if due_on is not None:
            reasons.append((_OVER if late else _RUNS).fill(day=date_text(due_on)))
        if alike and answer is None:
            reasons.append(_ALIKE.fill(numbers=_numbers(alike)))
        told = _outcome(row, "opened", number, *reasons, *doubts, *row.remarks)
        return replace(told, due_on=due_on, is_late=late, resembling=tuple(alike))

    def _settled(self, row: LedgerRow, alike: list[Resembling], answer: AlikeAnswer | None) -> RowOutcome | None:
        """Return what becomes of a row that resembles a known case, if it is not opened."""
        if not alike or self.alike is None:
            return None
        if answer is None:
            said = _DECIDE.fill(cell=row.cell, numbers=_numbers(alike))
            return replace(_outcome(row, "failed", row.number, said), resembling=tuple(alike))
        if answer.choice is AlikeChoice.SAME:
            said = _SAME.fill(number=answer.number)
            return replace(_outcome(row, "skipped", answer.number, said), resembling=tuple(alike))
        return None


def _numbers(alike: list[Resembling]) -> str:
    return "、".join(f"{one.number}（{one.likeness:.0%}）" for one in alike)


def _outcome(row: LedgerRow, outcome: str, number: str | None, *reasons: Sentence) -> RowOutcome:
    return RowOutcome(
        sheet=row.sheet,
        row=row.row,
        cell=row.cell,
        outcome=outcome,
        number=number,
        reasons=reasons,
        understood=row,
    )


def _compared(row: LedgerRow, case: Case) -> dict[LedgerField, tuple[str, str]]:
    """Return what can differ between a row and the case that it became, in one form."""
    pairs = {
        LedgerField.POST: (row.post, case.post),
        LedgerField.DUTY: (row.duty, case.duty),
        LedgerField.INSPECTION: (row.inspection, case.inspection),
        LedgerField.SEVERITY: (row.severity, case.severity),
        LedgerField.CRITERIA: (row.criteria, case.criteria),
        LedgerField.FOUND_ON: (row.found_on.isoformat(), case.opened_on.isoformat()),
        LedgerField.TERM: (row.term, case.proposed_term),
    }
    return {name: (core(said), core(known)) for name, (said, known) in pairs.items()}


def _data(row: LedgerRow, answer: AlikeAnswer | None) -> dict[str, Any]:
    came_back = answer is not None and answer.choice is AlikeChoice.CAME_BACK
    other = answer.reason if answer is not None and answer.choice is AlikeChoice.OTHER else ""
    lines = [note_of(row), _OTHER_REASON.format(reason=other) if other else ""]
    return {
        "unit": row.unit,
        "post": row.post,
        "duty": row.duty,
        "inspection": row.inspection,
        "finding": row.finding,
        "number": row.number,
        "severity": row.severity,
        "criteria": row.criteria,
        **({"items": items_data(row.items)} if row.items else {}),
        "liaison": row.liaison,
        "term": row.term or None,
        "by_reference": row.by_reference,
        "note": "\n".join(line for line in lines if line),
        **({"recurrence_of": answer.number} if answer is not None and came_back else {}),
        "confidentiality": row.confidentiality,
        "source": row.source or "台账",
    }
