"""Cases as they stand now, with what is kept beside them: how they are found, their deadlines, personal data."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import WORD, Base, partial_index

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
        Index("ix_cases_post", "post_id", "id"),
        Index("ix_cases_last", "last_on", "id"),
        Index("ix_cases_opened", "opened_on", "id"),
        partial_index("ix_cases_next_due", "next_due_on", "id", where="next_due_on IS NOT NULL"),
        partial_index("ix_cases_waiting", "waiting_for", "id", where="waiting_for IS NOT NULL"),
        partial_index("ix_cases_aimless", "id", where=WITHOUT_NEXT_STEP),
        partial_index("ix_cases_attention_due", "next_due_on", "id", "attention", where="attention IS NOT NULL"),
        partial_index("ix_cases_approvers_due", "next_due_on", "id", "approvers", where="waiting_for IS NOT NULL"),
        partial_index("ix_cases_work_secrets", "unit_id", "id", where=WORK_SECRETS),
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
    attention: Mapped[str | None]
    """What of the case waits for a person of the office beside a proposal (`Case.attention`), joined by commas.

    It is empty as well where a release before this one wrote the row; nothing of the kind existed there.
    """
    last_on: Mapped[date | None]
    """The day of the latest event; here, so that lists can go by it. Empty where a release before wrote a new row."""


class NumberSearchRow(Base):
    """A case's number from each place on from which the release before looks for it (`store.number_search`)."""

    __tablename__ = "case_words"

    word: Mapped[str] = mapped_column(WORD, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)


class CaseTextRow(Base):
    """What a case is found by, as it is compared: number, unit, head, finding, one a line (`store.text_search`)."""

    __tablename__ = "case_texts"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    text: Mapped[str]


class CasePairRow(Base):
    """Two characters that stand side by side in the text of a case, as one number; narrow, because there are many."""

    __tablename__ = "case_pairs"
    __table_args__ = ({"sqlite_with_rowid": False},)

    pair: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, autoincrement=False)


class CaseDeadlineRow(Base):
    """A day on which somebody owes something in a case: every running deadline, not only the next, for calendars."""

    __tablename__ = "case_deadlines"
    __table_args__ = (Index("ix_case_deadlines_case", "case_id"), {"sqlite_with_rowid": False})

    due_on: Mapped[date] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)


class PersonalDataRow(Base):
    """What a commitment in an event stands for, until it is erased.

    Kept apart from the events, which nobody can change, because the law wants names and findings erased one day.
    """

    __tablename__ = "personal_data"
    __table_args__ = (Index("ix_personal_data_case", "case_id"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    salt: Mapped[str]
    value: Mapped[str]
