"""Tallies of cases, and what cases are found by; indexes for lists in the order of due days and for the feed.

The release before this one does not keep the tallies: while it still runs beside this one they drift, and the nightly
comparison writes them anew. Everything else works unchanged with it. What is filled here is as this release counts.

Revision: 0012
After: 0011
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_KEY = "kind, unit_id, hidden, state, light, day"
_MARK = "c.unit_id, CASE WHEN c.state = 'transferred' THEN 2 ELSE 0 END"
_SPINE = "'found', 'ordered_to_rectify', 'publicly_criticized', 'interviewed', 'held_accountable'"
_RUNGS = "'ordered_to_rectify', 'publicly_criticized', 'interviewed', 'held_accountable'"
_EVENTS = "FROM case_events e JOIN cases c ON c.id = e.case_id WHERE"
_MOVES = "(e.from_state IS NULL OR e.from_state <> e.to_state)"
_ACTS = "'marked_yellow', 'record_help', 'acknowledge'"
_WORD = "CASE e.act WHEN 'marked_yellow' THEN 'missed' ELSE e.act END"
_LINES = (
    f"SELECT 'now' AS kind, {_MARK} AS hidden, c.state, c.light, :none AS day, 1 AS n FROM cases c",  # noqa: S608  # of our own words
    f"SELECT 'due', {_MARK}, c.state, '', c.next_due_on, 1 FROM cases c WHERE c.next_due_on IS NOT NULL",  # noqa: S608  # of our own words
    f"SELECT 'age', {_MARK}, '', '', c.opened_on, 1 FROM cases c WHERE c.state IN ({_SPINE})",  # noqa: S608  # of our own words
    f"SELECT 'moved', {_MARK}, e.to_state, '', :month, 1 {_EVENTS} {_MOVES}",
    f"SELECT 'moved', {_MARK}, e.from_state, '', :month, -1 {_EVENTS} e.from_state <> e.to_state",
    f"SELECT 'done', {_MARK}, 'entered', '', :month, 1 {_EVENTS} {_MOVES} AND e.to_state IN ({_RUNGS})",
    f"SELECT 'done', {_MARK}, {_WORD}, '', :month, 1 {_EVENTS} e.act IN ({_ACTS})",
)
_PLACES = re.compile(r"^|(?<!\d)(?=\d)")


def upgrade() -> None:
    """Make both tables and fill them from what is there."""
    op.create_table(
        "tallies",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("unit_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("hidden", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text(), primary_key=True),
        sa.Column("light", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("n", sa.Integer(), nullable=False),
    )
    words = op.create_table(
        "case_words",
        sa.Column("word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), primary_key=True),
    )
    op.drop_index("ix_cases_unit", "cases")
    op.create_index("ix_cases_unit", "cases", ["unit_id", "id", "state", "phase", "light", "next_due_on"])
    op.drop_index("ix_cases_due_state", "cases")
    op.create_index("ix_cases_state_due", "cases", ["state", "next_due_on", "id"])
    op.create_index("ix_cases_phase_due", "cases", ["phase", "next_due_on", "id"])
    op.create_index("ix_case_events_walk", "case_events", ["seq", "case_id"])
    _count()
    _name(words)


def _count() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    month = "substr(e.occurred_on, 1, 7) || '-01'" if is_sqlite else "CAST(date_trunc('month', e.occurred_on) AS date)"
    lines = " UNION ALL ".join(_LINES).replace(":month", month)
    lines = lines.replace(":none", "'0001-01-01'" if is_sqlite else "DATE '0001-01-01'")
    by_unit = f"SELECT {_KEY}, sum(n) AS n FROM ({lines}) AS u GROUP BY {_KEY}"  # noqa: S608  # of our own words
    op.execute(
        f"INSERT INTO tallies ({_KEY}, n) WITH one AS MATERIALIZED ({by_unit}) "  # noqa: S608  # of our own words
        f"SELECT {_KEY}, n FROM one WHERE n <> 0 UNION ALL SELECT kind, 0, hidden, state, light, day, sum(n) FROM one "
        "GROUP BY kind, hidden, state, light, day HAVING sum(n) <> 0"
    )


def _name(words: sa.Table) -> None:
    cases, after = sa.table("cases", sa.column("id"), sa.column("number")), 0
    batch = sa.select(cases.c.id, cases.c.number).order_by(cases.c.id).limit(20_000)
    while rows := op.get_bind().execute(batch.where(cases.c.id > after)).all():
        op.bulk_insert(
            words,
            [
                {"word": word, "case_id": row.id}
                for row in rows
                for word in dict.fromkeys(row.number.casefold()[at.start() :] for at in _PLACES.finditer(row.number))
            ],
        )
        after = rows[-1].id
