"""All pages: drawn on the server, of use without JavaScript, on the same desk and through the same sight."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from web import (
    admin_people,
    admin_person,
    admin_rules,
    admin_units,
    administration,
    approvals,
    audit,
    board,
    bulk,
    calculator,
    case_page,
    cases,
    clues,
    deadline_calendar,
    documents,
    dossiers,
    forecast,
    handbook,
    handover,
    home,
    inspections,
    late_entries,
    ledger_import,
    login,
    new_finding,
    obligations,
    on_site,
    people,
    ranking,
    replay,
    reports,
    setup,
    single_sign_on,
    statistics,
    unit_home,
    units,
    whatif,
)
from web.page import inside

router = APIRouter(include_in_schema=False)
for pages in (login, single_sign_on, setup):
    router.include_router(pages.router)
for pages in (
    people,
    home,
    unit_home,
    approvals,
    late_entries,
    clues,
    documents,
    bulk,
    cases,
    case_page,
    handover,
    new_finding,
    inspections,
    on_site,
    board,
    ledger_import,
    replay,
    deadline_calendar,
    calculator,
    obligations,
    statistics,
    whatif,
    forecast,
    ranking,
    units,
    handbook,
    dossiers,
    reports,
    audit,
    admin_people,
    admin_person,
    admin_rules,
    admin_units,
    administration,
):
    # Said once for all of them: whoever is not logged in, or has a password to choose, is led there first.
    router.include_router(pages.router, dependencies=[Depends(inside)])
router.include_router(ranking.praise, dependencies=[Depends(inside)])
