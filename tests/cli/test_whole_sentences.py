"""A refusal is Chinese to its end: what a library says of a file in English is not hung on behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from typer.testing import CliRunner

from audit.keys import seed_in, signers
from audit.timestamps import roots_in, stamped_at
from cli.main import app
from config.obligations import read_rules
from config.policy import find_policy, parse_policy, read_policy
from config.ranking import OWN as OWN_FORMULA
from config.ranking import formula_text, parse_formula
from config.settings import read_settings
from states.errors import Problem
from store.backup import copy_to, restore_from
from store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENGLISH: Final = re.compile(r"[A-Za-z]{2,}(?: [a-z]+)+")
"""Two English words in a row."""
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")


def refused(does: Callable[[], object], hides: Path) -> str:
    """Return the Chinese sentence with which this is refused, without the paths in it; the English one is checked."""
    with pytest.raises(Problem) as problem:
        does()
    assert not CHINESE.search(problem.value.sentence.text("en"))
    return problem.value.sentence.text("zh-CN").replace(str(hides), "")


BYTES: Final = {
    "nothing": b"",
    "no text": b"\xff\xfe\x00",
    "cut off": b'name = "x',
    "no toml": b"name = \n",
    "another key": b'bogus = 1\nname = "x"\n',
    "another shape": b"name = 1\nparts = 3\nclauses = 1\n",
}


@pytest.mark.parametrize("content", BYTES.values(), ids=BYTES.keys())
def test_a_file_of_rules_that_is_wrong_is_told_in_one_language(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rules.toml"
    file.write_bytes(content)
    own = tmp_path / OWN_FORMULA
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(content)
    for does in (lambda: read_policy(file), lambda: parse_formula(*formula_text(tmp_path))):
        said = refused(does, tmp_path)
        assert not ENGLISH.search(said), said
        assert said.endswith("。")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("grace = 0", "graze = 0"),
        ("grace = 0", 'grace = "none"'),
        ("grace = 0", "grace = [0]"),
        ('term = "15wd"', "term = 15"),
        ("reminders = [", "reminders = 3 #["),
    ],
)
def test_a_value_of_another_shape_is_told_by_its_key(tmp_path: Path, old: str, new: str) -> None:
    text = find_policy("sichuan-2017").read_text("utf-8")
    changed = text.replace(old, new, 1)
    if changed == text:
        pytest.skip("the shipped policy has no such line")
    said = refused(lambda: parse_policy(changed, tmp_path / "p.toml"), tmp_path)
    assert not ENGLISH.search(said), said


@pytest.mark.parametrize(
    "written",
    [b"\xff", b"[clauses.nothing]\ndue = 1\n", b"open = 3\n", b"[clauses", b'[clauses.art6-4a]\ndue = "never"\n'],
)
def test_settings_of_the_year_that_are_wrong_are_told_alike(tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "obligations.toml"
    file.write_bytes(written)
    said = refused(lambda: read_rules("2017", tmp_path), tmp_path)
    assert not ENGLISH.search(said), said


def test_copies_that_cannot_be_made_or_used_are_told_alike(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/duban.db")
    database.migrate()
    prose, folder = tmp_path / "prose.db", tmp_path / "folder"
    prose.write_text("no database at all, only words", "utf-8")
    folder.mkdir()
    for does in (
        lambda: copy_to(database, tmp_path / "nowhere" / "x.db"),
        lambda: restore_from(database, prose),
        lambda: restore_from(database, folder),
        lambda: restore_from(database, tmp_path / "absent.db"),
    ):
        said = refused(does, tmp_path)
        assert not ENGLISH.search(said), said
    database.close()


def test_keys_and_certificates_that_cannot_be_used_are_told_alike(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "checkpoint-0001.key").write_bytes(b"short")
    prose = tmp_path / "prose.pem"
    prose.write_text("no certificate", "utf-8")
    for does, words in (
        (lambda: signers(tmp_path, "x"), "文件有5字节，应为32字节"),
        (lambda: seed_in(keys), "这是文件夹"),
        (lambda: roots_in(prose), "其中没有 PEM 证书"),
        (lambda: roots_in(tmp_path / "absent.pem"), "没有这个文件"),
        (lambda: stamped_at(b"no token", "text", []), "内容不是时间戳"),
    ):
        said = refused(does, tmp_path)
        assert words in said
        assert not ENGLISH.search(said), said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZONE", "Nowhere"),
        ("WEB_PORT", "many"),
        ("TRUSTED_PROXIES", "here"),
        ("WATCH_ADDRESS", "x"),
        ("SMTP_TLS", "maybe"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told_alike(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path))
    monkeypatch.setenv(f"DUBAN_{name}", value)
    said = refused(read_settings, tmp_path)
    assert f"DUBAN_{name}" in said
    assert value in said
    assert not ENGLISH.search(said), said


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "--replay", "--json"),
        ("verify", "--bundle", "--json"),
        ("verify", "--checkpoint", "--key"),
        ("act", "1", "raise_clue", "--as", "--json"),
        ("clue", "raise", "--on", "--json"),
    ],
)
def test_an_option_is_never_the_value_of_another(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 2
    assert "后面缺少值" in done.output
