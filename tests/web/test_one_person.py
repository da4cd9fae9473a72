"""One person on one form: what lets in or widens waits for the security administrator, addresses are at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from accounts import requests
from states.errors import NotFound
from states.vocabulary import Role
from store import accounts, organisation, person_record
from tests.support.offices import UNIT, Bench
from tests.support.visitors import Arrivals
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.visitors import Visitor

FORM = {
    "do": "enter",
    "name": "陈明",
    "username": "chenming",
    "role": "head",
    "unit": UNIT,
    "held.0.unit": UNIT,
    "held.0.post": "局长",
    "held.0.from_on": "2026-01-05",
    "held.0.kind": "presiding",
    "held.0.new": "1",
    "way.0.kind": "mail",
    "way.0.address": "chenming@linxi.example",
}
PAGE = "/admin/people/one"


class TwoAdministrators:
    """Who asks, and who decides."""

    def __init__(self, bench: Bench, arrivals: Arrivals) -> None:
        self.bench = bench
        self.system = arrivals.come("sys", Role.ADMINISTRATOR)
        self.security = arrivals.come("sec", Role.SECURITY_ADMINISTRATOR)
        with bench.office.database.transaction() as session:
            organisation.ensure_unit(session, UNIT)

    def send(self, path: str = PAGE, **changed: str) -> str:
        return self.system.send(path, PAGE, **(FORM | changed)).text

    def decide(self, username: str, do: str = "grant", who: Visitor | None = None) -> str:
        with self.bench.office.database.reading() as session:
            number = next(one.id for one in requests.waiting(session) if one.about == username)
        path = f"{PAGE}/{username}"
        return (who or self.security).send(path, do=do, request=str(number)).text

    def held(self, username: str) -> list[tuple[str, str, str, str]]:
        with self.bench.office.database.reading() as session:
            found = person_record.appointments_of(session, accounts.person_id(session, username))
        return [(one.post, str(one.from_on), str(one.until_on or ""), one.kind) for one in found]


@pytest.fixture
def two(sqlite_bench: Bench) -> Iterator[TwoAdministrators]:
    with Arrivals(sqlite_bench) as arrivals:
        yield TwoAdministrators(sqlite_bench, arrivals)


def test_one_form_makes_a_person_whom_the_security_administrator_lets_in(two: TwoAdministrators) -> None:
    page = two.send()
    assert re.search(r"一次性口令（只显示这一次）：\S{16}。", page)
    database = two.bench.office.database
    with pytest.raises(NotFound, match="确认"), database.reading() as session:
        accounts.person(session, "chenming")
    assert two.held("chenming") == []
    shown = two.security.read(f"{PAGE}/chenming").text
    assert "启用账号" in shown
    assert f"{UNIT}局长（主持），自2026-01-05，新职务" in shown
    assert "已办理：批准登记或调整人员" in two.decide("chenming")
    with database.reading() as session:
        found = accounts.person(session, "chenming")
        assert (found.name, found.role, found.unit) == ("陈明", Role.HEAD, UNIT)
        ways = person_record.ways_of(session, accounts.person_id(session, "chenming"))
    assert ways == [("mail", "chenming@linxi.example")]
    assert two.held("chenming") == [("局长", "2026-01-05", "", "presiding")]
    assert two.bench.office.proofs.verify().ok


def test_who_asked_does_not_decide_and_a_refusal_leaves_nobody_in(two: TwoAdministrators) -> None:
    two.send()
    assert "须由安全管理员办理" in two.decide("chenming", who=two.system)
    assert "已办理：不批准登记或调整人员" in two.decide("chenming", "refuse")
    assert two.held("chenming") == []
    with pytest.raises(NotFound, match="确认"), two.bench.office.database.reading() as session:
        accounts.person(session, "chenming")


WRONG: Final = (
    ({"name": ""}, "姓名"),
    ({"username": "陈"}, "用户名须以字母或数字开头"),
    ({"username": "sys"}, "用户名“sys”已存在"),
    ({"unit": "没有的局"}, "没有“没有的局”这个单位"),
    ({"role": "administrator"}, "请选择角色"),
    ({"held.0.new": ""}, "确是新职务，请勾选"),
    ({"held.0.from_on": ""}, "请选择任职日期"),
    ({"held.0.until_on": "2026-01-04"}, "离任日期早于任职日期"),
    ({"way.0.address": "陈明@linxi.example"}, "含有邮件服务器送不到的字符"),
    ({"way.0.kind": "wecom", "way.0.address": "abcdefgh/SECabcdef"}, "只有钉钉、飞书机器人可以加签"),
    ({"way.0.kind": "apprise", "way.0.address": "nosuch://x"}, "不是 Apprise 认得的网址"),
    ({"way.0.kind": "apprise", "way.0.address": "tag:值班"}, "没有哪个地址带有标签“值班”"),
    ({"way.0.kind": "webhook", "way.0.address": "ftp://x"}, "应为 http"),
    ({"deputy": "nobody"}, "找不到代办人“nobody”"),
    ({"deputy": "chenming"}, "本人不能代办自己"),
)


def test_one_error_keeps_everything_that_was_typed(two: TwoAdministrators) -> None:
    for changed, said in WRONG:
        answer = two.system.send(PAGE, PAGE, **(FORM | changed))
        assert (answer.status_code, said in answer.text) == (422, True), (changed, answer.text)
        for field, value in (FORM | changed).items():
            if value and not field.endswith((".new", ".kind", "do", "role")):
                assert f'value="{value}"' in answer.text, field
    with two.bench.office.database.reading() as session:
        assert not requests.waiting(session)
        assert "chenming" not in {one.username for one in accounts.people(session)}


def test_addresses_are_at_once_and_the_rest_waits(two: TwoAdministrators) -> None:
    two.send()
    two.decide("chenming")
    with two.bench.office.database.reading() as session:
        held = person_record.appointments_of(session, accounts.person_id(session, "chenming"))[0].id
    path = f"{PAGE}/chenming"
    blank = {key: "" for key in FORM if key.startswith(("held", "way"))}
    same = {**blank, "way.0.kind": "mail", "way.0.address": "chenming@linxi.example"}
    assert "没有改动" in two.send(path, **same)
    said = two.send(
        path, **{**same, "name": "陈明之", "way.1.kind": "dingtalk", "way.1.address": "abcdefgh1/SECabcdefgh"}
    )
    assert "姓名、联系方式已保存" in said
    assert "SECabcdefgh" not in said
    with two.bench.office.database.reading() as session:
        assert not requests.waiting(session)
        ways = person_record.ways_of(session, accounts.person_id(session, "chenming"))
    assert ways[1] == ("dingtalk", "abcdefgh1/SECabcdefgh")
    # What was shown without its key, and comes back so, stays.
    masked = {"way.1.kind": "dingtalk", "way.1.address": "abc…", "name": "陈明之"}
    said = two.send(path, **{**same, **masked, "role": "liaison", f"ended.{held}": "2026-06-30", "deputy": "sec"})
    assert "待安全管理员批准后生效" in said
    assert two.held("chenming")[0][2] == ""
    shown = two.security.read(path).text
    assert "角色改为单位联络员" in shown or "角色改为联络员" in shown
    assert f"{UNIT}局长离任：2026-06-30" in shown
    assert "代办人：sec" in shown
    two.decide("chenming")
    with two.bench.office.database.reading() as session:
        id_ = accounts.person_id(session, "chenming")
        assert person_record.ways_of(session, id_) == ways
        assert person_record.deputies_of(session, id_, two.bench.office.today(now())) == [("sec", "sec")]
        assert accounts.person(session, "chenming").role is Role.LIAISON
    assert two.held("chenming")[0][2] == "2026-06-30"
    assert two.bench.office.proofs.verify().ok


def test_nobody_is_appointed_into_anothers_time(two: TwoAdministrators) -> None:
    two.send()
    two.decide("chenming")
    other = {"username": "liping", "name": "李平", "held.0.from_on": "2026-01-05", "held.0.new": ""}
    assert "该职务在此期间已由陈明担任" in two.send(**other)
    later = {**other, "held.0.from_on": "2026-07-01"}
    two.send(**later)
    two.decide("liping")
    assert two.held("chenming") == [("局长", "2026-01-05", "2026-06-30", "presiding")]
    with two.bench.office.database.reading() as session:
        held = person_record.appointments_of(session, accounts.person_id(session, "chenming"))[0].id
    blank = {key: "" for key in FORM if key.startswith("held")}
    assert "自2026-07-01起已有人担任" in two.send(f"{PAGE}/chenming", **blank, **{f"ended.{held}": "2026-07-01"})


def test_what_changed_meanwhile_is_not_granted(two: TwoAdministrators) -> None:
    two.send()
    two.decide("chenming")
    blank = {key: "" for key in FORM if key.startswith(("held", "way"))}
    two.send(f"{PAGE}/chenming", **blank, role="liaison")
    with two.bench.office.database.transaction() as session:
        accounts.set_role(session, "chenming", Role.HANDLER)
    assert "已有变动" in two.decide("chenming")


def test_the_list_names_people_with_their_posts(two: TwoAdministrators) -> None:
    two.send()
    assert "有待批准的申请" in two.system.read("/admin/people?q=陈明").text
    two.decide("chenming")
    page = two.system.read("/admin/people?q=局长").text
    assert f"{UNIT} 局长" in page
    assert "/admin/people/one/chenming" in page
    assert "没有找到" in two.system.read("/admin/people?q=无此人").text


def test_who_is_forgotten_leaves_no_address_of_his_own(two: TwoAdministrators) -> None:
    two.send()
    two.decide("chenming")
    with two.bench.office.database.transaction() as session:
        id_ = accounts.person_id(session, "chenming")
        ways = [("mail", "chenming@linxi.example"), ("apprise", "tag:值班")]
        person_record.set_ways(session, id_, ways)
        words = accounts.words_for(session, "chenming")
        assert words == ["陈明", "chenming@linxi.example"]
        accounts.forget(session, "chenming", words, [], now())
        assert person_record.ways_of(session, id_) == []
