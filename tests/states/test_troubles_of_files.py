"""Why a file cannot be read is said in the language of the reader, not in the operating system's."""

from __future__ import annotations

from errno import EACCES, EIO, ENOENT, ENOSPC, EPERM, EROFS
from typing import TYPE_CHECKING

import pytest

from states.file_trouble import file_trouble

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
