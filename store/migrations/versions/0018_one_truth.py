"""What is in force stands in the database, and which installation it belongs to.

Why: a calendar that one process loaded left the others on the old one, and an order that was served there was due four
days too early. Every act takes the head of the log, so the hashes of the calendar and the policy in force stand in that
row, and an act that was worked out by others is not written. The release before neither reads nor writes them.

Revision: 0018
After: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "installation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("log_head", sa.Column("calendar_hash", sa.String(length=64), nullable=True))
    op.add_column("log_head", sa.Column("policy_hash", sa.String(length=64), nullable=True))
