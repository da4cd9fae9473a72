"""What runs are called in Prefect's pages: the task, and the minute for which it was planned."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from prefect.runtime import flow_run

from config.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable


def run_name(task: str) -> Callable[[], str]:
    """Return what names a run of this task when it starts."""

    def name() -> str:
        planned = flow_run.scheduled_start_time
        zone = ZoneInfo(read_settings().zone)
        return f"{task} {planned.astimezone(zone):%Y-%m-%d %H:%M}" if planned is not None else task

    return name
