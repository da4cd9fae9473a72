"""The State Council's days as telephones and mail programs keep them (.ics)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.calendars import load_calendar, read_notice
from states.errors import BadCalendar

DATA = Path(__file__).parents[1] / "data" / "holiday-cn"
EVENT = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{start}\r\n{more}SUMMARY:{title}\r\nEND:VEVENT\r\n"


def ics(*events: str, end: str = "END:VCALENDAR\r\n") -> str:
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(events) + end


def event(start: str, title: str, end: str = "", more: str = "") -> str:
    return EVENT.format(start=start, title=title, more=(f"DTEND;VALUE=DATE:{end}\r\n" if end else "") + more)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "假期.ics"
    path.write_text(text, "utf-8", newline="")
    return path


def of_year(content: dict[str, Any], off: str, work: str) -> str:
    return ics(
        *(
            event(day["date"].replace("-", ""), (off if day["isOffDay"] else work).format(name=day["name"]))
            for day in content["days"]
        )
    )


@pytest.mark.parametrize(("off", "work"), [("{name}（休）", "{name}（班）"), ("{name} 假期", "{name} 补班")])
def test_a_notice_means_the_same_in_either_form(tmp_path: Path, off: str, work: str) -> None:
    source = max(DATA.glob("202[56].json"))
    other = read_notice(written(tmp_path, of_year(json.loads(source.read_text("utf-8")), off, work)))
    notice = read_notice(source)
    assert (other.year, other.covers) == (notice.year, notice.covers)
    assert {day: rule.works for day, rule in other.days.items()} == {d: r.works for d, r in notice.days.items()}


def test_the_end_of_an_event_is_the_day_after_its_last(tmp_path: Path) -> None:
    notice = read_notice(written(tmp_path, ics(event("20270101", "元旦（休）", "20270104"))))
    assert sorted(notice.days) == [date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3)]
    assert notice.days[date(2027, 1, 1)].name == "元旦"


def test_few_days_are_laid_over_what_is_known(tmp_path: Path) -> None:
    path = written(tmp_path, ics(event("20260303", "元宵（休）"), event("20260101", "元旦")))
    assert read_notice(path).year is None
    assert not load_calendar([path]).works(date(2026, 3, 3))
    assert load_calendar([path]).works(date(2026, 3, 4))


def test_folded_lines_and_marks_of_apple_are_read(tmp_path: Path) -> None:
    text = ics(event("20270206", "春\r\n 节", more="X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY\r\n"))
    notice = read_notice(written(tmp_path, text))
    assert [(rule.works, rule.name) for rule in notice.days.values()] == [(True, "春节")]


MANY = [event((date(year, 1, 1) + timedelta(n)).strftime("%Y%m%d"), "假期") for year in (2026, 2027) for n in range(12)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ics(event("20270101", "元旦（休）"), end=""), "可能不完整"),
        (ics(event("20270101", "元旦")), "没有标明休、班"),
        (ics(), "没有标明休、班"),
        (ics(event("20270230", "元旦（休）")), "“20270230”无法识别"),
        (ics(event("20270101T083000Z", "元旦（休）")), "应为全天日程"),
        (ics(event("20270101", "元旦（休）", "20270401")), "长达90天"),
        (ics(event("20270101", "元旦（休）", more="RRULE:FREQ=YEARLY\r\n")), "按规则重复"),
        (ics(event("20270101", "元旦（休）"), event("20270101", "元旦（班）")), "既写休又写班"),
        (ics(*MANY), "多个年份"),
    ],
)
def test_each_bad_file_is_refused_in_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadCalendar, match=words):
        read_notice(written(tmp_path, text))


@given(st.text(alphabet="BEGINVCALDRTSUMY:;=0123456789元旦休班\r\n -", max_size=200))
def test_whatever_stands_in_a_file_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = written(tmp_path_factory.mktemp("ics"), "BEGIN:VCALENDAR\r\n" + text)
    try:
        read_notice(path)
    except BadCalendar as problem:
        assert problem.sentence.text()
