"""Official documents that belong to no case: the circular that commends a unit names its commendation.

Why: a commendation was given under a typed number, and its circular was written outside. It goes the way of all other
documents now, and a commendation is no case: `case_id` may be empty, and `commendation_id` says what it is of.

An on-site list with a “no” is signed by a second person: four columns that the release before this one leaves empty.

Plan: one step. The release before this one joins documents with their cases, so that it does not see those that have
none; what it writes has a case as before. Taking NOT NULL away on SQLite: see 0022.

Revision: 0031
After: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
compatible_since = "0028"


def upgrade() -> None:
    """Let a document belong to a commendation, and an on-site list be signed by a second person."""
    op.add_column("inspection_visits", sa.Column("signed_on", sa.Date(), nullable=True))
    for name in ("signed_by", "returned_by", "returned_because"):
        op.add_column("inspection_visits", sa.Column(name, sa.String(), nullable=True))
    op.add_column("official_documents", sa.Column("commendation_id", sa.Integer(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("official_documents", "case_id", nullable=True)
    else:
        _let_be_empty_on_sqlite()


def _let_be_empty_on_sqlite() -> None:
    """Take NOT NULL from `official_documents.case_id` in the schema's own text, as 0022 does for the outbox.

    Raises:
        RuntimeError: the column is still not allowed to be empty; the migration is rolled back.
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, 'case_id INTEGER NOT NULL', 'case_id INTEGER') "
        "WHERE type = 'table' AND name = 'official_documents'"
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    columns = connection.exec_driver_sql("PRAGMA table_info('official_documents')").all()
    if any(column[1] == "case_id" and column[3] for column in columns):
        raise RuntimeError("official_documents.case_id is still NOT NULL")
