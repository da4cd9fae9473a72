"""The office while a flow works: with logs and traces of its own process, sent before the process ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prefect.runtime import flow_run

from config.home import keep_private
from flows.report import announce_failure
from operations.runs import hold
from wiring import office
from wiring.telemetry import begin, end, span

if TYPE_CHECKING:
    from collections.abc import Generator

    from wiring import Office


@contextmanager
def at_work(flow: str) -> Generator[Office]:
    """Open the office of this process's settings for one run of a flow."""
    keep_private()
    with office() as here:
        if flow_run.id:
            hold(here.settings.home, str(flow_run.id))
        begin(here.settings, "flows")
        try:
            with span(flow):
                yield here
        except Exception as error:
            announce_failure(flow, type(error).__name__)
            raise
        finally:
            end()
