"""All pages: drawn on the server, of use without JavaScript, on the same desk and through the same sight."""

from __future__ import annotations

from fastapi import APIRouter, Depends

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
from web.visit import inside

router = APIRouter(include_in_schema=False)
for pages in (login, single_sign_on):
    router.include_router(pages.router)
for pages in (
    people,
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
    # Said once for all of them: whoever is not logged in, or has a password to choose, is led there first.
    router.include_router(pages.router, dependencies=[Depends(inside)])
