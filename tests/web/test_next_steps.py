"""The desk of a new home says what is next, whichever steps were left out, and stops when all is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from accounts.next_steps import NextStep, steps
from states.vocabulary import Role
from store import accounts, contacts, organisation, unit_posts
from tests.support.days import UNIT
from tests.support.visitors import Arrivals

if TYPE_CHECKING:
    from tests.support.offices import Bench

CARD = "接下来做什么"


def left(bench: Bench) -> list[NextStep]:
    return [step for step, done in steps(bench.office.database, {2026}, 2026).items() if not done]


def test_each_step_is_left_until_it_is_done(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    database = bench.office.database
    with database.transaction() as session:
        office = unit_posts.ensure_office(session, bench.settings.office)
    assert left(bench) == [NextStep.UNITS, NextStep.PEOPLE, NextStep.CHANNELS, NextStep.CASE]
    assert NextStep.CALENDAR in [step for step, done in steps(database, {2025}, 2026).items() if not done]
    with database.transaction() as session:
        organisation.ensure_unit(session, UNIT)
        accounts.add_person(session, "h", "h", Role.HANDLER, office)
        accounts.add_person(session, "d", "d", Role.DIRECTOR, office)
        accounts.add_person(session, "i", "i", Role.INSPECTOR, office)
    assert left(bench) == [NextStep.PEOPLE, NextStep.CHANNELS, NextStep.CASE]
    with database.transaction() as session:
        accounts.add_person(session, "j", "j", Role.INSPECTOR, office, confirmed=False)
    assert NextStep.PEOPLE in left(bench)
    with database.transaction() as session:
        accounts.confirm(session, "j")
        post = unit_posts.find_post(session, bench.settings.office, "handler")
        contacts.set_contacts(session, post, [("mail", "office@linxi.example")])
    assert left(bench) == [NextStep.CASE]
    bench.open("03-02")
    assert left(bench) == []


@pytest.mark.parametrize(
    ("role", "path", "links", "others"),
    [
        (Role.HANDLER, "/", ("/ledger", "/new"), "请系统管理员办理"),
        (Role.ADMINISTRATOR, "/admin/users", ("/admin/units", "/admin/people"), "由承办人或检查人员办理"),
    ],
)
def test_everybody_is_led_to_the_own_steps(
    sqlite_bench: Bench, role: Role, path: str, links: tuple[str, ...], others: str
) -> None:
    with Arrivals(sqlite_bench) as arrivals:
        page = arrivals.come("one", role).read(path).text
    card = page[page.index(CARD) : page.index("</ol>", page.index(CARD))]
    for link in links:
        assert f'href="{link}"' in card
    assert others in card


def test_the_card_is_gone_when_all_is_done(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    with Arrivals(bench) as arrivals:
        handler = arrivals.come("h", Role.HANDLER)
        for username, role in (("d", Role.DIRECTOR), ("i", Role.INSPECTOR), ("j", Role.INSPECTOR)):
            arrivals.account(username, role)
        bench.open("03-02")
        assert CARD in handler.read("/").text
        with bench.office.database.transaction() as session:
            post = unit_posts.find_post(session, bench.settings.office, "handler")
            contacts.set_contacts(session, post, [("mail", "office@linxi.example")])
        assert CARD not in handler.read("/").text
