"""Pictures of every page on the sample office: `make shots` writes them to artifacts/shots, and those of the handbook.

1440×900 and 390×844, light and dark, in Chinese, each by the first person who may open the page.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

from scripts.handbook_pictures import draw_handbook
from tests.support.offices import Bench, at
from tests.support.sample_year import NEW, employ, live_through_the_year, paths_of
from tests.support.sites import CHROMIUM, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER: Final = Path("artifacts/shots")
SIZES: Final = ((1440, 900), (390, 844))
SCHEMES: Final = ("light", "dark")


def draw(browser: Browser, address: str, who: str, paths: list[str]) -> int:
    """Draw these pages as this person sees them, in both widths and schemes; return how many pictures that made."""
    made = 0
    for width, height in SIZES:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                java_script_enabled=False,
                base_url=address,
                locale="zh-CN",
                color_scheme=scheme,
            )
            page = context.new_page()
            if who:
                page.goto("/login?lang=zh-CN")
                page.fill("#username", who)
                page.fill("#password", NEW)
                with page.expect_navigation():
                    page.keyboard.press("Enter")
            for path in paths:
                page.goto(path)
                name = re.sub(r"\W+", "-", path.strip("/") or "desk").strip("-")
                file = FOLDER / f"{name}-{who or 'nobody'}-{width}{'-dark' if scheme == 'dark' else ''}.png"
                page.screenshot(path=file, full_page=True)
                made += 1
            context.close()
    return made


def main() -> int:
    """Fill an office, serve it, and draw its pages; with `--handbook` only the pictures of the handbook."""
    if CHROMIUM is None:
        print("There is no Chromium here; `make browser` brings one.")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = 0
    with TemporaryDirectory(prefix="duban-shots-") as folder:
        home = Path(folder)
        with Bench(f"sqlite:///{home}/duban.db", home) as bench:
            bench.office.installation.prepare(at("01-01"))
            employ(bench)
            live_through_the_year(bench)
            with served(bench) as address, sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                made += draw_handbook(browser, address)
                for who, paths in paths_of().items() if "--handbook" not in sys.argv[1:] else ():
                    made += draw(browser, address, who, paths)
                browser.close()
    print(f"{made} pictures in {FOLDER} and docs/handbook/pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
