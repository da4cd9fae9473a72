"""Indexes by which reports and pages find what they show, instead of looking through all that is stored.

Why: a report read the history of every case, and the list of documents and the counts of messages went through all
rows. One index takes the place of another that was its beginning. Messages are counted once here; each night does it
again (`store.outbox.count_all`). The release before this one reads and writes as before.

Revision: 0030
After: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add the indexes, and count the messages."""
    op.create_index("ix_case_events_day", "case_events", ["occurred_on", "case_id"])
    asked = sa.text("act IN ('serve_order', 'return_plan', 'verify_fail', 'urge', 'hold_interview', 'reopen')")
    op.create_index(
        "ix_case_events_requests",
        "case_events",
        ["case_id", "occurred_on"],
        sqlite_where=asked,
        postgresql_where=asked,
    )
    op.create_index("ix_cases_opened", "cases", ["opened_on", "id"])
    op.create_index("ix_official_documents_changed", "official_documents", ["changed_at", "id"])
    op.create_index("ix_official_documents_status_changed", "official_documents", ["status", "changed_at", "id"])
    op.drop_index("ix_official_documents_status", "official_documents")
    op.create_index("ix_clues_state", "clues", ["state", "id"])
    failed = sa.text("state = 'failed'")
    op.create_index("ix_outbox_failed", "outbox", ["id"], sqlite_where=failed, postgresql_where=failed)
    day = "'1970-01-01 00:00:00.000000'" if op.get_bind().dialect.name == "sqlite" else "'1970-01-01 00:00:00+00'"
    op.execute(
        f"INSERT INTO heartbeats (name, at, detail) SELECT 'messages', {day}, max(id) || ' ' || count(*) FROM outbox "  # noqa: S608  # of our own words
        "HAVING count(*) > 0"
    )
