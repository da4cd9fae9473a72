"""Indexes for who may see what, and for lists over a million cases.

Why: part taken and letters to the discipline organ are looked for in the events; lists by unit and light go by id.
The release before this one works unchanged while it runs and after it: only indexes change.

Revision: 0010
After: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_LETTERS = "act IN ('propose_accountability', 'record_accountability')"
_PART = "actor_role IN ('inspector', 'handler')"


def upgrade() -> None:
    """Bring the schema forward."""
    op.drop_index("ix_cases_unit", "cases")
    op.create_index("ix_cases_unit", "cases", ["unit_id", "id"])
    op.create_index("ix_cases_light", "cases", ["light", "id"])
    due = sa.text("next_due_on IS NOT NULL")
    op.create_index("ix_cases_due_state", "cases", ["state"], sqlite_where=due, postgresql_where=due)
    for name, columns, where in (
        ("ix_case_events_letters", ["case_id"], _LETTERS),
        ("ix_case_events_part", ["actor_user", "case_id"], _PART),
    ):
        op.create_index(name, "case_events", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
