"""Cases and their history: reading, and writing many at once.

Writing is by plain statements over many rows, not by mapped objects: a sweep writes hundreds of cases in one
transaction, and what it costs is then the database and little else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import Text, bindparam, func, or_, select, text, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from states.acts import OUTCOMES, Act, Role, State
from states.case import Actor, Case, Event, dump, restored
from states.errors import Conflict, NotFound, Sentence
from states.history import SHA256
from store import rows
from store.tables import (
    CalendarRow,
    CaseEventRow,
    CaseRow,
    EvidenceRow,
    LogHeadRow,
    PersonalRow,
    PolicyRow,
    SeriesRow,
    UnitRow,
    insert_once,
    table_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An event with the hash that seals it, and its data in canonical JSON, as they are stored."""

    event: Event
    data: str
    prev_hash: str
    hash: str


class Recorded(NamedTuple):
    """An event as it is read back: with its place in the history of the office, and the stored text of its data."""

    seq: int
    event: Event
    data: str
    prev_hash: str
    hash: str


_CASES: Final = table_of(CaseRow)
_EVENTS: Final = table_of(CaseEventRow)
_LOADED: Final = (_CASES.c.id, _CASES.c.unit_id, _CASES.c.post_id, _CASES.c.head_hash, _CASES.c.body)
_BY_ID: Final = rows.Among(select(*_LOADED), _CASES.c.id)
_LOCKED: Final = rows.Among(select(*_LOADED).order_by(_CASES.c.id).with_for_update(), _CASES.c.id)


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


def find(session: Session, which: str) -> int:
    """Return the id of the case with this number or this id.

    Raises:
        NotFound: there is none.
    """
    statement = select(CaseRow.id).where(CaseRow.number == which)
    found = session.scalar(statement)
    if found is None and which.isascii() and which.isdigit() and len(which) < 18:  # noqa: PLR2004  # 64-bit integers
        found = session.scalar(select(CaseRow.id).where(CaseRow.id == int(which)))
    if found is None:
        raise NotFound(NO_CASE.fill(which=which))
    return found


def known(session: Session, number: str | None, fingerprint: str | None) -> str | None:
    """Return the number of the case that was opened from this ledger row before, if there is one."""
    for column, value in ((CaseRow.number, number), (CaseRow.fingerprint, fingerprint)):
        if value:
            found = session.scalar(select(CaseRow.number).where(column == value))
            if found is not None:
                return found
    return None


def next_in_series(session: Session, series: str) -> int:
    """Return the next number of a series, from 1, without gaps: the number is given back if the transaction fails."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = make(SeriesRow).values(name=series, last=1)
    counting = statement.on_conflict_do_update(
        index_elements=[SeriesRow.name], set_={"last": SeriesRow.last + 1}
    ).returning(SeriesRow.last)
    return int(session.execute(counting).scalar_one())


def raise_series(session: Session, series: str, used: int) -> None:
    """Let the series go on after `used`, if it is not beyond it already."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = make(SeriesRow).values(name=series, last=used)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[SeriesRow.name], set_={"last": used}, where=SeriesRow.last < used
        )
    )


def new_id(session: Session) -> int:
    """Return the id for the next case."""
    return next_in_series(session, "cases")


def insert_new(session: Session, stored: Sequence[Stored], fingerprints: Sequence[str | None]) -> None:
    """Write the rows of new cases."""
    new = [
        {**_columns(item), "id": item.case.id, "fingerprint": mark}
        for item, mark in zip(stored, fingerprints, strict=True)
    ]
    rows.insert(session, _CASES, new)


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
    if rows.update(session, _CASES, _AS_READ, changed) != len(changed):
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
    )


def repeats(case: Case, columns: tuple[Any, ...]) -> bool:
    """Say whether these columns repeat the case; approvers may be missing where the release before wrote the row."""
    must = columns_of(case)
    return columns[:-1] == must[:-1] and columns[-1] in (must[-1], None)


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
)


def _columns(item: Stored) -> dict[str, Any]:
    return {
        **dict(zip(REPEATED, columns_of(item.case), strict=True)),
        "unit_id": item.unit_id,
        "post_id": item.post_id,
        "head_hash": item.head_hash,
        "body": dump(item.case),
    }


_TAKE: Final = (
    update(LogHeadRow)
    .where(LogHeadRow.id == 1)
    .values(size=LogHeadRow.size + bindparam("n"))
    .returning(LogHeadRow.size)
    .execution_options(synchronize_session=False)
)


def append(session: Session, sealed: Sequence[Sealed]) -> int:
    """Write the events at the end of the history; return the place of the last one.

    Call it last in a transaction: from here to the commit, other writers of PostgreSQL wait.
    """
    last = int(session.execute(_TAKE, {"n": len(sealed)}).scalar_one())
    first = last - len(sealed) + 1
    rows.insert(session, _EVENTS, [_event_columns(first + place, item) for place, item in enumerate(sealed)])
    return last


