"""How many presses the commonest tasks take in a real browser: each press on a link, a button or a fold counts.

Typing does not count, nor logging in: each person begins on the page that logging in leads to. What is chosen from a
list can be typed as well, with the first letters of it; such choices are counted by themselves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from states.vocabulary import State
from tests.support.offices import UNIT

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.support.sites import Site

MOST_FOR_A_LIFE: Final = 15
"""From a finding to its closure with an extension between (issue 17; thirty before)."""
CHOICES_FOR_A_LIFE: Final = 2
"""The duty and the way of the inspection; all else is typed, or stands there as it mostly is."""
MOST_FOR_THE_HEAD: Final = 3
PHONE: Final = 390
FINDING: Final = "河道采砂许可未公示听证结果"


class Counted:
    """The presses of several people, counted together."""

    def __init__(self) -> None:
        self.presses: list[str] = []
        self.choices: list[str] = []

    def press(self, what: Locator) -> None:
        """Press a link, a button or a fold, and wait for the page that follows, if one does."""
        self.presses.append(" ".join(what.inner_text().split()))
        what.click()
        what.page.wait_for_load_state()

    def choose(self, field: Locator, value: str) -> None:
        """Choose from a list."""
        self.choices.append(value)
        field.select_option(value)

    def take(self, field: Locator, words: str) -> None:
        """Take an entry of the list that helps while one types."""
        self.choices.append(words)
        field.fill(words)


def _form(page: Page, case: int, act: str) -> Locator:
    return page.locator(f"form[action='/mine/{case}']", has=page.locator(f"input[name=act][value={act}]"))


def _report(page: Page, case: int, counted: Counted) -> None:
    """Hand in the report, which is folded while a plan is owed first; it says what was done, or has evidence."""
    form = _form(page, case, "submit_report")
    counted.press(page.locator("details", has=form).locator("summary").first)
    form.locator("[name='d.note']").fill("已全部整改，佐证随后送达")
    counted.press(form.locator("button"))


def test_a_finding_is_closed_after_an_extension_in_fifteen_presses(site: Site) -> None:
    officer, colleague, director = (site.page(who) for who in ("officer", "colleague", "director"))
    head = site.page("head", width=PHONE)
    counted = Counted()

    officer.goto("/")
    counted.press(officer.locator(".do").get_by_role("link", name="登记问题"))
    officer.fill("#act-unit", UNIT)
    officer.fill("#act-post", "局长")
    officer.fill("#act-finding", FINDING)
    officer.locator("[name='d.term.n']").fill("20")
    if officer.locator("#act-outside_plan").count():
        officer.fill("#act-outside_plan", "群众举报")
    counted.take(officer.locator("#act-duty"), "第七条第四项：严格执法、公正司法;部门年度报告")
    counted.choose(officer.locator("#act-inspection"), "special")
    counted.press(officer.locator(".go").get_by_role("button", name="登记问题"))
    found = re.search(r"/cases/(\d+)", officer.url)
    assert found is not None, officer.inner_text("main")
    case = int(found[1])
    officer.locator("[name='d.authorization_note']").fill("经市委同意")
    counted.press(officer.locator("section.next .go button").first)
    assert site.bench.state(case) is State.ORDERED, officer.inner_text("main")

    head.goto("/")
    asked = _form(head, case, "request_extension")
    counted.press(head.locator("details", has=asked).locator("summary").first)
    asked.locator("[name='d.term.n']").fill("10")
    asked.locator("[name='d.reason']").fill("工程验收推迟")
    counted.press(asked.locator("button"))

    director.goto("/")
    counted.press(director.locator(f"a[href^='/cases/{case}?act=approve_extension']").last)
    director.locator("section.next [name='d.reason']").fill("情况属实")
    counted.press(director.locator("section.next button[value=approve_extension]"))
    assert "已办理" in director.inner_text("main")

    head.goto("/")
    _report(head, case, counted)
    assert site.bench.case(case).phase == "verifying", head.inner_text("main")

    officer.goto("/")
    counted.press(officer.locator(f".todo a.btn[href^='/cases/{case}']"))
    officer.locator("section.next [name='d.verifiers']").fill("officer、colleague")
    counted.press(officer.locator("section.next button[value=verify_pass]"))

    colleague.goto("/")
    counted.press(colleague.locator(f"a.btn[href='/cases/{case}/countersign']"))
    counted.press(colleague.get_by_role("button", name="会签："))

    director.goto("/")
    counted.press(director.locator(f".todo a.btn[href^='/cases/{case}']"))
    counted.press(director.locator("section.next .go button").first)
    assert site.bench.state(case) is State.CLOSED, director.inner_text("main")
    assert len(counted.presses) <= MOST_FOR_A_LIFE, counted.presses
    assert len(counted.choices) <= CHOICES_FOR_A_LIFE, counted.choices


def test_a_head_signs_and_reports_with_three_taps(site: Site) -> None:
    case = site.bench.ordered("02-06", unit=UNIT)
    page, counted = site.page("head", width=PHONE), Counted()
    page.goto("/")
    counted.press(_form(page, case, "acknowledge").get_by_role("button"))
    _report(page, case, counted)
    assert site.bench.case(case).phase == "verifying", page.inner_text("main")
    assert len(counted.presses) <= MOST_FOR_THE_HEAD, counted.presses


def test_a_case_is_found_by_two_words_of_its_finding_with_one_search(site: Site) -> None:
    case = site.bench.open("02-06", unit=UNIT, finding="饮用水水源保护区内有三家企业未办理排污许可")
    page = site.page("officer")
    page.goto("/")
    page.fill("#find", "水源 排污")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("tbody tr").count() == 1
    assert page.locator(f"tbody a[href='/cases/{case}']").count() == 1
