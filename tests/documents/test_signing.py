"""Two people for every document: at the desk, at the console, and what happens to drafts when data is erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cases import erasure
from states.errors import BadData, Conflict, NoSuchAct, NotPermitted
from states.official_document import Status, Step
from states.vocabulary import Act, Role, State
from store import evidence, official_documents
from tests.support.document_kinds import sample
from tests.support.offices import Bench, at, day

if TYPE_CHECKING:
    from states.case import Actor
    from store.official_documents import KeptDocument

HANDLER, DIRECTOR, LEADER = Role.HANDLER, Role.DIRECTOR, Role.LEADER
ON, AT = day("02-05"), at("02-05")


def drafted(bench: Bench, kind: str = "order", who: Actor | None = None, **typed: str) -> int:
    case = bench.open("01-28", criteria="列入年度计划")
    by = who or bench.actor(HANDLER, "liu")
    return bench.office.documents.draft(case, kind, typed, by, ON, AT).kept.id


def kept(bench: Bench, id_: int) -> KeptDocument:
    with bench.office.database.reading() as session:
        return official_documents.get(session, id_)


def test_who_drafted_or_changed_a_document_does_not_sign_it_in_whatever_role(sqlite_bench: Bench) -> None:
    bench, documents = sqlite_bench, sqlite_bench.office.documents
    id_ = drafted(bench, who=bench.actor(DIRECTOR, "zhou"))
    for who in (bench.actor(DIRECTOR, "zhou"), bench.actor(LEADER, "zhou")):
        with pytest.raises(NotPermitted, match="由您拟稿或者修改，不能由您签发"):
            documents.sign(id_, who, ON, AT)
    wang = bench.actor(DIRECTOR, "wang")
    documents.change(id_, {"help_contact": "督查科"}, wang, ON, AT)
    with pytest.raises(NotPermitted, match="不能由您签发"):
        documents.sign(id_, wang, ON, AT)
    assert kept(bench, id_).status is Status.DRAFT
    assert documents.sign(id_, bench.actor(LEADER, "leader"), ON, AT).status is Status.SIGNED


def test_a_change_that_says_nothing_new_makes_nobody_a_writer(sqlite_bench: Bench) -> None:
    bench, documents = sqlite_bench, sqlite_bench.office.documents
    id_ = drafted(bench, help_contact="督查科")
    wang = bench.actor(DIRECTOR, "wang")
    documents.change(id_, {"help_contact": "督查科"}, wang, ON, AT)
    assert documents.sign(id_, wang, ON, AT).status is Status.SIGNED


def test_a_document_is_reviewed_below_its_signer_returned_with_a_comment_and_signed(sqlite_bench: Bench) -> None:
    bench, documents = sqlite_bench, sqlite_bench.office.documents
    id_ = drafted(bench, "order")
    liu, he, zhou = bench.actor(HANDLER, "liu"), bench.actor(HANDLER, "he"), bench.actor(DIRECTOR, "zhou")
    with pytest.raises(NoSuchAct, match="草稿"):
        documents.review(id_, he, ON, AT)
    documents.submit(id_, liu, ON, AT, "请审")
    with pytest.raises(NotPermitted, match="不能由您核稿"):
        documents.review(id_, liu, ON, AT)
    assert documents.review(id_, he, ON, AT, "改1处").status is Status.REVIEWED
    with pytest.raises(BadData, match="写明要改什么"):
        documents.give_back(id_, zhou, ON, AT, " ")
    with pytest.raises(NotPermitted):
        documents.give_back(id_, liu, ON, AT, "不同意")
    assert documents.give_back(id_, zhou, ON, AT, "期限写清").status is Status.DRAFT
    documents.submit(id_, liu, ON, AT)
    assert documents.sign(id_, zhou, ON, AT).status is Status.SIGNED
    steps = [taken.step for taken in documents.steps(id_)]
    assert steps == [None, Step.SUBMIT, Step.REVIEW, Step.RETURN, Step.SUBMIT, Step.SIGN]


def test_the_same_form_sent_twice_makes_one_draft_and_another_person_has_another(sqlite_bench: Bench) -> None:
    bench, documents = sqlite_bench, sqlite_bench.office.documents
    case, liu = bench.open("01-28", criteria="x"), bench.actor(HANDLER, "liu")
    first = documents.draft(case, "order", {}, liu, ON, AT, once=True).kept.id
    assert documents.draft(case, "order", {}, liu, ON, AT, once=True).kept.id == first
    assert documents.draft(case, "help", {}, liu, ON, AT, once=True).kept.id != first
    assert documents.draft(case, "order", {}, bench.actor(HANDLER, "he"), ON, AT, once=True).kept.id != first
    documents.submit(first, liu, ON, AT)
    assert documents.draft(case, "order", {}, liu, ON, AT, once=True).kept.id != first


def test_only_an_issued_document_is_corrected_and_says_why(sqlite_bench: Bench) -> None:
    bench, documents = sqlite_bench, sqlite_bench.office.documents
    id_ = drafted(bench)
    liu = bench.actor(HANDLER, "liu")
    with pytest.raises(Conflict, match="只有印发了的文书"):
        documents.correct(id_, liu, "单位名称有误", ON, AT)
    with pytest.raises(BadData, match="更正须写明理由"):
        documents.correct(id_, liu, " ", ON, AT)


def test_the_letter_of_a_part_that_was_handed_over_takes_its_number_afterwards(sqlite_bench: Bench) -> None:
    """The child case is a stub from its first day: its letter is signed and issued there, and enters no second act."""
    bench, documents = sqlite_bench, sqlite_bench.office.documents
    case = bench.open("01-28", criteria="x")
    part: dict[str, Any] = {"partial": True, "part": "涉嫌收受礼金", "rest": "未列入年度计划", "receiver": "市纪委监委"}
    bench.act(case, Act.TRANSFER, "02-05", role=LEADER, **part)
    child = case + 1
    assert bench.state(child) is State.TRANSFERRED
    by = bench.actor(DIRECTOR, "zhou")
    made = documents.draft(child, "transfer", {}, by, ON, AT)
    documents.change(made.kept.id, {name: sample(name) for name in made.missing}, by, ON, AT)
    signed = documents.sign(made.kept.id, bench.actor(LEADER, "leader"), ON, AT)
    issued = documents.issue(made.kept.id, by, ON, AT)
    assert (signed.number != "", issued.status) == (True, Status.ISSUED)
    assert [act for _day, act in bench.acts(child)].count("transfer") == 1
    assert bench.office.proofs.verify().ok


def test_erasing_a_person_reaches_the_texts_of_drafts_and_their_comments(sqlite_bench: Bench) -> None:
    bench, documents = sqlite_bench, sqlite_bench.office.documents
    liu, archivist = bench.actor(HANDLER, "liu"), bench.actor(Role.ARCHIVIST)
    id_ = drafted(bench, help_contact="王大明科长")
    documents.change(id_, {"help_contact": "王大明副科长"}, liu, ON, AT)
    documents.submit(id_, liu, ON, AT, "王大明已核对")
    erased = erasure.erase_cases(bench.office.desk, [], archivist, "到期", at("02-06"))
    assert erased.texts == 0
    with bench.office.database.transaction() as session:
        texts = official_documents.erase_words(session, ["王大明"], "（已依法删除）").texts
    assert texts == 4, "the form as it stands, as it stood after two steps, and one comment"
    assert kept(bench, id_).typed == {"help_contact": "（已依法删除）"}
    assert all("王大明" not in f"{taken.note}{taken.typed}" for taken in documents.steps(id_))


def test_erasing_a_case_empties_its_drafts_and_leaves_what_was_issued(sqlite_bench: Bench) -> None:
    bench, documents = sqlite_bench, sqlite_bench.office.documents
    id_ = drafted(bench, help_contact="王大明科长")
    case = kept(bench, id_).case_id
    issued = documents.draft(case, "order", {"help_contact": "王大明科长"}, bench.actor(HANDLER, "liu"), ON, AT).kept.id
    documents.sign(issued, bench.actor(DIRECTOR, "zhou"), ON, AT)
    file = documents.issue(issued, bench.actor(HANDLER, "liu"), ON, AT).file
    erasure.erase_cases(bench.office.desk, [case], bench.actor(Role.ARCHIVIST), "到期", at("02-06"))
    assert kept(bench, id_).typed == {"help_contact": "（已依法删除）"}
    assert kept(bench, issued).file == file
    assert bench.office.proofs.verify().ok


def uploaded_twice(bench: Bench, other: str = "") -> tuple[int, str]:
    """Let a draft that names somebody be edited in Word; perhaps somebody else brings the same file elsewhere."""
    documents, liu = bench.office.documents, bench.actor(HANDLER, "liu")
    id_ = drafted(bench, help_contact="王大明科长")
    _name, data = documents.file(id_, ON)
    hash_ = documents.upload(id_, "改稿.docx", data, liu, ON, AT).edited
    if other:
        copy = bench.settings.home / "same.docx"
        copy.write_bytes(data)
        assert bench.keep_evidence(copy, AT, other) == hash_
    return id_, hash_


@pytest.mark.parametrize(("other", "stays"), [("", False), ("liaison", True)])
def test_an_erased_word_file_leaves_the_store_unless_somebody_else_holds_it(
    sqlite_bench: Bench, other: str, stays: bool
) -> None:
    id_, hash_ = uploaded_twice(sqlite_bench, other)
    place = evidence.place_of(sqlite_bench.settings.home, hash_)
    assert place.is_file()
    archivist, home = sqlite_bench.actor(Role.ARCHIVIST), sqlite_bench.settings.home
    case = kept(sqlite_bench, id_).case_id
    erasure.erase_cases(sqlite_bench.office.desk, [case], archivist, "到期", at("02-06"), home=home)
    assert kept(sqlite_bench, id_).edited == ""
    assert [taken.file for taken in sqlite_bench.office.documents.steps(id_)][1:] == [""]
    assert place.is_file() is stays
    with sqlite_bench.office.database.reading() as session:
        assert evidence.is_kept(session, hash_) is stays
    verdict = sqlite_bench.office.proofs.verify()
    assert verdict.ok, verdict


def test_an_erasure_that_was_stopped_is_finished_later_and_what_came_again_stays(sqlite_bench: Bench) -> None:
    id_, hash_ = uploaded_twice(sqlite_bench)
    desk, home = sqlite_bench.office.desk, sqlite_bench.settings.home
    place = evidence.place_of(home, hash_)
    data = place.read_bytes()
    case = kept(sqlite_bench, id_).case_id
    erasure.erase_cases(desk, [case], sqlite_bench.actor(Role.ARCHIVIST), "到期", at("02-06"))
    assert place.is_file(), "whoever asked did not say where files are kept"
    again = home / "again.docx"
    again.write_bytes(data)
    assert sqlite_bench.keep_evidence(again, at("02-06"), "liaison") == hash_
    assert erasure.scrub(desk, at("02-07"), home)
    assert place.is_file(), "it was brought again meanwhile"
    assert not erasure.scrub(desk, at("02-07"), home)
    assert sqlite_bench.office.proofs.verify().ok
