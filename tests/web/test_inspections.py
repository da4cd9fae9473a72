"""The pages of the year's inspections: for the office, for the phone on the spot, and for the unit."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from states.vocabulary import Act, Role
from store import accounts, sessions
from tests.support.applications import over
from tests.support.callers import Door
from tests.support.inspections import BUREAU, COUNTY, approved, list_of, planned, units
from tests.support.photos import jpeg
from tests.support.visitors import Arrivals, Visitor
from web.dependencies import COOKIE
from web.page import LARGEST_FILE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from tests.support.offices import Bench


@pytest.fixture
def today(sqlite_bench: Bench) -> date:
    """Found the units, and give the day on which the pages are opened."""
    units(sqlite_bench)
    return sqlite_bench.office.today()


class Comer(Visitor):
    """Somebody who is logged in already, so that no password is asked for."""

    def __init__(self, bench: Bench, username: str) -> None:
        with bench.office.database.transaction() as session:
            accounts.set_password(session, username, "unused", must_change=False)
            cookie = sessions.begin(session, username, now())
        self.client = TestClient(over(bench.office), follow_redirects=True)
        self.client.cookies.set(COOKIE, cookie)


@pytest.fixture
def come(sqlite_bench: Bench) -> Iterator[Callable[..., Comer]]:
    """Give what lets somebody come to the pages of this office, of a unit or of the office itself."""
    with Arrivals(sqlite_bench) as found:

        def make(username: str, role: Role, unit: str = "") -> Comer:
            found.account(username, role, unit)
            comer = Comer(sqlite_bench, username)
            found.stack.callback(comer.client.close)
            return comer

        yield make


def form(visitor: Visitor, list_id: int, **fields: str) -> dict[str, str]:
    """Return what the form of an on-site list sends: all that it shows, and these."""
    page = visitor.read(f"/onsite/{list_id}").text
    shown = dict(re.findall(r'name="(s\d+)" value="([^"]*)"', page))
    answers = dict(re.findall(r'name="(a\d+)" value="(\w+)" checked', page))
    notes = dict(re.findall(r'name="(n\d+)"[^>]*>([^<]*)</textarea>', page))
    return shown | answers | notes | fields


def test_what_overlaps_is_shown_before_it_is_planned(
    sqlite_bench: Bench, come: Callable[..., Comer], today: date
) -> None:
    planned(sqlite_bench, from_on=today, until_on=today)
    handler = come("handler", Role.HANDLER)
    fields = {
        "kind": "special",
        "title": "教育执法专项督查",
        "basis": "市委计划",
        "units": BUREAU,
        "team": "刘芳、陈立",
        "duty": "art7-2",
        "from_on": today.isoformat(),
        "until_on": today.isoformat(),
    }
    first = handler.send("/plan/new", "/plan/new", **fields)
    assert "重叠" in first.text
    assert 'name="seen"' in first.text
    assert len(sqlite_bench.office.inspection_plans.listed()) == 1
    refused = handler.send("/plan/new", "/plan/new", **fields, seen="1")
    assert refused.status_code == 409
    assert "写明保留的理由" in refused.text
    kept = handler.send("/plan/new", "/plan/new", **fields, seen="1", kept_because="市委交办")
    assert "待上级主要负责人批准" in kept.text
    assert "市委交办" in kept.text
    assert handler.send("/plan/new", "/plan/new", **fields | {"units": "没有的局"}).status_code == 404


def test_the_leader_approves_the_plan_of_the_year(sqlite_bench: Bench, come: Callable[..., Comer], today: date) -> None:
    planned(sqlite_bench, from_on=today, until_on=today)
    leader, director = come("leader", Role.LEADER), come("director", Role.DIRECTOR)
    assert "待您批准" not in director.read("/plan").text
    assert director.send("/plan", "/plan", year=str(today.year)).status_code == 403
    assert "已批准" in leader.send("/plan", "/plan", year=str(today.year)).text
    assert "没有待批准" in leader.send("/plan", "/plan", year=str(today.year)).text
    page = director.read("/plan").text
    assert "待开始1项" in page
    assert "上限每月4次" in page


def test_an_on_site_list_may_be_sent_again_and_makes_one_finding(
    sqlite_bench: Bench, come: Callable[..., Comer], today: date
) -> None:
    inspection = approved(sqlite_bench, from_on=today, until_on=today)
    list_id, inspector = list_of(inspection, BUREAU), come("chenli", Role.INSPECTOR)
    page = f"/onsite/{list_id}"
    sent = form(inspector, list_id, a2="yes", a3="no", n3="没有签收回执")
    for _ in range(2):
        assert "已保存" in inspector.send(page, page, **sent, do="save").text
    csrf = re.search(r'name="csrf" value="([^"]*)"', inspector.read(page).text)
    assert csrf is not None
    photo = ("现场.jpg", jpeg("2026:04:02 09:36:10"), "image/jpeg")
    for _ in range(2):
        fields = form(inspector, list_id) | {"csrf": csrf[1], "do": "register-3"}
        answer = inspector.client.post(page, data=fields, files={"p3": photo})
        assert "第3项已登记为" in answer.text
    assert "09:36 拍摄" in inspector.read(page).text
    found = sqlite_bench.office.on_site.read(list_id)
    assert [len(point.photos) for point in found.points] == [0, 1]
    assert [act for _, act in sqlite_bench.acts(1)] == [Act.REGISTER_FINDING.value]
    hash_ = found.points[1].photos[0].sha256
    assert inspector.read(f"{page}/photos/{hash_}").content == photo[1]
    assert inspector.read(f"{page}/photos/{'0' * 64}").status_code == 404
    handed_in = inspector.send(page, page, **form(inspector, list_id), do="submit")
    assert "检查记录已报送" in handed_in.text
    assert inspector.send(page, page, **sent | {"a2": "no"}, do="save").status_code == 409


def test_a_form_that_was_opened_before_does_not_write_over_what_another_has_found(
    sqlite_bench: Bench, come: Callable[..., Comer], today: date
) -> None:
    inspection = approved(sqlite_bench, from_on=today, until_on=today)
    list_id = list_of(inspection, BUREAU)
    page = f"/onsite/{list_id}"
    chen, he = come("chenli", Role.INSPECTOR), come("hejing", Role.INSPECTOR)
    old = form(he, list_id, a3="yes")
    chen.send(page, page, **form(chen, list_id, a2="no", n2="计划没有法治内容"), do="save")
    he.send(page, page, **old, do="save")
    found = sqlite_bench.office.on_site.read(list_id)
    assert [(point.answered.answer, point.answered.note) for point in found.points if point.answered] == [
        ("no", "计划没有法治内容"),
        ("yes", ""),
    ]


def test_a_refused_list_keeps_what_was_typed(sqlite_bench: Bench, come: Callable[..., Comer], today: date) -> None:
    list_id = list_of(approved(sqlite_bench, from_on=today, until_on=today), COUNTY)
    inspector, page = come("chenli", Role.INSPECTOR), f"/onsite/{list_id}"
    refused = inspector.send(page, page, **form(inspector, list_id, n1="见机密文件"), do="save")
    assert refused.status_code == 422
    assert "国家秘密" in refused.text
    unanswered = inspector.send(page, page, **form(inspector, list_id, n1="县长不在"), do="submit")
    assert "还差1项没有查" in unanswered.text
    assert "县长不在" in unanswered.text


def test_a_unit_reads_its_announced_inspection_and_neither_the_team_nor_the_list(
    sqlite_bench: Bench, come: Callable[..., Comer], today: date
) -> None:
    inspection = approved(sqlite_bench, from_on=today, until_on=today)
    secret = approved(
        sqlite_bench, kind="unannounced", title="教育暗访", from_on=today, until_on=today, kept_because="随机"
    )
    head, handler = come("head", Role.HEAD, BUREAU), come("handler", Role.HANDLER)
    assert "法治建设年度报告核查" not in head.read("/plan").text
    assert head.read(f"/plan/{inspection.id}").status_code == 404
    assert "能看到" not in handler.send(f"/plan/{inspection.id}", f"/plan/{inspection.id}", step="announce").text
    page = head.read(f"/plan/{inspection.id}").text
    assert BUREAU in page
    for hidden in (COUNTY, "陈立", "现场检查清单", "教育暗访"):
        assert hidden not in page + head.read("/plan").text
    assert head.read(f"/plan/{secret.id}").status_code == 404
    assert head.read(f"/onsite/{list_of(inspection, BUREAU)}").status_code == 403
    assert head.read("/plan/new").status_code == 403
    refused = handler.send(f"/plan/{secret.id}", f"/plan/{secret.id}", step="announce")
    assert "不打招呼" in refused.text


def test_once_a_plan_is_approved_a_finding_names_an_inspection_of_it_or_a_reason(
    sqlite_bench: Bench, come: Callable[..., Comer], today: date
) -> None:
    inspector = come("chenli", Role.INSPECTOR)
    finding = {
        "on": today.isoformat(),
        "d.unit": BUREAU,
        "d.post": "局长",
        "d.duty": "art7-1a",
        "d.inspection": "special",
    }
    assert "计划外" not in inspector.read("/new").text
    assert "已办理：登记" in inspector.send("/new", "/new", **finding, **{"d.finding": "计划没有批准"}).text
    inspection = approved(sqlite_bench, from_on=today, until_on=today)
    refused = inspector.send("/new", "/new", **finding, **{"d.finding": "没有说明"})
    assert refused.status_code == 422
    assert "请选择计划内的检查，或者写明计划外检查的理由" in refused.text
    for more in ({"d.inspection_plan": inspection.number}, {"d.outside_plan": "市委交办"}):
        opened = inspector.send("/new", "/new", **finding, **{"d.finding": f"说明了{more}"[:40]}, **more)
        assert "已办理：登记" in opened.text
    assert sqlite_bench.history(3)[0].event.data["outside_plan"] == "市委交办"


def test_a_finding_against_another_s_duty_is_refused_at_the_page_and_the_interface(
    come: Callable[..., Comer], today: date
) -> None:
    inspector = come("chenli", Role.INSPECTOR)
    finding = {"d.unit": BUREAU, "d.post": "局长", "d.duty": "art6-4b", "d.inspection": "special", "d.finding": "x"}
    refused = inspector.send("/new", "/new", on=today.isoformat(), **finding)
    assert refused.status_code == 422
    assert "第六条第四项是政府主要负责人的职责" in refused.text
    company = finding | {"d.unit": "某某集团公司"}
    asked = inspector.send("/new", "/new", on=today.isoformat(), **company)
    assert asked.status_code == 409  # nobody knows this unit yet
    taken = inspector.send("/new", "/new", on=today.isoformat(), meant="new", meant_of="某某集团公司", **company)
    assert "不清楚“某某集团公司”" in taken.text


def test_a_second_login_signs_a_list_with_a_no_on_its_page_or_sends_it_back(
    sqlite_bench: Bench, come: Callable[..., Comer], today: date
) -> None:
    found = approved(sqlite_bench, units=(COUNTY,), duties=("art6-4b",), from_on=today, until_on=today)
    page = f"/onsite/{list_of(found, COUNTY)}"
    first, second = come("liu", Role.INSPECTOR), come("chen", Role.HANDLER)
    fields = form(first, list_of(found, COUNTY), a1="no", n1="没有文号", do="submit")
    assert "检查记录已报送" in first.send(page, page, **fields).text
    assert 'value="sign"' not in first.read(page).text
    assert "等第二人会签" in first.read(page).text
    assert "写明理由" in second.send(page, page, do="send_back", reason="").text
    assert "已退回" in second.send(page, page, do="send_back", reason="写明哪一份").text
    assert "写明哪一份" in first.read(page).text
    fields = form(first, list_of(found, COUNTY), do="submit")
    first.send(page, page, **fields)
    assert "第二人已会签" in second.send(page, page, do="sign").text


def test_photos_come_through_the_interface_hashed_timed_and_bounded(sqlite_bench: Bench, today: date) -> None:
    found = approved(sqlite_bench, units=(COUNTY,), duties=("art6-4b",), from_on=today, until_on=today)
    door = Door(sqlite_bench)
    for name, role, unit in (("liu", Role.INSPECTOR, ""), ("chen", Role.HANDLER, ""), ("head", Role.HEAD, COUNTY)):
        door.person(name, role, unit)
    path = f"/inspections/lists/{list_of(found, COUNTY)}"

    def sent(who: str, content: bytes, place: str = "1", **more: str) -> Any:
        files = {"file": ("现场/一.jpg", content, "image/jpeg")}
        return door.ask(who, "POST", f"{path}/photos", files=files, data={"place": place, **more})

    photo = jpeg()
    kept = sent("liu", photo, taken_at="2026-04-02T09:36:10").json()
    assert kept["sha256"] == sha256(photo).hexdigest()
    (shown,) = kept["list"]["points"][0]["photos"]
    assert (shown["name"], shown["taken_at"]) == ("一.jpg", "2026-04-02T01:36:10+00:00")
    assert len(sent("liu", photo).json()["list"]["points"][0]["photos"]) == 1, "the same again changes nothing"
    assert sent("liu", b"%PDF-1.7").status_code == 422
    assert sent("liu", photo, place="9").status_code == 404
    assert sent("head", photo).status_code == 409
    assert sent("liu", photo + bytes(LARGEST_FILE)).status_code == 422
    said = {"answers": [{"place": 1, "answer": "no", "note": "没有文号"}], "submit": True}
    assert door.ask("liu", "POST", f"{path}/answers", json=said).json()["awaits_signature"]
    assert door.ask("liu", "POST", f"{path}/signature", json={"signed": True}).status_code == 409
    assert door.ask("chen", "POST", f"{path}/signature", json={"signed": False}).status_code == 422
    assert door.ask("chen", "POST", f"{path}/signature", json={"signed": True}).json()["signed_on"]
    door.client.close()
