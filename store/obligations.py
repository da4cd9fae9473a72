"""Obligations of the year: reading and writing them, and finding those at which time must look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from states.clue import ClueState
from states.errors import NotFound, Sentence
from states.obligation import ObligationState, ObligationStep, Standing, UnitPlace
from store import usual_statements
from store.schema.base import table_of
from store.schema.clues import ClueRow
from store.schema.obligations import ObligationRow, ObligationStepRow
from store.schema.operations import HeartbeatRow
from store.schema.organisation import UnitRow
from store.visibility import of_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from states.vocabulary import Role
    from store.visibility import Reader

_AT_ONCE: Final = 500
_NO_OBLIGATION: Final = Sentence("没有编号为{id}的年度职责。", "There is no obligation {id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """A step that was taken: when it happened, when it was entered, by whom, and with what."""

    step: ObligationStep
    day: date
    who: str
    noted_at: datetime
    receiver: str = ""
    note: str = ""
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What one clause asks of one unit in one year, with all that was entered of it, in that order."""

    id: int
    unit_id: int
    unit: str
    clause: str
    duty: str
    year: int
    profile: str
    due_on: date
    day_in_rule: bool
    times: int
    receivers: tuple[str, ...]
    by_reference: bool
    state: ObligationState
    next_at: datetime | None
    clue_id: int | None
    steps: tuple[StepTaken, ...] = ()

    @property
    def received(self) -> Mapping[str, date]:
        """Return the day on which each receiver has signed."""
        signed: dict[str, date] = {}
        for one in self.steps:
            if one.step is ObligationStep.RECEIVE:
                signed.setdefault(one.receiver, one.day)
        return signed

    @property
    def done_on(self) -> tuple[date, ...]:
        """Return the days on which something was handed in."""
        return tuple(one.day for one in self.steps if one.step is ObligationStep.SUBMIT)

    @property
    def claimed(self) -> StepTaken | None:
        """Return who has asked, and why, to take the miss back; None where nobody has, or it was taken back."""
        if self.state is not ObligationState.MISSED:
            return None
        return next((one for one in reversed(self.steps) if one.step is ObligationStep.CLAIM), None)

    @property
    def standing(self) -> Standing:
        """Return what has been entered, as the rules look at it."""
        return Standing(
            due_on=self.due_on,
            times=self.times,
            receivers=self.receivers,
            done_on=self.done_on,
            received=self.received,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which obligations are asked for; what is empty does not matter.

    `unit_part` is a part of the unit's name. With `limit` they come by their ids, from behind `after`;
    with `first` so many come whose day is the latest to come or the last to have passed. `undecided` leaves out missed
    ones on whose clue somebody has decided.
    """

    year: int = 0
    unit: str = ""
    unit_id: int = 0
    unit_ids: tuple[int, ...] = ()
    unit_kind: str = ""
    unit_part: str = ""
    clause: str = ""
    states: frozenset[ObligationState] = frozenset()
    due_until: date | None = None
    after: int = 0
    limit: int = 0
    first: int = 0
    undecided: bool = False


def places(session: Session, reader: Reader | None = None) -> dict[int, UnitPlace]:
    """Return every unit as the rules see it, by id; with a reader, those within his or her sight."""
    above = aliased(UnitRow)
    parents = set(session.scalars(select(UnitRow.parent_id).where(UnitRow.parent_id.is_not(None)).distinct()))
    statement = (
        select(UnitRow.id, UnitRow.kind, UnitRow.name, above.kind, above.name)
        .outerjoin(above, above.id == UnitRow.parent_id)
        .order_by(UnitRow.id)
    )
    if reader is not None:
        statement = statement.where(of_units(reader, UnitRow.id))
    return {
        unit_id: UnitPlace(kind, name, above_kind or "", above_name or "", unit_id in parents)
        for unit_id, kind, name, above_kind, above_name in session.execute(statement)
    }


def of_year(session: Session, year: int, unit_ids: Sequence[int]) -> dict[tuple[int, str], ObligationRow]:
    """Return the rows of these units for a year, by unit and clause. The units are locked: one generates at a time."""
    session.scalars(select(UnitRow.id).where(UnitRow.id.in_(unit_ids)).order_by(UnitRow.id).with_for_update()).all()
    statement = select(ObligationRow).where(ObligationRow.year == year, ObligationRow.unit_id.in_(unit_ids))
    return {(row.unit_id, row.clause): row for row in session.scalars(statement)}


def get(session: Session, obligation_id: int, reader: Reader | None = None) -> Obligation:
    """Return the obligation, if this person may see it; nobody in particular sees all.

    Raises:
        NotFound: there is none, or it is not for this person.
    """
    statement = _seen(reader).where(ObligationRow.id == obligation_id)
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound(_NO_OBLIGATION.fill(id=obligation_id))
    return _obligation(found[0], found[1], _steps(session, [obligation_id]).get(obligation_id, ()))


def lock(session: Session, obligation_id: int) -> ObligationRow:
    """Return the row, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    row = session.scalar(select(ObligationRow).where(ObligationRow.id == obligation_id).with_for_update())
    if row is None:
        raise NotFound(_NO_OBLIGATION.fill(id=obligation_id))
    return row


def listed(session: Session, asked: Asked, reader: Reader | None = None) -> list[Obligation]:
    """Return the obligations that this person may see and that are asked for, by unit, day and clause."""
    rows = session.execute(_listed(reader, asked)).all()
    steps = _steps(session, [row.id for row, _unit in rows if row.state != ObligationState.OPEN.value])
    return [_obligation(row, unit, steps.get(row.id, ())) for row, unit in rows]


@lru_cache(usual_statements.MOST)
def _listed(reader: Reader | None, asked: Asked) -> Select[ObligationRow, str]:
    statement: Select[ObligationRow, str] = _asked(_seen(reader), asked)
    if asked.limit:
        return statement.where(ObligationRow.id > asked.after).order_by(ObligationRow.id).limit(asked.limit)
    if asked.first:
        return statement.order_by(ObligationRow.due_on.desc(), ObligationRow.id).limit(asked.first)
    return statement.order_by(ObligationRow.year, UnitRow.name, ObligationRow.due_on, ObligationRow.clause)


def units_of(session: Session, asked: Asked, reader: Reader, *, after: str, limit: int) -> list[tuple[int, str]]:
    """Return the next units by name, from behind `after`, that have an obligation which is asked for."""
    has = _asked(select(ObligationRow.id), asked).where(ObligationRow.unit_id == UnitRow.id)
    statement = (
        select(UnitRow.id, UnitRow.name)
        .where(of_units(reader, UnitRow.id), UnitRow.name > after, has.exists())
        .order_by(UnitRow.name)
        .limit(limit)
    )
    return [(unit_id, name) for unit_id, name in session.execute(statement)]


def _asked(statement: Any, asked: Asked) -> Any:  # noqa: ANN401  # a SELECT of obligations, whatever its columns
    decided = select(ClueRow.id).where(ClueRow.id == ObligationRow.clue_id, ClueRow.state != ClueState.OPEN.value)
    conditions = (
        (asked.year, ObligationRow.year == asked.year),
        (asked.unit, UnitRow.name == asked.unit),
        (asked.unit_id, ObligationRow.unit_id == asked.unit_id),
        (asked.unit_ids, ObligationRow.unit_id.in_(asked.unit_ids)),
        (asked.unit_part, UnitRow.name.contains(asked.unit_part, autoescape=True)),
        (asked.clause, ObligationRow.clause == asked.clause),
        (asked.unit_kind, UnitRow.kind == asked.unit_kind),
        (asked.states, ObligationRow.state.in_([state.value for state in asked.states])),
        (asked.due_until, ObligationRow.due_on <= (asked.due_until or date.max)),
        (asked.undecided, ~decided.exists()),
    )
    return statement.where(*(condition for wanted, condition in conditions if wanted))


def _seen(reader: Reader | None) -> Select[ObligationRow, str]:
    statement: Select[ObligationRow, str] = select(ObligationRow, UnitRow.name).join(
        UnitRow, UnitRow.id == ObligationRow.unit_id
    )
    return statement if reader is None else statement.where(of_units(reader, ObligationRow.unit_id))


def years(session: Session) -> list[int]:
    """Return the years of which there are obligations, the newest first."""
    return list(session.scalars(select(ObligationRow.year).distinct().order_by(ObligationRow.year.desc())))


def numbers(session: Session, year: int, reader: Reader) -> dict[ObligationState, int]:
    """Return how many obligations of a year are in each state, of those that this person may see."""
    statement = (
        select(ObligationRow.state, func.count())
        .where(ObligationRow.year == year, of_units(reader, ObligationRow.unit_id))
        .group_by(ObligationRow.state)
    )
    return {ObligationState(state): count for state, count in session.execute(statement)}


def take(session: Session, obligation_id: int, taken: StepTaken, role: Role) -> None:
    """Write down that a step was taken by somebody in this role."""
    session.add(
        ObligationStepRow(
            obligation_id=obligation_id,
            step=taken.step.value,
            day=taken.day,
            receiver=taken.receiver,
            note=taken.note,
            file=taken.file,
            who=taken.who,
            role=role.value,
            noted_at=taken.noted_at,
        )
    )
    session.flush()


COUNTED: Final = "obligation_days"
"""The heartbeat that says by which calendar it was counted when time looks at obligations."""
_OBLIGATIONS: Final = table_of(ObligationRow)
_BEATS: Final = table_of(HeartbeatRow)
_BEFORE_SWEEP: Final = select(
    select(_BEATS.c.detail).where(_BEATS.c.name == "swept").scalar_subquery(),
    select(_BEATS.c.detail).where(_BEATS.c.name == COUNTED).scalar_subquery(),
    select(_OBLIGATIONS.c.id)
    .where(_OBLIGATIONS.c.next_at <= bindparam("as_of", type_=_OBLIGATIONS.c.next_at.type))
    .limit(1)
    .scalar_subquery(),
)


def before_sweep(session: Session, as_of: datetime) -> tuple[str, str, bool]:
    """Return when the last sweep was, by which calendar looks were counted, and whether one is due.

    One statement, because it is asked every minute, mostly for nothing.
    """
    swept, counted, due_id = session.connection().execute(_BEFORE_SWEEP, {"as_of": as_of}).one()
    return swept or "", counted or "", due_id is not None


def due(session: Session, as_of: datetime, limit: int) -> list[tuple[ObligationRow, str]]:
    """Return the rows at which time must look, the oldest first, locked, each with the name of its unit.

    Those that another sweep holds are passed over, and so are those that were put aside until later.
    """
    free = or_(ObligationRow.held_until.is_(None), ObligationRow.held_until <= as_of)
    statement = (
        select(ObligationRow, UnitRow.name)
        .join(UnitRow, UnitRow.id == ObligationRow.unit_id)
        .where(ObligationRow.next_at <= as_of, free)
        .order_by(ObligationRow.next_at, ObligationRow.id)
        .limit(limit)
        .with_for_update(of=ObligationRow, skip_locked=True)
    )
    return [(row, unit) for row, unit in session.execute(statement)]


def waiting(session: Session, after: int, limit: int) -> list[ObligationRow]:
    """Return the rows at which time will look again, by id from behind `after`, locked."""
    statement = (
        select(ObligationRow)
        .where(ObligationRow.next_at.is_not(None), ObligationRow.id > after)
        .order_by(ObligationRow.id)
        .limit(limit)
        .with_for_update()
    )
    return list(session.scalars(statement))


def value_of(session: Session, row: ObligationRow, unit: str) -> Obligation:
    """Return the row as a value, with its steps."""
    return _obligation(row, unit, _steps(session, [row.id]).get(row.id, ()))


def _steps(session: Session, ids: Sequence[int]) -> dict[int, tuple[StepTaken, ...]]:
    found: dict[int, tuple[StepTaken, ...]] = {}
    for first in range(0, len(ids), _AT_ONCE):
        for row in _step_rows(session, ids[first : first + _AT_ONCE]):
            one = StepTaken(
                step=ObligationStep(row.step),
                day=row.day,
                receiver=row.receiver,
                note=row.note,
                file=row.file,
                who=row.who,
                noted_at=row.noted_at,
            )
            found[row.obligation_id] = (*found.get(row.obligation_id, ()), one)
    return found


def _step_rows(session: Session, ids: Sequence[int]) -> Iterable[ObligationStepRow]:
    statement = select(ObligationStepRow).where(ObligationStepRow.obligation_id.in_(ids))
    return session.scalars(statement.order_by(ObligationStepRow.id))


def _obligation(row: ObligationRow, unit: str, steps: tuple[StepTaken, ...]) -> Obligation:
    return Obligation(
        id=row.id,
        unit_id=row.unit_id,
        unit=unit,
        clause=row.clause,
        duty=row.duty,
        year=row.year,
        profile=row.profile,
        due_on=row.due_on,
        day_in_rule=row.day_in_rule,
        times=row.times,
        receivers=tuple(row.receivers.split("\n")) if row.receivers else (),
        by_reference=row.by_reference,
        state=ObligationState(row.state),
        next_at=row.next_at,
        clue_id=row.clue_id,
        steps=steps,
    )
