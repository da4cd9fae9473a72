"""Statements that are asked again and again are kept once made (`lru_cache(MOST)`).

Making a statement and finding out how it was compiled takes our process longer than the database needs to answer it.
Who keeps one by a person's sight keeps it by `Reader`, which holds all that sight depends on.
"""

from __future__ import annotations

from typing import Final

MOST: Final = 500
"""So many are kept of each kind: those of everybody who is at work on one day."""
