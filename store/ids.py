"""What an id can be, for whoever reads one from outside."""

from __future__ import annotations

from typing import Final

LARGEST_ID: Final = 2**31 - 1
"""The largest id that a column of PostgreSQL holds; a larger one names nothing, and must not reach a statement."""
