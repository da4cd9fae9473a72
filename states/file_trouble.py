"""Why a file cannot be read or written, in both languages; the operating system says it in English only."""

from __future__ import annotations

import re
from errno import EACCES, EEXIST, EISDIR, ENAMETOOLONG, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS
from typing import TYPE_CHECKING, Final

from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

_TROUBLES: Final[Mapping[int, Sentence]] = {
    ENOENT: Sentence("没有这个文件或文件夹", "there is no such file or folder"),
    EACCES: Sentence("没有权限", "permission is denied"),
    EPERM: Sentence("没有权限", "permission is denied"),
    EISDIR: Sentence("这是文件夹，不是文件", "it is a folder and no file"),
    ENOTDIR: Sentence("路径中有一段不是文件夹", "a part of the path is no folder"),
    EEXIST: Sentence("已经存在", "it exists already"),
    ENOSPC: Sentence("磁盘空间不足", "the disk is full"),
    EROFS: Sentence("磁盘只能读取", "the disk is read-only"),
    ENAMETOOLONG: Sentence("文件名过长", "the name is too long"),
}
_NO_TEXT: Final = Sentence("它不是 UTF-8 文字", "it is no text in UTF-8")
_NO_TOML: Final = Sentence("第{line}行第{column}列不合 TOML 格式", "{said}")
_CUT_OFF: Final = Sentence("内容不合 TOML 格式，可能没有写完", "{said}")
_NO_SENSE: Final = Sentence("内容不合格式", "{said}")
_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
_OTHER: Final = Sentence("系统报告：{said}", "the system says: {said}")


def file_trouble(error: OSError) -> Sentence:
    """Return why the operating system did not read or write a file, as a clause for the end of a sentence."""
    known = _TROUBLES.get(error.errno or 0)
    return known if known is not None else _OTHER.fill(said=error.strerror or type(error).__name__)


def content_trouble(error: OSError | ValueError) -> Sentence:
    """Return why a file of text or TOML cannot be read, as a clause; what a library says of it, it says in English."""
    if isinstance(error, OSError):
        return file_trouble(error)
    if isinstance(error, UnicodeDecodeError):
        return _NO_TEXT
    said = str(error)
    place = _PLACE.search(said)
    if place is not None:
        return _NO_TOML.fill(line=place[1], column=place[2], said=said)
    return (_CUT_OFF if "end of document" in said else _NO_SENSE).fill(said=said)