def _event_columns(seq: int, item: Sealed) -> dict[str, Any]:
    event = item.event
    return {
        "seq": seq,
        "case_id": event.case_id,
        "case_seq": event.case_seq,
        "act": event.act.value,
        "occurred_on": event.occurred_on,
        "recorded_at": event.recorded_at,
        "actor_user": event.actor.user,
        "actor_role": event.actor.role.value,
        "actor_unit": event.actor.unit,
        "data": item.data,
        "from_state": event.from_state.value if event.from_state is not None else None,
        "to_state": event.to_state.value,
        "policy_hash": event.policy_hash,
        "calendar_hash": event.calendar_hash,
        "prev_hash": item.prev_hash,
        "hash": item.hash,
    }


_HISTORY: Final = select(
    *(
        _EVENTS.c[column]
        for column in (
            "seq",
            "case_id",
            "case_seq",
            "act",
            "occurred_on",
            "recorded_at",
            "actor_user",
            "actor_role",
            "actor_unit",
            "data",
            "from_state",
            "to_state",
            "policy_hash",
            "calendar_hash",
            "prev_hash",
            "hash",
        )
    )
)


def history(session: Session, case_id: int) -> list[Recorded]:
    """Return all events of the case, in their order."""
    statement = _HISTORY.where(CaseEventRow.case_id == case_id).order_by(CaseEventRow.case_seq)
    return [_recorded(row) for row in session.connection().execute(statement).all()]


