"""The first day in the browser: a one-time code opens the set-up, and everything after it is done in its steps."""

from __future__ import annotations

import re
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, ClassVar, Final

import pytest
from starlette.testclient import TestClient

from accounts import first_day, login
from accounts.first_day import SetupStep
from config.chosen import keep_chosen, with_chosen
from config.settings import CHOSEN_FILE, read_settings
from states.errors import BadData, Refused
from store import accounts, unit_posts
from tests.support.applications import over
from tests.support.forms import filled
from tests.support.ledger_layouts import in_plain_words
from tests.support.ledgers import LEDGER
from tests.support.offices import Bench
from tests.support.people_workbooks import BUREAU, CITY, HEAD, people_workbook
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.support.databases import Databases

SECRET, ODD = "smtp_password", "a'b\\c$d#e"
THREE: Final = (("administrator", "wang"), ("security_administrator", "li"), ("audit_administrator", "zhao"))


class FirstVisitor:
    """Whoever sits at the machine on the first day, with the code that was printed, and how many pages that took."""

    def __init__(self, bench: Bench) -> None:
        office = bench.office
        office.installation.prepare(now())
        login.first_administrator(office.database, bench.settings.office, now())
        self.code = first_day.begin(office.database, now())
        self.app = over(office)
        self.client = TestClient(self.app, follow_redirects=True)
        self.pages = 0

    def close(self) -> None:
        self.client.close()
        self.app.state.office.close()

    def read(self, path: str) -> Response:
        self.pages += 1
        return self.client.get(path)

    def send(self, do: str, **fields: str) -> Response:
        self.pages += 1
        return self.client.post("/setup", data={"do": do, **fields})

    def upload(self, do: str, file: Path, **fields: str) -> Response:
        self.pages += 1
        files = {"file": (file.name, file.read_bytes())}
        return self.client.post("/setup", data={"do": do, **fields}, files=files)

    def begun(self) -> Response:
        return self.send(
            "office",
            code=self.code,
            office="中共北山市委全面依法治市委员会办公室",
            series="北法督案",
            zone="Asia/Shanghai",
        )

    def administrators(self) -> Response:
        named = {f"name.{role}": username for role, username in THREE}
        return self.send("administrators", **{f"username.{role}": username for role, username in THREE}, **named)


@pytest.fixture
def visitor(databases: Databases, tmp_path: Path) -> Iterator[FirstVisitor]:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path / "home") as bench:
        found = FirstVisitor(bench)
        yield found
        found.close()
    databases.drop(url)


def hidden(page: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found is not None, name
    return found[1]


def test_from_empty_to_the_first_cases_in_at_most_twelve_pages(visitor: FirstVisitor, tmp_path: Path) -> None:
    assert "办公室名称" in visitor.read(f"/setup?code={visitor.code}").text
    page = visitor.begun()
    assert "已保存" in page.text
    assert "北法督案" in page.text
    passwords = re.findall(r"<code>(\S+)</code>", visitor.administrators().text)
    assert len(set(passwords)) == 3
    assert "已完成3步" in visitor.send("skip", step="channels").text
    people = [HEAD, {"单位": "临溪市人民政府", "职务": "市长"}]
    workbook = people_workbook(tmp_path / "people.xlsx", [CITY, BUREAU], people)
    looked = visitor.upload("people", workbook, step="people")
    assert "写入4行" in looked.text
    entered = visitor.send("people", step="people", hash=hidden(looked, "hash"), file_name="people.xlsx")
    assert "单位2个" in entered.text
    ledger = visitor.upload("ledger", LEDGER, step="ledger", served="1")
    assert "这些单位都确认为新单位" in ledger.text
    done = visitor.send("ledger", step="ledger", hash=hidden(ledger, "hash"), served="1", new_units="1", file_name="x")
    assert "第一批案件已立案" in done.text
    assert "已立案15件" in done.text
    assert visitor.pages <= 12
    assert "<h1>登录</h1>" in visitor.send("finish").text
    assert "<h1>登录</h1>" in visitor.read("/setup").text


class Gateway(BaseHTTPRequestHandler):
    """A private messenger that takes what its robots are told, and keeps it."""

    taken: ClassVar[list[str]] = []

    def do_POST(self) -> None:  # the library's name
        Gateway.taken.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"errcode": 0}')

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def test_a_robot_is_tried_and_reaches_the_office_without_mail(visitor: FirstVisitor) -> None:
    visitor.begun()
    visitor.administrators()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    typed = {"step": "channels", "smtp_from": "duban@localhost", "smtp_port": "25", "smtp_tls": "none"}
    robot = {**typed, "robot": "im", "robot_key": "robotkey1"}
    try:
        assert "请先填写政务即时通讯网关" in visitor.send("test_robot", **robot).text
        robot["im_gateway"] = f"http://127.0.0.1:{server.server_port}"
        assert "测试消息已送达服务器：政务即时通讯" in visitor.send("test_robot", **robot).text
        assert len(Gateway.taken) == 1
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    wrong = visitor.send("channels", **robot | {"robot": "wecom", "robot_secret": "SECabcdefgh"})
    assert "只有钉钉、飞书机器人可以加签" in wrong.text
    assert 'value="robotkey1"' in wrong.text
    assert "发件地址" in visitor.send("channels", **typed | {"smtp_from": "督办@localhost"}).text
    assert "已保存" in visitor.send("channels", **robot).text
    office = visitor.app.state.office
    with office.database.reading() as session:
        posts = unit_posts.posts_listed(session, now().date())
    assert {post.role for post in posts if ("im", "robotkey1") in post.ways} == {"handler", "director"}


