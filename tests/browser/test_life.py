"""A whole case life by six people in sessions of their own, in a real browser without JavaScript."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from states.vocabulary import State

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.sites import Site

LEDGER: Final = Path("examples/ledger.xlsx")
NUMBER: Final = "临法治督案〔2026〕1号"
HEAD: Final = "magistrate"


def _do(page: Page, case: int, act: str, **fields: str) -> None:
    """Open the form of an act on the page of a case, fill it and send it."""
    page.goto(f"/cases/{case}?act={act}")
    form = page.locator("section.next form")
    for name, value in fields.items():
        form.locator(f"[name='d.{name}']").fill(value)
    with page.expect_navigation():
        named = form.locator(f"button[name=act][value={act}]")
        (named if named.count() else form.locator("button").first).click()
    assert "已办理" in page.inner_text("main")


def test_people_in_sessions_of_their_own_live_through_a_case(empty_site: Site) -> None:
    bench = empty_site.bench
    officer, head, director = (empty_site.page(who) for who in ("officer", HEAD, "director"))
    colleague, leader, auditor = (empty_site.page(who) for who in ("colleague", "leader", "auditor"))

    officer.goto("/ledger")
    officer.set_input_files("#file", LEDGER)
    officer.check("#served")
    with officer.expect_navigation():
        officer.get_by_role("button", name="预览").click()
    officer.check("#new-units")
    with officer.expect_navigation():
        officer.get_by_role("button", name="按所选重新预览").click()
    assert "可导入15行" in officer.inner_text("main")
    with officer.expect_navigation():
        officer.get_by_role("button", name="确认导入").click()
    assert "已立案15件" in officer.inner_text("main")
    officer.get_by_role("link", name=NUMBER, exact=True).click()
    officer.get_by_role("link", name="1号", exact=True).click()
    found = re.search(r"/cases/(\d+)", officer.url)
    assert found is not None
    case = int(found[1])
    assert bench.state(case) is State.ORDERED

    # What the ledger brings with a term that is over stands still until somebody decides: here it is overdue.
    assert bench.case(case).late_entry == "pending"
    director.goto("/approvals")
    director.get_by_role("link", name="看清单并决定").first.click()
    director.locator(f"#way-{case}").select_option("ladder")
    for step in ("先看结果", "决定勾选的案件"):
        with director.expect_navigation():
            director.get_by_role("button", name=step).click()
    assert "已决定" in director.inner_text("main")
    assert bench.case(case).late_entry == "ladder"

    head.goto("/mine")
    form = head.locator(f"form[action='/mine/{case}']", has=head.locator("input[value=submit_report]"))
    head.locator("details", has=form).locator("summary").first.click()
    form.locator("summary").click()
    form.locator("textarea").fill("已补报，文号、签收回执见附件")
    form.locator("input[type=file]").set_input_files(LEDGER)
    with head.expect_navigation():
        form.locator("button").click()
    assert bench.case(case).phase == "verifying"

    _do(officer, case, "verify_fail", reason="回执缺人大常委会一份")
    colleague.goto("/approvals")
    colleague.get_by_role("link", name="看记录并会签").first.click()
    assert "您会签，就是确认" in colleague.inner_text("main")
    with colleague.expect_navigation():
        colleague.get_by_role("button", name="会签：").click()
    assert "已办理：会签" in colleague.inner_text("main")
    _do(leader, case, "publish_criticism")
    assert bench.state(case) is State.CRITICIZED
    head.goto("/mine")
    assert "通报批评" in head.inner_text("main")
    with head.expect_navigation():
        head.locator(f"form[action='/mine/{case}']", has=head.locator("input[value=acknowledge]")).get_by_role(
            "button"
        ).click()

    auditor.goto(f"/cases/{case}/replay?step=2")
    assert "责令整改" in auditor.inner_text("main")
    auditor.goto(f"/cases/{case}/replay?step=7")
    assert "印发通报批评" in auditor.inner_text("main")
    acts = [event for _, event in bench.acts(case)]
    assert [act for act in acts if act not in ("reminder_due", "deadline_redated")] == [
        "register_finding",
        "serve_order",
        "decide_late_entry",
        "submit_report",
        "verify_fail",
        "countersign",
        "publish_criticism",
        "acknowledge",
    ]
    assert bench.office.proofs.verify().ok
