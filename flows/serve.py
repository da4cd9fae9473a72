"""What runs when: `python -m flows.serve` plans the flows and runs them, each run in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from config.settings import read_settings
from flows.access import logged_in
from flows.calendar import check_calendar
from flows.deadlines import sweep_deadlines
from flows.delivery import deliver_outbox
from flows.history import rebuild_and_compare
from flows.proof import sign_checkpoint

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import State
    from prefect.deployments.runner import RunnerDeployment

    from config.settings import Settings

NAME: Final = "scheduled"
PARALLEL: Final = 4
"""How many sweeps, and how many deliveries, may share the work. More runs than processors only take turns."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A flow, when it runs (cron, in the office's zone), and whether several of its runs may share the work."""

    flow: Flow[[], State[Any]]
    cron: str
    tag: str
    shared: bool = False


PLAN: Final = (
    Planned(sweep_deadlines, "* * * * *", "time", shared=True),
    Planned(deliver_outbox, "* * * * *", "voice", shared=True),
    Planned(rebuild_and_compare, "30 2 * * *", "proof"),
    Planned(sign_checkpoint, "7 * * * *", "proof"),
    Planned(check_calendar, "15 8 * * *", "time"),
)


def at_once(settings: Settings) -> int:
    """Return how many sweeps, and how many deliveries, may work at a time on the database of these settings.

    SQLite lets one writer in: a second sweep would find nothing to do but wait for the first.
    """
    return 1 if settings.database.startswith("sqlite") else PARALLEL


def deployments(zone: str, parallel: int) -> list[RunnerDeployment]:
    """Return the plan. A run that finds as many of its kind at work as may be gives way to them.

    After an outage Prefect starts all the late runs at once; with a limit and `CANCEL_NEW` that many of them work
    and the others give way, which loses nothing, because every run looks at all that is due. More than one at a time
    (`parallel`) is for PostgreSQL, where sweeps and deliveries share what is due, and only for these two: the others
    would only repeat each other.
    """
    return [
        # `to_deployment` is typed for both worlds, sync and async; here it is sync.
        cast(
            "RunnerDeployment",
            planned.flow.to_deployment(
                name=NAME,
                schedule=Cron(planned.cron, timezone=zone),
                concurrency_limit=ConcurrencyLimitConfig(
                    limit=parallel if planned.shared else 1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
                ),
                tags=["duban", planned.tag],
                entrypoint_type=EntrypointType.MODULE_PATH,
            ),
        )
        for planned in PLAN
    ]


if __name__ == "__main__":
    settings = read_settings()
    with logged_in(settings):
        serve(*deployments(settings.zone, at_once(settings)), pause_on_shutdown=False, print_starting_message=False)
