"""A yellow light over a term of the office is no missed rung of the unit: the counts of missed rungs are made anew.

Why: since rungs owe their acts, time marks the office's own delays with lights too, and the page of statistics blamed
the units for them. The release before this one would go on counting them; it does not run beside this schema.

Revision: 0028
After: 0027
"""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"

_HANDED_OVER = "CASE WHEN c.state = 'transferred' THEN 2 ELSE 0 END"
_MARK = f"{_HANDED_OVER} + CASE WHEN c.confidentiality = 'work_secret' THEN 1 ELSE 0 END"
_MONTHS = {
    "sqlite": "substr(e.occurred_on, 1, 7) || '-01'",
    "postgresql": "CAST(date_trunc('month', e.occurred_on) AS date)",
}


def upgrade() -> None:
    """Count the missed rungs of each unit, and of all, without the marks that stand for the office's delay."""
    month = _MONTHS[op.get_bind().dialect.name]
    op.execute("DELETE FROM tallies WHERE kind = 'done' AND state = 'missed'")
    for unit in ("c.unit_id", "0"):
        op.execute(
            "INSERT INTO tallies (kind, unit_id, hidden, state, light, day, n) "  # noqa: S608  # of our own words
            f"SELECT 'done', {unit}, {_MARK}, 'missed', '', {month}, count(*) "
            "FROM case_events e JOIN cases c ON c.id = e.case_id "
            "WHERE e.act = 'marked_yellow' AND e.data NOT LIKE '%\"party\":\"office\"%' "
            f"GROUP BY {unit + ', ' if unit != '0' else ''}{_MARK}, {month}"
        )
