"""XML from outside, as a stream of elements: plain or gzipped, in whatever encoding, and within bounds.

Entities are refused wherever they are declared; a name that is decoded first cannot hide them in another encoding. What
is read of one element, how deep elements stand in each other, and how far a packed file unpacks, all have a bound.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, Final, cast
from xml.etree.ElementTree import ParseError, XMLPullParser

from states.errors import BadData, Sentence
from states.file_trouble import file_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

MOST_BYTES: Final = 2 * 1024**3
"""Of the unpacked file; the largest public logs have a quarter of it."""
MOST_PACKED: Final = 200
"""How many times larger the unpacked file may be; logs shrink to a twentieth or a fiftieth."""
MOST_IN_A_TAG: Final = 8 * 1024 * 1024
"""Letters between two ends of tags."""
MOST_NESTED: Final = 64
_SPARED: Final = 64 * 1024 * 1024
"""Bytes; below this nobody asks how well the file was packed."""
_CHUNK: Final = 1 << 16
_OVERLAP: Final = 16
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENTITIES: Final = re.compile(r"<!(?:DOCTYPE|ENTITY)")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_WIDER: Final = {"gb2312": "gb18030", "gbk": "gb18030", "ascii": "utf-8", "us-ascii": "utf-8"}

_NOT_THERE: Final = Sentence("读不出文件 {name}：{why}。", "The file {name} cannot be read: {why}.")
_EMPTY: Final = Sentence("{name} 是空文件。", "{name} is empty.")
_NO_XML: Final = Sentence(
    "{name} 不是可读的 XML（第{line}行起），可能不完整或被改坏，请重新导出。",
    "{name} is no readable XML (from line {line} on); it may be cut off or damaged: export it again.",
)
_ENCODING: Final = Sentence(
    "{name} 的文字不是它所声明的编码（{encoding}），请以 UTF-8 重新导出。",
    "The text of {name} is not in the encoding that it declares ({encoding}); export it in UTF-8.",
)
_UNPACKING: Final = Sentence(
    "{name} 的压缩内容已损坏，请重新导出。", "The packed content of {name} is damaged; export it again."
)
_DECLARES: Final = Sentence(
    "{name} 含有实体声明，这类文件用不到，也不安全，没有读取。",
    "{name} declares entities, which such a file has no use for and which are not safe; it was not read.",
)
_LARGE: Final = Sentence(
    "{name} 解压后过大（最多 {most} MiB），请拆分后导入。", "{name} unpacks to more than {most} MiB; split it."
)
_DEEP: Final = Sentence(
    "{name} 的内容嵌套过深或单项过长，没有读取。", "{name} is nested too deeply, or one item is too long."
)


def elements(path: Path, name: str = "") -> Iterator[tuple[str, Element]]:
    """Yield ("start", element) and ("end", element) of the file in constant memory, if its reader clears what it read.

    Raises:
        BadData: the file is not there, no XML, in another encoding than it says, or beyond a bound.
    """
    shown = name or path.name
    try:
        yield from _elements(path, shown)
    except OSError as error:
        raise BadData(_NOT_THERE.fill(name=shown, why=file_trouble(error))) from error


def _elements(path: Path, shown: str) -> Iterator[tuple[str, Element]]:
    size = path.stat().st_size
    if not size:
        raise BadData(_EMPTY.fill(name=shown))
    parser: XMLPullParser[Any] = XMLPullParser(events=("start", "end"))
    depth = 0
    try:
        for piece in _checked(path, size, shown):
            parser.feed(piece)
            # The parser's events are typed as more than was asked for.
            for what, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
                depth += 1 if what == "start" else -1
                if depth > MOST_NESTED:
                    raise BadData(_DEEP.fill(name=shown))
                yield what, element
        parser.close()
    except ParseError as error:
        raise BadData(_NO_XML.fill(name=shown, line=error.position[0])) from error


def _checked(path: Path, size: int, shown: str) -> Iterator[str]:
    """Yield the text of the file piece by piece; refuse declarations of entities and endless tags."""
    tail, in_a_tag = "", 0
    for piece in _text(path, size, shown):
        if _ENTITIES.search(tail + piece):
            raise BadData(_DECLARES.fill(name=shown))
        tail = (tail + piece)[-_OVERLAP:]
        end = piece.rfind(">")
        in_a_tag = len(piece) - end - 1 if end >= 0 else in_a_tag + len(piece)
        if in_a_tag > MOST_IN_A_TAG:
            raise BadData(_DEEP.fill(name=shown))
        yield piece


def _text(path: Path, size: int, shown: str) -> Iterator[str]:
    with ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(path.open("rb"))
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        plain = cast("IO[bytes]", stack.enter_context(gzip.open(file))) if packed else file
        decoder, total = None, 0
        encoding = "utf-8"
        try:
            while piece := plain.read(_CHUNK):
                total += len(piece)
                if total > MOST_BYTES or (total > _SPARED and total > MOST_PACKED * size):
                    raise BadData(_LARGE.fill(name=shown, most=MOST_BYTES // (1024 * 1024)))
                if decoder is None:
                    encoding = _encoding(piece)
                    # Encodings that turn bytes into bytes, such as zlib, are not meant; a wrapped text refuses them.
                    io.TextIOWrapper(io.BytesIO(), encoding=encoding).detach()
                    decoder = codecs.getincrementaldecoder(encoding)()
                yield decoder.decode(piece)
            if decoder is None:
                raise BadData(_EMPTY.fill(name=shown))
            yield decoder.decode(b"", final=True)
        except (UnicodeDecodeError, LookupError) as error:
            raise BadData(_ENCODING.fill(name=shown, encoding=encoding)) from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadData(_UNPACKING.fill(name=shown)) from error


def _encoding(head: bytes) -> str:
    """Return the encoding: that of the first bytes, else the one that the file declares, else UTF-8."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    declared = _DECLARED.match(head)
    name = declared[1].decode("ascii").lower() if declared is not None else "utf-8"
    return _WIDER.get(name, name)
