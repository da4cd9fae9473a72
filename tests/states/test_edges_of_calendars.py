"""Working days at the edges of what is known, terms at the edges of what can be read, counts told day by day."""

from __future__ import annotations

import json
from datetime import date, timedelta
from hashlib import sha256

import pytest

from states.errors import BadTerm
from states.terms import (
    MOST_DAYS,
    MOST_MONTHS,
    Term,
    Unit,
    date_text,
    days_late,
    due,
    extend,
    parse_date,
    remaining,
    trace,
)
from states.working_days import FIXED_HOLIDAYS, Calendar, DayKind, DayRule, every_day
from tests.support.lives import CALENDAR

OFF = DayRule(works=False, name="元旦")
WORK = DayRule(works=True, name="元旦补班")
ONE_YEAR = Calendar({date(2026, 1, 1): OFF, date(2026, 1, 4): WORK}, [2026], "one year")


@pytest.mark.parametrize(
    ("day", "kind", "zh", "en"),
    [
        (date(2026, 1, 1), DayKind.HOLIDAY, "元旦放假", "holiday (New Year's Day)"),
        (date(2026, 1, 3), DayKind.WEEKEND, "周末", "weekend"),
        (date(2026, 1, 4), DayKind.MAKE_UP, "元旦调休补班", "make-up working day (New Year's Day)"),
        (date(2026, 1, 5), DayKind.WORKING, "工作日", "working day"),
        (date(2027, 1, 1), DayKind.HOLIDAY, "元旦放假", "holiday (New Year's Day)"),
        (date(2027, 5, 2), DayKind.WEEKEND, "周末", "weekend"),
    ],
)
def test_every_kind_of_day_has_its_name_in_both_languages(day: date, kind: DayKind, zh: str, en: str) -> None:
    assert (ONE_YEAR.kind(day), ONE_YEAR.label(day), ONE_YEAR.label(day, "en")) == (kind, zh, en)


def test_two_holidays_at_once_have_both_their_names_and_one_that_is_not_known_its_own() -> None:
    days = {
        date(2023, 9, 29): DayRule(works=False, name="中秋节、国庆节"),
        date(2023, 8, 9): DayRule(works=False, name="火把节"),
    }
    several = Calendar(days, [2023])
    assert several.label(date(2023, 9, 29)) == "中秋节、国庆节放假"
    assert several.label(date(2023, 9, 29), "en") == "holiday (Mid-Autumn Festival and National Day)"
    assert several.label(date(2023, 8, 9), "en") == "holiday (火把节)"


@pytest.mark.parametrize("month_day", sorted(FIXED_HOLIDAYS))
def test_a_holiday_that_the_law_fixes_is_off_in_a_year_without_a_notice(month_day: tuple[int, int]) -> None:
    month, number = month_day
    years = [year for year in range(2027, 2034) if date(year, month, number).weekday() < 5]
    assert not any(ONE_YEAR.works(date(year, month, number)) for year in years)
    # A notice that is out has the last word: 2026 names neither 1 May nor 1 October here.
    assert ONE_YEAR.works(date(2026, month, number)) is (
        (month, number) != (1, 1) and date(2026, month, number).weekday() < 5
    )


def test_the_days_that_the_law_fixes_are_those_of_the_holiday_rules() -> None:
    assert sorted(FIXED_HOLIDAYS) == [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)]
    assert set(FIXED_HOLIDAYS.values()) == {"元旦", "劳动节", "国庆节"}


def test_days_of_a_known_year_and_days_that_a_notice_names_are_known() -> None:
    known = Calendar({date(2028, 12, 31): OFF}, [2026], "")
    assert [known.knows(day) for day in (date(2026, 6, 1), date(2027, 6, 1), date(2028, 12, 31))] == [True, False, True]


@pytest.mark.parametrize("n", [0, -1])
def test_no_working_days_ahead_or_back_is_the_day_itself_even_a_rest_day(n: int) -> None:
    sunday = date(2026, 3, 8)
    assert (CALENDAR.forward(sunday, n), CALENDAR.back(sunday, n)) == (sunday, sunday)


def test_the_next_and_the_last_working_day_are_never_the_day_itself() -> None:
    thursday = date(2026, 3, 5)
    assert (CALENDAR.forward(thursday, 1), CALENDAR.back(thursday, 1)) == (date(2026, 3, 6), date(2026, 3, 4))
    saturday = date(2026, 3, 7)
    assert (CALENDAR.forward(saturday, 1), CALENDAR.back(saturday, 1)) == (date(2026, 3, 9), date(2026, 3, 6))
    assert (CALENDAR.roll(thursday), CALENDAR.roll(saturday)) == (thursday, date(2026, 3, 9))


