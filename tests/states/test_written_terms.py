from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.errors import BadTerm
from states.likeness import ComparedFinding, core, likeness, resembling
from states.terms import Term, parse_date
from states.written_terms import FARTHEST, RectificationKind, read_day, read_kind, read_number, read_term

MARCH_9 = date(2026, 3, 9)

READ = {
    "15个工作日": "15wd",
    "15个工作日内": "15wd",
    "１５个工作日": "15wd",
    "15\xa0个 工作日": "15wd",
    "十五个工作日": "15wd",
    "拾伍个工作日": "15wd",
    "壹佰贰拾日内": "120d",
    "叁个月": "3m",
    "十五日": "15d",
    "30日": "30d",
    "30个自然日": "30d",
    "3个月内": "3m",
    "一个月": "1m",
    "半年": "6m",
    "两周": "14d",
    "1年": "12m",
    "15WD": "15wd",
    "收到通知之日起15个工作日内": "15wd",
    "接到通知后10日内完成整改": "10d",
    "接通知后10个工作日": "10wd",
    "2026年6月30日前并长期坚持": "2026-06-30",
    "15个工作日，持续整改": "15wd",
    "2026年6月30日前": "2026-06-30",
    "2026年6月底前": "2026-06-30",
    "2026年2月末": "2026-02-28",
    "2028年2月底": "2028-02-29",
    "2026年6月30日之前": "<2026-06-30",
    "<2026-03-01": "<2026-03-01",
    "＜2026-03-01": "<2026-03-01",
    "2026.6.30": "2026-06-30",
    "二〇二六年六月三十日前": "2026-06-30",
    "2026年底前": "2026-12-31",
    "2026年第一季度": "2026-03-31",
    "2026年上半年": "2026-06-30",
    "6月30日前": "2026-06-30",
    "3月底": "2026-03-31",
    "年底前": "2026-12-31",
    "1月2日前": "2027-01-02",
    "2026年7月1日止": "2026-07-01",
}
ASKED = {
    "30天": "工作日还是自然日",
    "15": "单位",
    "15.5": "整数",
    "2026年6月": "哪一天",
    "2026年12月前": "哪一天",
    "3月": "哪一天",
    "7月1日前": "前一日",
    "2026年7月1日前": "前一日",
    "3月8日前": "年份",
    "月底前": "不可识别",
    "尽快": "不可识别",
    "2026年2月30日前": "不可识别",
    "2026年13月底": "不可识别",
    "": "不可识别",
    "立行立改，长期坚持": "不可识别",
    "立行立改，15日，长期坚持": "不可识别",
    "2026.6": "哪一天",
    "2026.12": "哪一天",
    "2026.13": "整数",
    "1e5": "不可识别",
}


@pytest.mark.parametrize(("written", "term"), READ.items())
def test_a_term_with_one_meaning_is_read(written: str, term: str) -> None:
    assert read_term(written, after=MARCH_9).term == term


@pytest.mark.parametrize(("written", "why"), ASKED.items())
def test_a_term_with_two_meanings_is_asked_about(written: str, why: str) -> None:
    with pytest.raises(BadTerm, match=why) as asked:
        read_term(written, after=MARCH_9)
    assert asked.value.sentence.text("en")


def test_a_term_and_a_kind_in_one_cell_are_both_read() -> None:
    written = read_term("2026年6月30日前完成，并长期坚持", after=MARCH_9)
    assert (written.term, written.kind) == ("2026-06-30", RectificationKind.CONTINUOUS)


@pytest.mark.parametrize("written", ["2026.03.05。", "2026年3月5日上午", "2026年3月5日；", "2026-03-05（周四）"])
def test_a_full_stop_or_a_time_of_day_makes_no_other_day(written: str) -> None:
    assert read_day(written) == date(2026, 3, 5)


