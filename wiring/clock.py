"""The clock. Everything else takes time as an argument, so that a test, a demo and a back-fill decide alike."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  # the one place that may
