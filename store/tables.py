"""The tables, each with the reason that it exists.

Values that decide something are columns; the whole case, as the fold of its events, is `cases.body`. Moments are
stored in UTC and come back aware; days are days in the office's zone and have no time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Dialect
    from sqlalchemy.orm import Session
    from sqlalchemy.types import TypeEngine


@lru_cache(maxsize=10_000)
def _moment_text(value: datetime) -> str:
    return value.isoformat(" ", "microseconds")[:-6]


class Moment(TypeDecorator[datetime]):
    """An instant. Refuses a time without a zone on the way in, because SQLite would forget it; gives UTC back.

    On SQLite it is text of constant width, as SQLAlchemy's own type writes it, so that it sorts as it should; the
    conversion is ours because theirs takes a regular expression for every value.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return how this database keeps it."""
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401  # by database
        """Return the instant in UTC.

        Raises:
            ValueError: the time has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        if dialect.name == "sqlite":
            return _moment_text(value.astimezone(UTC))
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401  # by database
        """Return the instant in UTC, aware on both databases."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        moment: datetime = value
        return moment.astimezone(UTC)


_day = lru_cache(maxsize=10_000)(date.fromisoformat)


class Day(TypeDecorator[date]):
    """A day in the office's zone; on SQLite ISO text, as SQLAlchemy's own type writes it, but converted faster."""

    impl = Date()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return how this database keeps it."""
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:  # noqa: ANN401  # by database
        """Return the day as the database keeps it."""
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:  # noqa: ANN401  # by database
        """Return the day."""
        if value is not None and dialect.name == "sqlite":
            return _day(value)
        day: date | None = value
        return day


class Base(DeclarativeBase):
    """What all tables share: strings are unbounded text, moments are aware."""

    type_annotation_map = {datetime: Moment(), date: Day(), str: Text()}  # noqa: RUF012  # SQLAlchemy reads it from the class


WORD: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its code points on both databases, so that what begins alike stands together."""


def _partial(name: str, *columns: Any, where: str) -> Index:  # noqa: ANN401  # a column or its name
    """Return an index over only the rows that `where` names, on both databases."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class PolicyRow(Base):
    """A policy as it was read, kept for ever under its hash: each case goes by the one it was opened under."""

    __tablename__ = "policies"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    text: Mapped[str]
    first_used_at: Mapped[datetime]


class CalendarRow(Base):
    """A calendar as it was known, kept under its hash: a trace of years ago can be computed again."""

    __tablename__ = "calendars"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    content: Mapped[str]
    first_used_at: Mapped[datetime]


class UnitRow(Base):
    """A body that is inspected, or an office that inspects. Units form a tree."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))


class PostRow(Base):
    """A post in a unit. Cases and messages address posts; people come and go (`AppointmentRow`)."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("unit_id", "name"), Index("ix_posts_unit_role", "unit_id", "role"))

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    name: Mapped[str]
    role: Mapped[str]


class PersonRow(Base):
    """A person who may act, with the role in which he or she acts. No phone, no address: those are contacts."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    disabled_at: Mapped[datetime | None]
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    must_change: Mapped[bool] = mapped_column(server_default=false())
    failures: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    confirmed: Mapped[bool] = mapped_column(server_default=true())
    """Whether the security administrator has released the account; until then it can do nothing."""
    wanted_role: Mapped[str | None]
    wanted_unit_id: Mapped[int | None]
    """The unit to which somebody is to move, when the security administrator has granted it."""
    totp_secret: Mapped[str | None]
    totp_step: Mapped[int] = mapped_column(server_default="0")
    """The time step of the last code that was taken, so that no code is taken twice."""


class AppointmentRow(Base):
    """Who held which post from when to when, both days inclusive; `until_on` is empty while it lasts."""

    __tablename__ = "appointments"
    __table_args__ = (Index("ix_appointments_post", "post_id", "from_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class ContactRow(Base):
    """A way to reach a post or a person, tried in the order of `position`.

    Kept apart from the posts because addresses are personal data with their own readers and their own retention.
    """

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_post", "post_id"), Index("ix_contacts_person", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    address: Mapped[str]
    position: Mapped[int]
    lang: Mapped[str] = mapped_column(server_default="zh-CN")


WITHOUT_NEXT_STEP: Final = (
    "next_due_on IS NULL AND waiting_for IS NULL AND state IN"
    " ('found', 'ordered_to_rectify', 'publicly_criticized', 'interviewed', 'held_accountable')"
)
"""An open case in which no deadline runs and no decision is awaited; few have a good reason, such as a suspension."""


WORK_SECRETS: Final = "confidentiality = 'work_secret'"
"""Which cases are marked as work secrets; few, and kept from most (`store.visibility`)."""


class CaseRow(Base):
    """One case, as it stands now. How it came to stand there is in `CaseEventRow`.

    `body` is the whole case as the fold of its events; the other columns repeat what is searched for.
    """

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_unit", "unit_id", "id", "state", "phase", "light", "next_due_on"),
        Index("ix_cases_light", "light", "id"),
        Index("ix_cases_state", "state", "id"),
        Index("ix_cases_state_due", "state", "next_due_on", "id"),
        Index("ix_cases_phase_due", "phase", "next_due_on", "id"),
        _partial("ix_cases_next_due", "next_due_on", "id", where="next_due_on IS NOT NULL"),
        _partial("ix_cases_waiting", "waiting_for", "id", where="waiting_for IS NOT NULL"),
        _partial("ix_cases_aimless", "id", where=WITHOUT_NEXT_STEP),
        _partial("ix_cases_approvers", "approvers", "id", where="waiting_for IS NOT NULL"),
        _partial("ix_cases_work_secrets", "unit_id", "id", where=WORK_SECRETS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    phase: Mapped[str]
    light: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    opened_on: Mapped[date]
    next_due_on: Mapped[date | None]
    waiting_for: Mapped[str | None]
    policy_hash: Mapped[str] = mapped_column(ForeignKey("policies.hash"))
    fingerprint: Mapped[str | None] = mapped_column(unique=True)
    version: Mapped[int]
    head_hash: Mapped[str] = mapped_column(String(64))
    body: Mapped[str]
    confidentiality: Mapped[str] = mapped_column(server_default="internal")
    """For whom the case is meant (`states.vocabulary.Confidentiality`); here, so that sight can ask for it."""
    approvers: Mapped[str | None]
    """The roles that may decide what is proposed, as a list in JSON; empty while nothing waits.

    It is empty as well where the release before this one made the proposal.
    """


class CaseWordRow(Base):
    """A case's number from each place on from which people look for it, in small letters (`store.number_search`)."""

    __tablename__ = "case_words"

    word: Mapped[str] = mapped_column(WORD, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)


