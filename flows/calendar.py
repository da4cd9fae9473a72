"""Every day: does the calendar still reach far enough?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger
from prefect.states import Completed

from flows.naming import run_name
from flows.working import at_work
from wiring import now

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@flow(
    name="check-calendar", flow_run_name=run_name("calendar 日历检查"), description="Look for the end of the calendar."
)
def check_calendar() -> State[Any]:
    """Warn while next year's notice is missing. Terms go on by the weekday, marked provisional; nothing fails."""
    with at_work("check-calendar") as here:
        tally = here.rounds.check_calendar(now())
        lang = here.settings.lang
    log = get_run_logger()
    for warning in tally.warnings:
        log.warning("%s", warning.text(lang))
    said = f"known until {tally.known_until}"
    return Completed(message=said, data={"known_until": tally.known_until.isoformat()})
