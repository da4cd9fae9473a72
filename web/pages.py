"""All pages: drawn on the server, of use without JavaScript, on the same desk and through the same sight."""

from __future__ import annotations

from fastapi import APIRouter

from web import administration, audit, calculator, cases, desk, login, people, replay, single_sign_on

router = APIRouter(include_in_schema=False)
for pages in (login, desk, cases, replay, calculator, audit, people, administration, single_sign_on):
    router.include_router(pages.router)
