"""The pictures of the handbook on the sample office: `make shots` writes them to docs/handbook/pictures.

Drawn anew from the pages themselves, so that they are never old; small, because every reader loads them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.sample_year import NEW

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

FOLDER: Final = Path("docs/handbook/pictures")
WIDE: Final[ViewportSize] = {"width": 1100, "height": 480}
FLAT: Final[ViewportSize] = {"width": 1100, "height": 400}
PHONE: Final[ViewportSize] = {"width": 390, "height": 720}
PICTURES: Final[dict[str, tuple[str, str, ViewportSize]]] = {
    "desk": ("liufang", "/", WIDE),
    "case": ("chenli", "/cases/21", WIDE),
    "new": ("liufang", "/new", WIDE),
    "cases": ("liufang", "/cases?state=open", WIDE),
    "obligations": ("zhouming", "/obligations?year=2026", WIDE),
    "mine": ("head", "/mine", PHONE),
    "approvals": ("zhouming", "/approvals", FLAT),
    "replay": ("liufang", "/cases/2/replay?step=5", WIDE),
    "audit": ("auditor", "/audit", WIDE),
    "accounts": ("admin", "/admin/users", WIDE),
}
"""The name of each picture, and who looks at which page in which size."""


def draw_handbook(browser: Browser, address: str) -> int:
    """Draw the pictures of the handbook from the sample office at this address; return how many."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (who, path, size) in PICTURES.items():
        context = browser.new_context(viewport=size, java_script_enabled=False, base_url=address, locale="zh-CN")
        page = context.new_page()
        page.goto("/login?lang=zh-CN")
        page.fill("#username", who)
        page.fill("#password", NEW)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(path)
        page.screenshot(path=FOLDER / f"{name}.png")
        context.close()
    return len(PICTURES)
