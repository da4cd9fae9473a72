"""Obligations of the year, their steps, and messages that are about something else than a case.

Why: articles 5 to 9 name duties that recur each year, and no table knew them. Their reminders leave through the one
outbox, whose rows must name a case until now: `case_id` may be empty from here on, and `about` then says what the
message is about.

Plan: one step. The release before this one does not know the tables and leaves them alone, writes `case_id` as before,
and never fills `about`, so that the new index refuses it nothing. A letter about an obligation that it leases has words
that it does not know: it puts the letter back, and the new release sends it.

SQLite cannot take a NOT NULL away but by copying the table, which its own foreign keys forbid inside a transaction; the
text of the table is changed instead, as SQLite's documentation of ALTER TABLE describes for this very case.

Revision: 0022
After: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.schema.base import Moment

revision = "0022"
down_revision = "0021"
compatible_since = "0021"


def upgrade() -> None:
    """Add the tables; let messages be about what is no case."""
    op.create_table(
        "obligations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("day_in_rule", sa.Boolean(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("receivers", sa.String(), nullable=False),
        sa.Column("by_reference", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("generated_at", Moment(), nullable=False),
        sa.Column("told_until", Moment(), nullable=True),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.Column("clue_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["clue_id"], ["clues.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("unit_id", "clause", "year"),
    )
    waits = sa.text("next_at IS NOT NULL")
    op.create_index("ix_obligations_next", "obligations", ["next_at", "id"], sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_obligations_year", "obligations", ["year", "unit_id", "state"])
    op.create_table(
        "obligation_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("noted_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligations.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_obligation_steps_of", "obligation_steps", ["obligation_id", "id"])
    op.add_column("outbox", sa.Column("about", sa.String(), nullable=True))
    about = sa.text("about IS NOT NULL")
    op.create_index(
        "ix_outbox_about",
        "outbox",
        ["about", "case_seq", "post_id", "notice"],
        unique=True,
        sqlite_where=about,
        postgresql_where=about,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("outbox", "case_id", nullable=True)
    else:
        _let_be_empty_on_sqlite()


def _let_be_empty_on_sqlite() -> None:
    """Take NOT NULL from `outbox.case_id` in the schema's own text (https://www.sqlite.org/lang_altertable.html, 7).

    Raises:
        RuntimeError: the column is still not allowed to be empty; the migration is rolled back.
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, 'case_id INTEGER NOT NULL', 'case_id INTEGER') "
        "WHERE type = 'table' AND name = 'outbox'"
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    columns = connection.exec_driver_sql("PRAGMA table_info('outbox')").all()
    if any(column[1] == "case_id" and column[3] for column in columns):
        raise RuntimeError("outbox.case_id is still NOT NULL")
