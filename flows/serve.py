"""What runs when: `python -m flows.serve` plans the flows and runs them, each run in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from config.settings import read_settings
from flows.calendar import check_calendar
from flows.deadlines import sweep_deadlines
from flows.delivery import deliver_outbox
from flows.history import rebuild_and_compare
from flows.proof import sign_checkpoint

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import State
    from prefect.deployments.runner import RunnerDeployment


def deployments(zone: str) -> list[RunnerDeployment]:
    """Return the plan. A run that finds another one of its kind at work gives way to it.

    After an outage Prefect starts all the late runs at once; with a limit of one and `CANCEL_NEW` one of them works
    and the others give way, which loses nothing, because every run looks at all that is due.
    """
    alone = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    plan: list[tuple[Flow[[], State[Any]], str, str]] = [
        (sweep_deadlines, "* * * * *", "time"),
        (deliver_outbox, "* * * * *", "voice"),
        (rebuild_and_compare, "30 2 * * *", "proof"),
        (sign_checkpoint, "7 * * * *", "proof"),
        (check_calendar, "15 8 * * *", "time"),
    ]
    return [
        # `to_deployment` is typed for both worlds, sync and async; here it is sync.
        cast(
            "RunnerDeployment",
            flow.to_deployment(
                name="scheduled",
                schedule=Cron(cron, timezone=zone),
                concurrency_limit=alone,
                tags=["duban", tag],
                entrypoint_type=EntrypointType.MODULE_PATH,
            ),
        )
        for flow, cron, tag in plan
    ]


if __name__ == "__main__":
    serve(*deployments(read_settings().zone), pause_on_shutdown=False, print_starting_message=False)
