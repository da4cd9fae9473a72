"""What was found at a unit, point by point: answers, photos, and the cases that were made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from states.inspection import Answer
from store.schema.cases import CaseRow
from store.schema.evidence import EvidenceRow
from store.schema.inspections import InspectionAnswerRow, InspectionPhotoRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo to one point. `taken_at` is None where neither the file nor its sender says when it was taken."""

    item_id: int
    sha256: str
    name: str
    size: int
    taken_at: datetime | None
    received_at: datetime
    brought_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was found on one point. `answer` is None where only a note or a photo is there."""

    item_id: int
    answer: Answer | None
    note: str
    by: str
    at: datetime
    case_id: int | None
    case_number: str


def put_answer(
    session: Session, visit_id: int, item_id: int, answer: Answer | None, note: str, who: str, now: datetime
) -> None:
    """Write what was found on a point; writing the same again changes nothing."""
    row = _answer(session, visit_id, item_id)
    value = answer.value if answer is not None else None
    if row is None:
        session.add(
            InspectionAnswerRow(
                visit_id=visit_id, item_id=item_id, answer=value, note=note, answered_by=who, answered_at=now
            )
        )
    elif (row.answer, row.note) != (value, note):
        row.answer, row.note, row.answered_by, row.answered_at = value, note, who, now
    session.flush()


def note_case(session: Session, visit_id: int, item_id: int, case_id: int) -> None:
    """Note that a case was made of what was found on this point."""
    row = _answer(session, visit_id, item_id)
    if row is None:
        raise AssertionError("a case is made of an answer")
    row.case_id = case_id
    session.flush()


def add_photo(session: Session, visit_id: int, item_id: int, photo: Photo) -> bool:
    """Note a kept file as a photo to this point; False where it was there already."""
    known = select(InspectionPhotoRow.id).where(
        InspectionPhotoRow.visit_id == visit_id,
        InspectionPhotoRow.item_id == item_id,
        InspectionPhotoRow.sha256 == photo.sha256,
    )
    if session.scalar(known) is not None:
        return False
    session.add(
        InspectionPhotoRow(
            visit_id=visit_id,
            item_id=item_id,
            sha256=photo.sha256,
            name=photo.name,
            taken_at=photo.taken_at,
            received_at=photo.received_at,
            brought_by=photo.brought_by,
        )
    )
    session.flush()
    return True


def _answer(session: Session, visit_id: int, item_id: int) -> InspectionAnswerRow | None:
    return session.scalar(
        select(InspectionAnswerRow).where(
            InspectionAnswerRow.visit_id == visit_id, InspectionAnswerRow.item_id == item_id
        )
    )


def answers(session: Session, visit_id: int) -> dict[int, Answered]:
    """Return what was found at this unit, by the id of the point."""
    statement = (
        select(InspectionAnswerRow, CaseRow.number)
        .outerjoin(CaseRow, CaseRow.id == InspectionAnswerRow.case_id)
        .where(InspectionAnswerRow.visit_id == visit_id)
    )
    return {
        row.item_id: Answered(
            item_id=row.item_id,
            answer=Answer(row.answer) if row.answer else None,
            note=row.note,
            by=row.answered_by,
            at=row.answered_at,
            case_id=row.case_id,
            case_number=number or "",
        )
        for row, number in session.execute(statement)
    }


def photos(session: Session, visit_id: int) -> list[Photo]:
    """Return the photos of this unit's list, in the order in which they came."""
    statement = (
        select(InspectionPhotoRow, EvidenceRow.size)
        .join(EvidenceRow, EvidenceRow.sha256 == InspectionPhotoRow.sha256)
        .where(InspectionPhotoRow.visit_id == visit_id)
        .order_by(InspectionPhotoRow.id)
    )
    return [
        Photo(
            item_id=row.item_id,
            sha256=row.sha256,
            name=row.name,
            size=size,
            taken_at=row.taken_at,
            received_at=row.received_at,
            brought_by=row.brought_by,
        )
        for row, size in session.execute(statement)
    ]
