"""Cases say what of them waits for a person of the office: a late entry, a held escalation, a second signature.

Why: these lists are short, and are asked for by every desk; without a column of their own each would be looked for in
the bodies of all cases. Rows that exist can have nothing of the kind but an extension that was asked for, and it is
looked for in their bodies once: a quotation mark within a text is escaped there, so nothing that people wrote looks
like the field. The release before this one does not write the column, and does not know what it stands for.

Revision: 0017
After: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

WAITS = "attention IS NOT NULL"


def upgrade() -> None:
    """Add the column and the index of those that wait."""
    op.add_column("cases", sa.Column("attention", sa.String(), nullable=True))
    op.create_index(
        "ix_cases_attention",
        "cases",
        ["attention", "id"],
        sqlite_where=sa.text(WAITS),
        postgresql_where=sa.text(WAITS),
    )
    cases = sa.table("cases", sa.column("attention", sa.String), sa.column("body", sa.String))
    asked = cases.c.body.like('%"extension":"%') & cases.c.body.not_like('%"extension":""%')
    op.execute(sa.update(cases).where(asked).values(attention="extension_pending"))
