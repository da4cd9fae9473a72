"""The files that commands of the proof read and write: notes of checkpoints, bundles, proofs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from states.errors import BadData, Sentence
from states.file_trouble import file_trouble

WRITTEN: Final = Sentence("已写入 {path}（{size} 字节）。", "Wrote {path} ({size} bytes).")
_NOT_WRITTEN: Final = Sentence("无法写入 {path}：{why}。", "{path} cannot be written: {why}.")
_LONGEST_NOTE: Final = 64 << 10
_NOT_TEXT: Final = Sentence("它不是 UTF-8 文字", "it is no UTF-8 text")
_UNREADABLE: Final = Sentence("读不出文件 {path}：{why}。", "The file {path} cannot be read: {why}.")
_TOO_LONG: Final = Sentence("文件 {path} 不是检查点：太长。", "The file {path} is no checkpoint: it is too long.")


def text_of(path: Path) -> str:
    """Return the text of a note that a command is given.

    Raises:
        BadData: it cannot be read, is too long for a note, or is no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_NOTE + 1)
        if len(content) > _LONGEST_NOTE:
            raise BadData(_TOO_LONG.fill(path=path))
        return content.decode()
    except OSError as error:
        raise BadData(_UNREADABLE.fill(path=path, why=file_trouble(error))) from error
    except UnicodeDecodeError as error:
        raise BadData(_UNREADABLE.fill(path=path, why=_NOT_TEXT)) from error


def write_file(path: Path, content: bytes) -> None:
    """Write what a command was asked for.

    Raises:
        BadData: it cannot be written there.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadData(_NOT_WRITTEN.fill(path=path, why=file_trouble(error))) from error
