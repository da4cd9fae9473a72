"""Official documents at the command line, as an office's own scripts would drive them."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document
from typer.testing import CliRunner

from cli.main import app
from states.errors import Problem
from tests.support.document_kinds import with_paragraph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FINDING = ["--unit", "临溪市文化和旅游局", "--post", "局长", "--duty", "art7-1a", "--inspection", "regular"]


@pytest.fixture
def duban(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return what a command prints as JSON; a refusal is raised."""
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DUBAN_DATABASE_URL", raising=False)

    def run(*words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, [*words, "--json"])
        if isinstance(result.exception, Problem):
            raise result.exception
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    return run


def test_an_order_goes_its_way_at_the_command_line(duban: Callable[..., Any], tmp_path: Path) -> None:
    case = duban("open", *FINDING, "--finding", "计划未列入法治内容", "--data", '{"criteria": "列入计划"}')["case"][
        "number"
    ]
    drafted = duban("document", "draft", case, "order")
    assert {"id", "kind", "number", "missing"} <= drafted.keys()
    assert (drafted["kind"], drafted["number"], drafted["missing"]) == ("order", None, [])
    number = duban("document", "sign", "1")["number"]
    issued = duban("document", "issue", "1")
    assert (issued["status"], issued["number"]) == ("issued", number)
    served = duban("document", "serve", "1", "--way", "courier", "--signed-by", "办公室主任")
    assert served["steps"][-1]["note"] == "专人送达：办公室主任"
    target = tmp_path / "order.docx"
    duban("document", "file", "1", "-o", str(target))
    text = "\n".join(paragraph.text for paragraph in Document(BytesIO(target.read_bytes())).paragraphs)
    assert number in text
    assert duban("show", case)["state"] == "ordered_to_rectify"
    assert [line["number"] for line in duban("document", "list")["documents"]] == [number]
    assert duban("verify")["ok"]
    assert duban("document", "draft", case, "case_file")["missing"] == []
    duban("document", "file", "2", "-o", str(target))
    whole = "\n".join(paragraph.text for paragraph in Document(BytesIO(target.read_bytes())).paragraphs)
    assert "卷内文书目录" in whole
    assert "责令整改通知书" in whole


def test_a_document_that_was_signed_is_made_void_by_its_id(duban: Callable[..., Any]) -> None:
    case = duban("open", *FINDING, "--finding", "计划未列入法治内容", "--data", '{"criteria": "列入计划"}')["case"][
        "number"
    ]
    duban("document", "draft", case, "order")
    number = duban("document", "sign", "1")["number"]
    assert duban("document", "void", "1", "--reason", "事实有误")["status"] == "void"
    assert duban("document", "list")["documents"] == [
        {"number": number, "case": case, "act": "serve_order", "void": True, "reason": "事实有误"}
    ]
    with pytest.raises(Problem, match="已作废"):
        duban("document", "issue", "1")


def test_the_check_of_a_template_names_the_field_and_its_place(duban: Callable[..., Any], tmp_path: Path) -> None:
    good = tmp_path / "order.docx"
    good.write_bytes(with_paragraph("内容"))
    assert duban("document", "check", str(good)) == {"ok": True, "faults": []}
    good.write_bytes(with_paragraph("请{{主送机构}}办理"))
    told = duban("document", "check", str(good), code=1)
    assert [(fault["place"], fault["field"]) for fault in told["faults"]] == [("正文第5段", "主送机构")]


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-CN", "责令整改通知书（30年）"), ("en", "order to rectify（30 years）")]
)
def test_the_kinds_are_listed_in_the_language_of_the_reader(
    lang: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_LANG", lang)
    assert words in CliRunner().invoke(app, ["document", "kinds"], catch_exceptions=False).stdout


def test_the_kinds_say_who_signs_and_which_fields_they_take(duban: Callable[..., Any]) -> None:
    kinds = {kind["name"]: kind for kind in duban("document", "kinds")["kinds"]}
    assert kinds["order"]["signer"] == {
        "committee": "leader",
        "department": "director",
        "township": "director",
        "village": "director",
    }
    assert any(field["name"] == "due_on" and field["required"] for field in kinds["order"]["fields"])
    with pytest.raises(Problem, match="没有“letter”这种文书"):
        duban("document", "draft", "1", "letter") if duban("open", *FINDING, "--finding", "x") else None
