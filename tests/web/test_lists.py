"""The list of cases: one search box, every column's order in the address, views that people keep and share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from states.vocabulary import Role
from tests.support.offices import UNIT
from tests.support.visitors import Arrivals
from web import cases as case_pages
from web.handbook import CHAPTERS, FOLDER, chapter, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench
    from tests.support.visitors import Visitor

_ROW: Final = re.compile(r'<th role="rowheader"[^>]*><a class="num" href="/cases/(\d+)"')


@pytest.fixture
def arrivals(sqlite_bench: Bench) -> Iterator[Arrivals]:
    with Arrivals(sqlite_bench) as arrivals:
        yield arrivals


def listed(who: Visitor, address: str) -> list[int]:
    return [int(number) for number in _ROW.findall(who.read(address).text)]


def test_the_search_box_finds_words_of_the_finding_and_the_chip_takes_them_away(
    sqlite_bench: Bench, arrivals: Arrivals
) -> None:
    blocked = sqlite_bench.open("01-28", finding="消防通道被占用")
    sqlite_bench.open("01-28", finding="行政复议决定未履行")
    page = arrivals.come("officer", Role.HANDLER).read("/cases?q=通道 消防&sort=-last")
    assert [int(number) for number in _ROW.findall(page.text)] == [blocked]
    assert 'name="q"' in page.text
    assert '<a class="chip" href="/cases?sort=-last">' in page.text


def test_that_an_escalation_is_kept_back_stands_at_the_case_and_in_the_list(
    sqlite_bench: Bench, arrivals: Arrivals
) -> None:
    case = sqlite_bench.ordered()
    officer = arrivals.come("officer", Role.HANDLER)
    pages = ("/cases", f"/cases/{case}")
    assert not any('<span class="tag warn">升级受阻</span>' in officer.read(page).text for page in pages)
    for on in ("03-12", "03-26", "04-09", "04-13"):
        sqlite_bench.sweep(on)
    assert all('<span class="tag warn">升级受阻</span>' in officer.read(page).text for page in pages)


def test_a_heading_orders_by_its_column_turns_round_and_keeps_the_conditions(
    sqlite_bench: Bench, arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, soon = sqlite_bench.ordered("02-09"), sqlite_bench.ordered("02-03")
    monkeypatch.setattr(case_pages, "PAGE", 1)
    officer = arrivals.come("officer", Role.HANDLER)
    assert listed(officer, "/cases") == [soon]
    page = officer.read("/cases?state=open&sort=due").text
    assert 'aria-sort="ascending"><a href="/cases?state=open&amp;sort=-due"' in page
    for address, order in (("/cases?state=open", [soon, late]), ("/cases?state=open&sort=-due", [late, soon])):
        assert listed(officer, address) == order[:1]
        further = re.search(r'<a href="([^"]+)" rel="next"', officer.read(address).text)
        assert further is not None
        assert listed(officer, further[1].replace("&amp;", "&")) == order[1:]


def test_a_view_is_kept_shared_with_the_office_and_deleted_by_its_owner_alone(arrivals: Arrivals) -> None:
    officer, colleague = arrivals.come("officer", Role.HANDLER), arrivals.come("colleague", Role.INSPECTOR)
    liaison = arrivals.come("liaison", Role.LIAISON, UNIT)
    query = "state=open&sort=-last&bogus=1"
    officer.send("/cases/views", name="我的在办", query=query)
    officer.send("/cases/views", name="县区案件", query="q=县", shared="1")
    kept = '<a href="/cases?state=open&amp;sort=-last"'
    assert kept in officer.read("/cases").text
    assert 'aria-current="page"' in officer.read("/cases?state=open&sort=-last").text
    for who, own, shared in ((officer, True, True), (colleague, False, True), (liaison, False, False)):
        page = who.read("/cases").text
        assert ("我的在办" in page, "县区案件" in page) == (own, shared)
    (number,) = {int(n) for n in re.findall(r"/cases/views/(\d+)/delete", officer.read("/cases").text)} - {1}
    assert colleague.send(f"/cases/views/{number}/delete").status_code == 404
    officer.send(f"/cases/views/{number}/delete")
    assert "县区案件" not in colleague.read("/cases").text


@pytest.mark.parametrize("name", ["", "   ", "很" * 21])
def test_a_view_without_a_fitting_name_is_not_kept(arrivals: Arrivals, name: str) -> None:
    officer = arrivals.come("officer", Role.HANDLER)
    assert officer.send("/cases/views", name=name, query="q=县").status_code == 422
    assert "/cases?q=%E5%8E%BF" not in officer.read("/cases").text


def test_the_handbook_is_at_help_and_finds_its_tasks(arrivals: Arrivals) -> None:
    head = arrivals.come("head", Role.HEAD, UNIT)
    for name in CHAPTERS:
        assert f'<h1 id="chapter">{chapter(name).title}</h1>' in head.read(f"/help/{name}").text
    page = head.read("/help?q=申请延期").text
    assert 'href="/help/heads#extension"' in page
    assert '<h2 id="extension">申请延期</h2>' in head.read("/help/heads").text
    assert head.read("/help/nothing").status_code == 404
    assert [of.name for of, _task, _piece in found("签收 送达")][:1] == ["heads"]


def test_every_chapter_of_the_handbook_is_listed_and_in_steps() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(CHAPTERS)
    for name in set(CHAPTERS) - {"index", "english"}:
        parts = re.split(r"^## .+$", (FOLDER / f"{name}.md").read_text("utf-8"), flags=re.MULTILINE)
        assert all("\n2. " in part for part in parts[1:])
