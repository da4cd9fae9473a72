"""The pool of clues: reading and writing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select, true

from states.clue import ClueSource, ClueState
from states.errors import NotFound, Sentence
from store import visibility
from store.case_counts import COUNTED_TO, AtLeast
from store.schema.clues import ClueRow

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.visibility import Reader

_NO_CLUE: Final = Sentence("没有编号为{id}的线索。", "There is no clue {id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """A possible problem. `case_id` is the case that was made of it, if one was."""

    id: int
    state: ClueState
    source: ClueSource
    unit: str
    duty: str
    text: str
    raised_on: date
    raised_by: str
    decided_on: date | None
    decided_by: str
    reason: str
    case_id: int | None


def add(  # a clue is what it says
    session: Session, source: ClueSource, unit: str, duty: str, text: str, on: date, who: str, now: datetime
) -> Clue:
    """Put a clue into the pool."""
    row = ClueRow(
        state=ClueState.OPEN.value,
        source=source.value,
        unit=unit,
        duty=duty,
        text=text,
        raised_on=on,
        raised_by=who,
        raised_at=now,
    )
    session.add(row)
    session.flush()
    return _clue(row)


def same(  # a clue is what it says
    session: Session, source: ClueSource, unit: str, duty: str, text: str, on: date, who: str
) -> Clue | None:
    """Return the open clue that says all of this, if this person raised one on this day."""
    said = {"source": source.value, "unit": unit, "duty": duty, "text": text, "raised_on": on, "raised_by": who}
    found = select(ClueRow).filter_by(state=ClueState.OPEN.value, **said).order_by(ClueRow.id).limit(1)
    row = session.scalar(found)
    return _clue(row) if row is not None else None


def _seen(reader: Reader) -> ColumnElement[bool]:
    names = visibility.unit_names(reader)
    return true() if names is None else or_(ClueRow.unit.in_(names), ClueRow.raised_by == reader.username)


def read(session: Session, clue_id: int, reader: Reader) -> Clue:
    """Return the clue with this number, to be read.

    Raises:
        NotFound: there is none, or it is not within the reader's sight.
    """
    row = session.scalar(select(ClueRow).where(ClueRow.id == clue_id, _seen(reader)))
    if row is None:
        raise NotFound(_NO_CLUE.fill(id=clue_id))
    return _clue(row)


def get(session: Session, clue_id: int, reader: Reader | None = None) -> Clue:
    """Return the clue with this number, locked until the end of the transaction.

    Raises:
        NotFound: there is none, or it is not within the reader's sight.
    """
    if reader is not None:
        read(session, clue_id, reader)
    return _clue(_row(session, clue_id))


def decide(  # which, what became of it, when, by whom, why, and as which case
    session: Session,
    clue_id: int,
    state: ClueState,
    on: date,
    who: str,
    *,
    reason: str = "",
    case_id: int | None = None,
) -> Clue:
    """Write down what became of the clue. The row is locked by the caller's transaction."""
    row = _row(session, clue_id)
    row.state, row.decided_on, row.decided_by = state.value, on, who
    row.reason, row.case_id = reason or None, case_id
    session.flush()
    return _clue(row)


def listed(
    session: Session, state: ClueState | None, reader: Reader | None = None, *, after: int = 0, limit: int | None = None
) -> list[Clue]:
    """Return the clues, or those in this state, by their numbers; with a reader, those within his or her sight.

    Who watches over some units reads the clues about these, and those that he or she raised. At most `limit` come,
    from behind number `after`.
    """
    statement = select(ClueRow).where(ClueRow.id > after, *_fits(state, reader)).order_by(ClueRow.id).limit(limit)
    return [_clue(row) for row in session.scalars(statement)]


def counted(session: Session, state: ClueState | None, reader: Reader) -> int:
    """Return how many clues are in this state and within the reader's sight; of very many, that there are more."""
    some = select(ClueRow.id).where(*_fits(state, reader)).limit(COUNTED_TO + 1).subquery()
    n = int(session.scalar(select(func.count()).select_from(some)) or 0)
    return AtLeast(COUNTED_TO) if n > COUNTED_TO else n


def _fits(state: ClueState | None, reader: Reader | None) -> list[ColumnElement[bool]]:
    found = [] if reader is None else [_seen(reader)]
    return [*found, ClueRow.state == state.value] if state is not None else found


def _row(session: Session, clue_id: int) -> ClueRow:
    row = session.scalar(select(ClueRow).where(ClueRow.id == clue_id).with_for_update())
    if row is None:
        raise NotFound(_NO_CLUE.fill(id=clue_id))
    return row


def _clue(row: ClueRow) -> Clue:
    return Clue(
        id=row.id,
        state=ClueState(row.state),
        source=ClueSource(row.source),
        unit=row.unit,
        duty=row.duty,
        text=row.text,
        raised_on=row.raised_on,
        raised_by=row.raised_by,
        decided_on=row.decided_on,
        decided_by=row.decided_by or "",
        reason=row.reason or "",
        case_id=row.case_id,
    )
