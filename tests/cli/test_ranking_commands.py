"""The yearly ranking at the command line: a unit objects by naming itself, without an account of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from states.errors import NotPermitted, Problem

if TYPE_CHECKING:
    from pathlib import Path

COUNTY = "青禾县人民政府"


def run(*words: str) -> Any:  # JSON
    result = CliRunner().invoke(app, [*words, "--json"])
    if isinstance(result.exception, Problem):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_unit_objects_to_its_score_at_the_console_and_the_office_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DUBAN_DATABASE_URL", raising=False)
    run("migrate")
    found = ("--duty", "art6-3a", "--inspection", "special", "--finding", "抽查发现", "--on", "2026-03-02")
    run("open", "--unit", COUNTY, "--post", "县长", *found, "--data", '{"unit_kind": "government"}')
    run("ranking", "compute", "--year", "2026", "--as-of", "2026-06-30")
    run("ranking", "announce", "--year", "2026")
    objection = ("ranking", "object", "--year", "2026", "--unit", COUNTY, "--text", "扣分有误")
    with pytest.raises(NotPermitted):
        run(*objection, "--as", "handler")
    assert run(*objection)["unit"] == COUNTY
    assert [one["unit"] for one in run("ranking", "show", "--year", "2026")["objections"]] == [COUNTY]
    assert run("ranking", "show") == run("ranking", "show", "--year", "2026")
