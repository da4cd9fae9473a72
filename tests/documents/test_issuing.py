"""A document on its way: drafted, signed with its number, issued with its act, served or void; told by the history."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document

from documents.word_file import fingerprint
from states.errors import BadData, Conflict, GuardRefused, NoSuchAct, NotPermitted, Refused
from states.official_document import TABLE, Status, Step, fold_documents, moved
from states.vocabulary import Act, Role, State
from store import documents as numbers
from store import evidence, official_documents
from tests.support import document_histories as histories
from tests.support.offices import Bench, at, day

if TYPE_CHECKING:
    from store.official_documents import KeptDocument

HANDLER, DIRECTOR, LEADER = Role.HANDLER, Role.DIRECTOR, Role.LEADER


class Desk:
    """Short words for what a test does with documents."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.documents = bench.office.documents

    def draft(self, case: int, kind: str, on: str, **typed: Any) -> tuple[int, tuple[str, ...]]:
        made = self.documents.draft(case, kind, typed, self.bench.actor(HANDLER), day(on), at(on))
        return made.kept.id, made.missing

    def sign(self, id_: int, on: str, role: Role = DIRECTOR) -> KeptDocument:
        return self.documents.sign(id_, self.bench.actor(role), day(on), at(on))

    def issue(self, id_: int, on: str, role: Role = HANDLER) -> KeptDocument:
        return self.documents.issue(id_, self.bench.actor(role), day(on), at(on))

    def text(self, id_: int, on: str) -> str:
        _name, data = self.documents.file(id_, day(on))
        return "\n".join(paragraph.text for paragraph in Document(BytesIO(data)).paragraphs)


@pytest.fixture
def desk(bench: Bench) -> Desk:
    return Desk(bench)


def test_the_order_of_s1_is_drafted_signed_issued_and_served(desk: Desk) -> None:
    bench = desk.bench
    case = bench.open("01-28", criteria="列入年度计划并印发")
    id_, missing = desk.draft(case, "order", "02-05", items=histories.ITEMS)
    assert missing == ()
    signed = desk.sign(id_, "02-05")
    assert (signed.status, signed.number) == (Status.SIGNED, "临法治督〔2026〕1号")
    assert bench.state(case) is State.FOUND, "what is signed is not issued yet"
    issued = desk.issue(id_, "02-06", DIRECTOR)
    assert issued.status is Status.ISSUED
    assert bench.state(case) is State.ORDERED
    assert bench.due(case) == "03-05"
    text = desk.text(id_, "02-06")
    assert "2026年2月6日签收的，2026年3月5日届满" in text
    assert re.findall(r"〔\d{4}〕\d+号", text) == ["〔2026〕1号"]
    assert "2026年2月5日" in text, "the date of the document is that of the signature"
    served = bench.history(case)[-2].event
    assert served.act is Act.SERVE_ORDER
    assert (served.data["document_number"], served.data["evidence"]) == (issued.number, [issued.file])
    by = bench.actor(HANDLER)
    done = desk.documents.serve(id_, by, day("02-06"), at("02-06"), way="system", signed_by="联络员")
    assert done.status is Status.SERVED
    told = fold_documents(recorded.event for recorded in bench.history(case))
    assert [(one.kind, one.status, one.number, one.file) for one in told.values()] == [
        ("order", Status.SERVED, issued.number, issued.file)
    ]
    assert bench.folded(case) == bench.case(case)
    assert bench.office.proofs.verify().ok


def test_a_draft_is_completed_before_it_is_signed_and_not_in_the_history(desk: Desk) -> None:
    bench = desk.bench
    case = bench.open("11-17", unit="柏木镇人民政府", unit_kind="township", criteria="持证上岗")
    id_, missing = desk.draft(case, "order", "11-20")
    assert missing == ("authorization_note",)
    with pytest.raises(BadData, match="还缺授权说明"):
        desk.sign(id_, "11-20")
    before = len(bench.history(case))
    by, on = bench.actor(HANDLER), day("11-20")
    changed = desk.documents.change(id_, {"授权说明": "经市委同意"}, by, on, at("11-20"))
    assert changed.missing == ()
    desk.documents.submit(id_, by, on, at("11-20"))
    desk.documents.give_back(id_, bench.actor(DIRECTOR), on, at("11-20"), "期限改为20个工作日")
    desk.documents.change(id_, {"term": "20wd"}, by, on, at("11-20"))
    desk.documents.submit(id_, by, on, at("11-20"))
    assert len(bench.history(case)) == before
    assert desk.sign(id_, "11-20").number == "临法治督〔2026〕1号"
    desk.issue(id_, "11-20", DIRECTOR)
    assert "经市委同意" in desk.text(id_, "11-20")
    assert "20个工作日" in desk.text(id_, "11-20")
    with bench.office.database.reading() as session:
        steps = official_documents.steps(session, id_)
    assert [step.step for step in steps] == [
        None,
        Step.CHANGE,
        Step.SUBMIT,
        Step.RETURN,
        Step.CHANGE,
        Step.SUBMIT,
        Step.SIGN,
        Step.ISSUE,
    ]
    assert steps[3].note == "期限改为20个工作日"


def test_who_signs_depends_on_the_level_of_the_addressee(desk: Desk) -> None:
    case = desk.bench.open("06-09", unit="青禾县人民政府", criteria="补充征求意见")
    id_, _missing = desk.draft(case, "order", "06-16", authorization_note="经市委同意")
    with pytest.raises(NotPermitted, match="须由上级主要负责人签发"):
        desk.sign(id_, "06-16", DIRECTOR)
    assert desk.sign(id_, "06-16", LEADER).status is Status.SIGNED
    department = desk.bench.open("06-10", criteria="x")
    other, _missing = desk.draft(department, "order", "06-16")
    with pytest.raises(NotPermitted, match="须由督查机构负责人签发"):
        desk.sign(other, "06-16", HANDLER)


