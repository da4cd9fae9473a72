"""Every hour and every night: sign how long the history is, and send the checkpoint out of the house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger
from prefect.states import Completed, Failed

from flows.naming import run_name
from flows.report import announce_failure
from flows.working import at_work
from wiring import now

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@flow(name="sign-checkpoint", flow_run_name=run_name("checkpoint 签发检查点"), description="Sign the history's head.")
def sign_checkpoint() -> State[Any]:
    """Sign and send. A history that has not grown is not signed again; a copy that could not leave fails the run."""
    with at_work("sign-checkpoint") as here:
        made = here.signing.checkpoint(now())
    if made is None:
        return Completed(message="nothing new to sign")
    said = f"{made.checkpoint.size} events, sent to {len(made.sent)} places"
    get_run_logger().info("%s", said)
    data = {"size": made.checkpoint.size, "sent": list(made.sent), "failed": list(made.failed)}
    if made.failed:
        announce_failure("sign-checkpoint", f"{len(made.failed)} place(s) did not take the checkpoint")
        return Failed(message=f"{said}; {made.failed[0]}", data=data)
    return Completed(message=said, data=data)
