"""Every page and list that a person opens, with an address for each, and lists with their filters and orders."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from store.case_orders import ListColumn
from tests.support.routes import routes_of
from web.app import application

NOT_ASKED: Final = {
    "/api/v1/openapi.json": "a file that never changes",
    "/login": "shown to who is nobody",
    "/oidc/login": "goes elsewhere",
    "/oidc/callback": "comes from elsewhere",
    "/second-factor": "shown while somebody logs in",
    "/cases/export.csv": "a file of all cases takes as long as they are many",
    "/cases/export.xlsx": "as above",
    "/obligations/export.xlsx": "as above",
    "/admin/people/template.xlsx": "a file that never changes",
    "/setup/template.xlsx": "as above",
    "/report/{period}/paper": "a file that LibreOffice or a template makes",
    "/dossier/{which}/paper": "as above",
    "/documents/{document_id}/download.docx": "as above",
    "/documents/{document_id}/download.pdf": "as above",
    "/documents/{document_id}/download/scan": "a kept file",
    "/cases/{case_id}/evidence/{hash_}": "as above",
    "/obligations/{obligation_id}/evidence/{hash_}": "as above",
    "/onsite/{list_id}/photos/{hash_}": "as above",
    "/api/v1/documents/{document_id}/file": "as above",
}
"""Routes that are not asked for, each with the reason."""
HEAD: Final = "第2县第0局主要负责人"


def addresses(total: int) -> list[str]:
    """Return what is asked of an office of so many cases: every route, and the lists with filters and orders."""
    return [*pages(total), *lists(total)]


def pages(total: int) -> list[str]:
    """Return every route, with what it asks for filled in."""
    some = total // 2
    known: dict[str, list[int | str]] = {
        "case_id": [some],
        "post_id": [3],
        "unit_id": [30],
        "obligation_id": [40],
        "inspection_id": [7],
        "list_id": [7],
        "clue_id": [11],
        "document_id": [total // 10],
        "year": [2025],
        "place": [1],
        "period": ["2026-10", "2026Q3"],
        "which": [quote(HEAD)],
        "name": ["officers"],
        "username": ["director"],
        "commendation_id": [1],
        "proposal_id": [1],
    }
    found = []
    for path in sorted({path for method, path in routes_of(application(None).routes) if method == "GET"}):
        if path in NOT_ASKED:
            continue
        (name,) = re.findall(r"\{(\w+)\}", path)[:1] or [""]
        filled = [path.replace("{" + name + "}", str(value)) for value in known[name]] if name else [path]
        found += [one.replace("{place}", "1") for one in filled]
    return found


def lists(total: int) -> list[str]:
    """Return the lists from elsewhere than the beginning, with each filter, in each order.

    Words: in all cases, in one of ten, of one and of two characters, two words, common ones that seldom meet.
    """
    some = total // 2
    words = ("问题仍然存在", "复议", "河", "消防 超过", "老街 合同 签字", "第150次", "通道 口")
    filters = ("state=closed", "light=green", "due_before=2026-04-01", "q=第1局", f"q={some}号", "q=没有这个")
    asked = [
        f"{path}?{query}" for path in ("/cases", "/api/v1/cases") for query in (*filters, *(f"q={w}" for w in words))
    ]
    orders = [f"/cases?sort={sign}{column}" for column in ListColumn for sign in ("", "-")]
    orders += [f"/cases?sort={column}&light=green" for column in ListColumn]
    more = [
        f"/cases?sort=number&after=0..{some}",
        f"/api/v1/cases?cursor={some}",
        f"/api/v1/events?after={some}&limit=100",
        "/api/v1/cases?unit=第1县第1局",
        "/cases?unit=第1县人民政府",
        "/deadlines?month=2026-12",
        "/deadlines?month=2026-12&day=15",
        "/deadlines?year=2026",
        "/obligations?year=2026&state=missed",
        "/obligations?q=第7县",
        "/plan?year=2025",
        "/ranking?year=2025",
        "/clues?state=dismissed",
        "/documents?status=served",
        "/admin/log?page=3",
        "/admin/users?q=head5",
    ]
    return [*asked, *orders, *more]
