"""The joints: the only place that reads the settings and the clock."""

from __future__ import annotations

from wiring.clock import now
from wiring.container import Office, office

__all__ = ["Office", "now", "office"]
