"""How alike findings and names are, at the bounds from which they are shown; and the months of a unit."""

from __future__ import annotations

from datetime import date, time

import pytest

from states.inspection import burden_of
from states.likeness import ComparedFinding, likeness, resembling
from states.names import is_another_writing, is_plain_name, nearest_names, plain_name
from states.obligation_times import looks
from states.vocabulary import inspection_name
from states.working_days import every_day
from tests.support.days import ZONE, day
from tests.support.lives import CALENDAR


def _finding(
    text: str, number: str = "", duty: str = "art7-1a", on: str = "03-01", *, is_open: bool = True
) -> ComparedFinding:
    return ComparedFinding(number=number, text=text, duty=duty, found_on=day(on), is_open=is_open)


# --- findings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("甲乙丙", "甲乙丙", 1.0),
        ("甲乙丙", "甲乙，丙。", 1.0),
        ("甲乙丙", "丁戊己", 0.0),
        ("甲", "甲", 1.0),
        ("甲", "", 0.0),
        ("", "甲", 0.0),
        ("", "", 0.0),
        ("，。", "甲乙", 0.0),
        # One piece of three in common.
        ("甲乙丙", "甲乙丁", 0.4),
    ],
)
def test_findings_are_as_alike_as_the_pieces_of_text_that_they_share(one: str, other: str, alike: float) -> None:
    # The same duty and the same day add a fifth to what the words say.
    assert likeness(_finding(one), _finding(other)) == pytest.approx(alike)
    assert likeness(_finding(other), _finding(one)) == pytest.approx(alike)


def test_a_duty_and_a_day_add_a_tenth_each_and_make_nothing_alike_by_themselves() -> None:
    mine = _finding("甲乙丙")
    assert likeness(mine, _finding("甲乙丁", duty="art7-2")) == pytest.approx(1 / 3 * 1.1)
    assert likeness(mine, _finding("甲乙丁", on="03-02")) == pytest.approx(1 / 3 * 1.1)
    assert likeness(mine, _finding("甲乙丁", duty="art7-2", on="03-02")) == pytest.approx(1 / 3)
    assert likeness(mine, _finding("丁戊己")) == 0.0


@pytest.mark.parametrize(("letters", "alike"), [(8, 7 / 11), (9, 0.8)])
def test_a_text_within_a_longer_one_resembles_it_from_eight_pieces_on(letters: int, alike: float) -> None:
    text = "甲乙丙丁戊己庚辛壬癸子丑"
    short, long = _finding(text[:letters]), _finding(text, duty="art7-2", on="04-01")
    assert likeness(short, long) == pytest.approx(alike)


def test_what_is_half_alike_is_shown_the_most_alike_first_and_rounded_to_a_hundredth() -> None:
    mine = _finding("甲乙丙丁", duty="x", on="01-01")
    others = [
        _finding("甲乙丙戊", "半", duty="y"),  # two of four pieces
        _finding("甲乙戊己", "少", duty="y"),
        _finding("甲乙丙丁", "同", duty="y", is_open=False),
        _finding("甲乙丙丁戊己", "长", duty="y"),
        _finding("甲乙丙丁戊", "近", duty="y"),
    ]
    found = resembling(mine, others)
    assert [(one.number, one.likeness, one.is_open) for one in found] == [
        ("同", 1.0, False),
        ("近", 0.75, True),
        ("长", 0.6, True),
        ("半", 0.5, True),
    ]
    assert [one.number for one in resembling(mine, others, most=2)] == ["同", "近"]
    same = [_finding("甲乙丙丁", str(n), duty="y") for n in range(6)]
    assert [one.number for one in resembling(mine, same)] == ["0", "1", "2", "3", "4"]
    (third,) = resembling(_finding("甲乙丙丁戊己庚", duty="x", on="01-01"), [_finding("甲乙丙丁戊", "号", duty="y")])
    assert third.likeness == 0.67


# --- names -------------------------------------------------------------------------------------------------------


def test_of_names_that_may_be_meant_other_writings_come_first_then_the_most_alike_then_by_their_letters() -> None:
    known = ["临溪市文体局", "临溪市文化和旅游局", "临溪市文旅馆", "临溪市文旅站", "临溪市文旅局二科"]
    assert nearest_names("临溪市文旅局", known, most=9)[:1] == ["临溪市文化和旅游局"]
    found = nearest_names("临溪市文旅局", known[2:], most=9)
    assert found == ["临溪市文旅局二科", "临溪市文旅站", "临溪市文旅馆"]
    assert nearest_names("临溪市文旅局", known[2:], most=1) == ["临溪市文旅局二科"]
    assert len(nearest_names("临溪市文旅局", known * 2)) == 3


def test_names_of_one_letter_or_none_are_compared_too() -> None:
    assert nearest_names("甲", ["甲", "乙"]) == ["甲"]
    assert nearest_names("", ["甲"]) == []
    assert nearest_names("甲", [""]) == []


def test_what_nobody_sees_in_a_title_becomes_a_blank() -> None:
    assert plain_name("文化\u200b局\n长") == "文化 局 长"
    for unseen in "\x07\u202e\ud800\ue000\u0378\u2028\u2029\u3164\u2800":
        assert plain_name(f"局{unseen}长") == "局 长", ascii(unseen)
        assert not is_plain_name(f"局{unseen}长")
    assert is_plain_name("第一中学（东校区） Office 2号")
    assert is_another_writing("临溪市文旅局", "临溪市文旅局")


# --- days of a year ----------------------------------------------------------------------------------------------


def test_a_reminder_on_the_first_working_day_of_the_year_is_left_out_and_one_on_the_next_is_not() -> None:
    begins = CALENDAR.roll(date(2026, 1, 1))
    on_it = CALENDAR.forward(begins, 3)
    kinds = [one.kind for one in looks(on_it, 2026, CALENDAR, time(9), ZONE)]
    after_it = [one.kind for one in looks(CALENDAR.forward(on_it, 1), 2026, CALENDAR, time(9), ZONE)]
    assert (kinds, after_it) == (["begun", "due_today", "missed"], ["begun", "reminder", "due_today", "missed"])
    assert [one.kind for one in looks(begins, 2026, CALENDAR, time(9), ZONE)] == ["begun", "missed"]


def test_where_every_day_counts_the_year_begins_on_its_first() -> None:
    known = looks(date(2026, 3, 31), 2026, every_day(2025, 2027), time(9), ZONE)
    assert (known[0].kind, known[0].at.date()) == ("begun", date(2026, 1, 1))


def test_a_month_in_which_nothing_was_sent_counts_no_message() -> None:
    months = burden_of([1, 1, 12], [12], {2: 3})
    assert [(one.month, one.visits, one.requests, one.messages, one.contacts) for one in months if one.contacts] == [
        (1, 2, 0, 0, 2),
        (12, 1, 1, 0, 2),
    ]
    assert [one.messages for one in months] == [0, 3, *[0] * 10]
    assert [one.month for one in months] == list(range(1, 13))


def test_a_kind_of_inspection_has_a_chinese_name_and_no_kind_has_none() -> None:
    assert inspection_name("regular")
    assert inspection_name("regular").isascii() is False
    assert inspection_name("") == ""


def test_no_day_lies_between_a_day_and_an_earlier_one() -> None:
    far, farther = date(2060, 3, 5), date(2060, 3, 6)
    assert CALENDAR.touches_unknown(far, farther)
    assert not CALENDAR.touches_unknown(far, far)
    assert not CALENDAR.touches_unknown(farther, far)
    assert not CALENDAR.touches_unknown(day("03-05"), day("03-04"))
