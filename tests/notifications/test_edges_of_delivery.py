"""When messages leave, when they are given up, who gets a letter when a post changes hands: at the edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from notifications.delivery import Manner, backoff, given_up_at, is_open, next_window, should_have_left
from states.vocabulary import Role
from store import accounts, organisation, outbox, unit_posts
from store.schema.posts import ContactRow
from tests.support.days import ZONE, at, day
from tests.support.lives import CALENDAR, rules
from tests.support.mailboxes import mail_server
from tests.support.offices import UNIT, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

    from tests.support.databases import Databases
    from tests.support.mailboxes import Mails

MANNER = Manner(policy=rules().policy, calendar=CALENDAR, zone=ZONE, link="")


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        (at("02-06", 8, 59), False),
        (at("02-06", 9), True),
        (at("02-06", 17, 59), True),
        (at("02-06", 18), False),
        (at("02-07", 10), False),  # a Saturday
        (at("02-14", 10), True),  # a make-up Saturday
        (at("02-17", 10), False),  # Spring Festival
    ],
)
def test_messages_leave_from_nine_to_six_of_working_days(moment: datetime, leaves: bool) -> None:
    assert is_open(moment, MANNER) is leaves


def test_the_window_is_that_of_the_office_s_zone() -> None:
    assert is_open(datetime.fromisoformat("2026-02-06T01:00:00+00:00"), MANNER)
    assert not is_open(datetime.fromisoformat("2026-02-06T00:59:59+00:00"), MANNER)


def test_the_next_window_is_that_of_the_next_working_day_even_before_today_s() -> None:
    assert next_window(at("02-06", 8), MANNER) == at("02-09", 9)
    assert next_window(at("02-13", 12), MANNER) == at("02-14", 9)


@pytest.mark.parametrize(
    ("hours", "first", "until"),
    [
        (48, at("02-04", 10), at("02-06", 10)),
        (48, at("02-05", 10), at("02-09", 10)),  # a weekend lies between
        (48, at("02-13", 10), at("02-24", 10)),  # Saturday is worked, then comes the holiday
        (24, at("02-06", 17), at("02-09", 17)),
        (12, at("02-06", 10), at("02-06", 22)),
        (30, at("02-06", 10), at("02-09", 16)),
    ],
)
def test_giving_up_is_counted_in_working_days(hours: int, first: datetime, until: datetime) -> None:
    patient = replace(MANNER, policy=replace(MANNER.policy, give_up_after_hours=hours))
    assert given_up_at(first, patient) == until


@pytest.mark.parametrize(
    ("now", "due_before"),
    [
        (at("02-06", 11), at("02-06", 10)),
        (at("02-06", 10), at("02-06", 9)),
        (at("02-06", 9, 59), at("02-05", 17)),  # this window is not open for an hour yet
        (at("02-06", 20), at("02-06", 17)),
        (at("02-09", 9, 30), at("02-06", 17)),  # a weekend lies between
    ],
)
def test_what_should_have_left_is_counted_in_open_windows(now: datetime, due_before: datetime) -> None:
    assert should_have_left(now, MANNER, timedelta(hours=1)) == due_before


def test_waiting_begins_with_a_minute() -> None:
    assert [backoff(n) for n in (1, 2, 6, 7, 50)] == [timedelta(minutes=m) for m in (1, 2, 32, 60, 60)]


@pytest.fixture
def posted(databases: Databases, tmp_path: Path) -> Iterator[tuple[Bench, Mails]]:
    """Give an office with a real mail server, and the server."""
    url = databases.fresh("sqlite")
    reached = {"smtp_host": "127.0.0.1", "inside_hosts": "127.0.0.1"}
    with mail_server() as mails, Bench(url, tmp_path, smtp_port=mails.port, **reached) as bench:
        yield bench, mails
    databases.drop(url)


def _failed(bench: Bench) -> int:
    with bench.office.database.reading() as session:
        return outbox.summary(session).get("failed", 0)


def test_one_address_that_is_gone_among_several_gives_nobody_up(posted: tuple[Bench, Mails]) -> None:
    bench, mails = posted
    case = bench.ordered()
    mails.refuses = "550 5.1.1 no such mailbox"
    # The second way is a server that does not answer: that may pass.
    bench.reach(UNIT, "head", ("mail", "gone@example.invalid"), ("webhook", "http://127.0.0.1:9/hook"))
    assert bench.office.rounds.deliver(at("02-06", 11)).failed == 1
    assert _failed(bench) == 0
    assert "delivery_failed" not in {told.notice for told in bench.told(case)}
    mails.refuses = ""
    assert bench.office.rounds.deliver(at("02-06", 11, 2)).sent == 1


def test_a_letter_that_no_address_takes_for_good_is_given_up_at_once(posted: tuple[Bench, Mails]) -> None:
    bench, mails = posted
    bench.ordered()
    mails.refuses = "550 5.1.1 no such mailbox"
    bench.reach(UNIT, "head", ("mail", "gone@example.invalid"), ("mail", "gone-too@example.invalid"))
    bench.office.rounds.deliver(at("02-06", 11))
    assert _failed(bench) == 1


@pytest.mark.parametrize(("day_", "hour", "minute", "given_up"), [("02-10", 10, 59, 0), ("02-10", 11, 0, 1)])
def test_a_letter_is_given_up_two_working_days_after_the_first_attempt_and_not_before(
    posted: tuple[Bench, Mails], day_: str, hour: int, minute: int, given_up: int
) -> None:
    bench, mails = posted
    bench.ordered()
    bench.reach(UNIT, "head", ("mail", "head@example.invalid"))
    mails.refuses = "451 try later"
    bench.office.rounds.deliver(at("02-06", 11))  # a Friday
    bench.office.rounds.deliver(at(day_, hour, minute))
    assert _failed(bench) == given_up


def _employ(session: Session, name: str, unit: str) -> int:
    """Make a person who is reached by mail; return his or her id."""
    row = accounts.add_person(session, name, name, Role.HEAD, organisation.ensure_unit(session, unit).id)
    session.flush()
    session.add(ContactRow(person_id=row.id, post_id=None, kind="mail", address=f"{name}@example.invalid", position=0))
    return row.id


def test_a_letter_that_failed_goes_to_whoever_holds_the_post_when_it_is_tried_again(
    posted: tuple[Bench, Mails],
) -> None:
    bench, mails = posted
    bench.ordered()
    with bench.office.database.transaction() as session:
        post = unit_posts.find_post(session, UNIT, "head")
        unit_posts.appoint(session, post, _employ(session, "before", UNIT), day("01-01"))
        unit_posts.appoint(session, post, _employ(session, "after", UNIT), day("02-10"))
    mails.refuses = "451 try later"
    assert bench.office.rounds.deliver(at("02-09", 11)).failed == 1
    mails.refuses = ""
    assert bench.office.rounds.deliver(at("02-10", 10)).sent == 1
    assert mails.recipients() == {"after@example.invalid"}


def test_of_a_letter_for_two_posts_only_what_changed_hands_goes_to_another_person(posted: tuple[Bench, Mails]) -> None:
    bench, mails = posted
    other = "临溪市教育局"
    kept, passed_on = bench.ordered(), bench.ordered(unit=other)
    numbers = [bench.case(case).number for case in (kept, passed_on)]
    with bench.office.database.transaction() as session:
        both = _employ(session, "both", UNIT)
        for unit in (UNIT, other):
            unit_posts.appoint(session, unit_posts.find_post(session, unit, "head"), both, day("01-01"))
    mails.refuses = "451 try later"
    assert bench.office.rounds.deliver(at("02-09", 11)).failed == 2  # one letter, two notices
    with bench.office.database.transaction() as session:
        successor = _employ(session, "successor", other)
        unit_posts.appoint(session, unit_posts.find_post(session, other, "head"), successor, day("02-10"))
    mails.refuses = ""
    bench.office.rounds.deliver(at("02-10", 10))
    bench.office.rounds.deliver(at("02-11", 9))
    told = {to: [number for number in numbers if number in str(mail.get_content())] for to, mail in mails.arrived}
    assert told == {"both@example.invalid": numbers[:1], "successor@example.invalid": numbers[1:]}
    assert mails.repeats() == 0
