"""Wrong passwords are counted for an account and an address; each upload of evidence is known with who brought it.

Why: a lock of the whole account let anybody shut a colleague out, and told who exists. What is counted now is what one
address tries on one user name, known or not. A hash of evidence proved nothing about who may use it: whoever learned
one could cite the file of another's case. What was asked for under the release before (`people.wanted_role`,
`people.wanted_unit_id`, accounts to be confirmed) becomes a proposal for the security administrator; the columns stay
for that release, and are not read any more.

Revision: 0016
After: 0015
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

HASH_LENGTH = 64
APPROVER = "security_administrator"


def upgrade() -> None:
    """Add the two tables, and turn what waits into proposals."""
    op.create_table(
        "login_attempts",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("good_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "address"),
    )
    op.create_index("ix_login_attempts_last", "login_attempts", ["last_at"])
    op.create_table(
        "evidence_uploads",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "username"),
    )
    op.create_table(
        "evidence_cases",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "case_id", "act"),
    )
    op.create_index("ix_evidence_cases_case", "evidence_cases", ["case_id"])
    _cite()
    _propose()


def _cite() -> None:
    """Note which case holds which file, as its events say."""
    events = sa.table(
        "case_events",
        sa.column("seq", sa.Integer()),
        sa.column("case_id", sa.Integer()),
        sa.column("act", sa.Text()),
        sa.column("data", sa.Text()),
    )
    cited = sa.table(
        "evidence_cases",
        sa.column("sha256", sa.String()),
        sa.column("case_id", sa.Integer()),
        sa.column("act", sa.Text()),
    )
    named = sa.select(events.c.case_id, events.c.act, events.c.data).where(events.c.data.contains('"evidence"'))
    found = {
        (hash_, row.case_id, row.act)
        for row in op.get_bind().execute(named)
        for hash_ in json.loads(row.data).get("evidence", ())
        if isinstance(hash_, str) and len(hash_) == HASH_LENGTH
    }
    if found:
        op.bulk_insert(cited, [dict(zip(("sha256", "case_id", "act"), one, strict=True)) for one in sorted(found)])


def _propose() -> None:
    people = sa.table(
        "people",
        sa.column("username", sa.Text()),
        sa.column("role", sa.Text()),
        sa.column("unit_id", sa.Integer()),
        sa.column("confirmed", sa.Boolean()),
        sa.column("disabled_at", sa.Text()),
        sa.column("wanted_role", sa.Text()),
        sa.column("wanted_unit_id", sa.Integer()),
    )
    proposals = sa.table(
        "proposals",
        sa.column("kind", sa.Text()),
        sa.column("content", sa.Text()),
        sa.column("proposed_by", sa.Text()),
        sa.column("proposed_at", sa.DateTime(timezone=True)),
        sa.column("approver", sa.Text()),
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)  # when it was asked is not known; a migration has no clock
    named = sa.table("units", sa.column("id", sa.Integer()), sa.column("name", sa.Text()))
    units = {row.id: row.name for row in op.get_bind().execute(sa.select(named)).all()}
    for row in op.get_bind().execute(sa.select(people).where(people.c.disabled_at.is_(None))).all():
        seen = {"role": row.role, "unit_id": row.unit_id, "confirmed": bool(row.confirmed), "disabled": False}
        asked = [
            ("account", None, "", not row.confirmed),
            ("role", row.wanted_role, "", row.wanted_role is not None),
            ("unit", row.wanted_unit_id, units.get(row.wanted_unit_id, ""), row.wanted_unit_id is not None),
        ]
        for kind, to, to_text, waits in asked:
            if waits:
                content = {"about": row.username, "to": to, "to_text": to_text, "seen": seen}
                op.execute(
                    proposals.insert().values(
                        kind=f"administration/{kind}",
                        content=json.dumps(content, ensure_ascii=False, sort_keys=True),
                        proposed_by="",
                        proposed_at=at,
                        approver=APPROVER,
                    )
                )
