"""The mark of confidentiality at the doors: entered, shown as a word, handed out, and kept from whom it is not for."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cli.main import app
from states.vocabulary import Role
from tests.support.callers import FINDING, Door
from tests.support.offices import UNIT, Bench
from tests.support.visitors import Arrivals

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FORM = {"on": "2026-01-28", "d.unit": UNIT, "d.post": "局长", "d.duty": "art7-1a", "d.inspection": "regular"}


def test_a_work_secret_is_registered_shown_exported_and_kept_from_others(arrivals: Arrivals) -> None:
    officer, colleague = arrivals.come("officer", Role.HANDLER), arrivals.come("colleague", Role.HANDLER)
    director, head = arrivals.come("director", Role.DIRECTOR), arrivals.come("head", Role.HEAD, UNIT)
    assert '<option value="internal" selected>内部</option>' in officer.read("/new").text
    opened = officer.send("/new", "/new", **FORM, **{"d.finding": "审批资料", "d.confidentiality": "work_secret"})
    assert '<span class="tag warn">工作秘密</span>' in opened.text
    path = str(opened.url).partition("?")[0].rpartition("testserver")[2]
    case = int(path.rpartition("/")[2])
    number = arrivals.bench.case(case).number
    for who in (officer, director, head):
        assert '<span class="tag warn secrecy">工作秘密</span>' in who.read("/cases").text
        assert who.read(path).status_code == 200
    assert number not in colleague.read("/cases").text
    assert colleague.read(path).status_code == 404
    rows = list(csv.reader(io.StringIO(director.read("/cases/export.csv").content.decode("utf-8-sig"))))
    assert [row[-1] for row in rows] == ["密级标注", "工作秘密"]
    sheet = load_workbook(io.BytesIO(director.read("/cases/export.xlsx?lang=en").content)).worksheets[0]
    assert [row[18] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["密级", "工作秘密"]
    assert len(list(csv.reader(io.StringIO(colleague.read("/cases/export.csv").text)))) == 1
    put_right = director.act(case, "mark_confidentiality", "2026-01-29", confidentiality="internal", reason="误标")
    assert "已办理：更改密级标注" in put_right.text
    assert "改为：内部" in put_right.text
    assert "误标" in put_right.text
    assert colleague.read(path).status_code == 200
    assert "secrecy" not in colleague.read("/cases").text


def test_a_refused_finding_keeps_the_mark_that_was_chosen(arrivals: Arrivals) -> None:
    officer = arrivals.come("officer", Role.HANDLER)
    wrong = {**FORM, "on": "soon", "d.finding": "资料", "d.confidentiality": "work_secret"}
    refused = officer.send("/new", "/new", **wrong)
    assert '<option value="work_secret" selected>工作秘密</option>' in refused.text
    secret = officer.send("/new", "/new", **FORM, **{"d.finding": "资料", "d.confidentiality": "机密"})
    assert secret.status_code == 422
    assert "国家秘密（秘密、机密、绝密）不得录入本系统（保密法第三十一条）" in secret.text


def test_the_interface_takes_the_mark_refuses_secrets_and_describes_both(bench: Bench) -> None:
    door = Door(bench)
    for name, role in (("officer", Role.HANDLER), ("colleague", Role.INSPECTOR)):
        door.person(name, role)
    made = door.ask("officer", "POST", "/cases", json=FINDING | {"confidentiality": "work_secret"})
    assert (made.status_code, made.json()["confidentiality"]) == (201, "work_secret")
    plain = door.ask("officer", "POST", "/cases", json=FINDING).json()
    assert (plain["confidentiality"], "confidentiality" in plain["event"]["data"]) == ("internal", False)
    case = made.json()["id"]
    assert door.ask("colleague", "GET", f"/cases/{case}").status_code == 404
    assert [one["id"] for one in door.ask("colleague", "GET", "/cases").json()["cases"]] == [plain["id"]]
    feed = door.ask("colleague", "GET", "/events?after=0").json()["events"]
    assert {event["case_id"] for event in feed} == {plain["id"]}
    for body in (FINDING | {"confidentiality": "秘密"}, FINDING | {"data": {"confidentiality": "秘密"}}):
        refused = door.ask("officer", "POST", "/cases", json=body, headers={"Accept-Language": "en"})
        assert refused.status_code == 422
        assert "state secrets may not be entered" in refused.json()["detail"]
    change: dict[str, Any] = {"confidentiality": "internal", "reason": "误标"}
    asked = {"act": "mark_confidentiality", "on": "2026-01-29", "data": change}
    done = door.ask("officer", "POST", f"/cases/{case}/acts", json=asked)
    assert done.json()["case"]["confidentiality"] == "internal"
    assert door.ask("colleague", "GET", f"/cases/{case}").status_code == 200
    described = door.client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    assert "work_secret" in described["Finding"]["properties"]["confidentiality"]["description"]
    assert "confidentiality" in described["CaseDocument"]["required"]
    door.client.close()


def test_the_console_takes_the_mark_and_the_ledger_that_it_writes_carries_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path))
    runner = CliRunner()
    assert runner.invoke(app, ["migrate"]).exit_code == 0
    finding = ["--unit", UNIT, "--post", "局长", "--duty", "art7-1a", "--inspection", "regular", "--finding", "资料"]
    done = runner.invoke(app, ["open", *finding, "--confidentiality", "work_secret", "--json"])
    assert json.loads(done.stdout)["case"]["confidentiality"] == "work_secret"
    assert runner.invoke(app, ["open", *finding]).exit_code == 0
    assert "密级标注\t工作秘密" in runner.invoke(app, ["show", "1"]).stdout
    refused = runner.invoke(app, ["open", *finding, "--confidentiality", "绝密"])
    assert refused.exit_code == 1
    path = tmp_path / "ledger.xlsx"
    assert runner.invoke(app, ["export", "ledger", "-o", str(path)]).exit_code == 0
    rows = list(load_workbook(path).worksheets[0].iter_rows(values_only=True))
    mark = rows[0].index("密级")
    assert [row[mark] for row in rows] == ["密级", "工作秘密", "内部"]


def test_the_auditor_sees_a_work_secret_with_its_source_masked(bench: Bench) -> None:
    with Arrivals(bench) as arrivals:
        auditor = arrivals.come("auditor", Role.AUDITOR)
        case = bench.open(confidentiality="work_secret", source="匿名来信")
        page = auditor.read(f"/cases/{case}")
        assert page.status_code == 200
        assert "＊＊＊" in page.text
        assert "匿名来信" not in page.text
    nobody = TestClient(bench.application, follow_redirects=False)
    assert nobody.get(f"/cases/{case}").status_code == 303
    nobody.close()
