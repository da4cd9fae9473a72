"""Every page in a real browser: readable by everybody, valid, usable without JavaScript and by keyboard alone.

The pages are taken from the application's own routes, so that a new page is looked at from its first day.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import pytest
from axe_playwright_python.sync_playwright import Axe

from states.vocabulary import State
from tests.support.offices import UNIT
from tests.support.runs import FULL
from tests.support.sites import PEOPLE

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

    from tests.support.sites import Site

JUDGES: Final = Path(".venv-judges/lib")
WIDTHS: Final = (1440, 390, 320)
PHONE, NARROWEST = 390, 320
HEAVIEST: Final = 100_000
"""How many bytes a page may have."""
LANGUAGES: Final = ("zh-CN", "en")
SCHEMES: Final = ("dark", "light")
"""Light is the last, so that what comes after axe looks at the page in the light."""
ONE_OF: Final = 3
SHOTS: Final = Path(os.environ.get("DUBAN_SHOTS", "artifacts/pages"))  # noqa: TID251  # of the test run


def _views(looked_at: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return each page once, with the first person who may open it, and the desk of everybody."""
    first: dict[str, str] = {}
    for who, paths in looked_at.items():
        for path in paths:
            first.setdefault(path, who)
    return [(who, path) for path, who in first.items()] + [(who, "/") for who in PEOPLE]


EVERY_RULE: Final[dict[str, Any]] = {"resultTypes": ["violations"]}
COLOURS_ALONE: Final[dict[str, Any]] = EVERY_RULE | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""In the dark nothing but colours is another than in the light; the full run asks all rules there too."""


@dataclass
class Seen:
    """What one visit of a page has shown, in whichever of these widths it was looked at."""

    who: str
    path: str
    lang: str
    said_lang: str | None = ""
    schemes: tuple[str, ...] = ()
    violations: list[str] = field(default_factory=list)
    too_wide: list[int] = field(default_factory=list)
    body: bytes = b""
    asked: list[str] = field(default_factory=list)
    lost_after: int = -1
    without_outline: list[str] = field(default_factory=list)
    regions: list[tuple[int, str, str, bool]] = field(default_factory=list)
    scrolled: bool = False


_FOCUS: Final = """() => { const e = document.activeElement; const s = getComputedStyle(e);
    return [e.tagName, s.outlineStyle, e === document.body]; }"""
_CAN_HAVE_FOCUS: Final = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0 && e.type !== 'radio').length"""
_REGIONS: Final = """() => [...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility()).map(
    e => [e.tabIndex, e.getAttribute('role'), e.getAttribute('aria-label'), e.scrollWidth > e.clientWidth])"""
MOST_TABS: Final = 40


def _tabbed(page: Page, seen: Seen) -> None:
    """Go through the page with the tab key, and note where the focus is lost or cannot be seen."""
    for step in range(min(page.evaluate(_CAN_HAVE_FOCUS), MOST_TABS)):
        page.keyboard.press("Tab")
        tag, outline, lost = page.evaluate(_FOCUS)
        if lost:
            seen.lost_after = step
            return
        if outline == "none":
            seen.without_outline.append(tag)


def _scrolled(page: Page, seen: Seen) -> None:
    """Move the first region that is wider than the page with the arrow keys."""
    seen.regions = [tuple(found) for found in page.evaluate(_REGIONS)]
    wide = [place for place, region in enumerate(seen.regions) if region[-1]]
    if wide:
        region = page.locator(".scroll:visible").nth(wide[0])
        region.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("e => e.scrollLeft > 0", arg=region.element_handle())
        seen.scrolled = True


def _narrow(page: Page, seen: Seen) -> None:
    """Look whether the page holds on the narrowest telephone."""
    page.set_viewport_size({"width": NARROWEST, "height": 900})
    if page.evaluate("document.documentElement.scrollWidth") > NARROWEST:
        seen.too_wide.append(NARROWEST)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def _looked(page: Page, seen: Seen) -> None:
    """Look at one page once: by axe, in three widths, with the tab key and with the arrows; the full run draws it.

    In another language than the first: by axe, and on the narrowest telephone, as words are of other lengths there.
    """
    asked = partial(_noted, seen.asked)
    page.on("request", asked)
    answer = page.goto(seen.path)
    assert answer is not None
    seen.body, seen.said_lang = answer.body(), page.get_attribute("html", "lang")
    page.remove_listener("request", asked)
    for scheme in seen.schemes:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        asks = COLOURS_ALONE if scheme == "dark" and not FULL else EVERY_RULE
        for violation in Axe().run(page, options=asks).response["violations"]:
            where = violation["nodes"][0]
            seen.violations.append(f"{scheme} {violation['id']}: {where['html'][:160]} {where.get('failureSummary')}")
    if seen.lang != LANGUAGES[0]:
        _narrow(page, seen)
        return
    name = re.sub(r"\W+", "-", seen.path).strip("-") or "desk"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            seen.too_wide.append(width)
        if FULL and width != NARROWEST:
            page.screenshot(path=SHOTS / f"{name}-{seen.who}-{width}.png", full_page=True)
        if width == PHONE:
            _scrolled(page, seen)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(seen.path)
    _tabbed(page, seen)


