"""What the console and a person's questions answer: the same case, to whom it belongs, and nothing to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.errors import NotFound, Problem
from states.vocabulary import Act, Role
from store import accounts, organisation, unit_posts
from store.case_filters import Filter
from tests.support.days import UNIT, at, day
from wiring import Office

if TYPE_CHECKING:
    from store.accounts import Person
    from tests.support.offices import Bench


def _person(bench: Bench, name: str, role: Role, unit: str = "") -> Person:
    with bench.office.database.transaction() as session:
        office = unit_posts.ensure_office(session, bench.settings.office)
        where = organisation.ensure_unit(session, unit).id if unit else office
        accounts.add_person(session, name, name, role, where)
    return bench.office.console.person(name)


def test_the_console_knows_whom_it_is_told_and_nobody_else(sqlite_bench: Bench) -> None:
    assert _person(sqlite_bench, "zhou", Role.DIRECTOR).role is Role.DIRECTOR
    with pytest.raises(NotFound):
        sqlite_bench.office.console.person("chen")


def test_the_console_counts_the_term_of_a_case_day_by_day_and_nothing_waits_for_anybody(sqlite_bench: Bench) -> None:
    case = sqlite_bench.case(sqlite_bench.ordered())
    number, lines = sqlite_bench.office.console.deadlines(case.number)
    assert number == case.number
    assert [line.deadline for line in lines] == list(case.deadlines)
    assert all(line.trace for line in lines)
    assert sqlite_bench.office.console.waiting() == ([], [])


def test_a_number_for_a_document_is_given_once_and_one_that_is_void_is_kept_with_its_reason(
    sqlite_bench: Bench,
) -> None:
    desk = sqlite_bench.office.console_desk
    first, second = desk.next_document(day("02-06")), desk.next_document(day("02-06"))
    assert first != second
    desk.void_document(first, "", "打印错误", at("02-06"))
    with pytest.raises(Problem):
        desk.void_document("某〔2026〕999号", "nobody", "没有这个人", at("02-06"))


def test_without_an_approved_ranking_the_console_calls_nobody_in(sqlite_bench: Bench) -> None:
    data = {"unit": UNIT, "post": f"{UNIT}局长", "finding": "排名末位"}
    with pytest.raises(Problem):
        sqlite_bench.office.console_desk.open_by_ranking("", day("05-06"), data, at("05-06"))


def test_a_person_is_answered_about_what_he_may_see_and_nothing_else(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.ordered()
    case = sqlite_bench.case(case_id)
    ours = _person(sqlite_bench, "zhou", Role.DIRECTOR)
    theirs = _person(sqlite_bench, "li", Role.LIAISON, "临溪市水利局")
    ask = sqlite_bench.office.case_queries
    may, may_not = ask.allowed(ours, case_id, day("02-09"))
    assert may.keys() & may_not.keys() == set()
    assert Act.SUBMIT_PLAN in may | may_not
    assert [found.case.id for found in ask.page(ours, Filter(), after=0, limit=5)] == [case_id]
    assert ask.page(ours, Filter(), after=case_id, limit=5) == []
    assert [found.event.case_id for found in ask.feed(ours, after=0, limit=5)] == [case_id, case_id]
    assert [line.deadline for line in ask.deadlines(ours, case_id)] == list(case.deadlines)
    assert ask.page(theirs, Filter(), after=0, limit=5) == []
    assert ask.feed(theirs, after=0, limit=5) == []
    for question in (lambda: ask.deadlines(theirs, case_id), lambda: ask.allowed(theirs, case_id, day("02-09"))):
        with pytest.raises(NotFound):
            question()
    # A process that has not yet met the policy of a case reads it from the database.
    other = Office(sqlite_bench.settings)
    assert other.case_queries.policy_name(case) == ask.policy_name(case) == "sichuan-2017"
    other.close()
