"""Long lists: what waits for whom is decided in the database, and every row is on some page, once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import text

from config.policy import find_policy
from states.vocabulary import Act, Role
from tests.support.offices import UNIT, Bench, at
from tests.support.visitors import Arrivals
from web import unit_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.support.visitors import Visitor

MANY: Final = 215
"""More proposals than the desk once looked through."""
FOR_DIRECTOR: Final = (3, 7)
"""Which of the proposals the director may decide as well; they are told by another policy."""


@dataclass(frozen=True)
class Proposals:
    """An office in which many proposals wait, nearly all for the leader alone."""

    bench: Bench
    leader: Visitor
    director: Visitor
    officer: Visitor


def _put_in_force(by: Bench) -> None:
    """Let new cases go by the policy of this office's settings."""
    by.office.rulebook.reread()
    with by.office.database.transaction() as session:
        by.office.rulebook.put_in_force(session, at("02-06"))


@pytest.fixture
def proposals(database_url: str, tmp_path: Path) -> Iterator[Proposals]:
    url, decree = database_url, find_policy("decree-733").read_text("utf-8")
    shared = tmp_path / "shared.toml"
    shared.write_text(decree.replace('approvers = ["leader"]', 'approvers = ["director", "leader"]'), "utf-8")
    with Bench(url, tmp_path, "decree-733") as bench, Bench(url, tmp_path, str(shared)) as other:
        for n in range(MANY):
            if n in FOR_DIRECTOR:
                _put_in_force(other)
            bench.ordered(served="02-06", term="5wd")
            if n in FOR_DIRECTOR:
                _put_in_force(bench)
        bench.sweep("03-20")
        assert {bench.case(n).proposal for n in range(1, MANY + 1)} == {"publicly_criticized"}
        with Arrivals(bench) as arrivals:
            yield Proposals(
                bench,
                arrivals.come("leader", Role.LEADER),
                arrivals.come("director", Role.DIRECTOR),
                arrivals.come("officer", Role.HANDLER),
            )


def _pages(who: Visitor, address: str) -> list[list[int]]:
    """Return the ids of the cases on each page, from the first to the last."""
    found = []
    while address:
        page = who.read(address).text
        found.append(
            [
                int(number)
                for number in re.findall(r'<th role="rowheader"[^>]*><a class="num" href="/cases/(\d+)"', page)
            ]
        )
        following = re.search(r'<a href="(/cases\?[^"]*after=[^"&]+)" rel="next">下一页', page)
        address = following[1].replace("&amp;", "&") if following else ""
    return found


def waits(who: Visitor) -> int | None:
    """Return how many things the desk says wait for this person; nothing if it says nothing of the kind."""
    figure = r'href="#waiting"><span class="k.*?</svg>待我批准</span><span class="v[^"]*">(\d+)<'
    found = re.search(figure, who.read("/").text, re.DOTALL)
    return int(found[1]) if found else None


def test_what_waits_for_my_approval_is_counted_and_paged_to_the_last(proposals: Proposals) -> None:
    assert waits(proposals.leader) == MANY
    assert f"待我批准：{MANY}项" in proposals.leader.read("/approvals").text
    pages = _pages(proposals.leader, "/cases?waiting=mine&sort=number")
    assert [len(page) for page in pages] == [50, 50, 50, 50, 15]
    assert [case for page in pages for case in page] == list(range(1, MANY + 1))
    assert pages == _pages(proposals.leader, "/cases?waiting=1&sort=number")
    own = [n + 1 for n in FOR_DIRECTOR]
    assert waits(proposals.director) == len(own)
    assert _pages(proposals.director, "/cases?waiting=mine&sort=number") == [own]
    assert [len(page) for page in _pages(proposals.director, "/cases?waiting=1&sort=number")] == [50, 50, 50, 50, 15]
    assert waits(proposals.officer) is None
    assert '<option value="mine" selected>' in proposals.director.read("/cases?waiting=mine").text
    proposals.bench.act(own[0], Act.APPROVE_ESCALATION, "03-23", role=Role.DIRECTOR)
    proposals.bench.act(own[1], Act.REJECT_ESCALATION, "03-23", role=Role.LEADER, reason="已在整改")
    assert waits(proposals.director) == 0
    assert waits(proposals.leader) == MANY - 2
    assert proposals.bench.office.proofs.verify().ok


def test_a_proposal_that_the_release_before_made_is_shown_to_whoever_may_approve_one(proposals: Proposals) -> None:
    """It writes no approvers beside the proposal; until the case moves on nobody's desk hides it."""
    with proposals.bench.office.database.transaction() as session:
        session.execute(text("UPDATE cases SET approvers = NULL WHERE id = 100"))
    assert proposals.bench.office.proofs.verify().ok
    assert 100 in _pages(proposals.director, "/cases?waiting=mine")[0]
    with proposals.bench.office.database.transaction() as session:
        session.execute(text("""UPDATE cases SET approvers = '["director"]' WHERE id = 100"""))
    assert not proposals.bench.office.proofs.verify().ok


def test_everything_the_unit_owes_is_on_some_page_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_home, "PAGE", 3)
    cases = [bench.ordered(f"02-{day:02}", term="15wd") for day in (12, 10, 6, 11, 9)]
    over, undated = bench.open(), bench.open(unit="临溪市教育局")
    bench.act(over, Act.DISMISS, "02-02", reason="查否")
    due = sorted(cases, key=lambda case: (bench.due(case, "plan") or "", case))
    with Arrivals(bench) as arrivals:
        head = arrivals.come("head", Role.HEAD, UNIT)

        def shown(page: str) -> list[int]:
            return [
                int(number) for number in re.findall(r'<section class="card owe[^"]*" aria-labelledby="c(\d+)"', page)
            ]

        def sent(case: int, form: dict[str, str]) -> Response:
            found = re.search(r'name="csrf" value="([^"]*)"', head.read("/mine?page=2").text)
            assert found is not None
            return head.client.post(f"/mine/{case}", data={"csrf": found[1], **form})

        first, second = head.read("/mine").text, head.read("/mine?page=2").text
        assert (shown(first), shown(second)) == (due[:3], due[3:])
        assert undated not in shown(first) + shown(second)
        assert "共5件，先到期的在前；这是第1页，本页待签收3件。" in first
        assert '<a href="/mine?page=2">下一页</a>' in first
        assert "上一页" not in first
        assert '<a href="/mine?page=1">上一页</a>' in second
        assert "下一页" not in second
        assert "这一页没有案件" in head.read("/mine?page=9").text
        assert head.read("/mine?page=x").status_code == 200
        # What was refused is typed again where it was, also if the case is on another page by then.
        typed = {"act": "request_extension", "on": "2026-04-20", "d.reason": "汛期抢险", "key": "k"}
        for page in ("2", "1"):
            refused = sent(due[4], typed | {"page": page})
            assert (refused.status_code, "汛期抢险" in refused.text) == (409, True)
            assert due[4] in shown(refused.text)
        done = sent(due[3], {"act": "acknowledge", "page": "2", "d.of": "2", "key": "s"})
        assert "已办理：签收" in done.text
        assert shown(done.text) == due[3:]
