"""Numbers of documents: given once each, in a series per organ and year, and never given again, even when void."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from states.errors import BadData, Conflict, NotFound, Sentence
from store.schema.cases import CaseRow
from store.schema.numbers import DocumentRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_TAKEN: Final = Sentence(
    "发文字号“{number}”已用于{by}，不能重复使用。", "The document number “{number}” was used for {by} already."
)
_VOID: Final = Sentence("作废文书", "a void document")
_BESIDE: Final = Sentence("不属于案件的文书", "a document of no case")
_NONE: Final = Sentence("没有发文字号“{number}”。", "There is no document number “{number}”.")
_USED: Final = Sentence(
    "发文字号“{number}”已随案件事项发出，不能作废；请用 correct_event 更正该事项。",
    "The document number “{number}” belongs to an event and cannot be void; correct the event instead.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A number that was given: for which act of which case, or void and why."""

    number: str
    case_number: str
    act: str
    noted_at: datetime
    void_by: str
    void_reason: str


def note(session: Session, number: str, case_id: int, case_seq: int, act: str, now: datetime) -> None:
    """Let the number belong to this event; a document may be named again by later events of its case.

    Raises:
        BadData: it belongs to another case, or is void.
    """
    row = session.get(DocumentRow, number)
    if row is not None:
        if row.case_id == case_id:
            return
        raise BadData(_TAKEN.fill(number=number, by=_used_by(session, row)))
    session.add(DocumentRow(number=number, case_id=case_id, case_seq=case_seq, act=act, noted_at=now))
    session.flush()


def note_beside(session: Session, number: str, act: str, now: datetime) -> None:
    """Let the number belong to a document of no case, which carries out this act.

    Raises:
        BadData: it belongs to something else, or is void.
    """
    row = session.get(DocumentRow, number)
    if row is not None:
        raise BadData(_TAKEN.fill(number=number, by=_used_by(session, row)))
    session.add(DocumentRow(number=number, act=act, noted_at=now))
    session.flush()


def _used_by(session: Session, row: DocumentRow) -> str | Sentence:
    case_number = session.scalar(select(CaseRow.number).where(CaseRow.id == row.case_id))
    return case_number or (_VOID if row.void_at else _BESIDE)


def known(session: Session, number: str) -> bool:
    """Say whether the number was given before."""
    return session.get(DocumentRow, number) is not None


def void(session: Session, number: str, who: str, reason: str, now: datetime) -> None:
    """Keep a number that no document will carry, with the reason.

    Raises:
        Conflict: it belongs to an event.
    """
    if known(session, number):
        raise Conflict(_USED.fill(number=number))
    session.add(DocumentRow(number=number, act="", noted_at=now, void_by=who, void_at=now, void_reason=reason))
    session.flush()


def void_signed(session: Session, number: str, who: str, reason: str, now: datetime) -> None:
    """Keep the number of a document that was signed and will not be issued: the gap stays, with its reason.

    Raises:
        NotFound: the number was never given.
    """
    row = session.get(DocumentRow, number)
    if row is None:
        raise NotFound(_NONE.fill(number=number))
    row.void_by, row.void_at, row.void_reason = who, now, reason
    session.flush()


def listed(session: Session, part: str = "") -> list[Document]:
    """Return the numbers that contain `part`, voids among them, as they were given."""
    statement = (
        select(DocumentRow, CaseRow.number)
        .outerjoin(CaseRow, CaseRow.id == DocumentRow.case_id)
        .where(DocumentRow.number.contains(part, autoescape=True))
        .order_by(DocumentRow.noted_at, DocumentRow.number)
    )
    return [
        Document(
            number=row.number,
            case_number=case_number or "",
            act=row.act,
            noted_at=row.noted_at,
            void_by=row.void_by or "",
            void_reason=row.void_reason or "",
        )
        for row, case_number in session.execute(statement)
    ]


def of_case(session: Session, case_id: int) -> list[tuple[str, int, str]]:
    """Return the numbers that this case has used: each with the event, by its place in the case, and its act."""
    statement = (
        select(DocumentRow.number, DocumentRow.case_seq, DocumentRow.act)
        .where(DocumentRow.case_id == case_id)
        .order_by(DocumentRow.case_seq, DocumentRow.number)
    )
    return [(number, case_seq or 0, act) for number, case_seq, act in session.execute(statement)]


def of(session: Session, number: str) -> Document:
    """Return what became of one number.

    Raises:
        NotFound: it was never given.
    """
    for document in listed(session, number):
        if document.number == number:
            return document
    raise NotFound(_NONE.fill(number=number))
