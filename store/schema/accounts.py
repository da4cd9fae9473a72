"""People who may act, how they log in, and what administrators did to accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


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


class LoginAttemptRow(Base):
    """What one address has tried on one user name, known or not (`store.login_attempts`).

    `account` is the SHA-256 of the user name: whoever mistypes a password into that field does not leave it here.
    """

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_last", "last_at"),)

    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    good_at: Mapped[datetime | None]
    """When somebody last logged in to this account from this address."""


class OidcLoginRow(Base):
    """A login that was sent to the identity provider and has not come back yet; each may come back once."""

    __tablename__ = "foreign_logins"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce: Mapped[str]
    verifier: Mapped[str]
    began_at: Mapped[datetime]


class AdminLogRow(Base):
    """What an administrator did to accounts, units, posts, contacts, calendars; written once, triggers see to it."""

    __tablename__ = "administration"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str]
    role: Mapped[str]
    what: Mapped[str]
    whom: Mapped[str]
    detail: Mapped[str]
