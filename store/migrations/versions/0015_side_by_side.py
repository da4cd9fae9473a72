"""The schema says which releases can still run on it; messages keep the trace of the act that owes them.

Why: a release that is being replaced answers that it is not ready as soon as the next one has migrated, because it
does not know the newest revision. From here on it reads in `schema_marks` whether that revision still has room for it.
The column holds a W3C traceparent, which is two random numbers, so that a letter's span can point to its act.
The release before this one does not fill the column, and its letters point to nothing.

Revision: 0015
After: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the marks and the trace."""
    op.create_table(
        "schema_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("outbox", sa.Column("trace", sa.String(length=55), nullable=True))
