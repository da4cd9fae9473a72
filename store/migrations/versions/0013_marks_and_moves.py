"""A case carries its mark of confidentiality; an account the unit that is asked for it.

Why: sight asks for the mark in its one condition, so it stands beside the body; what was registered before is internal.
Another unit changes what a person sees, so one administrator asks for it and another grants it, as with roles.

The release before this one does not fill the columns, and what it registers is internal. It cannot read a case that was
marked otherwise, nor does it keep a work secret from anybody: set marks when it runs no more.

Revision: 0013
After: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    """Add the mark, find the few work secrets by it, and add the unit that is asked for."""
    op.add_column("cases", sa.Column("confidentiality", sa.String(), nullable=False, server_default="internal"))
    where = sa.text("confidentiality = 'work_secret'")
    op.create_index("ix_cases_work_secrets", "cases", ["unit_id", "id"], sqlite_where=where, postgresql_where=where)
    op.add_column("people", sa.Column("wanted_unit_id", sa.Integer(), nullable=True))
