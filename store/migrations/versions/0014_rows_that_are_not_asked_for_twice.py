"""PostgreSQL no longer looks up the case and the post of every timer and message it writes; posts are never removed.

Why: writing an escalation asks seventeen foreign keys, which took a third of the server's time, and every worker locked
the same few rows of `posts`. Whoever writes these rows has read and locked the case in the same transaction; the event
beside them keeps its key. The constraints stay declared, `NOT ENFORCED` (PostgreSQL 18; earlier servers go on asking),
and what they kept from being removed is kept by a trigger. The release before this one works unchanged.

Revision: 0014
After: 0013
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

NOT_ENFORCED = (18,)
"""The version of PostgreSQL that first knows foreign keys which it does not enforce."""

STAYS = """
CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% are never removed', TG_TABLE_NAME; END $$;
CREATE TRIGGER posts_stay BEFORE DELETE OR TRUNCATE ON posts FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER cases_stay BEFORE DELETE OR TRUNCATE ON cases FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal()
"""


def upgrade() -> None:
    """Let three foreign keys be believed, and refuse the removal of what they point to."""
    if op.get_context().dialect.name == "sqlite":
        return
    op.execute(STAYS)
    if (op.get_bind().dialect.server_version_info or ()) >= NOT_ENFORCED:
        for table, column in (("outbox", "post_id"), ("outbox", "case_id"), ("timers", "case_id")):
            op.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {table}_{column}_fkey NOT ENFORCED")
