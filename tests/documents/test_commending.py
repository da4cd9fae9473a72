"""A commendation goes the way of documents: drafted, signed by the leader with its number, issued and thereby given."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from docx import Document

from states.commendation import CommendationState
from states.errors import BadData, Conflict, NoSuchAct, NotPermitted
from states.official_document import Status
from states.vocabulary import Act, Role
from store import documents as numbers
from store import organisation, outbox_messages, unit_posts
from store.official_documents import DocumentFilter
from store.visibility import Reader
from tests.support.days import UNIT, at, day
from tests.support.document_kinds import every_text

if TYPE_CHECKING:
    from store.commendations import Commendation
    from tests.support.offices import Bench

HANDLER, DIRECTOR, LEADER = Role.HANDLER, Role.DIRECTOR, Role.LEADER
POST = f"{UNIT}局长"


class Praise:
    """An office that wants to commend the head of a unit."""

    def __init__(self, bench: Bench, post: str = POST) -> None:
        self.bench = bench
        self.documents, self.room = bench.office.documents, bench.office.commendations
        bench.open("02-02")
        with bench.office.database.transaction() as session:
            unit = organisation.unit_by_name(session, UNIT)
            unit_posts.ensure_post(session, unit.id, f"{UNIT}联络员", "liaison")
        self.id = self.room.propose(UNIT, post, "整改举一反三", day("03-02"), bench.actor(DIRECTOR), at("03-31")).id

    def drafted(self, on: str = "03-04") -> int:
        who = self.bench.actor(HANDLER)
        return self.documents.draft_commendation(self.id, {}, who, day(on), at(on)).kept.id

    def signed(self) -> int:
        id_ = self.drafted()
        self.documents.sign(id_, self.bench.actor(LEADER), day("03-05"), at("03-05"))
        return id_

    def now(self) -> Commendation:
        (found,) = self.room.listed(unit=UNIT)
        return found


def test_the_leaders_signature_takes_the_number_and_the_issue_gives_the_commendation(bench: Bench) -> None:
    praise = Praise(bench)
    id_ = praise.drafted()
    assert praise.drafted() == id_, "asked twice, one draft is made"
    assert praise.documents.show(id_, day("03-04")).missing == ()
    with pytest.raises(NotPermitted, match="须由上级主要负责人签发"):
        praise.documents.sign(id_, bench.actor(DIRECTOR), day("03-05"), at("03-05"))
    signed = praise.documents.sign(id_, bench.actor(LEADER), day("03-05"), at("03-05"))
    assert (signed.status, signed.number, signed.unit) == (Status.SIGNED, "临法治督〔2026〕1号", UNIT)
    assert praise.now().state is CommendationState.PROPOSED, "what is signed is not given yet"
    issued = praise.documents.issue(id_, bench.actor(HANDLER), day("03-06"), at("03-06"))
    given = praise.now()
    assert (given.state, given.document_number, given.decided_by) == (
        CommendationState.COMMENDED,
        issued.number,
        "leader",
    )
    assert given.decided_on == day("03-06")
    done = praise.documents.serve(id_, bench.actor(HANDLER), day("03-09"), at("03-09"), way="courier")
    assert done.status is Status.SERVED
    _name, data = praise.documents.file(id_, day("03-09"))
    text = "\n".join(every_text(Document(BytesIO(data))))
    assert f"关于表扬{POST}的通报" in text.replace("\n", "")
    assert f"{POST}在履行推进法治建设职责中成效突出：整改举一反三。" in text
    assert "2026年3月5日" in text
    verdict = bench.office.proofs.verify()
    assert verdict.ok, verdict
    assert bench.office.documents.altered() is None


def test_whom_it_concerns_is_told_in_the_same_commit_and_nobody_before(sqlite_bench: Bench) -> None:
    praise = Praise(sqlite_bench)

    def told() -> list[tuple[str, str]]:
        with sqlite_bench.office.database.reading() as session:
            about = outbox_messages.told_about(session, f"commendations/{praise.id}")
        return sorted((notice, post) for notice, _unit, post, _owed, _sent in about)

    id_ = praise.signed()
    assert told() == []
    praise.documents.issue(id_, sqlite_bench.actor(HANDLER), day("03-06"), at("03-06"))
    posts = {post for _notice, post in told()}
    assert {notice for notice, _post in told()} == {"commendation"}
    assert {POST, f"{UNIT}联络员"} <= posts


def test_a_void_leaves_its_gap_and_the_commendation_waits_for_another_circular(sqlite_bench: Bench) -> None:
    praise = Praise(sqlite_bench)
    id_ = praise.signed()
    leader = sqlite_bench.actor(LEADER)
    with pytest.raises(Conflict, match="已经签发"):
        praise.room.commend(praise.id, "临法治督〔2026〕5号", day("03-05"), leader, at("03-05"))
    praise.documents.void(id_, sqlite_bench.actor(DIRECTOR), "事由表述有误", day("03-05"), at("03-05"))
    with sqlite_bench.office.database.reading() as session:
        assert numbers.of(session, "临法治督〔2026〕1号").void_reason == "事由表述有误"
    second = praise.signed()
    praise.documents.issue(second, sqlite_bench.actor(HANDLER), day("03-05"), at("03-05"))
    assert praise.now().document_number == "临法治督〔2026〕2号"
    with pytest.raises(BadData, match="不属于案件的文书"):
        sqlite_bench.act(1, Act.SERVE_ORDER, "03-05", term="15wd", document_number="临法治督〔2026〕2号")


def test_what_was_refused_is_neither_drafted_nor_signed_and_days_keep_their_order(sqlite_bench: Bench) -> None:
    praise = Praise(sqlite_bench)
    id_, early = praise.drafted(), praise.signed()
    assert early == id_
    for wrong in ("03-01", "03-07"):  # before it was proposed, and tomorrow
        with pytest.raises(BadData, match="须在"):
            praise.documents.issue(id_, sqlite_bench.actor(HANDLER), day(wrong), at("03-06"))
    assert praise.now().state is CommendationState.PROPOSED
    praise.documents.void(id_, sqlite_bench.actor(DIRECTOR), "不再表扬", day("03-05"), at("03-05"))
    other = praise.drafted()
    praise.room.refuse(praise.id, "事迹不突出", day("03-05"), sqlite_bench.actor(LEADER), at("03-05"))
    with pytest.raises(NoSuchAct):
        praise.documents.sign(other, sqlite_bench.actor(LEADER), day("03-05"), at("03-05"))
    with pytest.raises(NoSuchAct):
        praise.drafted()
    with pytest.raises(BadData, match="不属于案件"):
        praise.documents.draft(1, "commendation", {}, sqlite_bench.actor(HANDLER), day("03-05"), at("03-05"))


def test_the_unit_reads_what_was_issued_to_it_and_others_read_nothing(sqlite_bench: Bench) -> None:
    praise = Praise(sqlite_bench)
    other = "临溪市水务局"
    with sqlite_bench.office.database.transaction() as session:
        own_id = organisation.unit_by_name(session, UNIT).id
        other_id = organisation.ensure_unit(session, other, "department").id
    shelf = sqlite_bench.office.document_shelf
    own, stranger = Reader("a", Role.HEAD, own_id), Reader("b", Role.HEAD, other_id)
    office, elsewhere = Reader("c", HANDLER, 0), Reader("d", HANDLER, 0, other_id)
    id_ = praise.signed()

    def sees(reader: Reader) -> bool:
        return any(kept.id == id_ for kept in shelf.listed(reader, DocumentFilter(limit=9)))

    assert [sees(reader) for reader in (own, stranger, office, elsewhere)] == [False, False, True, False]
    assert praise.room.seen(own) == []
    praise.documents.issue(id_, sqlite_bench.actor(HANDLER), day("03-06"), at("03-06"))
    assert [sees(reader) for reader in (own, stranger, office, elsewhere)] == [True, False, True, False]
    assert [[one.id for one in praise.room.seen(reader)] for reader in (own, stranger, office, elsewhere)] == [
        [praise.id],
        [],
        [praise.id],
        [],
    ]
    assert shelf.open(own, sqlite_bench.actor(Role.HEAD), id_, day("03-06")).lines
