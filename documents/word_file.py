"""A Word file as bytes: refused before it is opened if it is none, too big or dangerous, and packed reproducibly."""

from __future__ import annotations

import hashlib
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Final

from lxml import etree

from states.errors import BadData, Sentence

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES: Final = 8 * 1024 * 1024
"""A template or an uploaded document may be so big; an official document without pictures has some 30 kB."""
MOST_UNPACKED: Final = 64 * 1024 * 1024
MOST_PARTS: Final = 400
MOST_XML: Final = 8 * 1024 * 1024
_PACKED_ON: Final = (1980, 1, 1, 0, 0, 0)  # the earliest day that a zip file knows; the bytes must not tell the hour
_CONTENT_TYPES: Final = "[Content_Types].xml"
_DOCUMENT: Final = "word/document.xml"
_ACTIVE: Final = ("vbaproject", "vbadata", "activex", "/embeddings/", "oleobject", "/customui")
_PLAIN_LINKS: Final = ("/hyperlink",)

_NO_FILE: Final = Sentence("找不到文件“{name}”。", "There is no file “{name}”.")
_TOO_BIG: Final = Sentence(
    "“{name}”有{size}兆字节，超过{most}兆字节的上限；公文模板请勿嵌入图片或字体。",
    "“{name}” has {size} MB; {most} MB is the limit. Do not embed pictures or fonts.",
)
_MACROS: Final = Sentence(
    "“{name}”是带宏的文件（.docm）或含有宏、控件、嵌入对象，不能使用；请在Word中另存为不带宏的.docx。",
    "“{name}” holds macros, controls or embedded objects; save it in Word as a .docx without macros.",
)
_NO_DOCX: Final = Sentence(
    "“{name}”不是.docx文件；请在Word中另存为“Word文档（*.docx）”。",
    "“{name}” is no .docx file; save it in Word as “Word document (*.docx)”.",
)
_BROKEN: Final = Sentence(
    "“{name}”已损坏，无法打开；请重新保存后再试。", "“{name}” is damaged and cannot be opened; save it again."
)
_SWOLLEN: Final = Sentence(
    "“{name}”解压后过大或部件过多，不像是公文，已拒绝打开。",
    "“{name}” unpacks to too much, or has too many parts, for an official document; it was not opened.",
)
_LINKED: Final = Sentence(
    "“{name}”引用了外部内容“{target}”；请在Word中断开链接后再试。",
    "“{name}” takes in something from outside, “{target}”; break the link in Word.",
)


class BadDocument(BadData):
    """A file cannot be taken as a template or as a document; nothing was done with it."""


def read_bounded(path: Path) -> bytes:
    """Return the bytes of the file, if it is a Word file that may be opened.

    Raises:
        BadDocument: it is not there, too big, no `.docx`, broken, or holds macros.
    """
    name = path.name
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadDocument(_too_big(name, size))
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadDocument(_NO_FILE.fill(name=name)) from error
    examine(data, name)
    return data


def _too_big(name: str, size: int) -> Sentence:
    megabyte = 1024 * 1024
    return _TOO_BIG.fill(name=name, size=-(-size // megabyte), most=MOST_BYTES // megabyte)


def examine(data: bytes, name: str) -> None:
    """Pass a Word file that is whole, bounded and passive.

    Raises:
        BadDocument: it is not.
    """
    if len(data) > MOST_BYTES:
        raise BadDocument(_too_big(name, len(data)))
    if name.lower().endswith((".docm", ".dotm")):
        raise BadDocument(_MACROS.fill(name=name))
    if not name.lower().endswith(".docx") or not data.startswith(b"PK"):
        raise BadDocument(_NO_DOCX.fill(name=name))
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _examine_parts(archive, name)
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        etree.XMLSyntaxError,
    ) as error:
        raise BadDocument(_BROKEN.fill(name=name)) from error


def _examine_parts(archive: zipfile.ZipFile, name: str) -> None:
    parts = archive.infolist()
    xml = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
    if (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > MOST_UNPACKED
        or any(part.file_size > MOST_XML for part in xml)
    ):
        raise BadDocument(_SWOLLEN.fill(name=name))
    held = [part.filename for part in parts]
    if _CONTENT_TYPES not in held or _DOCUMENT not in held or len(set(held)) != len(held):
        raise BadDocument(_NO_DOCX.fill(name=name))
    types = _bounded_part(archive, _CONTENT_TYPES)
    lowered = [part.lower() for part in held]
    if b"macroEnabled" in types or any(word in part for part in lowered for word in _ACTIVE):
        raise BadDocument(_MACROS.fill(name=name))
    for part in xml:
        content = _bounded_part(archive, part.filename)
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise BadDocument(_BROKEN.fill(name=name))
        tree = etree.fromstring(content, _PARSER)
        if part.filename.endswith(".rels"):
            _examine_links(tree, name)


_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _bounded_part(archive: zipfile.ZipFile, part: str) -> bytes:
    """Return a part, but never more of it than its directory promised."""
    with archive.open(part) as file:
        content = file.read(MOST_XML + 1)
    if len(content) > MOST_XML:
        raise ValueError(part)
    return content


def _examine_links(tree: etree._Element, name: str) -> None:
    for link in tree:
        kind, target = link.get("Type", ""), link.get("Target", "")
        if link.get("TargetMode") == "External" and not kind.endswith(_PLAIN_LINKS):
            raise BadDocument(_LINKED.fill(name=name, target=target[:80]))


def packed(data: bytes) -> bytes:
    """Return the same file with its parts in a fixed order and without the hour of packing.

    The same content so has the same bytes and the same SHA-256, whenever and wherever it was made.
    """
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        names = sorted(source.namelist(), key=lambda part: (part != _CONTENT_TYPES, part))
        for part in names:
            entry = zipfile.ZipInfo(part, _PACKED_ON)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # whatever the system is, the bytes say the same
            archive.writestr(entry, source.read(part))
    return target.getvalue()


def fingerprint(data: bytes) -> str:
    """Return the SHA-256 of the bytes, in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()