def _schemes(lang: str, path: str) -> tuple[str, ...]:
    """Return in which colours axe looks at a page.

    A page is built in the same way in both languages: the bounded run has `ONE_OF` so many in the other, in the light.
    """
    if FULL or lang == LANGUAGES[0]:
        return SCHEMES
    return () if crc32(path.encode()) % ONE_OF else SCHEMES[-1:]


@pytest.fixture(scope="module")
def walk(site: Site, looked_at: dict[str, list[str]]) -> list[Seen]:
    """Give what one walk over all pages has shown, in both languages; the tests below ask it."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    found: list[Seen] = []
    for lang in LANGUAGES:
        pages = {who: site.page(who, lang=lang, scripts=True) for who in looked_at}
        for who, path in _views(looked_at):
            found.append(Seen(who, path, lang, schemes=_schemes(lang, path)))
            _looked(pages[who], found[-1])
        for page in pages.values():
            page.context.close()
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_page_keeps_anybody_out(walk: list[Seen], lang: str) -> None:
    """axe-core finds nothing on any page, light or dark; the pages are in the language that was asked for."""
    mine = [seen for seen in walk if seen.lang == lang]
    assert len(mine) > len(PEOPLE)
    wrong = [f"{lang} {seen.who} {seen.path}: {what}" for seen in mine for what in seen.violations]
    assert not wrong, "\n".join(wrong)
    assert {seen.said_lang for seen in mine} == {lang}


def test_no_page_runs_over_at_any_of_three_widths(walk: list[Seen]) -> None:
    assert [(seen.path, seen.too_wide) for seen in walk if seen.too_wide] == []


@pytest.mark.slow
@pytest.mark.skipif(not FULL, reason="only the full run draws pictures, and `make shots`")
def test_every_page_is_a_picture_at_two_widths(walk: list[Seen]) -> None:
    for width in (WIDTHS[0], PHONE):
        assert len(list(SHOTS.glob(f"*-{width}.png"))) >= len({seen.path for seen in walk})


def _noted(asked: list[str], request: Request) -> None:
    asked.append(request.url)


def test_every_page_is_light_and_asks_no_other_host(site: Site, walk: list[Seen]) -> None:
    assert [(seen.path, len(seen.body)) for seen in walk if len(seen.body) >= HEAVIEST] == []
    assert all(url.startswith((site.address, "data:")) for seen in walk for url in seen.asked)
    assert all(seen.asked for seen in walk)


def test_every_page_can_be_walked_with_the_tab_key(walk: list[Seen]) -> None:
    """The tab key reaches every link, button and field that is shown, and what has the focus can be seen."""
    assert [(seen.path, seen.lost_after) for seen in walk if seen.lost_after >= 0] == []
    assert [(seen.path, seen.without_outline) for seen in walk if seen.without_outline] == []


def test_what_is_wider_than_a_phone_scrolls_with_the_arrow_keys_and_says_what_it_is(walk: list[Seen]) -> None:
    for seen in walk:
        names = [name for *_others, name, _wide in seen.regions]
        assert all(names), seen.path
        assert len(set(names)) == len(names), (seen.path, names)
        assert all((tab, role) == (0, "region") for tab, role, *_others in seen.regions), seen.path
    # Lists of cases stand as cards on a phone; what still scrolls are grids and tables of numbers.
    assert sum(seen.scrolled for seen in walk) > 3


@pytest.mark.skipif(shutil.which("java") is None, reason="the checker of the W3C needs Java")
def test_every_page_is_valid_html(walk: list[Seen], tmp_path: Path) -> None:
    """The W3C's own checker (Nu) accepts every page in both languages."""
    checker = next(JUDGES.rglob("vnu.jar"), None)
    if checker is None:
        pytest.skip("`make judges` brings the checker")
    for seen in walk:
        name = re.sub(r"\W+", "-", f"{seen.path}-{seen.who}-{seen.lang}").strip("-")
        (tmp_path / f"{name}.html").write_bytes(seen.body)
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
    page.locator("summary", has_text="其他可以办理的事项").click()
    page.get_by_role("link", name="报送整改报告").click()
    page.locator("section.next [name='d.note']").fill("已整改，佐证附后")
    page.locator("section.next").get_by_role("button", name="报送整改报告").click()
    assert "已办理" in page.inner_text("main")
    assert bench.case(case).phase == "verifying"
    assert bench.state(case) is State.ORDERED


def test_the_list_of_cases_has_its_rows_on_paper(site: Site) -> None:
    """They stand in the form of the bulk acts; forms are not printed, what stands in them is."""
    page = site.page("officer")
    page.goto("/cases?print=1")
    page.emulate_media(media="print")
    assert page.locator("tbody a.num").first.is_visible()
    assert not page.locator("tbody input").first.is_visible()
    assert not page.locator(".bar-filter").first.is_visible()
