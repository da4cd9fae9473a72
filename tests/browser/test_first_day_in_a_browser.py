"""From an empty home to the first cases in a real browser without JavaScript, in at most twelve pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accounts import first_day, login
from tests.support.offices import Bench
from tests.support.people_workbooks import BUREAU, CITY, HEAD, people_workbook
from tests.support.sites import served
from wiring import now

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.databases import Databases

LEDGER: Final = Path("examples/ledger.xlsx")
MOST: Final = 12


class Walk:
    """A walk through pages that are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.pages = page, 0

    def open(self, path: str) -> None:
        self.pages += 1
        self.page.goto(path)

    def press(self, name: str) -> str:
        self.pages += 1
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()
        return self.page.inner_text("main")


def test_from_an_empty_home_to_the_first_cases(browser: Browser, databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path / "home") as bench:
        office = bench.office
        office.installation.prepare(now())
        login.first_administrator(office.database, bench.settings.office, now())
        code = first_day.begin(office.database, now())
        workbook = people_workbook(tmp_path / "people.xlsx", [CITY, BUREAU], [HEAD])
        with served(bench.office) as address:
            context = browser.new_context(
                java_script_enabled=False, base_url=address, locale="zh-CN", viewport={"width": 390, "height": 844}
            )
            page = context.new_page()
            page.set_default_timeout(20_000)
            walk = Walk(page)
            walk.open(f"/setup?code={code}")
            page.fill("#office", "中共北山市委全面依法治市委员会办公室")
            page.fill("#series", "北法督案")
            assert "北法督案〔" in walk.press("保存并继续")
            for role, username in (
                ("administrator", "wang"),
                ("security_administrator", "li"),
                ("audit_administrator", "zhao"),
            ):
                page.fill(f"[name='name.{role}']", username)
                page.fill(f"[name='username.{role}']", username)
            assert len(set(re.findall(r"\S{16}", walk.press("生成三个账号")))) >= 3
            walk.press("跳过这一步")
            page.set_input_files("#people-file", workbook)
            walk.press("逐行预览")
            assert "单位2个" in walk.press("写入")
            page.set_input_files("#ledger-file", LEDGER)
            page.check("#served")
            walk.press("逐行预览")
            page.check("#new_units")
            assert "已立案15件" in walk.press("确认导入")
            assert "北法督案" in page.inner_text("main")
            assert walk.pages <= MOST
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
    databases.drop(url)
