"""Separated administrators: accounts to be confirmed, tokens with scopes, second factors, and the log of it all.

Why: classified protection (GB/T 22239) separates who makes accounts, who releases them and who reads what both did. A
person needs several tokens, each for one purpose and with an end. The token that stood beside a person is copied, and
its column stays for the release before, which goes on reading it; existing accounts count as confirmed.

Revision: 0009
After: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

SQLITE = """
CREATE TRIGGER administration_no_{verb} BEFORE {verb} ON administration
BEGIN SELECT RAISE(ABORT, 'administration is append-only'); END
"""
SQLITE_REPLACE = """
CREATE TRIGGER administration_no_replace BEFORE INSERT ON administration
WHEN EXISTS (SELECT 1 FROM administration WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'administration is append-only'); END
"""
POSTGRESQL = """
CREATE FUNCTION administration_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'administration is append-only'; END $$;
CREATE TRIGGER administration_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON administration
FOR EACH STATEMENT EXECUTE FUNCTION administration_refuse()
"""


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("people", sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("people", sa.Column("wanted_role", sa.Text(), nullable=True))
    op.add_column("people", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("people", sa.Column("totp_step", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sessions", sa.Column("awaits", sa.Text(), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("address", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_api_tokens_person", "api_tokens", ["person_id"])
    op.execute(
        "INSERT INTO api_tokens (person_id, name, token_hash, scopes) "
        "SELECT id, '', token_hash, 'act audit read' FROM people WHERE token_hash IS NOT NULL"
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_recovery_codes_person", "recovery_codes", ["person_id"])
    op.create_table(
        "administration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "foreign_logins",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE.format(verb=verb))
        op.execute(SQLITE_REPLACE)
    else:
        op.execute(POSTGRESQL)
