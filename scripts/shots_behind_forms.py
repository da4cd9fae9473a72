"""Pictures of pages that no link leads to, because a form stands before them; `scripts.shots` draws them too.

What they write is nothing, or a change that no other picture shows: an assignment of a handler, and the second factor
of somebody whose pages are drawn already.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyotp

from states.case import Actor
from states.command import Command
from states.vocabulary import Act, Role, State
from store import cases
from tests.support.ledger_layouts import in_plain_words
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Page

    from wiring import Office

LEDGER: Final = Path("examples/ledger.xlsx")
BOUND: Final = ("chenli", "hejing", "archivist", "auditor")
"""Whose second factor is bound for the pictures of it: another person in each width and scheme, as each binds once."""


@dataclass(frozen=True, slots=True)
class BehindForm:
    """A page behind a form: how its picture is called, who comes to it, and how, from a browser that is logged in."""

    name: str
    who: str
    lead: Callable[[Page, Office, Path], None]


def _press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=words).first.click()


def _found_case(here: Office) -> int:
    with here.database.reading() as session:
        return next(one.case.id for one in cases.listed(session) if one.case.state is State.FOUND)


def _stale(page: Page, here: Office, _folder: Path) -> None:
    """Send a form after a colleague has changed the case."""
    case_id, at = _found_case(here), now()
    page.goto(f"/cases/{case_id}?act=assign")
    page.fill("section.next [name='d.handler']", "liufang")
    director = Actor(user="zhouming", role=Role.DIRECTOR, unit=here.settings.office)
    meanwhile = Command(act=Act.ASSIGN, actor=director, on=here.today(at), data={"handler": "liufang"}, case_id=case_id)
    here.desk.do(meanwhile, at)
    _press(page, "指派承办人")


def _asked_again(page: Page, here: Office, _folder: Path) -> None:
    """Send the form of an act that cannot be taken back."""
    page.goto(f"/cases/{_found_case(here)}?act=dismiss")
    page.fill("section.next [name='d.reason']", "经核查，反映的问题不存在")
    _press(page, "查否")


def _in_doubt(page: Page, _here: Office, _folder: Path) -> None:
    """Register a finding by words that several duties hold."""
    page.goto("/new")
    typed = {"unit": "临溪市水务局", "post": "临溪市水务局局长", "finding": "执法信息没有公开", "duty": "公开"}
    for name, words in typed.items():
        page.fill(f"[name='d.{name}']", words)
    page.select_option("[name='d.inspection']", "special")
    _press(page, "登记问题")


def _in_bulk(page: Page, _here: Office, _folder: Path) -> None:
    """Choose an act for two cases of the list, and try it."""
    page.goto("/cases?state=open")
    for place in range(2):
        page.locator("tbody input[type=checkbox]").nth(place).check()
    page.select_option("select[name=act]", "urge")
    _press(page, "下一步：逐件核对")
    _press(page, "逐件试办")


def _uploaded(page: Page, path: Path) -> None:
    page.goto("/ledger")
    page.set_input_files("#file", path)
    _press(page, "逐行预览")


def _preview(page: Page, _here: Office, _folder: Path) -> None:
    _uploaded(page, LEDGER)


def _mapping(page: Page, _here: Office, folder: Path) -> None:
    """Bring a ledger whose headings nobody knows, and write words for its duty that several hold."""
    _uploaded(page, in_plain_words(folder / "找茬.xlsx"))
    page.fill("#duty", "公开")
    _press(page, "按所选再数一遍")


def _what_if(page: Page, _here: Office, _folder: Path) -> None:
    page.goto("/forecast/whatif")
    page.select_option("#draft", "decree-733")
    _press(page, "开始试算")


def _verified(page: Page, _here: Office, _folder: Path) -> None:
    page.goto("/audit")
    _press(page, "校验全部历史")


BEHIND_FORMS: Final = (
    BehindForm("error-409", "zhouming", _stale),
    BehindForm("confirm", "zhouming", _asked_again),
    BehindForm("new-asked", "liufang", _in_doubt),
    BehindForm("bulk", "liufang", _in_bulk),
    BehindForm("ledger-preview", "liufang", _preview),
    BehindForm("ledger-mapping", "liufang", _mapping),
    BehindForm("forecast-whatif-answer", "zhouming", _what_if),
    BehindForm("audit-verified", "auditor", _verified),
)


def bound(page: Page) -> None:
    """Bind a second factor to who is logged in; the page then shows the recovery codes."""
    page.goto("/account/second-factor")
    secret = page.get_attribute("[name=secret]", "value") or ""
    page.fill("[name=code]", pyotp.TOTP(secret).at(now()))
    _press(page, "绑定动态口令")


def asked_for_a_code(page: Page, who: str, logins: Mapping[str, str]) -> None:
    """Log in with the right password, and stop where the second factor is asked for."""
    page.goto("/login?lang=zh-CN")
    page.fill("#username", who)
    page.fill("#password", logins[who])
    with page.expect_navigation():
        page.keyboard.press("Enter")


__all__ = ["BEHIND_FORMS", "BOUND", "BehindForm", "asked_for_a_code", "bound"]
