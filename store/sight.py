"""Sight: the one query that decides what a person may see. List, search, feed, export and page all go through it.

Source: DOMAIN §2.7 (who may see what), ADR 0023. What is not seen does not exist: there is no difference between a case
that is hidden and one that was never there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    True_,
    and_,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from states.acts import SPINE, Phase, Role, State
from states.case import restored
from states.errors import NotFound
from store import personal
from store.cases import NO_CASE, Recorded, Stored, history, history_where
from store.tables import LETTERS, PART, CaseEventRow, CaseRow, UnitRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

OFFICE_ROLES: Final = frozenset(
    {Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.AUDITOR}
)
"""Who of the supervising side sees all cases of the units below; a transferred one is a sealed stub to most of them."""

SEES_WORK_SECRETS: Final = frozenset({Role.DIRECTOR, Role.LEADER, Role.AUDITOR, Role.DISCIPLINE})
"""Who sees work secrets like other cases; of everybody else only those whose own they are (`_kept_from`)."""

TAKES_PART: Final = frozenset({Role.INSPECTOR, Role.HANDLER})
"""Whose own work stays in sight wherever it was done: who inspected or handled a case elsewhere reads on in it."""

COUNTED_TO: Final = 10_000
"""How far cases are counted. Nobody reads more of them one by one, and counting a million takes as long as it takes."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: in which role, of which unit, and over which unit's tree the supervising side looks; 0 for all."""

    username: str
    role: Role
    unit_id: int
    territory: int = 0


class AtLeast(int):
    """A count that was not carried to its end; people read it as `10,000+`."""

    def __str__(self) -> str:
        """Return the count as people read it."""
        return f"{int(self):,}+"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        """Return the count as people read it, whatever the format."""
        return format(str(self), "")


def _below(unit_id: int) -> Select[Any]:
    """Return the ids of a unit and of all units below it; a circle in the tree ends where it began."""
    below = select(UnitRow.id).where(UnitRow.id == unit_id).cte("below", recursive=True)
    below = below.union(select(UnitRow.id).join(below, UnitRow.parent_id == below.c.id))
    return select(below.c.id)


