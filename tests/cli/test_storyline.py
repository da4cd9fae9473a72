"""A whole case life typed at the console: what S1 says, to the day, with time moved by `duban sweep --as-of`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from cli.main import app

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pytest


def test_s1_typed_at_the_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path))
    runner = CliRunner()

    def duban(*arguments: str) -> Any:
        done = runner.invoke(app, [*arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def sweep(*days: str) -> None:
        for day in days:
            duban("sweep", "--as-of", f"2026-{day}T09:00")

    def dues() -> dict[str, str]:
        return {line["kind"]: line["due_on"] for line in duban("show", "1")["deadlines"]}

    duban("migrate")
    duban("user", "add", "second", "--role", "inspector")
    finding = ("--unit", "临溪市文化和旅游局", "--post", "局长", "--duty", "art7-1a", "--inspection", "regular")
    opened = duban("open", *finding, "--finding", "未列入年度计划", "--on", "2026-01-28")
    assert opened["case"]["deadlines"][0]["due_on"] == "2026-02-11"
    served = duban("act", "1", "serve_order", "--on", "2026-02-06", "--data", '{"term": "15wd"}')
    # What was entered is answered with its place in the history and the hash before it, as it is read back.
    assert [opened["event"]["seq"], served["event"]["seq"]] == [1, 2]
    assert served["event"]["prev_hash"] == opened["event"]["hash"]
    chain = [{key: event[key] for key in ("seq", "prev_hash", "hash")} for event in duban("replay", "1")["events"]]
    assert chain == [{key: done["event"][key] for key in ("seq", "prev_hash", "hash")} for done in (opened, served)]
    assert (dues()["plan"], dues()["rectification"]) == ("2026-02-27", "2026-03-05")
    # Entered long after its days: nothing fires until a named person lets the ladder act.
    assert "late_entry" in duban("show", "1")["overlays"]
    assert [case["id"] for case in duban("late", "list")["cases"]] == [1]
    duban("late", "decide", "1", "--choice", "ladder", "--on", "2026-02-06")
    assert duban("late", "list")["cases"] == []
    sweep("02-12", "02-13")
    duban("act", "1", "submit_plan", "--on", "2026-02-13", "--as", "liaison")
    sweep("02-28", "03-02")
    assert duban("show", "1")["light"] == "blue"
    duban("act", "1", "submit_report", "--on", "2026-03-04", "--as", "head", "--data", '{"note": "已整改"}')
    assert dues()["verification"] == "2026-03-25"
    assert "verify_pass" in duban("allowed", "1")["allowed"]
    sweep("03-06")
    duban("act", "1", "verify_pass", "--on", "2026-03-11", "--data", '{"verifiers": ["甲", "乙"]}')
    assert duban("show", "1")["unsigned"] == "verify_pass"
    duban("act", "1", "countersign", "--on", "2026-03-11", "--as", "second")
    duban("act", "1", "approve_closure", "--on", "2026-03-13")
    assert dues() == {"look_back": "2026-06-10"}
    duban("act", "1", "look_back_pass", "--on", "2026-06-08")
    duban("act", "1", "countersign", "--on", "2026-06-08", "--as", "second")
    sweep("07-01")
    replayed = duban("replay", "1")
    acts = [(event["occurred_on"][5:], event["act"]) for event in replayed["events"]]
    assert acts == [
        ("01-28", "register_finding"),
        ("02-06", "serve_order"),
        ("02-06", "decide_late_entry"),
        ("02-13", "reminder_due"),
        ("02-13", "submit_plan"),
        ("03-02", "reminder_due"),
        ("03-04", "submit_report"),
        ("03-11", "verify_pass"),
        ("03-11", "countersign"),
        ("03-13", "approve_closure"),
        ("06-08", "look_back_pass"),
        ("06-08", "countersign"),
    ]
    assert duban("replay", "1", "--at", "2026-03-03")["case"]["light"] == "blue"
    assert duban("verify")["ok"] is True
