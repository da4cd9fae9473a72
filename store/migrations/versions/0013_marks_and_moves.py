"""A case carries its mark of confidentiality and who may decide its proposal; an account the unit asked for it.

Why: sight asks for the mark in its one condition, so it stands beside the body; what was registered before is internal.
Another unit changes what a person sees, so one administrator asks for it and another grants it, as with roles.
Who waits for what is asked on every desk, so the approvers stand beside the proposal.

The release before this one does not fill the columns. A proposal that it makes is shown to everybody who may approve
one until the case moves on. What it registers is internal; it cannot read a case that was marked otherwise, nor does it
keep a work secret from anybody: set marks when it runs no more.

Revision: 0013
After: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"

_CASES = sa.table(
    "cases", sa.column("body", sa.Text()), sa.column("waiting_for", sa.Text()), sa.column("approvers", sa.Text())
)


def upgrade() -> None:
    """Add the mark, the approvers of what waits, the unit that is asked for, and the indexes that find the two."""
    op.add_column("cases", sa.Column("confidentiality", sa.String(), nullable=False, server_default="internal"))
    where = sa.text("confidentiality = 'work_secret'")
    op.create_index("ix_cases_work_secrets", "cases", ["unit_id", "id"], sqlite_where=where, postgresql_where=where)
    op.add_column("cases", sa.Column("approvers", sa.Text(), nullable=True))
    listed = sa.func.json_extract(_CASES.c.body, "$.approvers")
    if op.get_bind().dialect.name == "postgresql":
        # Its own way of writing lists has blanks in it.
        kept = sa.cast(sa.cast(_CASES.c.body, JSONB).op("->")("approvers"), sa.Text())
        listed = sa.func.replace(kept, ", ", ",")
    op.execute(_CASES.update().where(_CASES.c.waiting_for.is_not(None)).values(approvers=listed))
    where = sa.text("waiting_for IS NOT NULL")
    op.create_index("ix_cases_approvers", "cases", ["approvers", "id"], sqlite_where=where, postgresql_where=where)
    op.add_column("people", sa.Column("wanted_unit_id", sa.Integer(), nullable=True))
