"""Personal data apart from the events, and the hash function of the history.

Why: names and findings must be erasable one day without a proof losing its hold, so events keep commitments and the
content stands here. Offices that need commercial cryptography seal with SM3; the history says with what it is sealed.

Revision: 0008
After: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "personal_data",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("ix_personal_data_case", "personal_data", ["case_id"])
    op.add_column("log_head", sa.Column("algorithm", sa.Text(), nullable=False, server_default="sha256"))
