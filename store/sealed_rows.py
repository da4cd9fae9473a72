"""Rows of which the log speaks: whoever writes one, the same transaction says in the log what now stands in it.

Accounts, appointments, units, administrators' entries, attempts of delivery and the like are rows that programs read;
each is also the latest event of its subject in the history, so that nobody can change, add or remove one unseen
(ADR 0040). What is personal or secret stands in the event as a commitment, whose salt goes with the row: erasing a row
leaves the event, and nothing that could be guessed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import Insert, and_, column, delete, event, func, inspect, or_, select, tuple_
from sqlalchemy import table as sa_table

from states.commitments import SALT_BYTES, commitment
from states.sealing import canonical, instant
from store import events, office_events, outbox_messages
from store.schema import whole
from store.schema.base import table_of
from store.schema.events import RowSaltRow
from store.touched import OWED, SAYS_WHAT, TOUCHED, key_of, touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, RowMapping, Table
    from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

    from store.touched import Key

_AT_ONCE: Final = 500
_SALTS: Final = table_of(RowSaltRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTable:
    """A table of which the log speaks: the columns as they are, and those that go in as commitments.

    `later` are columns that were added after the log had spoken of rows: it tells of them where they hold something, so
    that what it said of rows before is still what stands in them.
    """

    name: str
    clear: tuple[str, ...]
    committed: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """The table itself."""
        return whole().tables[self.name]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns of which the log speaks."""
        return (*self.clear, *self.committed, *self.later)

    @property
    def keys(self) -> tuple[Column[Any], ...]:
        """The columns that tell rows apart."""
        return tuple(self.table.primary_key)

    def have(self, keys: Sequence[Key]) -> ColumnElement[bool]:
        """Return the condition that rows have one of these keys."""
        first, *others = self.keys
        if not others:
            return first.in_(keys)
        parts = [key for key in keys if isinstance(key, tuple)]
        # By the first column as well, because SQLite takes no index for several together.
        return and_(first.in_({key[0] for key in parts}), tuple_(first, *others).in_(parts))

    def is_behind(self, key: Key) -> ColumnElement[bool]:
        """Return the condition that rows come behind this key in their order."""
        behind: ColumnElement[bool] = tuple_(*self.keys) > key if isinstance(key, tuple) else self.keys[0] > key
        return behind

    def key_in(self, row: Mapping[str, Any] | RowMapping) -> Key:
        """Return the key of a row."""
        return key_of([row[column.name] for column in self.keys])

    def subject(self, key: Key) -> str:
        """Return what the log calls the row with this key."""
        return "/".join([self.name, *map(str, key if isinstance(key, tuple) else (key,))])

    def data(self, row: Mapping[str, Any], salt: str, algorithm: str) -> str:
        """Return what an event says of the row, in canonical JSON."""
        said: dict[str, Any] = {name: _plain(row[name]) for name in self.clear}
        said |= {name: _plain(row[name]) for name in self.later if row[name] is not None}
        for name in self.committed:
            value = row[name]
            said[name] = commitment(algorithm, salt, canonical([name, value])) if value is not None else None
        return canonical(said)


def _sealed(name: str, clear: str, committed: str = "", later: str = "") -> SealedTable:
    return SealedTable(
        name=name,
        clear=tuple(clear.split()),
        committed=tuple(committed.split()),
        later=tuple(later.split()),
    )


