from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.calendars import load_calendar, read_notice
from states.errors import BadCalendar, BadTerm
from states.terms import Term, Unit, date_text, days_late, due, extend, parse_date, remaining, trace
from states.timers import timers
from states.vocabulary import Act
from states.working_days import Calendar
from tests.support.ledgers import FINDINGS
from tests.support.lives import FINDING, after, rules

CALENDAR = load_calendar()
RULES = rules()
NOTICES = Path(__file__).parents[1] / "data" / "holiday-cn"
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
near = st.dates(date(2005, 1, 1), date(2026, 6, 30))
lengths = st.integers(1, 250)


@pytest.mark.parametrize("finding", [f for f in FINDINGS if "expected" in f], ids=lambda f: f["id"])
def test_every_finding_of_the_ledger_is_due_on_the_expected_days(finding: dict[str, Any]) -> None:
    served, limit = finding["order"]["served_on"], f"{finding['order']['limit']['value']}wd"
    registered = after(None, Act.REGISTER_FINDING, finding["found_on"], RULES, **FINDING)
    case = after(registered, Act.SERVE_ORDER, served, RULES, term=limit)
    due_on = {line.kind: line.due_on.isoformat() for line in case.deadlines}
    of_the_term = [timer for timer in timers(case, RULES) if ".rectification." in timer.key]
    fires_on = {
        timer.key.rpartition(".")[2]: timer.due_at.astimezone(RULES.zone).date().isoformat() for timer in of_the_term
    }
    assert {
        "plan_due_on": due_on["plan"],
        "rectification_due_on": due_on["rectification"],
        "reminder_t10_on": fires_on.get("T-10"),
        "reminder_t3_on": fires_on["T-3"],
        "yellow_on": fires_on["yellow"],
        "red_on": fires_on["red"],
        "objection_due_on": due_on["objection"],
    } == finding["expected"]


def test_every_day_from_2017_to_2026_is_worked_as_two_independent_sources_say() -> None:
    notices = [json.loads((NOTICES / f"{year}.json").read_text("utf-8")) for year in range(2017, 2027)]
    second = {date.fromisoformat(day["date"]): not day["isOffDay"] for notice in notices for day in notice["days"]}
    day, checked = date(2017, 1, 1), 0
    while day <= date(2026, 12, 31):
        assert CALENDAR.works(day) == chinese_calendar.is_workday(day), day
        assert CALENDAR.works(day) == second.get(day, day.weekday() < 5), day
        day, checked = day + timedelta(days=1), checked + 1
    assert checked == 3652


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-01-31", "1m", "2026-02-28"),  # a month without the day ends on its last; a make-up Saturday is worked
        ("2024-01-31", "1m", "2024-02-29"),
        ("2026-09-03", "1m", "2026-10-08"),  # the corresponding day lies in the holiday
        ("2026-05-15", "30d", "2026-06-15"),  # 14 June is a Sunday
        ("2026-01-15", "30d", "2026-02-14"),  # a make-up Saturday does not roll
        ("2026-02-14", "1wd", "2026-02-24"),
        ("2026-02-21", "1wd", "2026-02-24"),  # served on a day off
        ("2026-01-01", "2026-03-31", "2026-03-31"),
        ("2026-01-01", "<2026-03-01", "2026-02-28"),
        ("2026-12-25", "20wd", "2027-01-25"),
    ],
)
def test_terms_end_where_the_counting_rules_say(start: str, term: str, end: str) -> None:
    assert due(date.fromisoformat(start), Term.parse(term), CALENDAR).due_on.isoformat() == end


def test_days_that_no_notice_covers_make_the_result_provisional_and_never_raise(tmp_path: Path) -> None:
    served = date(2026, 12, 25)
    assert due(served, Term.parse("20wd"), CALENDAR).provisional
    assert not due(date(2026, 12, 1), Term.parse("20wd"), CALENDAR).provisional
    notice = tmp_path / "2027.txt"
    few = "year 2027\n2027-01-01 off 元旦\n2027-01-02 off 元旦\n2027-01-03 work 元旦补班\n"
    notice.write_text(few, "utf-8")
    half = due(served, Term.parse("20wd"), load_calendar([notice]))
    assert (half.due_on, half.provisional) == (date(2027, 1, 22), True)  # a file with three days is not a notice
    law = ["02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02", "06-09", "09-15", "10-01", "10-02", "10-03"]
    notice.write_text(few + "".join(f"2027-{on} off 节日\n" for on in law), "utf-8")
    known = due(served, Term.parse("20wd"), load_calendar([notice]))
    assert (known.due_on, known.provisional) == (date(2027, 1, 22), False)


@pytest.mark.parametrize("year", range(2017, 2027))
def test_every_notice_of_the_state_council_makes_its_year_known(year: int) -> None:
    assert read_notice(NOTICES / f"{year}.json").covers


OF_2027 = {
    "spring": [f"2027-02-{day:02} off 春节" for day in range(5, 12)],
    "qingming": ["2027-04-05 off 清明节"],
    "dragon boat": ["2027-06-09 off 端午节"],
    "mid-autumn": ["2027-09-15 off 中秋节"],
    "sun": [
        f"2027-{on} off 元旦、劳动节或国庆节" for on in ("01-01", "05-01", "05-02", "05-03", "10-01", "10-02", "10-03")
    ],
}


