"""Small files of text that a person hands over: read whole, after their size was looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from states.errors import BadData, Sentence
from states.file_trouble import file_trouble

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_TEXT: Final = 4 * 1024 * 1024
_NESTED: Final = Sentence(
    "文件 {name} 嵌套过深或数字过长，读不下去。",
    "The file {name} is nested too deeply, or has a number that is too long.",
)
_UNREADABLE: Final = Sentence("读不出文件 {name}：{why}。", "The file {name} cannot be read: {why}.")
_LARGE: Final = Sentence("文件 {name} 过大（最多 {most} MiB）。", "The file {name} is too large ({most} MiB at most).")
_ENCODING: Final = Sentence(
    "文件 {name} 不是 UTF-8 文字，请另存为 UTF-8 编码后重试。",
    "The file {name} is no text in UTF-8; save it in UTF-8 and try again.",
)


def read_text(path: Path, largest: int = LARGEST_TEXT) -> str:
    """Return the text of the file, without the mark that some editors put before it.

    Raises:
        BadData: it is not there, is larger than `largest` bytes, or is no UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise BadData(_UNREADABLE.fill(name=path.name, why=file_trouble(error))) from error
    if len(content) > largest:
        raise BadData(_LARGE.fill(name=path.name, most=largest // (1024 * 1024)))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadData(_ENCODING.fill(name=path.name)) from error


def read_json(path: Path, largest: int = LARGEST_TEXT) -> Any:  # noqa: ANN401  # whatever JSON can hold
    """Return what the JSON file holds.

    Raises:
        BadData: it is not there, too large, no UTF-8, or nested beyond what can be read.
        json.JSONDecodeError: it is no JSON; who reads it says what it should be.
    """
    return parse_json(read_text(path, largest), path.name)


def parse_json(text: str, name: str) -> Any:  # noqa: ANN401  # whatever JSON can hold
    """Return what the JSON text holds; `name` is what its owner calls it.

    Raises:
        BadData: it is nested beyond what can be read, or has a number with thousands of figures.
        json.JSONDecodeError: it is no JSON.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:
        raise BadData(_NESTED.fill(name=name)) from error
