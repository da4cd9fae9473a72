"""Timers know their unit, so that units can take turns under a burst; and an index for the watchdog.

The release before this one does not fill the column; such timers are found by their age alone, and fire as before.

Revision: 0011
After: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the unit to timers, fill it from the cases, and find due timers by it."""
    op.add_column("timers", sa.Column("unit_id", sa.Integer(), nullable=True))
    op.execute("UPDATE timers SET unit_id = (SELECT unit_id FROM cases WHERE cases.id = timers.case_id)")
    aimless = (
        "next_due_on IS NULL AND waiting_for IS NULL AND state IN"
        " ('found', 'ordered_to_rectify', 'publicly_criticized', 'interviewed', 'held_accountable')"
    )
    op.create_index(
        "ix_cases_aimless", "cases", ["id"], sqlite_where=sa.text(aimless), postgresql_where=sa.text(aimless)
    )
    op.create_index(
        "ix_timers_unit",
        "timers",
        ["unit_id", "due_at", "id"],
        sqlite_where=sa.text("held_until IS NULL"),
        postgresql_where=sa.text("held_until IS NULL"),
    )
