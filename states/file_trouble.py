"""Why a file cannot be read or written, in both languages; the operating system says it in English only."""

from __future__ import annotations

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
_OTHER: Final = Sentence("系统报告：{said}", "the system says: {said}")


def file_trouble(error: OSError) -> Sentence:
    """Return why the operating system did not read or write a file, as a clause for the end of a sentence."""
    known = _TROUBLES.get(error.errno or 0)
    return known if known is not None else _OTHER.fill(said=error.strerror or type(error).__name__)
