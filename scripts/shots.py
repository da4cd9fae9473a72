"""Pictures of every page on the sample office: `make shots` writes them to artifacts/shots, and those of the handbook.

1440×900 and 390×844, light and dark, in Chinese. Pages are found as people find them, by following links from the first
page of each role, so that a new page has its picture at once; a page that no link leads to is named. Those that stand
behind a form are in `scripts.shots_behind_forms`. `--handbook` draws the pictures of the handbook alone.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import urldefrag

from playwright.sync_api import sync_playwright

from config.settings import Settings
from scripts.handbook_pictures import draw_handbook
from scripts.shots_behind_forms import BEHIND_FORMS, BOUND, asked_for_a_code, bound
from tests.support.offices import Bench, at
from tests.support.routes import compiled
from tests.support.sample_year import employ, live_through_the_year
from tests.support.sites import CHROMIUM, served
from web.app import application
from wiring import now
from wiring import office as opened
from wiring.sample import fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser, BrowserContext, Page

    from wiring import Office

FOLDER: Final = Path("artifacts/shots")
SIZES: Final = ((1440, 900), (390, 844))
SCHEMES: Final = ("light", "dark")
NOBODY: Final = ""
ALL_OF_IT: Final = ("head",)
"""Who sees every page drawn, also where an officer's picture is there: the unit's people see other pages there."""
MOST_VISITS: Final = 600
"""How many pages one person opens in search of pages that have no picture yet."""
OF_A_KIND: Final = 5
"""How many pages of one kind are opened for their links; kinds of which few were opened come first."""
NO_PAGES: Final = re.compile(
    r"^/(api|health|metrics|live|ready|static|oidc|docs)|/(evidence|photos|download|paper)|\.\w+$"
)
ONE: Final = re.compile(r"\{\w+(?::int)?\}")
LINK: Final = re.compile(r'href="(/[^"]*)"')
MORE: Final = {
    "liufang": {
        "/cases?state=open&light=red": "cases-red",
        "/cases?q=没有这样的单位": "cases-empty",
        "/deadlines?year=2026": "deadlines-year",
        "/calculator?start=2026-09-16&term=15wd": "calculator-answer",
        "/help?q=延期": "help-search",
        "/nowhere": "error-404",
        "/admin/units": "error-403",
        "/cases?due_from=x": "error-422",
    },
    "leader": {"/approvals": "approvals"},
    "admin": {"/admin/policies?show=sichuan-2017&a=sichuan-2017&b=decree-733": "admin-policies-compared"},
}
"""Pages that are worth a picture of their own though they differ by a question only, and how they are called."""


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page that somebody reached: what its picture is called, who sees it, and where."""

    name: str
    who: str
    path: str


def named(route: str) -> str:
    """Return how the picture of a route is called: `cases-one` for `/cases/{case_id:int}`."""
    return re.sub(r"\W+", "-", ONE.sub("one", route)).strip("-") or "desk"


def page_routes(here: Office) -> dict[str, re.Pattern[str]]:
    """Return the routes that are pages, each with what its addresses look like."""
    paths = {
        path for method, path in compiled(application(here).routes) if method == "GET" and not NO_PAGES.search(path)
    }
    return {
        path: re.compile(re.sub(r"\{\w+\}", r"[^/]+", re.sub(r"\{\w+:int\}", r"\\d+", path))) for path in sorted(paths)
    }


