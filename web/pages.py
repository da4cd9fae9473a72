"""All pages: drawn on the server, of use without JavaScript, on the same desk and through the same sight."""

from __future__ import annotations

from fastapi import APIRouter

from web import (
    administration,
    audit,
    board,
    bulk,
    calculator,
    calendar,
    cases,
    desk,
    ledger,
    login,
    mine,
    people,
    replay,
    single_sign_on,
    statistics,
    units,
)

router = APIRouter(include_in_schema=False)
for pages in (
    login,
    people,
    single_sign_on,
    desk,
    mine,
    bulk,
    cases,
    board,
    ledger,
    replay,
    calendar,
    calculator,
    statistics,
    units,
    audit,
    administration,
):
    router.include_router(pages.router)
