"""The three administrators at their pages: what one begins, another decides, and the third reads what both did."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from accounts import login, requests
from accounts.requests import RequestKind
from states.errors import NotFound, Problem
from states.vocabulary import RUNGS, Role
from store import accounts, admin_log, organisation, unit_posts
from tests.support.applications import over
from tests.support.mailboxes import mail_server
from tests.support.offices import UNIT, Bench
from tests.support.visitors import NEW, Arrivals
from web.words import near
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.support.databases import Databases
    from tests.support.visitors import Visitor


class Three:
    """An office with its three administrators."""

    def __init__(self, bench: Bench, arrivals: Arrivals) -> None:
        self.bench, self.arrivals = bench, arrivals
        self.system = arrivals.come("sys", Role.ADMINISTRATOR)
        self.security = arrivals.come("sec", Role.SECURITY_ADMINISTRATOR)
        self.audit = arrivals.come("aud", Role.AUDIT_ADMINISTRATOR)

    def add(self, username: str, role: Role = Role.HANDLER) -> str:
        """Let the system administrator add an account; return the one-time password."""
        fields = {"username": username, "name": "张三", "role": role.value, "unit": self.bench.settings.office}
        page = self.system.send("/admin/users", do="add", **fields).text
        found = re.search(r"只显示这一次）：(\S{16})。", page)
        assert found is not None, page
        return found[1]

    def waiting(self, about: str, kind: RequestKind) -> int:
        """Return the number of what waits about an account, a unit or a post; 0 if nothing does."""
        with self.bench.office.database.reading() as session:
            found = [one.id for one in requests.waiting(session) if (one.about, one.kind) == (about, kind)]
        return found[0] if found else 0

    def decide(self, who: Visitor, about: str, kind: RequestKind, do: str = "grant") -> Response:
        return who.send("/admin/users", do=do, request=str(self.waiting(about, kind)))

    def confirm(self, username: str) -> Response:
        return self.decide(self.security, username, RequestKind.ACCOUNT)

    def log(self) -> list[tuple[str, str, str]]:
        """Return what the log says, without the passwords that the console gave the three themselves."""
        with self.bench.office.database.reading() as session:
            lines = reversed(admin_log.read(session))
            return [(line.who, line.what, line.whom) for line in lines if line.who != login.CONSOLE]


@pytest.fixture
def three(bench: Bench) -> Iterator[Three]:
    with Arrivals(bench) as arrivals:
        yield Three(bench, arrivals)


def _way(address: str, row: int = 0) -> dict[str, str]:
    return {f"way.{row}.kind": "mail", f"way.{row}.address": address}


def _may_enter(bench: Bench, username: str, password: str) -> bool:
    client = TestClient(bench.application, follow_redirects=True)
    page = client.post("/login", data={"username": username, "password": password}).text
    client.close()
    return "<h1>登录</h1>" not in page


def test_an_account_works_only_when_the_security_administrator_has_confirmed_it(three: Three) -> None:
    bench = three.bench
    password = three.add("zhang")
    assert not _may_enter(bench, "zhang", password)
    with pytest.raises(NotFound, match="确认"), bench.office.database.reading() as session:
        accounts.person(session, "zhang")
    assert three.decide(three.system, "zhang", RequestKind.ACCOUNT).status_code == 409
    assert not _may_enter(bench, "zhang", password)
    assert "已办理：确认账号" in three.confirm("zhang").text
    assert _may_enter(bench, "zhang", password)
    again = three.system.send("/admin/users", do="give_password", username="zhang").text
    fresh = re.search(r"只显示这一次）：(\S{16})。", again)
    assert fresh is not None
    assert not _may_enter(bench, "zhang", fresh[1])
    three.confirm("zhang")
    assert _may_enter(bench, "zhang", fresh[1])
    three.system.send("/admin/users", do="want_disable", username="zhang")
    assert _may_enter(bench, "zhang", fresh[1])
    three.decide(three.security, "zhang", RequestKind.DISABLING)
    assert not _may_enter(bench, "zhang", fresh[1])
    assert three.log() == [
        ("sys", "add", "zhang"),
        ("sec", "confirm", "zhang"),
        ("sys", "give_password", "zhang"),
        ("sec", "confirm", "zhang"),
        ("sys", "want_disable", "zhang"),
        ("sec", "disable", "zhang"),
    ]
    page = three.audit.read("/admin/log").text
    for words in ("添加账号", "确认账号", "发放一次性口令", "停用账号", "sys（系统管理员）", "sec（安全管理员）"):
        assert words in page
    assert "<td>停用账号" not in three.audit.read("/admin/log?who=sys").text


def test_a_role_is_asked_for_by_one_and_granted_by_another(three: Three) -> None:
    def role() -> Role:
        with three.bench.office.database.reading() as session:
            return accounts.role_of(session, "zhang")

    three.add("zhang")
    three.confirm("zhang")
    three.system.send("/admin/users", do="want_role", username="zhang", role="director")
    assert role() is Role.HANDLER
    assert three.decide(three.system, "zhang", RequestKind.ROLE).status_code == 409
    refused = str(three.waiting("zhang", RequestKind.ROLE))
    three.decide(three.security, "zhang", RequestKind.ROLE, "refuse")
    assert "已有变动" in three.security.send("/admin/users", do="grant", request=refused).text
    assert role() is Role.HANDLER
    three.system.send("/admin/users", do="want_role", username="zhang", role="director")
    three.decide(three.security, "zhang", RequestKind.ROLE)
    assert role() is Role.DIRECTOR
    assert three.security.send("/admin/users", do="want_role", username="zhang", role="leader").status_code == 409
    assert three.system.send("/admin/users", do="want_role", username="zhang", role="system").status_code == 422


def test_a_disabled_account_comes_back_when_both_administrators_want_it(three: Three) -> None:
    bench = three.bench
    old = three.add("zhang")
    three.confirm("zhang")
    assert _may_enter(bench, "zhang", old)
    three.system.send("/admin/users", do="want_role", username="zhang", role="leader")
    asked = str(three.waiting("zhang", RequestKind.ROLE))
    three.system.send("/admin/users", do="want_disable", username="zhang")
    three.decide(three.security, "zhang", RequestKind.DISABLING)
    assert three.security.send("/admin/users", do="enable", username="zhang").status_code == 409
    assert "恢复</button>" not in three.security.read("/admin/users").text
    assert "恢复</button>" in three.system.read("/admin/users").text
    page = three.system.send("/admin/users", do="enable", username="zhang").text
    fresh = re.search(r"只显示这一次）：(\S{16})。", page)
    assert fresh is not None
    assert "待安全管理员确认" in page
    for password in (old, fresh[1]):
        assert not _may_enter(bench, "zhang", password)
    three.confirm("zhang")
    assert not _may_enter(bench, "zhang", old)
    assert _may_enter(bench, "zhang", fresh[1])
    assert "已有变动" in three.security.send("/admin/users", do="grant", request=asked).text
    again = three.system.send("/admin/users", do="enable", username="zhang")
    assert (again.status_code, "没有停用" in again.text) == (422, True)
    assert three.system.send("/admin/users", do="enable", username="nobody").status_code == 404
    assert three.log() == [
        ("sys", "add", "zhang"),
        ("sec", "confirm", "zhang"),
        ("sys", "want_role", "zhang"),
        ("sys", "want_disable", "zhang"),
        ("sec", "disable", "zhang"),
        ("sys", "enable", "zhang"),
        ("sec", "confirm", "zhang"),
    ]
    assert "恢复账号" in three.audit.read("/admin/log").text


def test_a_person_who_was_forgotten_does_not_come_back(three: Three) -> None:
    three.add("zhang")
    with three.bench.office.database.transaction() as session:
        accounts.forget(session, "zhang", [], [], now())
    refused = three.system.send("/admin/users", do="enable", username="zhang")
    assert (refused.status_code, "不能恢复" in refused.text) == (422, True)
    assert [what for _who, what, _whom in three.log()] == ["add"]


def test_another_unit_is_asked_for_by_one_and_granted_by_another(three: Three) -> None:
    bench = three.bench

    def unit() -> str:
        with bench.office.database.reading() as session:
            return accounts.person(session, "head").unit

    head = three.arrivals.come("head", Role.HEAD, UNIT)
    own, other = bench.open(unit=UNIT), bench.open(unit="临溪市教育局")
    assert three.system.send("/admin/users", do="want_unit", username="head", unit="没有的局").status_code == 404
    assert three.system.send("/admin/users", do="want_unit", username="head", unit=UNIT).status_code == 422
    asked = three.system.send("/admin/users", do="want_unit", username="head", unit="临溪市教育局").text
    assert f"{UNIT} → 临溪市教育局（待批准）" in asked
    assert three.decide(three.system, "head", RequestKind.UNIT).status_code == 409
    refused = str(three.waiting("head", RequestKind.UNIT))
    three.decide(three.security, "head", RequestKind.UNIT, "refuse")
    assert "已有变动" in three.security.send("/admin/users", do="grant", request=refused).text
    assert (unit(), head.read(f"/cases/{own}").status_code) == (UNIT, 200)
    three.system.send("/admin/users", do="want_unit", username="head", unit="临溪市教育局")
    assert three.security.send("/admin/users", do="want_unit", username="head", unit=UNIT).status_code == 409
    assert "已办理：批准调整单位" in three.decide(three.security, "head", RequestKind.UNIT).text
    assert unit() == "临溪市教育局"
    assert "<h1>登录</h1>" in head.read("/").text  # the session has ended: what it showed is another's now
    head.log_in("head", NEW)
    assert (head.read(f"/cases/{own}").status_code, head.read(f"/cases/{other}").status_code) == (404, 200)
    assert [(who, what) for who, what, _whom in three.log()] == [
        ("sys", "want_unit"),
        ("sec", "refuse_unit"),
        ("sys", "want_unit"),
        ("sec", "grant_unit"),
    ]
    page = three.audit.read("/admin/log").text
    assert "批准调整单位" in page
    assert "临溪市教育局" in page


def test_nobody_helps_himself_and_none_does_the_work_of_another(three: Three) -> None:
    three.add("zhang")
    before = three.log()
    waits = str(three.waiting("zhang", RequestKind.ACCOUNT))
    for who, did in (
        (three.system, ("grant", "refuse", "unlock", "end_sessions", "drop_factor")),
        (three.security, ("add", "enable", "give_password", "want_role", "want_unit")),
        (three.audit, ("add", "want_disable", "enable", "unlock", "grant", "refuse", "want_unit")),
    ):
        for do in did:
            fields = {"do": do, "username": "zhang", "name": "x", "role": "leader", "unit": UNIT, "request": waits}
            # The page itself is closed to the audit administrator; to the others it is open, and the act is not theirs.
            expected = 403 if who is three.audit else 409
            assert who.send("/admin/users", **fields).status_code == expected, do
    for username, who, do in (("sys", three.system, "want_role"), ("sec", three.security, "want_disable")):
        own = who.send("/admin/users", do=do, username=username, role="director")
        assert own.status_code == 409
        assert "自己的账号" in own.text
    assert three.log() == before
    pages = ("/admin/users", "/admin/units", "/admin/policies", "/admin/calendar", "/admin/log")
    opens = {"sys": (1, 1, 1, 1, 0), "sec": (1, 1, 0, 0, 0), "aud": (0, 0, 0, 0, 1)}
    officer = three.arrivals.come("officer", Role.DIRECTOR)
    for name, who in (("sys", three.system), ("sec", three.security), ("aud", three.audit), ("", officer)):
        for path, opened in zip(pages, opens.get(name, (0,) * 5), strict=True):
            assert who.read(path).status_code == (200 if opened else 403), (name, path)
    nobody = TestClient(over(three.bench.office), follow_redirects=False)
    for path in (*pages, "/admin", "/admin/posts/1", "/account", "/account/second-factor"):
        assert nobody.get(path).headers["location"] == "/login", path
    nobody.close()


def test_the_log_of_administration_is_written_once(three: Three) -> None:
    three.add("zhang")
    for statement in ("UPDATE administration SET who = 'x'", "DELETE FROM administration"):
        with (
            pytest.raises((DBAPIError, Problem), match="append-only"),
            three.bench.office.database.transaction() as session,
        ):
            session.execute(text(statement))
    assert three.log() == [("sys", "add", "zhang")]


def test_locked_accounts_and_sessions_are_the_security_administrators_business(three: Three) -> None:
    bench = three.bench
    head = three.arrivals.come("head", Role.HEAD, UNIT)
    three.security.send("/admin/users", do="end_sessions", username="head")
    assert "<h1>登录</h1>" in head.read("/").text
    for _ in range(5):
        head.log_in("head", "wrong")
    assert "不对" in head.log_in("head", NEW).text
    assert "已锁定" in three.security.read("/admin/users").text
    three.security.send("/admin/users", do="unlock", username="head")
    assert _may_enter(bench, "head", NEW)


def test_units_posts_and_appointments_are_kept(three: Three) -> None:
    system, office = three.system, three.bench.settings.office
    system.send("/admin/units", do="want_add_unit", name="临溪市人民政府")
    with three.bench.office.database.reading() as session:
        assert "临溪市人民政府" not in {unit.name for unit in organisation.unit_tree(session)}
    assert "待批准的申请" in three.security.read("/admin/units").text
    three.decide(three.security, "临溪市人民政府", RequestKind.NEW_UNIT)
    with three.bench.office.database.reading() as session:
        ids = {unit.name: unit.id for unit in organisation.unit_tree(session)}
    top = str(ids["临溪市人民政府"])
    system.send("/admin/units", do="want_add_unit", name=UNIT, parent=top)
    three.decide(three.security, UNIT, RequestKind.NEW_UNIT)
    with three.bench.office.database.reading() as session:
        tree = {unit.name: (unit.id, unit.depth, unit.kind) for unit in organisation.unit_tree(session)}
    unit, depth, kind = tree[UNIT]
    assert (depth, kind, tree["临溪市人民政府"][2], tree[office][1]) == (1, "department", "government", 0)
    below = system.send("/admin/units", do="want_place_unit", unit=top, parent=str(unit))
    assert (below.status_code, "下级" in below.text) == (422, True)
    system.send("/admin/units", do="add_post", unit=str(unit), name="局长", role="head")
    three.arrivals.account("head", Role.HEAD, UNIT)
    with three.bench.office.database.reading() as session:
        post = unit_posts.find_post(session, UNIT, "head")
    system.send(f"/admin/posts/{post}", do="want_appoint", username="head", on="2026-01-01")
    assert "1月1日（周四）起" not in system.read(f"/admin/posts/{post}").text
    three.decide(three.security, f"{UNIT} 局长", RequestKind.APPOINTMENT)
    assert "1月1日（周四）起" in system.read(f"/admin/posts/{post}").text
    assert system.send(f"/admin/posts/{post}", do="want_appoint", username="nobody", on="2026-01-01").status_code == 404
    assert system.send(f"/admin/posts/{post}", do="want_appoint", username="head", on="soon").status_code == 422
    assert system.send(f"/admin/posts/{post}", do="set_contacts", **_way("nowhere")).status_code == 422
    assert system.read("/admin/posts/99999").status_code == 404
    told = ["want_add_unit", "add_unit", "want_add_unit", "add_unit", "add_post", "want_appoint", "appoint"]
    assert [what for _who, what, _whom in three.log()] == told


def test_a_test_message_reaches_a_real_mail_server(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    with (
        mail_server() as mails,
        Bench(url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench,
        Arrivals(bench) as arrivals,
    ):
        system = arrivals.come("sys", Role.ADMINISTRATOR)
        with bench.office.database.reading() as session:
            post = unit_posts.find_post(session, bench.settings.office, "director")
        path = f"/admin/posts/{post}"
        assert system.send(path, do="test_contact", which="0").status_code == 404
        both = _way("director@linxi.example") | _way("second@linxi.example", row=1)
        assert "已办理" in system.send(path, do="set_contacts", **both).text
        assert "测试消息已送达" in system.send(path, do="test_contact", which="1").text
        assert mails.recipients() == {"second@linxi.example"}
        assert "不含案件内容" in mails.texts()[0]
        mails.refuses = "550 5.1.1 no such mailbox"
        refused = system.send(path, do="test_contact", which="0")
        assert (refused.status_code, "550" in refused.text) == (422, True)
        with bench.office.database.reading() as session:
            log = admin_log.read(session)
        assert [line.what for line in log] == ["test_contact", "test_contact", "set_contacts"]
        assert all("director@" not in line.detail for line in log)
    databases.drop(url)


def _upload(visitor: Visitor, path: str, content: bytes, **fields: str) -> Any:
    found = re.search(r'name="csrf" value="([^"]*)"', visitor.client.get(path).text)
    assert found is not None
    return visitor.client.post(path, data={"csrf": found[1], **fields}, files={"file": ("notice 2027.txt", content)})


def test_a_notice_is_previewed_and_imported_without_showing_a_case(three: Three) -> None:
    bench = three.bench
    today = bench.office.today(now()).isoformat()
    case = bench.ordered(today, found=today)
    number, line = bench.case(case).number, bench.case(case).deadline("rectification")
    assert line is not None
    notice = f"{line.due_on.isoformat()} off 临溪市庆典\n".encode()
    preview = _upload(three.system, "/admin/calendar", notice, do="preview").text
    assert "将调整1案" in preview
    assert near(line.due_on, bench.office.today(now()), "zh-CN") in preview
    assert number not in preview
    assert bench.case(case).deadline("rectification") == line
    assert "调整1案" in _upload(three.system, "/admin/calendar", notice, do="import").text
    assert "临溪市庆典" in three.system.read(f"/admin/calendar?year={line.due_on.year}").text
    moved = bench.case(case).deadline("rectification")
    assert moved is not None
    assert moved.due_on > line.due_on
    bad = _upload(three.system, "/admin/calendar", b"what is this", do="import")
    assert (bad.status_code, "形式" in bad.text) == (400, True)
    assert three.log() == [("sys", "import_calendar", "notice_2027.txt")]


def test_policies_are_read_checked_and_compared(three: Three) -> None:
    system = three.system
    page = system.read("/admin/policies?show=decree-733&a=decree-733&b=sichuan-2017").text
    assert "现行" in page
    assert page.count("<caption") == 2
    assert page.count("<li><div>“") == len(RUNGS)
    assert "四川省实施办法（期限届满自动升级）（现行）</th>" in page
    assert not re.search(r">[^<]*(?:decree-733|sichuan-2017)", page)
    assert system.read("/admin/policies?show=../../etc/passwd&a=/etc/passwd&b=x").status_code == 200
    sound = (three.bench.office.rulebook._text).encode()
    assert "没有问题" in _upload(system, "/admin/policies", sound).text
    assert _upload(system, "/admin/policies", b"terms = 3").status_code == 400
    assert _upload(system, "/admin/policies", b"\xff\xfe").status_code == 422


def test_every_page_of_people_and_administration_is_labelled_and_has_no_script(three: Three) -> None:
    three.add("zhang")
    with three.bench.office.database.reading() as session:
        post = unit_posts.find_post(session, three.bench.settings.office, "director")
    for who, paths in (
        (three.system, ("/admin/users", "/admin/units", f"/admin/posts/{post}", "/admin/policies", "/admin/calendar")),
        (three.security, ("/admin/users", "/account", "/account/second-factor")),
        (three.audit, ("/admin/log",)),
    ):
        for path in paths:
            for lang in ("zh-CN", "en"):
                page = who.read(f"{path}?lang={lang}")
                assert page.status_code == 200, path
                text_ = page.text
                assert not re.search(r"<script|style=", text_), path
                assert not re.search(r'(?:src|href|action)="https?:', text_), path
                assert text_.count("<h1>") == 1, path
                assert text_.count("<table>") == text_.count("<caption>"), path
                ids = re.findall(r' id="([^"]+)"', text_)
                assert len(ids) == len(set(ids)), path
                labelled = set(re.findall(r'<label for="([^"]+)"', text_))
                assert set(re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', text_)) <= labelled, path
            who.read(f"{path}?lang=zh-CN")


def test_nothing_rough_breaks_the_forms_of_administration(three: Three) -> None:
    for path in ("/admin/users", "/admin/units", "/admin/posts/1", "/admin/policies", "/admin/calendar"):
        for fields in (
            {},
            {"do": "x"},
            {"do": "add", "username": "<b>"},
            {"do": "add", "username": "a" * 300},
            {"do": "appoint", "on": "9999-99-99"},
            {"do": "place_unit", "unit": "9" * 30, "parent": "8"},
            {"do": "add_post", "unit": "-1", "role": "?", "name": "x"},
            {"do": "set_contacts", "way.0.kind": "x", "way.0.address": ":::"},
            {"do": "test_contact", "which": "99999999999"},
        ):
            with suppress(NotFound):
                answer = three.system.send(path, **fields)
                assert 400 <= answer.status_code < 500, (path, fields)
    assert three.log() == []