EVERYWHERE: Final = 0
"""The unit of the tallies of the whole office."""
NO_DAY: Final = date(1, 1, 1)
"""The day of tallies that have none."""


class TallyRow(Base):
    """How many cases or events count in one line (`store.counters`); a key has no empty column, so that lines merge."""

    __tablename__ = "tallies"

    kind: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hidden: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(primary_key=True)
    light: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    n: Mapped[int]


LETTERS: Final = "act IN ('propose_accountability', 'record_accountability')"
"""Which events hand a case to the discipline organ, beside a transfer (`store.visibility`)."""
PART: Final = "actor_role IN ('inspector', 'handler')"
"""Whose events keep a case in their own sight (`store.visibility`)."""


class CaseEventRow(Base):
    """One thing that happened to one case, written once; a trigger refuses change and removal (migration 0002).

    `seq` is the place in the history of the whole office, without gaps and in the order of commits; `case_seq` the
    place in the history of the case, from 1, which is also the version of the case that the event made.
    """

    __tablename__ = "case_events"
    __table_args__ = (
        UniqueConstraint("case_id", "case_seq"),
        Index("ix_case_events_walk", "seq", "case_id"),
        _partial("ix_case_events_letters", "case_id", where=LETTERS),
        _partial("ix_case_events_part", "actor_user", "case_id", where=PART),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    case_seq: Mapped[int]
    act: Mapped[str]
    occurred_on: Mapped[date]
    recorded_at: Mapped[datetime]
    actor_user: Mapped[str]
    actor_role: Mapped[str]
    actor_unit: Mapped[str]
    data: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    policy_hash: Mapped[str] = mapped_column(String(64))
    calendar_hash: Mapped[str] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class LogHeadRow(Base):
    """The one row that says how long the history is.

    Writers take it last, just before they commit, so that `seq` has no gap and follows the order of commits on
    PostgreSQL too, while nobody waits for longer than the append itself.
    """

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    algorithm: Mapped[str] = mapped_column(server_default="sha256")


class PersonalRow(Base):
    """What a commitment in an event stands for, until it is erased.

    Kept apart from the events, which nobody can change, because the law wants names and findings erased one day.
    """

    __tablename__ = "personal_data"
    __table_args__ = (Index("ix_personal_data_case", "case_id"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    salt: Mapped[str]
    value: Mapped[str]


class SeriesRow(Base):
    """The last number given in a series, such as case numbers of one organ in one year."""

    __tablename__ = "series"

    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class TimerRow(Base):
    """Something that must happen at a moment. Rows exist only while they wait; what fired is in the history.

    `key` is unique within the case and names the cycle, so that a repeated firing finds nothing. `held_until` and
    `reason` set a timer aside that could not be fired, so that it never blocks the others. `unit_id` repeats the
    case's, so that the burst of one unit can be told from what waits for the others.
    """

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("case_id", "key"),
        _partial("ix_timers_due", "due_at", "id", where="held_until IS NULL"),
        _partial("ix_timers_held", "held_until", where="held_until IS NOT NULL"),
        _partial("ix_timers_unit", "unit_id", "due_at", "id", where="held_until IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    key: Mapped[str]
    kind: Mapped[str]
    due_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str | None]
    unit_id: Mapped[int | None]


class OutboxRow(Base):
    """A message that is owed to a post, written in the transaction of the event that owes it."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("case_id", "case_seq", "post_id", "notice"),
        _partial("ix_outbox_waiting", "not_before", "id", where="state = 'waiting'"),
        Index("ix_outbox_post", "post_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    case_seq: Mapped[int]
    notice: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    number: Mapped[str]
    due_on: Mapped[date | None]
    urgent: Mapped[bool]
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    leased_until: Mapped[datetime | None]
    message_id: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    trace: Mapped[str | None] = mapped_column(String(55))


class DeliveryRow(Base):
    """One attempt to deliver one message: where it went (masked), how it ended, and why."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_outbox", "outbox_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    address: Mapped[str]
    ok: Mapped[bool]
    reason: Mapped[str]


class EvidenceRow(Base):
    """A file kept under its SHA-256 below the home; the event that brings it names the same hash."""

    __tablename__ = "evidence"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    added_at: Mapped[datetime]


class ProposalRow(Base):
    """Something proposed for the whole office, such as another policy, until a second person has decided it."""

    __tablename__ = "proposals"
    __table_args__ = (_partial("ix_proposals_waiting", "id", where="outcome IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    content: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    approver: Mapped[str]
    outcome: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class DocumentRow(Base):
    """A document number of the office, given once: to the event that names it, or void, with the reason."""

    __tablename__ = "documents"

    number: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    case_seq: Mapped[int | None]
    act: Mapped[str]
    noted_at: Mapped[datetime]
    void_by: Mapped[str | None]
    void_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]


class CheckpointRow(Base):
    """A signed statement of how long the history is and what its root is; `sent_to` says where copies went."""

    __tablename__ = "checkpoints"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    note: Mapped[str]
    signed_at: Mapped[datetime]
    sent_to: Mapped[str]


class CheckpointKeyRow(Base):
    """A public key that signs checkpoints, and since when; old ones stay, for old checkpoints."""

    __tablename__ = "checkpoint_keys"

    vkey: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class LogNodeRow(Base):
    """The root of a complete subtree of the history's tree, by its height and place, so that proofs are quick."""

    __tablename__ = "log_nodes"

    height: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))


class ForeignLogRow(Base):
    """A history of another system, as it was imported once, with what its import had to say."""

    __tablename__ = "foreign_logs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    imported_at: Mapped[datetime]
    traces: Mapped[int]
    events: Mapped[int]
    report: Mapped[str]


class ForeignEventRow(Base):
    """An event of another system. `at` is the moment as it was written there, with its own offset."""

    __tablename__ = "foreign_events"
    __table_args__ = (Index("ix_foreign_events_case", "log_id", "case_name"),)

    log_id: Mapped[int] = mapped_column(ForeignKey("foreign_logs.id"), primary_key=True)
    trace: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    case_name: Mapped[str]
    activity: Mapped[str]
    at: Mapped[str]
    resource: Mapped[str]
    data: Mapped[str]


class RequestRow(Base):
    """A request that was carried out under a key of its sender's, so that repeating it does nothing again."""

    __tablename__ = "requests"

    who: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[int]
    case_seq: Mapped[int]
    at: Mapped[datetime]


class SessionRow(Base):
    """Somebody at a page, known by the hash of a cookie; `csrf` stands in each form of the session."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_person", "person_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    csrf: Mapped[str]
    awaits: Mapped[str] = mapped_column(server_default="")
    """What is still owed before the session counts: `code` or `enrolment` of the second factor, or nothing."""
    address: Mapped[str] = mapped_column(server_default="")


class ApiTokenRow(Base):
    """A token for the HTTP interface, known by its hash; a person may hold several, each for what it is needed for."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index("ix_api_tokens_person", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str]
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RecoveryCodeRow(Base):
    """A code that stands in for a lost second factor, once; only its hash is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_person", "person_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    used_at: Mapped[datetime | None]


class AdministrationRow(Base):
    """What an administrator did to accounts, units, posts, contacts, calendars; written once, triggers see to it."""

    __tablename__ = "administration"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str]
    role: Mapped[str]
    what: Mapped[str]
    whom: Mapped[str]
    detail: Mapped[str]


class ForeignLoginRow(Base):
    """A login that was sent to the identity provider and has not come back yet; each may come back once."""

    __tablename__ = "foreign_logins"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce: Mapped[str]
    verifier: Mapped[str]
    began_at: Mapped[datetime]


class HeartbeatRow(Base):
    """When a recurring task last came to its end, and what it said; the health pages read it."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[str]


class SchemaMarkRow(Base):
    """What the migrations say about the schema to releases that do not know the newest of them (ADR 0030)."""

    __tablename__ = "schema_marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


def table_of(mapped: type[Base]) -> Table:
    """Return the table of a mapped class, for statements over many rows."""
    found = mapped.__table__
    if not isinstance(found, Table):
        raise TypeError(f"{mapped.__name__} is not mapped to one table")
    return found


def insert_once(session: Session, mapped: type[Base], row: Mapping[str, Any]) -> None:
    """Write the row unless one like it exists, by whatever the table holds unique; two writers at once are safe."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(make(table_of(mapped)).values(**row).on_conflict_do_nothing())
