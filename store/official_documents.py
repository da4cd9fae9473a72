"""Official documents on their way: what each says, where it stands, and every step that it has gone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from states.errors import NotFound, Sentence
from states.official_document import Status, Step
from store.schema.cases import CaseRow
from store.schema.documents import OfficialDocumentRow, OfficialDocumentStepRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

_NONE: Final = Sentence("没有编号为{id}的文书。", "There is no document {id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDocument:
    """A document as it is kept. `typed` is what people wrote into it; `content` all that it said when it was signed."""

    id: int
    case_id: int
    case_number: str
    kind: str
    status: Status
    number: str
    template: str
    template_version: str
    typed: dict[str, Any]
    content: dict[str, Any]
    file: str
    drafted_by: str
    signed_on: date | None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One step that a document has gone."""

    step: Step | None
    who: str
    role: str
    day: date
    noted_at: datetime
    note: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Who takes a step, in which role, on which day, at which moment, with which words."""

    who: str
    role: str
    day: date
    now: datetime
    note: str = ""


def add(session: Session, case_id: int, kind: str, draft: Mapping[str, Any], by: Mover) -> int:
    """Write a new draft down; return its id. `draft`: template, template_version, typed, file."""
    row = OfficialDocumentRow(
        case_id=case_id,
        kind=kind,
        status=Status.DRAFT.value,
        template=draft["template"],
        template_version=draft["template_version"],
        typed=_text(draft["typed"]),
        content="{}",
        drafted_by=by.who,
        changed_at=by.now,
    )
    session.add(row)
    session.flush()
    _note(session, row.id, "draft", by, draft["file"])
    return row.id


def change(
    session: Session, kept: KeptDocument, step: Step, status: Status, changes: Mapping[str, Any], by: Mover
) -> None:
    """Let the document go a step, with these columns changed; `file` in them is noted beside the step."""
    row = session.get_one(OfficialDocumentRow, kept.id)
    row.status, row.changed_at = status.value, by.now
    for name, value in changes.items():
        setattr(row, name, _text(value) if name in ("typed", "content") else value)
    session.flush()
    _note(session, kept.id, step.value, by, changes.get("file"))


def _note(session: Session, document_id: int, step: str, by: Mover, file: str | None) -> None:
    last = select(func.max(OfficialDocumentStepRow.place)).where(OfficialDocumentStepRow.document_id == document_id)
    session.add(
        OfficialDocumentStepRow(
            document_id=document_id,
            place=(session.scalar(last) or 0) + 1,
            step=step,
            who=by.who,
            role=by.role,
            day=by.day,
            noted_at=by.now,
            note=by.note,
            file=file,
        )
    )
    session.flush()


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def get(session: Session, id_: int, *, to_change: bool = False) -> KeptDocument:
    """Return the document; with `to_change`, nobody else changes it until the transaction is over.

    Raises:
        NotFound: there is none.
    """
    statement = select(OfficialDocumentRow, CaseRow.number).join(CaseRow, CaseRow.id == OfficialDocumentRow.case_id)
    statement = statement.where(OfficialDocumentRow.id == id_)
    found = session.execute(statement.with_for_update(of=OfficialDocumentRow) if to_change else statement).first()
    if found is None:
        raise NotFound(_NONE.fill(id=id_))
    return _kept(found[0], found[1])


def _kept(row: OfficialDocumentRow, case_number: str) -> KeptDocument:
    return KeptDocument(
        id=row.id,
        case_id=row.case_id,
        case_number=case_number,
        kind=row.kind,
        status=Status(row.status),
        number=row.number or "",
        template=row.template,
        template_version=row.template_version,
        typed=json.loads(row.typed),
        content=json.loads(row.content),
        file=row.file or "",
        drafted_by=row.drafted_by,
        signed_on=row.signed_on,
        changed_at=row.changed_at,
    )


def listed(session: Session, *, case_id: int | None = None, status: Status | None = None) -> list[KeptDocument]:
    """Return the documents, of one case or in one status if that is asked, in the order in which they were drafted."""
    statement = select(OfficialDocumentRow, CaseRow.number).join(CaseRow, CaseRow.id == OfficialDocumentRow.case_id)
    if case_id is not None:
        statement = statement.where(OfficialDocumentRow.case_id == case_id)
    if status is not None:
        statement = statement.where(OfficialDocumentRow.status == status.value)
    return [_kept(row, number) for row, number in session.execute(statement.order_by(OfficialDocumentRow.id))]


def steps(session: Session, id_: int) -> list[Taken]:
    """Return the steps of one document, in their order; the first, which made it, is none of the table's."""
    statement = select(OfficialDocumentStepRow).where(OfficialDocumentStepRow.document_id == id_)
    return [
        Taken(
            step=Step(row.step) if row.step in set(Step) else None,
            who=row.who,
            role=row.role,
            day=row.day,
            noted_at=row.noted_at,
            note=row.note,
            file=row.file or "",
        )
        for row in session.scalars(statement.order_by(OfficialDocumentStepRow.place))
    ]
