"""How the installation is: when its recurring tasks last came to an end, and what waits too long."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, select, text

from states.vocabulary import SPINE
from store import counters
from store.schema.base import table_of
from store.schema.cases import WITHOUT_NEXT_STEP, CaseRow
from store.schema.counters import EVERYWHERE, CounterRow
from store.schema.operations import HeartbeatRow
from store.schema.timers import TimerRow
from store.upsert import insert_once, insertion, is_postgresql

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy.orm import Session

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a task was tried that was never tried."""


def beat(session: Session, name: str, at: datetime, detail: str) -> None:
    """Note that a recurring task has come to its end."""
    statement = insertion(session, table_of(HeartbeatRow)).values(name=name, at=at, detail=detail)
    # Two that come to their end at once must not fail over who is the first to say so.
    session.execute(
        statement.on_conflict_do_update(index_elements=[HeartbeatRow.name], set_={"at": at, "detail": detail})
    )


def take_turn(session: Session, name: str, now: datetime, rest: timedelta, done: str) -> bool:
    """Say whether it is for the caller to do what is done once per `done`, a week or a day; then note that it tries.

    It is for nobody if it is done already (`beat` with that detail says so), or if somebody tried less than `rest` ago.
    Of two that ask at once one is told yes: the row is locked until the transaction ends.
    """
    start = {"name": name, "at": NEVER, "detail": ""}
    insert_once(session, HeartbeatRow, start)
    row = session.scalars(select(HeartbeatRow).where(HeartbeatRow.name == name).with_for_update()).one()
    if row.detail == done or row.at + rest > now:
        return False
    row.at = now
    return True


def forget(session: Session, name: str) -> None:
    """Forget when the task last came to its end, so that it is due again."""
    session.execute(delete(HeartbeatRow).where(HeartbeatRow.name == name))


def last_beat(session: Session, name: str) -> datetime | None:
    """Return when the task last came to its end."""
    row = session.get(HeartbeatRow, name)
    return row.at if row is not None else None


def beats(session: Session) -> dict[str, datetime]:
    """Return when each recurring task last came to its end."""
    return {row.name: row.at for row in session.scalars(select(HeartbeatRow))}


def server_time(session: Session) -> datetime | None:
    """Return what the database's clock says; nothing for SQLite, which has no clock of its own."""
    if not is_postgresql(session):
        return None
    found: datetime | None = session.scalar(select(func.clock_timestamp()))
    return found


def detail(session: Session, name: str) -> str:
    """Return what the task said when it last came to its end; nothing if it never did."""
    row = session.get(HeartbeatRow, name)
    return row.detail if row is not None else ""


def aimless(session: Session, most: int) -> list[str]:
    """Return the numbers of up to `most` open cases with neither a next step nor a stated reason for having none.

    A next step is a deadline that runs, a decision that is awaited, or a timer; a suspension is a stated reason.
    """
    return list(session.scalars(_AIMLESS, {"most": most}))


# Asked case by case: as a join, PostgreSQL would walk through the timers of all cases beside the few that stand so.
_WAITS: Final = select(TimerRow.id).where(TimerRow.case_id == CaseRow.id).limit(1).scalar_subquery()
# Looked for in the row as it is written: no text within it can hold these signs, whose quotation marks are escaped.
_IS_SUSPENDED: Final = CaseRow.body.contains('"suspended_on":"', autoescape=True)
_AIMLESS: Final = (
    select(CaseRow.number)
    .where(text(WITHOUT_NEXT_STEP), _WAITS.is_(None), ~_IS_SUSPENDED)
    .order_by(CaseRow.id)
    .limit(bindparam("most"))
)
_WITH_DEADLINE: Final = select(func.sum(CounterRow.n)).where(
    CounterRow.kind == counters.DUE,
    CounterRow.unit_id == EVERYWHERE,
    CounterRow.state.in_([state.value for state in SPINE]),
)


def open_with_deadline(session: Session) -> int:
    """Return how many open cases have a deadline."""
    return int(session.scalar(_WITH_DEADLINE) or 0)
