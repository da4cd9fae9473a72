"""Another policy for all open cases, decided on the page: by a second person, over what he or she has seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from config.policy import find_policy, read_policy
from states.recount import How
from states.vocabulary import Role
from store import organisation
from tests.support.visitors import Arrivals
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

DECREE = find_policy("decree-733")
PAGE = "/approvals/office/1"


@pytest.fixture
def arrivals(sqlite_bench: Bench) -> Iterator[Arrivals]:
    """Propose another policy for an office with one open case; give who may come."""
    sqlite_bench.ordered("02-06")
    room = sqlite_bench.office.policy_change
    room.propose(read_policy(DECREE), DECREE.read_text("utf-8"), How.RECOMPUTE, "zhang", now())
    with Arrivals(sqlite_bench) as found:
        yield found


def seen_on(text: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', text)
    assert found is not None
    return found[1]


def test_the_leader_approves_what_was_seen_and_the_open_cases_go_by_it(arrivals: Arrivals) -> None:
    leader = arrivals.come("zhao", Role.LEADER)
    assert f'href="{PAGE}"' in leader.read("/approvals").text
    page = leader.read(PAGE).text
    assert "涉及在办案件</dt><dd>1件" in page
    assert "差别（" in page
    refused = leader.send(PAGE, outcome="approved", seen="0" * 64)
    assert refused.status_code == 409
    assert "有了变动" in refused.text
    done = leader.send(PAGE, outcome="approved", seen=seen_on(page), reason="同意")
    assert "1件在办案件改用新政策" in done.text
    assert arrivals.bench.case(1).policy_hash == read_policy(DECREE).hash
    event = arrivals.bench.history(1)[-1].event
    assert (event.data["proposed_by"], event.data["approved_by"]) == ("zhang", "zhao")
    assert leader.read(PAGE).status_code == 404
    assert arrivals.bench.office.proofs.verify().ok


def test_a_rejection_says_why_and_changes_nothing(arrivals: Arrivals) -> None:
    leader = arrivals.come("zhao", Role.LEADER)
    before, page = arrivals.bench.case(1), leader.read(PAGE).text
    assert "写明理由" in leader.send(PAGE, outcome="rejected", seen=seen_on(page)).text
    leader.send(PAGE, outcome="rejected", seen=seen_on(page), reason="时机不成熟")
    assert PAGE not in leader.read("/approvals").text
    assert arrivals.bench.case(1) == before


def test_who_proposed_it_whoever_is_no_leader_and_a_leader_of_a_part_do_not_decide(arrivals: Arrivals) -> None:
    proposer = arrivals.come("zhang", Role.LEADER)
    page = proposer.read(PAGE).text
    assert "须由另一人批准" in page
    assert "第二人" in proposer.send(PAGE, outcome="approved", seen=seen_on(page)).text
    assert arrivals.come("li", Role.DIRECTOR).read(PAGE).status_code == 403
    with arrivals.bench.office.database.transaction() as session:
        top = organisation.ensure_unit(session, "临溪市人民政府", "government").id
        organisation.ensure_unit(session, "青禾县人民政府", "government", top)
    county = arrivals.come("qian", Role.LEADER, "青禾县人民政府")
    assert county.read(PAGE).status_code == 404
    assert PAGE not in county.read("/approvals").text