def scope(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on cases that this person may see."""
    if reader.role in SEES_WORK_SECRETS:
        return _within(reader)
    # By the few that are kept back and not by the many that are not, so that the indexes of the lists go on serving.
    return and_(_within(reader), CaseRow.id.not_in(_kept_from(reader)))


def _kept_from(reader: Reader) -> Select[Any]:
    """Return the ids of the work secrets that are not this person's: of other units, or in which he or she had no part.

    Source: 保守国家秘密法 art. 64, ADR 0028.
    """
    other = aliased(CaseRow)
    # Written out, as their partial index has it.
    secrets = select(other.id).where(other.confidentiality == literal_column("'work_secret'"))
    if reader.role in TAKES_PART:
        return secrets.where(other.id.not_in(_part_of(reader)))
    if reader.role in (Role.LIAISON, Role.HEAD):
        return secrets.where(other.unit_id != reader.unit_id)
    return secrets


def _within(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on cases within a person's territory, part and letters, whatever their mark."""
    if reader.role in OFFICE_ROLES and not reader.territory:
        return true()
    if reader.role in OFFICE_ROLES:
        below = CaseRow.unit_id.in_(_below(reader.territory))
        return or_(below, CaseRow.id.in_(_part_of(reader))) if reader.role in TAKES_PART else below
    if reader.role is Role.DISCIPLINE:
        # By letter: what was handed over, and accountability proposed or decided, also after an appeal or the closure.
        return or_(CaseRow.state == State.TRANSFERRED.value, CaseRow.id.in_(_LETTERS))
    if reader.role in (Role.LIAISON, Role.HEAD) and reader.unit_id:
        # A clue that was handed over is not told to the unit (DOMAIN §4.2 row 6).
        return and_(CaseRow.unit_id.in_(_below(reader.unit_id)), CaseRow.state != State.TRANSFERRED.value)
    return false()


def _sees_all(reader: Reader) -> bool:
    """Say whether no case at all is kept from this person."""
    return reader.role in OFFICE_ROLES & SEES_WORK_SECRETS and not reader.territory


# The conditions are written as the partial indexes have them, so that both databases find these among all events.
_LETTERS: Final = select(CaseEventRow.case_id).where(text(LETTERS))


def _part_of(reader: Reader) -> Select[Any]:
    return select(CaseEventRow.case_id).where(CaseEventRow.actor_user == reader.username, text(PART))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is looked for; nothing given finds all that may be seen.

    `due_before` excludes the day itself, `due_from` includes it; of `states`, `phases` and `ids` any one suffices.
    `waiting`: a proposal waits for a decision; `approver`: for that of this role. `running`: not over, or something is
    still due.
    """

    state: State | None = None
    states: tuple[State, ...] = ()
    phases: tuple[Phase, ...] = ()
    light: str | None = None
    unit: str | None = None
    due_before: date | None = None
    due_from: date | None = None
    ids: tuple[int, ...] = ()
    text: str | None = None
    waiting: bool = False
    approver: Role | None = None
    running: bool = False


def _any_of(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.ids:
        found.append(CaseRow.id.in_(wanted.ids))
    if wanted.states:
        found.append(CaseRow.state.in_([state.value for state in wanted.states]))
    if wanted.phases:
        found.append(CaseRow.phase.in_([phase.value for phase in wanted.phases]))
    return found


def _where(reader: Reader, wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [scope(reader), *_any_of(wanted)]
    if wanted.state is not None:
        found.append(CaseRow.state == wanted.state.value)
    if wanted.due_from is not None:
        found.append(CaseRow.next_due_on >= wanted.due_from)
    if wanted.light is not None:
        found.append(CaseRow.light == wanted.light)
    if wanted.unit is not None:
        found.append(CaseRow.unit_id.in_(select(UnitRow.id).where(UnitRow.name == wanted.unit)))
    if wanted.due_before is not None:
        found.append(CaseRow.next_due_on < wanted.due_before)
    if wanted.waiting or wanted.approver is not None:
        found.append(CaseRow.id.in_(_waiting(wanted.approver)))
    if wanted.running:
        found.append(or_(CaseRow.state.in_([state.value for state in SPINE]), CaseRow.next_due_on.is_not(None)))
    if wanted.text:
        units = select(UnitRow.id).where(UnitRow.name.contains(wanted.text, autoescape=True))
        # By itself, so that the index of the numbers is read through and not the cases with all their content.
        other = aliased(CaseRow)
        numbers = select(other.id).where(other.number.contains(wanted.text, autoescape=True))
        found.append(or_(CaseRow.id.in_(numbers), CaseRow.unit_id.in_(units)))
    return found


def _waiting(approver: Role | None) -> Select[Any]:
    """Return the ids of the cases in which a proposal waits, for this role if one is given.

    By itself, so that the index of the few that wait is read and not all cases in the order of the list.
    """
    other = aliased(CaseRow)
    waiting = select(other.id).where(other.waiting_for.is_not(None))
    if approver is None:
        return waiting
    mine = other.approvers.contains(f'"{approver.value}"', autoescape=True)
    return waiting.where(or_(other.approvers.is_(None), mine))


_LOADED: Final = (CaseRow.id, CaseRow.unit_id, CaseRow.post_id, CaseRow.head_hash, CaseRow.body)


def _stored(row: Any) -> Stored:  # noqa: ANN401  # a result row
    return Stored(
        case=restored(orjson.loads(row.body)), unit_id=row.unit_id, post_id=row.post_id, head_hash=row.head_hash
    )


def listed(
    session: Session, reader: Reader, wanted: Filter, *, after: int = 0, limit: int = 50, by_due: bool = False
) -> list[Stored]:
    """Return the cases above id `after` that the reader may see and that fit, by id, or by their next due day."""
    statement = select(*_LOADED).where(*_where(reader, wanted))
    if after:
        statement = statement.where(CaseRow.id > after)
    if not by_due:
        rows = list(session.execute(statement.order_by(CaseRow.id).limit(limit)))
    else:
        # In two steps, so that an index gives the order: those with a due day, and only then those without.
        dated = statement.where(CaseRow.next_due_on.is_not(None)).order_by(CaseRow.next_due_on, CaseRow.id)
        rows = list(session.execute(dated.limit(limit)))
        if len(rows) < limit and wanted.due_before is None and wanted.due_from is None:
            others = statement.where(CaseRow.next_due_on.is_(None)).order_by(CaseRow.id)
            rows += session.execute(others.limit(limit - len(rows)))
    return personal.shown_all(session, [_stored(row) for row in rows])


def page_by_due(session: Session, reader: Reader, wanted: Filter, *, skip: int, limit: int) -> list[Stored]:
    """Return the cases that the reader may see and that fit, by their next due day, behind the first `skip` of them.

    It counts its way to a later page: for the cases of one unit, not of an office.
    """
    order = (CaseRow.next_due_on.is_(None), CaseRow.next_due_on, CaseRow.id)
    statement = select(*_LOADED).where(*_where(reader, wanted)).order_by(*order).offset(skip).limit(limit)
    return personal.shown_all(session, [_stored(row) for row in session.execute(statement)])


def _bounded(n: int, most: int) -> int:
    return AtLeast(most) if n > most else n


def counted(session: Session, reader: Reader, wanted: Filter, *, most: int | None = None) -> int:
    """Return how many cases the reader may see that fit; beyond `most` only that there are more (`AtLeast`).

    Without `most`, cases are counted up to `COUNTED_TO`.
    """
    most = COUNTED_TO if most is None else most
    found = select(literal(1)).select_from(CaseRow).where(*_where(reader, wanted)).limit(most + 1).subquery()
    return _bounded(int(session.scalar(select(func.count()).select_from(found)) or 0), most)


def by_state(session: Session, reader: Reader) -> dict[State, int]:
    """Return how many of the cases that the reader may see are in each state, counted as far as `counted` does."""
    seen = scope(reader)  # once: a statement holds one tree of units
    if not _sees_all(reader):
        mine = select(CaseRow.state).where(seen).limit(COUNTED_TO * len(State)).subquery()
        known = {
            str(state): int(n)
            for state, n in session.execute(select(mine.c.state, func.count()).group_by(mine.c.state))
        }
        return {state: _bounded(known.get(state.value, 0), COUNTED_TO) for state in State}
    parts = [
        select(CaseRow.state)
        .where(CaseRow.state == state.value, seen)
        .limit(COUNTED_TO + 1)
        .subquery(f"in_{state.value}")
        for state in State
    ]
    counts = [
        select(literal(state.value), func.count()).select_from(part) for state, part in zip(State, parts, strict=True)
    ]
    found = {str(state): int(n) for state, n in session.execute(union_all(*counts))}
    return {state: _bounded(found[state.value], COUNTED_TO) for state in State}


def case(session: Session, reader: Reader, case_id: int) -> Stored:
    """Return the case, if the reader may see it.

    Raises:
        NotFound: there is none, as far as the reader is concerned.
    """
    row = session.execute(select(*_LOADED).where(CaseRow.id == case_id, scope(reader))).first()
    if row is None:
        raise NotFound(NO_CASE.fill(which=case_id))
    return personal.shown_all(session, [_stored(row)])[0]


def history_of(session: Session, case_id: int) -> list[Recorded]:
    """Return the events of a case that the reader was found to see, as a person reads them."""
    return personal.shown_history(session, history(session, case_id))


def events(session: Session, reader: Reader, *, after: int = 0, limit: int = 500) -> Sequence[Recorded]:
    """Return the events behind place `after` of the cases that the reader may see, in the order of the history."""
    found = history_where(session, CaseEventRow.seq > after, seen_events(reader), limit=limit)
    return personal.shown_history(session, found)


def due_between(session: Session, reader: Reader, first: date, last: date, limit: int) -> list[Stored]:
    """Return the cases that the reader may see with their next due day from `first` to `last`, both inclusive."""
    statement = select(*_LOADED).where(scope(reader), CaseRow.next_due_on.between(first, last))
    found = [_stored(row) for row in session.execute(statement.order_by(CaseRow.next_due_on, CaseRow.id).limit(limit))]
    return personal.shown_all(session, found)


def some(session: Session, reader: Reader, case_ids: Collection[int]) -> list[Stored]:
    """Return those of these cases that the reader may see."""
    if not case_ids:
        return []
    found = [_stored(row) for row in session.execute(select(*_LOADED).where(CaseRow.id.in_(case_ids), scope(reader)))]
    return personal.shown_all(session, found)


def seen_events(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on events of cases that the reader may see.

    A database that is asked for the events of all cases would otherwise list all cases first: who sees every case gets
    no condition, and who sees all but some work secrets only these.
    """
    if _sees_all(reader):
        return true()
    if isinstance(_within(reader), True_):
        return CaseEventRow.case_id.not_in(_kept_from(reader))
    return CaseEventRow.case_id.in_(select(CaseRow.id).where(scope(reader)))