@pytest.mark.parametrize(
    "start", [date(1990, 1, 5), date(2025, 12, 31), date(2026, 1, 1), date(2029, 12, 20), date(2150, 3, 5)]
)
@pytest.mark.parametrize("n", [1, 2, 9, 40])
def test_counting_is_the_same_inside_and_outside_of_the_days_that_are_kept_in_order(start: date, n: int) -> None:
    """The list of days around what is known is for speed alone: a slow count by hand says the same."""
    forward, left = start, n
    while left:
        forward += timedelta(days=1)
        left -= ONE_YEAR.works(forward)
    back, left = start, n
    while left:
        back -= timedelta(days=1)
        left -= ONE_YEAR.works(back)
    assert (ONE_YEAR.forward(start, n), ONE_YEAR.back(start, n)) == (forward, back)
    between = sum(ONE_YEAR.works(start + timedelta(days=place)) for place in range(1, (forward - start).days + 1))
    assert ONE_YEAR.working_days_between(start, forward) == between == n
    assert ONE_YEAR.working_days_between(forward, start) == -n
    assert ONE_YEAR.working_days_between(start, start) == 0


@pytest.mark.parametrize(
    ("start", "end", "unknown"),
    [
        (date(2026, 6, 1), date(2026, 12, 31), False),
        (date(2026, 6, 1), date(2027, 1, 1), True),
        (date(2025, 12, 31), date(2026, 1, 1), False),  # the first day itself is not counted
        (date(2025, 12, 30), date(2026, 1, 1), True),
        (date(2027, 6, 1), date(2027, 6, 1), False),
        (date(2027, 6, 2), date(2027, 6, 1), False),
        (date(1950, 1, 1), date(1950, 1, 2), True),
        (date(2026, 6, 1), date(2190, 1, 1), True),
    ],
)
def test_a_count_is_provisional_if_it_touches_a_day_that_no_notice_covers(
    start: date, end: date, unknown: bool
) -> None:
    assert ONE_YEAR.touches_unknown(start, end) is unknown


def test_a_calendar_is_known_by_the_hash_of_all_its_content() -> None:
    text = ONE_YEAR.to_json()
    assert json.loads(text) == {
        "known_years": [2026],
        "name": "one year",
        "days": {"2026-01-01": [False, "元旦"], "2026-01-04": [True, "元旦补班"]},
    }
    assert ONE_YEAR.hash == sha256(text.encode()).hexdigest()
    again = Calendar.from_json(text)
    assert (again.hash, again.name, again.known_years) == (ONE_YEAR.hash, "one year", frozenset({2026}))
    assert [again.works(date(2026, 1, day)) for day in (1, 2, 3, 4)] == [False, True, False, True]
    assert " " not in text.replace("one year", "")
    assert Calendar({}, [2026, 2025], "").to_json() == Calendar({}, [2025, 2026], "").to_json()


def test_an_empty_calendar_goes_by_the_weekday() -> None:
    bare = Calendar({}, [])
    assert bare.forward(date(2026, 3, 6), 1) == date(2026, 3, 9)
    assert bare.back(date(2026, 3, 9), 1) == date(2026, 3, 6)
    assert bare.touches_unknown(date(2026, 3, 6), date(2026, 3, 9))


def test_a_calendar_of_every_day_counts_every_day_of_its_years_and_of_no_other() -> None:
    daily = every_day(2026, 2027)
    assert (daily.name, daily.known_years) == ("every day", frozenset({2026, 2027}))
    assert all(daily.works(date(2026, 1, 1) + timedelta(days=place)) for place in range(730))
    assert not daily.works(date(2028, 1, 1))
    assert daily.forward(date(2026, 1, 1), 60) == date(2026, 3, 2)
    assert not daily.touches_unknown(date(2026, 1, 1), date(2027, 12, 31))


# --- written terms and days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "canonical", "zh", "en"),
    [
        ("15wd", "15wd", "15个工作日", "15 working days"),
        ("1wd", "1wd", "1个工作日", "1 working day"),
        ("15个工作日", "15wd", "15个工作日", "15 working days"),
        ("15工作日", "15wd", "15个工作日", "15 working days"),
        ("30d", "30d", "30日", "30 days"),
        ("1日", "1d", "1日", "1 day"),
        ("30天", "30d", "30日", "30 days"),
        ("2m", "2m", "2个月", "2 months"),
        ("1个月", "1m", "1个月", "1 month"),
        ("2026-03-31", "2026-03-31", "2026年3月31日（周二）以前", "by 2026-03-31 (Tue)"),
        ("<2026-03-01", "<2026-03-01", "2026年3月1日（周日）之前", "before 2026-03-01 (Sun)"),
        ("＜2026-03-01", "<2026-03-01", "2026年3月1日（周日）之前", "before 2026-03-01 (Sun)"),
        ("2026年3月1日之前", "<2026-03-01", "2026年3月1日（周日）之前", "before 2026-03-01 (Sun)"),
        (" 15 wd ", "15wd", "15个工作日", "15 working days"),
    ],
)
def test_a_written_term_is_read_and_written_and_told(text: str, canonical: str, zh: str, en: str) -> None:
    term = Term.parse(text)
    assert (str(term), term.text(), term.text("en")) == (canonical, zh, en)
    assert Term.parse(canonical) == term


