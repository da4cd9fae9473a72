"""A ledger in an office's own words is mapped on a phone and on a desk, without a script, and keeps nobody out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from axe_playwright_python.sync_playwright import Axe

from tests.support.ledger_layouts import in_plain_words

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.support.sites import Site

FIELDS: Final = {
    "哪家的事": "unit",
    "毛病在哪儿": "finding",
    "谁来扛": "post",
    "啥时候查的": "found_on",
    "几天改好": "term",
}


def press(page: Page, name: str) -> str:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    return page.inner_text("main")


def barriers(page: Page) -> list[str]:
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in Axe().run(page).response["violations"]]


def uploaded(site: Site, path: Path, width: int) -> tuple[Page, str]:
    page = site.page("officer", width=width, scripts=True)
    page.goto("/ledger")
    page.set_input_files("#file", path)
    return page, press(page, "逐行预览")


def test_a_ledger_is_mapped_on_a_phone_and_the_next_one_is_read_at_once(empty_site: Site, tmp_path: Path) -> None:
    page, said = uploaded(empty_site, in_plain_words(tmp_path / "三月.xlsx"), 390)
    assert "没有“检查方式”一列" in said
    assert barriers(page) == []
    for heading, field in FIELDS.items():
        page.select_option(f"[name='field.{heading}']", field)
    page.select_option("#inspection", "special")
    page.fill("#duty", "第七条第四项：五公开")
    assert "“几天改好（天）”里的数字是工作日还是自然日？" in press(page, "按所选再数一遍")
    assert barriers(page) == []
    page.check("[name='counts.几天改好'][value=d]")
    assert "10行中有10行可以导入" in press(page, "按所选再数一遍")
    assert "这些单位是哪一个" in press(page, "对应好了，逐行预览")
    page, said = uploaded(empty_site, in_plain_words(tmp_path / "四月.xlsx", month=4), 1440)
    assert "按记住的表样“三月”读取" in said
    assert barriers(page) == []
    assert "10行中有10行可以导入" in press(page, "更改列的对应")
    assert barriers(page) == []
    page.goto("/ledger")
    assert "记住的表样" in page.inner_text("main")
    assert barriers(page) == []
