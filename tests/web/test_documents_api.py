"""The HTTP twins of `duban document`: the same rules, within the caller's sight and the token's scopes."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from states.vocabulary import Role, State
from store import tokens
from tests.support.callers import Door
from tests.support.document_kinds import with_paragraph
from tests.support.offices import UNIT, Bench
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def door(bench: Bench) -> Iterator[Door]:
    found = Door(bench)
    for name, role, unit in (
        ("liu", Role.HANDLER, ""),
        ("zhou", Role.DIRECTOR, ""),
        ("auditor", Role.AUDITOR, ""),
        ("head", Role.HEAD, UNIT),
        ("stranger", Role.HEAD, "临溪市教育局"),
        ("root", Role.ADMINISTRATOR, ""),
    ):
        found.person(name, role, unit)
    yield found
    found.client.close()


def test_an_order_is_drafted_completed_signed_issued_and_served_through_the_door(door: Door) -> None:
    case = door.bench.open("01-28", criteria="列入年度计划")
    asked = {"case": case, "kind": "order", "on": "2026-02-05"}
    made = door.ask("liu", "POST", "/documents", json=asked)
    assert (made.status_code, made.json()["status"], made.json()["signer"]) == (201, "draft", "director")
    path = made.headers["Location"].removeprefix("/api/v1")
    assert door.ask("liu", "POST", "/documents", json=asked).headers["Location"] == f"/api/v1{path}"
    typed = door.ask("liu", "PATCH", path, json={"on": "2026-02-05", "data": {"help_contact": "督查科"}}).json()
    assert typed["content"]["help_contact"] == "督查科"
    on = {"on": "2026-02-05"}
    assert door.ask("liu", "POST", f"{path}/steps", json={"step": "submit", **on}).json()["status"] == "submitted"
    refused = door.ask("liu", "POST", f"{path}/steps", json={"step": "sign", **on})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_permitted")
    assert "须由督查机构负责人签发" in refused.json()["detail"]
    assert door.ask("zhou", "GET", path).json()["may"] == ["return", "review", "sign", "void"]
    assert door.ask("head", "GET", path).status_code == 404
    signed = door.ask("zhou", "POST", f"{path}/steps", json={"step": "sign", **on}).json()
    assert signed["number"].endswith("1号")
    assert door.ask("zhou", "POST", f"{path}/steps", json={"step": "sign", **on}).status_code == 409
    issued = door.ask("liu", "POST", f"{path}/steps", json={"step": "issue", **on}).json()
    assert (issued["status"], door.bench.state(case)) == ("issued", State.ORDERED)
    way = {**on, "step": "serve", "way": "courier", "signed_by": "办公室主任"}
    assert door.ask("liu", "POST", f"{path}/steps", json=way).json()["status"] == "served"
    file = door.ask("head", "GET", f"{path}/file")
    assert sha256(file.content).hexdigest() == issued["file"]
    assert door.ask("head", "GET", path).json()["steps"] == []
    assert [one["id"] for one in door.ask("head", "GET", "/documents?state=served").json()["documents"]] == [
        issued["id"]
    ]
    assert door.ask("auditor", "GET", "/documents").json()["documents"][0]["number"] == signed["number"]


def test_who_sees_no_case_sees_no_document_and_bad_requests_are_sentences(door: Door) -> None:
    case = door.bench.open("01-28", criteria="x")
    id_ = door.ask("liu", "POST", "/documents", json={"case": case, "kind": "order"}).json()["id"]
    for who in ("stranger", "head", "root"):
        assert door.ask(who, "GET", "/documents").json() == {"documents": []}
        assert door.ask(who, "GET", f"/documents/{id_}").status_code == 404
        assert door.ask(who, "GET", f"/documents/{id_}/file").status_code == 404
        assert door.ask(who, "POST", f"/documents/{id_}/steps", json={"step": "void", "note": "x"}).status_code == 404
    assert door.ask("stranger", "POST", "/documents", json={"case": case, "kind": "order"}).status_code == 404
    assert door.ask("head", "POST", "/documents", json={"case": case, "kind": "order"}).status_code == 409
    steps = f"/documents/{id_}/steps"
    for path, body, status, words in (
        ("/documents", {"case": case, "kind": "letter"}, 404, "没有“letter”这种文书"),
        ("/documents", {"case": case, "kind": "help", "data": {"nonsense": "x"}}, 422, "nonsense"),
        (steps, {"step": "dance"}, 422, "'submit'"),
        (steps, {"step": "scan"}, 422, "'submit'"),  # a file is uploaded on the page
        (steps, {"step": "void"}, 422, "写明理由"),
        (steps, {"step": "serve", "way": "pigeon"}, 422, "送达方式"),
        (steps, {"step": "correct", "note": "x"}, 409, "只有印发了的文书"),
    ):
        answer = door.ask("liu", "POST", path, json=body)
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


def test_a_token_for_reading_draws_nothing_up(door: Door) -> None:
    case = door.bench.open("01-28", criteria="x")
    door.person("reader", Role.HANDLER)
    with door.bench.office.database.transaction() as session:
        door.tokens["reader"] = tokens.give(session, "reader", now(), name="测试", scopes=(tokens.READ,), days=1)
    assert door.ask("reader", "GET", "/documents").status_code == 200
    assert door.ask("reader", "POST", "/documents", json={"case": case, "kind": "order"}).status_code == 403


def test_an_edited_word_file_and_a_scan_come_through_the_door_checked_as_on_the_page(door: Door) -> None:
    case = door.bench.open("01-28", criteria="列入年度计划")
    on = {"on": "2026-02-05"}
    made = door.ask("liu", "POST", "/documents", json={"case": case, "kind": "order", **on})
    path = made.headers["Location"].removeprefix("/api/v1")
    word = door.ask("liu", "GET", f"{path}/file").content

    def sent(who: str, kind: str, name: str, data: bytes) -> Any:
        return door.ask(who, "POST", f"{path}/{kind}", files={"file": (name, data)}, data=on)

    for name, data, words in (
        ("通知.docm", word, "带宏"),
        ("通知.docx", b"PK\x03\x04 broken", "已损坏"),
        ("通知.docx", with_paragraph("密级：机密★"), "国家秘密"),
    ):
        refused = sent("liu", "file", name, data)
        assert refused.status_code == 422
        assert words in refused.json()["detail"], refused.json()
    assert sent("stranger", "file", "通知.docx", word).status_code == 404
    for _ in range(2):
        assert sent("liu", "file", "通知.docx", word).json()["status"] == "draft"
    assert [step["step"] for step in door.ask("liu", "GET", path).json()["steps"]] == ["draft", "upload"]
    assert sent("liu", "scan", "扫描.pdf", b"%PDF-1.7").status_code == 409  # not signed yet
    door.ask("zhou", "POST", f"{path}/steps", json={"step": "sign", **on})
    assert "不是PDF" in sent("liu", "scan", "扫描.pdf", b"no pdf").json()["detail"]
    kept = sent("liu", "scan", "扫描.pdf", b"%PDF-1.7").json()
    assert kept["scan"] == sha256(b"%PDF-1.7").hexdigest()
    assert sent("head", "scan", "扫描.pdf", b"%PDF-1.7").status_code == 404
