"""What waits is found in the order in which it is due, and the log speaks of the steps of official documents.

Why: the desk shows the ten of each kind that are due first; over a million cases each look put all that wait in order
anew. The two indexes take the places of those that had the same rows in another order. And whoever could write the
database could change who had drafted, reviewed or returned a document, and when: verification did not notice
(ADR 0059). The steps of before are taken as they are; from here on none changes unseen.

Plan: the release before this one writes steps without telling the log, which would then contradict them; therefore it
stays away from here on, and the upgrade is not a rolling one.

Revision: 0034
After: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from store import sealed_rows

revision = "0034"
down_revision = "0033"
compatible_since = "0034"

STEPS = sealed_rows.SealedTable(
    name="official_document_steps",
    clear=("document_id", "place", "step", "who", "role", "day", "noted_at", "file"),
    committed=("note", "typed"),
)


def upgrade() -> None:
    """Exchange the indexes, and say in the log what stands in the steps."""
    _exchange("ix_cases_attention", "ix_cases_attention_due", "attention", "attention IS NOT NULL")
    _exchange("ix_cases_approvers", "ix_cases_approvers_due", "approvers", "waiting_for IS NOT NULL")
    with Session(op.get_bind(), join_transaction_mode="rollback_only") as session:
        sealed_rows.tell_of_all(session, STEPS)


def _exchange(old: str, new: str, column: str, where: str) -> None:
    rows = sa.text(where)
    op.drop_index(old, "cases")
    op.create_index(new, "cases", ["next_due_on", "id", column], sqlite_where=rows, postgresql_where=rows)