def logged_in(
    browser: Browser, address: str, who: str, password: str, size: tuple[int, int], scheme: str
) -> BrowserContext:
    """Return a browser without script in which this person is logged in."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=False,
        base_url=address,
        locale="zh-CN",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    if who:
        page = context.new_page()
        page.goto("/login?lang=zh-CN")
        page.fill("#username", who)
        page.fill("#password", password)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.close()
    return context


def reached(context: BrowserContext, who: str, routes: Mapping[str, re.Pattern[str]]) -> Iterator[PageSeen]:
    """Yield the first page of each route that this person comes to by following links.

    Kinds of which few pages were opened come first, so that a hundred cases do not keep the last kind from its picture.
    """
    waiting, seen, found = {"": deque(["/"])}, {"/"}, set[str]()
    opened_of: Counter[str] = Counter()
    for _ in range(MOST_VISITS):
        open_kinds = [kind for kind, paths in waiting.items() if paths and opened_of[kind] < OF_A_KIND]
        if not open_kinds:
            return
        kind = min(open_kinds, key=lambda kind: opened_of[kind])
        opened_of[kind] += 1
        path = waiting[kind].popleft()
        answer = context.request.get(path, max_redirects=2)
        if not answer.ok:
            continue
        bare = re.sub(r"^https?://[^/]+", "", answer.url).split("?")[0]
        route = next((route for route, shape in routes.items() if shape.fullmatch(bare)), "")
        if route and route not in found:
            found.add(route)
            yield PageSeen(named(route), who, path)
        links = [urldefrag(link.replace("&amp;", "&"))[0] for link in LINK.findall(answer.text())]
        for link in sorted(links, key=lambda link: "?" in link):
            shape = next((route for route, form in routes.items() if form.fullmatch(link.split("?")[0])), "")
            if shape and link not in seen:
                seen.add(link)
                waiting.setdefault(shape, deque()).append(link)


def pages_of(browser: Browser, address: str, logins: Mapping[str, str], here: Office) -> list[PageSeen]:
    """Return every page once with the first person who reaches it, and the first page of everybody."""
    routes, drawn, chosen = page_routes(here), set[str](), list[PageSeen]()
    for who in (NOBODY, *logins):
        context = logged_in(browser, address, who, logins.get(who, ""), SIZES[0], SCHEMES[0])
        for place, one in enumerate(reached(context, who, routes)):
            if place == 0 or one.name not in drawn or who in ALL_OF_IT:
                chosen.append(one)
                drawn.add(one.name)
        chosen += [PageSeen(name, who, path) for path, name in MORE.get(who, {}).items()]
        cases = [one for one in chosen if one.who == who and one.name == "cases-one"]
        chosen += [PageSeen("cases-one-print", who, f"{one.path}?print=1") for one in cases]
        context.close()
    missing = sorted({named(route) for route in routes} - {one.name for one in chosen})
    print(f"Pages that no link leads to: {'、'.join(missing) or '—'}")
    return chosen


def draw(browser: Browser, address: str, logins: Mapping[str, str], pages: list[PageSeen]) -> int:
    """Draw these pages in both widths and schemes; return how many pictures that made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = 0
    for who in dict.fromkeys(one.who for one in pages):
        for size in SIZES:
            for scheme in SCHEMES:
                context = logged_in(browser, address, who, logins.get(who, ""), size, scheme)
                page = context.new_page()
                for one in pages:
                    if one.who == who:
                        page.goto(one.path)
                        made += _kept(page, one.name, who, size, scheme)
                context.close()
    return made


def _kept(page: Page, name: str, who: str, size: tuple[int, int], scheme: str) -> int:
    """Keep a picture of the page as it stands; return that it is one."""
    dark = "-dark" if scheme == "dark" else ""
    page.screenshot(path=FOLDER / f"{name}-{who or 'nobody'}-{size[0]}{dark}.png", full_page=True)
    return 1


def draw_behind_forms(browser: Browser, address: str, logins: Mapping[str, str], here: Office, folder: Path) -> int:
    """Draw what stands behind forms in both widths and schemes, the second factor last; return how many pictures."""
    made = 0
    for size, scheme in product(SIZES, SCHEMES):
        for who in dict.fromkeys(one.who for one in BEHIND_FORMS):
            context = logged_in(browser, address, who, logins[who], size, scheme)
            page = context.new_page()
            for one in BEHIND_FORMS:
                if one.who == who:
                    one.lead(page, here, folder)
                    made += _kept(page, one.name, who, size, scheme)
            context.close()
    for who, (size, scheme) in zip(BOUND, product(SIZES, SCHEMES), strict=True):
        context = logged_in(browser, address, who, logins[who], size, scheme)
        page = context.new_page()
        bound(page)
        made += _kept(page, "account-recovery", "inspector", size, scheme)
        context.clear_cookies()
        asked_for_a_code(page, who, logins)
        made += _kept(page, "second-factor", "nobody", size, scheme)
        context.close()
    return made


def _handbook(browser: Browser, folder: Path) -> int:
    """Draw the pictures of the handbook, on the year that the tests live through."""
    with Bench(f"sqlite:///{folder}/duban.db", folder) as bench:
        bench.office.installation.prepare(at("01-01"))
        employ(bench)
        live_through_the_year(bench)
        with served(bench.office) as address:
            return draw_handbook(browser, address)


def _sample(browser: Browser, folder: Path) -> int:
    """Draw every page on the sample office as it stands today."""
    with opened(Settings(home=folder / "home"), compared=False) as here:
        logins = {one.username: one.password for one in fill(here, now())}
        first = ("liufang", "zhouming", "head", "leader")
        order = {who: logins[who] for who in (*first, *(who for who in logins if who not in first))}
        with served(here) as address:
            made = draw(browser, address, order, pages_of(browser, address, order, here))
            return made + draw_behind_forms(browser, address, order, here, folder)


def main() -> int:
    """Fill an office, serve it, and draw its pages; with `--handbook` only the pictures of the handbook."""
    if CHROMIUM is None:
        print("There is no Chromium here; `make browser` brings one.")
        return 1
    began = time.monotonic()
    with TemporaryDirectory(prefix="duban-shots-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        made = _handbook(browser, Path(folder))
        if "--handbook" not in sys.argv[1:]:
            made += _sample(browser, Path(folder))
        browser.close()
    print(f"{made} pictures in {FOLDER} and docs/handbook/pictures, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
