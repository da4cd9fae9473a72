"""A duty is found as people write it: by its article and item, or by words of its text, without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config.citations import duty_words
from config.duties import duty_titles
from states.vocabulary import Role
from tests.support.forms import alert, filled
from tests.support.offices import UNIT
from tests.support.visitors import Arrivals
from web.duties import MOST_OFFERED, duties_like, duty_in_doubt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

FINDING = {"on": "2026-01-28", "d.unit": UNIT, "d.post": "局长", "d.inspection": "special", "d.finding": "未报告"}


@pytest.fixture
def guests(sqlite_bench: Bench) -> Iterator[Arrivals]:
    with Arrivals(sqlite_bench) as found:
        yield found


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("art6-4b", ["art6-4b"]),
        ("第六条第四项", ["art6-4", "art6-4a", "art6-4b"]),
        ("6条4项", ["art6-4", "art6-4a", "art6-4b"]),
        ("第6条第（4）项", ["art6-4", "art6-4a", "art6-4b"]),
        ("6-4", ["art6-4", "art6-4a", "art6-4b"]),
        ("年度述法", ["art5-5e"]),
        ("第六条第四项 责任制", ["art6-4a"]),
        ("法律顾问", ["art5-4a", "art6-2b"]),
        ("外星人", []),
        ("  ", []),
    ],
)
def test_a_duty_is_found_by_its_article_or_by_words_of_its_text(written: str, meant: list[str]) -> None:
    assert duties_like(written) == meant


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_what_a_page_shows_for_a_duty_means_that_duty_alone(lang: str) -> None:
    titles = duty_titles()
    assert all(duties_like(duty_words(key, titles, lang)) == [key] for key in titles)


def test_words_that_many_duties_read_ask_for_more_of_them() -> None:
    assert len(duties_like("第六条")) > MOST_OFFERED
    assert "写得具体些" in duty_in_doubt("第六条", "zh-CN")
    assert duty_in_doubt("外星人", "zh-CN").startswith("没有找到写着“外星人”的条款")
    assert duty_in_doubt("年度述法", "zh-CN") == ""


def test_a_form_asks_which_of_several_duties_is_meant_and_keeps_the_rest(sqlite_bench: Bench, guests: Arrivals) -> None:
    inspector = guests.come("inspector", Role.INSPECTOR)
    asked = inspector.send("/new", "/new", **FINDING, **{"d.duty": "第七条第四项"})
    assert asked.status_code == 422
    assert "写着“第七条第四项”的条款有5条，请选定一条。" in asked.text
    assert asked.text.count('type="radio" name="d.duty" value="art7-4') == 5
    kept = filled(asked, "/new", "d.finding")
    assert kept["d.finding"] == "未报告"
    other = inspector.client.post("/new", data=kept | {"d.duty": "", "d.duty.words": "规划"})
    assert "写着“规划”的条款有" in other.text
    chosen = inspector.client.post("/new", data=filled(other, "/new", "d.finding") | {"d.duty": "art7-1a"})
    assert "确认为新单位" in chosen.text, alert(chosen)
    assert 'value="第七条第一项：列入规划和年度计划"' in chosen.text
    inspector.client.post("/new", data=filled(chosen, "/new", "d.finding") | {"meant": "new", "meant_of": UNIT})
    assert sqlite_bench.case(1).duty == "art7-1a"


def test_a_clue_is_not_raised_with_a_duty_that_is_none(guests: Arrivals) -> None:
    handler = guests.come("handler", Role.HANDLER)
    clue = {"source": "tip_off", "unit": UNIT, "text": "窗口不受理", "on": "2026-01-28"}
    refused = handler.send("/clues", "/clues", **clue, duty="外星人")
    assert refused.status_code == 422
    assert "线索还没有登记" in refused.text
    assert "线索1已登记" in handler.send("/clues", "/clues", **clue, duty="年度述法").text
    assert "第五条第五项：年度报告与班子及成员年度述法" in handler.read("/clues/1").text
