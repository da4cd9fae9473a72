"""Official documents at the pages: drawn up from the case, completed, signed by another, issued and served."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document

from states.command import Command
from states.official_document import Status
from states.vocabulary import Act, Role, State
from store import official_documents
from tests.support.document_kinds import with_paragraph
from tests.support.offices import UNIT, Bench
from tests.support.visitors import Arrivals, Visitor
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.support.databases import Databases

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


class Pages:
    """An office with people at its pages, and short words for what they do with documents."""

    def __init__(self, bench: Bench, arrivals: Arrivals) -> None:
        self.bench = bench
        self.officer = arrivals.come("liufang", Role.HANDLER)
        self.director = arrivals.come("zhouming", Role.DIRECTOR)
        self.arrivals = arrivals
        self.case = 0

    def another_case(self) -> None:
        """Go on with a case of its own."""
        self.case = self.bench.open("11-02", criteria="列入年度计划")

    def step(self, who: Visitor, id_: int, step: str, **fields: str) -> Response:
        return who.send(f"/documents/{id_}/steps", f"/documents/{id_}", step=step, **fields)

    def upload(self, who: Visitor, id_: int, step: str, name: str, data: bytes) -> Response:
        csrf = re.search(r'name="csrf" value="([^"]*)"', who.read("/password").text)
        assert csrf is not None
        fields = {"csrf": csrf[1], "step": step}
        return who.client.post(f"/documents/{id_}/steps", data=fields, files={"file": (name, data)})

    def draft(self, kind: str = "order") -> int:
        answer = self.officer.send(f"/cases/{self.case}/documents", f"/cases/{self.case}", kind=kind)
        assert answer.status_code == 200, answer.text
        return int(re.search(r"/documents/(\d+)/steps", answer.text)[1])  # type: ignore[index]  # it is there

    def status(self, id_: int) -> Status:
        with self.bench.office.database.reading() as session:
            return official_documents.get(session, id_).status

    def number(self, id_: int) -> str:
        with self.bench.office.database.reading() as session:
            return official_documents.get(session, id_).number

    def signed(self) -> int:
        id_ = self.draft()
        self.step(self.officer, id_, "submit")
        self.step(self.director, id_, "sign")
        assert self.status(id_) is Status.SIGNED
        return id_


@pytest.fixture(scope="module")
def staffed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Give the office with its people, once for all: to choose a password takes long, because it should."""
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("documents")) as bench, Arrivals(bench) as arrivals:
        yield Pages(bench, arrivals)
    databases.drop(url)


@pytest.fixture
def pages(staffed: Pages) -> Pages:
    staffed.another_case()
    return staffed


def test_an_order_goes_from_the_case_page_to_its_service(pages: Pages) -> None:
    assert "拟一份文书" in pages.officer.read(f"/cases/{pages.case}").text
    id_ = pages.draft()
    assert pages.draft() == id_, "a form that is sent twice makes one draft"
    page = pages.officer.read(f"/documents/{id_}").text
    assert '<span class="fill">列入年度计划</span>' in page
    assert "签发并编号" not in page
    pages.step(pages.officer, id_, "change", **{"v.help_contact": "督查科科长"})
    assert "<ins>督查科科长</ins>" in pages.officer.read(f"/documents/{id_}").text
    pages.step(pages.officer, id_, "submit", note="请审")
    assert "签发责令整改通知书" in pages.director.read("/").text
    assert "签发责令整改通知书" in pages.director.read("/approvals").text
    assert "责令整改通知书" not in pages.officer.read("/approvals").text
    back = pages.step(pages.director, id_, "return")
    assert "退回须写明要改什么" in back.text
    pages.step(pages.director, id_, "return", note="写明联系电话")
    assert "写明联系电话" in pages.officer.read(f"/documents/{id_}").text
    pages.step(pages.officer, id_, "submit")
    done = pages.step(pages.director, id_, "sign", note="同意")
    assert "已签发" in done.text
    again = pages.step(pages.director, id_, "sign")
    assert (again.status_code, "不能签发" in again.text) == (409, True)
    issued = pages.step(pages.officer, id_, "issue")
    assert issued.status_code == 200, issued.text
    assert pages.bench.state(pages.case) is State.ORDERED
    assert pages.step(pages.officer, id_, "issue").status_code == 409
    assert pages.bench.days_of(pages.case, Act.SERVE_ORDER) == [pages.bench.office.today().isoformat()[5:]]
    pages.step(pages.officer, id_, "serve", way="courier", signed_by="办公室主任")
    assert pages.status(id_) is Status.SERVED
    assert "专人送达：办公室主任" in pages.officer.read(f"/documents/{id_}").text
    text = pages.officer.read(f"/cases/{pages.case}").text
    assert f'href="/documents/{id_}"' in text
    assert "已送达" in text
    assert pages.bench.office.proofs.verify().ok


