"""The history: events of all cases, written once, in one gap-free sequence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Text, bindparam, func, or_, select, type_coerce, update

from states.case import Actor, Event
from states.sealing import SHA256
from states.vocabulary import Act, Role, State
from store import bulk, office_events
from store.installation import RulesChanged
from store.schema.base import table_of
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow, LogHeadRow
from store.touched import OWED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session


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


MOST_AT_ONCE: Final = 500
"""How many cases are asked for in one statement."""
CASE_EVENTS: Final = table_of(CaseEventRow)


_HEAD: Final = table_of(LogHeadRow)
_TAKE: Final = (
    update(_HEAD)
    .where(_HEAD.c.id == 1)
    .values(
        size=_HEAD.c.size + bindparam("n"),
        others=_HEAD.c.others + bindparam("more"),
        calendar_hash=func.coalesce(_HEAD.c.calendar_hash, bindparam("calendar", type_=Text)),
        policy_hash=func.coalesce(_HEAD.c.policy_hash, bindparam("policy", type_=Text)),
    )
    .returning(_HEAD.c.size, _HEAD.c.others, _HEAD.c.algorithm, _HEAD.c.calendar_hash, _HEAD.c.policy_hash)
)


def append(session: Session, sealed: Sequence[Sealed]) -> int:
    """Write the events at the end of the history, and behind them what they owe; return the place of the last one.

    Call it last in a transaction: from here to the commit, other writers of PostgreSQL wait. The row that says how long
    the history is says also by which calendar and policy it goes on; the first event of all decides that.

    Raises:
        RulesChanged: an event was worked out by a calendar, or a case opened by a policy, that is not in force.
    """
    owed = session.info.pop(OWED, None)
    opened = {item.event.policy_hash for item in sealed if item.event.case_seq == 1}
    reckoned = {item.event.calendar_hash for item in sealed}
    taken = {"n": len(sealed), "more": 1 if owed else 0}
    rules = {"calendar": min(reckoned, default=None), "policy": min(opened, default=None)}
    last, others, algorithm_, calendar, policy = session.connection().execute(_TAKE, taken | rules).one()
    if reckoned - {calendar} or opened - {policy}:
        raise RulesChanged
    first = last - len(sealed) + 1
    bulk.insert(session, CASE_EVENTS, [_event_columns(first + place, item) for place, item in enumerate(sealed)])
    if owed:
        office_events.write(session, [office_events.owing(owed)], last, others, algorithm_)
    return int(last)


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


HISTORY_COLUMNS: Final = select(
    *(
        CASE_EVENTS.c[column]
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
    statement = HISTORY_COLUMNS.where(CaseEventRow.case_id == case_id).order_by(CaseEventRow.case_seq)
    return [recorded_from(row) for row in session.connection().execute(statement).all()]


def histories(session: Session, case_ids: Sequence[int]) -> Iterator[list[Recorded]]:
    """Yield all events of each of these cases, in the order of the ids given, in bounded memory."""
    for first in range(0, len(case_ids), MOST_AT_ONCE):
        some = case_ids[first : first + MOST_AT_ONCE]
        statement = HISTORY_COLUMNS.where(CaseEventRow.case_id.in_(some)).order_by(CaseEventRow.case_seq)
        found: dict[int, list[Recorded]] = {case_id: [] for case_id in some}
        for row in session.connection().execute(statement):
            recorded = recorded_from(row)
            found[recorded.event.case_id].append(recorded)
        yield from found.values()


def acts_of(session: Session, case_ids: Sequence[int], acts: Sequence[Act]) -> list[Recorded]:
    """Return all events of these kinds of these cases, in the order of commits."""
    found: list[Recorded] = []
    for first in range(0, len(case_ids), MOST_AT_ONCE):
        some = CaseEventRow.case_id.in_(case_ids[first : first + MOST_AT_ONCE])
        wanted = CaseEventRow.act.in_([act.value for act in acts])
        statement = HISTORY_COLUMNS.where(some, wanted).order_by(CaseEventRow.seq)
        found += [recorded_from(row) for row in session.connection().execute(statement)]
    return found


def days_of(session: Session, case_ids: Sequence[int], acts: Sequence[Act]) -> list[tuple[int, date]]:
    """Return the case and the day of each event of these kinds of these cases."""
    found: list[tuple[int, date]] = []
    for first in range(0, len(case_ids), MOST_AT_ONCE):
        some = CASE_EVENTS.c.case_id.in_(case_ids[first : first + MOST_AT_ONCE])
        wanted = CASE_EVENTS.c.act.in_([act.value for act in acts])
        statement = select(CASE_EVENTS.c.case_id, CASE_EVENTS.c.occurred_on).where(some, wanted)
        found += [(case_id, on) for case_id, on in session.connection().execute(statement)]
    return found


def history_where(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[Recorded]:
    """Return the first `limit` events that fit, in the order of commits."""
    statement = HISTORY_COLUMNS.where(*conditions).order_by(CaseEventRow.seq).limit(limit)
    return [recorded_from(row) for row in session.connection().execute(statement).all()]


def everything(session: Session, *, after: int = 0, batch: int = 5000) -> Iterator[list[Recorded]]:
    """Yield the whole history in the order of commits, from behind place `after`, in batches."""
    while True:
        rows = session.execute(
            HISTORY_COLUMNS.where(CaseEventRow.seq > after).order_by(CaseEventRow.seq).limit(batch)
        ).all()
        if not rows:
            return
        yield [recorded_from(row) for row in rows]
        after = rows[-1][0]


_STORED: Final = select(
    CASE_EVENTS.c.seq,
    CASE_EVENTS.c.case_id,
    CASE_EVENTS.c.case_seq,
    CASE_EVENTS.c.act,
    type_coerce(CASE_EVENTS.c.occurred_on, Text),
    type_coerce(CASE_EVENTS.c.recorded_at, Text),
    CASE_EVENTS.c.actor_user,
    CASE_EVENTS.c.actor_role,
    CASE_EVENTS.c.actor_unit,
    CASE_EVENTS.c.data,
    CASE_EVENTS.c.from_state,
    CASE_EVENTS.c.to_state,
    CASE_EVENTS.c.policy_hash,
    CASE_EVENTS.c.calendar_hash,
    CASE_EVENTS.c.prev_hash,
    CASE_EVENTS.c.hash,
)


def stored_rows(session: Session, *, after: int = 0, batch: int = 5000) -> Iterator[Sequence[Any]]:
    """Yield the history in batches of rows as they are stored, unread, for checking the hashes.

    On SQLite moments and days are the stored text; on PostgreSQL they are values.
    """
    connection = session.connection()
    while True:
        statement = _STORED.where(CASE_EVENTS.c.seq > after).order_by(CASE_EVENTS.c.seq).limit(batch)
        rows = connection.execute(statement).all()
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def stored_rows_of(session: Session, case_id: int) -> Sequence[Any]:
    """Return the events of one case as they are stored, in their order."""
    statement = _STORED.where(CASE_EVENTS.c.case_id == case_id).order_by(CASE_EVENTS.c.case_seq)
    return session.connection().execute(statement).all()


def with_evidence(session: Session) -> Iterator[Recorded]:
    """Yield the events whose data name evidence, in the order of commits."""
    after = 0
    while (
        rows := session.connection()
        .execute(
            HISTORY_COLUMNS.where(CaseEventRow.seq > after, CASE_EVENTS.c.data.contains('"evidence":'))
            .order_by(CaseEventRow.seq)
            .limit(1000)
        )
        .all()
    ):
        yield from map(recorded_from, rows)
        after = rows[-1][0]


def events_with(session: Session, words: Sequence[str]) -> int:
    """Return how many events hold one of these words in the clear, in fields that no policy had called personal."""
    if not words:
        return 0
    found = or_(*(CASE_EVENTS.c.data.contains(word, autoescape=True) for word in words))
    return int(session.scalar(select(func.count()).select_from(CASE_EVENTS).where(found)) or 0)


_ACTS: Final[Mapping[str, Act]] = {act.value: act for act in Act}


_ROLES: Final[Mapping[str, Role]] = {role.value: role for role in Role}


_STATES: Final[Mapping[str, State]] = {state.value: state for state in State}


@lru_cache(maxsize=10_000)
def _actor(user: str, role: str, unit: str) -> Actor:
    return Actor(user=user, role=_ROLES[role], unit=unit)


def recorded_from(row: Any) -> Recorded:  # noqa: ANN401  # a result row of `HISTORY_COLUMNS`, by position because that is fast
    """Return the event of a row that was read with `HISTORY_COLUMNS`."""
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


_LATEST: Final = bulk.Among(
    select(CASE_EVENTS.c.case_id, CASE_EVENTS.c.act).join(
        table_of(CaseRow),
        (table_of(CaseRow).c.id == CASE_EVENTS.c.case_id) & (table_of(CaseRow).c.version == CASE_EVENTS.c.case_seq),
    ),
    table_of(CaseRow).c.id,
)


def latest_acts(session: Session, case_ids: Iterable[int]) -> dict[int, Act]:
    """Return the act that made each of these cases what it is: what happened to it last."""
    return {case_id: _ACTS[act] for case_id, act in _LATEST.execute(session, case_ids)}


def algorithm(session: Session) -> str:
    """Return the hash function that the history is sealed with."""
    return session.scalar(select(LogHeadRow.algorithm).where(LogHeadRow.id == 1)) or SHA256


def choose_algorithm(session: Session, wanted: str) -> str:
    """Seal the history with this hash function if nothing is sealed yet; return the one that it is sealed with."""
    session.execute(
        update(LogHeadRow)
        .where(LogHeadRow.id == 1, LogHeadRow.size == 0, LogHeadRow.others == 0)
        .values(algorithm=wanted)
        .execution_options(synchronize_session=False)
    )
    return algorithm(session)


def heads(session: Session) -> int:
    """Return how many rows say how long the history is; there must be one."""
    return int(session.scalar(select(func.count()).select_from(LogHeadRow)) or 0)


def size(session: Session) -> int:
    """Return how many events of cases the history has."""
    return int(session.scalar(select(LogHeadRow.size).where(LogHeadRow.id == 1)) or 0)
