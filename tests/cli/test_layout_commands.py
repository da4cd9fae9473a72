"""Layouts of ledgers at the command line: said with `--map`, kept with `--remember`, used without a word, forgotten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from states.errors import BadData, BadLedger, NotFound, Problem
from tests.support.ledger_layouts import in_plain_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAID = {
    "columns": {"哪家的事": "unit", "毛病在哪儿": "finding", "谁来扛": "post", "啥时候查的": "found_on"},
    "defaults": {"inspection": "special", "duty": "art7-4"},
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return what a command prints as JSON, in an empty office; a refusal is raised."""
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DUBAN_DATABASE_URL", raising=False)

    def asked(*words: str) -> Any:  # JSON
        result = CliRunner().invoke(app, [*words, "--json"])
        if isinstance(result.exception, Problem):
            raise result.exception
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    return asked


def test_a_layout_is_said_once_and_forgotten_on_demand(run: Callable[..., Any], tmp_path: Path) -> None:
    mapping = tmp_path / "columns.json"
    mapping.write_text(json.dumps(SAID), "utf-8")
    march, april = in_plain_words(tmp_path / "3.xlsx"), in_plain_words(tmp_path / "4.xlsx", month=4)
    with pytest.raises(BadLedger, match="表头"):
        run("import", str(march))
    with pytest.raises(BadData, match="--map"):
        run("import", str(march), "--remember", "找茬表")
    tried = run("import", str(march), "--map", str(mapping), "--remember", "找茬表", "--dry-run")
    assert (tried["opened"], run("layout", "list")["layouts"]) == (10, [])
    done = run("import", str(march), "--map", str(mapping), "--remember", "找茬表")
    assert (done["opened"], done["remembered"]) == (10, None)
    (kept,) = run("layout", "list")["layouts"]
    assert kept["name"] == "找茬表"
    assert kept["mapping"]["columns"] == SAID["columns"]
    following = run("import", str(april))
    assert (following["opened"], following["remembered"]["name"]) == (10, "找茬表")
    said = CliRunner().invoke(app, ["import", str(april), "--dry-run"]).stdout
    assert "按记住的表样“找茬表”读取" in said
    assert run("layout", "forget", str(kept["id"]))["layout"]["name"] == "找茬表"
    with pytest.raises(NotFound):
        run("layout", "forget", str(kept["id"]))
    with pytest.raises(BadLedger, match="表头"):
        run("import", str(april), "--dry-run")
