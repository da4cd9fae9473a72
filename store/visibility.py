"""Visibility: the one query that decides which cases a person may see. Lists, search, feed, export and pages use it.

Source: docs/domain.md (who may see what), ADR 0023. A case that a person may not see is treated exactly like a case
that does not exist: every answer is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import aliased

from states.inspection import UNANNOUNCED, InspectionState
from states.vocabulary import Confidentiality, Role, State
from store import counters
from store.schema.cases import CaseRow
from store.schema.counters import EVERYWHERE, CounterRow
from store.schema.events import LETTERS, PART, CaseEventRow
from store.schema.inspections import InspectionRow, InspectionVisitRow
from store.schema.organisation import UnitRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from store.accounts import Person

OFFICE_ROLES: Final = frozenset(
    {Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.AUDITOR}
)
"""Who of the supervising side sees all cases of the units below; a transferred one is a sealed stub to most of them."""

SEES_WORK_SECRETS: Final = frozenset({Role.DIRECTOR, Role.LEADER, Role.AUDITOR, Role.DISCIPLINE})
"""Who sees work secrets like other cases; of everybody else only those whose own they are (`hidden_from`)."""

_WORK_SECRET: Final[ColumnElement[str]] = literal_column(f"'{Confidentiality.WORK_SECRET.value}'")
"""Written out, as the partial index of these cases has it."""

_AT_ONCE: Final = 500
_READERS: Final = 1_000
"""For so many people the conditions are kept once made: making one takes longer than a database needs for it."""
READS_FILES: Final = frozenset({Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST})
"""Who of the supervising side reads the files of the heads below; beside them each head his or her own, nobody else."""

READS_REPORTS: Final = frozenset({Role.HANDLER, Role.DIRECTOR, Role.LEADER})
"""Who reads the office's reports of its territory."""

TAKES_PART: Final = frozenset({Role.INSPECTOR, Role.HANDLER})
"""Whose own work stays in sight wherever it was done: who inspected or handled a case elsewhere reads on in it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: in which role, of which unit, and over which unit's tree the supervising side looks; 0 for all."""

    username: str
    role: Role
    unit_id: int
    territory: int = 0


def reader_of(person: Person) -> Reader:
    """Return the person as one who reads."""
    return Reader(person.username, person.role, person.unit_id, person.territory)


@lru_cache(maxsize=_READERS)
def _below(unit_id: int) -> Select[Any]:
    """Return the ids of a unit and of all units below it; a circle in the tree ends where it began."""
    # Without a name of its own, since one question may ask for several.
    below = select(UnitRow.id).where(UnitRow.id == unit_id).cte(recursive=True)
    below = below.union(select(UnitRow.id).join(below, UnitRow.parent_id == below.c.id))
    return select(below.c.id)


