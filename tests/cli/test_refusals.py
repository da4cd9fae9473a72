"""What goes wrong is one clear sentence, exit code 1, and nothing half done."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from states.errors import Unavailable
from store.database import Database
from tests.support.commands import LoadedCommands

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "examples" / "ledger.xlsx"


class Duban:
    """The command itself, in a home of its own."""

    def __init__(self, home: Path, commands: LoadedCommands) -> None:
        self.home = home
        self.commands = commands

    def __call__(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ) | {"DUBAN_HOME": str(self.home)} | settings  # noqa: TID251  # for a child
        return self.commands.run(arguments, environment)

    def refused(self, *arguments: str, **settings: str) -> str:
        """Run a command that must be refused; return its one sentence."""
        done = self(*arguments, **settings)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1
        return lines[0]

    def said(self, *arguments: str) -> dict[str, object]:
        done = self(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module")
def commands() -> Iterator[LoadedCommands]:
    with LoadedCommands() as found:
        yield found


@pytest.fixture
def duban(tmp_path: Path, commands: LoadedCommands) -> Duban:
    found = Duban(tmp_path / "home", commands)
    found.said("migrate")
    return found


def test_everything_that_goes_wrong_is_one_sentence(duban: Duban, tmp_path: Path) -> None:
    imported = duban.said("import", str(LEDGER), "--served")
    assert imported["opened"] == 15
    again = duban.said("import", str(LEDGER), "--served")
    assert (again["opened"], again["skipped"], again["failed"]) == (0, 15, 0)
    broken = tmp_path / "broken.toml"
    shipped = (ROOT / "config/policies/sichuan-2017.toml").read_text("utf-8")
    broken.write_text(shipped.replace("grace = 0", "graze = 0"), "utf-8")
    prose = tmp_path / "text.xlsx"
    prose.write_text("no workbook", "utf-8")
    for words, arguments in (
        ("999", ("show", "999")),
        ("临法治督案", ("act", "临法治督案〔2026〕99号", "submit_plan")),
        ("no_such_act", ("act", "7", "no_such_act")),
        ("系统", ("act", "7", "escalated")),
        ("duban clue raise", ("act", "7", "raise_clue")),
        ("duban clue adopt", ("act", "7", "adopt_clue")),
        ("duban clue dismiss", ("act", "7", "dismiss_clue")),
        ("duban commendation", ("act", "7", "commend")),
        ("没有报送整改报告", ("act", "7", "verify_pass")),
        ("将来", ("act", "7", "submit_plan", "--on", "2099-01-01")),
        ("日期", ("act", "7", "submit_plan", "--on", "2026-02-30")),
        ("早于", ("act", "7", "submit_plan", "--on", "2026-01-01")),
        ("JSON", ("act", "7", "submit_plan", "--data", "{")),
        ("signed", ("act", "7", "submit_plan", "--data", '{"signed": "x"}')),
        ("nobody", ("act", "7", "submit_plan", "--as", "nobody")),
        ("须由", ("act", "7", "submit_plan", "--as", "archivist")),
        ("期限", ("term", "2026-02-06", "15")),
        ("graze", ("policy", "check", str(broken))),
        ("nowhere", ("policy", "check", "nowhere")),
        ("nofile.xlsx", ("import", str(tmp_path / "nofile.xlsx"))),
        ("text.xlsx", ("import", str(prose))),
        ("将来", ("sweep", "--as-of", "2099-01-01T09:00")),
        ("职责", ("open", "--unit", "u", "--post", "p", "--duty", "x", "--inspection", "regular", "--finding", "f")),
        ("邮箱", ("contact", "set", "临溪市文化和旅游局", "head", "mail:nonsense")),
    ):
        assert words in duban.refused(*arguments), arguments
    assert duban.said("verify")["ok"] is True
    assert duban.said("show", "7")["version"] == 2


def test_bad_settings_and_a_database_that_cannot_be_used_are_one_sentence(duban: Duban, tmp_path: Path) -> None:
    duban.said("import", str(LEDGER))
    assert "DUBAN_ZONE" in duban.refused("list", DUBAN_ZONE="Asia/Nowhere")
    assert "DUBAN_WEB_PORT" in duban.refused("list", DUBAN_WEB_PORT="web")
    assert "duban migrate" in duban.refused("list", DUBAN_DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"this is no database" * 100)
    assert "已损坏" in duban.refused("list", DUBAN_DATABASE_URL=f"sqlite:///{junk}")
    away = "postgresql://nobody@127.0.0.1:1/duban"
    assert "DUBAN_DATABASE_URL" in duban.refused("list", DUBAN_DATABASE_URL=away)
    english = duban("show", "999", DUBAN_LANG="en")
    assert "There is no case" in english.stderr


def test_a_full_disk_is_one_sentence_and_loses_nothing(duban: Duban) -> None:
    path = duban.home / "duban.db"
    limit = (path.stat().st_size // 512 + 40) * 512
    command = f"ulimit -f {limit // 1024}; exec {sys.executable} -m cli.main import {LEDGER} --served"
    environment = dict(os.environ) | {"DUBAN_HOME": str(duban.home)}  # noqa: TID251  # for a child
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert "磁盘" in done.stderr
    finished = duban.said("import", str(LEDGER), "--served")
    assert finished["failed"] == 0
    assert duban.said("verify")["ok"] is True


def test_a_read_only_database_is_one_sentence_and_can_still_be_read(duban: Duban) -> None:
    duban.said("import", str(LEDGER))
    read_only = f"sqlite:///file:{duban.home / 'duban.db'}?mode=ro&uri=true"
    assert "只读" in duban.refused("act", "7", "serve_order", DUBAN_DATABASE_URL=read_only)
    assert duban("show", "7", DUBAN_DATABASE_URL=read_only).returncode == 0
    assert duban.said("show", "7")["version"] == 1


def test_a_locked_database_is_waited_for_and_then_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    made = Database(f"sqlite:///{path}", lock_wait=0.2)
    made.migrate()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="正忙"), made.transaction() as session:
        session.execute(text("SELECT 1"))
    other.close()
    made.close()


def test_the_shipped_policies_are_sound_and_impossible_ones_are_refused(duban: Duban, tmp_path: Path) -> None:
    for name in ("sichuan-2017", "decree-733"):
        assert duban.said("policy", "check", name)["ok"] is True
    shipped = (ROOT / "config/policies/sichuan-2017.toml").read_text("utf-8")
    for old, new, word in (
        ('move = "publicly_criticized"', 'move = "interviewed"', "下一级"),
        ('mode = "propose"', 'mode = "automatic"', "问责"),
        ('term = "20wd"', 'term = "20"', "interviewed.term"),
        ("red = 5", "red = 0", "red"),
        ('{ days_before = 3, light = "blue" }', "{ days_before = 30 }", "reminders"),
        ("[limits]", "[limitz]", "limit"),
        ('after = "5wd", move = "held', 'after = "5d", move = "held', "工作日"),
        ("until = 18:00:00", "until = 08:00:00", "sending"),
    ):
        bad = tmp_path / "bad.toml"
        assert old in shipped
        bad.write_text(shipped.replace(old, new, 1), "utf-8")
        assert word in duban.refused("policy", "check", str(bad))


def test_deliver_without_a_mail_server_loses_nothing(duban: Duban) -> None:
    duban.said("import", str(LEDGER), "--served")
    duban("contact", "set", "临溪市文化和旅游局", "head", "mail:head@example.invalid")
    told = duban.said("deliver")
    assert told["sent"] == 0
    assert shutil.which("bash")


def test_a_copy_made_while_in_use_is_put_back_and_verifies(duban: Duban, tmp_path: Path) -> None:
    duban.said("import", str(LEDGER), "--served")
    copy = tmp_path / "copy.db"
    assert duban.said("backup", str(copy))["file"] == str(copy)
    assert "已存在" in duban.refused("backup", str(copy))
    duban.said("act", "7", "submit_plan", "--on", "2026-02-13")
    assert duban.said("show", "7")["version"] == 3
    assert duban.said("restore", str(copy)) == {"ok": True, "events": 30, "first_wrong": None}
    assert duban.said("show", "7")["version"] == 2
    assert (duban.home / "duban.db.before").exists()
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"no database" * 1000)
    assert "不是可用的备份" in duban.refused("restore", str(junk))
    assert duban.said("verify")["events"] == 30
