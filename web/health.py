"""Is it alive, is it ready, and has time been kept? No login: a supervisor and a balancer ask."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from wiring import Office, now

router = APIRouter(prefix="/health", tags=["operations"])


def _office(request: Request) -> Office:
    found = request.app.state.office
    if not isinstance(found, Office):
        raise TypeError("the application has not started")
    return found


@router.get("/live")
def live() -> dict[str, bool]:
    """Say that the process answers."""
    return {"live": True}


@router.get("/ready", responses={503: {"description": "not ready; `reason` says why"}})
def ready(request: Request) -> JSONResponse:
    """Say whether requests can be served: the database answers and has the newest schema; 503 if not."""
    found = _office(request).health(now())
    content: dict[str, Any] = {"ready": found.ready, "database": found.database, "migrated": found.migrated}
    if found.reason:
        content["reason"] = found.reason
    return JSONResponse(content, status_code=200 if found.ready else 503)


@router.get("/deadlines", responses={503: {"description": "a deadline was missed, or time stands still"}})
def deadlines(request: Request) -> JSONResponse:
    """Say whether every deadline has its next step, and whether one was missed; 503 if so."""
    found = _office(request).health(now())
    content: dict[str, Any] = {
        "open_deadlines": found.open_deadlines,
        "waiting_timers": found.waiting,
        "missed": found.missed,
        "held": found.held,
        "last_sweep_at": found.last_sweep_at.isoformat() if found.last_sweep_at else None,
        "messages": found.messages,
    }
    good = found.ready and not found.missed and not found.held
    return JSONResponse({"ok": good, **content}, status_code=200 if good else 503)


operations = APIRouter(tags=["operations"])


@operations.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> PlainTextResponse:
    """Say in Prometheus's text format how the installation is; no case is named."""
    found = _office(request).health(now())
    swept = found.last_sweep_at.timestamp() if found.last_sweep_at else 0
    gauges = {
        "duban_ready": ("Whether requests can be served.", int(found.ready)),
        "duban_open_deadlines": ("Open cases with a deadline.", found.open_deadlines),
        "duban_timers_waiting": ("Timers that wait for their moment.", found.waiting),
        "duban_timers_missed": ("Timers that should have fired a quarter of an hour ago.", found.missed),
        "duban_timers_held": ("Timers set aside because of an error.", found.held),
        "duban_last_sweep_timestamp_seconds": ("When the last sweep ended.", swept),
    }
    lines = [
        line
        for key, (meaning, value) in gauges.items()
        for line in (f"# HELP {key} {meaning}", f"# TYPE {key} gauge", f"{key} {value}")
    ]
    lines += ["# HELP duban_messages Messages by state.", "# TYPE duban_messages gauge"]
    lines += [f'duban_messages{{state="{state}"}} {count}' for state, count in sorted(found.messages.items())]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