def test_who_drafted_reads_why_it_is_for_another_to_sign(pages: Pages) -> None:
    answer = pages.director.send(f"/cases/{pages.case}/documents", f"/cases/{pages.case}", kind="order")
    id_ = int(re.search(r"/documents/(\d+)/steps", answer.text)[1])  # type: ignore[index]  # it is there
    pages.step(pages.director, id_, "submit")
    refused = pages.step(pages.director, id_, "sign")
    assert refused.status_code == 409
    assert "由您拟稿或者修改，不能由您签发" in refused.text
    assert pages.status(id_) is Status.SUBMITTED
    assert "须由督查机构负责人签发" in pages.step(pages.officer, id_, "sign").text


def test_whoever_signs_what_has_changed_meanwhile_is_told_and_nothing_is_signed(pages: Pages) -> None:
    id_ = pages.draft()
    pages.step(pages.officer, id_, "submit")
    pages.step(pages.director, id_, "return", note="改")
    pages.step(pages.officer, id_, "submit")
    refused = pages.step(pages.director, id_, "sign", seen="2")
    assert "有了变动" in refused.text
    assert pages.status(id_) is Status.SUBMITTED
    assert pages.step(pages.director, id_, "sign", seen="4").status_code == 200


def test_the_unit_reads_what_was_issued_to_it_and_no_draft(pages: Pages) -> None:
    head, stranger = (
        pages.arrivals.come("head", Role.HEAD, UNIT),
        pages.arrivals.come("other", Role.HEAD, "临溪市教育局"),
    )
    id_ = pages.signed()
    assert head.read(f"/documents/{id_}").status_code == 404
    pages.step(pages.officer, id_, "issue")
    page = head.read(f"/documents/{id_}")
    assert page.status_code == 200
    assert "liufang" not in page.text
    assert "zhouming" not in page.text
    assert stranger.read(f"/documents/{id_}").status_code == 404
    assert stranger.read(f"/documents/{id_}/download.docx").status_code == 404
    assert head.read(f"/documents/{id_}/download.docx").content.startswith(b"PK")
    assert pages.step(head, id_, "void", note="x").status_code == 409
    assert head.send(f"/cases/{pages.case}/documents", "/mine", kind="order").status_code >= 400


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("通知.docm", with_paragraph("内容"), "带宏"),
        ("通知.doc", b"\xd0\xcf\x11\xe0", "不是.docx文件"),
        ("通知.docx", b"PK\x03\x04 broken", "已损坏"),
        ("通知.docx", b"P" * (9 << 20), "超过8兆字节"),
        ("通知.docx", with_paragraph("密级：机密★"), "国家秘密"),
    ],
)
def test_an_uploaded_file_that_may_not_be_taken_is_refused_in_one_sentence(
    pages: Pages, name: str, data: bytes, words: str
) -> None:
    id_ = pages.draft()
    answer = pages.upload(pages.officer, id_, "upload", name, data)
    assert answer.status_code >= 400
    assert words in answer.text
    with pages.bench.office.database.reading() as session:
        assert official_documents.get(session, id_).edited == ""
        assert len(official_documents.steps(session, id_)) == 1


def test_a_word_file_edited_outside_is_what_is_signed_with_its_number_and_date(pages: Pages) -> None:
    id_ = pages.draft()
    document = Document(BytesIO(pages.officer.read(f"/documents/{id_}/download.docx").content))
    next(one for one in document.paragraphs if "一、整改要求" in one.text).runs[-1].text = "请于月底前完成并书面说明。"
    target = BytesIO()
    document.save(target)
    for _ in range(2):
        assert pages.upload(pages.officer, id_, "upload", "改稿.docx", target.getvalue()).status_code == 200
    with pages.bench.office.database.reading() as session:
        assert len(official_documents.steps(session, id_)) == 2, "the same file again is no step"
    assert "请于月底前完成并书面说明" in pages.officer.read(f"/documents/{id_}").text
    pages.step(pages.officer, id_, "submit")
    pages.step(pages.director, id_, "sign")
    answer = pages.step(pages.officer, id_, "issue")
    assert answer.status_code == 200, answer.text
    issued = Document(BytesIO(pages.officer.read(f"/documents/{id_}/download.docx").content))
    text = "\n".join(one.text for one in issued.paragraphs)
    assert "请于月底前完成并书面说明" in text
    assert re.findall(r"〔\d{4}〕\d+号", text) == re.findall(r"〔\d{4}〕\d+号", pages.number(id_))
    assert pages.bench.state(pages.case) is State.ORDERED


def test_a_word_file_without_the_place_of_its_number_is_refused(pages: Pages) -> None:
    id_ = pages.draft()
    target = BytesIO()
    Document().save(target)
    assert "留空的发文字号" in pages.upload(pages.officer, id_, "upload", "空.docx", target.getvalue()).text


