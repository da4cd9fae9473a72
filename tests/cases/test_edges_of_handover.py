"""A post that changes hands: who held it when, what is handed over with it, who was told, and who may read of it."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Final

import pytest

from cases.handover import handover, post_named, who_knew
from cases.waiting import Waits
from notifications.delivery import deliver
from states.errors import NotFound
from states.vocabulary import Act, Role
from store import accounts, message_holders, organisation, unit_posts
from tests.support.days import UNIT, ZONE, at, day
from tests.support.obligated_office import COUNTY, THREE, generated, sweep, with_county
from wiring.sample.life import Nowhere

if TYPE_CHECKING:
    from cases.handover import PostHandover
    from store.visibility import Reader
    from tests.support.offices import Bench

OTHER: Final = "临溪市水利局"
POST: Final = f"{UNIT}局长"


def _appointed(bench: Bench, *since: tuple[str, str]) -> int:
    """Let these people hold the post of the head, each from this day on; return the post."""
    with bench.office.database.transaction() as session:
        unit_posts.ensure_office(session, bench.settings.office)
        unit = organisation.ensure_unit(session, UNIT).id
        post = unit_posts.ensure_post(session, unit, POST, "head").id
        for username, first in since:
            person = accounts.add_person(session, username, f"{username}某", Role.HEAD, unit)
            unit_posts.appoint(session, post, person.id, day(first))
    bench.reach(UNIT, POST, ("mail", "head@example.invalid"))
    return post


def _sent(bench: Bench, on: str, hour: int = 16) -> None:
    office = bench.office
    deliver(office.database, Nowhere(office.channels.servers), at(on, hour), office.rounds.manner())


def _holders(found: PostHandover) -> tuple[str, str]:
    return (
        found.holder.username if found.holder else "",
        found.before.username if found.before else "",
    )


@pytest.mark.parametrize(
    ("on", "holder", "before"),
    [
        ("01-04", "", ""),
        ("01-05", "a", ""),
        ("04-30", "a", ""),
        ("05-01", "b", "a"),
        ("06-30", "b", "a"),
        ("07-01", "c", "b"),
    ],
)
def test_who_holds_a_post_and_who_held_it_last_before_changes_on_the_day(
    sqlite_bench: Bench, on: str, holder: str, before: str
) -> None:
    post = _appointed(sqlite_bench, ("a", "01-05"), ("b", "05-01"), ("c", "07-01"))
    assert _holders(handover(sqlite_bench.office.database, post, day(on), ZONE)) == (holder, before)


def test_a_post_hands_over_its_open_cases_the_nearest_due_day_first_each_with_who_stands_in_its_record(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    post = _appointed(bench, ("a", "02-01"), ("b", "07-01"))
    vacant = bench.ordered("02-06", found="01-28", post=POST)  # nobody held the post yet
    bench.act(vacant, Act.SUSPEND, "02-09", reason="防汛")  # and nothing is due soon
    late = bench.open("02-02", post=POST)
    soon = bench.ordered("02-06", found="02-02", post=POST)
    bench.act(late, Act.SERVE_ORDER, "02-11", term="30wd")
    over = bench.open("02-02", post=POST)
    bench.act(over, Act.DISMISS, "02-03", reason="查否")
    bench.ordered(unit=OTHER)
    bench.act(soon, Act.REQUEST_EXTENSION, "02-24", reason="汛期", term="10wd")
    found = handover(bench.office.database, post, day("07-01"), ZONE)
    due = [bench.case(one).next_due_on or day("12-31") for one in (soon, late, vacant)]
    assert due == sorted(due)
    assert [one.case.id for one in found.open_cases] == [soon, late, vacant]
    assert [case.id for case in found.cases] == [soon, late, vacant]
    record = {one.case.id: one.record.username if one.record else "" for one in found.open_cases}
    assert record == {vacant: "", late: "a", soon: "a"}
    assert {one.case.id: one.waits for one in found.open_cases} == {vacant: (), late: (), soon: (Waits.EXTENSION,)}


def test_a_post_hands_over_the_obligations_that_its_unit_still_owes_or_has_missed_this_year(
    sqlite_bench: Bench,
) -> None:
    bench = with_county(sqlite_bench)
    report, director = generated(bench), bench.actor(Role.DIRECTOR)
    post = post_named(bench.office.database, COUNTY, "head")

    def handed(on: str) -> set[str]:
        return {one.state.value for one in handover(bench.office.database, post, day(on), ZONE).obligations}

    assert handed("01-05") == {"open"}
    bench.office.obligations.submit(report.id, day("03-20"), director, at("03-20"))
    assert handed("03-23") == {"open", "submitted"}
    sweep(bench, "04-01")
    assert handed("04-01") == {"open", "missed"}
    for who in THREE:
        bench.office.obligations.receive(report.id, who, day("03-25"), director, at("04-02"))
    bench.office.obligations.claim(report.id, "回执4月才送到", bench.actor(Role.HANDLER), at("04-02"))
    bench.office.obligations.correct(report.id, director, at("04-02"))
    assert handed("04-03") == {"open"}
    assert handed("2025-12-31") == set()


def test_a_handover_is_read_by_the_office_and_the_unit_and_shows_nobody_a_case_that_is_not_for_him(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    post = _appointed(bench, ("a", "01-05"))
    open_, secret = bench.ordered(post=POST), bench.ordered(post=POST, confidentiality="work_secret")
    bench.ordered(unit=OTHER)

    def read(reader: Reader | None) -> set[int]:
        return {case.id for case in handover(bench.office.database, post, day("03-02"), ZONE, reader).cases}

    assert read(None) == {open_, secret}
    assert read(bench.reader(Role.DIRECTOR)) == {open_, secret}
    assert read(bench.reader(Role.HEAD, UNIT)) == {open_, secret}
    assert read(bench.reader(Role.HANDLER)) == {open_}, "a work secret is for those who had a part in it"
    with pytest.raises(NotFound):
        read(bench.reader(Role.HEAD, OTHER))


def test_what_was_told_belongs_to_the_day_on_which_it_was_sent_in_the_zone_of_the_office(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    post = _appointed(bench, ("a", "01-05"), ("b", "02-10"))
    case = bench.ordered("02-09", found="02-02", post=POST)
    _sent(bench, "02-09")
    bench.act(case, Act.URGE, "02-24", document_number="auto")  # owed, and not sent

    def knew(on: str, reader: Reader | None = None) -> set[tuple[str, ...]]:
        found = who_knew(bench.office.database, case, day(on), ZONE, reader)
        return {tuple(user for user, _ in one.holders) for one in found if one.post_id == post}

    assert knew("02-08") == set()
    assert knew("02-09") == knew("02-10") == knew("03-20") == {("a",)}
    assert knew("02-09", bench.reader(Role.HEAD, UNIT)) == {("a",)}
    with pytest.raises(NotFound):
        knew("02-09", bench.reader(Role.HEAD, OTHER))
    with bench.office.database.reading() as session:
        moments = [row.sent_at for row, *_ in message_holders.sent_of_case(session, case)]
    (moment,) = {moment for moment in moments if moment is not None}
    # The same moment is already the next day further east.
    east = timezone(timedelta(hours=16))
    assert who_knew(bench.office.database, case, day("02-09"), east) == ()
    assert moment.astimezone(east).date() == day("02-10")


def test_a_message_is_owed_a_signature_until_the_head_has_signed_it(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    post = _appointed(bench, ("a", "01-05"))
    case = bench.ordered("02-09", found="02-02", post=POST)
    _sent(bench, "02-09")

    def notices() -> dict[str, tuple[bool, bool]]:
        found = handover(bench.office.database, post, day("02-12"), ZONE)
        assert {one.notice for one in found.unsigned} == {one.notice for one in found.notices if one.is_unsigned}
        return {one.notice: (one.is_unsigned, one.is_signed) for one in found.notices}

    assert notices()["order_served"] == (True, False)
    assert [pair for notice, pair in notices().items() if notice != "order_served"] in ([], [(False, False)])
    bench.act(case, Act.ACKNOWLEDGE, "02-11", role=Role.HEAD, user="a", of=bench.case(case).version)
    assert notices()["order_served"] == (False, True)


def test_a_post_is_found_by_its_name_or_its_role(sqlite_bench: Bench) -> None:
    post = _appointed(sqlite_bench, ("a", "01-05"))
    assert post_named(sqlite_bench.office.database, UNIT, POST) == post
    assert post_named(sqlite_bench.office.database, UNIT, "head") == post
    with pytest.raises(NotFound):
        handover(sqlite_bench.office.database, post + 100, day("02-12"), ZONE)