TABLES: Final[Mapping[str, SealedTable]] = {
    found.name: found
    for found in (
        _sealed("installation", "value"),
        _sealed("policies", "name text first_used_at"),
        _sealed("calendars", "name content first_used_at"),
        _sealed("units", "name kind parent_id"),
        _sealed("unit_names", "unit_id kind name"),
        _sealed("posts", "unit_id name role"),
        _sealed(
            "people",
            "username role unit_id disabled_at must_change confirmed wanted_role wanted_unit_id",
            "name token_hash password_hash totp_secret",
        ),
        _sealed("appointments", "post_id person_id from_on until_on"),
        _sealed("appointment_kinds", "kind"),
        _sealed("deputies", "person_id deputy_id from_on until_on"),
        _sealed("contacts", "post_id person_id kind position lang", "address"),
        _sealed("api_tokens", "person_id name scopes made_at expires_at revoked_at", "token_hash"),
        _sealed("evidence", "size media_type added_at", "name"),
        _sealed("documents", "case_id case_seq act noted_at void_by void_at void_reason"),
        _sealed(
            "official_documents",
            "case_id kind status number template template_version file drafted_by signed_on changed_at",
            "typed content",
            later="commendation_id edited scan replaces",
        ),
        _sealed("official_document_steps", "document_id place step who role day noted_at file", "note typed"),
        _sealed("proposals", "kind content proposed_by proposed_at approver outcome decided_by decided_at reason"),
        _sealed(
            "clues",
            "state source unit duty raised_on raised_by raised_at decided_on decided_by case_id",
            "text reason",
        ),
        _sealed(
            "obligations",
            "unit_id clause duty year profile due_on day_in_rule times receivers by_reference state generated_at "
            "told_until next_at clue_id",
        ),
        _sealed("obligation_steps", "obligation_id step day receiver file who role noted_at", "note"),
        _sealed(
            "inspections",
            "year place kind title basis state from_on until_on team kept_because planned_by planned_at approved_by"
            " approved_on announced_on ended_by ended_on reason",
        ),
        _sealed("inspection_items", "inspection_id place duty question hint"),
        _sealed(
            "inspection_visits",
            "inspection_id unit_id opened_on opened_by submitted_on submitted_by",
            later="signed_on signed_by returned_by returned_because",
        ),
        _sealed("inspection_answers", "visit_id item_id answer answered_by answered_at case_id", "note"),
        _sealed("inspection_photos", "visit_id item_id sha256 taken_at received_at brought_by", "name"),
        _sealed(
            "rankings",
            "year as_of state formula_hash result_hash computed_at computed_by announced_on objections_until "
            "decided_on decided_by",
            "formula result reason",
        ),
        _sealed(
            "ranking_objections",
            "ranking_id unit raised_on raised_by answered_on answered_by accepted",
            "text answer",
        ),
        _sealed(
            "commendations",
            "state unit post document_number proposed_on proposed_by proposed_at decided_on decided_at decided_by",
            "text reason",
        ),
        _sealed("ledger_mappings", "layout name mapping kept_by kept_at"),
        _sealed("checkpoint_keys", "since"),
        _sealed("deliveries", "outbox_id at kind ok reason", "address"),
        _sealed("message_holders", "outbox_id person_id"),
        _sealed("administration", "at who role what whom detail"),
    )
}
"""The tables of which the log speaks, an administrator's entry last: it tells of what was changed before it."""


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else value


def watch(sessions: sessionmaker[Session]) -> None:
    """Let these sessions note which rows of such tables they write."""
    event.listen(sessions, "after_flush", _note_objects)
    event.listen(sessions, "do_orm_execute", _note_statement)


def _note_objects(session: Session, _context: object) -> None:
    for written in (session.new, session.dirty, session.deleted):
        for found in written:
            table = found.__table__.name
            if table in TABLES:
                touch(session, table, key_of(inspect(found).mapper.primary_key_from_instance(found)))


def _note_statement(state: ORMExecuteState) -> None:
    """Note the rows that an UPDATE or DELETE is about to write.

    Raises:
        TypeError: it is an INSERT whose rows nobody could name; write objects, or use `insert_once`.
    """
    if not (state.is_update or state.is_delete or state.is_insert) or state.bind_mapper is None:
        return
    name = str(state.bind_mapper.local_table.description)
    sealed = TABLES.get(name)
    if sealed is None:
        return
    statement: Any = state.statement
    if isinstance(statement, Insert):
        if not state.execution_options.get(SAYS_WHAT):
            raise TypeError(f"the log would not know which rows of {name} were written")
        return
    asked = select(*sealed.keys)
    if statement.whereclause is not None:
        asked = asked.where(statement.whereclause)
    for key in state.session.execute(asked).all():
        touch(state.session, name, key_of(key))


def seal(session: Session) -> None:
    """Say in the log what now stands in every row that was written. Called once, just before the commit."""
    session.flush()
    touched = session.info.pop(TOUCHED, {})
    owed = session.info.pop(OWED, [])
    said: list[office_events.New] = []
    for name, sealed in TABLES.items() if touched else ():
        keys = sorted(key for table, key in touched if table == name)
        if keys:
            said += _said(session, sealed, keys)
    if owed:
        said.append(office_events.owing(owed))
    office_events.append(session, said)


def baseline(session: Session, *, batch: int = 1000) -> int:
    """Say in the log what stands in every row, and which messages were owed; return how many there were.

    For a database of before: what was there then is taken as it is, and from then on nothing changes unseen.
    """
    total = 0
    for sealed in TABLES.values():
        total += tell_of_all(session, sealed, batch=batch)
    for waiting in outbox_messages.messages(session, batch=batch):
        office_events.append(session, [office_events.owing([outbox_messages.as_owed(row) for row in waiting])])
        total += len(waiting)
    return total


def tell_of_all(session: Session, sealed: SealedTable, *, batch: int = 1000) -> int:
    """Say in the log what stands in every row of a table, taken as it is; return how many there are.

    The migration by which the log begins to speak of a table says itself which columns those are.
    """
    keys = [key_of(found) for found in session.execute(select(*sealed.keys).order_by(*sealed.keys))]
    for first in range(0, len(keys), batch):
        office_events.append(session, _said(session, sealed, keys[first : first + batch]))
    return len(keys)


