"""Heads change: June's notice stays with June's holder, July's goes to July's, against an oracle of appointments."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import select

from cases.handover import handover, post_named, who_knew
from states.vocabulary import Act, Role
from store import accounts, contacts, message_holders, organisation, unit_posts
from store.schema.posts import AppointmentRow
from tests.support.days import UNIT, ZONE, at
from tests.support.mailboxes import mail_server
from tests.support.offices import Bench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.databases import Databases

POST = f"{UNIT}局长"


def staffed(bench: Bench, *names: str) -> int:
    """Give the unit's head an address, and the unit people who can hold the post; return the post's id."""
    with bench.office.database.transaction() as session:
        post = unit_posts.find_post(session, UNIT, POST)
        contacts.set_contacts(session, post, [("mail", "head@example.cn")])
        unit = organisation.unit_by_name(session, UNIT).id
        for name in names:
            accounts.add_person(session, name, f"{name}某", Role.HEAD, unit)
    return post


def appointed(bench: Bench, post: int, name: str, on: date) -> None:
    with bench.office.database.transaction() as session:
        unit_posts.appoint(session, post, accounts.person_id(session, name), on)


def test_junes_notice_stays_with_a_and_julys_goes_to_b(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    with mail_server() as mails, Bench(url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        case = bench.open("05-20")
        post = staffed(bench, "a", "b")
        appointed(bench, post, "a", date(2026, 1, 5))
        bench.act(case, Act.SERVE_ORDER, "06-10", term="30wd")
        bench.office.rounds.deliver(at("06-11"))
        appointed(bench, post, "b", date(2026, 7, 1))
        bench.act(case, Act.URGE, "07-03", document_number="auto")
        bench.office.rounds.deliver(at("07-06"))
        database = bench.office.database

        def knew(on: str) -> list[list[str]]:
            found = who_knew(database, case, date.fromisoformat(f"2026-{on}"), ZONE)
            return [[username for username, _name in one.holders] for one in found if one.post_id == post]

        assert knew("06-10") == []
        assert set(map(tuple, knew("06-11"))) == {("a",)}
        assert set(map(tuple, knew("07-05"))) == {("a",)}
        assert set(map(tuple, knew("07-06"))) == {("a",), ("b",)}
        assert all(one.is_frozen for one in who_knew(database, case, date(2026, 7, 6), ZONE) if one.post_id == post)
        # What is entered of appointments later takes nothing back of what was known.
        with database.transaction() as session:
            for row in session.scalars(select(AppointmentRow)):
                session.delete(row)
        assert set(map(tuple, knew("07-06"))) == {("a",), ("b",)}
        assert bench.office.proofs.verify().ok
    databases.drop(url)


def test_the_handover_list_names_both_holders_and_the_open_cases(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case = bench.ordered("06-10", found="05-20")
    post = staffed(bench, "a", "b")
    appointed(bench, post, "a", date(2026, 1, 5))
    appointed(bench, post, "b", date(2026, 7, 1))
    assert post_named(bench.office.database, UNIT, "head") == post
    for day, holder, before in ((date(2026, 6, 30), "a", None), (date(2026, 7, 1), "b", "a")):
        found = handover(bench.office.database, post, day, ZONE)
        assert found.holder is not None
        assert (found.holder.username, found.before.username if found.before else None) == (holder, before)
        assert [one.id for one in found.cases] == [case]


def test_who_held_a_post_agrees_with_an_oracle_on_every_day(sqlite_bench: Bench) -> None:
    bench, dice = sqlite_bench, Random(18)
    bench.open("01-20")
    post = staffed(bench, "a", "b", "c")
    first = date(2026, 2, 1)
    oracle: dict[date, str] = {}
    begun = first
    for _ in range(6):
        who = dice.choice("abc")
        appointed(bench, post, who, begun)
        oracle |= {begun + timedelta(n): who for n in range(400)}
        begun += timedelta(dice.randint(1, 40))
    with bench.office.database.reading() as session:
        people = {id_: name for name in "abc" for id_ in [accounts.person_id(session, name)]}
        assert message_holders.holders_on(session, [post], first - timedelta(1)) == {}
        for day in (first + timedelta(n) for n in range(260)):
            held = message_holders.holders_on(session, [post], day)
            assert [people[id_] for id_ in held[post]] == [oracle[day]], day
