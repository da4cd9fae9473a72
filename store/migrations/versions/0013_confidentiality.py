"""A case carries its mark of confidentiality; what was registered before is internal.

Why: sight asks for it in its one condition, so it stands beside the body. The release before this one does not fill the
column, and what it registers is internal; it cannot read a case that was marked otherwise, nor does it keep a work
secret from anybody, so marks are to be set when it runs no more.

Revision: 0013
After: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    """Add the mark, and find the few work secrets by it."""
    op.add_column("cases", sa.Column("confidentiality", sa.String(), nullable=False, server_default="internal"))
    where = sa.text("confidentiality = 'work_secret'")
    op.create_index("ix_cases_work_secrets", "cases", ["unit_id", "id"], sqlite_where=where, postgresql_where=where)