@pytest.mark.parametrize(
    ("gone", "instead", "covers"),
    [
        ("", [], True),
        ("qingming", [], False),
        ("dragon boat", [], False),
        ("mid-autumn", [], False),
        ("mid-autumn", ["2027-10-04 off 国庆节、中秋节"], True),  # as in 2028, when both fall together
        ("spring", [], False),
        ("spring", OF_2027["spring"][:3], False),  # the law of 2024 fixes four days, the eve among them
        ("spring", OF_2027["spring"][:4], True),
    ],
)
def test_a_notice_that_leaves_out_a_holiday_of_the_moon_makes_no_year_known(
    gone: str, instead: list[str], covers: bool, tmp_path: Path
) -> None:
    path = tmp_path / "2027.txt"
    kept = [line for name, lines in OF_2027.items() if name != gone for line in lines]
    path.write_text("\n".join(["year 2027", *kept, *instead]), "utf-8")
    assert read_notice(path).covers is covers


def test_a_clock_stopped_by_a_suspension_gives_back_exactly_what_was_left() -> None:
    left = remaining(date(2026, 6, 16), date(2026, 7, 29), date(2026, 7, 13), CALENDAR)
    assert left == 13
    assert due(date(2026, 8, 3), Term(left, Unit.WORKING_DAY), CALENDAR).due_on == date(2026, 8, 20)
    assert extend(date(2026, 8, 20), Term.parse("15wd"), CALENDAR).due_on == date(2026, 9, 10)


def test_lateness_is_counted_in_working_days_and_is_nought_in_time() -> None:
    assert days_late(date(2026, 3, 5), date(2026, 3, 5), CALENDAR) == 0
    assert days_late(date(2026, 3, 5), date(2026, 3, 9), CALENDAR) == 2


@pytest.mark.parametrize("text", ["", "0wd", "-3d", "15", "15x", "99999d", "121m", "2026-02-30", "wd", "1.5m"])
def test_a_term_that_makes_no_sense_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadTerm, match="期限") as refused:
        Term.parse(text)
    assert text in refused.value.sentence.text("en")


@pytest.mark.parametrize("text", ["2026年2月30日", "2026-13-01", "3月5日", "", "yesterday", "2026-3"])
def test_a_date_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(BadTerm):
        parse_date(text)


@pytest.mark.parametrize("text", ["2026-02-06", "2026年2月6日", "2026.2.6", "2026/2/6", " 2026-2-6 "])
def test_dates_are_read_as_offices_write_them(text: str) -> None:
    assert parse_date(text) == date(2026, 2, 6)
    assert date_text(date(2026, 3, 5)) == "2026年3月5日（周四）"


def test_a_notice_reaches_into_its_neighbour_and_a_correction_withdraws_what_it_leaves_out(tmp_path: Path) -> None:
    law = ["05-01", "10-01", "10-02", "10-03", "02-04", "02-05", "02-06", "04-05", "06-07", "09-13"]
    listed = "".join(f"2019-{on} off 节日\n" for on in law)
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    days = "2018-12-29 work 元旦\n2018-12-31 off 元旦\n2019-01-01 off 元旦\n"
    first.write_text(f"year 2019\ndated 2018-12-06\n{days}{listed}2019-05-06 off 劳动节\n", "utf-8")
    second.write_text(f"year 2019\ndated 2019-03-22\n{days}{listed}2019-05-02 off 劳动节\n", "utf-8")
    for files in ([first, second], [second, first]):  # the notices' own dates decide, not the order of their import
        calendar = load_calendar(files)
        assert calendar.works(date(2018, 12, 29))
        assert not calendar.works(date(2018, 12, 31))
        assert calendar.works(date(2019, 5, 6))
        assert not calendar.works(date(2019, 5, 2))


@pytest.mark.parametrize(
    "text", ['{"year": 2027}', '{"year": 2027, "days": [{"date": "2027-01-01"}]}', "2027-01-01 perhaps"]
)
def test_a_bad_calendar_file_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad"
    path.write_text(text, "utf-8")
    with pytest.raises(BadCalendar, match="bad"):
        read_notice(path)


@given(start=near, n=lengths)
def test_the_trace_counts_to_the_due_day_and_no_further(start: date, n: int) -> None:
    term = Term(n, Unit.WORKING_DAY)
    lines = trace(start, term, CALENDAR)
    assert [line.number for line in lines if line.counted] == list(range(1, n + 1))
    assert lines[-1].day == due(start, term, CALENDAR).due_on


@given(start=days, n=lengths, unit=st.sampled_from([Unit.WORKING_DAY, Unit.DAY, Unit.MONTH]))
def test_later_starts_and_longer_terms_never_end_earlier(start: date, n: int, unit: Unit) -> None:
    n = min(n, 100)
    end = due(start, Term(n, unit), CALENDAR).due_on
    assert due(start + timedelta(days=1), Term(n, unit), CALENDAR).due_on >= end
    assert due(start, Term(n + 1, unit), CALENDAR).due_on >= end > start


@given(start=days, n=lengths)
def test_counting_back_undoes_counting_forward_from_a_working_day(start: date, n: int) -> None:
    first = CALENDAR.roll(start)
    assert CALENDAR.back(CALENDAR.forward(first, n), n) == first


@given(start=days, n=st.integers(20, 60), used=st.integers(1, 15), pause=st.integers(1, 60))
def test_a_suspension_of_k_working_days_moves_the_due_day_by_k(start: date, n: int, used: int, pause: int) -> None:
    end = due(start, Term(n, Unit.WORKING_DAY), CALENDAR).due_on
    stop = CALENDAR.forward(start, used)
    resume = CALENDAR.forward(stop, pause)
    left = remaining(start, end, stop, CALENDAR)
    # The clock stands from the day of the stop until the working day after the notice: pause + 1 days are given back.
    assert CALENDAR.working_days_between(end, CALENDAR.forward(resume, left)) == pause + 1


def test_a_calendar_is_kept_and_restored_with_the_same_hash() -> None:
    again = Calendar.from_json(CALENDAR.to_json())
    assert again.hash == CALENDAR.hash
    assert again.forward(date(2026, 2, 6), 15) == date(2026, 3, 5)