def test_a_void_leaves_its_gap_with_the_reason_and_the_number_is_not_given_again(desk: Desk) -> None:
    bench = desk.bench
    case = bench.open("01-28", criteria="x")
    first, _missing = desk.draft(case, "order", "02-05")
    number = desk.sign(first, "02-05").number
    by = bench.actor(DIRECTOR)
    with pytest.raises(BadData, match="写明理由"):
        desk.documents.void(first, by, " ", day("02-05"), at("02-05"))
    desk.documents.void(first, by, "事实表述有误", day("02-05"), at("02-05"))
    with pytest.raises(NoSuchAct, match="已作废"):
        desk.issue(first, "02-06")
    with bench.office.database.reading() as session:
        kept = numbers.of(session, number)
    assert (kept.void_by, kept.void_reason) == ("director", "事实表述有误")
    second, _missing = desk.draft(case, "order", "02-05")
    assert desk.sign(second, "02-05").number == "临法治督〔2026〕2号"
    assert bench.office.proofs.verify().ok


def test_what_the_rules_refuse_is_not_issued_and_nothing_is_half_done(desk: Desk) -> None:
    bench = desk.bench
    case = bench.ordered("02-06")
    id_, _missing = desk.draft(case, "closure", "02-09", report_on="2026-02-09", verified_on="2026-02-09")
    number = desk.sign(id_, "02-09").number
    before = len(bench.history(case))
    with pytest.raises(Refused):
        desk.issue(id_, "02-09", DIRECTOR)
    assert desk.documents.show(id_, day("02-09")).kept.status is Status.SIGNED
    assert len(bench.history(case)) == before
    assert number == "临法治督〔2026〕1号"


def test_an_issued_document_does_not_change_any_more(desk: Desk) -> None:
    case = desk.bench.open("01-28", criteria="x")
    id_, _missing = desk.draft(case, "order", "02-06")
    desk.sign(id_, "02-06")
    desk.issue(id_, "02-06", DIRECTOR)
    by, on = desk.bench.actor(HANDLER), day("02-06")
    for step in (
        lambda: desk.documents.change(id_, {"finding": "y"}, by, on, at("02-06")),
        lambda: desk.documents.void(id_, by, "y", on, at("02-06")),
        lambda: desk.sign(id_, "02-06"),
        lambda: desk.issue(id_, "02-06"),
    ):
        with pytest.raises(NoSuchAct, match="已印发"):
            step()


def test_one_changed_byte_in_an_issued_file_is_found_and_named(desk: Desk) -> None:
    bench = desk.bench
    case = bench.open("01-28", criteria="x")
    id_, _missing = desk.draft(case, "order", "02-06")
    desk.sign(id_, "02-06")
    issued = desk.issue(id_, "02-06", DIRECTOR)
    place = evidence.place_of(bench.settings.home, issued.file)
    good = place.read_bytes()
    assert fingerprint(good) == issued.file
    place.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    verdict = bench.office.proofs.verify()
    assert not verdict.ok
    assert issued.number in str(verdict.first_wrong)
    with pytest.raises(Conflict, match="已被改动或丢失"):
        desk.documents.file(id_, day("02-06"))
    place.write_bytes(good)
    assert bench.office.proofs.verify().ok


def test_a_template_that_changed_after_the_signature_stops_the_issue(desk: Desk) -> None:
    bench = desk.bench
    case = bench.open("01-28", criteria="x")
    id_, _missing = desk.draft(case, "order", "02-06")
    desk.sign(id_, "02-06")
    own = bench.settings.home / "documents"
    own.mkdir()
    changed = Document(BytesIO(desk.documents.papers.templates.find("order").data))
    changed.core_properties.title = "新版"
    changed.save(str(own / "order.docx"))
    with pytest.raises(Conflict, match="签发以后模板“order”已更改"):
        desk.issue(id_, "02-06", DIRECTOR)
    assert bench.state(case) is State.FOUND


def test_a_document_that_carries_out_one_of_two_acts_says_which(desk: Desk) -> None:
    bench = desk.bench
    case = bench.ordered("02-06")
    bench.act(case, Act.REQUEST_EXTENSION, "02-27", reason="评审未完成", term="10wd")
    id_, missing = desk.draft(case, "extension", "02-27")
    assert missing == ("outcome",)
    desk.documents.change(id_, {"outcome": "approve_extension"}, bench.actor(HANDLER), day("02-27"), at("02-27"))
    desk.sign(id_, "02-27")
    desk.issue(id_, "02-27", DIRECTOR)
    assert bench.due(case) == "03-19"
    assert "由2026年3月5日延至2026年3月19日" in desk.text(id_, "02-27")


def test_an_order_in_the_future_cannot_be_issued(desk: Desk) -> None:
    case = desk.bench.open("01-28", criteria="x")
    id_, _missing = desk.draft(case, "order", "02-05")
    desk.sign(id_, "02-05")
    with pytest.raises(GuardRefused, match="在将来"):
        desk.documents.issue(id_, desk.bench.actor(DIRECTOR), day("02-06"), at("02-05"))


def test_the_life_of_a_document_is_its_table_and_nothing_else() -> None:
    rows = {(step, source): dest for step, source, dest in TABLE}
    for step in Step:
        for status in Status:
            if (step, status) in rows:
                assert moved(status, step) is rows[step, status]
            else:
                with pytest.raises(NoSuchAct):
                    moved(status, step)
