"""Official documents on their way, and the steps that each has gone.

Why: a document is drafted, signed, numbered, issued and served as one thing, and until it is signed the history says
nothing of it. Two tables that nothing else points to; the release before this one does not know them and goes on.

Revision: 0021
After: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.schema.base import Moment

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the documents and their steps."""
    op.create_table(
        "official_documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("template_version", sa.String(length=64), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_official_documents_case", "official_documents", ["case_id"])
    op.create_index("ix_official_documents_status", "official_documents", ["status"])
    op.create_table(
        "official_document_steps",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("noted_at", Moment(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["official_documents.id"]),
        sa.PrimaryKeyConstraint("document_id", "place"),
    )