def history_where(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[Recorded]:
    """Return the first `limit` events that fit, in the order of commits."""
    statement = _HISTORY.where(*conditions).order_by(CaseEventRow.seq).limit(limit)
    return [_recorded(row) for row in session.connection().execute(statement).all()]


def everything(session: Session, *, after: int = 0, batch: int = 5000) -> Iterator[list[Recorded]]:
    """Yield the whole history in the order of commits, from behind place `after`, in batches."""
    while True:
        rows = session.execute(_HISTORY.where(CaseEventRow.seq > after).order_by(CaseEventRow.seq).limit(batch)).all()
        if not rows:
            return
        yield [_recorded(row) for row in rows]
        after = rows[-1][0]


_STORED: Final = select(
    _EVENTS.c.seq,
    _EVENTS.c.case_id,
    _EVENTS.c.case_seq,
    _EVENTS.c.act,
    type_coerce(_EVENTS.c.occurred_on, Text),
    type_coerce(_EVENTS.c.recorded_at, Text),
    _EVENTS.c.actor_user,
    _EVENTS.c.actor_role,
    _EVENTS.c.actor_unit,
    _EVENTS.c.data,
    _EVENTS.c.from_state,
    _EVENTS.c.to_state,
    _EVENTS.c.policy_hash,
    _EVENTS.c.calendar_hash,
    _EVENTS.c.prev_hash,
    _EVENTS.c.hash,
)


def stored_rows(session: Session, *, after: int = 0, batch: int = 5000) -> Iterator[Sequence[Any]]:
    """Yield the history in batches of rows as they are stored, unread, for checking the hashes.

    On SQLite moments and days are the stored text; on PostgreSQL they are values.
    """
    connection = session.connection()
    while True:
        statement = _STORED.where(_EVENTS.c.seq > after).order_by(_EVENTS.c.seq).limit(batch)
        rows = connection.execute(statement).all()
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def stored_rows_of(session: Session, case_id: int) -> Sequence[Any]:
    """Return the events of one case as they are stored, in their order."""
    statement = _STORED.where(_EVENTS.c.case_id == case_id).order_by(_EVENTS.c.case_seq)
    return session.connection().execute(statement).all()


def hashes(session: Session, first: int, count: int) -> list[bytes]:
    """Return the hashes of `count` events from place `first` (counted from 0) on, in their order."""
    statement = (
        select(_EVENTS.c.hash).where(_EVENTS.c.seq > first, _EVENTS.c.seq <= first + count).order_by(_EVENTS.c.seq)
    )
    return [bytes.fromhex(found) for found in session.connection().scalars(statement)]


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
        statement = _HISTORY.where(CaseEventRow.case_id.between(rows[0].id, rows[-1].id)).order_by(
            CaseEventRow.case_id, CaseEventRow.case_seq
        )
        for line in session.connection().execute(statement).all():
            found = _recorded(line)
            events[found.event.case_id].append(found)
        for row in rows:
            repeated = tuple(getattr(row, column) for column in REPEATED)
            yield CaseRowView(row.id, row.body, row.head_hash, repeated), events[row.id]
        after = rows[-1].id


@dataclass(frozen=True, slots=True)
class CaseRowView:
    """What the nightly comparison needs of a row."""

    id: int
    body: str
    head_hash: str
    columns: tuple[Any, ...]


def events_with(session: Session, words: Sequence[str]) -> int:
    """Return how many events hold one of these words in the clear, in fields that no policy had called personal."""
    found = or_(*(_EVENTS.c.data.contains(word, autoescape=True) for word in words))
    return int(session.scalar(select(func.count()).select_from(_EVENTS).where(found)) or 0) if words else 0


def over_since(session: Session) -> list[tuple[int, str]]:
    """Return the id and the policy hash of every case that is over and still has personal data kept."""
    kept = select(PersonalRow.case_id).distinct()
    statement = (
        select(CaseRow.id, CaseRow.policy_hash)
        .where(CaseRow.state.in_([word.value for word in OUTCOMES]), CaseRow.id.in_(kept))
        .order_by(CaseRow.id)
    )
    return [(row.id, row.policy_hash) for row in session.execute(statement)]


def without_row(session: Session) -> list[int]:
    """Return the ids of cases that have events but no row; the database itself should not allow any."""
    statement = (
        select(_EVENTS.c.case_id)
        .outerjoin(_CASES, _CASES.c.id == _EVENTS.c.case_id)
        .where(_EVENTS.c.case_seq == 1, _CASES.c.id.is_(None))
        .limit(10)
    )
    return list(session.connection().scalars(statement))


_ACTS: Final[Mapping[str, Act]] = {act.value: act for act in Act}
_ROLES: Final[Mapping[str, Role]] = {role.value: role for role in Role}
_STATES: Final[Mapping[str, State]] = {state.value: state for state in State}


@lru_cache(maxsize=10_000)
def _actor(user: str, role: str, unit: str) -> Actor:
    return Actor(user=user, role=_ROLES[role], unit=unit)


def _recorded(row: Any) -> Recorded:  # noqa: ANN401  # a result row of `_HISTORY`, by position because that is fast
    (seq, case_id, case_seq, act, on, at, user, role, unit, data, source, dest, policy, calendar, prev, own) = row
    event = Event(
        case_id,
        case_seq,
        _ACTS[act],
        on,
        at,
        _actor(user, role, unit),
        orjson.loads(data),
        _STATES[source] if source is not None else None,
        _STATES[dest],
        policy,
        calendar,
    )
    return Recorded(seq, event, data, prev, own)


def algorithm(session: Session) -> str:
    """Return the hash function that the history is sealed with."""
    return session.scalar(select(LogHeadRow.algorithm).where(LogHeadRow.id == 1)) or SHA256


def choose_algorithm(session: Session, wanted: str) -> str:
    """Seal the history with this hash function if nothing is sealed yet; return the one that it is sealed with."""
    session.execute(
        update(LogHeadRow)
        .where(LogHeadRow.id == 1, LogHeadRow.size == 0)
        .values(algorithm=wanted)
        .execution_options(synchronize_session=False)
    )
    return algorithm(session)


def size(session: Session) -> int:
    """Return how many events the history has."""
    return int(session.scalar(select(LogHeadRow.size).where(LogHeadRow.id == 1)) or 0)


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


def keep_policy(session: Session, hash_: str, name: str, content: str, now: datetime) -> None:
    """Keep the text of a policy under its hash, once."""
    if session.get(PolicyRow, hash_) is None:
        insert_once(session, PolicyRow, {"hash": hash_, "name": name, "text": content, "first_used_at": now})


def policy_text(session: Session, hash_: str) -> tuple[str, str] | None:
    """Return the name and the text of the policy with this hash."""
    row = session.get(PolicyRow, hash_)
    return (row.name, row.text) if row is not None else None


def keep_calendar(session: Session, hash_: str, name: str, content: str, now: datetime) -> None:
    """Keep the content of a calendar under its hash, once."""
    if session.get(CalendarRow, hash_) is None:
        insert_once(session, CalendarRow, {"hash": hash_, "name": name, "content": content, "first_used_at": now})


def calendar_text(session: Session, hash_: str) -> str | None:
    """Return the content of the calendar with this hash."""
    row = session.get(CalendarRow, hash_)
    return row.content if row is not None else None


def has_evidence(session: Session, sha256: str) -> bool:
    """Say whether a file with this hash is kept."""
    return session.get(EvidenceRow, sha256) is not None


def note_evidence(session: Session, sha256: str, name: str, size: int, media_type: str, now: datetime) -> None:
    """Note a file that was put into the store; noting it again changes nothing."""
    row = {"sha256": sha256, "name": name, "size": size, "media_type": media_type, "added_at": now}
    insert_once(session, EvidenceRow, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A kept file: its SHA-256, the name under which it first came, and its size in bytes."""

    sha256: str
    name: str
    size: int
    added_at: datetime


def evidence_of(session: Session, hashes: Sequence[str]) -> list[Evidence]:
    """Return what is known of the kept files with these hashes, in the order of the hashes."""
    rows = session.scalars(select(EvidenceRow).where(EvidenceRow.sha256.in_(hashes)))
    known = {row.sha256: row for row in rows}
    return [
        Evidence(sha256=row.sha256, name=row.name, size=row.size, added_at=row.added_at)
        for row in (known[hash_] for hash_ in hashes if hash_ in known)
    ]


def ping(session: Session) -> None:
    """Ask the database for nothing, to see that it answers."""
    session.execute(text("SELECT 1"))