def test_the_scan_is_kept_beside_the_document_and_watched_by_the_verification(pages: Pages) -> None:
    id_ = pages.signed()
    for name, data, words in (
        ("扫描.pdf", b"no pdf", "不是PDF、JPG或PNG文件"),
        ("扫描.exe", b"MZ", "不是PDF、JPG或PNG文件"),
        ("扫描.png", b"", "空文件"),
        ("扫描.pdf", b"%PDF-" + b"0" * (21 << 20), "超过20兆字节"),
    ):
        assert words in pages.upload(pages.officer, id_, "scan", name, data).text
    for _ in range(2):
        assert pages.upload(pages.officer, id_, "scan", "扫描.png", PNG).status_code == 200
    assert pages.officer.read(f"/documents/{id_}/download/scan").content == PNG
    assert [recorded.event.data["step"] for recorded in pages.bench.history(pages.case)[-2:]] == ["sign", "scan"]
    assert pages.bench.office.proofs.verify().ok
    with pages.bench.office.database.reading() as session:
        hash_ = official_documents.get(session, id_).scan
    place = pages.bench.settings.home / "evidence" / hash_[:2] / hash_
    place.write_bytes(PNG + b"1")
    assert not pages.bench.office.proofs.verify().ok
    place.write_bytes(PNG)


def test_a_void_needs_its_reason_and_a_corrected_version_takes_a_number_of_its_own(pages: Pages) -> None:
    id_ = pages.signed()
    assert "作废须写明理由" in pages.step(pages.officer, id_, "void").text
    pages.step(pages.officer, id_, "issue")
    assert pages.step(pages.officer, id_, "void", note="晚了").status_code == 409
    assert "更正须写明理由" in pages.step(pages.officer, id_, "correct").text
    made = pages.step(pages.officer, id_, "correct", note="主送机关名称有误")
    new = int(re.search(r"/documents/(\d+)/steps", made.text)[1])  # type: ignore[index]  # it is there
    assert new != id_
    assert pages.step(pages.officer, id_, "correct", note="主送机关名称有误").url == made.url
    pages.step(pages.officer, new, "submit")
    assert pages.step(pages.director, new, "sign").status_code == 200
    assert pages.step(pages.officer, new, "issue").status_code == 200
    assert pages.bench.acts(pages.case).count((pages.bench.office.today().isoformat()[5:], "serve_order")) == 1
    text = pages.officer.read(f"/documents/{new}").text
    assert "这是更正文本" in text
    assert pages.number(new) in text
    assert pages.number(new) != pages.number(id_)
    assert "有更正文本" in pages.officer.read(f"/documents/{id_}").text
    assert pages.bench.office.proofs.verify().ok


def test_the_list_is_filtered_by_state_kind_and_unit(pages: Pages) -> None:
    pages.draft()
    for query, there in (
        ("", True),
        ("?state=draft", True),
        ("?state=submitted&kind=help", False),
        ("?kind=order", True),
        ("?kind=closure", False),
        (f"?unit={UNIT}", True),
        ("?unit=没有的单位", False),
        ("?state=nonsense&kind=nonsense", True),
    ):
        text = pages.officer.read(f"/documents{query}").text
        assert ('data-label="发文字号"' in text) is there, query


def test_without_libreoffice_the_page_says_so_and_the_address_answers_with_a_sentence(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = pages.draft()
    monkeypatch.setenv("PATH", "/nowhere")
    assert "没有安装LibreOffice" in pages.officer.read(f"/documents/{id_}").text
    answer = pages.officer.read(f"/documents/{id_}/download.pdf")
    assert answer.status_code == 503
    assert "libreoffice" in answer.text.lower()


def test_after_a_part_was_handed_over_old_wording_is_kept_apart(pages: Pages) -> None:
    """What was drafted before may tell of the part: who reads on in it opens it, and nobody signs or issues it."""
    leader = pages.arrivals.come("leader1", Role.LEADER)
    id_ = pages.draft()
    pages.step(pages.officer, id_, "submit")
    today = pages.bench.office.today()
    part: dict[str, Any] = {
        "partial": True,
        "part": "涉嫌收受礼金",
        "rest": "未列入年度计划",
        "receiver": "市纪委监委",
    }
    leads = pages.bench.actor(Role.LEADER)
    pages.bench.desk.do(Command(act=Act.TRANSFER, actor=leads, on=today, data=part, case_id=pages.case), now())
    refused = pages.step(pages.director, id_, "sign")
    assert refused.status_code >= 400
    assert "已经移送" in refused.text
    closed = pages.officer.read(f"/documents/{id_}").text
    assert "有权查阅移送内容" in closed
    assert '<article class="sheet' not in closed
    assert '<article class="sheet' in leader.read(f"/documents/{id_}").text
    assert pages.officer.read(f"/documents/{id_}/download.docx").status_code == 403
    assert pages.step(pages.officer, id_, "void", note="重新起草").status_code == 200
    assert pages.status(id_) is Status.VOID
