"""Cases and their history: reading, and writing many at once.

Writing is by plain statements over many rows, not by mapped objects: a sweep writes hundreds of cases in one
transaction, and what it costs is then the database and little else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import bindparam, func, or_, select

from states.case_codec import dump, restored
from states.errors import Conflict, NotFound, Sentence
from states.vocabulary import OUTCOMES, Act, State
from store import bulk
from store.events import CASE_EVENTS, HISTORY_COLUMNS, Recorded, recorded_from
from store.ids import LARGEST_ID
from store.schema.base import table_of
from store.schema.cases import CaseDeadlineRow, CasePairRow, CaseRow, CaseTextRow, NumberSearchRow, PersonalDataRow
from store.schema.events import CaseEventRow
from store.schema.organisation import UnitRow
from store.schema.timers import TimerRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from states.case import Case

MOST_AT_ONCE: Final = 500
"""How many values are looked for in one statement."""
CHANGED: Final = Sentence(
    "在您查看期间，本案已有新的变动，请刷新后重试；您的内容没有写入。",
    "This case was changed while you were looking at it. Look again and repeat; nothing was written.",
)
NO_CASE: Final = Sentence("没有编号为“{which}”的案件。", "There is no case “{which}”.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A case with what its row knows beside it: where it belongs, and the hash of its latest event."""

    case: Case
    unit_id: int
    post_id: int
    head_hash: str


_CASES: Final = table_of(CaseRow)
_LOADED: Final = (_CASES.c.id, _CASES.c.unit_id, _CASES.c.post_id, _CASES.c.head_hash, _CASES.c.body)
_BY_ID: Final = bulk.Among(select(*_LOADED), _CASES.c.id)
_BODIES: Final = bulk.Among(select(_CASES.c.id, _CASES.c.body), _CASES.c.id)
_LOCKED: Final = bulk.Among(select(*_LOADED).order_by(_CASES.c.id).with_for_update(), _CASES.c.id)


def stored_of(row: Any) -> Stored:  # noqa: ANN401  # a result row
    """Return the case of a row of id, unit, post, head hash and body."""
    return Stored(
        case=restored(orjson.loads(row.body)), unit_id=row.unit_id, post_id=row.post_id, head_hash=row.head_hash
    )


def get(session: Session, case_id: int, *, to_change: bool = False) -> Stored:
    """Return the case; with `to_change`, locked against other writers until the end of the transaction.

    Raises:
        NotFound: there is none with this id.
    """
    found = many(session, [case_id], to_change=to_change)
    if not found:
        raise NotFound(NO_CASE.fill(which=case_id))
    return found[case_id]


def many(session: Session, case_ids: Iterable[int], *, to_change: bool = False) -> dict[int, Stored]:
    """Return these cases by their ids; those that do not exist are left out. With `to_change`, lock them."""
    # PostgreSQL locks the rows; SQLite, which has no such clause, lets one writer in at a time anyway.
    statement = _LOCKED if to_change else _BY_ID
    return {row.id: stored_of(row) for row in statement.execute(session, case_ids)}


def unit_kinds(session: Session, case_ids: Iterable[int]) -> dict[int, str]:
    """Return for each of these cases of which kind its unit was when it was opened."""
    return {id_: str(body["unit_kind"]) for id_, body in _bodies(session, case_ids)}


def unsigned_acts(session: Session, case_ids: Iterable[int]) -> dict[int, tuple[Act, str]]:
    """Return, for each of these cases in which an act waits for a second signature, the act and who entered it."""
    waiting = ((id_, body["unsigned"]) for id_, body in _bodies(session, case_ids))
    return {id_: (Act(act["act"]), str(act["user"])) for id_, act in waiting if act is not None}


