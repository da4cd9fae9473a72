"""One log for all: what happens outside cases has leaves in the same tree as the events of cases.

Why: whoever could write the database could add, change or remove administrators' entries, attempts of delivery,
accounts, appointments and units without a trace, while the proof of the history still held. The places of the events of
cases stay as they are, and so does every checkpoint of before: leaves of other kinds only come behind them. What stands
in those tables at the moment of the migration is written into the log by `Database.migrate`.

Plan: a release of before would change those rows without telling the log, which then contradicts them; therefore it
stays away from here on, and the upgrade is not a rolling one.

Revision: 0019
After: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
compatible_since = "0019"

SQLITE = """
CREATE TRIGGER office_events_no_{verb} BEFORE {verb} ON office_events
BEGIN SELECT RAISE(ABORT, 'office_events is append-only'); END
"""
SQLITE_REPLACE = """
CREATE TRIGGER office_events_no_replace BEFORE INSERT ON office_events
WHEN EXISTS (SELECT 1 FROM office_events WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM office_events WHERE place = NEW.place)
BEGIN SELECT RAISE(ABORT, 'office_events is append-only'); END
"""
POSTGRESQL = """
CREATE FUNCTION office_events_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'office_events is append-only'; END $$;
CREATE TRIGGER office_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON office_events
FOR EACH STATEMENT EXECUTE FUNCTION office_events_refuse()
"""


def upgrade() -> None:
    """Add the events of the office, the salts of rows, their number in the log's head, and timestamps."""
    op.create_table(
        "office_events",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("place"),
    )
    op.create_index("ix_office_events_after", "office_events", ["after_seq", "id"])
    op.create_index("ix_office_events_subject", "office_events", ["subject", "id"])
    op.create_table(
        "row_salts",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.add_column("checkpoints", sa.Column("timestamp", sa.Text(), nullable=True))
    op.add_column("log_head", sa.Column("others", sa.BigInteger(), nullable=False, server_default="0"))
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE.format(verb=verb))
        op.execute(SQLITE_REPLACE)
    else:
        op.execute(POSTGRESQL)
