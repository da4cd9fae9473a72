"""Why a file cannot be read is said in the language of the reader, not in the operating system's."""

from __future__ import annotations

import tomllib
from errno import EACCES, EIO, ENOENT

import pytest

from states.file_trouble import content_trouble, file_trouble


def test_a_file_that_is_not_there_or_closed_to_us_is_said_in_both_languages() -> None:
    missing = file_trouble(FileNotFoundError(ENOENT, "No such file or directory"))
    assert (missing.text("zh-CN"), missing.text("en")) == ("没有这个文件或文件夹", "there is no such file or folder")
    assert file_trouble(PermissionError(EACCES, "Permission denied")).text("zh-CN") == "没有权限"


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