def test_before_a_day_excludes_it_and_by_a_day_includes_it() -> None:
    assert (Term.parse("<2026-03-01").on, Term.parse("2026-03-01").on) == (date(2026, 2, 28), date(2026, 3, 1))
    assert Term.parse("2026-03-01") == Term(0, Unit.FIXED, date(2026, 3, 1))


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("0d", MOST_DAYS),
        (f"{MOST_DAYS + 1}d", MOST_DAYS),
        (f"{MOST_DAYS + 1}wd", MOST_DAYS),
        (f"{MOST_MONTHS + 1}m", 120),
    ],
)
def test_a_term_of_nothing_or_of_more_than_ten_years_is_refused(text: str, most: int) -> None:
    assert (MOST_DAYS, MOST_MONTHS) == (3650, 120)
    with pytest.raises(BadTerm) as refused:
        Term.parse(text)
    assert refused.value.sentence.text() == f"期限“{text}”的数值须在1至{most}之间。"
    assert refused.value.sentence.text("en") == f"The term “{text}” must be between 1 and {most}."


@pytest.mark.parametrize("text", ["1d", f"{MOST_DAYS}d", f"{MOST_DAYS}wd", f"{MOST_MONTHS}m", "1m"])
def test_the_shortest_and_the_longest_terms_are_read(text: str) -> None:
    assert str(Term.parse(text)) == text


def test_what_cannot_be_read_is_named_with_what_could_be() -> None:
    with pytest.raises(BadTerm) as refused:
        Term.parse("x" * 60)
    assert refused.value.sentence.text().startswith(f"期限“{'x' * 40}”不可识别")
    with pytest.raises(BadTerm) as unknown:
        parse_date("y" * 60)
    assert unknown.value.sentence.text().startswith(f"日期“{'y' * 40}”不可识别")
    with pytest.raises(BadTerm) as never:
        parse_date("2026-02-30")
    assert never.value.sentence.text() == unknown.value.sentence.text().replace("y" * 40, "2026-02-30")


@pytest.mark.parametrize("year", [1948, 2200])
def test_a_year_that_cannot_be_reckoned_with_is_refused(year: int) -> None:
    with pytest.raises(BadTerm) as refused:
        parse_date(f"{year}-01-01")
    assert refused.value.sentence.text() == f"日期“{year}-01-01”超出可计算的范围（1949年至2199年）。"
    assert refused.value.sentence.text("en").endswith("(1949 to 2199).")


@pytest.mark.parametrize("text", ["1949-01-01", "2199-12-31"])
def test_the_first_and_the_last_year_that_can_be_reckoned_with_are_read(text: str) -> None:
    assert parse_date(text).isoformat() == text


@pytest.mark.parametrize(
    ("offset", "zh", "en"),
    [
        (0, "一", "Mon"),
        (1, "二", "Tue"),
        (2, "三", "Wed"),
        (3, "四", "Thu"),
        (4, "五", "Fri"),
        (5, "六", "Sat"),
        (6, "日", "Sun"),
    ],
)
def test_a_day_is_told_with_its_weekday(offset: int, zh: str, en: str) -> None:
    day = date(2026, 3, 2) + timedelta(days=offset)
    assert (date_text(day), date_text(day, "en")) == (f"2026年3月{day.day}日（周{zh}）", f"2026-03-0{day.day} ({en})")


# --- what follows from a term ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-01-30", "1m", "2026-02-28"),
        ("2026-01-28", "1m", "2026-02-28"),
        ("2026-12-15", "1m", "2027-01-15"),
        ("2026-11-15", "1m", "2026-12-15"),
        ("2026-11-30", "3m", "2027-03-01"),  # 28 February 2027 is a Sunday
        ("2024-02-29", "12m", "2025-02-28"),
        ("2026-03-05", "1d", "2026-03-06"),
        ("2026-03-06", "1d", "2026-03-09"),
    ],
)
def test_months_and_days_end_on_the_corresponding_day_or_the_next_working_day(start: str, term: str, end: str) -> None:
    found = due(date.fromisoformat(start), Term.parse(term), CALENDAR, "basis")
    assert found.due_on.isoformat() == end
    assert (found.started_on.isoformat(), str(found.term), found.basis) == (start, term, "basis")
    assert found.calendar_hash == CALENDAR.hash


