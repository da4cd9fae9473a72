"""Is it alive, is it ready, and has time been kept? No login: a supervisor and a balancer ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from operations.figures import TASKS, Vitals
from wiring import Office, now
from wiring.schemas.health import LiveDocument, ReadyDocument, TimeKeptDocument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

router = APIRouter(prefix="/health", tags=["operations"])


def _office(request: Request) -> Office:
    found = request.app.state.office
    if not isinstance(found, Office):
        raise TypeError("the application has not started")
    return found


@router.get("/live")
async def live() -> LiveDocument:
    """Say that the process answers: needs neither the database nor a thread, which others may hold."""
    return {"live": True}


@router.get("/ready", responses={503: {"description": "not ready; `reason` says why"}})
def ready(request: Request, response: Response) -> ReadyDocument:
    """Say whether requests can be served: the database answers and has the newest schema; 503 if not."""
    found = _office(request).overview.health(now())
    answer: ReadyDocument = {"ready": found.ready, "database": found.database, "migrated": found.migrated}
    if found.reason:
        answer["reason"] = found.reason
    response.status_code = 200 if found.ready else 503
    return answer


@router.get("/deadlines", responses={503: {"description": "a deadline was missed, or time stands still"}})
def deadlines(request: Request, response: Response) -> TimeKeptDocument:
    """Say whether every deadline has its next step, and whether one was missed; 503 if so."""
    at = now()
    found = _office(request).overview.health(at)
    kept = _office(request).overview.promises(at) if found.ready else None
    moving = not found.sweep_stopped(at) and not found.stuck_runs
    good = kept is not None and kept.kept and not found.held and moving
    response.status_code = 200 if good else 503
    return {
        "ok": good,
        "open_deadlines": found.open_deadlines,
        "waiting_timers": found.waiting,
        "missed": found.missed,
        "held": found.held,
        "last_sweep_at": found.last_sweep_at.isoformat() if found.last_sweep_at else None,
        "messages": found.messages,
        "messages_left_behind": kept.left_behind if kept else 0,
        "without_next_step": len(kept.aimless) if kept else 0,
        "sweep_stopped": found.sweep_stopped(at),
        "stuck_runs": len(found.stuck_runs.split("; ")) if found.stuck_runs else 0,
    }


operations = APIRouter(tags=["operations"])


def _gauges(found: Vitals) -> Iterator[tuple[str, str, float]]:
    """Yield the name, the meaning and the value of each figure without labels."""
    yield "duban_ready", "Whether requests can be served.", int(found.health.ready)
    yield "duban_open_deadlines", "Open cases with a deadline.", found.health.open_deadlines
    yield "duban_timers_waiting", "Timers that come due within a day, or are due.", found.health.waiting
    yield "duban_timers_missed", "Timers that should have fired a quarter of an hour ago.", found.health.missed
    yield "duban_timers_held", "Timers set aside because of an error.", found.health.held
    swept = found.health.last_sweep_at.timestamp() if found.health.last_sweep_at else 0
    yield "duban_last_sweep_timestamp_seconds", "When the last sweep ended.", swept
    yield "duban_history_events", "Events in the history.", found.events
    yield "duban_checkpoint_events", "Events under the newest checkpoint.", found.checkpointed
    yield "duban_home_free_bytes", "Room left on the disk of the home.", found.free_bytes
    yield "duban_calendar_days_known", "Days from today for which the holiday notices are in.", found.calendar_days


def _promised(here: Office, found: Vitals, at: datetime) -> Iterator[tuple[str, str, float]]:
    """Yield the figures of what an office promises: nothing missed, left behind or without a next step."""
    kept = here.overview.promises(at) if found.health.ready else None
    yield "duban_messages_left_behind", "Messages that should have left.", kept.left_behind if kept else 0
    aimless = len(kept.aimless) if kept else 0
    yield "duban_cases_without_next_step", "Open cases with neither a next step nor a stated reason.", aimless
    said = "Whether nothing is missed, left behind or without a next step."
    yield "duban_promises_kept", said, int(bool(kept and kept.kept))


@operations.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> PlainTextResponse:
    """Say in Prometheus's text format how the installation is; no case is named.

    Every web process answers the same, from the database: the registry is made for one answer and holds no counts of
    this process alone.
    """
    at = now()
    found = _office(request).overview.vitals(at)
    registry = CollectorRegistry()
    for name, meaning, value in (*_gauges(found), *_promised(_office(request), found, at)):
        Gauge(name, meaning, registry=registry).set(value)
    messages = Gauge("duban_messages", "Messages by state.", ["state"], registry=registry)
    for state, count in sorted(found.health.messages.items()):
        messages.labels(state).set(count)
    runs = Gauge(
        "duban_last_run_timestamp_seconds", "When a recurring task last came to its end.", ["task"], registry=registry
    )
    for task in TASKS:
        ended = found.beats.get(task)
        runs.labels(task).set(ended.timestamp() if ended else 0)
    return PlainTextResponse(generate_latest(registry).decode(), media_type="text/plain; version=0.0.4")
