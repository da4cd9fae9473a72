"""The same flows for workers on several hosts: `python -m flows.deploy` makes the work pool and plans them on it.

`prefect deploy --all` reads the same from `prefect.yaml`, for those who deploy with Prefect's own command. The pool's
type decides where runs happen: `process` beside the worker, or `kubernetes` and `docker` in images that hold this code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, cast

import typer
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from config.settings import read_settings
from flows.access import logged_in
from flows.serve import at_once, deployments

if TYPE_CHECKING:
    from uuid import UUID

POOL: Final = "duban"
KIND: Final = "process"


def deploy(pool: str, kind: str, parallel: int, zone: str) -> list[UUID]:
    """Make the pool if it is not there, and plan every flow on it; return the ids. Repeating changes nothing."""
    with get_client(sync_client=True) as client:
        try:
            client.create_work_pool(WorkPoolCreate(name=pool, type=kind))
        except ObjectAlreadyExists:
            pass
        else:
            typer.echo(f"work pool {pool} ({kind})")
    made = []
    for planned in deployments(zone, parallel):
        planned.work_pool_name = pool
        # `apply` is typed for both worlds, sync and async. What was planned as a module is imported by the worker:
        # there is no code to pull, and no image to build.
        made.append(cast("UUID", planned.apply(work_pool_name=pool)))
        typer.echo(f"{planned.flow_name}/{planned.name} → {pool}")
    return made


def main(
    pool: Annotated[str, typer.Option(help="工作池。The work pool.")] = POOL,
    kind: Annotated[str, typer.Option(help="新建工作池的类型。The type of a new pool.")] = KIND,
    parallel: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="同时扫描、同时发送的上限，默认由数据库决定。Runs that share the work; else the database decides.",
        ),
    ] = None,
) -> None:
    """部署到工作池。Plan the flows on a work pool."""
    settings = read_settings()
    with logged_in(settings):
        deploy(pool, kind, parallel or at_once(settings), settings.zone)


if __name__ == "__main__":
    typer.run(main)
