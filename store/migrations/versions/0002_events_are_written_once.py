"""Events are written once: the database refuses to change or remove a row of `case_events`.

Why here and not in Python: the history is evidence, and evidence must survive a defect, a console session and a later
programmer. SQLite's `INSERT OR REPLACE` removes the old row without firing DELETE triggers, therefore an INSERT over
an existing place is refused as well; on PostgreSQL the unique keys do that. Reading and appending are unchanged.

Revision: 0002
After: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

SQLITE = """
CREATE TRIGGER case_events_no_{verb} BEFORE {verb} ON case_events
BEGIN SELECT RAISE(ABORT, 'case_events is append-only'); END
"""

SQLITE_REPLACE = """
CREATE TRIGGER case_events_no_replace BEFORE INSERT ON case_events
WHEN EXISTS (SELECT 1 FROM case_events WHERE seq = NEW.seq)
  OR EXISTS (SELECT 1 FROM case_events WHERE case_id = NEW.case_id AND case_seq = NEW.case_seq)
BEGIN SELECT RAISE(ABORT, 'case_events is append-only'); END
"""

POSTGRESQL = """
CREATE FUNCTION case_events_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'case_events is append-only'; END $$;
CREATE TRIGGER case_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events
FOR EACH STATEMENT EXECUTE FUNCTION case_events_refuse()
"""


def upgrade() -> None:
    """Put the triggers on, and begin the log at length nought."""
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE.format(verb=verb))
        op.execute(SQLITE_REPLACE)
    else:
        op.execute(POSTGRESQL)
    op.execute("INSERT INTO log_head (id, size) VALUES (1, 0)")