@pytest.mark.parametrize("written", ["2026年3月中旬", "3月初", "2026年第一季度", "2026年上半年"])
def test_a_part_of_a_month_or_a_year_is_no_day(written: str) -> None:
    with pytest.raises(BadTerm, match="一段时间"):
        read_day(written, 2026)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("立行立改", RectificationKind.IMMEDIATE),
        ("即知即改。", RectificationKind.IMMEDIATE),
        ("长期坚持", RectificationKind.CONTINUOUS),
        ("持续整改", RectificationKind.CONTINUOUS),
        ("分阶段整改", RectificationKind.STAGED),
        ("15日", None),
    ],
)
def test_kinds_of_rectification_are_kinds_and_no_terms(written: str, kind: RectificationKind | None) -> None:
    assert read_kind(written) is kind
    if kind is not None:
        assert read_term(written) == type(read_term(written))("", kind)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("２０２６年３月４日", "2026-03-04"),
        ("2026-03-04 00:00:00", "2026-03-04"),
        ("2026-03-04T16:00:00", "2026-03-04"),
        ("20260304", "2026-03-04"),
        ("2026/3/4", "2026-03-04"),
        ("2026年3月4号", "2026-03-04"),
        ("2026.3.4.", "2026-03-04"),
        ("2026．3．4", "2026-03-04"),
        ("2026—03—04", "2026-03-04"),
        ("2026年3月4日（周三）", "2026-03-04"),
        ("二○二六年三月四日", "2026-03-04"),
    ],
)
def test_a_day_is_read_in_any_writing(written: str, day: str) -> None:
    assert read_day(written) == parse_date(written) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("3月4日", "没有写年份"),
        ("2026年3月", "只写到月"),
        ("26.3.4", "不足四位"),
        ("03/04/2026", "不足四位"),
        ("2026年3月4日-6日", "一段时间"),
        ("2026-3-4至2026-3-6", "一段时间"),
        ("2026-03-04T16:00:00Z", "时区"),
        ("2026-02-30", "不可识别"),
        ("明天", "不可识别"),
    ],
)
def test_a_day_with_two_meanings_is_asked_about(written: str, why: str) -> None:
    with pytest.raises(BadTerm, match=why):
        read_day(written)


def test_a_year_that_is_settled_is_supplied() -> None:
    assert read_day("3月4日", 2026) == date(2026, 3, 4)
    assert read_term("6月底前", year=2025, after=MARCH_9).term == "2025-06-30"
    assert read_term("6月底前", after=MARCH_9).supplied
    assert not read_term("2026年6月底前", after=MARCH_9).supplied
    assert not read_term("15个工作日", after=MARCH_9).supplied
    assert not read_term("立行立改", after=MARCH_9).supplied


@pytest.mark.parametrize(
    ("written", "n"),
    [("二零二六", 2026), ("二〇二六", 2026), ("二○二六", 2026), ("一百零五", 105), ("两百", 200), ("零", 0)],
)
def test_a_nought_is_written_in_three_ways(written: str, n: int) -> None:
    assert read_number(written) == n


@pytest.mark.parametrize(("written", "term"), [("半年", "6m"), ("1年", "12m"), ("9年", "108m"), ("九年", "108m")])
def test_less_than_ten_years_are_a_term_of_months(written: str, term: str) -> None:
    assert read_term(written, after=MARCH_9).term == term


@pytest.mark.parametrize("days", ["wd", "d", None])
def test_calendar_days_and_working_days_mean_themselves_whatever_plain_days_were_said_to_mean(days: str | None) -> None:
    for written, term in (("15日", "15d"), ("15自然日", "15d"), ("15工作日", "15wd"), ("2周", "14d"), ("1个月", "1m")):
        assert read_term(written, days=days, after=MARCH_9).term == term
    if days:
        assert read_term("15天", days=days, after=MARCH_9).term == f"15{days}"
    else:
        with pytest.raises(BadTerm):
            read_term("15天", after=MARCH_9)


def test_from_ten_on_a_figure_before_the_word_for_year_names_one() -> None:
    with pytest.raises(BadTerm):
        read_term("10年", after=MARCH_9)


