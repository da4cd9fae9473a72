"""The year's obligations at the command line, in the words that outside programs use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from states.errors import BadData, NotPermitted, Problem
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNTY = "青禾县人民政府"
THREE = ["同级党委", "同级人大常委会", "上一级政府"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return what a command prints as JSON, in an office that knows one county; a refusal is raised."""
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DUBAN_DATABASE_URL", raising=False)

    def asked(*words: str) -> Any:  # JSON
        result = CliRunner().invoke(app, [*words, "--json"])
        if isinstance(result.exception, Problem):
            raise result.exception
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    finding = (
        "--unit",
        COUNTY,
        "--post",
        "县长",
        "--duty",
        "art6-1b",
        "--inspection",
        "regular",
        "--finding",
        "无纪要",
    )
    asked("open", *finding)
    return asked


def test_a_year_goes_its_way_at_the_command_line(run: Callable[..., Any], tmp_path: Path) -> None:
    year = str(now().year)
    assert run("obligation", "generate", "--year", year)["new"] == 3
    assert run("obligation", "generate", "--year", year)["kept"] == 3
    listed = run("obligation", "list", "--year", year, "--unit", COUNTY)["obligations"]
    (report,) = [one for one in listed if one["clause"] == "art6-4b"]
    assert {"id", "unit", "clause", "year", "due_on", "receivers", "received", "state"} <= report.keys()
    assert (report["due_on"], report["receivers"], report["received"]) == (f"{year}-03-31", THREE, [])
    id_ = str(report["id"])
    first = f"{year}-01-01"
    paper = tmp_path / "报告.txt"
    paper.write_text("报告", "utf-8")
    sent = run("obligation", "submit", id_, "--on", first, "--evidence", "青府〔2026〕11号", "--file", str(paper))
    assert (sent["obligation"]["state"], len(sent["obligation"]["done"][0]["file"])) == ("submitted", 64)
    for who in THREE[:2]:
        run("obligation", "receipt", id_, "--from", who, "--on", first)
    with pytest.raises(BadData, match="应当签收的是"):
        run("obligation", "receipt", id_, "--from", "县政协", "--on", first)
    done = run("obligation", "receipt", id_, "--from", THREE[2], "--on", first)["obligation"]
    assert (done["state"], done["received"]) == ("fulfilled", THREE)
    other = str(next(one["id"] for one in listed if one["clause"] == "art6-7c"))
    with pytest.raises(NotPermitted, match="督查机构负责人"):
        run("obligation", "excuse", other, "--reason", "机构撤并", "--as", "handler")
    assert run("obligation", "excuse", other, "--reason", "机构撤并")["obligation"]["excused"] == "机构撤并"
    assert [one["id"] for one in run("obligation", "list", "--state", "open")["obligations"]] == [
        one["id"] for one in listed if one["clause"] == "art6-1c"
    ]
    assert run("verify")["ok"]


def test_a_sweep_up_to_a_moment_misses_what_was_due_by_then_and_raises_one_clue(run: Callable[..., Any]) -> None:
    year = now().year - 1
    run("obligation", "generate", "--year", str(year))
    zone = "T09:00:00+08:00"
    run("sweep", "--as-of", f"{year}-03-31{zone}")
    assert run("clue", "list")["clues"] == []
    run("sweep", "--as-of", f"{year}-04-01{zone}")
    run("sweep", "--as-of", f"{year}-04-01{zone}")
    clues = run("clue", "list")["clues"]
    assert [(one["unit"], one["duty"], one["source"]) for one in clues] == [(COUNTY, "art6-4b", "missed_duty")]
    assert run("list")["cases"][0]["number"], "the only case is the one that was opened"
    assert len(run("list")["cases"]) == 1
