"""How Alembic runs: inside the transaction that `Database.migrate` gives it. One tree for both databases (ADR 0008)."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import DateTime

from store.tables import Base, Day, Moment


def render_item(kind: str, value: Any, _context: Any) -> str | Literal[False]:  # noqa: ANN401  # Alembic's signature
    """Spell our column type in plain SQLAlchemy, so that old migrations outlive our code."""
    if kind == "type" and isinstance(value, (Moment, DateTime)):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, Day):
        return "sa.Date()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
)
context.run_migrations()
