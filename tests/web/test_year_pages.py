"""The pages of files and reports: what stands there, what it leads to, and to whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from states.vocabulary import Role
from store import organisation, sessions
from tests.support.applications import over
from tests.support.change_of_head import AFTER, BEFORE, BEFORE_NAME, POST, live
from tests.support.offices import UNIT
from tests.support.visitors import Arrivals
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from tests.support.offices import Bench

from starlette.testclient import TestClient


def head_at_the_page(bench: Bench, username: str) -> TestClient:
    with bench.office.database.transaction() as session:
        secret = sessions.begin(session, username, now())
    client = TestClient(over(bench.office), follow_redirects=True)
    client.cookies.set(COOKIE, secret)
    return client


def test_the_file_is_read_on_any_day_by_the_office_and_each_head_reads_the_own(sqlite_bench: Bench) -> None:
    live(sqlite_bench)
    with Arrivals(sqlite_bench) as arrivals:
        officer = arrivals.come("liu", Role.HANDLER)
        units = dict(re.findall(r'href="/units/(\d+)">([^<]+)</a>', officer.read("/units").text))
        unit = next(id_ for id_, name in units.items() if name == UNIT)
        link = re.search(r'href="(/dossier/\d+)"', officer.read(f"/units/{unit}").text)
        assert link is not None
        june, july = (officer.read(f"{link[1]}?on=2026-{on}").text for on in ("06-30", "07-01"))
        assert BEFORE_NAME in june
        assert "离任时移交的事项" not in june
        assert "接任时承接的事项" in july
        english = officer.read(f"{link[1]}?on=2026-09-30&since=2026-01-01&lang=en").text
        assert "(after he left)" in english
        assert officer.read(f"{link[1]}?on=2999-01-01").status_code == 422
        paper = officer.read(f"{link[1]}/paper?kind=statement&on=2026-09-30")
        assert paper.content.startswith(b"PK")
        stranger = arrivals.come("wang", Role.HEAD, "临溪市水务局")
        assert stranger.read(link[1]).status_code == 404
        assert stranger.read(f"{link[1]}/paper").status_code == 404
        assert "还没有您的法治档案" in stranger.read("/dossier").text
        assert arrivals.come("lian", Role.LIAISON, UNIT).read(link[1]).status_code == 403
    with head_at_the_page(sqlite_bench, AFTER) as came:
        assert POST in came.get("/dossier").text
        assert came.get(f"/dossier/{BEFORE}").status_code == 404
        assert came.get("/report").status_code == 403


def test_every_figure_of_the_page_leads_to_a_list_of_as_many_cases(sqlite_bench: Bench) -> None:
    live(sqlite_bench)
    with Arrivals(sqlite_bench) as arrivals:
        leader = arrivals.come("leader", Role.LEADER)
        page = leader.read("/report/2026Q3?until=2026-09-30").text
        figures = set(re.findall(r'<a href="(/cases\?report=[^"]+)">(\d+)</a>', page))
        assert len(figures) > 10
        for address, n in figures:
            listed = re.search(r"共(\d+)件", leader.read(address).text)
            assert listed is not None
            assert int(listed[1]) <= int(n)
            key = address.rsplit(".", 1)[1]
            if key.startswith(("opened", "closed", "open", "item", "cell", "red", "yellow")):
                assert listed[1] == n, address
        assert leader.read("/report/2026Q3/paper").content.startswith(b"PK")
        assert "督查专报2026年第三季度" in leader.read("/cases?report=2026Q3.2026-09-30.opened").text
        assert leader.read("/cases?report=x").status_code == 404
        assert leader.read("/report/2026Q9").status_code == 422
        api = leader.read("/api/v1/reports/2026-07").json()
        assert api["until"] == "2026-07-31"
        file = leader.read(f"/api/v1/dossiers/{BEFORE}?on=2026-06-30").json()
        assert file["tenure"]["holder"] == BEFORE_NAME


def test_a_commendation_is_proposed_drafted_and_read_on_its_page_by_those_whom_it_concerns(sqlite_bench: Bench) -> None:
    sqlite_bench.open("02-02")
    with Arrivals(sqlite_bench) as arrivals:
        officer, leader = arrivals.come("liu", Role.HANDLER), arrivals.come("leader", Role.LEADER)
        page = officer.send("/commendations", unit=UNIT, post="", text="整改举一反三")
        assert "还没有拟表扬通报" in page.text
        head = arrivals.come("head", Role.HEAD, UNIT)
        assert head.read("/commendations/1").status_code == 404
        assert "整改举一反三" not in head.read("/commendations").text
        draft = officer.send("/commendations/1", act="draft")
        assert "成效突出" in draft.text
        officer.send("/documents/1/steps", step="submit")
        assert "签发表扬通报" in leader.read("/approvals").text
        leader.send("/documents/1/steps", step="sign", seen="2")
        assert "印发即为批准表扬" in officer.read("/documents/1").text
        officer.send("/documents/1/steps", step="issue")
        told = officer.read("/commendations/1").text
        assert "已表扬" in told
        assert "予以通报表扬" in told
        assert "整改举一反三" in head.read("/commendations/1").text
        assert "已通知" not in head.read("/commendations/1").text
        assert head.read("/documents/1").status_code == 200
        stranger = arrivals.come("wang", Role.HEAD, "临溪市水务局")
        assert stranger.read("/commendations/1").status_code == 404
        assert stranger.read("/documents/1").status_code == 404


def test_a_unit_reads_its_own_place_and_objects_from_its_page_and_the_office_sees_who_was_told(
    sqlite_bench: Bench,
) -> None:
    sqlite_bench.open("02-02")
    other, today = "临溪市水务局", sqlite_bench.office.today()
    with sqlite_bench.office.database.transaction() as session:
        organisation.ensure_unit(session, other, "department")
    room, director = sqlite_bench.office.rankings, sqlite_bench.actor(Role.DIRECTOR)
    room.compute(today.year, today, director, now())
    with Arrivals(sqlite_bench) as arrivals:
        head, stranger = arrivals.come("head", Role.HEAD, UNIT), arrivals.come("wang", Role.HEAD, other)
        own = f"/ranking/{today.year}/own"
        assert head.read(own).status_code == 404
        room.announce(today.year, today, director, now())
        assert own in head.read("/mine").text
        assert "检查发现问题" in head.read(own).text
        assert "检查发现问题" not in stranger.read(own).text
        assert stranger.read(f"/ranking/{today.year}/2").status_code == 404
        done = head.send(own, text="检查发现的问题已经整改")
        assert "异议已提出" in done.text
        assert "还没有答复" in done.text
        assert "检查发现的问题已经整改" not in stranger.read(own).text
        office = arrivals.come("zhang", Role.DIRECTOR)
        assert office.read(own).status_code == 404
        page = office.read("/ranking").text
        assert "年度排序征求异议" in page
        assert "检查发现的问题已经整改" in page
        answered = office.send("/ranking", year=str(today.year), act="answer", id="1", text="不在考核期", accepted="no")
        assert "异议已答复" in answered.text
        assert "不在考核期" in head.read(own).text
