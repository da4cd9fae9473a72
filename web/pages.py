"""All pages: drawn on the server, of use without JavaScript, on the same desk and through the same sight."""

from __future__ import annotations

from fastapi import APIRouter

from web import audit, calculator, calendar, cases, desk, login, mine, replay, statistics, units

router = APIRouter(include_in_schema=False)
for pages in (login, desk, mine, cases, replay, calendar, calculator, statistics, units, audit):
    router.include_router(pages.router)
