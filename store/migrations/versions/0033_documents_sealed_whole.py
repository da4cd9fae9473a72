"""The log speaks of every column of official documents: the edited draft, the scan, and what a correction replaces.

Why: whoever could write the database could exchange the Word file of a draft before its signature, and verification did
not notice. Rows that hold something there are told anew, each in one event behind all others: what the log said of the
row last, and these columns as they are now (ADR 0058). Nothing else of the row is read, so that what was altered before
is still found.

Plan: the release before this one writes such columns without telling the log, which would then contradict them;
therefore it stays away from here on, and the upgrade is not a rolling one.

Revision: 0033
After: 0031
"""

from __future__ import annotations

from alembic import op
from sqlalchemy.orm import Session

from store import sealed_rows

revision = "0033"
down_revision = "0031"
compatible_since = "0033"


def upgrade() -> None:
    """Say in the log what stands in the columns of which it did not speak."""
    with Session(op.get_bind(), join_transaction_mode="rollback_only") as session:
        sealed_rows.tell_of_later(session, "official_documents", ("edited", "scan", "replaces"))
