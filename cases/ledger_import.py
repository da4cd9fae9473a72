"""Intake: a ledger becomes cases, one row after the other, each row whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cases.ledger_workbook import BadRow, LedgerRow, read_ledger
from states.case import Actor
from states.command import Command
from states.errors import Refused, Sentence
from states.vocabulary import Act, Role
from store import cases

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cases.desk import Desk

_KNOWN: Final = Sentence("已导入为{number}，跳过。", "imported before as {number}; skipped.")
_NOT_SERVED: Final = Sentence(
    "已立案；台账没有送达日期，未登记责令整改。", "opened; the ledger has no date of service, so no order was entered."
)
_WOULD_OPEN: Final = Sentence("可以导入。", "can be imported.")
_OPENED: Final = Sentence("已立案。", "opened.")
_IN_PLACE_OF_NOTE: Final = "台账导入（第{row}行）：授权情况见原送达文书"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row of the ledger: `opened`, `skipped` or `failed`."""

    row: int
    cell: str
    outcome: str
    number: str | None
    reason: Sentence


def import_ledger(  # who imports what, when, and how
    desk: Desk,
    path: Path,
    duties: frozenset[str],
    now: datetime,
    *,
    user: str,
    role: Role = Role.HANDLER,
    served: bool = False,
    dry_run: bool = False,
) -> list[RowOutcome]:
    """Open one case for each row; with `served`, enter the order from the row's day of service as well.

    Each row is one transaction. A row that was imported before, known by its number or else by what it says, is
    skipped; a bad row is listed with its cell and stops nothing. `dry_run` writes nothing.

    Raises:
        BadLedger: the file is no ledger.
        Unavailable: the database does not answer; the rows before are in, and importing again goes on from there.
    """
    outcomes: list[RowOutcome] = []
    for row in read_ledger(path, duties).rows:
        if isinstance(row, BadRow):
            outcomes.append(RowOutcome(row.row, row.cell, "failed", None, row.reason))
            continue
        try:
            outcomes.append(_import_row(desk, row, now, Actor(user=user, role=role), served=served, dry_run=dry_run))
        except Refused as refused:
            outcomes.append(RowOutcome(row.row, row.cell, "failed", row.number, refused.sentence))
    return outcomes


def _import_row(desk: Desk, row: LedgerRow, now: datetime, actor: Actor, *, served: bool, dry_run: bool) -> RowOutcome:
    with desk.database.reading() as session:
        known = cases.known(session, row.number, row.fingerprint)
    if known is not None:
        return RowOutcome(row.row, row.cell, "skipped", known, _KNOWN.fill(number=known))
    first = Command(act=Act.REGISTER_FINDING, actor=actor, on=row.found_on, data=_data(row))
    then = []
    if served and row.served_on is not None:
        order: dict[str, Any] = {"note": f"台账导入（第{row.row}行）"}
        # The order went out on paper before; its authorization stands there, and the history says so.
        order["authorization_note"] = _IN_PLACE_OF_NOTE.format(row=row.row)
        then.append(Command(act=Act.SERVE_ORDER, actor=actor, on=row.served_on, data=order))
    if dry_run:
        desk.rehearse(first, then, now)
        return RowOutcome(row.row, row.cell, "opened", row.number, _WOULD_OPEN)
    done = desk.open_and_do(first, then, now, fingerprint=row.fingerprint)
    reason = _NOT_SERVED if served and row.served_on is None else _OPENED
    return RowOutcome(row.row, row.cell, "opened", done.case.number, reason)


def _data(row: LedgerRow) -> dict[str, Any]:
    return {
        "unit": row.unit,
        "post": row.post,
        "duty": row.duty,
        "inspection": row.inspection,
        "finding": row.finding,
        "number": row.number,
        "severity": row.severity,
        "criteria": row.criteria,
        "liaison": row.liaison,
        "term": row.term or None,
        "by_reference": row.by_reference,
        "note": row.note,
        "confidentiality": row.confidentiality,
        "source": "台账",
    }
