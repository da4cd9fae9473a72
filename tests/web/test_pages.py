"""The pages as people use them: in a session of their own, without JavaScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from states.vocabulary import Role, State
from tests.support.offices import UNIT, Bench
from tests.support.visitors import NEW, Arrivals, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_whole_case_life_by_four_people_in_four_sessions(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    officer, head = visitor("officer", Role.HANDLER), visitor("head", Role.HEAD, UNIT)
    director, auditor = visitor("director", Role.DIRECTOR), visitor("auditor", Role.AUDITOR)
    finding = {"d.unit": UNIT, "d.post": "局长", "d.duty": "art7-1a", "d.inspection": "regular"}
    opened = officer.send("/new", "/new", on="2026-01-28", **finding, **{"d.finding": "未列入<b>计划</b>"})
    assert "已办理：登记问题" in opened.text
    assert "<b>计划</b>" not in opened.text
    case = int(str(opened.url).partition("/cases/")[2].partition("?")[0])
    refused = officer.act(case, "serve_order", "2026-02-06", term="15wd")
    assert "须先经督查机构负责人批准" in refused.text
    assert "已办理" in director.act(case, "approve_order", "2026-02-05").text
    assert "已办理" in officer.act(case, "serve_order", "2026-02-06", term="15wd").text
    page = head.read(f"/cases/{case}")
    assert "3月5日（周四）" in page.text
    assert "春节放假" in page.text
    assert "已办理：签收" in head.act(case, "acknowledge", "2026-02-06").text
    assert "已办理" in head.act(case, "submit_plan", "2026-02-13").text
    assert "不能是空的" in head.act(case, "submit_report", "2026-03-04").text
    assert "已办理" in head.act(case, "submit_report", "2026-03-04", note="已列入计划").text
    refused = head.act(case, "verify_pass", "2026-03-11")
    assert refused.status_code == 409
    assert "须由检查人员、承办人办理" in refused.text
    assert "已办理" in officer.act(case, "verify_pass", "2026-03-11", verifiers="甲、乙").text
    assert "录入人本人不能会签" in officer.act(case, "countersign", "2026-03-11").text
    assert "已办理" in visitor("second", Role.INSPECTOR).act(case, "countersign", "2026-03-11").text
    assert "已办理" in director.act(case, "approve_closure", "2026-03-13").text
    assert bench.state(case) is State.CLOSED
    assert bench.history(case)[-3].event.data["verifiers"] == ["甲", "乙"]
    replayed = auditor.read(f"/cases/{case}/replay?step=2")
    assert "2 / 9" in replayed.text
    assert "责令整改" in replayed.text
    assert "校验通过：9条事件" in auditor.send("/audit", "/audit").text
    assert bench.folded(case) == bench.case(case)


def test_every_page_answers_and_forbids_foreign_assets(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    director = visitor("director", Role.DIRECTOR)
    pages = ["/", "/cases", f"/cases?q={UNIT}&state=ordered_to_rectify&light=green", f"/cases/{case}", "/new", "/audit"]
    pages += [f"/cases/{case}/replay", "/calculator?start=2026-02-06&term=15wd", "/password", "/?lang=en", "/cases"]
    for path in pages:
        answer = director.read(path)
        assert answer.status_code == 200, path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<script|https?://|style=", answer.text), path
        labelled = set(re.findall(r'<label for="([^"]+)"', answer.text))
        needed = set(re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', answer.text))
        assert needed <= labelled, path
    assert "My desk" in director.read("/").text
    assert director.read("/calculator?start=2026-02-06&term=soon").status_code == 422
    assert director.read("/static/duban.css").status_code == 200
    assert director.read("/cases/99999").status_code == 404


def test_strangers_see_nothing_and_are_sent_to_log_in(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    stranger = visitor("stranger", Role.HEAD, "临溪市教育局")
    number = bench.case(case).number
    for path in ("/", "/cases", f"/cases?q={number}", f"/cases/{case}", f"/cases/{case}/replay"):
        assert number not in stranger.read(path).text.replace(f'value="{number}"', "").replace(f"含：{number}", ""), (
            path
        )
    assert stranger.read("/audit").status_code == 403
    nobody = TestClient(bench.application, follow_redirects=False)
    for path in ("/", "/cases", f"/cases/{case}", "/new", "/audit", "/calculator", "/password"):
        assert nobody.get(path).headers["location"] == "/login", path
    assert nobody.post(f"/cases/{case}/acts", data={"act": "acknowledge"}).headers["location"] == "/login"
    assert len(bench.history(case)) == 2


def test_forms_from_elsewhere_and_second_clicks_do_nothing(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    head = visitor("head", Role.HEAD, UNIT)
    forged = head.client.post(f"/cases/{case}/acts", data={"act": "submit_plan", "on": "2026-02-13", "csrf": "x"})
    assert forged.status_code == 403
    assert len(bench.history(case)) == 2
    for _ in range(2):
        head.send(f"/cases/{case}/acts", f"/cases/{case}", act="submit_plan", on="2026-02-13", key="k")
    assert len(bench.history(case)) == 3


def test_rough_forms_and_addresses_are_answered(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    head = visitor("head", Role.HEAD, UNIT)
    for path in (
        f"/cases/{2**40}",
        "/cases/0",
        "/cases/x",
        "/cases?q=%00",
        "/cases?state=x&after=x",
        "/calculator?start=x",
    ):
        assert head.read(path).status_code < 500, path
    for data in (
        {"act": "\x00"},
        {"act": "submit_plan", "on": ""},
        {"act": "submit_plan", "on": "2026-02-13", "seen": "x"},
    ):
        assert head.send(f"/cases/{case}/acts", f"/cases/{case}", **data).status_code < 500, data
    assert head.client.post("/login", data={"username": "\x00", "password": "x"}).status_code < 500


def test_passwords_are_refused_when_plain_and_accounts_lock(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    head = visitor("head", Role.HEAD, UNIT)
    assert "至少10位" in head.send("/password", old=NEW, new="short").text
    head.send("/logout")
    for _ in range(5):
        assert "不对" in head.log_in("head", "wrong").text
    assert "不对" in head.log_in("head", NEW).text
    assert "不对" in head.log_in("nobody", "wrong").text
    assert bench.office.settings.home.exists()


def test_the_metrics_name_no_case(bench: Bench) -> None:
    case = bench.ordered()
    text = TestClient(bench.application).get("/metrics").text
    assert "duban_open_deadlines 1.0\n" in text
    assert bench.case(case).number not in text
    assert UNIT not in text


def test_a_one_time_password_opens_the_page_for_another_one_and_nothing_else(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("officer", Role.HANDLER)
    one_time = bench.give_password("officer")
    with TestClient(bench.application, follow_redirects=True) as client:
        form = {"username": "officer", "password": one_time}
        assert "修改口令" in client.post("/login", data=form).text
        assert client.get("/cases").url.path == "/password"
        csrf = re.search(r'name="csrf" value="([^"]*)"', client.get("/password").text)
        assert csrf is not None
        client.post("/password", data={"csrf": csrf[1], "old": one_time, "new": NEW})
        assert "不对" in client.post("/login", data=form).text  # it was good for one time
        assert "退出登录" in client.post("/login", data={"username": "officer", "password": NEW}).text
        assert client.get("/cases").url.path == "/cases"
