"""Every kind of document for every case of the storylines, measured as GB/T 9704-2012 asks."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from docx import Document
from docx.oxml.ns import qn

from documents import standard
from documents.drafting import draft
from documents.kinds import KINDS, DocumentKind, Layout, Level, SigningRole
from documents.known import titled
from states.commendation import CommendationAct
from states.vocabulary import Act
from tests.support import document_histories as histories
from tests.support.document_kinds import CASES, TEMPLATES, every_text, filled_up

if TYPE_CHECKING:
    from docx.text.run import Run


MM = 36_000
NUMBER = re.compile(r"〔\d{4}〕[1-9]\d*号")


def east_asian(run: Run) -> str | None:
    fonts = run._r.get_or_add_rPr().rFonts
    return fonts.get(qn("w:eastAsia")) if fonts is not None else None


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("case", CASES)
def test_every_kind_is_a_proper_document_for_every_case(kind: DocumentKind, case: str) -> None:
    lines, on = CASES[case]
    summary = histories.summary(lines, "云台县委依法治县办")
    made = filled_up(kind, summary, on)
    assert made.missing == ()
    document = Document(BytesIO(made.data))
    for section in document.sections:
        assert section.page_width is not None
        assert section.page_height is not None
        assert (section.page_width / MM, section.page_height / MM) == pytest.approx((210, 297), abs=0.2)
        margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
        assert [margin / MM for margin in margins if margin is not None] == pytest.approx([37, 35, 28, 26], abs=0.2)
        grid = section._sectPr.find(qn("w:docGrid"))
        assert grid is not None
        assert int(grid.get(qn("w:linePitch")) or 0) / 20 == pytest.approx(28.95, abs=0.3)
    body = [one for one in document.paragraphs if one.style and one.style.name == standard.STYLE_BODY and one.text]
    assert body
    for paragraph in body:
        assert paragraph.paragraph_format.line_spacing is not None
        assert paragraph.paragraph_format.line_spacing.pt == pytest.approx(28.95, abs=0.3)
        for run in paragraph.runs:
            assert run.font.size is not None
            assert run.font.size.pt == 16
            assert east_asian(run) in ("仿宋", "黑体")
    assert any(east_asian(run) == "仿宋" for paragraph in body for run in paragraph.runs)
    texts = list(every_text(document))
    whole = "\n".join(texts)
    if kind.name != "case_file":  # its catalogue is a list of numbers
        assert len(NUMBER.findall(whole)) == 1
    assert not re.search(r"〖|\{\{|\{%|绝密|机密|秘密[★☆]", whole)
    assert not re.search(r"\d{4}-\d{2}-\d{2}|\bwd\b|(?<!\d)0\d月", whole)


def test_every_kind_of_the_contract_is_there_and_its_acts_are_acts() -> None:
    contract = {"order", "receipt", "urge", "verification", "criticism", "help", "interview_notice", "minutes"}
    contract |= {"extension", "suspension", "review", "accountability_proposal", "transfer", "tolerance", "closure"}
    contract |= {"look_back", "correction", "case_file"}
    assert contract <= KINDS.keys()
    acts = {act for kind in KINDS.values() for act in (*kind.acts, kind.approval) if act}
    assert acts <= {act.value for act in (*Act, *CommendationAct)}


def test_the_order_of_s1_states_its_due_day_and_its_problems() -> None:
    lines = [
        *histories.until(histories.s1(), "serve_order"),
    ]
    summary = histories.summary(lines)
    typed = {"items": histories.ITEMS, "number": "临法治督〔2026〕3号"}
    made = draft(KINDS["order"], summary, typed, histories.drawn_up("02-06"), TEMPLATES)
    assert made.missing == ()
    whole = "\n".join(every_text(Document(BytesIO(made.data))))
    assert "15个工作日" in whole
    assert "2026年2月6日签收的，2026年3月5日届满" in whole
    assert "临法治督〔2026〕3号" in whole
    for item in histories.ITEMS:
        assert item["fact"] in whole
        assert item["criterion"] in whole


@pytest.mark.parametrize(("service", "due"), [("02-05", "3月4日"), ("02-06", "3月5日"), ("02-09", "3月6日")])
def test_another_day_of_service_moves_the_due_day_by_the_calendar(service: str, due: str) -> None:
    summary = histories.summary(histories.until(histories.s1(), "serve_order"))
    typed = {"service_on": f"2026-{service}"}
    made = draft(KINDS["order"], summary, typed, histories.drawn_up("02-05"), TEMPLATES)
    assert f"2026年{due}届满" in "\n".join(every_text(Document(BytesIO(made.data))))


def test_a_lower_government_gets_a_letter_with_consent_signed_by_the_leader() -> None:
    order = KINDS["order"]
    summary = histories.summary(histories.until(histories.s3(), "serve_order"))
    made = draft(order, summary, {}, histories.drawn_up("06-16"), TEMPLATES)
    assert made.missing == ("authorization_note",)
    assert made.template.name == "order_letter"
    assert order.layout_for(Level.COMMITTEE) is Layout.LETTER
    assert order.signed_by(Level.COMMITTEE) is SigningRole.LEADER
    assert order.signed_by(Level.DEPARTMENT) is SigningRole.DIRECTOR
    head = "\n".join(every_text(Document(BytesIO(made.data))))
    assert "关于青禾县人民政府限期整改有关问题的函" in head
    assert order.layout_for(Level.TOWNSHIP) is Layout.NOTICE
    assert "authorization_note" in order.required_for(Level.TOWNSHIP)
    assert "authorization_note" not in order.required_for(Level.VILLAGE)


def test_a_transfer_tells_neither_the_unit_nor_the_one_above_it() -> None:
    summary = histories.summary(histories.s2(), "云台县委依法治县办")
    made = filled_up(KINDS["transfer"], summary, "08-17")
    whole = "\n".join(every_text(Document(BytesIO(made.data))))
    assert "云台县委依法治县办" not in whole
    assert "抄送" not in whole
    assert summary.unit not in made.values["title"]


def test_a_proposal_never_names_a_form_of_accountability() -> None:
    summary = histories.summary(histories.s2())
    made = filled_up(KINDS["accountability_proposal"], summary, "08-17")
    whole = "\n".join(every_text(Document(BytesIO(made.data))))
    assert not re.search("诫勉|组织调整|处分|免职", whole)
    assert "办理经过" in whole
    assert "由你机关决定" in whole


def test_a_title_breaks_between_phrases_only() -> None:
    assert titled(("责令整改通知书",)) == "责令整改通知书"
    long = titled(("关于", "临溪市经济和信息化委员会", "申请延长整改期限的", "批复"))
    assert long == "关于临溪市经济和信息化委员会\n申请延长整改期限的批复"
    assert titled(("一" * 20,)) == "一" * 20
    assert titled(("一" * 12, "二" * 9)) == "一" * 12 + "\n" + "二" * 9


def test_the_same_draft_has_the_same_bytes() -> None:
    summary = histories.summary(histories.s1())
    hashes = {draft(KINDS["criticism"], summary, {}, histories.drawn_up("03-13"), TEMPLATES).hash for _ in range(3)}
    assert len(hashes) == 1
