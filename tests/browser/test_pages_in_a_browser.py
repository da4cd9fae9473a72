"""Every page in a real browser: readable by everybody, valid, usable without JavaScript and by keyboard alone.

The pages are taken from the application's own routes, so that a new page is looked at from its first day.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import iter_route_contexts
from playwright.sync_api import sync_playwright

from states.acts import Act, Role, State
from store import people
from tests.offices import UNIT, Bench, at
from web.app import application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.databases import Databases

CHROMIUM: Final = shutil.which("chromium") or shutil.which("google-chrome")
JUDGES: Final = Path(".venv-judges/lib")
NEW: Final = "Duban-2026!"
WIDTHS: Final = (1440, 390)
LANGUAGES: Final = ("zh-CN", "en")
SHOTS: Final = Path(os.environ.get("DUBAN_SHOTS", "artifacts/pages"))  # noqa: TID251  # of the test run
PEOPLE: Final = {
    "officer": (Role.HANDLER, ""),
    "director": (Role.DIRECTOR, ""),
    "leader": (Role.LEADER, ""),
    "head": (Role.HEAD, UNIT),
    "auditor": (Role.AUDITOR, ""),
    "admin": (Role.ADMINISTRATOR, ""),
}
DOWNLOADS: Final = re.compile(r"/(export|evidence|download)|\.(csv|xlsx|zip|svg)")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here; `make browser` brings one"),
    pytest.mark.xdist_group("browser"),
]


class Site:
    """An office whose pages are served on a port of this machine, with people who have chosen their passwords."""

    def __init__(self, bench: Bench, address: str, browser: Browser) -> None:
        self.bench, self.address, self.browser = bench, address, browser
        self.case = 0

    def page(self, who: str, *, width: int = 1440, lang: str = "zh-CN", scripts: bool = False) -> Page:
        """Return a page on which this person is logged in."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, base_url=self.address, locale=lang
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"/login?lang={lang}")
        page.fill("#username", who)
        page.fill("#password", NEW)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return page


