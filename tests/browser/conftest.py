"""What tests in a browser share: a site with people and cases, and which pages each person may open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from fastapi.routing import iter_route_contexts
from playwright.sync_api import sync_playwright

from tests.support.offices import Bench
from tests.support.routes import described
from tests.support.sites import CHROMIUM, PEOPLE, Site, lived, served, staffed
from web.app import application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.support.databases import Databases

WITHOUT_EXAMPLE: Final = frozenset({"hash_"})
DOWNLOADS: Final = re.compile(r"/(export|evidence|download|paper)|\.(csv|xlsx|zip|svg)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests in a browser out where there is no browser."""
    for item in items:
        if item.path.parent.name == "browser" and CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="there is no Chromium here; `make browser` brings one"))


@pytest.fixture(autouse=True)
def _closed(browser: Browser) -> Iterator[None]:
    """Close what a test has opened: every open page goes on drawing."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a real Chromium for the tests of one file: its loop would run beneath all tests that come after."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def empty_site(browser: Browser, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a site with people and no case yet, over SQLite."""
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("browser")) as bench:
        staffed(bench)
        with served(bench.office) as address:
            yield Site(bench, address, browser)
    databases.drop(url)


@pytest.fixture(scope="module")
def site(empty_site: Site) -> Site:
    """Give the site with some cases in different states."""
    empty_site.case = lived(empty_site.bench)
    return empty_site


@pytest.fixture(scope="module")
def looked_at(site: Site) -> dict[str, list[str]]:
    """Give, for each person, the pages that he or she may open, as the application's own routes name them."""
    values = {
        "case_id": str(site.case),
        "unit_id": "2",
        "username": "head",
        "who": "head",
        "name": "heads",
        "inspection_id": "1",
        "list_id": "1",
        "document_id": "1",
        "clue_id": "1",
        "commendation_id": "1",
        "proposal_id": "1",
        "obligation_id": "1",
        "post_id": "1",
        "year": "2026",
        "place": "1",
        "which": "1",
        "period": "2026-04",
    }
    paths: list[str] = []
    left_out: set[str] = set()
    for context in iter_route_contexts(application(None).routes):
        path = described(context.path or "")
        if "GET" not in (context.methods or ()) or path.startswith(("/api", "/health", "/metrics", "/static")):
            continue
        for key, value in values.items():
            path = path.replace(f"{{{key}}}", value)
        if "{" not in path and not DOWNLOADS.search(path):
            paths.append(path)
        left_out.update(re.findall(r"\{(\w+)\}", path))
    # A part of a path that nothing is known for takes its pages out of the walk: these, and no other without a word.
    assert left_out <= WITHOUT_EXAMPLE
    found: dict[str, list[str]] = {}
    for who in PEOPLE:
        page = site.page(who)
        # Asked with the cookies of the page but not drawn, because most are not open to most.
        asked = page.context.request
        found[who] = [path for path in dict.fromkeys(paths) if asked.get(path, max_redirects=0).status == 200]
        page.context.close()
    return found
