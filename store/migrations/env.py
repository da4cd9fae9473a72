"""How Alembic runs: inside the transaction that `Database.migrate` gives it. One tree for both databases (ADR 0008)."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import delete, insert
from sqlalchemy.types import DateTime

from store.database import COMPATIBLE_SINCE
from store.schema import whole
from store.schema.base import Day, Moment, table_of
from store.schema.installation import SchemaMarkRow


def render_item(kind: str, value: Any, _context: Any) -> str | Literal[False]:  # noqa: ANN401  # Alembic's signature
    """Spell our column type in plain SQLAlchemy, so that old migrations outlive our code."""
    if kind == "type" and isinstance(value, (Moment, DateTime)):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, Day):
        return "sa.Date()"
    return False


def keep_mark(ctx: Any, step: Any, heads: object, run_args: object) -> None:  # noqa: ANN401, ARG001  # Alembic's
    """Write down since which revision releases can run on the schema, when a migration says so.

    A migration that takes something away states `compatible_since`: the revision of the oldest release that does
    without it. Older ones then say that they are not ready, instead of failing in the middle of their work.
    """
    since = getattr(step.up_revision.module, COMPATIBLE_SINCE, None)
    if since is not None:
        marks = table_of(SchemaMarkRow)
        ctx.connection.execute(delete(marks).where(marks.c.name == COMPATIBLE_SINCE))
        ctx.connection.execute(insert(marks).values(name=COMPATIBLE_SINCE, value=since))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=whole(),
    render_as_batch=True,
    render_item=render_item,
    on_version_apply=keep_mark,
)
context.run_migrations()
