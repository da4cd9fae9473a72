"""Templates: an office's own win, what is wrong is named with its place, and nothing reaches out of the sandbox."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from docx import Document

from documents import word_file
from documents.check import check, samples
from documents.drafting import draft, read_typed
from documents.kinds import KINDS, Level
from documents.templates import SHIPPED, Template, Templates
from documents.word_file import BadDocument, examine, packed, read_bounded
from scripts.document_templates import templates
from states.errors import BadData
from tests.support import document_histories as histories
from tests.support.document_kinds import with_paragraph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ORDER = KINDS["order"]


def changed(change: Callable[[str], str], template: str = "order", part: str = "word/document.xml") -> bytes:
    """Return a shipped template with one of its parts changed."""
    target = BytesIO()
    with zipfile.ZipFile(SHIPPED / f"{template}.docx") as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, change(content.decode()).encode() if name == part else content)
    return target.getvalue()


def sentences(data: bytes) -> list[str]:
    return [str(fault.sentence) for fault in check(data, "order.docx", ORDER)]


def test_the_shipped_templates_are_those_that_the_script_builds() -> None:
    built = templates()
    assert {path.name for path in SHIPPED.glob("*.docx")} == built.keys()
    for name, data in built.items():
        assert (SHIPPED / name).read_bytes() == data, name


def test_the_shipped_templates_have_no_fault() -> None:
    shipped = Templates()
    for kind in KINDS.values():
        for level in Level:
            template = shipped.find(kind.template_for(level))
            assert check(template.data, f"{template.name}.docx", kind, level) == [], template.name


def test_the_offices_own_template_wins_and_is_read_again_when_it_changes(tmp_path: Path) -> None:
    own = tmp_path / "order.docx"
    templates_of_office = Templates(tmp_path)
    summary = histories.summary(histories.until(histories.s1(), "serve_order"))
    day = histories.drawn_up("02-06")
    shipped = draft(ORDER, summary, {}, day, templates_of_office)
    own.write_bytes(changed(lambda xml: xml.replace("{{发文机关标志}}", "临溪市督查专用")))
    changed_head = draft(ORDER, summary, {}, day, templates_of_office)
    assert templates_of_office.find("order").own
    assert changed_head.template.version != shipped.template.version
    texts = [paragraph.text for paragraph in Document(BytesIO(changed_head.data)).paragraphs]
    assert "临溪市督查专用" in texts
    own.unlink()
    assert draft(ORDER, summary, {}, day, templates_of_office).hash == shipped.hash


def test_an_unknown_field_is_named_with_its_place_and_the_one_that_was_meant() -> None:
    (found,) = sentences(with_paragraph("请{{主送机构}}办理"))
    assert found == "正文第5段：没有名为“主送机构”的字段，是否应为“主送机关”。"
    cell = changed(lambda xml: xml.replace("{{问题.事实}}", "{{问题.事情}}"))
    (found,) = sentences(cell)
    assert "第2个表格第3行第2列：没有名为“问题.事情”的字段，是否应为“问题.事实”" in found


def test_a_missing_field_is_named() -> None:
    (found,) = sentences(changed(lambda xml: xml.replace("{{发文字号}}", "")))
    assert found == "全文没有必需的字段“发文字号”，请在模板中加入“{{ 发文字号 }}”。"


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ 标题.__class__ }}",
        "{{ 标题.format_map }}",
        "{{ 抄送机关.append('x') }}",
        "{{ 标题|attr('__class__') }}",
        "{{ 标题|upper }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ lipsum() }}",
        "{{ range(99999999) }}",
        "{{ 标题[0] }}",
        "{{ self }}",
        "{% import 'os' as os %}",
        "{% include '/etc/passwd' %}",
        "{% extends 'x' %}",
        "{% set x = 标题 %}",
        "{% macro x() %}{% endmacro %}",
        "{% for x in range(9) %}{% endfor %}",
        "{%p for 一项 in 抄送机关 %}{{ loop.__class__ }}{%p endfor %}",
        "{% raw %}",
    ],
)
def test_a_template_that_reaches_outside_is_refused_by_the_check_and_by_the_sandbox(text: str) -> None:
    data = with_paragraph(text)
    assert check(data, "order.docx", ORDER)
    with pytest.raises(BadDocument, match=r"引用了不允许的内容|不能填写"):
        Template("order", data, own=True).filled(samples(ORDER))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{标题", "花括号没有成对"),
        ("{%p if 密级 %}", "没有对应的endif"),
        ("{{抄送机关}}", "是列表"),
        ("{%p for 一 in 标题 %}", "不是列表"),
        ("{{标题 标题}}", "写法有误"),
        ("{{r 标题 }}", "不能用在模板里"),
    ],
)
def test_what_is_badly_written_is_told_with_its_place(text: str, told: str) -> None:
    assert any(told in sentence and "正文" in sentence for sentence in sentences(with_paragraph(text)))


def test_a_field_that_word_has_cut_into_runs_is_still_one_field() -> None:
    data = changed(lambda xml: xml.replace("{{发文字号}}", "{{发文</w:t></w:r><w:r><w:t>字号}}"))
    assert sentences(data) == []


def test_no_word_file_is_opened_that_is_none_or_too_big_or_active(tmp_path: Path) -> None:
    good = (SHIPPED / "order.docx").read_bytes()
    with pytest.raises(BadDocument, match="找不到文件"):
        read_bounded(tmp_path / "nothing.docx")
    big = tmp_path / "big.docx"
    with big.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    with pytest.raises(BadDocument, match="200兆字节，超过8兆字节"):
        read_bounded(big)
    for name, data, told in (
        ("order.docm", good, "带宏"),
        ("order.doc", b"\xd0\xcf\x11\xe0", "不是.docx"),
        ("order.pdf", b"%PDF-1.7", "不是.docx"),
        ("order.docx", b"%PDF-1.7", "不是.docx"),
        ("order.docx", good[: len(good) // 2], "已损坏"),
        ("order.docx", good.replace(b"word/document.xml", b"word/documemt.xml"), "已损坏|不是.docx"),
    ):
        with pytest.raises(BadDocument, match=told):
            examine(data, name)


def test_a_macro_a_link_to_outside_or_an_entity_is_found_inside_the_file() -> None:
    macro = changed(
        lambda xml: xml.replace("wordprocessingml.document.main", "macroEnabled.main"), part="[Content_Types].xml"
    )
    with pytest.raises(BadDocument, match="带宏"):
        examine(macro, "order.docx")
    link = '<Relationship Id="rId99" Type="x/attachedTemplate" Target="http://a.example/t.dotm" TargetMode="External"/>'
    linked = changed(
        lambda xml: xml.replace("</Relationships>", link + "</Relationships>"), part="word/_rels/document.xml.rels"
    )
    with pytest.raises(BadDocument, match=r"引用了外部内容“http://a\.example"):
        examine(linked, "order.docx")
    entity = changed(lambda xml: xml.replace("<w:document", '<!DOCTYPE x [<!ENTITY a "b">]><w:document', 1))
    with pytest.raises(BadDocument, match="已损坏"):
        examine(entity, "order.docx")


def test_a_file_that_unpacks_to_too_much_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
        archive.writestr("word/document.xml", b"<a>" + b" " * (word_file.MOST_XML + 1) + b"</a>")
    with pytest.raises(BadDocument, match="解压后过大"):
        examine(target.getvalue(), "bomb.docx")
    monkeypatch.setattr(word_file, "MOST_PARTS", 3)
    with pytest.raises(BadDocument, match="部件过多"):
        examine((SHIPPED / "order.docx").read_bytes(), "order.docx")


def test_packing_twice_changes_nothing() -> None:
    data = (SHIPPED / "order.docx").read_bytes()
    assert packed(data) == packed(packed(data))


def test_what_is_typed_is_checked_before_anything_is_drafted() -> None:
    for typed, told in (
        ({"finding": "机密★一年：内容"}, "国家秘密"),
        ({"finding": "（秘密）内容"}, "国家秘密"),
        ({"finding": "x" * 8001}, "过长"),
        ({"finding": "a\x07b"}, "控制字符"),
        ({"finding": 7}, "应为文字"),
        ({"due_on": "下周"}, "应为日期"),
        ({"requirements": [1]}, "应为文字列表"),
        ({"items": [{"nothing": "x"}]}, "表格各行"),
        ({"items": [{"fact": "x"}] * 501}, "最多500项"),
        ({"convenor": "某人"}, "没有名为“convenor”的内容"),
    ):
        with pytest.raises(BadData, match=told):
            read_typed(ORDER, typed)
    kept = read_typed(ORDER, {"问题描述": " 保守秘密的制度没有建立 ", "期限": "15wd", "due_on": "2026年3月5日"})
    assert kept["finding"] == "保守秘密的制度没有建立"


def test_text_that_looks_like_a_field_or_like_xml_stays_text() -> None:
    summary = histories.summary(histories.until(histories.s1(), "serve_order"))
    typed = {"finding": "<b>{{ 标题 }}</b> & {% if x %}", "number": "临法治督〔2026〕3号"}
    made = draft(ORDER, summary, typed, histories.drawn_up("02-06"), Templates())
    whole = "\n".join(paragraph.text for paragraph in Document(BytesIO(made.data)).paragraphs)
    assert "<b>{{ 标题 }}</b> & {% if x %}" in whole
