"""Who is told when nobody of the unit signs, and what the leader reads once a week; with a real mail server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from states.vocabulary import Act
from store import organisation, unit_posts
from tests.support.mailboxes import mail_server
from tests.support.offices import UNIT, Bench, at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.mailboxes import Mails

FINDING = "秘而不宣的问题内容"


@pytest.fixture
def mails() -> Iterator[Mails]:
    """Give a mail server."""
    with mail_server() as found:
        yield found


@pytest.fixture
def office(database_url: str, tmp_path: Path, mails: Mails) -> Iterator[Bench]:
    """Give an office whose messages arrive."""
    with Bench(database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        yield bench


def ordered(bench: Bench, *reached: str) -> int:
    """Serve an order on Friday 02-06 and send it to these posts of the unit; return the case's id."""
    case_id = bench.ordered(finding=FINDING)
    for post in reached:
        bench.reach(UNIT, post, ("mail", f"{post}@example.invalid"))
    bench.office.rounds.deliver(at("02-06", 11))
    return case_id


def nagged(bench: Bench, case_id: int) -> list[tuple[str, str]]:
    return [(told.notice, told.post) for told in bench.told(case_id) if told.notice.startswith("unsigned")]


def placed_below(bench: Bench, superior: str) -> None:
    """Give the unit a superior with a head."""
    with bench.office.database.transaction() as session:
        parent = organisation.add_unit(session, superior, "government", None)
        unit_posts.ensure_post(session, parent, "县长", "head")
        organisation.place_unit(session, organisation.unit_by_name(session, UNIT).id, parent)


def test_what_nobody_signs_for_is_told_to_the_superior_and_then_telephoned(office: Bench) -> None:
    case_id = ordered(office, "head")
    placed_below(office, "临溪市人民政府")
    version = office.case(case_id).version
    office.office.rounds.deliver(at("02-09"))
    assert nagged(office, case_id) == []  # one working day
    office.office.rounds.deliver(at("02-10"))
    office.office.rounds.deliver(at("02-10", 15))
    assert nagged(office, case_id) == [("unsigned", "县长")]
    office.office.rounds.deliver(at("02-11"))
    assert nagged(office, case_id) == [("unsigned", "县长")]
    office.office.rounds.deliver(at("02-12"))
    assert nagged(office, case_id) == [("unsigned", "县长"), ("unsigned_call", "承办人")]
    for later in ("02-13", "02-14", "02-24"):
        office.office.rounds.deliver(at(later))
    assert len(nagged(office, case_id)) == 2
    assert office.case(case_id).version == version  # no event of the case


def test_a_unit_without_a_superior_has_its_head_told_again(office: Bench) -> None:
    case_id = ordered(office, "head")
    office.office.rounds.deliver(at("02-10"))
    assert nagged(office, case_id) == [("unsigned", f"{UNIT}局长")]


def test_the_head_is_the_next_in_line_where_only_the_liaison_was_reached(office: Bench) -> None:
    case_id = office.open(finding=FINDING)
    with office.office.database.transaction() as session:
        unit_posts.ensure_post(session, organisation.unit_by_name(session, UNIT).id, "联络员", "liaison")
    office.act(case_id, Act.SERVE_ORDER, "02-06", term="15wd")
    office.reach(UNIT, "liaison", ("mail", "liaison@example.invalid"))
    placed_below(office, "临溪市人民政府")
    office.office.rounds.deliver(at("02-06", 11))
    office.office.rounds.deliver(at("02-10"))
    assert nagged(office, case_id) == [("unsigned", f"{UNIT}局长")]


def test_a_signature_in_time_keeps_everybody_else_out_of_it(office: Bench) -> None:
    case_id = ordered(office, "head")
    served = next(event.event.case_seq for event in office.history(case_id) if event.event.act is Act.SERVE_ORDER)
    office.act(case_id, Act.ACKNOWLEDGE, "02-09", of=served)
    for on in ("02-10", "02-12", "02-24"):
        office.office.rounds.deliver(at(on))
    assert nagged(office, case_id) == []


def test_what_was_not_sent_yet_is_not_missing_a_signature(office: Bench) -> None:
    case_id = ordered(office)
    for on in ("02-10", "02-12"):
        office.office.rounds.deliver(at(on))
    assert nagged(office, case_id) == []


def reach_leader(bench: Bench) -> None:
    bench.reach(bench.settings.office, "leader", ("mail", "leader@example.invalid"))


def weekly(mails: Mails) -> list[str]:
    return [text for text in mails.texts() if text.startswith("【督办】本周督办情况")]


def test_the_leader_reads_on_the_first_working_day_of_a_week_what_is_red_and_what_waits(
    office: Bench, mails: Mails
) -> None:
    case_id = ordered(office)
    reach_leader(office)
    office.pass_days("02-07", "04-17")  # nothing was done about the criticism that is owed since 03-12
    number = office.case(case_id).number
    for moment in (at("04-18"), at("04-19"), at("04-20", 8, 59)):
        office.office.rounds.deliver(moment)  # a weekend, and before the window
    assert weekly(mails) == []
    for moment in (at("04-20", 9), at("04-20", 9, 1), at("04-21"), at("04-24", 17)):
        office.office.rounds.deliver(moment)
    (text,) = weekly(mails)
    for counted in ("红灯案件1件", "待您决定的升级建议0件", "升级受阻1件", "督查机构自身逾期1件"):
        assert counted in text
    assert f"{number} {office.settings.address.rstrip('/')}/cases/{case_id}" in text
    assert FINDING not in text
    office.office.rounds.deliver(at("04-27", 9))
    assert len(weekly(mails)) == 2


def test_a_digest_that_no_server_took_goes_later_in_the_week_under_the_same_id(office: Bench, mails: Mails) -> None:
    ordered(office)
    reach_leader(office)
    office.pass_days("02-07", "04-17")
    mails.refuses = "451 later"
    office.office.rounds.deliver(at("04-20", 9))
    mails.refuses = ""
    office.office.rounds.deliver(at("04-20", 9, 30))
    assert weekly(mails) == []
    office.office.rounds.deliver(at("04-20", 10, 1))
    assert len(weekly(mails)) == 1
    assert mails.most_repeats() == 1


def test_a_week_in_which_nothing_stands_open_has_no_digest(office: Bench, mails: Mails) -> None:
    ordered(office)
    reach_leader(office)
    office.office.rounds.deliver(at("02-09", 9))
    assert weekly(mails) == []


def test_a_history_says_that_a_unit_has_no_superior_who_could_be_told(bench: Bench) -> None:
    alone = bench.ordered()
    placed_below(bench, "临溪市人民政府")
    below = bench.ordered()
    served = [bench.history(case_id)[1].event for case_id in (alone, below)]
    assert [event.data.get("no_superior") for event in served] == [True, None]
    assert "县长" in {told.post for told in bench.told(below)}
    assert "no_superior" not in bench.history(alone)[0].event.data  # nobody is told of a registration
