"""Is it alive, is it ready, and has time been kept? No login: a supervisor and a balancer ask."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

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


@router.get("/ready")
def ready(request: Request) -> JSONResponse:
    """Say whether requests can be served: the database answers and has the newest schema; 503 if not."""
    found = _office(request).health(now())
    content: dict[str, Any] = {"ready": found.ready, "database": found.database, "migrated": found.migrated}
    if found.reason:
        content["reason"] = found.reason
    return JSONResponse(content, status_code=200 if found.ready else 503)


@router.get("/deadlines")
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
