"""Time moves the cases: one sweep a minute over everything that is due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from prefect import flow, get_run_logger
from prefect.states import Completed, Failed

from flows.naming import run_name
from flows.report import announce_failure, leave_steps
from flows.working import at_work
from wiring import now

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


LONGEST: Final = timedelta(seconds=50)
"""How long one run works: what a burst leaves is the next minute's, so that no run is endless and each one reports."""


@flow(name="sweep-deadlines", flow_run_name=run_name("sweep 到期扫描"), description="Fire every timer that is due.")
def sweep_deadlines() -> State[Any]:
    """Fire everything that is due now; say how many timers fired, and how late the latest was.

    A run that starts late looks at what is due when it starts, so what a dead server left behind is worked off by the
    first run that comes; running twice is harmless. A case that could not be moved is set aside by the desk and fails
    the run, loudly, after the others are done.
    """
    with at_work("sweep-deadlines") as here:
        tally = here.rounds.sweep(now(), within=LONGEST)
    said = f"fired {tally.fired}, at most {tally.late_max_seconds} s late"
    if tally.blocked or tally.skipped:
        said += f"; blocked {tally.blocked}, skipped {tally.skipped}"
    data = {
        "fired": tally.fired,
        "late_max_seconds": tally.late_max_seconds,
        "blocked": tally.blocked,
        "skipped": tally.skipped,
        "failed": tally.failed,
    }
    get_run_logger().info("%s", said)
    if tally.handed_over:
        said += "; its minute is over, the next run goes on"
    leave_steps("sweep-deadlines", tally.steps, said)
    if tally.failed:
        announce_failure("sweep-deadlines", f"{tally.failed} case(s) set aside")
        return Failed(message=f"{tally.failed} case(s) set aside; {said}", data=data)
    return Completed(message=said, data=data)
