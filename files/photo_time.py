"""When a photo was taken, as a JPEG says it itself.

It stands in the tags DateTimeOriginal and OffsetTimeOriginal (EXIF, JEITA CP-3451). Only the first 64 kB are looked at,
where cameras write it; what makes no sense says nothing. The time is what the camera believed, not proof of it.
"""

from __future__ import annotations

import struct
from datetime import datetime, timezone, tzinfo
from typing import Final

_LOOKED_AT: Final = 1 << 16
_IMAGES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")
_BRANDS: Final = (b"heic", b"heix", b"mif1", b"heim", b"avif")
_EXIF: Final = b"Exif\x00\x00"
_SUB_DIRECTORY: Final = 0x8769
_TAKEN: Final = 0x9003
_OFFSET: Final = 0x9011
_MOST_ENTRIES: Final = 200
_TEXT: Final = 2
_MARK, _APPLICATION, _SCAN = 0xFF, 0xE1, 0xDA
"""What begins a segment of a JPEG; the segment that holds EXIF; the one behind which the picture itself begins."""


def is_image(content: bytes) -> bool:
    """Say whether the file begins as pictures do that phones and browsers send: JPEG, PNG, GIF, BMP, WebP, HEIF."""
    if content.startswith(_IMAGES):
        return True
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return True
    return content[4:8] == b"ftyp" and content[8:12] in _BRANDS


def taken_at(content: bytes, zone: tzinfo) -> datetime | None:
    """Return when the JPEG says that it was taken; a time without an offset is read in `zone`."""
    try:
        directory, order = _exif(content[:_LOOKED_AT])
        first = struct.unpack_from(f"{order}I", directory, 4)[0]
        inner = _entries(directory, order, first).get(_SUB_DIRECTORY)
        if inner is None:
            return None
        told = _entries(directory, order, struct.unpack(f"{order}I", inner)[0])
        moment = datetime.strptime(_text(directory, order, told[_TAKEN]), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  # below
        offset = _text(directory, order, told[_OFFSET]) if _OFFSET in told else ""
        given: tzinfo = datetime.strptime(offset, "%z").tzinfo or zone if offset else zone
        found = moment.replace(tzinfo=given)
        found.astimezone(timezone.utc)  # noqa: UP017  # a year at the edge of what is counted has no instant
    except (struct.error, KeyError, ValueError, IndexError, OverflowError):
        return None
    return found


def _exif(content: bytes) -> tuple[bytes, str]:
    """Return the TIFF part of the JPEG's EXIF segment, and its byte order.

    Raises:
        ValueError: there is none.
    """
    place = 2
    while content[:2] == b"\xff\xd8" and place + 4 <= len(content) and content[place] == _MARK:
        marker, length = content[place + 1], struct.unpack_from(">H", content, place + 2)[0]
        part = content[place + 4 : place + 2 + length]
        if marker == _APPLICATION and part.startswith(_EXIF):
            tiff = part[len(_EXIF) :]
            order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
            if order is None:
                raise ValueError("no byte order")
            return tiff, order
        if marker == _SCAN:
            break
        place += 2 + max(length, 2)
    raise ValueError("no EXIF")


def _entries(tiff: bytes, order: str, place: int) -> dict[int, bytes]:
    """Return the four value bytes of each entry of a directory; of text, the count goes before them."""
    count = min(struct.unpack_from(f"{order}H", tiff, place)[0], _MOST_ENTRIES)
    found = {}
    for entry in range(count):
        tag, kind, length = struct.unpack_from(f"{order}HHI", tiff, place + 2 + 12 * entry)
        value = tiff[place + 10 + 12 * entry : place + 14 + 12 * entry]
        found[tag] = struct.pack(f"{order}I", length) + value if kind == _TEXT else value
    return found


def _text(tiff: bytes, order: str, entry: bytes) -> str:
    length, place = struct.unpack(f"{order}II", entry)
    raw = entry[4 : 4 + length] if length <= 4 else tiff[place : place + length]  # noqa: PLR2004  # it stands inline
    return raw.split(b"\x00")[0].decode("ascii").strip()
