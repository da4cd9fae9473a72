"""Why a file cannot be read is said in the language of the reader, not in the operating system's."""

from __future__ import annotations

from errno import EACCES, EIO, ENOENT

from states.file_trouble import file_trouble


def test_a_file_that_is_not_there_or_closed_to_us_is_said_in_both_languages() -> None:
    missing = file_trouble(FileNotFoundError(ENOENT, "No such file or directory"))
    assert (missing.text("zh-CN"), missing.text("en")) == ("没有这个文件或文件夹", "there is no such file or folder")
    assert file_trouble(PermissionError(EACCES, "Permission denied")).text("zh-CN") == "没有权限"


def test_what_has_no_words_of_ours_is_told_as_the_system_reports_it() -> None:
    assert file_trouble(OSError(EIO, "Input/output error")).text("zh-CN") == "系统报告：Input/output error"
    assert file_trouble(OSError()).text("en") == "the system says: OSError"
