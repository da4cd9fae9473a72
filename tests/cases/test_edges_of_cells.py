"""What one cell of a ledger says, and what a mapping may say of its columns: at the edges of what is understood."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from cases.ledger_fields import LedgerField
from cases.ledger_mapping import ASK, FIRST_LEADS, mapping_from, read_mapping
from cases.ledger_values import (
    Doubt,
    day_of,
    is_ditto,
    is_nothing,
    number_of,
    post_of,
    shortened,
    term_of,
    text_of,
    units_of,
)
from states.errors import BadLedger
from tests.support.days import day

if TYPE_CHECKING:
    from pathlib import Path

    from files.workbook import Value

FIRST_DAY = date(1899, 12, 30)


# --- texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((None, ""), (True, "是"), (False, "否"), (date(2026, 3, 5), "2026-03-05"), (15, "15"), (2.5, "2.5")),
        *((1e20, "1e+20"), ("  文\u200b 化  局 ", "文 化 局"), ("甲\r\n 乙\r丙", "甲\n乙\n丙"), ("甲\x07", "甲")),
    ],
    ids=repr,
)
def test_a_cell_is_read_as_people_see_it(value: Value | None, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    "text", ["", "-", "--", "---", "/", "//", "\\", "无", "暂无", "没有", "N/A", "na", "NULL", "none", "…", "."]
)
def test_a_cell_that_says_nothing_is_empty(text: str) -> None:
    assert is_nothing(text)
    assert is_nothing(f" {text} ")


@pytest.mark.parametrize("value", ["无锡市", "没有报告", 0, False, "0"], ids=repr)
def test_a_cell_that_only_begins_like_nothing_is_not_empty(value: Value) -> None:
    assert not is_nothing(value)
    assert is_nothing(None)


@pytest.mark.parametrize("text", ["同上", "同上。", "同前", "同上行", "〃", "″", '"', "”", "ditto", "''", "＂"])
def test_a_cell_may_point_to_the_one_above(text: str) -> None:
    assert is_ditto(text)
    assert not is_ditto(f"{text}级机关")
    assert not is_ditto(None)


def test_a_sentence_shows_forty_letters_of_a_cell_on_one_line() -> None:
    assert shortened("甲" * 41) == "甲" * 40
    assert shortened("甲\n乙") == "甲 乙"
    assert shortened(None) == ""


# --- units and posts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lead", "others"),
    [
        ("教育局", "教育局", ()),
        ("教育局（牵头）", "教育局", ()),
        ("牵头单位：教育局", "教育局", ()),
        ("教育局（牵头）、财政局（配合）", "教育局", ("财政局",)),
        ("财政局（配合）、教育局（牵头）", "教育局", ("财政局",)),
        ("教育局、教育局", "教育局", ()),
        ("临溪市文化和\n旅游局", "临溪市文化和旅游局", ()),
        ("教 育 局", "教育局", ()),
    ],
)
def test_a_cell_says_by_itself_who_leads_and_who_helps(text: str, lead: str, others: tuple[str, ...]) -> None:
    for first in (True, False):
        found = units_of(text, "B2", first_leads=first)
        assert (found.lead, found.others) == (lead, others)


@pytest.mark.parametrize(
    ("text", "lead", "others"),
    [
        ("教育局、财政局", "教育局", ("财政局",)),
        ("教育局\n财政局", "教育局", ("财政局",)),
        ("教育局/财政局", "教育局", ("财政局",)),
        ("教育局、财政局（牵头）、水利局", "财政局", ("教育局", "水利局")),
        ("教育局（牵头）、财政局（牵头）", "教育局", ("财政局",)),
        ("教育局（配合）、财政局（配合）", "教育局", ("财政局",)),
    ],
)
def test_of_several_units_the_first_leads_only_where_that_was_chosen(
    text: str, lead: str, others: tuple[str, ...]
) -> None:
    found = units_of(text, "B2", first_leads=True)
    assert (found.lead, found.others) == (lead, others)
    with pytest.raises(Doubt, match="B2"):
        units_of(text, "B2", first_leads=False)


@pytest.mark.parametrize("value", ["各县区", "全市各部门", "有关单位", "教育局、各乡镇", "、", "", 15, True], ids=repr)
def test_everybody_and_nobody_are_no_unit(value: Value) -> None:
    with pytest.raises(Doubt, match="B2"):
        units_of(value, "B2", first_leads=True)


@pytest.mark.parametrize(
    ("text", "post", "person"),
    [
        ("局长 张三", "局长", "张三"),
        ("局长：张三", "局长", "张三"),
        ("张三（局长）", "局长", "张三"),
        ("局长（张三）", "局长", "张三"),
        ("张三局长", "张三局长", ""),
        ("办公室主任", "办公室主任", ""),
        ("张三", "主要负责人", "张三"),
        ("张三、李四", "主要负责人", "张三、李四"),
        ("副 局 长", "副局长", ""),
    ],
)
def test_a_post_is_told_from_the_name_of_the_person_in_it(text: str, post: str, person: str) -> None:
    found = post_of(text, "D2", default="主要负责人")
    assert (found.post, found.person) == (post, person)


def test_a_name_alone_is_asked_about_where_no_post_is_given_for_it_and_a_number_is_no_post() -> None:
    with pytest.raises(Doubt, match="D2"):
        post_of("张三", "D2", default="")
    assert post_of("局长", "D2", default="").post == "局长"
    for value in (15, True, day("03-05")):
        with pytest.raises(Doubt, match="D2"):
            post_of(value, "D2", default="主要负责人")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("临法治督案〔2026〕7号", "临法治督案〔2026〕7号"),
        ("临法治督案[2026]007号", "临法治督案〔2026〕7号"),
        ("临法治督案【2026】7号", None),
        ("临法治督案〔2026〕0号", None),
        ("临法治督案〔1026〕7号", None),
        ("2026〔2026〕7号", None),
        ("7", None),
    ],
)
def test_a_case_number_is_whole_or_none(text: str, number: str | None) -> None:
    assert number_of(text) == (number, text)


def test_a_term_is_a_day_or_a_length_and_a_tick_is_neither() -> None:
    def term(value: Value) -> str:
        return term_of(value, "E2", unit="wd", days="wd", after=None, year=2026, first_day=FIRST_DAY).term

    assert term(date(2026, 3, 5)) == "2026-03-05"
    assert term(15) == "15wd"
    assert term("15个工作日") == "15wd"
    assert term(46_086) == "2026-03-05"
    for value in (True, False, "尽快"):
        with pytest.raises(Doubt, match="E2"):
            term(value)


# --- mappings ----------------------------------------------------------------------------------------------------

WHOLE: dict[str, Any] = {
    "columns": {"存在问题": LedgerField.FINDING.value},
    "sheets": {"说明": False},
    "units": {"整改期限": "wd"},
    "days": "wd",
    "defaults": {
        "inspection": "regular",
        "found_on": "2026-01-28",
        "duty": "art7-1a",
        "post": "主要负责人",
        "year": 2026,
        "several_units": FIRST_LEADS,
    },
    "unit_names": {"文旅局": "临溪市文化和旅游局"},
    "new_units": ["临溪市新局"],
}


def test_a_mapping_is_written_as_it_was_read() -> None:
    assert mapping_from(WHOLE).to_json() == WHOLE
    assert mapping_from({}).to_json() == {
        "columns": {},
        "sheets": {},
        "units": {},
        "days": None,
        "defaults": {"several_units": ASK},
    }
    found = mapping_from(WHOLE)
    assert (found.field_of("存在问题"), found.field_of("其他")) == (LedgerField.FINDING, None)
    assert (found.unit_of("整改期限"), found.unit_of("其他")) == ("wd", None)
    assert mapping_from({"defaults": {"found_on": "served_on"}}).found_on == "served_on"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ([], "JSON"),
        ({"colums": {}}, "colums"),
        ({"columns": []}, "columns"),
        ({"columns": {"存在问题": "weather"}}, "存在问题"),
        ({"columns": {"存在问题": 5}}, "存在问题"),
        ({"sheets": {"说明": 0}}, "说明"),
        ({"units": {"期限": "y"}}, "期限"),
        ({"days": "m"}, "days"),
        ({"days": 5}, "days"),
        ({"defaults": {"weather": "x"}}, "weather"),
        ({"defaults": {"year": "2026"}}, "year"),
        ({"defaults": {"year": True}}, "year"),
        ({"defaults": {"year": 1026}}, "year"),
        ({"defaults": {"inspection": "secret"}}, "inspection"),
        ({"defaults": {"several_units": "all"}}, "several_units"),
        ({"defaults": {"duty": 5}}, "duty"),
        ({"defaults": {"post": ["局长"]}}, "post"),
        ({"defaults": {"found_on": "bald"}}, "found_on"),
        ({"unit_names": {"文旅局": 5}}, "文旅局"),
        ({"new_units": "新局"}, "new_units"),
        ({"new_units": ["新局", 5]}, "new_units"),
    ],
    ids=str,
)
def test_a_mapping_that_makes_no_sense_is_refused_by_the_name_of_what_is_wrong(content: Any, key: str) -> None:
    with pytest.raises(BadLedger, match=key) as refused:
        mapping_from(content, "JSON")
    assert refused.value.sentence.text("en").startswith("The mapping")


def test_a_file_that_is_no_json_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text('{\n"days": "wd",\n}', "utf-8")
    with pytest.raises(BadLedger, match=r"第3行|JSON"):
        read_mapping(path)
    path.write_text('{"days": "wd", "defaults": {"year": 2026}}', "utf-8")
    assert (read_mapping(path).days, read_mapping(path).year) == ("wd", 2026)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1999-12-31", "1999-12-31"),
        ("2000-01-01", None),
        ("2049-12-31", None),
        ("2050-01-01", "2050-01-01"),
        (date(2050, 1, 1), "2050-01-01"),
        (29_999, "29999"),
        (30_000, "1982-02-18"),
        (46_086, None),
        (59_999, "2064-04-07"),
        (60_000, "60000"),
        (True, "是"),
    ],
)
def test_a_day_lies_in_this_half_of_the_century_and_a_number_only_near_it(value: Value, said: str | None) -> None:
    if said is None:
        assert day_of(value, "A1").year in range(2000, 2050)
    else:
        with pytest.raises(Doubt) as asked:
            day_of(value, "A1")
        assert said in asked.value.sentence.text()
        assert ("不是日期" in asked.value.sentence.text()) is (said in ("29999", "60000", "是"))
