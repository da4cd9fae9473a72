"""The page of a case: one next step, hurtful acts asked about twice, what is wrong said beside the field, print."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from states.terms import Unit
from states.vocabulary import Act, Role, State
from states.working_days import Calendar
from store import accounts, organisation
from tests.support.applications import over
from tests.support.forms import alert, fields
from tests.support.offices import UNIT, Bench
from web.app import application
from web.day_grid import grid, left_in_words
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.visitors import Visitor

WEEKDAYS_ONLY = Calendar({}, range(2020, 2040))


def test_a_hurtful_act_is_asked_about_once_more_and_nothing_is_written_before(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    case = bench.open()
    director = visitor("director", Role.DIRECTOR)
    action = f"/cases/{case}/acts"
    form = fields(director.read(f"/cases/{case}?act=dismiss"), action, act="dismiss")
    asked = director.client.post(action, data=form | {"on": "2026-01-30", "d.reason": "经查不实"})
    assert asked.status_code == 200
    assert "请再确认一次：查否" in asked.text
    assert "经查不实" in asked.text
    assert bench.state(case) is State.FOUND
    again = fields(asked, action, act="dismiss")
    changed = director.client.post(action, data=again | {"back": "1"})
    assert fields(changed, action, act="dismiss")["d.reason"] == "经查不实"
    assert bench.state(case) is State.FOUND
    done = director.client.post(action, data=again | {"sure": "1"})
    assert "已办理：查否" in done.text
    assert bench.state(case) is State.UNFOUNDED
    assert bench.history(case)[-1].event.data["reason"] == "经查不实"


def test_an_act_that_can_be_taken_further_is_not_asked_about_twice(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    case = bench.ordered()
    head = visitor("head", Role.HEAD, UNIT)
    form = fields(head.read(f"/cases/{case}?act=submit_plan"), f"/cases/{case}/acts", act="submit_plan")
    done = head.client.post(f"/cases/{case}/acts", data=form | {"on": "2026-02-13"})
    assert "已办理：报送整改方案" in done.text


def test_what_is_missing_is_said_first_and_beside_its_field(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.open()
    director = visitor("director", Role.DIRECTOR)
    action = f"/cases/{case}/acts"
    form = fields(director.read(f"/cases/{case}?act=dismiss"), action, act="dismiss")
    refused = director.client.post(action, data=form | {"on": "2026-01-30", "d.note": "先查"})
    assert refused.status_code == 422
    assert "请写明理由" in alert(refused)
    assert '<a href="#act-reason">请写明理由。</a>' in refused.text
    assert 'id="act-reason-err"' in refused.text
    assert fields(refused, action, act="dismiss")["d.note"] == "先查"
    assert "{" not in alert(refused)


def test_the_unit_signs_first_and_the_office_is_never_asked_to(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    head, handler = visitor("head", Role.HEAD, UNIT), visitor("handler", Role.HANDLER)
    step = re.compile(r'<h2 id="step">([^<]*)<')
    first = step.search(head.read(f"/cases/{case}").text)
    assert first is not None
    assert first[1] == "签收"
    theirs = step.search(handler.read(f"/cases/{case}").text)
    assert theirs is not None
    assert theirs[1] != "签收"


def test_the_printed_page_has_nothing_folded(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    bench.pass_days("02-07", "04-20")
    handler = visitor("handler", Role.HANDLER)
    folded = re.findall(r"<details(?![^>]*open)[^>]*>", handler.read(f"/cases/{case}").text)
    printed = re.findall(r"<details(?![^>]*open)[^>]*>", handler.read(f"/cases/{case}?print=1").text)
    assert len(folded) > len(printed)
    assert printed == ['<details class="me">']


def test_a_page_that_is_not_there_or_not_for_the_reader_says_so_and_leads_on(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    handler = visitor("handler", Role.HANDLER)
    handler.client.headers["accept"] = "text/html"
    for path, status, title in (
        ("/cases/99999", 404, "没有找到这一页"),
        ("/nowhere", 404, "没有找到这一页"),
        ("/admin/users", 403, "这一页不对您开放"),
    ):
        answer = handler.read(path)
        assert answer.status_code == status, path
        assert f"<h1>{title}</h1>" in answer.text
        assert 'href="/">返回我的工作台' in answer.text
    program = TestClient(over(bench.office))
    assert program.get("/nowhere").headers["content-type"] == "application/problem+json"


def test_an_error_of_ours_is_a_page_that_tells_nothing_of_how_we_are_built(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    visitor("handler", Role.HANDLER)
    app = application(bench.office)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("the secret of the house")

    client = TestClient(app, raise_server_exceptions=False, headers={"accept": "text/html"})
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "系统出错了" in answer.text
    assert "secret" not in answer.text


def test_the_grid_counts_working_days_and_marks_the_first_the_last_and_today() -> None:
    first, last, today = date(2026, 11, 26), date(2026, 12, 2), date(2026, 11, 28)
    cells = grid(first, last, Unit.WORKING_DAY, WEEKDAYS_ONLY, today, "zh-CN")
    assert len(cells) == 14
    days = [cell for cell in cells if cell.day]
    assert [cell.note for cell in days] == ["起", "1", "休", "休", "2", "3", "4"]
    assert days[0].kind == "start gone"
    assert days[2].kind == "off today"
    assert days[-1].kind == "on due"
    assert grid(first, date(2027, 12, 2), Unit.WORKING_DAY, WEEKDAYS_ONLY, today, "zh-CN") == []


def test_what_is_left_of_a_deadline_is_told_around_its_last_day() -> None:
    assert left_in_words(1, "unit", "zh-CN") == "剩1个工作日"
    assert left_in_words(0, "unit", "zh-CN") == "今天到期"
    # On the Saturday after a Friday no working day has gone by, and the day is over all the same.
    assert left_in_words(0, "unit", "zh-CN", passed=True) == "期限已过"
    assert left_in_words(0, "right", "zh-CN", passed=True) == "已过"
    assert left_in_words(-1, "unit", "zh-CN") == "已过1个工作日"
    assert left_in_words(-1, "right", "zh-CN") == "已过"


def test_an_event_is_a_sentence_and_what_time_did_is_folded(bench: Bench, visitor: Callable[..., Visitor]) -> None:
    case = bench.ordered()
    bench.pass_days("02-07", "03-20")
    bench.act(case, Act.SUBMIT_REPORT, "03-20", user="head", signed_by="局长", note="已补报")
    page = visitor("handler", Role.HANDLER).read(f"/cases/{case}").text
    assert re.search(rf"{UNIT}<b>报送整改报告</b>.*?局长.*?已补报。核查期限至", page)
    assert re.search(r"系统自动办理\d+项", page)


def test_the_handler_is_picked_by_name_among_those_who_handle_cases(
    bench: Bench, visitor: Callable[..., Visitor]
) -> None:
    case, action = bench.open(), "/cases/1/acts"
    director = visitor("director", Role.DIRECTOR)
    with bench.office.database.transaction() as session:
        office = organisation.ensure_unit(session, bench.settings.office)
        for account, called, role in (
            ("liufang", "刘芳", Role.HANDLER),
            ("liufang2", "刘芳", Role.HANDLER),
            ("zhou", "周敏", Role.HANDLER),
            ("left", "已离职", Role.HANDLER),
            ("audit", "审计员", Role.AUDITOR),
        ):
            accounts.add_person(session, account, called, role, office.id)
        accounts.disable(session, "left", now())
    page = director.read(f"/cases/{case}?act=assign")
    offered = re.findall(r'<option value="([^"]*)">([^<]*)</option>', page.text.partition('name="d.handler"')[2])
    offered = offered[: offered.index(("", "不填"))]
    assert offered == [
        ("", "请选择"),
        ("director", "director"),
        ("liufang", "刘芳（liufang）"),
        ("liufang2", "刘芳（liufang2）"),
        ("zhou", "周敏"),
    ]
    done = director.client.post(
        action, data=fields(page, action, act="assign") | {"on": "2026-01-29", "d.handler": "zhou"}
    )
    assert "已办理：指派承办人" in done.text
    assert bench.history(case)[-1].event.data["handler"] == "zhou"
