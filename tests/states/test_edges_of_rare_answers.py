"""What the rules answer to what is rare: a unit of no known kind, a month that is no term, an address in two groups."""

from __future__ import annotations

from datetime import date

import pytest

from config.duties import catalogue_duties
from states import timers
from states.address_groups import group_of, tags_of, untagged
from states.duty import fits
from states.errors import BadTerm
from states.obligation import UnitPlace, is_party_department, require_receiver
from states.terms import Term
from states.written_terms import read_term
from tests.support.lives import ordered, rules


def test_a_unit_of_no_known_kind_may_be_charged_with_any_duty_and_with_nothing_else() -> None:
    duties = catalogue_duties()
    assert fits(duties["art7-1a"], "某某中心", "")
    assert not any(fits(duty, "某某中心", "") for duty in duties.values() if duty.kind != "duty")


def test_only_a_department_is_one_of_a_party_committee() -> None:
    assert not is_party_department(UnitPlace("government", "青禾县人民政府", above_kind="party_committee"))
    assert is_party_department(UnitPlace("department", "青禾县委宣传部"))
    assert is_party_department(UnitPlace("department", "宣传部", above_kind="party_committee"))
    assert not is_party_department(UnitPlace("department", "教育局", above_kind="government"))


def test_a_receiver_who_has_not_signed_may_sign() -> None:
    require_receiver("同级党委", ("同级党委", "上一级政府"), {"上一级政府": date(2026, 3, 1)})


def test_an_address_may_be_in_two_groups_and_in_none() -> None:
    assert tags_of("机关,值班,机关=ntfy://host/topic") == ("机关", "值班")
    assert tags_of("ntfy://host/topic?机关=1") == ()
    assert (untagged("机关=ntfy://host"), group_of("tag:值班"), group_of("值班")) == ("ntfy://host", "值班", "")


@pytest.mark.parametrize("written", ["3月", "3月前", "3月之前", "3月内", "3月之内"])
def test_a_month_without_its_day_is_no_term(written: str) -> None:
    with pytest.raises(BadTerm, match="没有写明哪一天"):
        read_term(written)


@pytest.mark.parametrize("written", ["2026年", "半天"])
def test_a_year_of_the_calendar_and_half_a_day_are_no_terms(written: str) -> None:
    with pytest.raises(BadTerm, match="不可识别"):
        read_term(written)


def test_a_kind_of_rectification_is_no_term_where_a_term_is_asked_for() -> None:
    assert read_term("立行立改").kind is not None
    with pytest.raises(BadTerm, match="立行立改"):
        Term.parse("立行立改")


def test_the_schedules_that_are_remembered_are_forgotten_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    by = rules()
    case = ordered(by)
    known = timers.timers(case, by)
    monkeypatch.setattr(timers, "_MOST_SCHEDULES", 0)
    timers._SCHEDULES.clear()
    assert timers.timers(case, by) == known
    assert len(timers._SCHEDULES) == 1
