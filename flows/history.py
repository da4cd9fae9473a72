"""Every night all rows are made again from their events and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger
from prefect.states import Completed, Failed

from cases.erasure import scrub
from flows.naming import run_name
from flows.report import announce_failure
from flows.working import at_work
from wiring import now

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@flow(name="rebuild-and-compare", flow_run_name=run_name("rebuild 夜间比对"), description="Fold every case again.")
def rebuild_and_compare() -> State[Any]:
    """Compare every row and its timers with what the events make; a difference fails the run and is named."""
    with at_work("rebuild-and-compare") as here:
        tally = here.rounds.rebuild(now())
        scrub(
            here.desk, now(), here.settings.home
        )  # an erasure that was stopped before its files were cleaned is finished here
    said = f"{tally.cases} cases, {tally.events} events, {len(tally.differing)} differ"
    log = get_run_logger()
    log.info("%s", said)
    for line in tally.differing:
        log.error("%s", line)
    if tally.differing:
        announce_failure("rebuild-and-compare", f"{len(tally.differing)} differ")
        return Failed(message=f"{said}; first: {tally.differing[0]}", data=list(tally.differing[:100]))
    return Completed(message=said, data={"cases": tally.cases, "events": tally.events})
