"""The words of the pages: the catalogue of the second language is whole, and days are written as people write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from config.citations import cited, duty_words
from scripts import words as catalogue
from states.duty import numeral
from states.vocabulary import PERSONS_ACTS, Act
from web import words
from web.next_step import FINAL_ACTS, group_of
from web.numbers import short_number

TODAY = date(2026, 11, 28)


def test_every_word_of_the_templates_is_in_the_english_catalogue_and_no_other() -> None:
    with catalogue.CATALOGUE.open("rb") as file:
        known = read_po(file, "en")
    spoken = catalogue.spoken()
    assert len(spoken) > 300
    assert {str(message.id) for message in known if message.id} == spoken.keys()
    assert catalogue.shortfalls(known) == []


def test_a_translation_with_another_blank_is_found() -> None:
    wrong = catalogue.merged(Catalog(locale="en"), {"共{n}件": [], "案件": []})
    wrong["共{n}件"].string = "{m} in all"
    assert sorted(catalogue.shortfalls(wrong)) == ["not translated: 案件", "other blanks: 共{n}件 → {m} in all"]


def test_words_are_said_in_the_language_that_is_asked_for() -> None:
    assert words.said_in("zh-CN")("共{n}件", n=3) == "共3件"
    assert words.said_in("en")("共{n}件", n=3) == "3 in all"
    assert words.said_in("en")("没有这样的话") == "没有这样的话"


def test_a_day_has_its_weekday_and_its_year_only_where_it_is_another() -> None:
    assert words.near(date(2026, 12, 17), TODAY, "zh-CN") == "12月17日（周四）"
    assert words.near(date(2027, 1, 4), TODAY, "zh-CN") == "2027年1月4日（周一）"
    assert words.near(date(2026, 12, 17), TODAY, "en") == "2026-12-17 (Thu)"
    assert words.short(date(2025, 12, 31), TODAY, "zh-CN") == "2025年12月31日"
    assert words.short(date(2026, 1, 1), TODAY, "en") == "1 Jan"


@pytest.mark.parametrize(("hours", "told"), [(0, "今天00:30"), (-1, "11月27日23:30")])
def test_a_moment_is_told_in_the_zone_of_the_office(hours: int, told: str) -> None:
    midnight = datetime(2026, 11, 28, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert words.moment(midnight + timedelta(hours=hours), TODAY, ZoneInfo("Asia/Shanghai"), "zh-CN") == told


@pytest.mark.parametrize(
    ("octets", "told"), [(1, "1 kB"), (38_400, "38 kB"), (999_999, "1000 kB"), (2_100_000, "2.1 MB")]
)
def test_the_size_of_a_file_is_told_in_thousands(octets: int, told: str) -> None:
    assert words.size_of(octets) == told


def test_duties_are_cited_by_article_and_item() -> None:
    assert [numeral(n) for n in (6, 10, 12, 20, 21)] == ["六", "十", "十二", "二十", "二十一"]
    assert cited("art6-4b", "zh-CN") == "第六条第四项"
    assert cited("art10", "zh-CN") == "第十条"
    assert cited("art6-4b", "en") == "article 6(4)"
    assert cited("other-catalogue", "zh-CN") == ""
    assert duty_words("art7-1", {"art7-1": ("列入规划", "plans")}, "zh-CN") == "第七条第一项：列入规划"


def test_a_case_number_is_short_in_lists_and_whole_where_it_has_another_form() -> None:
    assert short_number("临法治督案〔2026〕6号", "zh-CN") == "6号"
    assert short_number("临法治督案〔2026〕6号", "en") == "No. 6"
    assert short_number("A-17", "zh-CN") == "A-17"


def test_every_act_of_a_person_has_a_group_and_hurtful_ones_are_asked_about_again() -> None:
    assert {group_of(act) for act in PERSONS_ACTS} == {"rectification", "time", "escalation", "objection", "record"}
    assert {Act.DISMISS, Act.WITHDRAW, Act.TRANSFER, Act.RECORD_ACCOUNTABILITY} <= FINAL_ACTS
    assert not FINAL_ACTS & {Act.VERIFY_PASS, Act.SUBMIT_REPORT, Act.APPROVE_CLOSURE}
