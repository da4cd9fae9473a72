"""What is owed leaves the building: one round a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger
from prefect.states import Completed

from flows.naming import run_name
from flows.report import leave_table
from flows.working import at_work
from wiring import now

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@flow(name="deliver-outbox", flow_run_name=run_name("deliver 通知发送"), description="Send what is owed.")
def deliver_outbox() -> State[Any]:
    """Send what may leave now. A message that was not taken is tried again later and does not fail the run.

    Delivery also watches the sweep, because nobody can report his own death.
    """
    log = get_run_logger()
    with at_work("deliver-outbox") as here:
        outcome = here.overview.watch(now())
        tally = here.rounds.deliver(now())
    if outcome is not None:
        log.error("the sweep has stopped; DUBAN_WATCH_ADDRESS was %s", "told" if outcome.ok else outcome.reason)
    said = f"sent {tally.sent} in {tally.letters} letters, not delivered {tally.failed}, held {tally.held}"
    log.info("%s", said)
    if tally.sent or tally.failed:
        row = {"已发送 sent": tally.sent, "信件 letters": tally.letters, "未送达 not delivered": tally.failed}
        leave_table("deliver-outbox", [row], said)
    return Completed(message=said, data={"sent": tally.sent, "failed": tally.failed, "held": tally.held})
