"""Days and moments as tests write them, and the unit that most of them are about."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
UNIT = "临溪市文化和旅游局"


def day(text: str) -> date:
    """Return the day: `03-05` is in 2026."""
    return date.fromisoformat(text if len(text) > len("03-05") else f"2026-{text}")


def at(text: str, hour: int = 10, minute: int = 0) -> datetime:
    """Return the moment in the office's zone."""
    return datetime.combine(day(text), time(hour, minute), ZONE)