@lru_cache(maxsize=_READERS)
def scope(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on cases that this person may see."""
    if reader.role in SEES_WORK_SECRETS:
        return _within(reader)
    # By the few that are kept back and not by the many that are not, so that the indexes of the lists go on serving.
    return and_(_within(reader), CaseRow.id.not_in(hidden_from(reader)))


def seen_among(session: Session, reader: Reader, case_ids: Iterable[int]) -> set[int]:
    """Return which of these cases, all of which are there, the reader may see."""
    wanted, seen = list(case_ids), set[int]()
    if sees_all_of_office(reader):
        return set(wanted)
    if is_everything(reader):  # by the few that are kept back
        return set(wanted).difference(session.scalars(hidden_from(reader)))
    for first in range(0, len(wanted), _AT_ONCE):
        some = CaseRow.id.in_(wanted[first : first + _AT_ONCE])
        seen.update(session.scalars(select(CaseRow.id).where(some, scope(reader))))
    return seen


@lru_cache(maxsize=_READERS)
def hidden_from(reader: Reader) -> Select[Any]:
    """Return the ids of the work secrets that are not this person's: of other units, or in which he or she had no part.

    Source: 保守国家秘密法 art. 64, ADR 0028.
    """
    other = aliased(CaseRow)
    secrets = select(other.id).where(other.confidentiality == _WORK_SECRET)
    if reader.role in TAKES_PART:
        return secrets.where(~_took_part(reader, other.id))
    if reader.role in (Role.LIAISON, Role.HEAD):
        return secrets.where(other.unit_id != reader.unit_id)
    return secrets


def _within(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on cases within a person's territory, part and letters, whatever their mark."""
    if is_everything(reader):
        return true()
    if reader.role in OFFICE_ROLES:
        below = CaseRow.unit_id.in_(_below(reader.territory))
        return or_(below, CaseRow.id.in_(_part_of(reader))) if reader.role in TAKES_PART else below
    if reader.role is Role.DISCIPLINE:
        # By letter: what was handed over, and accountability proposed or decided, also after an appeal or the closure.
        return or_(CaseRow.state == State.TRANSFERRED.value, CaseRow.id.in_(_LETTERS))
    if reader.role in (Role.LIAISON, Role.HEAD) and reader.unit_id:
        # A clue that was handed over is not told to the unit (docs/domain.md §4.2 row 6).
        return and_(CaseRow.unit_id.in_(_below(reader.unit_id)), CaseRow.state != State.TRANSFERRED.value)
    return false()


def of_units(reader: Reader, unit_id: Any) -> ColumnElement[bool]:  # noqa: ANN401  # a column of units' ids
    """Return the condition on what belongs to units, and to no case, that this person may see.

    The office sees the units of its territory, a unit itself and those below it; nobody else sees anything.
    """
    if is_everything(reader):
        return true()
    if reader.role in OFFICE_ROLES:
        seen: ColumnElement[bool] = unit_id.in_(_below(reader.territory))
        return seen
    if reader.role in (Role.LIAISON, Role.HEAD) and reader.unit_id:
        own: ColumnElement[bool] = unit_id.in_(_below(reader.unit_id))
        return own
    return false()


def of_named_units(reader: Reader, unit: Any) -> ColumnElement[bool]:  # noqa: ANN401  # a column of units' names
    """Return the condition on what names a unit, and belongs to no case, that this person may see; as `of_units`."""
    if is_everything(reader):
        return true()
    other = aliased(UnitRow)
    named: ColumnElement[bool] = unit.in_(select(other.name).where(of_units(reader, other.id)))
    return named


def sees_unit(session: Session, reader: Reader, unit_id: int) -> bool:
    """Say whether what belongs to a unit, and to no case, is for this person to see."""
    return session.scalar(select(UnitRow.id).where(UnitRow.id == unit_id, of_units(reader, UnitRow.id))) is not None


def unit_names(reader: Reader) -> Select[Any] | None:
    """Return the names of the units that the reader watches over, or None where these are all units."""
    if is_everything(reader):
        return None
    return select(UnitRow.name).where(UnitRow.id.in_(_below(reader.territory or reader.unit_id)))


def seen_visits(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on visits of inspections (`InspectionVisitRow` beside its `InspectionRow`) in sight.

    The office sees those of its territory. A unit's people see their own, and those below, once the inspection was
    announced; of an unannounced one they see nothing before it is done (docs/domain.md §4.2 row 1).
    """
    unit = InspectionVisitRow.unit_id
    if is_everything(reader):
        return true()
    if reader.role in OFFICE_ROLES:
        return unit.in_(_below(reader.territory))
    if reader.role in (Role.LIAISON, Role.HEAD) and reader.unit_id:
        told = and_(
            InspectionRow.kind != UNANNOUNCED,
            InspectionRow.announced_on.is_not(None),
            InspectionRow.state != InspectionState.WITHDRAWN.value,
        )
        over = and_(InspectionRow.kind == UNANNOUNCED, InspectionRow.state == InspectionState.DONE.value)
        return and_(unit.in_(_below(reader.unit_id)), or_(told, over))
    return false()


def watches(session: Session, reader: Reader, unit_id: int) -> bool:
    """Say whether the reader of the supervising side looks over this unit, by the tree."""
    if reader.role not in OFFICE_ROLES:
        return False
    if not reader.territory:
        return True
    return (
        session.scalar(select(UnitRow.id).where(UnitRow.id == unit_id, UnitRow.id.in_(_below(reader.territory))))
        is not None
    )


def is_everything(reader: Reader) -> bool:
    """Say whether the reader sees the cases of every unit."""
    return reader.role in OFFICE_ROLES and not reader.territory


def sees_all_of_office(reader: Reader) -> bool:
    """Say whether no case at all is kept from this person."""
    return reader.role in OFFICE_ROLES & SEES_WORK_SECRETS and not reader.territory


# The conditions are written as the partial indexes have them, so that both databases find these among all events.
_LETTERS: Final = select(CaseEventRow.case_id).where(text(LETTERS))


@lru_cache(maxsize=_READERS)
def tallied(reader: Reader, *, by_unit: bool = False) -> ColumnElement[bool] | None:
    """Return the condition on counter rows whose sum is the number of cases in `scope`, or None if there is none.

    A reader who sees every unit is served by the rows of the whole office; with `by_unit`, by the rows of each unit.
    Cases that inspectors and handlers see only because they worked on them are not in these rows: add those that
    `seen_by_part` finds.
    """
    open_to_all = CounterRow.hidden.in_((0, counters.HANDED_OVER))
    if reader.role in OFFICE_ROLES:
        units = CounterRow.unit_id != EVERYWHERE if by_unit else CounterRow.unit_id == EVERYWHERE
        if not is_everything(reader):
            units = CounterRow.unit_id.in_(_below(reader.territory))
        return units if reader.role in SEES_WORK_SECRETS else and_(units, open_to_all)
    if reader.role in (Role.LIAISON, Role.HEAD) and reader.unit_id:
        own = and_(CounterRow.unit_id == reader.unit_id, CounterRow.hidden == counters.WORK_SECRET)
        return and_(CounterRow.unit_id.in_(_below(reader.unit_id)), or_(CounterRow.hidden == 0, own))
    return None


@lru_cache(maxsize=_READERS)
def seen_by_part(reader: Reader) -> ColumnElement[bool] | None:
    """Return the condition on the cases that the reader may see and that `tallied` does not count, or None.

    These are cases of other units, and work secrets, on which an inspector or handler has worked; they are few.
    """
    if reader.role not in TAKES_PART:
        return None
    if is_everything(reader):
        # By the few that are marked, and not by the many on which somebody may have worked in years.
        return and_(CaseRow.confidentiality == _WORK_SECRET, _took_part(reader, CaseRow.id))
    outside = or_(CaseRow.confidentiality == _WORK_SECRET, CaseRow.unit_id.not_in(_below(reader.territory)))
    return and_(CaseRow.id.in_(_part_of(reader)), outside)


def _took_part(reader: Reader, case_id: Any) -> ColumnElement[bool]:  # noqa: ANN401  # a column of cases' ids
    """Return the condition that the reader has worked on the case, asked case by case."""
    own = CaseEventRow.actor_user == reader.username
    return exists(select(CaseEventRow.seq).where(CaseEventRow.case_id == case_id, own, text(PART)))


def _part_of(reader: Reader) -> Select[Any]:
    return select(CaseEventRow.case_id).where(CaseEventRow.actor_user == reader.username, text(PART))