def test_the_end_of_a_month_that_is_over_is_that_of_the_next_year() -> None:
    november = date(2026, 11, 24)
    ends = {
        "11月底": "2026-11-30",
        "1月底前": "2027-01-31",
        "一季度": "2027-03-31",
        "二季度": "2027-06-30",
        "四季度": "2026-12-31",
        "上半年": "2027-06-30",
    }
    assert {written: read_term(written, after=november).term for written in ends} == ends


@given(ahead=st.integers(0, 365))
def test_a_day_without_its_year_is_the_next_one_unless_that_is_nearly_a_year_away(ahead: int) -> None:
    day = MARCH_9 + timedelta(days=ahead)
    written = f"{day.month}月{day.day}日止"
    if ahead > FARTHEST:
        if ahead < 365:
            with pytest.raises(BadTerm, match="年份"):
                read_term(written, after=MARCH_9)
    else:
        assert read_term(written, after=MARCH_9).term == day.isoformat()


@given(
    n=st.integers(1, 999), unit=st.sampled_from(["个工作日", "日", "个月"]), wide=st.booleans(), inside=st.booleans()
)
def test_a_span_means_the_same_however_it_is_written(*, n: int, unit: str, wide: bool, inside: bool) -> None:
    figures = str(n).translate(str.maketrans("0123456789", "０１２３４５６７８９")) if wide else str(n)
    read = read_term(f" {figures} {unit}{'内' if inside else ''} ")
    assert read.term == f"{n}{ {'个工作日': 'wd', '日': 'd', '个月': 'm'}[unit] }"


_FIGURES = "〇一二三四五六七八九"


@given(n=st.integers(1, 99))
def test_chinese_figures_count_as_they_are_read_aloud(n: int) -> None:
    tens, ones = divmod(n, 10)
    spoken = (("" if tens == 1 else _FIGURES[tens]) + "十" if tens else "") + (_FIGURES[ones] if ones else "")
    assert read_number(spoken) == n
    assert Term.parse(f"{spoken}个工作日") == Term.parse(f"{n}wd")


@given(text=st.text(max_size=30))
def test_whatever_is_written_is_a_term_or_a_question(text: str) -> None:
    try:
        term = read_term(text, after=MARCH_9, bare="wd", days="d")
    except BadTerm as asked:
        assert asked.sentence.text()
    else:
        assert term.term or term.kind


@given(text=st.text(max_size=30))
def test_one_form_of_a_text_stays_the_same_when_it_is_made_again(text: str) -> None:
    assert core(core(text)) == core(text)


# --- likeness -------------------------------------------------------------------------------------------------------


def finding(text: str, *, number: str = "1", duty: str = "art7-1a", on: date = MARCH_9) -> ComparedFinding:
    return ComparedFinding(number=number, text=text, duty=duty, found_on=on)


def test_the_same_words_are_as_alike_as_can_be_and_others_not_at_all() -> None:
    one = finding("年度工作计划未列入法治建设内容")
    assert likeness(one, finding("年度工作计划，未列入 法治建设内容。")) == 1
    assert likeness(one, finding("行政执法案卷缺少送达回证")) == 0
    assert likeness(one, finding("")) == 0


def test_a_reworded_finding_is_alike_and_the_same_duty_and_day_count_more() -> None:
    one = finding("年度工作计划未列入法治建设内容，未专题研究")
    reworded = "年度工作计划没有列入法治建设内容，也未专题研究部署"
    near = likeness(one, finding(reworded))
    far = likeness(one, finding(reworded, duty="art6-1", on=date(2025, 1, 1)))
    assert 0.5 < far < near < 1


def test_the_most_alike_come_first_and_no_more_than_were_asked_for() -> None:
    text = "年度工作计划未列入法治建设内容"
    others = [finding(text + "某" * n, number=str(n)) for n in range(9)]
    found = resembling(finding(text), others, most=3)
    assert [one.number for one in found] == ["0", "1", "2"]


@given(one=st.text(max_size=40), other=st.text(max_size=40))
def test_likeness_is_the_same_both_ways_and_between_nought_and_one(one: str, other: str) -> None:
    forth = likeness(finding(one), finding(other))
    assert forth == likeness(finding(other), finding(one))
    assert 0 <= forth <= 1
