"""What a person said of a ledger's layout is remembered under the layout.

Why: the columns of a ledger that is sent every month were said on the command line, every month anew. The release
before this one does not know the table and leaves it alone; it asks again.

Revision: 0029
After: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.schema.base import Moment

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "ledger_mappings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("layout", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
    )