def _bodies(session: Session, case_ids: Iterable[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each of these cases as it is kept, without making a `Case` of it, for whoever needs a word or two."""
    wanted = list(case_ids)
    for first in range(0, len(wanted), MOST_AT_ONCE):
        for id_, body in _BODIES.execute(session, wanted[first : first + MOST_AT_ONCE]):
            yield id_, orjson.loads(body)


def find(session: Session, which: str) -> int:
    """Return the id of the case with this id, or with this number where there is more than digits.

    Raises:
        NotFound: there is none.
    """
    # Digits are an id and nothing else, so that no number that was given can stand for the id of another case.
    is_id = which.isascii() and which.isdigit()
    id_ = int(which) if is_id and len(which) <= len(str(LARGEST_ID)) else 0
    exists = not is_id or 0 < id_ <= LARGEST_ID
    wanted = CaseRow.id == id_ if is_id else CaseRow.number == which
    found = session.scalar(select(CaseRow.id).where(wanted)) if exists else None
    if found is None:
        raise NotFound(NO_CASE.fill(which=which))
    return found


def needs(attention: str) -> ColumnElement[bool]:
    """Return the condition that this, a word of `Case.attention`, waits for the office; an index has those, by day."""
    return CaseRow.attention.is_not(None) & CaseRow.attention.contains(attention, autoescape=True)


def needing(session: Session, attention: str) -> list[Stored]:
    """Return the cases of which this waits for the office, a word of `Case.attention`, by their ids."""
    waits = needs(attention)
    ids = session.scalars(select(CaseRow.id).where(waits).order_by(CaseRow.id)).all()
    found = many(session, ids)
    return [found[id_] for id_ in ids]


_NUMBERED: Final = select(CaseRow.number).where(CaseRow.number == bindparam("value"))
_FROM_ROW: Final = select(CaseRow.number).where(CaseRow.fingerprint == bindparam("value"))


def known(session: Session, number: str | None, fingerprint: str | None) -> str | None:
    """Return the number of the case that was opened from this ledger row before, if there is one."""
    for statement, value in ((_NUMBERED, number), (_FROM_ROW, fingerprint)):
        if value:
            found = session.scalar(statement, {"value": value})
            if found is not None:
                return found
    return None


def of_units(session: Session, names: Iterable[str]) -> list[Stored]:
    """Return all cases of the units with these names, open or over, in the order in which they were opened."""
    return _among(session, UnitRow.name, names)


def open_of_post(session: Session, post_id: int) -> list[Stored]:
    """Return the cases of a post that are not over, in the order in which they were opened."""
    is_open = CaseRow.state.not_in([state.value for state in OUTCOMES])
    ids = session.scalars(select(CaseRow.id).where(CaseRow.post_id == post_id, is_open).order_by(CaseRow.id)).all()
    found = many(session, ids)
    return [found[id_] for id_ in ids]


def with_numbers(session: Session, numbers: Iterable[str]) -> list[Stored]:
    """Return the cases with these numbers."""
    return _among(session, CaseRow.number, numbers)


def _among(session: Session, column: InstrumentedAttribute[str], values: Iterable[str]) -> list[Stored]:
    wanted = sorted(set(values))
    found: list[Stored] = []
    for first in range(0, len(wanted), MOST_AT_ONCE):
        among = column.in_(wanted[first : first + MOST_AT_ONCE])
        statement = select(*_LOADED).join(UnitRow, UnitRow.id == _CASES.c.unit_id).where(among).order_by(_CASES.c.id)
        found.extend(stored_of(row) for row in session.execute(statement))
    return found


def insert_new(session: Session, stored: Sequence[Stored], fingerprints: Sequence[str | None]) -> None:
    """Write the rows of new cases."""
    new = [
        {**_columns(item), "id": item.case.id, "fingerprint": mark}
        for item, mark in zip(stored, fingerprints, strict=True)
    ]
    bulk.insert(session, _CASES, new)


_CHANGED_COLUMNS: Final = (
    "state",
    "phase",
    "light",
    "next_due_on",
    "waiting_for",
    "policy_hash",
    "version",
    "head_hash",
    "body",
    "confidentiality",
    "approvers",
    "attention",
    "last_on",
)
_AS_READ: Final = {"id": "b_id", "version": "b_version"}


def save(session: Session, stored: Sequence[tuple[int, Stored]]) -> None:
    """Write changed cases, each given with the version that it had when it was read.

    Raises:
        Conflict: one of them was changed by someone else meanwhile.
    """
    changed = []
    for before, item in stored:
        columns = _columns(item)
        changed.append(
            {column: columns[column] for column in _CHANGED_COLUMNS} | {"b_id": item.case.id, "b_version": before}
        )
    if bulk.update(session, _CASES, _AS_READ, changed) != len(changed):
        raise Conflict(CHANGED)


def columns_of(case: Case) -> tuple[Any, ...]:
    """Return what the row repeats of the case, to be searched for, in the order of `REPEATED`."""
    return (
        case.number,
        case.state.value,
        case.phase.value,
        case.light.value,
        case.opened_on,
        case.next_due_on,
        case.proposal or None,
        case.policy_hash,
        case.version,
        case.confidentiality.value,
        orjson.dumps(case.approvers).decode() if case.approvers else None,
        ",".join(case.attention) or None,
        case.last_on,
    )


_NEW_ATTENTION: Final = ("tolerance_requested", "tolerance_accepted")
"""What the release before this one does not write into `attention`."""


def repeats(case: Case, columns: tuple[Any, ...]) -> bool:
    """Say whether these columns repeat the case; the last three may be missing where a release before wrote the row.

    It leaves the day of the latest event as it was, too; that day is written anew by the next act.
    """
    must = columns_of(case)
    known = [word for word in case.attention if word not in _NEW_ATTENTION]
    attention = (must[-2], ",".join(known) or None, None)
    return columns[:-3] == must[:-3] and columns[-3] in (must[-3], None) and columns[-2] in attention


REPEATED: Final = (
    "number",
    "state",
    "phase",
    "light",
    "opened_on",
    "next_due_on",
    "waiting_for",
    "policy_hash",
    "version",
    "confidentiality",
    "approvers",
    "attention",
    "last_on",
)


def _columns(item: Stored) -> dict[str, Any]:
    return {
        **dict(zip(REPEATED, columns_of(item.case), strict=True)),
        "unit_id": item.unit_id,
        "post_id": item.post_id,
        "head_hash": item.head_hash,
        "body": dump(item.case),
    }


def by_case(
    session: Session, *, after: int = 0, batch: int = 100, on_batch: Callable[[int, int], None] | None = None
) -> Iterator[tuple[CaseRowView, list[Recorded]]]:
    """Yield every case with id above `after`, its row beside its events, in constant memory.

    `on_batch` is told the first and the last id of each batch before its cases come.
    """
    while True:
        rows = session.execute(
            select(*_LOADED, *(_CASES.c[column] for column in REPEATED))
            .where(CaseRow.id > after)
            .order_by(CaseRow.id)
            .limit(batch)
        ).all()
        if not rows:
            return
        if on_batch is not None:
            on_batch(rows[0].id, rows[-1].id)
        events: dict[int, list[Recorded]] = {row.id: [] for row in rows}
        statement = HISTORY_COLUMNS.where(CaseEventRow.case_id.between(rows[0].id, rows[-1].id)).order_by(
            CaseEventRow.case_id, CaseEventRow.case_seq
        )
        for line in session.connection().execute(statement).all():
            found = recorded_from(line)
            events[found.event.case_id].append(found)
        for row in rows:
            repeated = tuple(getattr(row, column) for column in REPEATED)
            yield CaseRowView(row.id, row.body, row.head_hash, repeated, row.unit_id, row.post_id), events[row.id]
        after = rows[-1].id


@dataclass(frozen=True, slots=True)
class CaseRowView:
    """What the nightly comparison needs of a row."""

    id: int
    body: str
    head_hash: str
    columns: tuple[Any, ...]
    unit_id: int
    post_id: int


def count_open_by_other(session: Session, policy_hash: str) -> int:
    """Return how many open cases go by another policy than this one."""
    statement = select(func.count()).where(
        CaseRow.state.not_in([word.value for word in OUTCOMES]), CaseRow.policy_hash != policy_hash
    )
    return int(session.scalar(statement) or 0)


def over_since(session: Session) -> list[tuple[int, str]]:
    """Return the id and the policy hash of every case that is over and still has personal data kept."""
    kept = select(PersonalDataRow.case_id).distinct()
    statement = (
        select(CaseRow.id, CaseRow.policy_hash)
        .where(CaseRow.state.in_([word.value for word in OUTCOMES]), CaseRow.id.in_(kept))
        .order_by(CaseRow.id)
    )
    return [(row.id, row.policy_hash) for row in session.execute(statement)]


def orphans(session: Session) -> list[str]:
    """Return the tables that hold something of a case that is not there; the database itself should not allow any."""
    found = []
    for mapped in (NumberSearchRow, CaseTextRow, CasePairRow, CaseDeadlineRow, PersonalDataRow, TimerRow):
        table = table_of(mapped)
        lost = select(table.c.case_id).where(~select(_CASES.c.id).where(_CASES.c.id == table.c.case_id).exists())
        if session.connection().execute(lost.limit(1)).first() is not None:
            found.append(table.name)
    return found


def without_row(session: Session) -> list[int]:
    """Return the ids of cases that have events but no row; the database itself should not allow any."""
    statement = (
        select(CASE_EVENTS.c.case_id)
        .outerjoin(_CASES, _CASES.c.id == CASE_EVENTS.c.case_id)
        .where(CASE_EVENTS.c.case_seq == 1, _CASES.c.id.is_(None))
        .limit(10)
    )
    return list(session.connection().scalars(statement))


def listed(  # the filters of `duban list`, each by its name
    session: Session,
    *,
    state: State | None = None,
    light: str | None = None,
    unit: str | None = None,
    due_before: date | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Stored]:
    """Return the cases that fit all filters given, by id; `due_before` excludes the day itself."""
    statement = select(*_LOADED).where(CaseRow.id > after).order_by(CaseRow.id)
    if state is not None:
        statement = statement.where(CaseRow.state == state.value)
    if light is not None:
        statement = statement.where(CaseRow.light == light)
    if unit is not None:
        statement = statement.join(UnitRow, UnitRow.id == CaseRow.unit_id).where(UnitRow.name == unit)
    if due_before is not None:
        statement = statement.where(CaseRow.next_due_on < due_before)
    if limit is not None:
        statement = statement.limit(limit)
    return [stored_of(row) for row in session.execute(statement)]


_WITH_DEADLINES: Final = or_(CaseRow.state.not_in([word.value for word in OUTCOMES]), CaseRow.next_due_on.is_not(None))


def ids_with_deadlines(session: Session, after: int, limit: int) -> list[int]:
    """Return the ids above `after` of cases that are open, or over with a deadline that still runs, in order."""
    statement = select(CaseRow.id).where(_WITH_DEADLINES, CaseRow.id > after).order_by(CaseRow.id).limit(limit)
    return list(session.scalars(statement))


def count_with_deadlines(session: Session) -> int:
    """Return how many cases `ids_with_deadlines` gives in all."""
    return int(session.scalar(select(func.count()).select_from(CaseRow).where(_WITH_DEADLINES)) or 0)


def waiting_for_decision(session: Session) -> list[Stored]:
    """Return the cases in which a proposal waits, by id; found by an index over those alone."""
    statement = select(*_LOADED).where(CaseRow.waiting_for.is_not(None)).order_by(CaseRow.id)
    return [stored_of(row) for row in session.execute(statement)]


def counts(session: Session) -> dict[State, int]:
    """Return how many cases are in each state, in the order of `State`."""
    found = dict(session.execute(select(CaseRow.state, func.count()).group_by(CaseRow.state)).all())
    return {state: found.get(state.value, 0) for state in State}