def test_a_term_of_days_is_provisional_only_by_the_days_at_its_end() -> None:
    assert not due(date(2026, 12, 1), Term.parse("30d"), CALENDAR).provisional
    assert due(date(2026, 12, 2), Term.parse("30d"), CALENDAR).provisional  # ends on 1 January 2027
    assert not due(date(2026, 1, 1), Term.parse("2030-01-01"), CALENDAR).provisional


@pytest.mark.parametrize(
    ("started", "stopped", "left"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), 4),  # stopped on the day of service: that day is not of the term
        (date(2026, 3, 2), date(2026, 3, 3), 4),  # the day of the stop is still left
        (date(2026, 3, 2), date(2026, 3, 4), 3),
        (date(2026, 3, 2), date(2026, 3, 6), 1),
        (date(2026, 3, 4), date(2026, 3, 3), 4),  # counted from an old due day, and running already
    ],
)
def test_what_is_left_when_the_clock_stops(started: date, stopped: date, left: int) -> None:
    assert remaining(started, date(2026, 3, 6), stopped, CALENDAR) == left


def test_an_extension_is_counted_from_the_old_due_day_and_lateness_from_the_due_day() -> None:
    assert extend(date(2026, 3, 5), Term.parse("1wd"), CALENDAR).due_on == date(2026, 3, 6)
    late = [days_late(date(2026, 3, 5), date(2026, 3, day), CALENDAR) for day in (4, 5, 6, 7, 9)]
    assert late == [0, 0, 1, 1, 2]


def _told(start: str, term: str, calendar: Calendar = CALENDAR) -> list[tuple[str, bool, int | None, str, str]]:
    lines = trace(date.fromisoformat(start), Term.parse(term), calendar)
    return [(f"{line.day:%m-%d}", line.counted, line.number, line.note.zh, line.note.en) for line in lines]


def test_a_count_of_working_days_is_told_day_by_day() -> None:
    assert _told("2026-02-27", "2wd") == [
        (
            "02-27",
            False,
            None,
            "送达当日不计（民法典第二百零一条）",
            "the day of service is not counted (Civil Code, article 201)",
        ),
        ("02-28", True, 1, "第1个工作日（春节调休补班）", "working day 1 (make-up working day (Spring Festival))"),
        ("03-01", False, None, "不计：周末", "not counted: weekend"),
        ("03-02", True, 2, "第2个工作日，期限届满，当日24时止", "working day 2; the term ends at 24:00"),
    ]


def test_a_count_that_ends_on_a_rest_day_is_told_until_it_has_moved_on() -> None:
    assert [(day, counted, number) for day, counted, number, _zh, _en in _told("2026-05-15", "30d")] == [
        ("05-15", False, None),
        ("06-14", False, None),
        ("06-15", True, None),
    ]
    assert _told("2026-05-15", "30d")[1][3:] == (
        "届满日为休息日（周末），顺延（民法典第二百零三条）",
        "a rest day (weekend); moves on (Civil Code, article 203)",
    )
    assert _told("2026-05-15", "30d")[2][3:] == ("30日届满，当日24时止", "30 days end at 24:00")


def test_a_fixed_day_is_told_in_one_line() -> None:
    assert _told("2026-01-01", "2026-03-29") == [
        ("03-29", True, None, "固定日期，遇休息日不顺延", "a fixed date, which a rest day does not move")
    ]


def test_a_day_that_no_notice_covers_is_told_so() -> None:
    (_start, _new_year, first) = _told("2026-12-31", "1wd", ONE_YEAR)[:3]
    told = _told("2026-12-31", "1wd", ONE_YEAR)
    assert told[1][3] == "不计：元旦放假（暂定：放假通知尚未公布）"
    assert first[4].startswith("not counted: weekend (provisional: no notice yet)")
    assert told[-1][4] == "working day 1; the term ends at 24:00 (provisional: no notice yet)"


def test_days_of_which_no_notice_speaks_are_found_at_the_ends_of_what_a_calendar_keeps_and_beyond() -> None:
    known = Calendar({}, {2026})
    for around in (date(2025, 1, 1), date(2026, 1, 1), date(2026, 12, 31), date(2029, 12, 31)):
        days = [around + timedelta(days=n) for n in range(-3, 4)]
        for place, start in enumerate(days):
            for end in days[place + 1 :]:
                between = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
                assert known.touches_unknown(start, end) is not all(day.year == 2026 for day in between), (start, end)


def test_where_every_day_counts_the_first_and_the_last_of_each_year_do() -> None:
    daily = every_day(2022, 2023)  # the last day of 2022 and the first of 2023 are a weekend, as is the last of 2023
    for day in (date(2022, 1, 1), date(2022, 12, 31), date(2023, 1, 1), date(2023, 12, 31)):
        assert daily.works(day)
        assert daily.knows(day)
    assert not daily.works(date(2024, 1, 1))