def test_the_code_opens_one_session_and_only_in_its_week(visitor: FirstVisitor) -> None:
    database = visitor.app.state.office.database
    with pytest.raises(Refused):
        first_day.redeem(database, "guess", now())
    late = now() + first_day.VALID + timedelta(seconds=1)
    with pytest.raises(Refused):
        first_day.redeem(database, visitor.code, late)
    token = first_day.redeem(database, visitor.code, now() + first_day.VALID - timedelta(minutes=1))
    with pytest.raises(Refused):
        first_day.redeem(database, visitor.code, now())
    assert first_day.is_open(database, token, now())
    assert not first_day.is_open(database, token, late)
    assert not first_day.is_open(database, "", now())
    first_day.finish(database, now())
    assert not first_day.is_open(database, token, now())


def test_nobody_without_the_code_gets_anywhere(visitor: FirstVisitor) -> None:
    assert "<h1>登录</h1>" in visitor.read("/setup").text
    assert "<h1>登录</h1>" in visitor.send("administrators").text
    wrong = visitor.send("office", code="guess", office="别人的办公室")
    assert wrong.status_code == 409
    assert "设置码不对" in wrong.text
    assert first_day.steps_done(visitor.app.state.office.database) == frozenset()


def test_the_three_are_three_people_and_the_first_account_ends(visitor: FirstVisitor) -> None:
    visitor.begun()
    same = {f"{part}.{role}": "wang" for role, _ in THREE for part in ("username", "name")}
    assert "三个用户名不能相同" in visitor.send("administrators", step="administrators", **same).text
    assert visitor.administrators().status_code == 200
    assert "已经设置过" in visitor.administrators().text
    with visitor.app.state.office.database.reading() as session:
        known = {one.person.username: one for one in accounts.accounts(session)}
    assert known[login.FIRST_USER].person.disabled
    assert all(known[username].person.must_change and known[username].confirmed for _, username in THREE)


def test_a_step_can_be_left_and_come_back_to(visitor: FirstVisitor) -> None:
    visitor.begun()
    assert "三员账号" in visitor.send("skip", step="administrators").text
    back = visitor.read("/setup?step=office")
    assert "保存并继续" in back.text
    bad = visitor.send("office", step="office", office="北山办", series="不行 的", zone="Asia/Shanghai")
    assert (bad.status_code, "案号字头" in bad.text) == (422, True)
    assert SetupStep.OFFICE in first_day.steps_done(visitor.app.state.office.database)


def test_a_test_message_is_one_button_and_says_what_came_of_it(visitor: FirstVisitor) -> None:
    visitor.begun()
    fields = {"smtp_host": "127.0.0.1", "smtp_port": "1", "smtp_tls": "none", "smtp_from": "duban@linxi.example"}
    assert "未能送出" in visitor.send("test", step="channels", to="a@b.cn", **fields).text
    assert "送不到" in visitor.send("test", step="channels", to="办公室@b.cn", **fields).text
    visitor.send("channels", step="channels", **fields, **{SECRET: ODD})
    assert getattr(visitor.app.state.office.settings, SECRET) == ODD


def test_what_was_chosen_counts_below_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path))
    before = read_settings()
    keep_chosen(with_chosen(before, {"office": "北山市委'依法治市'办", SECRET: ODD}), before)
    chosen = read_settings()
    assert (chosen.office, getattr(chosen, SECRET)) == ("北山市委'依法治市'办", ODD)
    assert (tmp_path / CHOSEN_FILE).stat().st_mode & 0o077 == 0
    monkeypatch.setenv("DUBAN_OFFICE", "本机指定的办公室")
    assert read_settings().office == "本机指定的办公室"
    with pytest.raises(BadData, match="DUBAN_OFFICE"):
        keep_chosen(with_chosen(read_settings(), {"office": "另一个办公室"}), read_settings())
    assert getattr(read_settings(), SECRET) == ODD


def test_a_ledger_whose_headings_nobody_knows_is_mapped_within_the_set_up(
    visitor: FirstVisitor, tmp_path: Path
) -> None:
    visitor.begun()
    page = visitor.upload("ledger", in_plain_words(tmp_path / "找茬.xlsx"), step="ledger")
    assert "没有“检查方式”一列" in page.text
    chosen = {
        "field.哪家的事": "unit",
        "field.毛病在哪儿": "finding",
        "field.谁来扛": "post",
        "field.啥时候查的": "found_on",
        "inspection": "special",
        "duty": "art7-4",
    }
    refused = visitor.send(**(filled(page, "/setup", "several_units") | chosen | {"do": "mapped", "year": "二六"}))
    assert "四位数字" in refused.text
    assert filled(refused, "/setup", "several_units")["field.谁来扛"] == "post"
    counted = visitor.send(**(filled(refused, "/setup", "several_units") | {"do": "try", "year": ""}))
    assert "10行中有10行可以导入" in counted.text
    preview = visitor.send(**(filled(counted, "/setup", "several_units") | {"do": "mapped"}))
    assert "可导入10行" in preview.text
    again = visitor.send(**(filled(preview, "/setup", "mapping") | {"do": "map"}))
    assert filled(again, "/setup", "several_units")["field.哪家的事"] == "unit"
    done = visitor.send(**(filled(preview, "/setup", "mapping") | {"do": "ledger", "new_units": "1"}))
    assert "已立案10件" in done.text
    following = visitor.upload("ledger", in_plain_words(tmp_path / "4.xlsx", month=4), step="ledger")
    assert "按记住的表样“找茬”读取" in following.text