def tell_of_later(session: Session, table: str, columns: Sequence[str], *, batch: int = 500) -> int:
    """Say what stands in columns of which the log did not speak until now; return how many rows hold something there.

    For the migration that adds columns to `later`, which names the table and its columns itself, since a later release
    may know them otherwise. What the log said of a row last is said again and not read from the row: what somebody has
    altered in it before still differs. Of a row that the log does not know, or knows to be gone, nothing is said.
    """
    named = sa_table(table, column("id"), *(column(name) for name in columns))
    holds = or_(*(named.c[name].is_not(None) for name in columns))
    total, after = 0, 0
    while True:
        asked = select(named).where(holds, named.c.id > after).order_by(named.c.id).limit(batch)
        rows = {f"{table}/{row['id']}": dict(row) for row in session.connection().execute(asked).mappings()}
        if not rows:
            return total
        after = next(reversed(rows.values()))["id"]
        said: list[office_events.New] = []
        known = office_events.latest(session, rows)
        for subject, row in rows.items():
            data = known.get(subject, office_events.GONE)
            if data != office_events.GONE:
                more = {name: row[name] for name in columns if row[name] is not None}
                said.append((office_events.ROW, subject, canonical(orjson.loads(data) | more)))
        office_events.append(session, said)
        total += len(said)


def _said(session: Session, sealed: SealedTable, keys: Sequence[Any]) -> list[office_events.New]:
    """Return what the log has to say of these rows; nothing of those that are as it last said."""
    algorithm = events.algorithm(session)
    subjects = {sealed.subject(key): key for key in keys}
    known = office_events.latest(session, subjects)
    salts = salts_of(session, subjects) if sealed.committed else {}
    rows = {sealed.key_in(row): row for row in rows_of(session, sealed, keys)}
    said: list[office_events.New] = []
    new_salts: dict[str, str] = {}
    for subject, key in subjects.items():
        row = rows.get(key)
        if row is None:
            data = office_events.GONE
        elif subject in known and known[subject] == (data := sealed.data(row, salts.get(subject, _NO_SALT), algorithm)):
            continue
        elif sealed.committed:
            new_salts[subject] = token_hex(SALT_BYTES)
            data = sealed.data(row, new_salts[subject], algorithm)
        else:
            data = sealed.data(row, _NO_SALT, algorithm)
        if data != known.get(subject, office_events.GONE):
            said.append((office_events.ROW, subject, data))
    if sealed.committed:
        old = [subject for subject, key in subjects.items() if subject in new_salts or key not in rows]
        _write_salts(session, old, new_salts)
    return said


_NO_SALT: Final = "0" * (2 * SALT_BYTES)
"""In the place of a salt where a row has none."""


def salts_of(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    """Return the salts of these rows."""
    wanted = list(subjects)
    found: dict[str, str] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        statement = select(_SALTS).where(_SALTS.c.subject.in_(wanted[first : first + _AT_ONCE]))
        found.update((row.subject, row.salt) for row in session.connection().execute(statement))
    return found


def _write_salts(session: Session, old: Sequence[str], new: Mapping[str, str]) -> None:
    for first in range(0, len(old), _AT_ONCE):
        session.connection().execute(delete(_SALTS).where(_SALTS.c.subject.in_(old[first : first + _AT_ONCE])))
    if new:
        given = [{"subject": subject, "salt": salt} for subject, salt in new.items()]
        session.connection().execute(_SALTS.insert(), given)


def rows_of(session: Session, sealed: SealedTable, keys: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the rows with these keys, with the columns of which the log speaks."""
    columns = [*sealed.keys, *(sealed.table.c[name] for name in sealed.columns)]
    for first in range(0, len(keys), _AT_ONCE):
        statement = select(*columns).where(sealed.have(keys[first : first + _AT_ONCE]))
        yield from map(dict, session.connection().execute(statement).mappings())


def batches(
    session: Session, sealed: SealedTable, *, batch: int = 500
) -> Iterator[list[tuple[str, Mapping[str, Any], str]]]:
    """Yield every row of the table with its subject and its salt, in constant memory."""
    columns = [*sealed.keys, *(sealed.table.c[name] for name in sealed.columns)]
    after: Key | None = None
    while True:
        statement = select(*columns).order_by(*sealed.keys).limit(batch)
        if after is not None:
            statement = statement.where(sealed.is_behind(after))
        rows = session.connection().execute(statement).mappings().all()
        if not rows:
            return
        subjects = [sealed.subject(sealed.key_in(row)) for row in rows]
        salts = salts_of(session, subjects) if sealed.committed else {}
        yield [(subject, dict(row), salts.get(subject, _NO_SALT)) for subject, row in zip(subjects, rows, strict=True)]
        after = sealed.key_in(rows[-1])


def count_salts(session: Session) -> int:
    """Return how many rows have a salt."""
    return int(session.scalar(select(func.count()).select_from(_SALTS)) or 0)
