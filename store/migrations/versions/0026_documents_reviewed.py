"""Official documents: the edited Word file, the signed scan, the document that is corrected, and each step's text.

Why: a draft is edited in Word and uploaded again, the stamped paper is kept beside what was issued, a corrected
document names the one that it replaces, and who reviews sees what changed since the last time. Four columns that may be
empty; the release before this one does not read them, and writes rows without them that are as good as before. It does
not know the new steps `review`, `upload` and `scan`: documents that stand at them wait for the newer release.

Revision: 0026
After: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("official_documents", sa.Column("edited", sa.String(length=64), nullable=True))
    op.add_column("official_documents", sa.Column("scan", sa.String(length=64), nullable=True))
    op.add_column("official_documents", sa.Column("replaces", sa.Integer(), nullable=True))
    op.add_column("official_document_steps", sa.Column("typed", sa.Text(), nullable=True))
