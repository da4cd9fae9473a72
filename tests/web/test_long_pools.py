"""Long pools and files go page by page, and every entry is on some page once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from states.clue import ClueSource
from states.vocabulary import Role
from tests.support.offices import UNIT, at, day
from tests.support.visitors import Arrivals
from web import clues as clue_pages

if TYPE_CHECKING:
    import pytest

    from tests.support.offices import Bench


def test_every_clue_is_on_some_page_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clue_pages, "SHOWN", 3)
    officer = bench.actor(Role.HANDLER)
    for n in range(7):
        bench.office.clues.raise_clue(ClueSource.TIP_OFF, UNIT, f"第{n}条", day("02-06"), officer, at("02-06"), duty="")
    with Arrivals(bench) as arrivals:
        visitor = arrivals.come("officer", Role.HANDLER)
        address, found = "/clues", []
        while address:
            page = visitor.read(address).text
            assert "问题线索：7条" in page
            found.append([int(number) for number in re.findall(r'<a href="/clues/(\d+)"><span', page)])
            following = re.search(r'<a href="(/clues\?[^"]*)" rel="next">', page)
            address = following[1].replace("&amp;", "&") if following else ""
    assert found == [[1, 2, 3], [4, 5, 6], [7]]


def test_a_file_of_many_cases_shows_thirty_entries_on_a_page_and_all_in_the_end(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    cases = [bench.ordered(finding=f"问题{n}") for n in range(32)]
    with Arrivals(bench) as arrivals:
        director = arrivals.come("director", Role.DIRECTOR)
        pages = [director.read(f"/dossier/{UNIT}局长?page={page}").text for page in (1, 2)]
    shown = [[int(case) for case in re.findall(r'<h3><a href="/cases/(\d+)">', page)] for page in pages]
    assert [len(part) for part in shown] == [30, 2]
    assert shown[0] + shown[1] == cases
    assert ['rel="next"' in page or ">下一页<" in page for page in pages] == [True, False]
    assert "32件" in pages[1]