@contextmanager
def _served(bench: Bench) -> Iterator[str]:
    config = uvicorn.Config(application(bench.office), host="127.0.0.1", port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def ready(sockets: Any = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = ready  # type: ignore[method-assign]  # says when it listens, so that nobody waits for too long
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(30)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="module")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a site with some cases in different states, over SQLite."""
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("browser")) as bench:
        with bench.office.database.transaction() as session:
            people.ensure_office(session, bench.settings.office)
            for username, (role, unit) in PEOPLE.items():
                row = people.ensure_unit(session, unit or bench.settings.office)
                people.add_person(session, username, username, role, row.id)
        for username in PEOPLE:
            one_time = bench.office.give_password(username)
            bench.office.change_password(username, one_time, NEW, at("01-02"))
        first = bench.ordered()
        bench.act(first, Act.SUBMIT_PLAN, "02-13")
        late = bench.ordered("03-19", found="03-11")
        bench.pass_days("05-06", "05-13")
        bench.open("03-20", unit="云台县交通运输局")
        closed = bench.ordered("02-06", unit="白石区教育局")
        bench.act(closed, Act.SUBMIT_REPORT, "03-04")
        bench.act(closed, Act.VERIFY_PASS, "03-11", verifiers=["甲", "乙"])
        bench.act(closed, Act.APPROVE_CLOSURE, "03-13")
        bench.office.checkpoint(at("05-13"))
        with _served(bench) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            made = Site(bench, address, browser)
            made.case = late
            yield made
            browser.close()
    databases.drop(url)


@pytest.fixture(scope="module")
def looked_at(site: Site) -> dict[str, list[str]]:
    """Give, for each person, the pages that he or she may open, as the application's own routes name them."""
    values = {"case_id": str(site.case), "unit_id": "2", "username": "head", "who": "head"}
    paths: list[str] = []
    for context in iter_route_contexts(application(None).routes):
        path = context.path or ""
        if "GET" not in (context.methods or ()) or path.startswith(("/api", "/health", "/metrics", "/static")):
            continue
        for key, value in values.items():
            path = path.replace(f"{{{key}}}", value)
        if "{" not in path and not DOWNLOADS.search(path):
            paths.append(path)
    found: dict[str, list[str]] = {}
    for who in PEOPLE:
        page = site.page(who)
        found[who] = []
        for path in dict.fromkeys(paths):
            answer = page.goto(path)
            if answer is not None and answer.status == 200 and page.url.split("?")[0].endswith(path):
                found[who].append(path)
        page.context.close()
    return found


def _views(looked_at: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return each page once, with the first person who may open it, and the desk of everybody."""
    first: dict[str, str] = {}
    for who, paths in looked_at.items():
        for path in paths:
            first.setdefault(path, who)
    return [(who, path) for path, who in first.items()] + [(who, "/") for who in PEOPLE]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_page_keeps_anybody_out(site: Site, looked_at: dict[str, list[str]], lang: str) -> None:
    """axe-core finds nothing on any page; the pages are in the language that was asked for."""
    wrong: list[str] = []
    pages = {who: site.page(who, lang=lang, scripts=True) for who in looked_at}
    for who, path in _views(looked_at):
        page = pages[who]
        page.goto(path)
        assert page.get_attribute("html", "lang") == lang
        for violation in Axe().run(page).response["violations"]:
            where = violation["nodes"][0]
            wrong.append(f"{lang} {who} {path}: {violation['id']}: {where['html'][:160]} {where.get('failureSummary')}")
    assert not wrong, "\n".join(wrong)


def test_every_page_is_a_picture_at_two_widths_and_none_runs_over(site: Site, looked_at: dict[str, list[str]]) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    wide: list[str] = []
    for width in WIDTHS:
        pages = {who: site.page(who, width=width, scripts=True) for who in looked_at}
        for who, path in _views(looked_at):
            page = pages[who]
            page.goto(path)
            name = re.sub(r"\W+", "-", path).strip("-") or "desk"
            page.screenshot(path=SHOTS / f"{name}-{who}-{width}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(f"{path} at {width}")
    assert not wide


def test_every_page_is_light_and_asks_no_other_host(site: Site, looked_at: dict[str, list[str]]) -> None:
    for who, paths in looked_at.items():
        page = site.page(who)
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        for path in paths:
            answer = page.goto(path)
            assert answer is not None
            assert len(answer.body()) < 100_000, path
        assert all(url.startswith((site.address, "data:")) for url in asked)


def test_every_page_can_be_walked_with_the_tab_key(site: Site, looked_at: dict[str, list[str]]) -> None:
    """The tab key reaches every link, button and field that is shown, and what has the focus can be seen."""
    tell = """() => { const e = document.activeElement; const s = getComputedStyle(e);
        return [e.tagName, s.outlineStyle, e === document.body]; }"""
    count = """() => [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), select, textarea, summary')]
        .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0 && e.type !== 'radio').length"""
    for who, path in _views(looked_at):
        if who in ("leader", "admin") and path == "/":
            continue
        page = site.page(who, scripts=True)
        page.goto(path)
        there = min(page.evaluate(count), 60)
        seen: Counter[str] = Counter()
        for _ in range(there):
            page.keyboard.press("Tab")
            tag, outline, lost = page.evaluate(tell)
            assert not lost, f"{path}: the focus is lost after {sum(seen.values())} of {there}"
            assert outline != "none", f"{path}: the focus on {tag} cannot be seen"
            seen[tag] += 1
        page.context.close()


@pytest.mark.skipif(shutil.which("java") is None, reason="the checker of the W3C needs Java")
def test_every_page_is_valid_html(site: Site, looked_at: dict[str, list[str]], tmp_path: Path) -> None:
    """The W3C's own checker (Nu) accepts every page in both languages."""
    checker = next(JUDGES.rglob("vnu.jar"), None)
    if checker is None:
        pytest.skip("`make judges` brings the checker")
    for lang in LANGUAGES:
        pages = {who: site.page(who, lang=lang) for who in looked_at}
        for who, path in _views(looked_at):
            answer = pages[who].goto(path)
            assert answer is not None
            name = re.sub(r"\W+", "-", f"{path}-{who}-{lang}").strip("-")
            (tmp_path / f"{name}.html").write_bytes(answer.body())
    done = subprocess.run(
        ["java", "-jar", str(checker), "--errors-only", "--skip-non-html", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert not done.stderr.strip(), done.stderr[:4000]


def test_a_head_signs_and_reports_without_javascript(site: Site) -> None:
    """The head opens the case on the phone, signs and reports; the officer sees it at once."""
    bench = site.bench
    case = bench.ordered("02-06", unit=UNIT)
    page = site.page("head", width=390)
    page.goto(f"/cases/{case}")
    page.locator("summary", has_text="报送整改报告").click()
    page.locator("form:has(input[value=submit_report])").get_by_role("button", name="报送整改报告").click()
    assert "已办理" in page.inner_text("main")
    assert bench.case(case).phase == "verifying"
    assert bench.state(case) is State.ORDERED
