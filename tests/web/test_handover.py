"""Heads change on 1 July: one page for both of them, June's case in A's record, July's notice to B."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from cases.handover import handover
from notifications.delivery import deliver
from states.vocabulary import Act, Role
from store import accounts, organisation, unit_posts
from tests.support.days import UNIT, ZONE, at
from tests.support.visitors import Arrivals
from wiring.sample.life import Nowhere
from wiring.schemas.people import handover_json

if TYPE_CHECKING:
    from tests.support.offices import Bench

POST = f"{UNIT}局长"


class Change:
    """A bureau whose head A is followed by B on 1 July 2026, with a case of June and one of July."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        with bench.office.database.transaction() as session:
            unit_posts.ensure_office(session, bench.settings.office)
            unit = organisation.ensure_unit(session, UNIT).id
            self.post = unit_posts.ensure_post(session, unit, POST, "head").id
            for username, name, first in (("a", "甲某", date(2026, 1, 5)), ("b", "乙某", date(2026, 7, 1))):
                person = accounts.add_person(session, username, name, Role.HEAD, unit)
                unit_posts.appoint(session, self.post, person.id, first)
        bench.reach(UNIT, POST, ("mail", "head@example.invalid"))
        self.june = bench.ordered("06-16", found="06-09", post=POST)
        self._send("06-16")
        self.july = bench.ordered("07-14", found="07-10", post=POST)
        self._send("07-14")

    def _send(self, on: str) -> None:
        office = self.bench.office
        deliver(office.database, Nowhere(office.channels.servers), at(on, 16), office.rounds.manner())


@pytest.fixture
def change(sqlite_bench: Bench) -> Change:
    return Change(sqlite_bench)


def test_junes_case_stays_in_as_record_and_julys_notice_goes_to_b(change: Change) -> None:
    bench = change.bench
    found = handover(bench.office.database, change.post, date(2026, 7, 15), ZONE)
    assert {one.case.id: one.record.username if one.record else "" for one in found.open_cases} == {
        change.june: "a",
        change.july: "b",
    }
    told = {(one.case_id, one.holders[0][0]) for one in found.notices if one.notice == "order_served"}
    assert told == {(change.june, "a"), (change.july, "b")}
    assert {one.case_id for one in found.unsigned} == {change.june, change.july}
    bench.act(change.june, Act.ACKNOWLEDGE, "07-15", role=Role.HEAD, user="b", of=bench.case(change.june).version)
    again = handover(bench.office.database, change.post, date(2026, 7, 15), ZONE)
    assert {one.case_id for one in again.unsigned} == {change.july}
    for day, before, holder in ((date(2026, 6, 30), None, "a"), (date(2026, 7, 1), "a", "b")):
        on_day = handover(bench.office.database, change.post, day, ZONE)
        assert (on_day.before.username if on_day.before else None) == before
        assert on_day.holder is not None
        assert on_day.holder.username == holder


def test_the_page_says_what_the_command_says(change: Change) -> None:
    bench = change.bench
    said = handover_json(handover(bench.office.database, change.post, date(2026, 7, 1), ZONE))
    with Arrivals(bench) as arrivals:
        handler = arrivals.come("handler", Role.HANDLER)
        page = handler.read(f"/handover/{change.post}?on=2026-07-01").text
        for case in said["cases"]:
            assert case["number"] in page
        assert "甲某 → 乙某" in page
        assert "未签收" in page
        with bench.office.database.reading() as session:
            unit = organisation.unit_by_name(session, UNIT).id
        assert f"/handover/{change.post}" in handler.read(f"/units/{unit}").text
        assert f"/handover/{change.post}" in handler.read(f"/dossier/{change.post}").text
        # The head of another unit, a liaison and an administrator see nothing of it.
        assert arrivals.come("other", Role.HEAD, "别的局").read(f"/handover/{change.post}").status_code == 404
        assert arrivals.come("liaison", Role.LIAISON, UNIT).read(f"/handover/{change.post}").status_code == 403
        assert arrivals.come("sys", Role.ADMINISTRATOR).read(f"/handover/{change.post}").status_code == 403
        own = arrivals.come("own", Role.HEAD, UNIT).read(f"/handover/{change.post}?on=2026-07-01")
        assert "甲某 → 乙某" in own.text


def test_who_knew_is_asked_by_date_at_the_case(change: Change) -> None:
    with Arrivals(change.bench) as arrivals:
        handler = arrivals.come("handler", Role.HANDLER)
        path = f"/cases/{change.june}/knew"
        assert "还没有告知过" in handler.read(f"{path}?on=2026-06-15").text
        on_the_day = handler.read(f"{path}?on=2026-06-16").text
        assert "甲某" in on_the_day
        assert "乙某" not in on_the_day
        assert path in handler.read(f"/cases/{change.june}").text
        assert arrivals.come("own", Role.HEAD, UNIT).read(path).status_code == 403
