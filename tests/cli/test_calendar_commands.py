"""Holiday notices at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from cli.main import app

if TYPE_CHECKING:
    import pytest

NOTICE = Path(__file__).parents[1] / "data" / "holiday-cn" / "2026.json"


def test_a_notice_that_is_not_whole_is_taken_in_and_said_to_make_no_year_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    runner = CliRunner()
    assert runner.invoke(app, ["migrate"], catch_exceptions=False).exit_code == 0
    days = [(f"2027-{on}", "元旦、劳动节或国庆节") for on in ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03")]
    notice = tmp_path / "2027.json"
    listed = [{"name": name, "date": day, "isOffDay": True} for day, name in days]
    notice.write_text(json.dumps({"year": 2027, "days": listed}), "utf-8")
    part = runner.invoke(app, ["calendar", "import", str(notice), "--json"], catch_exceptions=False)
    assert part.exit_code == 0
    assert "2027年的期限仍为暂定" in part.stderr
    shown = runner.invoke(app, ["calendar", "show", "2027", "--json"], catch_exceptions=False)
    assert json.loads(shown.stdout)["known"] is False
    whole = runner.invoke(app, ["calendar", "import", str(NOTICE), "--json"], catch_exceptions=False)
    assert "暂定" not in whole.stderr
