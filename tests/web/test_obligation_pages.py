"""The pages and the interface of the year's obligations, as their users walk through them."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pytest
from openpyxl import load_workbook

from programme.obligation_workbook import HEADS, LIST
from states.vocabulary import Role
from store import organisation, tokens, unit_posts
from store.obligations import Asked
from wiring import now

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook

    from store.obligations import Obligation
    from tests.support.offices import Bench
    from tests.support.visitors import Arrivals, Visitor

COUNTY, OTHER = "青禾县人民政府", "云台县人民政府"
THREE: Final = ("同级党委", "同级人大常委会", "上一级政府")


@pytest.fixture
def year(sqlite_bench: Bench) -> int:
    """Found two counties and generate their obligations of this year; return the year."""
    with sqlite_bench.office.database.transaction() as session:
        unit_posts.ensure_office(session, sqlite_bench.settings.office)
        for name in (COUNTY, OTHER):
            organisation.ensure_unit(session, name)
    this = sqlite_bench.office.today().year
    sqlite_bench.office.obligations.generate(this, sqlite_bench.actor(Role.DIRECTOR), now())
    return this


@pytest.fixture
def comers(sqlite_bench: Bench) -> Any:  # a generator fixture
    from tests.support.visitors import Arrivals  # noqa: PLC0415  # only here

    with Arrivals(sqlite_bench) as found:
        yield found


def report_of(bench: Bench, unit: str = COUNTY, clause: str = "art6-4b") -> Obligation:
    (found,) = [one for one in bench.office.obligations.listed(Asked(unit=unit)) if one.clause == clause]
    return found


def today(bench: Bench) -> str:
    return bench.office.today().isoformat()


def test_the_grid_shows_units_by_clauses_and_each_cell_leads_to_its_obligation(
    sqlite_bench: Bench, comers: Arrivals, year: int
) -> None:
    page = comers.come("handler", Role.HANDLER).read("/obligations").text
    assert f"{year}年度职责" in page
    assert "共6项" in page
    assert "年度报告" in page
    assert f'href="/obligations/{report_of(sqlite_bench).id}"' in page
    assert "art6" not in page


def test_a_unit_sees_its_own_row_enters_what_it_did_and_may_not_sign_for_others(
    sqlite_bench: Bench, comers: Arrivals, year: int
) -> None:
    liaison = comers.come("liaison", Role.LIAISON, COUNTY)
    grid = liaison.read("/obligations").text
    assert f"{year}年度职责" in grid
    assert OTHER not in grid
    assert "生成年度职责" not in grid
    assert liaison.read(f"/obligations/{report_of(sqlite_bench, OTHER).id}").status_code == 404
    mine = report_of(sqlite_bench)
    assert f"/obligations/{mine.id}" in liaison.read("/mine").text
    page = f"/obligations/{mine.id}"
    assert "登记签收回执" not in liaison.read(page).text
    done = liaison.send(f"{page}/submit", page, on=today(sqlite_bench), note="青府〔2026〕11号")
    assert "已登记：完成或报送" in done.text
    refused = liaison.send(f"{page}/receipt", page, on=today(sqlite_bench), receiver=THREE[0])
    assert refused.status_code == 409
    assert "须由" in refused.text
    assert report_of(sqlite_bench).state == "submitted"


def test_the_office_enters_receipts_and_excuses_with_a_reason(sqlite_bench: Bench, comers: Arrivals, year: int) -> None:
    handler, director = comers.come("handler", Role.HANDLER), comers.come("director", Role.DIRECTOR)
    mine, other = report_of(sqlite_bench), report_of(sqlite_bench, OTHER)
    page = f"/obligations/{mine.id}"
    for who in THREE[:2]:
        assert "已登记：签收回执" in handler.send(f"{page}/receipt", page, on=today(sqlite_bench), receiver=who).text
    assert "已签收2家" in handler.read(page).text
    wrong = handler.send(f"{page}/receipt", page, on=today(sqlite_bench), receiver="县政协")
    assert wrong.status_code == 422
    assert "应当签收的是" in wrong.text
    page = f"/obligations/{other.id}"
    assert director.send(f"{page}/excuse", page, note=" ").status_code == 422
    assert "同意不办" in director.send(f"{page}/excuse", page, note="机构撤并").text
    assert report_of(sqlite_bench, OTHER).state == "excused"
    assert director.read("/obligations/99").status_code == 404
    assert director.send(f"{page}/delete", page).status_code == 404
    assert year


def test_a_missed_one_stands_on_the_officers_desk_and_its_clue_is_linked(
    sqlite_bench: Bench, comers: Arrivals, year: int
) -> None:
    if sqlite_bench.office.today() <= report_of(sqlite_bench).due_on:
        pytest.skip("the year's report is not due yet")
    sqlite_bench.office.rounds.sweep(now())
    handler = comers.come("handler", Role.HANDLER)
    missed = report_of(sqlite_bench)
    assert missed.clue_id
    assert f"/obligations/{missed.id}" in handler.read("/").text
    page = handler.read(f"/obligations/{missed.id}").text
    assert f"/clues/{missed.clue_id}" in page
    assert "没有报送" in page
    assert "同意不办" not in page
    assert year


def test_only_the_office_generates_and_wrong_years_are_refused_on_the_page(
    sqlite_bench: Bench, comers: Arrivals, year: int
) -> None:
    director, head = comers.come("director", Role.DIRECTOR), comers.come("head", Role.HEAD, COUNTY)
    assert "新增6项" in director.send("/obligations", "/obligations", year=str(year + 1)).text
    assert "新增0项，已有6项" in director.send("/obligations", "/obligations", year=str(year + 1)).text
    assert director.send("/obligations", "/obligations", year="明年").status_code == 422
    assert director.send("/obligations", "/obligations", year="1999").status_code == 422
    assert head.send("/obligations", "/obligations", year=str(year + 1)).status_code == 403
    assert len(sqlite_bench.office.obligations.listed(Asked(year=year + 1))) == 6


@pytest.mark.parametrize("role", [Role.DISCIPLINE, Role.ADMINISTRATOR])
def test_nobody_else_opens_the_year(comers: Arrivals, year: int, role: Role) -> None:
    assert comers.come("somebody", role).read("/obligations").status_code == 403
    assert year


# --- Excel out and in ------------------------------------------------------------------------------------------------


def exported(visitor: Visitor, year: int) -> Workbook:
    answer = visitor.read(f"/obligations/export.xlsx?year={year}")
    assert answer.status_code == 200
    return load_workbook(BytesIO(answer.content))


def send_back(visitor: Visitor, book: Workbook, path: Path) -> Any:  # an answer
    book.save(path)
    page = visitor.client.get("/obligations").text
    secret = page.partition('name="csrf" value="')[2].partition('"')[0]
    files = {"file": ("完成情况.xlsx", path.read_bytes())}
    return visitor.client.post("/obligations/import", data={"csrf": secret}, files=files)


def test_what_is_filled_in_in_the_exported_workbook_is_entered_whole_or_not_at_all(
    sqlite_bench: Bench, comers: Arrivals, year: int, tmp_path: Path
) -> None:
    handler = comers.come("handler", Role.HANDLER)
    book = exported(handler, year)
    sheet = book[LIST]
    assert [cell.value for cell in sheet[1]] == list(HEADS)
    rows = {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}
    assert len(rows) == 6
    mine, twice = report_of(sqlite_bench), report_of(sqlite_bench, clause="art6-1c")
    sheet.cell(rows[mine.id], 10, THREE[0])
    sheet.cell(rows[mine.id], 11, f"{year}-01-20")
    sheet.cell(rows[twice.id], 8, f"{year}年1月15日")
    sheet.cell(rows[twice.id], 9, "第1次常务会议纪要")
    other = report_of(sqlite_bench, OTHER)
    sheet.cell(rows[other.id], 10, "县政协")
    sheet.cell(rows[other.id], 11, f"{year}-01-20")
    refused = send_back(handler, book, tmp_path / "list.xlsx")
    assert refused.status_code == 422
    assert f"第{rows[other.id]}行" in refused.text
    assert "没有写入任何内容" in refused.text
    assert report_of(sqlite_bench).state == "open"
    sheet.cell(rows[other.id], 10, THREE[1])
    assert "已登记3条完成情况" in send_back(handler, book, tmp_path / "list.xlsx").text
    assert list(report_of(sqlite_bench).received) == [THREE[0]]
    assert len(report_of(sqlite_bench, clause="art6-1c").done_on) == 1
    send_back(handler, book, tmp_path / "list.xlsx")
    assert len(report_of(sqlite_bench, clause="art6-1c").done_on) == 1, "the same list twice enters it once"


def test_an_import_without_a_workbook_or_by_a_unit_is_refused(comers: Arrivals, year: int) -> None:
    handler, head = comers.come("handler", Role.HANDLER), comers.come("head", Role.HEAD, COUNTY)
    nothing = handler.send("/obligations/import", "/obligations")
    assert nothing.status_code == 422
    assert "请选择" in nothing.text
    assert head.send("/obligations/import", "/obligations").status_code == 403
    assert year


# --- the interface ---------------------------------------------------------------------------------------------------


def test_the_interface_does_what_the_command_line_does(sqlite_bench: Bench, comers: Arrivals, year: int) -> None:
    handler = comers.come("handler", Role.HANDLER)
    with sqlite_bench.office.database.transaction() as session:
        secret = tokens.give(session, "handler", now(), name="脚本")
    client, heads = handler.client, {"Authorization": f"Bearer {secret}"}
    first = client.get("/api/v1/obligations", params={"year": year, "limit": 4}, headers=heads)
    assert len(first.json()["obligations"]) == 4
    rest = client.get(first.headers["Link"].partition(">")[0][1:], headers=heads)
    assert len(rest.json()["obligations"]) == 2
    mine = report_of(sqlite_bench)
    address = f"/api/v1/obligations/{mine.id}"
    assert client.get(address, headers=heads).json()["receivers"] == list(THREE)
    sent = client.post(f"{address}/submissions", json={"evidence": "青府〔2026〕11号"}, headers=heads)
    assert sent.json()["state"] == "submitted"
    asked = {"from": THREE[0], "on": f"{year}-01-20"}
    signed = client.post(f"{address}/receipts", json=asked, headers=heads)
    assert signed.json()["received"] == [THREE[0]]
    again = client.post(f"{address}/receipts", json=asked, headers=heads)
    assert again.status_code == 422
    assert "不能重复登记" in again.json()["detail"]
    assert client.post(f"{address}/excuse", json={"reason": "机构撤并"}, headers=heads).status_code == 409
    done = client.post("/api/v1/obligations/generate", json={"year": year}, headers=heads)
    assert (done.json()["new"], done.json()["kept"]) == (0, 6)
    assert client.get("/api/v1/obligations/99", headers=heads).status_code == 404


def test_a_miss_that_was_only_entered_late_is_taken_back_by_two_logins(
    sqlite_bench: Bench, comers: Arrivals, year: int
) -> None:
    report, rooms = report_of(sqlite_bench), sqlite_bench.office.obligations
    sqlite_bench.office.rounds.sweep(now(), now())
    assert report_of(sqlite_bench).state == "missed"
    liu = sqlite_bench.actor(Role.HANDLER, "liu")
    for who in THREE:
        rooms.receive(report.id, who, date(year, 3, 31), liu, now())
    officer, director = comers.come("liu", Role.HANDLER), comers.come("zhou", Role.DIRECTOR)
    page = f"/obligations/{report.id}"
    assert "提请更正" in officer.read(page).text
    assert officer.send(f"{page}/correct", page).status_code == 409
    asked = officer.send(f"{page}/claim", page, note="回执3月31日已签，后来才送到")
    assert "更正待第二人确认" in asked.text
    assert "确认更正</button>" not in asked.text
    done = director.send(f"{page}/correct", page)
    assert "第二人确认更正" in done.text
    assert report_of(sqlite_bench).state == "fulfilled"
    assert "回执3月31日已签" in director.read(f"/clues/{report_of(sqlite_bench).clue_id}").text
