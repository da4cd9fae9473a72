"""Every page in a real browser: readable by everybody, valid, usable without JavaScript and by keyboard alone.

The pages are taken from the application's own routes, so that a new page is looked at from its first day.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from axe_playwright_python.sync_playwright import Axe

from states.vocabulary import State
from tests.support.offices import UNIT
from tests.support.sites import PEOPLE

if TYPE_CHECKING:
    from playwright.sync_api import Request

    from tests.support.sites import Site

JUDGES: Final = Path(".venv-judges/lib")
WIDTHS: Final = (1440, 390, 320)
LANGUAGES: Final = ("zh-CN", "en")
SHOTS: Final = Path(os.environ.get("DUBAN_SHOTS", "artifacts/pages"))  # noqa: TID251  # of the test run


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


def _noted(asked: list[str], request: Request) -> None:
    asked.append(request.url)


def test_every_page_is_light_and_asks_no_other_host(site: Site, looked_at: dict[str, list[str]]) -> None:
    for who, paths in looked_at.items():
        page = site.page(who)
        asked: list[str] = []
        page.on("request", partial(_noted, asked))
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
    pages = {who: site.page(who, scripts=True) for who in looked_at}
    for who, path in _views(looked_at):
        if who in ("leader", "admin") and path == "/":
            continue
        page = pages[who]
        page.goto(path)
        there = min(page.evaluate(count), 40)
        seen: Counter[str] = Counter()
        for _ in range(there):
            page.keyboard.press("Tab")
            tag, outline, lost = page.evaluate(tell)
            assert not lost, f"{path}: the focus is lost after {sum(seen.values())} of {there}"
            assert outline != "none", f"{path}: the focus on {tag} cannot be seen"
            seen[tag] += 1


def test_what_is_wider_than_a_phone_scrolls_with_the_arrow_keys_and_says_what_it_is(
    site: Site, looked_at: dict[str, list[str]]
) -> None:
    tell = """() => [...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility()).map(
        e => [e.tabIndex, e.getAttribute('role'), e.getAttribute('aria-label'), e.scrollWidth > e.clientWidth])"""
    pages = {who: site.page(who, width=390, scripts=True) for who in looked_at}
    scrolled = 0
    for who, path in _views(looked_at):
        page = pages[who]
        page.goto(path)
        found = page.evaluate(tell)
        names = [name for *_others, name, _wide in found]
        assert all(names), path
        assert len(set(names)) == len(names), (path, names)
        assert all((tab, role) == (0, "region") for tab, role, *_others in found), path
        wide = [place for place, (*_others, is_wide) in enumerate(found) if is_wide]
        if not wide:
            continue
        region = page.locator(".scroll:visible").nth(wide[0])
        region.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("e => e.scrollLeft > 0", arg=region.element_handle())
        scrolled += 1
    # Lists of cases stand as cards on a phone; what still scrolls are grids and tables of numbers.
    assert scrolled > 3


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
    page.locator("summary", has_text="其他可以办理的事项").click()
    page.get_by_role("link", name="报送整改报告").click()
    page.locator("section.next [name='d.note']").fill("已整改，佐证附后")
    page.locator("section.next").get_by_role("button", name="报送整改报告").click()
    assert "已办理" in page.inner_text("main")
    assert bench.case(case).phase == "verifying"
    assert bench.state(case) is State.ORDERED
