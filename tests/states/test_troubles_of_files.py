"""Why a file cannot be read is said in the language of the reader, not in the operating system's."""

from __future__ import annotations

import tomllib
from errno import EACCES, EIO, ENOENT, ENOSPC, EPERM, EROFS
from typing import TYPE_CHECKING

import pytest

from states.file_trouble import content_trouble, file_trouble

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_is_not_there_or_closed_to_us_is_said_in_both_languages() -> None:
    missing = file_trouble(FileNotFoundError(ENOENT, "No such file or directory"))
    assert (missing.text("zh-CN"), missing.text("en")) == ("没有这个文件或文件夹", "there is no such file or folder")
    assert file_trouble(PermissionError(EACCES, "Permission denied")).text("zh-CN") == "没有权限"


def test_what_commonly_hinders_is_named_as_people_know_it(tmp_path: Path) -> None:
    file = tmp_path / "案件.txt"
    file.write_text("", "utf-8")
    said = []
    for hindered in (
        lambda: (tmp_path / ("长" * 200)).read_text("utf-8"),
        lambda: tmp_path.read_text("utf-8"),
        lambda: (file / "下面").read_text("utf-8"),
        file.parent.mkdir,
    ):
        with pytest.raises(OSError) as refused:  # noqa: PT011  # which one it is, the sentence says
            hindered()
        said.append(file_trouble(refused.value).text("zh-CN"))
    assert said == ["文件名过长", "这是文件夹，不是文件", "路径中有一段不是文件夹", "已经存在"]


@pytest.mark.parametrize(
    ("number", "words"), [(EPERM, "没有权限"), (ENOSPC, "磁盘空间不足"), (EROFS, "磁盘只能读取")], ids=str
)
def test_a_disk_that_takes_nothing_says_why(number: int, words: str) -> None:
    assert file_trouble(OSError(number, "")).text("zh-CN") == words


def test_what_has_no_words_of_ours_is_told_as_the_system_reports_it() -> None:
    assert file_trouble(OSError(EIO, "Input/output error")).text("zh-CN") == "系统报告：Input/output error"
    assert file_trouble(OSError()).text("en") == "the system says: OSError"


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("name = \n", "第1行第8列不合 TOML 格式", "Invalid value (at line 1, column 8)"),
        ('name = "x', "内容不合 TOML 格式，可能没有写完", "Unterminated string (at end of document)"),
    ],
)
def test_where_a_file_of_settings_is_wrong_is_said_by_line_and_column(written: str, zh: str, en: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as wrong:
        tomllib.loads(written)
    trouble = content_trouble(wrong.value)
    assert (trouble.text("zh-CN"), trouble.text("en")) == (zh, en)


def test_what_is_no_text_or_cannot_be_opened_is_said_so() -> None:
    with pytest.raises(UnicodeDecodeError) as wrong:
        b"\xff".decode()
    assert content_trouble(wrong.value).text() == "它不是 UTF-8 文字"
    assert content_trouble(FileNotFoundError(ENOENT, "No such file")).text() == "没有这个文件或文件夹"
    assert content_trouble(ValueError("Exceeds the limit (4300 digits)")).text() == "内容不合格式"
